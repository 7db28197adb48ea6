"""The update rules, a file a rule, and the learning-rate schedules."""

from firsthand.optim.adam import Adam, AdamW
from firsthand.optim.rmsprop import RMSprop
from firsthand.optim.rule import Rule
from firsthand.optim.schedule import SCHEDULES
from firsthand.optim.sgd import SGD

RULES: dict[str, type[Rule]] = {"sgd": SGD, "rmsprop": RMSprop, "adam": Adam, "adamw": AdamW}

__all__ = ["RULES", "SCHEDULES", "SGD", "Adam", "AdamW", "RMSprop", "Rule"]
