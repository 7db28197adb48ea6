"""The network: a Transformer's encoder that reads both ways, and the two heads with which it is pre-trained.

    x   = Dropout(LN(E[token] + P[place] + S[segment]))                                         [section 3, figure 2]
    x  <- LN(x + Dropout(MultiHead(x, x, x)))              every token sees all of them; L layers of       [section 3]
    x  <- LN(x + Dropout(W_2 gelu(W_1 x + b_1) + b_2))
    C'  = tanh(W_p C + b_p)          of the first token's last state C, "pooled"
    masked words:   logits = LN(gelu(W_t x + b_t)) E^T + b     where a word was hidden                    [section 3.1]
    next sentence:  logits = W_n C' + b_n                      0: B follows A, 1: it does not             [section 3.1]

An example is `[CLS] A [SEP]`, segment 0, then perhaps `B [SEP]`, segment 1, then padding, token 0, which no token looks
at. Symbols: L is `layers`, H is `hidden`, A is `heads`; E, P and S are `embedding`, `positions` and `segments`, W_1 and
W_2 are `expand` and `contract`. E stands on both ends. The paper does not say how weights start: as in the authors'
code from a normal distribution of deviation 0.02, `std`, cut at twice that; biases from 0.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import Module, ModuleList, Parameter

from firsthand.bounds import DEPTH, PART, SIZE, within
from firsthand.nn import Dropout, Embedding, LayerNorm, LearnedPositions, Linear, MultiheadAttention, gelu, init, linear
from firsthand.nn.activation import tanh

PAD = 0
VOCAB = 30_522  # tokens of the published network that reads lower case


@dataclass(frozen=True)
class Config:
    """Sizes of BERT base, section 3."""

    vocab: int | None = None  # tokens; None: what the data has (else 30,522)
    hidden: int = 768  # numbers that stand for a token, from layer to layer (H)
    layers: int = 12  # one on the other (L)
    heads: int = 12  # places that a token can look at in one layer (A)
    feed: int | None = None  # units between W_1 and W_2; None: 4 hidden
    length: int = 512  # tokens that an example has at most
    segments: int = 2  # spans that are told apart
    dropout: float = 0.1  # share silenced of attention weights, of what each part adds, and of what goes in
    eps: float = 1e-12  # added to the variance in every norm
    std: float = 0.02  # deviation of first weights before they are cut at twice that; narrow networks need more
    causal: bool = False  # whether a token sees only those to its left, which is no BERT, but what it is compared with
    outputs: int | None = None  # after fine-tuning: classes, or 1 for a number; None: what the data has (else 2)

    def __post_init__(self) -> None:
        sizes = ("vocab", "hidden", "heads", "feed", "length", "segments", "outputs")
        within(self, "model.", layers=DEPTH, dropout=PART, eps="[0, 1]", std="(0, 1]", **dict.fromkeys(sizes, SIZE))


class Layer(Module):
    """Attention, then two linear maps at every place, each with a sum and a norm after it."""

    def __init__(self, config: Config):
        super().__init__()
        hidden, self.causal = config.hidden, config.causal
        self.attention = MultiheadAttention(hidden, config.heads, config.dropout)
        self.attention_norm, self.norm = (LayerNorm(hidden, config.eps) for _ in range(2))
        self.expand = Linear(hidden, config.feed or 4 * hidden)
        self.contract = Linear(config.feed or 4 * hidden, hidden)
        self.dropout = Dropout(config.dropout)

    def forward(
        self, x: Float[Tensor, "batch time hidden"], keep: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time hidden"]:
        """The next layer's input; `keep` is False for padding."""
        x = self.attention_norm(x + self.dropout(self.attention(x, keep=keep, causal=self.causal)))
        return self.norm(x + self.dropout(self.contract(gelu(self.expand(x)))))


class Encoder(Module):
    """What stays when pre-training is over: tokens to states, and the first of them pooled."""

    def __init__(self, config: Config):
        super().__init__()
        self.embedding = Embedding(config.vocab or VOCAB, config.hidden)
        self.positions = LearnedPositions(config.length, config.hidden)
        self.segments = Embedding(config.segments, config.hidden)
        self.norm, self.dropout = LayerNorm(config.hidden, config.eps), Dropout(config.dropout)
        self.layers = ModuleList(Layer(config) for _ in range(config.layers))
        self.pooler = Linear(config.hidden, config.hidden)

    def forward(self, inputs: Int[Tensor, "batch 2 time"], layers: int | None = None) -> Float[Tensor, "batch time _"]:
        """The states of all tokens after the last layer, or after so many; the inputs are tokens and segments."""
        tokens, segments = inputs.unbind(1)
        x = self.dropout(self.norm(self.positions(self.embedding(tokens) + self.segments(segments))))
        keep = tokens != PAD
        for layer in self.layers[:layers]:
            x = layer(x, keep)
        return x

    def pooled(self, states: Float[Tensor, "batch time hidden"]) -> Float[Tensor, "batch hidden"]:
        """What stands for the whole example."""
        return tanh(self.pooler(states[:, 0]))


class BERT(Module):
    """The encoder with the heads of pre-training."""

    def __init__(self, config: Config = Config()):
        super().__init__()
        self.length = config.length
        self.encoder = Encoder(config)
        self.transform, self.norm = Linear(config.hidden, config.hidden), LayerNorm(config.hidden, config.eps)
        self.bias = Parameter(torch.zeros(config.vocab or VOCAB))
        self.next = Linear(config.hidden, 2)
        start(self, config.std)

    def forward(self, inputs: Int[Tensor, "batch 2 time"]) -> Float[Tensor, "batch time hidden"]:
        """The states of all tokens."""
        return self.encoder(inputs)

    def words(self, states: Float[Tensor, "*places hidden"]) -> Float[Tensor, "*places vocab"]:
        """Logits of the token that stands at each of these places."""
        return linear(self.norm(gelu(self.transform(states))), self.encoder.embedding.weight, self.bias)

    def follows(self, states: Float[Tensor, "batch time hidden"]) -> Float[Tensor, "batch 2"]:
        """Logits of B following A, and of its coming from elsewhere."""
        return self.next(self.encoder.pooled(states))

    def pretrain(
        self, inputs: Int[Tensor, "batch 2 time"], chosen: Bool[Tensor, "batch time"]
    ) -> tuple[Float[Tensor, "hidden_words vocab"], Float[Tensor, "batch 2"]]:
        """Logits of the chosen tokens, row by row, and of what follows."""
        states = self(inputs)
        return self.words(states[chosen]), self.follows(states)


def start(network: Module, std: float) -> None:
    """First weights; those of norms stay as they are."""
    for name, parameter in network.named_parameters():
        if parameter.ndim > 1:
            init.truncated_normal_(parameter, std)
        elif name.endswith("bias"):
            init.normal_(parameter, 0.0)
