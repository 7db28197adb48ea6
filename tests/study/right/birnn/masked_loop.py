"""One loop from the end in which the state stays at the edge until a sequence begins; matrices side by side."""

import torch


def forwards(x, W, U, b):
    both_weights = torch.cat([W, U], 1).T
    h = 0.5 * torch.ones(x.shape[0], b.shape[0], dtype=x.dtype)
    outputs = []
    for t in range(x.shape[1]):
        h = torch.tanh(torch.addmm(b, torch.cat([x[:, t], h], -1), both_weights))
        outputs += [h]
    return torch.stack(outputs, dim=1)


def turned(x, lengths):
    t = torch.arange(x.shape[1]).expand(x.shape[0], -1)
    index = (lengths[:, None] - 1 - t) + (t >= lengths[:, None]) * (2 * t + 1 - lengths[:, None])
    return x[torch.arange(x.shape[0])[:, None], index]


def backwards(x, lengths, W, U, b):
    h = torch.full((len(x), len(b)), 0.5, dtype=x.dtype)
    outputs = [None] * x.shape[1]
    for t in range(x.shape[1] - 1, -1, -1):
        there = (lengths > t)[:, None]
        h = torch.where(there, torch.tanh(x[:, t] @ W.T + h @ U.T + b), h)
        outputs[t] = torch.where(there, h, torch.zeros_like(h))
    return torch.stack(outputs, 1)


def both(x, lengths, W_f, U_f, b_f, W_b, U_b, b_b):
    f = forwards(x, W_f, U_f, b_f)
    f = f.masked_fill((torch.arange(x.shape[1]) >= lengths[:, None]).unsqueeze(2), 0.0)
    return f, backwards(x, lengths, W_b, U_b, b_b)


def brnn(x, lengths, W_f, U_f, b_f, W_b, U_b, b_b, V_f, V_b, c):
    states = torch.cat(both(x, lengths, W_f, U_f, b_f, W_b, U_b, b_b), 2)
    y = torch.tanh(states @ torch.cat([V_f, V_b], 1).T + c)
    return y.masked_fill((torch.arange(x.shape[1]) >= lengths[:, None]).unsqueeze(2), 0.0)


def pools(one, other):
    logs = torch.stack([torch.log_softmax(one, -1), torch.log_softmax(other, -1)])
    mean = logs.mean(0)
    return logs.exp().mean(0), (mean - mean.logsumexp(-1, keepdim=True)).exp()


def posterior(x, classes, W_f, U_f, b_f, W_b, U_b, b_b, V_f, V_b, V_x, c):
    batch, time, _ = x.shape
    codes = (classes[..., None] == torch.arange(len(c))).to(x)
    f = forwards(torch.cat([x, codes], -1), W_f, U_f, b_f)
    later = backwards(x, torch.full((batch,), time), W_b, U_b, b_b)
    edge_f, edge_b = torch.full_like(f[:, :1], 0.5), torch.full_like(later[:, :1], 0.5)
    seen = torch.cat([torch.cat([edge_f, f], 1)[:, :-1], torch.cat([later, edge_b], 1)[:, 1:], x], 2)
    logs = torch.log_softmax(seen @ torch.cat([V_f, V_b, V_x], 1).T + c, -1)
    return logs.gather(2, classes[..., None]).squeeze(2).sum(1)
