"""What the papers of 2014 say about the gated recurrent unit, as experiments."""

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

from firsthand.papers.claim import Arm, Claim, Condition, Measure, Ours, Seen


def drawn(name: str) -> Callable[[Mapping[str, list[Seen]]], Any]:
    """The figure of this name in `pictures`, which is imported when it is drawn."""

    def figure(seen: Mapping[str, list[Seen]]) -> Any:
        from firsthand.papers.gru import pictures

        return getattr(pictures, name)(seen)

    return figure


def near(ours: Ours, arm: str, train: float, val: float, within: float = 0.3) -> bool:
    """Whether both perplexities lie within this distance of the printed ones."""
    gaps = ours(arm, "train_perplexity") - train, ours(arm, "val_perplexity") - val
    return max(map(abs, gaps)) <= within


def share(ours: Ours, arm: str, other: str) -> float:
    """By which share of the other's an arm's perplexity is lower."""
    return 1 - ours(arm, "val_perplexity") / ours(other, "val_perplexity")


TRAIN = Measure("train_perplexity", "train perplexity", digits=2)
VAL = Measure("val_perplexity", "validation perplexity", digits=2)
PASS = Measure("pass", "pass in which it is lowest", digits=0)
TORCH, SCRATCH = "nn.GRU's form and first weights", "the book's own"
TANH, UNIT, LSTM = "tanh, 127 units", "GRU, 68 units", "LSTM, 58 cells"
BEFORE, ONE_BIAS = "reset before the product", "reset after it, no bias inside"
READERS = {
    TANH: Arm(TANH, experiment="matched", overrides={"unit": "tanh", "hidden": 127}),
    UNIT: Arm(UNIT, experiment="matched"),
    LSTM: Arm(LSTM, experiment="matched", overrides={"unit": "lstm", "hidden": 58}),
    BEFORE: Arm(BEFORE, experiment="matched", overrides={"unit": "gru-before"}),
    ONE_BIAS: Arm(ONE_BIAS, experiment="matched", overrides={"unit": "gru-one-bias"}),
}
AFTER = "reset after it"
KEPT = "GRU, update bias 3"
LENGTHS = (4, 8, 12, 16, 20, 24)
NARROW, WIDE, LONGER = "64 units", "128 units", "128 units, trained to 24"

