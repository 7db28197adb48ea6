"""Large tensors piece by piece, so that a chain of operations finds every piece in the cache."""

from collections.abc import Iterable
from functools import reduce

from jaxtyping import Shaped
from torch import Tensor

SIZE = 2**18  # elements: 1 MiB of float32


def parts(*tensors: Shaped[Tensor, "rows ..."]) -> list[tuple[Shaped[Tensor, "..."], ...]]:
    """The tensors cut along their first axis at the same places, as views; of the first about SIZE elements each.

    An operation on a large tensor waits for memory, and a chain of five waits five times; on a part it waits once.
    """
    first = tensors[0]
    if first.numel() <= SIZE:
        return [tensors]
    length = max(SIZE * len(first) // first.numel(), 1)
    return list(zip(*(tensor.split(length) for tensor in tensors), strict=True))


def total(tensors: Iterable[Shaped[Tensor, "..."]]) -> Shaped[Tensor, "..."]:
    """The sum of some tensors, in place of the first."""
    return reduce(Tensor.add_, tensors)
