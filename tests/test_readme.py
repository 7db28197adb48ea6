"""README.md tells what the code and the results say."""

import importlib.util
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent


def generate():
    """docs/generate.py as a module."""
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
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
