"""The cells that the claims compare, each with a linear map of its outputs."""

from functools import partial
from typing import Literal

from firsthand.claims.bench.recurrent import LAYERS, Recurrent
from firsthand.nn import LSTM
from firsthand.papers.lstm.model import open_gates

Cell = Literal["rnn", "lstm-1997", "lstm", "gru"]
CELLS = LAYERS | {"lstm-1997": partial(LSTM, form="1997")}


def network(
    cell: Cell, inputs: int, hidden: int, outputs: int, keep_bias: float = 0.0, input_bias: float = 0.0
) -> Recurrent:
    """A network of this cell, with biases added to those of forget gates (of a GRU, update gates) and input gates."""
    layer = CELLS[cell](inputs, hidden)
    if isinstance(layer, LSTM):
        open_gates(layer, forget=keep_bias, input=input_bias)
    if cell == "gru":
        layer.bias_ih_l0.data[hidden : 2 * hidden] += keep_bias  # at 1 its update gate keeps the state
    return Recurrent(layer, outputs)
