"""What the 1x1 convolutions in front of the large ones save."""

import torch
from matplotlib.figure import Figure

from firsthand.claims import Arm, Claim, Measure, Outcome
from firsthand.figures.curves import Runs, series
from firsthand.figures.style import COLOURS, heading, subplots
from firsthand.layers import table
from firsthand.papers.googlenet.model import MODULES, GoogLeNet
from firsthand.papers.googlenet.variants import VARIANTS, example_shape

BRANCHES = ("1x1", "3x3", "5x5", "pool")


def cost(reduce: bool = True, seed: int = 0) -> Outcome:
    """Weights and multiply-adds of the whole network and of every branch.

    Args:
        reduce: with 1x1 convolutions in front of the large ones and behind the pools; else naive modules.
        seed: changes nothing.
    """
    config = VARIANTS["published-no-aux" if reduce else "naive-no-aux"]
    rows = table(lambda: GoogLeNet(config), example_shape(config), depth=2)
    with torch.device("meta"):
        network = GoogLeNet(config)
    branch = [[sum(row["multiply-adds"] / 1e6 for row in rows if row["layer"].startswith(f"inception{name}.branch{i}"))
               for i in range(1, 5)] for name in MODULES]  # fmt: skip
    five = sum(p.numel() for p in network.inception3a.branch3.parameters() if p.ndim > 1)
    found = {
        "weights": sum(p.numel() for p in network.parameters()) / 1e6,
        "five": five,
        "channels": network.fc.weight.shape[1],
    }
    return found | {"products": sum(row["multiply-adds"] for row in rows) / 1e9, "branches": branch}


FIVE = Measure("five", "weights of the 5x5 branch of 3a, without biases", digits=0)
PRODUCTS = Measure("products", "multiply-adds (billions)", digits=2)
WEIGHTS = Measure("weights", "parameters (millions)", digits=2)
CHANNELS = Measure("channels", "channels of the last module", digits=0)
REDUCED = Arm("with reductions", experiment=cost)
NAIVE = Arm("naive", experiment=cost, overrides={"reduce": False})


def figure(seen: Runs) -> Figure:
    """Multiply-adds of the branches of each module."""
    figure, *panels = subplots(10.5, 3.8, 2)
    for axes, arm in zip(panels, (REDUCED, NAIVE), strict=True):
        found, below = series(seen[arm.name], "branches")[0], 0
        for part, colour, words in zip(found.T, COLOURS, BRANCHES, strict=False):
            axes.bar(range(len(MODULES)), part, bottom=below, color=colour, label=words)
            below = below + part
        axes.set_xticks(range(len(MODULES)), list(MODULES))
        axes.set(xlabel="module", title=arm.name, ylim=(0, 1.06 * below.max()))
        axes.set_axisbelow(True)
    panels[0].set_ylabel("multiply-adds (millions)")
    panels[0].legend(title="branch")
    heading(figure, "How computation is distributed among the branches of each module (axes differ)")
    return figure


CLAIM = Claim(
    key="reductions",
    kind="the paper's statement",
    statement="Without reductions the output grows from module to module and the computation with it; 1x1 "
    "convolutions in front of the large ones keep both in bounds.",
    where="sec. 4, Fig. 2",
    measures=(PRODUCTS, WEIGHTS, FIVE, CHANNELS),
    arms=(REDUCED, NAIVE),
    conditions=(
        PRODUCTS.of(NAIVE) >= 3 * PRODUCTS.of(REDUCED),
        FIVE.of(NAIVE) >= 9 * FIVE.of(REDUCED),
        CHANNELS.of(NAIVE) > CHANNELS.of(REDUCED),
    ),
    seeds=(0,),
    remark="Counting has no chance, so one seed. The paper prints no numbers of the naive network; the factors are "
    "ours. The naive network keeps the filters of Table 1 and passes all channels through its pools. Whether it would "
    "read better for its cost we did not train.",
    figure=figure,
)
