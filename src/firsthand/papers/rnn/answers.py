"""The answers of the exercise, one a step: what stands in a learner's file, but for its bodies, is made of this."""

from itertools import pairwise

import torch
from jaxtyping import Float, Int
from torch import Tensor


def step(
    x: Float[Tensor, "batch inputs"],
    h: Float[Tensor, "batch hidden"],
    W: Float[Tensor, "hidden inputs"],
    U: Float[Tensor, "hidden hidden"],
    b: Float[Tensor, " hidden"],
) -> Float[Tensor, "batch hidden"]:
    """The state after one more input."""
    return torch.tanh(x @ W.T + h @ U.T + b)


def layer(
    x: Float[Tensor, "batch time inputs"],
    h: Float[Tensor, "batch hidden"],
    W: Float[Tensor, "hidden inputs"],
    U: Float[Tensor, "hidden hidden"],
    b: Float[Tensor, " hidden"],
) -> Float[Tensor, "batch time hidden"]:
    """The states h_1, ..., h_T."""
    states = []
    for x_t in x.unbind(1):
        h = step(x_t, h, W, U, b)
        states.append(h)
    return torch.stack(states, 1)


def elman(
    stream: Float[Tensor, "time inputs"],
    W: Float[Tensor, "hidden inputs"],
    U: Float[Tensor, "hidden hidden"],
    b: Float[Tensor, " hidden"],
    V: Float[Tensor, "inputs hidden"],
    d: Float[Tensor, " inputs"],
    rate: float,
) -> tuple[Tensor, ...]:
    """Elman's network reads a stream and learns after every symbol: (what it expected, W, U, b, V, d)."""
    context, expected = torch.full_like(b, 0.5), []
    for x, target in pairwise(stream):
        h = torch.sigmoid(W @ x + U @ context + b)
        y = torch.sigmoid(V @ h + d)
        expected.append(y)
        dy = (y - target) * y * (1 - y)
        dh = (V.T @ dy) * h * (1 - h)
        V, d = V - rate * torch.outer(dy, h), d - rate * dy
        W, U, b = W - rate * torch.outer(dh, x), U - rate * torch.outer(dh, context), b - rate * dh
        context = h
    return torch.stack(expected), W, U, b, V, d


def through_time(
    x: Float[Tensor, "batch time inputs"],
    targets: Int[Tensor, "batch time"],
    h: Float[Tensor, "batch hidden"],
    W: Float[Tensor, "hidden inputs"],
    U: Float[Tensor, "hidden hidden"],
    b: Float[Tensor, " hidden"],
    V: Float[Tensor, "classes hidden"],
    d: Float[Tensor, " classes"],
) -> tuple[Tensor, ...]:
    """Back-propagation through time by hand: (loss, the last state, dW, dU, db, dV, dd)."""
    states = layer(x, h, W, U, b)
    before = torch.cat([h[:, None], states[:, :-1]], 1)
    logs = torch.log_softmax(states @ V.T + d, 2)
    right = torch.eye(len(d), dtype=x.dtype)[targets]
    errors = (logs.exp() - right) / targets.numel()
    delta, deltas = torch.zeros_like(h), []
    for t in reversed(range(x.shape[1])):
        delta = (1 - states[:, t] ** 2) * (errors[:, t] @ V + delta @ U)
        deltas.insert(0, delta)
    all_deltas = torch.stack(deltas, 1)
    loss = -(logs * right).sum(2).mean()
    dW, dU = torch.einsum("bth,bti->hi", all_deltas, x), torch.einsum("bth,btk->hk", all_deltas, before)
    dV = torch.einsum("btc,bth->ch", errors, states)
    return loss, states[:, -1], dW, dU, all_deltas.sum((0, 1)), dV, errors.sum((0, 1))


def clip(slopes: list[Tensor], limit: float) -> list[Tensor]:
    """The gradients of all parameters, shortened together where they are longer than the limit."""
    norm = sum((slope**2).sum() for slope in slopes).sqrt()
    return [slope * limit / norm if norm > limit else slope for slope in slopes]


def learn(
    tokens: Int[Tensor, "streams time"],
    parameters: tuple[Tensor, ...],
    window: int,
    lr: float,
    limit: float,
) -> tuple[Tensor, ...]:
    """A language model learns from streams of text, window by window: (the losses, W, U, b, V, d)."""
    W, U, b, V, d = parameters
    one_hot = torch.eye(len(d), dtype=W.dtype)
    h, losses = W.new_zeros(len(tokens), len(b)), []
    inputs, targets = tokens[:, :-1].split(window, 1), tokens[:, 1:].split(window, 1)
    for now, after in zip(inputs, targets, strict=True):
        loss, h, *slopes = through_time(one_hot[now], after, h, W, U, b, V, d)
        losses.append(loss)
        moves = clip(slopes, limit)
        W, U, b, V, d = (value - lr * move for value, move in zip((W, U, b, V, d), moves, strict=True))
    return torch.stack(losses), W, U, b, V, d
