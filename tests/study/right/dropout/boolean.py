"""Masks as booleans, where and masked_fill; training in place with backward."""

import torch


def thinned(y, chance, p):
    return y.masked_fill(chance >= p, 0.0)


def inverted(y, chance, p, training):
    if not training:
        return y
    return torch.where(chance < p, y / p, torch.zeros_like(y))


def gaussian(y, noise, p, training):
    if training:
        y = y + y * noise * (1 / p - 1) ** 0.5
    return y


def max_norm(W, c):
    return torch.renorm(W, 2, 0, c)


def network(x, chances, layers, keeps, training):
    for i, (W, b) in enumerate(layers):
        if i > 0:
            x = torch.relu(x)
        x = thinned(x, chances[i], keeps[i]) if training else x * keeps[i]
        x = torch.addmm(b, x, W.T)
    return x


def learn(x, classes, chances, layers, keeps, lr, momentum, c):
    layers = [(W.detach().clone().requires_grad_(), b.detach().clone().requires_grad_()) for W, b in layers]
    speed = {}
    losses = []
    for chance in chances:
        logits = network(x, chance, layers, keeps, True)
        loss = (logits.logsumexp(1) - logits[torch.arange(len(x)), classes]).mean()
        losses.append(loss.item())
        loss.backward()
        with torch.no_grad():
            for i, pair in enumerate(layers):
                for j, one in enumerate(pair):
                    speed[i, j] = momentum * speed.get((i, j), 0) + one.grad
                    one -= lr * speed[i, j]
                    one.grad = None
                length = pair[0].pow(2).sum(1, keepdim=True).sqrt()
                pair[0].mul_((c / length).clamp(max=1))
    return torch.tensor(losses, dtype=x.dtype), [(W.detach(), b.detach()) for W, b in layers]
