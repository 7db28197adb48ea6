"""Renew what README.md takes from the code and the results: where it stands, the catalogue, the numbers, the figure.

python docs/generate.py            # write README.md and docs/figures/
python docs/generate.py --check    # only say whether README.md is current
"""

import json
import shutil
import sys
from collections import Counter
from pathlib import Path

import firsthand.nn  # noqa: F401, registers the operations
from firsthand import papers
from firsthand.definition import PAIRS
from firsthand.optim import RULES
from firsthand.optim.schedule import SCHEDULES
from firsthand.reproduce.table import MARK, mean

ROOT = Path(__file__).parent.parent


def standing() -> str:
    """What is proven, what is measured, and each claim that did not come out."""
    results = [
        json.loads(path.read_text(encoding="utf-8")) for path in sorted((ROOT / "docs" / "results").glob("*.json"))
    ]
    claims = [(content["paper"], claim) for content in results for claim in content["claims"]]
    verdicts = Counter(claim["verdict"] for _, claim in claims)
    twins = [path.stem for path in (ROOT / "src" / "firsthand" / "check" / "twins").glob("*.py")]
    proven = len(set(twins) & set(papers.keys()))
    theirs = sum(len(arm["paper"]) for _, claim in claims for arm in claim["arms"])
    missed = [
        f"[`{paper}`: {claim['statement'].rstrip('.')}](docs/results/{paper}.md#{claim['key']})"
        for paper, claim in claims
        if claim["verdict"] == "not reproduced"
    ]
    return "\n".join([
        f"- **Proven:** {proven} papers' networks, each equal to an independent twin; {len(RULES)} update rules, "
        f"{len(SCHEDULES)} schedules and {len(PAIRS)} operations with a definition and a fast implementation, each "
        "equal to its reference (`firsthand check KEY`, `--optim`, `--layers`).",
        f"- **Measured:** {len(claims)} claims of {len(results)} papers and questions to them: "
        f"{verdicts['reproduced']} came out, {verdicts['partly']} in part, {verdicts['not reproduced']} did not; "
        f"{verdicts['checked']} are identities that hold, {verdicts['not tested at this scale']} cannot be told at "
        "this scale. "
        f"{theirs} numbers of the papers stand beside ours.",
        "- **Did not come out**, with what was tried:",
        *(f"  - {line}" for line in missed),
    ])  # fmt: skip


def catalogue() -> str:
    """A row a paper: what it is, its size, and what its claims came to."""
    rows = ["| paper | | parameters | claims reproduced |", "| --- | --- | ---: | --- |"]
    for key in papers.keys():
        card = papers.get(key).card
        path = ROOT / "docs" / "results" / f"{key}.json"
        claims = json.loads(path.read_text(encoding="utf-8"))["claims"] if path.exists() else []
        marks = " ".join(MARK[claim["verdict"]].split()[0] for claim in claims)
        measured = f"[{marks}](docs/results/{key}.md)" if claims else "not all measured yet"
        rows.append(
            f"| [`{key}`](src/firsthand/papers/{key}/notes.md) | {card.title} ({card.year}) "
            f"| {card.parameters:,} | {measured} |"
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
    """The headline: the paper's number beside ours, for the claims that carry the paper's own numbers."""
    rows = ["| | paper | ours | seeds |", "| --- | ---: | ---: | ---: |"]
    for path in sorted((ROOT / "docs" / "results").glob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        for claim in content["claims"]:
            for arm in claim["arms"]:
                chosen = {claim["key"], f"{claim['key']}: {arm['name']}"} & set(HEADLINES.get(content["paper"], ()))
                for measure in claim["measures"]:
                    if chosen and measure["name"] in arm["paper"]:
                        digits, ours = measure["digits"], arm["ours"][measure["name"]]
                        name = f"`{content['paper']}`: {arm['name']}, {measure['label']}"
                        rows.append(
                            f"| {name} | {arm['paper'][measure['name']]:.{digits}f} "
                            f"| {mean(ours):.{digits}f} | {len(ours)} |"
                        )
    return "\n".join(rows)


# Claims, or single arms of them.
HEADLINES = {
    "backprop": ("symmetry", "generalisation"),
    "lenet": ("headline",),
    "mlp": ("course",),
    "nplm": ("table: MLP1/2", "table: Kneser-Ney 5"),
    "gru": ("time-machine: nn.GRU's form and first weights",),
    "selfattention": ("shakespeare",),
    "wavenet": ("published-names: 8, large tree",),
}
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
