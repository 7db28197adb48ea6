"""Say what a picture shows: pictures of any size and any channels, normalised, and made anew at every step."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Int64
from torch import Tensor
from torch.nn import Module

from firsthand.data.augment import CHANCES, augmented
from firsthand.data.chance import uniform
from firsthand.data.crops import views
from firsthand.data.image_folder import ImageFolder
from firsthand.data.images import ImageSets
from firsthand.data.normalisation import Colours, Normalisation
from firsthand.data.specs import Pictures
from firsthand.errors import UserError
from firsthand.nn import Conv2d
from firsthand.train import recipe
from firsthand.train.classify import Classify
from firsthand.train.explain import explain, feature_maps
from firsthand.train.folder import RunFolder
from firsthand.train.pictures import TRAINED, InFiles, InMemory
from firsthand.train.task import Batch, Examples
from firsthand.typed import read_json

MEASURED = 2000  # pictures of a folder that are read to measure them


class Vision(Classify):
    """Say what a picture shows; the network has as many channels and classes as the data."""

    eval_batch = 250
    train: InMemory

    def __init__(self, recipe: Any):
        super().__init__(replace(recipe, data=recipe.data.located()))

    def take(self, sets: ImageSets | ImageFolder) -> None:
        """Measure the training images, and fit the network to them."""
        data, self.classes = self.recipe.data, sets.classes
        if isinstance(sets, ImageFolder):
            self._of_folder(sets)
        else:
            parts = sets.train, sets.val, sets.test
            self.train, self.val, self.test = (part and InMemory(_with_channels(part[0]), part[1]) for part in parts)
        if data.normalise is None:
            many = data.folder and len(self.train) > MEASURED
            data = replace(data, normalise="imagenet" if many else "channel")
        if data.normalise in ("channel", "pixel") or data.augment.colour:
            # Of a folder evenly over all classes.
            measured = (
                self.train.inputs if not data.folder else self.train.pixels(_evenly(len(self.train), MEASURED))[0]
            )
        else:
            measured = self.train.pixels(torch.arange(1))[0]
        self.normalise = Normalisation.of(measured, data.normalise)
        self.colours = Colours.of(measured) if data.augment.colour else None
        for examples in (self.train, self.val, self.test):
            if examples is not None:
                examples.normalise = self.normalise
        known = {field.name for field in fields(self.recipe.model)}
        size = {"size": measured.shape[-1]} if data.folder and "size" in known else {}
        fitted = replace(self.recipe.model, classes=len(self.classes), channels=measured.shape[1], **size)
        self.recipe = replace(self.recipe, data=data, model=fitted)

    def _of_folder(self, sets: ImageFolder) -> None:
        """The three parts of a folder's pictures."""
        data, seed = self.recipe.data, self.recipe.seed
        if data.augment.side is not None and data.augment.side[0] < data.seen:
            raise UserError(
                f"data.augment.side is {data.augment.side}: the network sees {data.seen} pixels a side of it."
            )
        self.train = InFiles(sets.train, data, seed, TRAINED)
        self.val, self.test = (part and InFiles(part, data, seed) for part in (sets.val, sets.test))

    def prepare(self, images: Tensor) -> Tensor:
        """Pixels 0..255 as the network sees them."""
        return self.normalise(_with_channels(images))

    def expect(self, coming: Callable[[int], Int64[Tensor, " batch"]] | None) -> None:
        """What each step will train on: pictures in files are read before it."""
        self.train.follow(coming)

    def batch(self, indices: Int64[Tensor, " batch"], step: int) -> Batch:
        """Training pictures made anew for this step."""
        how, seed = self.recipe.data.augment, self.recipe.seed
        images, kept = self.train.trained(indices, step, how, seed)
        std = torch.tensor(self.normalise.std)
        inputs = augmented(self.normalise(images), how, uniform(seed, step, kept, CHANCES), self.colours, std)
        return inputs, self.train.targets[kept]

    def judged(self, outputs: Tensor, targets: Tensor) -> dict[str, Tensor]:
        """Also whether the class is none of the five likeliest, where there are more than five."""
        found, logits = super().judged(outputs, targets), self.logits(outputs)
        if logits.shape[1] > 5:
            found["top5_error"] = (logits.topk(5, dim=1).indices != targets[:, None]).all(dim=1).float()
        return found

    def measure(self, model: Module, examples: Examples, device: torch.device | str) -> dict[str, float]:
        """Means of the scores over all examples that can be read, or over 20,000 of those trained on from files."""
        totals: dict[str, float] = {}
        count = 0
        for batch in examples.batches(self.eval_batch):
            count += len(batch[1])
            for name, values in self.scores(model, self.on(device, model, batch)).items():
                totals[name] = totals.get(name, 0.0) + values.double().sum().item()
        return {name: total / count for name, total in totals.items()}

    def figures(self, model: Module) -> Iterator[tuple[str, Any]]:
        """Also the kernels of the first layer, feature maps, and what in four pictures speaks for their class."""
        from firsthand.figures import explanation  # matplotlib takes half a second to import

        yield from super().figures(model)
        first = next(p for p in model.parameters() if p.ndim == 4)
        if first.shape[2] > 1:
            yield "kernels", explanation.kernels(first.detach().float().cpu(), "kernels of the first layer")
        examples = self.val if self.test is None else self.test
        places, model = torch.arange(min(4, len(examples))), model.eval()
        inputs, pictures = examples.batch(places)[0].to(first), self.shown(examples, places)
        if any(isinstance(module, Conv2d) for module in model.modules()):
            yield "maps", explanation.maps(pictures[0], feature_maps(model, inputs[0]))
        yield "explained", explanation.explanations([
            explain(model, lambda views: self.logits(model(views)), x, picture, self.classes)
            for x, picture in zip(inputs, pictures, strict=False)
        ])  # fmt: skip

    def shown(self, examples: Examples, places: Tensor) -> Tensor:
        """For a figure, some of those that could be read, as they were before the normalisation."""
        return examples.pixels(examples.sound()[places])[0].float() / 255

    def views(self, path: Path | str, crops: int) -> Tensor:
        """The parts of a user's picture that the network looks at: the middle, ten or 144 of a photograph."""
        data = self.recipe.data
        middle = data.picture(path)
        if crops == 1:
            return middle[None]
        if middle.ndim != 3:
            raise UserError(f"The data '{data.name}' shows one view of a picture, not {crops}: it has no colours.")
        side = middle.shape[-1]
        return views(path, crops, side, data.resized if data.folder else round(side * 256 / 224))

    def files(self) -> dict[str, Any]:
        """The names of the classes, and how pixels are normalised."""
        return super().files() | {"normalisation.json": {"mean": self.normalise.mean, "std": self.normalise.std}}

    def recall(self, folder: RunFolder) -> None:
        """How pixels are normalised."""
        self.normalise = read_json(folder.path / "normalisation.json", Normalisation)

    def digest(self) -> str:
        """The SHA-256 of the examples; of pictures in files that of their names and sizes."""
        found = super().digest()
        listed = [part.listing.digest() for part in (self.train, self.val, self.test) if isinstance(part, InFiles)]
        return hashlib.sha256("".join([found, *listed]).encode()).hexdigest() if listed else found


@dataclass(frozen=True)
class VisionRecipe(recipe.Recipe):
    """A recipe with pictures; a paper adds its `model` and `task`."""

    data: Pictures = Pictures()


def _with_channels(images: Tensor) -> Tensor:
    """Images with an axis of channels."""
    return images[:, None] if images.ndim == 3 else images


def _evenly(count: int, most: int) -> Int64[Tensor, " some"]:
    """Places up to `count`, at most so many."""
    most = min(count, most)
    return torch.arange(most) * count // most
