"""The site in a real browser that reaches nothing else: formulas, search, tabs, a phone's width, no errors."""

import re

import pytest

from firsthand import papers

pytestmark = pytest.mark.slow  # needs the whole site

KINDS = (
    "index.html", "catalogue.html", "journey.html", "reading.html", "resources.html", "contributing.html",
    "families/*.html", "papers/lstm/*.html", "papers/vae/*.html", "layers/index.html", "layers/lstm.html",
    "rules/*.html", "results/*.html", "search.html", "genindex.html",
)  # fmt: skip


def test_formulas_rendered_are_formulas_written(site, address, pages, browser):
    """Each by KaTeX, none of them unreadable, and none without a size."""
    written = 0
    for page in pages():
        text = (site / page).read_text(encoding="utf-8")
        count = len(re.findall(r'class="formula"', text))
        if count == 0:
            continue
        browser.open(f"{address}/{page}")
        rendered = browser.run(
            "return [...document.querySelectorAll('.formula')].map(place => ["
            "place.querySelectorAll('.katex').length, place.querySelectorAll('.katex-error').length,"
            "place.getBoundingClientRect().width > 0 && place.getBoundingClientRect().height > 0])"
        )
        assert rendered == [[1, 0, True]] * count, page
        fonts = browser.wait("return document.fonts.status == 'loaded' && [...document.fonts].map(f => f.status)")
        assert "loaded" in fonts and "error" not in fonts
        written += count
    assert written >= len(papers.networks())


def test_search_finds(address, browser):
    for words, found in (("carousel", "papers/lstm/"), ("Adadelta", "papers/adadelta/"), ("lstm_1997", "layers/lstm")):
        browser.open(f"{address}/search.html?q={words}")
        assert browser.wait(
            f"return [...document.querySelectorAll('#search-results li a')].some(a => a.href.includes('{found}'))"
        )


def test_pages_are_without_errors(address, pages, browser):
    browser.errors()
    for pattern in KINDS:
        for page in pages(pattern):
            browser.open(f"{address}/{page}")
            assert browser.errors() == [], page


def test_a_phone_scrolls_down_only(address, pages, phone):
    """No page is wider than 420 pixels, with all that is folded opened."""
    wide = {}
    for page in pages():
        phone.open(f"{address}/{page}")
        phone.run("document.querySelectorAll('details').forEach(part => part.open = true)")
        width, room = phone.run("return [document.documentElement.scrollWidth, window.innerWidth]")
        assert room == 420
        if width > room:
            wide[page] = width
    assert wide == {}


def test_tabs_show_one_implementation_at_a_time(address, browser):
    browser.open(f"{address}/layers/lstm.html")
    shown = (
        "return [...document.querySelector('.implementations').querySelectorAll(':scope > .implementation')]"
        ".map(one => one.offsetHeight > 0)"
    )
    assert browser.run(shown) == [True, False]
    browser.run("document.querySelector('.implementations > label:nth-of-type(2)').click()")
    assert browser.run(shown) == [False, True]


def test_a_link_to_a_line_opens_what_hides_it(address, browser):
    browser.open(f"{address}/layers/lstm.html")
    name = browser.run("return document.querySelector('.implementation:nth-of-type(2) [id^=fast-L]').id")
    browser.open(f"{address}/layers/lstm.html#{name}")
    place = browser.wait(f"return document.getElementById('{name}').getBoundingClientRect().top")
    assert 0 <= place < 1000


def test_hints_are_folded(address, browser):
    browser.open(f"{address}/papers/lstm/exercise.html")
    hints = "[...document.querySelectorAll('article details')]"
    assert browser.run(f"return {hints}.length > 5 && {hints}.every(hint => !hint.open)")


def test_the_map_shows_what_builds_on_a_paper(address, browser):
    browser.open(f"{address}/catalogue.html")
    browser.run("document.querySelector('.timeline a[data-key=lstm]').focus()")
    before = browser.run(
        "return [...document.querySelectorAll('.timeline path.before')].map(p => p.dataset.from).sort()"
    )
    after = browser.run("return [...document.querySelectorAll('.timeline path.after')].map(p => p.dataset.to).sort()")
    assert before == sorted(papers.get("lstm").card.builds_on)
    assert after == sorted(key for key in papers.keys() if "lstm" in papers.get(key).card.builds_on)


def test_the_site_is_dark_where_the_reader_wants_it(address, browser):
    browser.open(f"{address}/papers/lstm/source.html")
    colours = []
    for theme in ("light", "dark"):
        browser.run(f"document.body.dataset.theme = '{theme}'")
        colours.append(
            browser.run(
                "const code = document.querySelector('.annotated .code pre');"
                "return [document.body, code].map(part => getComputedStyle(part).backgroundColor)"
            )
        )
    light, dark = ([sum(map(float, re.findall(r"[\d.]+", one)[:3])) for one in pair] for pair in colours)
    assert min(light) > 600 and max(dark) < 200
