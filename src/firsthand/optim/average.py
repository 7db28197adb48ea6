"""Averages of a network's weights along the path of training, often better than the last weights."""

from copy import deepcopy
from typing import Any

import torch
from torch import Tensor
from torch.nn import Buffer, Module

from firsthand.errors import UserError
from firsthand.optim.clip import HALF


class Average(Module):
    """The mean of the weights w_1, ..., w_n at n updates, in a copy of the network that is called like the network.

        a <- a + (w - a) / n

    The copy wants no gradients; its buffers (running statistics) are those of the network at the last update. What is
    in half precision is float32 there, or small shares would round to nothing. The state suits
    torch.optim.swa_utils.AveragedModel.
    Source: Polyak & Juditsky (1992), Acceleration of stochastic approximation by averaging.
    """

    n_averaged: Tensor

    def __init__(self, network: Module):
        super().__init__()
        self.module = deepcopy(network).requires_grad_(False)
        for tensor in (*self.module.parameters(), *self.module.buffers()):
            if tensor.dtype in HALF:
                tensor.data = tensor.data.float()
        self.n_averaged = Buffer(torch.tensor(0))

    def share(self, count: int) -> float:
        """The new weights' share in the average at update `count`, counted from 1."""
        return 1 / count

    @torch.no_grad()
    def update(self, network: Module) -> None:
        """Take the network's present weights into the average, and its buffers as they are.

        Raises UserError for a network of another size.
        """
        averages: list[Tensor] = list(self.module.parameters())
        weights: list[Tensor] = list(network.parameters())
        if list(map(Tensor.numel, averages)) != list(map(Tensor.numel, weights)):  # or one row may stand for all
            raise UserError("The average is of a network of another size: make a new one for this network.")
        self.n_averaged += 1
        if averages:
            weights = [w if w.dtype == a.dtype else w.to(a.dtype) for a, w in zip(averages, weights, strict=True)]
            torch._foreach_lerp_(averages, weights, self.share(int(self.n_averaged)))
        for ours, theirs in zip(self.module.buffers(), network.buffers(), strict=True):
            ours.copy_(theirs)

    def forward(self, *inputs: Any, **options: Any) -> Any:
        """What the network gives with the averaged weights; shapes are the network's own."""
        return self.module(*inputs, **options)


class ExponentialAverage(Average):
    """A running mean that forgets: after n updates the weights of k updates ago count decay^k.

        a <- decay a + (1 - decay) w

    It starts at the first w, which so keeps a share of decay^(n - 1). `corrected` starts at zero instead and divides
    by 1 - decay^n, in one step: a <- a + (w - a) (1 - decay) / (1 - decay^n).
    Raises UserError for a decay outside [0, 1).
    Source: Kingma & Ba (2015), section 7.2, where it is corrected and decay is Adam's beta2.
    """

    def __init__(self, network: Module, decay: float = 0.999, corrected: bool = False):
        if not 0 <= decay < 1:
            raise UserError(f"The average needs a decay from 0 up to but not 1, got {decay}.")
        super().__init__(network)
        self.decay, self.corrected = decay, corrected

    def share(self, count: int) -> float:
        """The new weights' share in the average at update `count`, counted from 1."""
        if self.corrected:
            return (1 - self.decay) / (1 - self.decay**count)
        return 1.0 if count == 1 else 1 - self.decay


class SpacedAverage(Average):
    """The mean of the weights at the last of `total` updates and at moments `every` updates before one another.

    There are `count` moments; until the first of them the average is the network as it is.
    Raises UserError for a number below 1.
    Source: Vaswani et al. (2017), section 6.1: the last 5 checkpoints, written every 10 minutes.
    """

    def __init__(self, network: Module, total: int, count: int = 5, every: int = 1):
        if min(total, count, every) < 1:
            raise UserError(f"The average needs numbers of at least 1, got {total} updates, {count} moments, {every}.")
        super().__init__(network)
        self.total, self.count, self.every = total, count, every

    def share(self, count: int) -> float:
        """The new weights' share in the average at update `count`, counted from 1."""
        moment, first = self._moment(count), max(self._moment(1), 0)  # counted from 0
        if moment <= first:
            return 1.0
        return 0.0 if (self.total - count) % self.every else 1 / (moment - first + 1)

    def _moment(self, update: int) -> int:
        """The next moment, at this update or after it; one of a run too short for all of them may come first."""
        return self.count - 1 - (self.total - update) // self.every
