"""One sentence for an option that makes no sense: sizes that are whole numbers, flags, and numbers within bounds."""

from math import inf
from numbers import Integral, Real
from typing import Any

from firsthand.errors import UserError


def whole(least: int, *values: Any) -> bool:
    """Whether all are whole numbers, `least` or more; True and False are none."""
    for value in values:
        if type(value) is not int and (isinstance(value, bool) or not isinstance(value, Integral)):
            return False
        if value < least:
            return False
    return True


def check_sizes(owner: str, least: int = 1, **sizes: Any) -> None:
    """Raises UserError for a size that is not a whole number of `least` or more."""
    for name, size in sizes.items():
        if not whole(least, size):
            raise UserError(f"The {name} of {owner} is {size!r}, expected a whole number of {least} or more.")


def check_flags(owner: str, **flags: Any) -> None:
    """Raises UserError for a flag that is neither True nor False."""
    for name, flag in flags.items():
        if not isinstance(flag, bool):
            raise UserError(f"The {name} of {owner} is {flag!r}, expected True or False.")


def check_number(owner: str, least: float = -inf, most: float = inf, **numbers: Any) -> None:
    """Raises UserError for what is not a finite number from `least` to `most`."""
    for name, number in numbers.items():
        real = isinstance(number, Real) and not isinstance(number, bool) and abs(number) < inf  # type: ignore[operator]
        if not (real and least <= number <= most):
            above = f" of {least:g} or more" if most == inf else f" from {least:g} to {most:g}"
            raise UserError(f"The {name} of {owner} is {number!r}, expected a number{'' if least == -inf else above}.")
