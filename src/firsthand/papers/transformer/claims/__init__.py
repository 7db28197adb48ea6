"""The claims, in the order in which the page tells them."""

from firsthand.claims import in_order

ORDER = "identities counts heads smoothing warmup extrapolation cache"
CLAIMS = in_order(__name__, *ORDER.split())
