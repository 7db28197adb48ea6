"""Zeiler's network as a torch.nn.Sequential."""

from dataclasses import replace

import torch
from torch import Tensor, nn

from firsthand.check.twin import Twin
from firsthand.papers.adadelta.model import Config
from firsthand.papers.adadelta.recipe import PRESETS

VARIANTS = {"laptop": PRESETS["laptop"], "tanh": replace(PRESETS["paper"], model=Config(activation="tanh"))}


class Network(Twin):
    """Flatten, then Linear and ReLU or Tanh in turn."""

    def __init__(self, config: Config):
        super().__init__()
        squash = {"relu": nn.ReLU, "tanh": nn.Tanh}[config.activation]
        layers: list[nn.Module] = [nn.Flatten()]
        width = 28 * 28
        for units in config.hidden:
            layers += [nn.Linear(width, units), squash()]
            width = units
        self.layers = nn.Sequential(*layers, nn.Linear(width, 10))

    def copy_from(self, ours: nn.Module) -> None:
        """The two networks have the same tensors in the same order."""
        self.ours = list(dict(ours.named_parameters()))
        self.load_state_dict(dict(zip(self.state_dict(), ours.state_dict().values(), strict=True)))

    def named(self, kind: str) -> dict[str, Tensor]:
        """Parameters or gradients under our names."""
        values = (p.detach() if kind == "weight" else p.grad for p in self.parameters())
        return dict(zip(self.ours, values, strict=True))

    def forward(self, images: Tensor) -> Tensor:
        """Logits."""
        return self.layers(images)

    @staticmethod
    def batch(size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Images with pixels from 0 to 1, and classes."""
        images = torch.rand(size, 1, 28, 28, generator=generator, dtype=torch.float64)
        return images, torch.randint(10, (size,), generator=generator)
