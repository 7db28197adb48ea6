"""One trial of the study: an LSTM of some variant, size and rate that reads The Time Machine, its state carried on."""

from dataclasses import dataclass
from functools import cache
from math import isfinite, log
from typing import Literal

import numpy as np
import torch
from torch import Generator, Tensor

from firsthand import optim
from firsthand.claims.bench.descent import descend
from firsthand.data.specs import Text
from firsthand.nn import cross_entropy
from firsthand.papers.odyssey.model import Config, LanguageModel, State, Variant

STREAMS, WINDOW = 16, 32
PASS = 3000  # characters of a stream to train on
HELD = 1000  # characters of a stream for validation, and as many to test
SIZES = (16.0, 64.0)  # cells of a trial of a random search
GUESS = log(28)  # what knowing nothing costs; the end of a trial that did worse counts as this
Rule = Literal["adam", "nesterov"]


@dataclass(frozen=True)
class Ended:
    """What became of a trial, in nats a character."""

    val: float
    test: float
    cell: float  # mean size of a cell after the last character


@cache
def text() -> tuple[Tensor, Tensor, Tensor]:
    """16 streams of The Time Machine, in small letters: to train on, for validation and to test."""
    sizes = {"train": STREAMS * PASS, "val": STREAMS * HELD}
    corpus = Text("timemachine", letters=True, **sizes).load()
    parts = corpus.train, corpus.val, corpus.test[: STREAMS * HELD]
    return tuple(torch.from_numpy(part.astype("int64")).view(STREAMS, -1) for part in parts)


def run(
    generator: Generator,
    variant: Variant,
    hidden: int = 32,
    lr: float = 0.01,
    rule: Rule = "adam",
    momentum: float = 0.9,
    noise: float = 0.0,
    steps: int = 250,
) -> Ended:
    """Train with truncated back-propagation through time, then score; the state is carried along from first to last.

    Windows of 32 characters of each of 16 streams, again and again; when the streams end they begin again, without a
    new state. No clipping. `noise` is the standard deviation of the noise on the inputs.
    """
    train, val, test = text()
    with torch.random.fork_rng():
        torch.manual_seed(int(torch.randint(2**31, (), generator=generator)))
        network = LanguageModel(Config(variant, hidden, vocab=28, noise=noise))
        optimiser = rule_for(network, lr, rule, momentum)
        state: State | None = None
        windows = (train.shape[1] - 1) // WINDOW
        network.train()
        for step in range(steps):
            first = step % windows * WINDOW
            logits, state = network.advance(train[:, first : first + WINDOW], state)
            state = tuple(part.detach() for part in state)
            loss = cross_entropy(logits.flatten(0, 1), train[:, first + 1 : first + WINDOW + 1].flatten())
            descend(optimiser, network, loss, clip=None)
    network.eval()
    scores = []
    with torch.no_grad():
        for part in (val, test):
            logits, state = network.advance(part[:, :-1], state)
            scores.append(at_most_a_guess(cross_entropy(logits.flatten(0, 1), part[:, 1:].flatten()).item()))
    return Ended(*scores, state[1].abs().mean().item())


def rule_for(network: LanguageModel, lr: float, rule: Rule, momentum: float) -> optim.Rule:
    """Adam, whose momentum is the decay of its mean gradient, or SGD with Nesterov's, the rate scaled."""
    if rule == "adam":
        return optim.Adam(network.parameters(), lr=lr, betas=(momentum, 0.999))
    return optim.SGD(network.parameters(), lr=lr * (1 - momentum), momentum=momentum, nesterov=momentum > 0)


def at_most_a_guess(loss: float) -> float:
    """The loss, or that of a guess for one that diverged."""
    return min(loss, GUESS) if isfinite(loss) else GUESS


def drawn(*numbers: int) -> Generator:
    """A generator that these numbers decide."""
    return Generator().manual_seed(int(np.random.SeedSequence(numbers).generate_state(1)[0]))


def log_uniform(low: float, high: float, generator: Generator) -> float:
    """A draw whose logarithm is uniform."""
    return low * (high / low) ** torch.rand((), generator=generator).item()
