"""Runs beside one another: a row each, the options in which they differ, and their losses in one figure."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from matplotlib.figure import Figure

from firsthand.errors import UserError
from firsthand.figures.comparison import Points, losses
from firsthand.train.figures import save
from firsthand.train.folder import RunFolder
from firsthand.train.recipe import flat

MADE = "firsthand compare"  # written into the figure's file, so that it is known again
# What a run writes down, and how often; the seed, over which runs are averaged.
BOOKKEEPING = ("seed", "eval_every", "log_every", "checkpoint_every", "diagnose_every")


@dataclass(frozen=True)
class Comparison:
    """Runs beside one another."""

    rows: list[dict[str, Any]]  # one a run: its name, data, seed, size, steps, seconds and losses
    labels: list[str]  # what the figure calls each run
    unlike: dict[str, list[Any]]  # options in which they differ, each run's value in turn
    figure: Figure
    path: Path | None = None  # where the figure was written


def compared(
    folders: Sequence[RunFolder],
    against: Literal["seconds", "steps"] = "seconds",
    title: str | None = None,
    path: Path | None = None,
) -> Comparison:
    """The runs beside one another, their figure written to `path`; raises UserError as `curves` does."""
    figure = curves(folders, against, title)
    if path is not None:
        save(figure, path, MADE, option="--to")
    labels = [label(folder, folders) for folder in folders]
    return Comparison([row(folder) for folder in folders], labels, unlike(folders), figure, path)


def row(folder: RunFolder) -> dict[str, Any]:
    """What is compared of a run."""
    config, result = folder.config, folder.result or {}
    metrics = result.get("metrics", {})
    facts = {"run": folder.path.name, "data": config["data"], "seed": config["seed"]}
    facts |= {name: result.get(name) for name in ("params", "steps", "seconds")}
    return facts | {f"{split} loss": metrics.get(f"{split}_loss") for split in ("train", "val", "test")}


def unlike(folders: Sequence[RunFolder]) -> dict[str, list[Any]]:
    """The options in which the runs differ, each run's value in turn, None where it has no such option.

    Left out are the seed, how often something is written, and, of different papers, the shapes of their networks. Where
    runs computed in different ways or on different machines, that is among the options, for the seconds' sake.
    """
    options = [settings(folder.config) for folder in folders]
    papers = {folder.config["paper"] for folder in folders}
    found: dict[str, list[Any]] = {}
    for name in dict.fromkeys(name for own in options for name in own):
        given = [own[name] for own in options if name in own]
        shape = name.startswith("model.") and "dropout" not in name
        if not (shape and len(papers) > 1) and any(value != given[0] for value in given[1:]):
            found[name] = [own.get(name) for own in options]
    return found


def settings(config: dict[str, Any]) -> dict[str, Any]:
    """All that decides a run's numbers and seconds, by dotted names, but for its paper, its seed and bookkeeping."""
    recipe = {name: value for name, value in flat(config["recipe"]).items() if name not in (*BOOKKEEPING, "threads")}
    known = ("torch", "platform", "cpu", "cores", "threads", "cuda")
    machine = {name: config.get("machine", {}).get(name) for name in known}
    launch = {name: config.get("launch", {}).get(name) for name in ("device", "devices", "precision")}
    return recipe | launch | machine | {"weights": config.get("weights")}


def curves(
    folders: Sequence[RunFolder], against: Literal["seconds", "steps"] = "seconds", title: str | None = None
) -> Figure:
    """Validation loss against seconds of training or steps; runs that differ in their seed alone share a colour.

    Raises UserError where runs have no validation loss, or learned from different data.
    """
    data = {folder.config["data"] for folder in folders}
    if len(data) > 1:
        raise UserError(f"Losses on different data cannot be compared: these are on {', '.join(sorted(data))}.")
    groups: dict[str, list[Points]] = defaultdict(list)
    for folder in folders:
        points = points_of(folder, against)
        if not points:
            raise UserError(f"{folder.path} has no validation loss yet; compare it when it has trained a while.")
        groups[label(folder, folders)].append(points)
    words = title or f"{data.pop()}: which learns fastest? (lowest loss beside each)"
    return losses(groups, "seconds of training" if against == "seconds" else "steps", words, list(unlike(folders)))


def points_of(folder: RunFolder, against: Literal["seconds", "steps"]) -> Points:
    """Where the run stood at every evaluation: (seconds or steps, validation loss)."""
    seconds = {row["step"]: row["seconds"] for row in folder.times}
    return [
        (seconds[row["step"]] if against == "seconds" else row["step"], row["val_loss"])
        for row in folder.metrics
        if row.get("val_loss") is not None and row["step"] in seconds
    ]


def label(folder: RunFolder, folders: Sequence[RunFolder]) -> str:
    """The paper's key, with what tells the runs of this paper apart: their preset, and fields other than the seed."""
    same = [other.config for other in folders if other.config["paper"] == folder.config["paper"]]
    words = [folder.config["paper"]]
    if len({config["preset"] for config in same}) > 1:
        words.append(folder.config["preset"])
        same = [config for config in same if config["preset"] == folder.config["preset"]]
    recipes = [flat(config["recipe"]) for config in same]
    mine = flat(folder.config["recipe"])
    differ = (name for name in mine if name not in BOOKKEEPING and any(r.get(name) != mine[name] for r in recipes))
    return ", ".join([*words, *(f"{name.rpartition('.')[2]} {mine[name]}" for name in differ)])
