"""Examples for every operation of `firsthand.nn`, with torch's own function as the reference."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Generator, Tensor
from torch.nn import functional
from torch.nn.utils import rnn

from firsthand.check.rounding import OPERATION, Draw, moved
from firsthand.definition import Pair
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
    n = x.numel() / len(weight)
    return y, mean, variance * (n - 1) / n


def _subsample(x: Tensor, gain: Tensor, bias: Tensor) -> Tensor:
    """Every map has one kernel of four equal weights, moved by two pixels."""
    channels = len(gain)
    kernels = gain.view(channels, 1, 1, 1).expand(channels, 1, 2, 2)
    return functional.conv2d(x, kernels, bias, stride=2, groups=channels)


def _conv1d(
    x: Tensor, weight: Tensor, bias: Tensor, stride: int, padding: int, dilation: int, groups: int, causal: bool
):
    """Causal: torch pads both ends alike, and what sees the future is cut off."""
    if not causal:
        return functional.conv1d(x, weight, bias, stride, padding, dilation, groups)
    y = functional.conv1d(x, weight, bias, 1, dilation * (weight.shape[2] - 1), dilation, groups)
    return y[..., : x.shape[2] : stride]


def _local_response_norm(x: Tensor, size: int, alpha: float, beta: float, k: float) -> Tensor:
    """torch multiplies the mean of the squares by alpha, the paper the sum."""
    return functional.local_response_norm(x, size, alpha * size, beta, k)


def _cross_entropy(
    logits: Tensor, targets: Tensor, weight: Tensor | None, label_smoothing: float, ignore_index: int | None
) -> Tensor:
    ignored = -100 if ignore_index is None else ignore_index
    return functional.cross_entropy(
        logits, targets, weight, ignore_index=ignored, label_smoothing=label_smoothing
    )  # fmt: skip


def _weighted(dtype: torch.dtype) -> tuple:
    """Class weights, smoothed labels, and rows of class 3 that do not count."""
    weight = torch.tensor([0.5, 2.0, 1.0, 7.0, 0.0], dtype=dtype)
    return *_floats((11, 5))(dtype), _numbers((11,), below=5), weight, 0.1, 3


def _shares(dtype: torch.dtype) -> tuple:
    """Targets anywhere between 0 and 1, not 0 and 1 only."""
    logits, targets = _floats((3, 5), (3, 5))(dtype)
    return logits, targets.detach().sigmoid().requires_grad_()


def _cut(dtype: torch.dtype) -> tuple:
    """A mask of ones and zeros, which wants no gradient."""
    x, weight, bias = _floats((3, 5), (7, 5), (7,))(dtype)
    return x, weight, _numbers((7, 5), below=2).to(dtype), bias


def _attention(scale: float | None) -> Callable:
    def reference(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None, causal: bool = False) -> Tensor:
        """Forbidden scores are -inf in a tensor that is added; the last query stands at the last key."""
        scores = torch.zeros(q.shape[-2], k.shape[-2], dtype=q.dtype)
        if causal:
            scores += torch.full_like(scores, -torch.inf).triu(1 + k.shape[-2] - q.shape[-2])
        if mask is not None:
            scores = torch.where(mask, scores, -torch.inf)
        return functional.scaled_dot_product_attention(q, k, v, scores, scale=scale)

    return reference


def _masked(dtype: torch.dtype) -> tuple:
    """Some keys are forbidden to some queries, and all keys to one of them."""
    mask = _numbers((2, 1, 5, 7), below=3) > 0
    mask[1, 0, 2] = False
    return *_floats((2, 3, 5, 11), (2, 3, 7, 11), (2, 3, 7, 11))(dtype), mask, True


def _recurrent(kind: type[torch.nn.Module], **options: str) -> Callable:
    """One layer of torch.nn, with its weights as arguments; the backward direction is the second of a pair."""

    def run(x: Tensor, *arguments) -> tuple[Tensor, ...]:
        count = 2 if kind is torch.nn.LSTM else 1
        states, (w_ih, w_hh, b_ih, b_hh) = arguments[:count], arguments[count : count + 4]
        lengths, reverse = arguments[-2:]
        names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
        weights = dict(zip(names, (w_ih, w_hh, b_ih, b_hh), strict=True))
        if reverse:
            weights |= {f"{name}_reverse": weight for name, weight in weights.items()}
        layer = kind(x.shape[2], w_hh.shape[1], batch_first=True, bidirectional=reverse, dtype=x.dtype, **options)
        starts = [state.expand(2 if reverse else 1, *state.shape) for state in states]
        batch = x if lengths is None else rnn.pack_padded_sequence(x, lengths, True, enforce_sorted=False)
        start = tuple(starts) if count == 2 else starts[0]
        y, last = torch.func.functional_call(layer, weights, (batch, start))
        y = y if lengths is None else rnn.pad_packed_sequence(y, True, total_length=x.shape[1])[0]
        return y[..., -w_hh.shape[1] :], *(state[-1] for state in (last if count == 2 else (last,)))

    return run


def _sequences(
    gates: int, states: int, peepholes: int = 0, hidden: int = 2, then: tuple = ()
) -> Callable[[torch.dtype], tuple]:
    """x, the states, W_ih, W_hh, both biases and the peepholes for 3 sequences of 4 steps, 2 wide.

    Smaller than other examples: a second derivative by finite differences takes a walk for every pair of numbers.
    """
    rows = hidden * gates
    weights = ((rows, 2), (rows, hidden), (rows,), (rows,))
    return _floats((3, 4, 2), *[(3, hidden)] * states, *weights, *[(hidden,)] * peepholes, then=then)


_LENGTHS = torch.tensor([2, 4, 1])

# The name of the pair, and after a comma what is special about the arguments.
EXAMPLES: dict[str, Example] = {
    "adaptive_avg_pool2d": Example(_floats((2, 5, 7, 11), then=(3,)), functional.adaptive_avg_pool2d),
    "avg_pool2d": Example(_floats((2, 5, 6, 9), then=(3,)), functional.avg_pool2d),
    "avg_pool2d, overlapping": Example(_floats((2, 5, 6, 9), then=(3, 2, 1)), functional.avg_pool2d),
    "batch_norm": Example(_floats((13, 7), (7,), (7,), then=(1e-3,)), _batch_norm),
    "batch_norm, images": Example(_floats((3, 7, 2, 5), (7,), (7,), then=(1e-3,)), _batch_norm),
    "binary_cross_entropy": Example(_shares, functional.binary_cross_entropy_with_logits),
    "conv1d": Example(_floats((2, 4, 11), (6, 2, 3), (6,), then=(2, 3, 2, 2, False)), _conv1d),
    "conv1d, causal": Example(_floats((2, 3, 11), (5, 3, 2), (5,), then=(1, 0, 4, 1, True)), _conv1d),
    "conv2d": Example(_floats((2, 3, 5, 7), (11, 3, 3, 2), (11,), then=(2, 1)), functional.conv2d),
    "conv2d, groups": Example(_floats((2, 6, 5, 7), (9, 2, 3, 2), (9,), then=(1, 1, 2, 3)), functional.conv2d),
    "conv_transpose2d": Example(_floats((2, 3, 2, 3), (3, 5, 3, 2), (5,), then=(3, 1, 2)), functional.conv_transpose2d),
    "cross_entropy": Example(_floats((7, 5), then=(_numbers((7,), below=5),)), functional.cross_entropy),
    "cross_entropy, all options": Example(_weighted, _cross_entropy),
    "dot_product_attention": Example(_floats((3, 5, 2), (3, 7, 2), (3, 7, 11)), _attention(1.0)),
    "elu": Example(_floats((3, 5)), functional.elu),
    "elu, alpha": Example(_floats((3, 5), then=(0.7,)), functional.elu),
    "embedding": Example(_embedding, functional.embedding),
    "gelu": Example(_floats((3, 5)), functional.gelu),
    "gelu, tanh": Example(_floats((3, 5), then=("tanh",)), lambda x, form: functional.gelu(x, approximate=form)),
    "gru": Example(_sequences(3, 1, then=("after", None, False)), _recurrent(torch.nn.GRU)),
    "gru, reset before": Example(_sequences(3, 1, then=("before", None, False))),
    "gru, reset before, lengths, reverse": Example(_sequences(3, 1, then=("before", _LENGTHS, True))),
    "gru, lengths, reverse": Example(_sequences(3, 1, then=("after", _LENGTHS, True)), _recurrent(torch.nn.GRU)),
    "layer_norm": Example(
        _floats((2, 3, 7), (7,), (7,), then=(1e-3,)), lambda x, g, b, eps: functional.layer_norm(x, (7,), g, b, eps)
    ),
    "leaky_relu": Example(_floats((3, 5), then=(0.2,)), functional.leaky_relu),
    "linear": Example(_floats((2, 3, 5), (7, 5), (7,)), functional.linear),
    "local_response_norm": Example(_floats((2, 7, 3, 2), then=(5, 0.1, 0.75, 2.0)), _local_response_norm),
    "log_softmax": Example(_floats((3, 7, 5), then=(1,)), functional.log_softmax),
    "lstm": Example(_sequences(4, 2, then=(None, False)), _recurrent(torch.nn.LSTM)),
    "lstm, lengths, reverse": Example(_sequences(4, 2, then=(_LENGTHS, True)), _recurrent(torch.nn.LSTM)),
    "lstm_1997": Example(_sequences(3, 2, then=(None, False))),
    "lstm_1997, lengths, reverse": Example(_sequences(3, 2, then=(_LENGTHS, True))),
    "lstm_peephole": Example(_sequences(4, 2, 3, then=(None, False))),
    "lstm_peephole, lengths": Example(_sequences(4, 2, 3, then=(_LENGTHS, False))),
    "masked_linear": Example(_cut, lambda x, w, m, b: functional.linear(x, torch.where(m == 1, w, 0), b)),
    "max_pool2d": Example(_floats((2, 5, 6, 9), then=(3,)), functional.max_pool2d),
    "max_pool2d, overlapping": Example(
        _floats((2, 3, 6, 9), then=(3, 2, 1, True)),
        lambda x, size, stride, padding, ceil: functional.max_pool2d(x, size, stride, padding, ceil_mode=ceil),
    ),
    "max_pool2d, beyond the edge": Example(  # a last window that would begin in the right padding is left out
        _floats((2, 3, 5, 8), then=(2, 3, 1, True)),
        lambda x, size, stride, padding, ceil: functional.max_pool2d(x, size, stride, padding, ceil_mode=ceil),
    ),
    "mse": Example(_floats((3, 5), (3, 5)), functional.mse_loss),
    "mse, sum": Example(
        _floats((3, 5), (3, 5), then=("sum",)), lambda y, t, how: functional.mse_loss(y, t, reduction=how)
    ),
    "rbf": Example(_near_codes, lambda x, codes: torch.stack([((x - code) ** 2).sum(1) for code in codes], 1)),
    "relu": Example(_floats((3, 5)), functional.relu),
    "rnn": Example(_sequences(1, 1, then=("tanh", None, False)), _recurrent(torch.nn.RNN)),
    "rnn, relu, reverse": Example(
        _sequences(1, 1, hidden=5, then=("relu", None, True)), _recurrent(torch.nn.RNN, nonlinearity="relu")
    ),
    "rnn, lengths": Example(_sequences(1, 1, then=("tanh", _LENGTHS, False)), _recurrent(torch.nn.RNN)),
    "scaled_dot_product_attention": Example(_floats((2, 3, 5, 11), (2, 3, 7, 11), (2, 3, 7, 11)), _attention(None)),
    "scaled_dot_product_attention, causal": Example(
        _floats((2, 3, 5, 11), (2, 3, 5, 11), (2, 3, 5, 11), then=(None, True)), _attention(None)
    ),
    "scaled_dot_product_attention, masked": Example(_masked, _attention(None)),
    "sigmoid": Example(_floats((3, 5)), functional.sigmoid),
    "silu": Example(_floats((3, 5)), functional.silu),
    "softmax": Example(_floats((3, 7, 5), then=(1,)), functional.softmax),
    "softplus": Example(_floats((3, 5)), lambda x: -functional.logsigmoid(-x)),  # torch's softplus is x from 20 on
    "subsample": Example(_floats((2, 3, 4, 10), (3,), (3,)), _subsample),
    "tanh": Example(_floats((3, 5)), functional.tanh),
}


def pair(name: str) -> Pair:
    """The pair that an example is for."""
    return PAIRS[name.split(",")[0]]


def outputs_and_gradients(
    version: Callable, name: str, dtype: torch.dtype = torch.float64, draw: Draw | None = None
) -> list[Tensor]:
    """What a version of an operation gives for its example: the outputs, then the gradient of every float argument.

    The gradient is of the outputs' sum under fixed random weights, so that no error can hide in a symmetry.
    With a draw the arguments that want a gradient are `moved` first.
    """
    inputs = EXAMPLES[name].inputs(dtype)
    inputs = tuple(
        moved(x.detach(), draw, OPERATION.get(dtype, 0)).requires_grad_()
        if isinstance(x, Tensor) and x.requires_grad
        else x
        for x in inputs
    )
    outputs = version(*inputs)
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    wanted = [x for x in inputs if isinstance(x, Tensor) and x.requires_grad]
    generator = Generator().manual_seed(2)
    ways = [torch.randn(y.shape, generator=generator, dtype=torch.float64).to(dtype) for y in outputs]
    total = sum((y * way).sum() for y, way in zip(outputs, ways, strict=True))
    return [y.detach() for y in outputs] + list(torch.autograd.grad(total, wanted))


def versions(name: str) -> dict[str, Callable]:
    """All that must agree for one example: definition, fast implementation and, where there is one, the reference."""
    example = EXAMPLES[name]
    found = {"definition": pair(name).definition, "fast": pair(name).fast}
    return found | ({"reference": example.reference} if example.reference else {})


def gap(name: str, dtype: torch.dtype = torch.float64) -> float:
    """The largest relative distance |a - b| / |b| (norms) of any version's output or gradient from the definition's."""
    results = {version: outputs_and_gradients(call, name, dtype) for version, call in versions(name).items()}
    truth = results.pop("definition")
    return max(
        ((a - b).norm() / b.norm()).item() for other in results.values() for a, b in zip(other, truth, strict=True)
    )
