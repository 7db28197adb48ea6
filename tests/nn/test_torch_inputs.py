"""The inputs on which torch tests its own modules, on ours: equal values and gradients, or a refusal with its reason.

Transcribed from `module_db` of torch.testing._internal.common_modules (torch 2.13), which takes seven seconds to import
and a package that we do not need. `REFUSED` names every option and shape of theirs that ours do not take.
"""

from collections.abc import Callable

import jaxtyping
import pytest
import torch
from torch import Tensor
from torch.testing import assert_close

from firsthand import nn
from firsthand.errors import UserError
from firsthand.nn import definitions

PIXELS = (2, 3, 6, 6)
AXES = "one number for all axes"
GAINS = "gains and biases are part of the layer"
# The module, the option or the shape: why it is refused. Python refuses an option whose name does not exist.
REFUSED: dict[tuple[str, str], str] = {
    ("AdaptiveAvgPool2d", "(3, 4)"): AXES,
    ("AdaptiveAvgPool2d", "(3, None)"): AXES,
    ("AvgPool2d", "(2, 2)"): AXES,
    ("AvgPool2d", "divisor_override"): "a mean divides by the number of pixels",
    ("BatchNorm1d", "affine"): GAINS,
    ("BatchNorm1d", "bias"): GAINS,
    ("BatchNorm1d", "momentum=None"): "a cumulative average is not the paper's",
    ("BatchNorm1d", "track_running_stats"): "the running averages are part of the layer",
    ("BCEWithLogitsLoss", "weight"): "weights of examples are a product with reduction='none'",
    ("Conv1d", "padding='same'"): "a number says how many zeros there are",
    ("CrossEntropyLoss", "float targets"): "targets are classes; shares of all classes come by label_smoothing only",
    ("CrossEntropyLoss", "reduction"): "a mean over the rows that count",
    ("CrossEntropyLoss", "more than two axes"): "a batch of sequences comes as one long batch",
    ("GELU", "approximate='none'"): "the form without approximation is called 'exact'",
    ("LSTM", "proj_size"): "no paper here projects the hidden state",
    ("LayerNorm", "bias"): GAINS,
    ("LayerNorm", "elementwise_affine"): GAINS,
    ("LayerNorm", "normalized_shape"): "the last axis alone is normalised: one number",
    ("LocalResponseNorm", "size=2"): "an even window leans to one side",
    ("MaxPool2d", "(3, 3)"): AXES,
    ("MaxPool2d", "return_indices"): "the places of the largest are not asked for",
    ("MultiheadAttention", "add_bias_kv"): "not in the paper",
    ("MultiheadAttention", "add_zero_attn"): "not in the paper",
    ("NLLLoss", "reduction"): "a mean over the rows that count",
    ("NLLLoss", "more than two axes"): "a batch of sequences comes as one long batch",
    ("Softplus", "beta"): "log(1 + e^x) has no options",
    ("Softplus", "threshold"): "log(1 + e^x) has no options",
    ("every layer with a batch axis", "no batch axis"): "x[None] is a batch of one",
    ("RNN, LSTM, GRU, MultiheadAttention", "batch_first"): "the batch always comes first",
}


@pytest.fixture(autouse=True)
def as_users_have_it(monkeypatch):
    """Without the checks of shapes that these tests run with, which would refuse before we do."""
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)


def numbers(*shape: int) -> Tensor:
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(sum(shape)))


def apply(call: Callable, tensors: tuple, parameters: list[Tensor]) -> list[Tensor]:
    """The first output, and the gradients of the inputs and of the parameters."""
    tensors = [x.detach().requires_grad_(x.is_floating_point()) for x in tensors]
    y = call(*tensors)
    y = y[0] if isinstance(y, tuple) else y
    total = (y * torch.arange(1, 1 + y.numel(), dtype=y.dtype).view(y.shape).sin()).sum()
    wanted = [x for x in (*tensors, *parameters) if x.requires_grad]
    return [y.detach(), *torch.autograd.grad(total, wanted)]


