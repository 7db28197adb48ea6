"""Sums over named axes; a second pass that counts what is still to come for the order of the tape."""

import torch
from torch import einsum


def layer(below, W, b, d):
    y = (einsum("ci,ij->cj", below, W) + b).sigmoid()
    return y, 0.5 * einsum("cj,cj->", y - d, y - d)


def backward(slope, y, below, W):
    slope_in = einsum("cj,cj,cj->cj", slope, y, 1 - y)
    return einsum("cj,ci->ij", slope_in, below), einsum("cj->j", slope_in), einsum("cj,ij->ci", slope_in, W)


def network(x, W, b, V, S, c, d):
    h = torch.sigmoid(b + x @ W)
    y = torch.sigmoid(h @ V + x @ S + c)
    at_y = (y - d) * y * (1 - y)
    at_h = at_y @ V.T * h * (1 - h)
    slopes = [x.T @ at_h, at_h.sum(0), h.T @ at_y, x.T @ at_y, at_y.sum(0), at_h @ W.T + at_y @ S.T]
    return [((y - d) ** 2).sum() / 2, *slopes]


def iterated(y, W, b, d, steps, first=True):
    """The error, and sums over the copies (their means at the first call), by recursion; the slope below at last."""
    if steps == 0:
        return ((y - d) ** 2).sum() / 2, W * 0, b * 0, y - d
    above = torch.sigmoid(y @ W + b)
    E, dW, db, slope = recurse(above, W, b, d, steps - 1)
    own_W, own_b, below = backward(slope, above, y, W)
    if first:
        return E, (dW + own_W) / steps, (db + own_b) / steps
    return E, dW + own_W, db + own_b, below


def recurse(y, W, b, d, steps):
    return iterated(y, W, b, d, steps, first=False)


class Node:
    def __init__(self, value, *made_from):
        self.value = value
        self.made_from = made_from
        self.gradient = None

    def __add__(self, other):
        return Node(self.value + other.value, (self, torch.clone), (other, torch.clone))

    def __mul__(self, other):
        return Node(self.value * other.value, (self, other.value.mul), (other, self.value.mul))

    def __matmul__(self, other):
        return Node(
            self.value @ other.value,
            (self, lambda g: einsum("ik,jk->ij", g, other.value)),
            (other, lambda g: einsum("ij,ik->jk", self.value, g)),
        )

    def logistic(self):
        y = torch.sigmoid(self.value)
        return Node(y, (self, lambda g: y * (1 - y) * g))

    def total(self):
        return Node(torch.sum(self.value), (self, lambda g: g * torch.ones_like(self.value)))

    def backward(self):
        uses, waiting = {self: 0}, [self]
        while waiting:
            for a, _ in waiting.pop().made_from:
                if a not in uses:
                    uses[a] = 0
                    waiting.append(a)
                uses[a] += 1
        for node in uses:
            node.gradient = torch.zeros_like(node.value)
        self.gradient += 1
        ready = [self]
        while ready:
            node = ready.pop()
            for a, rule in node.made_from:
                a.gradient += rule(node.gradient).sum_to_size(a.value.shape)
                uses[a] -= 1
                if uses[a] == 0:
                    ready.append(a)


def learn(person, relation, d, weights, lr, momentum, shrink, tolerance, sweeps):
    w = {name: value.clone() for name, value in weights.items()}
    change = {name: torch.zeros_like(value) for name, value in w.items()}
    seen, errors = torch.cat([person, relation], 1), torch.empty(sweeps, dtype=d.dtype)
    for sweep in range(sweeps + 1):
        code = torch.sigmoid(seen @ torch.block_diag(w["P"], w["R"]) + torch.cat([w["p"], w["r"]]))
        mixing = torch.cat([w["A"], w["B"]])
        central = torch.sigmoid(code @ mixing + w["c"])
        y = torch.sigmoid(central @ w["V"] + w["v"])
        if sweep == sweeps:
            return errors, y
        apart = (y - d) * (abs(y - d) > tolerance)
        errors[sweep] = apart.square().sum() / 2
        dV, dv, slope = backward(apart, y, central, w["V"])
        dmixing, dc, slope = backward(slope, central, code, mixing)
        dboth, dbias, _ = backward(slope, code, seen, torch.block_diag(w["P"], w["R"]))
        people, size = w["P"].shape
        found = {"V": dV, "v": dv, "A": dmixing[:size], "B": dmixing[size:], "c": dc, "P": dboth[:people, :size],
                 "R": dboth[people:, size:], "p": dbias[:size], "r": dbias[size:]}  # fmt: skip
        for name, value in w.items():
            change[name].mul_(momentum).sub_(lr * found[name])
            value.add_(change[name]).mul_(1 - shrink)
