"""The network from torch.nn.Linear, whose weights are multiplied by masks that are built unit by unit."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from firsthand.check.twin import Twin
from firsthand.papers.made.model import Config
from firsthand.papers.made.recipe import PRESETS

_LAPTOP, _SMALL = PRESETS["laptop"], Config(inputs=20, hidden=(30,), direct=True, masks=4, ordering="agnostic")
VARIANTS = {
    "laptop": _LAPTOP,
    "dna": replace(PRESETS["dna"], model=replace(PRESETS["dna"].model, inputs=180)),
    "two layers, four masks": replace(PRESETS["paper"], model=replace(_SMALL, hidden=(30, 25), activation="softplus")),
    "conditioning, no limit": replace(_LAPTOP, model=replace(_SMALL, conditioning=True, masks=None)),
    "one ordering, three masks": replace(_LAPTOP, model=replace(_SMALL, ordering="random", masks=3, activation="tanh")),
    "no hidden layer": replace(_LAPTOP, model=replace(_SMALL, hidden=(), masks=1)),
}


class Network(Twin):
    """Linear layers whose weights are multiplied by the masks of this turn; the numbers m come from our network."""

    guess = 784 * torch.tensor(2.0).log().item()  # of the answer 0.5 to every pixel

    def __init__(self, config: Config):
        super().__init__()
        self.config = config
        sizes = (config.inputs, *config.hidden, config.inputs)
        self.layers = nn.ModuleList(nn.Linear(i, o) for i, o in pairwise(sizes))
        self.direct = nn.Linear(config.inputs, config.inputs, bias=False) if config.direct else None
        pairs = zip(sizes, config.hidden, strict=False) if config.conditioning else ()
        self.conditions = nn.ModuleList(nn.Linear(i, o, bias=False) for i, o in pairs)
        self.g = {"relu": nn.ReLU(), "softplus": nn.Softplus(), "tanh": nn.Tanh(), "sigmoid": nn.Sigmoid()}
        self.updates, self.known = 0, {}

    def copy_from(self, ours: nn.Module) -> None:
        """Weights, and which degrees our network gives to the sets of masks."""
        state = ours.state_dict()
        state.pop("drawn")
        self.load_state_dict(state)
        self.degrees = ours.degrees

    def masks(self, number: int, like: Tensor) -> list[Tensor]:
        """What each unit may see, row by row, by the rules of section 4, in ones and zeros."""
        if (number, like.dtype) not in self.known:
            m = self.degrees(number)
            found = [torch.stack([m[i] <= unit for unit in m[i + 1]]) for i in range(len(m) - 1)]
            found += [torch.stack([m[-1] < d for d in m[0]]), torch.stack([m[0] < d for d in m[0]])]
            self.known[number, like.dtype] = [mask.to(like.dtype) for mask in found]
        return self.known[number, like.dtype]

    def forward(self, x: Tensor) -> Tensor:
        """Logits."""
        linear, turn = nn.functional.linear, self.updates if self.training else 0
        masks = self.masks(turn if self.config.masks is None else turn % self.config.masks, x)
        h = x
        for number, layer in enumerate(self.layers[:-1]):
            total = linear(h, layer.weight * masks[number], layer.bias)
            if self.conditions:
                total = total + linear(torch.ones_like(h), self.conditions[number].weight * masks[number])
            h = self.g[self.config.activation](total)
        logits = linear(h, self.layers[-1].weight * masks[-2], self.layers[-1].bias)
        return logits if self.direct is None else logits + linear(x, self.direct.weight * masks[-1])

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Binary cross-entropy, summed over inputs, mean over examples."""
        return nn.functional.binary_cross_entropy_with_logits(outputs, targets.to(outputs), reduction="sum") / len(
            targets
        )

    def optimizer(self) -> torch.optim.Optimizer:
        """The rule of torch.optim; it is another set of masks' turn after each step."""
        rule = super().optimizer()

        def count(*_: Any) -> None:
            self.updates += 1

        rule.register_step_post_hook(count)
        return rule

    @staticmethod
    def batch(size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Random bits, which are their own targets."""
        x = torch.randint(2, (size, 784), generator=generator).double()
        return x, x

    @classmethod
    def batch_for(cls, recipe: Any, size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """As many as the variant has inputs."""
        x = torch.randint(2, (size, recipe.model.inputs), generator=generator).double()
        return x, x
