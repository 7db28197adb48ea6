"""The judge: a learner's file, step by step, beside the answers and the mistakes that people make."""

import ast
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.abc import MetaPathFinder
from importlib.util import module_from_spec, spec_from_file_location
from math import isfinite
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

from firsthand.errors import UserError
from firsthand.papers.exercise import Exercise, Mistake, Step
from firsthand.study.judge.behaviour import Behaviour, Failure, Watch, cases_of, fail, failure_of, record, recorded
from firsthand.study.judge.rule import uses
from firsthand.study.judge.sandbox import Ending, Limits, child
from firsthand.study.judge.verdict import difference, named

LIMITS = Limits()
ZERO = 1e-9  # what an identity may be apart
LARGEST = 1 << 20  # bytes of a learner's file
PRINTED = 1000  # characters that are shown of what it prints
ROUNDED = "It is right as far as float32 goes: is every tensor that you make float64, as the inputs are?"


@dataclass(frozen=True)
class Check:
    """One line of a judgement."""

    what: str
    holds: bool
    words: str = ""


@dataclass(frozen=True)
class Judgement:
    """What the judge says of one step."""

    step: str
    number: int
    right: bool
    kind: Literal["right", "unfinished", "forbidden", "error", "limit", "wrong"]
    checks: tuple[Check, ...] = ()
    words: str = ""  # the convention that is right, too, or what stopped it
    mistakes: tuple[Mistake, ...] = ()  # that do the same
    printed: str = ""  # by the learner's file
    offline: bool = False  # whether it ran without a network


def judge(exercise: Exercise, file: Path, steps: Sequence[Step], seed: int) -> Iterator[Judgement]:
    """Judge some steps of a learner's file, in order, up to the first that is not right.

    Raises UserError for a file that cannot be read.
    """
    text = contents(file)
    try:
        defined = {node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None)
        where = f"Line {line}: " if line else ""
        yield stopped(
            exercise, steps[0], "error", f"{where}Python cannot read the file ({getattr(error, 'msg', error)})."
        )
        return
    if taken := [*uses(text), *foreign(text)]:
        yield stopped(exercise, steps[0], "forbidden", refused(taken))
        return
    with tempfile.TemporaryDirectory(prefix="firsthand-") as name:
        folder = Path(name)
        ended = child(lambda: learners(file, steps, seed, folder), folder, LIMITS)
        child(lambda: answers(exercise, steps, seed, folder), folder)
        for step in steps:
            if step.name not in defined:
                yield stopped(exercise, step, "unfinished", f"The file defines no {step.name}.")
                return
            judgement = judged(exercise, step, seed, folder, ended.ending)
            yield replace(judgement, printed=ended.printed[:PRINTED], offline=ended.offline)
            if not judgement.right:
                return


def contents(file: Path) -> str:
    """The text of a learner's file; raises UserError with the way out."""
    if file.is_dir():
        raise UserError(f"{file} is a folder: give the file that you write in.")
    try:
        if file.stat().st_size > LARGEST:
            raise UserError(f"{file} is larger than 1 MB: that is no solution of an exercise.")
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UserError(f"There is no {file}: `firsthand exercise KEY` writes the file of a paper.") from None
    except UnicodeDecodeError:
        raise UserError(f"{file} is not UTF-8 text: give the Python file that you write in.") from None


def foreign(text: str) -> Iterator[tuple[str, int]]:
    """Imports of this package, with their lines: the exercise is to write what it holds."""
    for node in ast.walk(ast.parse(text)):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        yield from ((name, node.lineno) for name in names if name.split(".")[0] == "firsthand")


def refused(taken: Sequence[tuple[str, int]]) -> str:
    """Why names cannot be used, each told once, with its first line; a module is not, where what is used of it is."""
    first: dict[str, int] = {}
    for name, line in sorted(taken, key=lambda one: one[1]):
        first.setdefault(name, line)
    lines = {name: f" (line {line})" if line else "" for name, line in first.items()}
    for name, line in lines.items():
        if name.split(".")[0] == "firsthand":
            return f"It imports firsthand{line}: the exercise is to write what that holds."
    told = [name + line for name, line in lines.items() if not any(one.startswith(f"{name}.") for one in lines)]
    return (
        f"It uses {', '.join(told)}: from torch.nn only Module, Parameter, Buffer and the containers are allowed, "
        "imported by their names."
    )


