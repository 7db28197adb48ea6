"""Copying random tokens, or writing them in another order: what claims on translation train on within a minute."""

from collections.abc import Callable, Iterator, Sequence
from typing import cast

import numpy as np
import torch
from jaxtyping import Int
from matplotlib.figure import Figure
from torch import Generator, Tensor
from torch.nn import Module

from firsthand import optim
from firsthand.claims.bench.descent import descend
from firsthand.data.sentences import EOS, PAD
from firsthand.figures.curves import Runs, lines, series
from firsthand.figures.style import BLUE, MUTED, RED, subplots
from firsthand.nn import cross_entropy
from firsthand.train.decoding import Decoding, Translator, search
from firsthand.train.engine import tiny_is_zero

FIRST, TOKENS, ROWS = 4, 10, 32  # the first of the tokens that are copied, how many there are, and sentences a step
VOCAB = FIRST + TOKENS


def sentences(
    rows: int, lengths: tuple[int, int], generator: Generator, tokens: int = TOKENS
) -> Int[Tensor, "rows longest"]:
    """Random tokens of so many, of lengths from the first to the second, each row ended and filled up."""
    shortest, longest = lengths
    found = torch.randint(FIRST, FIRST + tokens, (rows, longest + 1), generator=generator)
    ends = torch.randint(shortest, longest + 1, (rows, 1), generator=generator)
    places = torch.arange(longest + 1)
    return found.masked_fill(places == ends, EOS).masked_fill(places > ends, PAD)


def learn(
    network: Module,
    rate: Callable[[int], float],
    lengths: tuple[int, int],
    steps: int,
    generator: Generator,
    translated: Callable[[Tensor], Tensor] | None = None,
    tokens: int = TOKENS,
    clip: float | None = None,
) -> Iterator[float]:
    """Train a network on fresh sentences, with Adam as Vaswani et al. have it; each step's loss in nats a token.

    What it is to write is the sentence itself, or what `translated` makes of it.
    """
    rule = optim.Adam(network.parameters(), betas=(0.9, 0.98), eps=1e-9)
    with tiny_is_zero():
        for step in range(steps):
            rows = sentences(ROWS, lengths, generator, tokens)
            target = rows if translated is None else translated(rows)
            loss = cross_entropy(network(rows, target).flatten(0, 1), target.flatten(), ignore_index=PAD)
            rule.param_groups[0]["lr"] = rate(step)
            descend(rule, network, loss, clip)
            yield loss.item()


@torch.no_grad()
def right(network: Module, length: int, generator: Generator, rows: int = 256) -> float:
    """The share of tokens of sentences of this length that are said rightly, each given those before it."""
    tokens = sentences(rows, (length, length), generator)
    training = network.training
    hits = network.eval()(tokens, tokens).argmax(2) == tokens
    network.train(training)
    return hits.float().mean().item()


def bleu(
    network: Module, sources: Int[Tensor, "rows places"], targets: Int[Tensor, "rows time"], beam: int = 1
) -> tuple[float, float]:
    """The BLEU of what a search writes, a token being a word, and the share of sentences that are right as a whole."""
    from sacrebleu.metrics import BLEU

    training = network.training
    found = search(cast(Translator, network.eval()), sources, Decoding(beam=beam, alpha=0.0, extra=5))
    network.train(training)
    written = [said(one[0].tokens) for one in found]
    wanted = [said([token for token in row if token not in (PAD, EOS)]) for row in targets.tolist()]
    whole = sum(one == other for one, other in zip(written, wanted, strict=True)) / len(wanted)
    return BLEU(tokenize="none", force=True).corpus_score(written, [wanted]).score, whole


def by_length(seen: Runs, lengths: Sequence[int], longest: int, title: str, label: str = "{}") -> Figure:
    """BLEU against the number of tokens, a line a seed; dotted: the longest sentences that were trained on."""
    figure, axes = subplots(7.6, 4.2)
    for (name, runs), colour in zip(seen.items(), (BLUE, RED), strict=True):
        points = [np.column_stack((lengths, row)) for row in series(runs, "scores")]
        lines(axes, points, colour, label.format(name), marker="o", ms=4)
    axes.axvline(longest, color=MUTED, lw=1, ls=":")
    axes.set(ylim=(-2, 103), xticks=lengths, xlabel="tokens of the sentence", ylabel="BLEU", title=title)
    axes.legend(loc="lower left")
    return figure


def said(tokens: Sequence[int]) -> str:
    """A sentence of these tokens, each a word."""
    return " ".join(f"w{token}" for token in tokens)
