"""The network: one deep LSTM reads the source, backwards, and another writes the target from where it ended.

    h^l_t, c^l_t = LSTM^l(h^(l-1)_t, h^l_(t-1), c^l_(t-1))            layer l = 1 .. L of either side, h^0_t = C x_t
    v = (h^1_T, c^1_T, .., h^L_T, c^L_T)                              all that the decoder knows of the source
    p(y_1 .. y_T' | x_1 .. x_T) = prod_t p(y_t | v, y_1 .. y_(t-1))                                              [1]
    p(y_t | v, y_1 .. y_(t-1)) = softmax(W s^L_t),   s_0 = v          s_t: the decoder's states

The encoder reads x_T .. x_1 and then the end of the sentence, so that the first words of the source stand close to the
first words of the target; the decoder reads the target shifted by one place. Padding is never read.

Symbols: C is `source`, that of the target is `embedding`; W is `output`; [1] is the paper's equation. The paper takes
"the LSTM formulation from Graves" (2013), which has peepholes, and does not say whether it has them here: the cell
"lstm" has none, "peephole" has. The GRU that reading lists ask for (Dive into Deep Learning, section 10.7) is the cell
"gru" with `context`: the encoder's last top state stands beside the word at every step, as in Cho et al. (2014).
Source: Sutskever, Vinyals & Le (2014), sections 2 and 3.
"""

from dataclasses import dataclass
from functools import partial
from typing import Literal

import torch
from jaxtyping import Float, Int, Shaped
from torch import Tensor
from torch.nn import Module

from firsthand.bounds import DEPTH, PART, POSITIVE, SIZE, within
from firsthand.data.sentences import BOS, PAD
from firsthand.nn import GRU, LSTM, Dropout, Embedding, Linear, init

Rows = tuple[Shaped[Tensor, "batch ..."], ...]
States = tuple[Shaped[Tensor, "..."], ...]  # with layers or with the batch first
CELLS = {"lstm": LSTM, "peephole": partial(LSTM, form="peephole"), "gru": GRU}


@dataclass(frozen=True)
class Config:
    """Sizes of section 3.4."""

    vocab: int | None = None  # tokens of the target; None: what the data has (else 1,000)
    source_vocab: int | None = None  # tokens of the source; None: those of the target, still with a table of its own
    embed: int = 1000  # numbers that stand for a token
    hidden: int = 1000  # cells of a layer
    layers: int = 4  # of the encoder, and of the decoder (L)
    cell: Literal["lstm", "peephole", "gru"] = "lstm"  # what a layer is made of
    reverse: bool = True  # whether the source is read from its last word to its first
    context: bool = False  # whether the encoder's last top state stands beside the word at every step of the decoder
    dropout: float = 0.0  # share silenced of embeddings and between layers, while training
    start: float = 0.08  # first weights are drawn from U(-start, start)

    def __post_init__(self) -> None:
        sizes = dict.fromkeys(("vocab", "source_vocab", "embed", "hidden"), SIZE)
        within(self, "model.", **sizes, layers=DEPTH, dropout=PART, start=POSITIVE)


class Seq2Seq(Module):
    """The encoder and the decoder, each with its table of tokens, and the output layer."""

    def __init__(self, config: Config = Config()):
        super().__init__()
        vocab, embed, hidden = config.vocab or 1000, config.embed, config.hidden
        self.reverse, self.context = config.reverse, config.context
        self.source, self.embedding = Embedding(config.source_vocab or vocab, embed), Embedding(vocab, embed)
        self.dropout = Dropout(config.dropout)
        between = config.dropout if config.layers > 1 else 0.0
        layer = partial(CELLS[config.cell], num_layers=config.layers, dropout=between)
        self.encoder = layer(embed, hidden)
        self.decoder = layer(embed + (hidden if config.context else 0), hidden)
        self.output = Linear(hidden, vocab)
        for parameter in self.parameters():
            init.uniform_(parameter, config.start)

    def forward(
        self, source: Int[Tensor, "batch places"], target: Int[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time vocab"]:
        """Logits of every token of the target, given the source and the tokens before it."""
        return self.decode(shifted(target), self.encode(source))[0]

    def encode(self, source: Int[Tensor, "batch places"]) -> Rows:
        """v: the last states of every layer, (batch, layers, hidden), of an LSTM h and then c."""
        lengths = (source != PAD).sum(1)
        source = backwards(source, lengths) if self.reverse else source
        _, last = self.encoder(self.dropout(self.source(source)), None, lengths)
        return turned(last)

    def decode(
        self, tokens: Int[Tensor, "batch time"], memory: Rows, past: Rows | None = None
    ) -> tuple[Float[Tensor, "batch time vocab"], Rows]:
        """Logits of the token after each of these, and the states after them; `past` is what the call before gave."""
        y = self.dropout(self.embedding(tokens))
        if self.context:
            y = torch.cat([y, memory[0][:, -1:].expand(-1, y.shape[1], -1)], 2)
        states = turned(memory if past is None else past)
        y, last = self.decoder(y, states if len(states) > 1 else states[0])
        return self.output(y), turned(last)


def turned(states: Shaped[Tensor, "..."] | States) -> States:
    """States with the batch first where layers were, or the other way round: a search picks rows, a layer layers."""
    states = states if isinstance(states, tuple) else (states,)
    return tuple(state.transpose(0, 1).contiguous() for state in states)


def backwards(source: Int[Tensor, "batch places"], lengths: Int[Tensor, " batch"]) -> Int[Tensor, "batch places"]:
    """Every row's words from the last to the first; the end of the sentence and the padding stay where they are."""
    places = torch.arange(source.shape[1], device=source.device)
    words = lengths[:, None] - 1  # all but the end
    return source.gather(1, torch.where(places < words, words - 1 - places, places))


def shifted(target: Int[Tensor, "batch time"]) -> Int[Tensor, "batch time"]:
    """What the decoder reads: the begin, then all tokens but the last."""
    return torch.cat([torch.full_like(target[:, :1], BOS), target[:, :-1]], 1)
