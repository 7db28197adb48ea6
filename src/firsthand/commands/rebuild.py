"""Commands that let a learner write a paper: exercise (the file to fill in) and judge (what is wrong with it)."""

import shlex
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.text import Text

from firsthand import papers
from firsthand.bounds import SEED, whole
from firsthand.commands.screen import AnyKey, Key, Positional, out, show_json, show_table
from firsthand.errors import UserError
from firsthand.study.progress import Progress
from firsthand.train.folder import write_atomically

REBUILD = Path("rebuild")  # where learners' files and their progress lie unless --out says otherwise


def exercise(
    key: AnyKey = None, /, reset: str | None = None, json: bool = False, out: Path = REBUILD
) -> None:
    """Write the file of an exercise, its steps to fill in; or show how far you are.

    Without a paper the exercises are listed. A file that is there already is never written over.

    Args:
        key: the paper.
        reset: put this step, by its name or number, back to how it was at first; the file before is kept beside it.
        json: print JSON instead of a table.
        out: the folder of your files.
    """
    if key is None:
        return listed(out, json)
    paper, progress = papers.get(key), Progress(out)
    steps, file = paper.exercise, out / f"{key}.py"
    if reset is not None:
        return put_back(steps, steps.step(reset), file)
    if not file.exists():
        from firsthand.study.skeleton import skeleton

        write_atomically(file, skeleton(paper, steps).encode())
        if not json:
            show(f"[green]✔[/] {file} is written: {len(steps.steps)} steps, about {steps.minutes} minutes.")
    if json:
        return show_json(
            [
                {"step": step.name, "minutes": step.minutes, **asdict(progress.of(key, step.name))}
                for step in steps.steps
            ]
        )
    rows = []
    for number, step in enumerate(steps.steps, 1):
        done = progress.of(key, step.name)
        state = f"right since {done.passed}" if done.passed else f"{done.attempts} tries" if done.attempts else ""
        rows.append({"step": number, "write": step.name, "minutes": step.minutes, "state": state})
    show_table(rows)
    show(f"Write in {file}; `{judging(key, None, out)}` says how it is, and with --watch again whenever you save.")


def judging(key: str, file: Path | None, folder: Path) -> str:
    """The command that judges a file, as it is to be typed."""
    words = ["firsthand", "judge", key, *([] if file is None else [str(file)])]
    return shlex.join([*words, *([] if folder == REBUILD else ["--out", str(folder)])])


def show(text: str) -> None:
    """A line of the answer."""
    out.print(text)


def listed(folder: Path, json: bool) -> None:
    """Show all exercises with what is done of them."""
    progress, rows = Progress(folder), []
    for key in papers.exercises():
        paper = papers.get(key)
        steps = paper.exercise.steps
        right = sum(bool(progress.of(key, step.name).passed) for step in steps)
        title = paper.card.title if json else escape(paper.card.title)
        counts = {"steps": len(steps), "right": right, "minutes": paper.exercise.minutes}
        rows.append({"exercise": key, "title": title, **counts})
    if json:
        return show_json(rows)
    show_table(rows)
    show("`firsthand exercise KEY` writes the file to fill in.")


def put_back(exercise: Any, step: Any, file: Path) -> None:
    """Reset a step in a learner's file."""
    from firsthand.study.judge import contents
    from firsthand.study.skeleton import without

    changed = without(contents(file), exercise, step)
    if changed is None:
        raise UserError(
            f"{file} holds no {step.name} that Python can read: move it away, and `firsthand exercise` writes it anew."
        )
    kept = next(path for i in range(1, 10**6) if not (path := file.with_suffix(f".{i}.py")).exists())
    shutil.copy2(file, kept)
    write_atomically(file, changed.encode())
    show(f"[green]✔[/] {step.name} is as it was at first; the file before is {kept}.")


def judge(
    key: Key, file: Positional[Path | None] = None, /, step: str | None = None, watch: bool = False, hint: bool = False,
    reveal: bool = False, seed: int | None = None, json: bool = False, out: Path = REBUILD,
) -> None:  # fmt: skip
    """Judge your own version of a paper, step by step, up to the first that is not right.

    Your file runs in a process of its own with limits of time and memory, on small inputs from a fresh seed, small to
    large. Right is equal values and gradients; a wrong step is told by its mistake, where somebody has made it before.

    Args:
        key: the paper.
        file: your file; by default rebuild/KEY.py.
        step: only this step, by its name or number.
        watch: judge again whenever the file is saved; keys: h hint, l list, r reveal, n new inputs, q quit.
        hint: show the next hint for the step that you are at.
        reveal: show the answer of the step that you are at.
        seed: of the inputs; by default another each time.
        json: print JSON.
        out: the folder of your files.
    """
    from firsthand.study import lesson

    if seed is not None:
        whole("--seed", seed, SEED)
    steps = papers.get(key).exercise
    only = None if step is None else steps.step(step)
    work = lesson.Lesson(key, steps, file or out / f"{key}.py", out, only, judging(key, file, out))
    if hint or reveal:
        lines = work.hint() if hint else work.reveal()
        return print_lines(lines)
    if watch:
        return work.watch(print_lines)
    used = lesson.fresh() if seed is None else seed
    judgements = work.judge(used)
    if json:
        show_json({"paper": key, "seed": used, "steps": [asdict(judgement) for judgement in judgements]})
    else:
        print_lines(work.told(judgements, used))
    raise SystemExit(0 if all(judgement.right for judgement in judgements) else 1)


def print_lines(lines: Sequence[Text | str]) -> None:
    """Print lines that are text already; what a learner's file says is no markup."""
    for line in lines:
        out.print(line if isinstance(line, Text) else Text(line))
