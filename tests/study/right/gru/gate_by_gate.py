"""Chunks, and a loop over texts where lengths differ."""

import torch
from torch.nn import Module, Parameter, ParameterList


def gates(x, h, W, U):
    W_r, W_z, _ = W.chunk(3)
    U_r, U_z, _ = U.chunk(3)
    return (x @ W_r.t() + h @ U_r.t()).sigmoid(), (x @ W_z.t() + h @ U_z.t()).sigmoid()


def step(x, h, W, U):
    r, z = gates(x, h, W, U)
    candidate = (x @ W.chunk(3)[2].t() + (h * r) @ U.chunk(3)[2].t()).tanh()
    return candidate + z * (h - candidate)


def step_after(x, h, W, U, b, c):
    n = h.size(1)
    both = x @ W[: 2 * n].T + h @ U[: 2 * n].T + b[: 2 * n] + c[: 2 * n]
    r, z = both.sigmoid().split(n, 1)
    candidate = torch.tanh(x @ W[2 * n :].T + b[2 * n :] + r * (h @ U[2 * n :].T + c[2 * n :]))
    return torch.lerp(candidate, h, z)


def layer(x, h, W, U, b, c, lengths):
    rows, last = [], []
    for one, state, length in zip(x, h, lengths.tolist(), strict=True):
        states, state = [], state[None]
        for t in range(len(one)):
            state = step_after(one[t : t + 1], state, W, U, b, c) if t < length else state
            states.append(state[0])
        rows.append(torch.stack(states))
        last.append(state[0])
    return torch.stack(rows), torch.stack(last)


class EncoderDecoder(Module):
    def __init__(self, vocab, hidden):
        super().__init__()
        self.sizes, self.unused = (vocab, hidden), ParameterList()
        shapes = {"W": (3 * hidden, vocab), "U": (3 * hidden, hidden), "b": (3 * hidden,), "c": (3 * hidden,)}
        for name in ("read", "write"):
            for part, shape in shapes.items():
                self.register_parameter(f"{name}_{part}", Parameter(torch.zeros(shape)))
        self.V = Parameter(torch.zeros(vocab, hidden))

    def weights(self, name):
        return [getattr(self, f"{name}_{part}") for part in "WUbc"]

    def forward(self, source, target, lengths):
        def seen(tokens):
            return (tokens[..., None] == torch.arange(self.sizes[0])).to(self.V.dtype)

        zeros = torch.zeros(source.shape[0], self.sizes[1], dtype=self.V.dtype)
        _, h = layer(seen(source), zeros, *self.weights("read"), lengths)
        y, _ = layer(seen(target), h, *self.weights("write"), torch.tensor([target.shape[1]] * len(target)))
        return torch.einsum("bth,vh->btv", y, self.V)
