"""The command line: what it prints, where, with which exit code; every mistake is one sentence."""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace

import pytest

import firsthand
from firsthand import papers
from firsthand.check import Row
from firsthand.cli import COMMANDS
from firsthand.commands import screen, training
from firsthand.train.folder import RunFolder


@pytest.fixture(scope="module")
def run(tmp_path_factory, lines_file, tiny) -> Path:
    """The folder of a finished run."""
    out = tmp_path_factory.mktemp("cli") / "run"
    return firsthand.train("mlp", out=out, progress=False, **tiny).path


@pytest.fixture(scope="module")
def classifier(tmp_path_factory) -> Path:
    """The folder of a run that was stopped before its first checkpoint, of a network for images."""
    path = tmp_path_factory.mktemp("cli") / "lenet"
    recipe = firsthand.get("lenet").preset("digits")
    RunFolder(path).create(
        {"paper": "lenet", "preset": "digits", "data": "digits", "seed": 0, "recipe": asdict(recipe)}
    )
    return path


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """Runs go to runs/ of the current folder unless --out says otherwise."""
    monkeypatch.chdir(tmp_path)


# What the user typed -> what the sentence must say. {run}, {classifier}, {lines} and {here} stand for paths.
MISTAKES = {
    "trian": "There is no command 'trian': did you mean 'train'?",
    "show": "KEY",
    "show mpl": "There is no paper 'mpl': did you mean 'mlp'? (`firsthand list` shows them all)",
    "show mlp twice": "'twice' is one word too many",
    "show LENET5": "did you mean 'lenet'",
    "list --jsn": "There is no option '--jsn': did you mean '--json'?",
    "train": f"Which paper? firsthand train KEY, with KEY one of: {', '.join(papers.networks())}.",
    "train survey": "survey has no network, it is a paper to read: `firsthand read survey` opens it.",
    "check survey": "survey has no network",
    "reproduce survey": "survey has no network",
    "reproduce survey --list": "survey has no network",
    "experiment survey": "survey has no network",
    "exercise survey": "survey has no network",
    "judge survey": "survey has no network",
    "show survey --variant 18": "survey has no network",
    "train --steps 5": "Which paper?",
    "train lenett": "did you mean 'lenet'",
    "train mlp --preset laptopp": "There is no preset of mlp 'laptopp': did you mean 'laptop'?",
    "train mlp --preset": "Missing value for argument '--preset'",
    "train mlp --optim.betas 1": "--optim.betas",
    "train mlp --model.hidden": "needs one size or more",
    "train mlp --stepz 5": "There is no option '--stepz': did you mean '--steps'?",
    "train mlp --optim.lrr 5": "did you mean '--optim.lr'?",
    "train mlp --model.hiden 5": "did you mean '--model.hidden'?",
    "train mlp --locale en_IN": "There is no option '--locale'",
    "train mlp --steps many": "--steps",
    "train mlp --steps 1.5": "--steps",
    "train mlp --steps": "--steps",
    "train mlp --steps 0": "steps must be at least 1, got 0.",
    "train mlp --steps -3": "steps must be at least 1, got -3.",
    "train mlp --accumulate 7": "batch (512) must be divisible by accumulate (7).",
    "train mlp --optim.name adamm": "There is no value of --optim.name 'adamm': did you mean 'adam'?",
    "train mlp --keep bst": "did you mean 'best'?",
    "train mlp --device gpu": "There is no value of --device 'gpu'",
    "train mlp --optim.lr fast": "--optim.lr",
    "train mlp --optim.momentum 0.9": "optim.momentum is not an option of adamw",
    "train mlp --optim.name sgd --optim.betas 0.9 0.99": "optim.betas is not an option of sgd",
    "train mlp --schedule.drops 5": "schedule.drops is not an option of one-cycle",
    "train mlp --schedule.name cosine --schedule.drops 5": "schedule.drops is not an option of cosine",
    "train mlp --schedule.name cosine --schedule.warmup 9000": "The warm-up of 9000 steps must be shorter than the run",
    "train mlp --optim.lr -1": "optim.lr must be at least 0, got -1.0.",
    "train mlp --model.hidden 0": "must be at least 1",
    "train mlp --model.init normal --model.gain 2": "acts on init 'fan-in' only",
    "train mlp --model.dropout 1.5": "dropout",
    "train mlp --seed 99999999999999999999": "seed must be below 18,446,744,073,709,551,616, got 99999999999999999999.",
    "train mlp --diagnose-every 0": "diagnose_every must be at least 1, got 0.",
    "train mlp --threads 0": "threads must be at least 1, got 0.",
    "train mlp --threads 5000": "threads must be at most ",
    "train mlp --optim.lr nan": "optim.lr must be a finite number, got nan.",
    "train mlp --optim.lr inf": "optim.lr must be a finite number, got inf.",
    "train mlp --optim.betas 0.9 1": "optim.betas must be below 1, got 1.0.",
    "train mlp --model.hidden 100000000000": "model.hidden must be at most 100,000,000, got 100000000000.",
    "train mlp --accumulate 8 --batch 8": "BatchNorm1d trains on two examples or more",
    "train rnn --order streams --batch 1000000": "take a smaller batch or window",
    "train rnn --window 100000": "too few for a window of 100000, which needs 100001: give a longer text",
    "train mlp -x": "There is no option '-x': `firsthand train mlp --help` lists them.",
    "train mlp --data ~nobody-of-this-name/x": "starts with the home folder of a user that this machine does not know",
    "train mlp --data https://example.org/a.txt": "is an address, not a file: download it first, then give the path",
    "train mlp --data /dev/null": "is no file that can be read again: write what it gives into a text or CSV file",
    "train mlp --data {lines} --out a\0b": "the character NUL",
    "train mlp --data nmes": "did you mean 'names'?",
    "train mlp --data missing.txt": "missing.txt",
    "train mlp --data .": ". is a folder: give the path of a text or CSV file in it.",
    "train mlp --data mnist": "'mnist' holds images, not lines of text",
    "train mlp --data {lines} --data.column name": "column",
    "train mlp --data makemore-names --data.locale en_IN": "'locale' does not apply to the data 'makemore-names'",
    "train mlp --data.locale xx_YY": "xx_YY",
    "train lenet --data names": "'names' holds lines of text, not images",
    "train mlp --data {lines} --out {run}": "already exists; choose another --out, or continue it with --resume",
    "train mlp --data {lines} --out {lines}": "already exists",
    "train mlp --data {lines} --out {lines}/run": "Cannot write",
    "train mlp --data {lines} --devices 0": "devices is 0: choose from 1 to",
    "train mlp --data {lines} --strategy nonsense": "Fabric cannot start with these options",
    "train --resume": "--resume",
    "train --resume -inf --resume=plateau": "Which run? Give --resume once",
    "train --resume nowhere": "There is no run 'nowhere'",
    "train --resume {here}": "is not a run folder: it has no config.json",
    "train --resume {run} --steps 1": "has trained 40 steps already: give --steps a larger number than that.",
    "train --resume {run} --batch 5": "A resumed run keeps its recipe: beside --resume only --steps, --json and where",
    "train mlp --resume {run} --seed=1": "A resumed run keeps its recipe",
    "train lenet --resume {run}": "is a run of 'mlp', not of 'lenet'.",
    "sample": "RUN",
    "sample mlp": "There is no run 'mlp', and none in runs/ yet",
    "sample {run} --top-k 0": "top_k must be at least 1, got 0.",
    "sample {run} --top-p 1.5": "top_p must be at most 1, got 1.5.",
    "sample {run} --temperature 0": "temperature must be at least 1e-06, got 0.0",
    "sample {run} --temperature hot": "--temperature",
    "sample {run} --prompt Q": "does not have 'Q'",
    "sample {run} --count -1": "count must be at least 0, got -1.",
    "sample {run} --max-length 0": "max_length must be at least 1, got 0.",
    "sample {classifier}": "lenet does not write text; try `firsthand classify",
    "classify {classifier}": "Which images?",
    "classify {run}": "Which images?",
    "classify {run} image.png": "mlp does not classify images; try `firsthand sample",
    "classify {classifier} image.png": "has no checkpoint yet: continue it with `firsthand train --resume",
    "check mpl": "did you mean 'mlp'?",
    "reproduce": "KEY",
    "reproduce mpl": "did you mean 'mlp'?",
    "reproduce mlp --claim coarse": "There is no claim of mlp 'coarse': did you mean 'course'?",
    "reproduce mlp --seeds 0": "seeds must be at least 1, got 0.",
    "reproduce mlp --jobs 0": "jobs must be at least 1, got 0.",
    "reproduce mlp --jobs 99999": "jobs must be at most",
    "reproduce mlp --list --claim coarse": "did you mean 'course'?",
    "reproduce mlp --list --seeds 0": "seeds must be at least 1, got 0.",
    "data nmes": "There is no data set 'nmes': did you mean 'names'?",
    "data missing.txt": "missing.txt",
    "runs here there": "'there' is one word too many",
}


