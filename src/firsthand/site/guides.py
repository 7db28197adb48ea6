"""The pages that guide: the reading journey and its resources, how to read, how to add a paper."""

from collections.abc import Iterator

from firsthand.site.origin import NOT_HERE, Origin, Page

CONTRIBUTING = "contributing"
PLACES = ("journey", "reading", "resources", CONTRIBUTING)


def pages(origin: Origin) -> Iterator[Page]:
    """Those that there is something to make of."""
    yield CONTRIBUTING, contributing(origin)


def contributing(origin: Origin) -> str:
    """The repository's own guide."""
    if origin.repository is None:
        return f"# Add a paper\n\n{NOT_HERE.format('the guide for contributors', '`CONTRIBUTING.md`')}\n"
    return (origin.repository / "CONTRIBUTING.md").read_text(encoding="utf-8")
