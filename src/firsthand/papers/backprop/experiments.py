"""What the claims measure, on the tape and with the paper's rule: many runs side by side, each with its own draw."""

from statistics import median
from typing import Any, Literal

import torch
from torch import Generator, Tensor

from firsthand.papers.backprop import features
from firsthand.papers.backprop.cases import Italians, problem, right, unlike_trees
from firsthand.papers.backprop.model import NETS, activities, error
from firsthand.papers.backprop.recipe import counted
from firsthand.papers.backprop.sweeps import descend, first_weights, without_hidden
from firsthand.papers.backprop.tape import Node

# Figure 1: the weights of each hidden unit, top to bottom, then its bias; the output's weights and bias.
PUBLISHED_HIDDEN = ((14.2, -3.6, 7.2, -7.2, 3.6, -14.2, -1.1), (-14.2, 3.6, -7.1, 7.1, -3.6, 14.2, -1.1))
PUBLISHED_OUTPUT = ((-8.8, -8.8), 6.4)


class Firsts:
    """In which sweep each run did something for the first time."""

    def __init__(self, runs: int):
        self.sweeps = torch.full((runs,), -1)

    def note(self, number: int, done: Tensor) -> Tensor:
        """Take the number down for runs that are done and were not before; returns which ones."""
        new = done & (self.sweeps < 0)
        self.sweeps[new] = number
        return new

    @property
    def numbers(self) -> list[int]:
        """The sweeps of those runs that did it, in order."""
        return sorted(self.sweeps[self.sweeps >= 0].tolist())

    @property
    def share(self) -> float:
        """The share of all runs that did it."""
        return len(self.numbers) / len(self.sweeps)

    @property
    def median(self) -> float | None:
        """The median over the runs that did it; None where no run did."""
        return float(median(self.numbers)) if self.numbers else None


