"""The paper's artificial data, learned by many of the paper's smallest networks at once, none of which sees another."""

from collections.abc import Sequence
from math import atanh, log
from typing import Literal

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from firsthand.claims import Arm, Outcome
from firsthand.papers.birnn.rprop import Rprop
from firsthand.papers.birnn.sequences import MEAN, stream

PIECE = 250  # steps of a sequence
STATES = 2  # of each direction
EDGE = 0.5  # every state before the first step
DELAYS = (0, 1, 2, 3, 5, 8, 12)
ARMS = {  # the paper's names
    "RNN-FOR": {"net": "forward", "shifts": DELAYS},
    "RNN-BACK": {"net": "backward", "shifts": DELAYS},
    "MERGE": {"net": "merge", "shifts": (0, 2, 5, 8)},
    "BRNN": {"net": "both"},
}
Net = Literal["forward", "backward", "merge", "both"]
Kind = Literal["average", "classes"]
Steps = Float[Tensor, "time _ _"]  # of all rows and networks, or one for all


def artificial(
    net: Net = "both",
    kind: Kind = "average",
    shifts: tuple[int, ...] = (0,),
    runs: int = 8,
    cycles: int = 400,
    seed: int = 0,
) -> Outcome:
    """How well networks of two states a direction learn the paper's artificial data, for each delay of their answers.

    "mean", "median" and "best" are of the networks without delay: the squared error, or the share of classes that is
    right. "shift" is the delay with the best median and "there" that median. Errors are on the 10,000 points trained
    on. An answer that is delayed by s comes s steps later in the network's own order; only those within a piece count.

    Args:
        net: forward or backward states; one network of each, trained apart, their answers averaged; both in one.
        kind: the average itself, or whether it is above 0.5.
        shifts: the delays.
        runs: networks for each delay.
        cycles: steps of RPROP.
        seed: of data and weights.
    """
    generator = Generator().manual_seed(seed)
    x, y = (values.view(-1, PIECE).t() for values in stream(10_000, generator))  # (time, pieces)
    targets = y if kind == "average" else (y > 0.5).float()
    share = targets.mean().item()
    c = atanh(MEAN) if kind == "average" else log(share / (1 - share))
    late = torch.tensor(shifts).repeat_interleave(runs)
    outputs = []
    for direction in ("forward", "backward") if net == "merge" else (net,):
        networks = Networks(direction, len(late), c, generator)
        due, counts = delayed(targets, late, -1 if direction == "backward" else 1)
        rule = Rprop([*networks.past, *networks.future, networks.c], lr=0.01)
        for _ in range(cycles):
            rule.zero_grad()
            scores(networks.outputs(x), due, counts, kind).sum().backward()  # each gets the gradient of its own
            rule.step()
        with torch.no_grad():
            outputs.append(networks.outputs(x))
    score, pick = ("average", torch.argmin) if kind == "average" else ("right", torch.argmax)
    found = merged(*outputs, targets, late, score) if net == "merge" else scores(*outputs, due, counts, score)
    table = found.view(len(shifts), runs)
    medians = table.quantile(0.5, 1)
    return {
        "mean": table[0].mean().item(),
        "median": medians[0].item(),
        "best": table[0, pick(table[0])].item(),
        "shift": shifts[pick(medians)],
        "there": medians[pick(medians)].item(),
        "shifts": list(shifts),
        "scores": table.tolist(),
    }


class _States(torch.autograd.Function):
    """The states of one direction of all networks: h_t = tanh(w x_t + u h_t-1 + b), with the backward pass.

    With dh the gradient that reaches h_t, from outside and from step t+1, da = dh (1 - h_t^2) and h_t-1 gets u^T da;
    dw = sum da x, du = sum da h_t-1, db = sum da. Networks come last: a step is a few calls for all of them.
    """

    @staticmethod
    def forward(ctx, x, w, u, b):
        h = x.new_empty(len(x) + 1, STATES, x.shape[1], w.shape[1])
        h[0] = EDGE
        torch.addcmul(b[:, None], x[:, None, :, None], w[:, None], out=h[1:])
        with torch.inference_mode():  # the calls cost less
            for t in range(len(x)):
                for j in range(STATES):
                    h[t + 1].addcmul_(u[:, j, None], h[t, j])
                h[t + 1].tanh_()
        ctx.save_for_backward(x, u, h)
        return h[1:]

    @staticmethod
    def backward(ctx, dh):
        x, u, h = ctx.saved_tensors
        da, slope = dh.contiguous().clone(), torch.addcmul(h.new_ones(()), h[1:], h[1:], value=-1)
        with torch.inference_mode():
            for t in reversed(range(len(x))):
                da[t].mul_(slope[t])
                for i in range(STATES if t else 0):
                    da[t - 1].addcmul_(u[i, :, None], da[t, i])
        du = torch.stack([(da * h[:-1, j, None]).sum((0, 2)) for j in range(STATES)], 1)
        return None, (da * x[:, None, :, None]).sum((0, 2)), du, da.sum((0, 2))


