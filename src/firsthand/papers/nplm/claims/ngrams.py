"""The n-grams of table 1, which also say how hard our text is beside the paper's."""

from functools import partial

from firsthand.claims import Claim
from firsthand.papers.nplm.tables import KN3, KN4, KN5, MEASURES, NGRAMS, TEST, TRIGRAM, VAL, as_printed, scores

CLAIM = Claim(
    key="ngrams",
    kind="the paper's number",
    statement=f"Kneser-Ney n-grams of Brown have a test perplexity of {KN3.paper[TEST.name]:g} with n = 3 and of "
    f"{KN5.paper[TEST.name]:g} with n = 5: counting ends at three words.",
    where="section 4.3, table 1, the rows of the n-grams",
    measures=MEASURES,
    arms=NGRAMS,
    conditions=(
        *(as_printed(arm, VAL, TEST) for arm in (KN5, KN4, KN3, TRIGRAM)),
        TEST.of(KN5) > 0.985 * TEST.of(KN3),
        TEST.of(KN5) <= TEST.of(KN3),
    ),
    seeds=(0,),
    remark="Nothing is random: one seed. The paper's stream of Brown cannot be rebuilt exactly, but its n-grams "
    "find ours about as hard, so that the networks' rows can be compared too. Its Kneser-Ney backs off, ours "
    "interpolates.",
    figure=partial(scores, arms=NGRAMS, title="n-grams of the paper's table"),
)
