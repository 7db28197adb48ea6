"""Two tables of Brown: the paper's with 16,383 words, and a small one with 3,000."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
from matplotlib.figure import Figure

from firsthand.claims import Arm, Condition, Measure, Outcome, near_paper
from firsthand.figures.curves import Runs, metric
from firsthand.figures.dots import dots, rows
from firsthand.figures.style import BLUE, GREEN, INK, RED, subplots
from firsthand.papers.nplm.ngrams import DeletedInterpolation, KneserNey, context_and_word, perplexity
from firsthand.papers.nplm.recipe import brown

CONTEXT = 4  # all models are scored on the words that have so many before them in their part of the text


def ngrams(
    smoothing: Literal["deleted-interpolation", "kneser-ney"] = "deleted-interpolation",
    n: int = 3,
    vocab: int = 16_383,
    seed: int = 0,
) -> Outcome:
    """Perplexity of a smoothed n-gram on Brown, alone and mixed half and half with the deleted-interpolation trigram.

    Args:
        smoothing: deleted-interpolation, the trigram of the paper's mixtures whatever n is, or modified Kneser-Ney.
        n: words of a gram, for Kneser-Ney.
        vocab: words known, the unknown one included: 16,383 for the paper's table, 3,000 for the small one.
        seed: nothing here is random.
    """
    text = brown(vocab - 1).load()
    trigram = DeletedInterpolation(text.train, vocab)
    trigram.fit(text.val)
    model = trigram if smoothing == "deleted-interpolation" else KneserNey(text.train, vocab, n)
    found: Outcome = {}
    for name, part in (("train", text.train), ("val", text.val), ("test", text.test)):
        pairs = context_and_word(part, CONTEXT)
        alone = model.probability(*pairs)
        found[f"{name}_perplexity"] = perplexity(alone)
        if name != "train":
            found[f"{name}_mixed"] = perplexity((alone + trigram.probability(*pairs)) / 2)
    return found


VAL = Measure("val_perplexity", "validation perplexity", digits=1)
TEST = Measure("test_perplexity", "test perplexity", digits=1)
MIXED_VAL = Measure("val_mixed", "mixed validation perplexity", digits=1)
MIXED_TEST = Measure("test_mixed", "mixed test perplexity", digits=1)
MEASURES = (VAL, TEST, MIXED_VAL, MIXED_TEST)


def printed(*numbers: int) -> dict[str, float]:
    """A row of table 1: validation and test alone, and of a network validation and test mixed."""
    return {measure.name: float(number) for measure, number in zip(MEASURES, numbers, strict=False)}


DIRECT, WIDE = {"model.hidden": 50, "model.direct": True}, {"model.embed": 60}
MLP1 = Arm("MLP1/2", "paper", WIDE | DIRECT, printed(284, 268, 275, 257))
MLP3 = Arm("MLP3/4", "paper", WIDE | DIRECT | {"model.hidden": 0}, printed(327, 310, 286, 272))
MLP5 = Arm("MLP5/6", "paper", DIRECT, printed(296, 279, 273, 259))
MLP7 = Arm("MLP7/8", "paper", {"model.context": 2} | DIRECT, printed(309, 293, 284, 270))
MLP9 = Arm("MLP9/10", "paper", {}, printed(280, 276, 265, 252))
MLP = (MLP1, MLP3, MLP5, MLP7, MLP9)


def kneser_ney(n: int, vocab: int, *numbers: int) -> Arm:
    """Kneser-Ney n-grams, with their row of table 1 where they know its words."""
    options = {"smoothing": "kneser-ney", "n": n, "vocab": vocab}
    return Arm(f"Kneser-Ney {n}", overrides=options, paper=printed(*numbers), experiment=ngrams)


TRIGRAM = Arm("deleted interpolation 3", overrides={"vocab": 16_383}, paper=printed(352, 336), experiment=ngrams)
KN3, KN4, KN5 = (kneser_ney(n, 16_383, *row) for n, row in ((3, (334, 323)), (4, (332, 321)), (5, (332, 321))))
NGRAMS = (TRIGRAM, KN3, KN4, KN5)

NETWORK = Arm("network", "brown")
SHORT = Arm("two words of context", "brown", {"model.context": 2})
LINEAR = Arm("no hidden layer", "brown", {"model.hidden": 0})
INDIRECT = Arm("no direct connections", "brown", {"model.hidden": 100, "model.direct": False})
NETWORKS = (NETWORK, SHORT, LINEAR, INDIRECT)
SMALL_TRIGRAM = Arm("deleted interpolation 3", overrides={"vocab": 3000}, experiment=ngrams)
SMALL_KN3, SMALL_KN4, SMALL_KN5 = (kneser_ney(n, 3000) for n in (3, 4, 5))
SMALL_NGRAMS = (SMALL_TRIGRAM, SMALL_KN3, SMALL_KN4, SMALL_KN5)
SMALL = (
    "The same stream and split as the paper's table, with 3,000 words instead of 16,383 (18.6 % of all tokens are "
    "unknown, which makes every perplexity lower: compare with the paper in per cent only), two passes of Adam."
)


def scores(seen: Runs, arms: Sequence[Arm], title: str) -> Figure:
    """Test perplexity of every arm, alone and mixed half and half with the trigram, beside the paper's."""
    figure, axes = subplots(8.6, 1.3 + 0.36 * len(arms))
    for measure, colour, how in ((TEST, BLUE, "alone"), (MIXED_TEST, GREEN, "mixed with the trigram")):
        axes.plot([], [], "o", color=colour, ms=6, label=how)
        for row, arm in enumerate(arms):
            if measure is TEST or "deleted" not in arm.name:  # the trigram with itself
                dots(axes, row, metric(seen[arm.name], measure.name), colour, alpha=0.8)
            if measure.name in arm.paper:
                axes.plot(arm.paper[measure.name], row, "D", color=colour, ms=8, mfc="none", mew=1.4)
    if any(arm.paper for arm in arms):
        axes.plot([], [], "D", color=INK, ms=8, mfc="none", mew=1.4, label="printed in the paper")
    rows(axes, [arm.name for arm in arms], 0.5)
    axes.set(xlabel="test perplexity", title=title)
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def as_printed(arm: Arm, *measures: Measure) -> Condition:
    """An arm's perplexities near those of the table."""
    words = f"perplexities of {arm.name} within 5 % of the printed"
    return replace(near_paper(arm, *measures, share=0.05), words=words)


