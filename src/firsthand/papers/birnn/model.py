"""The network: states that come from the past, states that come from the future, and an output that reads both.

    f_t = tanh(W_f x_t + U_f f_(t-1) + b_f)      forward states, from t = 1 to T; f_0 = 0.5
    b_t = tanh(W_b x_t + U_b b_(t+1) + b_b)      backward states, from t = T to 1; b_(T+1) = 0.5
    y_t = psi(V_f f_t + V_b b_t + c)             psi: tanh for a number, softmax for classes

No weight is shared and no state of one kind feeds one of the other: each kind is a recurrent network of its own, the
backward one on the reversed sequence, its outputs reversed again. They meet in the output layer only, and one error
trains both. A padded sequence must be reversed within its own length, or the backward states begin in the padding.

Symbols: f and b are the outputs of `past` and `future`, whose W, U and bias are `weight_ih_l0`, `weight_hh_l0` and
`bias_ih_l0`; V_f and V_b stand side by side in `output.weight`, c is `output.bias`. Where we differ: none for numbers;
for words an embedding comes first, and the states may be those of GRUs or LSTMs.
Source: section II.B of the paper and its figure 3.
"""

from dataclasses import dataclass
from math import atanh
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import Module

from firsthand.bounds import ANY, POSITIVE, SIZE, within
from firsthand.errors import UserError
from firsthand.nn import GRU, LSTM, RNN, Embedding, Linear, init, tanh

Input = Float[Tensor, "batch time 1"] | Int[Tensor, "batch time"]
Sequence = Float[Tensor, "batch time _"]
Lengths = Int[Tensor, " batch"] | None
LAYERS = {"rnn": RNN, "gru": GRU, "lstm": LSTM}
PAD = 0  # the word that is none: what fills a sentence up to the longest of its batch


@dataclass(frozen=True)
class Config:
    """Sizes of the paper's network for artificial data: 21 weights."""

    outputs: int | None = None  # classes, or 1 for a number; None: what the data has (without data 1)
    hidden: int = 2  # states of each direction
    direction: Literal["both", "forward", "backward"] = "both"  # which states there are
    cell: Literal["rnn", "gru", "lstm"] = "rnn"  # what they are
    embed: int | None = None  # numbers that stand for a word; None: numbers come in, one at a time, instead of words
    vocab: int | None = None  # words, the padding 0 included; None: what the data has (without data 100)
    edge: float = 0.5  # every state before the first step, and after the last
    reach: float | None = None  # first weights are uniform in plus or minus this; None: 1/sqrt(hidden)
    prior: float | None = None  # the first output when all states are 0, from -1 to 1; None: no such bias

    def __post_init__(self) -> None:
        within(self, "model.", outputs=SIZE, hidden=SIZE, embed=SIZE, vocab=SIZE, edge=ANY, reach=POSITIVE)
        within(self, "model.", prior="(-1, 1)")
        if self.vocab is not None and self.embed is None:
            raise UserError("model.vocab is for words: give model.embed, the numbers that stand for each, too.")


class BRNN(Module):
    """Forward and backward states, and an output layer that reads both."""

    def __init__(self, config: Config = Config()):
        super().__init__()
        self.edge = config.edge
        self.embedding = None if config.embed is None else Embedding(config.vocab or 100, config.embed)
        width = config.embed or 1
        self.past = states(config, width) if config.direction != "backward" else None
        self.future = states(config, width) if config.direction != "forward" else None
        self.output = Linear(config.hidden * (2 if config.direction == "both" else 1), config.outputs or 1)
        if config.reach is not None:
            for parameter in self.parameters():
                init.uniform_(parameter, config.reach)
        if config.prior is not None:
            init.normal_(self.output.bias, 0.0)
            self.output.bias.data += atanh(config.prior)

    def forward(self, x: Input) -> Float[Tensor, "batch time outputs"]:
        """The number, between -1 and 1, of every step; or the logits of its classes; nothing of note on padding."""
        lengths = None
        if self.embedding is not None:
            lengths, x = (x != PAD).sum(1).clamp(min=1), self.embedding(x)  # a row of padding passes for one word
        h = [] if self.past is None else [self.run(self.past, x, lengths)]
        if self.future is not None:
            h.append(backwards(self.run(self.future, backwards(x, lengths), lengths), lengths))
        y = self.output(torch.cat(h, 2))
        return tanh(y) if y.shape[2] == 1 else y

    def run(self, layer: Module, x: Sequence, lengths: Lengths) -> Sequence:
        """All states of one direction, from the edge on."""
        start = x.new_full((1, len(x), layer.hidden_size), self.edge)
        return layer(x, (start, start) if isinstance(layer, LSTM) else start, lengths)[0]


def states(config: Config, width: int) -> RNN | GRU | LSTM:
    """One direction's layer; an RNN with the paper's one bias a state, where torch's has two that are added up."""
    layer = LAYERS[config.cell](width, config.hidden)
    if config.cell == "rnn":
        layer.bias_hh_l0 = None
    return layer


def backwards(x: Sequence, lengths: Lengths) -> Sequence:
    """Every sequence reversed within its own length, its padding left where it is; twice changes nothing."""
    if lengths is None:
        return x.flip(1)
    times = torch.arange(x.shape[1], device=x.device)
    places = torch.where(times < lengths[:, None], lengths[:, None] - 1 - times, times)
    return x.gather(1, places[:, :, None].expand(x.shape))
