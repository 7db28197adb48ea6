"""How text is written with a trained network: the options of `firsthand sample`. Imports no torch."""

from dataclasses import dataclass, fields
from typing import Literal

from firsthand.bounds import COUNT, SEED, within
from firsthand.errors import UserError


@dataclass(frozen=True)
class Sampling:
    """How tokens are chosen while a line or a text is written."""

    temperature: float = 1.0  # below 1: safer, above 1: wilder
    top_k: int | None = None  # choose among the k likeliest tokens only
    top_p: float | None = None  # choose among the likeliest tokens that hold this probability together
    greedy: bool = False  # always take the likeliest token
    prompt: str = ""  # how every line or text begins; for a network that completes pictures, a picture's file
    keep: Literal["top", "bottom", "left", "right"] | None = None  # pictures: the half of the prompt that is given
    stop: str = ""  # end before the first place that says this
    seed: int = 0  # of the random choices
    max_length: int | None = None  # longest line or text, in tokens; None: 50 of a line, 500 of a text
    cache: bool = True  # keep what the model has made of the text so far; without, the same text comes more slowly

    def __post_init__(self) -> None:
        within(self, temperature="[1e-6, 1e6]", top_k=COUNT, top_p="(0, 1]", seed=SEED, max_length=COUNT)

    def only(self, *names: str) -> None:
        """Raise UserError if an option is given that is not one of these."""
        for field in fields(self):
            if field.name not in names and getattr(self, field.name) != field.default:
                raise UserError(
                    f"The option '{field.name}' does not apply to the pictures that this network writes: leave it out."
                )
