"""The answers of the exercise, one a step: what stands in a learner's file, but for its bodies, is made of this."""

import torch
from jaxtyping import Float
from torch import Tensor


def latch(w: Float[Tensor, ""], h: Float[Tensor, "batch time"]) -> Float[Tensor, "batch time"]:
    """The states of a neuron that feeds itself, from 0 on."""
    x, states = torch.zeros_like(h[:, 0]), []
    for h_t in h.unbind(1):
        x = torch.tanh(w * x + h_t)
        states.append(x)
    return torch.stack(states, 1)


def stored(w: Float[Tensor, " n"]) -> tuple[Tensor, Tensor, Tensor]:
    """Where a neuron of weight w > 1 keeps its bit: the attractor, its multiplier, and the inputs that it bears."""
    x = torch.ones_like(w)
    for _ in range(100):
        t = torch.tanh(w * x)
        x = x - (x - t) / (1 - w * (1 - t**2))  # Newton's rule
    fold = torch.sqrt(1 - 1 / w)
    return x, w * (1 - x**2), w * fold - torch.atanh(fold)


def jacobians(
    u: Float[Tensor, "time hidden"], h: Float[Tensor, " hidden"], W: Float[Tensor, "hidden hidden"]
) -> Float[Tensor, "lags hidden hidden"]:
    """dh_T / dh_T-k for k = 0, ..., T; the state that fed, h_T-k, is the last dimension."""
    states = []
    for u_t in u:
        h = torch.tanh(W @ h + u_t)
        states.append(h)
    product = torch.eye(len(h), dtype=h.dtype)
    products = [product]
    for h_t in reversed(states):
        product = product @ ((1 - h_t**2)[:, None] * W)
        products.append(product)
    return torch.stack(products)


def fading(
    error: Float[Tensor, " hidden"],
    u: Float[Tensor, "time hidden"],
    h: Float[Tensor, " hidden"],
    W: Float[Tensor, "hidden hidden"],
) -> tuple[Tensor, Tensor]:
    """The norms of dE/dh_T-k for k = 0, ..., T, and what they cannot exceed."""
    norms = torch.linalg.vector_norm(error @ jacobians(u, h, W), dim=1)
    largest, slopes = torch.linalg.matrix_norm(W, 2), []
    for u_t in u:
        h = torch.tanh(W @ h + u_t)
        slopes.append((1 - h**2).max())
    steps = torch.stack([norms[0], *(largest * slope for slope in reversed(slopes))])
    return norms, steps.cumprod(0)


def descend(place: Float[Tensor, "2"], time: int, updates: int, lr: float, limit: float) -> tuple[Tensor, Tensor]:
    """Gradient descent beside a cliff: the error before each update, and (w, b) after it."""
    errors, path = [], []
    for _ in range(updates):
        w, b = place = place.detach().requires_grad_()
        x = torch.full_like(w, 0.5)
        for _ in range(time):
            x = w * torch.sigmoid(x) + b
        error = (torch.sigmoid(x) - 0.7) ** 2
        (slope,) = torch.autograd.grad(error, place)
        norm = slope.norm()
        place = place.detach() - lr * (slope * limit / norm if norm > limit else slope)
        errors.append(error.detach())
        path.append(place)
    return torch.stack(errors), torch.stack(path)


def learn(
    w: Float[Tensor, ""], free: Float[Tensor, "2 lead"], noise: Float[Tensor, "updates 2 rest"], lr: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Train the latch on a noisy pair an update: the costs before each, the last w, the last free inputs."""
    d = torch.tensor([-0.8, 0.8], dtype=free.dtype)
    costs = []
    for now in noise:
        w, free = w.detach().requires_grad_(), free.detach().requires_grad_()
        x = latch(w, torch.cat([free, now], 1))
        cost = ((x[:, -1] - d) ** 2).sum() / 2
        costs.append(cost.detach())
        dw, dfree = torch.autograd.grad(cost, (w, free))
        w, free = w - lr * dw, free - lr * dfree
    return torch.stack(costs), w.detach(), free.detach()
