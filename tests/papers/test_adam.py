"""Adam's closed forms, the networks against torch.nn, and the experiments against arithmetic and torch.optim."""

from dataclasses import replace
from math import log, sqrt

import pytest
import torch
from torch.nn import Parameter

from firsthand.claims import Seen
from firsthand.data.order import Order
from firsthand.data.specs import Images
from firsthand.errors import UserError
from firsthand.optim import Adagrad, Adam, Adamax
from firsthand.optim.surfaces import SURFACES, walk
from firsthand.papers.adam import training
from firsthand.papers.adam.claims import CLAIMS, sparse_features
from firsthand.papers.adam.claims.amsgrad import counterexample
from firsthand.papers.adam.claims.bias_correction import TOP
from firsthand.papers.adam.claims.longest_step import rare
from firsthand.papers.adam.claims.noise import noise
from firsthand.papers.adam.claims.rescaling import SCALES, rescaled
from firsthand.papers.adam.claims.surfaces import METHODS
from firsthand.papers.adam.model import MLP, Config
from firsthand.papers.adam.recipe import PRESETS
from firsthand.papers.adam.training import learn
from firsthand.papers.adam.uncorrected import Uncorrected
from firsthand.papers.adam.vae import VAE, vae
from firsthand.train.recipe import schedule_for


def steps(rule, gradients, schedule=lambda t: 1.0, lr=1.0, **options) -> list[float]:
    """How far each gradient moves one weight, in float64; the rate is lr schedule(t) at step t = 1, 2, ..."""
    weight = Parameter(torch.zeros((), dtype=torch.float64))
    optimizer, moved = rule([weight], lr=lr, **options), []
    for t, gradient in enumerate(gradients, 1):
        optimizer.param_groups[0]["lr"] = lr * schedule(t)
        before = weight.item()
        weight.grad = torch.full_like(weight, gradient)
        optimizer.step()
        moved.append(weight.item() - before)
    return moved


@pytest.mark.parametrize("gradient", [-1e6, -0.3, 1e-3, 42.0])
@pytest.mark.parametrize("rule", [Adam, Adamax])
def test_the_first_step_is_alpha(rule, gradient):
    """Algorithms 1 and 2 with t = 1: m^ = g, sqrt(v^) = u = |g|; eps is 1e-5 of the smallest gradient."""
    (step,) = steps(rule, [gradient], lr=0.02)
    assert step == pytest.approx(-0.02 if gradient > 0 else 0.02, rel=2e-5)


@pytest.mark.parametrize(("betas", "length"), [((0.9, 0.999), 3.1623), ((0.9, 0.9999), 10.0), ((0.0, 0.999), 31.623)])
def test_the_first_step_without_correction(betas, length):
    """(1 - beta1) / sqrt(1 - beta2) times alpha."""
    (step,) = steps(Uncorrected, [0.7], betas=betas)
    assert -step == pytest.approx(length, rel=1e-4)
    (step,) = steps(Adam, [0.7], betas=betas)
    assert -step == pytest.approx(1.0, rel=1e-4)


def test_uncorrected_by_hand():
    """Three steps with beta 0.5 and 0.75: m = 1, 2, -1 and v = 1, 3, 6.25 from gradients 2, 3, -4; eps is 0."""
    moved = steps(Uncorrected, [2.0, 3.0, -4.0], betas=(0.5, 0.75), eps=0.0)
    assert moved == pytest.approx([-1 / 1, -2 / sqrt(3), 1 / sqrt(6.25)], rel=1e-12)
    moved = steps(Uncorrected, [4.0, 0.0], betas=(0.5, 0.75), eps=0.0, amsgrad=True)  # v: 4, then 3: the 4 stays
    assert moved == pytest.approx([-2 / 2, -1 / 2], rel=1e-12)


