"""The network of section 6.2: a digit's pixels, two hidden layers of 1,000 rectifiers with dropout, ten logits.

    h = dropout(relu(W h + b)),  h = x at first      once for every hidden layer
    logits = V h + c                                 softmax(logits) are the probabilities of the ten digits

    784 * 1000 + 1000  +  1000 * 1000 + 1000  +  1000 * 10 + 10  =  1,796,010 parameters

The paper is about the rule that trains it, which is `firsthand/optim/adam.py`:

    m <- b1 m + (1 - b1) g      v <- b2 v + (1 - b2) g^2      theta <- theta - alpha m^ / (sqrt(v^) + eps)
    m^ = m / (1 - b1^t)         v^ = v / (1 - b2^t)

Symbols: alpha is `lr`, (b1, b2) `betas`, m and v `exp_avg` and `exp_avg_sq` in the rule's state, g a weight's `grad`.
Without hidden layers it is the logistic regression of section 6.1: 7,850 parameters and a convex loss. The VAE of
section 6.4, on which the paper tests its bias correction, stands in `vae.py`.

Where the paper does not say: dropout silences half of the hidden units and no pixel; weights start from
U(±1/sqrt(inputs)), those of the logistic regression at zero.
"""

from dataclasses import dataclass
from itertools import pairwise

from jaxtyping import Float
from torch import Tensor
from torch.nn import Module, ModuleList

from firsthand.bounds import PART, SIZE, within
from firsthand.nn import Dropout, Linear, ReLU


@dataclass(frozen=True)
class Config:
    """Sizes of the network of section 6.2."""

    hidden: tuple[int, ...] = (1000, 1000)  # units of each hidden layer; none: the logistic regression of section 6.1
    dropout: float = 0.5  # share of hidden units silenced at each training step

    def __post_init__(self) -> None:
        within(self, "model.", hidden=SIZE, dropout=PART)


class MLP(Module):
    """Linear layers, with a rectifier and dropout after all but the last. Source: sec. 6.2; without hidden, 6.1."""

    def __init__(self, config: Config = Config()):
        super().__init__()
        self.body = ModuleList()
        sizes = (28 * 28, *config.hidden)
        for inputs, units in pairwise(sizes):
            self.body += [Linear(inputs, units), ReLU(), Dropout(config.dropout)]
        self.output = Linear(sizes[-1], 10)
        if not config.hidden:  # convex: every start leads to the same place, and from zero nothing depends on luck
            for parameter in self.output.parameters():
                parameter.data.zero_()

    def forward(self, images: Float[Tensor, "batch 1 28 28"]) -> Float[Tensor, "batch 10"]:
        """Ten logits an image."""
        h = images.flatten(1)  # (batch, 784)
        for layer in self.body:
            h = layer(h)
        return self.output(h)
