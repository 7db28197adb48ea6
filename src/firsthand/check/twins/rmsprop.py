"""The network for digits as a torch.nn.Sequential; other units by a parametrization and a hook."""

from dataclasses import replace

import torch
from torch import Tensor, nn

from firsthand.check.twin import InOrder
from firsthand.papers.rmsprop.model import Config
from firsthand.papers.rmsprop.recipe import PRESETS

_LAPTOP = PRESETS["laptop"]
_SMALL = PRESETS["digits"]
VARIANTS = {
    "laptop": _LAPTOP,
    "paper": replace(PRESETS["paper"], model=Config(dropout=0.0)),  # the two would draw other units to silence
    "louder": replace(_SMALL, model=replace(_SMALL.model, gradient_scale=1e4)),
    "other units": replace(_SMALL, model=replace(_SMALL.model, weight_scale=0.01)),
    "centred": replace(_SMALL, optim=replace(_SMALL.optim, centered=True, momentum=0.9, eps=1e-2)),
}


class _Times(nn.Module):
    """A parametrization: the weights that are used are a multiple of those that are stored."""

    def __init__(self, factor: float):
        super().__init__()
        self.factor = factor

    def forward(self, weight: Tensor) -> Tensor:
        return weight * self.factor


class Network(InOrder):
    """Flatten, then Linear, ReLU and Dropout in a row."""

    def __init__(self, config: Config):
        super().__init__()
        width = 784
        layers: list[nn.Module] = [nn.Flatten()]
        for units in config.hidden:
            layers += [nn.Linear(width, units), nn.ReLU(), nn.Dropout(config.dropout)]
            width = units
        self.layers = nn.Sequential(*layers, nn.Linear(width, 10))
        self.config = config

    def copy_from(self, ours: nn.Module) -> None:
        """The two networks have the same tensors in the same order; then the first layer's units are changed."""
        super().copy_from(ours)
        self.theirs = list(dict(self.named_parameters()))
        first = self.layers[1]
        stored = first.weight
        if self.config.weight_scale != 1:
            nn.utils.parametrize.register_parametrization(
                first, "weight", _Times(self.config.weight_scale), unsafe=True
            )
            stored = first.parametrizations.weight.original
            with torch.no_grad():  # registering may have read the weights anew
                stored.copy_(dict(ours.named_parameters())["body.0.weight"])
            self.theirs[self.theirs.index("layers.1.weight")] = "layers.1.parametrizations.weight.original"
        if self.config.gradient_scale != 1:
            stored.register_hook(lambda gradient: gradient * self.config.gradient_scale)

    def named(self, kind: str) -> dict[str, Tensor]:
        """Parameters or gradients under our names."""
        found = dict(self.named_parameters())
        values = (found[name].detach() if kind == "weight" else found[name].grad for name in self.theirs)
        return dict(zip(self.ours, values, strict=True))

    def forward(self, images: Tensor) -> Tensor:
        """Logits."""
        return self.layers(images)

    @staticmethod
    def batch(size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Random images and classes."""
        images = torch.rand(size, 1, 28, 28, generator=generator, dtype=torch.float64)
        return images, torch.randint(10, (size,), generator=generator)
