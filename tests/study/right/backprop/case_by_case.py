"""Loops over cases and units, as the equations stand; the slopes of the family trees by a sweep over a list."""

import torch


def layer(below, W, b, d):
    y = torch.zeros_like(d)
    E = torch.zeros((), dtype=d.dtype)
    for c in range(len(d)):
        for j in range(d.shape[1]):
            x = b[j]
            for i in range(len(W)):
                x = x + below[c, i] * W[i, j]
            y[c, j] = 1 / (1 + torch.exp(-x))
            E += (y[c, j] - d[c, j]) ** 2 / 2
    return y, E


def backward(slope, y, below, W):
    dW, db, down = torch.zeros_like(W), torch.zeros_like(W[0]), torch.zeros_like(below)
    for c in range(len(y)):
        into = slope[c] * (y[c] - y[c] ** 2)
        dW += torch.outer(below[c], into)
        db += into
        down[c] = W @ into
    return dW, db, down


def network(x, W, b, V, S, c, d):
    h = torch.sigmoid(x @ W + b)
    both = torch.cat([h, x], 1)
    matrix = torch.cat([V, S])
    y = torch.sigmoid(both @ matrix + c)
    dmatrix, dc, down = backward(y - d, y, both, matrix)
    dW, db, dx = backward(down[:, : len(V)], h, x, W)
    E = 0.5 * (y - d).pow(2).sum()
    return E, dW, db, dmatrix[: len(V)], dmatrix[len(V) :], dc, dx + down[:, len(V) :]


def iterated(y, W, b, d, steps):
    history = [y]
    while len(history) <= steps:
        history.append(torch.sigmoid(history[-1] @ W + b))
    copies_W, copies_b = [], []
    slope = history[-1] - d
    for t in range(steps, 0, -1):
        own_W, own_b, slope = backward(slope, history[t], history[t - 1], W)
        copies_W.append(own_W)
        copies_b.append(own_b)
    return 0.5 * ((history[-1] - d) ** 2).sum(), torch.stack(copies_W).mean(0), torch.stack(copies_b).mean(0)


class Node:
    made = 0

    def __init__(self, value, *made_from):
        Node.made += 1
        self.value, self.made_from, self.number, self.gradient = value, made_from, Node.made, None

    def __add__(self, other):
        made = self.value + other.value
        return Node(made, (self, lambda g: back(g, self.value)), (other, lambda g: back(g, other.value)))

    def __mul__(self, other):
        a, b = self.value, other.value
        return Node(a * b, (self, lambda g: back(g * b, a)), (other, lambda g: back(g * a, b)))

    def __matmul__(self, other):
        a, b = self.value, other.value
        return Node(a.matmul(b), (self, lambda g: g.matmul(b.t())), (other, lambda g: a.t().matmul(g)))

    def logistic(self):
        y = torch.reciprocal(1 + torch.exp(-self.value))
        return Node(y, (self, lambda g: g * y * (1 - y)))

    def total(self):
        return Node(self.value.sum(), (self, lambda g: g + torch.zeros_like(self.value)))

    def backward(self):
        graph = {self.number: self}
        fresh = [self]
        while fresh:
            fresh = [a for node in fresh for a, _ in node.made_from if a.number not in graph]
            graph.update((a.number, a) for a in fresh)
            fresh = list({a.number: a for a in fresh}.values())
        gradients = {self.number: torch.ones_like(self.value)}
        for key in sorted(graph, reverse=True):
            graph[key].gradient = gradients[key]
            for a, rule in graph[key].made_from:
                gradients[a.number] = gradients.get(a.number, 0) + rule(gradients[key])


def back(g, like):
    return g.sum_to_size(like.shape)


def learn(person, relation, d, weights, lr, momentum, shrink, tolerance, sweeps):
    w, last, errors = dict(weights), {}, []

    def forward():
        one, two = torch.sigmoid(person @ w["P"] + w["p"]), torch.sigmoid(relation @ w["R"] + w["r"])
        central = torch.sigmoid(one @ w["A"] + two @ w["B"] + w["c"])
        return one, two, central, torch.sigmoid(central @ w["V"] + w["v"])

    for _ in range(sweeps):
        one, two, central, y = forward()
        apart = torch.where((y - d).abs() <= tolerance, torch.zeros_like(d), y - d)
        errors.append((apart**2).sum() / 2)
        slopes = {}
        slopes["V"], slopes["v"], down = backward(apart, y, central, w["V"])
        slopes["A"], slopes["c"], down_one = backward(down, central, one, w["A"])
        slopes["B"], _, down_two = backward(down, central, two, w["B"])
        slopes["P"], slopes["p"], _ = backward(down_one, one, person, w["P"])
        slopes["R"], slopes["r"], _ = backward(down_two, two, relation, w["R"])
        for name in w:
            last[name] = -lr * slopes[name] + momentum * last.get(name, 0)
            w[name] = w[name] + last[name]
            w[name] = w[name] - shrink * w[name]
    return torch.stack(errors), forward()[-1]
