"""Vanishing gradients against closed forms, finite differences, products of Jacobians and torch's clipping."""

from collections import Counter
from math import atanh, log, sqrt, tanh

import numpy as np
import pytest
import torch
from torch import Generator
from torch.autograd.functional import jacobian

import firsthand
from firsthand import optim, papers
from firsthand.claims import Seen
from firsthand.errors import UserError
from firsthand.nn import GRU, LSTM, RNN
from firsthand.papers.vanishing.claims.cliff import SHOWN, cliff, cliff_error
from firsthand.papers.vanishing.claims.clipping import frequencies, reader
from firsthand.papers.vanishing.claims.decay import decay
from firsthand.papers.vanishing.claims.dilemma import storing, survivors
from firsthand.papers.vanishing.claims.guessing import search
from firsthand.papers.vanishing.claims.lengths import lengths
from firsthand.papers.vanishing.claims.region import NOISES, region
from firsthand.papers.vanishing.jacobians import bound, by_lag, hidden_states
from firsthand.papers.vanishing.language import lags, memory, network, predicted, score, train
from firsthand.papers.vanishing.latches import Latches, descend
from firsthand.papers.vanishing.model import Config, Latch, RecurrentClassifier, latch
from firsthand.papers.vanishing.recipe import Recipe, Sequences, cost, pairs
from firsthand.papers.vanishing.theory import attractor, multiplier, threshold
from firsthand.train.launch import Launch

WEIGHTS = (1.05, 1.25, 1.5, 2.0, 3.0)


# What one neuron can store


@pytest.mark.parametrize("w", WEIGHTS)
def test_the_attractor_attracts_by_mu(w):
    """It is where repeated steps end, and a small distance from it shrinks by mu in a step."""
    x = 0.5
    for _ in range(2000):
        x = tanh(w * x)
    assert attractor(w) == pytest.approx(x, abs=1e-12)
    slope = (tanh(w * (x + 1e-6)) - tanh(w * (x - 1e-6))) / 2e-6
    assert multiplier(w) == pytest.approx(slope, abs=1e-9)


@pytest.mark.parametrize("w", WEIGHTS)
def test_the_threshold_flips_the_bit(w):
    """A constant push of 1 % less than h* never turns the sign, of 1 % more does, though it may take long."""

    def end(push: float) -> float:
        x = attractor(w)
        for _ in range(20_000):
            x = tanh(w * x - push)
        return x

    assert end(0.99 * threshold(w)) > 0 > end(1.01 * threshold(w))


def test_a_weight_that_stores_nothing():
    for w in (1.0, 0.5, -2.0, float("nan")):
        for function in (attractor, multiplier, threshold):
            with pytest.raises(UserError, match="only with a weight w above 1"):
                function(w)


# The network


def test_counts():
    """w and 2 L free inputs: 7 with L = 3, and the three of the paper's comparison with L = 1."""
    assert sum(p.numel() for p in Latch().parameters()) == 7
    assert sum(p.numel() for p in Latch(Config(lead=1)).parameters()) == 3


def test_the_latch_is_the_printed_recursion():
    network = Latch(Config(lead=2)).double()
    network.w.data.fill_(1.7)
    network.free.data.copy_(torch.tensor([[-0.3, 0.1], [0.4, 0.2]]))
    noise = [0.05, -0.2, 0.1]
    x = torch.tensor([[1.0, 1.0, *noise], [-1.0, -1.0, *noise]], dtype=torch.float64)
    for k, given in ((0, (0.4, 0.2)), (1, (-0.3, 0.1))):
        state = 0.0
        for h in (*given, *noise):
            state = tanh(1.7 * state + h)
        assert network(x)[k].item() == pytest.approx(state, abs=1e-7)  # parameters were written in float32
    assert torch.equal(network(x), network.unroll(x)[0])


def test_the_gradient_reaches_the_first_step():
    """By finite differences, over 50 steps: a state that was cut from the graph would give 0."""
    torch.manual_seed(0)
    network = Latch(Config(w0=1.1)).double()
    x = pairs(4, 50, 3, 0.1, Generator().manual_seed(0))[0].double()
    network(x).sum().backward()
    for k in (0, 1):
        network.free.data[k, 0] += 1e-5
        above = network(x).sum()
        network.free.data[k, 0] -= 2e-5
        below = network(x).sum()
        network.free.data[k, 0] += 1e-5
        assert abs(network.free.grad[k, 0]) > 1e-9
        assert network.free.grad[k, 0].item() == pytest.approx(((above - below) / 2e-5).item(), rel=1e-4)


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_step_by_step_is_all_at_once(cell):
    torch.manual_seed(0)
    network = RecurrentClassifier(Config(cell, units=3)).double()
    x = torch.randn(5, 11, dtype=torch.float64)
    outputs, states = network.unroll(x)
    assert torch.allclose(outputs, network(x), atol=1e-12)
    assert len(states) == 11 and [len(parts) for parts in states] == [2 if cell == "lstm" else 1] * 11


