"""Recursion over time, forwards and backwards, and sums of outer products one by one."""

import torch


def step(x, h, W, U, b):
    return torch.tanh(torch.matmul(W, x.T) + torch.matmul(U, h.T) + b[:, None]).T


def walk(inputs, h, W, U, b):
    if not inputs:
        return []
    h = step(inputs[0], h, W, U, b)
    return [h, *walk(inputs[1:], h, W, U, b)]


def layer(x, h, W, U, b):
    return torch.stack(walk(list(x.unbind(1)), h, W, U, b), 1)


def logistic(a):
    return 1 / (1 + torch.exp(-a))


def elman(stream, W, U, b, V, d, rate):
    c = torch.zeros_like(b) + 0.5
    rows = []
    for t, x in enumerate(stream[:-1]):
        h = logistic(W.mv(x) + U.mv(c) + b)
        y = logistic(V.mv(h) + d)
        rows.append(y)
        at_y = (y - stream[t + 1]) * y * (1 - y)
        at_h = V.T.mv(at_y) * h * (1 - h)
        V = V - rate * at_y[:, None] * h[None]
        W = W - rate * at_h[:, None] * x[None]
        U = U - rate * at_h[:, None] * c[None]
        b, d, c = b - rate * at_h, d - rate * at_y, h
    return torch.stack(rows), W, U, b, V, d


def back(xs, hs, errors, U, V):
    """The deltas of every step; hs has one state more than there are steps."""
    if not xs:
        return []
    later = back(xs[1:], hs[1:], errors[1:], U, V)
    error = errors[0] @ V + (later[0] @ U if later else 0)
    return [error * (1 - hs[1] * hs[1]), *later]


def through_time(x, targets, h, W, U, b, V, d):
    xs = list(x.unbind(1))
    hs = [h, *walk(xs, h, W, U, b)]
    logits = [state @ V.T + d for state in hs[1:]]
    count, loss, errors = targets.numel(), 0.0, []
    for rows, right in zip(logits, targets.unbind(1), strict=True):
        logs = rows - torch.logsumexp(rows, 1, keepdim=True)
        places = torch.arange(len(right))
        loss = loss - logs[places, right].sum() / count
        error = logs.exp()
        error[places, right] -= 1
        errors.append(error / count)
    deltas = back(xs, hs, errors, U, V)
    dW = sum(delta.T @ now for delta, now in zip(deltas, xs, strict=True))
    dU = sum(delta.T @ state for delta, state in zip(deltas, hs[:-1], strict=True))
    dV = sum(error.T @ state for error, state in zip(errors, hs[1:], strict=True))
    return loss, hs[-1], dW, dU, sum(deltas).sum(0), dV, sum(errors).sum(0)


def clip(slopes, limit):
    norm = sum(float((slope * slope).sum()) for slope in slopes) ** 0.5
    return [min(1.0, limit / norm) * slope for slope in slopes]


def learn(tokens, parameters, window, lr, limit):
    W, U, b, V, d = parameters
    return go_on(tokens, W.new_zeros(len(tokens), len(U)), [W, U, b, V, d], window, lr, limit, [])


def go_on(tokens, h, values, window, lr, limit, losses):
    now, after = tokens[:, :-1][:, :window], tokens[:, 1 : window + 1]
    if now.shape[1] == 0:
        return torch.stack(losses), *values
    eye = torch.eye(len(values[-1]), dtype=h.dtype)
    loss, h, *slopes = through_time(eye[now], after, h, *values)
    values = [value - lr * slope for value, slope in zip(values, clip(slopes, limit), strict=True)]
    return go_on(tokens[:, now.shape[1] :], h, values, window, lr, limit, [*losses, loss])
