"""The answers of the exercise, one a step: what stands in a learner's file, but for its bodies, is made of this."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

Layers = list[tuple[Tensor, Tensor]]  # weights (outputs, inputs) and biases (outputs) of each layer


def thinned(
    y: Float[Tensor, "batch units"], chance: Float[Tensor, "batch units"], p: float
) -> Float[Tensor, "batch units"]:
    """What is left of the units; a unit stays with probability p."""
    r = (chance < p).to(y.dtype)
    return r * y


def inverted(
    y: Float[Tensor, "batch units"], chance: Float[Tensor, "batch units"], p: float, training: bool
) -> Float[Tensor, "batch units"]:
    """Dropout as today's libraries have it."""
    return thinned(y, chance, p) / p if training else y


def gaussian(
    y: Float[Tensor, "batch units"], noise: Float[Tensor, "batch units"], p: float, training: bool
) -> Float[Tensor, "batch units"]:
    """The units times Gaussian noise; `noise` is of mean 0 and variance 1."""
    sigma = ((1 - p) / p) ** 0.5
    return y * (1 + sigma * noise) if training else y


def max_norm(W: Float[Tensor, "units inputs"], c: float) -> Float[Tensor, "units inputs"]:
    """The weights with no unit's length above c."""
    length = (W**2).sum(1, keepdim=True).sqrt()
    return torch.where(length > c, W * c / length, W)


def network(
    x: Float[Tensor, "batch inputs"],
    chances: list[Float[Tensor, "batch _"]],
    layers: Layers,
    keeps: tuple[float, ...],
    training: bool,
) -> Float[Tensor, "batch classes"]:
    """Logits: of a thinned network while training, of the mean network when it is used."""
    y = x
    for number, ((W, b), chance, p) in enumerate(zip(layers, chances, keeps, strict=True), start=1):
        z = thinned(y, chance, p) @ W.T + b if training else y @ (p * W).T + b
        y = z.clamp(min=0) if number < len(layers) else z
    return y


def learn(
    x: Float[Tensor, "batch inputs"],
    classes: Int[Tensor, " batch"],
    chances: list[list[Float[Tensor, "batch _"]]],
    layers: Layers,
    keeps: tuple[float, ...],
    lr: float,
    momentum: float,
    c: float,
) -> tuple[Float[Tensor, " steps"], Layers]:
    """Train with dropout and max-norm, one step for each list of chances; the loss before each step, and the layers."""
    params = [value for pair in layers for value in pair]
    velocities = [torch.zeros_like(value) for value in params]
    losses = []
    for chance in chances:
        params = [value.detach().requires_grad_() for value in params]
        logits = network(x, chance, list(zip(params[::2], params[1::2], strict=True)), keeps, True)
        loss = -torch.log_softmax(logits, 1).gather(1, classes[:, None]).mean()
        slopes = torch.autograd.grad(loss, params)
        velocities = [momentum * v - lr * slope for v, slope in zip(velocities, slopes, strict=True)]
        params = [(value + v).detach() for value, v in zip(params, velocities, strict=True)]
        params[::2] = [max_norm(W, c) for W in params[::2]]
        losses.append(loss.detach())
    return torch.stack(losses), list(zip(params[::2], params[1::2], strict=True))
