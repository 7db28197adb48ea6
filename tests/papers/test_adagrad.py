"""AdaGrad against closed forms, the rule itself, a regret bound, and text small enough to count by hand."""

from dataclasses import replace
from math import log, sqrt

import numpy as np
import pytest
import torch
from torch.nn import Parameter

from firsthand import optim
from firsthand.claims import Seen
from firsthand.data.specs import Images
from firsthand.errors import UserError
from firsthand.optim import SGD, Adagrad
from firsthand.optim.surfaces import race
from firsthand.papers.adagrad.claims import CLAIMS, regret, separation, sparse_text
from firsthand.papers.adagrad.model import Config, SparseLinear, hinge
from firsthand.papers.adagrad.recipe import PRESETS, SentenceTask
from firsthand.papers.adagrad.sentences import Bags, Parts, Sentences, indexed, named

TEXT = ["the jury said", "She said the jury said", "the", "said she"]
LABELS = [-1, 1, -1, 1]


@pytest.fixture
def bags() -> tuple[Bags, list[str]]:
    """Four sentences of which the last three, in another order, are the part."""
    places, begins, features = indexed(line.split() for line in TEXT)
    return Bags(places, begins, torch.tensor(LABELS), torch.tensor([3, 1, 2])), features


@pytest.fixture
def random_bags() -> Bags:
    """Sixty examples with one to nine of 23 features each; some features are rare."""
    dice = np.random.default_rng(0)
    sets = [np.sort(np.unique((23 * dice.random(n) ** 2).astype(int))) for n in dice.integers(1, 10, 60)]
    begins = torch.tensor([0, *np.cumsum([len(s) for s in sets]).tolist()])
    labels = torch.from_numpy(dice.choice([-1, 1], 60))
    return Bags(torch.from_numpy(np.concatenate(sets)), begins, labels, torch.from_numpy(dice.permutation(60)))


# Sentences as features


def test_features_are_words_and_pairs_in_small_letters():
    assert named(["The", "jury", "said"]) == ["the", "jury", "said", "the jury", "jury said"]


def test_indices_by_hand(bags):
    examples, features = bags
    names = [{features[i] for i in examples.features(n).tolist()} for n in range(3)]
    assert names == [
        {"said", "she", "said she"},
        {"she", "said", "the", "jury", "she said", "said the", "the jury", "jury said"},  # "said" is there twice
        {"the"},
    ]
    assert examples.counts(len(features)).tolist() == [sum(name in row for row in names) for name in features]
    places, labels = examples.batch(torch.tensor([2, 0]))
    assert places.shape == (2, 3) and labels.tolist() == [-1, 1]
    assert places[0, 1:].tolist() == [-1, -1] and features[places[0, 0]] == "the"
    assert len(examples) == 3


@pytest.mark.slow
def test_brown_has_the_derived_number_of_features(data_folder):
    """54,105 sentences, 33.4 % of them imaginative, 475,940 features, 38.6 of them in a sentence: counted apart."""
    parts = Sentences(validation=0.0).load()
    assert parts.val is None
    assert len(parts.features) == 475_940 == SparseLinear().weight.numel()
    assert (len(parts.train), len(parts.test)) == (40_579, 13_526)
    rows = torch.cat([parts.train.rows, parts.test.rows])
    assert rows.unique().numel() == 54_105
    assert (parts.train.labels == 1).double().mean().item() == pytest.approx(0.334, abs=5e-4)
    assert len(parts.train.places) / 54_105 == pytest.approx(38.6, abs=0.05)
    split = Sentences().load()
    assert (len(split.train), len(split.val), len(split.test)) == (37_874, 2_705, 13_526)
    assert torch.equal(split.test.rows, parts.test.rows)


def test_data_that_does_not_fit(data_folder):
    with pytest.raises(UserError, match="'mnist' holds no documents with a genre: choose brown"):
        Sentences("mnist").load()
    with pytest.raises(UserError, match=r"leave some to train on, got 0\.5 and 0\.5"):
        Sentences(test=0.5, validation=0.5)
    with pytest.raises(UserError, match=r"choose a smaller data\.shortest"):
        Sentences(shortest=10_000).load()
    with pytest.raises(UserError, match="features must be at least 1, got 0"):
        Config(features=0)


