"""Run what a paper's claims need, training runs and experiments, each once and kept, and collect the numbers."""

import os
import shlex
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from firsthand import api, papers
from firsthand.claims import Claim, Measure, Seen
from firsthand.errors import UserError, unknown
from firsthand.reproduce.plan import Job, job_for, plan, together
from firsthand.reproduce.progress import Clock, TimeLeft, remaining
from firsthand.reproduce.series import read_series, write_series
from firsthand.reproduce.table import mean, render
from firsthand.train.folder import RunFolder, read_json, write_atomically, write_json
from firsthand.train.launch import SAFE_PATH


@dataclass(frozen=True)
class Results:
    """The outcome: what the results file holds, the table made from it, and where both lie."""

    content: dict[str, Any]
    table: str
    folder: Path


def reproduce(
    key: str,
    claims: str | Sequence[str] = (),
    seeds: int | None = None,
    jobs: int = 1,
    out: str | Path | None = None,
    runs: str | Path = api.RUNS / "reproduce",
    judge: bool = False,
) -> Results:
    """Measure a paper's claims and write KEY.json, KEY.md and a figure for each claim into `out`.

    `claims`: only these, by their keys; `seeds`: how many, by default as many as each claim says; `jobs`: runs that
    train at the same time; `runs`: where they are kept. Finished runs are used again, interrupted ones go on.
    With `judge` nothing runs: the numbers that KEY.json holds are judged again, and drawn where their series are kept.
    Raises UserError for an unknown paper or claim, and when a run fails; a run that diverges is a result.
    """
    paper, chosen, runs = papers.get(key), chosen_claims(key, claims, seeds), Path(runs)
    most = 4 * (os.cpu_count() or 1)
    if jobs < 1:
        raise UserError(f"jobs must be at least 1, got {jobs}.")
    if jobs > most:
        raise UserError(f"jobs must be at most {most} on this machine, four a core, got {jobs}.")
    out = Path(out) if out else runs.parent / "results"
    content = earlier(out / f"{key}.json") or {"paper": key, "title": paper.card.title, "claims": []}
    if not judge:
        plans = {claim.key: plan(key, claim, seeds, runs) for claim in chosen}
        free, timed = (together(plans[one.key] for one in chosen if one.timed is alone) for alone in (False, True))
        perform(free.missing, jobs, free.seconds, later=timed.took(timed.missing))
        perform(timed.missing, 1, timed.seconds)
    kept = {row["key"]: row for row in content["claims"]}
    for claim in chosen:
        row = again(claim, kept.get(claim.key)) if judge else outcome(key, claim, seeds, runs)
        kept |= {} if row is None else {claim.key: row}
        if not judge:
            write_series(out, key, claim, seen(key, claim, seeds, runs))

    from firsthand.train.figures import save  # matplotlib takes half a second to import

    content |= {"title": paper.card.title, "claims": [kept[claim.key] for claim in paper.claims if claim.key in kept]}
    write_json(out / f"{key}.json", content)
    table = render(content)
    write_atomically(out / f"{key}.md", table.encode())
    for claim in paper.claims:
        if claim.key in kept:
            path = out / f"{key}-{claim.key}.png"
            left = read_series(out, key, claim)
            if (claim in chosen and not judge) or left or claim.figure is None or not path.exists():
                save(figure_of(claim, kept[claim.key], left), path)
    return Results(content, table, out)


def earlier(path: Path) -> dict[str, Any] | None:
    """The results that are there from an earlier call; raises UserError for a file that is something else."""
    if not path.exists():
        return None
    try:
        content = read_json(path)
        render(content)
    except (UserError, KeyError, TypeError, AttributeError, ValueError, IndexError):
        raise UserError(f"{path} holds no results of reproduce: move it away, or give another --out.") from None
    return content


def chosen_claims(key: str, names: str | Sequence[str] = (), seeds: int | None = None) -> list[Claim]:
    """The claims of a paper with these keys, or all; raises UserError for an unknown one and for too few seeds."""
    claims = papers.get(key).claims
    names = [names] if isinstance(names, str) else list(names)
    for name in names:
        if name not in [claim.key for claim in claims]:
            raise unknown(f"claim of {key}", name, [claim.key for claim in claims])
    if seeds is not None and seeds < 1:
        raise UserError(f"seeds must be at least 1, got {seeds}.")
    return [claim for claim in claims if not names or claim.key in names]


