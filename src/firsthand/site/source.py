"""A source file in passages, and passages as HTML: the docstring on one side, the lines of code on the other."""

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from html import escape
from pathlib import Path

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from firsthand.site import prose

Definition = ast.FunctionDef | ast.ClassDef


@dataclass(frozen=True)
class Passage:
    """Some lines that belong together, and what their docstring says."""

    name: str  # of the function, of the class, or of the class and after a dot its method; empty for what is between
    words: str  # the docstring; empty where there is none
    lines: tuple[int, ...]  # their numbers, from 1


class Source:
    """A Python file, parsed, with its lines highlighted and cut into passages."""

    def __init__(self, path: Path):
        self.path = path
        self.text = path.read_text(encoding="utf-8")
        self.tree = ast.parse(self.text)
        self.lines = self.text.splitlines()

    @cached_property
    def definitions(self) -> dict[str, Definition]:
        """Its functions and classes by name."""
        return {node.name: node for node in self.tree.body if isinstance(node, Definition)}

    @cached_property
    def statements(self) -> dict[str, ast.stmt]:
        """What defines each name of the file: functions, classes, and what is assigned outside of them."""
        found: dict[str, ast.stmt] = dict(self.definitions)
        for node in self.tree.body:
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            found |= {name: node for target in targets if target for name in names(target)}
        return found

    def closure(self, name: str) -> dict[str, ast.stmt]:
        """What defines this name, and all of the file that it uses, directly or not, in the order of the file."""
        found: set[str] = set()
        waiting = [name]
        while waiting:
            current = waiting.pop()
            if current not in found:
                found.add(current)
                waiting += [other for other in names(self.statements[current]) if other in self.statements]
        return {name: node for name, node in self.statements.items() if name in found}

    @cached_property
    def words(self) -> str:
        """The docstring of the file."""
        return ast.get_docstring(self.tree) or ""

    @cached_property
    def imports(self) -> range:
        """From the first line that imports to the last."""
        nodes = [node for node in self.tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        return range(nodes[0].lineno, nodes[-1].end_lineno + 1) if nodes else range(0)

    @cached_property
    def rows(self) -> list[str]:
        """The lines as HTML, by their numbers from 1."""
        return ["", *highlighted(self.text).split("\n")]

    @cached_property
    def passages(self) -> list[Passage]:
        """The whole file, without the docstrings among its lines."""
        head = self.imports.stop or docstring_lines(self.tree).stop or 1
        return [
            *self._passage("", self.words, 1, head - 1, docstring_lines(self.tree)),
            *self._passages(self.tree, head, len(self.lines), "", ""),
        ]

    def of(self, *wanted: str) -> list[Passage]:
        """The passages of these functions and classes; of what is assigned, its lines."""
        found = [passage for passage in self.passages if passage.name.partition(".")[0] in wanted]
        plain = {node for name, node in self.statements.items() if name in wanted and name not in self.definitions}
        found += [Passage("", "", tuple(range(node.lineno, node.end_lineno + 1))) for node in plain]
        return sorted(found, key=lambda passage: passage.lines)

    def _passages(self, node: ast.Module | ast.ClassDef, start: int, end: int, name: str, words: str) -> list[Passage]:
        """Those of a file or a class from its first line to its last.

        A file's functions and classes have passages of their own, and a class's methods where they have a docstring.
        """
        hidden, first, found = docstring_lines(node), start, []
        for item in node.body:
            if not isinstance(item, Definition) or (name and not ast.get_docstring(item)):
                continue
            begin = self._begin(item)
            inner, inner_words = f"{name}.{item.name}" if name else item.name, ast.get_docstring(item) or ""
            found += self._passage(name, words, first, begin - 1, hidden)
            words, hidden, first = "", range(0), item.end_lineno + 1
            if isinstance(item, ast.ClassDef):
                found += self._passages(item, begin, item.end_lineno, inner, inner_words)
            else:
                found += self._passage(inner, inner_words, begin, item.end_lineno, docstring_lines(item))
        found += self._passage(name, words, first, end, hidden)
        return joined(found) if name else found

    def _begin(self, node: Definition) -> int:
        """The first line of a definition: its decorators' and the comments' right above it."""
        line = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
        while line > 1 and self.lines[line - 2].lstrip().startswith("#"):
            line -= 1
        return line

    def _passage(self, name: str, words: str, start: int, end: int, hidden: range) -> Iterator[Passage]:
        """The passage of these lines without the hidden ones and the blank ones at its ends, if any are left."""
        lines = [line for line in range(start, end + 1) if line not in hidden]
        while lines and not self.lines[lines[0] - 1].strip():
            lines.pop(0)
        while lines and not self.lines[lines[-1] - 1].strip():
            lines.pop()
        if lines or words:
            yield Passage(name, words, tuple(lines))


def joined(passages: list[Passage]) -> list[Passage]:
    """The same passages, but one without a docstring is a part of the one before it."""
    found = passages[:1]
    for passage in passages[1:]:
        if passage.words:
            found.append(passage)
        else:
            before = found.pop()
            lines = range(before.lines[-1] + 1 if before.lines else passage.lines[0], passage.lines[0])
            found.append(Passage(before.name, before.words, (*before.lines, *lines, *passage.lines)))
    return found


def names(node: ast.AST) -> Iterator[str]:
    """Every plain name in a part of a syntax tree."""
    return (part.id for part in ast.walk(node) if isinstance(part, ast.Name))


def highlighted(code: str) -> str:
    """Python as HTML."""
    return highlight(code, PythonLexer(stripnl=False), HtmlFormatter(nowrap=True))


def docstring_lines(node: ast.AST) -> range:
    """The lines of the docstring of a file, class or function."""
    first = node.body[0] if node.body else None
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        return range(first.lineno, first.end_lineno + 1)
    return range(0)


class Writer:
    """Writes passages as HTML for one page; `links` says where the names of a file lead."""

    def __init__(self, links: Callable[[Source], Mapping[str, str]]):
        self.links = cache(links)
        self.seen: set[str] = set()  # the ids that the page has

    def passages(self, source: Source, passages: list[Passage], prefix: str = "") -> str:
        """These passages, words beside code, with an anchor for each name and each line."""
        return "\n".join(self.passage(source, passage, prefix) for passage in passages)

    def passage(self, source: Source, passage: Passage, prefix: str = "") -> str:
        """One of them; imports, and what is private and has no docstring, are folded."""
        anchor = self.anchor(prefix + passage.name)
        words = prose.html(passage.words, self.links(source).get) if passage.words else ""
        rows = "".join(self.row(source, line, prefix) for line in passage.lines)
        code = f'<div class="code highlight"><pre>{rows}</pre></div>' if rows else ""
        imports = bool(rows) and passage.lines[-1] in source.imports
        if imports or (passage.name.startswith("_") and not words):
            label = "imports" if imports else f"<code>{escape(passage.name)}</code>"
            lines = f"lines {passage.lines[0]} to {passage.lines[-1]}"
            code = f'<details class="plain"><summary>{label}, {lines}</summary>{code}</details>'
            return f'<div class="passage whole"{anchor}><div class="prose">{words}</div>{code}</div>'
        title = f"<p class='name'><code>{escape(passage.name)}</code></p>" if passage.name and words else ""
        return f'<div class="passage"{anchor}><div class="prose">{title}{words}</div>{code}</div>'

    def row(self, source: Source, line: int, prefix: str) -> str:
        """One line, with its number as a link to itself."""
        name = f"{prefix}L{line}"
        anchor = self.anchor(name)
        number = f'<a class="no" href="#{name}" data-n="{line}" aria-label="line {line}"></a>'
        return f"<span{anchor}>{number}{linked(source.rows[line], self.links(source))}\n</span>"

    def anchor(self, name: str) -> str:
        """An id as an attribute, the first time that the page has it, later nothing."""
        if not name or name in self.seen:
            return ""
        self.seen.add(name)
        return f' id="{escape(name)}"'


def linked(row: str, links: Mapping[str, str]) -> str:
    """A highlighted line in which the names that are explained elsewhere lead there."""

    def link(match: re.Match[str]) -> str:
        target = links.get(match[2])
        return match[0] if target is None else f'{match[1]}<a href="{escape(target)}">{match[2]}</a>{match[3]}'

    # A name before a colon or an equals sign is a field's, or an argument's.
    return re.sub(r'(<span class="n">)(\w+)(</span>)(?!<span class="[op]">[:=]</span>)', link, row)


def implementations(name: str, shown: Mapping[str, str]) -> str:
    """Several implementations as HTML, in tabs by their labels; `name` is that of the tabs, once a page."""
    labels = "".join(
        f'<input type="radio" name="{name}" id="{name}-{i}"{" checked" * (i == 0)}>'
        f'<label for="{name}-{i}">{escape(label)}</label>'
        for i, label in enumerate(shown)
    )
    tabs = "".join(f'<div class="implementation">{html}</div>' for html in shown.values())
    return f'<div class="implementations">{labels}{tabs}</div>'
