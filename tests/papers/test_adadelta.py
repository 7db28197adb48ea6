"""Adadelta against its own formulas, torch's rule, and the paper's counts."""

from collections.abc import Callable
from dataclasses import replace
from math import sqrt

import pytest
import torch
from torch.nn import Parameter

import firsthand
from firsthand.claims import Seen
from firsthand.claims.bench.training import Training
from firsthand.data.specs import Images
from firsthand.errors import UserError
from firsthand.optim import Adadelta
from firsthand.optim.surfaces import SURFACES
from firsthand.papers.adadelta.claims import CLAIMS, curves, edge, rates, tables
from firsthand.papers.adadelta.model import Config, DigitNetwork
from firsthand.papers.adadelta.recipe import PRESETS

# The network


def test_parameters_follow_from_the_published_sizes():
    assert sum(p.numel() for p in DigitNetwork().parameters()) == 784 * 500 + 500 + 500 * 300 + 300 + 300 * 10 + 10
    # The speech network of section 4.4: 1,040 inputs, four layers of 2,560, 8,000 senones.
    speech = 1040 * 2560 + 3 * 2560**2 + 2560 * 8000 + 4 * 2560 + 8000
    assert speech == 42_821_440


@pytest.mark.parametrize(("activation", "squash"), [("relu", torch.relu), ("tanh", torch.tanh)])
def test_layers_in_turn(activation, squash):
    network = DigitNetwork(Config(hidden=(11, 7), activation=activation)).double()
    x = torch.rand(5, 1, 28, 28, dtype=torch.float64)
    one, two, three = network.layers
    h = squash(x.flatten(1) @ one.weight.T + one.bias)
    h = squash(h @ two.weight.T + two.bias)
    assert torch.allclose(network(x), h @ three.weight.T + three.bias, rtol=1e-12)


def test_sizes_that_make_no_network():
    for hidden in ((), (500, 0)):
        with pytest.raises(UserError, match=r"model.hidden (needs one size or more|must be at least 1)"):
            Config(hidden=hidden)


def test_the_papers_recipe():
    """Six passes over all images in batches of 100, at the paper's constants."""
    recipe = PRESETS["paper"]
    assert recipe.steps * recipe.batch == 6 * 60_000 and recipe.data == Images(validation=0)
    assert (recipe.optim.lr, recipe.optim.rho, recipe.optim.eps) == (1.0, 0.95, 1e-6)


# The rule


def first_step(gradient: float, **options: float) -> float:
    x = Parameter(torch.zeros(1, dtype=torch.float64))
    rule = Adadelta([x], **options)
    x.grad = torch.full_like(x, gradient)
    rule.step()
    return -x.item()


@pytest.mark.parametrize("eps", [1e-8, 1e-6, 1e-2])
@pytest.mark.parametrize("rho", [0.9, 0.95, 0.99])
def test_eps_is_the_first_step(rho, eps):
    """sqrt(eps / ((1 - rho) g^2 + eps)) g: about sqrt(eps / (1 - rho)) for any large gradient."""
    for g in (1.0, 1000.0):
        assert first_step(g, rho=rho, eps=eps) == pytest.approx(sqrt(eps / ((1 - rho) * g * g + eps)) * g, rel=1e-12)
    assert first_step(1e6, rho=rho, eps=eps) == pytest.approx(sqrt(eps / (1 - rho)), rel=1e-6)


def test_the_step_has_the_units_of_the_weight():
    """x in other units, x' = 10 x with eps in their squares, walks the same way: eq. 11 to 13."""
    paths = []
    for unit in (1.0, 10.0):
        x, squares, moves, path = unit, 0.0, 0.0, []
        for _ in range(300):
            g = 3 * x / unit**2  # of 3/2 (x / unit)^2
            squares = 0.95 * squares + 0.05 * g * g
            dx = -sqrt((moves + 1e-6 * unit**2) / (squares + 1e-6 / unit**2)) * g
            moves = 0.95 * moves + 0.05 * dx * dx
            x += dx
            path.append(x / unit)
        paths.append(path)
    assert paths[0] == pytest.approx(paths[1], rel=1e-9)
    assert paths[0] == pytest.approx(list(edge.algorithm_1(3.0, 300)), rel=1e-9)  # and it is algorithm 1