# The classifier


def test_the_score_is_the_sum_of_the_weights_present():
    """As a product with the dense row of zeros and ones; what fills up a row counts for nothing."""
    network = SparseLinear(Config(features=7)).double()
    with torch.no_grad():
        network.weight.copy_(torch.arange(1.0, 8.0))
        network.bias.fill_(0.5)
    places = torch.tensor([[0, 6, 2], [3, -1, -1], [-1, -1, -1]])
    dense = torch.tensor([[1, 0, 1, 0, 0, 0, 1], [0, 0, 0, 1, 0, 0, 0], [0] * 7], dtype=torch.float64)
    assert torch.equal(network(places), dense @ network.weight + network.bias)
    network(places[1:]).sum().backward()
    assert network.weight.grad.tolist() == [0, 0, 0, 1, 0, 0, 0]  # not of the last, which -1 would pick
    assert network.bias.grad.tolist() == [2]


def test_hinge_by_hand():
    scores, labels = torch.tensor([0.0, 2.0, -3.0, 0.25]), torch.tensor([1, 1, 1, -1])
    assert hinge(scores, labels).tolist() == [1.0, 0.0, 4.0, 1.25]


def test_a_score_of_nothing_is_wrong():
    task = SentenceTask.without_data(PRESETS["laptop"])
    scores = task.scores(torch.nn.Identity(), (torch.tensor([0.0, 0.3, -2.0]), torch.tensor([1, 1, 1])))
    assert scores["error"].tolist() == [1, 0, 1] and scores["loss"].tolist() == pytest.approx([1, 0.7, 3])


def test_figures_are_drawn(bags, tmp_path):
    task = SentenceTask.without_data(PRESETS["laptop"])
    examples, task.features = bags
    task.train = examples
    network = SparseLinear(Config(features=len(task.features)))
    torch.nn.init.normal_(network.weight)
    figures = dict(task.figures(network))
    assert set(figures) == {"words", "rarity"}
    left, right = figures["words"].axes
    best, worst = int(network.weight.argmax()), int(network.weight.argmin())
    assert right.get_yticklabels()[0].get_text() == task.features[best]
    assert left.get_yticklabels()[0].get_text() == task.features[worst]


def test_a_size_that_is_not_the_datas(bags, monkeypatch):
    examples, features = bags
    monkeypatch.setattr(Sentences, "load", lambda self: Parts(examples, None, examples, features))
    assert SentenceTask(PRESETS["laptop"]).model().weight.numel() == len(features)
    with pytest.raises(UserError, match=f"model.features is 5, but the data has {len(features)}; leave it to the data"):
        SentenceTask(replace(PRESETS["laptop"], model=Config(features=5)))


# The rule


def test_the_scale_of_the_loss_does_not_matter():
    """A thousand times the gradient, the same path, but for eps."""
    paths = []
    for scale in (1.0, 1000.0):
        x = Parameter(torch.tensor([1.0, -2.0], dtype=torch.float64))
        rule = Adagrad([x], lr=0.1)
        for _ in range(50):
            x.grad = scale * torch.tensor([1.0, 30.0]) * x.detach()
            rule.step()
        paths.append(x.detach())
    assert torch.allclose(*paths, rtol=1e-6)


def test_constant_gradients_give_steps_of_one_over_the_root():
    """eta / sqrt(t): 19.8545 in all after 10,000 steps of 0.1, about 2 eta sqrt(T)."""
    x = Parameter(torch.zeros(1, dtype=torch.float64))
    rule = Adagrad([x], lr=0.1)
    for _ in range(10_000):
        x.grad = torch.full_like(x, -7.0)
        rule.step()
    assert x.item() == pytest.approx(sum(0.1 / sqrt(t) for t in range(1, 10_001)), rel=1e-9)
    assert x.item() == pytest.approx(19.8545, abs=5e-5)


