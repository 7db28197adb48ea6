"""The command that translates with a trained run: a sentence, a file or what comes in, a line at a time."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from firsthand import api
from firsthand.commands.screen import Positional, RunName, err, show_json
from firsthand.errors import UserError

AT_ONCE = 32  # lines of a file that are read before the first is written


def translate(
    run: RunName,
    text: Positional[str | None] = None,
    /,
    file: Path | None = None,
    also: tuple[str, ...] = (),
    beam: int | None = None,
    alpha: float | None = None,
    out: Path | None = None,
    figure: Path | None = None,
    json: bool = False,
) -> None:
    """Translate with a trained run: a sentence, a file or standard input, a sentence a line, each as it is found.

    Args:
        run: a run's folder, its name under runs/, or a paper's key for the newest run of it.
        text: the sentence; without it and --file, standard input.
        file: a text file, a sentence a line.
        also: further runs of the same tokens, whose probabilities are averaged with the first one's.
        beam: translations followed at a time, 1 being the likeliest token always; None: as the run's recipe says.
        alpha: how much longer translations are favoured, from 0; None: as the run's recipe says.
        out: a file to write the translations to, a line each.
        figure: a .png, .svg or .pdf to draw, of which words each word of the first translation looks at.
        json: print JSON instead, a list of all sentences: tokens, scores, alignment, other translations.
    """
    from firsthand.train.figures import save, target
    from firsthand.train.folder import write_atomically

    if text is not None and file is not None:
        raise UserError("Give a sentence or --file, not both.")
    to = None if figure is None else target(figure, "alignment.png", "firsthand translate", "--figure")
    if out is not None and out.exists():
        raise UserError(f"{out} is there already: give --out another name.")
    loaded, others = api.load(run), [api.load(other) for other in also]
    lines = [text] if text is not None else typed() if file is None else read(file)
    many = AT_ONCE if file is not None else 1
    found = loaded.translations(lines, many=many, others=others, beam=beam, alpha=alpha)
    rows, first = [], None
    for number, row in enumerate(found, 1):
        where = "" if text is not None else f"line {number}: "
        rows.append(row)
        if "error" in row:
            err.print(f"firsthand: {where}{row['error']}.", markup=False, style="red" if err.is_terminal else None)
        else:
            first = first or row
            if row["unknown"]:
                err.print(f"{where}not known: {', '.join(dict.fromkeys(row['unknown']))}", markup=False)
            if not row["ended"]:
                err.print(f"{where}cut off at its longest; a larger beam may end it.", markup=False)
        if not json and out is None:
            print(row.get("translation", ""), flush=True)
        elif out is not None and file is not None and number % AT_ONCE == 0:
            err.print(f"{number} lines", markup=False)
    if out is not None:
        write_atomically(out, "".join(row.get("translation", "") + "\n" for row in rows).encode())
    if to is not None and first is not None:
        save(drawn(first), to, "firsthand translate", "--figure")
    if json:
        show_json(rows)
    if any("error" in row for row in rows):
        raise SystemExit(2)


def typed() -> Iterator[str]:
    """The lines of standard input as they come."""
    if sys.stdin.isatty():
        err.print("A sentence a line; Ctrl-D ends.")
    try:
        for line in sys.stdin:
            yield line.rstrip("\n")
    except UnicodeDecodeError as error:
        raise UserError(f"Standard input is not UTF-8 text: byte 0x{error.object[error.start]:02x}.") from None


def read(path: Path) -> Iterable[str]:
    """The lines of a text file; an empty one stays, so that the translations are line by line."""
    from firsthand.data.userfile import pieces

    lines = "".join(pieces(path)).split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def drawn(row: dict[str, Any]) -> Any:
    """The figure of a translation's alignment; UserError for a network that has none."""
    import torch

    from firsthand.figures.attention import alignment

    if "alignment" not in row:
        raise UserError("This network has no attention to draw: leave out --figure.")
    return alignment(torch.tensor(row["alignment"]), row["source_tokens"], row["tokens"])
