"""The same as the command line, from Python: get a paper, train it, load a run, use what it learned."""

import os
import platform
import shlex
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from firsthand import __version__, papers
from firsthand.errors import UserError, unknown
from firsthand.options import override
from firsthand.papers import Paper
from firsthand.train.folder import RunFolder, write_json
from firsthand.train.launch import Launch
from firsthand.train.recipe import flat
from firsthand.train.sampling import Sampling

RUNS = Path("runs")  # where runs go unless --out says otherwise


def get(key: str) -> Paper:
    """The paper with this key; raises UserError naming the nearest key."""
    return papers.get(key)


def train(
    key: str,
    preset: str = "laptop",
    *,
    out: str | Path | None = None,
    launch: Launch = Launch(),
    progress: bool = True,
    **overrides: Any,
) -> "Run":
    """Train a paper's network and return the finished Run.

    `overrides` are recipe fields, nested ones as dotted names: `train("mlp", steps=500, **{"optim.lr": 0.1})`.
    Raises UserError for an unknown name or a value of the wrong type.
    """
    recipe = override(get(key).preset(preset), overrides)
    return start(key, preset, recipe, launch, out, progress)


def start(key: str, preset: str, recipe: Any, launch: Launch, out: str | Path | None, progress: bool) -> "Run":
    """Train this recipe in a new run folder."""
    from firsthand.train.launch import fabric_for
    from firsthand.train.recipe import schedule_for

    stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
    path = Path(out) if out else RUNS / f"{key}-{preset}-seed{recipe.seed}-{stamp}"
    if not out:
        number = 1
        while path.exists():
            number += 1
            path = path.with_name(f"{key}-{preset}-seed{recipe.seed}-{stamp}-{number}")
    use_threads(recipe)
    task = recipe.task(recipe)
    schedule_for(task.recipe, task.val is not None)
    task.optimizer(task.model())  # a mistake in either should not leave a run folder behind
    fabric = fabric_for(launch, path)
    folder = RunFolder(fabric.broadcast(path))
    config = {
        "paper": key,
        "preset": preset,
        "data": task.recipe.data.name,
        "seed": recipe.seed,
        "recipe": asdict(task.recipe),
        "launch": asdict(launch),
        "firsthand": __version__,
        "machine": machine(),
        "command": shlex.join(["firsthand", *sys.argv[1:]]) if sys.argv[0].endswith("firsthand") else "Python",
    }
    problem = None
    if fabric.global_rank == 0:
        try:
            folder.create(config)
        except UserError as error:  # the other processes must hear of it, or they would wait for ever
            problem = str(error)
    if problem := fabric.broadcast(problem):
        raise UserError(problem)
    return _fit(task, folder, progress, fabric)


def resume(path: str | Path, *, launch: Launch | None = None, progress: bool = True) -> "Run":
    """Continue an interrupted run as if nothing had happened; a finished one is returned as it is."""
    from firsthand.train.launch import fabric_for

    run = load(path)
    if run.result is not None:
        return run
    launch = launch or Launch(**run.config["launch"])
    use_threads(run.recipe)
    return _fit(run.recipe.task(run.recipe), run.folder, progress, fabric_for(launch, run.path))


def _fit(task: Any, folder: RunFolder, progress: bool, fabric: Any) -> "Run":
    from firsthand.train.engine import fit
    from firsthand.train.progress import Screen, Silent

    if fabric.global_rank == 0:
        for name, content in task.files().items():
            write_json(folder.path / name, content)
    fit(task, folder, Screen() if progress and fabric.global_rank == 0 else Silent(), fabric)
    return Run(folder)


def experiment(key: str, name: str, *, seed: int = 0, out: str | Path | None = None, **options: Any) -> dict[str, Any]:
    """Run one experiment of a paper's claims on one CPU thread and return what result.json says.

    With `out` a folder with config.json and result.json is written. Raises UserError for an unknown name or option.
    """
    import inspect
    import time

    import torch

    function = get(key).experiment(name)
    taken = inspect.signature(function).parameters
    for option in options:
        if option not in taken:
            raise unknown(f"option of {name}", option, taken)
    torch.set_num_threads(1)
    began = time.perf_counter()
    found = function(seed=seed, **options)
    result = {"paper": key, "experiment": name, "seed": seed, "seconds": round(time.perf_counter() - began, 3)} | {
        "metrics": {title: value for title, value in found.items() if not isinstance(value, list)},
        "series": {title: value for title, value in found.items() if isinstance(value, list)},
    }
    if out is not None:
        folder = RunFolder(out)
        given = {"paper": key, "experiment": name, "seed": seed, "options": options}
        folder.create(given | {"firsthand": __version__, "machine": machine()})
        write_json(folder.path / "result.json", result)
    return result


