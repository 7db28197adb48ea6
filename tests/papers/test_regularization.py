"""The criteria against curves worked out by hand, the variances against closed forms, the rest against torch."""

from itertools import pairwise
from math import erfc, exp, log, pi, prod, sqrt

import pytest
import torch

import firsthand
from firsthand import papers
from firsthand.errors import UserError
from firsthand.optim.schedule import cosine
from firsthand.papers.regularization import criteria, examples, signals, training
from firsthand.papers.regularization.model import Config, DeepMLP

PAPER = papers.get("regularization")

# Published or derived: 784 n + n + 4 (n^2 + n) + 10 n + 10 for GB10's five layers of n = 1,000.
SIZES = [
    (Config(), 785_000 + 4 * 1_001_000 + 10_010),
    (Config(hidden=(128,)), 101_770),
    (Config(inputs=100, hidden=(256, 256)), 25_856 + 65_792 + 2570),
    (Config(hidden=(100,) * 3, batch_norm=True), 100_010),  # of Ioffe & Szegedy's network: biases out, 600 in
]


@pytest.mark.parametrize(("config", "parameters"), SIZES)
def test_counts(config, parameters):
    assert sum(p.numel() for p in DeepMLP(config).parameters()) == parameters


def test_order_of_a_layer():
    """Linear, batch norm, activation, dropout; the linear layer then has no bias."""
    body = DeepMLP(Config(hidden=(3,), activation="relu", batch_norm=True, dropout=0.5)).body
    assert [type(layer).__name__ for layer in body] == ["Linear", "BatchNorm1d", "ReLU", "Dropout"]
    assert body[0].bias is None


def test_dropout_equals_torchs():
    """With the same masks, drawn from the same generator, as torch.nn.Dropout behind every activation."""
    torch.manual_seed(0)
    network = DeepMLP(Config(inputs=7, hidden=(31, 29), classes=5, dropout=0.3)).train()
    first, second = (layer for layer in network.body if hasattr(layer, "weight"))
    theirs = torch.nn.Sequential(
        torch.nn.Linear(7, 31), torch.nn.Tanh(), torch.nn.Dropout(0.3),
        torch.nn.Linear(31, 29), torch.nn.Tanh(), torch.nn.Dropout(0.3), torch.nn.Linear(29, 5),
    )  # fmt: skip
    with torch.no_grad():
        for ours, copy in zip((first, second, network.output), (theirs[0], theirs[3], theirs[6]), strict=True):
            copy.weight.copy_(ours.weight)
            copy.bias.copy_(ours.bias)
    x = torch.randn(11, 7)
    torch.manual_seed(1)
    found = network(x)
    torch.manual_seed(1)
    assert torch.allclose(found, theirs(x), atol=1e-6)  # rounding of float32
    assert torch.allclose(network.eval()(x), theirs.eval()(x), atol=1e-6)
    assert not torch.allclose(found, network(x), atol=1e-2)


@pytest.mark.parametrize("init", ["glorot", "he", "standard", "normal"])
def test_first_weights(init):
    """n Var[W] within 2 % of the formula: 10^6 draws leave 0.14 %. Biases are 0, and the gain spares the output."""
    torch.manual_seed(0)
    network = DeepMLP(Config(inputs=500, hidden=(2000,), init=init, gain=3.0))
    layer = network.body[0]
    known = {"glorot": 2 / 2500, "he": 2 / 500, "standard": 1 / 1500, "normal": 1e-4}[init]
    assert layer.weight.var().item() == pytest.approx(9 * known, rel=0.02)
    assert signals.weight_variance(init, 500, 2000, gain=3.0) == pytest.approx(9 * known)
    assert not layer.bias.any()
    ends = {"glorot": 2 / 2010, "he": 2 / 2000, "standard": 1 / 6000, "normal": 1e-4}[init]
    assert network.output.weight.var().item() == pytest.approx(ends, rel=0.05)  # 20,000 draws leave 1 %


