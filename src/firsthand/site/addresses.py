"""Where the pages of papers are: addresses for Markdown that begin with a slash and are the same on every page."""

from firsthand import papers


def paper(key: str, page: str = "index") -> str:
    """A page of a paper: its notes, or its claims, source or exercise."""
    return f"/papers/{key}/{page}.md"


def claim(key: str, name: str) -> str:
    """What is told of one claim of a paper."""
    return f"{paper(key, 'claims')}#{name}"


def family(name: str) -> str:
    """The page of a family of papers."""
    return f"/families/{slug(name)}.md"


def slug(family: str) -> str:
    """A family's name as a part of an address, or as a class of CSS."""
    return family.replace(" ", "-")


def mentioned(name: str) -> str | None:
    """Where a name in a text leads: to the notes of the paper with this key; None where there is no such paper."""
    return paper(name) if name in papers.keys() else None
