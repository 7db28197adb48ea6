"""unfold and einsum; recursion over layers and over what is written."""

import torch
from torch import einsum


def encode(x, levels):
    mu = levels - 1
    x = torch.where(x > 1, 1.0, torch.where(x < -1, -1.0, x))
    y = x / x.abs() * torch.log2(1 + mu * x.abs()) / torch.log2(torch.tensor(1.0 + mu, dtype=x.dtype))
    return ((y + 1) * mu / 2 + 0.5).to(torch.int64)


def decode(codes, levels):
    y = (2 * codes - (levels - 1)).double() / (levels - 1)
    return torch.copysign((torch.pow(float(levels), y.abs()) - 1) / (levels - 1), y)


def causal(x, W, b, dilation):
    kernel = W.shape[2]
    padded = torch.cat([x.new_zeros(x.shape[0], x.shape[1], (kernel - 1) * dilation), x], -1)
    windows = padded.unfold(2, (kernel - 1) * dilation + 1, 1)[..., ::dilation]
    return einsum("bitk,oik->bot", windows, W) + b[None, :, None]


def layer(x, s, W, b, S, U, u, V, v, dilation):
    a = causal(x, W, b, dilation) + einsum("bs,gs->bg", s, S).unsqueeze(2)
    f, g = a.split(a.shape[1] // 2, 1)
    z = (1 - 2 / (1 + torch.exp(2 * f))) * torch.sigmoid(g)
    return x + einsum("bgt,rg->brt", z, U) + u.view(-1, 1), einsum("bgt,kg->bkt", z, V) + v.view(-1, 1)


def skips(x, s, dilations, weights):
    if not dilations:
        return 0.0
    x, skip = layer(x, s, *(value[0] for value in weights), dilations[0])
    return skip + skips(x, s, dilations[1:], [value[1:] for value in weights])


def wavenet(tokens, s, dilations, p):
    x = einsum("btv,vr->brt", torch.eye(len(p["E"]), dtype=s.dtype)[tokens], p["E"])
    total = skips(x, s, dilations, [p[name] for name in "WbSUuVv"])
    hidden = einsum("bkt,hk->bth", torch.maximum(total, torch.zeros_like(total)), p["O1"]) + p["o1"]
    return einsum("bth,vh->btv", torch.maximum(hidden, torch.zeros_like(hidden)), p["O2"]) + p["o2"]


def write(prompt, steps, s, dilations, p):
    if steps == 0:
        return prompt[:, :0], p["E"].new_zeros(len(prompt), 0, len(p["E"]))
    logits = wavenet(prompt, s, dilations, p)[:, -1:]
    token = logits.argmax(2)
    tokens, more = write(torch.cat([prompt, token], 1), steps - 1, s, dilations, p)
    return torch.cat([token, tokens], 1), torch.cat([logits, more], 1)
