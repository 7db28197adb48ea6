"""LeNet-1 with one of its constraints taken away."""

from firsthand.claims import Claim, limit_from
from firsthand.papers.zipcode.reading import ONE, TEST, TRAIN, WEIGHTS, arm

SHORT = {"passes": 12}
LENET_1 = arm("LeNet-1, 12 passes", "1990", **SHORT)
UNSHARED = arm("weights not shared", "unshared", **SHORT)
STRIDE = arm("stride 2, no subsampling", "stride", **SHORT)
FULL = arm("all 48 kernels of H3", "full", **SHORT)

CLAIM = Claim(
    key="wiring",
    kind="our question",
    statement="Shared weights matter most; subsampling and the table of connections matter little.",
    where="sec. 4 argues for each, without numbers",
    measures=(TEST, TRAIN, ONE, WEIGHTS),
    arms=(LENET_1, UNSHARED, STRIDE, FULL),
    conditions=limit_from(
        "ours",
        (TEST.of(UNSHARED) >= TEST.of(LENET_1) + 0.5).saying("without sharing half a point worse, or more"),
        (TEST.of(STRIDE, FULL) <= TEST.of(LENET_1) + 1).saying("without the others at most one point worse"),
        (TEST.of(UNSHARED) > TEST.of(STRIDE, FULL)).saying("sharing matters most"),
    ),
    remark="12 passes, after which the paper sees little gain, each with the same rates falling within them. Without "
    "sharing all places of H1 and H3 have kernels and biases of their own, so that H1 and H3 have as many "
    "weights as connections. In place of subsampling H1 and H3 take a stride of 2: the maps are as large, the "
    "places they look at fewer. Without subsampling the errors rise by more than was allowed, though by less "
    "than without sharing; all 48 kernels cost nothing.",
)
