"""LeNet-5 beside fully-connected networks with more weights."""

from firsthand.claims import Arm, Claim
from firsthand.papers.lenet.errors import LENET, PARAMS, TEST, errors

ONE = Arm("784-300-10", "mlp-300", paper={"test_error": 4.7})
TWO = Arm("784-300-100-10", "mlp-300-100", paper={"test_error": 3.05})
ARMS = (LENET, ONE, TWO)

CLAIM = Claim(
    key="architecture",
    kind="the paper's statement",
    statement="LeNet-5 makes far fewer mistakes than fully-connected networks with four times its weights.",
    where="sec. III-C, Fig. 9",
    measures=(TEST, PARAMS),
    arms=ARMS,
    conditions=(
        (2 * TEST.of(LENET) <= TEST.of(ONE, TWO)).saying("at most half the error of either"),
        (PARAMS.of(ONE, TWO) >= 3.9 * PARAMS.of(LENET)).saying("about four times the weights, or more"),
    ),
    remark="All three see every image ten times under the same schedule, each with a rate of Adam of its own. Softmax, "
    "cross-entropy and Adam bring the fully-connected networks near 2 %, far below what the paper prints, which makes "
    "the gap smaller.",
    figure=errors(ARMS, (TEST,), "Convolutions beside full connections, on MNIST"),
)
