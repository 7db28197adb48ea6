"""The claims, in the order in which the page tells them."""

from firsthand.claims import in_order

ORDER = "time_machine reach adding adding_1997 temporal_order reber_1997 truncation reber forget"
CLAIMS = in_order(__name__, *ORDER.split())
