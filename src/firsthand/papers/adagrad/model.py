"""The classifier that the paper's text experiments train: a weight for every feature, and almost all features absent.

    score(z) = <x, z> + b = sum of x_i over the features i that are present, + b       z_i is 0 or 1
    f(x)     = [1 - y score]_+                                                         hinge loss, y is 1 or -1

The paper is about the rule that trains it, which is `firsthand.optim.Adagrad` (optim/adagrad.py): figure 1, the
mirror-descent form with diagonal matrices, without constraint or regulariser,

    s_(t,i)   = sqrt(sum of g_(tau,i)^2 over tau <= t)           the root of `sum` in the optimiser's state
    x_(t+1,i) = x_(t,i) - eta g_(t,i) / (delta + s_(t,i))        `lr` is eta, `eps` is delta, outside of the root

A feature that is absent has gradient 0, so neither its weight nor its s moves: it waits with its full first step, eta.
Symbols: x is `weight`, b is `bias`, z is given as the places of its ones. Where we differ: the paper's own text, RCV1,
is not free, so ours is the Brown corpus; it adds lambda ||x||_1, which makes most weights exactly 0, we do not.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import Module, Parameter

from firsthand.bounds import SIZE, within
from firsthand.nn import relu

BROWN = 475_940  # words and pairs of words of the Brown corpus's sentences


@dataclass(frozen=True)
class Config:
    """Size of the classifier."""

    features: int | None = None  # weights; None: what the data has (without data 475,940, those of the Brown corpus)

    def __post_init__(self) -> None:
        within(self, "model.", features=SIZE)


class SparseLinear(Module):
    """One weight a feature and a bias, all 0 at first, as in figure 1 (x_1 = 0)."""

    def __init__(self, config: Config = Config()):
        super().__init__()
        self.weight = Parameter(torch.zeros(config.features or BROWN))
        self.bias = Parameter(torch.zeros(1))

    def forward(self, places: Int[Tensor, "batch most"]) -> Float[Tensor, " batch"]:
        """The score of each example: above 0 for class 1. Its row holds the features present, then -1 to the end."""
        present = torch.where(places >= 0, self.weight[places], 0.0)  # -1 picks the last weight, which is cut here
        return present.sum(1) + self.bias


def hinge(scores: Float[Tensor, " batch"], labels: Int[Tensor, " batch"]) -> Float[Tensor, " batch"]:
    """The hinge loss [1 - y s]_+ of every example, for labels y of 1 and -1: 0 once s is beyond 1 on the right side.

    At the bend, y s = 1, the slope is 0.
    """
    return relu(1 - labels * scores)
