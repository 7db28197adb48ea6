"""Vectors drawn whole, or completed where some of their inputs are given."""

import torch
from jaxtyping import Bool, Float
from rich.console import Console
from rich.progress import Progress
from torch import Generator, Tensor

from firsthand.data.userfile import remark
from firsthand.papers.made.likelihood import sets
from firsthand.papers.made.model import MADE
from firsthand.papers.made.sampling import comes_first, draw, first
from firsthand.train.sampling import Sampling


def half(shape: tuple[int, int] | torch.Size, keep: str) -> Bool[Tensor, " inputs"]:
    """Which inputs are in this half of a picture."""
    (height, width), known = shape, torch.zeros(tuple(shape), dtype=torch.bool)
    rows = {"top": slice(height // 2), "bottom": slice(height // 2, None)}.get(keep, slice(None))
    columns = {"left": slice(width // 2), "right": slice(width // 2, None)}.get(keep, slice(None))
    known[rows, columns] = True
    return known.flatten()


def drawn(
    model: MADE,
    count: int,
    x: Float[Tensor, " inputs"],
    known: Bool[Tensor, " inputs"],
    generator: Generator,
    options: Sampling = Sampling(),
    progress: bool = False,
) -> Float[Tensor, "count inputs"]:
    """So many vectors that agree with x where it is `known`, each with a set of masks drawn from those of the test.

    An order-agnostic network takes an ordering in which all known inputs come first. Any other has one ordering: known
    inputs that come after others in it are kept, but those others are drawn without them, which is remarked on.
    """
    numbers = torch.tensor(sets(model.config, count))
    chosen = numbers[torch.randint(len(numbers), (count,), generator=generator)]
    rows = x.new_empty(count, len(x))
    passes = int((~known).sum()) * len(chosen.unique())
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not (progress and console.is_terminal)) as bar:
        shown = bar.add_task("Drawing inputs one by one", total=passes)
        for number in chosen.unique().tolist():
            agnostic = model.config.ordering == "agnostic" and known.any()
            m = model.degrees(number, first(known, generator) if agnostic else None)
            if not comes_first(m[0], known):
                remark(
                    "In the only ordering of this network some given inputs come after missing ones, which are drawn "
                    "without them: train with --model.ordering agnostic to complete any part from all that is given."
                )
            of_set, how = chosen == number, (options.temperature, options.greedy)
            start = x.expand(int(of_set.sum()), -1)
            rows[of_set] = draw(model, m, start, known, generator, *how, step=lambda: bar.advance(shown)).to(rows)
    return rows
