"""What two claims share: a small network that learns to copy random tokens from one vector."""

import torch
from torch import Generator

from firsthand.claims.bench.copying import FIRST, learn
from firsthand.papers.seq2seq.model import Config, Seq2Seq

TOKENS, LONGEST, STEPS = 20, 10, 1500


def copier(hidden: int, reverse: bool, generator: Generator, seed: int) -> tuple[Seq2Seq, list[float]]:
    """One layer of LSTM on each side after 1,500 steps on 32 fresh sentences of 2 to 10 of 20 tokens, and its losses.

    Adam, its rate from 0.005 to 0 on a straight line; gradients cut at norm 5.
    """
    torch.manual_seed(seed)
    config = Config(vocab=FIRST + TOKENS, embed=hidden // 2, hidden=hidden, layers=1, reverse=reverse)
    network = Seq2Seq(config)
    losses = learn(
        network, lambda step: 0.005 * (1 - step / STEPS), (2, LONGEST), STEPS, generator, tokens=TOKENS, clip=5.0
    )
    return network, list(losses)
