"""One matrix for inputs and outputs together; the state as a list that is changed."""

import torch
from torch.nn import Module, Parameter


def gates(x, h, weight_ih, weight_hh, bias_ih, bias_hh):
    both = torch.cat([x, h], 1)
    sums = both.matmul(torch.cat([weight_ih, weight_hh], 1).t())
    return tuple(torch.split(sums + bias_hh + bias_ih, h.size(1), 1))


def step(x, h, c, weight_ih, weight_hh, bias_ih, bias_hh):
    i, f, g, o = gates(x, h, weight_ih, weight_hh, bias_ih, bias_hh)
    squash = lambda a: 0.5 * (1 + torch.tanh(a / 2))  # noqa: E731
    kept = torch.mul(squash(f), c)
    written = torch.mul(squash(i), torch.tanh(g))
    cell = torch.add(kept, written)
    return squash(o) * torch.tanh(cell), cell


def layer(x, h, c, weight_ih, weight_hh, bias_ih, bias_hh):
    state, seen = [h, c], []
    for x_t in x.transpose(0, 1):
        state[:] = step(x_t, *state, weight_ih, weight_hh, bias_ih, bias_hh)
        seen += [state[0]]
    return torch.stack(seen).transpose(0, 1), state[0], state[1]


def step_1997(x, h, c, weight_ih, weight_hh, bias):
    i, g, o = torch.addmm(torch.addmm(bias, x, weight_ih.T), h, weight_hh.T).tensor_split(3, 1)
    c = torch.addcmul(c, torch.sigmoid(i), 4 * torch.sigmoid(g) - 2)
    return [torch.sigmoid(o) * (2 * torch.sigmoid(c) - 1), c]


class LanguageModel(Module):
    def __init__(self, vocab=28, hidden=32):
        super().__init__()
        self.vocab = vocab
        self.weight_ih = Parameter(torch.rand(4 * hidden, vocab) - 0.5)
        self.weight_hh = Parameter(torch.rand(4 * hidden, hidden) - 0.5)
        self.bias_ih = Parameter(torch.zeros(4 * hidden))
        self.bias_hh = Parameter(torch.zeros(4 * hidden))
        self.weight = Parameter(torch.rand(vocab, hidden) - 0.5)
        self.bias = Parameter(torch.zeros(vocab))

    def advance(self, tokens, state=None):
        batch, time = tokens.shape
        if state is None:
            h = torch.zeros(batch, self.weight.size(1)).to(self.weight)
            state = h, h.clone()
        one_hot = (tokens[:, :, None] == torch.arange(self.vocab)).to(self.weight.dtype)
        y, h, c = layer(one_hot, *state, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
        flat = torch.addmm(self.bias, y.reshape(batch * time, -1), self.weight.T)
        return flat.reshape(batch, time, -1), (h, c)


def learn(model, tokens, steps, lr, forget=0.0):
    with torch.no_grad():
        model.bias_ih.chunk(4)[1].add_(forget)
    losses = []
    for _ in range(steps):
        logits = model.advance(tokens[:, :-1])[0]
        p = torch.softmax(logits, 2)
        right = torch.gather(p, 2, tokens[:, 1:].unsqueeze(2))
        loss = -right.log().mean()
        model.zero_grad()
        loss.backward()
        with torch.no_grad():
            for p in model.parameters():
                p.add_(p.grad, alpha=-lr)
        losses.append(loss.detach())
    return tuple(losses)
