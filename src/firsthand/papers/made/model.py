"""The network: an autoencoder whose masks leave output d connected only to inputs that come before d in an ordering.

    p(x) = prod_d p(x_d | x_<d)                          the product rule, in any ordering of the D inputs      (eq. 3)
    h^0 = x,   h^l = g(b^l + (W^l * M^(W^l)) h^(l-1))                                                  (eqs. 6, 10)
    x^ = sigmoid(c + (V * M^V) h^L + (A * M^A) x)        x^_d = p(x_d = 1 | x_<d); A is direct, on request (eq. 12)
    -log p(x) = sum_d -x_d log x^_d - (1 - x_d) log(1 - x^_d)                                               (eq. 2)

    m^0(d) in {1..D}                                     the ordering: the place of input d
    m^l(k) ~ Uniform{min_k' m^(l-1)(k') .. D - 1}        how far unit k may look                      (algorithm 1)
    M^(W^l)_k'k = 1[m^l(k') >= m^(l-1)(k)]               a unit may see what looks as far as itself         (eq. 13)
    M^V_dk      = 1[m^0(d) > m^L(k)]                     strictly: an output never sees its own input       (eq. 14)
    M^A_dd'     = 1[m^0(d) > m^0(d')]

Symbols: * is the product element by element. m = D would be useless, since no output may use it, and m = 0 constant.
The first output in the ordering sees nothing but its bias c.

Order-agnostic training has another m^0 in every update, connectivity-agnostic training other m^l (sec. 4.2 and 4.3). A
set of masks is a function of the key, which is drawn with the first weights, and of the number of the set; the sets are
cycled, one an update. `drawn` holds the key and the count of updates, stored with the weights: masks define the model.

Where the paper does not say: the first weights. Orthogonal with biases of 0 is the default of the authors' code.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.nn import Buffer, Module, ModuleList

from firsthand.bounds import SIZE, within
from firsthand.errors import UserError
from firsthand.nn import Linear, init, masked_linear, relu, sigmoid, softplus, tanh

BEYOND = 2**40  # number of a set of masks that no update reaches: tests begin there, where masks have no limit
KEPT = 2**25  # connections, at least, whose masks are kept
ACTIVATIONS = {"relu": relu, "softplus": softplus, "tanh": tanh, "sigmoid": sigmoid}


@dataclass(frozen=True)
class Config:
    """By default one hidden layer of 500 units for MNIST's 784 pixels in their natural order, with one set of masks."""

    inputs: int = 784  # D, which the data sets
    hidden: tuple[int, ...] = (500,)  # K^l, units of each hidden layer; none: logistic regressions on what comes before
    activation: Literal["relu", "softplus", "tanh", "sigmoid"] = "relu"  # g
    direct: bool = False  # whether inputs are connected to outputs (A)
    conditioning: bool = False  # whether units see which inputs they may see: + (U^l * M^(W^l)) 1 (sec. 4.2)
    ordering: Literal["natural", "random", "agnostic"] = "natural"  # m^0: d itself, a permutation, or one in every set
    connectivity: Literal["fixed", "agnostic"] = "agnostic"  # m^l for l > 0: the same in every set of masks, or others
    masks: int | None = 1  # sets of masks, cycled one an update; None: another for every update
    init: Literal["orthogonal", "uniform"] = "orthogonal"  # first weights; uniform: of weights and biases by fan-in

    def __post_init__(self) -> None:
        within(self, "model.", inputs="[2, 1e6]", hidden=SIZE, masks="[1, 1e6]")
        if self.masks != 1 and self.ordering != "agnostic" and self.connectivity == "fixed":
            raise UserError("All sets of masks would be one: make model.ordering or model.connectivity 'agnostic'.")


