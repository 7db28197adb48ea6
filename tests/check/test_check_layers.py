"""The tables of `check --layers` and of the schedules hold, and see what is slightly wrong."""

import pytest
import torch

from firsthand import optim
from firsthand.check import chance, layers, modules, schedules
from firsthand.check.layers import check_layers, compare_operation
from firsthand.check.operations import EXAMPLES
from firsthand.check.schedules import CASES, TOTAL, check_schedules, compare_schedule
from firsthand.definition import Pair
from firsthand.nn import PAIRS, tanh


def test_every_operation_holds():
    """Both versions, values and gradients, in three precisions, modules, and draws, each told of before its turn."""
    told: list[str] = []
    rows = check_layers(told.append)
    assert [row for row in rows if not row.holds] == []
    assert told == [*EXAMPLES, *modules.cases(), *chance.droppers(), *chance.SPREADS]
    assert {row.paper for row in rows} == {*told, "orthogonal_", "sparse_"}
    for name in EXAMPLES:
        found = {(row.variant, row.precision, row.what) for row in rows if row.paper == name}
        versions = {"definition", "fast"} if EXAMPLES[name].reference else {"fast"}
        assert {(version, "float64", what) for version in versions for what in ("values", "gradients")} <= found
        assert {precision for _, precision, _ in found} == {"float64", "float32", "bfloat16"}


def failed(monkeypatch, fast):
    monkeypatch.setitem(PAIRS, "tanh", Pair("tanh", tanh.__wrapped__, fast))
    return {(row.variant, row.precision, row.what) for row in compare_operation("tanh") if not row.holds}


def test_a_value_or_a_gradient_that_is_slightly_off_is_seen(monkeypatch):
    both = {("fast", "float64", "values"), ("fast", "float64", "gradients")}
    assert failed(monkeypatch, lambda x: torch.tanh(x) * (1 + 1e-8)) == both

    def gradient(x):
        y = torch.tanh(x)
        return y + 1e-8 * (y - y.detach())

    assert failed(monkeypatch, gradient) == {("fast", "float64", "gradients")}


def test_a_reference_that_this_machine_cannot_run(monkeypatch):
    """The definition says how far bfloat16 may go; another error is not hidden."""
    whole = list(compare_operation("lstm"))
    right = layers.outputs_and_gradients

    def broken(version, name, dtype, draw):
        if version is EXAMPLES["lstm"].reference and dtype == torch.bfloat16:
            raise RuntimeError(said)
        return right(version, name, dtype, draw)

    monkeypatch.setattr(layers, "outputs_and_gradients", broken)
    said = "could not create a primitive descriptor for the LSTM forward propagation primitive"
    rows = list(compare_operation("lstm"))
    assert [row.what for row in rows] == [row.what for row in whole] and all(row.holds for row in rows)
    said = "another"
    with pytest.raises(RuntimeError, match="another"):
        list(compare_operation("lstm"))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_face_that_cancels_is_seen_where_it_rounds(dtype, monkeypatch):
    """(x + 64) - 64 changes nothing in float64's 16 digits, but leaves little of a bfloat16."""

    def far(x):
        return torch.tanh((x + 64) - 64 if x.dtype == dtype else x)

    name = str(dtype).removeprefix("torch.")
    assert failed(monkeypatch, far) == {("fast", name, "values"), ("fast", name, "gradients")}


def test_every_schedule_holds():
    """Each is there, follows torch's over the whole run, and moves, where it is not the constant one."""
    assert {case.name for case in CASES} == optim.SCHEDULES.keys()
    assert [row for row in check_schedules() if not row.holds] == []
    for case in CASES:
        factor = optim.SCHEDULES[case.name](TOTAL, **case.options)
        if case.name == "plateau":
            for value in schedules.WATCHED:
                factor.observe(value)
            assert factor(TOTAL) < 0.5
        elif case.name != "constant":
            assert max(map(factor, range(TOTAL))) > 2 * min(map(factor, range(TOTAL)))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.name} {case.options}")
def test_a_schedule_that_is_a_step_late_is_seen(case, monkeypatch):
    """The rate of the step before; a plateau that counts one value more."""
    right = optim.SCHEDULES[case.name]
    if case.name == "plateau":
        options = case.options | {"patience": case.options["patience"] + 1}
        monkeypatch.setitem(optim.SCHEDULES, case.name, lambda total, **_: right(total, **options))
    else:
        late = right(TOTAL, **case.options)
        monkeypatch.setitem(optim.SCHEDULES, case.name, lambda total, **_: lambda step: late(max(step - 1, 0)))
    assert compare_schedule(case).holds == (case.name == "constant")
