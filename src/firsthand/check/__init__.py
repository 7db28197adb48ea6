"""Proof by comparison: the same weights in our network and in an independent twin must give the same numbers."""

from firsthand.check.models import Row, check

__all__ = ["Row", "check"]
