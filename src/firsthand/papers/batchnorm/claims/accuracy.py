"""Figure 1a: test accuracy over 50,000 steps, with batch normalisation and without."""

from matplotlib.figure import Figure

from firsthand.claims import Arm, Claim, Measure, limit_from, near_paper
from firsthand.figures.curves import Runs, lines, series
from firsthand.figures.style import BLUE, INK, RED, subplots
from firsthand.papers.batchnorm.training import EVERY, course

AT = {step: Measure(f"accuracy {step}", f"test accuracy at step {step:,}") for step in (4000, 8000, 16_000, 50_000)}
READ = {True: (0.953, 0.967, 0.975, 0.981), False: (0.71, 0.905, 0.957, 0.972)}  # off figure 1a, to 0.005
PRINTED = {norm: {at.name: y for at, y in zip(AT.values(), row, strict=True)} for norm, row in READ.items()}
NORMED = Arm("batch norm", experiment=course, paper=PRINTED[True])
PLAIN = Arm("none", experiment=course, overrides={"batch_norm": False}, paper=PRINTED[False])


def figure(seen: Runs) -> Figure:
    """Test accuracy against the step, a line a seed, with what we read off the paper's figure."""
    figure, axes = subplots(8, 4.4)
    for arm, colour in ((NORMED, BLUE), (PLAIN, RED)):
        lines(axes, series(seen[arm.name], "shares"), colour, arm.name, EVERY, 0, lw=0.9)
        axes.plot(list(AT), list(arm.paper.values()), "D", color=colour, mfc="white", ms=7, zorder=5, clip_on=False)
    axes.plot([], [], "D", color=INK, mfc="white", ms=7, label="read off the paper's figure 1a")
    axes.set(xlabel="step", ylabel="test accuracy", xlim=(0, 50_500), ylim=(0.7, 1.0))
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.set_title("Test accuracy on binary MNIST, three layers of 100 sigmoids")
    axes.legend(loc="lower right")
    return figure


CLAIM = Claim(
    key="accuracy",
    kind="the paper's number",
    statement="The sigmoid network reaches 95.3 % of the test digits after 4,000 steps and 98.1 % after 50,000.",
    where="sec. 4.1, Fig. 1a",
    measures=tuple(AT.values()),
    arms=(NORMED, PLAIN),
    conditions=limit_from(
        "paper",
        near_paper(NORMED, *AT.values(), by=0.01),
        near_paper(PLAIN, AT[16_000], AT[50_000], by=0.01),
        near_paper(PLAIN, AT[4000], AT[8000], by=0.01),
    ),
    remark="The paper prints no numbers: ours were read off its figure to about 0.005, and 0.01 allows for that twice. "
    "It gives neither the rule, nor its rate, nor the size of the first weights. Ours are plain SGD at 0.5 and a "
    "standard deviation of 0.01, chosen in pilot runs with another seed because both networks then learn about as fast "
    "as the paper's. The plain one leaves chance so late and then so steeply that its accuracy until step 8,000 "
    "hangs on these choices: with the paper's it was 0.16 ahead of ours at 4,000. Its rate and its first weights "
    "would settle it.",
    figure=figure,
)
