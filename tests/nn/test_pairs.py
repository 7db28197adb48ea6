"""Every operation's definition, fast face and reference agree, in values and in gradients."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor
from torch.testing import assert_close

from firsthand.check.layers import EXAMPLES, faces, gap, outputs_and_gradients, pair
from firsthand.errors import UserError
from firsthand.nn import PAIRS, definitions, relu, tanh
from firsthand.nn.definition import Pair


def test_every_pair_has_an_example():
    assert PAIRS.keys() == {pair(name).name for name in EXAMPLES}
    assert PAIRS.keys() <= EXAMPLES.keys()


@pytest.mark.parametrize("name", EXAMPLES)
def test_faces_agree(name):
    truth = outputs_and_gradients(pair(name).definition, name)
    for face, call in faces(name).items():
        # Float64 carries 16 digits and the sums are short: 1e-10 leaves room for their order, not for a wrong term.
        found = outputs_and_gradients(call, name)
        assert_close(found, truth, rtol=1e-10, atol=1e-12, msg=lambda m, face=face: f"{face}: {m}")


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("face", ["definition", "fast"])
def test_gradients_agree_with_finite_differences(name, face):
    assert torch.autograd.gradcheck(faces(name)[face], EXAMPLES[name].inputs(torch.float64))


@pytest.mark.parametrize("name", EXAMPLES)
def test_faces_agree_in_single_precision(name):
    assert gap(name, torch.float32) < 1e-5  # float32 carries 7 digits; the longest sum here has 30 terms


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("face", ["definition", "fast"])
def test_the_order_in_memory_does_not_matter(name, face, monkeypatch):
    """Tensors whose last axis is the slowest in memory, as a transposition leaves them."""
    call, example = faces(name)[face], EXAMPLES[name]
    truth = outputs_and_gradients(call, name)

    def turned(x):
        return x.detach().mT.contiguous().mT

    def inputs(dtype):
        return tuple(
            turned(x).requires_grad_(x.requires_grad) if isinstance(x, Tensor) and x.ndim > 1 else x
            for x in example.inputs(dtype)
        )

    monkeypatch.setitem(EXAMPLES, name, replace(example, inputs=inputs))
    assert_close(outputs_and_gradients(call, name), truth, rtol=1e-10, atol=1e-12)


def test_gap_sees_a_wrong_face(monkeypatch):
    monkeypatch.setitem(PAIRS, "tanh", Pair("tanh", tanh.__wrapped__, lambda x: 1.001 * torch.tanh(x)))
    assert 0.9e-3 < gap("tanh") < 1.1e-3


def test_definitions_switches_the_face(monkeypatch):
    """At 1e3 the definition's e^x is infinite and its quotient not a number, while the primitive says 1."""
    far = torch.tensor([1e3])
    assert tanh(far).item() == 1
    with definitions():
        assert tanh(far).isnan()
        with definitions():
            pass
        assert tanh(far).isnan()
    assert tanh(far).item() == 1


def test_relu_is_flat_at_zero():
    for face in faces("relu").values():
        x = torch.zeros(3, requires_grad=True)
        face(x).sum().backward()
        assert_close(x.grad, torch.zeros(3))
    assert relu(torch.tensor([-2.0, 3.0])).tolist() == [0, 3]


BY_HAND = {"batch_norm", "binary_cross_entropy", "cross_entropy", "layer_norm", "local_response_norm", "mse"}


FIRST_ONLY = {"rbf", "scaled_dot_product_attention"}  # torch has no second derivative of these primitives, and says so


@pytest.mark.parametrize("name", [name for name in EXAMPLES if pair(name).name not in BY_HAND | FIRST_ONLY])
def test_second_derivatives_agree_with_finite_differences(name):
    assert torch.autograd.gradgradcheck(pair(name).fast, EXAMPLES[name].inputs(torch.float64))


@pytest.mark.parametrize("name", [name for name in EXAMPLES if pair(name).name in FIRST_ONLY])
def test_a_primitive_without_a_second_derivative_says_so(name):
    with pytest.raises(RuntimeError, match=r"derivative for .* is not implemented"):
        torch.autograd.gradgradcheck(pair(name).fast, EXAMPLES[name].inputs(torch.float64))
    assert torch.autograd.gradgradcheck(pair(name).definition, EXAMPLES[name].inputs(torch.float64))


@pytest.mark.parametrize("name", [name for name in EXAMPLES if pair(name).name in BY_HAND])
def test_a_backward_pass_by_hand_refuses_a_second_derivative(name, monkeypatch):
    """Its results look like constants to autograd, which would return a Hessian of zeros without a word."""
    monkeypatch.setattr("firsthand.nn.loss.SMALL", 0)  # of a few logits it is not by hand
    inputs = EXAMPLES[name].inputs(torch.float64)
    with pytest.raises(UserError, match=f"fast {pair(name).name} has no second derivative"):
        torch.autograd.gradgradcheck(pair(name).fast, inputs)
    assert torch.autograd.gradgradcheck(pair(name).definition, inputs)
