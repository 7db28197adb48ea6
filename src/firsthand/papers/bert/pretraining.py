"""Pre-training: say which words were hidden, and whether the second span follows the first."""

from collections.abc import Iterator
from dataclasses import replace
from math import exp
from typing import Any

import torch
from jaxtyping import Int
from torch import Generator, Tensor
from torch.nn import Module

from firsthand.data.order import mixed
from firsthand.data.wordpiece import WordPiece
from firsthand.errors import UserError
from firsthand.nn import cross_entropy, log_softmax
from firsthand.papers.bert.masking import NOTHING, masked
from firsthand.papers.bert.model import BERT, PAD
from firsthand.papers.bert.reading import Reader, reader_of
from firsthand.papers.bert.spans import examples
from firsthand.papers.bert.weights import origin
from firsthand.train.task import Batch, Examples, Task, Trained


class Hidden(Examples):
    """Examples with words hidden once for all, as they are scored; for training they are hidden anew."""

    def __init__(
        self, inputs: Int[Tensor, "examples 2 time"], follows: Int[Tensor, " examples"], vocabulary: WordPiece, mix: Any
    ):
        self.whole, self.follows, self.vocabulary, self.mix = inputs, follows, vocabulary, mix
        shown = self.hidden(torch.arange(len(inputs)), Generator().manual_seed(0), trimmed=False)
        super().__init__(*shown)

    def hidden(self, indices: Int[Tensor, " batch"], generator: Generator, trimmed: bool = True) -> Batch:
        """These examples with words hidden as the generator has it, as wide as the longest."""
        whole, follows = self.whole[indices], self.follows[indices]
        tokens, words = masked(whole[:, 0], self.vocabulary, generator, self.mix)
        batch = torch.stack([tokens, whole[:, 1]], 1), torch.cat([follows[:, None], words], 1)
        return narrowed(*batch) if trimmed else batch

    def batch(self, indices: Int[Tensor, " batch"]) -> Batch:
        """The examples with these numbers, with the same words hidden every time."""
        return narrowed(*super().batch(indices))


def narrowed(inputs: Int[Tensor, "batch 2 time"], targets: Int[Tensor, "batch labels"]) -> Batch:
    """A batch without the columns in which all rows have padding."""
    width = int((inputs[:, 0] != PAD).sum(1).max())
    return inputs[:, :, :width], targets[:, : width + 1]


class Pretraining(Task):
    """The loss is in nats: the mean over all hidden words, and, where there are two spans, that of what follows.

    Targets are, row by row, whether the spans follow each other (0) or not (1), then the hidden words, `NOTHING` where
    none was. Scores are the loss, the perplexity of hidden words, and the share of pairs that are judged wrongly.
    """

    network = BERT
    methods = ("pretrain",)
    eval_batch = 128
    fills = True
    origin = staticmethod(origin)

    def __init__(self, recipe: Any):
        sets = recipe.data.load()
        self.vocabulary, vocab = sets.vocabulary, len(sets.vocabulary)
        if recipe.model.vocab not in (None, vocab):
            raise UserError(
                f"model.vocab is {recipe.model.vocab}, but the data has {vocab} tokens; leave it to the data."
            )
        length = recipe.data.length
        if recipe.model.length < length:
            raise UserError(f"data.length is {length}, but the network has {recipe.model.length} positions.")
        model = replace(recipe.model, vocab=vocab)
        super().__init__(replace(recipe, model=model, data=recipe.data.located()))
        for number, name in enumerate(("train", "val", "test")):
            inputs, follows = examples(getattr(sets, name), recipe.data, self.vocabulary, number)
            setattr(self, name, Hidden(inputs, follows, self.vocabulary, recipe.mix))

    def batch(self, indices: Int[Tensor, " batch"], step: int) -> Batch:
        """Every time an example is trained on, other words are hidden."""
        generator = Generator().manual_seed(int(mixed(self.recipe.seed, step, int(indices[0]))[0]))
        return self.train.hidden(indices, generator)

    def outputs(self, model: Module, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """Logits of the hidden words, what they were, and logits of what follows; padding was never hidden."""
        inputs, targets = batch
        chosen = (targets[:, 1:] != NOTHING) & (inputs[:, 0] != PAD)
        words, follows = model.pretrain(inputs, chosen)
        return words, targets[:, 1:][chosen], follows

    def loss(self, model: Module, batch: Batch) -> Tensor:
        """Mean cross-entropy of hidden words, plus that of what follows."""
        words, hidden, follows = self.outputs(model, batch)
        loss = cross_entropy(words, hidden)
        # Without a second span the head of what follows gets no gradient but 0, which several processes wait for.
        return loss + (cross_entropy(follows, batch[1][:, 0]) if self.recipe.data.pairs else 0.0 * follows.sum())

    def losses(self, model: Module, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """The cross-entropy of every hidden word, that of every pair, and whether it was judged wrongly."""
        words, hidden, follows = self.outputs(model, batch)
        of_words = -log_softmax(words).gather(1, hidden[:, None])[:, 0]
        true = batch[1][:, 0]
        of_pairs = -log_softmax(follows).gather(1, true[:, None])[:, 0]
        return of_words, of_pairs, (follows.argmax(1) != true).to(of_pairs.dtype)

    def scores(self, model: Module, batch: Batch) -> dict[str, Tensor]:
        """The loss of every example."""
        of_words, of_pairs, _ = self.losses(model, batch)
        row = ((batch[1][:, 1:] != NOTHING) & (batch[0][:, 0] != PAD)).nonzero()[:, 0]
        mean = torch.zeros_like(of_pairs).index_add_(0, row, of_words) / row.bincount(minlength=len(of_pairs))
        return {"loss": mean + of_pairs if self.recipe.data.pairs else mean}

    def measure(self, model: Module, examples: Examples, device: torch.device | str) -> dict[str, float]:
        """Means over the hidden words and over the pairs of the first `eval_examples` examples."""
        sums, counts = torch.zeros(3, dtype=torch.float64), torch.zeros(3, dtype=torch.float64)
        for indices in torch.arange(min(len(examples), self.recipe.eval_examples)).split(self.eval_batch):
            found = self.losses(model, self.on(device, model, examples.batch(indices)))
            sums += torch.stack([values.double().sum().cpu() for values in found])
            counts += torch.tensor([len(values) for values in found])
        words, pairs, wrong = (sums / counts).tolist()
        scores = {"loss": words, "perplexity": exp(min(words, 700.0))}
        return scores | ({"loss": words + pairs, "next_error": wrong} if self.recipe.data.pairs else {})

    def files(self) -> dict[str, Any]:
        """The vocabulary, which turns text into indices and back."""
        return {"vocabulary.json": self.vocabulary.to_json()}

    @classmethod
    def reader(cls, run: Trained) -> Reader:
        """A trained network that reads a user's sentences."""
        return reader_of(run)

    def figures(self, model: Module) -> Iterator[tuple[str, Any]]:
        """How much the first example's words look at one another, in every head of every layer."""
        from firsthand.figures import attention  # matplotlib takes half a second to import

        inputs, _ = self.val.batch(torch.arange(1))
        tokens = self.vocabulary.named(inputs[0, 0].tolist())
        maps = Reader(model.eval(), self.vocabulary).maps(inputs.to(next(model.parameters()).device))
        yield "attention", attention.heads([weights[0].cpu() for weights in maps], tokens, tokens)
