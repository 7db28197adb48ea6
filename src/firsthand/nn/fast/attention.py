"""Attention by torch's fused primitive."""

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention as fused_attention


def _fused(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, causal: bool, p: float, scale: float | None) -> Tensor:
    """The fused primitive, whose own causal mask is aligned at the first key, and which takes one mask only."""
    queries, keys = q.shape[-2], k.shape[-2]
    if causal and (mask is not None or queries != keys):
        causal = False
        if queries > 1:  # a single query is the newest step and sees everything
            past = torch.ones(queries, keys, dtype=torch.bool, device=q.device).tril(keys - queries)
            mask = past if mask is None else mask & past
    return fused_attention(q, k, v, mask, p, causal, scale=scale)


def dot_product_attention(
    q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None, causal: bool = False, p: float = 0.0
) -> Tensor:
    """See `_fused`."""
    return _fused(q, k, v, mask, causal, p, scale=1.0)


def scaled_dot_product_attention(
    q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None, causal: bool = False, p: float = 0.0
) -> Tensor:
    """See `_fused`."""
    return _fused(q, k, v, mask, causal, p, scale=None)
