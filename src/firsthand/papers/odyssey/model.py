"""The network: an LSTM that can lack any one of its parts, and that reads a text and predicts every next token.

    z_t = g(W_z x_t + R_z y_(t-1) + b_z)                        block input     g = tanh
    i_t = sigmoid(W_i x_t + R_i y_(t-1) + p_i c_(t-1) + b_i)    input gate
    f_t = sigmoid(W_f x_t + R_f y_(t-1) + p_f c_(t-1) + b_f)    forget gate
    c_t = i_t z_t + f_t c_(t-1)                                 cell
    o_t = sigmoid(W_o x_t + R_o y_(t-1) + p_o c_t + b_o)        output gate, which sees the new cell
    y_t = o_t h(c_t)                                            block output    h = tanh
    logits_t = V y_t + d

V is all of this (vanilla, with peepholes p). Each variant is one change away from it:

    NIG   no input gate, i = 1          NIAF  no input activation, g(x) = x      NP    no peepholes, p = 0
    NFG   no forget gate, f = 1         NOAF  no output activation, h(x) = x     CIFG  coupled gates, f = 1 - i
    NOG   no output gate, o = 1         FGR   full gate recurrence: all gates feed all gates of the next step

A gate that is not there has no weights and no peephole; CIFG keeps those of i. Symbols: W, R and b hold the rows of i,
f, z and o, as far as they exist, in torch's order; the nine matrices of FGR are the blocks of `G`: its rows are the
gates i, f, o that are fed, its columns those of the step before. NP is torch.nn.LSTM. We differ in the tasks only: the
paper's have two directions (TIMIT, IAM) or piano rolls (JSB), ours is text.
Source: section II (vanilla), section III and appendix A.3 (variants).
"""

from dataclasses import dataclass
from typing import Literal, get_args

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import Buffer, Module, Parameter

from firsthand.bounds import ANY, NOT_NEGATIVE, SIZE, within
from firsthand.errors import UserError, unknown
from firsthand.nn import Linear, init, linear, lstm, sigmoid, tanh
from firsthand.nn.fast.sequence import needs_definition as slow
from firsthand.nn.sequence import scan
from firsthand.papers.odyssey.bptt import unrolled

Variant = Literal["V", "NIG", "NFG", "NOG", "NIAF", "NOAF", "CIFG", "NP", "FGR"]
State = tuple[Float[Tensor, "batch hidden"], ...]  # y and c, with FGR the gates i, f and o too


@dataclass(frozen=True)
class Config:
    """A character model of 100 cells, the size that the paper takes for its example."""

    variant: Variant = "V"  # what the LSTM lacks
    hidden: int = 100  # N: cells
    vocab: int | None = None  # tokens; None: what the data has (without data 28: space, a to z, unknown)
    noise: float = 0.0  # standard deviation of Gaussian noise on the one-hot inputs, while training
    scale: float = 0.1  # first weights, peepholes and biases are N(0, scale^2)
    forget: float = 0.0  # added to the first biases of the forget gate

    def __post_init__(self) -> None:
        if self.variant not in get_args(Variant):
            raise unknown("variant", self.variant, get_args(Variant))
        within(self, "model.", hidden=SIZE, vocab=SIZE, noise=NOT_NEGATIVE, scale=NOT_NEGATIVE, forget=ANY)
        if self.forget and self.variant in ("NFG", "CIFG"):
            raise UserError(f"{self.variant} has no forget gate of its own: leave model.forget at 0.")


