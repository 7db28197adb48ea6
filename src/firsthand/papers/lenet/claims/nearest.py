"""The training images that are nearest."""

from firsthand.claims import Arm, Claim, limit_from, near_paper
from firsthand.papers.lenet.classical import classical
from firsthand.papers.lenet.errors import TEST

NEAREST = {"method": "nearest"}
RAW = Arm("28x28", experiment=classical, overrides=NEAREST, paper={"test_error": 5.0})
UPRIGHT = Arm(
    "20x20, deslanted", experiment=classical, overrides={**NEAREST, "deslanted": True}, paper={"test_error": 2.4}
)

CLAIM = Claim(
    key="nearest",
    kind="the paper's number",
    statement="The nearest training images, by the distance of pixels, misread 5 % of the test digits, and 2.4 % of "
    "them deslanted.",
    where="sec. III-C.3, Fig. 9",
    measures=(TEST,),
    arms=(RAW, UPRIGHT),
    conditions=(
        *limit_from("ours", *(near_paper(arm, TEST, share=0.1) for arm in (RAW, UPRIGHT))),
        TEST.of(UPRIGHT) < TEST.of(RAW),
    ),
    seeds=(0,),
    remark="k = 3, which the paper says for deslanted digits; nothing is random, so one seed. Ours are better than "
    "printed by two fifths. That is so for everyone who counts on MNIST as it is distributed: its own page lists 3.09 "
    "for k = 3. The paper may have counted on other images; 1, 3 and 5 neighbours are within 0.3 points.",
)