def load(name: str | Path) -> "Run":
    """A run by its folder, by its folder's name under runs/, or the newest run of a paper by the paper's key."""
    candidates = [Path(name), RUNS / name]
    for path in candidates:
        if (path / "config.json").exists():
            return Run(RunFolder(path))
    found = runs(RUNS)
    newest = [run for run in found if run.config["paper"] == str(name)]
    if newest:
        return newest[-1]
    if Path(name).exists():
        raise UserError(f"{name} is not a run folder: it has no config.json.")
    if not found:
        raise UserError(f"There is no run '{name}', and none in {RUNS}/ yet: `firsthand train mlp` makes one.")
    raise unknown("run", str(name), [run.path.name for run in found], "`firsthand runs` lists them")


def runs(folder: str | Path = RUNS) -> list["Run"]:
    """All runs in a folder, oldest first."""
    paths = (path.parent for path in Path(folder).glob("*/config.json"))
    found = [Run(RunFolder(path)) for path in sorted(paths, key=lambda path: (path / "config.json").stat().st_mtime)]
    return [run for run in found if "recipe" in run.config]  # not the experiments


class Run:
    """A training run: what was asked, what came out, and the trained network ready to use."""

    def __init__(self, folder: RunFolder):
        self.folder = folder

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r})"

    @property
    def path(self) -> Path:
        """The run's folder."""
        return self.folder.path

    @cached_property
    def config(self) -> dict[str, Any]:
        """What was asked for, as config.json says."""
        return self.folder.config

    @property
    def result(self) -> dict[str, Any] | None:
        """What came out, as result.json says; None while the run is unfinished."""
        return self.folder.result

    @property
    def metrics(self) -> list[dict[str, Any]]:
        """The rows of metrics.jsonl."""
        return list(self.folder.metrics)

    @cached_property
    def recipe(self) -> Any:
        """The recipe that was trained, rebuilt from config.json."""
        return override(get(self.config["paper"]).preset(self.config["preset"]), flat(self.config["recipe"]))

    @cached_property
    def model(self) -> Any:
        """The trained network with the weights that count (see result.json), in evaluation mode."""
        from firsthand.train import checkpoint

        kinds = ("best", "step") if self.recipe.keep == "best" else ("step",)
        for kind in kinds:
            if saved := checkpoint.newest(self.folder.checkpoints, kind):
                network = self.recipe.task.without_data(self.recipe).model()
                network.load_state_dict(checkpoint.weights(saved[0]))
                return network.eval()
        raise UserError(f"{self.path} has no checkpoint yet: continue it with `firsthand train --resume {self.path}`.")

    @property
    def trained(self) -> Any:
        """The network, recipe and folder, as tasks take them."""
        from firsthand.train.tasks import Trained

        return Trained(self.model, self.recipe, self.folder)

    @property
    def writes(self) -> str | None:
        """What the trained network writes: "lines", such as names, "text", "sound", or nothing."""
        return self.recipe.task.writes(self.recipe) if hasattr(self.recipe.task, "writes") else None

    def sample(self, count: int = 20, *, new: bool = False, **options: Any) -> list[str]:
        """Write `count` lines or texts; `new`: distinct lines not in the training set; options as in `Sampling`."""
        return ["".join(text) for text in self.write(count, new=new, **options)]

    def write(self, count: int = 1, *, new: bool = False, **options: Any) -> Iterator[Iterator[str]]:
        """The same as it is written: each line or text as an iterator of its pieces."""
        if self.writes is None:
            raise UserError(
                f"{self.config['paper']} does not write text; try `firsthand classify {self.path} image.png`."
            )
        return self.recipe.task.sample(self.trained, count, override(Sampling(), options), new)

    def save(self, path: str | Path, **options: Any) -> dict[str, Any]:
        """Write a new sound into a WAV file and say how long it is; options as in `Sampling`."""
        if not hasattr(self.recipe.task, "save"):
            raise UserError(f"{self.path} does not write sound: leave out --out, or send its text on: > {path}")
        return self.recipe.task.save(self.trained, Path(path), override(Sampling(), options))

    def classify(self, paths: Iterable[str | Path]) -> list[dict[str, Any]]:
        """Say which class each image file shows, and how surely."""
        if not hasattr(self.recipe.task, "classify"):
            raise UserError(f"{self.config['paper']} does not classify images; try `firsthand sample {self.path}`.")
        return self.recipe.task.classify(self.trained, [Path(path) for path in paths])


def use_threads(recipe: Any) -> None:
    """Compute on as many CPU threads as the recipe says."""
    import torch

    if recipe.threads is not None:
        torch.set_num_threads(recipe.threads)


def machine() -> dict[str, Any]:
    """What the run computed on, as far as it can change bits or seconds."""
    import torch

    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "platform": platform.platform(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "cuda": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
    }
