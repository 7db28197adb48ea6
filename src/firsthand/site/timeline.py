"""The map of the papers: years go down, families across, and a curve leads from each paper to what it builds on."""

from collections import Counter, defaultdict
from html import escape

from firsthand.papers.card import Card
from firsthand.site.addresses import slug

# All in the units of the SVG, which are the pixels of CSS.
WIDTH, HEIGHT, GAP = 100, 30, 9  # of a paper's box, and between two of them
COLUMN, ROW = WIDTH + GAP + 3, 62  # the width of a family, and the height of a year with one paper in a family
LEFT, TOP = 52, 40  # what the years and the families' names take


def drawn(cards: list[Card], families: list[str]) -> str:
    """An SVG; papers of one family and year stand under one another."""
    tops, tall = rows(cards)
    wide = LEFT + len(families) * COLUMN
    parts = [
        f'<div class="timeline"><svg viewBox="0 0 {wide} {tall}" width="{wide}" height="{tall}" role="img" '
        'aria-label="Which paper builds on which">'
    ]
    for i, name in enumerate(families):
        x = LEFT + i * COLUMN + COLUMN / 2
        words = "".join(f'<tspan x="{x}" dy="15">{escape(word)}</tspan>' for word in name.split())
        parts.append(f'<text class="family" y="0">{words}</text>')
    for year, top in tops.items():
        middle = top + HEIGHT / 2
        parts.append(f'<text class="year" x="0" y="{middle + 5}">{year}</text>')
        parts.append(f'<line class="year" x1="{LEFT - 6}" x2="{wide}" y1="{middle}" y2="{middle}"/>')
    places = {
        card.key: (LEFT + families.index(name) * COLUMN + GAP // 2, tops[year] + i * (HEIGHT + GAP))
        for (year, name), cell in cells(cards).items()
        for i, card in enumerate(cell)
    }
    parts += [curve(key, card.key, places) for card in cards for key in card.builds_on if key in places]
    parts += [box(card, *places[card.key]) for card in cards]
    return "".join([*parts, "</svg></div>"])


def cells(cards: list[Card]) -> dict[tuple[int, str], list[Card]]:
    """The papers of each year and family."""
    found: dict[tuple[int, str], list[Card]] = defaultdict(list)
    for card in cards:
        found[card.year, card.family].append(card)
    return found


def rows(cards: list[Card]) -> tuple[dict[int, int], int]:
    """Where each year begins, from the top, and how tall all of them are: a year has room for its fullest family."""
    most: Counter[int] = Counter()
    for (year, _), cell in cells(cards).items():
        most[year] = max(most[year], len(cell))
    tops, y = {}, TOP
    for year in sorted(most):
        tops[year] = y
        y += ROW + (most[year] - 1) * (HEIGHT + GAP)
    return tops, y


def curve(before: str, after: str, places: dict[str, tuple[int, int]]) -> str:
    """From a paper down to one that builds on it, or up, where that one stands higher."""
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