def same(ours: Callable, theirs: Callable, *tensors: Tensor) -> None:
    """Definition and fast implementation of ours give what theirs gives: float64 to rounding, in another order."""
    parameters: list[list[Tensor]] = [[], []]
    if isinstance(theirs, torch.nn.Module):
        theirs.double()
    if isinstance(ours, torch.nn.Module):
        ours.double().load_state_dict(theirs.state_dict())
        parameters = [[p for _, p in sorted(module.named_parameters())] for module in (ours, theirs)]
    truth = apply(theirs, tensors, parameters[1])
    found = apply(ours, tensors, parameters[0])
    with definitions():
        again = apply(ours, tensors, parameters[0])
    for mine in (found, again):
        assert_close(mine, truth, rtol=1e-10, atol=1e-12)


def refused(module: str, what: str, call: Callable) -> None:
    """By one of our sentences; by Python, where the option has a name that ours has not."""
    assert (module, what) in REFUSED
    with pytest.raises((UserError, TypeError)) as caught:
        call()
    assert isinstance(caught.value, UserError) or f"unexpected keyword argument '{what}'" in str(caught.value)


def function(call: Callable, **options) -> Callable:
    return lambda *tensors: call(*tensors, **options)


# Our module or function, torch's with its options, and the shape of the input.
SAME: list[tuple[Callable, Callable, tuple[int, ...]]] = [
    (function(nn.adaptive_avg_pool2d, size=3), torch.nn.AdaptiveAvgPool2d(3), (1, 3, 5, 6)),
    (function(nn.adaptive_avg_pool2d, size=1), torch.nn.AdaptiveAvgPool2d(1), (1, 3, 5, 6)),
    (function(nn.avg_pool2d, size=2), torch.nn.AvgPool2d((2, 2)), PIXELS),
    (function(nn.avg_pool2d, size=2, stride=2), torch.nn.AvgPool2d((2, 2), (2, 2)), PIXELS),
    (function(nn.avg_pool2d, size=2, stride=2, padding=1), torch.nn.AvgPool2d((2, 2), (2, 2), (1, 1)), PIXELS),
    (nn.BatchNorm1d(10), torch.nn.BatchNorm1d(10), (4, 10)),
    (nn.BatchNorm1d(5), torch.nn.BatchNorm1d(5), (4, 5, 3)),
    (nn.BatchNorm1d(10, 1e-3, 0.3), torch.nn.BatchNorm1d(10, 1e-3, 0.3), (4, 10)),
    (nn.BatchNorm2d(3), torch.nn.BatchNorm2d(3), PIXELS),
    (nn.BatchNorm2d(3, 1e-3, 0.8), torch.nn.BatchNorm2d(3, 1e-3, 0.8), PIXELS),
    (nn.Conv1d(4, 5, 3), torch.nn.Conv1d(4, 5, 3), (2, 4, 3)),
    (nn.Conv1d(4, 5, 3, padding=1), torch.nn.Conv1d(4, 5, 3, padding="same"), (2, 4, 3)),
    (nn.Conv2d(4, 5, 3), torch.nn.Conv2d(4, 5, 3), (2, 4, 3, 4)),
    (nn.Conv2d(4, 5, 3, padding=1), torch.nn.Conv2d(4, 5, 3, padding="same"), (2, 4, 3, 4)),
    (nn.ConvTranspose2d(4, 5, 3), torch.nn.ConvTranspose2d(4, 5, 3), (2, 4, 3, 4)),
    *((nn.ELU(2.0), torch.nn.ELU(2.0), shape) for shape in ((3, 2, 5), (), (2, 3, 2, 5))),
    (nn.ELU(), torch.nn.ELU(), (3,)),
    *((nn.GELU("exact"), torch.nn.GELU("none"), shape) for shape in ((), (3, 2, 5), (3,))),
    (nn.LayerNorm(5, 1e-3), torch.nn.LayerNorm([5], 1e-3), (4, 5, 5)),
    (nn.LayerNorm(5, 1e-3), torch.nn.LayerNorm([5], 1e-3), (128, 5, 5)),
    (nn.LayerNorm(5, 1e-3), torch.nn.LayerNorm([5], 1e-3), (0, 5)),
    *((nn.LeakyReLU(), torch.nn.LeakyReLU(), shape) for shape in ((3, 2, 5), (4,))),
    *((nn.LeakyReLU(0.5), torch.nn.LeakyReLU(0.5), shape) for shape in ((3, 2, 5), ())),
    (nn.LeakyReLU(0.0), torch.nn.LeakyReLU(0.0), (10, 10)),
    (nn.Linear(10, 8), torch.nn.Linear(10, 8), (4, 10)),
    (nn.Linear(10, 8, bias=False), torch.nn.Linear(10, 8, bias=False), (4, 10)),
    (nn.Linear(3, 5), torch.nn.Linear(3, 5), (3,)),
    (function(nn.local_response_norm, size=3, alpha=1e-4 / 3, k=1.0), torch.nn.LocalResponseNorm(3), (1, 5, 7)),
    (
        function(nn.local_response_norm, size=1, alpha=1.0, beta=0.5, k=2.0),
        torch.nn.LocalResponseNorm(1, 1.0, 0.5, 2.0), (1, 5, 7, 7, 7),
    ),
    (
        function(nn.max_pool2d, size=3, stride=2, padding=1),
        torch.nn.MaxPool2d((3, 3), (2, 2), (1, 1)), (1, 3, 7, 7),
    ),
    *(
        (ours(), theirs(), shape)
        for ours, theirs in (
            (nn.ReLU, torch.nn.ReLU), (nn.Sigmoid, torch.nn.Sigmoid),
            (nn.SiLU, torch.nn.SiLU), (nn.Tanh, torch.nn.Tanh),
        )
        for shape in ((), (4,), (5, 6, 7), (2, 3, 4, 5), (2, 3, 3, 4, 5))
    ),
    *(
        (function(ours, dim=dim), theirs(dim), shape)
        for ours, theirs in ((nn.softmax, torch.nn.Softmax), (nn.log_softmax, torch.nn.LogSoftmax))
        for dim, shape in ((1, (10, 20)), (1, (1, 3, 10, 20)), (0, ()), (-1, (4, 5)))
    ),
    *((nn.softplus, torch.nn.Softplus(threshold=40), shape) for shape in ((10, 20), (4,))),
]  # fmt: skip


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("case", range(len(SAME)), ids=lambda case: f"{SAME[case][1]} {SAME[case][2]}")
def test_same_as_torch(case, training):
    ours, theirs, shape = SAME[case]
    theirs.train(training)
    if isinstance(ours, torch.nn.Module):
        ours.train(training)
    same(ours, theirs, numbers(*shape))


