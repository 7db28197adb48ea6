"""einsum; the reversal as a matrix of zeros and ones."""

import torch
from torch import einsum


def forwards(x, W, U, b):
    from_x = einsum("bti,hi->tbh", x, W) + b
    h, states = torch.full_like(from_x[0], 0.5), []
    for part in from_x:
        h = torch.tanh(part + einsum("bk,hk->bh", h, U))
        states.append(h)
    return torch.stack(states).movedim(0, 1)


def permutations(time, lengths, dtype):
    rows = []
    for n in lengths.tolist():
        order = [*reversed(range(n)), *range(n, time)]
        rows.append(torch.eye(time, dtype=dtype)[order])
    return torch.stack(rows)


def turned(x, lengths):
    return einsum("bst,btw->bsw", permutations(x.shape[1], lengths, x.dtype), x)


def inside(x, lengths):
    return (torch.arange(x.shape[1])[None] < lengths[:, None]).to(x.dtype)[..., None]


def both(x, lengths, W_f, U_f, b_f, W_b, U_b, b_b):
    turn = permutations(x.shape[1], lengths, x.dtype)
    future = turn @ forwards(turn @ x, W_b, U_b, b_b)
    return forwards(x, W_f, U_f, b_f) * inside(x, lengths), future * inside(x, lengths)


def brnn(x, lengths, W_f, U_f, b_f, W_b, U_b, b_b, V_f, V_b, c):
    f, g = both(x, lengths, W_f, U_f, b_f, W_b, U_b, b_b)
    a = einsum("bth,oh->bto", f, V_f) + einsum("bth,oh->bto", g, V_b) + c
    return (1 - 2 / (1 + torch.exp(2 * a))) * inside(x, lengths)


def pools(one, other):
    p = torch.exp(one) / torch.exp(one).sum(1, keepdim=True)
    q = torch.exp(other) / torch.exp(other).sum(1, keepdim=True)
    root = torch.exp(0.5 * (one + other))
    return 0.5 * p + 0.5 * q, root / root.sum(1, keepdim=True)


def posterior(x, classes, W_f, U_f, b_f, W_b, U_b, b_b, V_f, V_b, V_x, c):
    codes = torch.eye(c.shape[0], dtype=x.dtype)[classes]
    edge = torch.full((x.shape[0], 1, U_f.shape[0]), 0.5, dtype=x.dtype)
    f = torch.cat([edge, forwards(torch.cat([x, codes], 2), W_f, U_f, b_f)], 1)
    g = torch.cat([edge, forwards(torch.flip(x, [1]), W_b, U_b, b_b)], 1).flip(1)
    logits = einsum("bth,ch->btc", f[:, :-1], V_f) + einsum("bth,ch->btc", g[:, 1:], V_b)
    logits = logits + einsum("bti,ci->btc", x, V_x) + c
    right = einsum("btc,btc->bt", logits, codes)
    return einsum("bt->b", right - torch.logsumexp(logits, 2))
