"""Figure 2: the bound against wake-sleep at equal numbers of samples."""

from matplotlib.figure import Figure

from firsthand.claims import Arm, Claim, Measure, limit_from
from firsthand.figures.curves import Runs, lines, series
from firsthand.figures.style import BLUE, RED, subplots
from firsthand.papers.vae.learning import learn

TEST_1 = Measure("test 100000", "test bound after 1e5 samples (nats)", digits=1)
TEST_3 = Measure("test 300000", "test bound after 3e5 samples (nats)", digits=1)


def rival(latent: int, rate: float) -> Arm:
    """Wake-sleep at one of the paper's rates."""
    options = {"latent": latent, "estimator": "wake-sleep", "rate": rate, "trained": 100_000}
    return Arm(f"{latent} latents, wake-sleep, {rate:g}", experiment=learn, overrides=options)


LATENTS = 3, 20
OURS = {n: Arm(f"{n} latents, bound, 0.02", experiment=learn, overrides={"latent": n}) for n in LATENTS}
RIVALS = {n: [rival(n, rate) for rate in (0.01, 0.02)] for n in LATENTS}


def figure(seen: Runs) -> Figure:
    """Test bound, a line a seed, a panel for each number of latents."""
    figure, *panels = subplots(9, 3.8, 2, sharey=True)
    for axes, (latent, ours) in zip(panels, OURS.items(), strict=True):
        for one, colour, style in ((ours, BLUE, "-"), *zip(RIVALS[latent], (RED, RED), ("-", "--"), strict=True)):
            curves = [curve[:, :2] for curve in series(seen[one.name])]
            lines(axes, curves, colour, one.name.split(", ", 1)[1], ls=style)
        axes.set(xscale="log", xlim=(9e3, 3.2e5), ylim=(-260, -110), xlabel="training samples",
                 title=f"{latent} latents")  # fmt: skip
        axes.legend(loc="lower right")
    panels[0].set_ylabel("test bound (nats a picture)")
    return figure


CLAIM = Claim(
    key="wake-sleep",
    kind="the paper's statement",
    statement="The bound is climbed faster than wake-sleep climbs, with the same networks.",
    where="sec. 5, fig. 2",
    measures=(TEST_1, TEST_3),
    arms=tuple(arm for latent in OURS for arm in (OURS[latent], *RIVALS[latent])),
    conditions=limit_from(
        "paper",
        TEST_3.of(OURS[20]) >= TEST_3.of(*RIVALS[20]) + 5,
        TEST_3.of(OURS[3]) >= TEST_3.of(*RIVALS[3]) + 5,
        TEST_1.of(OURS[20]) > TEST_1.of(*RIVALS[20]),
        TEST_1.of(OURS[3]) > TEST_1.of(*RIVALS[3]),
    ),
    seeds=(3, 4, 5),
    remark="",
    figure=figure,
)
