"""Say which class an image belongs to."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import Module

from firsthand.errors import UserError
from firsthand.nn import log_softmax
from firsthand.train.task import Batch, Examples, Task, Trained
from firsthand.typed import read_json


class Classify(Task):
    """Say which class an image belongs to; scores are the loss and the error (share of images classified wrongly)."""

    side: int | None = None  # pixels of the sides of the images that `prepare` takes; None: it looks itself
    eval_batch = 500
    classifies = True

    def __init__(self, recipe: Any):
        super().__init__(recipe)
        sets = recipe.data.load()
        if self.side is not None:
            sets.of_side(self.side, recipe.data.name)
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
        which it is unlike what the network was trained on; or the "margin" between the two best outputs."""
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
