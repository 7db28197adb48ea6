"""The judge, measured: `python tests/study/table.py [KEY ...] [--seeds 20]` prints a row for each exercise or of these.

Every named mistake must be rejected by its name, and every right solution in `right/` accepted, on the inputs of every
seed; exits with 1 if one is not.
"""

from pathlib import Path
from typing import Annotated

import torch
import tyro

from firsthand import papers
from firsthand.commands.screen import show_table, watched
from firsthand.study.judge.proof import faults, judgements

RIGHT = Path(__file__).parent / "right"


def main(keys: Annotated[tuple[str, ...], tyro.conf.Positional] = (), seeds: int = 20) -> None:
    torch.set_num_threads(1)
    rows, wrong = [], []
    for key in keys or papers.exercises():
        exercise, solutions = papers.get(key).exercise, sorted((RIGHT / key).glob("*.py"))
        made = ((step, seed) for seed in range(seeds) for step in exercise.steps)
        found = watched((list(faults(exercise, *pair)) for pair in made), seeds * len(exercise.steps), key)
        wrong += [str(fault) for several in found for fault in several]
        for seed in range(seeds):
            for file in solutions:
                wrong += [f"{file}: {one}" for one in judgements(exercise, file, seed) if not one.right]
        mistakes = sum(len(step.mistakes) for step in exercise.steps)
        rows.append({"exercise": key, "steps": len(exercise.steps), "mistakes": mistakes, "right": len(solutions)})
    show_table([*rows, {"exercise": "all"} | {name: sum(row[name] for row in rows) for name in list(rows[0])[1:]}])
    print(
        "\n".join(wrong)
        or f"All mistakes are told by their names and all right solutions accepted, over {seeds} seeds."
    )
    raise SystemExit(bool(wrong))


if __name__ == "__main__":
    tyro.cli(main)
