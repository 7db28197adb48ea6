"""Typed options: dataclasses and functions from the command line, with tyro, and every mistake in one sentence."""

import contextlib
import functools
import io
import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from inspect import signature
from os import PathLike
from pathlib import Path
from typing import Any, get_args, get_type_hints

import tyro

from firsthand.errors import UserError, unknown
from firsthand.train.recipe import flat
from firsthand.typed import Mismatch, fitted

FOLDED = object()  # marks a type that `optional` has looked at
RULES = tyro.constructors.ConstructorRegistry()


@RULES.primitive_rule
def optional(info: Any) -> Any:
    """A type that may be None, named in the help by what else it is: PATH, not {None}|PATH. The word None is read."""
    if type(None) not in get_args(info.type) or FOLDED in info.markers:
        return None
    spec = RULES.get_primitive_spec(replace(info, markers=info.markers | {FOLDED}))
    metavar = getattr(spec, "metavar", "")
    return replace(spec, metavar=metavar.removeprefix("{None}|")) if metavar else spec


def parse(target: Callable, args: Sequence[str], prog: str, default: Any = None, description: str | None = None) -> Any:
    """Call `target` (a function or dataclass) with typed arguments; `--help` prints and exits.

    Raises UserError with one sentence for an unknown option (naming the nearest), a bad value or a missing argument.
    """

    @functools.wraps(target, updated=())
    def later(*given: Any, **named: Any) -> Callable:
        return lambda: target(*given, **named)

    read = target if is_dataclass(target) else later  # a command runs after the parsing, outside of what is caught here
    options: dict[str, Any] = {} if default is None else {"default": default}
    errors = io.StringIO()
    try:
        with contextlib.redirect_stderr(errors):
            value, extra = tyro.cli(
                read, args=list(args), prog=prog, description=description, return_unknown_args=True,
                registry=RULES, **options,
            )  # fmt: skip
    except SystemExit as end:
        if end.code in (0, None):
            raise
        raise UserError(sentence(errors.getvalue(), prog)) from None
    if extra:
        word = extra[0].split("=")[0]
        if not word.startswith("-"):
            raise UserError(f"'{word}' is one word too many; see `{prog} --help`.")
        raise unknown("option", word, names(target, default), f"`{prog} --help` lists them")
    return value if is_dataclass(target) else value()


def sentence(box: str, prog: str) -> str:
    """tyro's framed message as one sentence: frame and headings off, the first paragraph kept."""
    lines = [line.strip("│ ") for line in box.splitlines() if not line.startswith(("╭", "╰"))]
    if not box.startswith("╭"):  # tyro's frame where stdout is not utf-8: a heading and a line of dashes
        lines = lines[2:]
    first = itertools.takewhile(lambda line: set(line) - set("─-"), lines)
    text = re.sub(r"\s+", " ", " ".join(first)) or "The command line could not be read."
    choice = re.match(r"invalid choice '(.*)' for argument '(.*?)'\. Expected one of \((.*)\)", text)
    if choice:
        value, option, offered = choice.groups()
        return str(unknown(f"value of {option}", value, re.findall(r"'([^']*)'", offered)))
    ours = re.match(r"Error parsing [^-\s]\S*: (?!invalid literal|could not convert)(.*)", text)
    if ours:  # a UserError from the recipe's own __post_init__
        return ours[1]
    text = text.removeprefix("Error parsing ").rstrip(".")
    number = re.match(r"(\S+): (invalid literal for int|could not convert string to float).*?: ('.*')", text)
    if number:
        text = f"{number[1]} takes a {'whole ' if 'int' in number[2] else ''}number, not {number[3]}"
    several = re.match(r"(\S+): no type matching (?:\{None\}\|)?(INT|FLOAT|INT\|FLOAT) could .* from \[(.*)\]", text)
    if several:
        text = f"{several[1]} takes a {'whole ' if several[2] == 'INT' else ''}number, not {several[3]}"
    words = re.match(r"(\S+): no type matching \{None\}\|\{((?:STR ?)+)\} could .* from \[(.*)\]", text)
    if words:
        text = f"{words[1]} takes {len(words[2].split())} words, not {words[3]}"
    missing = re.match(r"Missing from .*?: (\S+) (.*) \(required\)", text)
    if missing:
        text = f"{missing[1]} is missing: {missing[2].rstrip('.')}"
    return f"{text[:1].upper()}{text[1:]}; see `{prog} --help`."


