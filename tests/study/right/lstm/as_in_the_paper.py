"""With names for everything, einsum, and recursion over time."""

import torch
from torch import einsum
from torch.nn import Module, Parameter


def gates(x, h, weight_ih, weight_hh, bias_ih, bias_hh):
    net = einsum("bi,oi->bo", x, weight_ih) + einsum("bj,oj->bo", h, weight_hh)
    net = net + bias_ih[None] + bias_hh[None]
    input_gate, forget_gate, candidate, output_gate = net.unflatten(1, (4, -1)).unbind(1)
    return input_gate, forget_gate, candidate, output_gate


def step(x, h, c, weight_ih, weight_hh, bias_ih, bias_hh):
    net_i, net_f, net_g, net_o = gates(x, h, weight_ih, weight_hh, bias_ih, bias_hh)
    c_new = torch.sigmoid(net_i) * torch.tanh(net_g)
    c_new += torch.sigmoid(net_f) * c
    return torch.sigmoid(net_o) * c_new.tanh(), c_new


def layer(x, h, c, weight_ih, weight_hh, bias_ih, bias_hh):
    h, c = step(x[:, 0], h, c, weight_ih, weight_hh, bias_ih, bias_hh)
    if x.shape[1] == 1:
        return h[:, None], h, c
    rest, last_h, last_c = layer(x[:, 1:], h, c, weight_ih, weight_hh, bias_ih, bias_hh)
    return torch.cat([h[:, None], rest], 1), last_h, last_c


def logistic(a):
    return 1 / (1 + (-a).exp())


def step_1997(x, h, c, weight_ih, weight_hh, bias):
    net = einsum("bi,oi->bo", x, weight_ih) + einsum("bj,oj->bo", h, weight_hh) + bias
    net_in, net_c, net_out = net.chunk(3, -1)
    s = c + logistic(net_in) * (4 * logistic(net_c) - 2)
    return logistic(net_out) * (2 * logistic(s) - 1), s


class LanguageModel(Module):
    def __init__(self, vocab=28, hidden=32):
        super().__init__()
        self.sizes = vocab, hidden

        def made(*shape):
            return Parameter(torch.randn(*shape) * 0.01)

        self.bias, self.weight = made(vocab), made(vocab, hidden)
        self.bias_hh, self.bias_ih = made(4 * hidden), made(4 * hidden)
        self.weight_hh, self.weight_ih = made(4 * hidden, hidden), made(4 * hidden, vocab)

    def advance(self, tokens, state=None):
        vocab, hidden = self.sizes
        if state is None:
            state = [torch.zeros(tokens.shape[0], hidden, dtype=self.bias.dtype) for _ in "hc"]
        h, c = state
        logits = []
        for t in range(tokens.shape[1]):
            x = torch.eye(vocab).to(self.bias.dtype)[tokens[:, t]]
            h, c = step(x, h, c, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
            logits.append(h @ self.weight.T + self.bias)
        return torch.stack(logits, 1), (h, c)


def learn(model, tokens, steps, lr, forget=0.0):
    hidden = model.bias_ih.numel() // 4
    opened = torch.cat([torch.zeros(hidden), torch.full((hidden,), forget), torch.zeros(2 * hidden)])
    model.bias_ih.data = model.bias_ih.data + opened.to(model.bias_ih)
    losses = []
    while len(losses) < steps:
        logits, _ = model.advance(tokens[:, :-1])
        loss = 0
        for b in range(tokens.shape[0]):
            for t in range(tokens.shape[1] - 1):
                loss = loss - logits[b, t].log_softmax(0)[tokens[b, t + 1]]
        loss = loss / (tokens.shape[0] * (tokens.shape[1] - 1))
        parameters = list(model.parameters())
        for p, slope in zip(parameters, torch.autograd.grad(loss, parameters), strict=False):
            p.data.sub_(slope * lr)
        losses.append(loss.detach())
    return losses