@pytest.mark.parametrize("amsgrad", [False, True])
def test_uncorrected_against_torch(amsgrad):
    """torch.optim.Adam with the correction undone in its rate, step by step; eps 0, which it would scale, too."""
    gradients = torch.randn(60, generator=torch.Generator().manual_seed(1), dtype=torch.float64).tolist()
    ours = steps(Uncorrected, gradients, betas=(0.8, 0.97), eps=0.0, amsgrad=amsgrad)
    theirs = steps(
        torch.optim.Adam, gradients, lambda t: (1 - 0.8**t) / sqrt(1 - 0.97**t), betas=(0.8, 0.97), eps=0.0,
        amsgrad=amsgrad,
    )  # fmt: skip
    assert ours == pytest.approx(theirs, rel=1e-9)


def test_adagrad_is_a_limit_of_adam():
    """Section 5: beta1 = 0, beta2 -> 1, alpha / sqrt(t); v^ is then the mean of all squares. Not without correction."""
    gradients = torch.randn(100, generator=torch.Generator().manual_seed(2), dtype=torch.float64).tolist()
    limit = {"schedule": lambda t: 1 / sqrt(t), "betas": (0.0, 1 - 1e-8), "lr": 0.1, "eps": 0.0}
    expected = steps(Adagrad, gradients, lr=0.1, eps=0.0)
    assert steps(Adam, gradients, **limit) == pytest.approx(expected, rel=1e-5)  # 100 (1 - beta2), and digits lost
    without = steps(Uncorrected, gradients, **limit)
    assert without[0] == pytest.approx(expected[0] * 1e4, rel=1e-5)


def test_eps_stands_outside_the_root():
    """Gradients of 1e-8 with eps 1e-8: half a step; inside the root it would be 1e-4 of one."""
    for step in steps(Adam, [1e-8] * 5):
        assert step == pytest.approx(-0.5, rel=1e-6)


def test_published_counts():
    """785 * 1000 + 1001 * 1000 + 1001 * 10; 785 * 10; 784-500-(50, 50) and 50-500-784."""
    sizes = (MLP(), 1_796_010), (MLP(Config(hidden=())), 7_850), (VAE(), 860_884)
    for network, parameters in sizes:
        assert sum(p.numel() for p in network.parameters()) == parameters


def test_logistic_regression_starts_as_a_pure_guess():
    """From zero: all logits 0, whatever the image."""
    logits = MLP(Config(hidden=()))(torch.rand(5, 1, 28, 28))
    assert torch.equal(logits, torch.zeros(5, 10))


def test_dropout_rests_while_evaluating():
    """Half of the hidden units are silent in training, none in evaluation; what stays is doubled."""
    torch.manual_seed(0)
    network, images = MLP(), torch.rand(20, 1, 28, 28)
    network.eval()
    assert torch.equal(network(images), network(images))
    network.train()
    assert not torch.equal(network(images), network(images))
    h = torch.ones(100, 1000)
    dropped = network.body[2](h)
    assert set(dropped.unique().tolist()) == {0.0, 2.0}
    assert dropped.mean().item() == pytest.approx(1.0, abs=0.02)  # 100,000 draws: six standard errors


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [({"hidden": (100, 0)}, "hidden must be at least 1, got 0"), ({"dropout": 1.0}, "must be below 1, got 1.0")],
)
def test_sizes_that_make_no_network(wrong, sentence):
    with pytest.raises(UserError, match=sentence):
        Config(**wrong)


def test_the_decay_of_section_6_1():
    """alpha / sqrt(t) at step t = 1, 2, 3, ..."""
    factor = schedule_for(PRESETS["logistic"])
    assert [factor(step) for step in range(4690)] == pytest.approx([1 / sqrt(t) for t in range(1, 4691)])


