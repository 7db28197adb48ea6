"""The answers of the exercise, one a step: what stands in a learner's file, but for its bodies, is made of this."""

from math import sqrt

import torch
from jaxtyping import Float, Int
from torch import Tensor


def first_weights(u: Float[Tensor, "units inputs"], z: Float[Tensor, "units inputs"]) -> tuple[Tensor, Tensor]:
    """Glorot's first weights from uniform numbers, and He's from normal ones: each (units, inputs)."""
    units, inputs = u.shape
    return (2 * u - 1) * sqrt(6 / (inputs + units)), z * sqrt(2 / inputs)


def signals(
    sizes: list[int], variances: Float[Tensor, " layers"], share: float
) -> tuple[Float[Tensor, " layers"], Float[Tensor, " layers"]]:
    """The mean squares of z^1 .. z^d, and of the gradients for z^0 .. z^(d-1)."""
    signal, q = [], 1.0
    for n, variance in zip(sizes[:-1], variances, strict=True):
        q = share * n * variance * q
        signal.append(q)
    gradient, g = [], 1.0
    for n, variance in zip(reversed(sizes[1:]), variances.flip(0), strict=True):
        g = share * n * variance * g
        gradient.append(g)
    return torch.stack(signal), torch.stack(gradient[::-1])


def decayed(
    theta: Float[Tensor, " n"],
    slopes: Float[Tensor, "steps n"],
    etas: Float[Tensor, " steps"],
    alpha: float,
    beta: float,
    decay: float,
    decoupled: bool,
) -> Float[Tensor, "steps n"]:
    """The parameters after each step of SGD with momentum, with an L2 penalty or with decoupled weight decay."""
    m = torch.zeros_like(theta)
    path = []
    for g, eta in zip(slopes, etas, strict=True):
        if not decoupled:
            g = g + decay * theta
        m = beta * m + eta * alpha * g
        shrunk = eta * decay * theta if decoupled else 0.0
        theta = theta - m - shrunk
        path.append(theta)
    return torch.stack(path)


def curves(train: Float[Tensor, " epochs"], val: Float[Tensor, " epochs"], strip: int) -> tuple[Tensor, Tensor]:
    """The generalisation loss after each epoch (epochs,), and the progress in each whole strip (strips,)."""
    lowest = torch.cummin(val, 0).values
    strips = train[: len(train) // strip * strip].reshape(-1, strip)
    return 100 * (val / lowest - 1), 1000 * (strips.mean(1) / strips.min(1).values - 1)


def stops(
    train: Float[Tensor, " epochs"], val: Float[Tensor, " epochs"], strip: int, gl: float, pq: float, up: int
) -> tuple[int, int, int]:
    """The epochs, counted from 1, after which GL, PQ and UP stop; 0 for one that does not."""
    lost, made = curves(train, val, strip)
    ends = range(strip, len(val) + 1, strip)
    by_gl = next((t for t, loss in enumerate(lost, 1) if loss > gl), 0)
    by_pq = next((t for t, progress in zip(ends, made, strict=True) if lost[t - 1] > pq * progress), 0)
    by_up, rises = 0, 0
    for t in ends[1:]:
        rises = rises + 1 if val[t - 1] > val[t - strip - 1] else 0
        if rises == up:
            by_up = t
            break
    return by_gl, by_pq, by_up


def learn(
    x: Float[Tensor, "examples inputs"],
    y: Int[Tensor, " examples"],
    x_val: Float[Tensor, "held inputs"],
    y_val: Int[Tensor, " held"],
    numbers: list[Tensor],
    lr: float,
    decay: float,
    epochs: int,
    patience: int,
) -> tuple[Tensor, Tensor]:
    """Train with decay and early stopping: the validation losses, and the logits of x_val by the best weights."""

    def logits(h: Tensor, weights: list[Tensor], biases: list[Tensor]) -> Tensor:
        for W, b in zip(weights[:-1], biases[:-1], strict=True):
            h = torch.tanh(h @ W.T + b)
        return h @ weights[-1].T + biases[-1]

    def loss(h: Tensor, labels: Tensor, *network: list[Tensor]) -> Tensor:
        return -torch.log_softmax(logits(h, *network), 1).gather(1, labels[:, None]).mean()

    weights = [first_weights(u, u)[0].requires_grad_() for u in numbers]
    biases = [torch.zeros(len(u), dtype=x.dtype, requires_grad=True) for u in numbers]
    losses, best = [], (weights, biases)
    for _ in range(epochs):
        slopes = torch.autograd.grad(loss(x, y, weights, biases), [*weights, *biases])
        weights = [((1 - decay) * W - lr * g).detach().requires_grad_() for W, g in zip(weights, slopes, strict=False)]
        biases = [(b - lr * g).detach().requires_grad_() for b, g in zip(biases, slopes[len(weights) :], strict=True)]
        losses.append(loss(x_val, y_val, weights, biases).detach())
        if losses[-1] == min(losses):
            best = (weights, biases)
        elif min(losses[-patience:]) > min(losses):
            break
    return torch.stack(losses), logits(x_val, *best).detach()
