"""The fast way: the gradients of the model's equations for a stretch of running text at once, and steps on rows.

Autograd would make a gradient for every number of both tables, of which a step changes a thousandth; and it would look
up every vector once for each pair of words. Here a stretch is cut into blocks of words. Each block looks up the vectors
of its words and of those about it once, all its scores are one product of matrices, and the gradients are two more. The
noise words are shared by a block: the expectation of equation 4 is the mean over 64 draws with weight k, in place of
over k draws. The gradients come back as rows, and a step adds them to the tables.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import Module
from torch.optim import Optimizer

from firsthand.nn import sigmoid, softplus
from firsthand.papers.skipgram.model import NOTHING


@dataclass(frozen=True)
class Rows:
    """A gradient of some rows of a table, row by row, and how many terms of the loss each is made of."""

    rows: Int[Tensor, " rows"]
    values: Float[Tensor, "rows embed"]
    terms: Float[Tensor, " rows"]

    def damped(self, size: int, most: int | float | None) -> "Rows":
        """The same, but no row's sum counts for more than `most` of its terms.

        Terms of one step do not see each other. A thousand of them pull a frequent word a thousand times as far as the
        first, where a thousand steps of one term would have stopped on the way.
        """
        if most is None:
            return self
        total = torch.zeros(size, dtype=self.terms.dtype, device=self.terms.device).index_add_(0, self.rows, self.terms)
        share = most / total[self.rows].clamp(min=most)
        return Rows(self.rows, self.values * share[:, None], self.terms)


Found = tuple[Tensor, int, Rows, Rows]  # sum of the losses, how many, gradients of the input and of the output table


def near(words: Int[Tensor, " places"], reach: Int[Tensor, " time"]) -> Bool[Tensor, "time offsets"]:
    """Which of the words up to w before and after each place are within its reach; `words` has w more on both sides."""
    width = len(words) - len(reach)  # 2 w
    offsets = torch.arange(width + 1, device=words.device) - width // 2
    there = words != NOTHING
    within = (offsets.abs() <= reach[:, None]) & (offsets != 0) & there.unfold(0, width + 1, 1)
    return within & there[width // 2 : len(words) - width // 2, None]


def banded(weights: Float[Tensor, "time offsets"], block: int) -> Float[Tensor, "blocks block around"]:
    """The weights of each block as a matrix: from its words to all those in it and about it."""
    blocks, width = len(weights) // block, weights.shape[1]
    wide = torch.zeros(blocks, block, block + width, dtype=weights.dtype, device=weights.device)
    wide[:, :, :width] = weights.view(blocks, block, width)
    return wide.view(blocks, -1)[:, : block * (block + width - 1)].view(blocks, block, -1)  # each row one more along


def skip_gram(model: Module, words: Tensor, reach: Tensor, noise: Tensor, k: int | float) -> Found:
    """Equation 4 for every word and every word within its reach."""
    blocks, drawn = noise.shape
    block, width = len(reach) // blocks, len(words) - len(reach)
    around = words.clamp(min=0).unfold(0, block + width, block)
    centre = around[:, width // 2 : width // 2 + block]
    counted = banded(near(words, reach).to(model.input.dtype), block)
    pairs = counted.sum(2, keepdim=True)
    weights = torch.cat([counted, (pairs * (k / drawn)).expand(-1, -1, drawn)], 2)
    sign = torch.ones(weights.shape[2], dtype=weights.dtype, device=weights.device)
    sign[-drawn:] = -1
    targets = torch.cat([around, noise], 1)
    h, found = looked_up(model.input, centre), looked_up(model.output, targets)
    scores = h @ found.transpose(1, 2)
    loss = (weights * softplus(-sign * scores)).sum()
    slopes = -weights * sign * sigmoid(-sign * scores)
    return (
        loss,
        int(pairs.sum()),
        Rows(centre.flatten(), (slopes @ found).flatten(0, 1), weights.sum(2).flatten()),
        Rows(targets.flatten(), (slopes.transpose(1, 2) @ h).flatten(0, 1), weights.sum(1).flatten()),
    )


def cbow(model: Module, words: Tensor, reach: Tensor, noise: Tensor, k: int | float) -> Found:
    """Equation 4 for every word, from the mean of those within its reach."""
    blocks, drawn = noise.shape
    block, width = len(reach) // blocks, len(words) - len(reach)
    around = words.clamp(min=0).unfold(0, block + width, block)
    centre = around[:, width // 2 : width // 2 + block]
    counted = banded(near(words, reach).to(model.input.dtype), block)
    about = counted.sum(2, keepdim=True)
    mean = counted / about.clamp(min=1)
    back = counted if model.config.whole_error else mean
    known = (about > 0).to(counted.dtype)
    h = mean @ looked_up(model.input, around)
    right, wrong = looked_up(model.output, centre), looked_up(model.output, noise)
    score, scores = (h * right).sum(2, keepdim=True), h @ wrong.transpose(1, 2)
    weight = known * (k / drawn)
    loss = (known * softplus(-score)).sum() + (weight * softplus(scores)).sum()
    slope, slopes = -known * sigmoid(-score), weight * sigmoid(scores)
    error = slope * right + slopes @ wrong
    terms = (known * (1 + k)).transpose(1, 2) @ back
    seen = torch.cat([centre.flatten(), noise.flatten()])
    values = torch.cat([(slope * h).flatten(0, 1), (slopes.transpose(1, 2) @ h).flatten(0, 1)])
    of_noise = weight.sum((1, 2))[:, None].expand(-1, drawn)
    return (
        loss,
        int(known.sum()),
        Rows(around.flatten(), (back.transpose(1, 2) @ error).flatten(0, 1), terms.flatten()),
        Rows(seen, values, torch.cat([known.flatten(), of_noise.flatten()])),
    )


def hierarchical(model: Module, words: Tensor, reach: Tensor, noise: Tensor, k: int | float) -> Found:
    """Equation 3 for every word and every word within its reach, or in CBOW for every word from the mean of those.

    A block looks up the nodes on the ways to its words once each: near the root they share them. There is no noise.
    """
    blocks, is_cbow = len(noise), model.config.kind == "cbow"
    block, width = len(reach) // blocks, len(words) - len(reach)
    around = words.clamp(min=0).unfold(0, block + width, block)
    centre = around[:, width // 2 : width // 2 + block]
    counted = banded(near(words, reach).to(model.input.dtype), block)
    about = counted.sum(2, keepdim=True)
    nodes, every, left = ways(model, centre if is_cbow else around)
    if is_cbow:
        mean, known = counted / about.clamp(min=1), (about > 0).to(counted.dtype)
        h = mean @ looked_up(model.input, around)
        every, left = known * every, known * left
    else:
        h = looked_up(model.input, centre)
        every, left = counted @ every, counted @ left
    vectors = looked_up(model.output, nodes)
    scores = h @ vectors.transpose(1, 2)
    loss = (every * softplus(scores) - left * scores).sum()  # softplus(-x) = softplus(x) - x
    slopes = every * sigmoid(scores) - left
    errors, terms = slopes @ vectors, every.sum(2, keepdim=True)
    if is_cbow:
        back = (counted if model.config.whole_error else mean).transpose(1, 2)
        errors, terms = back @ errors, back @ terms
    return (
        loss,
        int((about > 0).sum() if is_cbow else about.sum()),
        Rows((around if is_cbow else centre).flatten(), errors.flatten(0, 1), terms.flatten()),
        Rows(nodes.flatten(), (slopes.transpose(1, 2) @ h).flatten(0, 1), every.sum(1).flatten()),
    )


def ways(
    model: Module, words: Int[Tensor, "blocks places"]
) -> tuple[Int[Tensor, "blocks n"], Float[Tensor, "blocks places n"], Float[Tensor, "blocks places n"]]:
    """The nodes on the ways to the words of each block, whether each word's way goes there, and whether to the left."""
    blocks, places = words.shape
    rows = len(model.output)
    branches = model.branches[words].flatten(0, 1)
    place, step = branches.nonzero(as_tuple=True)
    of_block = place // places
    keys, number = torch.unique(of_block * rows + model.nodes[words.flatten()[place], step], return_inverse=True)
    owner = keys // rows
    sizes = torch.bincount(owner, minlength=blocks)
    column = torch.arange(len(keys), device=words.device) - (sizes.cumsum(0) - sizes)[owner]
    nodes = torch.zeros(blocks, int(sizes.max()), dtype=torch.int64, device=words.device)
    nodes[owner, column] = keys % rows
    turns = torch.zeros(blocks, places, nodes.shape[1], dtype=model.output.dtype, device=words.device)
    turns[of_block, place % places, column[number]] = branches[place, step].to(turns.dtype)
    return nodes, turns.abs(), turns.clamp(min=0)


