"""Every module, whatever comes in: any order in memory, no rows at all, huge values, low precision, transforms.

`MODULES` names them all; where torch.nn has a twin with the same parameters it is the truth.
"""

import copy
import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from lightning_fabric import Fabric
from lightning_fabric.strategies import DDPStrategy
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.func import functional_call, vmap
from torch.nn import Module, ModuleDict, functional
from torch.testing import assert_close

from firsthand import nn
from firsthand.check.rounding import OPERATION, allowed, draws, moved


@dataclass(frozen=True)
class Subject:
    """How to make a module, the shape of one example for it, and its twin in torch.nn, if it has one."""

    make: Callable[[], Module]
    example: tuple[int, ...]
    twin: Callable[[], Module] | None = None
    vocab: int | None = None  # the input is tokens below this, not floats


def outputs(layer: type[Module]) -> type[Module]:
    """The same without the last state, which comes second."""

    class Outputs(layer):
        def forward(self, x):
            return super().forward(x)[0]

    return Outputs


class Twin(torch.nn.MultiheadAttention):
    """Self-attention as a function of one sequence."""

    def forward(self, x):
        return super().forward(x, x, x, need_weights=False)[0]


class OfItself(nn.AdditiveAttention):
    """Additive attention of a sequence to itself."""

    def forward(self, x):
        return super().forward(x, x)


class Words(nn.HierarchicalSoftmax):
    """All log-probabilities, not the loss."""

    def forward(self, h):
        return self.log_probabilities(h)


class Of(Module):
    """A function as a module, with fixed arguments."""

    def __init__(self, function: Callable, *arguments, **options):
        super().__init__()
        self.function, self.arguments, self.options = function, arguments, options

    def forward(self, x):
        return self.function(x, *self.arguments, **self.options)


def classify(loss: Callable, **options) -> Module:
    """A loss of logits whose targets are the classes in turn."""
    return Of(lambda x: loss(x, torch.arange(len(x)) % x.shape[1], **options))


def function(ours: Callable, theirs: Callable | None, example: tuple[int, ...], *arguments, **options) -> Subject:
    """A function, and torch's with the same arguments."""
    twin = theirs and (lambda: Of(theirs, *arguments, **options))
    return Subject(lambda: Of(ours, *arguments, **options), example, twin)


