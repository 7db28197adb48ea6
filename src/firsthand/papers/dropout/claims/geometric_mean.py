"""Every mask of a small network, one by one: what weight scaling gives, and the geometric mean that it stands for."""

from itertools import pairwise, product

import torch
from torch import Tensor

from firsthand.claims import Arm, Claim, Measure, Outcome, limit_from
from firsthand.claims.bench.descent import seeded
from firsthand.nn import Dropout, linear, log_softmax, relu


def geometric_mean(keep: float = 0.5, hidden: int = 0, seed: int = 0) -> Outcome:
    """How far weight scaling is from the mean of all thinned networks, for eight inputs and five classes.

    Each mask counts with its probability; the geometric mean is normalised to probabilities again. Numbers are means
    over 100 inputs of the largest difference of a class's probability.

    Args:
        keep: p, the probability that an input or a hidden unit stays.
        hidden: units of one hidden layer of rectifiers, whose masks are taken one by one, too; 0 for none.
        seed: of weights and inputs.
    """
    generator = seeded(seed)

    def drawn(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    widths = (8, hidden, 5) if hidden else (8, 5)
    layers = [(drawn(o, i), drawn(o)) for i, o in pairwise(widths)]
    x = drawn(100, 8)
    half = Dropout(1 - keep, "test").eval()

    def logits(masks: list[Tensor] | None) -> Tensor:
        y = x
        for number, (weight, bias) in enumerate(layers):
            y = linear(half(y) if masks is None else masks[number] * y, weight, bias)
            y = relu(y) if number + 1 < len(layers) else y
        return log_softmax(y)

    geometric, arithmetic = torch.zeros(100, 5, dtype=torch.float64), torch.zeros(100, 5, dtype=torch.float64)
    for bits in product((0.0, 1.0), repeat=sum(widths[:-1])):
        mask = torch.tensor(bits, dtype=torch.float64)
        weight = keep ** mask.sum().item() * (1 - keep) ** (len(bits) - mask.sum().item())
        found = logits(list(mask.split(widths[:-1])))
        geometric += weight * found
        arithmetic += weight * found.exp()
    scaled = logits(None).exp()

    def apart(mean: Tensor) -> float:
        return (scaled - mean).abs().amax(1).mean().item()

    return {"geometric": apart(log_softmax(geometric).exp()), "arithmetic": apart(arithmetic)}


GEOMETRIC = Measure("geometric", "from the geometric mean", digits=16)
ARITHMETIC = Measure("arithmetic", "from the plain mean", digits=4)
HALF = Arm("softmax layer, p = 0.5", experiment=geometric_mean)
MOST = Arm("softmax layer, p = 0.8", experiment=geometric_mean, overrides={"keep": 0.8})
DEEP = Arm("a hidden layer, p = 0.5", experiment=geometric_mean, overrides={"hidden": 4})

CLAIM = Claim(
    key="geometric-mean",
    kind="identity",
    statement="For one softmax layer, weight scaling is the normalised geometric mean over all masks.",
    where="Hinton et al. (2012), and here sec. 1",
    measures=(GEOMETRIC, ARITHMETIC),
    arms=(HALF, MOST, DEEP),
    conditions=limit_from(
        "theory",
        (GEOMETRIC.of(HALF, MOST) <= 1e-12).saying("equal to rounding"),
        (GEOMETRIC.of(DEEP) >= 1e-3).saying("with a hidden layer it is an approximation"),
        (ARITHMETIC.of(HALF, MOST) >= 1e-3).saying("the plain mean is another"),
    ),
    remark="All 2^8 masks of eight inputs, or 2^12 with a hidden layer of four, random weights with standard deviation "
    "1, 100 random inputs, float64. A logarithm of a softmax is linear in its input but for a term that all classes "
    "share, and normalising removes that: the mean of the logarithms is the logarithm at the mean input, p x.",
)
