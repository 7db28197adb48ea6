"""Paper vs ours: claims become runs over several seeds, runs become tables, figures and verdicts.

`firsthand.reproduce(key, ...)` measures the claims of a paper.
"""

from firsthand.callable import call
from firsthand.reproduce.runner import reproduce

__all__ = ["reproduce"]
call(__name__, "firsthand.reproduce.runner", "reproduce")