def names(target: Any, default: Any) -> list[str]:
    """All option names of a dataclass or function, dotted, as the command line spells them."""
    if is_dataclass(target):
        values = {f.name: getattr(default, f.name, None) for f in fields(target)}
    else:
        parameters = signature(target).parameters.values()
        values = {p.name: p.default for p in parameters if p.kind is not p.POSITIONAL_ONLY}
    found: list[str] = []
    for name, value in values.items():
        if is_dataclass(value):
            prefix = "" if name in ("recipe", "launch", "how") else name + "."  # groups without a prefix
            found += [f"--{prefix}{inner.removeprefix('--')}" for inner in names(type(value), value)]
        else:
            found.append("--" + name.rstrip("_").replace("_", "-"))
    return found


def override(default: Any, changes: Mapping[str, Any]) -> Any:
    """A copy of a frozen dataclass with some fields changed, each checked against its declared type.

    `changes` maps dotted names to values: {"steps": 100, "optim.lr": 0.1}; `data="mnist"` is short for `data.name`.
    They never pass through a parser of options: they may come from a file that a stranger wrote.
    Raises UserError for an unknown name, naming the nearest, and for a value of another type.
    """
    try:
        return _replaced(default, changes, "", list(flat(default)))
    except Mismatch as mismatch:
        raise UserError(str(mismatch).removesuffix(".") + ".") from None


def _replaced(default: Any, changes: Mapping[str, Any], prefix: str, known: list[str]) -> Any:
    """The same for the part whose dotted name begins with `prefix`; `known` are the names of the whole."""
    plain: dict[str, Any] = {}
    nested: dict[str, dict[str, Any]] = {}
    for name, value in changes.items():
        head, dot, rest = name.partition(".")
        if name == "data" and not prefix and isinstance(value, str | PathLike):
            nested.setdefault(name, {})["name"] = value
        elif dot:
            nested.setdefault(head, {})[rest] = value
        elif isinstance(value, Mapping):
            nested.setdefault(head, {}).update(value)
        else:
            plain[head] = value
    hints = get_type_hints(type(default))
    taken = {field.name: getattr(default, field.name) for field in fields(default) if field.init}
    for head, inner in nested.items():
        if not is_dataclass(taken.get(head)):
            raise unknown("option", ".".join([prefix + head, *list(inner)[:1]]), known)
        plain[head] = _replaced(taken[head], inner, f"{prefix}{head}.", known)
    for name, value in plain.items():
        if name not in taken:
            raise unknown("option", prefix + name, known)
        if name not in nested:
            plain[name] = fitted(value, hints[name], prefix + name)
    return replace(default, **plain)


def words(default: Any, changes: Mapping[str, Any]) -> list[str]:
    """The command-line words that make these changes."""
    found: list[str] = []
    for name, value in flat(dict(changes)).items():
        name = "data.name" if name == "data" else name
        option = "--" + name.replace("_", "-")
        if isinstance(value, bool) and _is_flag(default, name):  # `bool | None` takes a word
            stem, _, leaf = option[2:].rpartition(".")
            found.append(option if value else "--" + (f"{stem}." if stem else "") + f"no-{leaf}")
        elif isinstance(value, tuple | list):
            found += [option, *map(_word, value)]
        else:
            found += [option, _word(value)] if not _word(value).startswith("-") else [f"{option}={_word(value)}"]
    return found


def _is_flag(default: Any, name: str) -> bool:
    """Whether the field is declared as bool; without a declaration, whether its value is one."""
    *path, leaf = name.split(".")
    for part in path:
        default = getattr(default, part, None)
    declared = get_type_hints(type(default)).get(leaf) if is_dataclass(default) else bool
    return declared is bool and isinstance(getattr(default, leaf, None), bool)


def _word(value: Any) -> str:
    return str(value) if isinstance(value, str | Path) else repr(value)
