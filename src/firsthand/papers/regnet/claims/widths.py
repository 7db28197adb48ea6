"""The stages that six numbers give, beside the printed ones, and how near the widths are to the line."""

from math import log

from matplotlib.figure import Figure

from firsthand.claims import Arm, Claim, Condition, Measure, Outcome, limit_from
from firsthand.errors import UserError
from firsthand.figures.curves import Runs, log_ticks, series
from firsthand.figures.style import BLUE, INK, subplots
from firsthand.papers.regnet.line import blocks, line
from firsthand.papers.regnet.variants import PUBLISHED, X


def stages(network: str = "200mf", seed: int = 0) -> Outcome:
    """Depths and widths of the four stages of a RegNetX, and the mean distance of its widths from the line.

    Args:
        network: its name, without the x.
        seed: nothing is random.
    """
    if network not in X:
        raise UserError(f"'{network}' is no published RegNetX: choose one of {', '.join(X)}.")
    config = PUBLISHED[f"x-{network}"]
    depth, w_0, w_a, w_m, _ = X[network]
    straight, found = line(depth, w_0, w_a), blocks(config)
    # Equations 3 and 4 before widths are rounded to what groups divide.
    exact = [w_0 * w_m ** round(log(u / w_0) / log(w_m)) for u in straight]
    return (
        {f"d{i}": value for i, value in enumerate(config.depths, 1)}
        | {f"w{i}": value for i, value in enumerate(config.widths, 1)}
        | {
            "rounding": 100 * sum(abs(log(w / e)) for w, e in zip(found, exact, strict=True)) / depth,
            "distance": 100 * sum(abs(log(w / u)) for w, u in zip(found, straight, strict=True)) / depth,
            "line": [float(u) for u in straight],
            "widths": found,
        }
    )


DEPTHS = tuple(Measure(f"d{i}", f"blocks of stage {i}", digits=0) for i in range(1, 5))
WIDTHS = tuple(Measure(f"w{i}", f"width of stage {i}", digits=0) for i in range(1, 5))
ROUNDING = Measure("rounding", "from the quantised line (%)", digits=1)
DISTANCE = Measure("distance", "from the line (%)", digits=1)
PRINTED = {
    "200mf": ((1, 1, 4, 7), (24, 56, 152, 368)),
    "800mf": ((1, 3, 7, 5), (64, 128, 288, 672)),
    "3.2gf": ((2, 6, 15, 2), (96, 192, 432, 1008)),
    "32gf": ((2, 7, 13, 1), (336, 672, 1344, 2520)),
}
ARMS = tuple(
    Arm(name, "", {"network": name}, {f"d{i}": float(d) for i, d in enumerate(depths, 1)}
        | {f"w{i}": float(w) for i, w in enumerate(widths, 1)}, stages)
    for name, (depths, widths) in PRINTED.items()
)  # fmt: skip


def figure(seen: Runs) -> Figure:
    """The line, and the widths on it, of four networks."""
    figure, *panels = subplots(10, 3.5, 4)
    for axes, name in zip(panels, PRINTED, strict=True):
        (straight,), (found,) = series(seen[name], "line"), series(seen[name], "widths")
        axes.plot(range(len(found)), straight, color=INK, lw=1.2, label="u = w₀ + w_a j")
        axes.step(range(len(found)), found, where="mid", color=BLUE, lw=1.2)
        axes.plot(range(len(found)), found, "o", color=BLUE, ms=4, label="width of block j")
        axes.set(xlabel="block j", title=f"RegNetX-{name.upper()}", yscale="log")
        log_ticks(axes, (20, 50, 100, 200, 500, 1000, 2000))
    panels[0].set_ylabel("channels")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


CLAIM = Claim(
    key="widths",
    kind="the paper's number",
    statement="Six numbers, d, w_0, w_a, w_m, b and g, give the printed depths and widths of a RegNetX.",
    where="eq. 2 to 4, Fig. 15",
    measures=(*DEPTHS, *WIDTHS, ROUNDING, DISTANCE),
    arms=ARMS,
    conditions=(
        Condition(
            "all depths and widths as printed",
            lambda m: all([m(arm.name, measure) == value for arm in ARMS for measure, value in arm.paper.items()]),
            "paper",
        ),
        *limit_from(
            "theory",
            (DISTANCE.of(*ARMS) - ROUNDING.of(*ARMS)).called("from the line, less what rounding does (%)") <= 53,
            ROUNDING.of(*ARMS).called("what rounding does (%)") <= 33,
        ),
    ),
    seeds=(0,),
    remark="Nothing is random, so one seed. Four of the networks; a test holds for all twelve. The paper prints w_a "
    "and w_m with fewer digits; these are of the authors' configurations. Distances are means over the blocks of the "
    "size of the logarithm of a ratio: e_fit with the network's own numbers. Quantisation moves a width by half a step "
    "at most, log(w_m) / 2, which is 53 % at the largest w_m of all, 2.88; rounding to 8 and to whole groups by a "
    "third at most, as section 3.2 says.",
    figure=figure,
)
