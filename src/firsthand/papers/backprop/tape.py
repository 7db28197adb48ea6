"""Back-propagation written out: numbers that remember how they were made, and one sweep back through all of them.

    from y = f(a, b)         remember how a change of y comes from a, and how it comes from b
    dE/da += dE/dy dy/da     walking back from E, newest first: by the time a node's turn comes, everything that it
    dE/db += dE/dy dy/db     feeds has had its say, so its own dE/dy is complete

These are the paper's equations 4 to 7, for any composition of the operations below instead of for layers only: (4) the
sweep starts at E; (5) `logistic` gives dE/dx = dE/dy y (1 - y); (6) and (7) are the two halves of `matmul`; the sum in
(7), over all that a unit feeds, is the += above. Values are torch tensors, used as arrays: nothing here asks torch to
differentiate. Plain tensors and numbers among the operands are constants: no gradient flows to them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from firsthand.errors import UserError

Array = Float[Tensor, "..."]
Number = float | int
Rule = Callable[[Array], Array]  # dE/dy to the dE/da that it causes


class Node:
    """A value y, the nodes that it was made from, and after a backward sweep its gradient dE/dy.

    `made_from` pairs each operand a with its rule, which turns dE/dy into this operand's share of dE/da.
    """

    numbers = count()  # a node is younger than those it is made from: to sort by number is to sort the graph

    def __init__(self, value: Array, *made_from: tuple[Node | Array | Number, Rule]):
        self.value = value
        self.made_from = [(a, rule) for a, rule in made_from if isinstance(a, Node)]
        self.gradient: Array | None = None
        self.number = next(Node.numbers)

    def backward(self, gradient: Array | None = None) -> None:
        """Set dE/dy of every node y that this one depends on, E being this one; `gradient` is dE/d(this), 1 by default.

        Source: equations 4 to 7.
        """
        nodes = self.ancestors()
        for y in nodes:
            y.gradient = None
        self.gradient = torch.ones_like(self.value) if gradient is None else gradient
        for y in nodes:
            for a, rule in y.made_from:
                share = rule(y.gradient).sum_to_size(a.value.shape)  # an operand that was stretched fed several places
                a.gradient = share if a.gradient is None else a.gradient + share

    def ancestors(self) -> list[Node]:
        """This node and all that it depends on, each before those it is made from."""
        found, waiting = {self}, [self]
        while waiting:  # a list, not recursion: a graph may be deeper than Python's stack
            new = {a for a, _ in waiting.pop().made_from} - found
            found |= new
            waiting += new
        return sorted(found, key=lambda node: -node.number)

    def __add__(self, b: Any) -> Node:
        """y = a + b: dE/da = dE/db = dE/dy."""
        return Node(self.value + value(b), (self, lambda g: g), (b, lambda g: g))

    def __mul__(self, b: Any) -> Node:
        """y = a b: dE/da = dE/dy b, dE/db = dE/dy a."""
        return Node(self.value * value(b), (self, lambda g: g * value(b)), (b, lambda g: g * self.value))

    def __pow__(self, n: Number) -> Node:
        """y = a^n for a number n: dE/da = dE/dy n a^(n - 1)."""
        return Node(self.value**n, (self, lambda g: g * n * self.value ** (n - 1)))

    def __matmul__(self, b: Any) -> Node:
        return matmul(self, b)

    def __rmatmul__(self, a: Any) -> Node:
        return matmul(a, self)

    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self) -> Node:
        return self * -1

    def __sub__(self, b: Any) -> Node:
        return self + b * -1

    def __rsub__(self, a: Any) -> Node:
        return self * -1 + a

    def __truediv__(self, b: Any) -> Node:
        return self * b**-1

    def __rtruediv__(self, a: Any) -> Node:
        return self**-1 * a

    @property
    def T(self) -> Node:
        """The matrix with rows and columns exchanged (of more axes: the last two)."""
        return Node(self.value.mT, (self, lambda g: g.mT))

    def __getitem__(self, key: Any) -> Node:
        """y = a[key]: each dE/dy goes back to the place that it was read from, once for each time it was read."""
        places = torch.arange(self.value.numel(), device=self.value.device).view(self.value.shape)[key].flatten()
        empty = torch.zeros_like(self.value).flatten()
        return Node(self.value[key], (self, lambda g: empty.index_add(0, places, g.flatten()).view(self.value.shape)))

    def sum(self, axis: int | None = None) -> Node:
        """y = sum of a, over all places or along an axis, which is kept: every dE/da is the dE/dy of its sum."""
        total = self.value.sum() if axis is None else self.value.sum(axis, keepdim=True)
        return Node(total, (self, lambda g: g.expand(self.value.shape)))


def value(a: Node | Array | Number) -> Array | Number:
    """What a node holds; a constant is its own value."""
    return a.value if isinstance(a, Node) else a


def matmul(a: Node | Array, b: Node | Array) -> Node:
    """y = a b, matrices: dE/da = dE/dy b' (equation 7), dE/db = a' dE/dy (equation 6)."""
    x, w = value(a), value(b)
    if min(x.ndim, w.ndim) < 2:
        shapes = f"{tuple(x.shape)} and {tuple(w.shape)}"
        raise UserError(f"A product of matrices takes two axes or more, got shapes {shapes}.")
    return Node(x @ w, (a, lambda g: g @ w.mT), (b, lambda g: x.mT @ g))


def logistic(x: Node) -> Node:
    """y = 1 / (1 + e^-x): dE/dx = dE/dy y (1 - y). Source: equations 2 and 5."""
    y = torch.sigmoid(x.value)
    return Node(y, (x, lambda g: g * y * (1 - y)))


def tanh(x: Node) -> Node:
    """y = tanh x: dE/dx = dE/dy (1 - y^2)."""
    y = torch.tanh(x.value)
    return Node(y, (x, lambda g: g * (1 - y * y)))


def exp(x: Node) -> Node:
    """y = e^x: dE/dx = dE/dy y."""
    y = torch.exp(x.value)
    return Node(y, (x, lambda g: g * y))


def log(x: Node) -> Node:
    """y = ln x: dE/dx = dE/dy / x."""
    return Node(torch.log(x.value), (x, lambda g: g / x.value))


def concatenate(parts: Sequence[Node | Array], axis: int = -1) -> Node:
    """y = the parts side by side along an axis: each gets back its own stretch of dE/dy."""
    made_from, start = [], 0
    for part in parts:
        size = value(part).shape[axis]
        made_from.append((part, lambda g, start=start, size=size: g.narrow(axis, start, size)))
        start += size
    return Node(torch.cat([value(part) for part in parts], axis), *made_from)
