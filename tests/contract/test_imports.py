"""Imports never go in a circle, and in `firsthand.nn` from the definitions to the fast implementations only."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import firsthand

ROOT = Path(firsthand.__file__).parent


def module(path: Path) -> str:
    """A file's dotted name."""
    parts = ("firsthand", *path.relative_to(ROOT).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module(path): path for path in sorted(ROOT.rglob("*.py"))}
FAST = "firsthand.nn.fast"
BELOW = {"firsthand.definition", "firsthand.errors"}  # what a fast implementation may import beside its neighbours


def imports(source: str) -> Iterator[str]:
    """Every module that a source imports, at its top or inside a function; a relative one begins with a dot."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = "." * node.level + (node.module or "")
            for alias in node.names:
                name = f"{package}.{alias.name}"
                yield name if name in FILES else package


def forbidden(source: str) -> list[str]:
    """What a fast implementation must not import: definitions, and what stands above them."""
    return [
        name
        for name in imports(source)
        if name.startswith((".", "firsthand")) and name not in BELOW and not name.startswith(f"{FAST}.")
    ]


@pytest.mark.parametrize("name", [name for name in FILES if name.startswith(FAST)])
def test_a_fast_implementation_imports_no_definition(name):
    assert forbidden(FILES[name].read_text()) == []


@pytest.mark.parametrize(
    "source",
    [
        "from firsthand.nn import linear",
        "from firsthand.nn.linear import linear",
        "import firsthand.nn.linear",
        "from firsthand import nn",
        "import firsthand",
        "from firsthand.nn.shape import check_shape",
        "from ..linear import linear",
        "from . import linear",
        "def late():\n    from firsthand.nn.linear import linear",
    ],
)
def test_a_definition_is_seen(source):
    assert forbidden(source)


def graph(sources: dict[str, str]) -> dict[str, set[str]]:
    """Which of the modules each of them imports."""
    return {name: {other for other in imports(source) if other in sources} - {name} for name, source in sources.items()}


def test_no_circle():
    """Of the whole package; `prepare` raises CycleError, and names the circle."""
    sources = {name: path.read_text(encoding="utf-8") for name, path in FILES.items()}
    TopologicalSorter(graph(sources)).prepare()


def test_a_circle_is_seen():
    sources = {
        "firsthand.nn.lstm": "from firsthand.nn.fast import lstm as fast",
        "firsthand.nn.fast.lstm": "def late():\n    from firsthand.nn.lstm import lstm",
    }
    with pytest.raises(CycleError):
        TopologicalSorter(graph(sources)).prepare()
