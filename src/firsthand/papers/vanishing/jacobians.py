"""How much of a gradient is about the distant past: its norm at the states of every step, and what bounds it."""

import torch
from jaxtyping import Float
from torch import Tensor

from firsthand.nn import GRU, LSTM, RNN

States = list[tuple[Float[Tensor, "..."], ...]]  # of every step: x alone; h; or h and c


def hidden_states(
    layer: RNN | LSTM | GRU, x: Float[Tensor, "batch time in"], first: tuple[Tensor, ...] | None = None
) -> States:
    """A layer's states (h,) or (h, c) of (batch, hidden), step by step: dE/ds_t is the gradient at those of step t.

    They begin with `first`, where it is given. h and c of a step are copied before they are used, so that neither is a
    function of the other in the graph.
    """
    states: States = [] if first is None else [first]
    for now in x.split(1, 1):
        given = [part.unsqueeze(0) for part in states[-1]] if states else [None]
        _, state = layer(now, tuple(given) if len(given) == 2 else given[0])
        states.append(tuple(part[0].clone() for part in (state if isinstance(state, tuple) else (state,))))
    return states


def by_lag(errors: Float[Tensor, " batch"], states: States) -> Float[Tensor, "lags batch"]:
    """|dE/ds_t-k| of every sequence, k = 0, 1, ...: the norm over units, and over h and c where a state is both.

    E is the error after the last step, s_t-k the state k steps before. Sequences are independent, so that one backward
    pass over the sum of their errors gives each its own gradient. Source: Pascanu et al. (2013), equations 3 to 5.
    """
    flat = [part for parts in states for part in parts]
    found = iter(torch.autograd.grad(errors.sum(), flat, materialize_grads=True))  # 0 for the last c, which is not read
    gradients = [torch.cat([next(found).reshape(len(errors), -1) for _ in parts], 1) for parts in states]
    return torch.stack([torch.linalg.vector_norm(gradient, dim=1) for gradient in gradients[::-1]])


def bound(weight: Float[Tensor, "hidden hidden"], states: States) -> Float[Tensor, "lags batch"]:
    """What |dE/dx_t-k| / |dE/dx_t| cannot exceed in h_t = tanh(W h_t-1 + ...): prod |W| |diag(1 - h^2)|, in 2-norms.

    Going back from t to t-1 the gradient is multiplied by the slopes at t, then by W^T. So lag k has the slopes of
    t, t-1, ..., t-k+1. Source: Pascanu et al. (2013), equations 6 and 7.
    """
    largest = torch.linalg.matrix_norm(weight, 2)
    steps = [largest * (1 - h**2).amax(1) for (h,) in states[:0:-1]]
    return torch.stack([torch.ones_like(steps[0]), *steps]).cumprod(0)
