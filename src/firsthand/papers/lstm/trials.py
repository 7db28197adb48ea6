"""The paper's tasks with one answer at the end, for its own network and rule: many networks side by side."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import torch
from matplotlib.figure import Figure
from torch import Generator, Tensor

from firsthand.claims import Arm, Outcome
from firsthand.data import synthetic
from firsthand.figures.curves import Runs, log_ticks, series
from firsthand.figures.style import BLUE, INK, MUTED, RED, subplots
from firsthand.papers.lstm.blocks import Blocks, Layout, successes

IN_A_ROW = 2000  # sequences that must be right one after the other
CHUNK = 50  # sequences that each network draws at a time


@dataclass(frozen=True)
class Trial:
    """A line of the paper's table of conditions."""

    layout: Layout
    draw: Callable[[int, Generator], synthetic.Sequences]
    rate: float
    input_biases: tuple[float, ...]
    near: float  # a sequence is right if every output is as near to its target as this
    mean: float  # below which the mean error must be, over the last IN_A_ROW sequences


TRIALS = {
    "adding": Trial(Layout(2, 1, 2, 2), synthetic.adding, 0.5, (-3.0, -6.0), near=0.04, mean=0.01),
    "temporal order": Trial(Layout(8, 4, 2, 2), synthetic.temporal_order, 0.5, (-2.0, -4.0), near=0.3, mean=0.1),
}


@torch.inference_mode()
def trials(
    task: Literal["adding", "temporal order"] = "temporal order", nets: int = 20, most: int = 60_000, seed: int = 0
) -> Outcome:
    """After how many sequences networks of 1997 learn a task with one answer at the end, one update a sequence.

    A network stops learning when its last 2,000 sequences were right and their mean error is below the paper's bound;
    "sequences" is the mean over those that did, "through" that to a mean error of twice the bound. "near" and "wrong"
    are of 2,560 more sequences, for the weights at the end.

    Args:
        task: the paper's experiment 4 or 6a, with the sizes, biases and rate of its table.
        nets: networks, each with its own weights and sequences.
        most: sequences after which those that have not succeeded stop.
        seed: of weights and sequences.
    """
    trial, generator = TRIALS[task], Generator().manual_seed(seed)
    net = Blocks(trial.layout, nets, 0.1, generator, input_biases=trial.input_biases)
    rate = torch.full((nets,), trial.rate)
    last = torch.full((nets, IN_A_ROW), torch.inf)  # the errors of the last sequences
    right = torch.zeros(nets)  # how many were right in a row
    solved, through = torch.full((2, nets), torch.nan)
    curve: list[list[float]] = []
    for number, (x, targets, ends) in enumerate(sequences(trial, nets, most, generator), 1):
        y = net.run(x)
        answer = y[torch.arange(nets), ends]
        gap = targets - answer
        e = torch.zeros_like(y)
        e[torch.arange(nets), ends] = gap * answer * (1 - answer)
        net.descend(net.errors(e), rate)
        last[:, number % IN_A_ROW] = gap.abs().mean(1)
        right = torch.where(gap.abs().amax(1) < trial.near, right + 1, 0)
        if number % 100 == 0 and number >= IN_A_ROW:  # the sum over the last 2,000 costs more than a step
            mean = last.mean(1)
            through[through.isnan() & (mean < 2 * trial.mean)] = number
            solved[solved.isnan() & (right >= IN_A_ROW) & (mean < trial.mean)] = number
            rate[~solved.isnan()] = 0
            if number % 1000 == 0:
                curve.append([number, *mean.tolist()])
            if not rate.any():
                break
    near, error = test(net, trial, generator)
    return successes(solved) | {
        "through": through.mean().item() if not through.isnan().any() else None,
        "near": near.mean().item(),
        "worst": near.min().item(),
        "wrong": 2560 * (1 - near.mean().item()),
        "error": error.mean().item(),
        "curve": curve,
    }


def sequences(trial: Trial, nets: int, most: int, generator: Generator) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """A sequence for every network, its target, and the step at which it is due; `most` times."""
    for first in range(0, most, CHUNK):
        batch = trial.draw(nets * CHUNK, generator)
        targets = goals(trial, batch).unflatten(0, (CHUNK, nets))
        inputs, lengths = batch.inputs.unflatten(0, (CHUNK, nets)), batch.lengths.unflatten(0, (CHUNK, nets))
        for row in range(min(CHUNK, most - first)):
            yield inputs[row, :, : int(lengths[row].max())], targets[row], lengths[row] - 1


def goals(trial: Trial, batch: synthetic.Sequences) -> Tensor:
    """What the outputs should be: the number, or 1 for the class and 0 for the others."""
    if trial.layout.outputs == 1:
        return batch.targets[:, None]
    return torch.eye(trial.layout.outputs)[batch.targets]


def test(net: Blocks, trial: Trial, generator: Generator, count: int = 2560) -> tuple[Tensor, Tensor]:
    """The share of new sequences that each network gets right, and its mean error."""
    batch, nets = trial.draw(count, generator), len(net.b)
    y = net.copies(count).run(batch.inputs.repeat(nets, 1, 1))
    ends = (batch.lengths - 1).repeat(nets)
    gap = (goals(trial, batch).repeat(nets, 1) - y[torch.arange(len(y)), ends]).abs().unflatten(0, (nets, count))
    return (gap.amax(2) < trial.near).double().mean(1), gap.mean((1, 2))


def learning(seen: Runs, arm: Arm, top: float, title: str) -> Figure:
    """The mean error of every network, and where each met the criterion; the printed mean of the paper's trials."""
    figure, axes = subplots(9, 4.2)
    (run,), bound, printed = seen[arm.name], TRIALS[arm.overrides["task"]].mean, arm.paper["sequences"]
    numbers, *errors = series([run])[0].T
    axes.plot(numbers / 1000, list(zip(*errors, strict=True)), color=BLUE, lw=0.9, alpha=0.7)
    (each,) = series([run], "each")
    axes.plot(each / 1000, [bound] * len(each), "|", color=RED, ms=14, mew=1.6,
              label=f"criterion met: {len(each)} of {len(errors)} networks")  # fmt: skip
    axes.axhline(bound, color=MUTED, lw=1, ls=":")
    axes.axvline(printed / 1000, color=INK, lw=1, ls="--", label=f"the paper's mean: {printed:,.0f}")
    axes.set(yscale="log", ylim=(None, top), xlabel="sequences (thousands)", ylabel="mean error, last 2,000 sequences",
             title=title)  # fmt: skip
    log_ticks(axes, (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5))
    axes.text(1, 0.95 * bound, "bound of the criterion", color=INK, fontsize=8.5, va="top")
    axes.legend(loc="upper right", fontsize=8.5)
    return figure
