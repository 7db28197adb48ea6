"""A language model that reads both ways, and so reads what it is to predict."""

from textwrap import wrap
from typing import Literal

import numpy as np
import torch
from matplotlib.figure import Figure

from firsthand import optim
from firsthand.claims import Arm, Claim, Measure, Outcome
from firsthand.claims.bench.book import TEXT, surprises, windows
from firsthand.claims.bench.descent import descend, seeded
from firsthand.figures.curves import Runs, lines, log_ticks, series
from firsthand.figures.style import AMBER, BLUE, subplots
from firsthand.nn import cross_entropy
from firsthand.papers.birnn.model import BRNN, Config


def next_character(net: Literal["forward", "both"] = "both", steps: int = 300, seed: int = 0) -> Outcome:
    """An LSTM that is to predict each next character of The Time Machine, which its backward states have read already.

    Perplexities on text that was not trained on: "all" positions of windows of 32; "inside", where the next character
    is within the window; "last", where it is not, as when a model writes. "words" is the share, percent, of the words
    it writes that the book has. Trained on the windows of the first 10,032 characters.

    Args:
        net: forward states, as for writing, or both kinds.
        steps: of Adam at 0.01, in batches of 256.
        seed: of weights, batches and what is written.
    """
    generator, corpus = seeded(seed), TEXT.load()
    train, val, vocab = windows()
    network = BRNN(Config(vocab, 32, net, "lstm", embed=28, vocab=vocab, edge=0.0))
    rule, curve = optim.Adam(network.parameters(), lr=0.01), []
    for _ in range(steps):
        rows = train[torch.randint(len(train), (256,), generator=generator)]
        loss = cross_entropy(network(rows[:, :-1]).flatten(0, 1), rows[:, 1:].flatten())
        descend(rule, network, loss, clip=None)
        curve.append(loss.item())
    with torch.no_grad():
        losses = surprises(network, val)
        tokens = corpus.vocabulary.encode("the time traveller ").tolist()
        for _ in range(400):
            chances = torch.softmax(network(torch.tensor([tokens[-32:]]))[0, -1], 0)
            tokens.append(int(torch.multinomial(chances, 1, generator=generator)))
    written = corpus.vocabulary.decode(tokens[19:])
    words = written.split()[1:-1]  # the first and the last may be cut off
    book = set(corpus.vocabulary.decode(np.concatenate([corpus.train, corpus.val, corpus.test])).split())
    return {
        "all": losses.mean().exp().item(),
        "inside": losses[:, :-1].mean().exp().item(),
        "last": losses[:, -1].mean().exp().item(),
        "words": 100 * sum(word in book for word in words) / max(len(words), 1),
        "curve": curve[9::10],
        "places": losses.mean(0).tolist(),
        "written": [ord(letter) for letter in written],
    }


ALL = Measure("all", "perplexity", digits=2)
INSIDE = Measure("inside", "perplexity, next character in the window", digits=2)
LAST = Measure("last", "perplexity, next character beyond the window", digits=2)
WORDS = Measure("words", "written words that the book has (%)", digits=0)
FORWARD = Arm("forward", experiment=next_character, overrides={"net": "forward"})
BOTH = Arm("bidirectional", experiment=next_character)


def figure(seen: Runs) -> Figure:
    """The perplexity of every position of a window, a line a seed, and what the networks write with the first seed."""
    figure, left, right = subplots(10.5, 4.2, 2, width_ratios=(1.2, 1))
    for arm, colour, top in ((FORWARD, AMBER, 0.95), (BOTH, BLUE, 0.45)):
        lines(left, [np.exp(losses) for losses in series(seen[arm.name], "places")], colour, arm.name)
        text = "".join(map(chr, seen[arm.name][0].result["series"]["written"]))[:200]
        right.text(0, top, arm.name, color=colour, fontweight="bold", va="top")
        right.text(0, top - 0.08, "\n".join(wrap(text, 46)), family="monospace", fontsize=9, va="top")
    left.set(xlim=(0, 33), ylim=(0.95, 40), xlabel="position in a window of 32",
             ylabel="perplexity of the next character", title="Perplexity by position")  # fmt: skip
    log_ticks(left, (1, 2, 5, 10, 20))
    left.legend(loc="upper center")
    right.axis("off")
    right.set_title("What the networks write")
    return figure


CLAIM = Claim(
    key="language-model",
    kind="our question",
    statement="A bidirectional language model cheats: it has read what it should predict, and cannot write.",
    where="not in the paper; an early Dive into Deep Learning shows it as a wrong application",
    measures=(ALL, INSIDE, LAST, WORDS),
    arms=(FORWARD, BOTH),
    conditions=(ALL.of(BOTH) < 1.5, LAST.of(BOTH) > LAST.of(FORWARD), WORDS.of(BOTH) < WORDS.of(FORWARD)),
    remark="LSTMs of 32 cells a direction, windows of 32 of the first 10,032 letters of The Time Machine, 300 "
    "steps of Adam; scored on the 5,032 that follow. 400 characters are drawn one after the other, each from the "
    "network's output at the last position.",
    figure=figure,
)
