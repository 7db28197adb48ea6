"""Parameters, multiply-adds and activations of the 24 networks, beside the printed ones."""

from matplotlib.figure import Figure

from firsthand.claims import Arm, Claim, Condition, Measure, Outcome
from firsthand.errors import UserError
from firsthand.figures.curves import Runs, log_ticks, metric
from firsthand.figures.style import BLUE, MUTED, RED, subplots
from firsthand.papers.regnet.cost import cost
from firsthand.papers.regnet.variants import PUBLISHED


def count(network: str = "x-200mf", seed: int = 0) -> Outcome:
    """Millions of parameters and activations and billions of multiply-adds of a published network, at 224 pixels.

    Args:
        network: its name.
        seed: nothing is random.
    """
    if network not in PUBLISHED:
        raise UserError(f"'{network}' is no published RegNet: choose one of {', '.join(PUBLISHED)}.")
    found = cost(PUBLISHED[network], 224)
    return {"flops": found.products / 1e9, "params_m": found.parameters / 1e6, "acts": found.activations / 1e6}


MEASURES = FLOPS, PARAMS, ACTS = (
    Measure("flops", "multiply-adds (billions)"),
    Measure("params_m", "parameters (millions)"),
    Measure("acts", "activations (millions)"),
)
# Multiply-adds, parameters, activations; figures 15 and 16, and the tables of the authors' code.
PRINTED = {
    "x-200mf": (0.2, 2.7, 2.2), "x-400mf": (0.4, 5.2, 3.1), "x-600mf": (0.6, 6.2, 4.0), "x-800mf": (0.8, 7.3, 5.1),
    "x-1.6gf": (1.6, 9.2, 7.9), "x-3.2gf": (3.2, 15.3, 11.4), "x-4.0gf": (4.0, 22.1, 12.2),
    "x-6.4gf": (6.5, 26.2, 16.4), "x-8.0gf": (8.0, 39.6, 14.1), "x-12gf": (12.1, 46.1, 21.4),
    "x-16gf": (15.9, 54.3, 25.5), "x-32gf": (31.7, 107.8, 36.3),
    "y-200mf": (0.2, 3.2, 2.2), "y-400mf": (0.4, 4.3, 3.9), "y-600mf": (0.6, 6.1, 4.3), "y-800mf": (0.8, 6.3, 5.2),
    "y-1.6gf": (1.6, 11.2, 8.0), "y-3.2gf": (3.2, 19.4, 11.3), "y-4.0gf": (4.0, 20.6, 12.3),
    "y-6.4gf": (6.4, 30.6, 16.4), "y-8.0gf": (8.0, 39.2, 18.0), "y-12gf": (12.1, 51.8, 21.4),
    "y-16gf": (15.9, 83.6, 23.0), "y-32gf": (32.3, 145.0, 30.3),
}  # fmt: skip
ARMS = tuple(
    Arm(name, "", {"network": name}, {m.name: value for m, value in zip(MEASURES, row, strict=True)}, count)
    for name, row in PRINTED.items()
)


def printed(measure: Measure) -> Condition:
    """This number of every network, rounded to the digit that is printed."""
    return Condition(
        f"{measure.label} of all {len(ARMS)} networks as printed, to 0.1",
        lambda m: all([abs(m(arm.name, measure.name) - arm.paper[measure.name]) <= 0.05 + 1e-9 for arm in ARMS]),
        "paper",
    )


def figure(seen: Runs) -> Figure:
    """Parameters and activations by multiply-adds."""
    figure, *panels = subplots(9, 3.6, 2)
    for axes, measure, power in zip(panels, (PARAMS, ACTS), (1, 0.5), strict=True):
        for kind, colour in (("x", BLUE), ("y", RED)):
            rows = [
                (metric(runs, "flops")[0], metric(runs, measure.name)[0])
                for name, runs in seen.items()
                if name.startswith(kind)
            ]
            x, y = zip(*rows, strict=True)
            axes.plot(x, y, "o-", color=colour, lw=1, ms=5, label=f"RegNet{kind.upper()}")
        words = "in proportion" if power == 1 else "as the square root"
        start = metric(seen["x-200mf"], measure.name)[0]
        axes.plot(x, [start * (value / x[0]) ** power for value in x], "--", color=MUTED, lw=1, label=words)
        axes.set(xlabel=FLOPS.label, ylabel=measure.label, xscale="log", yscale="log")
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
    conditions=(printed(PARAMS), printed(FLOPS), printed(ACTS)),
    seeds=(0,),
    remark="Nothing is random, so one seed. Counted from the sizes; a test holds the counts equal to those of the "
    "networks' own layers. The paper calls multiply-adds flops. Activations are what all convolutions put out.",
    figure=figure,
)