def test_torchs_default_is_the_standard_heuristic():
    """What GB10 argue against: torch.nn.Linear starts from U[-1/sqrt(n), 1/sqrt(n)], so that n Var[W] is 1/3."""
    torch.manual_seed(0)
    weight = torch.nn.Linear(1000, 1000).weight
    assert (1000 * weight.var()).item() == pytest.approx(1 / 3, rel=0.02)
    assert signals.weight_variance("standard", 1000, 1000) == pytest.approx(1 / 3000)


SHAPE, VARIANCES = (7, 11, 5, 13), (0.3, 0.02, 0.5)


def test_linear_layers_multiply_the_variance():
    """GB10, equations 5 and 6, written out: products of n_i Var[W^i] forward and of n_{i+1} Var[W^i] backward."""
    signal, gradient = signals.expected("linear", SHAPE, VARIANCES, first=4.0)
    assert signal == pytest.approx([4 * 7 * 0.3, 4 * 7 * 0.3 * 11 * 0.02, 4 * 7 * 0.3 * 11 * 0.02 * 5 * 0.5])
    assert gradient == pytest.approx([5 * 0.02 * 13 * 0.5, 13 * 0.5, 1])


def test_rectifiers_halve_it():
    """H15, equations 9 and 13: products of n Var[W] / 2; He's weights keep the signal."""
    signal, gradient = signals.expected("relu", SHAPE, VARIANCES)
    steps = [n * v / 2 for n, v in zip(SHAPE[:-1], VARIANCES, strict=True)]
    back = [n * v / 2 for n, v in zip(SHAPE[2:], VARIANCES[1:], strict=True)]
    # The integrals run over a kink: the midpoint rule is off by the square of its step, 4e-6.
    assert signal == pytest.approx([prod(steps[: i + 1]) for i in range(3)], rel=1e-5)
    assert gradient == pytest.approx([prod(back[i:]) / 2 for i in range(3)], rel=1e-5)
    even, gradients = signals.expected("relu", [512] * 51, [signals.weight_variance("he", 512, 512)] * 50)
    assert even == pytest.approx([1] * 50, rel=1e-4)
    assert gradients == pytest.approx([0.5] * 50, rel=1e-4)
    third, _ = signals.expected("relu", [512] * 51, [signals.weight_variance("glorot", 512, 512)] * 50)
    assert third[-1] == pytest.approx(0.5**50, rel=1e-3)


def test_gaussian_means():
    """E[s^2], E[|s|] and E[cos s] = e^(-spread^2 / 2) are known."""
    assert signals.gaussian_mean(torch.square, 3.0) == pytest.approx(9)
    assert signals.gaussian_mean(torch.abs, 2.0) == pytest.approx(2 * sqrt(2 / pi), rel=1e-5)
    assert signals.gaussian_mean(torch.cos, 1.5) == pytest.approx(exp(-1.125))


@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize("init", ["he", "glorot", "standard"])
def test_measured_signals_follow_theory(activation, init):
    """Layers of unequal widths; eight layers of some 400 units: one draw is within 25 % (it wanders by some 8)."""
    torch.manual_seed(0)
    sizes = (300, 500, 400, 600, 350, 450, 500, 400, 300)
    network = DeepMLP(Config(sizes[0], sizes[1:], activation=activation, init=init))
    z, sums, activations = signals.watched(network, torch.randn(500, sizes[0]))
    z.backward(torch.randn(z.shape))
    variances = [signals.weight_variance(init, n, m) for n, m in pairwise(sizes)]
    signal, gradient = signals.expected(activation, sizes, variances)
    assert [signals.rms(z) for z in activations] == pytest.approx([q**0.5 for q in signal], rel=0.25)
    assert [signals.rms(s.grad) for s in sums] == pytest.approx([g**0.5 for g in gradient], rel=0.25)