def test_vae_against_torch():
    """Loss and every gradient of the same network from torch.nn.functional and torch.distributions, in float64."""
    from torch.distributions import Bernoulli, Normal, kl_divergence
    from torch.nn import functional as F

    torch.manual_seed(0)
    network = VAE(hidden=11, latent=3).double()
    bits, eps = (torch.rand(7, 784) > 0.7).double(), torch.randn(7, 3, dtype=torch.float64)
    loss = network.loss(bits, eps)
    loss.backward()
    ours = {name: p.grad.clone() for name, p in network.named_parameters()}

    p = {name: value.detach().clone().requires_grad_() for name, value in network.named_parameters()}

    def layer(name, x):
        return F.linear(x, p[f"{name}.weight"], p[f"{name}.bias"])

    h = F.softplus(layer("encoder", bits))
    q = Normal(layer("mean", h), layer("log_variance", h).exp().sqrt())
    x = Bernoulli(logits=layer("pixels", F.softplus(layer("decoder", q.loc + q.scale * eps))))
    expected = (-x.log_prob(bits).sum(1) + kl_divergence(q, Normal(torch.zeros(3).double(), 1.0)).sum(1)).mean()
    expected.backward()
    assert loss.item() == pytest.approx(expected.item(), rel=1e-12)
    for name, gradient in ours.items():
        torch.testing.assert_close(gradient, p[name].grad, rtol=1e-9, atol=1e-12)


def test_a_vae_that_knows_nothing():
    """All weights 0: every pixel costs ln 2, the latents nothing."""
    network = VAE()
    for parameter in network.parameters():
        parameter.data.zero_()
    loss = network.loss((torch.rand(9, 784) > 0.5).float(), torch.randn(9, 50))
    assert loss.item() == pytest.approx(784 * log(2), rel=1e-6)


def test_vae_experiment_starts_alike(data_folder):
    """Before the first step neither rate nor rule matters; after it they do."""
    one, other = vae(steps=1), vae(steps=1, beta2=0.9999, corrected=False)
    assert len(one) == 4 and set(one.values()) == set(other.values()) and len(set(one.values())) == 1
    assert one["loss at -3"] == pytest.approx(784 * log(2), rel=0.1)  # nearly a pure guess
    one, other = vae(steps=2), vae(steps=2, corrected=False)
    assert len(set(one.values()) | set(other.values())) == 8


@pytest.fixture
def small(monkeypatch):
    """scikit-learn's digits in place of MNIST, and a smaller network."""
    data = Images("digits")
    monkeypatch.setattr(training, "PRESETS", {
        "logistic": replace(PRESETS["logistic"], data=data),
        "paper": replace(PRESETS["paper"], data=data, model=Config(hidden=(20,))),
    })  # fmt: skip


