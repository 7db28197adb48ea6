"""Renew what README.md takes from the code and the results: where it stands, the catalogue, the numbers, the figure.

python docs/generate.py            # write README.md and docs/figures/
python docs/generate.py --check    # only say whether README.md is current
"""

import json
import math
import shutil
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import firsthand.nn  # noqa: F401, registers the operations
from firsthand import papers
from firsthand.definition import PAIRS
from firsthand.optim import RULES
from firsthand.optim.schedule import SCHEDULES
from firsthand.reproduce.table import MARK, mean, show

ROOT = Path(__file__).parent.parent


KINDS = {
    "the paper's number": "a number that the paper prints",
    "a secondary number": "a number of a book, a course or a later paper",
    "the paper's statement": "a statement of the paper",
    "our question": "a question of our own",
    "identity": "a theorem or an identity",
}


def results() -> list[tuple[str, dict[str, Any]]]:
    """Every claim that was measured, with its paper."""
    paths = sorted((ROOT / "docs" / "results").glob("*.json"))
    pages = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    return [(page["paper"], claim) for page in pages for claim in page["claims"]]


def standing() -> str:
    """What is proven, what is measured, kind by kind, and each claim that did not come out."""
    claims = results()
    twins = [path.stem for path in (ROOT / "src" / "firsthand" / "check" / "twins").glob("*.py")]
    proven = len(set(twins) & set(papers.keys()))
    missed = [
        f"[`{paper}`: {claim['statement'].rstrip('.')}](docs/results/{paper}.md#{claim['key']})"
        for paper, claim in claims
        if claim["verdict"] == "not reproduced"
    ]
    rows = []
    for kind, words in KINDS.items():
        verdicts = Counter(claim["verdict"] for _, claim in claims if claim["kind"] == kind)
        came = f"{verdicts['checked']} hold" if kind == "identity" else str(verdicts["reproduced"])
        rows.append(
            f"| {words} | {verdicts.total()} | {came} | {verdicts['partly']} | {verdicts['not reproduced']} "
            f"| {verdicts['not tested at this scale']} |"
        )
    return "\n".join([
        f"**Proven:** {proven} papers' networks, each equal to an independent twin; {len(RULES)} update rules, "
        f"{len(SCHEDULES)} schedules and {len(PAIRS)} operations with a definition and a fast implementation, each "
        "equal to its reference (`firsthand check KEY`, `--optim`, `--layers`).",
        "",
        f"**Measured:** {len(claims)} claims of {len({paper for paper, _ in claims})} papers, by what they are about:",
        "",
        "| a claim about | claims | came out | in part | did not | cannot be told at this scale |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
        *rows,
        "",
        "**Did not come out**, with what was tried:",
        "",
        *(f"- {line}" for line in missed),
    ])  # fmt: skip


def catalogue() -> str:
    """A row a paper: what it is, its size, and what its claims came to."""
    rows = ["| paper | | parameters | its claims |", "| --- | --- | ---: | --- |"]
    for key in papers.keys():
        card = papers.get(key).card
        path = ROOT / "docs" / "results" / f"{key}.json"
        claims = json.loads(path.read_text(encoding="utf-8"))["claims"] if path.exists() else []
        marks = " ".join(MARK[claim["verdict"]].split()[0] for claim in claims)
        to_come = "a paper to read" if card.network is None else "not all measured yet"
        measured = f"[{marks}](docs/results/{key}.md)" if claims else to_come
        size = "" if card.parameters is None else f"{card.parameters:,}"
        rows.append(
            f"| [`{key}`](src/firsthand/papers/{key}/notes.md) | {card.title} ({card.year}) "
            f"| {size} | {measured} |"
        )
    return "\n".join(
        [
            *rows,
            "",
            "✔ reproduced, ◐ partly, ✘ not reproduced, ≡ an identity that holds, ○ not tested at this scale; behind "
            "the marks are the numbers, seeds and commands.",
        ]
    )


def numbers() -> str:
    """Each claim about numbers that its own paper prints, with the one of them that ours is furthest from."""
    rows = ["| | paper | ours | off by | seeds | the claim |", "| --- | ---: | ---: | ---: | ---: | --- |"]
    for paper, claim in results():
        if claim["kind"] != "the paper's number":
            continue
        found = []
        for arm in claim["arms"]:
            for measure in claim["measures"]:
                if measure["name"] in arm["paper"]:
                    theirs, ours = arm["paper"][measure["name"]], mean(arm["ours"][measure["name"]])
                    off = math.inf if math.isnan(ours) else abs(ours - theirs) / (abs(theirs) or 1)
                    found.append((off, arm, measure, theirs, ours))
        off, arm, measure, theirs, ours = max(found, key=lambda row: row[0])
        name = f"[`{paper}`, {claim['key']}](docs/results/{paper}.md#{claim['key']}): {arm['name']}, {measure['label']}"
        words = "" if off == math.inf else f"{100 * off:.0f} %" if off < 10 else f"{ours / theirs:.0f} times"
        none = "never" if arm["command"].startswith("firsthand experiment") else "diverged"
        shown = " | ".join(show(value, measure["digits"], none) for value in (theirs, ours))
        rows.append(f"| {name} | {shown} | {words} | {len(claim['seeds'])} | {MARK[claim['verdict']].split()[0]} |")
    return "\n".join(rows)


PARTS = {"standing": standing, "catalogue": catalogue, "numbers": numbers}


def renewed(text: str) -> str:
    """README.md with every part between its markers made anew."""
    for name, make in PARTS.items():
        start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
        head, rest = text.split(start)
        text = f"{head}{start}\n{make()}\n{end}{rest.split(end)[1]}"
    return text


# README.md's picture: the newest of these runs' figures, where `make reproduce` has made one.
PICTURES = {"lenet-maps.png": "runs/reproduce/lenet/laptop-seed0-*/figures/maps.png"}


if __name__ == "__main__":
    for name, pattern in PICTURES.items():
        for path in sorted(ROOT.glob(pattern), key=lambda path: path.stat().st_mtime)[-1:]:
            (ROOT / "docs" / "figures").mkdir(exist_ok=True)
            shutil.copy(path, ROOT / "docs" / "figures" / name)
    readme = ROOT / "README.md"
    current = readme.read_text(encoding="utf-8")
    if renewed(current) == current:
        print("README.md is current.")
    elif "--check" in sys.argv:
        sys.exit("README.md is not current: run `make results`.")
    else:
        readme.write_text(renewed(current), encoding="utf-8")
        print("README.md renewed.")