def test_singular_values_of_a_random_matrix():
    """A square matrix of variance v/n has singular values of mean 8 sqrt(v) / (3 pi); small inputs keep tanh linear."""
    torch.manual_seed(0)
    for init, variance in (("glorot", 1.0), ("standard", 1 / 3)):
        network = DeepMLP(Config(inputs=300, hidden=(300,) * 3, init=init))
        found = signals.jacobian_values(network, 1e-3 * torch.randn(2, 300))
        assert len(found) == 2
        assert found == pytest.approx([8 * sqrt(variance) / (3 * pi)] * 2, rel=0.02)


def test_jacobian_against_autograd():
    """diag(f'(s)) W is the derivative that autograd finds."""
    torch.manual_seed(0)
    network = DeepMLP(Config(inputs=6, hidden=(5, 7), init="he"))
    x = torch.randn(1, 6)
    z = network.body[1](network.body[0](x)).detach()
    jacobian = torch.autograd.functional.jacobian(lambda z: network.body[3](network.body[2](z)), z)[0, :, 0]
    known = torch.linalg.svdvals(jacobian).mean().item()
    assert signals.jacobian_values(network, x) == pytest.approx([known], rel=1e-5)


# A validation loss with a first dip, a hump, the minimum at epoch 6, and then nothing but rises.
VAL = [2.0, 1.0, 1.02, 1.04, 1.1, 0.8, 0.816, 0.84, 0.88, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4]
TRAIN = [1.0, 0.9, 0.8, 0.7, 0.6, 0.59, 0.58, 0.57, 0.56, 0.55, 0.55, 0.55, 0.55, 0.55, 0.55]


ALL = [(kind, limit) for kind, limits in criteria.CRITERIA.items() for limit in limits]


def test_generalization_loss():
    """Per cent above the lowest so far; 0 while the loss improves."""
    known = [0, 0, 2, 4, 10, 0, 2, 5, 10, 12.5, 25, 37.5, 50, 62.5, 75]
    assert criteria.generalization_loss(VAL) == pytest.approx(known)
    assert criteria.generalization_loss([3.0, 2.0, 1.0]) == [0, 0, 0]
    assert criteria.stop("GL", 50, [1.0, 1.0], [1.0, 1.5]) is None  # 50 is not more than 50
    assert criteria.stop("GL", 49.9, [1.0, 1.0], [1.0, 1.5]) == 2


def test_progress():
    """1000 (mean / min - 1): 0.8 / 0.6 in the first strip, 0.57 / 0.55 in the second, none in the last."""
    found = criteria.progress(TRAIN)
    assert found[:4] == [None] * 4
    assert found[4] == pytest.approx(1000 / 3)
    assert found[9] == pytest.approx(1000 * (0.57 / 0.55 - 1))
    assert found[14] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("kind", "limit", "epoch"),
    [
        ("GL", 1, 3),
        ("GL", 2.5, 4),
        ("GL", 5, 5),
        ("GL", 10.5, 10),
        ("GL", 30, 12),
        ("GL", 100, None),
        ("PQ", 0.02, 5),  # 10 / 333.3 = 0.03
        ("PQ", 0.04, 10),  # 12.5 / 36.36 = 0.344
        ("PQ", 0.3, 10),
        ("PQ", 0.35, 15),  # 75 / 0: no progress at all
        ("UP", 1, 15),  # strip ends are 1.1, 0.9, 1.4: the only rise is the second
        ("UP", 2, None),
    ],
)
def test_stopping(kind, limit, epoch):
    """Each criterion by hand on the same two curves."""
    assert criteria.stop(kind, limit, TRAIN, VAL) == epoch


def test_up_counts_rises_in_a_row():
    """With strips of 2 the ends are 1, 2, 3, 1, 2, 3, 4: two rises, a fall, three rises. UP_1 needs two strips."""
    val = [9.0, 1.0, 9.0, 2.0, 9.0, 3.0, 9.0, 1.0, 9.0, 2.0, 9.0, 3.0, 9.0, 4.0]
    found = [criteria.stop("UP", s, val, val, strip=2) for s in (1, 2, 3, 4)]
    assert found == [4, 6, 14, None]


