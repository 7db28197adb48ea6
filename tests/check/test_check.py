"""The check must catch what it is for: networks, gradients and rules that are slightly wrong."""

import sys

import pytest
import torch

from firsthand import optim
from firsthand.check.models import check
from firsthand.errors import UserError
from firsthand.nn import BatchNorm1d, Tanh
from firsthand.train.next_character import NextCharacter
from firsthand.train.task import Task

FLOAT64 = "float64"


def failed(precision: str = FLOAT64) -> set[str]:
    """The comparisons of `mlp` that do not hold, over all variants."""
    return {row.what for row in check("mlp") if not row.holds and row.precision == precision}


def test_as_it_is_everything_holds():
    """In every variant and both precisions."""
    rows = check("mlp")
    assert all(row.holds for row in rows)
    assert {row.variant for row in rows} == {"laptop", "paper", "lecture"}
    assert len(rows) == 3 * 2 * 5


@pytest.mark.parametrize("error", [1e-6, 1e-8])
def test_a_layer_that_is_slightly_off(error, monkeypatch):
    """By a millionth, or a hundredth of that."""
    right = Tanh.forward
    monkeypatch.setattr(Tanh, "forward", lambda self, x: right(self, x) * (1 + error))
    assert failed() >= {"outputs", "gradients", "in eval mode"}


def test_a_backward_pass_that_is_slightly_off(monkeypatch):
    """The values are right to the bit, the gradient is a millionth too large."""
    right = Tanh.forward

    def wrong(self, x):
        y = right(self, x)
        return y + 1e-6 * (y - y.detach())

    monkeypatch.setattr(Tanh, "forward", wrong)
    found = failed()
    assert "gradients" in found
    assert not found & {"outputs", "loss"}


@pytest.mark.parametrize(("factor", "caught"), [(2.0, True), (1 + 1e-4, True), (1.0, False)])
def test_a_wrong_weight_decay(factor, caught, monkeypatch):
    """Only the weights after ten steps can tell."""
    right = Task.optimizer

    def wrong(self, model):
        rule = right(self, model)
        for group in rule.param_groups:
            group["weight_decay"] *= factor
        return rule

    monkeypatch.setattr(Task, "optimizer", wrong)
    assert failed() == ({"weights after 10 steps", "in eval mode"} if caught else set())


def test_decay_on_the_wrong_parameters(monkeypatch):
    """Biases and gains decayed too."""

    def wrong(self, model):
        return optim.AdamW(model.parameters(), lr=self.recipe.optim.lr, weight_decay=0.05)

    monkeypatch.setattr(Task, "optimizer", wrong)
    assert "weights after 10 steps" in failed()


def test_a_wrong_running_average(monkeypatch):
    """Batch statistics are right; only evaluation shows it."""
    right = BatchNorm1d.__init__
    monkeypatch.setattr(BatchNorm1d, "__init__", lambda self, features: right(self, features, momentum=0.11))
    assert failed() == {"in eval mode"}


def test_a_wrong_loss(monkeypatch):
    """The sum in place of the mean."""
    right = NextCharacter.loss
    monkeypatch.setattr(NextCharacter, "loss", lambda self, model, batch: right(self, model, batch) * len(batch[1]))
    assert failed() >= {"loss", "gradients"}


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_number(value, monkeypatch):
    """Never holds."""
    monkeypatch.setattr(Tanh, "forward", lambda self, x: x * value)
    assert failed() >= {"outputs", "loss", "gradients"}
    assert failed("float32") >= {"outputs", "loss", "gradients"}


def test_a_float32_that_loses_precision(monkeypatch):
    """Half precision inside a float32 network."""
    right = Tanh.forward

    def wrong(self, x):
        return right(self, x) if x.dtype == torch.float64 else right(self, x.half()).to(x.dtype)

    monkeypatch.setattr(Tanh, "forward", wrong)
    assert failed() == set()
    assert failed("float32") >= {"outputs", "loss", "gradients"}


def test_papers_that_cannot_be_checked(monkeypatch):
    """An unknown one, and one without a twin."""
    with pytest.raises(UserError, match="did you mean 'mlp'"):
        check("mpl")
    monkeypatch.setitem(sys.modules, "firsthand.check.twins.mlp", None)
    with pytest.raises(UserError, match="There is no twin to check 'mlp' against"):
        check("mlp")
