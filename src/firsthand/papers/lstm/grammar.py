"""The embedded Reber grammar for the paper's own network and rule: many networks side by side."""

from collections.abc import Sequence
from typing import Literal

import torch
from matplotlib.figure import Figure
from torch import Generator

from firsthand.claims import Measure, Outcome
from firsthand.claims.bench.adding import SEQUENCES, SOLVED
from firsthand.data import synthetic
from firsthand.figures.curves import Runs, series
from firsthand.figures.style import MUTED
from firsthand.papers.lstm.blocks import Blocks, Layout

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


def shares(seen: Runs, colours: Sequence[str]) -> Figure:
    """Far symbols and whole strings right against strings seen, a panel each, a line a seed; full gradients dashed."""
    figure = Figure(figsize=(11, 4.1))
    panels = figure.subplots(1, 2, sharey=True)
    for column, (axes, title) in enumerate(zip(panels, ("Far symbols right", "Strings all right"), strict=True), 1):
        for (name, runs), colour in zip(seen.items(), colours, strict=True):
            for number, curve in enumerate(series(runs)):
                axes.plot(curve[:, 0] / 1000, 100 * curve[:, column], "--" if "full" in name else "-", color=colour,
                          lw=1.3, label=None if number else name)  # fmt: skip
        axes.set(xlabel="strings (thousands)", ylim=(-3, 104), title=title)
    panels[0].set_ylabel("share (%)")
    panels[0].axhline(50, color=MUTED, lw=0.8, ls=":")
    panels[0].legend(loc="lower right", fontsize=8.5)
    return figure