CLAIMS = (
    Claim(
        key="time-machine",
        statement="A GRU of 32 units reads The Time Machine to a perplexity below 6.8 on text that it has not seen.",
        where="Dive into Deep Learning, section 10.2, the plots of its notebooks",
        measures=(TRAIN, VAL),
        arms=(
            Arm(TORCH, "paper", paper={"train_perplexity": 4.94, "val_perplexity": 6.55}),
            Arm(
                SCRATCH,
                "paper",
                {"model.init": "normal", "model.reset": "before"},
                {"train_perplexity": 5.73, "val_perplexity": 6.74},
            ),
        ),
        conditions=(
            Condition(
                "in nn.GRU's form, training within 0.3 of 4.94 and validation within 0.3 of 6.55",
                lambda m: near(m, TORCH, 4.94, 6.55),
            ),
            Condition(
                "in the book's own, training within 0.3 of 5.73 and validation within 0.3 of 6.74",
                lambda m: near(m, SCRATCH, 5.73, 6.74),
            ),
            Condition(
                "both end below 6.9 on validation",
                lambda m: max(m(TORCH, "val_perplexity"), m(SCRATCH, "val_perplexity")) < 6.9,
            ),
        ),
        remark="Only the first 10,032 characters are trained on. The two forms differ in the place of the reset gate "
        "and in the first weights: U(±1/sqrt(32)), biases too, against N(0, 0.01^2) and biases of 0. The book reads "
        "its numbers off the mean of each batch's perplexity, which is a little high, and its validation windows "
        "begin 32 characters earlier than ours.",
        figure=drawn("time_machine"),
    ),
    Claim(
        key="equal-weights",
        statement="With equally many weights gated units read better than tanh units, and GRU and LSTM alike.",
        where="Chung et al. (2014), table 2 and section 5; there on music and speech",
        measures=(VAL, PASS, Measure("weights", "weights of the layer, one bias a sum", digits=0)),
        arms=tuple(READERS[name] for name in (TANH, UNIT, LSTM)),
        conditions=(
            Condition(
                "the GRU's perplexity is 3 % below the tanh units' or more", lambda m: share(m, UNIT, TANH) >= 0.03
            ),
            Condition("so is the LSTM's", lambda m: share(m, LSTM, TANH) >= 0.03),
            Condition(
                "their own difference is smaller than either gap",
                lambda m: (
                    abs(m(UNIT, "val_perplexity") - m(LSTM, "val_perplexity"))
                    < m(TANH, "val_perplexity") - max(m(UNIT, "val_perplexity"), m(LSTM, "val_perplexity"))
                ),
            ),
        ),
        remark="The Time Machine's first 60,000 letters and spaces, the next 20,000 to validate; about 20,000 weights "
        "in the recurrent layer, as the paper has for music. Adam at 0.005, at most 120 passes, until 10 in a row "
        "bring nothing lower; the lowest counts. A fixed number of passes would be unfair: the LSTM starts slowest. "
        "The paper trained by RMSProp with noise on the weights, on other data.",
        figure=drawn("equal_weights"),
    ),
    Claim(
        key="reset",
        statement="It does not matter whether the reset gate acts before the product with the state or after it.",
        where="Chung et al. (2014), the footnote on the unit; Cho et al. (2014), encoder against decoder",
        measures=(VAL, PASS),
        arms=(
            READERS[TANH],
            READERS[BEFORE],
            Arm(AFTER, experiment="matched"),
            READERS[ONE_BIAS],
        ),
        conditions=(
            Condition(
                "the three forms of the GRU lie within 2 % of each other",
                lambda m: all(
                    abs(share(m, one, other)) < 0.02
                    for one, other in ((BEFORE, AFTER), (BEFORE, ONE_BIAS), (AFTER, ONE_BIAS))
                ),
            ),
            Condition(
                "and that is less than half of what separates any of them from tanh units",
                lambda m: all(
                    abs(m(one, "val_perplexity") - m(other, "val_perplexity"))
                    < (m(TANH, "val_perplexity") - m(one, "val_perplexity")) / 2
                    for one in (BEFORE, AFTER, ONE_BIAS)
                    for other in (BEFORE, AFTER, ONE_BIAS)
                ),
            ),
        ),
        remark="68 units, trained as in the claim before. Before is U (r h), after is r (U h + c), where torch and "
        "cuDNN have the bias c inside. The functions differ: no weights of one form give the other.",
        figure=drawn("reset"),
    ),
    Claim(
        key="adding",
        statement="Gates shorten the path to the past: a GRU adds over a lag at which tanh units learn nothing.",
        where="Cho et al. (2014), section 2.3, said without numbers; the task is Hochreiter & Schmidhuber's (1997)",
        measures=(
            Measure("solved", "share that succeeded", digits=2),
            Measure("sequences", "sequences until then", digits=0),
            Measure("wrong", "wrong of 2,560", digits=0),
            Measure("error", "mean error", digits=4),
        ),
        arms=(
            Arm("tanh", experiment="adding", overrides={"unit": "tanh", "hidden": 18}),
            Arm("GRU, update bias 0", experiment="adding"),
            Arm(KEPT, experiment="adding", overrides={"keep_bias": 3.0}),
            Arm(
                "LSTM, forget 5, input -3",
                experiment="adding",
                overrides={"unit": "lstm", "hidden": 8, "keep_bias": 5.0, "input_bias": -3.0},
            ),
        ),
        conditions=(
            Condition(
                "the GRU with an update bias of 3 succeeds with every seed within 96,000 sequences",
                lambda m: m(KEPT, "solved") == 1,
            ),
            Condition("so does the LSTM", lambda m: m("LSTM, forget 5, input -3", "solved") == 1),
            Condition(
                "the tanh units never do, and are wrong nearly as often as always saying 0.5 is (2,150 times)",
                lambda m: m("tanh", "solved") == 0 and m("tanh", "wrong") >= 2000,
            ),
            Condition(
                "nor does a GRU whose update bias starts at 0: gates alone are not enough",
                lambda m: m("GRU, update bias 0", "solved") == 0,
            ),
        ),
        remark="The adding problem of 1997 at lengths of 50 to 55; 393 to 431 parameters; Adam at 0.005, batches of "
        "32, gradients cut at norm 1, 96,000 sequences at most. Success is 2,016 in a row within 0.04. An update gate "
        "with bias b keeps 1 / (1 + e^-b) of the state a step: 0.5 and 0.953, to the power of 25 3e-8 and 0.3. The "
        "papers start at 0; the remedy is the one known for the LSTM's forget gate.",
        figure=drawn("adding"),
    ),
    Claim(
        key="lengths",
        statement="A sentence squeezed into one vector is lost as it grows, most of all past the lengths trained on.",
        where="Cho et al. (2014), On the Properties of Neural Machine Translation, figure 4; there on translation",
        measures=(
            *(Measure(f"right, {n}", f"rows of {n} digits right (%)", digits=1) for n in LENGTHS),
            Measure("digits, 24", "digits right of rows of 24 (%)", digits=1),
            Measure("parameters", "parameters", digits=0),
        ),
        arms=(
            Arm(NARROW, experiment="lengths", overrides={"hidden": 64}),
            Arm(WIDE, experiment="lengths"),
            Arm(LONGER, experiment="lengths", overrides={"longest": 24}),
        ),
        conditions=(
            Condition(
                "with every network fewer rows are right at each length than at the one before, or as many",
                lambda m: all(
                    m(arm, f"right, {short}") >= m(arm, f"right, {long}")
                    for arm in (NARROW, WIDE, LONGER)
                    for short, long in pairwise(LENGTHS)
                ),
            ),
            Condition(
                "of 24 digits at most half as many as of 4",
                lambda m: all(m(arm, "right, 24") <= m(arm, "right, 4") / 2 for arm in (NARROW, WIDE, LONGER)),
            ),
            Condition(
                "a vector of 128 numbers holds more than one of 64: more rows of 12 right",
                lambda m: m(WIDE, "right, 12") > m(NARROW, "right, 12"),
            ),
        ),
        remark="The paper translates English to French and finds BLEU falling with a sentence's length and with its "
        "unknown words, which are not asked about here. Ours is the network of its equations on a task of our own: "
        "write random digits backwards, trained on rows of 1 to 12 (or to 24) digits for 4,000 steps of 64 rows. A row "
        "counts if every digit and the end mark stand where they should.",
        figure=drawn("lengths"),
    ),
)
