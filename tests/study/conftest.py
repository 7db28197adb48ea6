"""A reader's journal to begin from, and other people's programs, which are always there on CI."""

import importlib
import os
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from firsthand.study.journal import Journal


@pytest.fixture
def needed() -> Callable[[str], ModuleType]:
    """needed("rispy") imports another program's reader; without it a test is skipped, but fails where CI=true."""

    def find(name: str) -> ModuleType:
        try:
            return importlib.import_module(name)
        except ImportError:
            if os.environ.get("CI") == "true":
                pytest.fail(f"{name} is not installed")
            pytest.skip(f"{name} is not installed")

    return find


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """A new journal in a folder of its own."""
    return Journal(tmp_path / "journal")