class LSTM(Module):
    """One layer, one direction, of any variant."""

    def __init__(self, inputs: int, hidden: int, variant: Variant = "V"):
        super().__init__()
        self.variant, self.hidden = variant, hidden
        missing = {"NIG": "i", "NFG": "f", "CIFG": "f", "NOG": "o"}.get(variant)
        self.blocks = "".join(block for block in "ifzo" if block != missing)
        rows = len(self.blocks) * hidden
        self.W, self.R, self.b = (Parameter(torch.empty(rows, *width)) for width in ((inputs,), (hidden,), ()))
        for gate in "ifo":
            sees = gate in self.blocks and variant != "NP"
            self.register_parameter(f"p_{gate}", Parameter(torch.empty(hidden)) if sees else None)
        self.G = Parameter(torch.empty(3 * hidden, 3 * hidden)) if variant == "FGR" else None
        for parameter in self.parameters():
            init.normal_(parameter, 0.1)

    def forward(
        self, x: Float[Tensor, "batch time in"], state: State | None = None
    ) -> tuple[Float[Tensor, "batch time hidden"], State]:
        """All outputs y_t and the last state, from a state on, by default zeros; gradients by the paper's formulas."""
        if state is None:
            state = (x.new_zeros(len(x), self.hidden),) * (5 if self.variant == "FGR" else 2)
        weights, peepholes = (self.W, self.R, self.b), (self.p_i, self.p_f, self.p_o)
        if slow(x, self.W):
            return self.definition(x, state)
        if self.variant == "NP":
            y, *last = lstm(x, *state, *weights)
        else:
            y, *last = unrolled(self.variant, self.blocks, x, state, *weights, peepholes, self.G)
        return y, tuple(last)

    def definition(
        self, x: Float[Tensor, "batch time in"], state: State
    ) -> tuple[Float[Tensor, "batch time hidden"], State]:
        """The same step by step as it is printed, with gradients by autograd."""
        y, *last = scan(self.step, x, state)
        return y, tuple(last)

    def step(self, x: Float[Tensor, "batch in"], *state: Float[Tensor, "batch hidden"]) -> State:
        """One step of the equations above."""
        y, c, *gates = state
        sums = linear(x, self.W, self.b) + linear(y, self.R)
        a = dict(zip(self.blocks, sums.chunk(len(self.blocks), 1), strict=True))
        if gates:
            for name, fed in zip("ifo", linear(torch.cat(gates, 1), self.G).chunk(3, 1), strict=True):
                a[name] = a[name] + fed

        def gate(name: str, cell: Tensor) -> Tensor:
            peephole = getattr(self, f"p_{name}")
            return sigmoid(a[name] if peephole is None else a[name] + peephole * cell)

        one = torch.ones_like(c)
        i = gate("i", c) if "i" in a else one
        f = gate("f", c) if "f" in a else 1 - i if self.variant == "CIFG" else one
        c = i * (a["z"] if self.variant == "NIAF" else tanh(a["z"])) + f * c
        o = gate("o", c) if "o" in a else one
        y = o * (c if self.variant == "NOAF" else tanh(c))
        return (y, c, i, f, o) if gates else (y, c)


class LanguageModel(Module):
    """One-hot tokens, the LSTM, and a linear map to a logit for each token."""

    def __init__(self, config: Config = Config()):
        super().__init__()
        vocab = config.vocab or 28
        self.noise = config.noise
        self.one_hot = Buffer(torch.eye(vocab), persistent=False)
        self.lstm = LSTM(vocab, config.hidden, config.variant)
        self.output = Linear(config.hidden, vocab)
        for parameter in self.parameters():
            init.normal_(parameter, config.scale)
        if config.forget:
            self.lstm.b.data.view(len(self.lstm.blocks), -1)[self.lstm.blocks.index("f")] += config.forget

    def forward(self, tokens: Int[Tensor, "batch time"]) -> Float[Tensor, "batch time vocab"]:
        """Logits of the token that follows each token."""
        return self.advance(tokens)[0]

    def advance(
        self, tokens: Int[Tensor, "batch time"], state: State | None = None
    ) -> tuple[Float[Tensor, "batch time vocab"], State]:
        """The same from the state in which an earlier call ended, and the state in which this one ends."""
        x = self.one_hot[tokens]
        if self.training and self.noise:
            x = x + self.noise * torch.randn_like(x)
        y, state = self.lstm(x, state)
        return self.output(y), state