MODULES: dict[str, Subject] = {
    "AdditiveAttention": Subject(lambda: OfItself(5, 5, 7), (3, 5)),
    "BatchNorm1d": Subject(lambda: nn.BatchNorm1d(5), (5,), lambda: torch.nn.BatchNorm1d(5)),
    "BatchNorm1d of sequences": Subject(lambda: nn.BatchNorm1d(5), (5, 3), lambda: torch.nn.BatchNorm1d(5)),
    "BatchNorm2d": Subject(lambda: nn.BatchNorm2d(3), (3, 5, 2), lambda: torch.nn.BatchNorm2d(3)),
    "Conv1d": Subject(lambda: nn.Conv1d(3, 5, 2), (3, 7), lambda: torch.nn.Conv1d(3, 5, 2)),
    "Conv1d, causal": Subject(lambda: nn.Conv1d(3, 5, 2, causal=True, dilation=2), (3, 7)),
    "Conv2d": Subject(lambda: nn.Conv2d(2, 3, 3, 2, 1), (2, 5, 7), lambda: torch.nn.Conv2d(2, 3, 3, 2, 1)),
    "ConvTranspose2d": Subject(
        lambda: nn.ConvTranspose2d(2, 3, 3, 2), (2, 3, 5), lambda: torch.nn.ConvTranspose2d(2, 3, 3, 2)
    ),
    "Dropout": Subject(lambda: nn.Dropout(0.5), (5,), lambda: torch.nn.Dropout(0.5)),
    "Dropout2d": Subject(lambda: nn.Dropout2d(0.5), (3, 5, 2), lambda: torch.nn.Dropout2d(0.5)),
    "ELU": Subject(lambda: nn.ELU(0.7), (5,), lambda: torch.nn.ELU(0.7)),
    "Embedding": Subject(lambda: nn.Embedding(11, 5), (3,), lambda: torch.nn.Embedding(11, 5), vocab=11),
    "GRU": Subject(
        lambda: outputs(nn.GRU)(5, 3), (4, 5), lambda: outputs(torch.nn.GRU)(5, 3, batch_first=True)
    ),
    "GRU, reset before": Subject(lambda: outputs(nn.GRU)(5, 3, reset="before"), (4, 5)),
    "GELU": Subject(nn.GELU, (5,), torch.nn.GELU),
    "GELU, tanh": Subject(lambda: nn.GELU("tanh"), (5,), lambda: torch.nn.GELU("tanh")),
    "HierarchicalSoftmax": Subject(lambda: Words([5, 3, 2, 2, 1], 7), (7,)),
    "LSTM": Subject(
        lambda: outputs(nn.LSTM)(5, 3, 2, bidirectional=True), (4, 5),
        lambda: outputs(torch.nn.LSTM)(5, 3, 2, batch_first=True, bidirectional=True),
    ),
    "LSTM of 1997": Subject(lambda: outputs(nn.LSTM)(5, 3, form="1997"), (4, 5)),
    "LSTM, peephole": Subject(lambda: outputs(nn.LSTM)(5, 3, form="peephole"), (4, 5)),
    "LayerNorm": Subject(lambda: nn.LayerNorm(5), (3, 5), lambda: torch.nn.LayerNorm(5)),
    "LeakyReLU": Subject(nn.LeakyReLU, (5,), torch.nn.LeakyReLU),
    "LearnedPositions": Subject(lambda: nn.LearnedPositions(7, 5), (3, 5)),
    "Linear": Subject(lambda: nn.Linear(5, 7), (5,), lambda: torch.nn.Linear(5, 7)),
    "Linear of sequences": Subject(lambda: nn.Linear(5, 7), (3, 5), lambda: torch.nn.Linear(5, 7)),
    "MaskedLinear": Subject(lambda: nn.MaskedLinear(5, 7), (5,)),
    "MultiheadAttention": Subject(
        lambda: nn.MultiheadAttention(6, 2), (5, 6), lambda: Twin(6, 2, batch_first=True)
    ),
    "RNN": Subject(
        lambda: outputs(nn.RNN)(5, 3), (4, 5), lambda: outputs(torch.nn.RNN)(5, 3, batch_first=True)
    ),
    "RNN, relu": Subject(
        lambda: outputs(nn.RNN)(5, 3, nonlinearity="relu"), (4, 5),
        lambda: outputs(torch.nn.RNN)(5, 3, nonlinearity="relu", batch_first=True),
    ),
    "ReLU": Subject(nn.ReLU, (5,), torch.nn.ReLU),
    "ScaledTanh": Subject(nn.ScaledTanh, (5,)),
    "SiLU": Subject(nn.SiLU, (5,), torch.nn.SiLU),
    "Sigmoid": Subject(nn.Sigmoid, (5,), torch.nn.Sigmoid),
    "SinusoidalPositions": Subject(lambda: nn.SinusoidalPositions(7, 5), (3, 5)),
    "Subsample": Subject(lambda: nn.Subsample(3), (3, 4, 6)),
    "Tanh": Subject(nn.Tanh, (5,), torch.nn.Tanh),
    "adaptive_avg_pool2d": function(nn.adaptive_avg_pool2d, functional.adaptive_avg_pool2d, (2, 5, 7), 3),
    "avg_pool2d": function(nn.avg_pool2d, functional.avg_pool2d, (2, 6, 9), 3),
    "avg_pool2d, overlapping": function(nn.avg_pool2d, functional.avg_pool2d, (2, 5, 7), 3, 2, 1),
    "global_avg_pool2d": function(nn.global_avg_pool2d, lambda x: x.mean((2, 3)), (2, 5, 7)),
    "max_pool2d": function(nn.max_pool2d, functional.max_pool2d, (2, 6, 9), 3),
    "max_pool2d, overlapping": function(nn.max_pool2d, functional.max_pool2d, (2, 5, 7), 3, 2, 1),
    "local_response_norm": Subject(
        lambda: Of(nn.local_response_norm, 3, 0.1), (5, 2),
        lambda: Of(functional.local_response_norm, 3, 0.3, 0.75, 2.0),
    ),
    "rbf": Subject(lambda: Of(lambda x: nn.rbf(x, x.new_ones(3, 5))), (5,)),
    "softmax": function(nn.softmax, functional.softmax, (5,), -1),
    "log_softmax": function(nn.log_softmax, functional.log_softmax, (5,), -1),
    "softplus": function(nn.softplus, lambda x: -functional.logsigmoid(-x), (5,)),
    "dot_product_attention": Subject(
        lambda: Of(lambda x: nn.dot_product_attention(x, x, x)), (3, 5),
        lambda: Of(lambda x: functional.scaled_dot_product_attention(x, x, x, scale=1.0)),
    ),
    "scaled_dot_product_attention, causal": Subject(
        lambda: Of(lambda x: nn.scaled_dot_product_attention(x, x, x, causal=True)), (2, 3, 5),
        lambda: Of(lambda x: functional.scaled_dot_product_attention(x, x, x, is_causal=True)),
    ),
    "cross_entropy": Subject(
        lambda: classify(nn.cross_entropy), (5,), lambda: classify(functional.cross_entropy)
    ),
    "cross_entropy, smoothed": Subject(
        lambda: classify(nn.cross_entropy, label_smoothing=0.1), (5,),
        lambda: classify(functional.cross_entropy, label_smoothing=0.1),
    ),
    "nll": Subject(lambda: classify(nn.nll), (5,), lambda: classify(functional.nll_loss)),
    "binary_cross_entropy": Subject(
        lambda: Of(lambda x: nn.binary_cross_entropy(x, torch.full_like(x, 0.3))), (5,),
        lambda: Of(lambda x: functional.binary_cross_entropy_with_logits(x, torch.full_like(x, 0.3))),
    ),
    "mse": Subject(
        lambda: Of(lambda x: nn.mse(x, torch.full_like(x, 0.3))), (5,),
        lambda: Of(lambda x: functional.mse_loss(x, torch.full_like(x, 0.3))),
    ),
    "gaussian_kl": Subject(lambda: Of(lambda x: nn.gaussian_kl(x, x)), (5,)),
}  # fmt: skip
TWINNED = [name for name in MODULES if MODULES[name].twin]
FLOATING = [name for name in MODULES if MODULES[name].vocab is None]
RANDOM = {"Dropout", "Dropout2d"}  # in training
ABSTRACT = {"Activation"}


