"""Renew what README.md takes from the code and the results: where it stands, the catalogue, the numbers, the figure.

python docs/generate.py            # write README.md and docs/figures/
python docs/generate.py --check    # only say whether README.md is current
"""

import io
import re
import shutil
import sys
from dataclasses import replace
from pathlib import Path

from rich.console import CONSOLE_SVG_FORMAT, Console

import firsthand.nn  # noqa: F401, registers the operations
from firsthand import papers
from firsthand.definition import PAIRS
from firsthand.optim import RULES
from firsthand.optim.schedule import SCHEDULES
from firsthand.site import prose, results
from firsthand.site.origin import Origin
from firsthand.study.judge import judge_answer
from firsthand.study.lesson import told

ROOT = Path(__file__).parent.parent


def place(paper: str, claim: str) -> str:
    """The address of what is told of a claim."""
    return f"docs/results/{paper}.md#{claim}"


def standing() -> str:
    """What is proven, what is measured, kind by kind, and each claim that did not come out."""
    measured = Origin.found().measured
    twins = [path.stem for path in (ROOT / "src" / "firsthand" / "check" / "twins").glob("*.py")]
    proven = len(set(twins) & set(papers.keys()))
    return "\n".join([
        f"**Proven:** {proven} papers' networks, each equal to an independent twin; {len(RULES)} update rules, "
        f"{len(SCHEDULES)} schedules and {len(PAIRS)} operations with a definition and a fast implementation, each "
        "equal to its reference (`firsthand check KEY`, `--optim`, `--layers`).",
        "",
        f"**Measured:** {len(list(results.claims(measured)))} claims of {len(measured)} papers, by what they are "
        "about:",
        "",
        results.by_kind(measured),
        "",
        "**Did not come out**, with what was tried:",
        "",
        *(f"- {line}" for line in results.missed(measured, place)),
    ])  # fmt: skip


def catalogue() -> str:
    """A row a paper: what it is, its size, and what its claims came to."""
    origin, rows = Origin.found(), []
    for key in papers.keys():
        card = papers.get(key).card
        marks = results.marks(origin.claims(key))
        to_come = "a paper to read" if card.network is None else "not all measured yet"
        measured = f"[{marks}](docs/results/{key}.md)" if marks else to_come
        size = "" if card.parameters is None else f"{card.parameters:,}"
        name = f"[`{key}`](src/firsthand/papers/{key}/notes.md)"
        rows.append([name, f"{card.title} ({card.year})", size, measured])
    table = prose.table(["paper", "", "parameters", "its claims"], rows, right=(2,))
    return f"{table}\n\n{results.LEGEND}; behind the marks are the numbers, seeds and commands."


def numbers() -> str:
    """Each claim about numbers that its own paper prints, with the one of them that ours is furthest from."""
    return results.numbers(Origin.found().measured, place)


PARTS = {"standing": standing, "catalogue": catalogue, "numbers": numbers}


def renewed(text: str) -> str:
    """README.md with every part between its markers made anew."""
    for name, make in PARTS.items():
        start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
        head, rest = text.split(start)
        text = f"{head}{start}\n{make()}\n{end}{rest.split(end)[1]}"
    return text


def judged() -> str:
    """What the judge says of an LSTM layer that cuts the state from the step before, as an SVG of a terminal."""
    exercise = papers.get("lstm").exercise
    step = exercise.step("layer")
    (cut,) = (mistake for mistake in step.mistakes if mistake.name == "state-cut")
    names: dict = {}
    exec(exercise.patched(step, cut.patch), names)  # our own answer with our own patch
    found = replace(judge_answer(exercise, step, names["layer"], seed=81734), offline=True)
    screen = Console(record=True, width=118, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    for line in told("lstm", len(exercise.steps), found, 81734):
        screen.print(line)
    screen.print()
    own_fonts = re.sub(r"@font-face {{.*?}}\n", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)  # nothing is loaded
    return screen.export_svg(title="firsthand judge lstm", code_format=own_fonts, unique_id="judge")


# README.md's picture: the newest of these runs' figures, where `make reproduce` has made one.
PICTURES = {"lenet-maps.png": "runs/reproduce/lenet/laptop-seed0-*/figures/maps.png"}


if __name__ == "__main__":
    if "--check" not in sys.argv:
        (ROOT / "docs" / "figures" / "judge.svg").write_text(judged(), encoding="utf-8")
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
