"""The claims, in the order in which the page tells them."""

from firsthand.claims import in_order

CLAIMS = in_order(
    __name__, "receptive_field", "published_names", "tree", "reach", "gated_units", "gated_text", "shortcuts",
    "generation", "mu_law", "names",
)  # fmt: skip
