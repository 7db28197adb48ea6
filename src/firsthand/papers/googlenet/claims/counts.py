"""Table 1, row by row: the weights and multiply-adds that the paper prints beside what its filters come to."""

from typing import Any

import torch
from matplotlib.figure import Figure

from firsthand.claims import Arm, Claim, Measure, Outcome, limit_from, near_paper
from firsthand.figures.curves import Runs, metric
from firsthand.figures.style import BLUE, RED, legend, subplots
from firsthand.layers import table
from firsthand.papers.googlenet.model import GoogLeNet
from firsthand.papers.googlenet.variants import VARIANTS, example_shape

K = 1024  # the paper's K: 114,688 weights are printed as 112K

# Weights in K and multiply-adds in millions, as printed.
PRINTED = {
    "conv1": (2.7, 34), "conv2 + conv3": (112, 360), "inception3a": (159, 128), "inception3b": (380, 304),
    "inception4a": (364, 73), "inception4b": (437, 88), "inception4c": (463, 100), "inception4d": (580, 119),
    "inception4e": (840, 170), "inception5a": (1072, 54), "inception5b": (1388, 71), "fc": (1000, 1),
}  # fmt: skip


def row(layer: str = "conv1", variant: str = "separable-no-aux", seed: int = 0) -> Outcome:
    """Weights without biases and multiply-adds of a layer, or of several with a plus between them.

    Args:
        layer: its name in the network.
        variant: the network.
        seed: changes nothing.
    """
    config, names = VARIANTS[variant], layer.split(" + ")
    rows = table(lambda: GoogLeNet(config), example_shape(config))
    with torch.device("meta"):
        network = GoogLeNet(config)
    weights = sum(p.numel() for name in names for p in network.get_submodule(name).parameters() if p.ndim > 1)
    products = sum(one["multiply-adds"] for one in rows if one["layer"].split(".")[0] in names)
    return {"weights": weights / K, "products": products / 1e6}


WEIGHTS = Measure("weights", "weights without biases (K = 1024)", digits=1)
PRODUCTS = Measure("products", "multiply-adds (millions)", digits=1)
ARMS = {
    name: Arm(
        name, experiment=row, overrides={"layer": name}, paper={"weights": float(weights), "products": float(products)}
    )
    for name, (weights, products) in PRINTED.items()
}
SLIPS = ("inception4a", "inception4c", "inception4d", "inception4e", "inception5a", "inception5b")


def near(measure: Measure, *names: str) -> list[Any]:
    """Conditions that a row is within one of the printed number's last digit."""
    return [near_paper(ARMS[name], measure, by=1) for name in names]


def figure(seen: Runs) -> Figure:
    """What is printed as a share of what the filters come to."""
    figure, axes = subplots(9, 3.9)
    for number, (measure, colour) in enumerate(((WEIGHTS, BLUE), (PRODUCTS, RED))):
        shares = [arm.paper[measure.name] / metric(seen[name], measure.name)[0] for name, arm in ARMS.items()]
        places = [place + 0.36 * (number - 0.5) for place in range(len(ARMS))]
        axes.bar(places, [100 * share - 100 for share in shares], 0.34, color=colour, label=measure.label)
    axes.axhline(0, color="black", lw=0.8)
    axes.set_xticks(range(len(ARMS)), [name.removeprefix("inception") for name in ARMS], rotation=30)
    axes.set(ylabel="printed above or below (%)", title="Table 1: printed numbers beside those of its filters")
    axes.set_axisbelow(True)
    legend(axes)
    return figure


EXCEPT = [name for name in PRINTED if name != "inception5a"]
CLAIM = Claim(
    key="counts",
    kind="the paper's number",
    statement="Table 1 gives the weights and multiply-adds of every layer.",
    where="Table 1",
    measures=(WEIGHTS, PRODUCTS),
    arms=tuple(ARMS.values()),
    conditions=limit_from(
        "paper",
        *near(PRODUCTS, *EXCEPT),
        *near(WEIGHTS, *(name for name in PRINTED if name not in SLIPS)),
        *near(PRODUCTS, "inception5a"),
        *near(WEIGHTS, *SLIPS),
    ),
    seeds=(0,),
    remark="Counting has no chance, so one seed. The first layer is the separable one, whose 2,712 weights and 34.0 "
    "million multiply-adds are those printed; a 7x7 convolution has 9,408 and 118 million. The weights of 4a, 4c, 4d, "
    "4e, 5a and 5b, and the multiply-adds of 5a, do not follow from the filters in the same rows. The filters give "
    "the right number of channels everywhere, and the multiply-adds of all other rows, so we take those printed "
    "numbers for slips. These conditions were known to fail when they were written: they state what is printed.",
    figure=figure,
)
