"""The network of 1997 as it was: memory blocks, gates that feed gates, and the truncated gradient.

A block is `size` cells that share an input gate and an output gate. With f the logistic function, g = 4 f - 2 and
h = 2 f - 1, every unit u sums a_u = w_u . (inputs x(t), outputs y(t-1) of cells and gates) + b_u, and

    y^in = f(a_in),    y^out = f(a_out)                                          the gates of a block, eqs. 1 and 2
    s(t) = s(t-1) + y^in g(a_c),   y^c(t) = y^out h(s(t))                        each of its cells, eqs. 3 and 4
    y_k = f(a_k),      a_k = sum over cells of w_kc y^c + b_k                    the outputs, eq. 5

Errors: with e_k = -dE/da_k, E = 1/2 sum (t_k - y_k)^2, the truncated gradient is, for one step,

    e_out = f'(a_out) sum_v h(s_v) sum_k w_kv e_k          e_s = y^out h'(s) sum_k w_kv e_k          eqs. 26 and 27

An error that has entered a cell stays there: the carousel hands it from s(t) to s(t-1) unchanged. So the error in s(t)
is the sum of all e_s from t on, a cumulative sum and nothing more, and it leaves through the cell's input, e_c = g'
y^in E_s, and through the input gate, e_in = f' sum_v g E_s. Errors that would go on to y(t-1) are cut off there.
The paper sums the same products forwards in time instead (eqs. 19 to 23 and 28), so that nothing need be stored.
Source: Hochreiter & Schmidhuber (1997), section 4 and appendix A.1.
"""

from copy import copy
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from firsthand.claims import Outcome


@dataclass(frozen=True)
class Layout:
    """What a network consists of; the units of a layer are its cells, then its input gates, then its output gates."""

    inputs: int
    outputs: int
    blocks: int
    size: int  # cells in a block
    gates_feed_back: bool = True  # gates and cells are inputs of the next step, or cells only
    biased: Literal["gates", "hidden", "all"] = "all"  # gates have biases, cells too, and the outputs too

    @property
    def cells(self) -> int:
        """All cells."""
        return self.blocks * self.size

    @property
    def units(self) -> int:
        """Cells and gates."""
        return self.cells + 2 * self.blocks

    @property
    def fed_back(self) -> int:
        """Units whose outputs go in again at the next step."""
        return self.units if self.gates_feed_back else self.cells

    @property
    def weights(self) -> int:
        """The weights of one network, as the paper counts them."""
        biases = {"gates": 2 * self.blocks, "hidden": self.units, "all": self.units + self.outputs}[self.biased]
        return self.units * (self.inputs + self.fed_back) + self.outputs * self.cells + biases


