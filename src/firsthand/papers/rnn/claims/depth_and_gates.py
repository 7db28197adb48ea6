"""Gates and a second layer on the same text, by the protocol of a book."""

from typing import Any

from matplotlib.figure import Figure

from firsthand.claims import Arm, Claim, Outcome, near_paper, ordered
from firsthand.claims.bench.book import DRAWS, TRAIN, VAL, printed
from firsthand.figures.curves import Runs, log_ticks, metric, named
from firsthand.figures.style import AMBER, BLUE, GREEN, INK, RED, VIOLET, subplots
from firsthand.papers.rnn.counts import COUNTED
from firsthand.papers.rnn.protocol import Cell, learn


def language(
    cell: Cell = "rnn", layers: int = 1, rate: float = 1.0, epochs: int = 100, clip: float | None = 1.0, seed: int = 0
) -> Outcome:
    """How well a recurrent network of any kind learns The Time Machine by the book's protocol, place by place.

    Args:
        cell: the recurrent layer, of 32 units.
        layers: how many, one on the other.
        rate: of plain SGD, ten updates a pass.
        epochs: passes over the 10,000 windows.
        clip: the largest norm of the gradient; None: any.
        seed: of weights and of the order of the windows.
    """
    found, norms = learn(cell, layers, rate, epochs, clip, seed)
    return found | {"largest norm": max(norms)}


def arm(name: str, *numbers: float, **options: Any) -> Arm:
    """A network, with the book's perplexities where it prints them."""
    return Arm(name, experiment=language, overrides=options, paper=printed(*numbers) if numbers else {})


RNN = arm("RNN", 5.87, 7.19)
RNN_2 = arm("RNN, 2 layers", layers=2, rate=2.0)
LSTM = arm("LSTM", 5.76, 6.69, cell="lstm", rate=4.0, epochs=50)
GRU = arm("GRU", 4.94, 6.55, cell="gru", rate=4.0, epochs=50)
GRU_2 = arm("GRU, 2 layers", 4.13, 6.11, cell="gru", layers=2, rate=2.0)
NETWORKS = (RNN, RNN_2, LSTM, GRU, GRU_2)


def figure(seen: Runs) -> Figure:
    """Perplexity by how much of the text was read before, a line a seed; counts look back so far and no farther."""
    figure, axes = subplots(9, 4.8)
    axes.set(xlim=(0, 40.5), ylim=(5.5, 12), xticks=(1, *range(4, 33, 4)), xlabel="characters read before",
             ylabel="perplexity on text not seen", title="Perplexity by place in the window")  # fmt: skip
    log_ticks(axes, (6, 7, 8, 10, 12))
    networks = {arm.name: seen[arm.name] for arm in NETWORKS}
    named(axes, networks, (INK, AMBER, BLUE, GREEN, VIOLET), 33, 1.04, "by place", last=8)
    for read, arm in enumerate(COUNTED[1:], start=1):
        axes.plot(read, metric(seen[arm.name], VAL.name)[0], "s", color=RED, ms=7, zorder=5,
                  label=None if read > 1 else "counts of pairs, triples and fours")  # fmt: skip
    axes.legend(loc="upper right")
    return figure


CLAIM = Claim(
    key="depth-and-gates",
    kind="a secondary number",
    statement="On the same text gates lower the perplexity, and a second layer lowers it again.",
    where="Dive into Deep Learning, chapter 10, the plots of its notebooks",
    measures=(TRAIN, VAL),
    arms=(*NETWORKS, *COUNTED[1:]),
    conditions=(
        ordered(*(VAL.of(arm) for arm in (GRU_2, GRU, LSTM, RNN))),
        VAL.of(RNN) - VAL.of(GRU_2) >= 0.8,
        *(near_paper(arm, VAL, by=0.3) for arm in (RNN, LSTM, GRU, GRU_2)),
        VAL.of(RNN_2) < VAL.of(RNN),
    ),
    remark="All have 32 units a layer and so unequal numbers of weights: 2,908, 5,020, 8,860, 6,876 and 13,212; "
    "the paper `gru` compares at equal ones. Rates and passes are the book's: 1 and 100 for the RNN, 4 and 50 for "
    "LSTM and GRU, 2 and 100 for two layers. The book has no two layers of nn.RNN; from its own first weights it "
    f"printed 5.24 and 6.95. {DRAWS} With one seed one layer of GRU ends below two. When the same seeds were first "
    "measured the order held with all, but the second layer's 0.8 and 6.11 did not: the claim asks for differences "
    "that are no larger than those between runs, and more seeds, and an average over them, would settle it.",
    figure=figure,
)
