"""Four words of context beside two, for the network and for n-grams."""

from functools import partial

from firsthand.claims import Claim
from firsthand.papers.nplm import tables
from firsthand.papers.nplm.tables import MEASURES, MIXED_TEST, NETWORK, SHORT, SMALL, TEST, changes

SMALL_KN3, SMALL_KN5 = tables.SMALL_KN3, tables.SMALL_KN5
PAIRS = ((NETWORK, SHORT), (tables.MLP5, tables.MLP7))
ROWS = (
    ("network alone", TEST, *PAIRS),
    ("network mixed", MIXED_TEST, *PAIRS),
    ("Kneser-Ney", TEST, (SMALL_KN5, SMALL_KN3), (tables.KN5, tables.KN3)),
)

CLAIM = Claim(
    key="context",
    kind="the paper's statement",
    statement="The network gains from four words of context instead of two, the n-gram hardly does.",
    where="section 4.3, table 1: MLP5 to MLP8, Kneser-Ney",
    measures=MEASURES,
    arms=(NETWORK, SHORT, SMALL_KN5, SMALL_KN3),
    conditions=(
        TEST.of(NETWORK) <= 0.98 * TEST.of(SHORT),
        MIXED_TEST.of(NETWORK) <= 0.98 * MIXED_TEST.of(SHORT),
        TEST.of(SMALL_KN5) >= 0.985 * TEST.of(SMALL_KN3),
    ),
    remark=f"{SMALL} With so few words two more of context even harm the n-gram.",
    figure=partial(changes, pairs=ROWS, title="Test perplexity with four words of context instead of two"),
)
