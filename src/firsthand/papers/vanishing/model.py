"""The latch: the smallest network that must remember, one neuron that keeps one bit for T steps through noise.

    x_t = tanh(a_t)        a_t = w x_t-1 + h_t        a_0 = 0
    h_t = h_t^k for t <= L, a free parameter for each class k;  h_t = noise for t > L
    C = 1/2 (x_T - d)^2    d = 0.8 for class 1, -0.8 for class 0

The first L steps show the class, and the answer is asked for after T: everything between is noise. The free inputs let
the network choose how strongly it is shown, so that nothing is measured but its memory. w and the 2 L free inputs are
the parameters: 7 with L = 3, and 3 in the paper's second comparison, where L = 1.

Symbols: x is the state (the paper's a is the sum inside the tanh), w the weight of the neuron to itself, h_t^k is
`free[k, t]`, L is `lead`. A sequence is written as T numbers: L times 1 or -1 for its class, in the place of which the
latch puts its free inputs, then the noise. `RecurrentClassifier` reads the numbers as they are: the paper's 2-sequence
problem. It has input weights, biases and a linear output of its own; how the paper's five units with 25 parameters are
connected is not described in the sources we have.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import Module, Parameter

from firsthand.bounds import ANY, COUNT, POSITIVE, SIZE, within
from firsthand.errors import UserError
from firsthand.nn import GRU, LSTM, RNN, Linear, init
from firsthand.papers.lstm.model import open_gates
from firsthand.papers.vanishing.jacobians import States, hidden_states

LAYERS = {"rnn": RNN, "lstm": LSTM, "gru": GRU}


@dataclass(frozen=True)
class Config:
    """Which network keeps the bit, and where its weights start."""

    cell: Literal["latch", "rnn", "lstm", "gru"] = "latch"  # the paper's neuron, or a layer of recurrent units
    lead: int = 3  # L: first steps of a sequence, which show its class
    units: int | None = None  # rnn, lstm, gru: hidden units; None: 5, as in the paper's 2-sequence problem
    w0: float | None = None  # latch: where w starts; None: 1.25, as in the paper's second experiment
    reach: float | None = None  # latch: free inputs start uniform in plus or minus this; None: 0.1
    forget: float | None = None  # lstm: forget gates' bias at the start; None: 1, a gate that is 73 % open

    def __post_init__(self) -> None:
        within(self, "model.", lead=COUNT, units=SIZE, w0=ANY, reach=POSITIVE, forget=ANY)
        for name, cells in {"units": tuple(LAYERS), "w0": ("latch",), "reach": ("latch",), "forget": ("lstm",)}.items():
            if getattr(self, name) is not None and self.cell not in cells:
                raise UserError(f"model.{name} is an option of the cell {' or '.join(cells)}, not of {self.cell}.")


def latch(
    w: Float[Tensor, "..."], inputs: Iterable[Float[Tensor, "..."]], x: Float[Tensor, "..."] | None = None
) -> list[Float[Tensor, "..."]]:
    """All states x_1 .. x_T of x_t = tanh(w x_t-1 + h_t), from x_0 = x, by default 0.

    `inputs` are h_1 .. h_T, each of any shape that w fits: a w for each of many neurons runs them all at once.
    """
    states: list[Tensor] = []
    for h in inputs:
        x = torch.tanh(h if x is None else w * x + h)  # 0 is what w x_0 adds
        states.append(x)
    return states


class Latch(Module):
    """One neuron that keeps a bit. Source: the minimal task of the paper, and its one-neuron solution."""

    def __init__(self, config: Config = Config()):
        super().__init__()
        self.lead = config.lead
        self.w = Parameter(torch.tensor(1.25 if config.w0 is None else config.w0))
        self.free = Parameter(init.uniform_(torch.empty(2, config.lead), 0.1 if config.reach is None else config.reach))

    def unroll(self, x: Float[Tensor, "batch time"]) -> tuple[Float[Tensor, " batch"], States]:
        """The answers x_T, and the states of every step."""
        if x.shape[1] <= self.lead:
            steps = f"{x.shape[1]} steps must be longer than its first {self.lead}"
            raise UserError(f"A sequence of {steps}, which show the class.")
        given = self.free[(x[:, 0] > 0).long()]  # (batch, L)
        states = latch(self.w, torch.cat([given, x[:, self.lead :]], 1).unbind(1))
        return states[-1], [(state,) for state in states]

    def forward(self, x: Float[Tensor, "batch time"]) -> Float[Tensor, " batch"]:
        """x_T of every sequence: its sign is the class that the neuron has kept."""
        return self.unroll(x)[0]


class RecurrentClassifier(Module):
    """A layer of recurrent units that reads the sequence, and y = v h_T + b of its last state."""

    def __init__(self, config: Config):
        super().__init__()
        self.layer = LAYERS[config.cell](1, config.units or 5)
        self.readout = Linear(self.layer.hidden_size, 1)
        if config.cell == "lstm":
            self.layer.bias_ih_l0.data.zero_()
            self.layer.bias_hh_l0.data.zero_()
            open_gates(self.layer, forget=1.0 if config.forget is None else config.forget)

    def forward(self, x: Float[Tensor, "batch time"]) -> Float[Tensor, " batch"]:
        """The answer after the last step."""
        return self.readout(self.layer(x.unsqueeze(2))[0][:, -1]).squeeze(1)

    def unroll(self, x: Float[Tensor, "batch time"]) -> tuple[Float[Tensor, " batch"], States]:
        """The answers, and the states of every step, each a point of the graph of its own."""
        states = hidden_states(self.layer, x.unsqueeze(2))
        return self.readout(states[-1][0]).squeeze(1), states
