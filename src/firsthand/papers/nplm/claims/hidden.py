"""A hidden layer beside none."""

from functools import partial

from firsthand.claims import Claim
from firsthand.papers.nplm.tables import LINEAR, MEASURES, MIXED_TEST, MLP1, MLP3, NETWORK, SMALL, TEST, changes

PAIRS = ((NETWORK, LINEAR), (MLP1, MLP3))
ROWS = (("alone", TEST, *PAIRS), ("mixed", MIXED_TEST, *PAIRS))

CLAIM = Claim(
    key="hidden",
    kind="the paper's statement",
    statement="Hidden units help.",
    where="section 4.3, table 1: MLP1 to MLP4",
    measures=MEASURES,
    arms=(NETWORK, LINEAR),
    conditions=(TEST.of(NETWORK) <= 0.97 * TEST.of(LINEAR), MIXED_TEST.of(NETWORK) < MIXED_TEST.of(LINEAR)),
    remark=f"{SMALL} Here both have 30 features a word; in the paper both have 60.",
    figure=partial(changes, pairs=ROWS, title="Test perplexity with a hidden layer instead of none"),
)
