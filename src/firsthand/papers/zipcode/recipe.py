"""How the zip codes' digits are learned: squared errors, small batches, 30 passes; and what Karpathy changed."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import Module

from firsthand.bounds import within
from firsthand.data.specs import Images
from firsthand.errors import UserError
from firsthand.nn import mse, softplus
from firsthand.papers.zipcode.model import VARIANTS, Config, ZipNet
from firsthand.papers.zipcode.rejects import margins
from firsthand.train import recipe
from firsthand.train.classify import Classify
from firsthand.train.recipe import Optim, Schedule
from firsthand.train.task import Batch


class ZipTask(Classify):
    """Read one digit under the squared error of squashed outputs, or under the cross-entropy of logits."""

    network = ZipNet

    def prepare(self, images: Tensor) -> Tensor:
        """Pixels 0..255 to -1 (paper) .. 1 (ink), in the middle of a field of paper."""
        side, (height, width) = self.recipe.model.side, images.shape[-2:]
        if max(height, width) > side:
            raise UserError(
                f"'{self.recipe.data.name}' holds images of {height}x{width} pixels, more than the network's field of "
                f"{side}x{side}: choose other data, or a larger --model.side."
            )
        field = torch.full((len(images), 1, side, side), -1.0)
        top, left = (side - height) // 2, (side - width) // 2
        field[:, 0, top : top + height, left : left + width] = images.float() / 127.5 - 1
        return field

    def logits(self, outputs: Tensor) -> Tensor:
        """Logits, or of squashed outputs y the logarithm of (y + 1) / 2, which is 1 at the target and 0 at the others'.

        A smooth positive part keeps what lies below -1 in its order.
        """
        if self.recipe.model.output == "linear":
            return outputs
        return (softplus(50 * (outputs + 1)) / 100).log()

    def losses(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Half the summed squared distance from the targets, +1 for the class and -1 for the others; or cross-entropy.

        The paper's mean squared error, if it has a half and is a mean over the ten outputs, is a tenth of it.
        """
        if self.recipe.model.output == "linear":
            return super().losses(outputs, targets)
        wanted = torch.full_like(outputs, -1.0).scatter_(1, targets[:, None], 1.0)
        return mse(outputs, wanted, "none").sum(1) / 2

    def loss(self, model: Module, batch: Batch) -> Tensor:
        """The mean over a batch, whose images are first moved at random, if the recipe says so."""
        images, targets = batch
        return super().loss(model, (moved(images, self.recipe.shift), targets))

    def remarks(self, outputs: Tensor) -> list[dict[str, float]]:
        """How far the best output lies above the second: the paper rejects a digit where that is too little."""
        return [{"margin": margin} for margin in margins(outputs).tolist()]

    def figures(self, model: Module) -> Iterator[tuple[str, Any]]:
        """Also the kernels, and how many digits must be rejected to bring the errors down."""
        from firsthand.papers.zipcode import pictures  # matplotlib takes half a second to import

        yield from super().figures(model)
        if isinstance(model, ZipNet):
            yield "kernels", pictures.kernels(model)
        yield "rejects", pictures.rejects_of(*self.outputs(model, self.test))


def moved(images: Float[Tensor, "batch 1 side side"], most: int) -> Float[Tensor, "batch 1 side side"]:
    """Each image moved by up to so many pixels down and right, or up and left, at random; paper comes in."""
    if not most:
        return images
    side, count, places = images.shape[-1], len(images), 2 * most + 1
    windows = torch.constant_pad_nd(images, (most,) * 4, -1.0).unfold(2, side, 1).unfold(3, side, 1)
    down, right = torch.randint(places, (2, count)).to(images.device)
    return windows[torch.arange(count, device=images.device), :, down, right]


@dataclass(frozen=True)
class Recipe(recipe.Recipe):
    """A recipe with the network's variant, the digits it learns from, and how they are moved."""

    model: Config = Config()
    data: Images = Images("usps", validation=0)
    shift: int = 0  # pixels by which each training image is moved at most, at random, along both axes
    task: ClassVar = ZipTask

    def __post_init__(self) -> None:
        super().__post_init__()
        within(self, shift="[0, 8]")


PASS = 912  # steps of 8 images in a pass over 7,291
# 30 passes as in the paper, over all training images: it had none to validate, and the last weights count.
LAPTOP = Recipe(
    steps=30 * PASS, batch=8, optim=Optim("sgd", lr=0.05), schedule=Schedule("linear", floor=0.02), keep="last",
    threads=1, eval_every=PASS, log_every=PASS // 4, checkpoint_every=5 * PASS,
)  # fmt: skip
OF_1989 = replace(LAPTOP, model=VARIANTS["1989"], steps=23 * PASS)

PRESETS = {
    "laptop": LAPTOP,
    # The network of Neural Computation, 23 passes.
    "1989": OF_1989,
    # The same architecture with what Karpathy (2022) changed: softmax, AdamW, moved images, ReLU and dropout.
    "modern": replace(
        OF_1989,
        model=replace(VARIANTS["1989"], activation="relu", output="linear", dropout=0.25, init="sqrt-fan-in"),
        optim=Optim("adamw", lr=0.001, weight_decay=0.01),
        steps=60 * PASS,
        shift=1,
    ),
    # As published, as far as it is known: 30 passes in one order, a step for each image. The rate is ours: the paper
    # gives none for its second-order rule, which stands in `lenet`.
    "paper": replace(
        LAPTOP, steps=30 * 7291, batch=1, optim=Optim("sgd", lr=0.01), order="constant", eval_every=7291,
        log_every=1000, checkpoint_every=5 * 7291,
    ),
    # No download, seconds: scikit-learn's 1,797 digits, 20x20 pixels large, in a field of 32x32.
    "digits": replace(
        LAPTOP, model=VARIANTS["20x20"], data=Images("digits"), steps=2000, keep="best", eval_every=250, log_every=50,
        checkpoint_every=500,
    ),
}  # fmt: skip
