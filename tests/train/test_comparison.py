"""Runs beside one another: what is drawn is what their files say."""

import errno
import json
from dataclasses import asdict

import pytest

import firsthand
from firsthand.commands import screen
from firsthand.commands.comparison import compare
from firsthand.errors import UserError
from firsthand.options import override
from firsthand.train.comparison import curves, label, points_of, unlike
from firsthand.train.folder import RunFolder


@pytest.fixture
def made(tmp_path):
    """made("a", "lstm", [3.0, 2.5], {"batch": 8}) is a run's folder with these validation losses, one a second."""

    def make(name: str, key: str, losses: list[float], changes: dict | None = None, preset: str = "laptop", **config):
        folder = RunFolder(tmp_path / "runs" / name)
        recipe = override(firsthand.get(key).preset(preset), changes or {})
        own = {"paper": key, "preset": preset, "data": "python-docs", "seed": 0, "recipe": asdict(recipe)} | config
        folder.create(own)
        for number, loss in enumerate(losses, 1):
            folder.metrics.append({"step": 10 * number, "val_loss": loss})
            folder.times.append({"step": 10 * number, "seconds": float(number)})
        return folder

    return make


def test_curves(train):
    """A line a run at the points of its evaluations; runs that differ in the seed alone share a colour and a label."""
    runs = [train("a"), train("b", {"seed": 1}), train("c", {"optim.lr": 0.001})]
    folders = [run.folder for run in runs]
    axes = curves(folders, "steps").axes[0]
    assert [line.get_xdata().tolist() for line in axes.lines] == [[20, 40]] * 3
    losses = {tuple(line.get_ydata()) for line in axes.lines}
    assert losses == {tuple(row["val_loss"] for row in run.metrics if "val_loss" in row) for run in runs}
    colours = [line.get_color() for line in axes.lines]
    assert len(set(colours)) == 2
    words = [text.get_text() for text in axes.texts]
    mean = sum(min(row["val_loss"] for row in run.metrics if "val_loss" in row) for run in runs[:2]) / 2
    assert f"mlp, lr 0.02  {mean:.3f}" in words and any(word.startswith("mlp, lr 0.001  ") for word in words)
    seconds = [x for x, _ in points_of(folders[0], "seconds")]
    assert 0 < seconds[0] < seconds[1] <= runs[0].result["seconds"] + 0.001


def test_every_run_ends_inside_the_frame(train):
    """However short, long, or bad it is; runs of very unequal lengths are drawn on a logarithmic axis."""
    short, long = train("a", {"optim.lr": 1e-9}), train("b", {"steps": 400})
    axes = curves([short.folder, long.folder], "steps").axes[0]
    (low, high), (left, right) = axes.get_ylim(), axes.get_xlim()
    for line in axes.lines:
        assert low < line.get_ydata()[-1] < high and left < line.get_xdata()[-1] < right
    assert axes.get_xscale() == "log"
    assert curves([short.folder], "steps").axes[0].get_xscale() == "linear"


@pytest.mark.parametrize("short", [[3.4], [3.4, 3.3], [3.4, 3.3, 3.2, 3.1]])
def test_short_runs_are_seen_whole(made, short):
    """Beside a long one that ends far below them, with a dot at each of their points."""
    long = made("long", "lstm", [1.4 + 3 * 0.8**number for number in range(60)])
    axes = curves([long, made("short", "gru", short)], "steps").axes[0]
    (low, high), line = axes.get_ylim(), axes.lines[1]
    assert line.get_ydata().tolist() == short and low < min(short) and max(short) < high
    assert line.get_marker() == "o" and axes.get_yscale() == "linear"


def test_a_run_that_grows_without_bound(made):
    """Hides no other: the losses stand on a logarithmic axis."""
    good = made("good", "lstm", [3 - 0.1 * number for number in range(10)])
    axes = curves([good, made("bad", "gru", [3.0 + number**4 for number in range(10)])], "steps").axes[0]
    low, high = axes.get_ylim()
    assert axes.get_yscale() == "log" and low < 2.1 and high > 3 + 9**4


def test_what_differs(made, capsys, monkeypatch):
    """The options in which presets differ are listed with who has which; not the seed, nor the networks' own shapes."""
    monkeypatch.setattr(screen.out, "_width", 80)
    here = {"machine": {"torch": "2.13.0", "threads": 1}, "launch": {"device": "cpu"}}
    lstm, gru = (made(key, key, [3.0, 2.5], {"seed": n}, **here) for n, key in enumerate(("lstm", "gru")))
    there = made("there", "gru", [3.0, 2.5], {"log_every": 3}, **(here | {"machine": {"torch": "2.9.0", "threads": 1}}))
    assert unlike([lstm, gru]) == {"batch": [128, 64], "model.dropout": [0.2, 0.0]}
    assert unlike([gru, there]) == {"torch": ["2.13.0", "2.9.0"]}
    wide = made("wide", "gru", [3.0, 2.5], {"model.hidden": 99}, **here)
    assert unlike([gru, wide]) == {"model.hidden": [256, 99]}  # one paper: its own shapes are what is compared
    compare((str(lstm.path), str(gru.path)))
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "batch 128: lstm; 64: gru" in lines and "model.dropout 0.2: lstm; 0.0: gru" in lines
    note = curves([lstm, gru]).get_supxlabel()
    assert note == "The runs also differ in: batch, model.dropout."
    assert curves([gru]).get_supxlabel() == ""


