"""Proof by comparison: the same weights in our network and in an independent twin must give the same numbers.

`firsthand.check(key)` gives the comparisons of a paper's network.
"""

from firsthand.callable import call
from firsthand.check.models import check
from firsthand.check.rounding import Row

__all__ = ["Row", "check"]
call(__name__, "firsthand.check.models", "check")
