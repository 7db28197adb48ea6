"""The claims, in the order in which the page tells them."""

from firsthand.claims import in_order

ORDER = "headline appendix_c architecture more_data step_sizes c3_table linear nearest quadratic radial"
CLAIMS = in_order(__name__, *ORDER.split())
