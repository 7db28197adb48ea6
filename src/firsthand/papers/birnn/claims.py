"""What the paper says about its network, on its artificial data and at the work it became known for."""

from collections.abc import Callable, Mapping
from typing import Any

from firsthand.papers.claim import Arm, Claim, Condition, Measure, Seen


def drawn(name: str) -> Callable[[Mapping[str, list[Seen]]], Any]:
    """The figure of this name in `pictures`, which is imported when it is drawn."""

    def figure(seen: Mapping[str, list[Seen]]) -> Any:
        from firsthand.papers.birnn import pictures

        return getattr(pictures, name)(seen)

    return figure


DELAYS = (0, 1, 2, 3, 5, 8, 12)
NETS = {
    "RNN-FOR": {"net": "forward", "shifts": DELAYS},
    "RNN-BACK": {"net": "backward", "shifts": DELAYS},
    "MERGE": {"net": "merge", "shifts": (0, 2, 5, 8)},
    "BRNN": {},
}
CLASSES = {name: {"net": options.get("net", "both"), "kind": "classes"} for name, options in NETS.items()}


def printed(measure: str, *numbers: float) -> dict[str, dict[str, float]]:
    """The paper's number of each net."""
    return {name: {measure: number} for name, number in zip(NETS, numbers, strict=True)}


TAGGERS = {
    "forward, 64": {"net": "forward", "hidden": 64},
    "backward, 64": {"net": "backward", "hidden": 64},
    "merged, 40 and 40": {"net": "merge"},
    "bidirectional, 40 + 40": {},
}
FORWARD, BACKWARD, MERGED, BOTH = TAGGERS

