"""A network for digits whose first layer can be measured in other units, to see whom that troubles.

    h = dropout(relu(W h + b)),  h = x at first      once for every hidden layer
    logits = V h + c                                 softmax(logits) are the probabilities of the ten digits

    784 * 1000 + 1000  +  1000 * 1000 + 1000  +  1000 * 10 + 10  =  1,796,010 parameters

The slides describe a rule and no network; the rule is `firsthand/optim/rmsprop.py`:

    s <- alpha s + (1 - alpha) g^2           w <- w - lr g / (sqrt(s) + eps)

The network is the one on which the authors of Adam compared the rule with theirs (2015, section 6.2). Symbols: the
slide's 0.9 is `alpha`, its MeanSquare(w, t) is s, `square_avg` in the rule's state, and g is a parameter's `grad`.

The first layer's units: with `gradient_scale` c the gradient of its weights is multiplied by c, as if the loss were
measured in another unit for them. With `weight_scale` c the weights are stored divided by c and multiplied by c at use:
the network computes the same, but a weight is 1/c times as large and its gradient c times, so that for c = 0.01 their
ratio differs by 1e4.
"""

from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import Module, ModuleList

from firsthand.bounds import PART, POSITIVE, layered, within
from firsthand.nn import Dropout, Linear, ReLU, linear


@dataclass(frozen=True)
class Config:
    """Sizes of the network, and the units of its first layer."""

    hidden: tuple[int, ...] = (1000, 1000)  # units of each hidden layer
    dropout: float = 0.5  # share of hidden units silenced at each training step
    gradient_scale: float = 1.0  # what multiplies the gradient of the first layer's weights
    weight_scale: float = 1.0  # what multiplies those weights at use; they are stored divided by it

    def __post_init__(self) -> None:
        layered(self)
        within(self, "model.", dropout=PART, gradient_scale=POSITIVE, weight_scale=POSITIVE)


class _Louder(torch.autograd.Function):
    """The identity, whose gradient is multiplied: y = x, dx = scale dy."""

    @staticmethod
    def forward(ctx, x: Tensor, scale: float) -> Tensor:
        """x as it is."""
        ctx.scale = scale
        return x.view_as(x)

    @staticmethod
    def backward(ctx, dy: Tensor) -> tuple[Tensor, None]:
        """The gradient in the other unit."""
        return dy * ctx.scale, None


class OtherUnits(Linear):
    """`Linear` whose weights, or their gradients, are measured in another unit."""

    def __init__(self, in_features: int, out_features: int, gradient_scale: float, weight_scale: float):
        super().__init__(in_features, out_features)
        self.gradient_scale, self.weight_scale = gradient_scale, weight_scale
        self.weight.data.div_(weight_scale)

    def forward(self, x: Float[Tensor, "batch in"]) -> Float[Tensor, "batch out"]:
        """What `Linear` returns at first, whatever the units."""
        return linear(x, _Louder.apply(self.weight, self.gradient_scale) * self.weight_scale, self.bias)


class MLP(Module):
    """Linear layers, with a rectifier and dropout after all but the last."""

    def __init__(self, config: Config = Config()):
        super().__init__()
        self.body = ModuleList()
        scales = (config.gradient_scale, config.weight_scale)
        for place, (inputs, units) in enumerate(pairwise((28 * 28, *config.hidden))):
            other = place == 0 and scales != (1.0, 1.0)
            layer = OtherUnits(inputs, units, *scales) if other else Linear(inputs, units)
            self.body += [layer, ReLU(), Dropout(config.dropout)]
        self.output = Linear(config.hidden[-1], 10)

    def forward(self, images: Float[Tensor, "batch 1 28 28"]) -> Float[Tensor, "batch 10"]:
        """Ten logits an image."""
        h = images.flatten(1)
        for layer in self.body:
            h = layer(h)
        return self.output(h)
