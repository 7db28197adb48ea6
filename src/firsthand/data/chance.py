"""Random numbers that are a function of seed, step and example: the same after an interruption, in any processes."""

import torch
from jaxtyping import Float64, Int64
from torch import Tensor

_WEYL, _FIRST, _SECOND = -0x61C8864680B583EB, -0x40A7B892E31B1A47, -0x6B2FB644ECCEEE15  # as signed 64-bit numbers


def uniform(seed: int, step: int, indices: Int64[Tensor, " batch"], count: int) -> Float64[Tensor, "batch count"]:
    """Numbers in [0, 1) that seed, step and index decide: the mixing function of SplitMix64.

    Source: Steele, Lea & Flood (2014), Fast splittable pseudorandom number generators, figure 17.
    """
    key = _mixed(_mixed(torch.tensor(seed % 2**64 - 2**64 * (seed % 2**64 >= 2**63))) + step)
    numbers = _mixed(_mixed(key + indices)[:, None] + torch.arange(count))
    return _shifted(numbers, 11).double() / 2**53


def _mixed(x: Int64[Tensor, "..."]) -> Int64[Tensor, "..."]:
    """A 64-bit number scrambled, so that neighbours have nothing in common; products wrap around."""
    x = x * _WEYL + _WEYL
    x = (x ^ _shifted(x, 30)) * _FIRST
    x = (x ^ _shifted(x, 27)) * _SECOND
    return x ^ _shifted(x, 31)


def _shifted(x: Int64[Tensor, "..."], bits: int) -> Int64[Tensor, "..."]:
    """The bits moved down, with zeros from above."""
    return (x >> bits) & ((1 << (64 - bits)) - 1)
