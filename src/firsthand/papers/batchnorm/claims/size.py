"""The weights of BN-Inception, counted."""

from firsthand.claims import Arm, Claim, Measure, Outcome, equal, limit_from, near_paper
from firsthand.papers.batchnorm.inception import TABLE, Inception


def size(seed: int = 0) -> Outcome:
    """How many weights BN-Inception has, in millions, and how many maps its modules put out.

    Args:
        seed: nothing that is counted is random.
    """
    network = Inception()
    weights = {name: p.numel() for name, p in network.named_parameters() if p.ndim > 1}
    tower = sum(count for name, count in weights.items() if name.startswith("tower."))
    every = sum(weights.values())
    maps = {name: block.channels for name, block in zip(TABLE, network.blocks, strict=True)}
    return {
        "weights": every / 1e6,
        "without the tower": (every - tower) / 1e6,
        "maps of 4d": maps["4d"],
        "maps of 5b": maps["5b"],
        "maps": list(maps.values()),
    }


WEIGHTS = Measure("weights", "weights (millions)")
ALONE = Measure("without the tower", "weights without the side tower (millions)")
MAPS = {name: Measure(f"maps of {name}", f"maps of module {name}", digits=0) for name in ("4d", "5b")}
OURS = Arm("BN-Inception", experiment=size, paper={"weights": 13.6, "maps of 4d": 576.0, "maps of 5b": 1024.0})

CLAIM = Claim(
    key="size",
    kind="the paper's number",
    statement="BN-Inception has 13.6 million weights.",
    where="sec. 4.2, and the table of the supplement",
    measures=(WEIGHTS, ALONE, *MAPS.values()),
    arms=(OURS,),
    conditions=(
        *limit_from("paper", near_paper(OURS, WEIGHTS, by=0.05)),
        *(equal(measure.of(OURS), OURS.paper[measure.name]) for measure in MAPS.values()),
    ),
    seeds=(0,),
    remark="Nothing in it is random, so one seed. Weights are those of convolutions and linear layers, without gains "
    "and biases, of which there are 22,928. Without the side tower there are 2.4 million fewer, so the paper counts "
    "it. The table prints 128 maps after the pooling of 4d and 576 in all, which do not fit; we took 96.",
)
