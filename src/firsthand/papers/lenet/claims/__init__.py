"""The claims, in the order in which the page tells them."""

from firsthand.claims import in_order

CLAIMS = in_order(__name__, "headline", "appendix_c", "architecture", "more_data", "step_sizes", "c3_table")
