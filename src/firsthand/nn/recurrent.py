"""Recurrent layers: `rnn`, `lstm` and `gru` in stacks, and in both directions."""

from collections.abc import Callable
from functools import partial
from math import sqrt

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import Module, Parameter

from firsthand.errors import UserError
from firsthand.nn.arguments import check_flags, check_sizes
from firsthand.nn.dropout import check_probability, dropout
from firsthand.nn.gru import check_reset, gru
from firsthand.nn.init import uniform_
from firsthand.nn.lstm import lstm, lstm_1997, lstm_peephole
from firsthand.nn.rnn import check_nonlinearity, rnn
from firsthand.nn.sequence import check_lengths
from firsthand.nn.shape import wrong_shape

LSTMS: dict[str, Callable] = {"vanilla": lstm, "1997": lstm_1997, "peephole": lstm_peephole}


class _Recurrent(Module):
    """What RNN, LSTM and GRU share: the weights, and the way through layers and directions.

    Every layer reads the outputs of the layer below, of both directions if there are two. The weights of one layer and
    direction, such as weight_ih_l0 or weight_ih_l0_reverse, start from U(±1/sqrt(hidden_size)), the biases too.
    """

    gates: int  # the blocks of rows in a weight
    peepholes: tuple[str, ...] = ()

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        dropout: float = 0.0,
        bidirectional: bool = False,
    ):
        super().__init__()
        name = type(self).__name__
        check_sizes(name, input_size=input_size, hidden_size=hidden_size, num_layers=num_layers)
        check_flags(name, bias=bias, bidirectional=bidirectional)
        check_probability(dropout)
        if dropout and num_layers == 1:
            raise UserError(f"{name} drops out between layers, and has only one: take num_layers=2, or dropout=0.")
        self.input_size, self.hidden_size, self.num_layers = input_size, hidden_size, num_layers
        self.bias, self.dropout, self.bidirectional = bias, dropout, bidirectional
        rows = self.gates * hidden_size
        for layer in range(num_layers):
            width = input_size if layer == 0 else hidden_size * (2 if bidirectional else 1)
            shapes: dict[str, tuple[int, ...]] = {"weight_ih": (rows, width), "weight_hh": (rows, hidden_size)}
            if bias:
                shapes |= {"bias_ih": (rows,), "bias_hh": (rows,)}
            shapes |= {peephole: (hidden_size,) for peephole in self.peepholes}
            for suffix in self._suffixes(layer):
                for part, shape in shapes.items():
                    self.register_parameter(part + suffix, Parameter(torch.empty(shape)))
        for parameter in self.parameters():
            uniform_(parameter, 1 / sqrt(hidden_size))

    def _suffixes(self, layer: int) -> tuple[str, ...]:
        return (f"_l{layer}", f"_l{layer}_reverse") if self.bidirectional else (f"_l{layer}",)

    def _through(
        self, function: Callable, x: Tensor, states: tuple[Tensor, ...] | None, count: int, lengths: Tensor | None
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Outputs and the last states, `count` of them (h; h and c), from the first states, or from zeros."""
        name = type(self).__name__
        if x.ndim != 3 or x.shape[2] != self.input_size:
            raise wrong_shape(f"The input of {name}", x, f"(batch, time, {self.input_size})")
        if lengths is not None:
            check_lengths(name, lengths, *x.shape[:2])
        runs = [(layer, suffix) for layer in range(self.num_layers) for suffix in self._suffixes(layer)]
        shape = (len(runs), x.shape[0], self.hidden_size)
        if states is None:
            states = (x.new_zeros(shape),) * count
        for state, symbol in zip(states, "hc", strict=False):
            if state.shape != shape:
                raise wrong_shape(
                    f"The state {symbol} of {name}", state, f"{shape}: layers and directions, batch, hidden"
                )
        finals: list[list[Tensor]] = []
        for layer in range(self.num_layers):
            if layer and self.dropout and self.training:
                x = dropout(x.transpose(0, 1).contiguous(), self.dropout).transpose(0, 1)  # torch's order of draws
            outputs = []
            for suffix in self._suffixes(layer):
                start = [state[len(finals)] for state in states]
                y, *last = function(x, *start, *self._weights(suffix), lengths=lengths, reverse="reverse" in suffix)
                outputs.append(y)
                finals.append(last)
            x = torch.cat(outputs, 2) if self.bidirectional else outputs[0]
        return x, tuple(torch.stack(last) for last in zip(*finals, strict=True))

    def _weights(self, suffix: str) -> list[Tensor | None]:
        parts = ("weight_ih", "weight_hh", "bias_ih", "bias_hh", *self.peepholes)
        return [getattr(self, part + suffix, None) for part in parts]

    def extra_repr(self) -> str:
        text = f"{self.input_size}, {self.hidden_size}"
        defaults = {"num_layers": 1, "bias": True, "dropout": 0.0, "bidirectional": False}
        for option, default in defaults.items():
            if getattr(self, option) != default:
                text += f", {option}={getattr(self, option)}"
        return text


class RNN(_Recurrent):
    """`rnn` in a stack: h_t = tanh(W_ih x_t + b_ih + W_hh h_t-1 + b_hh), or max(0, .) with nonlinearity="relu".

    Dropout, while training, is between layers. Raises UserError for options that do not go together.
    """

    gates = 1

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        dropout: float = 0.0,
        bidirectional: bool = False,
    ):
        check_nonlinearity(nonlinearity)
        super().__init__(input_size, hidden_size, num_layers, bias, dropout, bidirectional)
        self.nonlinearity = nonlinearity

    def forward(
        self,
        x: Float[Tensor, "batch time in"],
        state: Float[Tensor, "_ _ units"] | None = None,
        lengths: Int[Tensor, " _"] | None = None,
    ) -> tuple[Float[Tensor, "batch time out"], Float[Tensor, "runs batch hidden"]]:
        """The last layer's outputs, directions side by side, 0 beyond a row's length, and every layer's last state.

        A state holds layer after layer, forwards before backwards; it starts at 0, or at `state`.
        """
        function = partial(rnn, nonlinearity=self.nonlinearity)
        y, (h,) = self._through(function, x, None if state is None else (state,), 1, lengths)
        return y, h

    def extra_repr(self) -> str:
        return super().extra_repr() + ("" if self.nonlinearity == "tanh" else f", nonlinearity={self.nonlinearity}")


class LSTM(_Recurrent):
    """`lstm` in a stack. The form "1997" is `lstm_1997`, without forget gates, and "peephole" is `lstm_peephole`.

    The rows of a weight are of the gates i, f, g, o, or i, g, o in the form of 1997; the peepholes are weight_ci_l0,
    weight_cf_l0 and weight_co_l0. Dropout, while training, is between layers.
    Raises UserError for an unknown form and for options that do not go together.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        dropout: float = 0.0,
        bidirectional: bool = False,
        form: str = "vanilla",
    ):
        if form not in LSTMS:
            raise UserError(f"An LSTM has the forms 'vanilla', '1997' and 'peephole', got '{form}'.")
        self.gates = 3 if form == "1997" else 4
        self.peepholes = ("weight_ci", "weight_cf", "weight_co") if form == "peephole" else ()
        super().__init__(input_size, hidden_size, num_layers, bias, dropout, bidirectional)
        self.form = form

    def forward(
        self,
        x: Float[Tensor, "batch time in"],
        state: tuple[Float[Tensor, "_ _ units"], Float[Tensor, "_ _ units"]] | None = None,
        lengths: Int[Tensor, " _"] | None = None,
    ) -> tuple[
        Float[Tensor, "batch time out"], tuple[Float[Tensor, "runs batch hidden"], Float[Tensor, "runs batch hidden"]]
    ]:
        """The last layer's outputs, directions side by side, 0 beyond a row's length, and every layer's last (h, c).

        A state holds layer after layer, forwards before backwards; both start at 0, or at `state`.
        """
        y, (h, c) = self._through(LSTMS[self.form], x, state, 2, lengths)
        return y, (h, c)

    def extra_repr(self) -> str:
        return super().extra_repr() + ("" if self.form == "vanilla" else f", form={self.form}")


