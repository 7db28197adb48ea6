"""Two look-ups at once, by the number of heads."""

from functools import partial

from firsthand.claims import Claim
from firsthand.papers.selfattention.lookups import LAST, STEPS, answers, arms

ONE, TWO, FOUR = arms()

CLAIM = Claim(
    key="heads",
    kind="the paper's statement",
    statement="One head averages; several can look in different places at once.",
    where="section 3.2.2; in table 3, row A, one head translates worse than eight",
    measures=(STEPS, LAST),
    arms=(ONE, TWO, FOUR),
    conditions=((STEPS.of(TWO, FOUR) <= 0.5 * STEPS.of(ONE)).saying("at most half the steps"),),
    remark="The task is ours: eight pairs of a key and a digit, and a question with two keys; both digits are asked "
    "for, in the order of the keys. All have one block of width 64 and the same number of parameters.",
    figure=partial(answers, title="Both digits, in the order of the keys"),
)
