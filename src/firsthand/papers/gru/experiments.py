"""What the claims measure beside training runs: equally many weights, the adding problem, one vector for a sentence."""

from collections.abc import Callable
from math import exp
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor
from torch.nn import Buffer, Module

from firsthand import optim
from firsthand.data import synthetic
from firsthand.data.specs import Text
from firsthand.errors import UserError
from firsthand.nn import GRU, LSTM, RNN, Linear, cross_entropy, log_softmax, mse, tanh
from firsthand.papers.claim import Outcome
from firsthand.papers.gru.model import keep

Unit = Literal["tanh", "gru", "gru-before", "gru-one-bias", "lstm"]
UNITS: dict[str, Callable[[int, int], Module]] = {
    "tanh": RNN,
    "gru": GRU,
    "gru-before": lambda inputs, hidden: GRU(inputs, hidden, reset="before"),
    "gru-one-bias": GRU,  # without the bias inside the reset gate's product
    "lstm": LSTM,
}
BOOK = Text("timemachine", letters=True, train=60_000, val=20_000)
WINDOW, BATCH = 32, 64


class Reader(Module):
    """A recurrent layer of any kind between its inputs and an output layer, from a state of zeros."""

    def __init__(self, unit: Unit, inputs: int, hidden: int, outputs: int):
        super().__init__()
        self.one_hot = Buffer(torch.eye(inputs), persistent=False)
        self.recurrent = UNITS[unit](inputs, hidden)
        self.inner = unit != "gru-one-bias"
        if not self.inner:
            self.recurrent.bias_hh_l0.data.zero_()
        self.output = Linear(hidden, outputs)

    def forward(self, x: Float[Tensor, "batch time inputs"]) -> Float[Tensor, "batch time outputs"]:
        """The map of the state after every step."""
        return self.output(self.recurrent(x)[0])

    def answer(self, batch: synthetic.Sequences) -> Float[Tensor, " batch"]:
        """The map of the state after every sequence's last step."""
        _, last = self.recurrent(batch.inputs, None, batch.lengths)
        return self.output(last[0][-1] if isinstance(last, tuple) else last[-1]).squeeze(1)


def descend(rule: optim.Rule, network: Reader, loss: Tensor) -> None:
    """One step, with the gradient's norm cut at 1; the bias that is not there stays 0."""
    rule.zero_grad()
    loss.backward()
    if not network.inner:
        network.recurrent.bias_hh_l0.grad.zero_()
    optim.clip_by_norm(network.parameters(), 1.0)
    rule.step()


@torch.no_grad()
def loss_of(network: Reader, windows: Tensor) -> float:
    """The mean loss in nats a character, over all places of all windows."""
    total = 0.0
    for rows in windows.split(1024):
        logp = log_softmax(network(network.one_hot[rows[:, :-1]]).flatten(0, 1))
        total -= logp.gather(1, rows[:, 1:].reshape(-1, 1)).double().sum().item()
    return total / (len(windows) * WINDOW)


def matched(
    unit: Unit = "gru", hidden: int = 68, epochs: int = 120, patience: int = 10, rate: float = 0.005, seed: int = 0
) -> Outcome:
    """The lowest perplexity on unseen characters of The Time Machine, whatever the number of passes it takes.

    60,000 characters are trained on in windows of 32, each from zeros, 64 at a time, by Adam with gradients clipped
    at 1; the next 20,000 are scored after every pass. "weights" are those of the recurrent layer, one bias a sum.

    Args:
        unit: the recurrent layer; a GRU's reset gate acts after the product, before it, or after it without the bias
            in it that torch has.
        hidden: its units.
        epochs: passes over the text at most.
        patience: passes without a lower perplexity after which it ends.
        rate: of Adam.
        seed: of weights and of the order of the windows.
    """
    torch.manual_seed(seed)
    generator = Generator().manual_seed(seed)
    stream = BOOK.load()
    texts = (torch.from_numpy(part).long() for part in (stream.train, stream.val))
    train, val = (text.unfold(0, WINDOW + 1, WINDOW) for text in texts)
    vocab = len(stream.vocabulary)
    network = Reader(unit, vocab, hidden, vocab)
    rule = optim.Adam(network.parameters(), lr=rate)
    curve, fitted = [], []
    for _ in range(epochs):
        since = []
        for rows in torch.randperm(len(train), generator=generator).split(BATCH):
            logits = network(network.one_hot[train[rows, :-1]])
            loss = cross_entropy(logits.flatten(0, 1), train[rows, 1:].flatten())
            descend(rule, network, loss)
            since.append(loss.detach())
        fitted.append(exp(torch.stack(since).mean().item()))
        curve.append(exp(loss_of(network, val)))
        if len(curve) - curve.index(min(curve)) > patience:
            break
    best = min(curve)
    layer = dict(network.recurrent.named_parameters())
    return {
        "val_perplexity": best,
        "pass": curve.index(best) + 1,
        "train_perplexity": fitted[curve.index(best)],
        "weights": sum(p.numel() for name, p in layer.items() if name != "bias_hh_l0"),
        "curve": curve,
        "fitted": fitted,
    }


