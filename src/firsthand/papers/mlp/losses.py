"""The losses that the claims measure, and what the course prints of them."""

from firsthand.claims import Measure

DEV = Measure("val_loss", "dev loss (nats)")
TEST = Measure("test_loss", "test loss (nats)")
PRINTED = {DEV.name: 1.60, TEST.name: 1.63}  # DL-101, on the Indian names
