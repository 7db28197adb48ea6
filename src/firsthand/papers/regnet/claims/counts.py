"""Parameters, multiply-adds and activations of the 24 networks, beside the printed ones."""

from typing import Literal

from matplotlib.figure import Figure

from firsthand.claims import Arm, Claim, Condition, Measure, Outcome
from firsthand.figures.curves import Runs, log_ticks, series
from firsthand.figures.style import BLUE, MUTED, RED, subplots
from firsthand.papers.regnet.cost import cost
from firsthand.papers.regnet.variants import PUBLISHED, X

What = Literal["flops", "params", "acts"]


def count(family: Literal["x", "y"] = "x", what: What = "params", seed: int = 0) -> Outcome:
    """Parameters or activations in millions, or multiply-adds in billions, of all networks of a family, at 224 pixels.

    Args:
        family: RegNetX or RegNetY.
        what: what is counted.
        seed: nothing is random.
    """
    counts = {name: cost(PUBLISHED[f"{family}-{name}"], 224) for name in X}
    found = {
        name: {"flops": one.products / 1e9, "params": one.parameters / 1e6, "acts": one.activations / 1e6}[what]
        for name, one in counts.items()
    }
    return found | {"flops": [one.products / 1e9 for one in counts.values()], "counts": list(found.values())}


WORDS = {"flops": "multiply-adds (billions)", "params": "parameters (millions)", "acts": "activations (millions)"}
MEASURES = tuple(Measure(name, name.upper()) for name in X)
# Multiply-adds, parameters, activations; figures 15 and 16, and the tables of the authors' code.
PRINTED = {
    ("x", "flops"): (0.2, 0.4, 0.6, 0.8, 1.6, 3.2, 4.0, 6.5, 8.0, 12.1, 15.9, 31.7),
    ("x", "params"): (2.7, 5.2, 6.2, 7.3, 9.2, 15.3, 22.1, 26.2, 39.6, 46.1, 54.3, 107.8),
    ("x", "acts"): (2.2, 3.1, 4.0, 5.1, 7.9, 11.4, 12.2, 16.4, 14.1, 21.4, 25.5, 36.3),
    ("y", "flops"): (0.2, 0.4, 0.6, 0.8, 1.6, 3.2, 4.0, 6.4, 8.0, 12.1, 15.9, 32.3),
    ("y", "params"): (3.2, 4.3, 6.1, 6.3, 11.2, 19.4, 20.6, 30.6, 39.2, 51.8, 83.6, 145.0),
    ("y", "acts"): (2.2, 3.9, 4.3, 5.2, 8.0, 11.3, 12.3, 16.4, 18.0, 21.4, 23.0, 30.3),
}
ARMS = tuple(
    Arm(f"RegNet{family.upper()}, {WORDS[what]}", "", {"family": family, "what": what},
        dict(zip(X, row, strict=True)), count)
    for (family, what), row in PRINTED.items()
)  # fmt: skip


def printed(what: str) -> Condition:
    """This number of every network, rounded to the digit that is printed."""
    arms = [arm for arm in ARMS if arm.overrides["what"] == what]
    return Condition(
        f"{WORDS[what]} of all 24 networks as printed, to 0.1",
        lambda m: all([abs(m(a.name, name) - value) <= 0.05 + 1e-9 for a in arms for name, value in a.paper.items()]),
        "paper",
    )


def figure(seen: Runs) -> Figure:
    """Parameters and activations by multiply-adds."""
    figure, *panels = subplots(9, 3.6, 2)
    for axes, what, power in zip(panels, ("params", "acts"), (1, 0.5), strict=True):
        for family, colour in (("X", BLUE), ("Y", RED)):
            runs = seen[f"RegNet{family}, {WORDS[what]}"]
            (x,), (y,) = series(runs, "flops"), series(runs, "counts")
            axes.plot(x, y, "o-", color=colour, lw=1, ms=5, label=f"RegNet{family}")
        words = "in proportion" if power == 1 else "as the square root"
        axes.plot(x, y[0] * (x / x[0]) ** power, "--", color=MUTED, lw=1, label=words)
        axes.set(xlabel=WORDS["flops"], ylabel=WORDS[what], xscale="log", yscale="log")
        log_ticks(axes, (0.2, 0.5, 1, 2, 5, 10, 20), "x")
        log_ticks(axes, (2, 5, 10, 20, 50, 100, 200, 500))
        axes.legend()
    panels[0].set_title("Parameters of the published networks")
    panels[1].set_title("Activations of the published networks")
    return figure


CLAIM = Claim(
    key="counts",
    kind="the paper's number",
    statement="Twelve RegNetX and twelve RegNetY have the printed multiply-adds, parameters and activations.",
    where="Fig. 15 and 16",
    measures=MEASURES,
    arms=ARMS,
    conditions=(printed("params"), printed("flops"), printed("acts")),
    seeds=(0,),
    remark="Nothing is random, so one seed. Counted from the sizes; a test holds the counts equal to those of the "
    "networks' own layers. The paper calls multiply-adds flops. Activations are what all convolutions put out.",
    figure=figure,
)
