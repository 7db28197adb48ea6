"""Language models of characters, and how far back their gradient goes before and after training, for four claims.

rnn-R has tanh units whose W_hh is scaled to the spectral radius R, rnn-orthogonal an orthogonal W_hh; an LSTM's forget
gates start at a bias of 1; a GRU is as `firsthand.nn` starts it. Biases of RNN and LSTM are 0.
"""

from copy import deepcopy
from math import exp, isfinite
from typing import Literal

import numpy as np
import torch
from jaxtyping import Int
from matplotlib.figure import Figure
from torch import Generator, Tensor

from firsthand import optim
from firsthand.claims import Arm, Measure, Outcome
from firsthand.claims.bench.book import loss_of
from firsthand.claims.bench.descent import descend, seeded
from firsthand.claims.bench.recurrent import LAYERS, Recurrent
from firsthand.claims.bench.timing import slope
from firsthand.data.specs import Text
from firsthand.data.stream import Stream
from firsthand.figures.curves import Runs, lines, series
from firsthand.figures.style import AMBER, BLUE, BROWN, GREEN, INK, RED, VIOLET, beside, subplots
from firsthand.nn import LSTM, RNN, init
from firsthand.papers.lstm.model import open_gates
from firsthand.papers.vanishing.jacobians import bound, by_lag, hidden_states

Net = Literal["rnn-0.5", "rnn-1", "rnn-1.5", "rnn-orthogonal", "lstm", "gru"]
Book = Literal["timemachine", "python-docs"]
LAGS = 50  # steps back from the error
SETTLE = 30  # steps that a state has before the first of them
WINDOW, BATCH = 50, 32


def network(net: Net, vocab: int, units: int = 128) -> Recurrent:
    """A one-hot character in, logits of the next one out, one layer of units between."""
    layer = LAYERS.get(net, RNN)(vocab, units)
    model, weight = Recurrent(layer, vocab), layer.weight_hh_l0.data
    if net == "gru":
        return model
    layer.bias_ih_l0.data.zero_()
    layer.bias_hh_l0.data.zero_()
    if net == "lstm":
        open_gates(layer, forget=1.0)
    elif net == "rnn-orthogonal":
        init.orthogonal_(weight)
    else:
        weight.mul_(float(net[4:]) / torch.linalg.eigvals(weight).abs().max())
    return model


def characters(text: Book) -> Stream:
    """The letters of a text, in lower case, and the spaces between words."""
    return Text(text, letters=True, train=0.8, val=0.1).load()


def windows(tokens: np.ndarray, count: int, length: int, generator: Generator) -> Int[Tensor, "count length"]:
    """Pieces of the text from random places."""
    starts = torch.randint(len(tokens) - length, (count, 1), generator=generator)
    return torch.from_numpy(tokens[starts.numpy() + np.arange(length)].astype(np.int64))


def train(
    model: Recurrent, tokens: np.ndarray, updates: int, lr: float, clip: float | None, generator: Generator
) -> list[float]:
    """Plain SGD on windows, the gradient's norm clipped; the loss of every update. It ends early when it diverges."""
    rule = optim.SGD(model.parameters(), lr=lr)
    losses: list[float] = []
    while len(losses) < updates and all(map(isfinite, losses[-1:])):
        loss = loss_of(model, windows(tokens, BATCH, WINDOW + 1, generator))
        descend(rule, model, loss, clip)
        losses.append(loss.item())
    return losses


@torch.no_grad()
def score(model: Recurrent, tokens: np.ndarray) -> float | None:
    """The loss over 400 windows of held-out text; None where it diverged."""
    loss = loss_of(model, windows(tokens, 400, WINDOW + 1, Generator().manual_seed(0))).item()
    return loss if isfinite(loss) else None


def memory(model: Recurrent, tokens: np.ndarray, generator: Generator) -> dict[str, float | list[float]]:
    """|dE_t/ds_t-k| for k = 0 .. 50, as shares of that at k = 0, median of 64 windows; in float64.

    "lag k" is log10 of the share at k, "rate" the factor a step fitted from k = 10 on; of an RNN also "bound", the
    largest ratio of a gradient to what the product of norms allows, and "largest", the largest singular value.
    """
    piece = windows(tokens, 64, SETTLE + LAGS + 2, generator)
    model = deepcopy(model).double()
    states = hidden_states(model.layer, model.one_hot[piece[:, :-1]])[-LAGS - 1 :]
    logits = model.output(states[-1][0])
    norms = by_lag(torch.logsumexp(logits, 1) - logits.gather(1, piece[:, -1:]).squeeze(1), states)
    shares = (norms / norms[0]).median(1).values
    lags = torch.arange(10, LAGS + 1, dtype=torch.float64)
    found: dict[str, float | list[float]] = {f"lag {k}": shares[k].log10().item() for k in (10, 20, 50)}
    found |= {"rate": exp(slope(lags, shares[10:].log())), "shares": shares.tolist()}
    if isinstance(model.layer, RNN):
        weight = model.layer.weight_hh_l0
        allowed = bound(weight, states)
        found["bound"] = (norms / norms[0] / allowed).max().item()
        found["allowed"] = allowed.median(1).values.tolist()
        found["largest"] = torch.linalg.matrix_norm(weight, 2).item()
    return found


