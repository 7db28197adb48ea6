"""Two faces of one operation: the definition that people read, and the fast face that runs by default."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce, wraps
from typing import Any

import torch
from jaxtyping import Float
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


HALF = (torch.float16, torch.bfloat16)


def in_float32(call: Callable) -> Callable:
    """Let an operation that sums do so in float32 where its first argument is in half precision, and round once.

    A sum or a square in float16 overflows at 65,504, and one in bfloat16 no longer grows by ones from 256 on. The
    result is rounded if all its arguments are in half precision; under autocast a loss stays in float32, as torch's.
    """

    @wraps(call)
    def wide(*args, **kwargs):
        if args and args[0].dtype not in HALF:
            return call(*args, **kwargs)
        tensors = (x for x in (*args, *kwargs.values()) if isinstance(x, Tensor) and x.is_floating_point())
        dtype = reduce(torch.promote_types, (x.dtype for x in tensors), torch.bool)
        results = call(*map(_wide, args), **{name: _wide(x) for name, x in kwargs.items()})
        return tuple(rounded(y, dtype) for y in results) if isinstance(results, tuple) else rounded(results, dtype)

    return wide


def _wide(x: Any) -> Any:
    return x.float() if isinstance(x, Tensor) and x.dtype in HALF else x


def rounded(y: Float[Tensor, "*shape"], dtype: torch.dtype) -> Float[Tensor, "*shape"]:
    """A result in this dtype, if it is one of half precision; but not a loss under autocast."""
    if dtype not in HALF or (y.ndim == 0 and torch.is_autocast_enabled(y.device.type)):
        return y
    return y.to(dtype)


@contextmanager
def definitions() -> Iterator[None]:
    """Run the readable definition of every operation inside this block."""
    global _readable
    before, _readable = _readable, True
    try:
        yield
    finally:
        _readable = before
