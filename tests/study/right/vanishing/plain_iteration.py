"""Fixed points by iterating, everything else by autograd."""

import torch


def latch(w, h):
    states = [torch.tanh(h[:, 0])]
    for t in range(1, h.shape[1]):
        states.append(torch.tanh(w * states[-1] + h[:, t]))
    return torch.stack(states, dim=1)


def stored(w):
    x = torch.ones(w.shape, dtype=w.dtype)
    for _ in range(5000):
        x = torch.tanh(w * x)
    fold = (1 - 1 / w).sqrt()
    return x, w - w * x * x, w * fold - 0.5 * torch.log((1 + fold) / (1 - fold))


def run(u, h, W):
    states = [h]
    for now in u:
        states.append((W @ states[-1] + now).tanh())
    return states


def jacobians(u, h, W):
    products = []
    for k in range(len(u) + 1):
        start = run(u, h, W)[len(u) - k].clone().requires_grad_()
        end = run(u[len(u) - k :], start, W)[-1]
        rows = [torch.autograd.grad(unit, start, retain_graph=True)[0] for unit in end]
        products.append(torch.stack(rows))
    return torch.stack(products)


def fading(error, u, h, W):
    norms = [(error[:, None] * product).sum(0).norm() for product in jacobians(u, h, W)]
    largest, bounds = torch.linalg.svdvals(W)[0], [error.norm()]
    for state in run(u, h, W)[:0:-1]:
        bounds.append(bounds[-1] * largest * (1 - state.square()).amax())
    return torch.stack(norms), torch.stack(bounds)


def descend(place, time, updates, lr, limit):
    errors, path = [], []
    w, b = place
    for _ in range(updates):
        w, b = w.detach().requires_grad_(), b.detach().requires_grad_()
        x = 0.5
        for _ in range(time):
            x = w * torch.sigmoid(torch.as_tensor(x, dtype=w.dtype)) + b
        error = (torch.sigmoid(x) - 0.7).square()
        error.backward()
        factor = min(1.0, limit / float(torch.hypot(w.grad, b.grad)))
        w, b = w - lr * factor * w.grad, b - lr * factor * b.grad
        errors.append(error.detach())
        path.append(torch.stack([w, b]).detach())
    return torch.stack(errors), torch.stack(path)


def learn(w, free, noise, lr):
    w, free = w.clone().requires_grad_(), free.clone().requires_grad_()
    costs = []
    for k in range(len(noise)):
        ends = latch(w, torch.cat([free, noise[k]], dim=1))[:, -1]
        cost = 0.5 * ((ends[0] + 0.8) ** 2 + (ends[1] - 0.8) ** 2)
        w.grad = free.grad = None
        cost.backward()
        with torch.no_grad():
            w -= lr * w.grad
            free -= lr * free.grad
        costs.append(cost.detach())
    return torch.stack(costs), w.detach(), free.detach()
