"""Paper vs ours: claims become runs over several seeds, runs become tables, figures and verdicts."""

import sys

from firsthand import Verb
from firsthand.reproduce.runner import reproduce

__all__ = ["reproduce"]
sys.modules[__name__].__class__ = Verb  # firsthand.reproduce("mlp") measures
