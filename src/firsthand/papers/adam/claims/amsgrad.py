"""Two convex problems on which Adam walks to the worst point, and AMSGrad does not."""

from math import sqrt

from matplotlib.figure import Figure

from firsthand.claims import Arm, Claim, Measure, Outcome
from firsthand.figures.curves import Runs, series
from firsthand.figures.style import BLUE, MUTED, RED, beside, subplots


def counterexample(
    large: float = 1010.0,
    small: float = 10.0,
    period: int = 101,
    beta1: float = 0.9,
    beta2: float = 0.99,
    amsgrad: bool = False,
    lr: float = 0.5,
    steps: int = 1_000_000,
    seed: int = 0,
) -> Outcome:
    """Where x in [-1, 1] ends that mostly slopes down to +1 although the sum of all slopes says -1.

    The loss of step t is large x if t mod period = 1, else -small x; the rate is lr / sqrt(t). There is no bias
    correction, as in the paper that found this. Plain numbers: a million steps of one weight.

    Args:
        large: the rare slope; the best x is -1 if it exceeds (period - 1) small.
        small: the usual slope, to the other side.
        period: steps between two rare ones.
        beta1: decay of the mean of gradients.
        beta2: decay of the mean of squared gradients.
        amsgrad: divide by the root of the largest mean of squares so far.
        lr: learning rate before its decay.
        steps: how many.
        seed: nothing is random.
    """
    x, m, v, top = 0.0, 0.0, 0.0, 0.0
    shown = {round(10 ** (i / 60)) for i in range(1, 361)} | {steps}
    found: dict[str, list[float]] = {"step": [], "place": []}
    for t in range(1, steps + 1):
        g = large if t % period == 1 else -small
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g
        top = max(top, v) if amsgrad else v
        x = min(1.0, max(-1.0, x - lr / sqrt(t) * m / sqrt(top)))
        if t in shown:
            found["step"].append(t)
            found["place"].append(x)
    return {"end": x} | found


END = Measure("end", "x at the end (best: -1)")
SHORT = {"large": 3.0, "small": 1.0, "period": 3, "beta1": 0.0, "beta2": 0.1, "steps": 100_000}
PROBLEMS = {"C = 3": SHORT, "1010 and -10": {}}
TITLES = ("slope +3 once in 3 steps, else -1", "slope +1010 once in 101 steps, else -10")
ADAM, AMSGRAD = (
    [
        Arm(f"{method}, {name}", experiment=counterexample, overrides=options | {"amsgrad": method == "AMSGrad"})
        for name, options in PROBLEMS.items()
    ]
    for method in ("Adam", "AMSGrad")
)


def figure(seen: Runs) -> Figure:
    """Where x is against the number of steps, a panel for each of the two problems."""
    figure, *panels = subplots(10, 3.8, 2, sharey=True)
    for axes, title, *arms in zip(panels, TITLES, ADAM, AMSGRAD, strict=True):
        for arm, name, colour in zip(arms, ("Adam", "AMSGrad"), (RED, BLUE), strict=True):
            steps, places = (series(seen[arm.name], part)[0] for part in ("step", "place"))
            axes.plot(steps, places, color=colour, lw=1.8)
            beside(axes, 1.2 * steps[-1], [(name, places[-1], colour)], 0.1, fontweight="bold")
        axes.axhline(-1, color=MUTED, lw=1, ls=":")
        axes.set(xscale="log", xlabel="steps", title=title, ylim=(-1.1, 1.1), yticks=(-1, 0, 1))
        axes.set_xlim(1, axes.get_xlim()[1] * 3)
    panels[0].set_yticklabels(("-1\n(best)", "0", "+1\n(worst)"))
    panels[0].set_ylabel("x")
    return figure


CLAIM = Claim(
    key="amsgrad",
    kind="identity",
    statement="Adam can converge to the worst point of a convex problem; AMSGrad, which never forgets v, does not.",
    where="Reddi, Kale & Kumar (2018), sec. 3 and 5, against Theorem 4.1",
    measures=(END,),
    arms=tuple(arm for pair in zip(ADAM, AMSGRAD, strict=True) for arm in pair),
    conditions=(END.of(*ADAM) > 0.9, END.of(*AMSGRAD) < -0.9),
    seeds=(0,),
    remark="Nothing in it is random, so one seed. The rate is 0.5 / sqrt(t) and there is no bias correction. "
    "The functions are those of the later paper as they are usually quoted: slope C = 3 once in three steps, else "
    "-1, with betas (0, 0.1); and 1010 once in 101 steps, else -10, with betas (0.9, 0.99).",
    figure=figure,
)
