"""Where commands write: results on stdout, progress and mistakes on stderr, tables for people, JSON for programs."""

import json
from collections.abc import Sequence
from typing import Annotated, Any

import tyro
from rich.console import Console
from rich.table import Table

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

# How commands name what they take without an option's dashes.
Positional = tyro.conf.Positional
Key = Annotated[Positional[str], tyro.conf.arg(metavar="KEY")]
RunName = Annotated[Positional[str], tyro.conf.arg(metavar="RUN")]


def show_table(rows: Sequence[dict[str, Any]]) -> None:
    """Rows of one kind as columns under their names; counts stand to the right, with commas."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name, value in rows[0].items():
        counts = isinstance(value, int)
        table.add_column(name, justify="right" if counts else "left", no_wrap=counts or name == "key")
    for row in rows:
        cells = (row.get(name, "") for name in rows[0])
        table.add_row(*(f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in cells))
    out.print(table)


def show_json(content: Any) -> None:
    """Print JSON for programs to read."""
    print(json.dumps(content, indent=2, ensure_ascii=False, default=str))
