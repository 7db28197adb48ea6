"""Predict the next character of a line from the few before it; what tasks on text share."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn import Module

from firsthand.data.text import Vocabulary, windows
from firsthand.errors import UserError
from firsthand.nn import cross_entropy, log_softmax
from firsthand.train.sampling import Sampling
from firsthand.train.task import Batch, Examples, Task, Trained
from firsthand.train.writing import write_lines


def completed(recipe: Any, vocab: int) -> Any:
    """The recipe with what its data says: how many tokens there are, and where the file lies."""
    if recipe.model.vocab not in (None, vocab):
        raise UserError(f"model.vocab is {recipe.model.vocab}, but the data has {vocab} tokens; leave it to the data.")
    return replace(recipe, model=replace(recipe.model, vocab=vocab), data=recipe.data.located())


def vocabulary_of(run: Trained, kind: Any) -> Any:
    """The run's vocabulary, of this kind; raises UserError for a file that is not the one of its network."""
    path = run.folder.path / "vocabulary.json"
    found = kind.read(path)
    if len(found) != run.recipe.model.vocab:
        raise UserError(f"{path} has {len(found) - 1} tokens, but the network learned {run.recipe.model.vocab - 1}.")
    return found


class NextCharacter(Task):
    """Predict each next character of a line from the `context` characters before it; the loss is nats a character."""

    def __init__(self, recipe: Any):
        lines = recipe.data.load()
        super().__init__(completed(recipe, len(lines.vocabulary)))
        self.vocabulary = lines.vocabulary
        context = recipe.model.context
        self.train, self.val, self.test = (
            Examples(*windows(part, lines.vocabulary, context)) for part in (lines.train, lines.val, lines.test)
        )

    def loss(self, model: Module, batch: Batch) -> Tensor:
        """Mean cross-entropy in nats per token."""
        return cross_entropy(model(batch[0]), batch[1])

    def scores(self, model: Module, batch: Batch) -> dict[str, Tensor]:
        """The cross-entropy of every example."""
        return {"loss": -log_softmax(model(batch[0])).gather(1, batch[1][:, None]).squeeze(1)}

    def files(self) -> dict[str, Any]:
        """The vocabulary, which turns text into indices and back."""
        return {"vocabulary.json": self.vocabulary.to_json()}

    @classmethod
    def writes(cls, recipe: Any) -> Literal["lines"]:
        """What a trained network writes."""
        return "lines"

    @classmethod
    def sample(cls, run: Trained, count: int, options: Sampling = Sampling(), new: bool = False) -> Iterator[Iterator]:
        """Write `count` lines, each an iterator; with `new`, distinct ones that are not in the training set."""
        vocabulary = vocabulary_of(run, Vocabulary)
        generator = torch.Generator().manual_seed(options.seed)

        def write(number: int) -> list[str]:
            return write_lines(run.model, vocabulary, number, options, generator, run.recipe.model.context)

        lines = new_lines(write, cls.training_lines(run), count, options) if new else write(count)
        return (iter([line]) for line in lines)

    @classmethod
    def training_lines(cls, run: Trained) -> set[str]:
        """The lines that the run learned from, read again from its data."""
        return set(run.recipe.data.load().train)


def new_lines(write: Callable[[int], list[str]], known: set[str], count: int, options: Sampling) -> list[str]:
    """Up to `count` distinct lines that are not `known`, from what `write(number)` writes."""
    found: dict[str, None] = {}
    for _ in range(20):
        found |= dict.fromkeys(line for line in write(max(count, 100)) if line and line not in known)
        if len(found) >= count or options.greedy:
            break
    return list(found)[:count]
