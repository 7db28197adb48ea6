"""The comparison with torch.optim holds, and sees a rule that goes astray or forgets."""

import torch

from firsthand.check import rules
from firsthand.check.rules import CASES, check_rules, compare_rule
from firsthand.optim import RULES, SGD, Adam


def test_every_rule_holds(monkeypatch):
    """One set of options a rule; all of them are compared in tests/optim."""
    monkeypatch.setattr(rules, "CASES", {name: sets[-1:] for name, sets in CASES.items()})
    rows = check_rules()
    assert {row.paper for row in rows} == RULES.keys()
    assert all(row.holds for row in rows)


def _failing(monkeypatch, name, rule, options):
    monkeypatch.setitem(rules.RULES, name, rule)
    return {(row.precision, row.what) for row in compare_rule(name, options) if not row.holds}


def test_a_step_slightly_too_long_is_seen(monkeypatch):
    class Long(SGD):
        def update(self, group, t, params, grads):
            super().update(group | {"lr": group["lr"] * (1 + 1e-8)}, t, params, grads)

    assert _failing(monkeypatch, "sgd", Long, {"lr": 0.1}) == {("float64", "weights after 200 steps")}


def test_state_of_another_name_is_seen(monkeypatch):
    class Renamed(Adam):
        def state_dict(self):
            found = super().state_dict()
            renamed = {i: {f"my_{name}": value for name, value in s.items()} for i, s in found["state"].items()}
            return found | {"state": renamed}

    failing = _failing(monkeypatch, "adam", Renamed, {})
    assert {what for _, what in failing} == {"state after 200 steps", "state after 10 steps"}


def test_the_reference_is_torch():
    assert rules.REFERENCES["adamw"] is torch.optim.AdamW
    assert rules.REFERENCES["sgd"] is torch.optim.SGD
