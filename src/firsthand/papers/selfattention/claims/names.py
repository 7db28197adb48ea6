"""Indian first names, all of them and each once."""

from firsthand.claims import Arm, Claim, Measure

TEST = Measure("test_loss", "test loss (nats a character)")
ALL = Arm("all names", "names")
ONCE = Arm("each name once", "names", {"data.deduplicate": True})

CLAIM = Claim(
    key="names",
    kind="our question",
    statement="On the Indian names self-attention reaches a test loss of 1.40 nats a character.",
    where="our own goal",
    measures=(TEST, Measure("val_loss", "dev loss (nats a character)")),
    arms=(ALL, ONCE),
    conditions=(
        TEST.of(ALL) <= 1.40,
        (TEST.of(ONCE) >= TEST.of(ALL) + 0.2).saying("without duplicates, which stand in both parts of the split"),
    ),
    remark="The DL-101 course prints the losses of a fully-connected network on these names, see the paper `mlp`.",
)
