"""Every operation's definition, fast face and reference agree, in values and in gradients."""

import pytest
import torch
from torch.testing import assert_close

from firsthand.check.layers import EXAMPLES, faces, gap, outputs_and_gradients
from firsthand.errors import UserError
from firsthand.nn import PAIRS, definitions, relu, tanh
from firsthand.nn.definition import Pair


def test_every_pair_has_an_example():
    assert PAIRS.keys() == EXAMPLES.keys()


@pytest.mark.parametrize("name", sorted(PAIRS))
def test_faces_agree(name):
    truth = outputs_and_gradients(PAIRS[name].definition, name)
    for face, call in faces(name).items():
        # Float64 carries 16 digits and the sums are short: 1e-10 leaves room for their order, not for a wrong term.
        found = outputs_and_gradients(call, name)
        assert_close(found, truth, rtol=1e-10, atol=1e-12, msg=lambda m, face=face: f"{face}: {m}")


@pytest.mark.parametrize("name", sorted(PAIRS))
@pytest.mark.parametrize("face", ["definition", "fast"])
def test_gradients_agree_with_finite_differences(name, face):
    assert torch.autograd.gradcheck(faces(name)[face], EXAMPLES[name].inputs(torch.float64))


@pytest.mark.parametrize("name", sorted(PAIRS))
def test_faces_agree_in_single_precision(name):
    assert gap(name, torch.float32) < 1e-5  # float32 carries 7 digits; the longest sum here has 30 terms


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


BY_HAND = {"batch_norm", "cross_entropy"}


@pytest.mark.parametrize("name", sorted(PAIRS.keys() - BY_HAND - {"rbf"}))  # torch has no second derivative of cdist
def test_second_derivatives_agree_with_finite_differences(name):
    assert torch.autograd.gradgradcheck(PAIRS[name].fast, EXAMPLES[name].inputs(torch.float64))


@pytest.mark.parametrize("name", sorted(BY_HAND))
def test_a_backward_pass_by_hand_refuses_a_second_derivative(name):
    """Its results look like constants to autograd, which would return a Hessian of zeros without a word."""
    inputs = EXAMPLES[name].inputs(torch.float64)
    with pytest.raises(UserError, match=f"fast {name} has no second derivative"):
        torch.autograd.gradgradcheck(PAIRS[name].fast, inputs)
    assert torch.autograd.gradgradcheck(PAIRS[name].definition, inputs)
