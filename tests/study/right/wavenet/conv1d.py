"""torch's own convolution on padded inputs; writing by reading everything again."""

import math

import torch


def encode(x, levels):
    mu = levels - 1
    y = torch.sign(x) * torch.log(1 + mu * x.abs().clamp(max=1)) / math.log(levels)
    return torch.floor(0.5 + mu * (y / 2 + 0.5)).int()


def decode(codes, levels):
    mu = levels - 1
    y = codes.to(torch.float64) * 2 / mu - 1
    return torch.sign(y) / mu * torch.expm1(torch.abs(y) * math.log(levels))


def causal(x, W, b, dilation):
    past = dilation * (W.shape[-1] - 1)
    zeros = torch.zeros(x.shape[0], x.shape[1], past, dtype=x.dtype)
    return torch.conv1d(torch.cat((zeros, x), dim=-1), W, b, dilation=dilation)


def layer(x, s, W, b, S, U, u, V, v, dilation):
    a = causal(x, W, b, dilation) + torch.matmul(S, s[..., None])
    half = a.shape[1] // 2
    z = a[:, :half].tanh() * a[:, half:].sigmoid()
    return torch.conv1d(z, U[..., None], u) + x, torch.conv1d(z, V[..., None], v)


def wavenet(tokens, s, dilations, p):
    x, skips = p["E"][tokens].mT, []
    for number, dilation in enumerate(dilations):
        x, skip = layer(x, s, *[p[name][number] for name in "WbSUuVv"], dilation)
        skips.append(skip)
    hidden = torch.relu(torch.conv1d(torch.relu(sum(skips)), p["O1"][..., None], p["o1"]))
    return torch.conv1d(hidden, p["O2"][..., None], p["o2"]).mT


def write(prompt, steps, s, dilations, p):
    tokens, logits = prompt, []
    for _ in range(steps):
        logits.append(wavenet(tokens, s, dilations, p)[:, -1])
        tokens = torch.cat([tokens, logits[-1].argmax(-1, keepdim=True)], 1)
    return tokens[:, prompt.shape[1] :], torch.stack(logits, 1)
