"""Recursion over time, gather for the last states, lookups in place of one-hot vectors."""

import torch
from torch.nn import Module, Parameter


def logistic(a):
    return 0.5 + 0.5 * torch.tanh(0.5 * a)


def gates(x, h, W, U):
    n = h.size(-1)
    sums = torch.matmul(x, W.T) + torch.matmul(h, U.T)
    return logistic(sums[:, :n]), logistic(sums[:, n : n + n])


def step(x, h, W, U):
    r, z = gates(x, h, W, U)
    n = h.size(-1)
    candidate = torch.tanh(torch.matmul(x, W[2 * n :].T) + torch.matmul(torch.mul(r, h), U[2 * n :].T))
    return torch.add(torch.mul(z, h), torch.mul(1 - z, candidate))


def after(from_x, h, U, c):
    x_r, x_z, x_n = from_x.chunk(3, -1)
    h_r, h_z, h_n = (h @ U.T + c).chunk(3, -1)
    z = logistic(x_z + h_z)
    return z * h + (1 - z) * torch.tanh(x_n + logistic(x_r + h_r) * h_n)


def step_after(x, h, W, U, b, c):
    return after(x @ W.T + b, h, U, c)


def walk(from_x, h, U, c):
    if not from_x.shape[1]:
        return []
    h = after(from_x[:, 0], h, U, c)
    return [h, *walk(from_x[:, 1:], h, U, c)]


def layer(x, h, W, U, b, c, lengths):
    return ends(torch.stack(walk(x @ W.T + b, h, U, c), 1), lengths)


def ends(states, lengths):
    time = torch.arange(states.shape[1])[None, :].minimum(lengths[:, None] - 1)
    states = states.gather(1, time[..., None].expand(-1, -1, states.shape[2]))
    return states, states[:, -1]


class EncoderDecoder(Module):
    def __init__(self, vocab, hidden):
        super().__init__()
        self.V = Parameter(torch.zeros(vocab, hidden))
        sizes = [("W", (3 * hidden, vocab)), ("U", (3 * hidden, hidden)), ("b", (3 * hidden,)), ("c", (3 * hidden,))]
        for part, size in sizes:
            self.register_parameter("read_" + part, Parameter(torch.zeros(size)))
            self.register_parameter("write_" + part, Parameter(torch.zeros(size)))

    def forward(self, source, target, lengths):
        h = torch.zeros(len(source), self.V.shape[1]).to(self.V.dtype)
        states = torch.stack(walk(self.read_W.T[source] + self.read_b, h, self.read_U, self.read_c), 1)
        _, summary = ends(states, lengths)
        states = torch.stack(walk(self.write_W.T[target] + self.write_b, summary, self.write_U, self.write_c), 1)
        return states.matmul(self.V.t())
