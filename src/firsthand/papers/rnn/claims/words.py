"""Letters without spaces, for Elman's own network."""

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Generator

from firsthand.claims import Arm, Claim, Measure, Outcome
from firsthand.figures.curves import Runs, lines, series
from firsthand.figures.style import BLUE, INK, MUTED, RED, subplots
from firsthand.papers.rnn.elman import Elman

WORDS = "many years ago a boy and girl lived by the sea they played so happily".split()  # 15
LETTERS = sorted(set("".join(WORDS)))


def words(passes: int = 10, rate: float = 0.1, hidden: int = 20, nets: int = 20, seed: int = 0) -> Outcome:
    """Whether Elman's networks expect the wrong letter where a word begins, in a text without spaces.

    200 sentences of 4 to 9 words, drawn from 15, run together; every letter has a random code of 5 bits. The error is
    the root of the squared errors of the five bits, in one more pass without learning. "rises" is the share of words
    at whose first letter it is higher than at the letter before.

    Args:
        passes: times that the text is read before it is measured.
        rate: of plain gradient descent, after every letter.
        hidden: units, and context units.
        nets: networks with their own first weights.
        seed: of weights, sentences and codes.
    """
    generator = Generator().manual_seed(seed)
    lengths = torch.randint(4, 10, (200,), generator=generator)
    drawn = torch.randint(len(WORDS), (int(lengths.sum()),), generator=generator)
    text = [WORDS[i] for i in drawn]
    letters = [LETTERS.index(letter) for letter in "".join(text)]
    codes = torch.tensor([[n >> k & 1 for k in range(5)] for n in range(32)])
    codes = codes[torch.randperm(32, generator=generator)[: len(LETTERS)]].float()
    stream = codes[letters][:, None].expand(-1, nets, -1)
    net = Elman(nets, 5, hidden, 5, generator)
    for _ in range(passes):
        net.read(stream, rate)
    errors = (net.read(stream) - stream[1:]).square().sum(2).sqrt().mean(1)  # of letters 1, 2, ...
    places = torch.tensor([place for word in text for place in range(len(word))])[1:]
    begins = places == 0
    return {
        "letters": len(letters),
        "first": errors[begins].mean().item(),
        "later": errors[~begins].mean().item(),
        "last": errors[:-1][begins[1:]].mean().item(),
        "rises": (errors[1:] > errors[:-1])[begins[1:]].double().mean().item(),
        "by place": [errors[places == place].mean().item() for place in range(7)],
        "errors": errors[:60].tolist(),
        "places": places[:60].tolist(),
        "letters seen": letters[1:61],
    }


FIRST, LATER = (Measure(part, f"error (root of the sum of squares), {part} letters") for part in ("first", "later"))
RISES = Measure("rises", "first letters with a higher error than the letter before", digits=3)
PUBLISHED = Arm("10 passes, as published", experiment=words)
UNTRAINED = Arm("untrained", experiment=words, overrides={"passes": 0})


def figure(seen: Runs) -> Figure:
    """The error letter by letter, as the paper draws it, and by place in the word, a line a seed."""
    figure, left, right = subplots(11.5, 4.2, 2, width_ratios=(2.4, 1))
    run, count = seen[PUBLISHED.name][0].result["series"], 44
    errors, begins = np.array(run["errors"][:count]), np.array(run["places"][:count]) == 0
    left.plot(errors, "o-", color=BLUE, lw=1.4, ms=3)
    left.plot(np.flatnonzero(begins), errors[begins], "o", color=RED, ms=5, label="a word begins")
    for x, (y, first, letter) in enumerate(zip(errors, begins, run["letters seen"], strict=False)):
        left.text(x, y + 0.045, LETTERS[letter], color=RED if first else INK, ha="center", va="bottom", fontsize=9,
                  fontweight="bold" if first else "normal")  # fmt: skip
    left.set(xlabel="letter of the text", ylabel="error of the expected letter", ylim=(0, errors.max() * 1.15),
             title="The error letter by letter")  # fmt: skip
    left.legend(loc="lower left")
    for arm, colour in ((UNTRAINED, MUTED), (PUBLISHED, BLUE)):
        lines(right, series(seen[arm.name], "by place"), colour, arm.name, marker="o", ms=4)
    right.set(xlabel="place of the letter in its word", ylim=(0, None), title="and by place in the word")
    right.legend(loc="lower left", fontsize=8.5)
    return figure


CLAIM = Claim(
    key="words",
    kind="the paper's statement",
    statement="In letters without spaces the error is high where a word begins, and falls as the word goes on.",
    where="Elman (1990), the section on discovering the notion of word, the figure of letters and errors",
    measures=(FIRST, LATER, RISES),
    arms=(PUBLISHED, UNTRAINED),
    conditions=(FIRST.of(PUBLISHED) >= 1.5 * LATER.of(PUBLISHED), RISES.of(PUBLISHED) >= 0.9),
    remark="The 15 words are those that we recall of the paper's figure and one of ours, sentences are drawn at "
    "random, and the codes of letters are too. Twenty networks of 20 units a seed, rate 0.1 (ours). Errors are "
    "measured in one more pass, in which nothing is learned.",
    figure=figure,
)