NO_BATCH = "every layer with a batch axis", "no batch axis"
LINE, PLANE, PLANES = numbers(4, 3), numbers(3, 6, 6), numbers(2, 3, 6, 6)
REFUSALS: list[tuple[str, str, Callable]] = [
    ("AdaptiveAvgPool2d", "(3, 4)", lambda: nn.adaptive_avg_pool2d(PLANES, (3, 4))),
    ("AdaptiveAvgPool2d", "(3, None)", lambda: nn.adaptive_avg_pool2d(PLANES, (3, None))),
    ("AvgPool2d", "(2, 2)", lambda: nn.avg_pool2d(PLANES, (2, 2))),
    ("AvgPool2d", "(2, 2)", lambda: nn.avg_pool2d(PLANES, 2, (2, 2))),
    ("AvgPool2d", "divisor_override", lambda: nn.avg_pool2d(PLANES, 2, divisor_override=1)),
    ("BCEWithLogitsLoss", "weight", lambda: nn.binary_cross_entropy(LINE, LINE, weight=numbers(3))),
    *(
        ("BatchNorm1d", option, lambda layer=layer, option=option: layer(5, **{option: False}))
        for layer in (nn.BatchNorm1d, nn.BatchNorm2d)
        for option in ("affine", "bias", "track_running_stats")
    ),
    ("BatchNorm1d", "momentum=None", lambda: nn.BatchNorm1d(10, 1e-3, None)),
    ("Conv1d", "padding='same'", lambda: nn.Conv1d(4, 5, 3, padding="same")),
    ("Conv1d", "padding='same'", lambda: nn.Conv2d(4, 5, 3, padding="same")),
    ("GELU", "approximate='none'", lambda: nn.GELU("none")),
    ("LayerNorm", "bias", lambda: nn.LayerNorm(5, bias=False)),
    ("LayerNorm", "elementwise_affine", lambda: nn.LayerNorm(5, elementwise_affine=False)),
    ("LayerNorm", "normalized_shape", lambda: nn.LayerNorm([5], 1e-3)),
    ("LayerNorm", "normalized_shape", lambda: nn.LayerNorm([2, 2, 5], 1e-3)),
    ("LocalResponseNorm", "size=2", lambda: nn.local_response_norm(numbers(1, 5, 7, 7), 2)),
    ("MaxPool2d", "(3, 3)", lambda: nn.max_pool2d(PLANES, (3, 3), (2, 2), (1, 1))),
    ("MaxPool2d", "return_indices", lambda: nn.max_pool2d(PLANES, 3, 2, 1, return_indices=True)),
    ("Softplus", "beta", lambda: nn.softplus(LINE, beta=2)),
    ("Softplus", "threshold", lambda: nn.softplus(LINE, threshold=-100)),
    (*NO_BATCH, lambda: nn.adaptive_avg_pool2d(PLANE, 3)),
    (*NO_BATCH, lambda: nn.avg_pool2d(PLANE, 2)),
    (*NO_BATCH, lambda: nn.Conv1d(4, 5, 3).double()(LINE)),
    (*NO_BATCH, lambda: nn.Conv2d(3, 5, 3).double()(PLANE)),
    (*NO_BATCH, lambda: nn.ConvTranspose2d(3, 5, 3).double()(PLANE)),
    (*NO_BATCH, lambda: nn.max_pool2d(PLANE, 3)),
]


