"""Build the site: write the pages, let Sphinx make HTML of them, and put it in its place."""

import io
import shutil
import tempfile
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from firsthand import papers
from firsthand.errors import UserError
from firsthand.site import catalogue, guides, layers, live, paper, results
from firsthand.site.library import Library
from firsthand.site.origin import Origin, Page

MARKER = ".firsthand-site"  # in a folder that a site may be written over
NEEDED = ("sphinx", "myst_parser", "furo")
Tell = Callable[[str, int, int], None]  # a part of the work, how much of it is done, of how much


def pages(origin: Origin) -> Iterator[Page]:
    """Every page, the front page last."""
    families: list[str] = []
    for name, text in inner(origin):
        families += [name] if name.startswith("families/") else []
        yield name, text
    chapters = {
        "Learn": ["catalogue", *guides.GUIDES, live.PAGE],
        "Papers": families,
        "What they are made of": ["layers/index", "rules/index"],
        "Findings": ["results/index"],
        "Take part": [guides.CONTRIBUTING],
    }
    yield "index", catalogue.front(chapters)


def inner(origin: Origin) -> Iterator[Page]:
    """All pages but the front page."""
    library = Library()
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


def build(out: Path, journal: Path | None = None, tell: Tell = lambda *_: None) -> list[str]:
    """Make the site in `out`, with the journal of a folder, and return what Sphinx warned of.

    Raises UserError for a folder that holds something else, and where Sphinx, or what it needs here, is not installed.
    """
    check_free(out)
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise UserError(
            f"Sphinx makes the site, and {', '.join(missing)} cannot be found: pip install 'firsthand[site]'"
        )
    origin = Origin.found(journal)
    with tempfile.TemporaryDirectory(prefix="firsthand-site-") as name:
        work = Path(name)
        count = write(work / "pages", origin)
        tell("pages written", count, count)
        warnings = sphinx(work, count, tell)
        (work / "html" / MARKER).touch()
        if out.exists():
            shutil.rmtree(out)
        out.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(work / "html", out)
    return warnings


def check_free(out: Path) -> None:
    """Raise UserError where something else than a site would be written over."""
    if out.exists() and not (out / MARKER).exists() and (not out.is_dir() or any(out.iterdir())):
        raise UserError(f"{out} holds something else: give --out another folder, or an empty one.")


def sphinx(work: Path, count: int, tell: Tell) -> list[str]:
    """Let Sphinx make HTML of the pages, and return its warnings."""
    from sphinx.application import Sphinx

    warnings = io.StringIO()
    app = Sphinx(
        work / "pages", Path(__file__).parent, work / "html", work / "doctrees", "html",
        status=None, warning=warnings, freshenv=True, confoverrides={"nitpicky": True},
    )  # fmt: skip
    app.connect("source-read", counting("pages read", count, tell))
    app.connect("html-page-context", counting("pages made", count, tell))
    app.build(force_all=True)
    return [line for line in warnings.getvalue().splitlines() if line.strip()]


def counting(part: str, total: int, tell: Tell) -> Callable[..., None]:
    """What Sphinx calls for every page; it makes some of its own, such as the search, which do not count."""
    numbers = iter(range(1, total + 1))

    def one(*_: Any) -> None:
        if number := next(numbers, None):
            tell(part, number, total)

    return one
