"""The file that a learner fills in, made of the answers: their imports, statements, signatures, and no bodies."""

import ast
import textwrap
from collections.abc import Iterator

from firsthand.papers import Paper
from firsthand.papers.exercise import Exercise, Step

Node = ast.FunctionDef | ast.ClassDef


def skeleton(paper: Paper, exercise: Exercise) -> str:
    """The whole file."""
    tree, lines = ast.parse(exercise.source), exercise.source.splitlines()
    names = {step.name: step for step in exercise.steps}
    parts, imports = [], []
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            imports.append(node)
        elif isinstance(node, Node) and node.name in names:
            parts.append(chapter(exercise, names[node.name]))
        elif isinstance(node, ast.Assign):
            parts.append("\n".join(lines[node.lineno - 1 : node.end_lineno]))
    body = "\n\n\n".join(parts)
    wanted = used(exercise.source)
    key, total = paper.card.key, len(exercise.steps)
    title = "\n".join(textwrap.wrap(f"{paper.card.title} ({paper.card.year}).", 110))
    head = f'''"""Rebuild {key}, in {total} steps, about {exercise.minutes} minutes.

{title}

firsthand judge {key}           judges this file, step by step
firsthand judge {key} --hint    has a hint for the step that you are at

Of torch.nn only Module, Parameter, Buffer and the containers are allowed, and nothing of torch.nn.functional; torch's
own functions, as torch.sigmoid, are. All numbers are float64: make your own tensors so, with dtype=x.dtype.
"""'''
    return "\n\n".join([head, "\n".join(kept(imports, wanted)), body]) + "\n"


def used(source: str) -> set[str]:
    """Every name that the answers use: what a learner may well need, too."""
    return {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}


def kept(imports: list[ast.Import | ast.ImportFrom], wanted: set[str]) -> Iterator[str]:
    """The import lines for those names, but for this package's."""
    for node in imports:
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "firsthand":
            continue
        node.names = [alias for alias in node.names if (alias.asname or alias.name).split(".")[0] in wanted]
        if node.names:
            yield ast.unparse(node)


def chapter(exercise: Exercise, step: Step) -> str:
    """A step: its statement as a comment, and what is to be written."""
    title = f"Step {exercise.number(step)} of {len(exercise.steps)}, about {step.minutes} minutes: {step.name}"
    statement = textwrap.dedent(step.statement).strip("\n").rstrip().splitlines()
    comment = [f"# {title}", "#", *(f"# {line}".rstrip() for line in statement)]
    return "\n".join([*comment, stub(step, exercise.number(step))])


def stub(step: Step, number: int) -> str:
    """The function or class without bodies."""
    (node,) = ast.parse(textwrap.dedent(step.source)).body
    assert isinstance(node, Node)
    return "\n".join(emptied(node, textwrap.dedent(step.source).splitlines(), number))


def emptied(node: Node, lines: list[str], number: int) -> Iterator[str]:
    """A definition's lines with every body replaced; what is `given` stays."""
    decorators = [decorator for decorator in node.decorator_list if ast.unparse(decorator) != "given"]
    is_given = len(decorators) < len(node.decorator_list)
    for decorator in decorators:
        yield from lines[decorator.lineno - 1 : decorator.end_lineno]
    if is_given:
        yield from lines[node.lineno - 1 : node.end_lineno]
        return
    first = node.body[0]
    has_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    start = node.lineno - 1
    if isinstance(node, ast.ClassDef):
        yield from lines[start : first.end_lineno if has_docstring else first.lineno - 1]
        for item in node.body[has_docstring:]:
            yield ""
            if isinstance(item, ast.FunctionDef):
                yield from emptied(item, lines, number)
            else:
                yield from lines[item.lineno - 1 : item.end_lineno]
        return
    yield from lines[start : first.end_lineno if has_docstring else first.lineno - 1]
    indent = " " * first.col_offset
    yield f'{indent}raise NotImplementedError("step {number}")'


def without(text: str, exercise: Exercise, step: Step) -> str | None:
    """A learner's file with one step as it was at first; None where it has no such definition, or cannot be read."""
    try:
        nodes = [node for node in ast.parse(text).body if isinstance(node, Node) and node.name == step.name]
    except SyntaxError:
        return None
    if not nodes:
        return None
    lines = text.splitlines()
    node = nodes[-1]
    start = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)]) - 1
    return "\n".join([*lines[:start], stub(step, exercise.number(step)), *lines[node.end_lineno :]]) + "\n"
