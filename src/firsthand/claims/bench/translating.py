"""What must be so of every network that translates: nothing depends on padding, and step by step is all at once."""

from typing import cast

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import Module

from firsthand.data.sentences import PAD
from firsthand.train.decoding import Translator

Source = Int[Tensor, "rows places"]
Target = Int[Tensor, "rows time"]


def apart(one: Float[Tensor, "..."], other: Float[Tensor, "..."]) -> float:
    """The largest difference."""
    return (one - other).abs().max().item()


@torch.no_grad()
def by_padding(network: Module, source: Source, target: Target) -> float:
    """How far outputs are from those with more padding, and from those of each source by itself, without any."""
    plain = network(source, target)
    wide = [torch.cat([rows, rows.new_full((len(rows), 5), PAD)], 1) for rows in (source, target)]
    alone = [network(row[row != PAD][None], other[None]) for row, other in zip(source, target, strict=True)]
    return max(apart(network(*wide)[:, : target.shape[1]], plain), apart(torch.cat(alone), plain))


@torch.no_grad()
def by_steps(network: Module, source: Source, target: Target, read: Target) -> float:
    """How far outputs are from those of a decoder that is given one token at a time of what it reads."""
    translator = cast(Translator, network)
    memory, past, steps = translator.encode(source), None, []
    for token in read.split(1, 1):
        logits, past = translator.decode(token, memory, past)
        steps.append(logits)
    return apart(torch.cat(steps, 1), network(source, target))
