"""What the claims of all papers came to, in tables: those of the site's page, and those of README.md."""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from firsthand.reproduce.table import MARK, mean, missing, show
from firsthand.site import addresses, prose
from firsthand.site.origin import NOT_HERE, Origin, Page

LEGEND = "✔ reproduced, ◐ partly, ✘ not reproduced, ≡ an identity that holds, ○ not tested at this scale"
KINDS = {
    "the paper's number": "a number that the paper prints",
    "a secondary number": "a number of a book, a course or a later paper",
    "the paper's statement": "a statement of the paper",
    "our question": "a question of our own",
    "identity": "a theorem or an identity",
}
Measured = dict[str, dict[str, Any]]  # a paper's key, and its file of results
Place = Callable[[str, str], str]  # a paper and a claim to the address of what is told of it


def claims(measured: Measured) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every claim that was measured, with its paper."""
    return ((key, claim) for key, page in measured.items() for claim in page["claims"])


def marks(found: Iterable[dict[str, Any]]) -> str:
    """The signs of the verdicts of these claims, which LEGEND explains."""
    return " ".join(MARK[claim["verdict"]].split()[0] for claim in found)


def by_kind(measured: Measured) -> str:
    """How many claims came out, by what they are about."""
    rows = []
    for kind, words in KINDS.items():
        verdicts = Counter(claim["verdict"] for _, claim in claims(measured) if claim["kind"] == kind)
        came = f"{verdicts['checked']} hold" if kind == "identity" else str(verdicts["reproduced"])
        others = (verdicts[name] for name in ("partly", "not reproduced", "not tested at this scale"))
        rows.append([words, str(verdicts.total()), came, *map(str, others)])
    head = ["a claim about", "claims", "came out", "in part", "did not", "cannot be told at this scale"]
    return prose.table(head, rows, right=(1, 2, 3, 4, 5))


def missed(measured: Measured, place: Place) -> list[str]:
    """Each claim that did not come out, as a link to what was tried."""
    return [
        f"[`{paper}`: {claim['statement'].rstrip('.')}]({place(paper, claim['key'])})"
        for paper, claim in claims(measured)
        if claim["verdict"] == "not reproduced"
    ]


def numbers(measured: Measured, place: Place) -> str:
    """Each claim about numbers that its own paper prints, with the one of them that ours is furthest from."""
    rows = []
    for paper, claim in claims(measured):
        if claim["kind"] != "the paper's number":
            continue
        off, arm, measure, theirs, ours = furthest(claim)
        name = f"[`{paper}`, {claim['key']}]({place(paper, claim['key'])}): {arm['name']}, {measure['label']}"
        words = "" if off == math.inf else f"{100 * off:.0f} %" if off < 10 else f"{ours / theirs:.0f} times"
        shown = [show(value, measure["digits"], missing(arm)) for value in (theirs, ours)]
        rows.append([name, *shown, words, str(len(claim["seeds"])), marks([claim])])
    return prose.table(["", "paper", "ours", "off by", "seeds", "the claim"], rows, right=(1, 2, 3, 4))


def furthest(claim: dict[str, Any]) -> tuple[float, dict[str, Any], dict[str, Any], float, float]:
    """Of the numbers that the paper prints, the one that ours is furthest from: how far, arm, measure, theirs, ours.

    How far is the share of the paper's number, of 1 where that is 0, and infinite where there is none of ours.
    """
    found = []
    for arm in claim["arms"]:
        for measure in claim["measures"]:
            if measure["name"] in arm["paper"]:
                theirs, ours = arm["paper"][measure["name"]], mean(arm["ours"][measure["name"]])
                off = math.inf if math.isnan(ours) else abs(ours - theirs) / (abs(theirs) or 1)
                found.append((off, arm, measure, theirs, ours))
    return max(found, key=lambda row: row[0])


def pages(origin: Origin) -> Iterator[Page]:
    """The tables of all claims, and the results that belong to no one paper, such as the language models'."""
    if origin.results is None:
        yield "results/index", f"# What the claims came to\n\n{NOT_HERE.format('results', '`docs/results`')}\n"
        return
    measured = origin.measured
    more = {
        path.stem: path.read_text(encoding="utf-8")
        for path in sorted(origin.results.glob("*.md"))
        if path.stem not in measured
    }
    yield "results/index", overview(measured, more)
    for name, text in more.items():
        yield f"results/{name}", with_figures(text)


def with_figures(text: str) -> str:
    """A page of the repository's results whose figures are where the site has them."""
    return re.sub(r"\]\(([\w.-]+\.png)\)", r"](/figures/\1)", text)


def verdict(paper: str, claim: dict[str, Any]) -> list[str]:
    """A claim as cells of a table: its statement, which leads to what is told of it, its kind and its verdict."""
    return [f"[{claim['statement']}]({addresses.claim(paper, claim['key'])})", claim["kind"], MARK[claim["verdict"]]]


def overview(measured: Measured, more: dict[str, str]) -> str:
    """All claims of all papers; `more` are the texts of other results by their names."""
    total = sum(1 for _ in claims(measured))
    rows = [[f"[`{paper}`]({addresses.paper(paper)})", *verdict(paper, claim)] for paper, claim in claims(measured)]
    titles = {name: text.partition("\n")[0].removeprefix("# ") for name, text in more.items()}
    parts = [
        "# What the claims came to",
        f"{total} claims of {len(measured)} papers were measured, by what they are about:",
        by_kind(measured),
        "\n".join(f"- [{title}]({name}.md)" for name, title in titles.items()),
        "## The papers' own numbers beside ours",
        "Of each claim about numbers that its paper prints, the one that we are furthest from.",
        numbers(measured, addresses.claim),
        "## What did not come out",
        "\n".join(f"- {line}" for line in missed(measured, addresses.claim)),
        "## Every claim",
        prose.table(["paper", "claim", "kind", "verdict"], rows),
        prose.toctree(more),
    ]
    return "\n\n".join(parts) + "\n"