def adding(
    unit: Literal["tanh", "gru", "lstm"] = "gru",
    hidden: int = 10,
    keep_bias: float = 0.0,
    input_bias: float = 0.0,
    length: int = 50,
    most: int = 96_000,
    seed: int = 0,
) -> Outcome:
    """After how many sequences of the adding problem 2,016 in a row have an error below 0.04, with Adam at 0.005.

    Batches are of 32, so 63 in a row must be right. "wrong" is of 2,560 sequences more, "error" their mean error;
    always saying 0.5 has a mean error of 0.16.

    Args:
        unit: the recurrent layer.
        hidden: its units.
        keep_bias: added to the first biases of update gates, of an LSTM's forget gates.
        input_bias: added to the first biases of an LSTM's input gates.
        length: the lag is at least half of it.
        most: sequences after which it gives up.
        seed: of weights and sequences.
    """
    torch.manual_seed(seed)
    generator = Generator().manual_seed(seed)
    network = Reader(unit, 2, hidden, 1)
    if unit == "gru":
        keep(network.recurrent, keep_bias)
    if unit == "lstm":
        network.recurrent.bias_ih_l0.data[: 2 * hidden].view(2, hidden).add_(torch.tensor([[input_bias], [keep_bias]]))
    rule = optim.Adam(network.parameters(), lr=0.005)
    row, sequences, curve, since = 0, None, [], []
    for number in range(32, most + 1, 32):
        batch = synthetic.adding(32, generator, length)
        gap = network.answer(batch) / 4 - (batch.targets - 0.5)  # of the sum, in the unit of 1997
        descend(rule, network, 16 * mse(gap, torch.zeros_like(gap)))
        row = row + 1 if gap.detach().abs().max() < 0.04 else 0
        since.append(gap.detach().abs().mean())
        if number % 1600 == 0:
            curve.append([number, torch.stack(since).mean().item()])
            since.clear()
        if row == 63:
            sequences = number
            break
    with torch.no_grad():
        batch = synthetic.adding(2560, generator, length)
        gap = (network.answer(batch) / 4 - (batch.targets - 0.5)).abs()
    return {
        "solved": float(sequences is not None),
        "sequences": sequences,
        "wrong": int((gap >= 0.04).sum()),
        "error": gap.mean().item(),
        "parameters": sum(p.numel() for p in network.parameters()),
        "curve": curve,
    }


DIGITS, END, NOTHING = 10, 10, 11  # how many digits there are, the mark behind them, and what stands before the first


