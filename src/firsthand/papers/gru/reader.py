"""A recurrent layer of any kind between its inputs and an output layer, for claims that compare units."""

from collections.abc import Callable
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import Buffer, Module

from firsthand.data import synthetic
from firsthand.nn import GRU, LSTM, RNN, Linear

Unit = Literal["tanh", "gru", "gru-before", "gru-one-bias", "lstm"]
UNITS: dict[str, Callable[[int, int], Module]] = {
    "tanh": RNN,
    "gru": GRU,
    "gru-before": lambda inputs, hidden: GRU(inputs, hidden, reset="before"),
    "gru-one-bias": GRU,  # without the bias inside the reset gate's product
    "lstm": LSTM,
}


class Reader(Module):
    """The layer starts from a state of zeros; `inner` tells whether a GRU has the bias inside its product."""

    def __init__(self, unit: Unit, inputs: int, hidden: int, outputs: int):
        super().__init__()
        self.one_hot = Buffer(torch.eye(inputs), persistent=False)
        self.recurrent = UNITS[unit](inputs, hidden)
        self.inner = unit != "gru-one-bias"
        if not self.inner:
            self.recurrent.bias_hh_l0.data.zero_()
            self.recurrent.bias_hh_l0.register_hook(torch.zeros_like)  # its gradient is 0, so it stays
        self.output = Linear(hidden, outputs)

    def forward(self, x: Float[Tensor, "batch time inputs"]) -> Float[Tensor, "batch time outputs"]:
        """The map of the state after every step."""
        return self.output(self.recurrent(x)[0])

    def answer(self, batch: synthetic.Sequences) -> Float[Tensor, " batch"]:
        """The map of the state after every sequence's last step."""
        _, last = self.recurrent(batch.inputs, None, batch.lengths)
        return self.output(last[0][-1] if isinstance(last, tuple) else last[-1]).squeeze(1)