def test_no_progress_and_no_loss_is_no_reason_to_stop():
    """0 / 0: the curves stand still; nothing stops."""
    still = [1.0] * 20
    assert [criteria.stop(kind, limit, still, still) for kind, limit in ALL] == [None] * 14


def test_best_epoch():
    """The first of the lowest, within what was seen."""
    assert criteria.best(VAL) == 6
    assert criteria.best(VAL, until=5) == 2
    assert criteria.best([1.0, 0.5, 0.5]) == 2


def test_criteria_of_the_study():
    """14 in three classes, each from fast to slow: on the same curves a stricter limit never stops earlier."""
    assert [kind for kind, _ in ALL] == ["GL"] * 4 + ["PQ"] * 5 + ["UP"] * 5
    generator = torch.Generator().manual_seed(0)
    for _ in range(20):
        falling = torch.linspace(2, 0.1, 200)
        train = (falling + 0.05 * torch.rand(200, generator=generator)).tolist()
        val = (1 + (falling - 1).abs() + 0.1 * torch.rand(200, generator=generator)).tolist()
        for kind in ("GL", "PQ", "UP"):
            stops = [criteria.stop(kind, limit, train, val) or 1000 for limit in criteria.CRITERIA[kind]]
            assert stops == sorted(stops)


def test_mistakes_in_criteria():
    with pytest.raises(UserError, match="is GL, PQ or UP, got 'XY'"):
        criteria.stop("XY", 1, TRAIN, VAL)
    with pytest.raises(UserError, match="as long as each other, got 15 training and 14 losses"):
        criteria.stop("GL", 1, TRAIN, VAL[:-1])


def test_wrong_labels():
    """Exactly the share is drawn anew; a tenth of it happens to be right: 2,000 draws, 0.9 within four deviations."""
    labels = torch.arange(10).repeat(1000)
    wrong = examples.mislabel(labels, 0.2, 10, seed=0)
    changed = (wrong != labels).sum().item()
    assert abs(changed - 1800) < 4 * sqrt(2000 * 0.9 * 0.1)
    assert torch.equal(examples.mislabel(labels, 0.2, 10, seed=0), wrong)
    assert not torch.equal(examples.mislabel(labels, 0.2, 10, seed=1), wrong)
    assert torch.equal(examples.mislabel(labels, 0.0, 10, seed=0), labels)


def test_digits_are_split_once():
    """No image is in two parts; the larger training set begins with the smaller; only training labels are replaced."""
    sets = examples.digits(300, 200, 0.5, seed=3, more=300)
    assert [len(part) for part in (sets.train, sets.val, sets.test, sets.more)] == [300, 200, 997, 600]
    assert torch.equal(sets.more.inputs[:300], sets.train.inputs)
    assert torch.equal(sets.more.targets[:300], sets.train.targets)
    alone = examples.digits(300, 200, 0.5, seed=3)
    assert torch.equal(alone.train.targets, sets.train.targets) and len(alone.test) == 1297
    clean = examples.digits(300, 200, 0.0, seed=3, more=300)
    assert torch.equal(clean.val.targets, sets.val.targets) and torch.equal(clean.test.targets, sets.test.targets)
    for half in (slice(300), slice(300, 600)):
        assert 100 < (clean.more.targets[half] != sets.more.targets[half]).sum() <= 150
    assert sets.train.inputs.mean().abs() < 1e-5 and sets.train.inputs.std().item() == pytest.approx(1)
    assert not torch.equal(examples.digits(300, 200, 0.0, seed=4, more=300).test.targets, clean.test.targets)


def test_names_are_split_once():
    """Twice the names begin with the same ones."""
    sets, vocab = examples.names(50, 20, seed=0)
    assert torch.equal(sets.more.inputs[: len(sets.train)], sets.train.inputs)
    assert 50 * 4 < len(sets.train) < len(sets.more) and vocab > 20
    assert sets.test.inputs.shape[1] == 3


