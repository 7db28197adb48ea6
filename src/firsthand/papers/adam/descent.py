"""The inner loop of the experiments: a step down each loss as it comes."""

from collections.abc import Iterator
from math import isfinite

import torch
from torch import Tensor
from torch.optim import Optimizer


def descend(optimizer: Optimizer, losses: Iterator[Tensor]) -> Iterator[float]:
    """Take a step down each loss and pass on its value; ends after one that is no number."""
    torch.set_flush_denormal(True)  # as the engine does: a mean that fades towards 0 would make the CPU slow
    try:
        for loss in losses:
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            value = loss.item()
            yield value
            if not isfinite(value):
                return
    finally:
        torch.set_flush_denormal(False)