@pytest.mark.parametrize(("rho", "steps"), [(0.9, 214), (0.95, 193), (0.99, 99)])
def test_a_constant_gradient_starts_slowly(rho, steps):
    """Steps until the distance is 1; counted apart."""
    x = Parameter(torch.zeros(1, dtype=torch.float64))
    rule, count = Adadelta([x], rho=rho, eps=1e-6), 0
    while x.item() > -1:
        x.grad = torch.ones_like(x)
        rule.step()
        count += 1
    assert count == steps


def test_the_walk_is_the_rule():
    """In plain numbers and with the tensors of `firsthand.optim` and of torch."""
    for make in (Adadelta, torch.optim.Adadelta):
        x = Parameter(torch.ones(1, dtype=torch.float64))
        rule = make([x], rho=0.9, eps=1e-4)
        for place in edge.algorithm_1(5.0, 200, rho=0.9, eps=1e-4):
            x.grad = 5.0 * x.detach()
            rule.step()
            assert x.item() == pytest.approx(place, rel=1e-6, abs=1e-12)  # jumps double the rounding now and then


@pytest.mark.parametrize("curvature", [0.5, 1.9, 2.1, 10.0])
def test_where_steps_settle(curvature):
    """On the minimum below a curvature of 2; above, at sqrt(eps t (1/4 - 1/curvature^2)), to 5 %."""
    found = edge.edge(curvature)
    if curvature < 2:
        assert found["law"] == 0 and found["amplitude"] < 1e-12
    else:
        assert found["amplitude"] == pytest.approx(found["law"], rel=0.05)
        assert found["lowest"] < 1e-12
    assert found["step"][-1] == 100_000 and found["size"][-1] == found["amplitude"]


def test_the_jumps_have_the_longest_stable_step():
    """At the edge x changes its sign and hardly its size: the step is 2 x."""
    *_, before, last = edge.algorithm_1(10.0, 20_000)
    assert last == pytest.approx(-before, rel=1e-3)


# The experiments


