"""The check alone, without the tests, must fail on code that is wrong in one place."""

import inspect
import sys
import textwrap
from importlib import import_module

import pytest

from firsthand.check import modules
from firsthand.check.chance import compare_dropout, compare_orthogonal, droppers
from firsthand.check.layers import compare_operation
from firsthand.check.models import compare
from firsthand.check.modules import compare_module
from firsthand.nn import PAIRS


def mutate(monkeypatch, place, old, new):
    """Replace one piece of a function's source, `place` being its module and its name there."""
    module, _, name = place.partition(":")
    owner = import_module(f"firsthand.{module}")
    for part in name.split(".")[:-1]:
        owner = getattr(owner, part)
    name = name.split(".")[-1]
    function = inspect.unwrap(getattr(owner, name))
    source = textwrap.dedent(inspect.getsource(function))
    assert source.count(old) == 1, f"{place} has no single {old!r}"
    for pair in PAIRS.items():  # where a decorator registers the mutant
        monkeypatch.setitem(PAIRS, *pair)
    space = dict(function.__globals__)
    exec(compile(source.replace(old, new), place, "exec"), space)
    original = getattr(owner, name)
    for place in [owner, *(m for m in list(sys.modules.values()) if m.__name__.startswith("firsthand"))]:
        if getattr(place, name, None) is original:  # also where others have imported it from
            monkeypatch.setattr(place, name, space[name])


def operation(name):
    return lambda: compare_operation(name)


def module(name):
    return lambda: compare_module(name, modules.cases()[name])


def network(key, variant):
    twin = import_module(f"firsthand.check.twins.{key}")
    return lambda: compare(key, variant, twin.VARIANTS[variant], twin.Network)


def dropped(name):
    return lambda: compare_dropout(name, droppers()[name])


ATTENTION = "scaled_dot_product_attention"
CACHE = "torch.cat([past[0], k], 2), torch.cat([past[1], v], 2)"
MUTATIONS = {
    "a last window in the padding": (
        operation("max_pool2d, beyond the edge"), "nn.pool:_beyond", "begin < side", "begin <= side",
    ),
    "either mask will do": (
        module("MultiheadAttention, both masks"), "nn.multihead:MultiheadAttention._allowed", "mask & keep",
        "mask | keep",
    ),
    "no dropout in the fast attention": (
        dropped(f"{ATTENTION}, fast"), "nn.fast.attention:_fused", "mask, p, causal", "mask, 0.0, causal",
    ),
    "no dropout in the definition of attention": (
        dropped(f"{ATTENTION}, definition"), f"nn.attention:{ATTENTION}", "causal), p) @ v", "causal), 0.0) @ v",
    ),
    "no dropout in the heads": (
        dropped("MultiheadAttention"), "nn.multihead:MultiheadAttention.forward",
        "self.dropout if self.training", "0.0 if True",
    ),
    "rotations that are not alike": (
        compare_orthogonal, "nn.init:orthogonal_", " * r.diagonal().sign()", "",
    ),
    "new keys before old ones": (
        network("selfattention", "one head, one block"), "papers.selfattention.model:Block.forward", CACHE,
        "torch.cat([k, past[0]], 2), torch.cat([v, past[1]], 2)",
    ),
    "a biased running variance": (
        module("BatchNorm1d"), "nn.norm:_RunningNorm.forward", "variance.add(variance, alpha=1 / (n - 1))", "variance",
    ),
    "dropped instead of kept": (
        network("dropout", "laptop"), "nn.dropout:Dropout.forward", "bernoulli_(1 - self.p)", "bernoulli_(self.p)",
    ),
    "no scaling at test time": (
        network("dropout", "laptop"), "nn.dropout:Dropout.forward", "x * (1 - self.p)", "x",
    ),
    "a variance for a deviation": (
        network("dropout", "gaussian"), "papers.dropout.model:GaussianNoise.forward", "self.sigma *", "self.sigma**2 *",
    ),
    "half the gradient of the first cell": (
        network("lstm", "1997"), "nn.fast.lstm:_LSTM.backward", ".mul_(k / 2)", "",
    ),
}  # fmt: skip


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_the_check_catches(mutation, monkeypatch):
    """A failing row, in what `check --layers` or `check KEY` runs and finds right as it is."""
    rows, place, old, new = MUTATIONS[mutation]
    mutate(monkeypatch, place, old, new)
    assert not all(row.holds for row in rows())
