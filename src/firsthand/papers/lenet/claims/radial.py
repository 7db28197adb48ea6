"""Radial basis functions on the pixels."""

from firsthand.claims import Arm, Claim, limit_from, near_paper
from firsthand.papers.lenet.classical import classical
from firsthand.papers.lenet.errors import TEST

RADIAL = Arm("1,000 centres", experiment=classical, overrides={"method": "radial"}, paper={"test_error": 3.6})
LINEAR = Arm("pixels", experiment=classical)

CLAIM = Claim(
    key="radial",
    kind="the paper's number",
    statement="A thousand radial basis functions and a linear classifier on them misread 3.6 % of the test digits.",
    where="sec. III-C.5, Fig. 9",
    measures=(TEST,),
    arms=(RADIAL, LINEAR),
    conditions=(
        *limit_from("ours", near_paper(RADIAL, TEST, share=0.1)),
        TEST.of(RADIAL) < TEST.of(LINEAR),
    ),
    remark="Ten groups of a hundred centres, each of one digit's images, and a pseudo-inverse, as in the paper; its "
    "k-means is adaptive, ours takes ten rounds from random images, which the seeds choose. The paper does not say how "
    "wide the functions are. Ours are as wide as images are far from the nearest centre; wider ones are worse.",
)
