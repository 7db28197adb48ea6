"""A learning rate that rises first, with norms after the sums and before the sub-layers."""

from matplotlib.figure import Figure

from firsthand.claims import Arm, Claim, Measure, Outcome, limit_from
from firsthand.claims.bench.copying import VOCAB, learn
from firsthand.claims.bench.descent import seeded
from firsthand.figures.curves import Runs, lines, series
from firsthand.figures.style import BLUE, GREEN, RED, subplots
from firsthand.optim.schedule import inverse_sqrt
from firsthand.papers.transformer.layers import Norm
from firsthand.papers.transformer.model import Config, Transformer

EVERY = 10  # steps that a point of the curve is a mean over


def warmup(norm: Norm = "post", rising: bool = True, peak: float = 0.003, steps: int = 300, seed: int = 0) -> Outcome:
    """How well six layers learn to copy eight tokens when the learning rate rises for 100 steps, or starts at its top.

    Args:
        norm: whether norms come after each sum ("post") or before each sub-layer ("pre").
        rising: whether the rate rises for 100 steps before it falls; else it is at its top for as long.
        peak: the rate at the top.
        steps: of Adam, on 32 fresh sentences.
        seed: of the first weights and of all sentences.
    """
    generator = seeded(seed)
    config = Config(vocab=VOCAB, embed=64, heads=4, layers=6, hidden=128, norm=norm, dropout=0.0, length=16)
    falling = inverse_sqrt(steps, warmup=100)

    def rate(step: int) -> float:
        return peak * (falling(step) if rising or step >= 100 else 1.0)

    losses = list(learn(Transformer(config), rate, (8, 8), steps, generator))
    curve = [sum(losses[i : i + EVERY]) / EVERY for i in range(0, steps, EVERY)]
    return {"loss": curve[-1], "curve": curve}


LOSS = Measure("loss", "loss of the last ten steps (nats a token)", digits=3)
POST = Arm("after the sums, rising", experiment=warmup)
POST_FLAT = Arm("after the sums, at the top at once", experiment=warmup, overrides={"rising": False})
PRE_FLAT = Arm(
    "before the sub-layers, at the top at once", experiment=warmup, overrides={"norm": "pre", "rising": False}
)


def figure(seen: Runs) -> Figure:
    """The loss while training, a line a seed."""
    figure, axes = subplots(8.6, 4.2)
    for (name, runs), colour in zip(seen.items(), (BLUE, RED, GREEN), strict=True):
        lines(axes, series(runs), colour, name, EVERY)
    axes.set(xlabel="step", ylabel="loss (nats a token)", ylim=(0, None), title="Norms and a rate that rises first")
    axes.legend(title="norms", alignment="left")
    return figure


CLAIM = Claim(
    key="warmup",
    kind="our question",
    statement="With norms after the sums the learning rate has to rise first; with norms before the sub-layers not.",
    where="section 5.3 prescribes the rise without a comparison; norms first are tensor2tensor's later choice",
    measures=(LOSS,),
    arms=(POST, POST_FLAT, PRE_FLAT),
    conditions=limit_from(
        "pilot",
        2 * LOSS.of(POST) <= LOSS.of(POST_FLAT),
        (LOSS.of(PRE_FLAT) <= 0.5).saying("it has learned"),
    ),
    seeds=(3, 4, 5),
    remark="Copying eight random tokens of ten, by six layers of width 64 each side; Adam as in the paper, 32 fresh "
    "sentences a step, the rate at most 0.003. A guess costs 2.3 nats. Where it does not rise it is at its top for 100 "
    "steps, and from there on the same.",
    figure=figure,
)
