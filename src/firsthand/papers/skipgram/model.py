"""The network: two vectors a word, and how likely one word is near others is the dot product of two of them.

    maximise 1/T sum_t sum_(-c <= j <= c, j != 0) log p(w_(t+j) | w_t)                      equation 1, skip-gram
    p(w | h) = exp(v'_w . h) / sum_u exp(v'_u . h)                                          equation 2, too slow
    p(w | h) = prod_j sigma(+-v'_n(w, j) . h)      over the inner nodes n on the way to w   equation 3, "hierarchical"
    log sigma(v'_w . h) + sum_(i = 1..k) log sigma(-v'_(w_i) . h)      w_i drawn as noise   equation 4, "negative"

Symbols: v is `input`, v' is `output`, a row a word (or an inner node of the Huffman tree, V - 1 rows); sigma is the
logistic function. h = v_(w_t), the vector of the word itself, in skip-gram; in CBOW h is the mean of the input vectors
of the words about the one that is to be found. There is no bias and no hidden layer. `update.py` has the gradients of
these formulas for a thousand words of running text at once, and a test holds the two equal.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import Buffer, Module, Parameter

from firsthand.bounds import SIZE, within
from firsthand.errors import UserError
from firsthand.nn import log_softmax, softplus
from firsthand.papers.skipgram.huffman import huffman, zipf

NOTHING = -1  # in place of an input word where there are fewer


@dataclass(frozen=True)
class Config:
    """Sizes and kind of the network."""

    vocab: int | None = None  # words, V; None: what the data has (without data 14,221, those of Brown)
    embed: int = 100  # numbers of a vector, D
    kind: Literal["skip-gram", "cbow"] = "skip-gram"  # from a word to those about it, or from those to the word
    output: Literal["negative", "hierarchical"] = "negative"  # negative sampling, or a Huffman tree
    whole_error: bool = True  # cbow: every word about gets the whole error, as in word2vec.c; else its share of it

    def __post_init__(self) -> None:
        within(self, "model.", vocab=SIZE, embed=SIZE)
        if (self.vocab or 2) < 2:
            raise UserError("model.vocab must be at least 2: a word alone has no neighbours.")


class SkipGram(Module):
    """Input vectors, which are kept in the end, and output vectors of words or of the nodes of a tree."""

    def __init__(self, config: Config = Config(), counts: Int[np.ndarray, " vocab"] | None = None):
        super().__init__()
        self.config, vocab = config, config.vocab or 14_221
        rows = vocab
        if config.output == "hierarchical":
            tree = huffman(zipf(vocab) if counts is None else counts)
            rows = vocab - 1
            self.nodes = Buffer(torch.from_numpy(tree.nodes), persistent=False)  # the counts say it again
            self.branches = Buffer(torch.from_numpy(tree.branches), persistent=False)
        self.input = Parameter((torch.rand(vocab, config.embed) - 0.5) / config.embed)  # the first vectors of
        self.output = Parameter(torch.zeros(rows, config.embed))  # word2vec.c; the papers do not give theirs

    def hidden(self, words: Int[Tensor, "batch n"]) -> Float[Tensor, "batch embed"]:
        """h: the mean of the input vectors of the words that are there (`NOTHING` is none); in skip-gram of one."""
        there = (words != NOTHING).to(self.input.dtype)
        total = (self.input[words.clamp(min=0)] * there[:, :, None]).sum(1)
        mean = total / there.sum(1, keepdim=True).clamp(min=1)
        if self.config.kind == "cbow" and self.config.whole_error:
            return mean.detach() + (total - total.detach())  # the mean, with the gradient of the sum
        return mean

    def forward(self, words: Int[Tensor, "batch n"], targets: Int[Tensor, "batch m"]) -> Float[Tensor, "batch m"]:
        """Of each target the score v' . h, or with a tree log p(target | words) by equation 3."""
        h = self.hidden(words)
        if self.config.output == "negative":
            return torch.einsum("bd, bmd -> bm", h, self.output[targets])
        vectors = self.output[self.nodes[targets].clamp(min=0)]
        scores = torch.einsum("bd, bmld -> bml", h, vectors)
        branches = self.branches[targets]
        return -(softplus(-branches * scores) * branches.abs()).sum(2)  # log sigma(x) = -softplus(-x)

    def loss(self, scores: Float[Tensor, "batch m"], k: int | None = None) -> Float[Tensor, " batch"]:
        """What is minimised for each example, from its scores: of the word that is there first, then of noise words.

        Equation 4 has as many noise words as it counts; with `k`, however many there are, they count as k.
        """
        if self.config.output == "hierarchical":
            return -scores[:, 0]
        noise = scores[:, 1:]
        share = 1.0 if k is None else k / noise.shape[1]
        return softplus(-scores[:, 0]) + share * softplus(noise).sum(1)

    def log_probabilities(self, words: Int[Tensor, "batch n"]) -> Float[Tensor, "batch vocab"]:
        """log p(w | words) of every word w: by equation 2, or with a tree by equation 3.

        Negative sampling does not learn equation 2: its scores tend to log p(w | words) - log p_noise(w) - log k.
        """
        if self.config.output == "negative":
            return log_softmax(self.hidden(words) @ self.output.T)
        every = torch.arange(len(self.input), device=words.device)
        return self(words, every.expand(len(words), -1))


def pairs(
    text: Int[Tensor, " time"], reach: Int[Tensor, " time"], kind: str = "skip-gram"
) -> tuple[Int[Tensor, "batch n"], Int[Tensor, "batch 1"]]:
    """The examples of a text, as (inputs, word to find): equation 1 with as far a reach c as each place has.

    Skip-gram has one for each place and word about it, CBOW one for each place that has words about it.
    """
    inputs, found, widest = [], [], 2 * int(reach.max())
    for t, (word, c) in enumerate(zip(text.tolist(), reach.tolist(), strict=True)):
        about = text[max(t - c, 0) : t].tolist() + text[t + 1 : t + c + 1].tolist()
        if kind == "skip-gram":
            inputs += [[word]] * len(about)
            found += about
        elif about:
            inputs.append(about + [NOTHING] * (widest - len(about)))
            found.append(word)
    width = 1 if kind == "skip-gram" else widest
    return torch.tensor(inputs).view(-1, width), torch.tensor(found).view(-1, 1)
