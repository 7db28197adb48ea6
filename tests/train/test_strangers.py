"""Run folders from strangers and from damaged disks: one sentence, or the bits of the run, and nothing outside changes.

One tiny unfinished run is spoilt in hundreds of ways, and each time listed, sampled from and resumed.
"""

import json
import os
import re
import shutil
import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file, save_file

import firsthand
from firsthand import api
from firsthand.cli import main
from firsthand.errors import Notice, UserError
from firsthand.train.folder import digest
from firsthand.train.launch import Interrupted, Launch

pytestmark = pytest.mark.usefixtures("without_figures")
Spoil = Callable[[Path], None]
LEFT = ("metrics.jsonl", "diagnostics.jsonl", "checkpoints/step-00000040.safetensors")  # what the seed decides


@pytest.fixture(scope="module")
def spoilt(tiny, tmp_path_factory) -> Iterator[Callable[[str, Spoil], list[str]]]:
    """spoilt("what", spoil) spoils a copy of a run at step 38 of 40, uses it, and says what went wrong with that."""
    from firsthand.train import figures
    from firsthand.train.engine import Training

    place = tmp_path_factory.mktemp("strangers")
    outside = place / "outside"
    (outside / "checkpoints").mkdir(parents=True)
    for name in ("mine.json", "checkpoints/step-00000001.json", "checkpoints/best-00000009.safetensors"):
        (outside / name).write_text("mine")
    (place / "lines.txt").write_text("\n".join(Path(tiny["data"]).read_text().split()[:60]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figures, "draw", lambda task, folder, network: None)
        take = Training.step

        def step(training: Training) -> None:
            take(training)
            if training.state.step == 38:
                os.kill(os.getpid(), 2)

        patch.setattr(Training, "step", step)
        with pytest.raises(Interrupted):
            firsthand.train(
                "mlp", out=place / "good", progress=False, launch=Launch("cpu"),
                **tiny | {"diagnose_every": 15, "data": place / "lines.txt"},
            )
        patch.setattr(Training, "step", take)
        whole = shutil.copytree(place / "good", place / "whole")
        firsthand.resume(whole, progress=False)
    expected = {name: (whole / name).read_bytes() for name in LEFT}
    before = snapshot(outside)

    def use(what: str, spoil: Spoil) -> list[str]:
        run = place / "runs" / "run"
        shutil.rmtree(run.parent, ignore_errors=True)
        shutil.copytree(place / "good", run)
        spoil(run)
        problems = []
        for name, act in (
            ("runs", lambda: [(r.config, r.result, r.metrics, r.folder.diagnostics) for r in api.runs(run.parent)]),
            ("sample", lambda: api.load(run).sample(2)),
            ("resume", lambda: firsthand.resume(run, progress=False)),
        ):  # fmt: skip
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", Notice)
                try:
                    act()
                except UserError as error:
                    if not re.fullmatch(r"[^\n]+[.?)]", str(error)):
                        problems.append(f"{what}: {name}: {error}")
                    continue
                except BaseException as error:  # even the end of the process
                    problems.append(f"{what}: {name}: {error!r}")
                    continue
            if name == "resume" and not what.startswith("forged"):
                problems += [f"{what}: other {kept}" for kept in LEFT if (run / kept).read_bytes() != expected[kept]]
        if snapshot(outside) != before:
            problems.append(f"{what}: wrote outside")
        return problems

    yield use


def snapshot(folder: Path) -> dict[Path, Any]:
    """All that lies in a folder."""
    return {path: path.is_file() and path.read_bytes() for path in folder.rglob("*")}


def put(name: str, content: bytes) -> Spoil:
    return lambda run: (run / name).write_bytes(content) and None


def change(name: str, edit: Callable[[Any], Any], sealed: bool = True) -> Spoil:
    """Edit a JSON file; a checkpoint gets the digest of what then is there, as a stranger would do it."""

    def spoil(run: Path) -> None:
        content = edit(json.loads((run / name).read_text()))
        if sealed and isinstance(content, dict) and content.pop("own_sha256", None):
            content["own_sha256"] = digest(content)
        (run / name).write_text(json.dumps(content))

    return spoil


def assign(path: tuple[Any, ...], value: Any) -> Callable[[Any], Any]:
    """Put a value in the place of another, or take it away (...)."""

    def edit(content: Any) -> Any:
        *way, last = path
        inner = content
        for name in way:
            inner = inner[name]
        if value is ...:
            del inner[last]
        else:
            inner[last] = value
        return content

    return edit


def places(content: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value of a JSON content."""
    for name, value in content.items() if isinstance(content, dict) else enumerate(content):
        yield (*way, name)
        if isinstance(value, dict | list):
            yield from places(value, (*way, name))


FILES = ("config.json", "vocabulary.json", "checkpoints/step-00000038.json", "checkpoints/best-00000020.json",
         "metrics.jsonl", "times.jsonl", "diagnostics.jsonl", "result.json", "checkpoints/step-00000038.safetensors",
         "checkpoints/best-00000020.safetensors")  # fmt: skip
CONTENTS = {
    "nothing": b"", "null": b"null", "a list": b"[]", "a list of lists": b"[[], []]", "a number": b"3.5",
    "text": b'"a"', "true": b"true", "NaN": b"NaN", "an object": b"{}", "deep": b"[" * 10_000 + b"]" * 10_000,
    "deep objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "Latin-1": '{"paper": "é"}'.encode("latin-1"),
    "a huge number": b"9" * 5000, "infinite": b'{"step": 1e999}', "zeros": bytes(3000), "markup": b'["[/x]", "[red]"]',
    "half a character": b'{"characters": "\\ud800"}',
}  # fmt: skip
STRIDE = 7  # of 13 values each field gets two
VALUES = [..., None, True, -1, 0, 2**70, 1e300, "[/x]", "../../outside/mine.json", [], {}, [[1]], {"a": {"b": 1}}]


def whole_files() -> Iterator[tuple[str, Spoil]]:
    """Every file with every wrong content, gone, cut, doubled, and with a flipped bit here and there."""

    def edited(name: str, edit: Callable[[bytes], bytes]) -> Spoil:
        return lambda run: (run / name).exists() and (run / name).write_bytes(edit((run / name).read_bytes())) and None

    for number, name in enumerate(FILES):
        for what, content in list(CONTENTS.items())[number % 2 :: 2]:
            yield f"{name}: {what}", put(name, content)
        yield f"{name}: gone", lambda run, name=name: (run / name).unlink(missing_ok=True)
        yield f"{name}: doubled", edited(name, lambda data: data * 2)
        for part in (0.1, 0.9):
            yield f"{name}: cut at {part}", edited(name, lambda data, part=part: data[: int(part * len(data))])
            yield f"{name}: flipped at {part}", edited(name, lambda data, part=part: flipped(data, part))
        yield f"{name}: with a row of nonsense", edited(name, lambda data: data.replace(b"\n", b"\nnonsense\n", 1))


def flipped(data: bytes, part: float) -> bytes:
    changed = bytearray(data)
    changed[int(part * len(data))] ^= 4
    return bytes(changed)


def in_the_way() -> Iterator[tuple[str, Spoil]]:
    """Links, pipes and folders in place of every file, and links in place of the folders."""

    def instead(name: str, make: Callable[[Path, Path], Any]) -> Spoil:
        def spoil(run: Path) -> None:
            path, outside = run / name, run.parent.parent / "outside"
            path.parent.mkdir(exist_ok=True)
            if path.is_dir():
                shutil.rmtree(path)
            path.unlink(missing_ok=True)
            make(path, outside)

        return spoil

    for name in (*FILES, "figures/loss.png", ".lock", ".config.json.1.partial"):
        yield f"{name}: a link", instead(name, lambda path, outside: path.symlink_to(outside / "mine.json"))
        yield f"{name}: a hard link", instead(name, lambda path, outside: os.link(outside / "mine.json", path))
        yield f"{name}: a device", instead(name, lambda path, outside: path.symlink_to("/dev/zero"))
        yield f"{name}: itself", instead(name, lambda path, outside: path.symlink_to(path))
        yield f"{name}: a pipe", instead(name, lambda path, outside: os.mkfifo(path))
        yield f"{name}: a folder", instead(name, lambda path, outside: path.mkdir())
    for name in ("checkpoints", "figures", "tensorboard"):
        yield f"{name}: a link", instead(name, lambda path, outside: path.symlink_to(outside / "checkpoints"))
        yield f"{name}: a file", instead(name, lambda path, outside: path.write_text("x"))


def fields(name: str) -> Callable[[], Iterator[tuple[str, Spoil]]]:
    """Every value of a JSON file in turn replaced by every wrong one."""

    def each() -> Iterator[tuple[str, Spoil]]:
        for number, path in enumerate(places(SHAPES[name])):
            for value in VALUES[number % STRIDE :: STRIDE]:
                if path != ("recipe", "threads"):
                    forged = "forged " if name.startswith("checkpoints") else ""
                    yield f"{forged}{name}: {path} = {value!r}", change(name, assign(path, value))

    return each


# What the files hold, for the ways to its values.
SHAPES = {
    "config.json": {
        "paper": "", "preset": "", "data": "", "data_sha256": "", "seed": 0, "weights": None,
        "launch": asdict(Launch()), "machine": {}, "firsthand": "", "command": "",
        "recipe": asdict(firsthand.get("mlp").preset("laptop")),
    },
    "checkpoints/step-00000038.json": {
        "step": 0, "sha256": "", "asked": "", "end": 0, "optim": {"groups": [{"lr": 0, "params": [], "betas": [0, 0]}],
        "scalars": {}}, "state": {"step": 0, "seconds": 0, "loss_count": 0, "first": 0, "best": 0, "worse": 0,
        "stopped": ""}, "rows": {"metrics.jsonl": {"rows": 0, "bytes": 0, "sha256": ""}, "times.jsonl": {}},
    },
    "checkpoints/best-00000020.json": {"step": 0, "sha256": "", "val_loss": 0},
    "vocabulary.json": {"characters": ""},
}  # fmt: skip


def tensors() -> Iterator[tuple[str, Spoil]]:
    """Checkpoints that are sound in themselves, but of another network, optimiser, or of more than a run has."""
    import hashlib

    import torch

    def other(kind: str, edit: Callable[[dict], Any]) -> Spoil:
        def spoil(run: Path) -> None:
            for path in (run / "checkpoints").glob(f"{kind}-*.safetensors"):
                found = load_file(path)
                edit(found)
                save_file(found, path)
                checked = hashlib.sha256(path.read_bytes()).hexdigest()
                change(str(path.with_suffix(".json")), assign(("sha256",), checked))(run)

        return spoil

    zero = torch.zeros(3)
    for kind in ("step", "best"):
        for what, edit in {
            "one more": lambda found: found.update({"model.more": zero}),
            "of no part": lambda found: found.update({"more": zero}),
            "none": lambda found: found.clear() or found.update(a=zero),
            "one less": lambda found: found.pop("model.output.weight"),
            "another shape": lambda found: found.update({"model.output.weight": zero}),
            "another type": lambda found: found.update({"model.output.weight": found["model.output.weight"].long()}),
            "complex": lambda found: found.update({"model.output.weight": found["model.output.weight"] * 1j}),
        }.items():
            yield f"forged {kind}: {what}", other(kind, edit)
    wrong = {"short": zero, "whole": torch.zeros(2).long(), "empty": torch.zeros(0)}
    wrong["large"] = torch.full((5056,), 255).byte()
    for name in ("rng.cpu", "loss_sum", "optim.0.exp_avg", "optim.0.step"):
        yield f"forged {name}: gone", other("step", lambda found, name=name: found.pop(name))
        for what, value in wrong.items():
            yield f"forged {name}: {what}", other("step", lambda found, one={name: value}: found.update(one))
    for name in ("optim.99.exp_avg", "optim.x.a", "optim.-1.a", "optim.0", "optim.²", "task.carried.0", "average.a"):
        yield f"forged {name}: more", other("step", lambda found, name=name: found.update({name: zero}))


WAYS = {
    "whole files": whole_files, "in the way": in_the_way, "tensors": tensors,
    **{f"fields of {name}": fields(name) for name in SHAPES},
}  # fmt: skip


LONG = ("whole files", "fields of checkpoints/step-00000038.json")


@pytest.mark.parametrize("way", [pytest.param(way, marks=[pytest.mark.slow] * (way in LONG)) for way in WAYS])
def test_one_sentence_or_the_same_bits(way, spoilt):
    """Of every spoilt folder."""
    ways = list(WAYS[way]())
    problems = [problem for what, spoil in ways for problem in spoilt(what, spoil)]
    assert not problems, f"{len(problems)} of {len(ways)}:\n" + "\n".join(problems)


def test_the_good_run_goes_on(spoilt):
    """Otherwise all of this would prove nothing."""
    assert spoilt("nothing", lambda run: None) == []
    assert sum(len(list(way())) for way in WAYS.values()) > 400


@pytest.mark.parametrize("part", ["recipe", "launch"])
@pytest.mark.parametrize("option", ["tyro_write_completion", "tyro_print_completion", "help"])
def test_a_file_never_reaches_a_parser_of_options(option, part, train, tmp_path, capsys):
    """tyro's own options, one of which writes a file, are no fields of a recipe."""
    run, thesis = train().path, tmp_path / "thesis.tex"
    thesis.write_text("years of work")
    (run / "result.json").unlink()
    change("config.json", lambda content: content | {part: {option: ["bash", str(thesis)]} | content[part]})(run)
    for words in (["sample", str(run)], ["train", "--resume", str(run)]):
        if (words[0], part) != ("sample", "launch"):  # which does not ask where the run computed
            with pytest.raises(SystemExit, match="2"):
                main(words)
            said = capsys.readouterr()
            assert said.out == "" and re.fullmatch(
                rf"firsthand: \S+config.json does not suit this version. There is no option '{option}'.*\n", said.err
            )
    assert thesis.read_text() == "years of work"


@pytest.mark.filterwarnings("default::firsthand.errors.Notice")
def test_one_bad_folder_hides_no_other(train, tmp_path, capsys, monkeypatch):
    """It is listed with what is wrong; the newest sound run of a paper is used; a damaged row is told of."""
    monkeypatch.chdir(tmp_path)
    good = train("runs/good").path
    bad = {}
    for name, spoil in {
        "empty": put("config.json", b""),
        "list": put("config.json", b"[]"),
        "paper": change("config.json", assign(("paper",), "mpl")),
        "steps": change("config.json", assign(("recipe", "steps"), ...)),
        "result": put("result.json", b'{"steps": "[/x]"}'),
        "pipe": lambda run: pipe(run / "metrics.jsonl"),
        "times": lambda run: pipe(run / "times.jsonl"),
    }.items():
        bad[name] = Path(shutil.copytree(good, f"runs/{name}"))
        spoil(bad[name])
    (tmp_path / "runs" / "loose").mkdir()
    (tmp_path / "runs" / "loose" / "config.json").symlink_to("itself")
    with open(good / "metrics.jsonl", "r+") as file:
        file.write("?")
    main(["runs"])
    said = capsys.readouterr()
    assert said.out.count("runs/") == 1 and "runs/good" in said.out
    lines = said.err.strip().splitlines()
    assert [name for name in bad if not any(f"runs/{name}" in line for line in lines)] == []
    assert any("metrics.jsonl: row 1 is damaged (" in line for line in lines)
    main(["runs", "--json"])
    rows = {Path(row["run"]).name: row for row in json.loads(capsys.readouterr().out)}
    assert rows.keys() >= {"good", *bad} and all(rows[name]["problem"] for name in bad)
    assert "There is no paper 'mpl': did you mean 'mlp'?" in rows["paper"]["problem"]
    assert [run.path.name for run in api.runs()] == ["good"] and api.load("mlp").path.name == "good"
    main(["sample", "mlp", "--count", "2"])
    for name in bad:
        with pytest.raises(UserError, match=name):
            _ = api.load(name).metrics, api.load(name).result, api.load(name).recipe, list(api.load(name).folder.times)


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def test_words_of_a_file_are_no_markup(train, capsys, tmp_path):
    """What looks like rich's is shown as it is."""
    from firsthand.commands.training import report

    run = train()
    for name in ("paper", "data", "stopped", "weights"):
        change("result.json", assign((name,), f"[/{name}]"))(run.path)
    report(api.load(run.path), False)
    text = capsys.readouterr().out
    assert all(f"[/{name}]" in text for name in ("paper", "data", "stopped", "weights"))


def test_sizes_that_are_not_the_networks(train):
    """A vocabulary of fewer letters, or a network of other sizes, even of more than this machine could hold."""
    run = train().path
    letters = json.loads((run / "vocabulary.json").read_text())["characters"]
    put("vocabulary.json", json.dumps({"characters": letters[1:]}).encode())(run)
    with pytest.raises(UserError, match=r"vocabulary.json has 13 tokens, but the network learned 14\."):
        api.load(run).sample(1)
    for hidden in ([12], [10**9], [10**15, 10**15]):
        change("config.json", assign(("recipe", "model", "hidden"), hidden))(run)
        sentence = r"^\S+run cannot be used. The (checkpoint is not of this network:|network that its config.json asks)"
        sentence += r"|^\S+config.json does not suit this version. model.hidden must be at most"
        with pytest.raises(UserError, match=sentence):
            _ = api.load(run).model


def test_gone_best_weights_are_not_replaced_by_the_last(train):
    """The result, or the state, says that there was a best."""
    run = train().path
    for path in (run / "checkpoints").glob("best-*"):
        path.unlink()
    sentence = r"^The best weights of \S+, its checkpoints/best-\*, are gone: put them back\.$"
    for _ in range(2):
        with pytest.raises(UserError, match=sentence):
            _ = api.load(run).model
        (run / "result.json").unlink(missing_ok=True)
