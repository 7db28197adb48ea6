"""The network: the last few words in, a distribution over the next one out.

    x = [C(w_(t-1)), C(w_(t-2)), ..., C(w_(t-n+1))]      the feature vectors of the n - 1 words before, side by side
    y = b + W x + U tanh(d + H x)                        equation 1
    P(w_t = i | the words before) = e^(y_i) / sum_j e^(y_j)

Symbols: C is `embedding.weight`, one row of m numbers a word, the same for every place of the context; H and d are
`hidden.weight` and `hidden.bias`; b is `output.bias`. W x + U a is one product of matrices, [W U] [x, a]: so W and U
are the left and the right columns of `output.weight`, and `W` and `U` show them. W are the "direct connections", which
the paper also does without (W = 0); without hidden units (h = 0) they are all that is left. The paper writes n for the
order of the model: `context` is n - 1. Where we differ: the first weights are ours, as the paper does not give its own.
"""

from dataclasses import dataclass
from math import sqrt
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import Module

from firsthand.bounds import SIZE, within
from firsthand.errors import UserError
from firsthand.nn import Embedding, Linear, init, tanh


@dataclass(frozen=True)
class Config:
    """Sizes of the network that mixes best on the Brown corpus, MLP9 of table 1."""

    vocab: int | None = None  # words, the unknown one included; None: what the data has (without data 16,383)
    context: int = 4  # words seen, n - 1
    embed: int = 30  # features of a word, m
    hidden: int = 100  # hidden units, h; 0: none, the logits are linear in the features
    direct: bool = False  # direct connections W from the features to the logits
    init: Literal["small", "standard"] = "small"  # first weights, see `initialise`

    def __post_init__(self) -> None:
        within(self, "model.", vocab=SIZE, context=SIZE, embed=SIZE, hidden="[0, 1e8]")
        if not (self.hidden or self.direct):
            raise UserError("Without hidden units nothing reaches the output: add --model.direct.")


class NPLM(Module):
    """Shared word features, one tanh layer, and a softmax over all words."""

    def __init__(self, config: Config = Config()):
        super().__init__()
        vocab, self.width = config.vocab or 16_383, config.context * config.embed
        self.context, self.direct = config.context, config.direct
        self.embedding = Embedding(vocab, config.embed)
        self.hidden = Linear(self.width, config.hidden) if config.hidden else None
        self.output = Linear(self.width * config.direct + config.hidden, vocab)
        self.initialise(config)

    def forward(self, tokens: Int[Tensor, "batch context"]) -> Float[Tensor, "batch vocab"]:
        """Logits y of the word that follows each context, which is written as one reads: the most recent word last."""
        x = self.embedding(tokens.flip(1)).flatten(1)  # the most recent word first, as the paper has it
        if self.hidden is None:
            return self.output(x)
        a = tanh(self.hidden(x))
        return self.output(torch.cat([x, a], 1) if self.direct else a)

    @property
    def W(self) -> Float[Tensor, "vocab width"]:
        """The direct connections; no columns where there are none."""
        return self.output.weight[:, : self.width * self.direct]

    @property
    def U(self) -> Float[Tensor, "vocab hidden"]:
        """From the hidden units to the logits; no columns where there are none."""
        return self.output.weight[:, self.width * self.direct :]

    def initialise(self, config: Config) -> None:
        """The first weights; the biases of the output start at 0.

        small      C from N(0, 0.1^2); W and U from U(±0.1/sqrt(columns)): the first distribution is nearly that of b
        standard   C from N(0, 1), W and U from U(±1/sqrt(columns)), the usual defaults: far too large for C
        H and d are from U(±1/sqrt(columns of H)) in both.
        """
        small = config.init == "small"
        init.normal_(self.embedding.weight, 0.1 if small else 1.0)
        self.output.bias.data.zero_()
        for part in (self.W, self.U):
            if part.shape[1]:
                init.uniform_(part, (0.1 if small else 1.0) / sqrt(part.shape[1]))

    @torch.no_grad()
    def expect(self, counts: Int[Tensor, " vocab"]) -> None:
        """Start at the words' frequencies, b_i = log((count_i + 1) / (sum of counts + vocab)), whatever the context."""
        self.output.bias.copy_(((counts.double() + 1) / (counts.sum() + len(counts))).log())
