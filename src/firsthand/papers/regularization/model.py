"""The network: a deep multilayer perceptron whose first weights, activation, batch norm and dropout can be chosen.

    z^0 = x,  s^i = W^i z^i + b^i,  z^{i+1} = f(s^i)         hidden layers, i = 0 .. d - 1 (GB10, sec. 4.2.1)
    logits = V z^d + c                                       softmax(logits) is the distribution over the classes

    Var[W] = 1 / (3 n)         U[-1/sqrt(n), 1/sqrt(n)]      "standard", variance shrinks to a third (GB10, eqs. 1, 15)
    Var[W] = 2 / (n + m)       uniform                       "glorot", keeps the size for tanh (GB10, eqs. 12 and 16)
    Var[W] = 2 / n             normal                        "he", keeps it for rectifiers (H15, eq. 10)
    Var[W] = 0.01^2            normal                        "normal", the same for all layers, a habit of before (H15)

Sources: GB10 is Glorot & Bengio (2010), H15 is He et al. (2015). Symbols: n = n_i inputs and m = n_{i+1} units of a
layer; W^i and b^i are `weight` and `bias` of the i-th Linear in `body`, V and c those of `output`.

Where we differ: GB10 write row vectors, z W; ours are columns. They have no batch norm and no dropout; where ours has
both, the order is linear, batch norm, f, dropout. Batch norm replaces the bias, which it would subtract again.
"""

from dataclasses import dataclass
from typing import Literal

from jaxtyping import Float
from torch import Tensor
from torch.nn import Module, ModuleList

from firsthand.bounds import PART, POSITIVE, SIZE, layered, within
from firsthand.nn import BatchNorm1d, Dropout, Linear, ReLU, Sigmoid, Tanh, init

ACTIVATIONS = {"tanh": Tanh, "relu": ReLU, "sigmoid": Sigmoid}
# Each fills a weight matrix from torch's default generator.
FIRST_WEIGHTS = {
    "glorot": init.glorot_,
    "he": init.he_,
    "standard": lambda weight: init.uniform_(weight, weight.shape[1] ** -0.5),
    "normal": lambda weight: init.normal_(weight, 0.01),
}


@dataclass(frozen=True)
class Config:
    """By default the network of GB10's Table 1 on MNIST: five layers of 1,000 tanh units, normalised weights."""

    inputs: int = 784  # numbers of an example
    hidden: tuple[int, ...] = (1000,) * 5  # units of each hidden layer
    classes: int = 10  # outputs
    activation: Literal["tanh", "relu", "sigmoid"] = "tanh"  # f
    init: Literal["glorot", "he", "standard", "normal"] = "glorot"  # first weights, see above
    gain: float = 1.0  # multiplies the first weights of the hidden layers
    batch_norm: bool = False  # whether every hidden layer is normalised before f
    dropout: float = 0.0  # share of hidden units set to 0 at each training step

    def __post_init__(self) -> None:
        within(self, "model.", inputs=SIZE, classes=SIZE, gain=POSITIVE, dropout=PART)
        layered(self)


class DeepMLP(Module):
    """Linear layers with batch norm, activation and dropout between them, as the Config says."""

    def __init__(self, config: Config = Config()):
        super().__init__()
        self.body = ModuleList()
        width = config.inputs
        for units in config.hidden:
            self.body.append(Linear(width, units, bias=not config.batch_norm))
            if config.batch_norm:
                self.body.append(BatchNorm1d(units))
            self.body.append(ACTIVATIONS[config.activation]())
            if config.dropout:
                self.body.append(Dropout(config.dropout))
            width = units
        self.output = Linear(width, config.classes)
        self.initialise(config)

    def forward(self, images: Float[Tensor, "batch *pixels"]) -> Float[Tensor, "batch classes"]:
        """Logits of each image's class."""
        z = images.flatten(1)
        for layer in self.body:
            z = layer(z)
        return self.output(z)

    def initialise(self, config: Config) -> None:
        """First weights by `Config.init`, those of the hidden layers times the gain; biases 0, as in both papers."""
        for layer in [*self.body, self.output]:
            if isinstance(layer, Linear):
                FIRST_WEIGHTS[config.init](layer.weight)
                layer.weight.data.mul_(1.0 if layer is self.output else config.gain)
                if layer.bias is not None:
                    layer.bias.data.zero_()
