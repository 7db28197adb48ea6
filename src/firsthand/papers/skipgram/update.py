"""The fast way: the gradients of the model's equations for a stretch of running text at once, and steps on rows.

Autograd would make a gradient for every number of both tables, of which a step changes a thousandth; and it would look
up every vector once for each pair of words. Here the vectors of a stretch are looked up once. It is cut into short
parts; the scores of a part's words with all words in it and about it are one product of matrices, and the gradients are
two more. The noise words are shared by a block: the expectation of equation 4 is the mean over the words drawn for it
with weight k, in place of over k draws. The gradients come back as rows, and a step adds them to the tables.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import gcd
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, distributed
from torch.autograd.function import once_differentiable
from torch.nn import Module
from torch.optim import Optimizer

from firsthand.nn import sigmoid, softplus
from firsthand.nn.across import shared
from firsthand.papers.skipgram.model import NOTHING

PART = 8  # words of a part: of more, fewer of the scores are those of neighbours; of less, the products are too small
ROOT = 64  # nodes near the root of a tree, which nearly all words share
GROUP = 32  # other nodes whose scores are one product of matrices


@dataclass(frozen=True)
class Rows:
    """A gradient of some rows of a table, row by row, and how many terms of the loss each is made of."""

    rows: Int[Tensor, " rows"]
    values: Float[Tensor, "rows embed"]
    terms: Float[Tensor, " rows"]

    def joined(self, other: "Rows") -> "Rows":
        """The rows of both."""
        pairs = (self.rows, other.rows), (self.values, other.values), (self.terms, other.terms)
        return Rows(*(torch.cat(pair) for pair in pairs))

    def damped(self, size: int, most: int | float | None) -> Float[Tensor, "rows embed"]:
        """The values, in place scaled so that no row's sum counts for more than `most` of its terms.

        Terms of one step do not see each other. A thousand of them pull a frequent word a thousand times as far as the
        first, where a thousand steps of one term would have stopped on the way.
        """
        if most is None:
            return self.values
        total = self.terms.new_zeros(size).index_add_(0, self.rows, self.terms)
        share = most / total.index_select(0, self.rows).clamp_(min=most)
        return self.values.mul_(share[:, None])


Found = tuple[Tensor, Tensor, Tensor, Rows]  # sum of losses, gradients of every h, their terms, those of output vectors


def near(
    width: int, reach: Int[Tensor, "time #offsets"], there: Bool[Tensor, "time #offsets"]
) -> Bool[Tensor, "time offsets"]:
    """Which of the places up to w = `width` / 2 before and after each one hold a word, and are within reach."""
    distance = (torch.arange(width + 1, device=reach.device) - width // 2).abs()
    distance[width // 2] = width  # no word is its own neighbour
    return (distance <= reach) & there


def banded(weights: Float[Tensor, "time offsets"], size: int) -> Float[Tensor, "parts size around"]:
    """The weights of each part as a matrix: from its words to all those in it and about it."""
    parts, width = len(weights) // size, weights.shape[1]
    wide = weights.new_zeros(parts, size, size + width)
    wide[:, :, :width] = weights.view(parts, size, width)
    return wide.view(parts, -1)[:, : size * (size + width - 1)].view(parts, size, -1)  # each row one more along


def windows(rows: Float[Tensor, "places n"], size: int, parts: int) -> Float[Tensor, "parts around n"]:
    """The rows of all places in each part and about it; nothing is copied."""
    return rows.unfold(0, len(rows) - (parts - 1) * size, size).transpose(1, 2)


def folded(values: Float[Tensor, "parts around n"], size: int) -> Float[Tensor, "places n"]:
    """For each place the sum over all parts that it is in or about, as the gradient of `windows`."""
    parts, around, n = values.shape
    total = values.new_zeros(parts + (around - 1) // size, size, n)
    for first in range(0, around, size):
        piece = values[:, first : first + size]
        total[first // size :][:parts, : piece.shape[1]] += piece
    return total.view(-1, n)[: (parts - 1) * size + around]


def judged(scores: Float[Tensor, "*shape"], every: Tensor, true: Tensor | float) -> tuple[Tensor, Tensor]:
    """The sum of the losses of scores s, each of which counts `every` times, `true` of them as true; and its slopes.

    The loss is -log sigma(s) = softplus(s) - s where it is true, and -log sigma(-s) = softplus(s) where it is not.
    """
    loss = (every * softplus(scores)).sub_(true * scores).sum()
    return loss, sigmoid(scores).mul_(every).sub_(true)


def negative(
    table: Tensor, h: Tensor, words: Tensor, weights: Tensor, noise: Int[Tensor, "blocks drawn"], k: int | float
) -> Found:
    """Equation 4 for every word and each h at its place and about it, as often as `weights` says."""
    (blocks, drawn), time, width = noise.shape, len(words), len(h) - len(words)
    right, wrong = looked_up(table, words), looked_up(table, noise)
    if width:
        size = gcd(time, PART)
        band, found = banded(weights, size), right.view(-1, size, right.shape[1])
        about = windows(h, size, len(band))
        loss, slopes = judged(found @ about.transpose(1, 2), band, band)
        values, errors = (slopes @ about).flatten(0, 1), folded(slopes.transpose(1, 2) @ found, size)
        pairs = folded(band.sum(1)[:, :, None], size)
    else:  # every word has its own h
        loss, slopes = judged((h * right).sum(1, keepdim=True), weights, weights)
        values, errors, pairs = slopes * h, slopes * right, weights
    inner = slice(width // 2, width // 2 + time)
    h, share = h[inner].view(blocks, -1, h.shape[1]), pairs[inner].view(blocks, -1, 1) * (k / drawn)
    lost, slopes = judged(h @ wrong.transpose(1, 2), share, 0.0)
    errors[inner].view(h.shape).baddbmm_(slopes, wrong)
    of_noise = Rows(
        noise.flatten(), (slopes.transpose(1, 2) @ h).flatten(0, 1), share.sum(1).expand(-1, drawn).flatten()
    )
    return loss + lost, errors, pairs[:, 0] * (1 + k), Rows(words, values, weights.sum(1)).joined(of_noise)


def hierarchical(model: Module, h: Tensor, words: Tensor, weights: Tensor) -> Found:
    """Equation 3 for every word and each h at its place and about it, as often as `weights` says.

    The nodes near the root are those of the highest numbers.
    """
    first = max(len(model.output) - ROOT, 0)
    nodes, branches = model.nodes.index_select(0, words), model.branches.index_select(0, words)
    loss, errors, terms, output = near_root(model.output, first, h, nodes, branches, weights)
    place, step = ((nodes >= 0) & (nodes < first)).nonzero(as_tuple=True)
    if not len(place):
        return loss, errors, terms, output
    lost, more, too, rows = further(model.output, h, place, nodes[place, step], branches[place, step], weights)
    return loss + lost, errors + more, terms + too, output.joined(rows)


def near_root(table: Tensor, first: int, h: Tensor, nodes: Tensor, branches: Tensor, weights: Tensor) -> Found:
    """The part of the nodes from `first` on: the scores of all h with all of them are one product of matrices."""
    root, size = table[first:], gcd(len(nodes), PART)
    band = banded(weights, size).transpose(1, 2)
    column = (nodes - first + 1 + len(root) * (branches < 0)).masked_fill_(nodes < first, 0)  # 0: all other nodes
    turns = h.new_zeros(len(nodes), 1 + 2 * len(root)).scatter_(1, column, 1.0)[:, 1:]
    left, right = folded(band @ turns.view(len(band), size, -1), size).chunk(2, 1)  # how often each h goes there
    every = left + right
    loss, slopes = judged(h @ root.T, every, left)
    rows = torch.arange(first, len(table), device=nodes.device)
    return loss, slopes @ root, every.sum(1), Rows(rows, slopes.T @ h, every.sum(0))


def further(table: Tensor, h: Tensor, place: Tensor, nodes: Tensor, branches: Tensor, weights: Tensor) -> Found:
    """The part of other nodes, each on the way to the word of one place, in the order of the text.

    A group of them meets every h about the places from its first to its last node's.
    """
    count, width = len(place), weights.shape[1] - 1
    order = torch.arange(count + -count % GROUP, device=place.device).clamp_(max=count - 1)
    place, nodes, left = (part[order].view(-1, GROUP) for part in (place, nodes, branches > 0))
    since = place - place[:, :1]
    about = torch.arange(int(since.max()) + width + 1, device=place.device)
    seen = (place[:, :1] + about).clamp_(max=len(h) - 1)
    every = h.new_zeros(len(place), len(about), GROUP)
    every.scatter_(1, since[:, None] + about[: width + 1, None], looked_up(weights, place).transpose(1, 2))
    every[-1, :, GROUP - (len(order) - count) :] = 0  # the last group is filled with the last node
    vectors, met = looked_up(table, nodes), looked_up(h, seen)
    loss, slopes = judged(met @ vectors.transpose(1, 2), every, every * left[:, None])
    errors = torch.zeros_like(h).index_add_(0, seen.flatten(), (slopes @ vectors).flatten(0, 1))
    terms = h.new_zeros(len(h)).index_add_(0, seen.flatten(), every.sum(2).flatten())
    values = (slopes.transpose(1, 2) @ met).flatten(0, 1)
    return loss, errors, terms, Rows(nodes.flatten(), values, every.sum(1).flatten())


def looked_up(table: Tensor, rows: Int[Tensor, "*shape"]) -> Float[Tensor, "*shape embed"]:
    """Rows of a table; three times as fast as indexing."""
    return table.index_select(0, rows.flatten()).view(*rows.shape, table.shape[1])


def gradients(
    model: Module, words: Tensor, reach: Tensor, noise: Tensor, k: int | float
) -> tuple[Tensor, Tensor, Rows, Rows]:
    """The sum of the losses of a stretch, how many they are, and the gradients of the input and of the output table.

    In CBOW each place has one h, the mean about it, for its own word. In skip-gram each place's vector is the h for all
    the words that it reaches.
    """
    time, width, is_cbow = len(reach), len(words) - len(reach), model.config.kind == "cbow"
    inner, known, there = slice(width // 2, width // 2 + time), words.clamp(min=0), words != NOTHING
    h, reach = looked_up(model.input, known), reach * there[inner]
    if is_cbow:
        size, counted = gcd(time, PART), near(width, reach[:, None], there.unfold(0, width + 1, 1)).to(h.dtype)
        band, about = banded(counted, size), counted.sum(1, keepdim=True)
        mean = band / about.view(len(band), size, 1).clamp(min=1)
        h, weights = (mean @ windows(h, size, len(band))).flatten(0, 1), (about > 0).to(h.dtype)
    else:
        wide = reach.new_zeros(len(words))
        wide[inner] = reach
        weights = near(width, wide.unfold(0, width + 1, 1), there[inner, None]).to(h.dtype)
    if model.config.output == "hierarchical":
        loss, errors, terms, output = hierarchical(model, h, known[inner], weights)
    else:
        loss, errors, terms, output = negative(model.output, h, known[inner], weights, noise, k)
    if is_cbow:
        back = (band if model.config.whole_error else mean).transpose(1, 2)
        errors = folded(back @ errors.view(len(band), size, -1), size)
        terms = folded((back * terms.view(len(band), 1, size)).sum(2, keepdim=True), size)[:, 0]
    return loss, weights.sum(), Rows(known, errors, terms), output


def process() -> tuple[int, int]:
    """The number of this process, and how many train together."""
    return (distributed.get_rank(), distributed.get_world_size()) if shared() else (0, 1)


def summed(grad: Tensor) -> Tensor:
    """The sum over all processes, each of which has a stretch of its own: all these steps add up."""
    if shared():
        grad = grad if grad.device.type == "cpu" else grad.to_dense()  # NCCL adds no rows
        distributed.all_reduce(grad)
    return grad


class Stretch(torch.autograd.Function):
    """The mean loss of a stretch of text; its gradient is that of the sum, as rows.

    In the papers every pair makes a step of its own, so that the steps of a stretch add up; for people to read and to
    compare, the mean is the better number.
    """

    @staticmethod
    def forward(
        ctx: Any,
        input: Tensor,
        output: Tensor,
        found: Callable[[], tuple[Tensor, Tensor, Rows, Rows]],
        most: int | float | None,
    ) -> Tensor:
        """The mean loss; the gradients come with it."""
        loss, count, *parts = found()
        ctx.parts = [
            (part.rows[None], part.damped(len(table), most), table.shape)
            for part, table in zip(parts, (input, output), strict=True)
        ]
        return loss / count.clamp(min=1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor | None, ...]:
        """The rows of both tables that have a gradient."""
        grads = (
            summed(
                torch.sparse_coo_tensor(rows, values if slope == 1 else values * slope, shape, check_invariants=False)
            )
            for rows, values, shape in ctx.parts
        )
        return (*grads, None, None)


def stretch(
    model: Module, words: Tensor, reach: Tensor, noise: Tensor, k: int | float, most: int | float | None = None
) -> Float[Tensor, ""]:
    """The mean loss of a stretch of text, with the gradient of the sum; see `Rows.damped` for `most`.

    `words` has w places more than `reach` on either side. There, and wherever there is no word, stands `NOTHING`.
    `noise` (blocks, draws) cuts `reach` into equal blocks; a tree has none.
    """
    return Stretch.apply(model.input, model.output, lambda: gradients(model, words, reach, noise, k), most)


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
