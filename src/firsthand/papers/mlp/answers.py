"""The answers of the exercise, one a step: what stands in a learner's file, but for its bodies, is made of this."""

import torch
from jaxtyping import Float, Int
from torch import Tensor


def windows(names: list[list[int]], context: int) -> tuple[Int[Tensor, "examples context"], Int[Tensor, " examples"]]:
    """Every place of every name: the tokens before it, oldest first, and the token that stands there."""
    contexts, targets = [], []
    for name in names:
        seen = [0] * context
        for token in [*name, 0]:
            contexts.append(seen)
            targets.append(token)
            seen = [*seen[1:], token]
    return torch.tensor(contexts), torch.tensor(targets)


def batch_norm(
    a: Float[Tensor, "batch units"], gain: Float[Tensor, " units"], shift: Float[Tensor, " units"]
) -> Float[Tensor, "batch units"]:
    """Every unit's sums with the batch's mean taken away and divided by its deviation, then scaled and shifted."""
    mean, var = a.mean(0), a.var(0, correction=0)
    return gain * (a - mean) / (var + 1e-5).sqrt() + shift


def forward(
    tokens: Int[Tensor, "batch context"],
    targets: Int[Tensor, " batch"],
    C: Float[Tensor, "vocab embed"],
    W: Float[Tensor, "inputs hidden"],
    gain: Float[Tensor, " hidden"],
    shift: Float[Tensor, " hidden"],
    V: Float[Tensor, "hidden vocab"],
    c: Float[Tensor, " vocab"],
) -> tuple[Tensor, Tensor]:
    """The logits of the character after each context (batch, vocab), and their loss in nats a character."""
    x = C[tokens].flatten(1)
    h = torch.tanh(batch_norm(x @ W, gain, shift))
    logits = h @ V + c
    return logits, -torch.log_softmax(logits, 1).gather(1, targets[:, None]).mean()


def backward(
    tokens: Int[Tensor, "batch context"],
    targets: Int[Tensor, " batch"],
    C: Float[Tensor, "vocab embed"],
    W: Float[Tensor, "inputs hidden"],
    gain: Float[Tensor, " hidden"],
    shift: Float[Tensor, " hidden"],
    V: Float[Tensor, "hidden vocab"],
    c: Float[Tensor, " vocab"],
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]:
    """The gradients of the loss with respect to C, W, gain, shift, V and c, by hand."""
    n = len(tokens)
    x = C[tokens].flatten(1)
    a = x @ W
    deviation = (a.var(0, correction=0) + 1e-5).sqrt()
    z = (a - a.mean(0)) / deviation
    h = torch.tanh(gain * z + shift)
    dlogits = torch.softmax(h @ V + c, 1)
    dlogits[range(n), targets] -= 1
    dlogits = dlogits / n
    ds = dlogits @ V.T * (1 - h**2)
    dz = ds * gain
    da = (dz - dz.mean(0) - z * (dz * z).mean(0)) / deviation
    dx = (da @ W.T).reshape(*tokens.shape, -1)
    dC = torch.zeros_like(C).index_add(0, tokens.flatten(), dx.flatten(0, 1))
    return dC, x.T @ da, (ds * z).sum(0), ds.sum(0), h.T @ dlogits, dlogits.sum(0)


def learn(
    tokens: Int[Tensor, "examples context"],
    targets: Int[Tensor, " examples"],
    C: Float[Tensor, "vocab embed"],
    W: Float[Tensor, "inputs hidden"],
    V: Float[Tensor, "hidden vocab"],
    batches: Int[Tensor, "steps batch"],
    lr: float,
    drop: int,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Train from normal numbers: the loss of each step, C at the end, and the running mean and variance."""
    W, V = W * (5 / 3) / len(W) ** 0.5, V * 0.1 / len(V) ** 0.5
    gain, shift, c = W.new_ones(W.shape[1]), W.new_zeros(W.shape[1]), V.new_zeros(V.shape[1])
    mean, var = torch.zeros_like(shift), torch.ones_like(gain)
    losses = []
    for step, rows in enumerate(batches):
        inputs, labels, params = tokens[rows], targets[rows], (C, W, gain, shift, V, c)
        losses.append(forward(inputs, labels, *params)[1])
        a = C[inputs].flatten(1) @ W
        mean, var = 0.9 * mean + 0.1 * a.mean(0), 0.9 * var + 0.1 * a.var(0)
        rate = lr if step < drop else lr / 10
        slopes = backward(inputs, labels, *params)
        C, W, gain, shift, V, c = (p - rate * slope for p, slope in zip(params, slopes, strict=True))
    return torch.stack(losses), C, mean, var


def write(
    u: Float[Tensor, "names length"],
    context: int,
    C: Float[Tensor, "vocab embed"],
    W: Float[Tensor, "inputs hidden"],
    gain: Float[Tensor, " hidden"],
    shift: Float[Tensor, " hidden"],
    V: Float[Tensor, "hidden vocab"],
    c: Float[Tensor, " vocab"],
    mean: Float[Tensor, " hidden"],
    var: Float[Tensor, " hidden"],
) -> Int[Tensor, "names length"]:
    """Names, token by token, each drawn by a number from 0 to 1; 0 from the end of a name on."""
    tokens = torch.zeros(len(u), context, dtype=torch.long)
    ended = torch.zeros(len(u), dtype=torch.bool)
    for draws in u.T:
        a = C[tokens[:, -context:]].flatten(1) @ W
        h = torch.tanh(gain * (a - mean) / (var + 1e-5).sqrt() + shift)
        below = torch.softmax(h @ V + c, 1).cumsum(1)
        drawn = (below < draws[:, None]).sum(1).clamp(max=len(c) - 1)
        drawn[ended] = 0
        ended = ended | (drawn == 0)
        tokens = torch.cat([tokens, drawn[:, None]], 1)
    return tokens[:, context:]
