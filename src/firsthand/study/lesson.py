"""A learner at work on one exercise: judge the file, tell the judgement, count it, give hints, watch the file."""

import os
import random
import select
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch
from rich.text import Text

from firsthand.errors import UserError
from firsthand.papers.exercise import Exercise, Step
from firsthand.study.judge import LIMITS, Judgement, judge
from firsthand.study.progress import Progress

Lines = list[Text]


class Lesson:
    """One learner's file, with what they have done so far."""

    def __init__(
        self, key: str, exercise: Exercise, file: Path, folder: Path, only: Step | None = None, command: str = ""
    ):
        torch.set_num_threads(1)  # children are forked from here
        self.key, self.exercise, self.file, self.only = key, exercise, file, only
        self.progress = Progress(folder)
        self.command = command or f"firsthand judge {key}"  # with which the same file is judged again

    def judge(self, seed: int) -> list[Judgement]:
        """The judgements of the chosen steps, up to the first that is not right; they are counted."""
        steps = self.exercise.steps if self.only is None else (self.only,)
        found = list(judge(self.exercise, self.file, steps, seed))
        for judgement in found:
            if judgement.kind != "unfinished":
                self.progress.tried(self.key, judgement.step, judgement.right, self.file)
        self.progress.write()
        return found

    @property
    def current(self) -> Step:
        """The step that the learner is at: the first that was never right."""
        if self.only is not None:
            return self.only
        for step in self.exercise.steps:
            if not self.progress.of(self.key, step.name).passed:
                return step
        return self.exercise.steps[-1]

    def told(self, found: Sequence[Judgement], seed: int) -> Lines:
        """Judgements in words, with the hints that are left, or with what comes next."""
        lines, steps = [], self.exercise.steps
        for judgement in found:
            lines += told(self.key, len(steps), judgement, seed)
            if not judgement.right:
                lines.append(self.hints_left(steps[judgement.number - 1]))
        if found and found[-1].right:
            lines += self.ahead(found[-1])
        return lines

    def hints_left(self, step: Step) -> Text:
        """How many hints there are, and how to get one."""
        seen = min(self.progress.of(self.key, step.name).hints, len(step.hints))
        command = self.command if self.only is None else f"{self.command} --step {self.only.name}"
        return Text(f"  Hints: {seen} of {len(step.hints)} seen; `{command} --hint` shows one.", "dim")

    def ahead(self, last: Judgement) -> Lines:
        """What comes after steps that are all right."""
        total = len(self.exercise.steps)
        if last.number < total:
            following = self.exercise.steps[last.number]
            return [Text(f"Next is step {last.number + 1}, {following.name}: `{self.command}`.")]
        done = [self.progress.of(self.key, step.name) for step in self.exercise.steps]
        if not all(one.passed for one in done):
            return []
        tries, hints = sum(one.attempts for one in done), sum(one.hints for one in done)
        return [
            Text(f"{self.key} is rebuilt: {total} steps, {tries} tries, {hints} hints.", "bold green"),
            Text(f"Read how it is done here: `firsthand show {self.key}`; train it: `firsthand train {self.key}`."),
        ]

    def hint(self) -> Lines:
        """The hints seen so far and one more, for the step that the learner is at."""
        step = self.current
        done = self.progress.of(self.key, step.name)
        if done.passed and self.only is None:
            total = len(self.exercise.steps)
            return [Text(f"All {total} steps have been right: --step 1 to --step {total} shows the hints of one.")]
        done.hints = min(done.hints + 1, len(step.hints))
        self.progress.write()
        title = Text(f"{self.key} · step {self.exercise.number(step)} · {step.name}", "bold")
        return [
            title,
            *(Text(f"  {i} of {len(step.hints)}: {hint}") for i, hint in enumerate(step.hints[: done.hints], 1)),
        ]

    def reveal(self) -> Lines:
        """The answer of the step that the learner is at."""
        step = self.current
        self.progress.of(self.key, step.name).revealed = True
        self.progress.write()
        return [Text(line) for line in step.source.rstrip().splitlines()]

    def watch(self, show: Callable[[Lines], None]) -> None:
        """Judge whenever the file is saved, until q or Ctrl-C, or until all is right."""
        seed, seen = fresh(), 0
        with keys() as pressed:
            while True:
                saved = self.saved()
                if saved != seen:
                    seen = saved
                    found = self.judge(seed)
                    show([Text(""), *self.told(found, seed)])
                    if found and found[-1].right and found[-1].number == len(self.exercise.steps):
                        return
                    show(
                        [
                            Text(
                                "Save the file to be judged again.  h hint  l list  r reveal  n new inputs  q quit",
                                "dim",
                            )
                        ]
                    )
                key = pressed(0.3)
                if key == "q":
                    return
                if key == "h":
                    show(self.hint())
                elif key == "r":
                    show(self.reveal())
                elif key == "l":
                    show(self.listed())
                elif key == "n":
                    seed, seen = fresh(), 0

    def saved(self) -> int:
        """When the file was saved last; raises UserError where there is none."""
        try:
            return self.file.stat().st_mtime_ns
        except FileNotFoundError:
            raise UserError(f"There is no {self.file}: `firsthand exercise {self.key}` writes it.") from None

    def listed(self) -> Lines:
        """The steps, and which of them are right."""
        lines = []
        for number, step in enumerate(self.exercise.steps, 1):
            mark = ("✔ ", "green") if self.progress.of(self.key, step.name).passed else ("· ", "dim")
            lines.append(Text.assemble("  ", mark, f"{number} {step.name}"))
        return lines


