"""Shapes and types are checked while the tests run; the canonical files, where a machine has them; tiny runs."""

import importlib.util
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from jaxtyping import install_import_hook

install_import_hook("firsthand", "beartype.beartype")  # before anything imports firsthand
# Before anything imports torch. Tiny runs are fastest on one thread; `make test-machines` tries two.
os.environ["OMP_NUM_THREADS"] = os.environ.get("FIRSTHAND_TEST_THREADS", "1")


@pytest.fixture
def data_folder() -> Path:
    """The folder with the canonical files; without one a test is skipped, but fails where CI=true."""
    chosen = os.environ.get("FIRSTHAND_DATA")
    if chosen and Path(chosen).is_dir():
        return Path(chosen)
    reason = "FIRSTHAND_DATA does not name a folder with the canonical files"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def lines_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A text file of 300 made-up names of three to nine letters, about 2,000 examples."""
    dice = random.Random(0)
    syllables = [c + v for c in "bdklmnrst" for v in "aeiou"]
    lines = ["".join(dice.choices(syllables, k=dice.randint(2, 4))) + dice.choice(["", "n"]) for _ in range(300)]
    path = tmp_path_factory.mktemp("lines") / "lines.txt"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def tiny(lines_file: Path) -> dict[str, Any]:
    """Overrides that make a run of `mlp` take a moment."""
    return {
        "data": str(lines_file), "steps": 40, "batch": 16, "model.embed": 3, "model.hidden": (11,),
        "log_every": 10, "eval_every": 20, "checkpoint_every": 20, "diagnose_every": None,
    }  # fmt: skip


@pytest.fixture
def train(tiny: dict[str, Any], tmp_path: Path) -> Callable:
    """train(folder, {"optim.lr": 0.1, ...}) trains `mlp` with these changes to `tiny` and returns the Run."""
    import firsthand
    from firsthand.train.launch import Launch

    def start(folder: str = "run", changes: dict[str, Any] | None = None, **launch: Any) -> Any:
        launched = Launch(**({"device": "cpu"} | launch))
        return firsthand.train(
            "mlp", out=tmp_path / folder, launch=launched, progress=False, **(tiny | (changes or {}))
        )

    return start


@pytest.fixture(scope="session")
def command() -> Callable:
    """command("train", "mlp", ...) starts `firsthand` as a process of its own, with captured output as text."""

    def start(*words: Any, **options: Any) -> subprocess.Popen:
        captured = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "encoding": "utf-8"}
        return subprocess.Popen([sys.executable, "-P", "-m", "firsthand.cli", *map(str, words)], **(captured | options))

    return start


@pytest.fixture
def planted(tmp_path: Path) -> Path:
    """A folder with modules that a process would import if it looked there; `imported` in it then says so."""
    folder = tmp_path / "planted"
    (folder / "firsthand").mkdir(parents=True)
    for name in ("tyro.py", "json.py", "firsthand/__init__.py"):
        (folder / name).write_text(f"open({str(folder / 'imported')!r}, 'w').close(); raise SystemExit(3)")
    return folder


@pytest.fixture(scope="session")
def flags() -> Callable:
    """flags(changes) are the words of the command line that make these changes to the recipe of `mlp`."""
    import firsthand
    from firsthand.options import words

    return lambda changes: words(firsthand.get("mlp").preset("laptop"), changes)


@pytest.fixture
def without_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs draw none: they take longer than a tiny run."""
    from firsthand.train import figures

    monkeypatch.setattr(figures, "draw", lambda *_: None)


@pytest.fixture
def stop_at(monkeypatch: pytest.MonkeyPatch) -> Callable:
    """stop_at(7, 9) sends this process Ctrl-C at the end of these steps of a run, once each."""
    from firsthand.train.engine import Training

    take = Training.step

    def wait_for(*steps: int) -> None:
        waiting = list(steps)

        def step(training: Training) -> None:
            take(training)
            if waiting and training.state.step == waiting[0]:
                waiting.pop(0)
                os.kill(os.getpid(), signal.SIGINT)

        monkeypatch.setattr(Training, "step", step)

    return wait_for


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """call("list", "--json") runs a command in this process: (exit code, stdout, stderr)."""

    from firsthand.cli import main

    def start(*words: Any) -> tuple[int, str, str]:
        try:
            main([str(word) for word in words])
            code = 0
        except SystemExit as end:
            code = end.code or 0
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return start


@pytest.fixture(scope="session")
def torchvision_imports() -> Iterator[None]:
    """A torchvision that was built for GPUs imports once two operations, which we do not need, are declared.

    Lightning and transformers import it where they find it.
    """
    import torch

    library = None
    if importlib.util.find_spec("torchvision"):
        try:
            importlib.import_module("torchvision")
        except RuntimeError:
            for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
                del sys.modules[name]
            library = torch.library.Library("torchvision", "DEF")  # what it declares is forgotten with it
            for name in ("nms", "qnms"):
                library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    yield
    del library


@pytest.fixture(scope="session")
def torchvision(torchvision_imports: None) -> ModuleType:
    """torchvision; on CI it must be installed."""
    if importlib.util.find_spec("torchvision") is None and os.environ.get("CI") != "true":
        pytest.skip("torchvision is not installed")
    return importlib.import_module("torchvision")
