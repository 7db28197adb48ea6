"""Relations planted in a made-up language, found again as differences of vectors."""

from typing import Literal

import numpy as np

from firsthand.claims import Arm, Claim, Measure, Outcome, on_average
from firsthand.papers.skipgram import relations as language


def relations(
    kind: Literal["skip-gram", "cbow"] = "skip-gram",
    sentences: int = 20_000,
    passes: int = 5,
    embed: int = 50,
    seed: int = 0,
) -> Outcome:
    """How many analogies of a made-up language are answered, in per cent: of meaning (capitals), of form (plurals).

    Args:
        kind: skip-gram or CBOW.
        sentences: of seven words each, made anew by every seed.
        passes: over them.
        embed: numbers of a vector.
        seed: of text, vectors and draws.
    """
    vectors = language.learn(kind, sentences, passes, embed, seed)
    generator = np.random.default_rng(seed)
    return {name: 100 * language.answers(vectors, first, generator) for name, first in (("meaning", 0), ("form", 2))}


MEANING = Measure("meaning", "analogies of meaning right (%)", digits=1)
FORM = Measure("form", "analogies of form right (%)", digits=1)
SKIP = Arm("skip-gram", experiment=relations)
CBOW = Arm("CBOW", experiment=relations, overrides={"kind": "cbow"})

CLAIM = Claim(
    key="relations",
    kind="the paper's statement",
    statement="Of analogies of meaning skip-gram answers far more than CBOW, of analogies of form no more.",
    where="Mikolov et al. (2013a), table 3: 640 numbers a vector, 320 million words",
    measures=(MEANING, FORM),
    arms=(SKIP, CBOW),
    conditions=(
        (MEANING.of(SKIP) >= 1.5 * MEANING.of(CBOW)).saying("far more"),
        on_average(FORM.of(CBOW) >= FORM.of(SKIP)),
    ),
    remark="A made-up language in place of 320 million words: 100 countries and capitals, 100 words and plurals, each "
    "known by two words of its topic and one of its role among seven; of plurals the role stands right beside. "
    "20,000 sentences, five passes, 50 numbers, window 3, five noise words, rates 0.025 and, for CBOW, 0.05 as "
    "in word2vec.c. The paper has 55 and 24 % of meaning, 59 and 64 % of form. How large the gap is depends on "
    "the size: 20,000 sentences were chosen after a pilot run, with another seed, in which 40,000 brought both "
    "kinds to 100 %. So it tells who learns these relations from fewer sentences, not who learns them better "
    "in the end, and that CBOW falls behind in form as well may be the language's doing or the rate's, which "
    "were not varied. The second condition asks for the whole 95 % interval.",
)
