"""The figures of a finished run: those of its task, of its rows, and how a figure is written."""

import io
import os
from collections.abc import Callable, Iterable
from pathlib import Path

from matplotlib.figure import Figure
from torch.nn import Module

from firsthand.errors import UserError
from firsthand.figures.training import health, loss_curve, range_test
from firsthand.train.folder import RunFolder, write_atomically
from firsthand.train.task import Task

CREATOR = {".png": "Software", ".svg": "Creator", ".pdf": "Creator"}  # what the format calls who made it
LAST = "loss"  # figure: where it is, all were drawn, or tried


def draw(task: Task, folder: RunFolder, network: Module, say: Callable[[str], None]) -> None:
    """Write every figure of a finished run as a PNG into its figures folder; one that fails is told, not the end."""
    rows, diagnostics = list(folder.metrics), list(folder.diagnostics)
    ranged = task.recipe.schedule.name == "range" and any(row.get("loss") is not None for row in rows)
    sources: list[tuple[str, Callable[[], Iterable[tuple[str, Figure]]]]] = [
        ("the task", lambda: task.figures(network)),
        ("health", lambda: health(diagnostics) if diagnostics else ()),
        ("range", lambda: [("range", range_test(rows))] if ranged else ()),
        (LAST, lambda: [(LAST, loss_curve(rows, f"{folder.config['paper']}: loss"))]),
    ]
    for kind, made in sources:
        name = f"of {kind}"
        try:
            for name, figure in made():
                save(figure, folder.figures / f"{name}.png")
                name = f"after {name}"
        except Exception as error:
            say(f"A figure could not be drawn ({name}): {type(error).__name__}: {error}")


def target(to: Path, name: str, made: str, option: str) -> Path:
    """The file that a command writes a figure to; of a folder, `name` in it. The file says which command has `made` it.

    Raises UserError for a format that we do not write, and for a file that is there and no figure of that command.
    """
    path = to / name if os.path.isdir(to) else to
    if path.suffix.lower() not in CREATOR:
        raise UserError(f"A figure's file ends in .png, .svg or .pdf, and '{to}' does not.")
    if os.path.lexists(path) and not made_here(path, made):
        raise UserError(f"{path} is there and is not a figure of `{made}`: give {option} another name.")
    return path


def made_here(path: Path, made: str) -> bool:
    """Whether the file names its maker; one that cannot be read, or is far too large for a figure, does not."""
    try:
        return path.is_file() and path.stat().st_size < 1 << 25 and made.encode() in path.read_bytes()
    except OSError:
        return False


def save(figure: Figure, path: Path, made: str | None = None, option: str = "--out") -> None:
    """Write a figure at once, in the format of the file's ending, with the name of the command that made it.

    Raises UserError where the system refuses.
    """
    content, kind = io.BytesIO(), path.suffix.lower()
    figure.savefig(content, format=kind[1:], metadata=made and {CREATOR[kind]: made})
    write_atomically(path, content.getvalue(), sync=False, option=option)
