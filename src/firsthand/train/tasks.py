"""Two kinds of task: predict the next character of a line from the few before it, and classify an image."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
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
from firsthand.typed import read_json


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


class NextToken(Task):
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


class Classify(Task):
    """Say which class an image belongs to; scores are the loss and the error (share of images classified wrongly)."""

    eval_batch = 500
    classifies = True

    def __init__(self, recipe: Any):
        super().__init__(recipe)
        sets = recipe.data.load()
        self.classes = sets.classes
        self.train, self.val, self.test = (
            None if part is None else Examples(self.prepare(part[0]), part[1])
            for part in (sets.train, sets.val, sets.test)
        )

    def prepare(self, images: Tensor) -> Tensor:
        """Pixels 0..255, (images, height, width) or with an axis of channels before the height, to inputs 0..1."""
        return (images[:, None] if images.ndim == 3 else images).float() / 255

    def logits(self, outputs: Tensor) -> Tensor:
        """Scores from the network's outputs of which the largest wins, and whose softmax is the confidence."""
        return outputs

    def losses(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """The loss of every example from the network's outputs: by default the cross-entropy in nats."""
        return -log_softmax(self.logits(outputs)).gather(1, targets[:, None]).squeeze(1)

    def scores(self, model: Module, batch: Batch) -> dict[str, Tensor]:
        """Loss and error of every example."""
        outputs = model(batch[0])
        wrong = self.logits(outputs).argmax(dim=1) != batch[1]
        return {"loss": self.losses(outputs, batch[1]), "error": wrong.float()}

    def loss(self, model: Module, batch: Batch) -> Tensor:
        """Mean loss of a batch."""
        return self.losses(model(batch[0]), batch[1]).mean()

    def files(self) -> dict[str, Any]:
        """The names of the classes."""
        return {"classes.json": list(self.classes)}

    def remarks(self, outputs: Tensor) -> list[dict[str, float]]:
        """What else `classify` reports about each image: a "distance" from the classes, and the "distance_limit" beyond
        which it is unlike what the network was trained on."""
        return [{} for _ in outputs]

    def figures(self, model: Module) -> Iterator[tuple[str, Any]]:
        """Which classes the test set confuses, and the test images with the highest loss."""
        from firsthand.figures import images  # matplotlib takes half a second to import

        outputs = self.outputs(model, self.test)
        targets = self.test.targets
        predicted = self.logits(outputs).argmax(dim=1)
        yield "confusion", images.confusion(targets, predicted, self.classes)
        worst = self.losses(outputs, targets).argsort(descending=True, stable=True)[:16]
        titles = [f"{self.classes[targets[i]]} → {self.classes[predicted[i]]}" for i in worst]
        yield "mistakes", images.mistakes(self.test.inputs[worst], titles)

    @torch.no_grad()
    def outputs(self, model: Module, examples: Examples) -> Tensor:
        """The network's outputs for all examples, in evaluation mode, on the CPU."""
        like, training = next(model.parameters()), model.training  # its device and precision
        model.eval()
        found = [model(part.to(like)).float().cpu() for part in examples.inputs.split(self.eval_batch)]
        model.train(training)
        return torch.cat(found)

    @classmethod
    @torch.no_grad()
    def classify(cls, run: Trained, paths: Sequence[Path | str]) -> list[dict[str, Any]]:
        """What a trained network sees in a user's pictures, as its data set reads them: the two likeliest classes.

        The row of a file that is no such picture has an "error" in their place. Raises UserError if there is no
        path.
        """
        if not paths:
            raise UserError("There is nothing to classify: give the path of at least one image.")
        rows: list[dict[str, Any]] = [{"path": str(path)} for path in paths]
        pictures = []
        for row in rows:
            try:
                pictures.append(run.recipe.data.picture(row["path"]))
            except UserError as error:
                row["error"] = str(error)
        if not pictures:
            return rows
        task = cls.without_data(run.recipe)
        path = run.folder.path / "classes.json"
        classes = read_json(path, list[str])
        outputs = run.model(task.prepare(torch.stack(pictures)).to(next(run.model.parameters()))).float().cpu()
        scores = log_softmax(task.logits(outputs)).exp()
        if scores.shape[1] != len(classes):
            raise UserError(f"{path} has {len(classes)} classes, but the network tells {scores.shape[1]} apart.")
        best = scores.topk(2, dim=1)
        for row, (first, second), (sure, less), remarks in zip(
            (row for row in rows if "error" not in row),
            best.indices.tolist(),
            best.values.tolist(),
            task.remarks(outputs),
            strict=True,
        ):
            row |= {"class": classes[first], "confidence": sure}
            row |= {"runner_up": classes[second], "runner_up_confidence": less} | remarks
        return rows
