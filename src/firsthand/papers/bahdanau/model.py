"""The network: it keeps an annotation of every source word, and looks anew at all of them before it writes each word.

    h_j = [GRU->(C x_1 .. x_j) ; GRU<-(C x_T .. x_j)]                 annotation of word j, both directions          [7]
    e_ij = v . tanh(W_a s_(i-1) + U_a h_j),  a_ij = softmax_j(e_ij),  c_i = sum_j a_ij h_j         alignment      [5, 6]
    z_i = sigmoid(W_z E y_(i-1) + U_z s_(i-1) + C_z c_i)              update gate; r_i, the reset gate, likewise
    n_i = tanh(W E y_(i-1) + U (r_i s_(i-1)) + C c_i)                 candidate
    s_i = (1 - z_i) s_(i-1) + z_i n_i,   s_0 = tanh(W_s h<-_1)        the decoder's state                         [A.2]
    t_i = max over pairs of U_o s_(i-1) + V_o E y_(i-1) + C_o c_i     maxout of l pairs
    p(y_i | y_1 .. y_(i-1), x) = softmax(W_o t_i)                                                                   [4]

Products with gates are element by element. Without `attention` it is the paper's RNNencdec: one direction, and every
c_i is the annotation of the last word. Symbols: n, m, l are `hidden`, `embed`, `maxout`; C x is `source`, E is
`embedding`; W_r, W_z, W are rows of `word`, C_r, C_z, C of `context`, U_r, U_z of `gates`, U is `candidate`; W_a, U_a
and v are in `attention`; U_o, V_o, C_o stand side by side in `deep`, W_o is `output`. The encoder is our own GRU, whose
z keeps where the paper's moves, and which has two biases. Equation 4 says s_i, the appendix and the authors' code
s_(i-1), as here; `state="after"` is the other reading. Their code has no begin: E y_0 = 0.
Source: Bahdanau, Cho & Bengio (2015), section 3 and appendix A.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import Module

from firsthand.bounds import SIZE, within
from firsthand.data.sentences import BOS, PAD
from firsthand.nn import GRU, AdditiveAttention, Embedding, Linear, additive_weights, init, sigmoid, tanh
from firsthand.papers.seq2seq.model import Rows, shifted

Weights = list[Float[Tensor, "batch places"]]


@dataclass(frozen=True)
class Config:
    """Sizes of appendix A.2.3."""

    vocab: int | None = None  # tokens of the target; None: what the data has (else 1,000)
    source_vocab: int | None = None  # tokens of the source; None: those of the target, still with a table of its own
    embed: int = 620  # numbers that stand for a token (m)
    hidden: int = 1000  # units of the decoder, of each direction of the encoder, and of the alignment (n)
    maxout: int = 500  # pairs of units of the deep output, of which the larger counts (l)
    attention: bool = True  # whether the source is looked at anew for every word; False: RNNencdec
    both: bool = True  # whether the encoder of attention reads in both directions
    state: Literal["before", "after"] = "before"  # the decoder's state that the output sees: s_(i-1), or s_i
    init: Literal["published", "layers"] = "published"  # first weights: appendix B.1, or each layer's own

    def __post_init__(self) -> None:
        within(self, "model.", **dict.fromkeys(("vocab", "source_vocab", "embed", "hidden", "maxout"), SIZE))


class RNNsearch(Module):
    """The encoder, the alignment, the decoder, and the deep output."""

    def __init__(self, config: Config = Config()):
        super().__init__()
        vocab, m, n = config.vocab or 1000, config.embed, config.hidden
        both = config.attention and config.both
        width = 2 * n if both else n
        self.after = config.state == "after"
        self.source, self.embedding = Embedding(config.source_vocab or vocab, m), Embedding(vocab, m)
        self.encoder = GRU(m, n, bidirectional=both, reset="before")
        self.start = Linear(n, n)
        self.attention = AdditiveAttention(n, width, n) if config.attention else None
        self.word, self.context = Linear(m, 3 * n), Linear(width, 3 * n, bias=False)
        self.gates, self.candidate = Linear(n, 2 * n, bias=False), Linear(n, n, bias=False)
        self.deep, self.output = Linear(n + m + width, 2 * config.maxout), Linear(config.maxout, vocab)
        if config.init == "published":
            start(self)

    def forward(
        self, source: Int[Tensor, "batch places"], target: Int[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time vocab"]:
        """Logits of every token of the target, given the source and the tokens before it."""
        return self.decode(shifted(target), self.encode(source))[0]

    def encode(self, source: Int[Tensor, "batch places"]) -> Rows:
        """s_0, which places count, the annotations h and U_a h; of RNNencdec the last annotation alone, for h."""
        lengths = (source != PAD).sum(1)
        h, last = self.encoder(self.source(source), None, lengths)
        s = tanh(self.start(last[-1]))  # the backward direction's if there is one
        return (s, source != PAD, h, self.attention.key(h)) if self.attention else (s, source != PAD, last[-1])

    def decode(
        self, tokens: Int[Tensor, "batch time"], memory: Rows, past: Rows | None = None, seen: Weights | None = None
    ) -> tuple[Float[Tensor, "batch time vocab"], Rows]:
        """Logits of the token after each of these, and (s,) after the last; `past` is what the call before gave.

        `seen` is given the weights of every step.
        """
        y = self.embedding(tokens).where((tokens != BOS)[:, :, None], 0)
        x, (s,) = self.word(y), memory[:1] if past is None else past
        states, contexts = [s], []
        for i in range(tokens.shape[1]):
            c = self.look(s, memory, seen)
            s = self.step(x[:, i], s, self.context(c))
            states.append(s)
            contexts.append(c)
        told = torch.stack(states[1:] if self.after else states[:-1], 1)
        deep = self.deep(torch.cat([told, y, torch.stack(contexts, 1)], 2))
        return self.output(torch.maximum(deep[:, :, 0::2], deep[:, :, 1::2])), (s,)

    def look(
        self, s: Float[Tensor, "batch hidden"], memory: Rows, seen: Weights | None = None
    ) -> Float[Tensor, "batch width"]:
        """c_i: the annotations, mixed by how well they fit the state."""
        if self.attention is None:
            return memory[2]
        keep, h, keys = memory[1:]
        a = additive_weights(self.attention.query(s)[:, None], keys, self.attention.score, keep[:, None])
        if seen is not None:
            seen.append(a[:, 0])
        return (a @ h)[:, 0]

    def step(
        self, x: Float[Tensor, "batch three"], s: Float[Tensor, "batch hidden"], c: Float[Tensor, "batch three"]
    ) -> Float[Tensor, "batch hidden"]:
        """s_i from what the last word and the context bring to r, z and n."""
        n = s.shape[1]
        given = x + c
        r, z = sigmoid(given[:, : 2 * n] + self.gates(s)).chunk(2, 1)
        return torch.lerp(s, tanh(given[:, 2 * n :] + self.candidate(r * s)), z)

    @torch.no_grad()
    def alignments(
        self, source: Int[Tensor, "batch places"], target: Int[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time places"]:
        """a_ij: how much each token of the target looks at each of the source; RNNencdec has the last word alone."""
        if self.attention is None:
            last = torch.arange(source.shape[1], device=source.device) == (source != PAD).sum(1, keepdim=True) - 1
            return last[:, None].expand(-1, target.shape[1], -1).to(self.output.weight.dtype)
        seen: Weights = []
        self.decode(shifted(target), self.encode(source), seen=seen)
        return torch.stack(seen, 1)


def start(network: RNNsearch) -> None:
    """Appendix B.1: orthogonal blocks U, W_a and U_a from N(0, 0.001^2), v and biases 0, others N(0, 0.01^2)."""
    for name, p in network.named_parameters():
        if name.startswith(("encoder.weight_hh", "gates", "candidate")):
            for block in p.detach().split(p.shape[1]):
                init.orthogonal_(block)
        else:
            init.normal_(p, 0.0 if p.ndim < 2 else 0.001 if name.startswith("attention") else 0.01)
