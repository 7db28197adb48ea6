"""word2vec from nn.Embedding: binary cross-entropies against the words that are there and the noise, and a tree that is
walked node by node."""

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from firsthand.check.twin import Twin
from firsthand.papers.skipgram.huffman import zipf
from firsthand.papers.skipgram.model import Config
from firsthand.papers.skipgram.recipe import PRESETS

K = 5  # noise words


class Network(Twin):
    """Two tables; the tree's codes are made anew, from strings of bits."""

    guess = 0.6931 * (K + 1)
    overfit = (60, 0.05)

    def __init__(self, config: Config):
        super().__init__()
        self.config, vocab = config, config.vocab or 14_221
        hierarchical = config.output == "hierarchical"
        self.input = nn.Embedding(vocab, config.embed)
        self.output = nn.Embedding(vocab - hierarchical, config.embed)
        self.paths = paths(vocab) if hierarchical else []

    def copy_from(self, ours: nn.Module) -> None:
        """Ours are plain parameters."""
        with torch.no_grad():
            self.input.weight.copy_(ours.input)
            self.output.weight.copy_(ours.output)

    def named(self, kind: str) -> dict[str, Tensor]:
        """Parameters or gradients under our names."""
        tables = {"input": self.input.weight, "output": self.output.weight}
        return {name: p.detach() if kind == "weight" else p.grad for name, p in tables.items()}

    def forward(self, words: Tensor, targets: Tensor) -> Tensor:
        """Scores, or log probabilities with a tree, example by example."""
        rows = []
        for some, wanted in zip(words, targets, strict=True):
            vectors = self.input(some[some >= 0])
            if self.config.kind == "cbow" and self.config.whole_error and vectors.requires_grad:
                vectors.register_hook(lambda grad: grad * len(grad))
            h = vectors.mean(0)
            if not self.paths:
                rows.append(F.linear(h, self.output(wanted)))
                continue
            rows.append(torch.stack([self.walked(h, self.paths[word]) for word in wanted.tolist()]))
        return torch.stack(rows)

    def walked(self, h: Tensor, path: list[tuple[int, int]]) -> Tensor:
        """log p of a word: a decision at every node on the way."""
        nodes, bits = map(torch.tensor, zip(*path, strict=True))
        scores = F.linear(h, self.output(nodes))
        return -F.binary_cross_entropy_with_logits(scores, 1.0 - bits.to(scores.dtype), reduction="sum")

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """The first target is there, the others are noise; with a tree there is the first alone."""
        if self.paths:
            return -outputs[:, 0].mean()
        there = torch.zeros_like(outputs)
        there[:, 0] = 1
        return F.binary_cross_entropy_with_logits(outputs, there, reduction="sum") / len(outputs)

    @staticmethod
    def batch(size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Random words, each another one, with a word to find and five noise words."""
        words = torch.randperm(14_221, generator=generator)[:size, None]
        return words, torch.randint(14_221, (size, K + 1), generator=generator)

    @classmethod
    def batch_for(cls, recipe: Any, size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """The same for other sizes; CBOW has one to four words about, with nothing in the other places."""
        config, vocab = recipe.model, recipe.model.vocab or 14_221
        words = torch.randint(vocab, (size, 4 if config.kind == "cbow" else 1), generator=generator)
        some = torch.randint(1, words.shape[1] + 1, (size, 1), generator=generator)
        words = words.masked_fill(torch.arange(words.shape[1]) >= some, -1)
        many = 1 if config.output == "hierarchical" else K + 1
        return words, torch.randint(vocab, (size, many), generator=generator)


def paths(vocab: int) -> list[list[tuple[int, int]]]:
    """For every word the (node, bit) from the root down, of the tree that joins the two rarest, as lists."""
    found: list[list[tuple[int, int]]] = [[] for _ in range(vocab)]
    groups = [(count, number, [number]) for number, count in enumerate(zipf(vocab).tolist())]
    for node in range(vocab - 1):
        groups.sort(reverse=True)
        pair = groups.pop(), groups.pop()
        for bit, (_, _, members) in enumerate(pair):
            for word in members:
                found[word].insert(0, (node, bit))
        groups.append((pair[0][0] + pair[1][0], vocab + node, pair[0][2] + pair[1][2]))
    return found


_SMALL = {"vocab": 60, "embed": 8}
_LAPTOP = PRESETS["laptop"]
VARIANTS = {"laptop": _LAPTOP} | {
    f"{kind}, {output}{'' if whole else ', shares'}": replace(
        _LAPTOP, model=Config(kind=kind, output=output, whole_error=whole, **_SMALL)
    )
    for kind, output, whole in (
        ("skip-gram", "negative", True),
        ("skip-gram", "hierarchical", True),
        ("cbow", "negative", True),
        ("cbow", "negative", False),
        ("cbow", "hierarchical", True),
    )
}
