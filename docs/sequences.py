"""The language models beside one another: the same names, the same book, loss against seconds of training.

    python docs/sequences.py [--seeds 0 1 2]

Trains every model with its own recipe, one after the other so that the seconds count, and writes docs/results/
sequences.md with its figures. Finished runs under runs/sequences are kept; Ctrl-C loses nothing.
"""

import json
import statistics
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tyro

import firsthand
from firsthand.api import Run, machine
from firsthand.train.comparison import curves
from firsthand.train.folder import write_atomically

ROOT = Path(__file__).parent.parent
RUNS = ROOT / "runs" / "sequences"
RESULTS = ROOT / "docs" / "results"


@dataclass(frozen=True)
class Contest:
    """One text, and the models that learn it."""

    title: str
    about: str
    models: tuple[tuple[str, str], ...]  # paper and preset
    overrides: dict[str, Any] = field(default_factory=dict)


NAMES = (
    ("mlp", "laptop"),
    ("rnn", "names"),
    ("lstm", "names"),
    ("gru", "names"),
    ("wavenet", "hierarchy"),
    ("wavenet", "names"),
    ("selfattention", "names"),
)
BOOK = (("rnn", "laptop"), ("lstm", "laptop"), ("gru", "laptop"), ("wavenet", "laptop"), ("selfattention", "laptop"))

CONTESTS = {
    "names": Contest(
        "The names of DL-101",
        "14,821 names, split 80/10/10 as the course splits them; nats a character, the end of a name included. "
        "Of the test names about half are in the training set, too: see the next table.",
        NAMES,
        {"data.name": "indian-male-names"},
    ),
    "names-once": Contest(
        "The same, each name once",
        "8,519 distinct names: no test name was seen in training.",
        NAMES,
        {"data.name": "indian-male-names", "data.deduplicate": True},
    ),
    "timemachine": Contest(
        "The Time Machine",
        "Characters, as printed; the first 90 % to train on, then 5 % for validation and 5 % to test.",
        BOOK,
        {"data.name": "timemachine"},
    ),
}


def trained(contest: str, key: str, preset: str, seed: int) -> Run:
    """The run, finished, or trained now, or trained to its end."""
    path = RUNS / contest / f"{key}-{preset}-seed{seed}"
    if (path / "config.json").exists():
        return firsthand.resume(path)
    return firsthand.train(key, preset, out=path, seed=seed, **CONTESTS[contest].overrides)


def table(runs: list[Run]) -> list[str]:
    """A row for each model: means over the seeds."""
    rows = ["| model | parameters | steps | seconds | train | dev | test | test, seed by seed |"]
    rows.append("| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |")
    groups: dict[tuple[str, str], list[Run]] = {}
    for run in runs:
        groups.setdefault((run.config["paper"], run.config["preset"]), []).append(run)
    for (paper, preset), members in groups.items():
        results = [run.result for run in members]
        loss = {
            split: [result["metrics"][f"{split}_loss"] for result in results] for split in ("train", "val", "test")
        }
        means = " | ".join(f"{statistics.mean(values):.3f}" for values in loss.values())
        seconds = statistics.mean(result["seconds"] for result in results)
        rows.append(
            f"| `{paper}`, {preset} | {results[0]['params']:,} | {results[0]['steps']:,} | {seconds:.0f} | {means} "
            f"| {', '.join(f'{value:.3f}' for value in loss['test'])} |"
        )
    return rows


def main(seeds: tuple[int, ...] = (0, 1, 2)) -> None:
    """Train what is not trained yet and write the page.

    Args:
        seeds: of the runs of every model.
    """
    lines = ["# Language models beside one another", ""]
    lines += ["Written by `python docs/sequences.py`: every model with its own recipe, one CPU run at a time.", ""]
    for contest, spec in CONTESTS.items():
        runs = [trained(contest, key, preset, seed) for seed in seeds for key, preset in spec.models]
        figure = curves([run.folder for run in runs], "seconds", spec.title)
        figure.savefig(RESULTS / f"sequences-{contest}.png")
        lines += [f"## {spec.title}", "", spec.about, "", *table(runs), "", f"![]({f'sequences-{contest}.png'})", ""]
    lines += [f"Seeds {', '.join(map(str, seeds))}. Machine: {json.dumps(machine())}.", ""]
    write_atomically(RESULTS / "sequences.md", "\n".join(lines).encode())


if __name__ == "__main__":
    tyro.cli(main, args=sys.argv[1:])
