"""The figures of a finished run: those of its task, of its rows, and how a figure is written."""

import io
from collections.abc import Callable, Iterable
from pathlib import Path

from matplotlib.figure import Figure
from torch.nn import Module

from firsthand.figures.training import health, loss_curve, range_test
from firsthand.train.folder import RunFolder, write_atomically
from firsthand.train.task import Task

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


def save(figure: Figure, path: Path, metadata: dict[str, str] | None = None, option: str = "--out") -> None:
    """Write a figure at once, in the format of the file's ending; raises UserError where the system refuses."""
    content = io.BytesIO()
    figure.savefig(content, format=path.suffix[1:].lower(), metadata=metadata)
    write_atomically(path, content.getvalue(), sync=False, option=option)
