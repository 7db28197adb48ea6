"""Every module of `firsthand.nn` that torch.nn has, too, and what else has a formula: answers, gradients, buffers.

Compared in float64: two batches in training, seeded alike for what is drawn at random, the buffers after them, and the
answers in eval mode. Options are not the defaults.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import cos, sin
from typing import Any

import torch
from torch import Generator, Tensor
from torch.nn import Module, functional
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from firsthand import nn
from firsthand.check.rounding import EXACT, Row, apart


@dataclass(frozen=True)
class Case:
    """A module of ours, torch's with the same parameter names, and what both are called with."""

    ours: Module
    theirs: Module
    inputs: tuple[tuple[int, ...], ...]  # shapes of what is standard normal
    options: dict[str, Any] = field(default_factory=dict)  # further arguments of ours
    call: Callable[..., Any] | None = None  # call(theirs, *inputs), where torch's take other arguments


class _Tokens(Module):
    """An embedding, of tokens made from normal numbers."""

    def __init__(self, embedding: Module, vocab: int):
        super().__init__()
        self.embedding, self.vocab = embedding, vocab

    def forward(self, x: Tensor) -> Tensor:
        return self.embedding((x.detach() * 100).long() % self.vocab)


class _Of(Module):
    """A function as a module."""

    def __init__(self, function: Callable[..., Tensor]):
        super().__init__()
        self.function = function

    def forward(self, *inputs: Tensor) -> Tensor:
        return self.function(*inputs)


class _Additive(nn.AdditiveAttention):
    """Equations of appendix A.1.2 of Bahdanau et al. (2015), of keys within their lengths."""

    def forward(self, query: Tensor, key: Tensor) -> tuple[Tensor, Tensor]:
        q = functional.linear(query, self.query.weight)
        k = functional.linear(key, self.key.weight, self.key.bias)
        scores = torch.stack([torch.tanh(q + k[:, j : j + 1]) @ self.score for j in range(key.shape[1])], 2)
        beyond = torch.tensor([[j >= length for j in range(key.shape[1])] for length in _LENGTHS])
        a = functional.softmax(scores.masked_fill(beyond[:, None], -torch.inf), 2)
        return a @ key, a