def test_labels_tell_apart_what_differs(made):
    """Within a preset by the fields that differ, whatever other presets lie beside it."""
    slow, fast = (made(f"{lr}", "gru", [3.0], {"optim.lr": lr, "seed": 5}) for lr in (0.001, 0.1))
    paper, more = made("paper", "gru", [3.0], preset="paper"), made("more", "gru", [3.0], {"optim.lr": 0.1})
    folders = [slow, fast, paper, more, made("lstm", "lstm", [3.0])]
    assert [label(folder, folders) for folder in folders] == [
        "gru, laptop, lr 0.001", "gru, laptop, lr 0.1", "gru, paper", "gru, laptop, lr 0.1", "lstm",
    ]  # fmt: skip


@pytest.mark.parametrize("columns", [60, 80])
def test_names_are_never_cut(made, capsys, monkeypatch, columns):
    monkeypatch.setattr(screen.out, "_width", columns)
    names = [f"selfattention-timemachine-seed{n}-20261128-232308" for n in range(2)]
    compare(tuple(str(made(name, "gru", [3.0]).path) for name in names))
    out = capsys.readouterr().out.splitlines()
    assert set(names) <= set(out) and "…" not in "".join(out)


def test_the_figures_file(made, tmp_path, monkeypatch):
    """Any of three formats; an earlier figure of ours is drawn anew, anything else stays as it is."""
    monkeypatch.chdir(tmp_path)
    runs = tuple(str(made(name, "gru", [3.0]).path) for name in "ab")
    begins = {"one.png": b"\x89PNG", "new/two.SVG": b"<?xml", "three.pdf": b"%PDF", ".": b"\x89PNG"}
    for to, begin in begins.items():
        for title in ("first", "a much longer title, so that it is another file"):
            written = firsthand.compare(runs, title=title, to=to).path
            assert written.read_bytes().startswith(begin)
    assert written.name == "comparison.png" and not (tmp_path / ".png").exists()
    (tmp_path / "photo.png").write_bytes(b"\x89PNG mine")
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "file").write_text("")
    wrong = {
        "photo.png": "photo.png is there and is not a figure of `firsthand compare`: give --to another name.",
        "plot.gif": "A figure's file ends in .png, .svg or .pdf, and 'plot.gif' does not.",
        "plot": "ends in .png, .svg or .pdf", "plot.": "ends in .png", ".png": "ends in .png",
        "file/plot.png": "Cannot write file/plot.png: ",
        f"{'x' * 300}.png": "choose another place with --to.",
    }  # fmt: skip
    for to, sentence in wrong.items():
        with pytest.raises(UserError) as error:
            firsthand.compare(runs, to=to)
        assert sentence in str(error.value), to
    assert (tmp_path / "photo.png").read_bytes() == b"\x89PNG mine"
    (tmp_path / "runs" / "comparison.png").write_bytes(b"of any version")  # the file of that name is ours
    compare(runs)
    assert (tmp_path / "runs" / "comparison.png").read_bytes().startswith(b"\x89PNG")


def test_a_full_disk(made, tmp_path, monkeypatch):
    """One sentence, and the earlier figure is still whole."""
    runs = tuple(str(made(name, "gru", [3.0]).path) for name in "ab")
    before = firsthand.compare(runs, to=tmp_path / "one.png").path.read_bytes()

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("firsthand.train.folder.os.replace", full)
    with pytest.raises(UserError, match=r"the disk is full; .* --to"):
        firsthand.compare(runs, title="other", to=tmp_path / "one.png")
    assert (tmp_path / "one.png").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.png", "runs"]


def test_from_python(made):
    """Runs or their names; what the command prints, and the figure."""
    a, b = made("a", "lstm", [3.0, 2.5]), made("b", "gru", [3.0, 2.6])
    found = firsthand.compare([firsthand.load(a.path), b.path], "steps")
    assert [row["run"] for row in found.rows] == ["a", "b"] and found.labels == ["lstm", "gru"]
    assert found.unlike["batch"] == [128, 64] and found.path is None and len(found.figure.axes[0].lines) == 2
    for wrong in ("a", [a.path]):
        with pytest.raises(UserError, match="Which runs"):
            firsthand.compare(wrong)


def test_the_command(train, capsys, tmp_path):
    """A table for people, JSON for programs, and the figure where it was asked for."""
    a, b = train("a"), train("b", {"seed": 1})
    compare((str(a.path), str(b.path)), to=tmp_path / "new" / "both.png")
    out = capsys.readouterr().out
    assert f"{a.result['metrics']['test_loss']:.4f}" in out and (tmp_path / "new" / "both.png").stat().st_size > 5000
    compare((str(a.path), str(b.path)), to=tmp_path / "new" / "both.png", json=True)
    found = json.loads(capsys.readouterr().out)
    assert found["unlike"] == {} and found["runs"][0]["val loss"] == a.result["metrics"]["val_loss"]


def test_mistakes(train, lines_file, tmp_path):
    a = train("a")
    with pytest.raises(UserError, match="Which runs"):
        compare((str(a.path),))
    other = tmp_path / "other.txt"
    other.write_text("abc\n" * 50)
    b = train("b", {"data": str(other)})
    with pytest.raises(UserError, match="cannot be compared"):
        compare((str(a.path), str(b.path)), to=tmp_path / "x.png")
