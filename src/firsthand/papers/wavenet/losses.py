"""What the trained networks are compared by, and a text small enough for many of them."""

from firsthand.claims import Measure

TRAIN = Measure("train_loss", "train loss (nats)")
VAL = Measure("val_loss", "validation loss (nats)")
TEST = Measure("test_loss", "test loss (nats)")
PARAMETERS = Measure("params", "parameters", digits=0)

# The Time Machine, letters and spaces only, 300 steps of 32 x 64 characters: half a minute a run.
SIZES = {"model.residual": 32, "model.gate": 32, "model.skip": 64, "model.dropout": 0.0}
BOOK = {"data": "timemachine", "data.letters": True, **SIZES, "steps": 300, "eval_every": 100, "checkpoint_every": 300}
