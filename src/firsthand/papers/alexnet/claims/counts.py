"""How many parameters and neurons the published networks have."""

from math import prod

from matplotlib.figure import Figure

from firsthand import layers
from firsthand.claims import Arm, Claim, Measure, Outcome, limit_from, near_paper
from firsthand.figures.bars import bars
from firsthand.figures.curves import Runs, series
from firsthand.figures.style import heading, subplots
from firsthand.papers.alexnet.model import AlexNet
from firsthand.papers.alexnet.variants import VARIANTS, example_shape


def counts(network: str = "two-towers", seed: int = 0) -> Outcome:
    """What a published network consists of: parameters, neurons (outputs of layers with weights), multiply-adds.

    Args:
        network: a name in `VARIANTS`.
        seed: has no influence.
    """
    config = VARIANTS[network]
    rows = [row for row in layers.table(lambda: AlexNet(config), example_shape(config)) if row["parameters"]]
    total = sum(row["parameters"] for row in rows)
    convolutions = [row["parameters"] for row in rows if row["layer"].startswith("features")]
    found: Outcome = {
        "parameters": total,
        "neurons": sum(prod(row["output"]) for row in rows),
        "products": sum(row["multiply-adds"] for row in rows) / 1e6,
        "largest": 100 * max(convolutions) / total,
        "convolutions": 100 * sum(convolutions) / total,
    }
    millions = {kind: [row[kind] / 1e6 for row in rows] for kind in ("parameters", "multiply-adds")}
    return found | {f"millions of {kind}": numbers for kind, numbers in millions.items()}


LAYERS = [*(f"convolution {i}" for i in range(1, 6)), *(f"linear {i}" for i in range(6, 9))]
PARAMETERS = Measure("parameters", "parameters", digits=0)
NEURONS = Measure("neurons", "neurons", digits=0)
LARGEST = Measure("largest", "parameters in the largest convolution (%)", digits=2)
TOWERS = Arm("two towers", experiment=counts, paper={"parameters": 60e6, "neurons": 650e3, "largest": 1.0})
UNGROUPED = Arm("the same without groups", experiment=counts, overrides={"network": "ungrouped"})
ONE = Arm("one tower, torchvision's", experiment=counts, overrides={"network": "one-tower"})


def figure(seen: Runs) -> Figure:
    """Parameters and multiply-adds of the paper's network, layer by layer."""
    figure, *panels = subplots(9.6, 3.2, 2, sharey=True)
    for axes, kind in zip(panels, ("parameters", "multiply-adds"), strict=True):
        (numbers,) = series(seen[TOWERS.name], f"millions of {kind}")
        bars(axes, LAYERS, numbers.tolist(), [f"{number:.3g}" for number in numbers])
        axes.set(xlabel=f"millions of {kind}", xlim=(0, 1.15 * max(numbers)))
    panels[1].invert_yaxis()  # shared: the second call of bars has turned it back
    heading(figure, "Two towers: most parameters are in linear layers, most of the work is in convolutions")
    return figure


CLAIM = Claim(
    key="counts",
    kind="the paper's number",
    statement="The network has 60 million parameters, at most 1 % of them in any convolution, and 650,000 neurons.",
    where="Abstract, sec. 1 and figure 2",
    measures=(
        PARAMETERS,
        NEURONS,
        LARGEST,
        Measure("convolutions", "parameters in all convolutions (%)", digits=2),
        Measure("products", "multiply-adds (millions)", digits=1),
    ),
    arms=(TOWERS, UNGROUPED, ONE),
    conditions=limit_from(
        "paper",
        near_paper(TOWERS, PARAMETERS, NEURONS, share=0.02),
        (LARGEST.of(TOWERS) <= TOWERS.paper["largest"]).saying("as the introduction says of each convolution"),
    ),
    seeds=(0,),
    remark="Counted, not measured, therefore one seed. Neurons are the outputs of the eight layers with weights. "
    "Figure 2's own numbers add up to 622,312: it has 253,440 for the first layer, 55x48x96, where "
    "55x55x96 are 290,400. "
    "The introduction says that each convolution has at most 1 % of the parameters: the third has 1.45 and the fourth "
    "1.09 %. torchvision's network has the widths of 2014 but 256 maps, not 384, in the fourth convolution.",
    figure=figure,
)
