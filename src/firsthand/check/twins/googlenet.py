"""GoogLeNet in torch.nn."""

from dataclasses import replace

import torch
from torch import Tensor, nn

from firsthand.check.twin import InOrder
from firsthand.papers.googlenet.model import MODULES, Config
from firsthand.papers.googlenet.recipe import LAPTOP
from firsthand.train.recipe import Optim

# Without dropout: the twin would draw other units. With SGD at a small rate: ten steps of Adam, or large ones, between
# batch norms of two images make differences of rounding a thousand times as large.
SMALL = {
    "paper": Config(16),
    "torchvision": Config(16, form="torchvision"),
    "naive, without heads": Config(16, reduce=False, aux=False),
    "large images": Config(16, "7x7"),
    "large images, torchvision": Config(16, "7x7", "torchvision"),
    "large images, separable": Config(16, "separable", aux=False),
}
VARIANTS = {
    name: replace(
        LAPTOP, model=replace(config, dropout=0.0, aux_dropout=0.0), optim=Optim("sgd", lr=0.001, momentum=0.9)
    )
    for name, config in SMALL.items()
}


def convolution(inputs: int, outputs: int, size: int, config: Config, stride: int = 1) -> nn.Sequential:
    """A convolution and what follows."""
    if config.form == "paper":
        return nn.Sequential(nn.Conv2d(inputs, outputs, size, stride, size // 2), nn.ReLU())
    layer = nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False)
    return nn.Sequential(layer, nn.BatchNorm2d(outputs, eps=0.001), nn.ReLU())


class Module(nn.Module):
    """Four branches."""

    def __init__(self, inputs: int, name: str, config: Config):
        super().__init__()
        a, b, c, d, e, f = (max(1, width // config.divide) for width in MODULES[name])
        kernel, pool = 5 if config.form == "paper" else 3, nn.MaxPool2d(3, 1, 1)
        if config.reduce:
            three = nn.Sequential(convolution(inputs, b, 1, config), convolution(b, c, 3, config))
            five = nn.Sequential(convolution(inputs, d, 1, config), convolution(d, e, kernel, config))
            last = nn.Sequential(pool, convolution(inputs, f, 1, config))
        else:
            three, five, last = convolution(inputs, c, 3, config), convolution(inputs, e, kernel, config), pool
        self.branches = nn.ModuleList([convolution(inputs, a, 1, config), three, five, last])
        self.outputs = a + c + e + (f if config.reduce else inputs)

    def forward(self, x: Tensor) -> Tensor:
        """Side by side."""
        return torch.cat([branch(x) for branch in self.branches], 1)


def head(inputs: int, config: Config) -> nn.Sequential:
    """An auxiliary one."""
    width, hidden, side = 128 // config.divide, 1024 // config.divide, 2 if config.stem == "3x3" else 4
    pool = nn.AdaptiveAvgPool2d(side)
    if config.stem != "3x3" and config.form == "paper":
        pool = nn.AvgPool2d(5, 3)
    fully = [nn.Linear(width * side**2, hidden), nn.ReLU(), nn.Linear(hidden, config.classes)]
    return nn.Sequential(pool, convolution(inputs, width, 1, config), nn.Flatten(), *fully)


class Network(InOrder):
    """The same network in four sequences and three heads, with the parameters in the same order."""

    overfit = (300, 0.002)
    examples = 4

    def __init__(self, config: Config):
        super().__init__()
        first, channels, paper = 64 // config.divide, 192 // config.divide, config.form == "paper"
        norm = nn.LocalResponseNorm(5, 1e-4, 0.75, 1.0) if paper else nn.Identity()
        if config.stem == "3x3":
            self.stem = nn.Sequential(convolution(config.channels, channels, 3, config, 2), norm)
        else:
            conv1 = [convolution(config.channels, first, 7, config, 2)]
            if config.stem == "separable":
                wide = 8 * config.channels
                depthwise = nn.Conv2d(config.channels, wide, 7, 2, 3, groups=config.channels)
                conv1 = [depthwise, convolution(wide, first, 1, config)]
            rest = [convolution(first, first, 1, config), convolution(first, channels, 3, config), norm]
            pool = nn.MaxPool2d(3, 2, ceil_mode=True)
            self.stem = nn.Sequential(*conv1, pool, norm, *rest, pool)
        pools = {"4a": nn.MaxPool2d(3, 2, ceil_mode=True), "5a": nn.MaxPool2d(3 if paper else 2, 2, ceil_mode=True)}
        parts, taps = [[], [], []], []
        for name in MODULES:
            part = 0 if name <= "4a" else 1 if name <= "4d" else 2
            module = Module(channels, name, config)
            parts[part] += [pools[name], module] if name in pools else [module]
            channels = module.outputs
            taps += [channels] if name in ("4a", "4d") else []
        self.parts = nn.ModuleList(nn.Sequential(*part) for part in parts)
        self.fc = nn.Linear(channels, config.classes)
        self.heads = nn.ModuleList(head(inputs, config) for inputs in taps if config.aux)

    def forward(self, x: Tensor) -> Tensor:
        """Logits, in training of all heads."""
        x, seen = self.stem(x), []
        for part in self.parts:
            x = part(x)
            seen.append(x)
        logits = self.fc(x.mean((2, 3)))
        if not self.training or not len(self.heads):
            return logits
        return torch.stack([logits, self.heads[0](seen[0]), self.heads[1](seen[1])])

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """That of the main head, and 0.3 of each other one."""
        if outputs.ndim == 2:
            return nn.functional.cross_entropy(outputs, targets)
        main, first, second = (nn.functional.cross_entropy(logits, targets) for logits in outputs)
        return main + 0.3 * (first + second)

    @staticmethod
    def batch(size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Random images of 32 by 32 pixels in three colours."""
        return images(size, 32, generator)

    @classmethod
    def batch_for(cls, recipe: object, size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Images of 64 by 64 pixels where large ones are meant, and two of 224 by 224 for the published heads."""
        model = recipe.model
        if model.aux and model.stem != "3x3" and model.form == "paper":
            return images(2, 224, generator)
        return images(size, 32 if model.stem == "3x3" else 64, generator)


def images(size: int, side: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Random ones of any size and their classes."""
    found = torch.randn(size, 3, side, side, generator=generator, dtype=torch.float64)
    return found, torch.randint(10, (size,), generator=generator)
