"""The language models beside one another: the same names, the same book, loss against seconds of training.

    python docs/sequences.py [--seeds 0 1 2] [--jobs 2]

Trains every model with its own recipe, on one core each, and writes docs/results/sequences.md with its figures. The
runs are those of `firsthand reproduce` where it makes the same ones, and are kept beside them; Ctrl-C loses nothing.
Seconds count only if nothing else keeps the cores busy.
"""

import json
import os
import statistics
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tyro

from firsthand.api import RUNS, Run
from firsthand.claims import Arm
from firsthand.provenance import machine
from firsthand.reproduce.plan import Job, job_for
from firsthand.reproduce.runner import perform
from firsthand.train.comparison import curves
from firsthand.train.folder import RunFolder, write_atomically

ROOT = Path(__file__).parent.parent
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
    ("wavenet", "hierarchy-laptop"),
    ("wavenet", "names"),
    ("selfattention", "names"),
)
BOOK = tuple((key, "laptop") for key in ("nplm", "rnn", "lstm", "gru", "odyssey", "wavenet", "selfattention"))

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
        "Characters, as printed; the first 90 % to train on, then 5 % for validation and 5 % to test. `nplm` is here "
        "with characters for words, and sees four of them; `birnn` and `vanishing` are no language models.",
        BOOK,
        {
            "data.name": "timemachine",
            "data.level": "character",
            "data.letters": False,
            "data.most": None,
            "data.train": 0.9,
            "data.val": 0.05,
        },
    ),
}


def jobs_of(contest: Contest, seeds: tuple[int, ...]) -> list[Job]:
    """The runs of a contest: the models alternate within each seed, so that a drifting machine is fair to all."""
    return [
        job_for(key, Arm(f"{key}, {preset}", preset, contest.overrides), seed, RUNS / "reproduce")
        for seed in seeds
        for key, preset in contest.models
    ]


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


def main(seeds: tuple[int, ...] = (0,), jobs: int = os.cpu_count() or 1) -> None:
    """Train what is not trained yet and write the page.

    Args:
        seeds: of the runs of every model.
        jobs: runs at a time; the cores are shared out among them, by default one each.
    """
    lines = ["# Language models beside one another", ""]
    lines += ["Written by `python docs/sequences.py`: every model with its own recipe, on one core.", ""]
    planned = {name: jobs_of(contest, seeds) for name, contest in CONTESTS.items()}
    perform([job for runs in planned.values() for job in runs if job.result is None], jobs)
    for contest, spec in CONTESTS.items():
        runs = [Run(RunFolder(job.folder)) for job in planned[contest]]
        figure = curves([run.folder for run in runs], "seconds", spec.title)
        figure.savefig(RESULTS / f"sequences-{contest}.png")
        lines += [f"## {spec.title}", "", spec.about, "", *table(runs), "", f"![]({f'sequences-{contest}.png'})", ""]
    lines += [f"Seeds {', '.join(map(str, seeds))}. Machine: {json.dumps(machine())}.", ""]
    write_atomically(RESULTS / "sequences.md", "\n".join(lines).encode())


if __name__ == "__main__":
    tyro.cli(main, args=sys.argv[1:])
