"""Choosing the next token from logits: temperature, top-k, top-p (nucleus), greedy."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from firsthand.errors import UserError


def sample(
    logits: Float[Tensor, "batch vocab"],
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    greedy: bool = False,
    generator: torch.Generator | None = None,
) -> Int[Tensor, " batch"]:
    """One token for each row, from softmax(logits / temperature) cut to its k likeliest or to the nucleus of mass p.

    The nucleus is the smallest set of likeliest tokens whose probabilities sum to at least `top_p`.
    Raises UserError for a temperature, top-k or top-p out of range. Source: Holtzman et al. 2020, sec. 3.1 (nucleus).
    """
    if greedy:
        return logits.argmax(dim=1)
    if not 1e-30 <= temperature < torch.inf:  # logits divided by less are not finite in float32
        raise UserError(
            f"temperature must be above 0, got {temperature}: take 1e-30 or more, or greedy for the likeliest token."
        )
    if top_k is not None and top_k < 1:
        raise UserError(f"top-k must be at least 1, got {top_k}.")
    if top_p is not None and not 0 < top_p <= 1:
        raise UserError(f"top-p must lie in (0, 1], got {top_p}.")
    logits = logits / temperature
    if top_k is not None and top_k < logits.shape[1]:
        smallest = logits.topk(top_k, dim=1).values[:, -1:]
        logits = logits.masked_fill(logits < smallest, -torch.inf)
    probabilities = torch.softmax(logits, dim=1)
    if top_p is not None:
        ordered, order = probabilities.sort(dim=1, descending=True)
        outside = ordered.cumsum(dim=1) - ordered >= top_p  # the mass before this token already suffices
        probabilities = probabilities.masked_fill(outside.gather(1, order.argsort(dim=1)), 0.0)
    return torch.multinomial(probabilities, 1, generator=generator).squeeze(1)