def perform(
    todo: list[Job], jobs: int, seconds: Mapping[Path, float | None] | None = None, later: float | None = 0.0
) -> None:
    """Do the runs, `jobs` at a time, each in a process of its own; Ctrl-C lets a training run save a checkpoint.

    `seconds` says how long each should take, and `later` how long what comes after them, for the estimate.
    A run that leaves a result.json is done, with whatever exit code: a diverged one does not hold up the others.
    """
    if not todo:
        return
    threads = max((os.cpu_count() or 1) // jobs, 1)
    clock = Clock({job.folder: (seconds or {}).get(job.folder) for job in todo}, min(jobs, len(todo)), later)
    bars = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    columns = (*bars, TimeLeft(clock))
    stop = threading.Event()
    with Progress(*columns, console=api_console()) as bar, ThreadPoolExecutor(jobs) as pool:
        row = bar.add_task("running", total=len(todo))
        if not bar.console.is_terminal:
            bar.console.print(f"{len(todo)} {'run' if len(todo) == 1 else 'runs'} to do, {remaining(clock)}")

        def train(job: Job) -> None:
            if stop.is_set():
                return
            bar.update(row, description=job.label)
            clock.begin(job.folder)
            begun = (job.folder / "config.json").exists()
            command = ["train", "--resume"] if begun else [*job.command, "--out"]
            command += [str(job.folder)]
            environment = os.environ | {"OMP_NUM_THREADS": str(threads)} | SAFE_PATH
            done = subprocess.run(
                [sys.executable, "-m", "firsthand.cli", *command, "--json"],
                env=environment,
                capture_output=True,
                text=True,
            )
            if done.returncode and job.result is None:
                stop.set()
                last = done.stderr.strip().splitlines()[-1:] or ["it said nothing"]
                raise UserError(f"The run '{job.label}' failed: {last[0]} (by hand: firsthand {shlex.join(command)})")
            clock.end(job.folder, count=not begun)
            bar.advance(row)
            if not bar.console.is_terminal:
                finished = f"{bar.tasks[0].completed:.0f} of {len(todo)}"
                bar.console.print(f"done: {job.label} ({finished}, {remaining(clock)})")

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
        arms.append(
            {
                "name": arm.name,
                "command": "firsthand " + shlex.join(jobs[0].command),
                "seconds": round(mean([result["seconds"] for result in results]), 1),
                "paper": dict(arm.paper),
                "ours": {m.name: [number(job, m) for job in jobs] for m in claim.measures},
            }
        )
    config = RunFolder(jobs[0].folder).config
    content = {
        "seeds": list(claim.seeds[:seeds]),
        "arms": arms,
        **{name: config.get(name) for name in ("firsthand", "commit", "machine")},
        "date": date.today().isoformat(),
    }
    return {"key": claim.key} | described(claim) | content | judged(claim, content)


def described(claim: Claim) -> dict[str, Any]:
    """What the results file says of a claim whatever its numbers."""
    return {
        "statement": claim.statement,
        "kind": claim.kind,
        "where": claim.where,
        "remark": claim.remark,
        "untested": claim.untested,
        "timed": claim.timed,
        "measures": [{"name": m.name, "label": m.label, "digits": m.digits} for m in claim.measures],
    }


def figure_of(claim: Claim, row: dict[str, Any], seen: dict[str, list[Seen]]) -> Any:
    """The claim's own figure where there is one and what it shows is here, else the general one."""
    if claim.figure is not None and seen and all(seen.values()):
        return claim.figure(seen)
    from firsthand.figures.dots import picture  # matplotlib takes half a second to import

    return picture(row)


def again(claim: Claim, row: dict[str, Any] | None) -> dict[str, Any] | None:
    """A kept claim's part with its numbers judged by today's conditions; None where there is none.

    Raises UserError where a number that they ask for was never measured.
    """
    if row is None:
        return None
    arms = {arm["name"]: arm for arm in row["arms"]}
    try:
        kept = [
            arms[arm.name]
            | {"paper": dict(arm.paper), "ours": {m.name: arms[arm.name]["ours"][m.name] for m in claim.measures}}
            for arm in claim.arms
        ]
    except KeyError as missing:
        raise UserError(f"The kept results of '{claim.key}' have no {missing}: run it, without --judge.") from None
    row = row | described(claim) | {"arms": kept}
    return row | judged(claim, row)


def number(job: Job, measure: Measure) -> float | int | None:
    """What a finished run measured, in the paper's unit; None if it diverged. Raises UserError where it is absent."""
    found = (job.result | job.result["metrics"]).get(measure.name, ...)
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, float | int):
        raise UserError(f"{job.folder} has no number '{measure.name}' in its result.json: delete it and measure again.")
    return found * measure.scale


def seen(key: str, claim: Claim, seeds: int | None, runs: Path) -> dict[str, list[Seen]]:
    """What the runs of every arm left, for the claim's own figure; none where a run is gone."""
    found: dict[str, list[Seen]] = {}
    for arm in claim.arms:
        folders = [(seed, RunFolder(job_for(key, arm, seed, runs).folder)) for seed in claim.seeds[:seeds]]
        found[arm.name] = [Seen(seed, f.result, list(f.metrics)) for seed, f in folders if f.result is not None]
    return found


def judged(claim: Claim, content: dict[str, Any]) -> dict[str, Any]:
    """The conditions and the verdict, from the numbers of the results file alone."""
    found = claim.judge({arm["name"]: arm["ours"] for arm in content["arms"]})
    return {
        "conditions": [{"words": one.words, "holds": one.holds, "limit": one.limit} for one in found],
        "verdict": claim.verdict(found),
    }