class Networks:
    """Networks of forward states, backward states or both: 11, 11 or 21 weights each, from U(-1, 1) but for c.

    `past` and `future` are the directions' w, b and v of shape (states, networks), and u[i, j], to state i from j.
    """

    def __init__(self, direction: Literal["forward", "backward", "both"], count: int, c: float, generator: Generator):
        def draw() -> list[Tensor]:
            shapes = ((STATES,), (STATES, STATES), (STATES,), (STATES,))
            return [(2 * torch.rand(*shape, count, generator=generator) - 1).requires_grad_() for shape in shapes]

        self.past = draw() if direction != "backward" else []
        self.future = draw() if direction != "forward" else []
        self.c = torch.full((count,), c).requires_grad_()

    def outputs(self, x: Float[Tensor, "time rows"]) -> Steps:
        """V f_t + V b_t + c of every step, which tanh or the logistic function makes the answer."""
        y = self.c
        for order, side in (((), self.past), (0, self.future)):
            if side:
                *weights, v = side
                first, second = _States.apply(x.flip(order), *weights).unbind(1)
                y = y + (first * v[0] + second * v[1]).flip(order)
        return y


def scores(outputs: Steps, targets: Steps, counts: Steps, kind: Kind | Literal["right"]) -> Float[Tensor, " networks"]:
    """Of each network the squared error, the cross-entropy of two classes, or the share right, where steps count."""
    if kind == "average":
        values = (torch.tanh(outputs) - targets).square()
    elif kind == "classes":
        values = torch.log1p(torch.exp(-outputs.abs())) + outputs.clamp(min=0) - targets * outputs
    else:
        values = ((outputs > 0) == (targets > 0.5)).float()
    return (values * counts).sum((0, 1)) / (counts.sum((0, 1)) * outputs.shape[1])


def delayed(targets: Tensor, late: Tensor, sign: int) -> tuple[Tensor, Tensor]:
    """For each network the target s steps before (sign 1) or after (-1) each step, and 1 where that is in the piece."""
    places = torch.arange(len(targets))[:, None] - sign * late  # (time, networks)
    inside = places.clamp(0, len(targets) - 1)
    return targets[inside].transpose(1, 2).contiguous(), (places == inside).float()[:, None]


def merged(forward: Tensor, backward: Tensor, targets: Tensor, late: Tensor, score: Kind | Literal["right"]) -> Tensor:
    """Scores of two networks' mean answer about the same step; of probabilities it is the normalised geometric mean."""
    found = []
    for number, s in enumerate(late.tolist()):  # about the steps s to T - s, s steps later in the order of each
        pair = torch.stack([forward[2 * s :, :, number], backward[: len(targets) - 2 * s, :, number]])
        mean = pair.mean(0) if score == "right" else torch.atanh(torch.tanh(pair).mean(0))
        due = targets[s : len(targets) - s, :, None]
        found.append(scores(mean[..., None], due, torch.ones_like(due[:, :1]), score))
    return torch.cat(found)


def arms(kind: Kind = "average", **printed: Sequence[float]) -> list[Arm]:
    """The four arms, with the numbers that the paper prints of each, by measure; classes without delays."""
    found = []
    for (name, options), *numbers in zip(ARMS.items(), *printed.values(), strict=True):
        chosen = options if kind == "average" else {"net": options["net"], "kind": kind}
        paper = dict(zip(printed, numbers, strict=True))
        found.append(Arm(name, experiment=artificial, overrides=chosen, paper=paper))
    return found
