"""The network: an LSTM that reads a text and says, after every token, which one comes next.

For the token x_t, a one-hot vector or its embedding, and with h_t-1 from the step before, every unit of a layer has

    i = sigmoid(W_ii x_t + W_hi h_t-1 + b_i)     input gate: whether to write
    f = sigmoid(W_if x_t + W_hf h_t-1 + b_f)     forget gate: how much to keep
    g = tanh   (W_ig x_t + W_hg h_t-1 + b_g)     what to write
    o = sigmoid(W_io x_t + W_ho h_t-1 + b_o)     output gate: whether to show
    c_t = f c_t-1 + i g,    h_t = o tanh(c_t)    the cell, and what the rest of the network sees of it
    logits_t = V h_t + d                         softmax(logits_t) is the distribution of the next token

Symbols of 1997: c is the internal state s_c, i and o are y^in and y^out, h is the cell's output y^c. There is no f:
c_t = c_t-1 + i g, the constant error carousel, in which dc_t / dc_t-1 is 1 (form "1997"; its g is 2 tanh(a / 2), its
squashing of c tanh(c / 2)). f came in 2000, as y^phi; gates that see the cell (form "peephole") in the same year.

Where we differ from 1997: every block is one cell, gates do not feed gates, the gradient is not truncated, and a
softmax reads the cells. `blocks.py` has the network of 1997 as it was. `step` and `step_1997` are one step of a layer.
Source: Hochreiter & Schmidhuber (1997), sections 3 and 4; Gers, Schmidhuber & Cummins (2000), section 3.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import Buffer, Module

from firsthand.bounds import ANY, DEPTH, PART, SIZE, within
from firsthand.errors import UserError
from firsthand.nn import LSTM, Dropout, Embedding, Linear, init, sigmoid, tanh

State = tuple[Float[Tensor, "layers batch hidden"], Float[Tensor, "layers batch hidden"]]
Input, Cells = Float[Tensor, "batch inputs"], Float[Tensor, "batch hidden"]
InputMaps = tuple[Float[Tensor, "hidden inputs"], ...]  # a matrix a gate
StateMaps = tuple[Float[Tensor, "hidden hidden"], ...]
Biases = tuple[Float[Tensor, " hidden"], ...]


def step(x: Input, h: Cells, c: Cells, W: InputMaps, U: StateMaps, b: Biases) -> tuple[Cells, Cells]:
    """h and c after one more input, as of 2000, from the weights and biases of i, f, g and o, in this order."""
    i = sigmoid(x @ W[0].T + h @ U[0].T + b[0])
    f = sigmoid(x @ W[1].T + h @ U[1].T + b[1])
    g = tanh(x @ W[2].T + h @ U[2].T + b[2])
    o = sigmoid(x @ W[3].T + h @ U[3].T + b[3])
    c = f * c + i * g
    return o * tanh(c), c


def step_1997(x: Input, h: Cells, c: Cells, W: InputMaps, U: StateMaps, b: Biases) -> tuple[Cells, Cells]:
    """The same as of 1997, from those of i, g and o: nothing is forgotten, g is in (-2, 2), what o shows in (-1, 1)."""
    i = sigmoid(x @ W[0].T + h @ U[0].T + b[0])
    g = 4 * sigmoid(x @ W[1].T + h @ U[1].T + b[1]) - 2
    o = sigmoid(x @ W[2].T + h @ U[2].T + b[2])
    c = c + i * g
    return o * (2 * sigmoid(c) - 1), c


@dataclass(frozen=True)
class Config:
    """Sizes of the networks of Dive into Deep Learning, section 10.1, for The Time Machine."""

    vocab: int | None = None  # tokens; None: what the data has (without data 28: space, a to z, unknown)
    embed: int | None = None  # numbers that stand for a token; None: a one-hot vector goes in
    hidden: int = 32  # cells of a layer
    layers: int = 1  # each reads the outputs of the one below
    dropout: float = 0.0  # share of outputs silenced between layers and before the last map, while training
    form: Literal["vanilla", "1997", "peephole"] = "vanilla"  # with a forget gate; without; gates that see the cell
    forget_bias: float = 0.0  # added to the first biases of the forget gates: 1 or more keeps what was seen
    init: Literal["uniform", "normal"] = "uniform"  # first weights: U(±1/sqrt(hidden)), biases too; N(0, 0.01^2), b = 0

    def __post_init__(self) -> None:
        within(self, "model.", vocab=SIZE, embed=SIZE, hidden=SIZE, layers=DEPTH, dropout=PART, forget_bias=ANY)


class LanguageModel(Module):
    """One-hot vectors or embeddings, LSTM layers, and a linear map to a logit for each token."""

    def __init__(self, config: Config = Config()):
        super().__init__()
        vocab = config.vocab or 28
        self.embedding = None if config.embed is None else Embedding(vocab, config.embed)
        self.one_hot = Buffer(torch.eye(vocab), persistent=False) if config.embed is None else None
        between = config.dropout if config.layers > 1 else 0.0
        self.lstm = LSTM(config.embed or vocab, config.hidden, config.layers, dropout=between, form=config.form)
        self.dropout = Dropout(config.dropout)
        self.output = Linear(config.hidden, vocab)
        if config.init == "normal":
            for parameter in self.parameters():
                init.normal_(parameter, 0.01 if parameter.ndim > 1 else 0.0)
        if config.forget_bias:
            open_gates(self.lstm, forget=config.forget_bias)

    def forward(self, tokens: Int[Tensor, "batch time"]) -> Float[Tensor, "batch time vocab"]:
        """Logits of the token that follows each token, from a state of zeros."""
        return self.advance(tokens)[0]

    def advance(
        self, tokens: Int[Tensor, "batch time"], state: State | None = None
    ) -> tuple[Float[Tensor, "batch time vocab"], State]:
        """The same from the state (h, c) in which an earlier call ended, and the state in which this one ends."""
        x = self.one_hot[tokens] if self.embedding is None else self.embedding(tokens)
        y, state = self.lstm(x, state)
        return self.output(self.dropout(y)), state


@torch.no_grad()
def open_gates(lstm: LSTM, forget: float = 0.0, input: float = 0.0) -> None:
    """Add to the biases of the forget and the input gates of every layer: above 0 a gate is open at first.

    Each goes to one of the two bias vectors, for what counts is their sum.
    Raises UserError for a forget bias where there is no forget gate.
    Source: Gers, Schmidhuber & Cummins (2000), section 4; Hochreiter & Schmidhuber (1997), section 4, for the input.
    """
    if forget and lstm.form == "1997":
        raise UserError("The LSTM of 1997 has no forget gate: leave forget_bias at 0.")
    for layer in range(lstm.num_layers):
        bias = getattr(lstm, f"bias_ih_l{layer}")
        bias[: lstm.hidden_size] += input
        if forget:
            bias[lstm.hidden_size : 2 * lstm.hidden_size] += forget
