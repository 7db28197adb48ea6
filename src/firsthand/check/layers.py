"""An example for every pair of faces in `firsthand.nn`, with torch's own function as the reference."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Generator, Tensor
from torch.nn import functional

from firsthand.nn import PAIRS


@dataclass(frozen=True)
class Example:
    """Arguments to try an operation on, in distinct prime sizes, and an independent reference with the same result."""

    inputs: Callable[[torch.dtype], tuple]  # the positional arguments in this dtype; the same values at every call
    reference: Callable | None = None  # takes the same arguments


def _floats(*shapes: tuple[int, ...], then: tuple = ()) -> Callable[[torch.dtype], tuple]:
    """Standard normal tensors that want a gradient, followed by the plain arguments `then`."""

    def inputs(dtype: torch.dtype) -> tuple:
        generator = Generator().manual_seed(0)
        tensors = [torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes]
        return *(tensor.to(dtype).requires_grad_() for tensor in tensors), *then

    return inputs


def _numbers(shape: tuple[int, ...], below: int) -> Tensor:
    return torch.randint(below, shape, generator=Generator().manual_seed(1))


def _embedding(dtype: torch.dtype) -> tuple:
    return _numbers((5, 3), below=7), *_floats((7, 11))(dtype)


def _near_codes(dtype: torch.dtype) -> tuple:
    """Half the rows lie within 1e-6 of a code, where |x|^2 - 2 x.c + |c|^2 would cancel to noise."""
    x, codes = (tensor.detach().double() for tensor in _floats((7, 13), (5, 13))(torch.float64))
    x[:3] = codes[:3] + 1e-6 * x[:3]
    return x.to(dtype).requires_grad_(), codes.to(dtype).requires_grad_()


def _batch_norm(x: Tensor, weight: Tensor, bias: Tensor, eps: float) -> tuple[Tensor, Tensor, Tensor]:
    """With momentum 1 the running averages are the batch's statistics, the variance unbiased."""
    mean, variance = torch.zeros_like(weight), torch.ones_like(weight)
    y = functional.batch_norm(x, mean, variance, weight, bias, training=True, momentum=1.0, eps=eps)
    return y, mean, variance * (len(x) - 1) / len(x)


def _subsample(x: Tensor, gain: Tensor, bias: Tensor) -> Tensor:
    """Every map has one kernel of four equal weights, moved by two pixels."""
    channels = len(gain)
    kernels = gain.view(channels, 1, 1, 1).expand(channels, 1, 2, 2)
    return functional.conv2d(x, kernels, bias, stride=2, groups=channels)


EXAMPLES: dict[str, Example] = {
    "avg_pool2d": Example(_floats((2, 5, 6, 9), then=(3,)), functional.avg_pool2d),
    "batch_norm": Example(_floats((13, 7), (7,), (7,), then=(1e-3,)), _batch_norm),
    "conv2d": Example(_floats((2, 3, 5, 7), (11, 3, 3, 2), (11,), then=(2, 1)), functional.conv2d),
    "cross_entropy": Example(_floats((7, 5), then=(_numbers((7,), below=5),)), functional.cross_entropy),
    "embedding": Example(_embedding, functional.embedding),
    "linear": Example(_floats((2, 3, 5), (7, 5), (7,)), functional.linear),
    "log_softmax": Example(_floats((3, 7, 5), then=(1,)), functional.log_softmax),
    "max_pool2d": Example(_floats((2, 5, 6, 9), then=(3,)), functional.max_pool2d),
    "rbf": Example(_near_codes, lambda x, codes: torch.stack([((x - code) ** 2).sum(1) for code in codes], 1)),
    "relu": Example(_floats((3, 5)), functional.relu),
    "sigmoid": Example(_floats((3, 5)), functional.sigmoid),
    "softmax": Example(_floats((3, 7, 5), then=(1,)), functional.softmax),
    "subsample": Example(_floats((2, 3, 4, 10), (3,), (3,)), _subsample),
    "tanh": Example(_floats((3, 5)), functional.tanh),
}


def outputs_and_gradients(face: Callable, name: str, dtype: torch.dtype = torch.float64) -> list[Tensor]:
    """What a face gives for its example: the outputs, then the gradient of every float argument.

    The gradient is of the outputs' sum under fixed random weights, so that no error can hide in a symmetry.
    """
    inputs = EXAMPLES[name].inputs(dtype)
    outputs = face(*inputs)
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    wanted = [x for x in inputs if isinstance(x, Tensor) and x.requires_grad]
    generator = Generator().manual_seed(2)
    ways = [torch.randn(y.shape, generator=generator, dtype=torch.float64).to(dtype) for y in outputs]
    total = sum((y * way).sum() for y, way in zip(outputs, ways, strict=True))
    return [y.detach() for y in outputs] + list(torch.autograd.grad(total, wanted))


def faces(name: str) -> dict[str, Callable]:
    """Everything that must agree for one pair: definition, fast face and, where there is one, the reference."""
    pair, example = PAIRS[name], EXAMPLES[name]
    found = {"definition": pair.definition, "fast": pair.fast}
    return found | ({"reference": example.reference} if example.reference else {})


def gap(name: str, dtype: torch.dtype = torch.float64) -> float:
    """The largest relative distance |a - b| / |b| (norms) of any face's output or gradient from the definition's."""
    results = {face: outputs_and_gradients(call, name, dtype) for face, call in faces(name).items()}
    truth = results.pop("definition")
    return max(
        ((a - b).norm() / b.norm()).item() for other in results.values() for a, b in zip(other, truth, strict=True)
    )
