"""Mistakes that a user can mend: one clear sentence with the way out, never a traceback."""

import warnings
from collections.abc import Iterable
from difflib import get_close_matches

_SEEN = 24  # names that can be read in one sentence


class UserError(ValueError):
    """Something the user got wrong; the command line prints the sentence and exits with code 2."""


class Notice(UserWarning):
    """What a user should know although the work goes on; the command line prints the sentence on stderr."""


def notice(text: str) -> None:
    """Let the user know; Python shows the same sentence once."""
    warnings.warn(text, Notice, stacklevel=3)


def unknown(kind: str, word: str, options: Iterable[str], hint: str = "") -> UserError:
    """The error for a name that does not exist, naming the nearest one that does.

    `kind` says what was looked for ("data set"), `word` what was given, `hint` where to see them all.
    """
    options = list(options)
    near = get_close_matches(word.lower(), [option.lower() for option in options], n=1, cutoff=0.5)
    nearest = [option for option in options if option.lower() in near]
    if not near and hint and len(options) > _SEEN:
        return UserError(f"There is no {kind} '{word}': {hint}.")
    way_out = f"did you mean '{nearest[0]}'?" if near else f"there are: {', '.join(options)}."
    return UserError(f"There is no {kind} '{word}': {way_out}" + (f" ({hint})" if hint else ""))