def test_one_step_of_decay():
    """Arithmetic: 2 (1 - 0.1 * 0.5) = 1.9; Adam's first step is the rate, whatever the penalty's size."""
    one_step = PAPER.experiment("one-step")
    found = {method: one_step(method, weights=3000, steps=150) for method in ("adam", "adamw", "sgd")}
    assert found["adamw"]["from 2"] == pytest.approx(1.9) and found["adamw"]["from 20"] == pytest.approx(19)
    assert found["sgd"]["from 2"] == pytest.approx(1.9) and found["sgd"]["from 20"] == pytest.approx(19)
    assert found["adam"]["from 2"] == pytest.approx(1.9) and found["adam"]["from 20"] == pytest.approx(19.9)
    # The share lost in a step: rate times decay, for AdamW whatever the gradient; 5 % is the gradients' noise.
    assert found["adamw"]["shrinking"] == pytest.approx([1e-5] * 13, rel=0.05)
    # With L2 and gradients of size s far above the penalty's 0.1: rate * decay / s.
    assert found["adam"]["shrinking"][8:11] == pytest.approx([1e-5 / s for s in found["adam"]["sizes"][8:11]], rel=0.2)


def test_batch_norm_undoes_the_scale():
    """BN((aW)u) = BN(Wu): the logits agree for any gain, up to the epsilon within the root."""
    x = torch.randn(50, 20)
    outputs = []
    for gain in (1.0, 100.0):
        torch.manual_seed(0)
        network = DeepMLP(Config(20, (30,) * 4, activation="relu", init="he", gain=gain, batch_norm=True))
        outputs.append(network.train()(x))
    assert torch.allclose(*outputs, atol=1e-3)


def test_shares_of_flat_units():
    """Two of four rectifiers are never above 0; tanh of N(0, 1.5^2) is beyond 0.97 where |s| > 2.0923."""
    z = torch.tensor([[0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 2.0, 0.0]])
    assert signals.flat(z, "relu") == 0.5
    s = 1.5 * torch.randn(100_000, generator=torch.Generator().manual_seed(0))
    assert signals.flat(s.tanh()[:, None], "tanh") == pytest.approx(erfc(2.0923 / 1.5 / sqrt(2)), abs=0.005)


@pytest.mark.usefixtures("without_figures")
@pytest.mark.slow
def test_the_overfit_preset_memorises_noise(tmp_path):
    """Training error 0 on labels of which a fifth are random; the regularised preset cannot, and tests better."""
    runs = {
        preset: firsthand.train("regularization", preset, out=tmp_path / preset, progress=False, **changes)
        for preset, changes in (
            ("overfit", {"steps": 500, "diagnose_every": None}),
            ("laptop", {"steps": 500, "diagnose_every": None, "data.limit": 300, "noise": 0.2}),
        )
    }
    scores = {preset: run.result["metrics"] for preset, run in runs.items()}
    assert scores["overfit"]["train_error"] == 0
    assert scores["laptop"]["train_error"] > 0.05
    assert scores["laptop"]["test_error"] < scores["overfit"]["test_error"]


def test_first_loss_is_a_guess():
    """GB10's network at first: the logits of a signal that has kept its size are small beside ln 10 = 2.303."""
    torch.manual_seed(0)
    logits = DeepMLP(Config())(torch.randn(100, 784))
    loss = torch.nn.functional.cross_entropy(logits, torch.randint(10, (100,))).item()
    assert loss == pytest.approx(log(10), abs=0.25)


def test_settings_that_make_no_network():
    with pytest.raises(UserError, match="needs one size or more"):
        Config(hidden=())
    with pytest.raises(UserError, match="above 0, got 0"):
        Config(gain=0.0)
    with pytest.raises(UserError, match=r"noise must be at most 1, got 1\.5"):
        type(papers.get("regularization").preset("laptop"))(noise=1.5)


