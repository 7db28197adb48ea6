"""The network from nn.Linear and nn.Dropout, whose masks come from the same generator."""

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from firsthand.check.twin import Twin
from firsthand.papers.dropout.model import Config
from firsthand.papers.dropout.recipe import PRESETS


class Network(Twin):
    """Noise, nn.Linear and the activation in turn; nn.Dropout divides in training, which p undoes where it must not."""

    overfit = (400, 0.003)

    def __init__(self, config: Config):
        super().__init__()
        self.config = config
        pieces = config.pieces if config.activation == "maxout" else 1
        inputs = (784, *config.hidden)
        outputs = (*(units * pieces for units in config.hidden), 10)
        self.layers = nn.ModuleList(nn.Linear(i, o) for i, o in zip(inputs, outputs, strict=True))
        self.keeps = [config.keep_input] + [config.keep_hidden] * len(config.hidden)
        self.drops = nn.ModuleList(nn.Dropout(1 - keep) for keep in self.keeps)

    def forward(self, images: Tensor) -> Tensor:
        """Logits."""
        x = images.flatten(1)
        for number, (layer, drop, keep) in enumerate(zip(self.layers, self.drops, self.keeps, strict=True)):
            if self.config.noise == "gaussian":
                x = self.noisy(x, keep)
            else:
                x = drop(x) * (keep if self.config.scale == "test" else 1)
            x = layer(x)
            if number + 1 < len(self.layers):
                x = self.bent(x)
        return x

    def noisy(self, x: Tensor, keep: float) -> Tensor:
        """Gaussian noise of mean 1 and the variance of nn.Dropout's masks."""
        sigma = (1 / keep - 1) ** 0.5
        return x + sigma * torch.randn_like(x, dtype=torch.float32).to(x.dtype) * x if self.training else x

    def bent(self, x: Tensor) -> Tensor:
        """The activation; maxout as max pooling over the pieces of each unit."""
        if self.config.activation == "maxout":
            return nn.functional.max_pool1d(x[:, None], self.config.pieces)[:, 0]
        return nn.functional.relu(x) if self.config.activation == "relu" else torch.sigmoid(x)

    @staticmethod
    def batch(size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Pixels from 0 to 1, and classes."""
        images = torch.rand(size, 1, 28, 28, generator=generator, dtype=torch.float64)
        return images, torch.randint(10, (size,), generator=generator)


# Small, because of millions of rectifiers one stands so near 0 that single precision puts it on the other side.
_SMALL = Config((37, 29))


def _variant(preset: str = "laptop", **changes: Any) -> Any:
    return replace(PRESETS[preset], model=replace(_SMALL, **changes))


VARIANTS = {
    "laptop": _variant(),
    "paper": _variant("paper", hidden=(31, 23, 19)),
    "2012": replace(_variant("laptop", activation="logistic", init="normal"), optim=PRESETS["scarce"].optim),
    "no dropout": _variant("scarce", keep_input=1.0, keep_hidden=1.0),
    "inverted": _variant(scale="train"),
    "gaussian": _variant(noise="gaussian"),
    "maxout": _variant(activation="maxout", pieces=3),
    "1024-1024-2048, a fortieth": _variant(hidden=(26, 26, 51)),
}
