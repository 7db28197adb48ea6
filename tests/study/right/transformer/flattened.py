"""Heads folded into the batch; one matrix product for queries, keys and values."""

import torch


def attention(q, k, v, see):
    scores = torch.matmul(q / q.shape[-1] ** 0.5, k.mT)
    return torch.where(see, scores, torch.tensor(float("-inf"), dtype=q.dtype)).softmax(-1).matmul(v)


def multi_head(x, source, see, heads, W_q, W_k, W_v, W_o):
    batch, queries, d = x.shape

    def split(y):
        return y.reshape(batch, -1, heads, d // heads).permute(0, 2, 1, 3).reshape(batch * heads, -1, d // heads)

    k, v = (source @ torch.cat([W_k, W_v]).T).chunk(2, -1)
    see = see.expand(batch, queries, source.shape[1]).repeat_interleave(heads, 0)
    found = attention(split(x @ W_q.T), split(k), split(v), see)
    return found.reshape(batch, heads, queries, -1).permute(0, 2, 1, 3).reshape(batch, queries, d).matmul(W_o.t())


def positions(length, d):
    columns = torch.arange(d)
    powers = (columns - columns % 2) / d
    angles = torch.arange(length).double()[:, None] * torch.exp(
        -powers.double() * torch.log(torch.tensor(1e4).double())
    )
    return torch.where(columns % 2 == 0, torch.sin(angles), torch.cos(angles))


def norm(x, scale, shift):
    variance, mean = torch.var_mean(x, -1, correction=0, keepdim=True)
    return (x - mean).div(torch.sqrt(variance + 1e-5)).mul(scale).add(shift)


def sublayer(x, found, p, number):
    return norm(x + found, p[f"scale_{number}"], p[f"shift_{number}"])


def two_maps(x, p):
    hidden = x.matmul(p["W_1"].t()) + p["b_1"]
    return (hidden * (hidden > 0)).matmul(p["W_2"].t()) + p["b_2"]


def encoder_layer(x, see, heads, p):
    x = sublayer(x, multi_head(x, x, see, heads, p["W_q"], p["W_k"], p["W_v"], p["W_o"]), p, 1)
    return sublayer(x, two_maps(x, p), p, 2)


def decoder_layer(y, memory, see, heads, own, cross):
    time = y.shape[1]
    before = torch.triu(torch.ones(time, time), diagonal=1) == 0
    y = sublayer(y, multi_head(y, y, before[None], heads, own["W_q"], own["W_k"], own["W_v"], own["W_o"]), own, 1)
    asked = multi_head(y, memory, see, heads, cross["W_q"], cross["W_k"], cross["W_v"], cross["W_o"])
    y = sublayer(y, asked, cross, 1)
    return sublayer(y, two_maps(y, cross), cross, 2)


def smoothed_loss(logits, targets, smoothing, pad):
    total = count = 0
    for rows, row in zip(logits, targets.tolist(), strict=True):
        for one, target in zip(rows, row, strict=True):
            if target != pad:
                logs = one - one.logsumexp(0)
                total = total - (1 - smoothing) * logs[target] - smoothing * logs.sum() / len(logs)
                count += 1
    return total / count


def rate(step, d, warmup):
    return min(step ** (-0.5), step * warmup ** (-1.5)) / d**0.5