def made(name: str, twin: bool = False, dtype: torch.dtype = torch.float64) -> Module:
    """The module, or its twin with the same weights; BatchNorm has seen a batch, so that eval mode does something."""
    torch.manual_seed(0)
    module = MODULES[name].make()
    if "BatchNorm" in name:
        module(batch(name, 5, torch.float32))
    if twin:
        other = MODULES[name].twin()
        other.load_state_dict(module.state_dict())
        module = other
    return module.to(dtype)


def batch(name: str, rows: int = 4, dtype: torch.dtype = torch.float64, scale: float = 1.0) -> Tensor:
    """Standard normal examples, or tokens."""
    subject, generator = MODULES[name], torch.Generator().manual_seed(1)
    if subject.vocab:
        return torch.randint(subject.vocab, (rows, *subject.example), generator=generator)
    return (scale * torch.randn(rows, *subject.example, generator=generator, dtype=torch.float64)).to(dtype)


def results(module: Module, x: Tensor) -> tuple[Tensor, ...]:
    """Output and the gradients of the input and of every parameter, in their alphabetical order."""
    x = x.detach().requires_grad_() if x.is_floating_point() else x
    torch.manual_seed(2)
    y = module(x)
    way = torch.randn(y.shape, generator=torch.Generator().manual_seed(3), dtype=torch.float64).to(y.dtype)
    wanted = [x] * x.is_floating_point() + [p for _, p in sorted(module.named_parameters())]
    return y.detach(), *(torch.autograd.grad((y * way).sum(), wanted) if wanted else ())


