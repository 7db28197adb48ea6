"""What measuring a paper's claims takes: the runs, which of them are kept already, and how long the others take."""

import hashlib
import inspect
import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from firsthand import papers
from firsthand.claims import Arm, Claim
from firsthand.errors import UserError
from firsthand.options import override, words
from firsthand.reproduce.table import mean
from firsthand.train.folder import RunFolder, read_json
from firsthand.train.recipe import flat

COMMITTED = Path(__file__).parents[3] / "docs" / "results"  # of the repository; a wheel has none


@dataclass(frozen=True)
class Job:
    """One run that a claim needs: where it is kept and the command that makes it."""

    folder: Path
    command: tuple[str, ...]  # what a person would type after `firsthand`, without --out
    label: str

    @property
    def result(self) -> dict[str, Any] | None:
        """The finished run's result.json, or None; raises UserError for one that is no run's."""
        found = RunFolder(self.folder).result
        if found is None:
            return None
        whole = isinstance(found, dict) and isinstance(found.get("metrics"), dict)
        if not whole or not isinstance(found.get("seconds"), float | int):
            raise UserError(f"{self.folder}/result.json is no run's result: delete {self.folder} to do it again.")
        return found


@dataclass(frozen=True)
class Plan:
    """The runs that one claim needs, or several, by their folders: each once, in the order in which they are done."""

    jobs: dict[Path, Job]
    seconds: dict[Path, float | None]  # how long each takes; None: unknown

    @property
    def missing(self) -> list[Job]:
        """The runs that are not finished."""
        return [job for job in self.jobs.values() if job.result is None]

    def took(self, jobs: Iterable[Job]) -> float | None:
        """Seconds of these runs, one after another; None where one is unknown."""
        found = [self.seconds[job.folder] for job in jobs]
        return None if None in found else round(math.fsum(found), 1)


def together(plans: Iterable[Plan]) -> Plan:
    """What several claims need: a run that they share is done once."""
    whole = Plan({}, {})
    for one in plans:
        known = {folder: took for folder, took in one.seconds.items() if took is not None}
        whole = Plan(whole.jobs | one.jobs, one.seconds | whole.seconds | known)
    return whole


def plan(key: str, claim: Claim, seeds: int | None, runs: Path) -> Plan:
    """The runs of a claim, arms alternating within each seed, so that a drifting machine is fair to all of them.

    Seconds are a finished run's own, else the mean of its arm's other runs here, else the committed results'.
    """
    path = COMMITTED / f"{key}.json"
    rows = read_json(path)["claims"] if path.exists() else []
    committed = {arm["name"]: arm["seconds"] for row in rows if row["key"] == claim.key for arm in row["arms"]}
    jobs: dict[tuple[int, int], Job] = {}
    seconds: dict[Path, float | None] = {}
    for number, arm in enumerate(claim.arms):
        ours = [job_for(key, arm, seed, runs) for seed in claim.seeds]
        here = {job.folder: float(job.result["seconds"]) for job in ours if job.result is not None}
        guess = mean(list(here.values())) if here else committed.get(arm.name)
        for turn, job in enumerate(ours[:seeds]):
            jobs[turn, number] = job
            seconds[job.folder] = here.get(job.folder, guess)
    return Plan({jobs[place].folder: jobs[place] for place in sorted(jobs)}, seconds)


def job_for(key: str, arm: Arm, seed: int, runs: Path) -> Job:
    """The run of one arm and seed; its folder's name holds a digest of what decides it, so equal runs are shared.

    Fields at their class's default do not count in the digest: a new option does not orphan the runs before it.
    """
    if arm.measured:
        return experiment_for(key, arm, seed, runs)
    base = papers.get(key).preset(arm.preset)
    changes = dict(arm.overrides) | {"seed": seed}
    recipe, plain = flat(override(base, changes)), flat(type(base)())
    chosen = {name: value for name, value in recipe.items() if name not in plain or plain[name] != value}
    folder = runs / key / f"{arm.preset}-seed{seed}-{digest(chosen)}"
    return Job(folder, ("train", key, "--preset", arm.preset, *words(base, changes)), f"{arm.name}, seed {seed}")


def experiment_for(key: str, arm: Arm, seed: int, runs: Path) -> Job:
    """The same for an experiment: its options that are not at their default decide."""
    function = papers.get(key).experiment(arm.measured)
    plain = {name: p.default for name, p in inspect.signature(function).parameters.items()}
    chosen = {name: value for name, value in arm.overrides.items() if plain.get(name, ...) != value}
    folder = runs / key / f"{arm.measured}-seed{seed}-{digest(chosen | {'seed': seed})}"
    spelled = words(SimpleNamespace(**plain), dict(arm.overrides) | {"seed": seed})
    return Job(folder, ("experiment", key, arm.measured, *spelled), f"{arm.name}, seed {seed}")


def digest(chosen: dict[str, Any]) -> str:
    """A short name for these settings: what decides a run. On which version it ran its config.json says."""
    return hashlib.sha256(json.dumps(chosen, sort_keys=True).encode()).hexdigest()[:10]


def spelled(seconds: float | int | None) -> str:
    """A time as people say it: 40 s, 12 min, 3.5 h."""
    if seconds is None:
        return "unknown"
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 90 * 60 else f"{seconds / 3600:.1f} h"