@pytest.mark.parametrize("rate", ["AdaGrad", "1/sqrt(t)", "constant"])
def test_touching_only_the_features_present_is_exact(random_bags, rate):
    """The loop over rows against the rule of `firsthand.optim` on dense gradients from autograd, for every eta."""
    etas = (1 / 32, 0.25)  # powers of two, so that a tie at 0 is one in every order of the sums
    weights, wrong = sparse_text.one_pass(random_bags, 23, rate, etas)
    for column, eta in enumerate(etas):
        network = SparseLinear(Config(features=23)).double()
        make = Adagrad if rate == "AdaGrad" else SGD
        rule, mistakes = make(network.parameters(), lr=eta), []
        for t in range(60):
            places, labels = random_bags.batch(torch.tensor([t]))
            scores = network(places)
            mistakes.append(int(scores.item() * labels.item() <= 0))
            rule.zero_grad()
            hinge(scores, labels).sum().backward()
            rule.param_groups[0]["lr"] = eta / sqrt(t + 1) if rate == "1/sqrt(t)" else eta
            rule.step()
        assert torch.allclose(weights[1:, column], network.weight.detach(), rtol=1e-9, atol=1e-12)
        assert weights[0, column].item() == pytest.approx(network.bias.item(), rel=1e-9, abs=1e-12)
        assert wrong[:, column].tolist() == mistakes
        with torch.no_grad():
            places, labels = random_bags.batch(torch.arange(60))
            share = 100 * (network(places) * labels <= 0).double().mean().item()
        assert sparse_text.test_error(random_bags, weights)[column].item() == pytest.approx(share)


@pytest.mark.parametrize("eta", [sqrt(2), None])
def test_the_separation_examples_loop_is_the_rule(eta):
    """Against the rule on the hinge loss by autograd, with the weights clipped to the box after each step."""
    order = [0] * 100 + torch.randint(1, 4, (150,), generator=torch.Generator().manual_seed(0)).tolist()
    x = Parameter(torch.zeros(4, dtype=torch.float64))
    rule = Adagrad([x], lr=eta) if eta else SGD([x], lr=1.0)
    losses = []
    for t, i in enumerate(order, start=1):
        loss = hinge(x[i : i + 1], torch.tensor([1])).sum()
        losses.append(loss.item())
        rule.zero_grad()
        loss.backward()
        rule.param_groups[0]["lr"] = eta or 1 / sqrt(t)
        rule.step()
        x.data.clamp_(-1, 1)
    assert separation.single(order, 4, eta) == pytest.approx(losses, abs=1e-12)


def test_one_look_for_each_rare_feature():
    """The paper: AdaGrad d - 1, gradient descent at least d / (2 epsilon) in the limit of many rounds."""
    for epsilon in (0.1, 0.02):
        assert separation.separation("AdaGrad", epsilon, 30, 3000)["loss"] == 29
        found = separation.separation("OGD", epsilon, 30, 30_000)
        assert found["loss"] > 30 / (2 * epsilon) and found["first"] == 1.0
        assert found["sum"][-1] == found["loss"] and found["round"][-1] == 30_000


def test_the_key_lemma():
    """Lemma 4, one coordinate: the sum of a_t^2 / sqrt(a_1^2 + ... + a_t^2) is at most twice the norm of a."""
    dice = np.random.default_rng(0)
    for _ in range(20):
        a = dice.standard_cauchy(50)
        assert (a**2 / np.sqrt(np.cumsum(a**2))).sum() <= 2 * np.sqrt((a**2).sum())


def test_the_best_fixed_weights_are_a_minimum():
    """No feasible direction goes down: the gradient is 0 inside the box, and points out of it at its walls."""
    dice = torch.Generator().manual_seed(0)
    z = torch.randn(40, 5, generator=dice, dtype=torch.float64)
    y = torch.randint(10, (40,), generator=dice)
    x = regret.best_fixed(z, y, steps=3000).requires_grad_()
    torch.nn.functional.cross_entropy(z @ x.T, y, reduction="sum").backward()
    x, g = x.detach(), x.grad
    inside = x.abs() < 1
    assert inside.any() and (~inside).any()
    assert g[inside].abs().max() < 1e-4
    assert (g * x)[~inside].max() < 0


