"""The network: every token asks all tokens before it, at once, for what it needs to expect the next one.

Attention first, for one head. Token i sends out a query, every token j offers a key and a value:

    q_i = W_Q x_i + b_Q,   k_j = W_K x_j + b_K,   v_j = W_V x_j + b_V
    a_ij = softmax over j of (q_i . k_j / sqrt(d_k) + m_ij),   y_i = sum over j of a_ij v_j      (eq. 1, `attend`)

The better a key fits the query, the more of its value is in the answer. A dot product of d_k independent terms of
variance 1 has variance d_k; the root makes it 1 again, or the softmax would begin saturated. Language is written
forwards, so that m blocks j > i. Several heads, each with a W_Q, W_K, W_V and d_k = embed / heads of its own, look in
several places at once; W_O joins their answers side by side (section 3.2.2).

    x = C[token] + PE[position]                                  attention alone knows no order (section 3.5)
    x <- x + heads(norm(x))                                      `layers` times
    x <- x + W_2 relu(W_1 norm(x) + b_1) + b_2                   and after each the same for every token (eq. 2)
    logits = W norm(x) + b                                       softmax(logits): the distribution of the next token

Symbols: W_Q, W_K, W_V are the thirds of `attention.in_proj_weight`, W_O is `attention.out_proj`, W_1 and W_2 are
`expand` and `contract`, C is `embedding`, W and b are `output`. Where we differ: the paper translates, with an encoder
beside this decoder; it normalises after each sum, not before each part, which trains without warm-up; it shares one
matrix between C and W, multiplies C by sqrt(embed), and has no biases in the heads.
"""

from dataclasses import dataclass
from math import sqrt
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import Module, ModuleList

from firsthand.bounds import DEPTH, PART, SIZE, within
from firsthand.errors import UserError
from firsthand.nn import Dropout, Embedding, LayerNorm, Linear, MultiheadAttention
from firsthand.nn.activation import relu, softmax
from firsthand.nn.attention import scaled_dot_product_attention
from firsthand.nn.position import LearnedPositions, SinusoidalPositions

Positions = Literal["sinusoidal", "learned", "none"]
POSITIONS = {"sinusoidal": SinusoidalPositions, "learned": LearnedPositions, "none": lambda *_: None}
Kept = tuple[Float[Tensor, "batch heads _ d"], ...]  # keys and values of the tokens so far, those of each block in turn


def attend(
    Q: Float[Tensor, "*batch queries d_k"],
    K: Float[Tensor, "*batch keys d_k"],
    V: Float[Tensor, "*batch keys d_v"],
    M: Float[Tensor, "queries keys"],
) -> Float[Tensor, "*batch queries d_v"]:
    """Equation 1: scores, mask, softmax, weighted sum; M is 0 where a query may look at a key, else -infinity."""
    S = Q @ K.mT / sqrt(Q.shape[-1]) + M
    A = softmax(S)
    return A @ V


@dataclass(frozen=True)
class Config:
    """Sizes of a character model that trains within minutes; those of the paper are 512, 8, 6 and 2048."""

    vocab: int | None = None  # tokens; None: what the data has (without data 28: a to z, space, unknown)
    context: int = 64  # tokens that it can look back on, the present one included
    embed: int = 64  # numbers that stand for a token, from layer to layer (the paper's d_model)
    heads: int = 4  # places that a token can look at in one layer; they share the embedding
    layers: int = 2  # blocks, one on the other (the paper's N)
    hidden: int | None = None  # units between W_1 and W_2 (the paper's d_ff); None: 4 times embed
    positions: Positions = "sinusoidal"  # what tells a token where it stands
    dropout: float = 0.0  # share of x, and of what a part adds to it, that is silenced while training

    def __post_init__(self) -> None:
        sizes = {name: SIZE for name in ("vocab", "context", "embed", "heads", "hidden")}
        within(self, "model.", layers=DEPTH, dropout=PART, **sizes)


class Block(Module):
    """Self-attention, then two linear maps with a rectifier between them; both add to x what they make of norm(x)."""

    def __init__(self, embed: int, heads: int, hidden: int, dropout: float = 0.0, causal: bool = True):
        super().__init__()
        self.causal = causal
        self.norm1, self.norm2 = LayerNorm(embed), LayerNorm(embed)
        self.attention = MultiheadAttention(embed, heads)
        self.expand, self.contract = Linear(embed, hidden), Linear(hidden, embed)
        self.dropout = Dropout(dropout)

    def forward(
        self, x: Float[Tensor, "batch time embed"], past: Kept | None = None
    ) -> tuple[Float[Tensor, "batch time embed"], Kept]:
        """The next block's input, and the keys and values of all tokens so far: those of the past, then x's."""
        q, k, v = self.attention.project(self.norm1(x))
        if past is not None:
            k, v = torch.cat([past[0], k], 2), torch.cat([past[1], v], 2)
        # The last query stands at the last key: query i of the new ones sees all of the past and the i before it.
        y = self.attention.merge(scaled_dot_product_attention(q, k, v, causal=self.causal))
        x = x + self.dropout(y)
        return x + self.dropout(self.contract(relu(self.expand(self.norm2(x))))), (k, v)


class SelfAttentionNetwork(Module):
    """A table of the tokens, positions, blocks, and the output layer."""

    def __init__(self, config: Config = Config()):
        super().__init__()
        vocab, embed = config.vocab or 28, config.embed
        self.context = config.context
        self.embedding = Embedding(vocab, embed)
        self.positions = POSITIONS[config.positions](self.context, embed)
        self.dropout = Dropout(config.dropout)
        hidden = config.hidden or 4 * embed
        self.blocks = ModuleList(Block(embed, config.heads, hidden, config.dropout) for _ in range(config.layers))
        self.norm = LayerNorm(embed)
        self.output = Linear(embed, vocab)

    def forward(self, tokens: Int[Tensor, "batch time"]) -> Float[Tensor, "batch time vocab"]:
        """Logits of the token after each."""
        return self.advance(tokens)[0]

    def advance(
        self, tokens: Int[Tensor, "batch time"], state: Kept | None = None
    ) -> tuple[Float[Tensor, "batch time vocab"], Kept]:
        """The same after tokens that were read before, and the keys and values of all of them.

        Raises UserError for more tokens than the context holds.
        """
        seen = 0 if state is None else state[0].shape[2]
        if (length := seen + tokens.shape[1]) > self.context:
            raise UserError(f"The network sees {self.context} tokens, got {length}: make model.context larger.")
        x = self.embedding(tokens)
        x = self.dropout(x if self.positions is None else self.positions(x, seen))
        kept: Kept = ()
        for number, block in enumerate(self.blocks):
            x, pair = block(x, None if state is None else state[2 * number : 2 * number + 2])
            kept += pair
        return self.output(self.norm(x)), kept

    def maps(self, tokens: Int[Tensor, "batch time"]) -> list[Float[Tensor, "batch heads time time"]]:
        """The weights a_ij of every block's heads: row i is where token i looks."""
        x, found = self.embedding(tokens), []
        x = x if self.positions is None else self.positions(x)
        for block in self.blocks:
            found.append(block.attention(block.norm1(x), causal=block.causal, weights=True)[1])
            x, _ = block(x)
        return found
