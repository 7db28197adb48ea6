"""How much of a text frequent words leave when they are thinned out, and what that saves."""

from typing import Literal

from firsthand.claims import Arm, Claim, Measure, Outcome, limit_from
from firsthand.papers.skipgram.measured import brown, learned, likeness
from firsthand.papers.skipgram.sampling import kept


def subsampling(t: float = 1e-4, formula: Literal["paper", "c"] = "paper", passes: int = 1, seed: int = 0) -> Outcome:
    """What share of Brown's known words is kept, what the formula expects, CPU seconds, and likeness to people's words.

    "wordsim" and "men" are Spearman's correlations on WordSim-353 and MEN.

    Args:
        t: the threshold; 0: all words are kept.
        formula: the paper's, or that of word2vec.c.
        passes: over the text.
        seed: of vectors and draws.
    """
    counts = brown(formula).counts
    expected = float((counts * kept(counts, t, formula)).sum() / counts.sum())
    vectors, seconds, words = learned(passes, seed, formula, subsample=t)
    share = words / (passes * int(counts.sum()))
    return {"kept": share, "formula": expected, "cpu seconds": seconds, **likeness(vectors)}


KEPT = Measure("kept", "share of the words that was kept", digits=4)
FORMULA = Measure("formula", "share that the formula expects", digits=4)
SECONDS = Measure("cpu seconds", "seconds of CPU time", digits=1)
MEN = Measure("men", "MEN, Spearman")
ALL = Arm("all words", experiment=subsampling, overrides={"t": 0.0})
SOME = {t: Arm(f"t = {t:g}", experiment=subsampling, overrides={"t": t}) for t in (1e-3, 1e-4, 1e-5)}
thinned = tuple(SOME.values())

CLAIM = Claim(
    key="subsampling",
    kind="the paper's statement",
    statement="Dropping frequent words by equation 5 keeps the share that the formula says, and makes training 2 to 10 "
    "times as fast.",
    where="Mikolov et al. (2013b), sections 1 and 2.3, table 1",
    measures=(KEPT, FORMULA, SECONDS, MEN),
    arms=(ALL, *thinned),
    conditions=(
        *limit_from("theory", (abs(KEPT.of(*thinned) / FORMULA.of(*thinned) - 1) <= 0.01).saying("within 1 %")),
        *limit_from("paper", (SECONDS.of(ALL) >= 2 * SECONDS.of(SOME[1e-5])).saying("twice as fast at the paper's t")),
        SECONDS.of(ALL) > SECONDS.of(SOME[1e-3]),
    ),
    remark="Brown, 1.1 million known words, 14,221 different ones, one pass, five noise words. The paper has a "
    "billion words: 38 minutes become 14. It also says that rare words get better vectors: MEN is shown for it, and on "
    "a text this small it cannot tell, since with t a pass has fewer updates, and one pass is little. CPU time, as the "
    "machine had other work. The runs were made again, with the same seeds and limits, after a mistake in our "
    "count was mended: a pass had one step too many, and 1.0017 of the words seemed to be kept without subsampling.",
)