Pair = tuple[str, Measure, tuple[Arm, Arm], tuple[Arm, Arm]]  # label, measure, two arms, their like in table 1


def changes(seen: Runs, pairs: Sequence[Pair], title: str) -> Figure:
    """By how many per cent the first arm's perplexity differs from the second's, a dot a seed, beside the paper's."""
    figure, axes = subplots(7.6, 1.3 + 0.42 * len(pairs))
    for row, (_, measure, arms, theirs) in enumerate(pairs):
        first, second = (np.array(metric(seen[arm.name], measure.name)) for arm in arms)
        change, than = (arm.paper[measure.name] for arm in theirs)
        dots(axes, row, 100 * (first / second - 1), BLUE, alpha=0.7)
        axes.plot(100 * (change / than - 1), row, "D", color=RED, ms=8, mfc="none", mew=1.6)
    axes.plot([], [], "o", color=BLUE, ms=6, alpha=0.7, label="3,000 words, each seed")
    axes.plot([], [], "D", color=RED, ms=8, mfc="none", mew=1.6, label="16,383 words, printed in the paper")
    axes.axvline(0, color=INK, lw=1)
    rows(axes, [label for label, *_ in pairs], 0.5)
    axes.set(xlabel="change of perplexity (%)", title=title)
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return figure
