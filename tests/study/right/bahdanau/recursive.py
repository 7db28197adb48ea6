"""States by recursion, one matrix for both gates, and a decoder that is a generator."""

import torch


def squash(a):
    return 1 / (1 + torch.exp(-a))


def move(given, s, U):
    n = U.size(1)
    gates = squash(torch.addmm(given[:, : 2 * n], s, U[: 2 * n].t()))
    reset, update = gates[:, :n], gates[:, n:]
    return update * torch.tanh(torch.addmm(given[:, 2 * n :], reset * s, U[2 * n :].t())) + s - update * s


def states(x, keep, p):
    """Of the last word first, by what comes before it."""
    if x.shape[1] == 0:
        return [x.new_zeros(x.shape[0], p["U"].shape[1])]
    earlier = states(x[:, :-1], keep[:, :-1], p)
    new = move(torch.addmm(p["b"], x[:, -1], p["W"].t()), earlier[-1], p["U"])
    return [*earlier, new * keep[:, -1:]]


def annotate(x, lengths, forward, backward):
    keep = torch.arange(x.shape[1]).expand(x.shape[:2]) < lengths.unsqueeze(1)
    there = states(x, keep, forward)[1:]
    back = states(x.flip(1), keep.flip(1), backward)[:0:-1]
    return torch.stack([torch.hstack(pair) for pair in zip(there, back, strict=True)], 1)


def look(s, h, keep, W_a, U_a, v):
    hidden = torch.tanh(torch.matmul(h, U_a.t()) + torch.matmul(s, W_a.t()).unsqueeze(1))
    e = torch.where(keep, (hidden * v).sum(-1), -torch.inf)
    a = (e - e.logsumexp(1, keepdim=True)).exp()
    return torch.bmm(a.unsqueeze(1), h).squeeze(1), a


def word(s, y, c, p):
    deep = torch.addmm(p["b_o"], s, p["U_o"].t()) + y.matmul(p["V_o"].t()) + c.matmul(p["C_o"].t())
    first, second = deep.reshape(len(deep), -1, 2).unbind(2)
    return torch.addmm(p["b_y"], torch.where(first > second, first, second), p["W_o"].t())


def written(s, h, keep, words, p):
    y = words.new_zeros(words.shape[1:])
    for after in words:
        c, a = look(s, h, keep, p["W_a"], p["U_a"], p["v"])
        yield word(s, y, c, p), a
        s = move(torch.hstack([y, c]) @ torch.hstack([p["W"], p["C"]]).t() + p["b"], s, p["U"])
        y = after


def translate(source, lengths, target, forward, backward, p):
    h = annotate(p["E_x"][source], lengths, forward, backward)
    keep = torch.arange(source.shape[1]) < lengths[:, None]
    last = states(p["E_x"][source].flip(1), keep.flip(1), backward)[-1]
    s = torch.tanh(torch.addmm(p["b_s"], last, p["W_s"].t()))
    logits, weights = zip(*written(s, h, keep, p["E_y"][target].transpose(0, 1), p), strict=True)
    return [torch.stack(logits, 1), torch.stack(weights, 1)]