@pytest.fixture
def small(monkeypatch) -> Callable:
    """The experiments on 400 random images, four batches a pass."""
    images = torch.randint(256, (400, 28, 28), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    images[:, :3] = 0  # rows that are never lit
    labels = torch.arange(400) % 10

    def load(self):
        from firsthand.data.images import ImageSets

        return ImageSets((images, labels), None, (images[:50], labels[:50]), tuple("0123456789"))

    monkeypatch.setattr(Images, "load", load)


@pytest.mark.usefixtures("without_figures")
def test_the_loop_is_the_engines(small, tmp_path):
    """To the bit: the same weights as `firsthand train` with the same recipe."""
    changes = {"steps": 5, "seed": 3, "model.hidden": (12, 7)}
    run = firsthand.train("adadelta", preset="paper", out=tmp_path / "run", progress=False, **changes)
    recipe = replace(PRESETS["paper"], steps=5, seed=3, model=Config(hidden=(12, 7)))
    training, steps = Training(recipe), []
    for step, _ in training.steps(5):
        steps.append(step)
        assert training.network.layers[0].weight.grad is not None
    assert steps == [0, 1, 2, 3, 4, 5]
    assert all(torch.equal(a, b) for a, b in zip(training.network.parameters(), run.model.parameters(), strict=True))


def test_effective_rates_are_what_the_next_step_multiplies_gradients_by(small):
    training = Training(replace(PRESETS["paper"], model=Config(hidden=(12, 7))))
    optimizer, weight = training.optimizer, training.network.layers[0].weight
    before = None
    for _ in training.steps(4):
        if before is not None:
            place, rate, gradient = before
            assert torch.allclose(weight.detach() - place, -rate * gradient, rtol=1e-3, atol=1e-7)  # float32
        if optimizer.state:
            rate = rates.effective_rate(optimizer, weight)
            before = weight.detach().clone(), rate.clone(), weight.grad.clone()
            dark, lit = rate.view(12, 28, 28)[:, :3], rate.view(12, 28, 28)[:, 3:]
            assert (dark == 1).all() and (lit != 1).any()  # no gradient ever: eps over eps


def test_rates_and_curves(small, monkeypatch):
    """Their numbers and lists are there and agree with each other."""
    for module in (curves, rates):
        monkeypatch.setattr(module, "PAPER", replace(PRESETS["paper"], model=Config(hidden=(12, 7))))
    found = rates.rates(epochs=3, every=2)
    assert found["step"] == [2, 4, 6, 8, 10, 12]
    for layer in (1, 2, 3):
        assert 0 < found[f"layer {layer}"] <= 1.5
        assert len(found[f"layer {layer} rates"]) == 10 and len(found[f"layer {layer} rates"][0]) == 6
        assert found[f"layer {layer} free, last"] == pytest.approx(sum(found[f"layer {layer} free"][-2:]) / 2)
    assert found["layer 2"] == found["layer 2 lit"]
    curve = curves.curves("AdaGrad", epochs=6)
    assert len(curve["error"]) == 6 and curve["epoch 6"] == curve["error"][-1] and "epoch 10" not in curve


def test_best_cells_are_the_tables():
    """The settings that figure 1 uses, and its readings at six passes; SGD's is its second best, which it shows."""
    printed = {arm.name: (arm.paper["test_error"], arm.overrides) for arm in (*tables.TABLE_1, *tables.TABLE_2)}
    best = {rule: min(column, key=lambda arm: arm.paper["test_error"]) for rule, column in tables.COLUMNS.items()}
    assert {rule: arm.paper["test_error"] for rule, arm in best.items()} == {
        "SGD": 2.26, "momentum": 2.03, "AdaGrad": 1.79,
    }  # fmt: skip
    cells = {"SGD": "SGD, 1e-1"} | {rule: best[rule].name for rule in ("momentum", "AdaGrad")}
    cells["Adadelta"] = min(tables.TABLE_2, key=lambda arm: arm.paper["test_error"]).name
    for arm in curves.ARMS:
        error, overrides = printed[cells[arm.name]]
        assert arm.paper["epoch 6"] == error
        options = {name.removeprefix("optim."): value for name, value in overrides.items()}
        assert replace(PRESETS["paper"].optim, **options) == curves.BEST[arm.name]


def test_figures_of_the_claims():
    """Drawn from what the runs leave; the tables show every printed number in brackets."""

    def seen(metrics: dict, series: dict) -> list[Seen]:
        return [Seen(seed, {"metrics": metrics, "series": series}, []) for seed in (0, 1)]

    layers = {f"layer {n} {what}": [0.5, 0.6] for n in (1, 2, 3) for what in ("free", "median")}
    layers |= {f"layer {n} rates": [[0.5, 0.6]] * 10 for n in (1, 2, 3)}
    walks = {f"{name} {axis}": [0.5, 0.6] for name in SURFACES for axis in "xy"}
    left = {
        "tables": ({"test_error": 0.02}, {}),
        "curves": ({}, {"error": [5.0] * 10}),
        "rates": ({}, layers | {"step": [60, 120]}),
        "edge": ({}, {"step": [10, 100], "size": [1.0, 0.0]}),
        "surfaces": ({name: None for name in SURFACES} | {f"{name} rate": None for name in SURFACES}, walks),
    }
    figures = {claim.key: claim.figure({arm.name: seen(*left[claim.key]) for arm in claim.arms}) for claim in CLAIMS}
    assert {key: len(figure.axes) for key, figure in figures.items()} == {
        "tables": 2, "curves": 1, "rates": 6, "edge": 1, "surfaces": 20,
    }  # fmt: skip
    texts = [text.get_text() for axes in figures["tables"].axes for text in axes.texts]
    assert len(texts) == 2 * 27 and texts.count("2.00") == 27
    assert all(f"({arm.paper['test_error']:.2f})" in texts for arm in (*tables.TABLE_1, *tables.TABLE_2))
    assert "Adadelta without a learning rate (1)" in figures["surfaces"].get_supxlabel()
