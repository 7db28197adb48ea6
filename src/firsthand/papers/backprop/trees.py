"""Many networks on the family trees: what three claims measure and share."""

from functools import partial
from typing import Literal

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from firsthand.claims import Arm, Measure, Outcome
from firsthand.papers.backprop.cases import Problem, problem, right
from firsthand.papers.backprop.facts import BRANCH, GENERATION
from firsthand.papers.backprop.model import NETS
from firsthand.papers.backprop.recipe import counted
from firsthand.papers.backprop.sweeps import descend, direct, first_weights

Italians = Literal["same tree", "relations exchanged", "answers shuffled"]


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
) -> Outcome:
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
    plan = NETS["family-trees"] if hidden else direct(NETS["family-trees"])
    weights = first_weights(plan, runs, init, generator)
    x, d = problem("family-trees")
    train = torch.ones(runs, len(x), 1)
    train.scatter_(1, torch.rand(runs, len(x), generator=generator).argsort(1)[:, :4, None], 0.0)
    own = [unlike_trees(x, d, italians, generator) for _ in range(runs)]
    x, d = (torch.stack(parts) for parts in zip(*own, strict=True))
    curve = []
    for number, y in descend(
        plan, x, d, weights, sweeps, lambda number: 0.005 if warm_up and number < 20 else rate,
        lambda y: train if tolerance == "none" else train * counted(y, d, 0.2, tolerance),
        first_momentum=0.5 if warm_up else None, shrink=shrink,
    ):  # fmt: skip
        if number % 10 == 0:
            curve.append((((y - d) ** 2 * train).sum((1, 2)) / 2).median().item())
    correct, trained = right(y, d).float(), train[..., 0]
    held_out = (correct * (1 - trained)).sum(1)
    codes = people(weights[0]) if hidden else dict.fromkeys(("nation", "has nation", "generation", "branch", "alike"))
    return {
        "trained": (correct * trained).sum(1).mean().item(), "held out": held_out.mean().item(),
        "all four": (held_out == 4).float().mean().item(), "best": held_out.max().item(), "error": curve[-1],
        "curve": curve, "held out runs": held_out.tolist(), **codes,
    }  # fmt: skip


def unlike_trees(
    x: Float[Tensor, "cases 36"], d: Float[Tensor, "cases 24"], italians: Italians, generator: Generator
) -> Problem:
    """The family trees, the Italian half of which has nothing to tell about the English half.

    relations exchanged: the Italians' words for the twelve relations are permuted; their tree is as orderly as before.
    answers shuffled: any other Italian answer is the right one; no tree is left. To permute the Italian *names* would
    change nothing: units have no order, and nothing says that input 13 and output 13 are the same person.
    """
    x, d = x.clone(), d.clone()
    rows = (x[:, 12:24].sum(1) > 0).nonzero().squeeze(1)
    if italians == "relations exchanged":
        x[rows, 24:] = x[rows, 24:][:, torch.randperm(12, generator=generator)]
    elif italians == "answers shuffled":
        d[rows] = d[rows[torch.randperm(len(rows), generator=generator)]]
    return x, d


def explained(weights: Float[Tensor, "*runs people"], groups: tuple[int, ...]) -> Float[Tensor, "*runs"]:
    """The share of the variance over people that lies between these groups of them: 0 none, 1 all."""
    labels, mean = torch.tensor(groups), weights.mean(-1)
    between = sum(
        (labels == g).float().mean() * (weights[..., labels == g].mean(-1) - mean) ** 2 for g in sorted(set(groups))
    )
    return between / weights.var(-1, correction=0)


def people(weights: Float[Tensor, "runs 6 24"]) -> Outcome:
    """What the weights of the person codes tell apart.

    nation, generation, branch: the share of its variance that these explain, in the unit where it is largest, mean over
    runs; the grandchildren, who belong to both branches, are left out for branch. "has nation": the share of runs where
    it is above one half. alike: the correlation between the weights of the English and of the Italians in the same
    places of the tree, mean over the five units that are not the nation's. Source: Figure 4.
    """
    born = [place for place, side in enumerate(BRANCH) if side < 2]
    nation, generation = explained(weights, (0,) * 12 + (1,) * 12), explained(weights, GENERATION)
    branch = explained(weights[..., born], tuple(BRANCH[place] for place in born))
    english, italian = (part - part.mean(-1, keepdim=True) for part in weights.split(12, dim=-1))
    alike = (english * italian).sum(-1) / (english.norm(dim=-1) * italian.norm(dim=-1))
    others = alike[torch.arange(6) != nation.argmax(1, keepdim=True)]
    clearest = nation.amax(1)
    return {
        "nation": clearest.mean().item(), "has nation": (clearest > 0.5).float().mean().item(),
        "generation": generation.amax(1).mean().item(), "branch": branch.amax(1).mean().item(),
        "alike": others.mean().item(), "all alike": others.tolist(),
        "people": weights[clearest.argmax()].flatten().tolist(),  # of the run whose nation is clearest
    }  # fmt: skip


TRAINED = Measure("trained", "trained questions right, of 100", digits=1)
HELD_OUT = Measure("held out", "held-out questions right, of 4", digits=2)
TREES = partial(Arm, experiment=family_trees)
EXCHANGED = TREES("relations exchanged", overrides={"italians": "relations exchanged"})
