"""All tokens as rows of one matrix, heads folded into the batch, and logits of every place."""

import torch
from torch.nn.functional import gelu

PAD, CLS, SEP, MASK = 0, 1, 2, 3
NOTHING = -100


def pack(a, b, length):
    extra = 3 if b else 2
    cut = max(len(a) + len(b) + extra - length, 0)
    a, b = a[:], b[:]
    for _ in range(cut):
        longer = b if len(b) >= len(a) else a
        del longer[-1]
    tokens = [CLS, *a, SEP] + ([*b, SEP] if extra == 3 else [])
    tokens += [PAD] * (length - len(tokens))
    begin, end = len(a) + 2, len(a) + len(b) + extra
    places = torch.arange(length)
    return torch.tensor(tokens), ((places >= begin) & (places < end)).long()


def hide(tokens, order, what, others):
    shown, targets = [], []
    for row, keys, kind, other in zip(tokens, order, what, others, strict=True):
        places = ((row != PAD) & (row != CLS) & (row != SEP)).nonzero()[:, 0]
        count = max(int(0.15 * len(places) + 0.5), 1)
        first = places[keys[places].topk(count, largest=False).indices]
        new = torch.full_like(first, MASK)
        new = torch.where(kind[first] >= 0.8, other[first], new)
        new = torch.where(kind[first] >= 0.9, row[first], new)
        shown.append(row.scatter(0, first, new))
        targets.append(torch.full_like(row, NOTHING).scatter(0, first, row[first]))
    return torch.stack(shown), torch.stack(targets)


def standard(x, scale, shift):
    x = x - x.mean(-1, True)
    return torch.addcmul(shift, x * torch.rsqrt(x.pow(2).mean(-1, True) + 1e-12), scale)


def embed(tokens, segments, p):
    x = p["E"].index_select(0, tokens.flatten()) + p["S"].index_select(0, segments.flatten())
    x = x.reshape(*tokens.shape, -1) + p["P"][torch.arange(tokens.size(1))]
    return standard(x, p["scale"], p["shift"])


def layer(x, keep, heads, p):
    batch, time, width = x.shape
    rows = x.reshape(batch * time, width)
    parts = torch.addmm(p["b_in"], rows, p["W_in"].t()).chunk(3, 1)
    q, k, v = (part.reshape(batch, time, heads, -1).permute(0, 2, 1, 3).flatten(0, 1) for part in parts)
    scores = torch.bmm(q / q.shape[-1] ** 0.5, k.mT)
    hidden_keys = keep.logical_not().repeat_interleave(heads, 0)[:, None].expand_as(scores)
    scores = torch.where(hidden_keys, torch.tensor(-1e300, dtype=x.dtype), scores)
    found = torch.bmm(scores.softmax(2), v).unflatten(0, (batch, heads)).permute(0, 2, 1, 3)
    rows = standard(
        rows + torch.addmm(p["b_out"], found.reshape(rows.shape), p["W_out"].t()), p["scale_1"], p["shift_1"]
    )
    up = gelu(torch.addmm(p["b_1"], rows, p["W_1"].t()))
    rows = standard(torch.addmm(p["b_2"], up, p["W_2"].t()) + rows, p["scale_2"], p["shift_2"])
    return rows.reshape(batch, time, width)


def words(states, chosen, E, p):
    h = standard(gelu(states.matmul(p["W_t"].t()) + p["b_t"]), p["scale"], p["shift"])
    return (h.matmul(E.t()) + p["b"])[chosen]


def pretrain(tokens, segments, targets, follows, heads, ends, layers):
    below, above, pair = ends
    x = embed(tokens, segments, below)
    for p in layers:
        x = layer(x, tokens > PAD, heads, p)
    everywhere = words(x, torch.ones_like(tokens).bool(), below["E"], above)
    true = targets.flatten()
    logs = everywhere - everywhere.logsumexp(1, keepdim=True)
    picked = logs[torch.arange(len(true)), true.clamp(min=0)]
    loss = -torch.where(true == NOTHING, 0.0, picked).sum() / (true != NOTHING).sum()
    pooled = torch.tanh(torch.addmm(pair["b_p"], x.select(1, 0), pair["W_p"].t()))
    chances = torch.softmax(torch.addmm(pair["b_n"], pooled, pair["W_n"].t()), 1)
    return loss, -torch.where(follows == 0, chances[:, 0], chances[:, 1]).log().mean()
