"""Every gradient multiplied by a constant: how far the path strays."""

from dataclasses import replace
from functools import partial
from math import hypot

from matplotlib.figure import Figure

from firsthand.claims import Arm, Claim, Measure, Outcome, each, equal
from firsthand.figures.curves import Runs, series
from firsthand.figures.style import BLUE, GREEN, INK, MUTED, RED, subplots
from firsthand.optim import Adam
from firsthand.optim.surfaces import SURFACES, walk

SCALES = tuple(10.0**power for power in range(-12, 5))


def rescaled(eps: float = 1e-8, steps: int = 1000, seed: int = 0) -> Outcome:
    """How far Adam's path on Rosenbrock's function strays when every gradient is multiplied by a constant.

    The distance is the largest between the two paths at the same step, as a share of the reach of the path itself.

    Args:
        eps: what is added to the root of the mean of squares.
        steps: how many, at the rate 0.01.
        seed: nothing is random.
    """
    surface = SURFACES["Rosenbrock"]

    def path(scale: float) -> list[tuple[float, float]]:
        def slope(x: float, y: float) -> tuple[float, float]:
            dx, dy = surface.slope(x, y)
            return scale * dx, scale * dy

        return walk(replace(surface, slope=slope), partial(Adam, eps=eps), 0.01, steps)[0]

    original = path(1.0)
    reach = max(hypot(x - surface.start[0], y - surface.start[1]) for x, y in original)
    apart = []
    for scale in SCALES:
        pairs = zip(original, path(scale), strict=True)
        apart.append(max(hypot(x - u, y - v) for (x, y), (u, v) in pairs) / reach)
    at = {f"{scale:.0e}": share for scale, share in zip(SCALES, apart, strict=True)}
    found = {"at 1e-9": at["1e-09"], "at 1e-6": at["1e-06"], "at 1e3": at["1e+03"]}
    return found | {"scales": list(SCALES), "apart": apart}


APART = {
    scale: Measure(f"at {scale}", f"path apart, gradient x {scale} (%)", scale=100.0, digits=4)
    for scale in ("1e-9", "1e-6", "1e3")
}
DEFAULT = Arm("eps = 1e-8", experiment=rescaled)
NONE = Arm("eps = 0", experiment=rescaled, overrides={"eps": 0.0})
LARGE = Arm("eps = 1e-3", experiment=rescaled, overrides={"eps": 1e-3})


def figure(seen: Runs) -> Figure:
    """How far the path strays against the scale of the gradients, for each eps."""
    figure, axes = subplots(8, 4.2)
    for arm, colour in ((LARGE, BLUE), (DEFAULT, RED), (NONE, GREEN)):
        scales, apart = (series(seen[arm.name], name)[0] for name in ("scales", "apart"))
        other = scales != 1
        words = arm.name.replace("eps", "ε")
        axes.plot(scales[other], apart[other].clip(1e-17), "o-", color=colour, lw=1.6, ms=4, label=words)
    axes.axhline(0.01, color=MUTED, lw=1, ls=":")
    axes.annotate("1 %", (scales[-1], 0.01), xytext=(0, 3), textcoords="offset points", color=INK, ha="right")
    axes.set(xscale="log", xlabel="all gradients multiplied by", title="How far the path strays")
    axes.set(yscale="log", ylabel="largest distance / reach of the path")
    axes.legend(loc="center left", bbox_to_anchor=(0.0, 0.4))
    return figure


CLAIM = Claim(
    key="rescaling",
    kind="identity",
    statement="The steps do not change when the gradient is rescaled.",
    where="sec. 2.1",
    measures=tuple(APART.values()),
    arms=(DEFAULT, NONE, LARGE),
    conditions=(
        equal(each(*(m.of(NONE) for m in APART.values())).called("path apart (%) at all scales of eps = 0"), 0, 1e-8),
        APART["1e-6"].of(DEFAULT) < 5,
    ),
    seeds=(0,),
    remark="Nothing in it is random, so one seed. 1000 steps on Rosenbrock's function at the rate 0.01. "
    "For gradients near eps and below, Adam becomes SGD with momentum and the rate alpha / eps.",
    figure=figure,
)