class MADE(Module):
    """Masked layers, with connections from inputs to outputs on request. Source: sec. 4."""

    def __init__(self, config: Config = Config()):
        super().__init__()
        self.config, d = config, config.inputs
        sizes = list(pairwise((d, *config.hidden, d)))
        self.layers = ModuleList(Linear(k, units) for k, units in sizes)  # W^l with b^l, and V with c
        self.direct = Linear(d, d, bias=False) if config.direct else None  # A
        hidden = sizes[:-1] if config.conditioning else []
        self.conditions = ModuleList(Linear(k, units, bias=False) for k, units in hidden)  # U^l
        self.drawn = Buffer(torch.stack([torch.randint(2**31, ()), torch.tensor(0)]))
        if config.init == "orthogonal":
            for layer in self.modules():
                if isinstance(layer, Linear):
                    init.orthogonal_(layer.weight)
                    _ = layer.bias is None or layer.bias.data.zero_()
        self._kept: dict[object, list[Tensor]] = {}

    def degrees(self, number: int, ordering: Int64[Tensor, " inputs"] | None = None) -> list[Int64[Tensor, " _"]]:
        """m^0, m^1 .. m^L of a set of masks; m^0 may be given. Source: algorithm 1."""
        c, key = self.config, int(self.drawn[0])

        def drawing(what: int, agnostic: bool) -> torch.Generator:
            seeds = np.random.SeedSequence((key, what, number if agnostic else 0)).generate_state(1)
            return torch.Generator().manual_seed(int(seeds[0]))

        if ordering is None:
            places = torch.randperm(c.inputs, generator=drawing(0, c.ordering == "agnostic"))
            ordering = 1 + (torch.arange(c.inputs) if c.ordering == "natural" else places)
        m, generator = [ordering], drawing(1, c.connectivity == "agnostic")
        for units in c.hidden:
            m.append(torch.randint(int(m[-1].min()), c.inputs, (units,), generator=generator))
        return m

    def masks(self, m: list[Int64[Tensor, " _"]]) -> list[Float[Tensor, "_ _"]]:
        """M^(W^1) .. M^(W^L), M^V and M^A, of ones and zeros, from the numbers m^l. Source: equations 13 and 14."""
        weight = self.layers[0].weight
        m = [numbers.to(weight.device, torch.promote_types(weight.dtype, torch.float32)) for numbers in m]

        def compared(how: Callable, above: Tensor, below: Tensor) -> Tensor:
            """Straight into ones and zeros: through booleans it takes thirty times as long."""
            return how(above[:, None], below, out=weight.new_empty(len(above), len(below)))

        found = [compared(torch.ge, above, below) for below, above in pairwise(m)]
        return [*found, compared(torch.gt, m[0], m[-1]), compared(torch.gt, m[0], m[0])]

    def numbered(self, number: int) -> list[Float[Tensor, "_ _"]]:
        """The masks of a set; some are kept, since the sets of a list come again."""
        weight = self.layers[0].weight
        which = (int(self.drawn[0]), number, weight.device, weight.dtype)
        if which not in self._kept:
            if sum(mask.numel() for masks in self._kept.values() for mask in masks) > KEPT:
                self._kept.clear()
            self._kept[which] = self.masks(self.degrees(number))
        return self._kept[which]

    @property
    def turn(self) -> int:
        """The number of the set of masks whose turn it is."""
        updates, sets = int(self.drawn[1]), self.config.masks
        return updates if sets is None else updates % sets

    def advance_masks(self) -> None:
        """Count an update: it is the turn of the next set of masks."""
        self.drawn[1] += 1

    def forward(
        self, x: Float[Tensor, "batch inputs"], masks: list[Float[Tensor, "_ _"]] | None = None
    ) -> Float[Tensor, "batch inputs"]:
        """The logits of x^, with these masks; without, with those whose turn it is, or in eval mode the first set."""
        if masks is None:
            masks = self.numbered(self.turn if self.training else 0)
        h, g = x, ACTIVATIONS[self.config.activation]
        for number, (layer, mask) in enumerate(zip(self.layers[:-1], masks, strict=False)):
            bias = layer.bias
            if self.conditions:
                bias = bias + (self.conditions[number].weight * mask).sum(1)
            h = g(masked_linear(h, layer.weight, mask, bias))
        logits = masked_linear(h, self.layers[-1].weight, masks[-2], self.layers[-1].bias)
        return logits if self.direct is None else logits + masked_linear(x, self.direct.weight, masks[-1])