def test_experiments_are_decided_by_their_seed():
    """Tiny runs, twice: the same numbers; with another seed others."""
    tiny = {
        "depth": {"layers": 10, "width": 20, "batch": 10},
        "basin": {"method": "sgd", "steps": 2},
        "first-scale": {"steps": 2},
        "regularisers": {"task": "names", "examples": 20, "steps": 3},
    }
    for name, options in tiny.items():
        run = PAPER.experiment(name)
        found = run(**options)
        assert found == run(**options) != run(**options, seed=1), name
        assert all(isinstance(value, int | float | list) for value in found.values()), name


def test_criteria_stop_the_curves_of_their_experiment():
    """Of one network, each number is what the criterion makes of the curves: its stop, 60 for none, and the test error
    at the lowest validation loss until then. The words of fast and slow name what is averaged."""
    found = PAPER.experiment("when-to-stop")(curve="rough", nets=1, epochs=60)
    train, val, test = (found[name] for name in ("train", "val", "test"))
    fired = 0
    for kind, limit in ALL:
        end = criteria.stop(kind, limit, train, val)
        fired += end is not None
        assert found[f"{kind} {limit:g} stop"] == (end or 60)
        assert found[f"{kind} {limit:g} error"] == test[val.index(min(val[: end or 60]))]
    assert 3 <= fired < 14 and found["never"] == pytest.approx(100 * (14 - fired) / 14)
    (claim,) = [claim for claim in PAPER.claims if claim.key == "when-to-stop"]
    labels = {measure.name: measure.label for measure in claim.measures}
    for speed, place in (("fast", 0), ("slow", -1)):
        names = [f"{kind} {limits[place]:g}" for kind, limits in criteria.CRITERIA.items()]
        assert labels[f"{speed} stop"] == f"{', '.join(names)}: stop (epochs)"
        for what in ("stop", "error"):
            assert found[f"{speed} {what}"] == pytest.approx(sum(found[f"{name} {what}"] for name in names) / 3)
    assert found["gain"] == pytest.approx(100 * (1 - found["slow error"] / found["fast error"]))
    assert found["factor"] == pytest.approx(found["slow stop"] / found["fast stop"])


def test_early_stopping_returns_the_lowest_validation_loss():
    """The same training by hand: the lowest of the losses at every 25th step is neither the first nor the last."""
    found = PAPER.experiment("regularisers")(examples=60, noise=0.5, steps=200)
    sets = examples.digits(60, 200, 0.5, seed=0, more=60)
    network, curve = training.drawn(0, 100, (256, 256), activation="relu", init="he"), []

    def look(step):
        if step % 25 == 0:
            curve.append((training.score(network, sets.val)[0], training.score(network, sets.test)[1]))

    training.fit(network, sets.train, 200, 50, 0, lr=0.03, schedule=cosine(200), watch=look, momentum=0.9)
    losses = [loss for loss, _ in curve]
    lowest = losses.index(min(losses))
    assert 0 < lowest < 8 == len(curve) - 1
    assert found["early stopping"] == curve[lowest][1] and found["none"] == curve[-1][1]
    assert found["early stopping effect"] == found["early stopping"] - found["none"] != 0


def test_health_goes_on_until_a_rate_diverges():
    """The best of few rates is the fastest of them, and said to be; with more there are faster ones."""
    few, many = (PAPER.experiment("health")(steps=60, rates=rates) for rates in (8, 16))
    assert len(few["rates"]) == 8 and few["rate"] == few["rates"][-1] and few["faster"] == 0
    assert many["faster"] == 1 and many["rates"][:8] == few["rates"] and many["loss"] < few["loss"]
    assert many["ratio"] == many["ratios"][many["losses"].index(min(many["losses"]))]
    assert many["slow loss"] == min(
        loss for loss, ratio in zip(many["losses"], many["ratios"], strict=True) if ratio < -4
    )
