"""Copying random tokens, a task that is learned within a minute: what two claims train on."""

from collections.abc import Callable, Iterator

import torch
from jaxtyping import Int
from torch import Generator, Tensor
from torch.nn import Module

from firsthand import optim
from firsthand.data.sentences import EOS, PAD
from firsthand.nn import cross_entropy
from firsthand.train.engine import tiny_is_zero

FIRST, TOKENS, ROWS = 4, 10, 32  # the first of the tokens that are copied, how many there are, and sentences a step
VOCAB = FIRST + TOKENS


def sentences(rows: int, lengths: tuple[int, int], generator: Generator) -> Int[Tensor, "rows longest"]:
    """Random tokens, of lengths from the first to the second, each row ended and filled up."""
    shortest, longest = lengths
    tokens = torch.randint(FIRST, VOCAB, (rows, longest + 1), generator=generator)
    ends = torch.randint(shortest, longest + 1, (rows, 1), generator=generator)
    places = torch.arange(longest + 1)
    return tokens.masked_fill(places == ends, EOS).masked_fill(places > ends, PAD)


def learn(
    network: Module, rate: Callable[[int], float], lengths: tuple[int, int], steps: int, generator: Generator
) -> Iterator[float]:
    """Train a network to copy fresh sentences, with Adam as the paper has it; each step's loss in nats a token."""
    rule = optim.Adam(network.parameters(), betas=(0.9, 0.98), eps=1e-9)
    with tiny_is_zero():
        for step in range(steps):
            rows = sentences(ROWS, lengths, generator)
            loss = cross_entropy(network(rows, rows).flatten(0, 1), rows.flatten(), ignore_index=PAD)
            rule.param_groups[0]["lr"] = rate(step)
            rule.zero_grad()
            loss.backward()
            rule.step()
            yield loss.item()


@torch.no_grad()
def right(network: Module, length: int, generator: Generator, rows: int = 256) -> float:
    """The share of tokens of sentences of this length that are said rightly, each given those before it."""
    tokens = sentences(rows, (length, length), generator)
    training = network.training
    hits = network.eval()(tokens, tokens).argmax(2) == tokens
    network.train(training)
    return hits.float().mean().item()
