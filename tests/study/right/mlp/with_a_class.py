"""A class for the network's parameters; windows by unfold; W as one matrix for each place of the context."""

import torch
from torch.nn import Module, Parameter


def windows(names, context):
    text = []
    for name in names:
        text.append(torch.tensor([0] * context + name + [0]).unfold(0, context + 1, 1))
    text = torch.cat(text)
    return text[:, :context], text[:, context]


def batch_norm(a, gain, shift):
    var, mean = torch.var_mean(a, 0, correction=0)
    return torch.addcmul(shift, gain, (a - mean) / torch.sqrt(var + 1e-5))


class Network(Module):
    def __init__(self, C, W, gain, shift, V, c):
        super().__init__()
        self.C, self.V, self.c = C, V, c
        self.W, self.gain, self.shift = W, gain, shift

    def sums(self, tokens):
        places = self.W.reshape(tokens.shape[1], -1, self.W.shape[1])
        return torch.einsum("bke,keh->bh", self.C[tokens], places)

    def forward(self, tokens, statistics=None):
        a = self.sums(tokens)
        if statistics is None:
            a = batch_norm(a, self.gain, self.shift)
        else:
            mean, var = statistics
            a = self.gain / (var + 1e-5).sqrt() * (a - mean) + self.shift
        return torch.addmm(self.c, torch.tanh(a), self.V)


def forward(tokens, targets, *params):
    logits = Network(*params)(tokens)
    return logits, -(torch.log_softmax(logits, 1) * torch.eye(logits.shape[1], dtype=logits.dtype)[targets]).sum(
        1
    ).mean()


def backward(tokens, targets, C, W, gain, shift, V, c):
    network, n = Network(C, W, gain, shift, V, c), len(tokens)
    a = network.sums(tokens)
    var, mean = torch.var_mean(a, 0, correction=0)
    z = (a - mean) / torch.sqrt(var + 1e-5)
    h = torch.tanh(gain * z + shift)
    dlogits = torch.softmax(h @ V + c, 1).sub(torch.eye(len(c), dtype=c.dtype)[targets]).div(n)
    ds = (dlogits @ V.T).mul(1 - h.square())
    # The Jacobian of batch norm, a unit at a time: (I - 1/n - z z^T / n) gain / deviation.
    projector = torch.eye(n, dtype=c.dtype) - 1 / n - torch.einsum("iu,ju->uij", z, z) / n
    da = torch.einsum("uij,ju->iu", projector, ds) * gain / torch.sqrt(var + 1e-5)
    places = W.reshape(tokens.shape[1], -1, W.shape[1])
    shares = torch.einsum("bh,keh->bke", da, places)
    dC = torch.zeros_like(C).index_put((tokens,), shares, accumulate=True)
    dW = torch.einsum("bke,bh->keh", C[tokens], da).reshape(W.shape)
    return dC, dW, torch.einsum("bu,bu->u", ds, z), ds.sum(0), h.T @ dlogits, dlogits.sum(0)


def learn(tokens, targets, C, W, V, batches, lr, drop):
    first = C, W * (25 / 9 / len(W)) ** 0.5, torch.ones_like(W[0]), torch.zeros_like(W[0]), V / (100 * len(V)) ** 0.5
    network = Network(*(Parameter(p.clone()) for p in (*first, torch.zeros_like(V[0]))))
    mean, var, losses = 0.0, 1.0, []
    for step, rows in enumerate(batches):
        logits = network(tokens[rows])
        loss = -torch.log_softmax(logits, 1).gather(1, targets[rows].unsqueeze(1)).mean()
        network.zero_grad()
        loss.backward()
        with torch.no_grad():
            now_var, now_mean = torch.var_mean(network.sums(tokens[rows]), 0)
            mean, var = mean + 0.1 * (now_mean - mean), var + 0.1 * (now_var - var)
            for p in network.parameters():
                p.sub_((lr / 10 if step >= drop else lr) * p.grad)
        losses.append(loss.detach())
    return torch.stack(losses), network.C.detach(), mean, var


def write(u, context, C, W, gain, shift, V, c, mean, var):
    network = Network(C, W, gain, shift, V, c)
    seen = torch.zeros(len(u), context + u.shape[1], dtype=torch.long)
    alive = torch.ones(len(u), dtype=torch.bool)
    for s in range(u.shape[1]):
        sums = network(seen[:, s : s + context], (mean, var)).softmax(1).cumsum(1)
        token = torch.searchsorted(sums, u[:, s : s + 1].contiguous()).squeeze(1)
        seen[:, context + s] = token * alive
        alive &= token != 0
    return seen[:, context:]
