"""What is drawn at random, against its formula: the share that dropout silences, and how initialisers spread.

A share or a moment of many draws may miss its expectation by five standard errors, on any machine and with any seed: so
much happens in one of two million. What is exact, such as what a survivor of dropout becomes, may differ by rounding.
"""

from collections.abc import Callable, Iterator
from math import sqrt

import torch
from torch import Tensor

from firsthand import nn
from firsthand.check.rounding import EXACT, Row, apart
from firsthand.nn import init

ERRORS = 5  # standard errors
P = 0.3


def check_chance(report: Callable[[str], object] = str) -> list[Row]:
    """Every place that drops, and every initialiser; `report` gets the name of each before its turn."""
    rows: list[Row] = []
    torch.manual_seed(0)
    for name, mix in droppers().items():
        report(name)
        rows += compare_dropout(name, mix)
    for name, (fill, std) in SPREADS.items():
        report(name)
        rows += compare_spread(name, fill, std)
    return rows + list(compare_orthogonal()) + list(compare_sparse())


def droppers() -> dict[str, Callable[[float], Tensor]]:
    """What gives the numbers that are dropped, with this probability: attention weights, by mixing the identity."""
    time = 31
    q, k = torch.randn(2, 7, time, 4, dtype=torch.float64).unbind(0)
    v = torch.eye(time, dtype=torch.float64).expand(len(q), -1, -1)
    score, x = torch.randn(4, dtype=torch.float64), torch.randn(97, 89, dtype=torch.float64)

    def heads(p: float) -> Tensor:
        layer = nn.MultiheadAttention(time, 1, dropout=p).double()
        torch.nn.init.eye_(layer.in_proj_weight[2 * time :].detach())
        torch.nn.init.eye_(layer.out_proj.weight)
        return layer(v)

    def additive(p: float) -> Tensor:
        layer = nn.AdditiveAttention(4, 4, 5, dropout=p).double()
        return layer(q, k, v)

    found = {
        "dropout": lambda p: nn.dropout(x, p),
        "Dropout": lambda p: nn.Dropout(p)(x),
        "additive_attention": lambda p: nn.additive_attention(q, k, v, score, p=p),
        "AdditiveAttention": additive,
        "MultiheadAttention": heads,
    }
    for name in ("dot_product_attention", "scaled_dot_product_attention"):
        for version in ("definition", "fast"):
            call = getattr(nn.PAIRS[name], version)
            found[f"{name}, {version}"] = lambda p, call=call: call(q, k, v, p=p)
    return found


def compare_dropout(name: str, mix: Callable[[float], Tensor]) -> Iterator[Row]:
    """The share of zeros is p, and what stays is 1 / (1 - p) times what it was."""
    state = torch.get_rng_state()
    whole = mix(0.0)
    torch.set_rng_state(state)
    found = mix(P)
    kept = found != 0
    share, error = 1 - kept.double().mean().item(), sqrt(P * (1 - P) / found.numel())
    yield Row(name, "p=0.3", "float64", "share of zeros", abs(share - P), ERRORS * error)
    yield Row(name, "p=0.3", "float64", "what stays", apart([found[kept] * (1 - P)], [whole[kept]]), EXACT)


# Initialisers of a weight (out, in) or a kernel (out, in, height, width), and the standard deviation that they give.
SPREADS: dict[str, tuple[Callable[[Tensor], Tensor], Callable[[int, int], float]]] = {
    "uniform_": (lambda w: init.uniform_(w, 0.7), lambda into, out: 0.7 / sqrt(3)),
    "normal_": (lambda w: init.normal_(w, 0.7), lambda into, out: 0.7),
    "lecun_": (init.lecun_, lambda into, out: sqrt(1 / into)),
    "glorot_": (init.glorot_, lambda into, out: sqrt(2 / (into + out))),
    "glorot_normal_": (init.glorot_normal_, lambda into, out: sqrt(2 / (into + out))),
    "he_": (init.he_, lambda into, out: sqrt(2 / into)),
    "he_, out": (lambda w: init.he_(w, 5 / 3, "out"), lambda into, out: 5 / 3 * sqrt(1 / out)),
    "he_uniform_": (init.he_uniform_, lambda into, out: sqrt(2 / into)),
    # 0.8796 = sqrt(1 - 2 c phi(c) / (Phi(c) - Phi(-c))) at the cut c = 2, with phi and Phi the normal distribution's
    "truncated_normal_": (lambda w: init.truncated_normal_(w, 0.7), lambda into, out: 0.7 * 0.8796256610342398),
}
UNIFORM = ("uniform_", "glorot_", "he_uniform_")


def compare_spread(name: str, fill: Callable[[Tensor], Tensor], std: Callable[[int, int], float]) -> Iterator[Row]:
    """Mean 0 and the standard deviation of the formula; the largest weight where all are equally likely."""
    for variant, shape, into, out in (("weight", (151, 211), 211, 151), ("kernel", (61, 37, 5, 3), 37 * 15, 61 * 15)):
        w = fill(torch.empty(shape, dtype=torch.float64))
        expected, n = std(into, out), w.numel()
        yield Row(name, variant, "float64", "mean", abs(w.mean().item()) / expected, ERRORS / sqrt(n))
        # A moment's error, at most that of normal numbers: 1 / sqrt(2 n).
        spread = abs(w.std().item() / expected - 1)
        yield Row(name, variant, "float64", "standard deviation", spread, ERRORS / sqrt(2 * n))
        if name in UNIFORM:  # n uniform numbers come nearer than ln(2e6) / n to their bound but once in two million
            edge = abs(w.abs().max().item() / (sqrt(3) * expected) - 1)
            yield Row(name, variant, "float64", "largest", edge, 14.5 / n)


def compare_orthogonal() -> Iterator[Row]:
    """Rows or columns are orthonormal, and no rotation is likelier than another: an entry's mean is 0, not -1/2."""
    for variant, shape in (("tall", (7, 3)), ("wide", (3, 7)), ("kernel", (5, 2, 3, 3))):
        w = init.orthogonal_(torch.empty(shape, dtype=torch.float64), gain=1.5).flatten(1)
        product = w @ w.t() if len(w) < w.shape[1] else w.t() @ w
        identity = 1.5**2 * torch.eye(len(product), dtype=torch.float64)
        yield Row("orthogonal_", variant, "float64", "product with itself", apart([product], [identity]), EXACT)
    n, size = 400, 3
    first = torch.stack([init.orthogonal_(torch.empty(size, size, dtype=torch.float64)) for _ in range(n)])
    diagonal = first.diagonal(dim1=1, dim2=2).mean(0).abs().max().item()  # of a rotation: mean 0, variance 1 / size
    yield Row("orthogonal_", "square", "float64", "mean", diagonal, ERRORS / sqrt(n * size))


def compare_sparse() -> Iterator[Row]:
    """Every unit has 15 inputs, of weights from N(0, std^2), and every input is as likely."""
    w = init.sparse_(torch.empty(400, 40, dtype=torch.float64), connections=15, std=0.7)
    chosen = w != 0
    wrong = (chosen.sum(1) != 15).double().mean().item()
    yield Row("sparse_", "weight", "float64", "share of rows without 15", wrong, EXACT)
    spread = abs(w[chosen].std().item() / 0.7 - 1)
    yield Row("sparse_", "weight", "float64", "standard deviation", spread, ERRORS / sqrt(2 * 400 * 15))
    share, each = chosen.double().mean(0), 15 / 40
    error = sqrt(each * (1 - each) / 400)
    yield Row("sparse_", "weight", "float64", "share of every input", (share - each).abs().max().item(), ERRORS * error)
