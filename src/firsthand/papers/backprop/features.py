"""What hidden units have learned, as numbers: the 1 : 2 : 4 code of symmetry, and features of the 24 people."""

from typing import Any

import torch
from torch import Tensor

from firsthand.papers.backprop.facts import PEOPLE, branch, generation

CODES = {"1 : 2 : 4": (1.0, 2.0, 4.0), "2 : 3 : 4": (1.0, 1.5, 2.0)}  # what is smallest is set to 1


def mirror_code(hidden: Tensor) -> dict[str, Any]:
    """How the weights (runs, 2, 6) of the symmetry detectors compare with w, -w in mirror places, and with two codes.

    mirror: the worst of |w + w'| relative to the mean of |w| and |w'|, over all runs, units and pairs, in %. For each
    code, the share of runs whose pairs are within 10 % of it, and all mirrored within 5 %. ratios: of the first units,
    the middle and the largest pair as multiples of the smallest. Source: Figure 1.
    """
    left, right = hidden[..., :3], hidden[..., 3:].flip(-1)
    mirror = 2 * (left + right).abs() / (left.abs() + right.abs())
    size = ((left - right).abs() / 2).sort(-1).values
    size = size / size[..., :1]
    found: dict[str, Any] = {
        "mirror": 100 * mirror.max().item() if len(hidden) else None,
        "ratios": size[:, 0, 1:].flatten().tolist(),
    }
    for name, code in CODES.items():
        near = (size / torch.tensor(code) - 1).abs().amax((1, 2)) <= 0.1
        near &= mirror.amax((1, 2)) <= 0.05
        found[name] = near.float().mean().item() if len(hidden) else None
    return found


def explained(weights: Tensor, groups: list[int]) -> Tensor:
    """The share of the variance over people (the last axis) that lies between these groups of them: 0 none, 1 all."""
    labels, mean = torch.tensor(groups), weights.mean(-1)
    between = sum(
        (labels == g).float().mean() * (weights[..., labels == g].mean(-1) - mean) ** 2 for g in sorted(set(groups))
    )
    return between / weights.var(-1, correction=0)


def of_people(weights: Tensor) -> dict[str, Any]:
    """What the weights (runs, 6 units, 24 people) of the person codes tell apart.

    nation, generation, branch: the share of its variance that these explain, in the unit where it is largest, mean over
    runs; the grandchildren, who belong to both branches, are left out for branch. "has nation": the share of runs where
    it is above one half. alike: the correlation between the weights of the English and of the Italians in the same
    places of the tree, mean over the five units that are not the nation's. Source: Figure 4.
    """
    sides = [branch(person) for person in PEOPLE]
    born = [place for place, side in enumerate(sides) if side < 2]
    nation = explained(weights, [0] * 12 + [1] * 12)
    ages = explained(weights, [generation(person) for person in PEOPLE])
    branches = explained(weights[..., born], [sides[place] for place in born])
    english, italian = (part - part.mean(-1, keepdim=True) for part in weights.split(12, dim=-1))
    alike = (english * italian).sum(-1) / (english.norm(dim=-1) * italian.norm(dim=-1))
    others = torch.arange(weights.shape[1]) != nation.argmax(1, keepdim=True)
    return {
        "nation": nation.amax(1).mean().item(),
        "has nation": (nation.amax(1) > 0.5).float().mean().item(),
        "generation": ages.amax(1).mean().item(),
        "branch": branches.amax(1).mean().item(),
        "alike": alike[others].mean().item(),
        "all alike": alike[others].tolist(),
        "people": weights[nation.amax(1).argmax()].flatten().tolist(),  # of the run whose nation is clearest
    }