@pytest.mark.parametrize("case", range(len(REFUSALS)), ids=lambda case: " ".join(REFUSALS[case][:2]))
def test_what_torch_takes_and_we_do_not(case):
    refused(*REFUSALS[case])


def test_batch_norm_of_no_rows():
    """Of no rows torch makes numbers that are none; without rows there are no statistics."""
    with pytest.raises(UserError, match="trains on two"):
        nn.BatchNorm1d(5)(numbers(0, 5, 9))


@pytest.mark.parametrize("batch_first", [True, False])
@pytest.mark.parametrize("bidirectional", [True, False])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("kind", ["GRU", "LSTM", "RNN", "RNN relu"])
def test_recurrent(kind, bias, bidirectional, batch_first):
    """Two layers, with a start and without: torch's inputs have no batch axis, ours get one."""
    kind, *relu = kind.split()
    options = {"num_layers": 2, "bias": bias, "bidirectional": bidirectional}
    options |= {"nonlinearity": "relu"} if relu else {}
    layer = getattr(nn, kind)
    ours = layer(2, 3, **options).double()
    theirs = getattr(torch.nn, kind)(2, 3, batch_first=batch_first, **options).double()
    theirs.load_state_dict(ours.state_dict())

    def mine(x: Tensor, *start: Tensor) -> Tensor:
        start = tuple(state[:, None] for state in start)
        return ours(x[None], start if len(start) == 2 else start[0] if start else None)[0][0]

    def twin(x: Tensor, *start: Tensor) -> Tensor:
        return theirs(x, start if len(start) == 2 else start[0] if start else None)[0]

    x, start = numbers(3, 2), numbers(4 if bidirectional else 2, 3)
    same(mine, twin, x)
    same(mine, twin, x, *[start] * (2 if kind == "LSTM" else 1))
    refused(*NO_BATCH, lambda: ours(x))
    refused("RNN, LSTM, GRU, MultiheadAttention", "batch_first", lambda: layer(2, 3, batch_first=batch_first))
    if kind == "LSTM":
        refused("LSTM", "proj_size", lambda: layer(2, 3, proj_size=2))


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("padding", [True, False])
@pytest.mark.parametrize("masked", [True, False])
def test_multihead_attention(bias, padding, masked):
    """The last key is forbidden; torch's masks say which keys are not to be looked at, and have an axis of heads."""
    ours = nn.MultiheadAttention(3, 3, bias=bias).double()
    theirs = torch.nn.MultiheadAttention(3, 3, bias=bias).double()
    theirs.load_state_dict(ours.state_dict())
    last = torch.tensor([False, False, True])
    keep, mask = (~last[None] if padding else None), (~last.expand(1, 3, 3, 3) if masked else None)
    x = numbers(3, 3)
    refused(*NO_BATCH, lambda: ours(x, x, x))

    def twin(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        masks = {"key_padding_mask": last if padding else None, "attn_mask": last.expand(3, 3, 3) if masked else None}
        return theirs(q, k, v, **masks)[0]

    same(lambda q, k, v: ours(q[None], k[None], v[None], mask, keep)[0], twin, x, x + 1, x - 1)
    refused("RNN, LSTM, GRU, MultiheadAttention", "batch_first", lambda: nn.MultiheadAttention(3, 3, batch_first=True))
    for option in ("add_bias_kv", "add_zero_attn"):
        refused("MultiheadAttention", option, lambda option=option: nn.MultiheadAttention(3, 3, **{option: True}))


@pytest.mark.parametrize("shape", [(2, 3), (5, 7)])
def test_embedding(shape):
    """Rows of tokens in any order of memory."""
    tokens = torch.randint(4, shape, generator=torch.Generator().manual_seed(0))
    for rows in (tokens, tokens.t()):
        same(nn.Embedding(4, 3), torch.nn.Embedding(4, 3), rows)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (), (15, 10)])
