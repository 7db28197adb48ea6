"""The command `list`: what is here, in one line a paper. It prints without rich and without tyro, to answer at once."""

import shutil
from typing import get_args

from firsthand import papers
from firsthand.papers.card import Family


def list_(json: bool = False) -> None:
    """Show the papers that are here.

    Args:
        json: print JSON instead, with authors, venue, summary and size of each.
    """
    cards = [papers.get(key).card for key in papers.keys()]
    if json:
        from firsthand.commands.screen import show_json

        return show_json([card.facts() for card in cards])
    key = max(len(card.key) for card in cards)
    width = shutil.get_terminal_size().columns - key - 10  # 80 columns where there is no terminal
    for family in get_args(Family):
        members = [card for card in cards if card.family == family]
        if members:
            print(family)
        for card in members:
            print(f"  {card.key:{key}}  {card.year}  {shortened(card.title, width)}")
    print("\nNext: firsthand show KEY, then train, check or reproduce it")


def shortened(title: str, width: int) -> str:
    """As many whole words of a title as fit, at least one; dots say that some are left out."""
    if len(title) <= width:
        return title
    words = title.split()
    while len(words) > 1 and len(" ".join(words)) + 4 > width:
        words.pop()
    return " ".join(words).rstrip(",:") + " ..."