def looked_up(table: Tensor, rows: Int[Tensor, "blocks places"]) -> Float[Tensor, "blocks places embed"]:
    """Rows of a table; three times as fast as indexing."""
    return table.index_select(0, rows.flatten()).view(*rows.shape, -1)


class Stretch(torch.autograd.Function):
    """The mean loss of a stretch of text; its gradient is that of the sum, as rows.

    In the papers every pair makes a step of its own, so that the steps of a stretch add up; for people to read and to
    compare, the mean is the better number.
    """

    @staticmethod
    def forward(
        ctx: Any, input: Tensor, output: Tensor, found: Callable[[], Found], most: int | float | None
    ) -> Tensor:
        """The mean loss; the gradients come with it."""
        loss, count, *tables = found()
        ctx.tables = [
            (part.damped(len(table), most), table.shape) for part, table in zip(tables, (input, output), strict=True)
        ]
        return loss / max(count, 1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor | None, ...]:
        """The rows of both tables that have a gradient."""
        grads = (
            torch.sparse_coo_tensor(part.rows[None], part.values * slope, shape, check_invariants=False)
            for part, shape in ctx.tables
        )
        return (*grads, None, None)


def stretch(
    model: Module, words: Tensor, reach: Tensor, noise: Tensor, k: int | float, most: int | float | None = None
) -> Float[Tensor, ""]:
    """The mean loss of a stretch of text, with the gradient of the sum; see `Rows.damped` for `most`.

    `words` has w places more than `reach` on either side; where there is no word stands `NOTHING`, with a reach of 0.
    `noise` (blocks, draws) cuts `reach` into equal blocks.
    """
    by = hierarchical if model.config.output == "hierarchical" else cbow if model.config.kind == "cbow" else skip_gram
    return Stretch.apply(model.input, model.output, lambda: by(model, words, reach, noise, k), most)


class RowSGD(Optimizer):
    """Plain gradient descent, w <- w - lr g, that touches only the rows that a gradient has."""

    def __init__(self, params: Any, lr: float):
        super().__init__(params, {"lr": lr})

    @torch.no_grad()
    def step(self, closure: Callable[[], Tensor] | None = None) -> None:  # type: ignore[override]
        """Move every parameter once."""
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    p.add_(p.grad, alpha=-group["lr"])
