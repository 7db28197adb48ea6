"""What the claims about MNIST's digits share: 5,000 images, one network, and the regularisers as they were tuned."""

from firsthand.claims import Arm, Measure

TEST = Measure("test_error", "test error (%)", scale=100.0, digits=2)
VAL = Measure("val_error", "validation error (%)", scale=100.0, digits=2)
TRAIN = Measure("train_error", "training error (%)", scale=100.0, digits=2)
NO_DROPOUT = {"model.keep_input": 1.0, "model.keep_hidden": 1.0}

# Rates, c and strengths were chosen by the validation error of seed 100 after 5,000 updates; the claims are judged on
# other seeds, after 3,000.
NONE = Arm("none", "scarce", NO_DROPOUT)
L2 = Arm("L2", "scarce", NO_DROPOUT | {"optim.weight_decay": 1e-3})
MAX_NORM = Arm("max-norm", "scarce", NO_DROPOUT | {"max_norm": 2.0})
DROPOUT = Arm("dropout", "scarce")
BOTH = Arm("dropout and max-norm", "scarce", {"max_norm": 2.0, "optim.lr": 0.3})
