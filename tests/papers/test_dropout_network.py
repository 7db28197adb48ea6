"""The network against the paper's equations and torch.nn.Dropout, its sizes, and its recipes against the paper."""

from dataclasses import replace
from math import log, sqrt

import pytest
import torch
from PIL import Image

import firsthand
from firsthand import papers
from firsthand.errors import UserError
from firsthand.nn import Dropout
from firsthand.optim import limit_norm
from firsthand.papers.dropout.claims.geometric_mean import geometric_mean
from firsthand.papers.dropout.claims.ridge import ridge
from firsthand.papers.dropout.claims.sparsity import Autoencoder
from firsthand.papers.dropout.model import VARIANTS, Config, DropoutNet, GaussianNoise
from firsthand.papers.dropout.recipe import PRESETS, RisingSGD

SMALL = Config((31, 29))

# Derived: 784 h + h, h k + k and 10 k + 10. "More than 65 million" of two layers of 8192 is the paper's.
SIZES = {
    "relu 3x1024": 2_913_290,
    "logistic 3x1024": 2_913_290,
    "relu 3x2048": 10_020_874,
    "relu 2x4096": 20_037_642,
    "relu 2x8192": 73_629_706,
    "relu 1024-1024-2048": 3_973_130,
    "logistic 2x800, no dropout": 1_276_810,
    "2012, 2x800": 1_276_810,
    "maxout 2x(5x240)": (784 + 1) * 1200 + (240 + 1) * 1200 + (240 + 1) * 10,
}


@pytest.mark.parametrize("name", SIZES)
def test_parameters(name):
    """Counted without memory for them."""
    with torch.device("meta"):
        network = DropoutNet(VARIANTS[name])
    assert sum(p.numel() for p in network.parameters()) == SIZES[name]


def images(count: int = 7) -> torch.Tensor:
    return torch.rand(count, 1, 28, 28, generator=torch.Generator().manual_seed(5), dtype=torch.float64)


def drawn(network: DropoutNet, count: int, seed: int) -> list[torch.Tensor]:
    """The noise that the layers of a network would draw next from this seed, layer by layer, seen on ones."""
    torch.manual_seed(seed)
    units = (784, *network.config.hidden)
    return [noise(torch.ones(count, n, dtype=torch.float64)) for noise, n in zip(network.noise, units, strict=True)]


@pytest.mark.parametrize("activation", ["relu", "logistic", "maxout"])
@pytest.mark.parametrize("form", [{}, {"scale": "train"}, {"noise": "gaussian"}])
def test_the_printed_step_is_the_layers(activation, form):
    """With the same masks section 4 as printed gives the same logits and gradients; 1e-12 is float64's rounding."""
    torch.manual_seed(0)
    network = DropoutNet(replace(SMALL, activation=activation, **form)).double().train()
    masks = drawn(network, 7, seed=1)
    if not form:
        assert {value for mask in masks for value in mask.unique().tolist()} == {0.0, 1.0}
    torch.manual_seed(1)
    ours, printed = network(images()), network.thinned(images(), masks)
    assert torch.allclose(ours, printed, atol=1e-12)
    weights = tuple(network.parameters())
    for a, b in zip(*(torch.autograd.grad(y.square().sum(), weights) for y in (ours, printed)), strict=True):
        assert torch.allclose(a, b, atol=1e-10)


@pytest.mark.parametrize("activation", ["relu", "logistic", "maxout"])
def test_at_test_time_the_weights_are_multiplied_by_p(activation):
    network = DropoutNet(replace(SMALL, activation=activation)).double().eval()
    assert torch.allclose(network(images()), network.thinned(images()), atol=1e-12)
    by_hand = DropoutNet(replace(SMALL, activation=activation, keep_input=1.0, keep_hidden=1.0)).double().eval()
    by_hand.load_state_dict(network.state_dict())
    for layer, keep in zip(by_hand.layers, (0.8, 0.5, 0.5), strict=True):
        layer.weight.data.mul_(keep)
    assert torch.allclose(network(images()), by_hand(images()), atol=1e-12)


