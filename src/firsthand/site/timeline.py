"""The map of the papers: years go down, families across, and a curve leads from each paper to what it builds on."""

from collections import defaultdict
from html import escape

from firsthand.papers.card import Card
from firsthand.site.addresses import slug

WIDTH, HEIGHT, GAP = 100, 30, 9  # of a paper's box, and between two of them
ROW, LEFT, TOP = 62, 52, 40  # of a year, and what the years and the families' names take


def drawn(cards: list[Card], families: list[str]) -> str:
    """An SVG."""
    cells: dict[tuple[int, str], list[str]] = defaultdict(list)
    for card in cards:
        cells[card.year, card.family].append(card.key)
    years = sorted({card.year for card in cards})
    tall = {year: max(len(cells[year, name]) for name in families) for year in years}
    tops, y = {}, TOP
    for year in years:
        tops[year] = y
        y += ROW + (tall[year] - 1) * (HEIGHT + GAP)
    column = WIDTH + GAP + 3
    places = {
        key: (LEFT + families.index(name) * column + GAP // 2, tops[year] + i * (HEIGHT + GAP))
        for (year, name), keys in cells.items()
        for i, key in enumerate(keys)
    }
    wide = LEFT + len(families) * column
    parts = [
        f'<div class="timeline"><svg viewBox="0 0 {wide} {y}" width="{wide}" height="{y}" role="img" '
        'aria-label="Which paper builds on which">'
    ]
    for i, name in enumerate(families):
        x = LEFT + i * column + column / 2
        words = "".join(f'<tspan x="{x}" dy="15">{escape(word)}</tspan>' for word in name.split())
        parts.append(f'<text class="family" y="0">{words}</text>')
    for year in years:
        middle = tops[year] + HEIGHT / 2
        parts.append(f'<text class="year" x="0" y="{middle + 5}">{year}</text>')
        parts.append(f'<line class="year" x1="{LEFT - 6}" x2="{wide}" y1="{middle}" y2="{middle}"/>')
    parts += [
        curve(key, card.key, places) for card in cards for key in card.builds_on if key in places and key != card.key
    ]
    parts += [box(card, *places[card.key]) for card in cards]
    return "".join([*parts, "</svg></div>"])


def curve(before: str, after: str, places: dict[str, tuple[int, int]]) -> str:
    """From a paper down to one that builds on it; up, where the later one is built on, too."""
    (x1, y1), (x2, y2) = places[before], places[after]
    down = y1 < y2
    x1, x2 = x1 + WIDTH // 2, x2 + WIDTH // 2
    y1, y2 = (y1 + HEIGHT, y2) if down else (y1, y2 + HEIGHT)
    bend = max(abs(y2 - y1) // 2, 24) * (1 if down else -1)
    path = f"M{x1} {y1} C{x1} {y1 + bend} {x2} {y2 - bend} {x2} {y2}"
    return f'<path data-from="{before}" data-to="{after}" d="{path}"/>'


def box(card: Card, x: int, y: int) -> str:
    """A paper, as a link to its page."""
    return (
        f'<a href="papers/{card.key}/index.html" data-key="{card.key}" class="{slug(card.family)}">'
        f"<title>{escape(card.title)} ({card.year})</title>"
        f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="6"/>'
        f'<text x="{x + WIDTH / 2}" y="{y + 20}">{card.key}</text></a>'
    )
