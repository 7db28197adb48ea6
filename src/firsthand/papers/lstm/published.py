"""The paper's own experiments with the paper's own network and rule, many networks side by side."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Generator, Tensor

from firsthand.data import synthetic
from firsthand.papers.claim import Outcome
from firsthand.papers.lstm.blocks import Blocks, Layout

ROW = 2000  # sequences that must be right one after the other
CHUNK = 50  # sequences that each network draws at a time


@dataclass(frozen=True)
class Trial:
    """One row of the paper's table of conditions."""

    layout: Layout
    draw: Callable[[int, Generator], synthetic.Sequences]
    rate: float
    input_biases: tuple[float, ...]
    near: float  # a sequence is right if every output is as near to its target as this
    mean: float  # below which the mean error must be, over the last ROW sequences


TRIALS = {
    "adding": Trial(Layout(2, 1, 2, 2), synthetic.adding, 0.5, (-3.0, -6.0), near=0.04, mean=0.01),
    "temporal order": Trial(Layout(8, 4, 2, 2), synthetic.temporal_order, 0.5, (-2.0, -4.0), near=0.3, mean=0.1),
}


@torch.inference_mode()
def trials(
    task: Literal["adding", "temporal order"] = "temporal order",
    nets: int = 20,
    most: int = 60_000,
    seed: int = 0,
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
    last = torch.full((nets, ROW), torch.inf)  # the errors of the last sequences
    right = torch.zeros(nets)  # how many were right in a row
    solved, through = torch.full((nets,), torch.nan), torch.full((nets,), torch.nan)
    curve: list[list[float]] = []
    for number, (x, targets, ends) in enumerate(sequences(trial, nets, most, generator), 1):
        y = net.run(x)
        said = y[torch.arange(nets), ends]
        gap = targets - said
        e = torch.zeros_like(y)
        e[torch.arange(nets), ends] = gap * said * (1 - said)
        net.descend(net.errors(e), rate)
        last[:, number % ROW] = gap.abs().mean(1)
        right = torch.where(gap.abs().amax(1) < trial.near, right + 1, 0)
        if number % 100 == 0 and number >= ROW:  # the sum over the last 2,000 costs more than a step
            mean = last.mean(1)
            through[through.isnan() & (mean < 2 * trial.mean)] = number
            solved[solved.isnan() & (right >= ROW) & (mean < trial.mean)] = number
            rate[~solved.isnan()] = 0
            if number % 1000 == 0:
                curve.append([number, *mean.tolist()])
            if not rate.any():
                break
    near, error = test(net, trial, generator)
    done = ~solved.isnan()
    return {
        "solved": done.double().mean().item(),
        "sequences": solved[done].mean().item() if done.any() else None,
        "through": through.mean().item() if not through.isnan().any() else None,
        "near": near.mean().item(),
        "worst": near.min().item(),
        "wrong": 2560 * (1 - near.mean().item()),
        "error": error.mean().item(),
        "each": sorted(solved[done].tolist()),
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
    """What the outputs should say: the number, or 1 for the class and 0 for the others."""
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


@torch.inference_mode()
def reber_1997(
    blocks: int = 3,
    size: int = 2,
    rate: float = 0.5,
    simpler: bool = False,
    gradient: Literal["truncated", "full"] = "truncated",
    nets: int = 10,
    most: int = 20_000,
    seed: int = 0,
) -> Outcome:
    """How many networks of 1997 learn the embedded Reber grammar, and its far symbol, with one update a string.

    Every 500 strings each is scored on its 256 strings to train on and 256 others. It is "solved" when the legal
    symbols have the highest outputs at every step of all of them; "far" is the share of networks that, at their best
    score, have the symbol that was to be remembered right in 95 % of the strings.

    Args:
        blocks: memory blocks.
        size: cells in a block.
        rate: learning rate.
        simpler: gates do not feed back and outputs have biases; else as published.
        gradient: truncated as published, or full.
        nets: networks, each with its own weights and strings.
        most: strings after which those that have not succeeded stop.
        seed: of weights and strings.
    """
    generator = Generator().manual_seed(seed)
    layout = Layout(7, 7, blocks, size, gates_feed_back=not simpler, biased="all" if simpler else "gates")
    net = Blocks(layout, nets, 0.2, generator, output_biases=tuple(-1.0 - block for block in range(blocks)))
    known = [synthetic.embedded_reber(256, generator) for _ in range(nets)]
    new = [synthetic.embedded_reber(256, generator, exclude=strings) for strings in known]
    every = synthetic.encode_reber(string for pair in zip(known, new, strict=True) for string in (*pair[0], *pair[1]))
    one_hot = torch.cat([torch.eye(7), torch.zeros(1, 7)])  # of PAD, the last row: nothing
    rates = torch.full((nets,), rate)
    solved, far, strings, curve = torch.full((nets,), torch.nan), torch.zeros(nets), torch.zeros(nets), []
    first = torch.arange(nets) * 512
    for number in range(1, most + 1):
        chosen = first + torch.randint(256, (nets,), generator=generator)
        longest = int(every.lengths[chosen].max())
        targets = every.targets[chosen, :longest]
        y = net.run(every.inputs[chosen, :longest])
        e = (one_hot[targets] - y) * y * (1 - y) * (targets >= 0)[:, :, None]
        net.descend(net.errors(e, truncated=gradient == "truncated"), rates)
        if number % 500 == 0:
            right = every.right(net.copies(512).run(every.inputs))
            whole = right.all(1).view(nets, 512).double().mean(1)
            due = (right & every.due).any(1).view(nets, 512).double().mean(1)
            far, strings = torch.maximum(far, due.float()), torch.maximum(strings, whole.float())
            solved[solved.isnan() & (whole == 1)] = number
            rates[~solved.isnan()] = 0
            curve.append([number, due.mean().item(), whole.mean().item()])
            if not rates.any():
                break
    done = ~solved.isnan()
    return {
        "solved": done.double().mean().item(),
        "sequences": solved[done].mean().item() if done.any() else None,
        "far": (far >= 0.95).double().mean().item(),
        "due": far.double().mean().item(),
        "strings": strings.double().mean().item(),
        "each": sorted(solved[done].tolist()),
        "curve": curve,
    }
