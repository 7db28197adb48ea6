"""The centred rule under a steady gradient with some noise, and with none."""

from functools import partial
from statistics import mean

import torch
from matplotlib.figure import Figure
from torch import Tensor

from firsthand import optim
from firsthand.claims import Arm, Claim, Measure, Outcome, each, limit_from, within
from firsthand.claims.bench.descent import visited
from firsthand.figures.curves import Runs, metric, series
from firsthand.figures.style import BLUE, INK, MUTED, RED, subplots

RATIOS = (10, 100, 1000, 10_000, 100_000)


def centring(centered: bool = True, eps: float = 1e-8, seed: int = 0) -> Outcome:
    """Mean step, in units of the rate, for gradients of mean 1 whose noise is 10 to 100,000 times smaller.

    alpha is 0.99; the mean is that of steps 4001 to 7000, when even a variance of 1e-10 stands above what is left of
    the start, alpha^t.

    Args:
        centered: divide by the root of the variance instead of the mean square.
        eps: added to the root.
        seed: of the noise.
    """
    generator = torch.Generator().manual_seed(seed)
    noise = 1 / torch.tensor(RATIOS, dtype=torch.float64)

    def gradient(step: int, place: Tensor) -> Tensor:
        return 1 + noise * torch.randn(len(RATIOS), generator=generator, dtype=torch.float64)

    rule = partial(optim.RMSprop, lr=1.0, eps=eps, centered=centered)
    walk = list(visited(rule, torch.zeros(len(RATIOS)), gradient, 7000))
    steps = ((walk[4000] - walk[7000]) / 3000).tolist()
    found = {f"step {ratio}": step for ratio, step in zip(RATIOS, steps, strict=True)}
    return found | {"constant": constant_gradient(centered, eps)}


def constant_gradient(centered: bool, eps: float) -> list[float]:
    """The steps 1 to 200, in units of the rate, under a gradient that is 1 all along, with alpha 0.9."""
    rule = partial(optim.RMSprop, lr=1.0, alpha=0.9, eps=eps, centered=centered)
    walk = torch.cat(list(visited(rule, torch.zeros(1), lambda step, place: torch.ones_like(place), 200)))
    return (walk[:-1] - walk[1:]).tolist()


STEPS = {r: Measure(f"step {r}", f"step, signal / noise {r:,} (rates)", digits=2) for r in RATIOS}
PLAIN = Arm("plain", experiment=centring, overrides={"centered": False})
CENTRED = Arm("centred, eps 1e-8", experiment=centring)
FLOORED = Arm("centred, eps 0.01", experiment=centring, overrides={"eps": 0.01})
OVER_RATIO = each(*(step.of(CENTRED) / r for r, step in STEPS.items()))
TIMES_FLOOR = each(*(step.of(FLOORED) * (1 / r + 0.01) for r, step in STEPS.items()))
OF_PLAIN = each(*(step.of(PLAIN) for step in STEPS.values()))


def figure(seen: Runs) -> Figure:
    """The step against signal over noise, and under a gradient without any noise."""
    figure, left, right = subplots(11, 4.1, 2)
    for colour, (name, runs) in zip((INK, RED, BLUE), seen.items(), strict=True):
        steps = [mean(metric(runs, measure.name)) for measure in STEPS.values()]
        left.plot(RATIOS, steps, "o-", color=colour, lw=1.3, label=name)
        right.plot(range(1, 201), series(runs, "constant")[0], color=colour, lw=1.5)
    left.plot(RATIOS, RATIOS, color=MUTED, lw=0.9, ls=":", label="signal / noise")
    left.set(xscale="log", yscale="log", xlabel="signal / noise of the gradient", ylabel="step, in rates",
             title="A steady gradient with noise, alpha 0.99")  # fmt: skip
    left.legend(loc="upper left")
    right.set(yscale="log", xlabel="step", ylabel="step, in rates", title="A gradient without noise, alpha 0.9")
    return figure


CLAIM = Claim(
    key="centring",
    kind="identity",
    statement="Divided by the standard deviation, a steady gradient steps like signal over noise, up to eps.",
    where="Graves 2013, eqs. 38 to 41: the centred rule",
    measures=tuple(STEPS.values()),
    arms=(PLAIN, CENTRED, FLOORED),
    conditions=limit_from(
        "theory",
        within(OVER_RATIO.called("step over signal / noise of 'centred, eps 1e-8', at each ratio"), 1, share=0.1),
        within(TIMES_FLOOR.called("step × (noise + 0.01) of 'centred, eps 0.01', at each ratio"), 1, share=0.1),
        within(OF_PLAIN.called("step of plain, at each ratio"), 1, share=0.01),
    ),
    remark="alpha is 0.99, so that the variance is estimated from about 200 gradients. Graves put eps inside the "
    "root, 1e-4, which stops the growth at the same 100. His experiment, handwriting, is not repeated.",
    figure=figure,
)
