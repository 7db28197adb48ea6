"""The claims, in the order in which the page tells them."""

from firsthand.claims import in_order

CLAIMS = in_order(
    __name__,
    *("depth", "thirty_layers", "tanh_layers", "decay", "basin"),
    *("when_to_stop", "scarce_digits", "scarce_names", "first_scale", "health"),
)
