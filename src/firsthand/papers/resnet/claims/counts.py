"""Parameters and multiply-adds of the published networks."""

from firsthand.claims import Arm, Claim, Measure, Outcome, limit_from, near_paper
from firsthand.layers import table
from firsthand.papers.resnet.model import ResNet
from firsthand.papers.resnet.variants import VARIANTS, example_shape


def counts(variant: str = "50", seed: int = 0) -> Outcome:
    """Count a network's parameters and multiply-adds.

    Args:
        variant: one of the paper's networks.
        seed: of nothing, since nothing is drawn.
    """
    config = VARIANTS[variant]
    rows = table(lambda: ResNet(config), example_shape(config))
    return {name: sum(row[name] for row in rows) for name in ("parameters", "multiply-adds")}


PARAMETERS = Measure("parameters", "parameters (millions)", 1e-6, 2)
PRODUCTS = Measure("multiply-adds", "multiply-adds (billions)", 1e-9, 2)
SMALL = {"20": 0.27, "32": 0.46, "44": 0.66, "56": 0.85, "110": 1.7, "1202": 19.4}  # Table 6
LARGE = {"18": 1.8, "34": 3.6, "50": 3.8, "101": 7.6, "152": 11.3}  # Table 1


def _arm(name: str, printed: dict[str, float]) -> Arm:
    return Arm(f"ResNet-{name}", experiment=counts, overrides={"variant": name}, paper=printed)


small = [_arm(name, {"parameters": printed}) for name, printed in SMALL.items()]
large = [_arm(name, {"multiply-adds": printed}) for name, printed in LARGE.items()]

CLAIM = Claim(
    key="counts",
    kind="the paper's number",
    statement="The networks have the parameters of Table 6 and the multiply-adds of Table 1.",
    where="Tables 1 and 6",
    measures=(PARAMETERS, PRODUCTS),
    arms=(*small, *large),
    conditions=limit_from(
        "theory",
        *(near_paper(arm, PARAMETERS, by=0.05) for arm in small),
        *(near_paper(arm, PRODUCTS, by=0.1) for arm in large),
    ),
    seeds=(0,),
    remark="Counted, so one seed. The multiply-adds of 50, 101 and 152 layers come out only if the image is halved in "
    "the first 1x1 convolution of a stage; in the 3x3 (as torchvision has it) they are 4.09, 7.80 and 11.51. The paper "
    "seems to cut 3.66 and 3.86 off instead of rounding them.",
)
