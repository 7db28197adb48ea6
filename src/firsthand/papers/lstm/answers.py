"""The answers of the exercise, one a step: what stands in a learner's file, but for its bodies, is made of this."""

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import Module, Parameter

State = tuple[Tensor, Tensor]


def gates(
    x: Float[Tensor, "batch inputs"],
    h: Float[Tensor, "batch hidden"],
    weight_ih: Float[Tensor, "4*hidden inputs"],
    weight_hh: Float[Tensor, "4*hidden hidden"],
    bias_ih: Float[Tensor, " 4*hidden"],
    bias_hh: Float[Tensor, " 4*hidden"],
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """What each gate sums up before its squashing: (a_i, a_f, a_g, a_o), each (batch, hidden)."""
    sums = x @ weight_ih.T + bias_ih + h @ weight_hh.T + bias_hh
    a_i, a_f, a_g, a_o = sums.chunk(4, dim=1)
    return a_i, a_f, a_g, a_o


def step(
    x: Float[Tensor, "batch inputs"],
    h: Float[Tensor, "batch hidden"],
    c: Float[Tensor, "batch hidden"],
    weight_ih: Float[Tensor, "4*hidden inputs"],
    weight_hh: Float[Tensor, "4*hidden hidden"],
    bias_ih: Float[Tensor, " 4*hidden"],
    bias_hh: Float[Tensor, " 4*hidden"],
) -> tuple[Tensor, Tensor]:
    """The output and the cell after one more input: (h, c), each (batch, hidden)."""
    a_i, a_f, a_g, a_o = gates(x, h, weight_ih, weight_hh, bias_ih, bias_hh)
    i, f, g, o = torch.sigmoid(a_i), torch.sigmoid(a_f), torch.tanh(a_g), torch.sigmoid(a_o)
    new = f * c + i * g
    return o * torch.tanh(new), new


def layer(
    x: Float[Tensor, "batch time inputs"],
    h: Float[Tensor, "batch hidden"],
    c: Float[Tensor, "batch hidden"],
    weight_ih: Float[Tensor, "4*hidden inputs"],
    weight_hh: Float[Tensor, "4*hidden hidden"],
    bias_ih: Float[Tensor, " 4*hidden"],
    bias_hh: Float[Tensor, " 4*hidden"],
) -> tuple[Tensor, Tensor, Tensor]:
    """All outputs (batch, time, hidden), and the last h and c."""
    outputs = []
    for x_t in x.unbind(1):
        h, c = step(x_t, h, c, weight_ih, weight_hh, bias_ih, bias_hh)
        outputs.append(h)
    return torch.stack(outputs, 1), h, c


def step_1997(
    x: Float[Tensor, "batch inputs"],
    h: Float[Tensor, "batch hidden"],
    c: Float[Tensor, "batch hidden"],
    weight_ih: Float[Tensor, "3*hidden inputs"],
    weight_hh: Float[Tensor, "3*hidden hidden"],
    bias: Float[Tensor, " 3*hidden"],
) -> tuple[Tensor, Tensor]:
    """The step as it was published, without a forget gate: (h, c), each (batch, hidden)."""
    a_i, a_g, a_o = (x @ weight_ih.T + h @ weight_hh.T + bias).chunk(3, dim=1)
    g = 4 * torch.sigmoid(a_g) - 2
    new = c + torch.sigmoid(a_i) * g
    return torch.sigmoid(a_o) * (2 * torch.sigmoid(new) - 1), new


class LanguageModel(Module):
    """One-hot tokens, one LSTM layer, and a linear map to a logit for each token."""

    def __init__(self, vocab: int = 28, hidden: int = 32):
        super().__init__()
        self.vocab, self.hidden = vocab, hidden
        bound = hidden**-0.5
        self.weight_ih = Parameter(torch.empty(4 * hidden, vocab).uniform_(-bound, bound))
        self.weight_hh = Parameter(torch.empty(4 * hidden, hidden).uniform_(-bound, bound))
        self.bias_ih = Parameter(torch.empty(4 * hidden).uniform_(-bound, bound))
        self.bias_hh = Parameter(torch.empty(4 * hidden).uniform_(-bound, bound))
        self.weight = Parameter(torch.empty(vocab, hidden).uniform_(-bound, bound))
        self.bias = Parameter(torch.empty(vocab).uniform_(-bound, bound))

    def advance(self, tokens: Int[Tensor, "batch time"], state: State | None = None) -> tuple[Tensor, State]:
        """Logits (batch, time, vocab) of the token after each token, and the state (h, c) to go on from."""
        zeros = self.weight.new_zeros(len(tokens), self.hidden)
        h, c = (zeros, zeros) if state is None else state
        x = torch.eye(self.vocab, dtype=self.weight.dtype)[tokens]
        y, h, c = layer(x, h, c, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
        return y @ self.weight.T + self.bias, (h, c)


def learn(model: Module, tokens: Int[Tensor, "batch time"], steps: int, lr: float, forget: float = 0.0) -> list[Tensor]:
    """Open the forget gates, then train on all texts at once; returns the loss before each step, in nats a token."""
    with torch.no_grad():
        model.bias_ih[model.hidden : 2 * model.hidden] += forget
    losses = []
    for _ in range(steps):
        logits, _ = model.advance(tokens[:, :-1])
        chances = torch.log_softmax(logits, dim=-1).gather(-1, tokens[:, 1:, None])
        loss = -chances.mean()
        slopes = torch.autograd.grad(loss, list(model.parameters()))
        with torch.no_grad():
            for parameter, slope in zip(model.parameters(), slopes, strict=True):
                parameter -= lr * slope
        losses.append(loss.detach())
    return losses