def test_standard_and_inverted_scaling_are_one_function():
    """With W = W~ / p they agree in training, under the same masks, and at test time; the gradient of W is p times."""
    torch.manual_seed(0)
    standard, inverted = (DropoutNet(replace(SMALL, scale=scale)).double() for scale in ("test", "train"))
    keeps = (0.8, 0.5, 0.5)
    inverted.load_state_dict(standard.state_dict())
    for layer, keep in zip(inverted.layers, keeps, strict=True):
        layer.weight.data.mul_(keep)
    assert torch.allclose(standard.eval()(images()), inverted.eval()(images()), atol=1e-12)
    outputs = []
    for network in (standard.train(), inverted.train()):
        torch.manual_seed(3)
        outputs.append(network(images()))
        outputs[-1].square().sum().backward()
    assert torch.allclose(*outputs, atol=1e-12)
    for one, other, keep in zip(standard.layers, inverted.layers, keeps, strict=True):
        assert torch.allclose(one.weight.grad, keep * other.weight.grad, atol=1e-10)


def test_masks_are_each_examples_own():
    """One mask for the whole batch would give equal rows to equal images; 1e-5 is float32's rounding."""
    torch.manual_seed(0)
    network, same = DropoutNet(SMALL).train(), images(1).float().expand(50, 1, 28, 28)
    y = network(same).detach()
    assert (y[1:] - y[:1]).abs().amax(1).min() > 1e-3
    y = network.eval()(same).detach()
    assert (y[1:] - y[:1]).abs().max() < 1e-5


def test_p_is_the_share_that_stays():
    """Of a million each; four standard errors are 0.002 of a share and 0.004 and 0.006 of Gaussian moments."""
    torch.manual_seed(0)
    network = DropoutNet(replace(SMALL, keep_input=0.8)).train()
    assert abs(network.noise[0](torch.ones(1_000_000)).mean().item() - 0.8) < 0.002
    gaussian = GaussianNoise(0.5).train()(torch.ones(1_000_000))
    assert abs(gaussian.mean().item() - 1) < 0.004
    assert abs(gaussian.var().item() - 1) < 0.006  # (1 - p) / p
    assert abs(GaussianNoise(0.8).train()(torch.ones(1_000_000)).var().item() - 0.25) < 0.002


def test_all_units_stay_where_p_is_one():
    network = DropoutNet(Config((31,), keep_input=1.0, keep_hidden=1.0)).train()
    assert torch.equal(network(images().float()), network.eval()(images().float()))


def test_gaussian_noise_wants_no_scaling():
    with pytest.raises(UserError, match="needs no scaling"):
        Config(noise="gaussian", scale="train")
    with pytest.raises(UserError, match=r"model\.keep_hidden must be above 0"):
        Config(keep_hidden=0.0)


@pytest.mark.parametrize("activation", ["relu", "maxout"])
def test_max_norm_is_of_the_weights_into_a_unit(activation):
    """Rows of every layer, as torch.renorm has them; what lies inside stays as it is, bit for bit, and so do biases."""
    torch.manual_seed(0)
    network = DropoutNet(replace(SMALL, activation=activation))
    network.layers[1].weight.data[:5] *= 0.1
    before = {name: p.detach().clone() for name, p in network.named_parameters()}
    limit_norm(network.parameters(), 1.3)
    for name, p in network.named_parameters():
        old = before[name]
        if p.ndim == 1:
            assert torch.equal(p, old)
            continue
        assert torch.allclose(p, torch.renorm(old, 2, 0, 1.3), atol=1e-6)  # float32; torch adds 1e-7 to the norm
        inside = old.norm(dim=1) < 1.3
        assert inside.any() or name != "layers.1.weight"
        assert torch.equal(p[inside], old[inside])
        assert p.norm(dim=1).max() <= 1.3 + 1e-6


def test_the_momentum_of_2012_rises():
    """Against v <- m v + (1 - m) g, w <- w - lr v by hand; the first velocity is the first gradient, as in torch."""
    weight = torch.nn.Parameter(torch.tensor([1.0], dtype=torch.float64))
    rule = RisingSGD([weight], lr=0.1, momentum=0.9, start=0.5, rise=4)
    w, v = 1.0, 0.0
    for step, g in enumerate((1.0, -2.0, 0.5, 3.0, 1.0, -1.0)):
        weight.grad = torch.tensor([g], dtype=torch.float64)
        rule.step()
        m = 0.5 + 0.4 * min(step / 4, 1)
        v = g if step == 0 else m * v + (1 - m) * g
        w -= 0.1 * v
        assert weight.item() == pytest.approx(w, abs=1e-12)
    assert rule.state_dict()["param_groups"][0]["t"] == 6  # what a checkpoint keeps