class _Dropout2012(torch.nn.Dropout):
    """Not scaled while training, but in eval mode."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) * (1 - self.p)


_LENGTHS = torch.tensor([2, 5, 1])
_MASK = torch.rand((5, 7), generator=Generator().manual_seed(3)) < 0.6  # True = may attend
_KEEP = torch.arange(7) < torch.tensor([[7], [4], [6]])
_MASK[:, 0] = True  # every query has a key


def _packed(layer: Module, x: Tensor, *states: Tensor) -> tuple[Tensor, Any]:
    packed = pack_padded_sequence(x, _LENGTHS, batch_first=True, enforce_sorted=False)
    y, last = layer(packed, states if len(states) > 1 else states[0])
    return pad_packed_sequence(y, batch_first=True)[0], last


def _attend(**options: Any) -> Callable[..., Any]:
    return lambda layer, q, *others: layer(q, *(others or (q, q)), **options)


def _kl(mean: Tensor, log_variance: Tensor) -> Tensor:
    normal = torch.distributions.Normal(mean, (log_variance / 2).exp())
    return torch.distributions.kl_divergence(normal, torch.distributions.Normal(0.0, 1.0)).sum(-1)


def _negative_sampling(centre: Tensor, target: Tensor, noise: Tensor) -> Tensor:
    """Equation 4 of Mikolov et al. (2013), row by row and word by word."""
    rows = zip(centre, target, noise, _NOISE, strict=True)
    return -torch.stack([_log(c @ t) + sum(_log(-c @ w) for w in words[keep]) for c, t, words, keep in rows]).mean()


def _rbf_map(distances: Tensor) -> Tensor:
    """A further class, of rubbish, that is never the target."""
    return functional.cross_entropy(-functional.pad(distances, (0, 1), value=2.0), _CLASSES)


def _sum_of_words(h: Tensor) -> Tensor:
    return _TREE.log_probabilities(h.detach()).exp().sum(1)


def _table(x: Tensor) -> Tensor:
    """Equation of section 3.5 of Vaswani et al. (2017), number by number, from position 2 on."""
    waves = [[(sin, cos)[i % 2]((2 + t) / 10_000 ** (i // 2 * 2 / 5)) for i in range(5)] for t in range(3)]
    return x + torch.tensor(waves, dtype=torch.float32).to(x.dtype)  # ours is made in single precision


_log = functional.logsigmoid
_CLASSES = torch.tensor([2, 0, 1, 2, 2, 0, 1])
_CUT = torch.arange(15).view(3, 5) % 2
_CLASS_WEIGHTS = torch.tensor([0.5, 2.0, 1.0], dtype=torch.float64)
_NOISE = torch.tensor([[True, False], [True, True], [False, True]])  # what does not count
_TREE = nn.HierarchicalSoftmax([5, 3, 2, 2, 1], 3).double()
torch.nn.init.uniform_(_TREE.weight, -1, 1, generator=Generator().manual_seed(4))
_WORDS = torch.tensor([0, 4, 2, 1, 3, 0, 2])

# What has no parameters, or none in torch: shapes of the inputs, our function, and its formula.
FUNCTIONS: dict[str, tuple[tuple[tuple[int, ...], ...], Callable[..., Tensor], Callable[..., Tensor]]] = {
    "HierarchicalSoftmax": (((7, 3),), lambda h: _sum_of_words(h) + 0 * h.sum(1), lambda h: 1 + 0 * h.sum(1)),
    "HierarchicalSoftmax, loss": (
        ((7, 3),), lambda h: _TREE(h, _WORDS), lambda h: functional.nll_loss(_TREE.log_probabilities(h), _WORDS)
    ),
    "SinusoidalPositions": (((2, 3, 5),), lambda x: nn.SinusoidalPositions(7, 5)(x, 2), _table),
    "gaussian_kl": (((3, 5), (3, 5)), nn.gaussian_kl, _kl),
    "global_avg_pool2d": (((2, 3, 5, 7),), nn.global_avg_pool2d, lambda x: torch.einsum("bchw -> bc", x) / 35),
    "masked_linear": (
        ((2, 5), (3, 5), (3,)), lambda x, w, b: nn.masked_linear(x, w, _CUT.to(w.dtype), b),
        lambda x, w, b: functional.linear(x, torch.where(_CUT == 1, w, 0), b),
    ),
    "negative_sampling": (
        ((3, 5), (3, 5), (3, 2, 5)), lambda c, t, n: nn.negative_sampling(c, t, n, _NOISE), _negative_sampling,
    ),
    "nll": (((7, 3),), lambda x: nn.nll(x, _CLASSES), lambda x: functional.nll_loss(x, _CLASSES)),
    "nll, all options": (
        ((7, 3),), lambda x: nn.nll(x, _CLASSES, _CLASS_WEIGHTS, 1),
        lambda x: functional.nll_loss(x, _CLASSES, _CLASS_WEIGHTS, ignore_index=1),
    ),
    "rbf_map": (((7, 3),), lambda d: nn.rbf_map(d, _CLASSES, j=2.0), _rbf_map),
    "rbf_mle": (((7, 3),), lambda d: nn.rbf_mle(d, _CLASSES), lambda d: functional.nll_loss(-d, _CLASSES)),
    "scaled_tanh": (((3, 5),), nn.ScaledTanh(), lambda x: 1.7159 * torch.tanh(2 / 3 * x)),
}  # fmt: skip


def cases() -> dict[str, Case]:
    """The modules by name, and after a comma what is special."""
    theirs, deep = torch.nn, {"num_layers": 2, "bidirectional": True}
    heads = {"dropout": 0.3}
    state, sequence = (4, 3, 7), (3, 5, 2)
    found = {
        "Linear": Case(nn.Linear(5, 7), theirs.Linear(5, 7), ((2, 3, 5),)),
        "Embedding": Case(_Tokens(nn.Embedding(7, 5), 7), _Tokens(theirs.Embedding(7, 5), 7), ((3, 2),)),
        "Conv1d": Case(
            nn.Conv1d(4, 6, 3, stride=2, padding=3, dilation=2, groups=2),
            theirs.Conv1d(4, 6, 3, stride=2, padding=3, dilation=2, groups=2),
            ((2, 4, 11),),
        ),
        "Conv2d": Case(
            nn.Conv2d(6, 9, 3, stride=2, padding=1, groups=3),
            theirs.Conv2d(6, 9, 3, stride=2, padding=1, groups=3),
            ((2, 6, 5, 7),),
        ),
        "ConvTranspose2d": Case(nn.ConvTranspose2d(2, 3, 3, 2), theirs.ConvTranspose2d(2, 3, 3, 2), ((2, 2, 3, 5),)),
        "BatchNorm1d": Case(nn.BatchNorm1d(7, 1e-3, 0.3), theirs.BatchNorm1d(7, 1e-3, 0.3), ((5, 7),)),
        "BatchNorm1d, sequences": Case(nn.BatchNorm1d(7, 1e-3, 0.3), theirs.BatchNorm1d(7, 1e-3, 0.3), ((2, 7, 3),)),
        "BatchNorm2d": Case(nn.BatchNorm2d(3, 1e-3, 0.3), theirs.BatchNorm2d(3, 1e-3, 0.3), ((2, 3, 5, 7),)),
        "LayerNorm": Case(nn.LayerNorm(7, 1e-3), theirs.LayerNorm(7, 1e-3), ((2, 3, 7),)),
        "Dropout": Case(nn.Dropout(0.3), theirs.Dropout(0.3), ((11, 13),)),
        "Dropout, 2012": Case(nn.Dropout(0.3, scale="test"), _Dropout2012(0.3), ((11, 13),)),
        "AdditiveAttention": Case(
            nn.AdditiveAttention(5, 3, 7), _Additive(5, 3, 7), ((3, 2, 5), (3, 5, 3)),
            {"mask": nn.padding_mask(_LENGTHS, 5)[:, None], "weights": True},
        ),
        "Dropout2d": Case(nn.Dropout2d(0.3), theirs.Dropout2d(0.3), ((11, 13, 2, 3),)),
        "ELU": Case(nn.ELU(0.7), theirs.ELU(0.7), ((3, 5),)),
        "GELU": Case(nn.GELU("tanh"), theirs.GELU("tanh"), ((3, 5),)),
        "LeakyReLU": Case(nn.LeakyReLU(0.2), theirs.LeakyReLU(0.2), ((3, 5),)),
        "MultiheadAttention": Case(
            nn.MultiheadAttention(6, 2, **heads), theirs.MultiheadAttention(6, 2, batch_first=True, **heads),
            ((3, 5, 6),), call=_attend(need_weights=False),
        ),
        "MultiheadAttention, both masks": Case(
            nn.MultiheadAttention(6, 2), theirs.MultiheadAttention(6, 2, batch_first=True),
            ((3, 5, 6), (3, 7, 6), (3, 7, 6)), {"mask": _MASK, "keep": _KEEP},
            _attend(attn_mask=~_MASK, key_padding_mask=~_KEEP, need_weights=False),
        ),
        "MultiheadAttention, weights": Case(
            nn.MultiheadAttention(6, 2, kdim=5, vdim=3, **heads),
            theirs.MultiheadAttention(6, 2, kdim=5, vdim=3, batch_first=True, **heads),
            ((3, 5, 6), (3, 7, 5), (3, 7, 3)), {"mask": _MASK, "weights": True},
            _attend(attn_mask=~_MASK, average_attn_weights=False),
        ),
    }  # fmt: skip
    for name, (shapes, function, formula) in FUNCTIONS.items():
        found[name] = Case(_Of(function), _Of(formula), shapes)
    for name in ("ReLU", "SiLU", "Sigmoid", "Tanh"):
        found[name] = Case(getattr(nn, name)(), getattr(theirs, name)(), ((3, 5),))
    for name in ("RNN", "LSTM", "GRU"):
        ours, torchs = getattr(nn, name), getattr(theirs, name)
        starts = (state,) * (2 if name == "LSTM" else 1)
        found[f"{name}, dropout"] = Case(
            ours(2, 7, dropout=0.3, **deep), torchs(2, 7, dropout=0.3, batch_first=True, **deep), (sequence,)
        )
        found[f"{name}, states and lengths"] = Case(
            ours(2, 7, bias=False, **deep),
            torchs(2, 7, bias=False, batch_first=True, **deep),
            (sequence, *starts),
            {"lengths": _LENGTHS},
            _packed,
        )
    return found


def check_modules(report: Callable[[str], object] = str) -> list[Row]:
    """Compare every module with torch's; `report` gets the name of each before its turn."""
    rows: list[Row] = []
    for name, case in cases().items():
        report(name)
        rows += compare_module(name, case)
    return rows


