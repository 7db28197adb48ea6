"""Run what a paper's claims need, training runs and experiments, each once and kept, and collect the numbers."""

import hashlib
import inspect
import json
import os
import shlex
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from firsthand import __version__, api, papers
from firsthand.errors import UserError, unknown
from firsthand.options import override, words
from firsthand.papers.claim import Arm, Claim, Seen
from firsthand.reproduce.table import mean, render
from firsthand.train.folder import RunFolder, read_json, write_atomically, write_json
from firsthand.train.recipe import flat


@dataclass(frozen=True)
class Job:
    """One run that a claim needs: where it is kept and the command that makes it."""

    folder: Path
    command: tuple[str, ...]  # what a person would type after `firsthand`, without --out
    label: str

    @property
    def result(self) -> dict[str, Any] | None:
        """The finished run's result.json, or None."""
        return RunFolder(self.folder).result


@dataclass(frozen=True)
class Results:
    """The outcome: what the results file holds, the table made from it, and where both lie."""

    content: dict[str, Any]
    table: str
    folder: Path


def reproduce(
    key: str,
    claims: Sequence[str] = (),
    seeds: int | None = None,
    jobs: int = 1,
    out: Path | None = None,
    runs: Path = api.RUNS / "reproduce",
) -> Results:
    """Measure a paper's claims and write KEY.json, KEY.md and a figure for each claim into `out`.

    Raises UserError for an unknown paper or claim, and when a run fails.
    """
    paper = papers.get(key)
    for name in claims:
        if name not in [claim.key for claim in paper.claims]:
            raise unknown(f"claim of {key}", name, [claim.key for claim in paper.claims])
    for name, number in (("jobs", jobs), ("seeds", seeds)):
        if number is not None and number < 1:
            raise UserError(f"{name} must be at least 1, got {number}.")
    chosen = [claim for claim in paper.claims if not claims or claim.key in claims]
    out = out or runs.parent / "results"
    for timed in (False, True):
        todo = [
            job
            for claim in chosen
            if claim.timed is timed
            for job in needed(key, claim, seeds, runs)
            if job.result is None
        ]
        perform(list({job.folder: job for job in todo}.values()), 1 if timed else jobs)

    from firsthand.reproduce.figures import draw  # matplotlib takes half a second to import

    path = out / f"{key}.json"
    content = read_json(path) if path.exists() else {"paper": key, "title": paper.card.title, "claims": []}
    kept = {row["key"]: row for row in content["claims"]}
    kept |= {claim.key: outcome(key, claim, seeds, runs) for claim in chosen}
    content |= {"claims": [kept[claim.key] for claim in paper.claims if claim.key in kept]}
    write_json(path, content)
    table = render(content)
    write_atomically(out / f"{key}.md", table.encode())
    for claim in paper.claims:
        if claim.key in kept:
            path = out / f"{key}-{claim.key}.png"
            if claim in chosen or not path.exists():
                draw(claim, kept[claim.key], seen(key, claim, seeds, runs)).savefig(path)
    return Results(content, table, out)


def needed(key: str, claim: Claim, seeds: int | None, runs: Path) -> Iterator[Job]:
    """The runs of a claim, arms alternating within each seed, so that a drifting machine is fair to all of them."""
    for seed in claim.seeds[:seeds]:
        for arm in claim.arms:
            yield job_for(key, arm, seed, runs)


def job_for(key: str, arm: Arm, seed: int, runs: Path) -> Job:
    """The run of one arm and seed; its folder's name holds a digest of what decides it, so equal runs are shared.

    Fields at their class's default do not count in the digest: a new option does not orphan the runs before it.
    """
    if arm.experiment:
        return experiment_for(key, arm, seed, runs)
    base = papers.get(key).preset(arm.preset)
    changes = dict(arm.overrides) | {"seed": seed}
    recipe, plain = flat(override(base, changes)), flat(type(base)())
    chosen = {name: value for name, value in recipe.items() if name not in plain or plain[name] != value}
    folder = runs / key / f"{arm.preset}-seed{seed}-{digest(chosen)}"
    return Job(folder, ("train", key, "--preset", arm.preset, *words(base, changes)), f"{arm.name}, seed {seed}")


