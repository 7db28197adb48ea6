"""The adding problem over a lag of 25 steps or more, with and without gates."""

from functools import partial
from typing import Literal

from firsthand.claims import Arm, Claim, Outcome, equal, limit_from
from firsthand.claims.bench.adding import ERROR, SEQUENCES, SOLVED, WRONG, errors, learn_to_add
from firsthand.claims.bench.descent import seeded
from firsthand.figures.style import BLUE, INK, RED, VIOLET
from firsthand.papers.lstm.cells import network


def adding(
    unit: Literal["tanh", "gru", "lstm"] = "gru",
    hidden: int = 10,
    keep_bias: float = 0.0,
    input_bias: float = 0.0,
    length: int = 50,
    most: int = 96_000,
    seed: int = 0,
) -> Outcome:
    """After how many sequences of the adding problem 2,016 in a row have an error below 0.04, with Adam at 0.005.

    Batches are of 32, so 63 in a row must be right. "wrong" is of 2,560 sequences more, "error" their mean error;
    always saying 0.5 has a mean error of 0.16.

    Args:
        unit: the recurrent layer.
        hidden: its units.
        keep_bias: added to the first biases of update gates, of an LSTM's forget gates.
        input_bias: added to the first biases of an LSTM's input gates.
        length: the lag is at least half of it.
        most: sequences after which it gives up.
        seed: of weights and sequences.
    """
    generator = seeded(seed)
    net = network("rnn" if unit == "tanh" else unit, 2, hidden, 1, keep_bias, input_bias)
    return learn_to_add(net, net.answer, generator, length, most)


TANH = Arm("tanh", experiment=adding, overrides={"unit": "tanh", "hidden": 18})
PLAIN = Arm("GRU, update bias 0", experiment=adding)
KEPT = Arm("GRU, update bias 3", experiment=adding, overrides={"keep_bias": 3.0})
LSTM = Arm(
    "LSTM, forget 5, input -3",
    experiment=adding,
    overrides={"unit": "lstm", "hidden": 8, "keep_bias": 5.0, "input_bias": -3.0},
)


CLAIM = Claim(
    key="adding",
    kind="our question",
    statement="Gates shorten the path to the past: a GRU adds over a lag at which tanh units learn nothing.",
    where="Cho et al. (2014), section 2.3, said without numbers; the task is Hochreiter & Schmidhuber's (1997)",
    measures=(SOLVED, SEQUENCES, WRONG, ERROR),
    arms=(TANH, PLAIN, KEPT, LSTM),
    conditions=limit_from(
        "ours",
        equal(SOLVED.of(KEPT, LSTM), 1),
        equal(SOLVED.of(TANH), 0),
        (WRONG.of(TANH) >= 2000).saying("nearly as often as always saying 0.5 is (2,150 times)"),
        equal(SOLVED.of(PLAIN), 0).saying("gates alone are not enough"),
    ),
    remark="The adding problem of 1997 at lengths of 50 to 55; 393 to 431 parameters; Adam at 0.005, batches of 32, "
    "gradients cut at norm 1, 96,000 sequences at most. Success is 2,016 in a row within 0.04. An update gate with "
    "bias b keeps 1 / (1 + e^-b) of the state a step: 0.5 and 0.953, to the power of 25 3e-8 and 0.3. The papers start "
    "at 0; the remedy is the one known for the LSTM's forget gate.",
    figure=partial(errors, colours=(INK, RED, BLUE, VIOLET), title="The adding problem over a lag of 25 steps or more"),
)
