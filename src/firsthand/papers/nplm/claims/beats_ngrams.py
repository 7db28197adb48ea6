"""Small networks beside n-grams of the same 3,000 words."""

from functools import partial

from firsthand.claims import Claim, largest, smallest
from firsthand.papers.nplm import tables
from firsthand.papers.nplm.tables import MEASURES, MIXED_TEST, NETWORKS, SMALL, SMALL_NGRAMS, TEST, scores

networks, counts = TEST.of(*NETWORKS), TEST.of(*SMALL_NGRAMS)
mixtures = MIXED_TEST.of(*NETWORKS).called("mixed test perplexity of each network")

CLAIM = Claim(
    key="beats-ngrams",
    kind="the paper's statement",
    statement="The network predicts better than smoothed n-grams, and its mixture with a trigram better than both.",
    where="section 4.3, table 1",
    measures=MEASURES,
    arms=(*NETWORKS, *SMALL_NGRAMS),
    conditions=(
        largest(networks.called("test perplexity of a network")) < smallest(counts.called("of an n-gram")),
        mixtures < networks.called("its own"),
        mixtures < TEST.of(tables.SMALL_TRIGRAM),
    ),
    remark=f"{SMALL} The n-grams are the same for every seed: nothing in them is random. 'Mixed' of an n-gram is its "
    "own mixture with the trigram, which the paper does not report: what counting gains from more counting.",
    figure=partial(scores, arms=(*NETWORKS, *SMALL_NGRAMS), title="Networks and n-grams that know 3,000 words"),
)
