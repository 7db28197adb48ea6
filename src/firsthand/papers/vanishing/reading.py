"""A reader of characters whose memory is looked into: RNN, LSTM or GRU, at the start and after training."""

from copy import deepcopy
from dataclasses import dataclass
from math import exp
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor
from torch.nn import Module

from firsthand import optim
from firsthand.data.specs import Text
from firsthand.nn import GRU, LSTM, RNN, Linear, cross_entropy, init
from firsthand.papers.vanishing.lags import bound, by_lag
from firsthand.papers.vanishing.model import open_gates, walk

Net = Literal["rnn-0.5", "rnn-1", "rnn-1.5", "rnn-orthogonal", "lstm", "gru"]
TextName = Literal["timemachine", "python-docs"]
LAGS = 50  # steps back from the error
SETTLE = 30  # steps that a state has before the first of them
WINDOW, BATCH = 50, 32


class Reader(Module):
    """A one-hot character in, logits of the next one out; 128 units between.

    rnn-R: tanh units, W_hh scaled to the spectral radius R; rnn-orthogonal: W_hh orthogonal, all singular values 1;
    lstm: forget gates start at a bias of 1; gru: as `firsthand.nn` starts it. Biases of RNN and LSTM are 0.
    """

    def __init__(self, net: Net, vocab: int, units: int = 128):
        super().__init__()
        self.vocab = vocab
        kind = {"lstm": LSTM, "gru": GRU}.get(net, RNN)
        self.layer = kind(vocab, units)
        self.readout = Linear(units, vocab)
        if kind is LSTM:
            open_gates(self.layer, 1.0)
        if kind is RNN:
            weight = self.layer.weight_hh_l0.data
            if net == "rnn-orthogonal":
                init.orthogonal_(weight)
            else:
                weight.mul_(float(net[4:]) / torch.linalg.eigvals(weight).abs().max())
            self.layer.bias_ih_l0.data.zero_()
            self.layer.bias_hh_l0.data.zero_()

    def encode(self, tokens: Int[Tensor, "batch time"]) -> Float[Tensor, "batch time vocab"]:
        """A row of zeros with a single one for every character."""
        return torch.eye(self.vocab, dtype=self.readout.weight.dtype)[tokens]

    def forward(self, tokens: Int[Tensor, "batch time"]) -> Float[Tensor, "batch time vocab"]:
        """Logits of every next character."""
        return self.readout(self.layer(self.encode(tokens))[0])


@dataclass(frozen=True)
class Corpus:
    """A text as numbers of characters, and how many there are."""

    train: np.ndarray
    val: np.ndarray
    vocab: int

    @classmethod
    def of(cls, text: TextName) -> "Corpus":
        """The letters of a text, in lower case, and the spaces between words."""
        parts = Text(text, letters=True, train=0.8, val=0.1).load()
        return cls(parts.train, parts.val, len(parts.vocabulary))

    def frequencies(self) -> float:
        """Nats a character of a guesser who knows how frequent each character is, and nothing else."""
        counts = np.bincount(self.train, minlength=self.vocab) + 1
        return float(-np.log(counts / counts.sum())[self.val].mean())


def windows(tokens: np.ndarray, count: int, length: int, generator: Generator) -> Int[Tensor, "count length"]:
    """Pieces of the text from random places."""
    starts = torch.randint(len(tokens) - length, (count, 1), generator=generator)
    return torch.from_numpy(tokens[starts.numpy() + np.arange(length)].astype(np.int64))


def train(
    reader: Reader, tokens: np.ndarray, updates: int, lr: float, clip: float | None, generator: Generator
) -> list[float]:
    """Plain SGD on windows from zero states, the gradient's norm clipped; the loss of every update, nats a character.

    It ends early when the loss is no number.
    """
    rule = optim.SGD(reader.parameters(), lr=lr)
    losses: list[float] = []
    for _ in range(updates):
        piece = windows(tokens, BATCH, WINDOW + 1, generator)
        rule.zero_grad()
        loss = cross_entropy(reader(piece[:, :-1]).flatten(0, 1), piece[:, 1:].flatten())
        loss.backward()
        if clip is not None:
            optim.clip_by_norm(reader.parameters(), clip)
        rule.step()
        losses.append(loss.item())
        if not np.isfinite(losses[-1]):
            break
    return losses


