"""How many parameters and multiply-adds the authors' networks have, and how large a file of them is."""

from matplotlib.figure import Figure

from firsthand.claims import Arm, Claim, Measure, Outcome, limit_from, near_paper
from firsthand.figures.bars import bars
from firsthand.figures.curves import Runs, series
from firsthand.figures.style import BLUE, GREEN, heading, subplots
from firsthand.layers import table
from firsthand.papers.nin.model import NiN
from firsthand.papers.nin.variants import VARIANTS, example_shape


def counts(variant: str = "cifar10", seed: int = 0) -> Outcome:
    """Parameters and multiply-adds of a network and of each of its layers.

    Args:
        variant: one of the authors' networks.
        seed: of nothing, since nothing is drawn.
    """
    config = VARIANTS[variant]
    rows = [row for row in table(lambda: NiN(config), example_shape(config)) if row["parameters"]]
    total = sum(row["parameters"] for row in rows)
    pointwise = sum(row["parameters"] for row in rows if row["layer"].startswith("cccp"))
    return {
        "parameters": total,
        "megabytes": 4 * total / 2**20,
        "products": sum(row["multiply-adds"] for row in rows) / 1e6,
        "pointwise": 100 * pointwise / total,
        "thousands of parameters": [row["parameters"] / 1e3 for row in rows],
        "millions of multiply-adds": [row["multiply-adds"] / 1e6 for row in rows],
    }


LAYERS = ("conv1", "cccp1", "cccp2", "conv2", "cccp3", "cccp4", "conv3", "cccp5", "cccp6")
PARAMETERS = Measure("parameters", "parameters", digits=0)
MEGABYTES = Measure("megabytes", "four bytes a parameter (MiB)", digits=1)
PRODUCTS = Measure("products", "multiply-adds (millions)", digits=1)
POINTWISE = Measure("pointwise", "parameters in 1x1 convolutions (%)", digits=1)
IMAGENET = Arm("ImageNet", experiment=counts, overrides={"variant": "imagenet"}, paper={"megabytes": 29.0})
CIFAR10 = Arm("CIFAR-10", experiment=counts)
LINEAR = Arm("CIFAR-10, linear layer", experiment=counts, overrides={"variant": "cifar10-linear"})
PLAIN = Arm("CIFAR-10, no 1x1", experiment=counts, overrides={"variant": "cifar10-plain"})
CIFAR100 = Arm("CIFAR-100", experiment=counts, overrides={"variant": "cifar100"})
SVHN = Arm("SVHN", experiment=counts, overrides={"variant": "svhn"})
MNIST = Arm("MNIST", experiment=counts, overrides={"variant": "mnist"})


def figure(seen: Runs) -> Figure:
    """Parameters and multiply-adds of the network for CIFAR-10, layer by layer."""
    figure, *panels = subplots(9.6, 3.2, 2, sharey=True)
    colours = [GREEN if name.startswith("cccp") else BLUE for name in LAYERS]
    for axes, kind in zip(panels, ("thousands of parameters", "millions of multiply-adds"), strict=True):
        (numbers,) = series(seen[CIFAR10.name], kind)
        bars(axes, LAYERS, numbers.tolist(), [f"{number:.3g}" for number in numbers], colours)
        axes.set(xlabel=kind, xlim=(0, 1.15 * max(numbers)))
    panels[1].invert_yaxis()  # shared: the second call of bars has turned it back
    heading(figure, "The network for CIFAR-10: 1x1 convolutions (green) and larger ones")
    return figure


CLAIM = Claim(
    key="counts",
    kind="a secondary number",
    statement="Without linear layers a network for ImageNet is a file of 29 MB, and one for CIFAR-10 has less than a "
    "million parameters.",
    where="Caffe's model zoo: 'a small (29MB) model for imagenet'; the paper prints no sizes",
    measures=(PARAMETERS, MEGABYTES, PRODUCTS, POINTWISE),
    arms=(IMAGENET, CIFAR10, LINEAR, PLAIN, CIFAR100, SVHN, MNIST),
    conditions=(
        *limit_from("paper", near_paper(IMAGENET, MEGABYTES, by=0.5).saying("to the printed digit")),
        (PARAMETERS.of(CIFAR10) < 1_000_000).saying("less than a million"),
        (PARAMETERS.of(CIFAR10) < PARAMETERS.of(PLAIN)).saying("narrow maps before the next large kernels save more "
                                                               "than 1x1 convolutions cost"),
        PARAMETERS.of(LINEAR) > PARAMETERS.of(CIFAR10),
    ),
    seeds=(0,),
    remark="Counted, not measured, therefore one seed. The widths are those of the authors' definitions, with biases. "
    "The zoo's MB are 2^20 bytes. The linear layer takes the place of the means as in section 4.6, on one map a class, "
    "and is small for that reason. The network without 1x1 convolutions has the same large kernels and one 1x1 "
    "convolution that makes the class maps.",
    figure=figure,
)  # fmt: skip
