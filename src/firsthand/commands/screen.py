"""Where commands write: results on stdout, progress and mistakes on stderr, tables for people, JSON for programs."""

import json
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from threading import Event, Thread
from typing import Annotated, Any

import tyro
from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

# How commands name what they take without an option's dashes.
Positional = tyro.conf.Positional
Key = Annotated[Positional[str], tyro.conf.arg(metavar="KEY")]
AnyKey = Annotated[Positional[str | None], tyro.conf.arg(metavar="[KEY]")]
RunName = Annotated[Positional[str], tyro.conf.arg(metavar="RUN")]
WeekNumber = Annotated[Positional[int], tyro.conf.arg(metavar="WEEK")]


def show_actions(command: Callable, actions: Mapping[str, Callable]) -> None:
    """The help of a command whose first word says what to do: its own words, and each action's first line."""
    out.print((command.__doc__ or "").replace("\n    ", "\n").rstrip() + "\n", markup=False)
    for name, action in actions.items():
        out.print(f"  {name:8} {(action.__doc__ or '').splitlines()[0]}", markup=False)


def show_table(rows: Sequence[dict[str, Any]]) -> None:
    """Rows of one kind as columns under their names; counts stand to the right, with commas.

    Nothing is cut on a narrow screen: long cells fold between words; where that does not do, each row's first cell
    gets a line of its own; where that does not do either, its cells stand under one another.
    """
    names = list(rows[0])
    cells = [{name: _cell(row.get(name, "")) for name in names} for row in rows]
    right = {name for name in names if isinstance(rows[0][name], int)}
    if widths := _widths(names, cells, out.width):
        return out.print(_table(widths, cells, right))
    first, *rest = names
    if widths := _widths(rest, cells, out.width - 2):
        out.print(Text(first, "bold"))
        out.print(Padding(_table(widths, [], right), (0, 0, 0, 2), expand=False))
        for row in cells:
            out.print(row[first])
            out.print(Padding(_table(widths, [row], right, header=False), (0, 0, 0, 2), expand=False))
        return None
    for number, row in enumerate(cells):
        out.print("\n" * (number > 0), end="")
        for name in names:
            out.print(Text.assemble((name, "bold"), "  ", row[name]))
    return None


def _cell(value: Any) -> Text:
    return Text.from_markup(f"{value:,}" if isinstance(value, int) else str(value))


def _widths(names: Sequence[str], rows: Sequence[dict[str, Text]], room: int) -> dict[str, int] | None:
    """How wide each column may be, with two spaces between them, so that no word is cut; None: there is no room."""
    columns = {name: [Text(name), *(row[name] for row in rows)] for name in names}
    whole = {name: max(cell.cell_len for cell in column) for name, column in columns.items()}
    words = {name: [word for cell in column for word in cell.plain.split(" ")] for name, column in columns.items()}
    least = {name: max(map(cell_len, words[name])) for name in names}
    for limit in range(room, 0, -1):
        widths = {name: min(whole[name], max(least[name], limit)) for name in names}
        if sum(widths.values()) + 2 * (len(names) - 1) <= room:
            return widths
    return None


def _table(
    widths: dict[str, int], rows: Sequence[dict[str, Text]], right: Collection[str], header: bool = True
) -> Table:
    """These columns of the rows, each as wide as `widths` says."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", show_header=header)
    for name, width in widths.items():
        table.add_column(name, width=width, justify="right" if name in right else "left")
    for row in rows:
        table.add_row(*(row[name] for name in widths))
    return table


def watched(found: Iterable[Any], count: int, what: str, after: float = 2.0) -> list[Any]:
    """All that is found; if that takes longer than some seconds, stderr says how many of `count` there are so far."""
    rows: list[Any] = []
    if err.is_terminal:
        with err.status(what) as line:
            for row in found:
                rows.append(row)
                line.update(f"{what}: {len(rows):,} of {count:,}")
        return rows
    over = Event()

    def tell() -> None:
        pause = after
        while not over.wait(pause):
            err.print(f"{what}: {len(rows):,} of {count:,}", markup=False)
            pause = 5.0

    thread = Thread(target=tell, name="watching", daemon=True)
    thread.start()
    try:
        for row in found:
            rows.append(row)  # so that the thread can count them
    finally:
        over.set()
        thread.join()
    return rows


def show_markdown(text: str) -> None:
    """A text with its lists and emphasis, wrapped to the screen: softly wrapped, lists would be cut."""
    from rich.markdown import Markdown

    out.print(Markdown(text), soft_wrap=False)


def show_json(content: Any) -> None:
    """Print JSON for programs to read; where the output is not UTF-8, or a name is none, in ASCII with escapes."""
    text = json.dumps(content, indent=2, ensure_ascii=False, default=str)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(content, indent=2, default=str)
    print(text)
