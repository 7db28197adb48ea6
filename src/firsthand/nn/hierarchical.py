"""Hierarchical softmax: a word's probability as the turns on its way down a tree."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import Buffer, Module, Parameter

from firsthand.errors import UserError
from firsthand.nn.activation import softplus
from firsthand.nn.arguments import check_sizes
from firsthand.nn.shape import check_range, check_shape, indices, wrong_shape


def huffman(counts: Sequence[int]) -> list[list[tuple[int, int]]]:
    """For every word its way from the root as (inner node, bit) pairs; frequent words have short ways.

    The two rarest trees are joined until one is left: the rarer gets bit 0, the other bit 1. Inner nodes are numbered
    as they arise, so that the root of V words is V - 2. Among equals an inner node goes first, then the last word.
    Raises UserError for fewer than two words or a count below 0.
    Source: Huffman (1952); the order of equals is that of word2vec.c.
    """
    words = len(counts)
    if words < 2 or min(counts) < 0:
        raise UserError(f"A Huffman tree needs two words or more with counts of 0 or more, got {words} words.")
    leaves = sorted(range(words), key=lambda word: -counts[word])  # the rarest last
    weights = list(counts)  # of the words, then of the inner nodes, which arise in ascending order
    above: dict[int, tuple[int, int]] = {}  # tree -> its inner node and its bit there
    first = words  # the lightest inner node not yet joined
    for node in range(words - 1):
        weights.append(0)
        for bit in (0, 1):
            if leaves and (first == words + node or weights[leaves[-1]] < weights[first]):
                rarest = leaves.pop()
            else:
                rarest, first = first, first + 1
            above[rarest] = node, bit
            weights[words + node] += weights[rarest]
    return [_way(word, above, words) for word in range(words)]


def _way(tree: int, above: dict[int, tuple[int, int]], words: int) -> list[tuple[int, int]]:
    steps = []
    while tree in above:
        steps.append(above[tree])
        tree = words + above[tree][0]
    return steps[::-1]


class HierarchicalSoftmax(Module):
    """log p(w | h) = sum_n log s(±u_n . h) over the inner nodes n on the way to w, + for bit 0 and - for bit 1.

    s(x) + s(-x) = 1 at every node, so that the probabilities of all words sum to 1, yet a loss looks at about log2 V
    vectors instead of V. `weight` (V - 1, embed) has a row for every inner node, from 0. The tree follows `counts`.
    Raises UserError for fewer than two words and an embed below one.
    Source: Mikolov et al. (2013), Distributed representations of words and phrases, equation 3; Morin & Bengio (2005).
    """

    def __init__(self, counts: Sequence[int], embed: int):
        super().__init__()
        check_sizes("HierarchicalSoftmax", embed=embed)
        ways = huffman(counts)
        self.weight = Parameter(torch.zeros(len(counts) - 1, embed))
        nodes = torch.zeros(len(ways), max(map(len, ways)), dtype=torch.int64)
        signs = torch.zeros(nodes.shape)  # 0 beyond the end of a way
        for word, way in enumerate(ways):
            nodes[word, : len(way)] = torch.tensor([node for node, _ in way])
            signs[word, : len(way)] = torch.tensor([1.0 - 2 * bit for _, bit in way])
        self.nodes, self.signs = Buffer(nodes, persistent=False), Buffer(signs, persistent=False)

    def forward(self, h: Float[Tensor, "batch embed"], targets: Int[Tensor, " batch"]) -> Float[Tensor, ""]:
        """The mean of -log p(w | h) for the target words w, in nats.

        Raises UserError for vectors of another length, and when there is not one word for every row.
        """
        self._check(h)
        check_shape("The vector of targets", targets, h.shape[:1], "one word for every row")
        targets = indices("The vector of targets", targets)
        try:
            signs = self.signs.index_select(0, targets)
        except IndexError:
            check_range("The vector of targets", targets, len(self.signs))
            raise
        scores = torch.einsum("bde, be -> bd", self.weight[self.nodes[targets]], h)
        return (softplus(-signs * scores) * signs.abs()).sum(1).mean()

    def log_probabilities(self, h: Float[Tensor, "batch embed"]) -> Float[Tensor, "batch vocab"]:
        """log p(w | h) of every word w. Raises UserError for vectors of another length."""
        self._check(h)
        scores = (h @ self.weight.t())[:, self.nodes]
        return -(softplus(-self.signs * scores) * self.signs.abs()).sum(2)

    def _check(self, h: Tensor) -> None:
        if h.ndim != 2 or h.shape[1] != self.weight.shape[1]:
            raise wrong_shape("The input of HierarchicalSoftmax", h, f"(batch, {self.weight.shape[1]})")

    def extra_repr(self) -> str:
        return f"{len(self.nodes)}, {self.weight.shape[1]}, depth={self.nodes.shape[1]}"