class Translator(Module):
    """The encoder and decoder of Cho et al. (2014) on ten digits and an end mark.

    The last state of one GRU becomes the sentence's vector c = tanh(V h_N); another begins at tanh(V' c), sees c
    beside the symbol before at every step, and writes until the end mark. That symbol is all zeros at first.
    """

    def __init__(self, hidden: int):
        super().__init__()
        self.one_hot = Buffer(torch.cat([torch.eye(DIGITS + 1), torch.zeros(1, DIGITS + 1)]), persistent=False)
        self.encoder = GRU(DIGITS, hidden)
        self.decoder = GRU(DIGITS + 1 + hidden, hidden)
        self.summary, self.start = Linear(hidden, hidden), Linear(hidden, hidden)
        self.output = Linear(hidden, DIGITS + 1)

    def read(self, source: Int[Tensor, "batch source"]) -> Float[Tensor, "batch hidden"]:
        """The vector that is all the decoder knows of the source."""
        _, last = self.encoder(self.one_hot[source, :DIGITS])
        return tanh(self.summary(last[-1]))

    def write(
        self, c: Float[Tensor, "batch hidden"], before: Int[Tensor, "batch time"], h: Float[Tensor, "1 batch hidden"]
    ) -> tuple[Float[Tensor, "batch time symbols"], Float[Tensor, "1 batch hidden"]]:
        """Logits of the symbol after each of these, from a state on, and the state then."""
        x = torch.cat([self.one_hot[before], c[:, None].expand(-1, before.shape[1], -1)], 2)
        states, last = self.decoder(x, h)
        return self.output(states), last

    def forward(
        self, source: Int[Tensor, "batch source"], target: Int[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time symbols"]:
        """Logits of every target symbol, given the ones before it."""
        c = self.read(source)
        before = torch.cat([torch.full_like(target[:, :1], NOTHING), target[:, :-1]], 1)
        return self.write(c, before, tanh(self.start(c))[None])[0]

    @torch.no_grad()
    def greedy(self, source: Int[Tensor, "batch source"], most: int) -> Int[Tensor, "batch most"]:
        """The likeliest symbol again and again, as many as asked for, whether or not an end mark is among them."""
        c = self.read(source)
        h, symbol, written = tanh(self.start(c))[None], torch.full_like(source[:, :1], NOTHING), []
        for _ in range(most):
            logits, h = self.write(c, symbol, h)
            symbol = logits.argmax(2)
            written.append(symbol)
        return torch.cat(written, 1)


def backwards(rows: int, length: int, generator: Generator) -> tuple[Int[Tensor, "rows n"], Int[Tensor, "rows m"]]:
    """Random digits, and the same from the last to the first with the end mark behind."""
    digits = torch.randint(DIGITS, (rows, length), generator=generator)
    return digits, torch.cat([digits.flip(1), torch.full((rows, 1), END)], 1)


def lengths(hidden: int = 128, longest: int = 12, steps: int = 4000, rate: float = 0.002, seed: int = 0) -> Outcome:
    """How many rows of digits an encoder and decoder write backwards without a mistake, by their number.

    Every step has 64 rows of one length from 1 to `longest`, drawn anew; Adam, its rate falling to 0 on a straight
    line, gradients cut at norm 1. Tested greedily on 1,000 other rows of each even length from 2 to 24. "right" counts
    whole rows, the end mark at its place included, "digits" single ones, both in per cent.

    Args:
        hidden: units of encoder, decoder and c.
        longest: digits of the longest training row.
        steps: training steps.
        rate: of Adam at first.
        seed: of weights and digits.
    """
    if min(longest, steps) < 1:
        raise UserError(f"There must be rows of 1 digit and 1 step or more, got longest {longest} and steps {steps}.")
    torch.manual_seed(seed)
    generator = Generator().manual_seed(seed)
    network = Translator(hidden)
    rule = optim.Adam(network.parameters(), lr=rate)
    for step in range(steps):
        rule.param_groups[0]["lr"] = rate * (1 - step / steps)
        length = int(torch.randint(1, longest + 1, (), generator=generator))
        source, target = backwards(64, length, generator)
        rule.zero_grad()
        cross_entropy(network(source, target).flatten(0, 1), target.flatten()).backward()
        optim.clip_by_norm(network.parameters(), 1.0)
        rule.step()
    found: Outcome = {}
    for length in range(2, 25, 2):
        source, target = backwards(1000, length, generator)
        hits = network.greedy(source, length + 1) == target
        found[f"right, {length}"] = 100 * hits.all(1).double().mean().item()
        found[f"digits, {length}"] = 100 * hits[:, :-1].double().mean().item()
    return found | {"parameters": sum(p.numel() for p in network.parameters())}


EXPERIMENTS: dict[str, Callable[..., Outcome]] = {"matched": matched, "adding": adding, "lengths": lengths}
