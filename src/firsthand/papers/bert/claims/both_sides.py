"""Both sides of a word against its left side alone."""

from matplotlib.figure import Figure

from firsthand.claims import Arm, Claim, Measure, limit_from
from firsthand.figures.curves import Runs, lines, series
from firsthand.figures.style import BLUE, RED, subplots
from firsthand.papers.bert.parts import parts_of_speech

NATS = Measure("nats", "loss on hidden words (nats a word)")
FROZEN = Measure("frozen", "finer parts right from frozen states (%)", digits=1)
BOTH = Arm("both sides", experiment=parts_of_speech)
LEFT = Arm("left to right", experiment=parts_of_speech, overrides={"sight": "left"})


def figure(seen: Runs) -> Figure:
    """The loss on hidden words while training, a line a seed."""
    figure, axes = subplots(8, 4.2)
    for (name, runs), colour in zip(seen.items(), (BLUE, RED), strict=True):
        lines(axes, series(runs), colour, name, 100, start=0)
    axes.set(xlabel="step", ylabel="loss on the same hidden words (nats)", title="Both sides, or the left side alone")
    axes.legend()
    return figure


CLAIM = Claim(
    key="both-sides",
    kind="the paper's statement",
    statement="A network that sees both sides of a word says it better than one that reads from left to right, and "
    "its states serve tasks better.",
    where="section 5.1 and table 5, there on GLUE and SQuAD",
    measures=(NATS, FROZEN),
    arms=(BOTH, LEFT),
    conditions=limit_from(
        "paper",
        (NATS.of(BOTH) < NATS.of(LEFT)).saying("hidden words are less surprising"),
        (FROZEN.of(BOTH) > FROZEN.of(LEFT)).saying("states say more"),
    ),
    seeds=(3, 4, 5),
    remark="Far smaller than the paper: two layers of width 32 read sentences of the Brown corpus as coarse parts of "
    "speech instead of words, 900 steps of 128 sentences. With words, networks that learn in seconds do not get beyond "
    "how frequent each one is. Both are asked for the same 15 % of the words of 1,500 sentences, all of which "
    "both-sided reading misses at once; left to right sees all words before each. Left to right learns from every "
    "word, not from 15 %, and leads for the first hundreds of steps, as appendix C.1 says.",
    figure=figure,
)
