"""The decorator that joins a definition with its fast implementation and their guard."""

import pytest
import torch
from torch import Tensor

from firsthand.definition import PAIRS, definition, definitions
from firsthand.errors import UserError


@pytest.fixture
def seen(monkeypatch) -> list[str]:
    """Which part ran, in order; the operations of these tests are not registered among the others."""
    monkeypatch.setattr("firsthand.definition.PAIRS", {})
    return []


def operation(seen: list[str], fast=lambda x: -x, lazily: bool = False):
    """0 - x, of which -1 is refused."""

    def guard(x: Tensor) -> None:
        seen.append("guard")
        if x.item() == -1:
            raise UserError("x is -1.")

    def quick(x: Tensor):
        seen.append("fast")
        return fast(x)

    @definition(fast=quick, guard=guard, lazily=lazily)
    def minus(x: Tensor) -> Tensor:
        seen.append("definition")
        return 0 - x

    return minus


def fails(x: Tensor):
    raise IndexError("torch says no")


@pytest.mark.parametrize("lazily", [False, True])
def test_the_fast_one_runs_and_in_definitions_the_definition(seen, lazily):
    minus = operation(seen, lazily=lazily)
    assert minus(torch.tensor(2.0)) == -2
    assert seen == (["fast"] if lazily else ["guard", "fast"])
    seen.clear()
    with definitions():
        assert minus(torch.tensor(2.0)) == -2
    assert minus.__wrapped__(torch.tensor(2.0)) == -2
    assert seen == ["guard", "definition"] * 2


@pytest.mark.parametrize("lazily", [False, True])
def test_where_the_fast_one_declines_the_definition_serves(seen, lazily):
    minus = operation(seen, lambda x: NotImplemented, lazily)
    assert minus(torch.tensor(2.0)) == -2
    assert seen[-1] == "definition"


@pytest.mark.parametrize("lazily", [False, True])
@pytest.mark.parametrize("fast", [lambda x: NotImplemented, fails])
def test_both_refuse_alike(seen, fast, lazily):
    from firsthand.definition import PAIRS

    minus = operation(seen, fast, lazily)
    for call in (minus, minus.__wrapped__, PAIRS["minus"].definition, PAIRS["minus"].fast):
        with pytest.raises(UserError, match=r"x is -1\."):
            call(torch.tensor(-1.0))
    assert "definition" not in seen


@pytest.mark.parametrize("lazily", [False, True])
def test_what_the_guard_does_not_know_is_torchs_own_error(seen, lazily):
    with pytest.raises(IndexError, match="torch says no"):
        operation(seen, fails, lazily)(torch.tensor(2.0))


def test_inside_a_transform_the_definition_serves(seen):
    def fast(x: Tensor):
        return fails(x) if torch.func.debug_unwrap(x) is not x else -x

    minus = operation(seen, fast, lazily=True)
    assert torch.func.grad(minus)(torch.tensor(2.0)) == -1
    assert seen[-1] == "definition"


def test_the_fast_one_of_a_pair_is_fast_in_definitions_too(seen):
    from firsthand.definition import PAIRS

    operation(seen)
    with definitions():
        PAIRS["minus"].fast(torch.tensor(2.0))
        assert seen == ["guard", "fast"]
        operation(seen)(torch.tensor(2.0))
        assert seen[-1] == "definition"


def test_the_operations_of_the_package_are_registered():
    import firsthand.nn

    assert firsthand.nn.PAIRS is PAIRS
    assert PAIRS["linear"].definition is firsthand.nn.linear.__wrapped__
