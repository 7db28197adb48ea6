"""The network: it reads a text token by token, and at every token it expects the next one.

    h_t = tanh(W_xh x_t + b_xh + W_hh h_(t-1) + b_hh),   h_0 = 0
    o_t = W_hq h_t + b_q                                 softmax(o_t) is the distribution of token t + 1

Unrolled over T steps this is a network of T layers with the same weights, so back-propagation trains it, "through
time": the gradient of a weight is the sum over its copies. In a stack, layer l reads the states of layer l - 1 in place
of x. Symbols: x_t is token t as a one-hot vector, or its row of `embedding`; W_xh, W_hh, b_xh and b_hh are the
`weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0` and `bias_hh_l0` of `recurrent`, of which the two biases only ever act as
their sum; W_hq and b_q are `output`. Where we differ: Elman's units were logistic, his context units began at 0.5, and
he back-propagated through one step; `window` says through how many ours do.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import Buffer, Module

from firsthand.bounds import DEPTH, PART, SIZE, within
from firsthand.nn import RNN, Embedding, Linear, init


@dataclass(frozen=True)
class Config:
    """Sizes of the character model of Dive into Deep Learning, chapter 9."""

    vocab: int | None = None  # tokens; None: what the data has (without data 28: a to z, space, unknown)
    embed: int | None = None  # numbers that stand for a token; None: one-hot
    hidden: int = 32  # units of a layer
    layers: int = 1  # layers, one on the other
    dropout: float = 0.0  # share of a layer's outputs that the layer above does not see, while training
    nonlinearity: Literal["tanh", "relu"] = "tanh"  # of the hidden units
    init: Literal["uniform", "normal"] = "uniform"  # first weights: U(±1/sqrt(hidden)), or N(0, 0.01^2) and biases 0

    def __post_init__(self) -> None:
        within(self, "model.", vocab=SIZE, embed=SIZE, hidden=SIZE, layers=DEPTH, dropout=PART)


class RecurrentNetwork(Module):
    """One-hot or embedded tokens, recurrent layers, output layer."""

    def __init__(self, config: Config = Config()):
        super().__init__()
        vocab = config.vocab or 28
        self.embedding = None if config.embed is None else Embedding(vocab, config.embed)
        self.one_hot = Buffer(torch.eye(vocab), persistent=False) if config.embed is None else None
        self.recurrent = RNN(
            config.embed or vocab,
            config.hidden,
            config.layers,
            dropout=config.dropout,
            nonlinearity=config.nonlinearity,
        )
        self.output = Linear(config.hidden, vocab)
        if config.init == "normal":
            for parameter in self.parameters():
                init.normal_(parameter, 0.01 if parameter.ndim > 1 else 0.0)

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
