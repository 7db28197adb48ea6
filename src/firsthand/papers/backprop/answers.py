"""The answers of the exercise, one a step: what stands in a learner's file, but for its bodies, is made of this."""

from itertools import count

import torch
from jaxtyping import Float
from torch import Tensor

from firsthand.papers.exercise import given


def layer(
    below: Float[Tensor, "cases below"],
    W: Float[Tensor, "below units"],
    b: Float[Tensor, " units"],
    d: Float[Tensor, "cases units"],
) -> tuple[Tensor, Tensor]:
    """The activities y of a layer (cases, units), equations 1 and 2, and the error E, equation 3."""
    y = 1 / (1 + torch.exp(-(below @ W + b)))
    return y, ((y - d) ** 2).sum() / 2


def backward(
    slope: Float[Tensor, "cases units"],
    y: Float[Tensor, "cases units"],
    below: Float[Tensor, "cases below"],
    W: Float[Tensor, "below units"],
) -> tuple[Tensor, Tensor, Tensor]:
    """From dE/dy of a layer to dE/dW, dE/db and the dE/dy of the layer below, equations 5 to 7."""
    into = slope * y * (1 - y)
    return below.T @ into, into.sum(0), into @ W.T


def network(
    x: Float[Tensor, "cases inputs"],
    W: Float[Tensor, "inputs hidden"],
    b: Float[Tensor, " hidden"],
    V: Float[Tensor, "hidden outputs"],
    S: Float[Tensor, "inputs outputs"],
    c: Float[Tensor, " outputs"],
    d: Float[Tensor, "cases outputs"],
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]:
    """The error of a network whose inputs also reach the outputs directly: E and dE/dW, db, dV, dS, dc and dx."""
    h = torch.sigmoid(x @ W + b)
    y, E = layer(torch.cat([h, x], 1), torch.cat([V, S]), c, d)
    dV, dc, dh = backward(y - d, y, h, V)
    dS, _, dx = backward(y - d, y, x, S)
    dW, db, through_h = backward(dh, h, x, W)
    return E, dW, db, dV, dS, dc, dx + through_h


def iterated(
    y: Float[Tensor, "cases units"],
    W: Float[Tensor, "units units"],
    b: Float[Tensor, " units"],
    d: Float[Tensor, "cases units"],
    steps: int,
) -> tuple[Tensor, Tensor, Tensor]:
    """A network that runs for some steps, one layer a step, all with the same weights: E, dE/dW and dE/db."""
    states = [y]
    for _ in range(steps):
        states.append(torch.sigmoid(states[-1] @ W + b))
    slope, dW, db = states[-1] - d, torch.zeros_like(W), torch.zeros_like(b)
    for below, above in zip(states[-2::-1], states[:0:-1], strict=True):
        own_W, own_b, slope = backward(slope, above, below, W)
        dW, db = dW + own_W / steps, db + own_b / steps
    return ((states[-1] - d) ** 2).sum() / 2, dW, db


class Node:
    """A value, the nodes that it was made from, and after a backward sweep its gradient dE/d(value)."""

    numbers = count()  # a node has a higher number than those that it was made from

    @given
    def __init__(self, value: Tensor, *made_from):
        self.value, self.number = value, next(Node.numbers)
        self.made_from = made_from  # pairs: a node, and a function from dE/d(this) to that node's share of dE
        self.gradient = None

    def __add__(self, other: "Node") -> "Node":
        """Their sum; one of them may be stretched, as a bias is over the cases."""
        return Node(self.value + other.value, (self, lambda g: g), (other, lambda g: g))

    def __mul__(self, other: "Node") -> "Node":
        """Their product, number by number; one of them may be stretched."""
        return Node(self.value * other.value, (self, lambda g: g * other.value), (other, lambda g: g * self.value))

    def __matmul__(self, other: "Node") -> "Node":
        """Their product as matrices."""
        return Node(self.value @ other.value, (self, lambda g: g @ other.value.T), (other, lambda g: self.value.T @ g))

    def logistic(self) -> "Node":
        """1 / (1 + e^-x) of each number."""
        y = torch.sigmoid(self.value)
        return Node(y, (self, lambda g: g * y * (1 - y)))

    def total(self) -> "Node":
        """The sum of all numbers, without axes."""
        return Node(self.value.sum(), (self, lambda g: g.expand(self.value.shape)))

    def backward(self) -> None:
        """Set the gradient of this node, E, and of all that it depends on, whatever they were before."""
        found, waiting = {self}, [self]
        while waiting:
            new = {a for a, _ in waiting.pop().made_from} - found
            found |= new
            waiting += new
        order = sorted(found, key=lambda node: -node.number)
        for node in order:
            node.gradient = torch.zeros_like(node.value)
        self.gradient = torch.ones_like(self.value)
        for node in order:
            for a, share in node.made_from:
                a.gradient = a.gradient + share(node.gradient).sum_to_size(a.value.shape)


def learn(
    person: Float[Tensor, "cases people"],
    relation: Float[Tensor, "cases relations"],
    d: Float[Tensor, "cases people"],
    weights: dict[str, Tensor],
    lr: float,
    momentum: float,
    shrink: float,
    tolerance: float,
    sweeps: int,
) -> tuple[Tensor, Tensor]:
    """Train the network of the family trees: the error E of each sweep, and the outputs after the last."""
    change = {name: torch.zeros_like(w) for name, w in weights.items()}

    def outputs(w: dict[str, Node]) -> Node:
        one = (Node(person) @ w["P"] + w["p"]).logistic()
        two = (Node(relation) @ w["R"] + w["r"]).logistic()
        central = (one @ w["A"] + two @ w["B"] + w["c"]).logistic()
        return (central @ w["V"] + w["v"]).logistic()

    errors = []
    for _ in range(sweeps):
        w = {name: Node(value) for name, value in weights.items()}
        y = outputs(w)
        far = (y.value - d).abs() > tolerance
        apart = y + Node(-d)
        E = (apart * apart * Node(far * 0.5)).total()
        E.backward()
        errors.append(E.value)
        change = {name: momentum * change[name] - lr * w[name].gradient for name in w}
        weights = {name: (1 - shrink) * (weights[name] + change[name]) for name in w}
    return torch.stack(errors), outputs({name: Node(value) for name, value in weights.items()}).value
