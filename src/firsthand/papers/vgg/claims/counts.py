"""How many parameters and multiply-adds the published networks have."""

from firsthand import layers
from firsthand.claims import Arm, Claim, Measure, Outcome, limit_from, near_paper
from firsthand.papers.vgg.model import VGG
from firsthand.papers.vgg.variants import VARIANTS, example_shape


def counts(network: str = "A", seed: int = 0) -> Outcome:
    """What a published network consists of: parameters, and multiply-adds for an image of 224x224 pixels.

    Args:
        network: a name in `VARIANTS`.
        seed: has no influence.
    """
    config = VARIANTS[network]
    rows = layers.table(lambda: VGG(config), example_shape(config))
    total = sum(row["parameters"] for row in rows)
    linear = sum(row["parameters"] for row in rows if row["layer"].startswith("classifier"))
    products = sum(row["multiply-adds"] for row in rows)
    return {"parameters": total / 1e6, "products": products / 1e9, "linear": 100 * linear / total}


PARAMETERS = Measure("parameters", "parameters (millions)", digits=3)
PRINTED = {"A": 133.0, "A-LRN": 133.0, "B": 133.0, "C": 134.0, "D": 138.0, "E": 144.0}
ARMS = tuple(
    Arm(name, experiment=counts, overrides={"network": name}, paper={"parameters": millions})
    for name, millions in PRINTED.items()
)

CLAIM = Claim(
    key="counts",
    kind="the paper's number",
    statement="The six networks have 133, 133, 133, 134, 138 and 144 million parameters, however deep they are.",
    where="Table 2",
    measures=(
        PARAMETERS,
        Measure("products", "multiply-adds (thousand millions)", digits=3),
        Measure("linear", "parameters in the three linear layers (%)", digits=1),
    ),
    arms=ARMS,
    conditions=limit_from(
        "paper", *(near_paper(arm, PARAMETERS, by=0.5).saying("to the printed digit") for arm in ARMS)
    ),
    seeds=(0,),
    remark="Counted, not measured, therefore one seed. The paper prints no multiply-adds. Biases count: they are at "
    "most 0.02 million.",
)
