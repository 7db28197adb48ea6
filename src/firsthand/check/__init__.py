"""Proof by comparison: the same weights in our network and in an independent twin must give the same numbers."""

import sys

from firsthand import Verb
from firsthand.check.models import Row, check

__all__ = ["Row", "check"]
sys.modules[__name__].__class__ = Verb  # firsthand.check("mlp") compares