def predicted(model: Recurrent) -> float:
    """The factor a step if states stay near 0, where the layer is linear: the spectral radius of its Jacobian there.

    For tanh units that is the radius of W_hh. The gates of a GRU are half open there: about |1/2 + e/4|, e the
    eigenvalues of W_hn. Those of an LSTM give |sigmoid(1) + e/4|, of W_hg: part of what a cell loses returns through h.
    """
    layer = deepcopy(model.layer).double()
    count, units = 2 if isinstance(layer, LSTM) else 1, layer.hidden_size
    nothing = torch.zeros(1, 1, layer.input_size, dtype=torch.float64)

    def step(flat: Tensor) -> Tensor:
        return torch.cat(hidden_states(layer, nothing, tuple(flat.view(count, 1, units)))[-1], 1)[0]

    jacobian = torch.autograd.functional.jacobian(step, torch.zeros(count * units, dtype=torch.float64))
    return torch.linalg.eigvals(jacobian).abs().max().item()


def lags(
    net: Net = "rnn-1",
    updates: int = 500,
    lr: float = 1.0,
    clip: float | None = 1.0,
    text: Book = "timemachine",
    seed: int = 0,
) -> Outcome:
    """The gradient of an error at the states up to 50 steps before it, as a network starts and when it reads a text.

    Args:
        net: tanh units whose matrix has this spectral radius, or is orthogonal; LSTM with forget bias 1; GRU.
        updates: steps of plain SGD between the two measurements.
        lr: its rate.
        clip: largest norm of the whole gradient in training; None: as long as it is.
        text: what is read, as letters and spaces.
        seed: of the weights and the windows of text.
    """
    stream, generator = characters(text), seeded(seed)
    model = network(net, len(stream.vocabulary))
    start, linear = memory(model, stream.val, generator), predicted(model)
    losses = train(model, stream.train, updates, lr, clip, generator)
    loss = score(model, stream.val)
    after = {} if loss is None else memory(model, stream.val, Generator().manual_seed(seed))
    found = {f"start {name}": value for name, value in start.items()} | {"start predicted": linear}
    return found | {f"trained {name}": after.get(name) for name in start} | {"loss": loss, "losses": losses}


def read_by(name: str, net: Net) -> Arm:
    """The arm of one of these networks."""
    return Arm(name, experiment=lags, overrides={"net": net})


RADIUS = {radius: read_by(f"RNN, radius {radius}", f"rnn-{radius}") for radius in ("0.5", "1", "1.5")}
ORTHOGONAL, GATES = read_by("RNN, orthogonal", "rnn-orthogonal"), (read_by("LSTM", "lstm"), read_by("GRU", "gru"))
RNNS = (*RADIUS.values(), ORTHOGONAL)
LOSS = Measure("loss", "held-out loss (nats)")
FLOOR = 1e-17  # of the figure


def gradients(seen: Runs, when: Literal["start", "trained"], title: str) -> Figure:
    """Gradient against lag, a line a seed, with the network's name beside its end."""
    figure, axes = subplots(9.6, 4.8)
    labels = []
    for (name, runs), colour in zip(seen.items(), (INK, BLUE, RED, GREEN, AMBER, VIOLET, BROWN), strict=False):
        curves = series([run for run in runs if f"{when} shares" in run.result["series"]], f"{when} shares")
        lines(axes, curves, colour, name, start=0)
        labels.append((name, max(np.median([shares[-1] for shares in curves] or [0.0]), FLOOR), colour))
    axes.set(yscale="log", xlim=(0, LAGS), ylim=(FLOOR, 1e2), xlabel="k, steps back from the error",
             ylabel="|dE_t / ds_t-k|, as a share of that at k = 0", title=title)  # fmt: skip
    beside(axes, LAGS + 1, labels, 10)
    return figure
