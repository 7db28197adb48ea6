"""The claims, in the order in which the page tells them."""

from firsthand.claims import in_order

CLAIMS = in_order(
    __name__, "bias_correction", "ten_passes", "logistic", "sparse_features", "dropout_network", "amsgrad",
    "longest_step", "noise", "rescaling", "surfaces",
)  # fmt: skip
