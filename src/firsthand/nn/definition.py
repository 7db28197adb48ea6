"""Two faces of one operation: the definition that people read, and the fast face that runs by default."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps

from torch import Tensor
from torch.func import debug_unwrap


@dataclass(frozen=True)
class Pair:
    """An operation's readable definition and its fast face; equal in values and gradients, as the tests prove."""

    name: str
    definition: Callable
    fast: Callable


PAIRS: dict[str, Pair] = {}
_readable = False


def definition(fast: Callable) -> Callable[[Callable], Callable]:
    """Join a definition with its fast face: calls run the fast one, `definitions()` switches to the readable one.

    Inside torch.func's transforms (vmap, grad, ...) the readable one runs where the fast one cannot.
    The pair is registered under the function's name, so that every pair is tested and timed.
    """

    def join(readable: Callable) -> Callable:
        PAIRS[readable.__name__] = Pair(readable.__name__, readable, fast)

        @wraps(readable)
        def dispatch(*args, **kwargs):
            if not _readable:
                try:
                    return fast(*args, **kwargs)
                except RuntimeError as error:
                    if not _transformed(error, args):
                        raise
            return readable(*args, **kwargs)

        return dispatch

    return join


def _transformed(error: RuntimeError, args: tuple) -> bool:
    """Whether the call failed inside torch.func (vmap, grad, ...), which needs formulas, not passes by hand."""
    wrapped = any(isinstance(x, Tensor) and debug_unwrap(x) is not x for x in args)
    return wrapped or "functorch transforms" in str(error)


@contextmanager
def definitions() -> Iterator[None]:
    """Run the readable definition of every operation inside this block."""
    global _readable
    before, _readable = _readable, True
    try:
        yield
    finally:
        _readable = before
