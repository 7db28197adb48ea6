"""The whole site: Sphinx warns of nothing, every link leads somewhere, nothing comes from elsewhere."""

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

import pytest

from firsthand import papers
from firsthand.site.origin import Origin
from firsthand.study.journey import weeks

pytestmark = pytest.mark.slow  # it takes most of a minute to make


class Page(HTMLParser):
    """The ids of a page, its links, and what it loads."""

    def __init__(self, path: Path):
        super().__init__()
        self.ids: set[str] = set()
        self.twice: list[str] = []
        self.links: list[str] = []
        self.loads: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        if name := found.get("id"):
            self.twice += [name] if name in self.ids else []
            self.ids.add(name)
        if tag == "a" and found.get("href"):
            self.links.append(found["href"])
        elif tag == "link" and found.get("rel") not in ("next", "prev", "index", "search"):
            self.loads.append(found["href"])
        elif found.get("src"):
            self.loads.append(found["src"])


@pytest.fixture(scope="module")
def read(site) -> dict[Path, Page]:
    """Every page by its place."""
    return {path.resolve(): Page(path) for path in site.rglob("*.html")}


def test_every_paper_has_its_pages(site):
    for key in papers.keys():
        made = {path.stem for path in (site / "papers" / key).glob("*.html")}
        network = {"claims", "source"} if key in papers.networks() else set()
        assert made == {"index"} | network | ({"exercise"} if key in papers.exercises() else set())


def test_every_link_leads_somewhere(read):
    broken = []
    for path, page in read.items():
        for link in page.links:
            if urlsplit(link).scheme:
                continue
            place, anchor = urldefrag(link)
            target = (path.parent / unquote(place)).resolve() if place else path
            if target not in read:
                broken += [] if target.is_file() else [f"{path.name}: {link}"]
            elif anchor and unquote(anchor) not in read[target].ids:
                broken.append(f"{path.parent.name}/{path.name}: {link}")
    assert broken == []


def test_no_name_is_given_twice_on_a_page(read):
    assert {str(path): page.twice for path, page in read.items() if page.twice} == {}


def test_nothing_is_loaded_from_elsewhere(site, read):
    outside = [load for page in read.values() for load in page.loads if re.match(r"(https?:)?//", load)]
    missing = [
        load
        for path, page in read.items()
        for load in page.loads
        if not load.startswith("data:") and not (path.parent / unquote(urlsplit(load).path)).exists()
    ]
    styles = [
        found
        for path in site.rglob("*.css")
        for found in re.findall(r"(?:@import\s+|url\()[\"']?((?:https?:)?//[^\"')]+)", path.read_text(encoding="utf-8"))
    ]
    assert (outside, missing, styles) == ([], [], [])


def test_every_claim_and_its_figure_is_shown(site):
    for key, page in Origin.found().measured.items():
        text = (site / "papers" / key / "claims.html").read_text(encoding="utf-8")
        for claim in page["claims"]:
            assert f"_images/{key}-{claim['key']}.png" in text, (key, claim["key"])


def test_the_journey_is_whole(site):
    text = (site / "journey.html").read_text(encoding="utf-8")
    for week in weeks():
        assert all(f'href="papers/{key}/index.html"' in text for key in week.papers)
        assert all(link.replace("&", "&amp;") in text for link in week.links)
