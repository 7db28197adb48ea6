"""einsum, and masks that are added."""

import math

import torch


def attention(q, k, v, see):
    scores = torch.einsum("...qd,...kd->...qk", q, k) * k.size(-1) ** -0.5
    scores = scores + torch.where(see, 0.0, -math.inf)
    weights = (scores - scores.amax(-1, keepdim=True)).exp()
    return torch.einsum("...qk,...kd->...qd", weights / weights.sum(-1, keepdim=True), v)


def multi_head(x, source, see, heads, W_q, W_k, W_v, W_o):
    n = W_q.shape[0] // heads
    found = []
    for i in range(heads):
        rows = slice(i * n, (i + 1) * n)
        found.append(attention(x @ W_q[rows].T, source @ W_k[rows].T, source @ W_v[rows].T, see))
    return torch.cat(found, -1) @ W_o.T


def positions(length, d):
    table = torch.zeros(length, d, dtype=torch.float64)
    for place in range(length):
        for i in range(0, d, 2):
            angle = place / 10000 ** (i / d)
            table[place, i], table[place, i + 1] = math.sin(angle), math.cos(angle)
    return table


def norm(x, scale, shift):
    centred = x - x.mean(-1, keepdim=True)
    return centred * torch.rsqrt(centred.pow(2).mean(-1, keepdim=True) + 1e-5) * scale + shift


def feed(x, p):
    return torch.relu(x @ p["W_1"].T + p["b_1"]) @ p["W_2"].T + p["b_2"]


def encoder_layer(x, see, heads, p):
    matrices = [p[f"W_{name}"] for name in "qkvo"]
    x = norm(x + multi_head(x, x, see, heads, *matrices), p["scale_1"], p["shift_1"])
    return norm(x + feed(x, p), p["scale_2"], p["shift_2"])


def decoder_layer(y, memory, see, heads, own, cross):
    places = torch.arange(y.shape[1])
    for p, source, mask in ((own, y, (places[:, None] >= places)[None]), (cross, memory, see)):
        y = norm(y + multi_head(y, source, mask, heads, *(p[f"W_{n}"] for n in "qkvo")), p["scale_1"], p["shift_1"])
    return norm(y + feed(y, cross), cross["scale_2"], cross["shift_2"])


def smoothed_loss(logits, targets, smoothing, pad):
    vocab = logits.shape[-1]
    wanted = torch.full_like(logits, smoothing / vocab)
    wanted.scatter_add_(2, targets[..., None], torch.full_like(logits[..., :1], 1 - smoothing))
    loss = -(wanted * torch.log_softmax(logits, 2)).sum(2)
    return loss[targets != pad].mean()


def rate(step, d, warmup):
    return 1 / math.sqrt(d) * (step / warmup**1.5 if step < warmup else 1 / math.sqrt(step))
