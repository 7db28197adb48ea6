"""Momentum against closed forms, companion matrices, and the equations written out by hand."""

from dataclasses import replace
from math import log2, sqrt

import numpy as np
import pytest
import torch
from torch import Tensor

from firsthand import optim
from firsthand.claims import Seen
from firsthand.errors import UserError
from firsthand.optim.surfaces import SURFACES
from firsthand.papers.momentum import training
from firsthand.papers.momentum.claims import CLAIMS, look_ahead, square_root, trap
from firsthand.papers.momentum.constants import tuned
from firsthand.papers.momentum.model import Autoencoder, Config
from firsthand.papers.momentum.recipe import PRESETS, Recipe
from firsthand.papers.momentum.schedule import RisingSGD, momentum
from firsthand.train.checkpoint import pack, unpack
from firsthand.train.recipe import Optim
from firsthand.train.task import Examples


def randn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


# The network


@pytest.mark.parametrize(
    ("hidden", "parameters"), [((1000, 500, 250, 30), 2_837_314), ((400, 200, 100, 50, 25, 6), 842_340)]
)
def test_parameters_follow_from_the_published_sizes(hidden, parameters):
    """784-1000-500-250-30 for MNIST and 784-400-200-100-50-25-6 for Curves, and the same back up."""
    assert sum(p.numel() for p in Autoencoder(Config(hidden=hidden)).parameters()) == parameters


def test_it_reproduces_the_means_of_squares():
    network = Autoencoder(Config(hidden=(11, 3), shrink=4))
    images = torch.rand(5, 1, 28, 28)
    assert network.code(images).shape == (5, 3) and network(images).shape == (5, 1, 7, 7)
    assert torch.allclose(network.seen(images)[:, 0], images.view(5, 7, 4, 7, 4).mean((2, 4)), atol=1e-6)
    assert torch.equal(network(images), network.decode(network.code(images)))


def test_every_unit_starts_with_fifteen_connections():
    for layer in Autoencoder(Config(hidden=(40, 20, 8), shrink=2)).layers:
        assert (layer.weight != 0).sum(1).unique().tolist() == [min(15, layer.weight.shape[1])]
        assert not layer.bias.any()


def test_the_score_is_the_squared_error_of_an_image():
    task = PRESETS["laptop"].task.without_data(PRESETS["laptop"])
    torch.manual_seed(0)
    network, images = task.model(), torch.rand(3, 1, 28, 28)
    small = torch.nn.functional.avg_pool2d(images, 2)
    errors = torch.stack([((network(images)[i] - small[i]) ** 2).sum() for i in range(3)])
    assert torch.allclose(task.scores(network, (images, images))["loss"], errors, rtol=1e-5)
    assert task.loss(network, (images, images)).item() == pytest.approx(errors.mean().item(), rel=1e-5)


def test_sizes_that_make_no_network():
    for wrong in ({"hidden": ()}, {"hidden": (10, 0)}):
        with pytest.raises(UserError, match=r"must be at least 1|needs one size or more"):
            Config(**wrong)
    with pytest.raises(UserError, match=r"Squares of 3 pixels do not fill 28x28: model.shrink is 1, 2, 4, 7 or 14"):
        Config(shrink=3)


# The schedule


