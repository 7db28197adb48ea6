"""What the paper says, as experiments, in the order of the page."""

from firsthand.claims import in_order

CLAIMS = in_order(
    __name__,
    "distribution",
    "sampling",
    "averaged_logits",
    "looks_better",
    "one_mask",
    "mask_sampling",
    "few_masks",
)
