"""The claims, in the order in which the page tells them."""

from firsthand.claims import in_order

CLAIMS = in_order(__name__, "course", "leakage", "first_weights", "normalised", "batch_norm")
