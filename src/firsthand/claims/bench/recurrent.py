"""A recurrent layer of any kind and an output layer: the network in which claims compare units."""

from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import Buffer, Module

from firsthand.data import synthetic
from firsthand.nn import GRU, LSTM, RNN, Linear

LAYERS = {"rnn": RNN, "lstm": LSTM, "gru": GRU}


class Recurrent(Module):
    """o_t = V h_t + d of the layer's outputs h_t; tokens go in as one-hot vectors."""

    def __init__(self, layer: RNN | GRU | LSTM, outputs: int):
        super().__init__()
        self.one_hot = Buffer(torch.eye(layer.input_size), persistent=False)
        self.layer, self.output = layer, Linear(layer.hidden_size, outputs)

    def forward(self, x: Float[Tensor, "batch time in"] | Int[Tensor, "batch time"]) -> Float[Tensor, "batch time out"]:
        """The outputs after every step, from a state of zeros."""
        return self.advance(x)[0]

    def advance(
        self, x: Float[Tensor, "batch time in"] | Int[Tensor, "batch time"], state: Any = None
    ) -> tuple[Float[Tensor, "batch time out"], Any]:
        """The same from a state on, with the layer's last state."""
        y, state = self.layer(x if x.is_floating_point() else self.one_hot[x], state)
        return self.output(y), state

    def answer(self, batch: synthetic.Sequences) -> Float[Tensor, " batch"]:
        """The only output after every sequence's last step; what stands behind it is not read."""
        _, last = self.layer(batch.inputs, None, batch.lengths)
        return self.output(last[0][-1] if isinstance(last, tuple) else last[-1]).squeeze(1)