def stopped(exercise: Exercise, step: Step, kind: Any, words: str) -> Judgement:
    """A step that could not be tried."""
    return Judgement(step.name, exercise.number(step), False, kind, words=words)


def learners(file: Path, steps: Sequence[Step], seed: int, folder: Path) -> None:
    """In the child: load the learner's file and try its steps up to the first that fails."""
    for name in [name for name in sys.modules if name.split(".")[0] == "firsthand"]:
        del sys.modules[name]
    sys.meta_path.insert(0, Refusal())

    with Watch():
        try:
            module = loaded(file.resolve(), "solution")
        except Exception as error:
            fail(replace(failure_of(error, file), loading=True), folder, f"learner-{steps[0].name}")
            return
        for step in steps:
            answer = getattr(module, step.name, None)
            if answer is None or record(step, answer, seed, folder, f"learner-{step.name}", file):
                return


class Refusal(MetaPathFinder):
    """Refuses to import this package."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        """Raise ImportError for this package, and leave every other name to Python."""
        if name.split(".")[0] == "firsthand":
            raise ImportError("firsthand is what the exercise is to write")
        return None


def loaded(file: Path, name: str) -> ModuleType:
    """A file as a module of this name."""
    spec = spec_from_file_location(name, file)
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def answers(exercise: Exercise, steps: Sequence[Step], seed: int, folder: Path) -> None:
    """In a child: what the answers do, and their conventions."""
    for step in steps:
        record(step, step.answer, seed, folder, f"answer-{step.name}")
        for number, convention in enumerate(step.conventions):
            attempt(exercise, step, seed, folder, f"convention-{step.name}-{number}", convention.patch)


def attempt(exercise: Exercise, step: Step, seed: int, folder: Path, name: str, patch: Any) -> None:
    """Record what the answer does with a patch; nothing where the patch does not fit."""
    try:
        source = exercise.patched(step, patch)
    except ValueError:
        return
    file = folder / f"{name}.py"
    file.write_text(source)
    record(step, getattr(loaded(file, name.replace("-", "_")), step.name), seed, folder, name, identities=False)


def judged(exercise: Exercise, step: Step, seed: int, folder: Path, ending: Ending) -> Judgement:
    """The judgement of one step from what both children wrote down."""
    cases = list(cases_of(step, seed))
    number = exercise.number(step)
    found = recorded(folder, f"learner-{step.name}", len(cases))
    right = recorded(folder, f"answer-{step.name}", len(cases))
    if right is None or right.failure:
        raise RuntimeError(f"The answer of {step.name} fails: {right and right.failure}.")
    if found is None:
        return stopped(exercise, step, "limit", why(ending))
    if found.failure and found.failure.kind == "NotImplementedError":
        return stopped(exercise, step, "unfinished", "Not written yet.")
    if found.failure and found.failure.kind in ("Forbidden", "Refused"):
        name, line = f"torch's {found.failure.text}", found.failure.line
        if found.failure.kind == "Forbidden":
            return stopped(exercise, step, "forbidden", refused([(name, line)]))
        where = f" (line {line})" if line else ""
        return stopped(exercise, step, "forbidden", f"It calls {name}{where}: this step is to be written without that.")
    first = difference(found, right, step.near)
    for place, convention in enumerate(step.conventions):
        other = recorded(folder, f"convention-{step.name}-{place}", len(cases))
        if (
            first is not None
            and other is not None
            and not found.failure
            and difference(found, other, step.near) is None
        ):
            held = Check(f"values of {len(cases)} cases", True)
            if found.changed:
                return Judgement(step.name, number, False, "wrong", (held, *in_place(found)))
            return Judgement(step.name, number, True, "right", (held,), f"with {convention.name}")
    checks = (*compared(step, found, right, seed), *in_place(found))
    if all(check.holds for check in checks):
        return Judgement(step.name, number, True, "right", checks)
    mistakes: tuple[Mistake, ...] = ()
    if first is not None or found.failure:
        mistakes = named(found, step, lambda sets: variants(exercise, step, seed, folder, sets, len(cases)))
    kind: Any = "error" if found.failure else "wrong"
    words = ROUNDED if kind == "wrong" and first is not None and first.single and not mistakes else ""
    return Judgement(step.name, number, False, kind, checks, words, mistakes)


def why(ending: Ending) -> str:
    """What a child that left nothing behind has come to."""
    return {
        "time": f"It computes for more than {LIMITS.cpu} seconds: is there a loop that does not end?",
        "memory": f"It takes more than {LIMITS.memory >> 30} GiB of memory.",
        "left": "It ends the process itself: leave out exit.",
        "killed": "It crashes the process.",
        "done": "It leaves no results that could be read.",
    }[ending]


def compared(step: Step, found: Behaviour, right: Behaviour, seed: int) -> Iterator[Check]:
    """The lines of a judgement: an exception, or values, gradients and identities."""
    cases = list(cases_of(step, seed))
    first = difference(found, right, step.near)
    values_hold = first is None or first.in_gradients
    if found.failure and values_hold:
        where = f"line {found.failure.line}: " if found.failure.line else ""
        place = len(found.values)
        case = f"smallest case: {cases[place].words}: " if place < len(cases) else ""
        case = "while the file is loaded: " if found.failure.loading else case
        yield Check("error", False, f"{case}{where}{told(found.failure)}")
        return
    yield Check("values", values_hold, first.told(cases) if first and not values_hold else f"{len(cases)} cases")
    if first is not None and not values_hold:
        return
    if step.gradients:
        yield Check("gradients", first is None, first.told(cases) if first else f"{len(cases)} cases")
        if first is not None:
            return
    for identity, apart in zip(step.identities, found.identities, strict=True):
        holds = isfinite(apart) and apart <= ZERO
        yield Check("identity", holds, identity.words + ("" if holds else f" (apart: {apart:.3g})"))


def in_place(found: Behaviour) -> Iterator[Check]:
    """What to say where an input is another after the call."""
    if found.changed:
        yield Check("inputs", False, f"it changes `{found.changed}` in place: work on a copy")


def told(failure: Failure) -> str:
    """An exception in words."""
    if "can't allocate memory" in failure.text or failure.kind == "MemoryError":
        return f"it takes more than {LIMITS.memory >> 30} GiB of memory"
    if failure.kind == "OSError" and "File too large" in failure.text:
        return "it prints, or writes, more than 1 MB"
    return f"{failure.kind}: {failure.text}" if failure.text else failure.kind


def variants(
    exercise: Exercise, step: Step, seed: int, folder: Path, sets: Sequence[tuple[Mistake, ...]], cases: int
) -> list[Behaviour | None]:
    """What the answer does with each set of mistakes."""
    names = ["-with-".join(["answer", *(mistake.name for mistake in mistakes)]) for mistakes in sets]

    def work() -> None:
        for name, mistakes in zip(names, sets, strict=True):
            patch = tuple(pair for mistake in mistakes for pair in mistake.patch)
            attempt(exercise, step, seed, folder, name, patch)

    child(work, folder)
    return [recorded(folder, name, cases) for name in names]


def judge_answer(exercise: Exercise, step: Step, answer: Any, seed: int) -> Judgement:
    """Judge one function or class in this process, as notebooks need it: without limits."""
    with tempfile.TemporaryDirectory(prefix="firsthand-") as name:
        folder = Path(name)
        with Watch():
            record(step, answer, seed, folder, f"learner-{step.name}")
        child(lambda: answers(exercise, [step], seed, folder), folder)
        return judged(exercise, step, seed, folder, "done")
