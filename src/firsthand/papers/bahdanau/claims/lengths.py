"""Attention beside one fixed vector, by the number of tokens of a sentence."""

from functools import partial

from firsthand.claims import Arm, Claim, Measure, Outcome, limit_from
from firsthand.claims.bench.copying import bleu, by_length, sentences
from firsthand.claims.bench.descent import seeded
from firsthand.papers.bahdanau.small import LONGEST, TOKENS, swapped, swapper

LENGTHS = (4, 6, 8, 10, 12, 16)


def lengths(attention: bool = True, seed: int = 0) -> Outcome:
    """The BLEU of translations of 4 to 16 random tokens, of every two of which the second comes first.

    A network of 64 units learns from sentences of 2 to 10 tokens; 200 others of each length are written by the
    likeliest token.

    Args:
        attention: whether the source is looked at anew for every token; if not, c is the last annotation.
        seed: of the first weights and of all sentences.
    """
    generator = seeded(seed)
    network = swapper(generator, attention=attention)
    scores = []
    for length in LENGTHS:
        rows = sentences(200, (length, length), generator, TOKENS)
        scores.append(bleu(network, rows, swapped(rows))[0])
    return {f"bleu {length}": score for length, score in zip(LENGTHS, scores, strict=True)} | {"scores": scores}


BLEU = {n: Measure(f"bleu {n}", f"BLEU of {n} tokens", digits=1) for n in LENGTHS}
SEARCH = Arm("attention", experiment=lengths)
ENCDEC = Arm("fixed vector", experiment=lengths, overrides={"attention": False})
MIDDLE, END = 6, LONGEST
LOST = {arm.name: BLEU[MIDDLE].of(arm) - BLEU[END].of(arm) for arm in (SEARCH, ENCDEC)}

CLAIM = Claim(
    key="lengths",
    kind="the paper's statement",
    statement="With attention long sentences are translated as well as short ones; with one fixed vector they are not.",
    where="figure 2 and section 5.1, on translation, there up to 60 words",
    measures=tuple(BLEU.values()),
    arms=(SEARCH, ENCDEC),
    conditions=(
        *limit_from(
            "paper",
            (3 * LOST[SEARCH.name] <= LOST[ENCDEC.name]).saying(
                f"from {MIDDLE} to {END} tokens a fixed vector loses at least three times as much"
            ),
            *(BLEU[n].of(ENCDEC) < BLEU[n].of(SEARCH) for n in LENGTHS if n <= LONGEST),
        ),
        *limit_from("pilot", BLEU[END].of(SEARCH) >= 90),
    ),
    seeds=(3, 4, 5),
    remark="The language is ours: 20 tokens at random, translated as themselves, every two of them in turned order. "
    "Both networks have 64 units and see the same 32,000 sentences of 2 to 10 tokens; a fixed vector would need more. "
    "Beyond 10 tokens both break down, as the paper's do beyond what they were trained on: RNNsearch-30 falls, too.",
    figure=partial(
        by_length, lengths=LENGTHS, longest=LONGEST, title="Translations of random tokens, trained on 2 to 10"
    ),
)
