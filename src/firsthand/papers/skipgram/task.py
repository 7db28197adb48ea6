"""What is trained: which words stand near which, in stretches of a thousand words of text."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import Module
from torch.optim import Optimizer

from firsthand.data.order import mixed
from firsthand.data.specs import Lines
from firsthand.data.tokens import TokenVocabulary
from firsthand.data.wordvectors import WordVectors
from firsthand.errors import UserError
from firsthand.papers.skipgram.model import SkipGram
from firsthand.papers.skipgram.phrases import join
from firsthand.papers.skipgram.sampling import Draws, Passages, count
from firsthand.papers.skipgram.update import RowSGD, process, stretch
from firsthand.train.folder import read_json
from firsthand.train.next_character import completed
from firsthand.train.recipe import Optim, schedule_for
from firsthand.train.task import Batch, Examples, Task, Trained


class NearWords(Task):
    """Learn which words stand near which; the loss is in nats a pair, in CBOW a word."""

    def __init__(self, recipe: Any):
        corpus = recipe.data.load()
        if isinstance(corpus, Lines) or recipe.data.level == "character":
            raise UserError("Vectors of words are learned from running text: leave out 'lines', and 'level character'.")
        tokens, self.vocabulary = (corpus.train, corpus.val, corpus.test), corpus.vocabulary
        if recipe.phrases:
            tokens, self.vocabulary = join(tokens, self.vocabulary, recipe.phrases, recipe.threshold, recipe.discount)
        if len(self.vocabulary) < 3:
            raise UserError("Fewer than two words of the text are frequent enough to be known: lower --data.min-count.")
        super().__init__(completed(recipe, len(self.vocabulary) - 1))
        self.counts = count(tokens[0], self.recipe.model.vocab)
        size, self.eval_batch = self.recipe.passage, self.recipe.batch
        self.train = Passages(tokens[0], size)
        self.val, self.test = (Passages(part, size) if len(part) > 1 else None for part in tokens[1:])

    @classmethod
    def without_data(cls, recipe: Any) -> "NearWords":
        """The task of a network alone; the tree is that of Zipf's law."""
        task = super().without_data(recipe)
        task.counts = None
        return task

    @classmethod
    def on_counts(cls, recipe: Any, other: "NearWords") -> "NearWords":
        """The task of another recipe on the text of one that is there, which is not read again."""
        task = Task.without_data.__func__(cls, recipe)
        for name in ("counts", "vocabulary", "train", "val", "test", "eval_batch"):
            setattr(task, name, getattr(other, name))
        return task

    def model(self) -> Module:
        """The network, its tree that of the training text's counts."""
        return SkipGram(self.recipe.model, self.counts)

    @cached_property
    def factor(self) -> Callable[[int], float]:
        """The schedule of the rate; of one that watches the losses the highest rate counts."""
        return (lambda step: 1.0) if self.recipe.schedule.name == "plateau" else schedule_for(self.recipe)

    @cached_property
    def draws(self) -> Draws:
        """What is drawn at random: the words that are kept, how far each reaches, the noise."""
        recipe = self.recipe
        shared = 0 if recipe.model.output == "hierarchical" else recipe.shared  # a tree has no noise
        return Draws(self.counts, recipe.subsample, recipe.formula, recipe.window, recipe.power, shared)

    def batch(self, indices: Tensor, step: int) -> tuple[Tensor, ...]:
        """The passages as a stretch of text, as this step, and of several processes this one, has drawn it."""
        number, _ = process()
        generator = np.random.default_rng(mixed(self.recipe.seed, step, *([number] if number else []), count=4))
        return *self.draws.stretch(self.train.rows(indices.numpy()), generator), torch.tensor(step)

    def loss(self, model: Module, batch: tuple[Tensor, ...]) -> Tensor:
        """The mean loss of a pair, with the gradient of the sum: every pair makes a step of its own."""
        if len(batch) == 2:  # examples apart, as the checks have them
            return super().loss(model, batch)
        *text, step = batch
        recipe, (_, processes) = self.recipe, process()
        rate = recipe.optim.lr * self.factor(int(step)) * processes
        most = None if recipe.limit is None or not rate else recipe.limit / rate
        loss = stretch(model, *text, recipe.noise, most)
        return loss if processes == 1 else loss / processes  # as if each had its share of a mean

    def weight(self, indices: Tensor) -> int:
        """One for however many passages: the steps of all pairs add up, also those of several processes."""
        return 1

    def scores(self, model: Module, batch: Batch) -> dict[str, Tensor]:
        """The loss of every example: equation 4, or equation 3 with a tree."""
        return {"loss": model.loss(model(*batch))}

    def given(self, batch: Batch) -> Batch:
        """The words, and of which others the scores are asked for."""
        return batch

    @torch.no_grad()
    def measure(self, model: Module, examples: Examples, device: torch.device | str) -> dict[str, float]:
        """The mean loss of a pair over the first `eval_tokens` words, all of them kept, with the same draws always."""
        most = max(1, min(len(examples), self.recipe.eval_tokens // self.recipe.passage))
        draws = replace(self.draws, subsample=0.0)
        total, parts = 0.0, np.array_split(np.arange(most), -(-most // self.eval_batch))
        for number, part in enumerate(parts):
            batch = draws.stretch(examples.rows(part), np.random.default_rng(number))
            loss = stretch(model, *(t.to(device) for t in batch), self.recipe.noise)
            total += loss.double().item() * len(part)
        return {"loss": total / most}

    def optimizer(self, model: Module) -> Optimizer:
        """Plain steps on the rows that a stretch of text has touched."""
        spec = self.recipe.optim
        if spec != Optim("sgd", lr=spec.lr):
            return super().optimizer(model)
        return RowSGD(model.parameters(), spec.lr)

    def files(self) -> dict[str, Any]:
        """The vocabulary, and how often every word of it was seen."""
        counts = {"counts": self.counts.tolist()}
        return {"vocabulary.json": self.vocabulary.to_json(), "counts.json": counts}

    def told(self) -> dict[str, Any]:
        """How many words the training text has."""
        return {"words": int(self.counts.sum())}

    @classmethod
    def word_vectors(cls, run: Trained) -> WordVectors:
        """The input vectors, the most frequent word first."""
        vocabulary = TokenVocabulary.read(run.folder.path / "vocabulary.json")
        counts = read_json(run.folder.path / "counts.json").get("counts")
        matrix = run.model.input.detach().float().cpu().numpy()
        if len(vocabulary) - 1 != len(matrix) or not isinstance(counts, list) or len(counts) != len(matrix):
            raise UserError(f"{run.folder.path}'s vocabulary.json and counts.json are not those of its network.")
        order = np.argsort(-np.array(counts), kind="stable")
        return WordVectors(tuple(vocabulary.tokens[i] for i in order), matrix[order])

    def figures(self, model: Module) -> Iterator[tuple[str, Any]]:
        """A map of the frequent words."""
        from firsthand.figures.words import word_map

        order = np.argsort(-self.counts, kind="stable")
        words = tuple(self.vocabulary.tokens[i] for i in order)
        vectors = WordVectors(words, model.input.detach().float().cpu().numpy()[order])
        yield "map", word_map(vectors)