@pytest.mark.parametrize("method", ["AdaGrad", "one rate"])
def test_regret_stays_under_its_bound(method, monkeypatch):
    """Against whatever fixed weights, also those of a search that was cut short."""
    search = regret.best_fixed
    monkeypatch.setattr(regret, "best_fixed", lambda z, y: search(z, y, steps=20))
    found = regret.regret(method, seed=1)
    assert 0 < found["share"] < 1 and 0 < found["regret"] < found["bound"]
    assert found["regrets"][-1] == found["regret"] and found["round"][-1] == 1437
    assert all(regret <= bound for regret, bound in zip(found["regrets"], found["bounds"], strict=True))


@pytest.mark.parametrize("shorter", [1.0, 30.0])
def test_regret_is_that_of_the_rule(monkeypatch, shorter):
    """Against weights of 0, whose loss is ln 10 a round: the same losses from the rule, autograd and clipping.

    delta is 0 in the bound: even a gradient of 1e-30 makes a full step, which an eps of 1e-10 would not let it.
    """
    monkeypatch.setattr(regret, "best_fixed", lambda z, y: z.new_zeros(10, z.shape[1]))
    found = regret.regret("AdaGrad", shorter, seed=2)
    images, labels = Images("digits").load().train
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(2))[:200]
    x = Parameter(torch.zeros(10, 785, dtype=torch.float64))
    rule, total, regrets = Adagrad([x], lr=sqrt(2) / shorter, eps=1e-300), 0.0, []
    for i in order:
        z = torch.cat([images[i].flatten().double() / 255, torch.ones(1)])
        loss = torch.nn.functional.cross_entropy((x @ z)[None], labels[i : i + 1])
        rule.zero_grad()
        loss.backward()
        rule.step()
        x.data.clamp_(-1, 1)
        total += loss.item() - log(10)
        regrets.append(total)
    marks = [t for t in found["round"] if t <= 200]
    assert found["regrets"][: len(marks)] == pytest.approx([regrets[t - 1] for t in marks], rel=1e-6)
    norms = rule.state[x]["sum"].sqrt().sum().item()
    place = found["round"].index(max(marks))
    assert found["bounds"][place] < (shorter + 1 / shorter) * sqrt(2) * norms < found["bounds"][place + 1]


def test_on_the_axes_both_curvatures_look_alike():
    """Six steps at a rate of 10 along the axes; hundreds once the valley is turned."""
    from firsthand.optim.surfaces import SURFACES, walk

    path, arrived = walk(SURFACES["valley"], Adagrad, 10.0, most=10)
    assert arrived and len(path) - 1 == 6
    assert not walk(SURFACES["turned valley"], Adagrad, 10.0, most=100)[1]
    assert optim.RULES["adagrad"] is Adagrad


def test_figures_of_the_claims():
    """Drawn from what the experiments return."""

    def seen(found: dict) -> list[Seen]:
        metrics = {name: value for name, value in found.items() if not isinstance(value, list)}
        series = {name: value for name, value in found.items() if isinstance(value, list)}
        return [Seen(0, {"metrics": metrics, "series": series}, [])]

    text = {"error": 12.0, "without rare": 13.0, "errors": [14.0, 12.0], "etas": [0.1, 1.0], "seen": [500],
            "running": [20.0]}  # fmt: skip
    curves = {"round": [1, 10], "regrets": [-1.0, 2.0], "bounds": [3.0, 9.0]}
    found = {"sparse-text": lambda arm: text, "regret": lambda arm: curves, "surfaces": lambda arm: race(
        Adagrad if arm.name == "AdaGrad" else SGD, most=300),
        "separation": lambda arm: arm.experiment(**arm.overrides, rounds=100)}  # fmt: skip
    panels = {"separation": 1, "sparse-text": 3, "regret": 1, "surfaces": 10}
    for claim in CLAIMS:
        figure = claim.figure({arm.name: seen(found[claim.key](arm)) for arm in claim.arms})
        assert len(figure.axes) == panels[claim.key]
