"""Hundreds of the paper's smallest networks at once, which never meet, so that luck can be told from structure."""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from firsthand.papers.birnn.rprop import Rprop

Kind = Literal["average", "classes"]
STATES = 2
EDGE = 0.5  # every state before the first step


class _States(torch.autograd.Function):
    """The states of one direction of all nets, two for each: h_t = tanh(w x_t + u h_t-1 + b), with the backward pass.

    With dh the gradient that reaches h_t, from outside and from step t+1, da = dh (1 - h_t^2) and h_t-1 gets u^T da;
    dw = sum da x, du = sum da h_t-1, db = sum da. The nets come last, so that a step is a few calls for all of them.
    """

    @staticmethod
    def forward(ctx, x, w, u, b):
        h = x.new_empty(len(x) + 1, STATES, x.shape[1], w.shape[1])
        h[0] = EDGE
        torch.addcmul(b[:, None], x[:, None, :, None], w[:, None], out=h[1:])
        with torch.inference_mode():  # the calls cost less
            columns, parts = u[:, :, None].unbind(1), [part.unbind(0) for part in h.unbind(1)]
            for now, *before in zip(h.unbind(0)[1:], *parts, strict=False):
                for column, part in zip(columns, before, strict=True):
                    now.addcmul_(column, part)
                now.tanh_()
        ctx.save_for_backward(x, u, h)
        return h[1:]

    @staticmethod
    def backward(ctx, dh):
        x, u, h = ctx.saved_tensors
        slope = torch.addcmul(h.new_ones(()), h[1:], h[1:], value=-1)
        da = dh.contiguous().clone()
        with torch.inference_mode():
            rows, parts = u[:, :, None].unbind(0), [part.unbind(0) for part in da.unbind(1)]
            steps = list(zip(slope.unbind(0), da.unbind(0), *parts, strict=True))
            for t in reversed(range(len(steps))):
                slope_t, da_t, *each = steps[t]
                da_t.mul_(slope_t)
                if t:
                    for row, part in zip(rows, each, strict=True):
                        steps[t - 1][1].addcmul_(row, part)
        du = torch.stack([(da * h[:-1, j, None]).sum((0, 2)) for j in range(STATES)], 1)
        return None, (da * x[:, None, :, None]).sum((0, 2)), du, da.sum((0, 2))


@dataclass
class Side:
    """One direction of every net: the weights w, u and b of its two states, and v from them to the output."""

    w: Float[Tensor, "states nets"]
    u: Float[Tensor, "states states nets"]  # u[i, j] is to state i from state j
    b: Float[Tensor, "states nets"]
    v: Float[Tensor, "states nets"]

    @classmethod
    def draw(cls, nets: int, generator: Generator) -> "Side":
        """Weights from U(-1, 1)."""
        shapes = ((STATES, nets), (STATES, STATES, nets), (STATES, nets), (STATES, nets))
        return cls(*((2 * torch.rand(shape, generator=generator) - 1).requires_grad_() for shape in shapes))

    def part(self, x: Float[Tensor, "time rows"]) -> Float[Tensor, "time rows nets"]:
        """v h_t of every step, walking from the first to the last."""
        first, second = _States.apply(x, self.w, self.u, self.b).unbind(1)
        return first * self.v[0] + second * self.v[1]


@dataclass
class Crowd:
    """Nets with forward states, backward states or both: 11, 11 or 21 weights each."""

    past: Side | None
    future: Side | None
    c: Float[Tensor, " nets"]

    @classmethod
    def draw(cls, direction: Literal["forward", "backward", "both"], nets: int, c: float, generator: Generator):
        """Weights from U(-1, 1), but for the output's bias."""
        past = Side.draw(nets, generator) if direction != "backward" else None
        future = Side.draw(nets, generator) if direction != "forward" else None
        return cls(past, future, torch.full((nets,), c).requires_grad_())

    def parameters(self) -> list[Tensor]:
        """Every weight of every net."""
        return [p for side in (self.past, self.future) if side for p in (side.w, side.u, side.b, side.v)] + [self.c]

    def outputs(self, x: Float[Tensor, "time rows"]) -> Float[Tensor, "time rows nets"]:
        """What is bent into the answer, by tanh or by the logistic function."""
        y = self.c
        if self.past:
            y = y + self.past.part(x)
        if self.future:
            y = y + self.future.part(x.flip(0)).flip(0)
        return y


def costs(
    outputs: Float[Tensor, "time rows nets"],
    targets: Float[Tensor, "time rows nets"],
    counts: Float[Tensor, "time 1 nets"],
    kind: Kind,
) -> Float[Tensor, " nets"]:
    """Of every net the mean squared error, or the cross-entropy of two classes, over the steps that count."""
    if kind == "average":
        each = (torch.tanh(outputs) - targets).square()
    else:
        each = torch.log1p(torch.exp(-outputs.abs())) + outputs.clamp(min=0) - targets * outputs
    return (each * counts).sum((0, 1)) / (counts.sum((0, 1)) * outputs.shape[1])


def train(
    crowd: Crowd,
    x: Float[Tensor, "time rows"],
    targets: Float[Tensor, "time rows nets"],
    counts: Float[Tensor, "time 1 nets"],
    kind: Kind,
    cycles: int,
) -> None:
    """So many steps of RPROP on all of the data; every net gets the gradient of its own cost."""
    rule = Rprop(crowd.parameters(), lr=0.01)
    for _ in range(cycles):
        rule.zero_grad()
        costs(crowd.outputs(x), targets, counts, kind).sum().backward()
        rule.step()
