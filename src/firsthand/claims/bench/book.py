"""The Time Machine as Dive into Deep Learning has it: what papers measure of language models by its protocol.

10,000 windows of 32 characters, one from each of the first 10,000 characters, 10 updates a pass; the next 5,000 windows
validate. The book prints its numbers as plots of the mean of each batch's perplexity, which is a little high, and its
validation windows begin 32 characters earlier than ours.
Source: Zhang, Lipton, Li & Smola, Dive into Deep Learning, chapters 9 and 10.
"""

from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor
from torch.nn import Module

from firsthand import optim
from firsthand.claims.bench.descent import descend
from firsthand.claims.claim import Measure
from firsthand.data.specs import Text
from firsthand.nn import cross_entropy, log_softmax
from firsthand.train.language import TextRecipe
from firsthand.train.recipe import Optim

WINDOW = 32
Windows = Int[Tensor, "_ places"]
TEXT = Text("timemachine", letters=True, train=10_032, val=5_032)
TRAIN = Measure("train_perplexity", "train perplexity", digits=2)
VAL = Measure("val_perplexity", "validation perplexity", digits=2)
PLOTS = (
    "Only the first 10,032 characters are trained on. The book reads its numbers off the mean of each batch's "
    "perplexity, which is a little high, and its validation windows begin 32 characters earlier than ours."
)
DRAWS = (
    "Where the papers `rnn`, `lstm` and `gru` train by this protocol, each from other first weights and in another "
    "order of the windows, means of three seeds differ by up to 0.25."
)


def printed(train: float, val: float) -> dict[str, float]:
    """The book's last perplexities of a network, as an arm has them."""
    return {TRAIN.name: train, VAL.name: val}


def by_the_book(recipe: type[TextRecipe], passes: int, lr: float, **others: Any) -> TextRecipe:
    """A recipe as the book has it: windows from a state of zeros, ten updates a pass by plain SGD."""
    book = {"data": TEXT, "stride": 1, "batch": 1024, "steps": 10 * passes, "optim": Optim("sgd", lr=lr), "clip": 1.0}
    often = {"keep": "last", "eval_every": 50, "checkpoint_every": 500, "log_every": 10, "threads": 1}
    options: dict[str, Any] = book | often | others
    return recipe(**options)


def characters(text: Text = TEXT) -> tuple[Int[Tensor, " train"], Int[Tensor, " val"], int]:
    """The characters to train on and to validate on, and the size of the vocabulary."""
    stream = text.load()
    train, val = (torch.from_numpy(part).long() for part in (stream.train, stream.val))
    return train, val, len(stream.vocabulary)


def windows(text: Text = TEXT, stride: int = 1) -> tuple[Windows, Windows, int]:
    """The runs of 33 characters in the same, which begin so far apart, and the size of the vocabulary."""
    train, val, vocab = characters(text)
    return train.unfold(0, WINDOW + 1, stride), val.unfold(0, WINDOW + 1, stride), vocab


def loss_of(network: Module, windows: Windows) -> Tensor:
    """The mean loss in nats of every next character."""
    return cross_entropy(network(windows[:, :-1]).flatten(0, 1), windows[:, 1:].flatten())


def surprises(network: Module, windows: Windows) -> Float[Tensor, "_ time"]:
    """The loss in nats of every next character."""
    logits = network(windows[:, :-1])
    return -log_softmax(logits.flatten(0, 1)).view(logits.shape).gather(2, windows[:, 1:, None]).squeeze(2)


def read_through(
    network: Module,
    rule: optim.Rule,
    windows: Windows,
    batch: int,
    generator: Generator,
    clip: float = 1.0,
) -> tuple[list[float], list[float | None]]:
    """Learn from all windows once, in a new order: the loss of every batch, and the gradient's norm before a cut."""
    losses: list[float] = []
    norms: list[float | None] = []
    for rows in torch.randperm(len(windows), generator=generator).split(batch):
        loss = loss_of(network, windows[rows])
        norms.append(descend(rule, network, loss, clip))
        losses.append(loss.item())
    return losses, norms
