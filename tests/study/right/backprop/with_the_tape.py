"""Every network as an expression of nodes; the tape sweeps in the order in which a walk leaves them."""

import torch


class Node:
    def __init__(self, value, *made_from):
        self.value, self.made_from, self.gradient = value, made_from, None

    def __add__(self, other):
        return Node(self.value + other.value, (self, lambda g: g), (other, lambda g: g))

    def __mul__(self, other):
        return Node(self.value * other.value, (self, lambda g: other.value * g), (other, lambda g: self.value * g))

    def __matmul__(self, other):
        a, b = self.value, other.value
        return Node(a.mm(b), (self, lambda g: torch.einsum("ik,jk->ij", g, b)), (other, lambda g: a.t().mm(g)))

    def logistic(self):
        y = 1 / (1 + (-self.value).exp())
        return Node(y, (self, lambda g: g * (y - y * y)))

    def total(self):
        return Node(self.value.sum(), (self, lambda g: torch.full_like(self.value, g.item())))

    def backward(self):
        order, seen, stack = [], set(), [(self, False)]
        while stack:
            node, done = stack.pop()
            if done:
                order.append(node)
            elif id(node) not in seen:
                seen.add(id(node))
                stack.append((node, True))
                stack += [(a, False) for a, _ in node.made_from]
        for node in order:
            node.gradient = None
        self.gradient = torch.ones((), dtype=self.value.dtype)
        for node in reversed(order):
            for a, rule in node.made_from:
                share = rule(node.gradient)
                while share.ndim > a.value.ndim:
                    share = share.sum(0)
                for axis, size in enumerate(a.value.shape):
                    if size == 1:
                        share = share.sum(axis, keepdim=True)
                a.gradient = share if a.gradient is None else a.gradient + share


def number(value, like):
    return Node(torch.as_tensor(value, dtype=like.dtype))


def error(y, d):
    apart = y + Node(-d)
    return (apart * apart * number(0.5, d)).total()


def layer(below, W, b, d):
    y = (Node(below) @ Node(W) + Node(b)).logistic()
    return y.value, error(y, d).value


def backward(slope, y, below, W):
    a, weight, bias = Node(below), Node(W), Node(torch.zeros_like(y[0]))
    x = a @ weight + bias
    E = (x * Node(slope * y * (1 - y))).total()
    E.backward()
    return weight.gradient, bias.gradient, a.gradient


def network(x, W, b, V, S, c, d):
    x, W, b, V, S, c = leaves = [Node(value) for value in (x, W, b, V, S, c)]
    E = error(((x @ W + b).logistic() @ V + x @ S + c).logistic(), d)
    E.backward()
    return E.value, *(leaf.gradient for leaf in (*leaves[1:], x))


def iterated(y, W, b, d, steps):
    y, W, b = Node(y), Node(W), Node(b)
    for _ in range(steps):
        y = (y @ W + b).logistic()
    E = error(y, d)
    E.backward()
    return E.value, W.gradient / steps, b.gradient / steps


def learn(person, relation, d, weights, lr, momentum, shrink, tolerance, sweeps):
    def outputs(P, p, R, r, A, B, c, V, v):
        codes = (Node(person) @ P + p).logistic() @ A + (Node(relation) @ R + r).logistic() @ B
        return ((codes + c).logistic() @ V + v).logistic()

    values = [weights[name].clone() for name in ("P", "p", "R", "r", "A", "B", "c", "V", "v")]
    changes, errors = [value * 0 for value in values], []
    for _ in range(sweeps):
        nodes = [Node(value) for value in values]
        y = outputs(*nodes)
        E = error(y, torch.where((y.value - d).abs() > tolerance, d, y.value))
        E.backward()
        errors.append(E.value)
        for i, node in enumerate(nodes):
            changes[i] = momentum * changes[i] - lr * node.gradient
            values[i] = (values[i] + changes[i]) * (1 - shrink)
    return torch.stack(errors), outputs(*[Node(value) for value in values]).value
