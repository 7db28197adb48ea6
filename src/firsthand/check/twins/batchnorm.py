"""The networks of batch normalisation from torch.nn: sigmoid layers, and BN-Inception from its table, written again."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from firsthand.check.twin import Twin
from firsthand.papers.batchnorm import inception
from firsthand.papers.batchnorm.model import VARIANTS as CONFIGS
from firsthand.papers.batchnorm.model import Config
from firsthand.papers.batchnorm.recipe import PRESETS
from firsthand.train.recipe import Optim

# The supplement's table: maps in all, 1x1, 3x3 after its reduction, double 3x3 after its reduction, after pooling.
TABLE = """
256 64 64 64 64 96 32
320 64 64 96 64 96 64
576 0 128 160 64 96 0
576 224 64 96 96 128 128
576 192 96 128 96 128 128
576 160 128 160 128 160 96
576 96 128 192 160 192 96
1024 0 128 192 192 256 0
1024 352 192 320 160 224 128
1024 352 192 320 192 224 128
""".strip().splitlines()


class Sigmoids(nn.Module):
    """The network of section 4.1."""

    def __init__(self, config: Config):
        super().__init__()
        sizes = list(pairwise((784, *config.hidden)))
        self.linear = nn.ModuleList(nn.Linear(*size, bias=not config.batch_norm) for size in sizes)
        self.norm = nn.ModuleList(nn.BatchNorm1d(units) for _, units in sizes if config.batch_norm)
        self.output = nn.Linear(config.hidden[-1], 10)

    def forward(self, images: Tensor) -> Tensor:
        """Logits, with the identity where there is no normalisation."""
        x = images.flatten(1)
        for linear, norm in zip(self.linear, self.norm or [nn.Identity()] * len(self.linear), strict=True):
            x = torch.sigmoid(norm(linear(x)))
        return self.output(x)


class Unit(nn.Module):
    """Convolution, batch normalisation, rectifier."""

    def __init__(self, channels: int, maps: int, kernel: int, stride: int = 1):
        super().__init__()
        self.conv = nn.Conv2d(channels, maps, kernel, stride, kernel // 2, bias=False)
        self.norm = nn.BatchNorm2d(maps)

    def forward(self, x: Tensor) -> Tensor:
        """Maps."""
        return nn.functional.relu(self.norm(self.conv(x)))


class Block(nn.Module):
    """One row of the table."""

    def __init__(self, channels: int, one: int, a: int, b: int, c: int, d: int, project: int, pool: nn.Module):
        super().__init__()
        stride = 1 if project else 2
        self.one = Unit(channels, one, 1) if one else None
        self.three = nn.Sequential(Unit(channels, a, 1), Unit(a, b, 3, stride))
        self.five = nn.Sequential(Unit(channels, c, 1), Unit(c, d, 3), Unit(d, d, 3, stride))
        self.project = Unit(channels, project, 1) if project else None
        self.pool = pool

    def forward(self, x: Tensor) -> Tensor:
        """The branches' maps."""
        pooled = self.pool(x)
        found = [self.three(x), self.five(x), pooled if self.project is None else self.project(pooled)]
        return torch.cat(([] if self.one is None else [self.one(x)]) + found, dim=1)


class Inception(nn.Module):
    """The network of section 4.2."""

    def __init__(self, config: inception.Config):
        super().__init__()

        def maps(text: str) -> int:
            return 0 if text == "0" else max(1, round(config.width * int(text)))

        stem = maps("64"), maps("64"), maps("192")
        self.colours = nn.Conv2d(3, 24, 7, 2, 3, bias=False, groups=3)
        self.stem = nn.ModuleList([Unit(24, stem[0], 1), Unit(stem[0], stem[1], 1), Unit(stem[1], stem[2], 3)])
        self.blocks, channels = nn.ModuleList(), stem[2]
        for number, row in enumerate(TABLE):
            one, a, b, c, d, project = map(maps, row.split()[1:])
            strided = not project
            pool = nn.MaxPool2d(3, 1 + strided, 1) if strided or number == 9 else nn.AvgPool2d(3, 1, 1)
            self.blocks.append(Block(channels, one, a, b, c, d, project, pool))
            channels = one + b + d + (project or channels)
            if config.width == 1 and channels != int(row.split()[0]):
                raise ValueError(f"Row {number} of the table has {channels} maps.")
            if number == 5:
                side = nn.functional.avg_pool2d(torch.zeros(1, 1, config.size // 16, config.size // 16), 5, 3).numel()
                self.tower = nn.ModuleDict(
                    {
                        "conv": Unit(channels, maps("128"), 1),
                        "hidden": nn.Linear(maps("128") * side, maps("768")),
                        "output": nn.Linear(maps("768"), config.classes),
                    }
                )
        self.output = nn.Linear(channels, config.classes)

    def forward(self, images: Tensor) -> Tensor:
        """Logits (batch, heads, classes)."""
        x = nn.functional.max_pool2d(self.stem[0](self.colours(images)), 3, 2, 1)
        x = nn.functional.max_pool2d(self.stem[2](self.stem[1](x)), 3, 2, 1)
        for block in self.blocks[:6]:
            x = block(x)
        side = self.tower["conv"](nn.functional.avg_pool2d(x, 5, 3)).flatten(1) if self.training else None
        for block in self.blocks[6:]:
            x = block(x)
        heads = [self.output(nn.functional.adaptive_avg_pool2d(x, 1).flatten(1))]
        if side is not None:
            heads.append(self.tower["output"](torch.relu(self.tower["hidden"](side))))
        return torch.stack(heads, dim=1)


class Network(Twin):
    """Either network, by its Config."""

    examples = 8

    def __init__(self, config: Config | inception.Config):
        super().__init__()
        self.net = Inception(config) if isinstance(config, inception.Config) else Sigmoids(config)

    def copy_from(self, ours: nn.Module) -> None:
        """Names are ours."""
        self.net.load_state_dict(ours.state_dict())

    def named(self, kind: str) -> dict[str, Tensor]:
        """Parameters or gradients under our names."""
        return {name.removeprefix("net."): value for name, value in super().named(kind).items()}

    def forward(self, images: Tensor) -> Tensor:
        """Logits."""
        return self.net(images)

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Cross-entropy; that of the tower counts 0.4."""
        if outputs.ndim == 2:
            return nn.functional.cross_entropy(outputs, targets)
        main, tower = (nn.functional.cross_entropy(outputs[:, head], targets) for head in (0, 1))
        return main + 0.4 * tower

    @staticmethod
    def batch(size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Black and white pixels, and classes."""
        images = torch.rand(size, 1, 28, 28, generator=generator, dtype=torch.float64).round()
        return images, torch.randint(10, (size,), generator=generator)

    @classmethod
    def batch_for(cls, recipe: Any, size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """For BN-Inception colours of the network's size."""
        if not isinstance(recipe.model, inception.Config):
            return cls.batch(size, generator)
        images = torch.rand(size, 3, recipe.model.size, recipe.model.size, generator=generator, dtype=torch.float64)
        return 2 * images - 1, torch.randint(recipe.model.classes, (size,), generator=generator)


_LAPTOP = PRESETS["laptop"]
VARIANTS = {
    **{name: replace(_LAPTOP, model=replace(config, std=0.1)) for name, config in CONFIGS.items()},
    # At the first rate of the paper: steps thirty times as long multiply the rounding of float64 to 1e-9 in ten steps.
    "inception": replace(PRESETS["inception"], optim=Optim("sgd", lr=0.0015, momentum=0.9)),
}
