"""The network: an encoder reads the source, a decoder writes the target token by token, and both are attention.

    head_i = softmax(Q W_Qi (K W_Ki)^T / sqrt(d_k)) V W_Vi,   MultiHead(Q, K, V) = concat(head_1 .. head_h) W_O    [3.2]
    FFN(x) = max(0, x W_1 + b_1) W_2 + b_2                                                                         [3.3]
    x <- LayerNorm(x + Dropout(Sublayer(x)))       around every sub-layer, "post"; "pre" is x + Dropout(Sublayer(
                                                   LayerNorm(x))), with a last LayerNorm on each stack             [3.1]
    encoder layer:  x attends to all of x; FFN
    decoder layer:  y attends to what of y was written before; y attends to the encoder's last x; FFN
    x = Dropout(sqrt(d) C[token] + PE[position])   at the bottom of both stacks                               [3.4, 3.5]
    logits = y C^T                                 one matrix C for source, target and output                      [3.4]

The decoder reads the target shifted by one place, so that what it says at a place is of the token that stands there.
Padding is never attended to, and changes nothing.

Symbols: d is `embed`, d_ff is `hidden`, h is `heads`, N is `layers`, d_k is `key_size`; W_Q, W_K, W_V of all heads are
rows of `in_proj_weight`, W_O is `out_proj`, W_1 and W_2 are `expand` and `contract`, C is `embedding`. The paper writes
no biases in the heads and does not say how weights start; here C starts from N(0, 1 / d), so that sqrt(d) C has unit
variance, all other matrices from Glorot's uniform start, biases from 0.
"""

from dataclasses import dataclass
from math import sqrt
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import Module, ModuleList

from firsthand.bounds import DEPTH, PART, SIZE, within
from firsthand.data.sentences import BOS, PAD
from firsthand.nn import Dropout, Embedding, LayerNorm, init, linear
from firsthand.nn.position import LearnedPositions, SinusoidalPositions
from firsthand.papers.transformer.layers import DecoderLayer, EncoderLayer, Maps, Norm, Rows

Positions = Literal["sinusoidal", "learned"]
POSITIONS = {"sinusoidal": SinusoidalPositions, "learned": LearnedPositions}


@dataclass(frozen=True)
class Config:
    """Sizes of the base model, section 3 and table 3."""

    vocab: int | None = None  # tokens, of the target if the source has its own; None: what the data has (else 1,000)
    source_vocab: int | None = None  # tokens of a source with a table of its own; None: both sides share one
    embed: int = 512  # numbers that stand for a token, from layer to layer (d)
    heads: int = 8  # places that a token can look at in one layer (h)
    layers: int = 6  # of the encoder, and of the decoder (N)
    hidden: int = 2048  # units between W_1 and W_2 (d_ff)
    key_size: int | None = None  # numbers of a head's query and key (d_k); None: embed / heads
    positions: Positions = "sinusoidal"  # what tells a token where it stands
    norm: Norm = "post"  # normalise after each sum, as published, or before each sub-layer
    dropout: float = 0.1  # share silenced of what a sub-layer adds, and of what goes into each stack
    length: int = 256  # tokens that a sentence has at most

    def __post_init__(self) -> None:
        sizes = ("vocab", "source_vocab", "embed", "heads", "hidden", "key_size", "length")
        within(self, "model.", layers=DEPTH, dropout=PART, **dict.fromkeys(sizes, SIZE))


class Transformer(Module):
    """The encoder, the decoder, and the table of tokens that they share."""

    def __init__(self, config: Config = Config()):
        super().__init__()
        self.length = config.length
        self.embedding = Embedding(config.vocab or 1000, config.embed)
        self.source = None if config.source_vocab is None else Embedding(config.source_vocab, config.embed)
        self.positions = POSITIONS[config.positions](config.length, config.embed)
        self.dropout = Dropout(config.dropout)
        sizes = (config.embed, config.heads, config.hidden, config.key_size, config.dropout, config.norm)
        self.encoder = ModuleList(EncoderLayer(*sizes) for _ in range(config.layers))
        self.decoder = ModuleList(DecoderLayer(*sizes) for _ in range(config.layers))
        self.norms = ModuleList(LayerNorm(config.embed) for _ in range(2)) if config.norm == "pre" else None
        start(self)

    def forward(
        self, source: Int[Tensor, "batch places"], target: Int[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time vocab"]:
        """Logits of every token of the target, given the source and the tokens before it."""
        return self.decode(shifted(target), self.encode(source))[0]

    def encode(self, source: Int[Tensor, "batch places"], seen: Maps | None = None) -> Rows:
        """Which places of the source count, and the keys and values that they offer to each layer of the decoder."""
        keep = (source != PAD)[:, None, None]
        x = self.embed(source, self.embedding if self.source is None else self.source, 0)
        for layer in self.encoder:
            x = layer(x, keep, seen)
        x = x if self.norms is None else self.norms[0](x)
        return keep, *(part for layer in self.decoder for part in layer.cross.offer(x))

    def decode(
        self, tokens: Int[Tensor, "batch time"], memory: Rows, past: Rows | None = None, seen: Maps | None = None
    ) -> tuple[Float[Tensor, "batch time vocab"], Rows]:
        """Logits of the token after each of these, and all keys and values so far; `past` is what the call before gave.

        `seen` is given the weights of every layer's heads, on the target and on the source in turn.
        """
        y, kept = self.embed(tokens, self.embedding, 0 if past is None else past[0].shape[2]), ()
        for number, layer in enumerate(self.decoder):
            own = slice(2 * number, 2 * number + 2)
            y, pair = layer(y, (memory[0], *memory[1:][own]), None if past is None else past[own], seen)
            kept += pair
        return linear(y if self.norms is None else self.norms[1](y), self.embedding.weight), kept

    def embed(self, tokens: Int[Tensor, "batch time"], table: Embedding, first: int) -> Float[Tensor, "batch time d"]:
        """sqrt(d) C[token] + PE[place], from the place `first` on, with dropout."""
        return self.dropout(self.positions(sqrt(table.weight.shape[1]) * table(tokens), first))

    @torch.no_grad()
    def maps(self, source: Int[Tensor, "batch places"], target: Int[Tensor, "batch time"]) -> dict[str, Maps]:
        """The weights of all heads, layer by layer: on the source, on the target so far, and from target to source."""
        source_seen: Maps = []
        seen: Maps = []
        self.decode(shifted(target), self.encode(source, source_seen), seen=seen)
        return {"source": source_seen, "target": seen[0::2], "from target to source": seen[1::2]}

    def alignments(
        self, source: Int[Tensor, "batch places"], target: Int[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time places"]:
        """How much each token of the target looks at each of the source: the mean over all layers' heads."""
        return torch.cat(self.maps(source, target)["from target to source"], 1).mean(1)


def shifted(target: Int[Tensor, "batch time"]) -> Int[Tensor, "batch time"]:
    """What the decoder reads: the begin, then all tokens but the last."""
    return torch.cat([torch.full_like(target[:, :1], BOS), target[:, :-1]], 1)


def start(network: Transformer) -> None:
    """First weights, on which the paper is silent; those of norms stay as they are."""
    for name, parameter in network.named_parameters():
        if name.startswith(("embedding", "source")):
            init.normal_(parameter, parameter.shape[1] ** -0.5)
        elif parameter.ndim > 1 and not name.startswith("positions"):
            init.glorot_(parameter)
        elif name.endswith((".expand.bias", ".contract.bias")):
            init.normal_(parameter, 0.0)
