"""Whether auxiliary heads help a network of this size."""

from firsthand.claims import Claim
from firsthand.papers.googlenet.small import GRADIENT, ONE, WITH, WITHOUT

CLAIM = Claim(
    key="auxiliary",
    kind="our question",
    statement="Auxiliary heads make the first layer's gradient larger, and the network better in the end.",
    where="sec. 5, which shows no comparison",
    measures=(GRADIENT, ONE),
    arms=(WITH, WITHOUT),
    conditions=(
        GRADIENT.of(WITH) >= 1.2 * GRADIENT.of(WITHOUT),
        ONE.of(WITH) <= ONE.of(WITHOUT),
    ),
    remark="All nine modules at a sixteenth of their width, without batch normalisation, 150 batches of 32 of 10,000 "
    "digits, Adam at 0.002; errors on the first 1,000 test digits. At the first step both arms have the same first "
    "weights of the trunk, but not the same dropout. The paper has 250 passes over ImageNet.",
)
