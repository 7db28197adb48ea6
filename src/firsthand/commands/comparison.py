"""The command that lays runs beside one another: compare."""

from pathlib import Path
from typing import Annotated, Any, Literal

import tyro
from rich.markup import escape

from firsthand import api
from firsthand.commands.screen import out, show_json, show_table
from firsthand.errors import UserError

Runs = Annotated[tyro.conf.Positional[tuple[str, ...]], tyro.conf.arg(metavar="RUN ...")]


def compare(
    runs: Runs,
    /,
    against: Literal["seconds", "steps"] = "seconds",
    title: str | None = None,
    to: Path | None = None,
    json: bool = False,
) -> None:
    """Lay runs beside one another: their losses in a table, and their curves in one figure.

    Args:
        runs: two or more: folders, names under runs/, or papers' keys for the newest run of each.
        against: what the losses are drawn against: seconds of training, or steps.
        title: the figure's title; None: the data's name.
        to: the figure's file; None: runs/comparison.png.
        json: print JSON instead of a table.
    """
    if len(runs) < 2:
        raise UserError("Which runs? firsthand compare RUN RUN ..., each a folder or a paper's key.")
    found = [api.load(name) for name in runs]
    rows = [row(run) for run in found]
    path = api.RUNS / "comparison.png" if to is None else to
    from firsthand.train.comparison import curves  # matplotlib takes half a second to import

    figure = curves([run.folder for run in found], against, title)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)
    if json:
        return show_json({"runs": rows, "figure": str(path)})
    show_table([{name: shown(value) for name, value in one.items()} for one in rows])
    return out.print(f"figure: {escape(str(path))}")


def row(run: api.Run) -> dict[str, Any]:
    """What is compared of a run."""
    result = run.result or {}
    metrics = result.get("metrics", {})
    facts = {"run": run.path.name, "data": run.config["data"], "seed": run.config["seed"]}
    facts |= {name: result.get(name) for name in ("params", "steps", "seconds")}
    return facts | {f"{split} loss": metrics.get(f"{split}_loss") for split in ("train", "val", "test")}


def shown(value: Any) -> Any:
    """A cell of the table."""
    return "" if value is None else f"{value:.4f}" if isinstance(value, float) else value