def test_forget_gates_start_open():
    layer = RecurrentClassifier(Config("lstm", units=4, forget=2.5)).layer
    biases = (layer.bias_ih_l0 + layer.bias_hh_l0).view(4, 4)
    assert torch.equal(biases, torch.tensor([[0.0], [2.5], [0.0], [0.0]]).expand(4, 4))
    assert (RecurrentClassifier(Config("lstm")).layer.bias_ih_l0[5:10] == 1).all()


def test_options_that_do_not_go_together():
    for wrong, sentence in (
        ({"units": 3}, "model.units is an option of the cell rnn or lstm or gru, not of latch"),
        ({"cell": "rnn", "w0": 1.0}, "model.w0 is an option of the cell latch, not of rnn"),
        ({"cell": "gru", "forget": 1.0}, "model.forget is an option of the cell lstm, not of gru"),
        ({"lead": 0}, "must be at least 1, got 0"),
        ({"cell": "rnn", "units": 0}, "units must be at least 1"),
    ):
        with pytest.raises(UserError, match=sentence):
            Config(**wrong)
    with pytest.raises(UserError, match=r"data.length \(3\) must be above model.lead \(3\)"):
        Recipe(data=Sequences(length=3))
    with pytest.raises(UserError, match=r"data.noise must be at least 0"):
        Sequences(noise=-0.1)
    with pytest.raises(UserError, match=r"data\.test must be at least 2"):
        Sequences(test=1)
    with pytest.raises(UserError, match="longer than its first 3"):
        Latch()(torch.ones(2, 3))


def test_sequences_show_their_class_first():
    x, classes = pairs(2000, 9, 3, 0.2, Generator().manual_seed(1))
    assert classes[:4].tolist() == [0, 1, 0, 1]
    assert torch.equal(x[:, :3], (2.0 * classes - 1)[:, None].expand(-1, 3))
    assert x[:, 3:].std().item() == pytest.approx(0.2, rel=0.03)  # 12,000 draws: 0.6 % is one deviation
    train, val, _ = Sequences().load(3)
    assert not torch.equal(train[0][:500], val[0])


# The gradient step by step


def test_lags_of_the_latch_are_products_of_its_slopes():
    """dx_T/dx_T-k is the product of w (1 - x_t^2) over the last k steps."""
    torch.manual_seed(0)
    w = torch.tensor(1.3, dtype=torch.float64)
    inputs = torch.randn(12, 4, dtype=torch.float64, requires_grad=True)
    states = latch(w, inputs)
    norms = by_lag(states[-1], [(x,) for x in states])
    slopes = torch.stack([w * (1 - x**2) for x in states[::-1]])
    expected = torch.cat([torch.ones(1, 4), slopes[:-1].cumprod(0)])
    assert torch.allclose(norms, expected, rtol=1e-12)


@pytest.mark.parametrize("kind", [RNN, GRU, LSTM])
def test_lags_of_a_layer_are_products_of_jacobians(kind):
    """Of one step each, over h, or h and c side by side."""
    torch.manual_seed(0)
    layer, x = kind(2, 3).double(), torch.randn(1, 6, 2, dtype=torch.float64)
    count = 2 if kind is LSTM else 1
    states = hidden_states(layer, x)
    reads = torch.randn(3, dtype=torch.float64)
    norms = by_lag(states[-1][0] @ reads, states)
    back = torch.cat([reads, torch.zeros(3 * (count - 1), dtype=torch.float64)])
    for k in range(5):
        assert norms[k].item() == pytest.approx(back.norm().item(), rel=1e-9)
        t = 5 - k

        def step(flat: torch.Tensor, t: int = t) -> torch.Tensor:
            parts = tuple(flat.view(count, 1, 1, 3))
            after = layer(x[:, t : t + 1], parts if count == 2 else parts[0])[1]
            return torch.cat([part.flatten() for part in (after if count == 2 else (after,))])

        back = back @ jacobian(step, torch.cat([part.detach().flatten() for part in states[t - 1]]))


