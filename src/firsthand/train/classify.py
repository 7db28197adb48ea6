"""Say which class an image belongs to."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import Module

from firsthand.bounds import whole
from firsthand.data.images import ImageSets
from firsthand.errors import UserError
from firsthand.nn import log_softmax
from firsthand.train.explain import Explanation, explain, feature_maps
from firsthand.train.folder import RunFolder
from firsthand.train.task import Batch, Examples, Task, Trained
from firsthand.typed import read_json


class Classify(Task):
    """Say which class an image belongs to; scores are the loss and the error (share of images classified wrongly)."""

    side: int | None = None  # pixels of the sides of the images that `prepare` takes; None: it looks itself
    eval_batch = 500
    classifies = True

    def __init__(self, recipe: Any):
        super().__init__(recipe)
        self.take(recipe.data.load())

    def take(self, sets: ImageSets) -> None:
        """Take the images of the three parts, ready for the network."""
        if self.side is not None:
            sets.of_side(self.side, self.recipe.data.name)
        self.classes = sets.classes
        self.train, self.val, self.test = (
            None if part is None else self.examples(*part) for part in (sets.train, sets.val, sets.test)
        )

    def examples(self, images: Tensor, labels: Tensor) -> Examples:
        """One part of the images."""
        return Examples(self.prepare(images), labels)

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
        return self.judged(model(batch[0]), batch[1])

    def judged(self, outputs: Tensor, targets: Tensor) -> dict[str, Tensor]:
        """The scores of every example from the network's outputs."""
        wrong = self.logits(outputs).argmax(dim=1) != targets
        return {"loss": self.losses(outputs, targets), "error": wrong.float()}

    def loss(self, model: Module, batch: Batch) -> Tensor:
        """Mean loss of a batch."""
        return self.losses(model(batch[0]), batch[1]).mean()

    def files(self) -> dict[str, Any]:
        """The names of the classes."""
        return {"classes.json": list(self.classes)}

    def recall(self, folder: RunFolder) -> None:
        """Take from a run's folder what `prepare` learned from its training images."""

    def remarks(self, outputs: Tensor) -> list[dict[str, float]]:
        """What else `classify` reports about each image: a "distance" from the classes, and the "distance_limit" beyond
        which it is unlike what the network was trained on; or the "margin" between the two best outputs."""
        return [{} for _ in outputs]

    def figures(self, model: Module) -> Iterator[tuple[str, Any]]:
        """Which classes the test set confuses, and the test images with the highest loss; else the validation set."""
        from firsthand.figures import images  # matplotlib takes half a second to import

        examples, kind = (self.test, "test images") if self.test is not None else (self.val, "validation images")
        outputs, targets = self.outputs(model, examples)
        predicted = self.logits(outputs).argmax(dim=1)
        yield "confusion", images.confusion(targets, predicted, self.classes, kind)
        worst = self.losses(outputs, targets).argsort(descending=True, stable=True)[:16]
        titles = [f"{self.classes[targets[i]]} → {self.classes[predicted[i]]}" for i in worst]
        yield "mistakes", images.mistakes(self.shown(examples, worst), titles)

    @torch.no_grad()
    def outputs(self, model: Module, examples: Examples) -> Batch:
        """The network's outputs for all examples, in evaluation mode, on the CPU, and their targets."""
        like, training = next(model.parameters()), model.training  # its device and precision
        model.eval()
        found, targets = [], []
        for part in torch.arange(len(examples)).split(self.eval_batch):
            batch = examples.batch(part)
            found.append(model(batch[0].to(like)).float().cpu())
            targets.append(batch[1])
        model.train(training)
        return torch.cat(found), torch.cat(targets)

    def shown(self, examples: Examples, places: Tensor) -> Tensor:
        """For a figure, some of the examples whose outputs there are."""
        return examples.batch(places)[0]

    @classmethod
    def of_run(cls, run: Trained) -> "Classify":
        """The task of a run, without its data, but with what it needs to know of them."""
        task = cls.without_data(run.recipe)
        task.recall(run.folder)
        task.classes = read_json(run.folder.path / "classes.json", list[str])
        return task

    def see(self, model: Module, paths: Sequence[Path | str], crops: int = 1) -> Iterator[dict[str, Any]]:
        """The two likeliest classes of each picture, as the data set reads pictures, a row each.

        With `crops` it looks at so many parts of each, and the mean of their softmax counts. The row of a file that is
        no such picture has an "error" in their place. Raises UserError if there is no path, or no part to look at.
        """
        whole("crops", crops, "[1, 144]")
        if not paths:
            raise UserError("There is nothing to classify: give the path of at least one image.")
        together = max(self.eval_batch // crops, 1)
        parts = [paths[start : start + together] for start in range(0, len(paths), together)]
        return (row for part in parts for row in self._rows(model, part, crops))

    @torch.no_grad()
    def _rows(self, model: Module, paths: Sequence[Path | str], crops: int) -> list[dict[str, Any]]:
        """The rows of pictures that are looked at together."""
        like, classes, views = next(model.parameters()), self.classes, []
        rows: list[dict[str, Any]] = [{"path": str(path)} for path in paths]
        for row in rows:
            try:
                views.append(self.views(row["path"], crops))
            except UserError as error:
                row["error"] = str(error)
        if not views:
            return rows
        outputs = model(self.prepare(torch.cat(views)).to(like)).float().cpu()
        scores = log_softmax(self.logits(outputs)).exp().unflatten(0, (len(views), -1)).mean(1)
        if scores.shape[1] != len(classes):
            raise UserError(f"There are {len(classes)} classes, but the network tells {scores.shape[1]} apart.")
        best = scores.topk(2, dim=1)
        for row, (first, second), (sure, less), remarks in zip(
            (row for row in rows if "error" not in row),
            best.indices.tolist(),
            best.values.tolist(),
            self.remarks(outputs[:: len(views[0])]),
            strict=True,
        ):
            row |= {"class": classes[first], "confidence": sure}
            row |= {"runner_up": classes[second], "runner_up_confidence": less} | remarks
        return rows

    def explain(self, model: Module, paths: Sequence[Path | str]) -> Iterator[Explanation]:
        """Why the network takes each picture for what it does; raises UserError for a file that is no picture."""
        for path in paths:
            x, picture = self.looked_at(model, path)
            yield explain(model, lambda views: self.logits(model(views)), x, picture, self.classes)

    def maps(self, model: Module, path: Path | str) -> tuple[Tensor, dict[str, Tensor]]:
        """A picture, and what the network's convolutions make of it; UserError for a network that has none."""
        x, picture = self.looked_at(model, path)
        return picture, feature_maps(model, x)

    def looked_at(self, model: Module, path: Path | str) -> tuple[Tensor, Tensor]:
        """A user's picture as the network sees it, and as people do, 0 to 1."""
        (image,) = self.views(path, 1)
        x = self.prepare(image[None])[0].to(next(model.parameters()))
        return x, (image if image.ndim == 3 else image[None]).float() / 255

    def views(self, path: Path | str, crops: int) -> Tensor:
        """The parts of a user's picture that the network looks at; raises UserError for a number that it has not."""
        if crops != 1:
            raise UserError(f"The data '{self.recipe.data.name}' shows one view of a picture, not {crops}.")
        return self.recipe.data.picture(path)[None]
