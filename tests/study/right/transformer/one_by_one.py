"""A query at a time, with only the keys that it may see."""

import torch


def look(query, keys, values):
    weights = torch.softmax((keys * query).sum(-1) / len(query) ** 0.5, 0)
    return (weights[:, None] * values).sum(0)


def attention(q, k, v, see):
    batch = torch.broadcast_shapes(q.shape[:-2], k.shape[:-2])
    see = see.expand(*batch, q.shape[-2], k.shape[-2]).reshape(-1, q.shape[-2], k.shape[-2])
    q, k, v = (part.expand(*batch, *part.shape[-2:]).reshape(-1, *part.shape[-2:]) for part in (q, k, v))
    rows = [
        torch.stack([look(query, k[b][may], v[b][may]) for query, may in zip(q[b], see[b], strict=True)])
        for b in range(len(q))
    ]
    return torch.stack(rows).reshape(*batch, q.shape[-2], v.shape[-1])


def multi_head(x, source, see, heads, W_q, W_k, W_v, W_o):
    parts = zip(W_q.chunk(heads), W_k.chunk(heads), W_v.chunk(heads), W_o.chunk(heads, 1), strict=True)
    return sum(attention(x @ a.T, source @ b.T, source @ c.T, see) @ o.T for a, b, c, o in parts)


def positions(length, d):
    i = torch.arange(d // 2, dtype=torch.float64)
    angle = torch.outer(torch.arange(length, dtype=torch.float64), 10_000 ** (-2 * i / d))
    table = torch.empty(length, d, dtype=torch.float64)
    table[:, 0::2] = torch.sin(angle)
    table[:, 1::2] = torch.cos(angle)
    return table


def norm(x, scale, shift):
    mean = x.sum(-1, keepdim=True) / x.shape[-1]
    spread = (x * x).sum(-1, keepdim=True) / x.shape[-1] - mean * mean
    return scale * (x - mean) * (spread + 1e-5) ** -0.5 + shift


def feed(x, p):
    return torch.maximum(x @ p["W_1"].T + p["b_1"], torch.zeros((), dtype=x.dtype)) @ p["W_2"].T + p["b_2"]


def encoder_layer(x, see, heads, p):
    attended = multi_head(x, x, see, heads, p["W_q"], p["W_k"], p["W_v"], p["W_o"])
    x = norm(attended + x, p["scale_1"], p["shift_1"])
    return norm(feed(x, p) + x, p["scale_2"], p["shift_2"])


def decoder_layer(y, memory, see, heads, own, cross):
    outputs = []
    for t in range(y.shape[1]):
        now, so_far = y[:, t : t + 1], y[:, : t + 1]
        everything = torch.ones(1, 1, t + 1, dtype=torch.bool)
        found = multi_head(now, so_far, everything, heads, own["W_q"], own["W_k"], own["W_v"], own["W_o"])
        now = norm(now + found, own["scale_1"], own["shift_1"])
        found = multi_head(now, memory, see, heads, cross["W_q"], cross["W_k"], cross["W_v"], cross["W_o"])
        now = norm(now + found, cross["scale_1"], cross["shift_1"])
        outputs.append(norm(now + feed(now, cross), cross["scale_2"], cross["shift_2"]))
    return torch.cat(outputs, 1)


def smoothed_loss(logits, targets, smoothing, pad):
    keep = (targets != pad).to(logits.dtype)
    logs = logits - torch.logsumexp(logits, -1, keepdim=True)
    eye = torch.eye(logits.shape[-1], dtype=logits.dtype)[targets]
    wanted = (1 - smoothing) * eye + smoothing / logits.shape[-1]
    return -((wanted * logs).sum(-1) * keep).sum() / keep.sum()


def rate(step, d, warmup):
    rising, falling = step / (warmup * warmup**0.5), step**-0.5
    return d**-0.5 * (rising if rising < falling else falling)
