"""The network: a gated recurrent unit reads a text token by token, and at every token it expects the next one.

    r_t = sigmoid(W_r x_t + U_r h_(t-1))                      reset gate     [5]
    z_t = sigmoid(W_z x_t + U_z h_(t-1))                      update gate    [6]
    n_t = tanh   (W x_t + U (r_t h_(t-1)))                    candidate      [8], reset "before", as published
    n_t = tanh   (W x_t + b + r_t (U h_(t-1) + c))            candidate      reset "after", as torch and cuDNN have it
    h_t = z_t h_(t-1) + (1 - z_t) n_t,   h_0 = 0              the state      [7]
    o_t = V h_t + d                                           softmax(o_t) is the distribution of token t + 1

Products with gates are element by element; [5] to [8] are the paper's equations, which print no biases. z keeps: at 1
the state stays as it is, and its gradient too. The comparison of units (Chung et al., 2014) has z and 1 - z the other
way round: flip the signs of W_z, U_z and their biases to go from one to the other. "before" and "after" are not the
same functions; the paper has "before" in its encoder, "after" in its decoder. Symbols: W_r, W_z, W below each other
are `weight_ih_l0` of `recurrent`, U_r, U_z, U are `weight_hh_l0`; V and d are `output`. Where we differ: the paper's
network is an encoder and a decoder for translation (`EncoderDecoder`). `GatedNetwork` has its hidden unit alone.
Source: Cho et al. (2014), section 2.3.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import Buffer, Module

from firsthand.bounds import ANY, DEPTH, PART, SIZE, within
from firsthand.nn import GRU, Embedding, Linear, init, sigmoid, tanh


def step(
    x: Float[Tensor, "batch inputs"],
    h: Float[Tensor, "batch hidden"],
    W: tuple[Float[Tensor, "hidden inputs"], ...],
    U: tuple[Float[Tensor, "hidden hidden"], ...],
) -> Float[Tensor, "batch hidden"]:
    """The state after one more input, equations 5 to 8, from W_r, W_z, W and U_r, U_z, U."""
    r = sigmoid(x @ W[0].T + h @ U[0].T)
    z = sigmoid(x @ W[1].T + h @ U[1].T)
    n = tanh(x @ W[2].T + (r * h) @ U[2].T)
    return z * h + (1 - z) * n


@dataclass(frozen=True)
class Config:
    """Sizes of the character model of Dive into Deep Learning, section 10.2."""

    vocab: int | None = None  # tokens; None: what the data has (without data 28: a to z, space, unknown)
    embed: int | None = None  # numbers that stand for a token; None: one-hot
    hidden: int = 32  # units of a layer
    layers: int = 1  # layers, one on the other
    dropout: float = 0.0  # share of a layer's outputs that the layer above does not see, while training
    reset: Literal["after", "before"] = "after"  # where the reset gate acts: after the product with U, or before it
    update_bias: float = 0.0  # added to the first biases of the update gates: above 0 the state lasts longer
    init: Literal["uniform", "normal"] = "uniform"  # first weights: U(±1/sqrt(hidden)), or N(0, 0.01^2) and biases 0

    def __post_init__(self) -> None:
        within(self, "model.", vocab=SIZE, embed=SIZE, hidden=SIZE, layers=DEPTH, dropout=PART, update_bias=ANY)


class GatedNetwork(Module):
    """One-hot or embedded tokens, gated recurrent layers, output layer."""

    def __init__(self, config: Config = Config()):
        super().__init__()
        vocab = config.vocab or 28
        self.embedding = None if config.embed is None else Embedding(vocab, config.embed)
        self.one_hot = Buffer(torch.eye(vocab), persistent=False) if config.embed is None else None
        self.recurrent = GRU(
            config.embed or vocab, config.hidden, config.layers, dropout=config.dropout, reset=config.reset
        )
        self.output = Linear(config.hidden, vocab)
        if config.init == "normal":
            for parameter in self.parameters():
                init.normal_(parameter, 0.01 if parameter.ndim > 1 else 0.0)
        keep(self.recurrent, config.update_bias)

    def forward(self, tokens: Int[Tensor, "batch time"]) -> Float[Tensor, "batch time vocab"]:
        """Logits of the token after each."""
        return self.advance(tokens)[0]

    def advance(
        self, tokens: Int[Tensor, "batch time"], state: tuple[Float[Tensor, "layers batch hidden"]] | None = None
    ) -> tuple[Float[Tensor, "batch time vocab"], tuple[Float[Tensor, "layers batch hidden"]]]:
        """The same from a state on, with the state after the last token: (h,), every layer's."""
        x = self.one_hot[tokens] if self.embedding is None else self.embedding(tokens)
        h, last = self.recurrent(x, None if state is None else state[0])
        return self.output(h), (last,)


@torch.no_grad()
def keep(layer: GRU, bias: float) -> None:
    """Add to the biases of the update gates of every layer: at 3 a unit keeps 95 % of its state a step, at 0 half.

    It goes to one of the two bias vectors, for what counts is their sum.
    """
    for number in range(layer.num_layers):
        getattr(layer, f"bias_ih_l{number}")[layer.hidden_size : 2 * layer.hidden_size] += bias


DIGITS, END, NOTHING = 10, 10, 11  # how many digits there are, the mark behind them, and what stands before the first


class EncoderDecoder(Module):
    """The paper's network, section 2.2 and appendix, on ten digits and an end mark.

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
