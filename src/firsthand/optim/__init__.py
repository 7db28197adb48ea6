"""The update rules, a file a rule, and the learning-rate schedules."""

from .adam import Adam, AdamW
from .rmsprop import RMSprop
from .rule import Rule
from .schedule import SCHEDULES
from .sgd import SGD

RULES: dict[str, type[Rule]] = {"sgd": SGD, "rmsprop": RMSprop, "adam": Adam, "adamw": AdamW}

__all__ = ["RULES", "SCHEDULES", "SGD", "Adam", "AdamW", "RMSprop", "Rule"]
