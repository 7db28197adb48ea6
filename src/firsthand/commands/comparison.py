"""The command that lays runs beside one another: compare."""

from pathlib import Path
from typing import Annotated, Any, Literal

import tyro
from rich.markup import escape

from firsthand import api
from firsthand.commands.screen import out, show_json, show_table

Runs = Annotated[tyro.conf.Positional[tuple[str, ...]], tyro.conf.arg(metavar="RUN ...")]


def compare(
    runs: Runs,
    /,
    against: Literal["seconds", "steps"] = "seconds",
    title: str | None = None,
    to: Path | None = None,
    json: bool = False,
) -> None:
    """Lay runs beside one another: their losses in a table, what else differs between them, their curves in a figure.

    Args:
        runs: two or more: folders, names under runs/, or papers' keys for the newest run of each.
        against: what the losses are drawn against: seconds of training, or steps.
        title: the figure's title; None: the data's name.
        to: the figure's file (.png, .svg or .pdf); None: runs/comparison.png. An earlier figure of this command is
            drawn anew; any other file stays as it is.
        json: print JSON instead of a table.
    """
    found = api.compare(runs, against, title=title, to=api.COMPARISON if to is None else to)
    if json:
        return show_json({"runs": found.rows, "unlike": found.unlike, "figure": str(found.path)})
    names = [name for name in found.rows[0] if name != "data"]  # which is the same for all
    show_table([{name.removesuffix(" loss"): shown(name, one[name]) for name in names} for one in found.rows])
    out.print("(train, val, test: losses)")
    if found.unlike:
        out.print("\nThese runs differ in more than their networks:")
        show_table([{"option": name, "value: runs": by_value(v, found.labels)} for name, v in found.unlike.items()])
    return out.print(f"\nfigure: {escape(str(found.path))}")


def by_value(values: list[Any], labels: list[str]) -> str:
    """Each value with those that have it, as in "128: lstm; 64: gru, rnn"."""
    groups: dict[str, list[str]] = {}
    for value, label in zip(values, labels, strict=True):
        groups.setdefault("none" if value is None else str(value), []).append(label)
    return escape("; ".join(f"{value}: {', '.join(dict.fromkeys(members))}" for value, members in groups.items()))


def shown(name: str, value: Any) -> Any:
    """A cell of the table: losses with four decimals, seconds with one."""
    digits = 1 if name == "seconds" else 4
    return "" if value is None else f"{value:.{digits}f}" if isinstance(value, float) else value
