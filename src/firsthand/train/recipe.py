"""Recipes: everything that decides a training run's numbers, as frozen, typed, printable data. Imports no torch."""

import inspect
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, Literal

from firsthand.bounds import COUNT, MULTIPLE, NOT_NEGATIVE, ORDINAL, PART, POSITIVE, RATE, SEED, SHARE, within
from firsthand.errors import UserError

if TYPE_CHECKING:
    from torch.nn import Module

    from firsthand.optim import Average

RuleName = Literal["sgd", "adagrad", "adadelta", "rmsprop", "adam", "adamw", "adamax"]
ScheduleName = Literal[
    "constant", "step", "exponential", "linear", "cosine", "inverse-sqrt", "one-cycle", "range", "plateau"
]


@dataclass(frozen=True)
class Optim:
    """The update rule; an option left at None keeps the rule's own default, one that the rule lacks is refused."""

    name: RuleName = "sgd"  # update rule
    lr: float = 0.1  # learning rate: the base that the schedule multiplies
    momentum: float | None = None  # sgd, rmsprop: share of the previous step kept
    dampening: float | None = None  # sgd: share of each gradient, but for the first, kept out of the momentum
    nesterov: bool | None = None  # sgd: look ahead along the momentum before taking the gradient
    alpha: float | None = None  # rmsprop: decay of the running mean of squared gradients
    centered: bool | None = None  # rmsprop: subtract the squared mean gradient
    rho: float | None = None  # adadelta: decay of the two running means of squares
    lr_decay: float | None = None  # adagrad: the rate of step t is lr / (1 + (t - 1) lr_decay)
    initial_accumulator_value: float | None = None  # adagrad: where the sums of squared gradients start
    betas: tuple[float, float] | None = None  # adam, adamw, adamax: decays of the two running means
    amsgrad: bool | None = None  # adam, adamw: divide by the largest running mean of squares so far
    eps: float | None = None  # all but sgd: added to the denominator
    weight_decay: float | None = None  # L2 penalty's lambda (adamw: decoupled decay) on weight matrices, not on biases

    def __post_init__(self) -> None:
        within(
            self, "optim.", lr=RATE, momentum=SHARE, dampening=SHARE, alpha=SHARE, rho=SHARE,
            lr_decay=NOT_NEGATIVE, initial_accumulator_value=NOT_NEGATIVE, betas=PART, eps=MULTIPLE,
            weight_decay=MULTIPLE,
        )  # fmt: skip


@dataclass(frozen=True)
class Schedule:
    """How the learning rate changes over the steps; an option that the schedule lacks is refused."""

    name: ScheduleName = "constant"  # shape of the learning rate
    drops: tuple[int, ...] | None = None  # step: steps at which the rate is multiplied by the factor
    factor: float | None = None  # step, plateau: what a drop multiplies by; exponential: the same every `every` steps
    every: int | None = None  # exponential: steps between two factors
    warmup: int | None = None  # linear, cosine, inverse-sqrt: steps of linear warm-up
    warmup_fraction: float | None = None  # one-cycle: share of the steps spent rising
    start: float | None = None  # one-cycle: first rate, as a share of the base rate
    floor: float | None = None  # linear, cosine, one-cycle, plateau: lowest rate, as a share of the base rate
    low: float | None = None  # range: first rate, as a multiple of the base rate
    high: float | None = None  # range: last rate, as a multiple of the base rate
    patience: int | None = None  # plateau: evaluations in a row without improvement that do not yet make it drop
    threshold: float | None = None  # plateau: by which share a validation loss must be lower to be an improvement
    cooldown: int | None = None  # plateau: evaluations after a drop that do not count

    def __post_init__(self) -> None:
        within(
            self, "schedule.", drops=ORDINAL, factor=MULTIPLE, every=COUNT, warmup=ORDINAL, warmup_fraction=SHARE,
            start=MULTIPLE, floor=MULTIPLE, low="(0, 1e6]", high="(0, 1e6]", patience=ORDINAL, threshold=SHARE,
            cooldown=ORDINAL,
        )  # fmt: skip
        if (self.factor or 0) > 1 and self.factor ** len(self.drops or (0,)) > 1e6:
            raise UserError(f"schedule.factor {self.factor} at {len(self.drops)} drops makes a rate beyond all bounds.")


