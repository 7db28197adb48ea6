"""Update rules on the five surfaces of `firsthand.optim.surfaces`: steps to arrive, each rule at its fastest rate."""

from firsthand.claims.claim import Measure
from firsthand.optim.surfaces import SURFACES, race

ON = {name: Measure(name, f"{name} (steps)", digits=0) for name in SURFACES}

__all__ = ["ON", "race"]