def test_every_module_is_here():
    public = {name for name in nn.__all__ if isinstance(getattr(nn, name), type) and name not in ABSTRACT}
    modules = {name for name in public if issubclass(getattr(nn, name), Module)}
    known = [name.split(",")[0].split(" ")[0].replace("_", "").lower() for name in MODULES]
    for pair in nn.PAIRS:
        assert any(pair.replace("_", "").startswith(name) or name.startswith(pair.replace("_", "")) for name in known)
    assert modules - {name.split(",")[0].split(" ")[0] for name in MODULES} == set()


@pytest.mark.parametrize("name", MODULES)
@settings(max_examples=6, deadline=None, derandomize=True)
@given(data=st.data())
def test_the_order_in_memory_does_not_matter(name, data):
    """Transposed, strided, reversed in the batch, expanded from one example: equal to the contiguous copy."""
    training = data.draw(st.booleans())
    rows = data.draw(st.integers(2, 5))
    x = batch(name, rows)
    turned = {
        "transposed": lambda x: x.movedim(0, -1).contiguous().movedim(-1, 0),
        "strided": lambda x: torch.stack([x, -x], -1)[..., 0],
        "offset": lambda x: torch.cat([x[:1], x])[1:],
        "expanded": lambda x: x[:1].expand_as(x),
    }[data.draw(st.sampled_from(["transposed", "strided", "offset", "expanded"]))](x)
    if name in RANDOM and training:  # draws run through memory in its order, as torch's do
        truth = results(made(name, twin=True).train(), turned)
    else:
        truth = results(made(name).train(training), turned.contiguous().clone())
    found = results(made(name).train(training), turned)
    # 1e-10 relative to a value of 1: another order of sums; the expanded batch has no variance to divide by.
    assert_close(found, truth, rtol=1e-10, atol=1e-8 if "Norm" in name else 1e-10)


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("name", MODULES)
def test_no_rows(name, training):
    """No examples give no answers and no gradients; only batch statistics of nothing are refused, as by torch."""
    module, x = made(name).train(training), batch(name, 0)
    if "BatchNorm" in name and training:
        with pytest.raises(ValueError, match="trains on two"):
            module(x)
        return
    y, *gradients = results(module, x)
    if y.ndim == 0:  # a mean of nothing is not a number
        assert_close(y, results(made(name, twin=True), x)[0], equal_nan=True)
        return
    assert y.shape == (0, *module(batch(name, 2)).shape[1:])
    assert all(not gradient.any() for gradient in gradients)


def compare(name: str, x: Tensor, training: bool, atol: float) -> None:
    """Where torch has numbers ours are the same numbers, in the output and in all gradients."""
    ours, theirs = (results(made(name, twin, torch.float32).train(training), x) for twin in (False, True))
    for mine, truth in zip(ours, theirs, strict=True):
        assert not (mine.isnan() & ~truth.isnan()).any()
        if theirs[0].isnan().any():  # then nothing behind it means anything
            return
        finite = truth.isfinite() & (truth.abs() < 1e30)
        assert_close(mine[finite], truth[finite], rtol=1e-3, atol=atol)


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("scale", [1e4, -1e4, 1e30, torch.inf, -torch.inf])
@pytest.mark.parametrize("name", [name for name in TWINNED if MODULES[name].vocab is None])
def test_huge_values(name, scale, training):
    """In float32, where 1e30 squared is infinite; a thousandth of the scale is rounding that cancels."""
    compare(name, batch(name, 4, torch.float32, scale), training, atol=1e-3 * min(abs(scale), 1e4))


