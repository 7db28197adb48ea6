"""The claims, in the order in which the page tells them."""

from firsthand.claims import in_order

ORDER = "receptive_field published_names tree reach gated_units gated_text shortcuts generation mu_law names"
CLAIMS = in_order(__name__, *ORDER.split())