def experiment_for(key: str, arm: Arm, seed: int, runs: Path) -> Job:
    """The same for an experiment: its options that are not at their default decide."""
    function = papers.get(key).experiment(arm.experiment)
    plain = {name: p.default for name, p in inspect.signature(function).parameters.items()}
    chosen = {name: value for name, value in arm.overrides.items() if plain.get(name, ...) != value}
    folder = runs / key / f"{arm.experiment}-seed{seed}-{digest(chosen | {'seed': seed})}"
    spelled = words(SimpleNamespace(**plain), dict(arm.overrides) | {"seed": seed})
    return Job(folder, ("experiment", key, arm.experiment, *spelled), f"{arm.name}, seed {seed}")


def digest(chosen: dict[str, Any]) -> str:
    """A short name for these settings in this version."""
    return hashlib.sha256(json.dumps(chosen | {"version": __version__}, sort_keys=True).encode()).hexdigest()[:10]


def perform(todo: list[Job], jobs: int) -> None:
    """Do the runs, `jobs` at a time, each in a process of its own; Ctrl-C lets a training run save a checkpoint."""
    if not todo:
        return
    threads = max((os.cpu_count() or 1) // jobs, 1)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    stop = threading.Event()
    with Progress(*columns, console=api_console()) as bar, ThreadPoolExecutor(jobs) as pool:
        row = bar.add_task("running", total=len(todo))

        def train(job: Job) -> None:
            if stop.is_set():
                return
            bar.update(row, description=job.label)
            begun = (job.folder / "config.json").exists()
            command = ["train", "--resume"] if begun else [*job.command, "--out"]
            command += [str(job.folder)]
            environment = os.environ | {"OMP_NUM_THREADS": str(threads)}
            done = subprocess.run(
                [sys.executable, "-m", "firsthand.cli", *command, "--json"],
                env=environment,
                capture_output=True,
                text=True,
            )
            if done.returncode:
                stop.set()
                last = done.stderr.strip().splitlines()[-1:] or ["it said nothing"]
                raise UserError(f"The run '{job.label}' failed: {last[0]} (by hand: firsthand {shlex.join(command)})")
            bar.advance(row)
            if not bar.console.is_terminal:
                bar.console.print(f"done: {job.label}")

        futures = [pool.submit(train, job) for job in todo]
        try:
            for future in futures:
                future.result()
        except KeyboardInterrupt:
            stop.set()
            raise


def api_console() -> Any:
    """Progress goes to stderr, as everywhere."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


def outcome(key: str, claim: Claim, seeds: int | None, runs: Path) -> dict[str, Any]:
    """One claim's part of the results file: every number of every seed, the conditions and the verdict."""
    arms = []
    for arm in claim.arms:
        jobs = [job_for(key, arm, seed, runs) for seed in claim.seeds[:seeds]]
        results = [job.result for job in jobs]
        assert all(result is not None for result in results), f"{claim.key}: a run is missing"
        flats = [result | result["metrics"] for result in results]
        arms.append(
            {
                "name": arm.name,
                "command": "firsthand " + shlex.join(jobs[0].command),
                "seconds": round(mean([result["seconds"] for result in results]), 1),
                "paper": dict(arm.paper),
                "ours": {
                    m.name: [row[m.name] * m.scale if row[m.name] is not None else None for row in flats]
                    for m in claim.measures
                },
            }
        )
    config = RunFolder(jobs[0].folder).config
    content = {
        "key": claim.key,
        "statement": claim.statement,
        "where": claim.where,
        "remark": claim.remark,
        "seeds": list(claim.seeds[:seeds]),
        "timed": claim.timed,
        "measures": [{"name": m.name, "label": m.label, "digits": m.digits} for m in claim.measures],
        "arms": arms,
        "machine": config["machine"],
        "firsthand": config["firsthand"],
        "date": date.today().isoformat(),
    }
    return content | judge(claim, content)


def seen(key: str, claim: Claim, seeds: int | None, runs: Path) -> dict[str, list[Seen]]:
    """What the runs of every arm left, for the claim's own figure; none where a run is gone."""
    found: dict[str, list[Seen]] = {}
    for arm in claim.arms:
        folders = [(seed, RunFolder(job_for(key, arm, seed, runs).folder)) for seed in claim.seeds[:seeds]]
        found[arm.name] = [Seen(seed, f.result, list(f.metrics)) for seed, f in folders if f.result is not None]
    return found


def judge(claim: Claim, content: dict[str, Any]) -> dict[str, Any]:
    """The conditions and the verdict, from the numbers of the results file alone."""

    def ours(arm: str, measure: str) -> float:
        return mean(next(row["ours"][measure] for row in content["arms"] if row["name"] == arm))

    return {
        "conditions": [{"words": c.words, "holds": bool(c.holds(ours))} for c in claim.conditions],
        "verdict": claim.verdict(ours),
    }
