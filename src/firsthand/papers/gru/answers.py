"""The answers of the exercise, one a step: what stands in a learner's file, but for its bodies, is made of this."""

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import Module, Parameter

from firsthand.papers.exercise import given


def gates(
    x: Float[Tensor, "batch inputs"],
    h: Float[Tensor, "batch hidden"],
    W: Float[Tensor, "3*hidden inputs"],
    U: Float[Tensor, "3*hidden hidden"],
) -> tuple[Tensor, Tensor]:
    """How much of the state the candidate sees, r, and how much of it stays, z; each (batch, hidden)."""
    hidden = h.shape[1]
    r = torch.sigmoid(x @ W[:hidden].T + h @ U[:hidden].T)
    z = torch.sigmoid(x @ W[hidden : 2 * hidden].T + h @ U[hidden : 2 * hidden].T)
    return r, z


def step(
    x: Float[Tensor, "batch inputs"],
    h: Float[Tensor, "batch hidden"],
    W: Float[Tensor, "3*hidden inputs"],
    U: Float[Tensor, "3*hidden hidden"],
) -> Float[Tensor, "batch hidden"]:
    """The state after one more input, equations 5 to 8."""
    hidden = h.shape[1]
    r, z = gates(x, h, W, U)
    n = torch.tanh(x @ W[2 * hidden :].T + (r * h) @ U[2 * hidden :].T)
    return z * h + (1 - z) * n


def step_after(
    x: Float[Tensor, "batch inputs"],
    h: Float[Tensor, "batch hidden"],
    W: Float[Tensor, "3*hidden inputs"],
    U: Float[Tensor, "3*hidden hidden"],
    b: Float[Tensor, " 3*hidden"],
    c: Float[Tensor, " 3*hidden"],
) -> Float[Tensor, "batch hidden"]:
    """The same as torch and cuDNN have it, with biases: the reset gate acts after the product with U."""
    x_r, x_z, x_n = (x @ W.T + b).chunk(3, dim=1)
    h_r, h_z, h_n = (h @ U.T + c).chunk(3, dim=1)
    r, z = torch.sigmoid(x_r + h_r), torch.sigmoid(x_z + h_z)
    n = torch.tanh(x_n + r * h_n)
    return z * h + (1 - z) * n


def layer(
    x: Float[Tensor, "batch time inputs"],
    h: Float[Tensor, "batch hidden"],
    W: Float[Tensor, "3*hidden inputs"],
    U: Float[Tensor, "3*hidden hidden"],
    b: Float[Tensor, " 3*hidden"],
    c: Float[Tensor, " 3*hidden"],
    lengths: Int[Tensor, " batch"],
) -> tuple[Tensor, Tensor]:
    """All states (batch, time, hidden), and each text's last one; past the end of a text its state stays."""
    states = []
    for t, x_t in enumerate(x.unbind(1)):
        inside = (t < lengths)[:, None]
        h = torch.where(inside, step_after(x_t, h, W, U, b, c), h)
        states.append(h)
    return torch.stack(states, 1), h


class EncoderDecoder(Module):
    """A network reads one sequence into a vector, and another writes the other sequence from it."""

    @given
    def __init__(self, vocab: int, hidden: int):
        super().__init__()
        self.vocab, self.hidden = vocab, hidden
        for name, inputs in (("read", vocab), ("write", vocab)):
            for part, shape in (("W", (3 * hidden, inputs)), ("U", (3 * hidden, hidden)), ("b", (3 * hidden,)),
                                ("c", (3 * hidden,))):  # fmt: skip
                setattr(self, f"{name}_{part}", Parameter(torch.randn(shape) * 0.1))
        self.V = Parameter(torch.randn(vocab, hidden) * 0.1)

    def forward(
        self, source: Int[Tensor, "batch source"], target: Int[Tensor, "batch target"], lengths: Int[Tensor, " batch"]
    ) -> Float[Tensor, "batch target vocab"]:
        """Logits of the token after each target token."""
        one_hot = torch.eye(self.vocab, dtype=self.V.dtype)
        h = self.V.new_zeros(len(source), self.hidden)
        _, summary = layer(one_hot[source], h, self.read_W, self.read_U, self.read_b, self.read_c, lengths)
        whole = torch.full_like(lengths, target.shape[1])
        states, _ = layer(one_hot[target], summary, self.write_W, self.write_U, self.write_b, self.write_c, whole)
        return states @ self.V.T