@dataclass(frozen=True)
class Recipe:
    """One way to train a paper's network. A paper's own recipe adds the fields `model` and `data`."""

    steps: int = 1000  # optimiser steps
    batch: int = 32  # examples a step, over all devices and micro-batches
    accumulate: int = 1  # micro-batches whose gradients make one step
    order: Literal["shuffle", "replacement", "constant", "streams"] = "shuffle"  # of each pass, see data.Order
    optim: Optim = Optim()
    schedule: Schedule = Schedule()
    clip: float | None = None  # largest norm of the whole gradient
    clip_value: float | None = None  # largest size of any element of the gradient; cut before the norm is measured
    max_norm: float | None = None  # largest norm of a unit's incoming weights, kept to after every step
    average: Literal["polyak", "exponential", "checkpoints"] | None = None  # weights that count: a mean over steps
    average_decay: float | None = None  # exponential: share of the mean that stays at each step; None: 0.999
    average_count: int | None = None  # checkpoints: of how many moments, the last being the end; None: 5
    average_every: int | None = None  # checkpoints: steps between two of them; None: a 50th of all steps
    keep: Literal["best", "last"] = "best"  # weights that count in the end: of the best validation loss, or the last
    patience: int | None = None  # evaluations without a better validation loss before stopping early
    eval_every: int = 500  # steps between evaluations on the validation set
    log_every: int = 50  # steps between rows of metrics.jsonl
    checkpoint_every: int = 500  # steps between checkpoints
    diagnose_every: int | None = None  # steps between records of activations, gradients and updates; None: never
    threads: int | None = None  # CPU threads, which can change the last bits; None: PyTorch's choice, one a core
    seed: int = 0  # decides initial weights, batch order and dropout

    def __post_init__(self) -> None:
        within(
            self, steps=COUNT, batch=COUNT, accumulate=COUNT, clip=POSITIVE, clip_value=POSITIVE, max_norm=POSITIVE,
            average_decay=PART, average_count=COUNT, average_every=COUNT, patience=COUNT, eval_every=COUNT,
            log_every=COUNT, checkpoint_every=COUNT,
            diagnose_every=COUNT, seed=SEED, threads=f"[1, {max(64, os.cpu_count() or 1)}]",
        )  # fmt: skip
        if self.batch % self.accumulate:
            raise UserError(f"batch ({self.batch}) must be divisible by accumulate ({self.accumulate}).")
        if self.average_decay is not None and self.average != "exponential":
            raise UserError(f"average_decay acts on average 'exponential' only, not on {self.average!r}.")
        if (self.average_count or self.average_every) is not None and self.average != "checkpoints":
            raise UserError(f"average_count and average_every act on average 'checkpoints', not on {self.average!r}.")
        if self.average == "checkpoints" and self.keep != "last":
            raise UserError("average 'checkpoints' is of the last weights: add --keep last.")


def arguments(function: Callable, spec: Any, skip: tuple[str, ...] = ("name",)) -> dict[str, Any]:
    """The fields of `spec` that are set, as keyword arguments of `function`; one that it does not take is an error."""
    taken = inspect.signature(function).parameters
    given = {f.name: getattr(spec, f.name) for f in fields(spec) if f.name not in skip}
    given = {name: value for name, value in given.items() if value is not None}
    for name in given:
        if name not in taken:
            where = type(spec).__name__.lower()
            options = [f.name for f in fields(spec) if f.name in taken and f.name not in skip]
            raise UserError(
                f"{where}.{name} is not an option of {spec.name}, which takes: {', '.join(options) or 'none'}."
            )
    return given


def schedule_for(recipe: Recipe, validated: bool = True) -> Callable[[int], float]:
    """The recipe's schedule: what multiplies the base rate at each step; `validated` tells of a validation set.

    Raises UserError for a schedule that watches the validation loss where there is none.
    """
    from firsthand.optim.schedule import SCHEDULES

    if recipe.schedule.name == "plateau" and not validated:
        raise UserError("The schedule 'plateau' watches the validation loss, and there is no validation set.")
    shape = SCHEDULES[recipe.schedule.name]
    return shape(recipe.steps, **arguments(shape, recipe.schedule))


def average_for(recipe: Recipe, network: "Module") -> "Average | None":
    """The average of weights that the recipe asks for; the fading one is corrected for its start."""
    from firsthand.optim.average import Average, ExponentialAverage, SpacedAverage

    if recipe.average == "exponential":
        decay = 0.999 if recipe.average_decay is None else recipe.average_decay
        return ExponentialAverage(network, decay, corrected=True)
    if recipe.average == "checkpoints":
        every = recipe.average_every or max(recipe.steps // 50, 1)
        return SpacedAverage(network, recipe.steps, recipe.average_count or 5, every)
    return Average(network) if recipe.average == "polyak" else None


def flat(recipe: Any, prefix: str = "") -> dict[str, Any]:
    """Nested fields as dotted names: {"steps": 1000, "optim.lr": 0.1, ...}."""
    rows: dict[str, Any] = {}
    for name, value in (recipe if isinstance(recipe, dict) else asdict(recipe)).items():
        rows |= flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {prefix + name: value}
    return rows
