"""Gate by gate, with slices and lists; gradients by backward."""

import torch
from torch.nn import Module, Parameter


def gates(x, h, weight_ih, weight_hh, bias_ih, bias_hh):
    n = h.shape[1]
    sums = []
    for k in range(4):
        rows = slice(k * n, (k + 1) * n)
        sums.append(x @ weight_ih[rows].T + h @ weight_hh[rows].T + (bias_ih[rows] + bias_hh[rows]))
    return sums


def step(x, h, c, weight_ih, weight_hh, bias_ih, bias_hh):
    a_i, a_f, a_g, a_o = gates(x, h, weight_ih, weight_hh, bias_ih, bias_hh)
    c = c * a_f.sigmoid() + a_g.tanh() * a_i.sigmoid()
    h = c.tanh() * a_o.sigmoid()
    return h, c


def layer(x, h, c, *weights):
    y = x.new_zeros(x.shape[0], 0, h.shape[1])
    for t in range(x.size(1)):
        h, c = step(x[:, t], h, c, *weights)
        y = torch.cat([y, h.unsqueeze(1)], dim=1)
    return y, h, c


def step_1997(x, h, c, weight_ih, weight_hh, bias):
    n = h.shape[1]
    net = x @ weight_ih.t() + h @ weight_hh.t() + bias
    g = 2 * torch.tanh(net[:, n : 2 * n] / 2)
    c = c + g / (1 + torch.exp(-net[:, :n]))
    return torch.tanh(c / 2) / (1 + torch.exp(-net[:, 2 * n :])), c


class LanguageModel(Module):
    def __init__(self, vocab=28, hidden=32):
        super().__init__()
        self.hidden = hidden
        sizes = {
            "weight_ih": (4 * hidden, vocab),
            "weight_hh": (4 * hidden, hidden),
            "bias_ih": (4 * hidden,),
            "bias_hh": (4 * hidden,),
            "weight": (vocab, hidden),
            "bias": (vocab,),
        }
        for name, size in sizes.items():
            self.register_parameter(name, Parameter(0.1 * torch.randn(size)))

    def advance(self, tokens, state=None):
        vocab = self.weight.shape[0]
        x = torch.zeros(*tokens.shape, vocab, dtype=self.weight.dtype)
        x.scatter_(2, tokens[..., None], 1.0)
        if state is None:
            state = (torch.zeros(len(tokens), self.hidden, dtype=x.dtype),) * 2
        y, *state = layer(x, *state, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
        return torch.einsum("bth,vh->btv", y, self.weight) + self.bias, tuple(state)


def learn(model, tokens, steps, lr, forget=0.0):
    n = model.hidden
    model.bias_ih.data[n : 2 * n] += forget
    losses = []
    for _ in range(steps):
        for p in model.parameters():
            p.grad = None
        logits, _ = model.advance(tokens)
        logits, targets = logits[:, :-1].reshape(-1, logits.shape[-1]), tokens[:, 1:].reshape(-1)
        loss = (logits.logsumexp(1) - logits[torch.arange(len(targets)), targets]).mean()
        loss.backward()
        for p in model.parameters():
            p.data -= lr * p.grad
        losses.append(loss.item())
    return [torch.tensor(loss, dtype=torch.float64) for loss in losses]
