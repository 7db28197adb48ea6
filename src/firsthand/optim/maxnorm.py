"""The max-norm constraint: no unit may have long incoming weights. Call it after the step."""

from collections.abc import Iterable

import torch
from torch import Tensor

from firsthand.errors import UserError
from firsthand.optim.clip import HALF


@torch.no_grad()
def limit_norm(weights: Tensor | Iterable[Tensor], limit: float) -> None:
    """Shorten the incoming weight vector of every unit to a norm of at most `limit`. In place.

    w <- w min(1, limit / |w|), for every row w of a weight (out, in) and every filter of a weight (out, in, ...).
    Vectors and scalars (biases, gains) are left alone. With masks that are divided by the share p that is kept, the
    paper's constant c stands for limit = p c.
    Raises UserError unless the limit is above 0.
    Source: Srivastava et al. (2014), Dropout, section 5.1.
    """
    if not limit > 0:
        raise UserError(f"The largest norm of a unit's weights must be above 0, got {limit}.")
    for weight in [weights] if isinstance(weights, Tensor) else weights:
        if weight.ndim > 1:
            wide = torch.float32 if weight.dtype in HALF else None  # no norm overflows that
            norms = torch.linalg.vector_norm(weight, dim=tuple(range(1, weight.ndim)), keepdim=True, dtype=wide)
            weight.mul_((limit / norms).clamp(max=1.0))  # a row of zeros stays: limit / 0 is infinite