def fresh() -> int:
    """A seed for other inputs."""
    return random.randrange(100_000)


def told(key: str, total: int, judgement: Judgement, seed: int) -> Lines:
    """A judgement in words: a line for what is right, more for what is not."""
    title = f"{key} · step {judgement.number} of {total} · {judgement.step}"
    if judgement.right:
        words = f"right{', ' + judgement.words if judgement.words else ''}"
        return [Text.assemble(("✔ ", "green"), f"{title}: {words}")]
    limits = f"{LIMITS.cpu} s, {LIMITS.memory >> 30} GiB, no network" if judgement.offline else ""
    lines = [Text.assemble((title, "bold"), f"    seed {seed}{' · ' * bool(limits)}{limits}")]
    for check in judgement.checks:
        mark = ("  ✔ ", "green") if check.holds else ("  ✘ ", "red")
        lines.append(Text.assemble(mark, f"{check.what:10} ", check.words))
    if judgement.words:
        lines.append(Text.assemble(("  ✘ ", "red"), judgement.words))
    if judgement.mistakes:
        names = " with ".join(f'"{mistake.name}"' for mistake in judgement.mistakes)
        lines.append(Text.assemble("  This is ", (names, "bold"), ": ", judgement.mistakes[0].hint))
        lines += [Text(f"  {mistake.hint}") for mistake in judgement.mistakes[1:]]
    if judgement.printed.strip():
        lines += [Text("  It printed:"), *(Text(f"    {line}") for line in judgement.printed.splitlines()[:10])]
    return lines


@contextmanager
def keys() -> Iterator[Callable[[float], str]]:
    """Read single keys without waiting for Enter, where a terminal is there to be read."""
    if not sys.stdin.isatty():
        yield lambda pause: time.sleep(pause) or ""
        return
    import termios
    import tty

    before = termios.tcgetattr(sys.stdin)
    tty.setcbreak(sys.stdin)

    def pressed(pause: float) -> str:
        ready, _, _ = select.select([sys.stdin], [], [], pause)
        return os.read(sys.stdin.fileno(), 1).decode(errors="replace") if ready else ""  # past any buffer

    try:
        yield pressed
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)
