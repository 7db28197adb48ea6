"""What every claim promises: one file each, words that name what was read, every printed number typed once."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from firsthand import papers

FOLDERS = {key: papers.get(key).folder / "claims" for key in papers.networks()}
CONVERTED = [key for key, folder in FOLDERS.items() if folder.is_dir()]
pytestmark = pytest.mark.parametrize("key", CONVERTED)


def files(key: str) -> list[Path]:
    """The claims' own files."""
    return sorted(path for path in FOLDERS[key].glob("*.py") if path.name != "__init__.py")


@cache  # of all files, for every paper
def imported(path: Path) -> list[str]:
    """The modules that a file imports, anywhere in it."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found += [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
    return found


def test_a_file_a_claim(key):
    """Named after its key, at most 150 lines, and told on the page."""
    keys = [claim.key for claim in papers.get(key).claims]
    assert sorted(path.stem.replace("_", "-") for path in files(key)) == sorted(keys)
    assert [path.name for path in files(key) if len(path.read_text(encoding="utf-8").splitlines()) > 150] == []


def test_nothing_imports_a_claim(key):
    """Claims stand on the bench, the figures, the model and the recipe; nothing stands on a claim."""
    package = Path(papers.__file__).parents[1]
    for path in package.rglob("*.py"):
        if path == FOLDERS[key] / "__init__.py":
            continue
        claims = [name for name in imported(path) if name.startswith(f"firsthand.papers.{key}.claims.")]
        assert claims == [], path


def test_words_name_what_was_read(key):
    """No condition speaks of an arm whose numbers it does not ask for; each asks for some."""
    for claim in papers.get(key).claims:
        numbers = {arm.name: {m.name: [1.0] * len(claim.seeds) for m in claim.measures} for arm in claim.arms}
        for judged in claim.judge(numbers):
            read = {arm for arm, _ in judged.reads}
            assert read, f"{claim.key}: '{judged.words}' reads nothing"
            for arm in sorted(numbers, key=len, reverse=True):
                words = judged.words
                for other in read - {arm}:  # a name within a longer one
                    words = words.replace(other, "") if arm in other else words
                if re.search(rf"(?<!\w){re.escape(arm)}(?!\w)", words):
                    assert arm in read, f"{claim.key}: '{judged.words}' does not read {arm}"


def test_printed_numbers_are_typed_once(key):
    """A number of three digits or more that a paper prints stands in its arm and nowhere else in the claim's file."""
    for path in files(key):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        typed = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
        (claim,) = [claim for claim in papers.get(key).claims if claim.key == path.stem.replace("_", "-")]
        for value in {value for arm in claim.arms for value in arm.paper.values()}:
            if len(f"{value:g}".replace(".", "").strip("0")) >= 3:
                count = sum(number == value for number in typed if isinstance(number, int | float))
                assert count <= sum(value in arm.paper.values() for arm in claim.arms), f"{path.name}: {value:g}"