def test_the_momentum_rises_as_printed():
    """Equation 5 word for word, and its first values."""
    for t in (0, 1, 249, 250, 600, 12_000, 700_000):
        assert momentum(t, 0.999) == pytest.approx(min(1 - 2 ** (-1 - log2(t // 250 + 1)), 0.999), abs=1e-15)
    assert [momentum(t, 0.99) for t in (0, 249, 250, 500)] == pytest.approx([0.5, 0.5, 0.75, 5 / 6])
    assert momentum(11_999, 1.0) == pytest.approx(1 - 1 / 96)  # what 12,000 updates come to, below 0.99 by little


def test_the_last_updates_have_at_most_nine_tenths():
    assert [momentum(t, 0.99, settle=9000) for t in (8999, 9000, 9999)] == pytest.approx([1 - 1 / 72, 0.9, 0.9])
    assert momentum(9000, 0.5, settle=9000) == 0.5 and momentum(9000, 0.0, settle=9000) == 0


@pytest.mark.parametrize("nesterov", [False, True])
def test_the_rule_follows_the_papers_equations(nesterov):
    """Equations 1 to 4 in the paper's own form, the rate inside of v, on a quadratic; rounding 1e-13.

    For Nesterov's the stored place is theta + mu v, with the mu of the update before where mu has changed since.
    """
    bowl = randn(7, 7)
    bowl, rate, every = bowl @ bowl.t(), 0.01, 10
    w = randn(7, seed=1).requires_grad_()
    rule = RisingSGD([w], lr=rate, momentum=0.9, nesterov=nesterov, every=every, settle=50)
    theta, v = w.detach().clone(), torch.zeros(7, dtype=torch.float64)
    ahead = theta.clone()
    for t in range(60):
        mu = min(1 - 1 / (2 * (t // every + 1)), 0.9)
        v = mu * v - rate * bowl @ (ahead if nesterov else theta)
        theta = ahead - rate * bowl @ ahead if nesterov else theta + v
        ahead = theta + mu * v
        w.grad = bowl @ w.detach()
        rule.step()
        assert torch.allclose(w.detach(), ahead if nesterov else theta, rtol=0, atol=1e-13)


def test_a_resumed_rule_goes_on_rising():
    """10 updates, a checkpoint, 10 more: the same bits as 20."""

    def walk(w: torch.nn.Module, rule: RisingSGD, steps: range) -> None:
        for step in steps:
            for p in w.parameters():
                p.grad = p.detach() - randn(*p.shape, seed=step).float()
            rule.step()

    def start() -> tuple[torch.nn.Module, RisingSGD]:
        torch.manual_seed(0)
        network = Autoencoder(Config(hidden=(5,), shrink=14))
        return network, RisingSGD(network.parameters(), lr=0.1, momentum=0.9, nesterov=True, every=3, settle=18)

    whole, first, second = start(), start(), start()
    walk(*whole, range(20))
    walk(*first, range(10))
    unpack(*pack(*first), *second)
    walk(*second, range(10, 20))
    assert second[1].param_groups[0]["t"] == 20
    for ours, theirs in zip(second[0].parameters(), whole[0].parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_options_of_the_rule():
    with pytest.raises(UserError, match=r"optim.momentum is 1.0, expected 0 <= momentum < 1"):
        RisingSGD([torch.zeros(1)], momentum=1.0)
    with pytest.raises(UserError, match="every must be at least 1"):
        Recipe(every=0)
    recipe = replace(PRESETS["laptop"], optim=Optim("sgd", weight_decay=0.1))
    task = recipe.task.without_data(recipe)
    with pytest.raises(UserError, match="weight_decay is not an option of sgd"):
        task.optimizer(task.model())
    recipe = replace(recipe, optim=Optim("adam", lr=0.001))
    assert isinstance(recipe.task.without_data(recipe).optimizer(task.model()), optim.Adam)


# The theory


def radius(options: dict, curvature: float) -> float:
    """By what a direction shrinks a step: the larger eigenvalue of its 2x2 map of (x_k, x_(k-1))."""
    mu, pull = options.get("momentum", 0.0), 1 - options["lr"] * curvature
    trace, product = (pull * (1 + mu), pull * mu) if options.get("nesterov") else (pull + mu, mu)
    return np.abs(np.roots([1, -trace, product])).max()


@pytest.mark.parametrize("kappa", [10, 1000])
@pytest.mark.parametrize("method", ["gradient", "heavy-ball", "nesterov", "nesterov-best"])
def test_promised_rates_are_those_of_the_worst_direction(method, kappa):
    """1e-6: where two eigenvalues coincide, rounding of 1e-16 moves them by its root, 1e-8."""
    options, promised = tuned(method, kappa)
    worst = max(radius(options, curvature) for curvature in np.linspace(1, kappa, 2000))
    assert worst == pytest.approx(promised, abs=1e-6)


@pytest.mark.parametrize("mu", [0.5, 0.9, 0.99])
def test_nesterov_breaks_sooner(mu):
    """Stable up to rate times curvature 2 + 2 mu, and with the look-ahead up to (2 + 2 mu) / (1 + 2 mu)."""
    for nesterov, edge in ((False, 2 + 2 * mu), (True, (2 + 2 * mu) / (1 + 2 * mu))):
        assert radius({"lr": 0.999 * edge, "momentum": mu, "nesterov": nesterov}, 1) < 1
        assert radius({"lr": 1.001 * edge, "momentum": mu, "nesterov": nesterov}, 1) > 1


def test_the_steps_of_gradient_descent(monkeypatch):
    """In its own axes each coordinate is (1 - lr curvature)^k times its start."""
    monkeypatch.setattr(square_root, "KAPPAS", (10,))
    found = square_root.speed("gradient", seed=3)
    generator = torch.Generator().manual_seed(3)
    axes, _ = torch.linalg.qr(torch.randn(20, 20, generator=generator, dtype=torch.float64))
    start = (axes.t() @ torch.randn(20, generator=generator, dtype=torch.float64)).numpy()
    shrink = 1 - 2 / 11 * np.logspace(0, 1, 20)
    steps = next(k for k in range(200) if np.linalg.norm(shrink**k * start) <= 1e-6 * np.linalg.norm(start))
    assert found["steps 10"] == steps
    assert found["factor 10"] <= 9 / 11 + 1e-9


def test_looking_ahead_is_less_momentum_where_it_is_steep():
    """Theorem 2.1. Across the valley the steps shrink by sqrt(0.9) with CM, by sqrt(0.9 * 0.5) with NAG."""
    same, cm = look_ahead.look_ahead("cm-per-direction"), look_ahead.look_ahead("cm")
    assert same["distance"] < 1e-12 < 0.1 < cm["distance"]
    for found, mu in ((cm, 0.9), (look_ahead.look_ahead("nag"), 0.45)):
        expected = -6 / np.log10(sqrt(mu))
        assert found["settled"] == pytest.approx(expected, abs=8)  # a phase of the oscillation


def test_the_cycle_solves_three_linear_equations():
    """x_(k+1) = x_k - f'(x_k) / 9 + 4/9 (x_k - x_(k-1)) around three points on the pieces 25 x, 25 x - 24, 25 x."""
    rows, constants = np.zeros((3, 3)), np.zeros(3)
    for k, offset in enumerate((0.0, -24.0, 0.0)):
        rows[k, k] += 1 - 25 / 9 + 4 / 9
        rows[k, (k - 1) % 3] -= 4 / 9
        rows[k, (k + 1) % 3] -= 1
        constants[k] = offset / 9
    low, high, middle = np.linalg.solve(rows, constants)
    assert low < 1 and high >= 2 and middle < 1
    found = trap.trap("heavy-ball")
    assert (found["low"], found["middle"], found["high"]) == pytest.approx((low, middle, high), abs=1e-12)
    assert max(trap.trap("gradient")["end"], trap.trap("nesterov")["end"]) < 1e-6


def test_its_slope_has_no_jump_and_the_right_curvatures():
    xs = np.linspace(-3, 4, 7001)
    slopes = np.diff([trap.trap_slope(x) for x in xs]) / np.diff(xs)
    assert slopes.min() == pytest.approx(1, abs=1e-6) and slopes.max() == pytest.approx(25, abs=1e-6)


# The autoencoder, in small


def test_the_experiment_trains_and_settles(monkeypatch):
    """A few updates on random images: the error falls, and is told before and after the last ones."""
    images = torch.rand(60, 1, 28, 28, generator=torch.Generator().manual_seed(0))

    class Tiny(PRESETS["laptop"].task):
        def __init__(self, recipe: Recipe):
            self.recipe = recipe
            self.train = Examples(images, images)

    monkeypatch.setattr(Recipe, "task", Tiny)
    found = training.autoencoder(updates=200, final=50)
    assert len(found["curve"]) == 2 and found["curve"][1] < found["curve"][0]
    small = torch.nn.functional.avg_pool2d(images, 2)
    mean = (small - small.mean(0)).square().sum((1, 2, 3)).mean().item()  # the error of the mean image
    assert found["error"] == pytest.approx(mean, rel=0.2) and found["before"] != found["error"]


def test_figures_of_the_claims():
    """Drawn from what the experiments return; of the long ones from the same numbers, made up."""
    made_up = {
        "look-ahead": {"along": [10.0, 9.9], "across": [1.0, 0.5]},
        "autoencoder": {"before": 0.4, "error": 0.3, "curve": [2.0, 1.0, 0.5]},
        "speed": {f"{name} {10**n}": value for name, value in (("steps", 50), ("factor", 0.9)) for n in range(1, 5)},
        "surfaces": {f"{name}{part}": value for name in SURFACES for part, value in (
            ("", 5), (" rate", 0.1), (" x", [1.0, 0.5]), (" y", [0.0, 0.2]))},
    }  # fmt: skip
    panels = {"square-root": 2, "look-ahead": 2, "trap": 2, "autoencoder": 2, "first-weights": 2, "surfaces": 20}
    for claim in CLAIMS:
        seen = {}
        for arm in claim.arms:
            found = made_up.get(arm.measured) or arm.experiment(**arm.overrides)
            seen[arm.name] = [Seen(seed, {"metrics": found, "series": found}, []) for seed in (0, 1)]
        assert len(claim.figure(seen).axes) == panels[claim.key]


def test_reconstructions():
    """Ten test images and what comes back, each with its squared error."""
    task = PRESETS["laptop"].task.without_data(PRESETS["laptop"])
    images = torch.rand(12, 1, 14, 14)
    task.test = Examples(images, images)
    ((name, figure),) = task.figures(network := task.model())
    errors = (network(images[:10]) - images[:10]).square().sum((1, 2, 3)).tolist()
    titles = [axes.get_title() for axes in figure.axes]
    assert name == "reconstructions" and titles == [""] * 10 + [f"{error:.2f}" for error in errors]
