"""The records of health against numbers worked out by hand from the same step."""

import pytest
import torch

from firsthand.papers.mlp.model import MLP, Config
from firsthand.train.diagnostics import BINS, Probe, statistics
from firsthand.train.folder import Rows


@pytest.fixture
def step(tmp_path):
    """One watched step of plain gradient descent at rate 0.1: (network before, network after, the row)."""
    torch.manual_seed(0)
    config = Config(hidden=(13, 7), embed=5, init="normal")
    before, after = MLP(config), MLP(config)
    after.load_state_dict(before.state_dict())
    tokens, targets = torch.randint(27, (17, 3)), torch.randint(27, (17,))
    rows = Rows(tmp_path / "rows.jsonl")
    for network in (before, after):
        network.train()
    with Probe(after, rows).watch(3):
        torch.nn.functional.cross_entropy(after(tokens), targets).backward()
        with torch.no_grad():
            for p in after.parameters():
                p -= 0.1 * p.grad
    torch.nn.functional.cross_entropy(before(tokens), targets).backward()
    return before, after, tokens, next(iter(rows))


def test_layers(step):
    """Mean, spread and saturation of what each tanh returns; the histogram counts every value once."""
    before, _, tokens, row = step
    assert row["step"] == 3
    assert [layer["name"] for layer in row["layers"]] == ["body.2", "body.5"]
    fresh = MLP(Config(hidden=(13, 7), embed=5))
    fresh.load_state_dict(before.state_dict())
    x = fresh.embedding(tokens).flatten(1)
    outputs = {}
    for number, layer in enumerate(fresh.body):
        x = layer(x)
        outputs[f"body.{number}"] = x.detach()
    for layer in row["layers"]:
        values = outputs[layer["name"]]
        assert layer["activation"]["mean"] == pytest.approx(values.mean().item(), abs=1e-6)
        assert layer["activation"]["std"] == pytest.approx(values.std().item(), rel=1e-5)
        assert layer["activation"]["reach"] == pytest.approx(values.abs().max().item(), rel=1e-6)
        assert layer["saturation"] == pytest.approx((values.abs() > 0.97).float().mean().item(), abs=1e-6)
        assert len(layer["activation"]["histogram"]) == BINS
        assert sum(layer["activation"]["histogram"]) == values.numel() == sum(layer["gradient"]["histogram"])


def test_weights(step):
    """Spread of each matrix before the step, of its gradient, and of what the step added, relative to it."""
    before, after, _, row = step
    matrices = {name: p for name, p in before.named_parameters() if p.ndim > 1}
    assert [weight["name"] for weight in row["weights"]] == list(matrices)
    for weight in row["weights"]:
        p, moved = matrices[weight["name"]], dict(after.named_parameters())[weight["name"]]
        assert weight["std"] == pytest.approx(p.std().item(), rel=1e-5)
        assert weight["gradient_std"] == pytest.approx(p.grad.std().item(), rel=1e-4)
        assert weight["update_ratio"] == pytest.approx((moved - p).std().item() / p.std().item(), rel=1e-3)
        assert weight["update_ratio"] == pytest.approx(0.1 * p.grad.std().item() / p.std().item(), rel=1e-3)


def test_hooks_are_taken_away(step, tmp_path):
    """Also after a step that failed, of which nothing is recorded."""
    _, network, tokens, _ = step
    assert all(not module._forward_hooks for module in network.modules())
    rows = Rows(tmp_path / "none.jsonl")
    with pytest.raises(ZeroDivisionError), Probe(network, rows).watch(0):
        network(tokens)
        raise ZeroDivisionError
    assert all(not module._forward_hooks for module in network.modules())
    assert list(rows) == []


@pytest.mark.parametrize("values", [[float("nan")] * 3, [float("inf"), 1.0, -2.0], [0.0, 0.0], [-float("inf")]])
def test_values_that_are_no_numbers(values):
    """A diverged run is recorded all the same; the histogram holds the finite values."""
    finite = [v for v in values if abs(v) < float("inf")]
    assert sum(statistics("activation", torch.tensor(values * 2))["activation"]["histogram"]) == 2 * len(finite)
