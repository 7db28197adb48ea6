"""Which words are hidden, and what stands in their place."""

import torch
from jaxtyping import Int
from torch import Generator, Tensor

from firsthand.data.wordpiece import WordPiece

NOTHING = -100  # the target where nothing was hidden
SHARE = 0.15  # of all tokens but [CLS], [SEP] and padding, in each example
Mix = tuple[float, float]  # shares of the hidden tokens: masked, replaced at random; the others are left as they are
MIX: Mix = (0.8, 0.1)


def masked(
    tokens: Int[Tensor, "batch time"], vocabulary: WordPiece, generator: Generator, mix: Mix = MIX, share: float = SHARE
) -> tuple[Int[Tensor, "batch time"], Int[Tensor, "batch time"]]:
    """The tokens with some of them hidden, and what these were, `NOTHING` elsewhere.

    Of n tokens that are not special, round(0.15 n) are chosen, at least 1. Each chosen one becomes [MASK] with
    probability 0.8, with 0.1 a token drawn from the whole vocabulary, and with 0.1 it stays; it is predicted all the
    same. Source: section 3.1 and appendix A.1; how many, the authors' code.
    """
    pad, _, begin, end, mask = vocabulary.special
    open_ = (tokens != pad) & (tokens != begin) & (tokens != end)
    count = (share * open_.sum(1, keepdim=True)).round().clamp(min=1)
    place = torch.rand(tokens.shape, generator=generator).masked_fill_(~open_, 2.0).argsort(1).argsort(1)
    chosen = (place < count) & open_
    what = torch.rand(tokens.shape, generator=generator)
    others = torch.randint(len(vocabulary), tokens.shape, generator=generator)
    shown = torch.where(what < mix[0], mask, torch.where(what < mix[0] + mix[1], others, tokens))
    return torch.where(chosen, shown, tokens), tokens.masked_fill(~chosen, NOTHING)
