"""How much sooner the normalised network is there, from two sizes of the first weights."""

from matplotlib.figure import Figure

from firsthand.claims import Arm, Claim, Measure, limit_from
from firsthand.figures.curves import Runs, lines, series
from firsthand.figures.style import BLUE, RED, subplots
from firsthand.papers.batchnorm.training import EVERY, course

AT = {step: Measure(f"accuracy {step}", f"test accuracy at step {step:,}") for step in (500, 1000, 2000, 4000, 8000)}
STEPS = Measure("steps to 95 %", "steps to 95 %", digits=0)
END = Measure("accuracy 50000", "test accuracy at step 50,000")
SHOWN = 5000  # steps of the figure
LARGE = {"std": 0.1, "steps": SHOWN}
NORMED = Arm("batch norm, 0.01", experiment=course)
PLAIN = Arm("none, 0.01", experiment=course, overrides={"batch_norm": False})
NORMED_LARGE = Arm("batch norm, 0.1", experiment=course, overrides=LARGE)
PLAIN_LARGE = Arm("none, 0.1", experiment=course, overrides={"batch_norm": False} | LARGE)


def figure(seen: Runs) -> Figure:
    """The first steps, a panel for each size of the first weights, a line a seed."""
    figure, *panels = subplots(10, 3.9, 2, sharey=True)
    pairs = (("0.01", NORMED, PLAIN), ("0.1", NORMED_LARGE, PLAIN_LARGE))
    for axes, (std, normed, plain) in zip(panels, pairs, strict=True):
        for arm, colour, words in ((normed, BLUE, "batch norm"), (plain, RED, "none")):
            curves = [shares[: SHOWN // EVERY + 1] for shares in series(seen[arm.name], "shares")]
            lines(axes, curves, colour, words, EVERY, 0, lw=1)
        axes.set(xlabel="step", title=f"First weights of N(0, {std}²)", xlim=(0, SHOWN), ylim=(0, 1))
        axes.xaxis.set_major_formatter("{x:,.0f}")
    panels[0].set_ylabel("test accuracy")
    panels[1].legend(loc="lower right")
    return figure


CLAIM = Claim(
    key="faster",
    kind="the paper's statement",
    statement="Batch normalisation makes the network train faster and end with a higher test accuracy.",
    where="sec. 4.1, Fig. 1a",
    measures=(*AT.values(), STEPS, END),
    arms=(NORMED, PLAIN, NORMED_LARGE, PLAIN_LARGE),
    conditions=(
        *limit_from("pilot", (2 * STEPS.of(NORMED) <= STEPS.of(PLAIN)).saying("at most half the steps")),
        *(at.of(NORMED) > at.of(PLAIN) for at in AT.values()),
        END.of(NORMED) > END.of(PLAIN),
        (STEPS.of(NORMED_LARGE) < STEPS.of(PLAIN_LARGE)).saying("sooner from larger first weights, too"),
        (2 * STEPS.of(NORMED_LARGE) <= STEPS.of(PLAIN_LARGE)).saying("and in at most half the steps"),
    ),
    remark="Rate 0.5, looked at every 100 steps. The paper says only that its first weights were small. In the pilot "
    "run 0.01 took 2,800 steps to 95 % with batch normalisation and 11,600 without, 0.1 took 2,800 and 3,200: most of "
    "what figure 1a shows is what small first weights cost a network without normalisation, which is why the larger "
    "ones stand beside them. They were trained for 5,000 steps.",
    figure=figure,
)
