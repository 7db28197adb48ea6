"""Paper vs ours: claims become runs over several seeds, runs become tables, figures and verdicts."""

from firsthand.reproduce.runner import reproduce

__all__ = ["reproduce"]
