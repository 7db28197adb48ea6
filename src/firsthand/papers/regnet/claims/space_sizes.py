"""How many networks each design space holds."""

from math import comb, log10

from matplotlib.figure import Figure

from firsthand.claims import Arm, Claim, Condition, Measure, Outcome, ordered
from firsthand.figures.curves import Runs, metric
from firsthand.figures.dots import rows
from firsthand.figures.style import BLUE, RED, subplots
from firsthand.papers.regnet.spaces import PAPER, STAGES, Space


def size(space: Space = "RegNet", seed: int = 0) -> Outcome:
    """Combinations of a design space's sizes, as the paper counts them and exactly, in powers of ten.

    Args:
        space: AnyNetX_A to E, or RegNet, at the paper's limits.
        seed: nothing is random.
    """
    depths, widths, ratios, groups = PAPER.depth, PAPER.width // 8, len(PAPER.ratios), len(PAPER.groups)
    if space == "RegNet":  # 64 values each of d, w_0, w_a and w_m; what has no four stages is counted, too
        found = exact = 64**4 * ratios * groups
    else:
        free = (depths * widths) ** STAGES
        shared = {"A": (ratios * groups) ** STAGES, "B": ratios * groups**STAGES}.get(space, ratios * groups)
        orders = {"D": 1, "E": 2}.get(space, 0)  # how many of widths and depths must not fall
        found = free * shared / 24**orders
        # Of n values four that do not fall are chosen in C(n + 3, 4) ways; n^4 / 4! leaves equal ones out.
        rising_widths = comb(widths + STAGES - 1, STAGES) if orders else widths**STAGES
        rising_depths = comb(depths + STAGES - 1, STAGES) if orders == 2 else depths**STAGES
        exact = rising_widths * rising_depths * shared
    return {"combinations": log10(found), "exactly": log10(exact)}


COUNTED = Measure("combinations", "combinations as the paper counts (log10)", digits=2)
EXACT = Measure("exactly", "counted exactly (log10)", digits=2)
PRINTED = {"A": 1.8e18, "B": 6.8e16, "C": 3.2e14, "D": 1.3e13, "E": 5.5e11, "RegNet": 3.0e8}
ARMS = tuple(
    Arm(space if space == "RegNet" else f"AnyNetX {space}", "", {"space": space}, {"combinations": log10(total)}, size)
    for space, total in PRINTED.items()
)


def figure(seen: Runs) -> Figure:
    """Powers of ten, space by space."""
    figure, axes = subplots(7, 2.8)
    for row, runs in enumerate(seen.values()):
        counted, exact = (metric(runs, measure.name)[0] for measure in (COUNTED, EXACT))
        axes.plot([counted], [row], "o", color=BLUE, ms=7, label=None if row else "as the paper counts")
        axes.plot([exact], [row], "|", color=RED, ms=14, mew=2, label=None if row else "exactly")
        axes.text(counted + 0.4, row, f"{10**counted:.1e}", va="center", fontsize=9)
    rows(axes, list(seen))
    axes.set(xlim=(0, 21), xlabel="combinations (powers of ten)", title="How many networks each space holds")
    axes.legend(loc="lower left")
    return figure


CLAIM = Claim(
    key="space-sizes",
    kind="the paper's number",
    statement="Every step makes the space smaller, from 1.8e18 networks to 3e8: six numbers in place of sixteen.",
    where="Table 1",
    measures=(COUNTED, EXACT),
    arms=ARMS,
    conditions=(
        Condition(
            "combinations as printed, to two digits, of all spaces",
            lambda m: all(
                [f"{10 ** m(a.name, 'combinations'):.1e}" == f"{10 ** a.paper['combinations']:.1e}" for a in ARMS]
            ),
            "paper",
        ),
        ordered(*(EXACT.of(arm) for arm in reversed(ARMS))),
    ),
    seeds=(0,),
    remark="Nothing is random, so one seed. The paper divides by 4! where widths or depths must not fall, as if no two "
    "were equal. With 16 depths many are: exactly, E holds half as many networks again.",
    figure=figure,
)
