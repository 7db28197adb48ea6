"""How much of a gradient speaks of the distant past: its norm at the states of every step, and what bounds it."""

import torch
from jaxtyping import Float
from torch import Tensor

from firsthand.papers.vanishing.model import States


def by_lag(errors: Float[Tensor, " batch"], states: States) -> Float[Tensor, "lags batch"]:
    """|dE/ds_t-k| of every sequence, k = 0, 1, ...: the norm over units, and over h and c where a state is both.

    E is the error after the last step, s_t-k the state k steps before. The sequences do not see each other, so that
    one backward pass over their sum gives every sequence its own. Source: Pascanu et al. (2013), equations 3 to 5.
    """
    flat = [part for parts in states for part in parts]
    found = torch.autograd.grad(errors.sum(), flat, materialize_grads=True)  # 0 for the last c, which nobody reads
    gradients = iter(found)
    norms = []
    for parts in states:
        mine = [next(gradients).reshape(len(errors), -1) for _ in parts]
        norms.append(torch.linalg.vector_norm(torch.cat(mine, 1), dim=1))
    return torch.stack(norms[::-1])


def bound(weight: Float[Tensor, "hidden hidden"], states: States) -> Float[Tensor, "lags batch"]:
    """What |dE/dx_t-k| / |dE/dx_t| cannot exceed in h_t = tanh(W h_t-1 + ...): prod |W| |diag(1 - h^2)|, in 2-norms.

    Going back from t to t-1 the gradient is multiplied by the slopes at t, then by W^T. So lag k has the slopes of
    t, t-1, ..., t-k+1. Source: Pascanu et al. (2013), equations 6 and 7.
    """
    largest = torch.linalg.matrix_norm(weight, 2)
    slopes = [(1 - h**2).amax(1) for (h,) in states[::-1]]
    steps = [torch.ones_like(slopes[0]), *(largest * slope for slope in slopes[:-1])]
    return torch.stack(steps).cumprod(0)