@torch.no_grad()
def score(reader: Reader, tokens: np.ndarray) -> float | None:
    """Nats a character over 400 windows of held-out text, from zero states; None where it is no number."""
    piece = windows(tokens, 400, WINDOW + 1, Generator().manual_seed(0))
    loss = cross_entropy(reader(piece[:, :-1]).flatten(0, 1), piece[:, 1:].flatten()).item()
    return loss if np.isfinite(loss) else None


def memory(reader: Reader, tokens: np.ndarray, generator: Generator) -> dict[str, float | list[float]]:
    """|dE_t/ds_t-k| for k = 0 .. 50, as shares of that at k = 0, median of 64 windows; in float64.

    "lag k" is log10 of the share at k, "rate" the factor a step fitted from k = 10 on; of an RNN also "bound", the most
    that any gradient comes to of what the product of norms allows, and "largest", the largest singular value.
    """
    piece = windows(tokens, 64, SETTLE + LAGS + 2, generator)
    reader = deepcopy(reader).double()
    states = walk(reader.layer, reader.encode(piece[:, :-1]))[-LAGS - 1 :]
    logits = reader.readout(states[-1][0])
    norms = by_lag(losses_of(logits, piece[:, -1]), states)
    shares = (norms / norms[0]).median(1).values
    lags = torch.arange(10, LAGS + 1, dtype=torch.float64)
    found: dict[str, float | list[float]] = {f"lag {k}": shares[k].log10().item() for k in (10, 20, 50)}
    found |= {"rate": exp(slope(lags, shares[10:].log())), "shares": shares.tolist()}
    if isinstance(reader.layer, RNN):
        weight = reader.layer.weight_hh_l0
        allowed = bound(weight, states)
        found["bound"] = (norms / norms[0] / allowed).max().item()
        found["allowed"] = allowed.median(1).values.tolist()
        found["largest"] = torch.linalg.matrix_norm(weight, 2).item()
    return found


def predicted(reader: Reader) -> float:
    """The factor a step if states stay near 0, where the layer is linear: the spectral radius of its Jacobian there.

    For tanh units that is the radius of W_hh. The gates of a GRU are half open there: about |1/2 + e/4|, e the
    eigenvalues of W_hn. Those of an LSTM give |sigmoid(1) + e/4|, of W_hg: what a cell lets go comes back by way of h.
    """
    layer, units = deepcopy(reader.layer).double(), reader.layer.hidden_size
    count = 2 if isinstance(layer, LSTM) else 1
    nothing = torch.zeros(1, 1, reader.vocab, dtype=torch.float64)

    def step(flat: Tensor) -> Tensor:
        parts = tuple(flat.view(count, 1, 1, units))
        _, state = layer(nothing, parts if count == 2 else parts[0])
        return torch.cat([part.flatten() for part in (state if count == 2 else (state,))])

    jacobian = torch.autograd.functional.jacobian(step, torch.zeros(count * units, dtype=torch.float64))
    return torch.linalg.eigvals(jacobian).abs().max().item()


def losses_of(logits: Float[Tensor, "batch vocab"], targets: Int[Tensor, " batch"]) -> Float[Tensor, " batch"]:
    """The cross-entropy of every row."""
    return torch.logsumexp(logits, 1) - logits.gather(1, targets[:, None]).squeeze(1)


def slope(x: Float[Tensor, " points"], y: Float[Tensor, " points"]) -> float:
    """Of the straight line with the least squared error."""
    x = x - x.mean()
    return (x @ (y - y.mean()) / (x @ x)).item()