def test_losses_of_values(shape, reduction):
    x, t = numbers(*shape), numbers(*shape, 1)[..., 0].sigmoid()
    same(function(nn.mse, reduction=reduction), torch.nn.MSELoss(reduction=reduction), x, t)
    same(function(nn.binary_cross_entropy, reduction=reduction), torch.nn.BCEWithLogitsLoss(reduction=reduction), x, t)


CLASS_OPTIONS = [
    {}, {"weight": torch.tensor([0.5, 1.0, 2.0, 0.0], dtype=torch.float64)}, {"ignore_index": 1},
    {"weight": torch.tensor([0.5, 1.0, 2.0, 3.0], dtype=torch.float64), "ignore_index": 2}, {"ignore_index": -1},
    {"label_smoothing": 0.15}, {"label_smoothing": 0.15, "ignore_index": 1},
    {"label_smoothing": 0.15, "weight": torch.tensor([0.5, 1.0, 2.0, 0.1], dtype=torch.float64)},
]  # fmt: skip


@pytest.mark.parametrize("options", CLASS_OPTIONS, ids=lambda options: ", ".join(options) or "none")
@pytest.mark.parametrize("shape", [(15, 4), (2, 4, 5), (2, 4, 5, 5), (2, 4, 5, 5, 2, 2), (4,)])
def test_losses_of_classes(shape, options):
    """What has more axes, or fewer, than (batch, classes) is refused; as one long batch it gives the same."""
    axis = min(1, len(shape) - 1)
    x, rest = numbers(*shape), (*shape[:axis], *shape[axis + 1 :])
    targets = torch.arange(numbers(*rest).numel()).view(rest) % 4 if rest else torch.tensor(0)

    def long(call: Callable) -> Callable:
        return lambda x, targets: call(x.movedim(axis, -1).reshape(-1, 4), targets.reshape(-1), **options)

    pairs = [("CrossEntropyLoss", nn.cross_entropy)]
    if "label_smoothing" not in options:
        x = x.log_softmax(axis)
        pairs.append(("NLLLoss", nn.nll))
    for name, call in pairs:
        same(long(call), getattr(torch.nn, name)(**options), x, targets)
        if len(shape) > 2:
            refused(name, "more than two axes", lambda call=call: call(x, targets, **options))
        elif len(shape) == 1:
            refused(*NO_BATCH, lambda call=call: call(x, targets, **options))
        refused(name, "reduction", lambda call=call: call(x, targets, reduction="sum", **options))
    refused("CrossEntropyLoss", "float targets", lambda: nn.cross_entropy(x, x.softmax(axis), **options))
