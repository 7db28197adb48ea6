"""The embedded Reber grammar once more, with the truncated gradient and with the full one."""

from functools import partial

from firsthand.claims import Arm, Claim
from firsthand.figures.style import AMBER, BLUE, GREEN, RED
from firsthand.papers.lstm.grammar import FAR, MEASURES, STRINGS, reber_1997, shares

PUBLISHED, PUBLISHED_FULL, SIMPLER, SIMPLER_FULL = ARMS = tuple(
    Arm(
        f"{words}, {gradient}",
        experiment=reber_1997,
        overrides={"nets": 30, "simpler": simpler, "gradient": gradient},
    )
    for words, simpler in (("as published", False), ("simpler", True))
    for gradient in ("truncated", "full")
)

CLAIM = Claim(
    key="truncation",
    kind="the paper's statement",
    statement="Cutting the gradient off at the gates and the cell's input costs nothing.",
    where="1997, section 4 and appendix A.1: said without numbers",
    measures=MEASURES,
    arms=ARMS,
    conditions=tuple(
        abs(measure.of(cut) - measure.of(full)) <= 0.15
        for cut, full in ((PUBLISHED, PUBLISHED_FULL), (SIMPLER, SIMPLER_FULL))
        for measure in (STRINGS, FAR)
    ),
    seeds=(0,),
    remark="The networks of the claim before, from one seed, on the same strings: thirty with each gradient.",
    figure=partial(shares, colours=(RED, AMBER, BLUE, GREEN)),
)
