"""Samples as 256 codes: the mu-law, which spends its steps where sounds are quiet.

    f(x) = sign(x) ln(1 + mu |x|) / ln(1 + mu),   -1 <= x <= 1, mu = levels - 1      (section 2.2)
    code = floor((f(x) + 1) / 2 mu + 1/2)                                            0, ..., mu

A code stands for the middle of its step, f(x) = 2 code / mu - 1, of which f is at most 1 / mu away. Undone, that is

    |x' - x| <= ((1 + mu)^(1 / mu) - 1) (|x| + 1 / mu)          2.2 % of |x| + 0.004 for 256 levels

so that the error shrinks with the sound, where that of even steps stays 1 / mu, and the ratio of sound to error, in
decibels, is nearly the same for a shout and for a whisper. The law is ITU-T G.711's, that of telephones.
"""

from math import log, log1p

import torch
from jaxtyping import Float, Int
from torch import Tensor

LEVELS = 256


def compress(x: Float[Tensor, "*shape"], mu: float = LEVELS - 1.0) -> Float[Tensor, "*shape"]:
    """f(x) = sign(x) ln(1 + mu |x|) / ln(1 + mu), from -1..1 to -1..1. Source: sec. 2.2."""
    return x.sign() * torch.log1p(mu * x.abs()) / log1p(mu)


def expand(y: Float[Tensor, "*shape"], mu: float = LEVELS - 1.0) -> Float[Tensor, "*shape"]:
    """The inverse, x = sign(y) ((1 + mu)^|y| - 1) / mu."""
    return y.sign() * torch.expm1(y.abs() * log1p(mu)) / mu


def encode(x: Float[Tensor, "*shape"], levels: int = LEVELS) -> Int[Tensor, "*shape"]:
    """The code of every sample; beyond -1 and 1 a sample is cut off."""
    mu = levels - 1.0
    return torch.floor((compress(x.clamp(-1, 1), mu) + 1) / 2 * mu + 0.5).long()


def decode(codes: Int[Tensor, "*shape"], levels: int = LEVELS) -> Float[Tensor, "*shape"]:
    """The sample, in the middle of its step, that a code stands for."""
    mu = levels - 1.0
    return expand(2 * codes.double() / mu - 1, mu)


def encode_evenly(x: Float[Tensor, "*shape"], levels: int = LEVELS) -> Int[Tensor, "*shape"]:
    """The same with even steps, for comparison: linear quantisation, that of a file of 8 bits a sample."""
    return torch.floor((x.clamp(-1, 1) + 1) / 2 * (levels - 1.0) + 0.5).long()


def decode_evenly(codes: Int[Tensor, "*shape"], levels: int = LEVELS) -> Float[Tensor, "*shape"]:
    """The sample that such a code stands for."""
    return 2 * codes.double() / (levels - 1.0) - 1


def bound(x: Float[Tensor, "*shape"], levels: int = LEVELS) -> Float[Tensor, "*shape"]:
    """How far a decoded sample may lie from x at most.

    With d = 1 / mu the decoded sample lies between the x' of f(x) - d and f(x) + d, and 1 + mu |x'| is 1 + mu |x| times
    at most (1 + mu)^d; where the sign changes |x| + |x'| is less than the whole of a step from zero.
    """
    mu = levels - 1.0
    return ((1 + mu) ** (1 / mu) - 1) * (x.abs() + 1 / mu)


def signal_to_noise(x: Float[Tensor, "*shape"], heard: Float[Tensor, "*shape"]) -> float:
    """How much stronger a sound is than its error, in decibels: 10 log10 (mean x^2 / mean (x' - x)^2)."""
    return 10 * log((x.square().mean() / (heard - x).square().mean()).item(), 10)
