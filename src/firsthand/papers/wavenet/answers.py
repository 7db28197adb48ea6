"""The answers of the exercise, one a step: what stands in a learner's file, but for its bodies, is made of this."""

from math import log1p

import torch
from jaxtyping import Float, Int
from torch import Tensor


def encode(x: Float[Tensor, " samples"], levels: int) -> Int[Tensor, " samples"]:
    """The mu-law code of every sample."""
    mu = levels - 1
    x = x.clamp(-1, 1)
    y = x.sign() * torch.log1p(mu * x.abs()) / log1p(mu)
    return torch.floor((y + 1) / 2 * mu + 0.5).long()


def decode(codes: Int[Tensor, " samples"], levels: int) -> Float[Tensor, " samples"]:
    """The sample that every code stands for, in float64."""
    mu = levels - 1
    y = 2 * codes.double() / mu - 1
    return y.sign() * ((1 + mu) ** y.abs() - 1) / mu


def causal(
    x: Float[Tensor, "batch inputs time"],
    W: Float[Tensor, "outputs inputs kernel"],
    b: Float[Tensor, " outputs"],
    dilation: int,
) -> Float[Tensor, "batch outputs time"]:
    """A dilated causal convolution: every output sees the present and what lies before it."""
    kernel, time = W.shape[2], x.shape[2]
    padded = torch.cat([x.new_zeros(*x.shape[:2], (kernel - 1) * dilation), x], 2)
    parts = [W[:, :, j] @ padded[:, :, j * dilation : j * dilation + time] for j in range(kernel)]
    return torch.stack(parts).sum(0) + b[:, None]


def layer(
    x: Float[Tensor, "batch residual time"],
    s: Float[Tensor, "batch speaker"],
    W: Float[Tensor, "halves residual kernel"],
    b: Float[Tensor, " halves"],
    S: Float[Tensor, "halves speaker"],
    U: Float[Tensor, "residual gate"],
    u: Float[Tensor, " residual"],
    V: Float[Tensor, "skip gate"],
    v: Float[Tensor, " skip"],
    dilation: int,
) -> tuple[Tensor, Tensor]:
    """The next layer's input, and what the layer adds to the sum of skips."""
    a = causal(x, W, b, dilation) + (s @ S.T)[:, :, None]
    f, g = a.chunk(2, 1)
    z = torch.tanh(f) * torch.sigmoid(g)
    return x + U @ z + u[:, None], V @ z + v[:, None]


def wavenet(
    tokens: Int[Tensor, "batch time"], s: Float[Tensor, "batch speaker"], dilations: list[int], p: dict[str, Tensor]
) -> Float[Tensor, "batch time vocab"]:
    """The logits of the sample after each."""
    x, total = p["E"][tokens].transpose(1, 2), torch.zeros(())
    for number, dilation in enumerate(dilations):
        x, skip = layer(x, s, *(p[name][number] for name in ("W", "b", "S", "U", "u", "V", "v")), dilation)
        total = total + skip
    hidden = p["O1"] @ total.clamp(min=0) + p["o1"][:, None]
    return (p["O2"] @ hidden.clamp(min=0) + p["o2"][:, None]).transpose(1, 2)


def write(
    prompt: Int[Tensor, "batch given"],
    steps: int,
    s: Float[Tensor, "batch speaker"],
    dilations: list[int],
    p: dict[str, Tensor],
) -> tuple[Tensor, Tensor]:
    """The likeliest tokens after a prompt, (batch, steps), and the logits of each, (batch, steps, vocab)."""
    tokens, found, past = list(prompt.unbind(1)), [], p["W"].shape[3] - 1
    queues = [p["E"].new_zeros(len(prompt), p["E"].shape[1], past * dilation) for dilation in dilations]
    for t in range(prompt.shape[1] + steps - 1):
        x, total = p["E"][tokens[t]][:, :, None], torch.zeros(())
        for number, dilation in enumerate(dilations):
            inputs = torch.cat([queues[number], x], 2)
            queues[number] = inputs[:, :, 1:]
            weights = (p[name][number] for name in ("W", "b", "S", "U", "u", "V", "v"))
            x, skip = (part[:, :, -1:] for part in layer(inputs[:, :, ::dilation], s, *weights, 1))
            total = total + skip
        hidden = p["O1"] @ total.clamp(min=0) + p["o1"][:, None]
        logits = (p["O2"] @ hidden.clamp(min=0) + p["o2"][:, None]).squeeze(2)
        if t + 1 == len(tokens):
            found.append(logits)
            tokens.append(logits.argmax(1))
    return torch.stack(tokens[prompt.shape[1] :], 1), torch.stack(found, 1)
