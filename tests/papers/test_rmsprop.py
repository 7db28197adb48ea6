"""RMSprop against closed forms: periodic gradients, zig-zags, variances, and units that must not matter."""

from functools import partial
from math import sqrt

import pytest
import torch

from firsthand import optim
from firsthand.claims import Seen
from firsthand.errors import UserError
from firsthand.optim.surfaces import SURFACES
from firsthand.papers.rmsprop.claims import CLAIMS, centring, eps_place, floor, nine_to_one, scale_freedom
from firsthand.papers.rmsprop.model import MLP, Config, _Louder


def small(**units: float) -> MLP:
    """The same first weights whatever the units, in float64."""
    torch.manual_seed(0)
    return MLP(Config(hidden=(13, 11), dropout=0.0, **units)).double()


def batch(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    images = torch.rand(17, 1, 28, 28, generator=generator, dtype=torch.float64)
    return images, torch.randint(10, (17,), generator=generator)


def gradients(network: MLP) -> list[torch.Tensor]:
    images, targets = batch()
    network.zero_grad()
    torch.nn.functional.cross_entropy(network(images), targets).backward()
    return [p.grad.clone() for p in network.parameters()]


# The network and its units


def test_parameters_follow_from_the_published_sizes():
    """784-1000-1000-10, whatever the units."""
    for config in (Config(), Config(weight_scale=0.01), Config(gradient_scale=1e4)):
        assert sum(p.numel() for p in MLP(config).parameters()) == 1_796_010


@pytest.mark.parametrize(("units", "times"), [({"gradient_scale": 1e4}, 1e4), ({"weight_scale": 0.01}, 0.01)])
def test_other_units_change_the_first_gradient_only(units, times):
    """The network computes the same; only its first weights' gradient changes. 1e-6: weights stored in float32."""
    plain, other = small(), small(**units)
    stored = other.body[0].weight * units.get("weight_scale", 1.0)
    assert torch.allclose(stored, plain.body[0].weight, rtol=1e-6)
    images, _ = batch()
    assert torch.allclose(other(images), plain(images), rtol=1e-6)
    for place, (ours, theirs) in enumerate(zip(gradients(other), gradients(plain), strict=True)):
        assert torch.allclose(ours, theirs * (times if place == 0 else 1), rtol=1e-6, atol=1e-9)


def test_louder_is_the_identity():
    x = torch.randn(3, dtype=torch.float64, requires_grad=True)
    y = _Louder.apply(x, 7.0)
    assert torch.equal(y, x)
    assert torch.equal(torch.autograd.grad(y.sum(), x)[0], torch.full_like(x, 7.0))


@pytest.mark.parametrize("options", [{}, {"momentum": 0.9}, {"centered": True}])
def test_the_gradients_unit_cancels(options):
    """Times 8192, a power of two, changes no bit of RMSprop's path; eps only keeps 0 / 0 away. SGD's it changes."""

    def walk(rule: type[optim.Rule], scale: float) -> torch.Tensor:
        network = small(gradient_scale=scale)
        optimizer = rule(network.parameters(), lr=0.003)
        for _ in range(5):
            gradients(network)
            optimizer.step()
        return torch.cat([p.detach().flatten() for p in network.parameters()])

    free = partial(optim.RMSprop, alpha=0.9, eps=1e-200, **options)
    one, other = walk(free, 1.0), walk(free, 8192.0)
    assert one.isfinite().all()
    assert torch.equal(one, other)
    assert not torch.equal(walk(optim.SGD, 1.0), walk(optim.SGD, 8192.0))


def test_sizes_and_units_that_make_no_network():
    for wrong in ({"hidden": ()}, {"hidden": (10, 0)}):
        with pytest.raises(UserError, match=r"must be at least 1|needs one size or more"):
            Config(**wrong)
    for wrong in ({"gradient_scale": 0.0}, {"weight_scale": -1.0}):
        with pytest.raises(UserError, match="must be above 0"):
            Config(**wrong)


# The rule


@pytest.mark.parametrize(("alpha", "first"), [(0.9, 3.1623), (0.99, 10.0)])
def test_the_first_step(alpha, first):
    """1 / sqrt(1 - alpha) rates, whatever the gradient."""
    for size in (1e-3, 1.0, 1e3):
        w = torch.zeros(1, dtype=torch.float64, requires_grad=True)
        w.grad = torch.full_like(w, size)
        optim.RMSprop([w], lr=0.5, alpha=alpha).step()
        assert -w.item() / 0.5 == pytest.approx(first, rel=1e-4)


def settled_drift(alpha: float) -> float:
    """Of the cycle when s has become periodic: s after the large gradient solves one linear equation."""
    grown = alpha**9
    large = (alpha * (1 - grown) * 0.01 + (1 - alpha) * 0.81) / (1 - alpha * grown)
    means = [alpha**k * large + (1 - alpha**k) * 0.01 for k in range(1, 10)]
    return -sum(0.1 / sqrt(s) for s in means) + 0.9 / sqrt(large)


@pytest.mark.parametrize(("method", "cycles"), [("rmsprop-0.9", 100), ("rmsprop-0.99", 600)])
def test_nine_small_and_one_large(method, cycles):
    """0.1 % for eps and what is left of the start."""
    found = nine_to_one.nine_to_one(method, cycles=cycles)
    assert found["drift"] == pytest.approx(settled_drift(float(method[8:])), rel=1e-3)
    assert len(found["places"]) == 201 and found["places"][0] == 0


def test_longer_windows_drift_less():
    """About ten times less a decade: -0.679, -0.067, -0.0067."""
    assert settled_drift(0.9) == pytest.approx(-0.679, abs=1e-3)
    for alpha in (0.9, 0.99):
        longer = 1 - (1 - alpha) / 10
        assert settled_drift(alpha) / settled_drift(longer) == pytest.approx(10, rel=0.05)


def test_signs_drift_and_sums_do_not():
    assert nine_to_one.nine_to_one("sign")["drift"] == pytest.approx(-8)
    assert nine_to_one.nine_to_one("sgd", cycles=100)["drift"] == pytest.approx(0, abs=1e-9)


def test_rprop_as_the_slide_states_it():
    """1.2 times if the last two signs agree, else half; from 1e-6 to 50."""
    step = nine_to_one.rprop_steps(1.0)
    assert [step(g) for g in (0.3, 0.1, -5.0, -0.1, 2.0)] == pytest.approx([-1.0, -1.2, 0.6, 0.72, -0.36])
    up, down = nine_to_one.rprop_steps(40.0), nine_to_one.rprop_steps(3e-6)
    assert [up(1.0) for _ in range(4)][1:] == [-48.0, -50.0, -50.0]
    assert [abs(down((-1.0) ** k)) for k in range(4)][1:] == pytest.approx([1.5e-6, 1e-6, 1e-6])


def test_the_zig_zag_has_half_a_rate():
    """Where the gradient only changes its sign, a step is one rate: from half of it to minus half."""
    found = floor.floor(lr=0.01, steps=1000)
    assert (found["x"], found["y"]) == pytest.approx((0.5, 0.5), abs=1e-4)
    assert found["value"] == pytest.approx(101 / 8 * 0.01**2, rel=1e-4)
    assert all(a * b < 0 for a, b in zip(found["tail"], found["tail"][1:], strict=False))


def test_centred_on_a_constant_gradient():
    """The variance after t steps is (1 - alpha^t) alpha^t: 2.55 rates at step 2, 2.10 at 10, 194 at 100."""
    steps = list(centring.constant_gradient(True, 1e-8))
    for t, printed in ((2, 2.55), (10, 2.10), (50, 13.97), (100, 194)):
        exact = 1 / sqrt((1 - 0.9**t) * 0.9**t)
        assert steps[t - 1] == pytest.approx(exact, rel=1e-4) and exact == pytest.approx(printed, rel=5e-3)
    assert steps[-1] == pytest.approx(1 / (sqrt(0.9**200) + 1e-8), rel=1e-2)  # cancelled digits of the variance
    assert max(centring.constant_gradient(True, 0.01)) < 100


@pytest.mark.parametrize("size", [0.7, 1 / 3])
def test_a_variance_below_zero_is_no_nan(size):
    """In float32 rounding takes the variance of a constant gradient below 0 after some 140 steps."""
    w = torch.zeros(1, requires_grad=True)
    rule = optim.RMSprop([w], alpha=0.9, centered=True)
    w.grad = torch.full_like(w, size)
    for _ in range(300):
        rule.step()
    assert w.isfinite().all()


def test_the_centred_step_is_signal_over_noise():
    """The variance of some 200 gradients has a relative error of 10 %; its effect on the mean step is below 2 %."""
    found = centring.centring(seed=5)
    for ratio in centring.RATIOS:
        assert found[f"step {ratio}"] == pytest.approx(ratio, rel=0.03)
    assert centring.centring(centered=False)["step 10"] == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("eps", [1e-8, 1e-3])
def test_where_eps_stands(eps):
    """g / (g + eps) is a half at eps, g / sqrt(g^2 + eps) at sqrt(eps / 3); the grid is 1.2 % fine."""
    assert eps_place.eps_place("outside", eps)["half"] == pytest.approx(eps, rel=0.012)
    assert eps_place.eps_place("inside", eps)["half"] == pytest.approx(sqrt(eps / 3), rel=0.012)


def test_a_louder_layer_does_not_trouble_it():
    """Five passes over the digits end at the same loss within 2 %: eps and rounding, grown over 225 steps."""
    plain = scale_freedom.after_five_passes("rmsprop", "plain", 1e-3, seed=0)
    assert scale_freedom.after_five_passes("rmsprop", "louder", 1e-3, seed=0) == pytest.approx(plain, rel=0.02)
    assert scale_freedom.after_five_passes("sgd", "louder", 0.1, seed=0) > 5 * plain


def test_figures_of_the_claims():
    """Drawn from what the runs leave, an arm that diverged among them."""
    walks = {f"{name} {axis}": [0.5, 0.6] for name in SURFACES for axis in "xy"}
    left = {
        "nine-to-one": lambda arm: arm.experiment(**arm.overrides, cycles=40),
        "scale-freedom": lambda arm: {"rates": [0.01, 0.1], "losses": [0.3, None]},
        "floor": lambda arm: arm.experiment(**arm.overrides, steps=100),
        "centring": lambda arm: {f"step {r}": float(r) for r in centring.RATIOS} | {"constant": [1.0] * 200},
        "eps-place": lambda arm: {"gradient": [1e-8, 1.0], "step": [0.1, 1.0]},
        "surfaces": lambda arm: walks | {name: None for name in SURFACES} | {f"{name} rate": None for name in SURFACES},
    }
    panels = {"nine-to-one": 2, "scale-freedom": 3, "floor": 2, "centring": 2, "eps-place": 1, "surfaces": 20}
    for claim in CLAIMS:
        found = {arm.name: left[claim.key](arm) for arm in claim.arms}
        figure = claim.figure({name: [Seen(0, {"metrics": one, "series": one}, [])] for name, one in found.items()})
        assert len(figure.axes) == panels[claim.key]
        if claim.key == "nine-to-one":  # each curve has its name beside it
            assert sorted(text.get_text() for text in figure.axes[0].texts) == sorted(found)