def symmetry(hidden: bool = True, runs: int = 100, sweeps: int = 6000, seed: int = 0) -> dict[str, Any]:
    """Whether 6-2-1 networks learn to see mirror symmetry, in how many sweeps, and what their hidden weights look like.

    Args:
        hidden: with the two hidden units, or with inputs that reach the output directly.
        runs: networks, each with its own first weights from U(-0.3, 0.3).
        sweeps: passes over all 64 vectors with rate 0.1 and momentum 0.9.
        seed: of all first weights.
    """
    x, d = problem("symmetry")
    plan = NETS["symmetry"] if hidden else without_hidden(NETS["symmetry"])
    weights = first_weights(plan, runs, 0.3, Generator().manual_seed(seed))
    solved, near = Firsts(runs), Firsts(runs)
    kept = [w.clone() for w in weights]  # as they were when a run came within 0.1, else as they are in the end
    for sweep in descend(plan, x, d, weights, sweeps, lr=0.1, momentum=0.9):
        correct = right(sweep.y, d)
        solved.note(sweep.number, correct.all(1))
        new = near.note(sweep.number, ((sweep.y - d).abs() < 0.1).all(2).all(1))
        for keep, w in zip(kept, weights, strict=True):
            keep[new] = w[new]
    for keep, w in zip(kept, weights, strict=True):
        keep[near.sweeps < 0] = w[near.sweeps < 0]
    found: dict[str, Any] = {
        "solved": solved.share, "sweeps": solved.median, "sweeps to 0.1": near.median,
        "right": correct.sum(1).float().mean().item(), "all sweeps": solved.numbers, "runs": runs,
    }  # fmt: skip
    if not hidden:
        return found | dict.fromkeys((*features.CODES, "mirror"))
    done = (solved.sweeps >= 0).nonzero().squeeze(1)
    ordinary = done[solved.sweeps[done].argsort()[len(done) // 2]] if len(done) else 0  # for the figure
    return found | features.mirror_code(kept[0][done]) | {
        "hidden weights": kept[0][ordinary].tolist(), "hidden biases": kept[1][ordinary, 0].tolist(),
        "output": [*kept[2][ordinary, 0].tolist(), kept[3][ordinary, 0, 0].item()],
    }  # fmt: skip


def published(seed: int = 0) -> dict[str, Any]:
    """What the weights that Figure 1 prints do with all 64 vectors.

    Args:
        seed: of nothing; the weights are printed.
    """
    x, d = problem("symmetry")
    hidden = torch.tensor(PUBLISHED_HIDDEN)
    output, bias = torch.tensor([PUBLISHED_OUTPUT[0]]), torch.tensor([PUBLISHED_OUTPUT[1]])
    y = activities(NETS["symmetry"], x, [Node(w) for w in (hidden[:, :6], hidden[:, 6], output, bias)])["output"]
    correct = right(y.value, d)
    return features.mirror_code(hidden[None, :, :6]) | {
        "solved": float(correct.all()), "sweeps": None, "sweeps to 0.1": None, "right": float(correct.sum()),
        "error": error(y, d).sum().value.item(),
    }  # fmt: skip


def family_trees(
    init: float = 1.0,
    rate: float = 0.05,
    shrink: float = 0.0003,
    tolerance: Literal["unit", "case", "none"] = "unit",
    warm_up: bool = True,
    hidden: bool = True,
    italians: Italians = "same tree",
    runs: int = 24,
    sweeps: int = 1500,
    seed: int = 0,
) -> dict[str, Any]:
    """How many of 100 trained and of 4 held-out questions about relatives are answered, and what the person codes show.

    Args:
        init: first weights are from U(-init, init).
        rate: learning rate, with momentum 0.9.
        shrink: share of itself that every weight loses after each change.
        tolerance: outputs within 0.2 have no error, one by one; or only where all of a case are; or every error counts.
        warm_up: rate 0.005 and momentum 0.5 for the first 20 sweeps, as printed.
        hidden: with the three layers of hidden units, or with inputs that reach the outputs directly.
        italians: their tree is the English one; or their names for the relations are exchanged among each other; or
            the answers to their questions are dealt out anew.
        runs: networks, each with its own first weights and its own four questions held out.
        sweeps: passes over the 100 questions.
        seed: of all first weights, held-out questions and exchanges.
    """
    generator = Generator().manual_seed(seed)
    x, d = problem("family-trees")
    plan = NETS["family-trees"] if hidden else without_hidden(NETS["family-trees"])
    weights = first_weights(plan, runs, init, generator)
    train = torch.ones(runs, len(x), 1)
    train.scatter_(1, torch.rand(runs, len(x), generator=generator).argsort(1)[:, :4, None], 0.0)
    x, d = (
        torch.stack(own) for own in zip(*(unlike_trees(x, d, italians, generator) for _ in range(runs)), strict=True)
    )

    def counts(y: Tensor) -> Tensor:
        return train if tolerance == "none" else train * counted(y, d, 0.2, tolerance)

    curve, first = [], (0.005, 0.5) if warm_up else None
    for sweep in descend(plan, x, d, weights, sweeps, rate, 0.9, first, shrink, counts):
        if sweep.number % 10 == 0:
            curve.append((((sweep.y - d) ** 2 * train).sum((1, 2)) / 2).median().item())
    correct, trained = right(sweep.y, d).float(), train[..., 0]
    held_out = (correct * (1 - trained)).sum(1)
    found: dict[str, Any] = {
        "trained": (correct * trained).sum(1).mean().item(), "held out": held_out.mean().item(),
        "all four": (held_out == 4).float().mean().item(), "best": held_out.max().item(), "error": curve[-1],
        "curve": curve, "held out runs": held_out.tolist(),
    }  # fmt: skip
    if not hidden:
        return found | dict.fromkeys(("nation", "has nation", "generation", "branch", "alike"))
    return found | features.of_people(weights[0])


def small(
    net: Literal["xor", "xor-skip", "parity", "encoder"] = "xor",
    rate: float = 0.5,
    momentum: float = 0.9,
    init: float = 0.3,
    margin: float = 0.0,
    runs: int = 100,
    sweeps: int = 10_000,
    seed: int = 0,
) -> dict[str, Any]:
    """How many networks solve a small problem of the longer report, every output on its side of one half, and how fast.

    Args:
        net: exclusive or with two hidden units, or with one and direct connections; parity of four; 8-3-8 encoder.
        rate: learning rate, for the error summed over all patterns.
        momentum: share of the last change that is kept.
        init: first weights are from U(-init, init).
        margin: targets are margin and 1 - margin instead of 0 and 1.
        runs: networks, each with its own first weights.
        sweeps: passes over all patterns that are allowed.
        seed: of all first weights.
    """
    x, d = problem("xor" if net == "xor-skip" else net)
    weights = first_weights(NETS[net], runs, init, Generator().manual_seed(seed))
    solved, codes = Firsts(runs), []
    for sweep in descend(NETS[net], x, d * (1 - 2 * margin) + margin, weights, sweeps, rate, momentum):
        solved.note(sweep.number, right(sweep.y, d.expand_as(sweep.y)).all(1))
        if bool((solved.sweeps >= 0).all()):
            break
    if net == "encoder":
        y = activities(NETS[net], x.expand(runs, *x.shape), [Node(w) for w in weights])["hidden"].value
        codes = [len(torch.unique(code.round(), dim=0)) for code in y[solved.sweeps >= 0]]
    return {
        "solved": solved.share, "sweeps": solved.median, "distinct": sum(codes) / len(codes) if codes else None,
        "all distinct": sum(code == len(x) for code in codes) / len(codes) if codes else None,
        "all sweeps": solved.numbers, "runs": runs,
    }  # fmt: skip


EXPERIMENTS = {"symmetry": symmetry, "published": published, "family-trees": family_trees, "small": small}
