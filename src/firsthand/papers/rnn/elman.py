"""Elman's own network of 1990: the state is copied into context units, and one step of back-propagation is enough.

    h_t = s(W x_t + U c_t + b),  c_t = h_(t-1),  c_1 = 0.5        s(a) = 1 / (1 + e^-a)
    y_t = s(V h_t + d)                                            what is expected in place of x_(t+1)

The context c_t counts as an input like x_t, so plain back-propagation trains the network, after every symbol, with no
step through time: for the error E = |y_t - x_(t+1)|^2 / 2,

    dy = (y_t - x_(t+1)) y_t (1 - y_t)        dh = V^T dy h_t (1 - h_t)
    V, d <- V, d - rate dy (h_t, 1)^T         W, U, b <- W, U, b - rate dh (x_t, c_t, 1)^T
Source: Elman (1990), figure 2 and the text beside it.
"""

from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Generator, Tensor


class Elman:
    """Several networks side by side, each with its own weights, that read streams of their own."""

    def __init__(self, nets: int, inputs: int, hidden: int, outputs: int, generator: Generator, start: float = 0.5):
        """First weights and biases are U(-start, start)."""
        self.w = torch.empty(nets, hidden, inputs + hidden + 1)  # (W, U, b)
        self.v = torch.empty(nets, outputs, hidden + 1)  # (V, d)
        for weight in (self.w, self.v):
            weight.uniform_(-start, start, generator=generator)
        self.one = torch.ones(nets, 1)
        self.context = torch.full((nets, hidden), 0.5)

    def step(
        self, x: Float[Tensor, "nets inputs"], target: Float[Tensor, "nets outputs"], rate: float = 0.0
    ) -> Float[Tensor, "nets outputs"]:
        """What is expected after x, before the weights learn at this rate from what did come."""
        seen = torch.cat((x, self.context, self.one), 1)
        h = torch.bmm(self.w, seen[:, :, None]).squeeze(2).sigmoid_()
        shown = torch.cat((h, self.one), 1)
        y = torch.bmm(self.v, shown[:, :, None]).squeeze(2).sigmoid_()
        if rate:
            dy = (y - target) * y * (1 - y)
            dh = torch.bmm(dy[:, None], self.v).squeeze(1)[:, :-1] * h * (1 - h)
            self.v.baddbmm_(dy[:, :, None], shown[:, None], alpha=-rate)
            self.w.baddbmm_(dh[:, :, None], seen[:, None], alpha=-rate)
        self.context = h
        return y

    @torch.inference_mode()
    def read(self, stream: Float[Tensor, "time nets inputs"], rate: float = 0.0) -> Float[Tensor, "later nets outputs"]:
        """What is expected in place of every symbol but the first, while learning at this rate."""
        return torch.stack([self.step(x, target, rate) for x, target in pairwise(stream)])
