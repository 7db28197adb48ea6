"""Three places of the reset gate."""

from functools import partial

from firsthand.claims import Arm, Claim, largest, smallest
from firsthand.claims.bench.book import VAL
from firsthand.papers.gru.matched import PASS, TANH, compared, matched

BEFORE = Arm("reset before the product", experiment=matched, overrides={"unit": "gru-before"})
AFTER = Arm("reset after it", experiment=matched)
ONE_BIAS = Arm("reset after it, no bias inside", experiment=matched, overrides={"unit": "gru-one-bias"})
forms = VAL.of(BEFORE, AFTER, ONE_BIAS)
apart = largest(forms) - smallest(forms)

CLAIM = Claim(
    key="reset",
    kind="the paper's statement",
    statement="It does not matter whether the reset gate acts before the product with the state or after it.",
    where="Chung et al. (2014), the footnote on the unit; Cho et al. (2014), encoder against decoder",
    measures=(VAL, PASS),
    arms=(TANH, BEFORE, AFTER, ONE_BIAS),
    conditions=(
        apart < 0.02 * smallest(forms),
        (2 * apart < VAL.of(TANH) - largest(forms)).saying("less than half of what separates them from tanh units"),
    ),
    remark="68 units, trained as in the claim before. Before is U (r h), after is r (U h + c), where torch and cuDNN "
    "have the bias c inside. The functions differ: no weights of one form give the other.",
    figure=partial(compared, title="Perplexity by the place of the reset gate"),
)