CLAIMS = (
    Claim(
        key="structure",
        statement="Trained together, two directions are better than two nets merged, and those better than either.",
        where="section III.A, figure 4, without delay",
        measures=(
            Measure("mean", "squared error, mean of 8 nets (thousandths)", 1e3),
            Measure("median", "median", 1e3),
            Measure("best", "best", 1e3),
        ),
        arms=tuple(
            Arm(name, experiment="artificial", overrides=NETS[name], paper=paper)
            for name, paper in printed("mean", 1.55, 2.53, 1.27, 0.45).items()
        ),
        conditions=(
            Condition(
                "the medians are in this order: BRNN, MERGE, RNN-FOR, RNN-BACK",
                lambda m: m("BRNN", "median") < m("MERGE", "median") < m("RNN-FOR", "median") < m("RNN-BACK", "median"),
            ),
            Condition("RNN-FOR's mean is 1.3 to 1.8", lambda m: 1.3 <= m("RNN-FOR", "mean") <= 1.8),
            Condition("RNN-BACK's mean is 2.4 to 2.7", lambda m: 2.4 <= m("RNN-BACK", "mean") <= 2.7),
            Condition(
                "BRNN's median is below half of RNN-FOR's",
                lambda m: m("BRNN", "median") < m("RNN-FOR", "median") / 2,
            ),
            Condition("its best net is below 0.5", lambda m: m("BRNN", "best") < 0.5),
        ),
        remark="10,000 points in 40 pieces, weights from U(-1, 1), 400 cycles of RPROP, errors on the points trained "
        "on; the paper has 200 cycles of an RPROP of its own and 100 nets of each kind, and its numbers are read off a "
        "plot, to 0.03 or so. Knowing only the past the best possible error is 1.29, knowing only the future 2.37; "
        "knowing both it is 0. Of two states some get stuck, hence the medians; of BRNNs so "
        "many that the median of eight still depends on the draw.",
        figure=drawn("structure"),
    ),
    Claim(
        key="delay",
        statement="A delay helps a one-directional net, but must be found, and helps less than reading from both ends.",
        where="section III.A, figure 4",
        measures=(
            Measure("shift", "best delay (steps)", digits=1),
            Measure("there", "squared error there, median (thousandths)", 1e3),
            Measure("median", "without delay", 1e3),
        ),
        arms=tuple(
            Arm(name, experiment="artificial", overrides=NETS[name], paper={"shift": shift, "there": there})
            for name, shift, there in zip(NETS, (1.0, 5.0, 5.0, 0.0), (1.47, 0.62, 0.67, 0.45), strict=True)
        ),
        conditions=(
            Condition("RNN-FOR is best at a delay of 1 to 3", lambda m: 1 <= m("RNN-FOR", "shift") <= 3),
            Condition("RNN-BACK at one of 3 to 7", lambda m: 3 <= m("RNN-BACK", "shift") <= 7),
            Condition(
                "at their best both are above BRNN, which has none",
                lambda m: min(m("RNN-FOR", "there"), m("RNN-BACK", "there")) > m("BRNN", "median"),
            ),
        ),
        remark="The same nets as above; delays of 0, 1, 2, 3, 5, 8 and 12 steps, 0, 2, 5 and 8 for the merged nets. "
        "An answer that is delayed by s steps is asked of each net s steps later in its own walk. The paper's numbers "
        "are means, off a plot. RNN-BACK at five steps is a hard rival: the BRNNs that did not get stuck beat it, "
        "the others do not, and in one of three seeds they are the majority.",
        figure=drawn("delay"),
    ),
    Claim(
        key="classes",
        statement="The same holds when the question is whether the average is above 0.5.",
        where="section III.A, figure 5, without delay",
        measures=(
            Measure("mean", "right, mean of 8 nets (%)", 100.0, 1),
            Measure("median", "median", 100.0, 1),
            Measure("best", "best", 100.0, 1),
        ),
        arms=tuple(
            Arm(name, experiment="artificial", overrides=CLASSES[name], paper=paper)
            for name, paper in printed("mean", 80.0, 72.0, 87.7, 91.1).items()
        ),
        conditions=(
            Condition(
                "the medians are in this order: BRNN, MERGE, RNN-FOR, RNN-BACK",
                lambda m: m("BRNN", "median") > m("MERGE", "median") > m("RNN-FOR", "median") > m("RNN-BACK", "median"),
            ),
            Condition(
                "each median within 3 points of the paper's mean",
                lambda m: all(
                    abs(m(name, "median") - number) <= 3
                    for name, number in zip(NETS, (80, 72, 87.7, 91.1), strict=True)
                ),
            ),
        ),
        remark="As above, with the cross-entropy; merged is the normalised geometric mean of two nets' probabilities, "
        "the paper's logarithmic opinion pool. Always saying no is right 59 % of the time.",
        figure=drawn("classes"),
    ),
    Claim(
        key="tagging",
        statement="To name a word's part of speech it helps to have read on, at the same number of weights.",
        where="section III.B for phonemes of TIMIT, here for words",
        measures=(
            Measure("right", "words tagged right (%)", digits=2),
            Measure("unknown", "unknown words tagged right (%)", digits=1),
            Measure("states", "weights of the states", digits=0),
        ),
        arms=tuple(Arm(name, experiment="tagging", overrides=options) for name, options in TAGGERS.items()),
        conditions=(
            Condition(
                "bidirectional is better than merged, merged than either direction",
                lambda m: (
                    m(BOTH, "right") > m(MERGED, "right") > max(m(FORWARD, "right"), m(BACKWARD, "right"))
                ),
            ),
            Condition(
                "bidirectional is a point or more above forward", lambda m: m(BOTH, "right") >= m(FORWARD, "right") + 1
            ),
            Condition(
                "the weights of the states differ by 2 % or less",
                lambda m: all(abs(m(name, "states") / m(BOTH, "states") - 1) <= 0.02 for name in TAGGERS),
            ),
        ),
        remark="TIMIT costs money; the Brown corpus does not. The paper's test accuracies on TIMIT, 61 phonemes: "
        "forward 63.2, backward 61.9, merged 65.3, bidirectional 68.5. Here GRUs read 5,000 sentences four times "
        "and are asked for the first two letters of each tag. The merged nets learn a table of word vectors "
        "each, twice as much in all, and are an ensemble; here that is worth more than training together.",
        figure=drawn("tagging"),
    ),
    Claim(
        key="language-model",
        statement="A bidirectional language model cheats: it has seen what it should foretell, and cannot write.",
        where="not in the paper; an early Dive into Deep Learning shows it as a wrong application",
        measures=(
            Measure("all", "perplexity", digits=2),
            Measure("inside", "next character in the window", digits=2),
            Measure("last", "next character beyond it", digits=2),
            Measure("words", "words written that the book has (%)", digits=0),
        ),
        arms=(
            Arm("forward", experiment="next-character", overrides={"net": "forward"}),
            Arm("bidirectional", experiment="next-character"),
        ),
        conditions=(
            Condition("the bidirectional perplexity is below 1.5", lambda m: m("bidirectional", "all") < 1.5),
            Condition(
                "but where the next character is not in the window, it is above the forward one's",
                lambda m: m("bidirectional", "last") > m("forward", "last"),
            ),
            Condition(
                "and fewer of the words that it writes are words",
                lambda m: m("bidirectional", "words") < m("forward", "words"),
            ),
        ),
        remark="LSTMs of 32 cells a direction, windows of 32 of the first 10,032 letters of The Time Machine, 300 "
        "steps of Adam; scored on the 5,032 that follow. 400 characters are drawn one after the other, from what "
        "the net says of the last position.",
        figure=drawn("language_model"),
    ),
)
