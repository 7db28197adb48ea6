"""The paper's networks from torch.nn, differentiated by autograd: what our tape's sweep must agree with."""

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from firsthand.check.twin import InOrder
from firsthand.papers.backprop.cases import Cases
from firsthand.papers.backprop.model import Config
from firsthand.papers.backprop.recipe import PRESETS

SIZES = {"symmetry": (6, 2, 1), "xor": (2, 2, 1), "xor-skip": (2, 1, 1), "parity": (4, 4, 1), "encoder": (8, 3, 8)}


class Network(InOrder):
    """Linear and Sigmoid; the two code layers of the family trees lie side by side, the skipping inputs beside both."""

    guess = 100 * 0.5 * 23 / 24  # E of 100 cases when every output says 1/24, one of 24 being right
    overfit = (1500, 0.02)

    def __init__(self, config: Config):
        super().__init__()
        self.net = config.net
        if config.net == "family-trees":
            self.person, self.relation = nn.Linear(24, 6), nn.Linear(12, 6)
            self.rest = nn.Sequential(nn.Linear(12, 12), nn.Sigmoid(), nn.Linear(12, 6), nn.Sigmoid(), nn.Linear(6, 24))
        else:
            inputs, hidden, outputs = SIZES[config.net]
            self.hidden = nn.Linear(inputs, hidden)
            self.output = nn.Linear(hidden + inputs * (config.net == "xor-skip"), outputs)

    def forward(self, x: Tensor) -> Tensor:
        """The outputs."""
        if self.net == "family-trees":
            codes = torch.cat([self.person(x[:, :24]), self.relation(x[:, 24:])], dim=1)
            return torch.sigmoid(self.rest(torch.sigmoid(codes)))
        hidden = torch.sigmoid(self.hidden(x))
        return torch.sigmoid(self.output(torch.cat([x, hidden], 1) if self.net == "xor-skip" else hidden))

    def loss(self, y: Tensor, d: Tensor) -> Tensor:
        """Half of torch's summed squares, of an output whose target is moved onto it where it is near enough."""
        d = d.to(y.dtype)
        near = (y.detach() - d).abs() <= self.recipe.tolerance
        if self.recipe.tolerated == "case":
            near = near.all(1, keepdim=True).expand_as(near)
        d = torch.where(near, y.detach(), d)
        return nn.functional.mse_loss(y, d, reduction="sum") / 2 * self.recipe.batch / len(y)

    def optimizer(self) -> torch.optim.Optimizer:
        """At a constant rate the paper's rule is torch's SGD with momentum, but for the shrinking."""
        spec = self.recipe.optim
        momentum = spec.momentum if spec.first_momentum is None else spec.first_momentum
        return Shrinking(self.parameters(), lr=spec.lr, momentum=momentum, shrink=spec.shrink or 0.0)

    @staticmethod
    def batch(size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """A person and a relation, and any one person as the answer."""
        x = torch.zeros(size, 36, dtype=torch.float64)
        rows = torch.arange(size)
        asked = torch.randperm(24 * 12, generator=generator)[:size]  # different questions
        x[rows, asked // 12] = x[rows, 24 + asked % 12] = 1.0
        d = torch.zeros_like(x[:, :24])
        d[rows, torch.randint(24, (size,), generator=generator)] = 1.0
        return x, d

    @classmethod
    def batch_for(cls, recipe: Any, size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """For the small networks: random inputs, and targets that are 0 or 1."""
        if recipe.model.net == "family-trees":
            return cls.batch(size, generator)
        inputs, _, outputs = SIZES[recipe.model.net]
        x, d = (torch.rand(size, units, generator=generator, dtype=torch.float64) for units in (inputs, outputs))
        return x, d.round()


class Shrinking(torch.optim.SGD):
    """SGD, after each of whose steps every weight loses a share of itself."""

    def __init__(self, params: Any, shrink: float, **options: Any):
        super().__init__(params, **options)
        self.kept = 1 - shrink

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:
        """See SGD."""
        super().step(closure)
        for group in self.param_groups:
            for p in group["params"]:
                p.mul_(self.kept)


_SYMMETRY = PRESETS["symmetry"]


def small(net: str, problem: str) -> Any:
    """The symmetry recipe for another network."""
    return replace(_SYMMETRY, model=Config(net, init=1.0), data=Cases(problem, held_out=0))


VARIANTS = {
    "laptop": PRESETS["laptop"],
    "paper": PRESETS["paper"],
    "tolerance by case": replace(PRESETS["laptop"], tolerated="case"),
    "symmetry": _SYMMETRY,
    "encoder": small("encoder", "encoder"),
    "skipping connections": small("xor-skip", "xor"),
}
