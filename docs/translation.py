"""The networks that translate beside one another: the same pairs of sentences, about as long on one core, BLEU.

    python docs/translation.py [--seeds 0 1 2] [--jobs 2]

Trains `seq2seq`, `bahdanau` and `transformer` on Multi30k, each with its laptop preset but for as many steps as take
about twenty minutes of one busy core, and writes docs/results/translation.md with its figure. What a finished run
scored stands in translation/runs.json beside it, and is not measured twice; Ctrl-C loses nothing.
"""

import json
import os
import statistics
import sys
from pathlib import Path
from typing import Any

import tyro
from matplotlib.figure import Figure

from firsthand.api import RUNS, Run
from firsthand.claims import Arm
from firsthand.data.pairs import Pairs
from firsthand.figures.style import BLUE, GREEN, RED, subplots
from firsthand.provenance import machine
from firsthand.reproduce.plan import Job, job_for
from firsthand.reproduce.runner import perform
from firsthand.train.folder import RunFolder, read_json, write_atomically, write_json
from firsthand.train.translation import Translation

RESULTS = Path(__file__).parent / "results"
KEPT = RESULTS / "translation" / "runs.json"
STEPS = {"seq2seq": 2700, "bahdanau": 3500, "transformer": 5000}  # 0.44, 0.34 and 0.24 seconds each where this was set
WORDS = ((1, 8), (9, 10), (11, 12), (13, 15), (16, 40))  # of a source sentence, from and to
COLOURS = dict(zip(STEPS, (RED, GREEN, BLUE), strict=True))


def job(key: str, seed: int) -> Job:
    """The run of a paper's laptop preset, longer, on one thread."""
    every = STEPS[key] // 10
    overrides = {"steps": STEPS[key], "threads": 1, "eval_every": every, "checkpoint_every": every, "bleu_pairs": 1000}
    return job_for(key, Arm(key, "laptop", overrides), seed, RUNS / "reproduce")


def kept() -> dict[str, Any]:
    """What finished runs have scored so far."""
    return read_json(KEPT) if KEPT.exists() else {}


def scored(run: Run, pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """What the table and the figure need of a finished run."""
    metrics, task = run.result["metrics"], run.recipe.task.of_run(run.trained)
    assert isinstance(task, Translation)
    by_words = []
    for least, most in WORDS:
        some = [pair for pair in pairs if least <= len(pair[0].split()) <= most]
        written = [row["translation"] for row in run.translations([source for source, _ in some], many=len(some))]
        by_words.append(round(task.bleu(written, [target for _, target in some]), 2))
    numbers = {name: round(metrics[name], 3) for name in ("val_perplexity", "test_perplexity", "val_bleu", "test_bleu")}
    return {"parameters": run.result["params"], "steps": run.result["steps"], "seconds": run.result["seconds"],
            **numbers, "bleu_by_words": by_words, "signature": task.told()["bleu"], "machine": machine()}  # fmt: skip


def figure(rows: dict[str, dict[str, Any]]) -> Figure:
    """BLEU against the words of the source, a line a run."""
    figure, axes = subplots(7.6, 4.2)
    labels = [f"{least}–{most}" if most < 40 else f"{least} and more" for least, most in WORDS]
    for name, row in rows.items():
        paper = name.split(",")[0]
        label = paper if name == next(one for one in rows if one.startswith(paper)) else None
        axes.plot(labels, row["bleu_by_words"], color=COLOURS[paper], marker="o", ms=4, label=label)
    axes.set(ylim=(0, None), xlabel="words of the English sentence", ylabel="BLEU")
    axes.set(title="Multi30k, English to German: BLEU by length")
    axes.legend()
    return figure


def page(rows: dict[str, dict[str, Any]], pairs: list[tuple[str, str]]) -> str:
    """The table, a row a paper: means over the seeds, and every seed's BLEU."""
    lines = ["# Networks that translate, beside one another", "",
             "Written by `python docs/translation.py`: Multi30k, English to German, lower-cased, each paper's laptop "
             "preset for as many steps as take about twenty minutes of a core that does nothing else; the seconds "
             "below are of cores that did. BLEU is of the 1,000 sentences of the test set of 2016, and perplexity of "
             "their tokens: pieces of words for the Transformer, words for the other two.", "",
             "| paper | parameters | steps | seconds | perplexity | BLEU, val | BLEU, test | test, seed by seed |",
             "| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |"]  # fmt: skip
    for paper in STEPS:
        members = [row for name, row in rows.items() if name.startswith(f"{paper},")]
        if not members:
            continue
        names = ("seconds", "test_perplexity", "val_bleu", "test_bleu")
        means = [statistics.mean(row[name] for row in members) for name in names]
        digits = (0, 1, 1, 1)
        cells = " | ".join(f"{value:.{n}f}" for value, n in zip(means, digits, strict=True))
        each = ", ".join(f"{row['test_bleu']:.1f}" for row in members)
        lines.append(f"| `{paper}` | {members[0]['parameters']:,} | {members[0]['steps']:,} | {cells} | {each} |")
    counts = [sum(least <= len(source.split()) <= most for source, _ in pairs) for least, most in WORDS]
    first = next(iter(rows.values()))
    lines += ["", "![](translation.png)", "", f"Test sentences in the figure: {', '.join(map(str, counts))}. "
              f"Runs: {'; '.join(rows)}. Signature of BLEU: `{first['signature']}`. "
              f"Machine: {json.dumps(first['machine'])}.", ""]  # fmt: skip
    return "\n".join(lines)


def main(seeds: tuple[int, ...] = (0, 1, 2), jobs: int = os.cpu_count() or 1) -> None:
    """Train what is not trained yet, score it, and write the page.

    Args:
        seeds: of the runs of every paper.
        jobs: runs at a time, one core each.
    """
    pairs = Pairs().parts()[2]
    rows = kept()
    missing = {f"{key}, seed {seed}": job(key, seed) for seed in seeds for key in STEPS}
    missing = {name: one for name, one in missing.items() if name not in rows}
    for start in range(0, len(missing), jobs):
        some = dict(list(missing.items())[start : start + jobs])
        perform([one for one in some.values() if one.result is None], jobs)
        found = {name: scored(Run(RunFolder(one.folder)), pairs) for name, one in some.items()}
        rows = kept() | found  # another process may have written meanwhile
        rows = {name: row for paper in STEPS for name, row in sorted(rows.items()) if name.startswith(f"{paper},")}
        KEPT.parent.mkdir(exist_ok=True)
        write_json(KEPT, rows)
        figure(rows).savefig(RESULTS / "translation.png")
        write_atomically(RESULTS / "translation.md", page(rows, pairs).encode())


if __name__ == "__main__":
    tyro.cli(main, args=sys.argv[1:])