@pytest.mark.parametrize("value", [1e30, torch.inf, -torch.inf])
@pytest.mark.parametrize("name", [name for name in TWINNED if MODULES[name].vocab is None])
def test_one_huge_value_among_others(name, value):
    """It does not spoil what it has no part in."""
    x = batch(name, 4, torch.float32)
    x.view(-1)[7] = value
    compare(name, x, training=False, atol=1e-3)


@pytest.mark.parametrize("scale", [1.0, 1e4, -1e4, 1e30])
@pytest.mark.parametrize("name", [name for name in FLOATING if not MODULES[name].twin])
def test_huge_values_stay_numbers(name, scale):
    if name == "rbf" and scale == 1e30:
        pytest.skip("its squared distance is infinite")
    x = batch(name, 4, torch.float32, scale)
    assert not any(value.isnan().any() for value in results(made(name, dtype=torch.float32), x))


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("name", MODULES)
def test_rounding_is_no_worse_than_it_has_to_be(name, dtype, training):
    """As far from the float64 result on the same rounded weights and inputs as `firsthand.check.rounding` says.

    That is measured on torch's twin; without one, on the definitions.
    """
    if name in RANDOM and training:
        pytest.skip("draws depend on the precision")
    x, s = batch(name, 4, dtype), OPERATION[dtype]
    ours = made(name, dtype=dtype).train(training)
    theirs = made(name, True, dtype).train(training) if MODULES[name].twin else copy.deepcopy(ours)
    exact = copy.deepcopy(theirs).double()
    truth = results(exact, x.double() if x.is_floating_point() else x)

    def distances(module, x):
        found = results(copy.deepcopy(module), x)
        return [((a.double() - b).norm() / (b.norm() + 1e-30)).item() for a, b in zip(found, truth, strict=True)]

    def moved_distances(draw):
        reference = copy.deepcopy(theirs)
        with torch.no_grad():
            for p in reference.parameters():
                p.copy_(moved(p, draw, s))
        with nullcontext() if MODULES[name].twin else nn.definitions():
            return distances(reference, moved(x, draw, s))

    bounds = [allowed(column, dtype, s) for column in zip(*map(moved_distances, draws()), strict=True)]
    found = distances(ours, x)
    assert all(distance <= bound for distance, bound in zip(found, bounds, strict=True)), (found, bounds)


@pytest.mark.filterwarnings("ignore:There is a performance drop")  # torch falls back to a loop
@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("name", MODULES)
def test_vmap_is_a_loop(name, training):
    """A batch of batches, and a batch of weights."""
    if training and ("BatchNorm" in name or name in RANDOM):
        pytest.skip("torch.nn's cannot either: running averages and random draws are shared")
    module = made(name).train(training)
    xs = torch.stack([batch(name), batch(name).flip(0)])
    weights = {key: torch.stack([p, 2 * p]) for key, p in module.named_parameters()}

    def call(weights, x):
        return functional_call(module, weights, (x,))

    expected = [call({key: p[i] for key, p in weights.items()}, xs[i]) for i in range(2)]
    assert_close(vmap(call)(weights, xs), torch.stack(expected), rtol=1e-10, atol=1e-12)
    plain = dict(module.named_parameters())
    assert_close(vmap(call, (None, 0))(plain, xs), torch.stack([module(x) for x in xs]), rtol=1e-10, atol=1e-12)


@pytest.mark.filterwarnings("ignore:There is a performance drop")
@pytest.mark.parametrize("name", MODULES)
def test_gradients_of_every_example(name):
    """vmap of grad, as for per-example gradients, equals a loop over autograd."""
    module = made(name).eval()
    parameters = {key: p.detach() for key, p in module.named_parameters()}
    if not parameters:
        pytest.skip("has no parameters")

    def loss(parameters, x):
        return functional_call(module, parameters, (x[None],)).square().sum()

    x = batch(name)
    found = vmap(torch.func.grad(loss), (None, 0))(parameters, x)
    for i in range(len(x)):
        expected = torch.autograd.grad(module(x[i : i + 1]).square().sum(), list(module.parameters()))
        assert_close([found[key][i] for key in parameters], list(expected), rtol=1e-10, atol=1e-12)


