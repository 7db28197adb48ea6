"""The network of Neural Computation."""

from firsthand.claims import Claim, limit_from, near_paper
from firsthand.papers.zipcode.reading import ELDER, ONE, TEST, TRAIN, WEIGHTS

CLAIM = Claim(
    key="of-1989",
    kind="the paper's number",
    statement="The network of 1989 with 9,760 weights makes 5.0 % errors on the test digits after 23 passes.",
    where="LeCun et al. (1989), as quoted by Karpathy (2022)",
    measures=(TEST, TRAIN, ONE, WEIGHTS),
    arms=(ELDER,),
    conditions=(
        *limit_from("theory", near_paper(ELDER, TEST, by=1).saying("two standard errors of 2,007 digits")),
        (TRAIN.of(ELDER) <= 1).saying("nearly all training digits"),
    ),
    remark="The rule is not the paper's: SGD in batches of 8, 0.05 falling to 0.001, in place of steps by the "
    "curvature, an image each; no rate was sought. Which 8 of 12 maps a map of H2 sees is a guess.",
)
