"""Gradients by autograd, one matrix for input and state, in-place steps on copies."""

import torch


def step(x, h, W, U, b):
    return torch.tanh(torch.cat([x, h], 1) @ torch.cat([W, U], 1).T + b)


def layer(x, h, W, U, b):
    states = [h]
    for t in range(x.shape[1]):
        states.append(step(x[:, t], states[-1], W, U, b))
    return torch.stack(states[1:], dim=1)


def elman(stream, W, U, b, V, d, rate):
    parameters = [value.clone().requires_grad_() for value in (W, U, b, V, d)]
    W, U, b, V, d = parameters
    context, seen = torch.full(b.shape, 0.5, dtype=W.dtype), []
    for t in range(len(stream) - 1):
        h = (W @ stream[t] + U @ context + b).sigmoid()
        y = (V @ h + d).sigmoid()
        error = 0.5 * (y - stream[t + 1]).pow(2).sum()
        slopes = torch.autograd.grad(error, parameters)
        with torch.no_grad():
            for value, slope in zip(parameters, slopes, strict=True):
                value.sub_(rate * slope)
        seen.append(y.detach())
        context = h.detach()
    return (torch.stack(seen), *(value.detach() for value in parameters))


def through_time(x, targets, h, W, U, b, V, d):
    parameters = [value.clone().requires_grad_() for value in (W, U, b, V, d)]
    states = layer(x, h, *parameters[:3])
    logs = torch.log_softmax(states @ parameters[3].T + parameters[4], -1)
    loss = -logs.gather(2, targets.unsqueeze(2)).mean()
    return (loss.detach(), states[:, -1].detach(), *torch.autograd.grad(loss, parameters))


def clip(slopes, limit):
    norm = torch.cat([slope.flatten() for slope in slopes]).norm()
    factor = (limit / norm).clamp(max=1.0)
    return [slope * factor for slope in slopes]


def learn(tokens, parameters, window, lr, limit):
    parameters = [value.clone() for value in parameters]
    x, h, losses = torch.eye(len(parameters[-1])).to(parameters[0])[tokens], None, []
    h = torch.zeros(tokens.shape[0], parameters[1].shape[0]).to(parameters[0])
    start = 0
    while start + 1 < tokens.shape[1]:
        end = min(start + window, tokens.shape[1] - 1)
        loss, h, *slopes = through_time(x[:, start:end], tokens[:, start + 1 : end + 1], h, *parameters)
        for value, slope in zip(parameters, clip(slopes, limit), strict=True):
            value -= lr * slope
        losses += [loss]
        start = end
    return torch.stack(losses), *parameters
