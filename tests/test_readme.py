"""README.md tells what the code and the results say."""

import importlib.util
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent


def generate(path: str = "docs/generate.py"):
    """docs/generate.py, or another file of the repository, as a module."""
    spec = importlib.util.spec_from_file_location("generate", ROOT / path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_generated_parts_are_current():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert generate().renewed(text) == text, "run `make results`"


def test_links_and_pictures_exist():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#]+)\)", text)
    assert targets
    missing = [target for target in targets if not target.startswith("http") and not (ROOT / target).exists()]
    assert missing == []


def test_commands_of_the_readme_exist():
    from firsthand.cli import COMMANDS

    used = set(
        re.findall(
            r"firsthand (\w+) ", "\n".join(re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.S))
        )
    )
    assert used and used <= set(COMMANDS)


def test_what_did_not_come_out_is_named():
    """The counts, kind by kind, add up to the verdict marks of the papers, and each claim that failed has its link."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    standing, catalogue = (text.split(f"<!-- {part} -->")[1].split("<!-- /")[0] for part in ("standing", "catalogue"))
    rows = [line for line in catalogue.splitlines() if line.startswith("| [") and "docs/results" in line]
    marks = "".join(row.split("|")[4] for row in rows)
    came, _, missed, identities, untested = counts = [marks.count(mark) for mark in "✔◐✘≡○"]
    kinds = [
        [cell.strip() for cell in line.split("|")[1:-1]] for line in standing.splitlines() if line.startswith("| a ")
    ]
    shown = [[int(cell.removesuffix(" hold")) for cell in row[1:]] for row in kinds[1:]]  # without the heading
    assert f"{sum(counts)} claims of {len(rows)} papers" in standing
    assert [sum(column) for column in zip(*shown, strict=True)] == [
        sum(counts),
        came + identities,
        *counts[1:3],
        untested,
    ]
    assert kinds[-1][2] == f"{identities} hold"
    assert len(re.findall(r"\]\(docs/results/\w+\.md#[\w-]+\)", standing)) == missed


def test_the_packages_page():
    """What PyPI shows links to nothing that is in the repository alone, and keeps every other word."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    page = generate("setup.py").described(text)
    assert re.findall(r"!?\[[^\]]*\]\((?!https?:)[^)]*\)", page) == [] and "![" not in page
    assert "The language models beside one another, on the same names" in page and "| [`" not in page
    assert re.findall(r"```.*?```", page, re.S) == re.findall(r"```.*?```", text, re.S)
    linked = "[a](https://x.org/a) ![b](https://x.org/b.png)"
    assert generate("setup.py").described(linked) == linked
