"""log p(x) of one set of masks, of the mixture over several, and over all x there are."""

from collections.abc import Iterable
from itertools import product
from math import log

import torch
from jaxtyping import Float
from torch import Tensor

from firsthand.nn import binary_cross_entropy
from firsthand.papers.made.model import BEYOND, MADE, Config


def nats(logits: Float[Tensor, "batch inputs"], x: Float[Tensor, "batch inputs"]) -> Float[Tensor, " batch"]:
    """-log p(x) = sum_d -x_d log x^_d - (1 - x_d) log(1 - x^_d) of every example. Source: equation 2."""
    return binary_cross_entropy(logits, x, "none").sum(1)


def sets(config: Config, count: int) -> list[int]:
    """The numbers of the sets of masks that a network is tested with: all of its list, or `count` drawn anew."""
    return list(range(config.masks)) if config.masks is not None else list(range(BEYOND, BEYOND + count))


def each(model: MADE, x: Float[Tensor, "batch inputs"], numbers: Iterable[int]) -> Float[Tensor, "sets batch"]:
    """log p_i(x) under every set of masks."""
    return torch.stack([-nats(model(x, model.numbered(number)), x) for number in numbers])


def mixture(of_each: Float[Tensor, "sets batch"]) -> Float[Tensor, " batch"]:
    """log (1/n sum_i p_i(x)): probabilities are averaged; averaged logits are no likelihood. Source: sec. 4.2."""
    return of_each.logsumexp(0) - log(len(of_each))


def every(inputs: int) -> Float[Tensor, "all inputs"]:
    """All 2^D vectors of D zeros and ones, in float64; for small D."""
    return torch.tensor(list(product((0.0, 1.0), repeat=inputs)), dtype=torch.float64)