@pytest.mark.parametrize("rule", ["adam", "sgd", "adagrad", "adadelta"])
def test_learn_against_torch(rule, small):
    """Two passes of logistic regression with alpha / sqrt(t); float32 rounding over 24 steps."""
    options, make = {
        "adam": ({}, torch.optim.Adam),
        "sgd": ({"momentum": 0.9, "nesterov": True}, torch.optim.SGD),
        "adagrad": ({}, torch.optim.Adagrad),
        "adadelta": ({"rho": 0.95}, torch.optim.Adadelta),
    }[rule]
    found = learn(rule=rule, lr=0.05, momentum=options.get("momentum", 0.0), decay=True, epochs=2, seed=3)
    images, labels = Images("digits").load().train
    x = images.flatten(1).float() / 255
    model = torch.nn.Linear(784, 10)
    torch.nn.init.zeros_(model.weight)
    torch.nn.init.zeros_(model.bias)
    optimizer = make(model.parameters(), lr=0.05, **options)
    decay = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: (step + 1) ** -0.5)
    order = Order(len(x), 128, seed=3)
    for epoch in range(2):
        costs = []
        for step in range(order.steps_per_epoch):
            chosen = order.indices(epoch * order.steps_per_epoch + step)
            loss = torch.nn.functional.cross_entropy(model(x[chosen]), labels[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            decay.step()
            costs.append(loss.item())
        assert found["costs"][epoch] == pytest.approx(sum(costs) / len(costs), rel=1e-4)
        with torch.no_grad():
            whole = torch.nn.functional.cross_entropy(model(x), labels).item()
        assert found["losses"][epoch] == pytest.approx(whole, rel=1e-4)
    assert found["loss 2"] == found["losses"][1] == pytest.approx(found["train_loss"])


def test_learn_that_diverges(small):
    """A number that is none is told as none; the passes are all there."""
    found = learn(network="mlp", rule="sgd", lr=1e30, epochs=2)
    assert found["cost 1"] is None and found["test_loss"] is None and found["costs"] == [None, None]


def test_sparse_words_against_torch():
    """The same sentences as a dense matrix of words, the same words dropped, under torch.optim."""
    words = torch.tensor([[0, 1, 4], [2, 4, 4], [1, 2, 3]])  # 4 fills up
    labels = torch.tensor([1.0, 0.0, 1.0])
    rate, generator = 0.3, torch.Generator().manual_seed(5)
    model = torch.nn.Linear(4, 1)
    torch.nn.init.zeros_(model.weight)
    torch.nn.init.zeros_(model.bias)
    optimizer = torch.optim.Adam(model.parameters())
    order = Order(3, sparse_features.BATCH, seed=5)
    expected = []
    for step in range(6):
        optimizer.param_groups[0]["lr"] = rate / sqrt(step + 1)
        chosen = order.indices(step)
        kept = torch.empty(3, 3).bernoulli_(0.5, generator=generator)
        dense = torch.zeros(3, 5)
        for row in range(3):
            for place in range(3):
                dense[row, words[chosen[row], place]] = 2 * kept[row, place]
        loss = torch.nn.functional.binary_cross_entropy_with_logits(model(dense[:, :4]).squeeze(1), labels[chosen])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        expected.append(loss.item())
    assert sparse_features.learn_words(words, labels, "Adam", rate, 6, 5) == pytest.approx(expected, rel=1e-5)
    assert expected[0] == pytest.approx(log(2))


def test_the_sentences_of_brown(data_folder):
    """54,105 sentences of five words or more, of which 33.4 % are imaginative prose."""
    words, labels = sparse_features.bags()
    assert len(words) == len(labels) == 54_105
    assert labels.mean().item() == pytest.approx(0.334, abs=0.0005)
    assert words.max() == 10_000 and (words[:, 0] < 10_000).all()


@pytest.mark.parametrize("amsgrad", [False, True])
def test_the_counterexample_is_the_rule(amsgrad):
    """The loop in plain numbers walks as the rule on a tensor does, held in [-1, 1]; 2000 steps of both problems."""
    for large, small, period, betas in ((3.0, 1.0, 3, (0.0, 0.1)), (1010.0, 10.0, 101, (0.9, 0.99))):
        x = Parameter(torch.zeros((), dtype=torch.float64))
        rule = Uncorrected([x], betas=betas, eps=0.0, amsgrad=amsgrad)
        for t in range(1, 2001):
            rule.param_groups[0]["lr"] = 0.5 / sqrt(t)
            x.grad = torch.full_like(x, large if t % period == 1 else -small)
            rule.step()
            x.data.clamp_(-1, 1)
        found = counterexample(large, small, period, *betas, amsgrad, steps=2000)
        assert found["end"] == pytest.approx(x.item(), rel=1e-9)
        assert found["place"][-1] == found["end"] and found["step"][-1] == 2000


@pytest.mark.parametrize("betas", [(0.9, 0.999), (0.0, 0.9)])
def test_a_rare_gradient(betas):
    """At step t: (1 - b1) / (1 - b1^t) over sqrt((1 - b2) / (1 - b2^t)), and without correction the numerators only."""
    beta1, beta2 = betas
    found, without = rare(beta1, beta2, longest=300), rare(beta1, beta2, corrected=False, longest=300)
    longest = (1 - beta1) / sqrt(1 - beta2)
    expected = [longest * sqrt(1 - beta2 ** (n + 1)) / (1 - beta1 ** (n + 1)) for n in found["waits"]]
    assert found["steps"] == pytest.approx(expected, rel=1e-9)
    assert without["steps"] == pytest.approx([longest] * len(expected), rel=1e-9)
    assert found["first"] == pytest.approx(1.0) and found["largest"] == pytest.approx(max(expected))


@pytest.mark.parametrize("beta1", [0.0, 0.9])
def test_noise(beta1):
    """m^ has mean s and variance (1 - b1) / (1 + b1), v^ is near 1 + s^2; v^ itself wavers by 3 %."""
    found = noise(beta1, steps=4000)
    for s, travel, length in zip(found["ratios"], found["travel"], found["lengths"], strict=True):
        assert travel == pytest.approx(s / sqrt(1 + s * s), abs=0.01)
        assert length == pytest.approx(sqrt((s * s + (1 - beta1) / (1 + beta1)) / (1 + s * s)), rel=0.01)


def test_rescaled_gradients():
    """Without eps the scale cancels; with it, gradients far below eps make steps that are no longer alpha."""
    assert max(rescaled(eps=0.0, steps=100)["apart"]) < 1e-12
    found = rescaled(eps=1e-8, steps=100)
    assert found["apart"][SCALES.index(1.0)] == 0 and found["at 1e3"] < 1e-6
    assert found["apart"][0] == pytest.approx(1, abs=0.05)  # at 1e-12 it hardly leaves the start


def test_turning_a_valley():
    """Momentum acts on vectors and takes the same steps in every direction; Adam acts on axes."""
    lengths = {
        name: [len(walk(SURFACES[valley], METHODS[name], 0.01)[0]) for valley in ("valley", "turned valley")]
        for name in ("SGD with momentum", "Adam")
    }
    assert lengths["SGD with momentum"][0] == lengths["SGD with momentum"][1]
    assert lengths["Adam"][1] > 1.1 * lengths["Adam"][0]


def test_figures_of_the_claims():
    """Drawn from what the experiments return, here made up, with a run that diverged."""
    found = {
        "vae": {"loss at -3.5": 150.0, "loss at -3": 2000.0, "loss at -2.5": None, "loss at -2": 130.0},
        "learn": {"costs": [0.3, 0.2], "losses": [0.4, 0.3]},
        "sparse": {"rate": 0.1, "costs": [0.5, 0.4], "costs at 0.3": [0.6, 0.5]},
        "counterexample": {"step": [1, 10], "place": [0.0, 1.0]},
        "rare": {"waits": [0, 10], "steps": [1.0, 3.0]},
        "noise": {"ratios": [0.1, 1.0], "travel": [0.1, 0.7], "lengths": [0.2, 0.9]},
        "rescaled": {"scales": [0.1, 1.0, 10.0], "apart": [0.5, 0.0, 0.0]},
        "surfaces": {f"{name}{part}": value for name in SURFACES for part, value in (
            ("", None), (" rate", 0.1), (" x", [1.0, 0.5]), (" y", [0.0, 0.2]))},
    }  # fmt: skip
    panels = {"bias-correction": 5, "logistic": 3, "amsgrad": 2, "surfaces": 20}
    for claim in filter(lambda claim: claim.figure, CLAIMS):
        seen = {}
        for arm in claim.arms:
            series = {name: value for name, value in found[arm.measured].items() if isinstance(value, list)}
            seen[arm.name] = [Seen(0, {"metrics": found[arm.measured], "series": series}, [])]
        figure = claim.figure(seen)
        assert len(figure.axes) == panels.get(claim.key, 1)
        if claim.key == "surfaces":  # a row for each rule, named axes
            assert {axes.get_xlabel() for axes in figure.axes[-5:]} == {"x"}
            assert {axes.get_ylabel() for axes in figure.axes[::5]} == {"y"}
        if claim.key == "bias-correction":  # what diverged or left the frame is a triangle at its upper edge
            for axes in figure.axes:
                marks = [line for line in axes.lines if line.get_marker() == "^"]
                assert {float(line.get_xdata()[0]) for line in marks} == {-3.0, -2.5}
                assert {float(line.get_ydata()[0]) for line in marks} == {TOP}
