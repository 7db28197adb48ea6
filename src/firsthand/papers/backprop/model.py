"""The networks: units in layers, each a logistic function of a weighted sum of units in lower layers.

    x_j = sum_i y_i w_ji,    y_j = 1 / (1 + e^-x_j)                  eqs. 1 and 2, bottom layer first
    E = 1/2 sum_c sum_j (y_jc - d_jc)^2                              eq. 3, over cases c and output units j

    family trees    (person 24 -> 6, relation 12 -> 6) -> 12 -> 6 -> person 24     630 weights, 54 of them biases
    symmetry        6 -> 2 -> 1                                                    17 weights, 3 of them biases

Symbols: y and d are `y` and `d`; w_ji is `layers[NAME].weight[j, i]`; the weight from the unit that is always on is
`layers[NAME].bias[j]`. A layer sees any lower layers that its plan names, so connections may skip layers. The network
is written in operations of `tape.py`, which holds equations 4 to 7; `bridge.taped` shows it to torch as one operation.

Where the paper does not say: the units of the family trees have biases; first biases are drawn like all weights.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import Module, ModuleDict, Parameter

from firsthand.bounds import POSITIVE, within
from firsthand.nn import init
from firsthand.papers.backprop.bridge import taped
from firsthand.papers.backprop.tape import Node, concatenate, logistic

NetName = Literal["family-trees", "symmetry", "xor", "xor-skip", "xor-both", "parity", "encoder"]


@dataclass(frozen=True)
class Plan:
    """A network's layers from the bottom up, each with its number of units and the lower layers that it sees."""

    inputs: dict[str, int]
    layers: dict[str, tuple[int, tuple[str, ...]]]

    @property
    def top(self) -> str:
        """The name of the last layer, whose units are the outputs."""
        return list(self.layers)[-1]

    def fan_in(self, name: str) -> int:
        """How many units a unit of this layer sees, without the one that is always on."""
        units = self.inputs | {layer: size for layer, (size, _) in self.layers.items()}
        return sum(units[below] for below in self.layers[name][1])


def three(inputs: int, hidden: int, outputs: int, seen: tuple[str, ...] = ("hidden",)) -> Plan:
    """Inputs, hidden units and outputs, which may see the inputs too."""
    return Plan({"input": inputs}, {"hidden": (hidden, ("input",)), "output": (outputs, seen)})


NETS: dict[NetName, Plan] = {
    "family-trees": Plan(
        {"person_1": 24, "relation": 12},
        {
            "person_code": (6, ("person_1",)),
            "relation_code": (6, ("relation",)),
            "central": (12, ("person_code", "relation_code")),
            "penultimate": (6, ("central",)),
            "person_2": (24, ("penultimate",)),
        },
    ),
    "symmetry": three(6, 2, 1),
    # Tasks of the longer report: exclusive or, without and with connections that skip; parity of four; 8-3-8 encoder.
    "xor": three(2, 2, 1),
    "xor-skip": three(2, 1, 1, ("input", "hidden")),
    "xor-both": three(2, 2, 1, ("input", "hidden")),
    "parity": three(4, 4, 1),
    "encoder": three(8, 3, 8),
}


@dataclass(frozen=True)
class Config:
    """The published networks and where their weights start."""

    net: NetName = "family-trees"  # which of the networks in NETS
    init: float = 0.3  # first weights and biases are uniform in ±init

    def __post_init__(self) -> None:
        within(self, "model.", init=POSITIVE)  # at 0 all units of a layer would stay equal for ever


def activities(plan: Plan, x: Float[Tensor, "*runs cases inputs"], w: Sequence[Node]) -> dict[str, Node]:
    """The activities y above the inputs, by layer; `w` holds each layer's weights and biases in turn (eqs. 1 and 2)."""
    y = dict(zip(plan.inputs, x.split(list(plan.inputs.values()), dim=-1), strict=True))
    for (name, (_, below)), weight, bias in zip(plan.layers.items(), w[::2], w[1::2], strict=True):
        seen = concatenate([y[b] for b in below]) if len(below) > 1 else y[below[0]]
        y[name] = logistic(seen @ weight.T + bias)
    return {name: y[name] for name in plan.layers}


def error(y: Node, d: Float[Tensor, "*runs cases outputs"], counts: Float[Tensor, "..."] | float = 1.0) -> Node:
    """E, for each case: half the squared differences, of those outputs that count. Source: equation 3."""
    return ((y - d) ** 2 * counts).sum(axis=-1) * 0.5


class Units(Module):
    """A layer's incoming weights: w_ji from each unit i below to each unit j here, and a bias each."""

    def __init__(self, below: int, units: int, reach: float):
        super().__init__()
        self.weight = Parameter(init.uniform_(torch.empty(units, below), reach))
        self.bias = Parameter(init.uniform_(torch.empty(units), reach))


class Network(Module):
    """One of the paper's networks."""

    def __init__(self, config: Config = Config()):
        super().__init__()
        self.plan = NETS[config.net]
        sizes = {name: (self.plan.fan_in(name), units) for name, (units, _) in self.plan.layers.items()}
        self.layers = ModuleDict({name: Units(*size, config.init) for name, size in sizes.items()})

    def forward(self, x: Float[Tensor, "cases inputs"]) -> Float[Tensor, "cases outputs"]:
        """The activities of the output units; their gradients come from the tape's backward sweep."""
        return taped(lambda *w: activities(self.plan, x, w)[self.plan.top], *self.parameters())

    def states(self, x: Float[Tensor, "cases inputs"]) -> dict[str, Float[Tensor, "cases units"]]:
        """The activities of every layer above the inputs."""
        y = activities(self.plan, x, [Node(p.detach()) for p in self.parameters()])
        return {name: layer.value for name, layer in y.items()}
