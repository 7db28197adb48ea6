"""What two claims share: small networks that learn to write random tokens, pair by pair in another order."""

from dataclasses import replace

import torch
from jaxtyping import Int
from torch import Generator, Tensor

from firsthand.claims.bench.copying import FIRST, learn
from firsthand.data.sentences import EOS, PAD
from firsthand.papers.bahdanau.model import Config, RNNsearch

TOKENS, LONGEST, STEPS = 20, 10, 1000
SMALL = Config(vocab=FIRST + TOKENS, embed=32, hidden=64, maxout=32, init="layers")


def swaps(source: Int[Tensor, "rows places"]) -> Int[Tensor, "rows places"]:
    """Which source place each target token translates: of every two tokens the second comes first.

    A last token without a partner, the end and the padding stay where they are.
    """
    places = torch.arange(source.shape[1]).expand(source.shape)
    words = ((source != PAD) & (source != EOS)).sum(1, keepdim=True)
    other = places + 1 - 2 * (places % 2)
    return torch.where((places < words) & (other < words), other, places)


def swapped(source: Int[Tensor, "rows places"]) -> Int[Tensor, "rows places"]:
    """The translation: every two tokens change places, as a noun and its adjective do."""
    return source.gather(1, swaps(source))


def swapper(generator: Generator, **options: object) -> RNNsearch:
    """A network of 64 units after 1,000 steps on 32 fresh sentences of 2 to 10 of 20 tokens.

    Adam, its rate from 0.005 to 0 on a straight line; gradients cut at norm 1.
    """
    network = RNNsearch(replace(SMALL, **options))
    losses = learn(
        network, lambda step: 0.005 * (1 - step / STEPS), (2, LONGEST), STEPS, generator, swapped, TOKENS, clip=1.0
    )
    for _ in losses:
        pass
    return network
