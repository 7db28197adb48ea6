"""The paper's number, by the paper's own recipe."""

from firsthand.claims import Arm, Claim
from firsthand.papers.lenet.errors import LENET, TEST, TRAIN, as_printed, errors

OWN = Arm("20 passes of app. C", "paper", {}, LENET.paper)

CLAIM = Claim(
    key="appendix-c",
    kind="the paper's number",
    statement="The paper's own recipe ends at 0.95 % test error: 20 passes, an image a step, rates from curvature.",
    where="sec. III-B, app. C",
    measures=(TEST, TRAIN),
    arms=(OWN,),
    conditions=(*as_printed(OWN), TRAIN.of(OWN) <= 0.5),
    seeds=(0,),
    remark="1,200,000 steps, therefore one seed. The loss is equation 8, which the paper calls appropriate for most "
    "cases; it does not say which of its losses gave 0.95. First weights from 2.4/sqrt(F), see `step-sizes`. What else "
    "may differ: the codes, which were read from a small figure, and the first biases and coefficients, which are not "
    "given.",
    figure=errors((OWN,), (TEST, TRAIN), "LeNet-5 on MNIST, by the paper's recipe"),
)