def test_recipes_are_the_papers():
    paper, old = PRESETS["paper"], PRESETS["2012"]
    assert (paper.steps, paper.max_norm, paper.optim.momentum, paper.keep) == (1_000_000, 2.0, 0.95, "last")
    assert (paper.model.keep_input, paper.model.keep_hidden, paper.model.scale) == (0.8, 0.5, "test")
    assert paper.data.validation == 0
    assert old.max_norm == pytest.approx(sqrt(15))
    passes = 60_000 // old.batch
    assert old.steps == 3000 * passes and old.rise == 500 * passes and old.schedule.every == passes
    with pytest.raises(UserError, match="set rise to 0"):
        replace(PRESETS["laptop"], rise=5, optim=replace(PRESETS["laptop"].optim, nesterov=True))


def test_2012_goes_on_where_it_was(tmp_path, without_figures):
    """Six updates at one go and in two, with a checkpoint while the momentum rises: the same bits."""
    options = {"steps": 6, "batch": 50, "rise": 10, "checkpoint_every": 3, "eval_every": 3, "log_every": 1}
    options |= {"data.name": "digits", "data.validation": None, "model.hidden": (11,), "progress": False}
    whole = firsthand.train("dropout", preset="2012", out=tmp_path / "whole", **options)
    parts = firsthand.train("dropout", preset="2012", out=tmp_path / "parts", **options | {"steps": 3})
    parts = firsthand.resume(parts.path, steps=6, progress=False)
    for name, weight in whole.model.state_dict().items():
        assert torch.equal(weight, parts.model.state_dict()[name])


def test_identities():
    """What the claims check, on another seed."""
    found = geometric_mean(keep=0.7, seed=11)
    assert found["geometric"] < 1e-12 < 1e-3 < found["arithmetic"]
    assert Autoencoder(0.5).eval()(torch.zeros(2, 784)).shape == (2, 784)


@pytest.mark.slow
def test_ridge():
    found = ridge(keep=0.7, seed=11)
    assert found["exact"] < 1e-10 and found["sampled"] < 5


def test_weight_scaling_by_enumeration():
    """The mean log-probability over all 16 masks of a softmax layer with 4 inputs, written out with torch alone."""
    generator = torch.Generator().manual_seed(2)
    x, weight = (torch.randn(*shape, generator=generator, dtype=torch.float64) for shape in ((4,), (3, 4)))
    logs = torch.zeros(3, dtype=torch.float64)
    for number in range(16):
        mask = torch.tensor([number >> bit & 1 for bit in range(4)], dtype=torch.float64)
        share = 0.8 ** mask.sum() * 0.2 ** (4 - mask.sum())
        logs += share * torch.nn.functional.log_softmax(weight @ (mask * x), 0)
    mean = torch.softmax(logs, 0)
    scaled = torch.softmax(weight @ Dropout(0.2, "test").double().eval()(x), 0)
    assert torch.allclose(mean, scaled, atol=1e-12)


def test_a_network_that_knows_nothing():
    """Its loss is that of a guess, log 10, to the spread of first logits."""
    recipe = PRESETS["laptop"]
    task = recipe.task.without_data(recipe)
    torch.manual_seed(0)
    network = task.model().eval()
    loss = task.loss(network, (images(200).float(), torch.randint(10, (200,))))
    assert abs(loss.item() - log(10)) < 0.5


def test_a_users_digits_are_read(tmp_path, without_figures):
    """After 300 steps on embedded digits, most of ten test digits that lie in files as dark ink on white paper."""
    run = firsthand.train("dropout", preset="digits", out=tmp_path / "run", progress=False, steps=300)
    pictures, labels = PRESETS["digits"].data.load().test
    for number in range(10):
        Image.fromarray(255 - pictures[number].numpy()).save(tmp_path / f"{number}.png")
    rows = run.classify([tmp_path / f"{number}.png" for number in range(10)])
    right = sum(row["class"] == str(label) for row, label in zip(rows, labels[:10].tolist(), strict=True))
    assert right >= 8  # the whole test set is read with some 3 % of mistakes by then
    assert all(0 < row["runner_up_confidence"] <= row["confidence"] <= 1 for row in rows)


def test_card():
    assert papers.get("dropout").card.parameters == SIZES["relu 3x1024"]
