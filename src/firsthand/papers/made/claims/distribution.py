"""Every vector of eight bits, one by one: with masks the probabilities add up to one, without them they do not."""

import torch
from torch import Tensor
from torch.func import jacrev

from firsthand.claims import Arm, Claim, Measure, Outcome, limit_from
from firsthand.claims.bench.descent import seeded
from firsthand.papers.made.likelihood import every, nats
from firsthand.papers.made.model import MADE, Config

INPUTS, SETS = 8, 5


def distribution(hidden: tuple[int, ...] = (20,), masked: bool = True, seed: int = 0) -> Outcome:
    """What the probabilities of all 2^8 vectors add up to, and which outputs depend on which inputs.

    Five sets of masks in random orderings, standard normal weights and biases, direct connections, float64. The
    dependence is that of the derivatives at a random real vector, with smooth units.

    Args:
        hidden: units of each hidden layer.
        masked: whether the masks are used.
        seed: of weights and masks.
    """
    generator = seeded(seed)
    config = Config(INPUTS, hidden, "tanh", direct=True, ordering="agnostic", masks=SETS)
    model, x = MADE(config).double().eval(), every(INPUTS)
    for p in model.parameters():
        p.data = torch.randn(p.shape, generator=generator, dtype=torch.float64)
    point = torch.randn(1, INPUTS, generator=generator, dtype=torch.float64)
    apart, forbidden, allowed, count = 0.0, 0, 0, 0
    for number in range(SETS):
        m = model.degrees(number)
        masks = model.masks(m) if masked else [torch.ones_like(mask) for mask in model.masks(m)]

        def outputs(x: Tensor, masks: list[Tensor] = masks) -> Tensor:
            return model(x, masks)[0]

        apart = max(apart, abs(nats(model(x, masks), x).neg().exp().sum().item() - 1))
        depends, before = jacrev(outputs)(point)[:, 0] != 0, m[0][:, None] > m[0]
        forbidden += int((depends & ~before).sum())
        allowed += int((depends & before).sum())
        count += int(before.sum())
    return {"apart": apart, "forbidden": forbidden, "allowed": 100 * allowed / count}


APART = Measure("apart", "farthest sum from 1", digits=15)
FORBIDDEN = Measure("forbidden", "outputs that depend on what does not come before (of 180)", digits=0)
ALLOWED = Measure("allowed", "of what comes before, seen (%)", digits=1)
DEPTHS = tuple(
    Arm(name, experiment=distribution, overrides={"hidden": hidden})
    for name, hidden in (("no hidden layer", ()), ("one", (20,)), ("two", (20, 15)), ("three", (20, 15, 30)))
)
BARE = Arm("one, no masks", experiment=distribution, overrides={"masked": False})

CLAIM = Claim(
    key="distribution",
    kind="identity",
    statement="With the masks the network's outputs are the conditionals of a distribution, at any depth.",
    where="sec. 3 and 4",
    measures=(APART, FORBIDDEN, ALLOWED),
    arms=(*DEPTHS, BARE),
    conditions=limit_from(
        "theory",
        (APART.of(*DEPTHS) <= 1e-12).saying("with masks the sum is 1 to rounding"),
        (FORBIDDEN.of(*DEPTHS) <= 0).saying("no output sees itself or what comes after"),
        (ALLOWED.of(*DEPTHS) >= 100).saying("and each sees all that comes before"),
        (APART.of(BARE) >= 0.01).saying("without masks it is no distribution"),
    ),
    remark="Eight bits, 256 vectors, five sets of masks for each network, weights and biases from N(0, 1), float64. An "
    "output sees all inputs before it by its direct connections, whatever the masks of the hidden layers leave.",
    seeds=(3, 4, 5),
)
