"""One head learns to look up the value beside a key: what the scale does to its first gradient and to its pace."""

from functools import partial
from math import sqrt

import torch
from jaxtyping import Float, Int
from matplotlib.figure import Figure
from torch import Generator, Tensor
from torch.nn import Module, Parameter

from firsthand.claims import Arm, Claim, Measure, Outcome, ordered
from firsthand.claims.bench.descent import seeded
from firsthand.claims.bench.learning import Batch, learn
from firsthand.figures.attention import shaded
from firsthand.figures.curves import Runs, against, series
from firsthand.nn import Embedding, Linear, cross_entropy, init, softmax
from firsthand.papers.selfattention.lookups import PAIRS, SYMBOLS, distinct
from firsthand.papers.selfattention.scores import COLOURS, SIZES, Score, entropy, flat, scores

LENGTHS = SIZES[:-1]


def pairs(rows: int, generator: Generator) -> Batch:
    """Eight pairs of a key and a value, each from 32 symbols, one of the keys again, and the value beside it."""
    keys = distinct(rows, PAIRS, SYMBOLS, generator)
    values = torch.randint(SYMBOLS, (rows, PAIRS), generator=generator)
    asked = torch.randint(PAIRS, (rows, 1), generator=generator)
    return keys, values, keys.gather(1, asked)[:, 0], values.gather(1, asked)[:, 0]


class Recall(Module):
    """One head without anything around it: the query asks the pairs, and the answer is read off what comes back.

    x_j = (C[key_j] + D[value_j]) / sqrt(2) of every pair; all projections keep variance 1 at first.
    """

    def __init__(self, score: Score, size: int, embed: int = 64):
        super().__init__()
        self.score = score
        self.keys, self.values = Embedding(SYMBOLS, embed), Embedding(SYMBOLS, embed)
        self.w_q, self.w_k = Linear(embed, size, bias=False), Linear(embed, size, bias=False)
        self.w_v, self.output = Linear(embed, embed, bias=False), Linear(embed, SYMBOLS, bias=False)
        for layer in (self.w_q, self.w_k, self.w_v, self.output):
            init.lecun_(layer.weight)
        self.v = Parameter(init.normal_(torch.empty(size), 1 / sqrt(size))) if score == "additive" else None

    def compare(
        self, keys: Int[Tensor, "batch pairs"], values: Int[Tensor, "batch pairs"], asked: Int[Tensor, " batch"]
    ) -> tuple[Float[Tensor, "batch pairs embed"], Float[Tensor, "batch pairs"]]:
        """The pairs, and how well each fits the query, as weights."""
        x = (self.keys(keys) + self.values(values)) / sqrt(2)
        return x, softmax(scores(self.score, self.w_q(self.keys(asked))[:, None], self.w_k(x), self.v))

    def forward(self, *row: Int[Tensor, "batch ..."]) -> Float[Tensor, "batch symbols"]:
        """Logits of the value beside the key that is asked for."""
        x, a = self.compare(*row)
        return self.output((a[:, None] @ self.w_v(x))[:, 0])


def recall(score: Score = "scaled", steps: int = 1000, lr: float = 0.001, seed: int = 0) -> Outcome:
    """Steps until one head finds the value beside a key in 95 % of cases, and its state at first, for d_k of 4 to 256.

    Args:
        score: what compares query and key.
        steps: most steps of Adam on 64 fresh rows.
        lr: its rate.
        seed: of the first weights and of all rows.
    """
    found: Outcome = {}
    for size in LENGTHS:
        generator, network = seeded(seed), Recall(score, size)
        *row, answers = pairs(1024, generator)
        (gradient,) = torch.autograd.grad(cross_entropy(network(*row), answers), [network.w_q.weight])
        shown = (row[0][:1].expand(PAIRS, -1), row[1][:1].expand(PAIRS, -1), row[0][0])  # asked for each of its keys
        (_, a), (_, first) = network.compare(*row), network.compare(*shown)
        shares, reached = learn(network, partial(pairs, generator=generator), steps, lr, 10, target=0.95)
        found |= {
            f"entropy {size}": entropy(a).item(),
            f"gradient {size}": torch.linalg.vector_norm(gradient).item(),
            f"steps {size}": reached,
            f"shares {size}": shares,
            f"first map {size}": first.flatten().tolist(),
            f"last map {size}": network.compare(*shown)[1].flatten().tolist(),
        }
    return found


STEPS = {n: Measure(f"steps {n}", f"steps to 95 %, d_k = {n}", digits=0) for n in LENGTHS}
GRADIENT = {n: Measure(f"gradient {n}", f"first gradient of W_Q, norm, d_k = {n}", digits=4) for n in LENGTHS}
ENTROPY = [Measure(f"entropy {n}", f"entropy of a at first, d_k = {n}", digits=2) for n in LENGTHS]
RAW, SCALED, ADDITIVE = (
    Arm(score, experiment=recall, overrides={"score": score}) for score in ("raw", "scaled", "additive")
)


def figure(seen: Runs) -> Figure:
    """Steps to 95 % against d_k, and one row's weights at first and when it is learned, with the scale and without."""
    figure = Figure(figsize=(11, 4.4))
    left, right = figure.subfigures(1, 2, width_ratios=(1.25, 1))
    axes = left.subplots()
    against(axes, seen, "steps", LENGTHS, COLOURS, 25)
    axes.set(ylim=(0, None), xlabel="d_k, numbers of a query", ylabel="steps until 95 % are right")
    axes.set_title("Steps that one head takes to learn to look up")
    for row, score in zip(right.subplots(2, 2), ("raw", "scaled"), strict=True):
        for panel, when in zip(row, ("first", "last"), strict=True):
            weights = series(seen[score], f"{when} map {LENGTHS[-1]}")[0].reshape(PAIRS, PAIRS)
            shaded(panel, weights, f"{score}, {'first step' if when == 'first' else 'learned'}", 1)
            panel.set(xticks=[], yticks=[], xlabel="pair looked at", ylabel="key asked for")
    right.suptitle(f"Weights of one row, d_k = {LENGTHS[-1]}", fontsize=11, fontweight="bold", x=0.02, ha="left")
    return figure


CLAIM = Claim(
    key="recall",
    kind="the paper's statement",
    statement="Without the scale a large d_k makes gradients extremely small, and additive attention does better.",
    where="section 3.2.1; d_k and the task are ours",
    measures=(*STEPS.values(), *GRADIENT.values(), *ENTROPY),
    arms=(RAW, SCALED, ADDITIVE),
    conditions=(
        GRADIENT[256].of(RAW) <= 0.5 * GRADIENT[4].of(RAW),
        STEPS[256].of(ADDITIVE) < STEPS[256].of(RAW),
        STEPS[256].of(RAW) >= 1.5 * STEPS[256].of(SCALED),
        ordered(*(measure.of(RAW) for measure in reversed(ENTROPY))),
        flat(SCALED, ENTROPY, 0.1),
    ),
    remark="A row holds eight pairs of a key and a value, of 32 symbols each, and one of the keys again; one head "
    "and an output layer, width 64, Adam at 0.001 on 64 fresh rows, 1,000 steps at most. The paper suspects small "
    "gradients, without a number; that those of W_Q shrink is our reading. What a saturated softmax lets through falls "
    "with d_k (`saturation`), but a raw score hands sqrt(d_k) times more of it on to W_Q than a scaled one, in a few "
    "rows with large errors: the gradient grows, and still learning is slower than with the scale. Several layers, "
    "where a gradient passes one softmax after the other, would settle it. Before, any condition that held made the "
    "verdict partly; now the gradient decides.",
    figure=figure,
)
