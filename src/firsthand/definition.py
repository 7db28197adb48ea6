"""An operation twice: the definition that people read, and the fast implementation that runs by default."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import reduce, wraps
from types import NotImplementedType
from typing import Any, TypeVar, cast

import torch
from jaxtyping import Float, Shaped
from torch import Tensor
from torch.func import debug_unwrap

# What a fast implementation returns: results, or that it declines.
Result = Float[Tensor, "..."] | tuple[Float[Tensor, "..."], ...] | NotImplementedType


@dataclass(frozen=True)
class Pair:
    """An operation's definition and its fast implementation; equal in values and gradients, as the tests prove.

    Both refuse what the guard refuses, and where the fast one declines the definition serves.
    """

    name: str
    definition: Callable
    fast: Callable


Operation = TypeVar("Operation", bound=Callable[..., Any])
PAIRS: dict[str, Pair] = {}
_readable = False


def definition(fast: Callable, guard: Callable | None = None, lazily: bool = False) -> Callable[[Operation], Operation]:
    """Join a definition with its fast implementation: that one runs, or in `definitions()` the definition.

    A fast implementation that cannot serve returns NotImplemented, and the definition serves; so it does inside
    torch.func's transforms (vmap, grad, ...) where the fast one cannot.
    The guard takes the operation's own arguments, raises a UserError for what does not fit, and runs first, so that
    neither has to look. Where torch looks as well and a call is short it runs `lazily`: only when the fast one declines
    or fails, to say in words what is wrong.
    The pair is registered under the function's name, so that every pair is tested and timed.
    """
    first = None if lazily else guard

    def join(readable: Operation) -> Operation:
        checked = readable if guard is None else _after(guard, readable)

        @wraps(checked)
        def dispatch(*args: Any, **kwargs: Any) -> Any:
            if _readable:
                return checked(*args, **kwargs)
            if first is not None:
                first(*args, **kwargs)
            try:
                result = fast(*args, **kwargs)
            except (IndexError, RuntimeError, TypeError, ValueError) as error:
                if lazily and guard is not None:
                    guard(*args, **kwargs)
                if not _transformed(error, args):
                    raise
                result = NotImplemented
            return checked(*args, **kwargs) if result is NotImplemented else result

        PAIRS[readable.__name__] = Pair(readable.__name__, checked, _switched(False)(dispatch))
        return cast(Operation, dispatch)

    return join


def _after(guard: Callable, call: Operation) -> Operation:
    """The call, behind its guard."""

    @wraps(call)
    def checked(*args: Any, **kwargs: Any) -> Any:
        guard(*args, **kwargs)
        return call(*args, **kwargs)

    return cast(Operation, checked)


def _transformed(error: Exception, args: tuple) -> bool:
    """Whether the call failed inside torch.func (vmap, grad, ...), which needs formulas, not passes by hand."""
    wrapped = any(isinstance(x, Tensor) and debug_unwrap(x) is not x for x in args)
    return wrapped or "functorch transforms" in str(error)


@contextmanager
def _switched(readable: bool) -> Iterator[None]:
    """Run the definitions, or the fast implementations, inside this block."""
    global _readable
    before, _readable = _readable, readable
    try:
        yield
    finally:
        _readable = before


def definitions() -> AbstractContextManager[None]:
    """Run the readable definition of every operation inside this block."""
    return _switched(True)


HALF = (torch.float16, torch.bfloat16)


def in_float32(call: Operation) -> Operation:
    """Let an operation that sums do so in float32 where its first argument is in half precision, and round once.

    A sum or a square in float16 overflows at 65,504, and one in bfloat16 no longer grows by ones from 256 on. The
    result is rounded if all its arguments are in half precision; under autocast a loss stays in float32, as torch's.
    """

    @wraps(call)
    def wide(*args: Any, **kwargs: Any) -> Any:
        if args and args[0].dtype not in HALF:
            return call(*args, **kwargs)
        tensors = (x for x in (*args, *kwargs.values()) if isinstance(x, Tensor) and x.is_floating_point())
        dtype = reduce(torch.promote_types, (x.dtype for x in tensors), torch.bool)
        results = call(*map(_wide, args), **{name: _wide(x) for name, x in kwargs.items()})
        return tuple(rounded(y, dtype) for y in results) if isinstance(results, tuple) else rounded(results, dtype)

    return cast(Operation, wide)


def _wide(x: Any) -> Any:
    return x.float() if isinstance(x, Tensor) and x.dtype in HALF else x


def rounded(y: Shaped[Tensor, "*shape"], dtype: torch.dtype) -> Shaped[Tensor, "*shape"]:
    """A result in this dtype, if it is one of half precision; but not a count, and not a loss under autocast."""
    if dtype not in HALF or not y.is_floating_point() or (y.ndim == 0 and torch.is_autocast_enabled(y.device.type)):
        return y
    return y.to(dtype)