class GRU(_Recurrent):
    """`gru` in a stack, with the reset gate "after" the product, as torch has it, or "before", as published.

    The rows of a weight are of r, z and n. Dropout, while training, is between layers.
    Raises UserError for an unknown reset and for options that do not go together.
    """

    gates = 3

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        dropout: float = 0.0,
        bidirectional: bool = False,
        reset: str = "after",
    ):
        check_reset(reset)
        super().__init__(input_size, hidden_size, num_layers, bias, dropout, bidirectional)
        self.reset = reset

    def forward(
        self,
        x: Float[Tensor, "batch time in"],
        state: Float[Tensor, "_ _ units"] | None = None,
        lengths: Int[Tensor, " _"] | None = None,
    ) -> tuple[Float[Tensor, "batch time out"], Float[Tensor, "runs batch hidden"]]:
        """The last layer's outputs, directions side by side, 0 beyond a row's length, and every layer's last state.

        A state holds layer after layer, forwards before backwards; it starts at 0, or at `state`.
        """
        function = partial(gru, reset=self.reset)
        y, (h,) = self._through(function, x, None if state is None else (state,), 1, lengths)
        return y, h

    def extra_repr(self) -> str:
        return super().extra_repr() + ("" if self.reset == "after" else f", reset={self.reset}")
