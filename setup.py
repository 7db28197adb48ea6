"""The package's long description: README.md without its links and pictures into the repository, which end there."""

import re
from pathlib import Path


def described(readme: str) -> str:
    """README.md for a page outside the repository: relative pictures go, relative links become their words."""
    readme = re.sub(r"!\[[^\]]*\]\((?!https?:)[^)]*\)\n*", "", readme)
    return re.sub(r"\[([^\]]*)\]\((?!https?:)[^)]*\)", r"\1", readme)


if __name__ == "__main__":
    from setuptools import setup

    text = (Path(__file__).parent / "README.md").read_text(encoding="utf-8")
    setup(long_description=described(text), long_description_content_type="text/markdown")
