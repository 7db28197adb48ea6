"""Say what a picture shows: pictures of any size and any channels, normalised, and made anew at every step."""

from dataclasses import dataclass, replace
from typing import Any

import torch
from jaxtyping import Float, Int64, UInt8
from torch import Tensor

from firsthand.data.augment import augmented, uniform
from firsthand.data.images import ImageSets
from firsthand.data.specs import Pictures
from firsthand.train import recipe
from firsthand.train.classify import Classify
from firsthand.train.folder import RunFolder
from firsthand.train.task import Batch, Examples
from firsthand.typed import read_json

Values = list[list[list[float]]]  # (channel, height, width), where 1 serves for all rows or columns


@dataclass(frozen=True)
class Normalisation:
    """What is taken away from pixels of 0..1, and what they are divided by then."""

    mean: Values
    std: Values

    @classmethod
    def of(cls, images: UInt8[Tensor, "images channel height width"], kind: str) -> "Normalisation":
        """Of training images, as `Pictures.normalise` says."""
        zero, one = torch.zeros(images.shape[1], 1, 1), torch.ones(images.shape[1], 1, 1)
        if kind == "none":
            return cls(zero.tolist(), one.tolist())
        total = sum(part.double().sum(0) for part in images.split(1000)) / (255 * len(images))
        if kind == "pixel":
            return cls(total.tolist(), one.tolist())
        mean = total.mean((1, 2), keepdim=True)
        squares = sum((part.double() / 255).square().sum(0) for part in images.split(1000)) / len(images)
        std = (squares.mean((1, 2), keepdim=True) - mean.square()).clamp(min=1e-12).sqrt()
        return cls(mean.tolist(), std.tolist())

    def __call__(self, images: UInt8[Tensor, "batch channel height width"]) -> Float[Tensor, "..."]:
        """Pixels 0..255 as the network sees them."""
        mean, std = torch.tensor(self.mean), torch.tensor(self.std)
        return images.float().div_(255).sub_(mean).div_(std)


class PictureExamples(Examples):
    """Pictures that lie in memory in 8 bits a pixel, and are prepared batch by batch."""

    def __init__(self, images: UInt8[Tensor, "..."], labels: Int64[Tensor, " examples"], normalise: Normalisation):
        super().__init__(images, labels)
        self.normalise = normalise

    def batch(self, indices: Int64[Tensor, " batch"]) -> Batch:
        """The examples with these indices, as (inputs, targets)."""
        return self.normalise(self.inputs[indices]), self.targets[indices]


class Vision(Classify):
    """Say what a picture shows; the network has as many channels and classes as the data."""

    eval_batch = 250

    def take(self, sets: ImageSets) -> None:
        """Measure the training images, and fit the network to them."""
        images = _with_channels(sets.train[0])
        fitted = replace(self.recipe.model, classes=len(sets.classes), channels=images.shape[1])
        self.recipe = replace(self.recipe, model=fitted)
        self.normalise = Normalisation.of(images, self.recipe.data.normalise)
        super().take(sets)

    def examples(self, images: Tensor, labels: Tensor) -> Examples:
        """One part of the pictures."""
        return PictureExamples(_with_channels(images), labels, self.normalise)

    def prepare(self, images: Tensor) -> Tensor:
        """Pixels 0..255 as the network sees them."""
        return self.normalise(_with_channels(images))

    def batch(self, indices: Int64[Tensor, " batch"], step: int) -> Batch:
        """Training pictures made anew for this step."""
        inputs, targets = self.train.batch(indices)
        return augmented(inputs, self.recipe.data.augment, uniform(self.recipe.seed, step, indices, 3)), targets

    def files(self) -> dict[str, Any]:
        """The names of the classes, and how pixels are normalised."""
        return super().files() | {"normalisation.json": {"mean": self.normalise.mean, "std": self.normalise.std}}

    def recall(self, folder: RunFolder) -> None:
        """How pixels are normalised."""
        self.normalise = read_json(folder.path / "normalisation.json", Normalisation)


@dataclass(frozen=True)
class VisionRecipe(recipe.Recipe):
    """A recipe with pictures; a paper adds its `model` and `task`."""

    data: Pictures = Pictures()


def _with_channels(images: Tensor) -> Tensor:
    """Images with an axis of channels."""
    return images[:, None] if images.ndim == 3 else images
