"""Whether auxiliary heads help a network of this size."""

from firsthand.claims import Claim
from firsthand.papers.googlenet.small import ONE, SIZE, WITH, WITHOUT

CLAIM = Claim(
    key="auxiliary",
    kind="our question",
    statement="Auxiliary heads in training make the network better.",
    where="sec. 5, which shows no comparison",
    measures=(ONE,),
    arms=(WITH, WITHOUT),
    conditions=(ONE.of(WITH) < ONE.of(WITHOUT),),
    remark=f"{SIZE} Both arms see the same batches, from first weights of their own.",
)
