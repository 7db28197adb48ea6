"""The update rules, a file a rule; learning-rate schedules; what is done to gradients and weights around a step."""

from firsthand.optim.adadelta import Adadelta
from firsthand.optim.adagrad import Adagrad
from firsthand.optim.adam import Adam, AdamW
from firsthand.optim.adamax import Adamax
from firsthand.optim.average import Average, ExponentialAverage, SpacedAverage
from firsthand.optim.clip import clip_by_norm, clip_by_value
from firsthand.optim.maxnorm import limit_norm
from firsthand.optim.rmsprop import RMSprop
from firsthand.optim.rule import Rule
from firsthand.optim.schedule import SCHEDULES, Plateau
from firsthand.optim.sgd import SGD

RULES: dict[str, type[Rule]] = {
    "sgd": SGD,
    "adagrad": Adagrad,
    "adadelta": Adadelta,
    "rmsprop": RMSprop,
    "adam": Adam,
    "adamw": AdamW,
    "adamax": Adamax,
}

__all__ = [
    "RULES",
    "SCHEDULES",
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Average",
    "ExponentialAverage",
    "Plateau",
    "RMSprop",
    "Rule",
    "SpacedAverage",
    "clip_by_norm",
    "clip_by_value",
    "limit_norm",
]
