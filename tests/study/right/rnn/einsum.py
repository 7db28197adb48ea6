"""einsum; the input's part of all steps at once; outer products of whole histories."""

import torch
from torch import einsum


def step(x, h, W, U, b):
    a = einsum("bi,hi->bh", x, W) + einsum("bk,hk->bh", h, U) + b
    return 1 - 2 / (torch.exp(2 * a) + 1)


def layer(x, h, W, U, b):
    from_x = einsum("bti,hi->tbh", x, W) + b
    states = []
    for part in from_x:
        h = torch.tanh(torch.addmm(part, h, U.t()))
        states += [h]
    return torch.stack(states).transpose(0, 1)


def elman(stream, W, U, b, V, d, rate):
    first, second = torch.cat([W, U, b[:, None]], 1), torch.cat([V, d[:, None]], 1)
    one, inputs = torch.ones(1, dtype=W.dtype), W.shape[1]
    context, expected = torch.full((len(b),), 0.5, dtype=W.dtype), []
    for x, target in ((stream[t], stream[t + 1]) for t in range(len(stream) - 1)):
        seen = torch.cat([x, context, one])
        h = torch.sigmoid(first @ seen)
        shown = torch.cat([h, one])
        y = torch.sigmoid(second @ shown)
        dy = (y - target) * (y - y * y)
        dh = (dy @ second)[:-1] * (h - h * h)
        second = second - rate * einsum("o,h->oh", dy, shown)
        first = first - rate * einsum("h,s->hs", dh, seen)
        expected.append(y)
        context = h
    W, U, b = first[:, :inputs], first[:, inputs:-1], first[:, -1]
    return torch.stack(expected), W, U, b, second[:, :-1], second[:, -1]


def through_time(x, targets, h, W, U, b, V, d):
    batch, time, _ = x.shape
    states = layer(x, h, W, U, b)
    logits = einsum("bth,ch->btc", states, V) + d
    chances = torch.softmax(logits, -1)
    errors = chances.scatter_add(2, targets[..., None], -torch.ones(batch, time, 1, dtype=x.dtype)) / (batch * time)
    deltas = torch.zeros_like(states)
    later = torch.zeros_like(h)
    for t in range(time - 1, -1, -1):
        deltas[:, t] = (einsum("bc,ch->bh", errors[:, t], V) + later) * (1 - states[:, t].square())
        later = einsum("bh,hk->bk", deltas[:, t], U)
    before = torch.cat([h.unsqueeze(1), states], 1)[:, :-1]
    loss = -chances.gather(2, targets[..., None]).log().mean()
    dW, dU, dV = (einsum("btx,bty->xy", *pair) for pair in ((deltas, x), (deltas, before), (errors, states)))
    return loss, states[:, -1], dW, dU, einsum("bth->h", deltas), dV, einsum("btc->c", errors)


def clip(slopes, limit):
    squares = torch.stack([slope.square().sum() for slope in slopes]).sum()
    if squares <= limit**2:
        return slopes
    return [limit * slope * squares.rsqrt() for slope in slopes]


def learn(tokens, parameters, window, lr, limit):
    vocab, hidden = parameters[3].shape
    h = torch.zeros(tokens.shape[0], hidden, dtype=torch.float64)
    losses = []
    for start in range(0, tokens.shape[1] - 1, window):
        part = tokens[:, start : start + window + 1]
        x = (part[:, :-1, None] == torch.arange(vocab)).double()
        loss, h, *slopes = through_time(x, part[:, 1:], h, *parameters)
        parameters = [p - lr * g for p, g in zip(parameters, clip(slopes, limit), strict=True)]
        losses.append(loss)
    return (torch.stack(losses), *parameters)
