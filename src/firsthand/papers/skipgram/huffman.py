"""The binary tree of hierarchical softmax: frequent words stand near the root."""

from dataclasses import dataclass
from heapq import heapify, heappop, heappush

import numpy as np
from jaxtyping import Float, Int, Integer

from firsthand.errors import UserError

BEYOND = -1  # the node after a path's end


@dataclass(frozen=True)
class Tree:
    """The way from the root to every word: its inner nodes, and at each of them +1 for the left branch, -1 for the
    right one; after a path's end the node is `BEYOND` and the branch 0."""

    nodes: Int[np.ndarray, "vocab depth"]
    branches: Int[np.ndarray, "vocab depth"]

    @property
    def lengths(self) -> Int[np.ndarray, " vocab"]:
        """Inner nodes on the way to every word: the bits of its code."""
        return (self.nodes != BEYOND).sum(1)

    def average(self, counts: Integer[np.ndarray, " vocab"]) -> float:
        """The mean length over a text with these counts, in bits: H <= average < H + 1."""
        return float((self.lengths * counts).sum() / counts.sum())


def huffman(counts: Integer[np.ndarray, " vocab"]) -> Tree:
    """The tree of the shortest mean path: join the two rarest, over and over; V words have V - 1 inner nodes.

    The root is node V - 2. Of equal counts the earlier one is taken first, so that the tree is always the same.
    Raises UserError for fewer than two words. Source: Mikolov et al. (2013b), section 2.1; Huffman (1952).
    """
    vocab = len(counts)
    if vocab < 2:
        raise UserError("A tree of words needs two words or more: the text, or min_count, leaves fewer.")
    heap = [(count, number) for number, count in enumerate(counts.tolist())]
    heapify(heap)
    parent, branch = np.zeros(2 * vocab - 1, np.int64), np.zeros(2 * vocab - 1, np.int64)
    for node in range(vocab, 2 * vocab - 1):
        (first, left), (second, right) = heappop(heap), heappop(heap)
        parent[left] = parent[right] = node
        branch[left], branch[right] = 1, -1
        heappush(heap, (first + second, node))
    depth = np.zeros(2 * vocab - 1, np.int64)
    for node in range(2 * vocab - 3, -1, -1):  # from the root down: a parent's number is higher than its children's
        depth[node] = depth[parent[node]] + 1
    words, place = np.arange(vocab), depth[:vocab]
    nodes = np.full((vocab, depth[:vocab].max()), BEYOND)
    branches = np.zeros_like(nodes)
    at = words.copy()
    while len(words):  # one level up, all words at a time
        place = place[place > 0] - 1
        nodes[words, place], branches[words, place] = parent[at] - vocab, branch[at]
        at = parent[at]
        words, at, place = words[place > 0], at[place > 0], place[place > 0]
    return Tree(nodes, branches)


def entropy(counts: Integer[np.ndarray, " vocab"]) -> float:
    """Of the words of a text with these counts, in bits."""
    shares: Float[np.ndarray, " vocab"] = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log2(shares)).sum())


def zipf(vocab: int) -> Int[np.ndarray, " vocab"]:
    """Counts that fall as 1 / rank, in place of those of a text."""
    return np.maximum(10_000_000 // np.arange(1, vocab + 1), 1)
