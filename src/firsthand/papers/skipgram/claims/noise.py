"""From which distribution the noise words of negative sampling are drawn."""

from firsthand.claims import Arm, Claim, Measure, Outcome, on_average
from firsthand.papers.skipgram.measured import learned, likeness


def noise(power: float = 0.75, words: int = 15, passes: int = 2, seed: int = 0) -> Outcome:
    """How much like people's the likeness of words is that skip-gram learns from Brown, by its noise.

    "wordsim" and "men" are Spearman's correlations on WordSim-353 and MEN.

    Args:
        power: noise words are drawn as often as their counts to this power.
        words: noise words a pair.
        passes: over the text.
        seed: of vectors and draws.
    """
    return likeness(learned(passes, seed, power=power, noise=words)[0])


WORDSIM = Measure("wordsim", "WordSim-353, Spearman")
MEN = Measure("men", "MEN, Spearman")
UNIFORM, MIDDLE, UNIGRAM = (
    Arm(name, experiment=noise, overrides={"power": power})
    for name, power in (("uniform, power 0", 0.0), ("power 3/4", 0.75), ("unigram, power 1", 1.0))
)

CLAIM = Claim(
    key="noise",
    kind="the paper's statement",
    statement="Noise drawn by the unigram counts to the power 3/4 is better than uniform noise and than unigram noise.",
    where="Mikolov et al. (2013b), section 2.2, said without numbers",
    measures=(MEN, WORDSIM),
    arms=(UNIFORM, MIDDLE, UNIGRAM),
    conditions=(
        MEN.of(MIDDLE) > MEN.of(UNIFORM),
        on_average(MEN.of(MIDDLE) > MEN.of(UNIGRAM)),
    ),
    remark="Brown, two passes, 15 noise words a pair, t = 1e-3. The paper judges by analogies after a billion words, "
    "which at this size are answered too seldom. MEN decides, as 1,971 of its pairs have both words here, and of "
    "WordSim-353 only 274. The second condition asks for the whole 95 % interval over the seeds.",
)
