"""What the recurrent layers share: time first in memory, products for many steps at once."""

from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Float, Int, Shaped
from torch import Tensor

from firsthand.definition import PAIRS

BLOCK = 2**17  # numbers: what a fast implementation prepares at once should stay in the cache of a core


ROWS = 1024  # but a product of fewer rows wastes time


class Layout:
    """Where the steps of a padded batch lie in memory: (time, batch, ...), a step in one piece.

    Whatever the direction, steps go from index 0 up: `enter` turns a sequence around, `leave` turns it back.
    With lengths, each row is turned around within its own, and the longest rows come first, so that the rows that run
    at time t are the first rows[t] of them: the others cost nothing, and wait in place.
    """

    def __init__(self, x: Float[Tensor, "batch time in"], lengths: Int[Tensor, " batch"] | None, reverse: bool):
        self.batch, self.time = x.shape[:2]
        self.reverse, self.rows = reverse, None
        if lengths is None or not self.batch:
            return
        lengths = lengths.to(x.device, torch.int64)
        self.lengths, self.order = lengths.sort(descending=True, stable=True)
        self.ends = torch.arange(self.batch, device=x.device), lengths - 1
        times = torch.arange(self.time, device=x.device).unsqueeze(1)
        self.padding = (times >= self.lengths).unsqueeze(2)
        places = torch.where(self.padding[:, :, 0], times, self.lengths - 1 - times) if reverse else times
        self.source = self.order * self.time + places
        self.rows = [row for row in (times < self.lengths).sum(1).tolist() if row]

    def enter(
        self,
        x: Float[Tensor, "batch time *in"],
        block: slice = slice(None),
        out: Float[Tensor, "steps batch *in"] | None = None,
    ) -> Float[Tensor, "steps batch *in"]:
        """Some steps, time first, padding 0, in memory of their own."""
        if self.rows is not None:
            source = self.source[block]
            rows = x.reshape(self.batch * self.time, -1).index_select(0, source.flatten())
            steps = rows.view(*source.shape, -1).masked_fill_(self.padding[block], 0)
        else:
            steps = x.transpose(0, 1)
            steps = steps[self._turned(block)].flip(0) if self.reverse else steps[block]
        return steps.contiguous() if out is None else out.copy_(steps)

    def leave(
        self, rows: Float[Tensor, "steps batch *out"], y: Float[Tensor, "batch time *out"], block: slice = slice(None)
    ) -> Float[Tensor, "batch time *out"]:
        """Write some steps, whose padding must be 0, to their places in y."""
        if self.rows is not None:
            source = self.source[block].flatten()
            y.view(self.batch * self.time, -1).index_copy_(0, source, rows.reshape(len(source), -1))
        elif self.reverse:
            y.transpose(0, 1)[self._turned(block)] = rows.flip(0)
        else:
            y.transpose(0, 1)[block] = rows
        return y

    def _turned(self, block: slice) -> slice:
        """The same steps, counted from the end."""
        start, stop, _ = block.indices(self.time)
        return slice(self.time - stop, self.time - start)

    def last(self, y: Float[Tensor, "batch time hidden"]) -> Float[Tensor, "batch hidden"]:
        """Every row's output at the end of its walk, in memory of its own."""
        return y[self._end()].clone()

    def _end(self) -> tuple[Any, Any]:
        if self.reverse or self.rows is None:
            return slice(None), 0 if self.reverse else -1
        return self.ends

    def gradients_of_outputs(
        self,
        dy: Float[Tensor, "batch time hidden"] | None,
        dlast: Float[Tensor, "batch hidden"] | None,
        like: Float[Tensor, "batch hidden"],
    ) -> Float[Tensor, "batch time hidden"]:
        """The gradient of the outputs, with that of the last of them, which came out once more as a state."""
        if dy is not None and dlast is None:
            return dy
        dy = like.new_zeros(self.batch, self.time, like.shape[1]) if dy is None else dy.clone()
        if dlast is not None:
            end = self._end()
            dy[end] += dlast[end[0]]
        return dy

    def before(
        self, y: Float[Tensor, "batch time hidden"], start: Float[Tensor, "batch hidden"], block: slice
    ) -> Float[Tensor, "steps batch hidden"]:
        """The states of some steps and, first of all, the one before them, in memory of their own."""
        states = y.new_empty(block.stop - block.start + 1, *start.shape)
        states[0] = self.enter(y, slice(block.start - 1, block.start))[0] if block.start else self.sort(start)
        self.enter(y, block, out=states[1:])
        return states

    def sort(self, state: Float[Tensor, "batch hidden"]) -> Float[Tensor, "batch hidden"]:
        """The longest rows first."""
        return state if self.rows is None else state[self.order]

    def unsort(self, state: Float[Tensor, "batch hidden"]) -> Float[Tensor, "batch hidden"]:
        """Undo `sort`, in memory of its own."""
        return state.clone() if self.rows is None else torch.empty_like(state).index_copy_(0, self.order, state)

    def history(self, start: Float[Tensor, "batch hidden"]) -> Float[Tensor, "steps batch hidden"]:
        """Room for the states at times 0 to T, the start in its place."""
        make = start.new_empty if self.rows is None else start.new_zeros  # what waits must be finite
        states = make(self.time + 1, *start.shape)
        states[0] = self.sort(start)
        return states

    def final(self, states: Float[Tensor, "steps batch hidden"]) -> Float[Tensor, "batch hidden"]:
        """Every row's last state of a history."""
        if self.rows is None:
            return states[-1].clone()
        return self.unsort(states[self.lengths, self.ends[0]])

    def gradients_of_states(
        self, dy: Float[Tensor, "batch time hidden"], block: slice, room: Float[Tensor, "most batch hidden"]
    ) -> Float[Tensor, "steps batch hidden"]:
        """The gradient that reaches the states of some steps from outside and, the last of them, from the steps after.

        First comes the state before them, with 0 so far. Blocks go from the last to the first, all in the same room
        (0 at first), so that what the steps after have left for the state before them is found at its beginning.
        """
        states, later = room[: block.stop - block.start + 1], room[0].clone()
        self.enter(dy, block, out=states[1:])
        states[-1] += later
        states[0] = 0
        return states

    def blank(self, d: Float[Tensor, "..."], block: slice = slice(None)) -> Float[Tensor, "..."]:
        """Set the padding of some steps to 0 in place."""
        return d if self.rows is None else d.masked_fill_(self.padding[block], 0)

    def blocks(self, width: int) -> list[slice]:
        """Steps to take together, so that `width` numbers for each of them and each row of the batch stay in cache."""
        size = max(BLOCK // max(1, self.batch * width), ROWS // max(1, self.batch), 1)
        return [slice(first, min(first + size, self.time)) for first in range(0, self.time, size)]

    def steps(
        self, *buffers: Shaped[Tensor, "..."], histories: tuple[Float[Tensor, "..."], ...] = (), first: int = 0
    ) -> list[tuple[Shaped[Tensor, "..."], ...]]:
        """Views of the rows that run, step after step: of every buffer, then of every history before and after it."""
        if self.rows is None:
            columns: list[Any] = [buffer.unbind(0) for buffer in buffers]
            for states in histories:
                views = states.unbind(0)
                columns += [views, views[1:]]
        else:
            buffers += tuple(part for states in histories for part in (states, states[1:]))
            columns = [[step[:row] for step, row in zip(buffer, self.rows[first:], strict=False)] for buffer in buffers]
        return list(zip(*columns, strict=False))


def needs_definition(x: Float[Tensor, "..."], *others: Float[Tensor, "..."] | None) -> bool:
    """Whether the definition must serve: in half precision, where a state held by steps of another form would lose
    digits, under autocast, which sees single operations only, while compiling, which fuses them by itself, and for
    shapes without numbers."""
    if x.is_meta or torch.compiler.is_compiling() or torch.is_autocast_enabled(x.device.type):
        return True
    return any(tensor is not None and tensor.dtype not in (torch.float32, torch.float64) for tensor in (x, *others))


def projection(
    weight: Float[Tensor, "out in"],
    *biases: Float[Tensor, " out"] | None,
    scale: Float[Tensor, "out 1"] | None = None,
) -> Callable[..., None]:
    """project(xs, out), which writes W x + b for some steps in one product; biases are added up, and all is scaled."""
    present = [bias for bias in biases if bias is not None]
    bias = sum(present[1:], present[0]) if present else None
    if scale is not None:
        weight = weight * scale
        bias = None if bias is None else bias * scale[:, 0]
    weight = weight.t()

    def project(xs: Tensor, out: Tensor) -> None:
        rows, product = xs.flatten(0, 1), out.flatten(0, 1)
        torch.mm(rows, weight, out=product) if bias is None else torch.addmm(bias, rows, weight, out=product)

    return project


def project(
    xs: Float[Tensor, "time batch in"], weight: Float[Tensor, "out in"], *biases: Float[Tensor, " out"] | None
) -> Float[Tensor, "time batch out"]:
    """W x + b for all steps in one product; the biases are added up first."""
    out = xs.new_empty(*xs.shape[:2], len(weight))
    projection(weight, *biases)(xs, out)
    return out


def outer(da: Float[Tensor, "time batch out"], rows: Float[Tensor, "time batch in"]) -> Float[Tensor, "out in"]:
    """The gradient of a weight, sum da x^T over all steps and rows, in one product."""
    return da.flatten(0, 1).t() @ rows.flatten(0, 1)


def derivatives(ctx: Any, *dys: Float[Tensor, "..."] | None) -> tuple[Float[Tensor, "..."] | None, ...]:
    """The gradients by autograd through the definition, for a pass that is itself recorded: a pass by hand is not.

    In the order of `apply`: the definition's name and options, lengths, reverse, and the definition's tensors.
    """
    name, options = ctx.definition
    tensors = ctx.saved_tensors[: ctx.count]
    given = [tensor for tensor in tensors if tensor is not None]

    def call(*given: Tensor) -> tuple[Tensor, ...]:
        supply = iter(given)
        filled = (None if tensor is None else next(supply) for tensor in tensors)
        return PAIRS[name].definition(*filled, **options, lengths=ctx.lengths, reverse=ctx.reverse)

    outputs, pull = torch.func.vjp(call, *given)[:2]
    found = iter(pull(tuple(torch.zeros_like(y) if dy is None else dy for y, dy in zip(outputs, dys, strict=True))))
    return None, None, None, *(None if tensor is None else next(found) for tensor in tensors)
