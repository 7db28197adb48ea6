"""Every operation's definition, fast implementation and reference agree, in values and in gradients."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from inspect import signature

import jaxtyping
import pytest
import torch
from jaxtyping import TypeCheckError
from torch import Tensor
from torch.testing import assert_close

from firsthand import nn
from firsthand.check.operations import EXAMPLES, gap, outputs_and_gradients, pair, versions
from firsthand.definition import Pair
from firsthand.errors import UserError
from firsthand.nn import PAIRS, definitions, relu, tanh


def test_every_pair_has_an_example():
    assert PAIRS.keys() == {pair(name).name for name in EXAMPLES}
    assert PAIRS.keys() <= EXAMPLES.keys()


@pytest.mark.parametrize("name", EXAMPLES)
def test_versions_agree(name):
    truth = outputs_and_gradients(pair(name).definition, name)
    for version, call in versions(name).items():
        # Float64 carries 16 digits and the sums are short: 1e-10 leaves room for their order, not for a wrong term.
        found = outputs_and_gradients(call, name)
        assert_close(found, truth, rtol=1e-10, atol=1e-12, msg=lambda m, version=version: f"{version}: {m}")


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("version", ["definition", "fast"])
def test_gradients_agree_with_finite_differences(name, version):
    assert torch.autograd.gradcheck(versions(name)[version], EXAMPLES[name].inputs(torch.float64))


@pytest.mark.parametrize("name", EXAMPLES)
def test_arguments_may_come_by_name(name):
    """The definition, its fast implementation and their guard call them alike."""
    inputs, parameters = EXAMPLES[name].inputs(torch.float64), signature(pair(name).definition).parameters
    for call in (pair(name).definition, pair(name).fast):
        assert_close(call(**dict(zip(parameters, inputs, strict=False))), call(*inputs), rtol=0, atol=0)


@pytest.mark.parametrize("name", EXAMPLES)
def test_versions_agree_in_single_precision(name):
    assert gap(name, torch.float32) < 1e-5  # float32 carries 7 digits; the longest sum here has 30 terms


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("version", ["definition", "fast"])
def test_the_order_in_memory_does_not_matter(name, version, monkeypatch):
    """Tensors whose last axis is the slowest in memory, as a transposition leaves them."""
    call, example = versions(name)[version], EXAMPLES[name]
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


def test_gap_sees_a_wrong_version(monkeypatch):
    monkeypatch.setitem(PAIRS, "tanh", Pair("tanh", tanh.__wrapped__, lambda x: 1.001 * torch.tanh(x)))
    assert 0.9e-3 < gap("tanh") < 1.1e-3


def test_definitions_switches_to_the_definition(monkeypatch):
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
    for version in versions("relu").values():
        x = torch.zeros(3, requires_grad=True)
        version(x).sum().backward()
        assert_close(x.grad, torch.zeros(3))
    assert relu(torch.tensor([-2.0, 3.0])).tolist() == [0, 3]


BY_HAND = {
    "batch_norm", "binary_cross_entropy", "cross_entropy", "layer_norm", "local_response_norm", "masked_linear", "mse",
}  # fmt: skip


FIRST_ONLY = {"rbf", "scaled_dot_product_attention"}  # torch has no second derivative of these primitives, and says so


@pytest.mark.parametrize("name", [name for name in EXAMPLES if pair(name).name not in BY_HAND | FIRST_ONLY])
def test_second_derivatives_agree_with_finite_differences(name):
    """In one random direction, which no wrong term is likely to be at right angles to, not in every one."""
    assert torch.autograd.gradgradcheck(pair(name).fast, EXAMPLES[name].inputs(torch.float64), fast_mode=True)


@pytest.mark.parametrize("name", [name for name in EXAMPLES if pair(name).name in FIRST_ONLY])
def test_a_primitive_without_a_second_derivative_says_so(name):
    with pytest.raises(RuntimeError, match=r"derivative for .* is not implemented"):
        torch.autograd.gradgradcheck(pair(name).fast, EXAMPLES[name].inputs(torch.float64))
    assert torch.autograd.gradgradcheck(pair(name).definition, EXAMPLES[name].inputs(torch.float64), fast_mode=True)


@pytest.mark.parametrize("name", [name for name in EXAMPLES if pair(name).name in BY_HAND])
def test_a_backward_pass_by_hand_refuses_a_second_derivative(name, monkeypatch):
    """Its results look like constants to autograd, which would return a Hessian of zeros without a word."""
    monkeypatch.setattr("firsthand.nn.fast.loss.SMALL", 0)  # of a few logits it is not by hand
    inputs = EXAMPLES[name].inputs(torch.float64)
    with pytest.raises(UserError, match=f"fast {pair(name).name} has no second derivative"):
        torch.autograd.gradgradcheck(pair(name).fast, inputs)
    assert torch.autograd.gradgradcheck(pair(name).definition, inputs, fast_mode=True)


def mutants(inputs: tuple) -> Iterator[tuple[str, tuple]]:
    """The same arguments with one tensor of another shape, one of whole numbers made floats, or no rows at all.

    The sizes of an example are distinct where it matters, so that all axes of one size are the same thing.
    """
    tensors = [(place, x) for place, x in enumerate(inputs) if isinstance(x, Tensor)]
    for place, x in tensors:
        changed = {f"a new first axis of {place}": x[None], f"a new last axis of {place}": x[..., None]}
        for axis, size in enumerate(x.shape):
            rest = (slice(None),) * axis
            changed[f"axis {axis} of {place} taken away"] = x[(*rest, 0)]
            for length in {0, 1, size - 1} - {size}:
                changed[f"{length} on axis {axis} of {place}"] = x[(*rest, slice(0, length))]
            changed[f"{size + 1} on axis {axis} of {place}"] = torch.cat([x, x[(*rest, slice(0, 1))]], axis)
        if not x.is_floating_point():
            changed |= {f"{place} as {dtype}": x.to(dtype) for dtype in (torch.float32, torch.bool) if x.dtype != dtype}
            changed |= {f"{place} as {dtype}": x.to(dtype) for dtype in (torch.int32, torch.uint8)}
        if x.dtype == torch.int64:
            changed |= {f"{place} below 0": x - 1 - x.min(), f"{place} too large": x + 100}
        yield from ((what, (*inputs[:place], y, *inputs[place + 1 :])) for what, y in changed.items())
    for size in {size for _, x in tensors for size in x.shape}:
        empty = [
            x[tuple(slice(0, 0 if side == size else None) for side in x.shape)] if isinstance(x, Tensor) else x
            for x in inputs
        ]
        yield f"no {size}", tuple(empty)


def outcome(call: Callable, inputs: tuple) -> list[Tensor] | str:
    """Outputs and gradients, or the sentence of a UserError; any other error is one of the test."""
    inputs = [x.detach().requires_grad_(x.is_floating_point()) if isinstance(x, Tensor) else x for x in inputs]
    try:
        outputs = call(*inputs)
    except UserError as error:
        return str(error)
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    wanted = [x for x in inputs if isinstance(x, Tensor) and x.requires_grad]
    total = sum((y * torch.arange(1, 1 + y.numel()).view(y.shape)).sum() for y in outputs)
    return [y.detach() for y in outputs] + list(torch.autograd.grad(total, wanted, materialize_grads=True))


@pytest.mark.filterwarnings("ignore:Mean of empty slice")
@pytest.mark.parametrize("name", EXAMPLES)
def test_both_versions_refuse_the_same_inputs_in_the_same_words(name, monkeypatch):
    """What the types of the definition's arguments forbid is a UserError; else both versions answer, and the same."""
    for what, inputs in mutants(EXAMPLES[name].inputs(torch.float64)):
        monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", False)
        try:
            outcome(pair(name).definition, inputs)
            allowed = True
        except TypeCheckError:
            allowed = False
        monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)  # as it is where no tests run
        truth, found = (outcome(call, inputs) for call in (pair(name).definition, pair(name).fast))
        assert allowed or isinstance(truth, str), what
        if isinstance(truth, str) or isinstance(found, str):
            assert found == truth, what
            refuses(name, inputs, truth)
        else:
            # Float64 to rounding; of nothing there is no mean, in both.
            assert_close(found, truth, rtol=1e-10, atol=1e-10, equal_nan=True, msg=lambda m, what=what: f"{what}: {m}")


