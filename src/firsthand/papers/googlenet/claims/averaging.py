"""Several views of an image and several networks answer together."""

from firsthand.claims import Claim
from firsthand.papers.googlenet.small import BOTH, NETS, ONE, SIZE, VIEWS, WITH, WITHOUT

CLAIM = Claim(
    key="averaging",
    kind="the paper's statement",
    statement="The mean answer of several views and several networks has fewer errors than one network's to one view.",
    where="sec. 7, Table 3: top-5 10.07 % alone, 7.89 % with 144 crops, 8.09 % with 7 networks, 6.67 % with both",
    measures=(ONE, VIEWS, NETS, BOTH),
    arms=(WITH, WITHOUT),
    conditions=(
        BOTH.of(WITH, WITHOUT) < ONE.of(WITH, WITHOUT),
        VIEWS.of(WITH, WITHOUT) < ONE.of(WITH, WITHOUT),
        NETS.of(WITH, WITHOUT) < ONE.of(WITH, WITHOUT),
    ),
    remark=f"{SIZE} "
    "Digits in place of ImageNet, two networks in place of seven, the image and its shifts by a pixel in place "
    "of 144 crops: the paper's numbers do not stand beside ours. Our networks have other first weights each; the "
    "paper's had the same, by an oversight as it says.",
)