def test_the_bound_bounds_and_is_reached():
    """Of one unit the product of norms is the gradient itself; of more it is never exceeded."""
    torch.manual_seed(0)
    for units in (1, 2, 7):
        layer = RNN(3, units).double()
        layer.weight_hh_l0.data.mul_(4)
        states = hidden_states(layer, torch.randn(20, 15, 3, dtype=torch.float64))
        norms = by_lag(states[-1][0].sum(1), states)
        ratio = norms / norms[0] / bound(layer.weight_hh_l0, states)
        assert ratio.max() <= 1 + 1e-12
        assert torch.allclose(ratio, torch.ones_like(ratio)) == (units == 1)


# Many latches at once


def test_latches_descend_as_the_module_does():
    """One update without noise; two latches in one tensor do not see each other."""
    latches = Latches.draw(2, 3, 1.25, 0.1, Generator().manual_seed(0))
    modules = []
    for run in range(2):
        network = Latch()
        network.free.data.copy_(latches.free[:, :, run].t())
        x = torch.cat([torch.tensor([[-1.0], [1.0]]).expand(2, 3), torch.zeros(2, 5)], 1)
        rule = torch.optim.SGD(network.parameters(), lr=0.3)
        cost(network(x), torch.tensor([0, 1])).sum().backward()
        rule.step()
        modules.append(network)
    descend(latches, 8, 0.0, 0.3, 1, Generator())
    for run, network in enumerate(modules):
        assert latches.w[run].item() == pytest.approx(network.w.item(), abs=1e-6)
        assert torch.allclose(latches.free[:, :, run].t(), network.free, atol=1e-6)


def test_what_counts_as_learned():
    """A strong latch with strong inputs; not the same with its signs exchanged, nor one that forgets."""
    free = torch.tensor([[[-2.0, 2.0, -2.0], [2.0, -2.0, 2.0]]])
    latches = Latches(torch.tensor([3.0, 3.0, 0.0]), free)
    for uniform in (False, True):
        right = latches.right(30, 0.1, Generator().manual_seed(0), uniform)
        assert right.tolist() == [True, False, False]


def test_survivors():
    """All without noise; half of them when the noise is all there is."""
    assert survivors(1.5, 0.0, 100, 50, Generator().manual_seed(0)) == 1
    assert survivors(1.5, 50.0, 100, 4000, Generator().manual_seed(0)) == pytest.approx(0.5, abs=0.05)


def test_longer_is_harder():
    """A small part of the claim: short bits are learned, long ones are not."""
    short, long = (lengths(length, runs=20, updates=400) for length in (5, 60))
    assert short["noise 0.2, rate 0.5"] >= 0.9 and long["noise 0.2"] <= 0.2


def test_settings_do_not_see_each_other():
    """Without noise a setting comes out as it does alone, with its own rate."""
    together = Latches.draw(2, 3, 1.25, 0.1, Generator().manual_seed(0))
    alone = Latches(together.w[1:].clone(), together.free[:, :, 1:].clone())
    descend(together, 8, torch.zeros(2), torch.tensor([0.1, 0.5]), 5, Generator())
    descend(alone, 8, 0.0, 0.5, 5, Generator())
    assert torch.allclose(together.w[1:], alone.w) and torch.allclose(together.free[:, :, 1:], alone.free)


def test_the_map_has_a_place_for_every_pair():
    found = region(length=5, runs=3, updates=150, lr=0.5)
    shares = np.array(found["map"]).reshape(8, 6)
    assert found["all"] == pytest.approx(shares.mean())
    assert [found[f"best {noise:g}"] for noise in NOISES] == pytest.approx(shares.max(0))
    assert found["best 0.05"] >= found["best 0.6"]


def test_guesses_need_three_right_signs():
    """Of weights as large as 100, half of all w are positive and a quarter of all pairs of inputs fit: about 8 trials.

    With 200 searches the mean of a geometric distribution is within 30 % of it, but for one in 10^4.
    """
    found = search("guessing", length=12, runs=200)
    assert found["solved"] == 1 and found["trials"] == pytest.approx(8, rel=0.3)
    descent = search("descent", length=6, runs=20, trials=400)
    assert 0 <= descent["solved"] <= 1 and len(descent["first"]) == round(20 * descent["solved"])


# Claims with a closed form


@pytest.mark.parametrize("w", [1.25, 2.0])
def test_decay(w):
    """The parts of dx_T/dw sum to its finite difference, and a neuron at rest in its attractor has mu^k of them."""
    found = decay(w, seed=4)
    assert found["slope"] == pytest.approx(1, abs=0.01)
    start = 0.1 + 0.9 * torch.rand((), generator=Generator().manual_seed(4), dtype=torch.float64).item()

    def end(w: float) -> float:
        x = start
        for _ in range(60):
            x = tanh(w * x)
        return x

    assert sum(found["parts"]) == pytest.approx((end(w + 1e-6) - end(w - 1e-6)) / 2e-6, rel=1e-6)
    assert found["recent"] == pytest.approx(1 - multiplier(w) ** 10, abs=1e-3)


