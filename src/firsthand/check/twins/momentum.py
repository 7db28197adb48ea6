"""The autoencoder as a torch.nn.Sequential."""

from dataclasses import replace

import torch
from torch import Tensor, nn

from firsthand.check.twin import InOrder
from firsthand.papers.momentum.model import Config
from firsthand.papers.momentum.recipe import PRESETS

_LAPTOP = PRESETS["laptop"]
VARIANTS = {
    "laptop": _LAPTOP,
    "paper": PRESETS["paper"],
    "CM": replace(_LAPTOP, optim=replace(_LAPTOP.optim, nesterov=False)),
    "two rises": replace(_LAPTOP, every=4, steps=9, final=1),  # ten steps in which the momentum rises, and is lowered
}


class Network(InOrder):
    """Flatten, then Linear and Sigmoid in a row, on images that AvgPool2d has made smaller."""

    guess = 49.0  # of the answer 0.5 to 14x14 black or white pixels
    overfit = (1500, 0.01)

    def __init__(self, config: Config):
        super().__init__()
        self.shrink = nn.AvgPool2d(config.shrink)
        sizes = [784 // config.shrink**2, *config.hidden]
        sizes += sizes[:-1][::-1]
        layers: list[nn.Module] = [nn.Flatten()]
        for place in range(len(sizes) - 1):
            layers += [nn.Linear(sizes[place], sizes[place + 1]), nn.Sigmoid()]
        self.body = nn.Sequential(*layers)

    def forward(self, images: Tensor) -> Tensor:
        """Reconstructions."""
        small = self.shrink(images)
        return self.body(small).view_as(small)

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Squared error, summed over pixels, mean over images."""
        return nn.functional.mse_loss(outputs, self.shrink(targets), reduction="sum") / len(targets)

    def optimizer(self) -> torch.optim.Optimizer:
        """torch's SGD, its momentum set before every step from the formula as printed."""
        spec, recipe = self.recipe.optim, self.recipe
        rule = torch.optim.SGD(self.parameters(), lr=spec.lr, momentum=spec.momentum, nesterov=spec.nesterov)
        taken = 0

        def rise(*_) -> None:
            nonlocal taken
            block = torch.tensor(taken // recipe.every + 1, dtype=torch.float64)
            mu = min(1 - 2 ** (-1 - torch.log2(block).item()), spec.momentum)
            rule.param_groups[0]["momentum"] = min(mu, 0.9) if taken >= recipe.steps - recipe.final else mu
            taken += 1

        rule.register_step_pre_hook(rise)
        return rule

    @staticmethod
    def batch(size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Images of 7x7 squares of 4x4 pixels, black or white, which are their own targets."""
        squares = torch.randint(2, (size, 1, 7, 7), generator=generator).double()
        images = squares.repeat_interleave(4, 2).repeat_interleave(4, 3)
        return images, images
