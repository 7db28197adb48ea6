"""The claims, in the order in which the page tells them."""

from firsthand.claims import in_order

ORDER = "saturation recall order heads averaging path cost cache characters shakespeare names"
CLAIMS = in_order(__name__, *ORDER.split())
