"""Everything as a factor that multiplies the units, made first."""

import torch


def factor(chance, p):
    return torch.heaviside(p - chance, chance.new_zeros(()))


def thinned(y, chance, p):
    return torch.einsum("bu,bu->bu", y, factor(chance, p))


def inverted(y, chance, p, training):
    return y * (factor(chance, p) / p) ** int(training)


def gaussian(y, noise, p, training):
    sigma = (torch.tensor(1 - p, dtype=y.dtype) / p).sqrt()
    return y * (noise * sigma + 1 if training else torch.ones_like(noise))


def max_norm(W, c):
    length = W.square().sum(1).sqrt()
    return torch.einsum("u,ui->ui", c / length.maximum(torch.full_like(length, c)), W)


def network(x, chances, layers, keeps, training):
    *hidden, last = zip(layers, chances, keeps, strict=True)

    def linear(y, part):
        (W, b), chance, p = part
        scale = factor(chance, p) if training else torch.full_like(y, p)
        return torch.einsum("bi,bi,ui->bu", scale, y, W) + b

    for part in hidden:
        x = linear(x, part).relu()
    return linear(x, last)


def learn(x, classes, chances, layers, keeps, lr, momentum, c):
    eye = torch.eye(len(layers[-1][1]), dtype=x.dtype)[classes]
    weights, biases = [W.detach() for W, _ in layers], [b.detach() for _, b in layers]
    n, v = len(weights), [0.0] * (2 * len(weights))
    losses = []
    for chance in chances:
        w = [one.clone().requires_grad_() for one in weights + biases]
        logits = network(x, chance, list(zip(w[:n], w[n:], strict=True)), keeps, True)
        loss = -(eye * (logits - logits.logsumexp(1, keepdim=True))).sum(1).mean()
        slopes = torch.autograd.grad(loss, w)
        v = [momentum * speed - lr * slope for speed, slope in zip(v, slopes, strict=True)]
        w = [(one + speed).detach() for one, speed in zip(w, v, strict=True)]
        weights, biases = [max_norm(one, c) for one in w[:n]], w[n:]
        losses.append(loss.detach())
    return torch.stack(losses), list(zip(weights, biases, strict=True))
