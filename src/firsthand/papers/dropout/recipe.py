"""How the network is trained: in minutes on MNIST, as appendix B.1 says, and as Hinton et al. did it in 2012."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from torch import Tensor
from torch.nn import Module
from torch.optim import Optimizer

from firsthand.bounds import ORDINAL, SHARE, within
from firsthand.data.specs import Images
from firsthand.errors import UserError
from firsthand.nn import cross_entropy
from firsthand.optim import SGD
from firsthand.papers.dropout.model import VARIANTS, Config, DropoutNet
from firsthand.train import recipe
from firsthand.train.classify import Classify
from firsthand.train.recipe import Optim, Schedule
from firsthand.train.task import Batch


class RisingSGD(SGD):
    """SGD as in 2012: v <- m v + (1 - m) g, w <- w - lr v, with a momentum m that rises in a straight line.

    From `start` to the option `momentum` over `rise` updates; each group counts its updates in "t", which checkpoints
    keep. The paper raises m once a pass and lets the rate stand in v; over one of its passes either is 0.2 %.
    """

    def __init__(self, params: Any, lr: float, momentum: float, start: float, rise: int):
        super().__init__(params, lr=lr, momentum=momentum)
        self.start, self.most, self.rise = start, momentum, rise
        self.defaults["t"] = 0
        for group in self.param_groups:
            group["t"] = 0

    def step(self, closure: Callable[[], Tensor] | None = None) -> Tensor | None:
        """Set the momentum of this update, and take it."""
        for group in self.param_groups:
            risen = min(group["t"] / self.rise, 1.0)
            group["momentum"] = group["dampening"] = self.start + risen * (self.most - self.start)
            group["t"] += 1
        return super().step(closure)


class DigitTask(Classify):
    """Read one digit, under cross-entropy; pixels go from 0 to 1."""

    network = DropoutNet

    def loss(self, model: Module, batch: Batch) -> Tensor:
        """The mean cross-entropy, by the function that is fast at it."""
        return cross_entropy(model(batch[0]), batch[1])

    def optimizer(self, model: Module) -> Optimizer:
        """The recipe's rule, or that of 2012 where the momentum is to rise."""
        spec = self.recipe.optim
        if not self.recipe.rise:
            return super().optimizer(model)
        return RisingSGD(model.parameters(), spec.lr, spec.momentum or 0.0, self.recipe.start, self.recipe.rise)

    def figures(self, model: Module) -> Iterator[tuple[str, Any]]:
        """Also the features of the first layer, as in Figure 7."""
        from firsthand.papers.dropout.pictures import features  # matplotlib takes half a second to import

        yield from super().figures(model)
        yield "features", features(model.layers[0].weight.detach().float().cpu())


@dataclass(frozen=True)
class Recipe(recipe.Recipe):
    """A recipe with the network's sizes and noise, its digits, and the momentum's rise of 2012."""

    model: Config = Config()
    data: Images = Images()
    rise: int = 0  # sgd: updates over which the momentum rises to optim.momentum; 0: it is the same all along
    start: float = 0.5  # sgd: the momentum of the first update, where it rises
    task: ClassVar = DigitTask

    def __post_init__(self) -> None:
        super().__post_init__()
        within(self, rise=ORDINAL, start=SHARE)
        others = (self.optim.dampening, self.optim.nesterov, self.optim.weight_decay)
        if self.rise and (self.optim.name != "sgd" or any(others)):
            raise UserError("A momentum that rises is for sgd with optim.lr and optim.momentum alone: set rise to 0.")


# B.1: all 60,000 images, a million updates, no early stopping, momentum 0.95, |w| <= 2 in all layers. It does not
# say the batch, the rate, nor how the momentum gets to 0.95: ours are 128, as in a public replication, and a constant
# momentum with a rate that falls in a straight line.
PAPER = Recipe(
    data=Images(validation=0),
    steps=1_000_000,
    batch=128,
    optim=Optim("sgd", lr=0.05, momentum=0.95),
    schedule=Schedule("linear"),
    max_norm=2.0,
    keep="last",
    eval_every=10_000,
    log_every=1000,
    checkpoint_every=10_000,
)
# 20 passes over 55,000 images, with half as many units.
LAPTOP = replace(
    PAPER,
    model=Config((512, 512)),
    data=Images(),
    steps=11_000,
    batch=100,
    eval_every=550,
    log_every=110,
    checkpoint_every=1100,
    diagnose_every=550,
    threads=1,
)

PRESETS = {
    "laptop": LAPTOP,
    "paper": PAPER,
    # Hinton et al. (2012): 3,000 passes in batches of 100, a rate of 10 that falls by 0.2 % a pass, momentum from 0.5
    # to 0.99 over 500 passes, squared incoming weights at most 15, first weights N(0, 0.01^2).
    "2012": replace(
        PAPER,
        model=VARIANTS["2012, 2x800"],
        steps=1_800_000,
        batch=100,
        optim=Optim("sgd", lr=10.0, momentum=0.99),
        schedule=Schedule("exponential", factor=0.998, every=600),
        rise=300_000,
        max_norm=15**0.5,
        eval_every=6000,
        log_every=600,
        checkpoint_every=6000,
    ),
    # What the claims look at: 5,000 images, which 784-512-512-10 learns by heart.
    "scarce": replace(
        LAPTOP,
        data=Images(limit=5000),
        steps=3000,
        batch=64,
        optim=Optim("sgd", lr=0.1, momentum=0.9),
        max_norm=None,
        eval_every=1000,
        log_every=100,
        checkpoint_every=1000,
        diagnose_every=None,
    ),
    # No download, seconds: scikit-learn's 1,797 digits.
    "digits": replace(
        LAPTOP,
        model=Config((256, 256)),
        data=Images("digits"),
        steps=1500,
        batch=50,
        eval_every=150,
        log_every=30,
        checkpoint_every=300,
        diagnose_every=150,
    ),
}
