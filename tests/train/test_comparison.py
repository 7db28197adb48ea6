"""Runs beside one another: what is drawn is what their files say."""

import pytest

from firsthand.commands.comparison import compare
from firsthand.errors import UserError
from firsthand.train.comparison import curves, points_of


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


def test_the_command(train, capsys, tmp_path):
    """A table for people, JSON for programs, and the figure where it was asked for."""
    a, b = train("a"), train("b", {"seed": 1})
    compare((str(a.path), str(b.path)), to=tmp_path / "new" / "both.png")
    out = capsys.readouterr().out
    assert f"{a.result['metrics']['test_loss']:.4f}" in out and (tmp_path / "new" / "both.png").stat().st_size > 5000


def test_mistakes(train, lines_file, tmp_path):
    a = train("a")
    with pytest.raises(UserError, match="Which runs"):
        compare((str(a.path),))
    other = tmp_path / "other.txt"
    other.write_text("abc\n" * 50)
    b = train("b", {"data": str(other)})
    with pytest.raises(UserError, match="cannot be compared"):
        compare((str(a.path), str(b.path)), to=tmp_path / "x.png")