class Blocks:
    """`nets` networks of one layout side by side, each with its own weights, sequences and errors.

    First weights are from U(-spread, spread), gate biases too unless `input_biases` or `output_biases` says, per block.
    """

    def __init__(
        self,
        layout: Layout,
        nets: int,
        spread: float,
        generator: torch.Generator,
        input_biases: tuple[float, ...] | None = None,
        output_biases: tuple[float, ...] | None = None,
        dtype: torch.dtype = torch.float32,
    ):
        self.layout = layout

        def drawn(*shape: int) -> Tensor:
            return (torch.rand(nets, *shape, generator=generator, dtype=dtype) * 2 - 1) * spread

        cells, blocks = layout.cells, layout.blocks
        self.w_x = drawn(layout.units, layout.inputs)
        self.w_y = drawn(layout.units, layout.fed_back)
        self.b = drawn(layout.units)
        self.v = drawn(layout.outputs, cells)
        self.d = drawn(layout.outputs)
        for biases, first in ((input_biases, cells), (output_biases, cells + blocks)):
            if biases is not None:
                self.b[:, first : first + blocks] = torch.tensor(biases, dtype=dtype)
        if layout.biased == "gates":
            self.b[:, :cells] = 0
        if layout.biased != "all":
            self.d.zero_()

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """All weights: w_x, w_y and b of the units, v and d of the outputs."""
        return self.w_x, self.w_y, self.b, self.v, self.d

    def run(self, x: Float[Tensor, "nets time in"]) -> Float[Tensor, "nets time out"]:
        """The outputs y_k at every step, from states of zeros. All that the errors will need is kept."""
        plan, (nets, time, _) = self.layout, x.shape
        cells, blocks, end = plan.cells, plan.blocks, plan.cells + plan.fed_back
        # A row for each step: f(a_c) of the cells, then what may be fed back, their y^c and the gates.
        row = x.new_zeros(time + 1, nets, cells + plan.units)
        row[1:] = self._with_gap(x @ self.w_x.mT + self.b[:, None]).transpose(0, 1)
        half = x.new_zeros(time + 1, nets, blocks, plan.size)  # s / 2, for h(s) = tanh(s / 2)
        h = torch.empty_like(half[1:])
        w = self._with_gap(self.w_y.mT).contiguous()
        u, y, into, out = self._parts(row[1:])
        for before, after, u_t, y_t, into_t, out_t, s_before, s_after, h_t in zip(
            row[:-1, :, None, cells:end].unbind(), row[1:, :, None].unbind(),
            u.unbind(), y.unbind(), into.unbind(), out.unbind(), half[:-1].unbind(), half[1:].unbind(), h.unbind(),
            strict=True,
        ):  # fmt: skip
            after.baddbmm_(before, w).sigmoid_()
            torch.addcmul(s_before, into_t, u_t, value=2, out=s_after).sub_(into_t)
            torch.mul(out_t, torch.tanh(s_after, out=h_t), out=y_t)
        self.kept = x, row, h
        return torch.sigmoid(y.flatten(2).transpose(0, 1) @ self.v.mT + self.d[:, None])

    def _with_gap(self, values: Tensor) -> Tensor:
        """Values for the units with zeros at the place of the cells' outputs, which are computed otherwise."""
        cells, gates = values.split([self.layout.cells, 2 * self.layout.blocks], -1)
        return torch.cat([cells, torch.zeros_like(cells), gates], -1)

    def _parts(self, row: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """f(a_c) and y^c, (time, nets, blocks, size), and the input and output gates, (time, nets, blocks, 1)."""
        cells, blocks = self.layout.cells, self.layout.blocks
        u, y, into, out = row.split([cells, cells, blocks, blocks], -1)
        of_cells = (blocks, self.layout.size)
        return u.unflatten(-1, of_cells), y.unflatten(-1, of_cells), into.unsqueeze(-1), out.unsqueeze(-1)

    def errors(
        self, e: Float[Tensor, "nets time out"], truncated: bool = True
    ) -> tuple[Float[Tensor, "nets ..."], ...]:
        """-dE/dw for every tensor of weights from the outputs' errors e_k = -dE/da_k; in the order of `tensors`.

        Truncated as in the paper, or the whole gradient, for which errors go on to the outputs of the step before.
        """
        plan, (x, row, h) = self.layout, self.kept
        cells = plan.cells
        u, y, into, out = self._parts(row[1:])
        # What an error in y^c is multiplied by on its way to s and to the output gate; and one in s, on its way out.
        to_s, to_out = out * (1 - h * h) / 2, out * (1 - out) * h
        to_c, to_in = into * 4 * u * (1 - u), into * (1 - into) * (4 * u - 2)
        e_y = (e @ self.v).transpose(0, 1).reshape(h.shape)
        if truncated:
            e_s = (to_s * e_y).flip(0).cumsum(0).flip(0)
            e_a = _side_by_side(to_c * e_s, to_in * e_s, to_out * e_y)
        else:
            e_a = x.new_empty(*h.shape[:2], plan.units)
            e_s, back = torch.zeros_like(h[0]), x.new_zeros(len(x), plan.units)
            slopes = row[1:, :, 2 * cells :] * (1 - row[1:, :, 2 * cells :])
            for t in reversed(range(len(h))):
                to_cells = e_y[t] + back[:, :cells].reshape(e_s.shape)
                e_s = e_s + to_s[t] * to_cells
                e_a[t] = _side_by_side(to_c[t] * e_s, to_in[t] * e_s, to_out[t] * to_cells)
                e_a[t, :, cells:] += slopes[t] * back[:, cells:]
                back[:, : plan.fed_back] = (e_a[t][:, None] @ self.w_y)[:, 0]
        e_a = e_a.transpose(0, 1)  # (nets, time, units)
        before = row[:-1, :, cells : cells + plan.fed_back].transpose(0, 1)
        shown = y.flatten(2).transpose(0, 1)
        of_units, of_outputs = e_a.sum(1), e.sum(1)
        if plan.biased == "gates":
            of_units[:, :cells] = 0
        if plan.biased != "all":
            of_outputs = torch.zeros_like(of_outputs)
        return e_a.mT @ x, e_a.mT @ before, of_units, e.mT @ shown, of_outputs

    def copies(self, count: int) -> "Blocks":
        """Every network `count` times in a row, to run it on as many sequences at once."""
        copied = copy(self)
        copied.w_x, copied.w_y, copied.b, copied.v, copied.d = (t.repeat_interleave(count, 0) for t in self.tensors)
        return copied

    def descend(self, errors: tuple[Float[Tensor, "nets ..."], ...], rate: float | Float[Tensor, " nets"]) -> None:
        """Change every weight by rate times -dE/dw; a rate for each network can be 0 for those that are done."""
        for tensor, error in zip(self.tensors, errors, strict=True):
            scale = rate.view(-1, *(1,) * (tensor.ndim - 1)) if isinstance(rate, Tensor) else rate
            tensor += scale * error


def successes(after: Float[Tensor, " nets"]) -> Outcome:
    """The share of networks that succeed and after how many sequences, in the mean and each; NaN for never."""
    done = after[~after.isnan()]
    return {
        "solved": len(done) / len(after),
        "sequences": done.mean().item() if len(done) else None,
        "each": sorted(done.tolist()),
    }


def _side_by_side(of_cells: Tensor, into: Tensor, out: Tensor) -> Tensor:
    """The errors of all units; those of a gate are the sum over its block's cells."""
    return torch.cat([of_cells.flatten(-2), into.sum(-1), out.sum(-1)], -1)
