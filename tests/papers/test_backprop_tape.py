"""The tape against torch.autograd on random graphs, against differences, on deep graphs, and inside torch."""

import inspect
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from firsthand.errors import UserError
from firsthand.papers.backprop import tape
from firsthand.papers.backprop.bridge import taped
from firsthand.papers.backprop.tape import Node, concatenate, exp, log, logistic, matmul, tanh

# A graph for the tape has a twin for torch.autograd: the same words, applied to a Node or to a Tensor.
Unary = tuple[Callable[[Node], Node], Callable[[Tensor], Tensor]]
SHAPES = [(3, 5), (1, 5), (3, 1), (5,), (1,), (), (2, 3, 5), (2, 1, 1)]  # all of these broadcast with each other
FULL = (2, 3, 5)

UNARY: dict[str, Unary] = {
    "logistic": (logistic, torch.sigmoid),
    "tanh": (tanh, torch.tanh),
    "exp": (lambda a: exp(tanh(a)), lambda a: torch.exp(torch.tanh(a))),
    "log": (lambda a: log(logistic(a)), lambda a: torch.log(torch.sigmoid(a))),
    "power": (lambda a: logistic(a) ** 2.5, lambda a: torch.sigmoid(a) ** 2.5),
    "square": (lambda a: tanh(a) ** 2, lambda a: torch.tanh(a) ** 2),
    "minus": (lambda a: -a, lambda a: -a),
    "one minus": (lambda a: 1 - a, lambda a: 1 - a),
    "three over": (lambda a: 3 / (2 + tanh(a)), lambda a: 3 / (2 + torch.tanh(a))),
    "sum": (lambda a: a.sum() * 0.1, lambda a: a.sum() * 0.1),
    "sum along": (lambda a: (a + ZEROS).sum(axis=1) * 0.3, lambda a: (a + ZEROS).sum(1, keepdim=True) * 0.3),
    "a slice": (lambda a: (a + ZEROS)[:, 1:2, ::2].sum(axis=-1), lambda a: (a + ZEROS)[:, 1:2, ::2].sum(-1, True)),
    "read twice": (lambda a: (a + ZEROS)[:, ROWS], lambda a: (a + ZEROS)[:, ROWS]),
    "one place": (lambda a: (a + ZEROS)[1, 2, -1], lambda a: (a + ZEROS)[1, 2, -1]),
}
BINARY: dict[str, tuple[Callable[[Node, Node], Node], Callable[[Tensor, Tensor], Tensor]]] = {
    "add": (lambda a, b: a + b, lambda a, b: a + b),
    "subtract": (lambda a, b: a - b, lambda a, b: a - b),
    "multiply": (lambda a, b: a * b, lambda a, b: a * b),
    "divide": (lambda a, b: a / (2 + tanh(b)), lambda a, b: a / (2 + torch.tanh(b))),
    "matmul": (
        lambda a, b: (a + ZEROS) @ (b + ZEROS).T @ MATRIX,
        lambda a, b: (a + ZEROS) @ (b + ZEROS).transpose(1, 2) @ MATRIX,
    ),
    "matmul, one for many": (
        lambda a, b: (a + ZEROS)[0] @ (b + ZEROS).T @ MATRIX,
        lambda a, b: (a + ZEROS)[0] @ (b + ZEROS).transpose(1, 2) @ MATRIX,
    ),
    "side by side": (
        lambda a, b: concatenate([a + ZEROS, b + ZEROS, a + ZEROS])[..., 3:8],
        lambda a, b: torch.cat([a + ZEROS, b + ZEROS, a + ZEROS], -1)[..., 3:8],
    ),
}
ZEROS = torch.zeros(FULL, dtype=torch.float64)  # stretches an operand
ROWS = torch.tensor([2, 0, 2])
MATRIX = torch.linspace(-1, 1, 15, dtype=torch.float64).view(3, 5)  # a constant among the operands


