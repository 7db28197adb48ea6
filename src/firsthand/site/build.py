"""Build the site: write the pages, let Sphinx make HTML of them, and put it in its place."""

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

from firsthand import papers
from firsthand.errors import UserError
from firsthand.site import catalogue, guides, layers, live, paper, results
from firsthand.site.library import Library
from firsthand.site.origin import Origin, Page

MARKER = ".firsthand-site"  # in a folder that a site may be written over
Tell = Callable[[str, int, int], None]  # what is going on, how much of it is done, of how much


def pages(origin: Origin) -> Iterator[Page]:
    """Every page, the first one last."""
    library = Library()
    found: list[str] = []
    for page in everything(origin, library):
        found.append(page[0])
        yield page
    families = [name for name in found if name.startswith("families/")]
    chapters = {
        "Learn": ["catalogue", *guides.GUIDES, live.PAGE],
        "Papers": families,
        "What they are made of": ["layers/index", "rules/index"],
        "Findings": ["results/index"],
        "Take part": [guides.CONTRIBUTING],
    }
    yield "index", catalogue.front(chapters)


def everything(origin: Origin, library: Library) -> Iterator[Page]:
    """All pages but the first."""
    yield from catalogue.pages(origin)
    yield from guides.pages(origin)
    yield from live.pages()
    yield from layers.pages(library)
    yield from results.pages(origin)
    for key in papers.keys():
        yield from paper.pages(key, origin, library)


def write(folder: Path, origin: Origin) -> int:
    """Write all pages and figures as Sphinx takes them, and return how many pages there are."""
    count = 0
    for name, text in pages(origin):
        path = folder / f"{name}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        count += 1
    if origin.results is not None:
        shutil.copytree(origin.results, folder / "figures", ignore=shutil.ignore_patterns("*.json", "*.md", "series"))
    return count


def build(out: Path, journal: Path | None = None, tell: Tell = lambda *_: None, strict: bool = False) -> list[str]:
    """Make the site in `out` and return what Sphinx warned of; with `strict` raises RuntimeError for a warning.

    Raises UserError for a folder that holds something else, and where Sphinx is not installed.
    """
    check(out)
    if find_spec("sphinx") is None or find_spec("myst_parser") is None or find_spec("furo") is None:
        raise UserError("The site is made by Sphinx, which is not installed: pip install 'firsthand[site]'")
    origin = Origin.found(journal)
    with tempfile.TemporaryDirectory(prefix="firsthand-site-") as name:
        work = Path(name)
        count = write(work / "pages", origin)
        tell("pages written", count, count)
        warnings = sphinx(work, count, tell)
        if strict and warnings:
            raise RuntimeError("\n".join(warnings))
        (work / "html" / MARKER).touch()
        if out.exists():
            shutil.rmtree(out)
        out.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(work / "html", out)
    return warnings


def check(out: Path) -> None:
    """Refuse to write over what is no site."""
    if out.exists() and not (out / MARKER).exists() and (not out.is_dir() or any(out.iterdir())):
        raise UserError(f"{out} holds something else: give --out another folder, or an empty one.")


def sphinx(work: Path, count: int, tell: Tell) -> list[str]:
    """Let Sphinx make HTML of the pages, and return its warnings."""
    from sphinx.application import Sphinx

    warnings = Lines()
    app = Sphinx(
        work / "pages", Path(__file__).parent, work / "html", work / "doctrees", "html",
        status=None, warning=warnings, freshenv=True, confoverrides={"nitpicky": True},
    )  # fmt: skip
    read, written = iter(range(1, count + 1)), iter(range(1, count + 1))
    app.connect("source-read", lambda *_: tell("pages read", next(read, count), count))
    app.connect("html-page-context", lambda *_: tell("pages made", next(written, count), count))
    app.build(force_all=True)
    return [line for line in warnings.text.splitlines() if line.strip()]


class Lines:
    """What Sphinx writes its warnings to."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> None:
        """Keep it."""
        self.text += text

    def flush(self) -> None:
        """Nothing waits."""

    def isatty(self) -> bool:
        """So that nothing is coloured."""
        return False


if __name__ == "__main__":
    for line in build(Path(sys.argv[1]), strict="--strict" in sys.argv):
        print(line)
