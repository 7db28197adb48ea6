"""Proof of the judge: every named mistake is rejected by its name, and every right solution accepted."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from firsthand.papers.exercise import Exercise, Step
from firsthand.study.judge import ZERO, Judgement, answers, attempt, judged, loaded, refused, stopped, variants
from firsthand.study.judge.behaviour import Watch, cases_of, record, recorded
from firsthand.study.judge.rule import uses
from firsthand.study.judge.verdict import difference, named


@dataclass(frozen=True)
class Fault:
    """A mistake that the judge does not tell."""

    step: str
    mistake: str
    seed: int
    words: str


def faults(exercise: Exercise, step: Step, seed: int) -> Iterator[Fault]:
    """The mistakes of a step that one seed's cases accept, or call by another name; also a right answer rejected."""
    with tempfile.TemporaryDirectory(prefix="firsthand-") as name:
        folder, cases = Path(name), len(list(cases_of(step, seed)))
        record(step, step.answer, seed, folder, "right")
        right = recorded(folder, "right", cases)
        if right is None or right.failure or right.changed or not all(apart <= ZERO for apart in right.identities):
            yield Fault(step.name, "", seed, f"the answer is rejected: {right}")
            return
        for number, convention in enumerate(step.conventions):
            attempt(exercise, step, seed, folder, f"convention-{number}", convention.patch)
            other = recorded(folder, f"convention-{number}", cases)
            if other is None or other.failure:
                yield Fault(step.name, convention.name, seed, "the convention fails")
        alone = variants(exercise, step, seed, folder, [(mistake,) for mistake in step.mistakes], cases)
        for mistake, found in zip(step.mistakes, alone, strict=True):
            if found is None:
                yield Fault(step.name, mistake.name, seed, "its patch does not fit")
            elif not found.failure and difference(found, right, step.near) is None:
                yield Fault(step.name, mistake.name, seed, "it is accepted")
            else:
                called = named(found, step, lambda sets: alone if len(sets[0]) == 1 else [None] * len(sets))
                if called != (mistake,):
                    words = called[0].name if called else "nothing"
                    yield Fault(step.name, mistake.name, seed, f"it is called {words}")


def judgements(exercise: Exercise, file: Path, seed: int) -> Iterator[Judgement]:
    """The judgements of all steps of a trusted file, by the same rule but in this process and without limits."""
    if taken := list(uses(file.read_text())):
        yield stopped(exercise, exercise.steps[0], "forbidden", refused(taken))
        return
    with Watch():
        module = loaded(file, f"solution_{file.stem}")
    with tempfile.TemporaryDirectory(prefix="firsthand-") as name:
        answers(exercise, exercise.steps, seed, Path(name))
        for step in exercise.steps:
            with Watch():
                record(step, getattr(module, step.name), seed, Path(name), f"learner-{step.name}", file)
            yield judged(exercise, step, seed, Path(name), "done")
