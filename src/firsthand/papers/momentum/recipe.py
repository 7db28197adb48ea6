"""How the autoencoder is trained: a small one in a minute, and the published one with its 750,000 updates."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.nn import Module
from torch.optim import Optimizer

from firsthand.bounds import COUNT, ORDINAL, within
from firsthand.data.specs import Images
from firsthand.nn import avg_pool2d
from firsthand.papers.momentum.model import Autoencoder, Config
from firsthand.papers.momentum.schedule import RisingSGD
from firsthand.train import recipe
from firsthand.train.recipe import Optim, arguments
from firsthand.train.task import Batch, Examples, Task


class Reconstruct(Task):
    """Say again what is in an image, through a narrow code; the score is the squared error, summed over pixels."""

    network = Autoencoder
    eval_batch = 1000

    def __init__(self, recipe: Any):
        super().__init__(recipe)
        sets = recipe.data.load().of_side(28, recipe.data.name)
        for split in ("train", "val", "test"):
            if (part := getattr(sets, split)) is not None:
                images = part[0][:, None].float() / 255
                images = avg_pool2d(images, recipe.model.shrink)  # once, not in every step
                setattr(self, split, Examples(images, images))

    def scores(self, model: Module, batch: Batch) -> dict[str, Tensor]:
        """The squared error of every image."""
        images, targets = batch
        return {"loss": (model(images) - model.seen(targets)).square().flatten(1).sum(1)}

    def optimizer(self, model: Module) -> Optimizer:
        """SGD with rising momentum; any other rule as everywhere."""
        spec = self.recipe.optim
        if spec.name != "sgd":
            return super().optimizer(model)
        options = arguments(RisingSGD, spec) | {"every": self.recipe.every}
        return RisingSGD(model.parameters(), settle=self.recipe.steps - self.recipe.final, **options)

    def figures(self, model: Module) -> Iterator[tuple[str, Any]]:
        """Ten test images above their reconstructions with the squared error of each."""
        from firsthand.figures.images import gallery  # matplotlib takes half a second to import

        like, images = next(model.parameters()), self.test.inputs[:10]
        with torch.no_grad():
            shown, answers = (
                part.cpu().float()[:, 0] for part in (model.seen(images.to(like)), model(images.to(like)))
            )
        errors = (shown - answers).square().sum((1, 2)).tolist()
        yield "reconstructions", gallery(torch.cat([shown, answers]), [""] * 10 + [f"{e:.2f}" for e in errors], 10)


@dataclass(frozen=True)
class Recipe(recipe.Recipe):
    """A recipe with the autoencoder's sizes, its images and the schedule of its momentum."""

    model: Config = Config()
    data: Images = Images()
    every: int = 250  # sgd: updates between two rises of the momentum; optim.momentum is the highest
    final: int = 1000  # sgd: last updates, in which the momentum is at most 0.9
    task: ClassVar = Reconstruct

    def __post_init__(self) -> None:
        super().__post_init__()
        within(self, every=COUNT, final=ORDINAL)


NESTEROV = {"batch": 200, "optim": Optim("sgd", lr=0.05, momentum=0.99, nesterov=True), "keep": "last"}
PRESETS = {
    # 14x14 pixels of scikit-learn's 1,797 digits, nothing to download. 12,000 updates let the momentum rise to 0.9896.
    "laptop": Recipe(
        model=Config(hidden=(64, 32, 8), shrink=2),
        data=Images("digits"),
        steps=12_000,
        final=500,
        eval_every=1000,
        log_every=100,
        checkpoint_every=3000,
        diagnose_every=1000,
        threads=1,
        **NESTEROV,
    ),
    # Section 3: 750,000 updates on MNIST's training images, scored on the same images.
    "paper": Recipe(
        data=Images(validation=0), steps=750_000, eval_every=25_000, log_every=500, checkpoint_every=5000, **NESTEROV
    ),
}
