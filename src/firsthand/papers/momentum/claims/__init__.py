"""The claims, in the order in which the page tells them."""

from firsthand.claims import in_order

CLAIMS = in_order(__name__, "square_root", "look_ahead", "trap", "autoencoder", "first_weights", "surfaces")