def test_more_noise_survived_is_less_gradient():
    """And below h* not even constant noise flips a bit, so that the noise survived is of its order."""
    weak, strong = storing(1.25, runs=500), storing(2.0, runs=500)
    assert weak["noise"] < strong["noise"] and weak["gradient"] > strong["gradient"]
    x = sqrt(1 - 1 / 2)
    assert strong["threshold"] == pytest.approx(2 * x - atanh(x))
    assert 0.3 * strong["threshold"] < strong["noise"] < 2 * strong["threshold"]


# The cliff, and clipping


def test_the_cliff_by_hand():
    def error(w: float, b: float) -> float:
        x = 0.5
        for _ in range(50):
            x = w / (1 + np.exp(-x)) + b
        return (1 / (1 + np.exp(-x)) - 0.7) ** 2

    for w, b in ((4.0, -1.0), (5.5, -2.5), (8.0, -4.0)):
        found = cliff_error(*torch.tensor([w, b], dtype=torch.float64)).item()
        assert found == pytest.approx(error(w, b), abs=1e-12)


@pytest.mark.parametrize("clip", [None, 0.01])
def test_the_first_step_down_the_cliff(clip):
    """That of SGD behind torch's clipping, whose 1e-6 in the denominator is the tolerance."""
    place = torch.tensor(SHOWN, dtype=torch.float64, requires_grad=True)
    cliff_error(*place).backward()
    if clip is not None:
        torch.nn.utils.clip_grad_norm_([place], clip)
    expected = (place - 0.5 * place.grad).detach()
    found = cliff(lr=0.5, clip=clip, runs=2, updates=1)
    assert [found["path w"][1], found["path b"][1]] == pytest.approx(expected.tolist(), abs=1e-6)
    if clip is not None:
        assert found["jump"] <= 0.5 * clip * (1 + 1e-9)


def test_clipping_by_norm_keeps_the_direction_and_by_value_does_not():
    def clipped(rule, limit: float) -> torch.Tensor:
        p = torch.zeros(2, requires_grad=True)
        p.grad = torch.tensor([3.0, 0.4])
        rule([p], limit)
        return torch.cosine_similarity(p.grad, torch.tensor([3.0, 0.4]), dim=0)

    assert clipped(optim.clip_by_norm, 1.0).item() == pytest.approx(1, abs=1e-6)
    assert clipped(optim.clip_by_value, 1.0).item() < 0.98


# Readers of text

TOKENS = np.random.default_rng(0).integers(0, 28, 3000).astype(np.uint8)


@pytest.mark.parametrize(("net", "radius"), [("rnn-0.5", 0.5), ("rnn-1", 1.0), ("rnn-1.5", 1.5)])
def test_spectral_radius(net, radius):
    """By the growth of a power of the matrix; 1 %, as its 1024th root still knows a factor of the norm's size."""
    torch.manual_seed(0)
    reader = network(net, 28)
    power = reader.layer.weight_hh_l0.detach().double() / radius
    for _ in range(10):
        power = power @ power
    assert power.norm().item() ** (1 / 1024) == pytest.approx(1, abs=1e-2)
    assert predicted(reader) == pytest.approx(radius, rel=1e-5)


def test_orthogonal_and_gated_starts():
    """The linear steps of the gates, from the eigenvalues of one block of their weights."""
    torch.manual_seed(0)
    weight = network("rnn-orthogonal", 28).layer.weight_hh_l0
    assert torch.allclose(weight @ weight.t(), torch.eye(128), atol=1e-5)
    lstm = network("lstm", 28)
    through = torch.linalg.eigvals(lstm.layer.weight_hh_l0[256:384].double())
    gate = 1 / (1 + np.exp(-1))
    assert predicted(lstm) == pytest.approx((gate + through / 4).abs().max().item(), rel=1e-6)
    gru = network("gru", 28)
    for bias in (gru.layer.bias_ih_l0, gru.layer.bias_hh_l0):
        bias.data.zero_()
    through = torch.linalg.eigvals(gru.layer.weight_hh_l0[256:].double())
    assert predicted(gru) == pytest.approx((0.5 + through / 4).abs().max().item(), rel=1e-6)