def elsewhere(source: str) -> str:
    """What this source prints in a process of its own, in which this file is `test_robust`."""
    words = [sys.executable, "-W", "ignore", "-c", f"import test_robust; {source}"]
    done = subprocess.run(words, cwd=Path(__file__).parent, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    return done.stdout


def compile_all(training: bool) -> dict[str, str]:
    """What goes wrong, by module: the compiled results against the eager ones, in one whole graph."""
    wrong = {}
    for name in MODULES:
        torch.compiler.reset()
        module, x = made(name).train(training), batch(name)
        compiled = torch.compile(copy.deepcopy(module), backend="aot_eager", fullgraph=True)
        try:
            assert_close(results(compiled, x), results(module, x), rtol=1e-10, atol=1e-12)
        except Exception as error:
            wrong[name] = f"{type(error).__name__}: {str(error)[:500]}"
    return wrong


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.slow
def test_compiled_equals_eager(training):
    """In a process of its own: the checks of shapes that these tests run with cannot be compiled.

    The backend aot_eager traces forward and backward into one graph and runs its operations as they are.
    """
    said = elsewhere(f"import json; print(json.dumps(test_robust.compile_all({training})))")
    assert json.loads(said.splitlines()[-1]) == {}


@pytest.mark.parametrize("name", MODULES)
def test_a_copy_trains_alone(name):
    """A step of the copy leaves the original and its buffers as they were, and gives what it would have given there."""
    module = made(name)
    copied = copy.deepcopy(module)
    before = copy.deepcopy(module.state_dict())
    assert_close(results(copied, batch(name)), results(copy.deepcopy(module), batch(name)), rtol=0, atol=0)
    with torch.no_grad():
        for parameter in copied.parameters():
            parameter.add_(1)
    assert_close(dict(module.state_dict()), dict(before), rtol=0, atol=0)
    assert {id(p) for p in copied.parameters()}.isdisjoint(id(p) for p in module.parameters())


class Everything(Module):
    """A small net of all layers side by side; the dropout is off, as no two processes draw the same."""

    def __init__(self):
        super().__init__()
        self.parts = ModuleDict({name: made(name) for name in MODULES})
        for name in RANDOM:
            self.parts[name].eval()

    def forward(self, *inputs):
        return sum(part(x).square().mean() for part, x in zip(self.parts.values(), inputs, strict=True))


def share(rank: int) -> list[Tensor]:
    """One process's half of a batch of every module."""
    return [batch(name, 8)[4 * rank : 4 * rank + 4] for name in MODULES]


def train_part(fabric: Fabric, file: str) -> None:
    """One process of two: its share forward and backward; the first writes the gradients."""
    net = Everything()
    wrapped = fabric.setup(net)
    fabric.backward(wrapped(*share(fabric.global_rank)))
    if fabric.is_global_zero:
        save_file({name: p.grad for name, p in net.named_parameters()}, file)


def distribute(file: str) -> None:
    """Two processes, joined by gloo."""
    strategy = DDPStrategy(process_group_backend="gloo", start_method="spawn")
    Fabric(accelerator="cpu", devices=2, strategy=strategy).launch(train_part, file)


@pytest.mark.slow
def test_two_processes_share_a_batch(tmp_path):
    """Their gradients are those of the whole batch, of batch norms, too; float64 to rounding."""
    elsewhere(f"test_robust.distribute({str(tmp_path / 'gradients')!r})")
    found = load_file(tmp_path / "gradients")
    net = Everything()
    whole = torch.autograd.grad(net(*[batch(name, 8) for name in MODULES]), list(net.parameters()))
    expected = {name: gradient for (name, _), gradient in zip(net.named_parameters(), whole, strict=True)}
    assert_close(found, expected, rtol=1e-10, atol=1e-12)