def compare_module(name: str, case: Case) -> Iterator[Row]:
    """The rows for one module: outputs, gradients, buffers, eval mode."""
    ours, theirs = case.ours.double(), case.theirs.double()
    generator = Generator().manual_seed(0)
    with torch.no_grad():
        for p in ours.parameters():
            p.copy_(torch.randn(p.shape, generator=generator, dtype=p.dtype) / 2)
    theirs.load_state_dict(ours.state_dict())
    batches = [
        [torch.randn(shape, generator=generator, dtype=torch.float64) for shape in case.inputs] for _ in range(2)
    ]

    def ask(x: Tensor, *others: Tensor) -> Any:
        if isinstance(ours, nn.RNN | nn.LSTM | nn.GRU) and others:  # a state is one argument
            others = (others if isinstance(ours, nn.LSTM) else others[0],)
        return ours(x, *others, **case.options)

    call = case.call or (lambda layer, *inputs: layer(*inputs))
    found, truth = seen(ours, ask, batches), seen(theirs, lambda *inputs: call(theirs, *inputs), batches)
    for what, values in found.items():
        yield Row(name, "module", "float64", what, apart(values, truth[what]), EXACT)


def seen(module: Module, ask: Callable[..., Any], batches: list[list[Tensor]]) -> dict[str, list[Tensor]]:
    """What a module answers, its gradients, its buffers, and what it answers in eval mode."""
    found: dict[str, list[Tensor]] = {"outputs": [], "gradients": []}
    module.train()
    for number, batch in enumerate(batches):
        inputs = [x.clone().requires_grad_() for x in batch]
        torch.manual_seed(number)
        outputs = flat(ask(*inputs))
        generator = Generator().manual_seed(number)
        total = sum((y * torch.randn(y.shape, generator=generator, dtype=y.dtype)).sum() for y in outputs)
        wanted = [*inputs, *(p for _, p in sorted(module.named_parameters()))]
        gradients = torch.autograd.grad(total, wanted, allow_unused=True)
        found["outputs"] += [y.detach() for y in outputs]
        found["gradients"] += [g for g in gradients if g is not None]
    if buffers := [b.clone() for _, b in sorted(module.named_buffers())]:
        found["buffers"] = buffers
    module.eval()
    with torch.no_grad():
        found["in eval mode"] = flat(ask(*batches[0]))
    return found


def flat(outputs: Any) -> list[Tensor]:
    """All tensors of nested tuples, in their order."""
    if isinstance(outputs, Tensor):
        return [outputs]
    return [] if outputs is None else [y for part in outputs for y in flat(part)]
