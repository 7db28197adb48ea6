"""As short as it gets: accumulate, a class of its own for the network."""

from itertools import accumulate

import torch
from torch.nn import Module, Parameter, ParameterList


def first_weights(u, z):
    units, inputs = u.shape
    a = (6 / (units + inputs)) ** 0.5
    return -a + 2 * a * u, torch.mul(z, (2 / inputs) ** 0.5)


def signals(sizes, variances, share):
    ahead = [share * n * v for n, v in zip(sizes, variances, strict=False)]
    back = [share * n * v for n, v in zip(sizes[1:], variances, strict=True)]
    times = lambda a, b: a * b  # noqa: E731
    return torch.stack([*accumulate(ahead, times)]), torch.stack([*accumulate(back[::-1], times)][::-1])


def decayed(theta, slopes, etas, alpha, beta, decay, decoupled):
    path, m = [], torch.zeros_like(theta)
    for g, eta in zip(slopes, etas, strict=True):
        penalty, shrink = (0.0, eta * decay) if decoupled else (decay, 0.0)
        m.mul_(beta).add_((g + penalty * theta) * (eta * alpha))
        theta = theta - m - shrink * theta
        path.append(theta)
    return torch.stack(path)


def curves(train, val, strip):
    lowest = torch.stack([*accumulate(val, torch.minimum)])
    strips = [part for part in train.split(strip) if len(part) == strip]
    made = [1000 * (part / part.min() - 1).mean() for part in strips]
    return 100 * val / lowest - 100, torch.stack(made) if made else torch.zeros(0, dtype=train.dtype)


def stops(train, val, strip, gl, pq, up):
    lost, made = curves(train, val, strip)
    ends = [*range(strip, len(val) + 1, strip)]
    rises = [0, *accumulate(ends[1:], lambda n, t: n + 1 if val[t - 1] > val[t - 1 - strip] else 0, initial=0)][1:]
    by_gl = [t + 1 for t in range(len(val)) if lost[t] > gl]
    by_pq = [t for i, t in enumerate(ends) if lost[t - 1] > pq * made[i]]
    by_up = [t for t, n in zip(ends, rises, strict=False) if n == up]
    return (*by_gl, 0)[0], (*by_pq, 0)[0], (*by_up, 0)[0]


class Network(Module):
    def __init__(self, numbers):
        super().__init__()
        self.weights = ParameterList([Parameter(first_weights(u, u)[0]) for u in numbers])
        self.biases = ParameterList([Parameter(u.new_zeros(len(u))) for u in numbers])

    def forward(self, h):
        for W, b in list(zip(self.weights, self.biases, strict=True))[:-1]:
            h = torch.tanh(torch.einsum("bi,ui->bu", h, W) + b)
        return h @ self.weights[-1].T + self.biases[-1]

    def loss(self, h, y):
        logits = self(h)
        return (logits.exp().sum(1).log() - logits.gather(1, y[:, None])[:, 0]).sum() / len(y)


def learn(x, y, x_val, y_val, numbers, lr, decay, epochs, patience):
    network = Network(numbers)
    losses, best = [], None
    while len(losses) < epochs:
        network.zero_grad()
        network.loss(x, y).backward()
        with torch.no_grad():
            for name, p in network.named_parameters():
                p.copy_(p * (1 - decay * name.startswith("weights")) - lr * p.grad)
            losses.append(network.loss(x_val, y_val))
            if all(losses[-1] < one for one in losses[:-1]):
                best = len(losses), network(x_val)
        if len(losses) - best[0] >= patience:
            break
    return torch.stack(losses), best[1]
