"""Whether a token looks at the one that it translates."""

from typing import Literal

import torch
from matplotlib.figure import Figure

from firsthand.claims import Arm, Claim, Measure, Outcome, limit_from
from firsthand.claims.bench.copying import sentences
from firsthand.claims.bench.descent import seeded
from firsthand.data.sentences import EOS, PAD
from firsthand.figures.attention import shaded
from firsthand.figures.curves import Runs, series
from firsthand.figures.style import heading
from firsthand.papers.bahdanau.small import LONGEST, TOKENS, swapped, swapper, swaps


def alignments(state: Literal["before", "after"] = "before", both: bool = True, seed: int = 0) -> Outcome:
    """The share of target tokens that look most at the source token which they translate, and with how much weight.

    Of every two random tokens the second comes first. 300 unseen sentences of 2 to 10 tokens; ends do not count.

    Args:
        state: the decoder's state that the output sees, before or after the step.
        both: whether the encoder reads in both directions.
        seed: of the first weights and of all sentences.
    """
    generator = seeded(seed)
    network = swapper(generator, state=state, both=both).eval()
    rows = sentences(300, (2, LONGEST), generator, TOKENS)
    target, places = swapped(rows), swaps(rows)
    weights = network.alignments(rows, target)
    words = (target != PAD) & (target != EOS)
    with torch.no_grad():
        written = (network(rows, target).argmax(2) == target)[words].double().mean().item()
    at = weights.gather(2, places[:, :, None])[:, :, 0]
    longest = int(words.sum(1).argmax())
    return {
        "right": (weights.argmax(2) == places)[words].double().mean().item(),
        "weight": at[words].double().mean().item(),
        "written": written,
        "shown": weights[longest][: LONGEST + 1, : LONGEST + 1].tolist(),
    }


RIGHT = Measure("right", "tokens that look most at what they translate (%)", 100.0, 1)
WEIGHT = Measure("weight", "weight on it (%)", 100.0, 1)
WRITTEN = Measure("written", "tokens written rightly, each given those before (%)", 100.0, 1)
PUBLISHED = Arm("as published", experiment=alignments)
AFTER = Arm("output sees s_i", experiment=alignments, overrides={"state": "after"})
ONE = Arm("encoder forwards only", experiment=alignments, overrides={"both": False})


def figure(seen: Runs) -> Figure:
    """The weights of an unseen sentence, a panel for each arm, its first seed."""
    figure = Figure(figsize=(3.1 * len(seen), 3.5))
    for axes, (name, runs) in zip(figure.subplots(1, len(seen)), seen.items(), strict=True):
        shaded(axes, series(runs, "shown")[0], name, 1.0)
        axes.set(xlabel="source token", ylabel="target token")
        axes.set_xticks(range(0, LONGEST + 1, 2))
        axes.set_yticks(range(0, LONGEST + 1, 2))
    heading(figure, "Where each token looks; of every two the second comes first")
    return figure


CLAIM = Claim(
    key="alignments",
    kind="the paper's statement",
    statement="The weights agree with what translates what: they find words that change places.",
    where="section 5.2.1 and figure 3, by eye, on translation",
    measures=(RIGHT, WEIGHT, WRITTEN),
    arms=(PUBLISHED, AFTER, ONE),
    conditions=limit_from("ours", RIGHT.of(PUBLISHED) >= 95, WRITTEN.of(PUBLISHED) >= 95),
    seeds=(3, 4, 5),
    remark="The language is ours: 20 tokens at random, translated as themselves, every two of them in turned order, so "
    "that what translates what is known. The other two arms are asked for nothing: the paper's equation 4 says s_i "
    "where its appendix and its code have s_(i-1), and it does not try an encoder in one direction. An annotation "
    "knows its neighbours, so a token may look beside the word and still know it.",
    figure=figure,
)
