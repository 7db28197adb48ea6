"""The claims, in the order in which the page tells them."""

from firsthand.claims import in_order

ORDER = "identities counts lengths alignments"
CLAIMS = in_order(__name__, *ORDER.split())