def refuses(name: str, inputs: tuple, sentence: str) -> None:
    """Whichever version serves, its users see this sentence."""
    public = getattr(nn, pair(name).name)
    assert outcome(public, inputs) == sentence
    with definitions():
        assert outcome(public, inputs) == sentence


CONVOLUTION = {
    "stride": (0, 1.5, (1, 1), True, None), "padding": (-1, 0.5, "same", (1, 1)), "dilation": (0, -1, 2.0),
    "groups": (0, 4, 1.0),
}  # fmt: skip
POOLING = {"size": (0, -1, 2.0, (2, 2), None), "stride": (0, -1, 1.5, (2, 2)), "padding": (-1, 2, 0.5, (1, 1), None)}
ATTENTION = {"p": (-0.1, 1.0, float("nan"), True, None)}
WRONG = {
    "adaptive_avg_pool2d": {"size": (0, -1, 2.5, (3, 4), None)},
    "avg_pool2d": POOLING,
    "batch_norm": {"eps": (-1.0, float("nan"))},
    "binary_cross_entropy": {"reduction": ("median", None)},
    "conv1d": CONVOLUTION,
    "conv1d, causal": {"padding": (1,)},
    "conv2d": CONVOLUTION,
    "conv_transpose2d": {"stride": (0, 1.5, (2, 2)), "padding": (-1, (1, 1)), "output_padding": (-1, 3, 0.5)},
    "cross_entropy": {"label_smoothing": (-0.1, 1.5, float("nan"))},
    "dot_product_attention": ATTENTION,
    "gelu": {"form": ("none", None)},
    "gru": {"reset": ("never", None)},
    "layer_norm": {"eps": (-1.0, float("nan"))},
    "local_response_norm": {"size": (0, 4, -1, 2.5)},
    "log_softmax": {"dim": (3, -4)},
    "max_pool2d": POOLING,
    "mse": {"reduction": ("median", None)},
    "rnn": {"nonlinearity": ("gelu", None)},
    "scaled_dot_product_attention": ATTENTION,
    "softmax": {"dim": (3, -4)},
}


@pytest.mark.parametrize("name", WRONG)
def test_both_versions_refuse_the_same_options_in_the_same_words(name, monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    inputs, parameters = EXAMPLES[name].inputs(torch.float64), signature(pair(name).definition).parameters
    for option, values in WRONG[name].items():
        for value in values:
            arguments = dict(zip(parameters, inputs, strict=False)) | {option: value}
            found = [outcome(partial(call, **arguments), ()) for call in (pair(name).definition, pair(name).fast)]
            assert isinstance(found[0], str), (option, value)
            assert found[1] == found[0], (option, value)
