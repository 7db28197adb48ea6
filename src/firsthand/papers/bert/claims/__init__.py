"""The claims, in the order in which the page tells them."""

from firsthand.claims import in_order

ORDER = "counts both_sides few_labels mixture next_sentence"
CLAIMS = in_order(__name__, *ORDER.split())
