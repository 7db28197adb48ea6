"""The networks of the paper by name, and the smaller ones that were published later."""

import torch
from jaxtyping import Int
from torch import Tensor

from firsthand.papers.bert.model import Config


def sized(layers: int, hidden: int) -> Config:
    """A network whose heads have 64 numbers each, as all published ones have."""
    return Config(layers=layers, hidden=hidden, heads=hidden // 64)


VARIANTS: dict[str, Config] = {
    "base": sized(12, 768),
    "large": sized(24, 1024),
    # Turc et al. (2019).
    "tiny": sized(2, 128),
    "mini": sized(4, 256),
    "small": sized(4, 512),
    "medium": sized(8, 512),
}


def example(config: Config) -> tuple[Int[Tensor, "1 2 time"]]:
    """An example of 128 tokens, with which nine tenths of pre-training are done."""
    return (torch.ones(1, 2, 128, dtype=torch.int64),)
