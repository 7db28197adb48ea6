"""What a trained network makes of a user's sentences: the words that are missing, vectors, and what looks at what."""

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import Module

from firsthand.bounds import whole
from firsthand.data.wordpiece import MASK, WordPiece
from firsthand.errors import UserError
from firsthand.nn import softmax
from firsthand.papers.bert.model import BERT, PAD, Encoder
from firsthand.papers.bert.spans import inputs
from firsthand.train.task import Trained

Pooling = Literal["mean", "first", "pooled"]
AT_ONCE = 64  # sentences that are read together


class Reader:
    """A network with the vocabulary that it knows; in evaluation mode."""

    def __init__(self, network: Module, vocabulary: WordPiece):
        self.network, self.vocabulary = network, vocabulary
        self.encoder: Encoder = network if isinstance(network, Encoder) else network.encoder

    @property
    def longest(self) -> int:
        """How many tokens it reads at most."""
        return len(self.encoder.positions.weight)

    def inputs(
        self, texts: Sequence[str], others: Sequence[str] | None = None, longest: int | None = None
    ) -> Int[Tensor, "texts 2 time"]:
        """Texts, or pairs of them, as the network reads them."""
        most = min(longest or self.longest, self.longest)
        return inputs(texts, others, self.vocabulary, most).to(self.encoder.pooler.weight.device)

    def fill(self, texts: Sequence[str], many: int = 5) -> list[dict[str, Any]]:
        """For each text, and each [MASK] in it, the likeliest tokens and their probabilities.

        Raises UserError for a text without a [MASK] or with more tokens than the network reads, and for a network that
        has lost its head.
        """
        whole("many", many, "[1, 1000]")
        if not isinstance(self.network, BERT):
            raise UserError("This network has no head that says words: it cannot fill in what is missing.")
        found = []
        for text in texts:
            (tokens,) = self.vocabulary.encode([text])
            if self.vocabulary.index[MASK] not in tokens:
                raise UserError(f"'{text}' has no {MASK}: write it where a word is missing.")
            if len(tokens) > self.longest - 2:
                raise UserError(
                    f"'{text[:40]}' has {len(tokens)} tokens, and the network reads {self.longest - 2} at most."
                )
            with torch.no_grad():
                read = self.inputs([text])
                (places,) = (read[0, 0] == self.vocabulary.index[MASK]).nonzero(as_tuple=True)
                chances = softmax(self.network.words(self.network(read)[0, places])).cpu()
                likely = chances.topk(min(many, len(self.vocabulary)))
            guesses = [
                [{"token": token, "probability": p} for token, p in zip(self.vocabulary.named(ids), ps, strict=True)]
                for ids, ps in zip(likely.indices.tolist(), likely.values.tolist(), strict=True)
            ]
            best = iter([of_place[0]["token"] for of_place in guesses])
            named = [next(best) if t == MASK else t for t in self.vocabulary.named(tokens)]
            found.append({"text": text, "filled": " ".join(named).replace(" ##", ""), "guesses": guesses})
        return found

    def embed(self, texts: Sequence[str], pooling: Pooling = "mean") -> Float[Tensor, "texts hidden"]:
        """A vector for each text: the mean of its tokens' states, the first one's, or the latter pooled."""
        return torch.cat([*self._embedded(texts, pooling)])

    @torch.no_grad()
    def _embedded(self, texts: Sequence[str], pooling: Pooling) -> Iterator[Tensor]:
        for start in range(0, len(texts), AT_ONCE):
            read = self.inputs(texts[start : start + AT_ONCE])
            states = self.encoder(read)
            if pooling == "mean":
                counts = (read[:, 0] != PAD)[:, :, None].to(states.dtype)
                yield ((states * counts).sum(1) / counts.sum(1)).cpu()
            else:
                yield (states[:, 0] if pooling == "first" else self.encoder.pooled(states)).cpu()

    @torch.no_grad()
    def maps(self, inputs: Int[Tensor, "batch 2 time"]) -> list[Float[Tensor, "batch heads queries keys"]]:
        """The weights of all heads, layer by layer."""
        found, keep = [], inputs[:, 0] != PAD
        for number, layer in enumerate(self.encoder.layers):
            x = self.encoder(inputs, number)
            found.append(layer.attention(x, keep=keep, causal=layer.causal, weights=True)[1])
        return found


def reader_of(run: Trained) -> Reader:
    """A run's network with its vocabulary; raises UserError where that is another network's."""
    path = run.folder.path / "vocabulary.json"
    vocabulary = WordPiece.read(path)
    if len(vocabulary) != run.recipe.model.vocab:
        raise UserError(f"{path} has {len(vocabulary):,} tokens, but the network learned {run.recipe.model.vocab:,}.")
    return Reader(run.model, vocabulary)
