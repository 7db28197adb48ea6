"""Matrices unflattened to (3, hidden, ...), einsum, and masks as numbers."""

import torch
from torch import einsum
from torch.nn import Module, Parameter


def gates(x, h, W, U):
    net = einsum("bi,ghi->gbh", x, W.unflatten(0, (3, -1))) + einsum("bj,ghj->gbh", h, U.unflatten(0, (3, -1)))
    r, z = 1 / (1 + torch.exp(-net[:2]))
    return r, z


def step(x, h, W, U):
    r, z = gates(x, h, W, U)
    hidden = h.shape[1]
    new = torch.cat([x, r * h], 1) @ torch.cat([W[-hidden:], U[-hidden:]], 1).T
    return z * h + torch.tanh(new) - z * torch.tanh(new)


def step_after(x, h, W, U, b, c):
    from_x = torch.addmm(b, x, W.T)
    from_h = torch.addmm(c, h, U.T)
    r, z, _ = torch.sigmoid(from_x + from_h).tensor_split(3, 1)
    n = torch.tanh(from_x.tensor_split(3, 1)[2] + r * from_h.tensor_split(3, 1)[2])
    return (1 - z) * n + z * h


def layer(x, h, W, U, b, c, lengths):
    outputs = []
    for t in range(x.shape[1]):
        there = (lengths > t).to(x.dtype).unsqueeze(1)
        h = there * step_after(x[:, t], h, W, U, b, c) + (1 - there) * h
        outputs += [h]
    return [torch.stack(outputs, dim=1), h]


class EncoderDecoder(Module):
    def __init__(self, vocab, hidden):
        super().__init__()
        self.vocab = vocab
        for name in ("read_", "write_"):
            setattr(self, name + "W", Parameter(torch.rand(3 * hidden, vocab)))
            setattr(self, name + "U", Parameter(torch.rand(3 * hidden, hidden)))
            setattr(self, name + "b", Parameter(torch.rand(3 * hidden)))
            setattr(self, name + "c", Parameter(torch.rand(3 * hidden)))
        self.V = Parameter(torch.rand(vocab, hidden))

    def forward(self, source, target, lengths):
        eye = torch.eye(self.vocab).to(self.V)
        start = eye.new_zeros(source.shape[0], self.V.shape[1])
        summary = layer(eye[source], start, self.read_W, self.read_U, self.read_b, self.read_c, lengths)[1]
        h, logits = summary, []
        for token in target.unbind(1):
            h = step_after(eye[token], h, self.write_W, self.write_U, self.write_b, self.write_c)
            logits.append(h @ self.V.T)
        return torch.stack(logits, 1)
