"""The mean of the weights along the way."""

from firsthand.claims import Claim
from firsthand.papers.googlenet.small import ONE, POLYAK, WITH, WITHOUT

CLAIM = Claim(
    key="polyak",
    kind="our question",
    statement="The mean of the weights of the second half of training has fewer errors than the last weights.",
    where="sec. 6, which averages and shows no comparison",
    measures=(ONE, POLYAK),
    arms=(WITH, WITHOUT),
    conditions=(POLYAK.of(WITH) < ONE.of(WITH), POLYAK.of(WITHOUT) < ONE.of(WITHOUT)),
    remark="The rate stays constant, as it nearly does in the paper (4 % less every eight passes). When the paper's "
    "average begins, it does not say; from the first step on it would hold first weights for the most part in a run "
    "as short as ours, 150 steps on digits.",
)