@st.composite
def graphs(draw: Callable) -> tuple[list[tuple[int, ...]], list[tuple[str, int, int]], int]:
    """Leaves' shapes, operations as (name, operand, operand), and a seed; any earlier node may be used again."""
    leaves = draw(st.lists(st.sampled_from(SHAPES), min_size=1, max_size=4))
    steps, count = [], len(leaves)
    for _ in range(draw(st.integers(1, 10))):
        name = draw(st.sampled_from([*UNARY, *BINARY]))
        steps.append((name, draw(st.integers(0, count - 1)), draw(st.integers(0, count - 1))))
        count += 1
    return leaves, steps, draw(st.integers(0, 2**31 - 1))


def grow(leaves: list[Any], steps: list[tuple[str, int, int]], twin: int) -> Any:
    """The sum of all nodes that the steps make: of Nodes for twin 0, of Tensors for twin 1."""
    made, squash = list(leaves), (tanh, torch.tanh)[twin]  # squashed, so that no product of products explodes
    for name, a, b in steps:
        made.append(squash(UNARY[name][twin](made[a]) if name in UNARY else BINARY[name][twin](made[a], made[b])))
    total = made[0].sum()
    for node in made[1:]:
        total = total + node.sum()
    return total


@settings(max_examples=300, deadline=None)
@given(graphs())
def test_random_graphs(graph):
    """Every operation, any order, operands used again and again, stretched or not; 1e-9 for float64's rounding."""
    shapes, steps, seed = graph
    generator = torch.Generator().manual_seed(seed)
    values = [torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes]
    ours = [Node(value.clone()) for value in values]
    theirs = [value.clone().requires_grad_() for value in values]
    E, reference = grow(ours, steps, 0), grow(theirs, steps, 1)
    E.backward()
    reference.backward()
    assert torch.allclose(E.value, reference.detach(), rtol=1e-12, atol=1e-12)
    for a, b in zip(ours, theirs, strict=True):
        assert a.gradient.shape == b.grad.shape
        assert torch.allclose(a.gradient, b.grad, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", [*UNARY, *BINARY])
def test_every_operation_against_differences(name):
    """(E(a + h) - E(a - h)) / 2h with h = 1e-6 errs by about 1e-10: third derivatives times h^2, rounding over h."""
    generator = torch.Generator().manual_seed(1)
    a, b, weight = (torch.randn(FULL, generator=generator, dtype=torch.float64) for _ in range(3))

    def E(a: Any, b: Any) -> Node:
        made = UNARY[name][0](a) if name in UNARY else BINARY[name][0](a, b)
        return (made * weight[:1, :1, : made.value.shape[-1] if made.value.ndim else 1]).sum()

    nodes = Node(a), Node(b)
    E(*nodes).backward()
    used = nodes if name in BINARY else nodes[:1]
    for which, node in enumerate(used):
        for place in [(0, 0, 0), (1, 2, 4), (0, 2, 1), (1, 1, 2)]:
            around = []
            for h in (1e-6, -1e-6):
                moved = [a.clone(), b.clone()]
                moved[which][place] += h
                around.append(E(*map(Node, moved)).value.item())
            assert node.gradient[place].item() == pytest.approx((around[0] - around[1]) / 2e-6, rel=1e-6, abs=1e-8)


def test_a_node_used_often_collects_from_every_use():
    """E = a + a a + a^3 at 2: 1 + 4 + 12. A product of a node with itself has two ways back."""
    a = Node(torch.tensor(2.0))
    (a + a * a + a**3).backward()
    assert a.gradient.item() == 17


def test_the_sum_over_all_that_a_unit_feeds():
    """Equation 7 by hand: y feeds two units with weights 3 and -2, whose dE/dx are 5 and 7."""
    y, w = Node(torch.tensor([[0.5]])), torch.tensor([[3.0], [-2.0]])
    x = y @ w.T
    x.backward(torch.tensor([[5.0, 7.0]]))
    assert y.gradient.item() == 3 * 5 - 2 * 7


@pytest.mark.parametrize("wide", [False, True])
def test_deep_graphs(wide):
    """50,000 additions of a leaf, far beyond Python's stack; and 40 doublings, whose paths are a million millions."""
    a = Node(torch.tensor(1.0, dtype=torch.float64))
    node = a
    for _ in range(40 if wide else 50_000):
        node = node + (node if wide else a)
    node.backward()
    assert a.gradient.item() == (2**40 if wide else 50_001)


def test_a_second_sweep_starts_afresh():
    """Gradients do not pile up, whichever node the sweep starts at."""
    a = Node(torch.tensor(3.0))
    b = a * a
    (b * 5).backward()
    assert a.gradient.item() == 30 and b.gradient.item() == 5
    b.backward()
    assert a.gradient.item() == 6 and b.gradient.item() == 1


def test_constants_get_no_gradient():
    """Plain tensors and numbers on either side of an operator: the result is a node, the constant stays a constant."""
    a, c = Node(torch.randn(3, 4)), torch.randn(4, 3)
    for made in (
        a @ c,
        c @ a,
        c.T * a,
        a * c.T,
        c.T + a,
        c.T - a,
        c.T / (2 + tanh(a)),
        a.T - c,
        2 - a,
        2 / (2 + tanh(a)),
    ):
        assert isinstance(made, Node)
        assert all(isinstance(below, Node) for below, _ in made.made_from)
    assert c.grad is None and not c.requires_grad


def test_a_product_of_vectors_is_refused():
    """One sentence, which names the shapes."""
    with pytest.raises(UserError, match=r"two axes or more, got shapes \(3,\) and \(3, 2\)"):
        matmul(Node(torch.ones(3)), torch.ones(3, 2))


def test_no_autograd_in_the_tape(monkeypatch):
    """With torch.autograd's backward functions gone the tape still works, and nothing in it records a graph."""
    for function in ("backward", "grad"):
        monkeypatch.setattr(torch.autograd, function, None)
    a = Node(torch.randn(3, 4))
    E = log(logistic(tanh(a @ torch.randn(4, 2)))).sum()
    E.backward()
    assert all(node.value.grad_fn is None and not node.value.requires_grad for node in E.ancestors())
    code = inspect.getsource(tape).split('"""', 2)[2]
    assert "autograd" not in code and "requires_grad" not in code and ".grad" not in code.replace(".gradient", "")


def test_the_bridge_equals_autograd():
    """taped(f, tensors) inside a larger torch computation: the same result and gradients as f written in torch."""
    generator = torch.Generator().manual_seed(2)
    x, w, b = (torch.randn(shape, generator=generator, dtype=torch.float64) for shape in ((7, 3), (5, 3), (5,)))
    found = []
    for ours in (True, False):
        leaves = [w.clone().requires_grad_(), b.clone().requires_grad_()]
        if ours:
            y = taped(lambda w, b: logistic(x @ w.T + b), leaves[0] * 2, leaves[1])
        else:
            y = torch.sigmoid(x @ (leaves[0] * 2).T + leaves[1])
        (y**3).sum().backward()
        found.append([y.detach(), *(leaf.grad for leaf in leaves)])
    for mine, theirs in zip(*found, strict=True):
        assert torch.allclose(mine, theirs, rtol=1e-12, atol=1e-12)


def test_the_bridge_where_something_is_unused_or_fixed():
    """A tensor that the function leaves out has gradient zero or none; one that needs no gradient is left alone."""
    a, b, c = torch.ones(3, requires_grad=True), torch.ones(3, requires_grad=True), torch.ones(3)
    taped(lambda a, b, c: a * c, a, b, c).sum().backward()
    assert a.grad.tolist() == [1, 1, 1] and (b.grad is None or not b.grad.any()) and c.grad is None
