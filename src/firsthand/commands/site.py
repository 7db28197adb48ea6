"""The command `site`: everything about the papers as pages, made and shown."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from firsthand.bounds import whole
from firsthand.commands.screen import err, show_json
from firsthand.commands.screen import out as console
from firsthand.errors import UserError


def site(
    out: Path = Path("site"),
    journal: Path | None = None,
    serve: bool = True,
    port: int = 8000,
    json: bool = False,
) -> None:
    """Make the site of all papers and show it at http://127.0.0.1: nothing is loaded from elsewhere.

    Args:
        out: the folder to make it in; a site that lies there is made anew.
        journal: your journal's folder: the journey then shows what you have read. By default ./journal, if it is there.
        serve: show it until Ctrl-C; --no-serve: only make it.
        port: the port of the address at which it is shown; 0: any that is free.
        json: print JSON instead, and do not show it.
    """
    from firsthand.site.build import build
    from firsthand.site.serve import server

    whole("--port", port, "[0, 65535]")
    if journal is not None and not journal.is_dir():
        raise UserError(f"There is no folder {journal}: give --journal that of your journal, or leave it out.")
    if journal is None and Path("journal").is_dir():
        journal = Path("journal")
    shown = server(out, port) if serve and not json else None  # first: a port that is taken costs no work
    try:
        with progress() as tell:
            warnings = build(out, journal, tell)
        if json:
            pages = sum(1 for _ in out.rglob("*.html"))
            return show_json({"site": str(out), "index": str(out / "index.html"), "pages": pages, "warnings": warnings})
        for warning in warnings:
            err.print(warning, markup=False)
        console.print("[green]✔[/]", escape(f"{out} is made: open {out / 'index.html'}."))
        if shown is not None:
            console.print(f"It is shown at http://127.0.0.1:{shown.server_port} until Ctrl-C.")
            with suppress(KeyboardInterrupt):
                shown.serve_forever()
    finally:
        if shown is not None:
            shown.server_close()


@contextmanager
def progress() -> Iterator[Callable[[str, int, int], None]]:
    """A function that shows how far one part of the work is: as a bar on a screen, else as a line when it is done."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task("pages written", total=None)

        def tell(part: str, done: int, total: int) -> None:
            bar.update(task, description=part, completed=done, total=total)
            if done == total and not err.is_terminal:
                err.print(f"{total} {part}", markup=False)

        yield tell
