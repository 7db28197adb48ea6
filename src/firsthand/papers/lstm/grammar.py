"""The embedded Reber grammar for the paper's own network and rule: many networks side by side."""

from collections.abc import Sequence
from typing import Literal

import torch
from matplotlib.figure import Figure
from torch import Generator

from firsthand.claims import Measure, Outcome
from firsthand.claims.bench.adding import SEQUENCES, SOLVED
from firsthand.data import synthetic
from firsthand.figures.curves import Runs, lines, series
from firsthand.figures.style import MUTED, subplots
from firsthand.papers.lstm.blocks import Blocks, Layout, successes

FAR = Measure("far", "share with the far symbol right", digits=2)
DUE = Measure("due", "far symbols right, mean", digits=3)
STRINGS = Measure("strings", "strings all right, mean", digits=3)
MEASURES = (SOLVED, SEQUENCES, FAR, DUE, STRINGS)


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
    solved, best, curve = torch.full((nets,), torch.nan), torch.zeros(2, nets), []
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
            due, whole = torch.stack([(right & every.due).any(1), right.all(1)]).view(2, nets, 512).double().mean(2)
            best = torch.maximum(best, torch.stack([due, whole]).float())
            solved[solved.isnan() & (whole == 1)] = number
            rates[~solved.isnan()] = 0
            curve.append([number, due.mean().item(), whole.mean().item()])
            if not rates.any():
                break
    return successes(solved) | {
        "far": (best[0] >= 0.95).double().mean().item(),
        "due": best[0].double().mean().item(),
        "strings": best[1].double().mean().item(),
        "curve": curve,
    }


def shares(seen: Runs, colours: Sequence[str]) -> Figure:
    """Far symbols and whole strings right against strings seen, a panel each, a line a seed; full gradients dashed."""
    figure, left, right = subplots(11, 4.1, 2, sharey=True)
    for axes, column, title in ((left, 1, "Far symbols right"), (right, 2, "Strings all right")):
        for (name, runs), colour in zip(seen.items(), colours, strict=True):
            curves = [curve[:, [0, column]] / (1000, 0.01) for curve in series(runs)]
            lines(axes, curves, colour, name, ls="--" if "full" in name else "-", alpha=1)
        axes.set(xlabel="strings (thousands)", ylim=(-3, 104), title=title)
    left.set_ylabel("share (%)")
    left.axhline(50, color=MUTED, lw=0.8, ls=":")
    left.legend(loc="lower right", fontsize=8.5)
    return figure