def test_memory_of_a_linear_reader():
    """With tiny weights in and a multiple of a rotation within, every lag has that factor to the power of k."""
    torch.manual_seed(0)
    reader = network("rnn-orthogonal", 28)
    reader.layer.weight_hh_l0.data.mul_(0.8)
    reader.layer.weight_ih_l0.data.mul_(1e-4)
    found = memory(reader, TOKENS, Generator().manual_seed(0))
    assert found["rate"] == pytest.approx(0.8, abs=1e-4) and found["lag 50"] == pytest.approx(
        50 * np.log10(0.8), abs=1e-3
    )
    assert found["shares"][0] == 1 and len(found["shares"]) == 51
    assert found["bound"] == pytest.approx(1, abs=1e-3) and found["largest"] == pytest.approx(0.8, abs=1e-5)


def test_frequencies_and_scores():
    counts = Counter(TOKENS.tolist())
    entropy = -sum(n / 3000 * log(n / 3000) for n in counts.values())
    assert frequencies(TOKENS, TOKENS, 28) == pytest.approx(entropy, abs=1e-3)  # one of each is added
    net = network("gru", 28)
    net.output.weight.data.zero_()
    net.output.bias.data.zero_()
    assert score(net, TOKENS) == pytest.approx(log(28), abs=1e-5)
    net.output.bias.data.fill_(torch.nan)
    assert score(net, TOKENS) is None


def test_training_reads_better_and_clips():
    """A text of one repeated word is learned; at a clip of nearly nothing nothing is."""
    word = np.frombuffer(b"abcdefg" * 300, dtype=np.uint8) - 97
    torch.manual_seed(0)
    reader = network("rnn-1", 7, units=16)
    before = {name: p.detach().clone() for name, p in reader.named_parameters()}
    train(reader, word, 3, 1.0, 1e-9, Generator().manual_seed(0))
    assert all(torch.allclose(p, before[name], atol=1e-7) for name, p in reader.named_parameters())
    losses = train(reader, word, 60, 1.0, 1.0, Generator().manual_seed(0))
    assert losses[0] == pytest.approx(log(7), abs=0.3) and losses[-1] < 0.2


@pytest.mark.parametrize("net", ["rnn-1.5", "lstm"])
def test_the_experiment_on_text(net):
    found = lags(net, updates=3, text="python-docs")
    assert len(found["losses"]) == 3 and found["loss"] < log(28)
    assert ("start bound" in found) == (net == "rnn-1.5")
    assert {"start predicted", "start lag 50", "trained lag 50", "start shares", "trained shares"} <= set(found)
    small = reader(lr=0.5, clip=1.0, updates=3, text="python-docs")
    assert small["worst"] == max(small["losses"]) and small["frequencies"] == pytest.approx(2.9, abs=0.15)


# A training run, and the figures


@pytest.mark.parametrize("changes", [{"data.length": 8}, {"model.cell": "lstm", "optim.lr": 0.5, "data.length": 8}])
def test_a_run_learns_and_draws(changes, tmp_path):
    run = firsthand.train(
        "vanishing", steps=300, eval_every=100, checkpoint_every=300, out=tmp_path / "run", progress=False,
        launch=Launch(device="cpu"), **changes,
    )  # fmt: skip
    assert run.result["metrics"]["test_error"] < 0.02
    assert {"gradient.png", "memory.png"} <= {path.name for path in (run.path / "figures").iterdir()}


def seen(found: dict) -> list[Seen]:
    series = {name: value for name, value in found.items() if isinstance(value, list)}
    return [Seen(seed, {"metrics": found, "series": series}, []) for seed in (0, 1)]


def test_pictures_of_the_claims():
    """Each draws what its runs left, also where one diverged."""
    shares = [0.8**k for k in range(51)]
    text = {"start shares": shares, "trained shares": shares, "start allowed": shares, "trained allowed": shares}
    drawn = {
        "region": ({"map": [0.5] * 48}, 3),
        "decay": (decay(1.5), 2),
        "lags": (text, 1),
        "bound": (text, 4),
        "trained": (text, 1),
        "cliff": (cliff(runs=3, updates=2), 2),
    }
    claims = {claim.key: claim for claim in papers.get("vanishing").claims if claim.figure}
    assert set(claims) == set(drawn)
    for key, (found, panels) in drawn.items():
        runs = {arm.name: seen(found) for arm in claims[key].arms}
        assert len(claims[key].figure(runs).axes) == panels, key
    *others, unclipped = claims["trained"].arms
    lost = seen(text | {"trained shares": None})
    figure = claims["trained"].figure({arm.name: seen(text) for arm in others} | {unclipped.name: lost})
    assert len(figure.axes[0].lines) == 2 * len(others)
