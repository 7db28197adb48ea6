"""The command `site`: everything about the papers as pages, made and shown."""

from contextlib import suppress
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from firsthand.bounds import whole
from firsthand.commands.screen import err, out, show_json


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
        port: of the address at which it is shown; 0: any that is free.
        json: print JSON instead, and do not show it.
    """
    from firsthand.site.build import build
    from firsthand.site.serve import server

    whole("--port", port, "[0, 65535]")
    if journal is None and Path("journal").is_dir():
        journal = Path("journal")
    shown = server(out, port) if serve and not json else None  # a port that is taken is told before the work
    try:
        with Bar() as bar:
            warnings = build(out, journal, bar.tell)
        if json:
            pages = sum(1 for _ in out.rglob("*.html"))
            return show_json({"site": str(out), "index": str(out / "index.html"), "pages": pages, "warnings": warnings})
        for warning in warnings:
            err.print(warning, markup=False)
        say(f"[green]✔[/] {out} is made: open {out / 'index.html'}.")
        if shown is not None:
            say(f"It is shown at http://127.0.0.1:{shown.server_port} until Ctrl-C.")
            with suppress(KeyboardInterrupt):
                shown.serve_forever()
    finally:
        if shown is not None:
            shown.server_close()


def say(text: str) -> None:
    """A line of the answer."""
    out.print(text)


class Bar:
    """How far the work is: a bar on a screen, else a line for each of its parts."""

    def __init__(self) -> None:
        self.progress = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=err, transient=True
        )
        self.task, self.what = self.progress.add_task("pages written", total=None), ""

    def __enter__(self) -> "Bar":
        if err.is_terminal:
            self.progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        if err.is_terminal:
            self.progress.stop()

    def tell(self, what: str, done: int, total: int) -> None:
        """So much of one part is done."""
        if err.is_terminal:
            self.progress.update(self.task, description=what, completed=done, total=total)
        elif done == total and what != self.what:
            self.what = what
            err.print(f"{total} {what}", markup=False)