@pytest.mark.parametrize("typed", MISTAKES)
def test_a_mistake_is_one_sentence(typed, call, run, classifier, lines_file, tmp_path):
    """On stderr, with exit code 2, nothing on stdout, no traceback, and no run folder left behind."""
    (tmp_path / "thesis.tex").write_text("")
    places = {"run": run, "classifier": classifier, "lines": lines_file, "here": tmp_path}
    code, out, err = call(*typed.format(**places).split())
    said = err.strip()
    assert MISTAKES[typed] in said
    assert said.startswith("firsthand: ") and "\n" not in said
    assert (code, out) == (2, "")
    assert said.endswith((".", "?", ")"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["thesis.tex"]


@pytest.mark.parametrize("encoding", ["utf-8", "UTF-8", "ascii"])
def test_frames_of_every_encoding(encoding, command):
    """tyro frames its messages differently where stdout is not utf-8: the sentence is the same."""
    environment = os.environ | {"PYTHONIOENCODING": encoding}
    process = command("sample", "run", "--count", "many", env=environment)
    _, err = process.communicate()
    assert err == "firsthand: --count takes a whole number, not 'many'; see `firsthand sample --help`.\n"


def test_a_mistake_in_a_real_process(command):
    """As the shell sees it."""
    process = command("train", "mlp", "--stepz", 5)
    out, err = process.communicate()
    assert (process.returncode, out) == (2, "")
    sentence = "There is no option '--stepz': did you mean '--steps'? (`firsthand train mlp --help` lists them)"
    assert err == f"firsthand: {sentence}\n"


HEAVY = ("torch", "lightning_fabric", "matplotlib", "sklearn", "faker", "PIL", "numpy", "pooch", "safetensors")
PARSERS = ("tyro", "rich", "docstring_parser", "json")  # a tenth of a second together


@pytest.mark.parametrize(
    ("words", "none_of"),
    [
        (["list"], HEAVY + PARSERS),
        (["--help"], HEAVY + PARSERS),
        ([], HEAVY + PARSERS),
        (["--version"], HEAVY + PARSERS),
        (["list", "--json"], HEAVY),
        (["list", "--help"], HEAVY),
        (["runs"], HEAVY),
        (["study"], HEAVY),
        (["study", "week", "1"], HEAVY),
        (["cite", "lenet"], HEAVY),
        (["resources", "maths"], HEAVY),
    ],
    ids=lambda value: " ".join(value)[:20],
)
def test_light_commands_import_nothing_heavy(words, none_of):
    """They answer at once because they load neither torch nor anything like it."""
    code = (
        "import sys; from firsthand.cli import main\n"
        f"try: main({words!r})\nexcept SystemExit as end: assert not end.code\n"
        f"heavy = [name for name in {none_of!r} if name in sys.modules]\nassert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout


@pytest.mark.parametrize("reader", ["true", "head -c 1"])
@pytest.mark.parametrize("words", ["list", "list --json", "--help"])
def test_a_reader_that_has_seen_enough(words, reader):
    """`firsthand list | head` ends quietly."""
    shell = f"{sys.executable} -m firsthand.cli {words} | {reader}"
    done = subprocess.run(["sh", "-c", shell], capture_output=True, text=True)
    assert done.stderr == ""


def test_help(call):
    """The overview names every command; every command explains itself."""
    code, out, _ = call("--help")
    assert code == 0
    assert all(re.search(rf"^  {name} ", out, re.MULTILINE) for name in COMMANDS)
    for name in COMMANDS:
        code, out, err = call(name, "--help")
        assert (code, err) == (0, ""), name
        assert f"firsthand {name}" in out and "--json" in out, name


@pytest.mark.parametrize("key", papers.networks())
def test_help_of_a_papers_options(key, call):
    """Every field of the recipe with its value in the preset and its meaning."""
    from firsthand.train.recipe import flat

    code, out, err = call("train", key, "--preset", "paper", "--help")
    assert (code, err) == (0, "")
    recipe = papers.get(key).preset("paper")
    for name in flat(recipe):
        assert re.search(rf"--(\S+\.)?{re.escape(name.split('.')[-1]).replace('_', '[-_]')}\b", out), name
    assert f"(default: {recipe.steps})" in re.sub(r"[\s│]+", " ", out)
    assert "optimiser steps" in out


@pytest.mark.parametrize("columns", [60, 80, 200])
def test_list(columns, call, monkeypatch):
    """Each paper under its family, in one line that fits the screen; as JSON oldest first."""
    monkeypatch.setenv("COLUMNS", str(columns))
    code, out, _ = call("list")
    lines = out.splitlines()
    assert code == 0 and max(map(len, lines)) <= columns
    family, found = "", {}
    for line in lines[: lines.index("")]:
        family, key = (family, line.split()[0]) if line.startswith(" ") else (line, None)
        found |= {key: (family, line)} if key else {}
    assert found.keys() == set(papers.keys())
    for key, (family, line) in found.items():
        card = papers.get(key).card
        shown = line.split(str(card.year), 1)[1].strip()
        assert family == card.family and card.title.startswith(shown.removesuffix(" ...")), line
        assert shown == card.title or columns < 200
    cards = json.loads(call("list", "--json")[1])
    assert [card["key"] for card in cards] == list(papers.keys())


@pytest.mark.parametrize("columns", [20, 40, 60, 80, 300])
def test_tables_cut_nothing(columns, capsys, monkeypatch):
    """However narrow the screen is, every word of every cell is there, and nothing but a long name is wider."""
    monkeypatch.setattr(screen.out, "_width", columns)
    name = "runs/selfattention-laptop-seed0-20261128-232308"
    rows = [{"run": name, "about": "what this run is about", "steps": 1_234_567, "[bold]val[/] loss": "[red]1.25[/]"}]
    screen.show_table(rows)
    lines = capsys.readouterr().out.splitlines()
    words = " ".join(" ".join(lines).split())
    for word in (name, "what", "this", "about", "1,234,567", "1.25", "steps"):
        assert word in words.split(" ")
    assert "…" not in words and "[red]" not in words
    assert all(len(line.rstrip()) <= columns or columns < len(name) for line in lines)


def test_what_takes_long_says_how_far_it_is(monkeypatch):
    """A line after a pause, with how much there is by then; none where all is there before, none after a mistake."""
    told, second = [], threading.Event()
    monkeypatch.setattr(screen.err, "print", lambda line, markup: (told.append(line), second.set()))

    def slowly() -> Iterator[int]:
        yield 1
        assert second.wait(60)
        yield 2

    assert screen.watched(slowly(), 2, "pictures", after=0.1) == [1, 2]
    assert told in (["pictures: 1 of 2"], ["pictures: 0 of 2"])
    assert screen.watched(iter([1, 2]), 2, "pictures") == [1, 2]
    with pytest.raises(ZeroDivisionError):
        screen.watched((1 / number for number in (1, 0)), 2, "pictures")
    assert len(told) == 1 and "watching" not in {thread.name for thread in threading.enumerate()}


@pytest.mark.parametrize("key", papers.networks())
def test_show(key, call):
    """The counted parameters are those of the card; layers add up."""
    code, out, _ = call("show", key)
    card = papers.get(key).card
    assert code == 0
    assert f"{card.parameters:,} trainable parameters (as {card.parameters:,} stated)" in out
    facts = json.loads(call("show", key, "--json")[1])
    assert facts["counted_parameters"] == facts["totals"]["parameters"] == card.parameters
    assert sum(layer["parameters"] for layer in facts["layers"]) == card.parameters
    assert (Path(facts["folder"]) / "model.py").exists()


def test_show_a_paper_without_a_network(call):
    """Its title, what is new and where its notes lie; no table of layers, and a word that there is none."""
    code, out, err = call("show", "survey")
    assert (code, err) == (0, "") and "Deep learning (2015)" in out and "no network" in out and "notes.md" in out
    facts = json.loads(call("show", "survey", "--json")[1])
    assert facts["network"] is None and facts["parameters"] is None and "layers" not in facts
    assert Path(facts["folder"], "notes.md").exists() and "lecun2015deep" in facts["bibtex"]


def test_train(call, flags, tiny, tmp_path):
    """Losses, new names and where things lie; the run is in runs/ under a name that says what it is."""
    code, out, err = call("train", "mlp", *flags(tiny))
    assert code == 0
    (path,) = (tmp_path / "runs").iterdir()
    assert re.fullmatch(r"mlp-laptop-seed0-\d{8}-\d{6}", path.name)
    result = firsthand.load(path).result
    assert f"dev   loss {result['metrics']['val_loss']:.4f}" in out
    assert "20 new lines, none of them in the training set" in out
    assert f"firsthand sample runs/{path.name}" in out
    assert "step 40/40" in err


def test_train_json_and_resume(call, flags, tiny, tmp_path):
    """Nothing but JSON on stdout; resuming the finished run prints the same result and says that it is finished."""
    code, out, _ = call("train", "mlp", *flags(tiny), "--out", "mine", "--json")
    first = json.loads(out)
    assert code == 0 and first["run"] == "mine" and first["steps"] == 40
    assert first == {"run": "mine"} | json.loads((tmp_path / "mine" / "result.json").read_text())
    code, out, err = call("train", "--resume", "mine", "--json")
    assert (code, json.loads(out)) == (0, first)
    assert "mine is finished; this is its result." in err
    assert call("train", "mlp", "--resume=mine")[0] == 0


def test_data_in_short(call, flags, tiny, lines_file):
    """--data NAME is short for --data.name NAME, with and without an equals sign."""
    words = flags({name: value for name, value in tiny.items() if name != "data"})
    for data in (["--data", lines_file], [f"--data={lines_file}"], ["--data.name", lines_file]):
        assert json.loads(call("train", "mlp", *words, *data, "--json", "--steps", 1)[1])["data"] == str(lines_file)


def test_a_name_in_other_bytes(call, flags, tiny, lines_file):
    """Paths whose bytes are not UTF-8 do as all others, and JSON holds them."""
    data, out = os.fsdecode(b"caf\xe9.txt"), os.fsdecode(b"r\xe9")
    Path(data).write_bytes(lines_file.read_bytes())
    code, text, _ = call("train", "mlp", *flags(tiny | {"data": data}), "--out", out, "--json")
    assert code == 0 and json.loads(text)["run"] == out and json.loads(text)["data"].endswith(data)
    assert len(json.loads(call("sample", out, "--count", 2, "--json")[1])["samples"]) == 2


def test_sample(call, run):
    """Lines on stdout, the count of copies on stderr; as JSON both together."""
    code, out, err = call("sample", run, "--count", 5, "--prompt", "ka")
    assert code == 0
    assert len(out.splitlines()) == 5 and all(line.startswith("ka") for line in out.splitlines())
    assert re.fullmatch(r"5 lines, \d distinct, \d in the training set\.\n", err)
    facts = json.loads(call("sample", run, "--count", 5, "--prompt", "ka", "--json")[1])
    assert facts["samples"] == out.splitlines()
    known = set(firsthand.load(run).recipe.data.load().train)
    assert facts["in_training_set"] == sum(line in known for line in facts["samples"])
    assert call("sample", run, "--prompt=ka", "--top-p", 0.9, "--top-k", 3, "--seed", 1, "--greedy")[0] == 0


def test_sample_without_its_data(call, flags, tiny, tmp_path, lines_file):
    """The file that it learned from is gone: the lines are still good."""
    (tmp_path / "own.txt").write_bytes(lines_file.read_bytes())
    call("train", "mlp", *flags(tiny | {"data": "own.txt"}), "--out", "mine")
    (tmp_path / "own.txt").unlink()
    code, out, err = call("sample", "mine", "--count", 3)
    assert code == 0 and len(out.splitlines()) == 3
    assert "the training set is not here to compare with" in err


def test_runs(call, flags, tiny, run, tmp_path, monkeypatch):
    """Finished and unfinished ones, oldest first; a paper's key stands for its newest run."""
    monkeypatch.setattr(screen.out, "_width", 200)  # so that no cell is folded, however long the path of the data
    assert "No runs in runs/ yet" in call("runs")[1]
    assert json.loads(call("runs", "--json")[1]) == []
    call("train", "mlp", *flags(tiny), "--out", "runs/first")
    (tmp_path / "runs" / "second").mkdir()
    (tmp_path / "runs" / "second" / "config.json").write_bytes((run / "config.json").read_bytes())
    rows = json.loads(call("runs", "--json")[1])
    assert [(row["run"], row["status"], row["steps"]) for row in rows] == [
        ("runs/first", "finished", "40/40"),
        ("runs/second", "unfinished", "0/40"),
    ]
    code, out, _ = call("runs")
    told = " ".join(out.split())
    assert code == 0 and "finished at step 40" in told and "unfinished at step 0 of 40" in told
    assert out.index("runs/first") < out.index("runs/second")  # the newest last, where people look
    assert str(firsthand.load("mlp").path) == "runs/second"
    assert str(firsthand.load("first").path) == "runs/first"
    code, _, err = call("sample", "frist")
    assert code == 2 and "did you mean 'first'?" in err


def test_check(call, monkeypatch):
    """0 and one closing line if everything holds; 1 if not, with every failed comparison; the JSON says which."""
    rows = [
        Row("mlp", "laptop", "float64", "loss", 1e-12, 1e-10),
        Row("mlp", "laptop", "float64", "gradients", 0.0, 1e-10),
        Row("mlp", "laptop", "float32", "loss", 3.771e-5, 3.7e-5),
        Row("mlp", "[red]", "float32", "loss", 4e-5, float("nan")),
    ]
    monkeypatch.setattr("firsthand.check.check", lambda key: rows[:2])
    code, out, err = call("check", "mlp")
    assert (code, err, out.splitlines()[-1]) == (0, "", "✔ All 2 comparisons hold.")
    assert "gradients" not in out and "1.0e-12 (1.0e-10)" in out  # a line a variant and precision: the nearest
    assert "gradients" in call("check", "mlp", "--details")[1]
    monkeypatch.setattr("firsthand.check.check", lambda key: rows)
    code, out, err = call("check", "mlp")
    assert (code, err) == (1, "")
    assert out.splitlines()[-3:] == [
        "✘ mlp, laptop, float32, loss: 3.77e-05 > 3.70e-05",
        "✘ mlp, [red], float32, loss: 4.00e-05 > nan",
        "✘ 2 of 4 comparisons failed.",
    ]
    assert sum(line.startswith("✘") for line in out.splitlines()) == 5 and max(map(len, out.splitlines())) <= 80
    code, out, _ = call("check", "mlp", "--json")
    assert code == 1
    assert [row["holds"] for row in json.loads(out)] == [True, True, False, False]


def test_check_of_rules_and_layers(call, monkeypatch):
    """No paper unless one is named; a table each; told on stderr what takes long; 1 if anything fails."""

    def rules(report):
        monkeypatch.setattr("firsthand.commands.proof.Waiting.EVERY", 0.0)
        report("sgd")
        return [Row("sgd", "lr=0.1", "float64", "weights after 200 steps", 1e-12, 1e-10)]

    monkeypatch.setattr("firsthand.check.check", lambda key: [Row(key, "laptop", "float64", "loss", 0.0, 1e-10)])
    monkeypatch.setattr("firsthand.check.rules.check_rules", rules)
    wrong = [Row("tanh", "fast", "float64", "values", 0.5, 1e-10)]
    monkeypatch.setattr("firsthand.check.layers.check_layers", lambda report: wrong)
    code, out, err = call("check", "--optim")
    assert code == 0 and "weights after 200 steps" in " ".join(out.split()) and "plateau" in out and "loss" not in out
    assert err == "comparing sgd ...\n"
    code, out, _ = call("check", "--layers", "--json")
    assert code == 1 and [(row["paper"], row["holds"]) for row in json.loads(out)] == [("tanh", False)]
    code, out, _ = call("check", "mlp", "--optim", "--layers", "--json")
    named = [row["paper"] for row in json.loads(out)]
    assert code == 1 and named[:2] == ["mlp", "sgd"] and named[-1] == "tanh" and "cosine" in named


def test_data(call, lines_file):
    """All data sets, one of them, and a file of one's own."""
    names = [row["name"] for row in json.loads(call("data", "--json")[1])]
    assert {"names", "digits", "mnist"} <= set(names)
    code, out, _ = call("data")
    assert code == 0 and all(name in out for name in names)
    assert json.loads(call("data", "digits", "--json")[1])["examples"] == 1797
    assert json.loads(call("data", lines_file, "--json")[1])["examples"] == 300
    assert call("data", "digits")[0] == 0


def test_brackets_are_no_markup(call, flags, tiny, tmp_path, lines_file):
    """What the user's files are called and hold is printed as it is."""
    lines = lines_file.read_text().splitlines()
    (tmp_path / "own[red].txt").write_text("\n".join(["[/red]x", "[bold]", "[/]"] * 30 + lines) + "\n")
    code, out, _ = call("data", "own[red].txt")
    assert code == 0 and "own[red].txt" in out and "[/red]x" in out
    code, out, _ = call("train", "mlp", *flags(tiny | {"data": "own[red].txt"}), "--out", "runs/[bold]")
    assert code == 0 and "own[red].txt" in out and "firsthand sample runs/[bold]" in out
    code, out, _ = call("runs")
    assert code == 0 and "runs/[bold]" in out


def test_version(call):
    """That of the package."""
    assert call("--version") == (0, f"firsthand {firsthand.__version__}\n", "")


def test_classify_tells_what_is_doubtful_and_goes_on_after_a_bad_file(call, monkeypatch):
    """Distances in words, errors by name on stderr and exit code 2, answers all the same; with --json both in rows."""
    seen = {"class": "8", "confidence": 1.0, "runner_up": "0", "runner_up_confidence": 0.0}
    near, far = seen | {"distance": 4.25, "distance_limit": 20.0}, seen | {"distance": 28.25, "distance_limit": 20.0}
    rows = [near | {"path": "a.png"}, far | {"path": "b.png"}, {"path": "c.png", "error": "c.png is blank."},
            seen | {"path": "d.png", "margin": 0.526}]  # fmt: skip
    run = SimpleNamespace(classifier=(SimpleNamespace(see=lambda network, images, crops: rows), None))
    monkeypatch.setattr(training.api, "load", lambda name: run)
    code, out, err = call("classify", "run", "a.png", "b.png", "c.png", "d.png")
    assert (code, err.strip()) == (2, "firsthand: c.png is blank.")
    assert " ".join(out.split()) == (
        "a.png: 8 (100.0 %; then 0; distance 4.2) "
        "b.png: 8 (100.0 %; then 0), but unlike what it was trained on: distance 28.2, where digits lie below 20 "
        "d.png: 8 (100.0 %; then 0; margin 0.53)"
    )
    code, out, _ = call("classify", "run", "a.png", "--json")
    assert code == 2 and json.loads(out) == rows
    del rows[2]
    assert call("classify", "run", "a.png")[0] == 0
