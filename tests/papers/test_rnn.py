"""The recurrent network against golden numbers, torch.nn.RNN, the closed form of its gradient, counts, and Elman."""

from collections import Counter
from math import exp, log, prod

import pytest
import torch
from torch import Tensor

from firsthand import optim, papers
from firsthand.claims import Seen
from firsthand.claims.bench.book import characters
from firsthand.claims.bench.recurrent import Recurrent
from firsthand.data.specs import Text
from firsthand.errors import UserError
from firsthand.nn import GRU, RNN, rnn
from firsthand.papers.rnn import counts, protocol
from firsthand.papers.rnn.claims.clipping import clipping
from firsthand.papers.rnn.claims.depth_and_gates import language
from firsthand.papers.rnn.claims.window import echo
from firsthand.papers.rnn.claims.words import WORDS, words
from firsthand.papers.rnn.claims.xor import xor
from firsthand.papers.rnn.elman import Elman
from firsthand.papers.rnn.model import Config, RecurrentNetwork
from firsthand.papers.rnn.recipe import PRESETS


def pattern(rows: int, columns: int, across: int, down: int, shift: int, cycle: int, middle: int) -> Tensor:
    """Small fractions that anyone can write down again: (((across i + down j + shift) mod cycle) - middle) / 4."""
    i, j = torch.arange(rows)[:, None], torch.arange(columns)
    return (((across * i + down * j + shift) % cycle) - middle).double() / 4


X = torch.tensor([[[1.0, 0.0], [0.0, 1.0], [1.0, -1.0]]], dtype=torch.float64)


def test_golden_numbers():
    """Two units, three steps, weights by a formula; worked out apart, to eight digits. torch.nn.RNN has them too."""
    weights = {
        "weight_ih_l0": pattern(2, 2, 3, 5, 0, 7, 3),
        "weight_hh_l0": pattern(2, 2, 2, 3, 0, 5, 2),
        "bias_ih_l0": pattern(2, 1, 1, 0, 0, 3, 1)[:, 0],
        "bias_hh_l0": torch.zeros(2, dtype=torch.float64),
    }
    for layer in (RNN(2, 2).double(), torch.nn.RNN(2, 2, batch_first=True).double()):
        layer.load_state_dict(weights)
        assert layer(X)[1].flatten().tolist() == pytest.approx([-0.95579263, 0.62371255], abs=5e-9)


@pytest.mark.parametrize(
    ("config", "count"),
    [
        (Config(), 2_908),  # nn.RNN's 1,984 and a head of 924
        (Config(layers=2), 5_020),
        (Config(vocab=88, embed=32, hidden=256), 2_816 + 32 * 256 + 256 * 256 + 2 * 256 + 257 * 88),
    ],
)
def test_counts_of_weights(config, count):
    """By hand; without the second bias of every unit the book's first one is left, which prints 2,876."""
    network = RecurrentNetwork(config)
    assert sum(p.numel() for p in network.parameters()) == count
    if config == Config():
        assert count - network.recurrent.bias_hh_l0.numel() == 2_876


def test_the_two_biases_are_one():
    """Only their sum acts: moving one into the other changes no output."""
    torch.manual_seed(0)
    network, tokens = RecurrentNetwork().double(), torch.randint(28, (3, 7))
    before = network(tokens)
    layer = network.recurrent
    layer.bias_ih_l0.data += layer.bias_hh_l0.data
    layer.bias_hh_l0.data.zero_()
    assert torch.allclose(network(tokens), before, rtol=0, atol=1e-14)


def test_two_layers_are_one_on_the_other():
    """The second reads the states of the first, each has its own state, and the output reads the second only."""
    torch.manual_seed(0)
    network, tokens = RecurrentNetwork(Config(layers=2, hidden=5)).double(), torch.randint(28, (3, 7))
    stack, x = network.recurrent, network.one_hot[tokens]
    for layer in (0, 1):
        weights = [getattr(stack, f"{name}_l{layer}") for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
        x, _ = rnn(x, x.new_zeros(3, 5), *weights)
    assert torch.allclose(network(tokens), network.output(x), atol=1e-14)


# Back-propagation through time


def linear_gradients(w: Tensor, u: Tensor, v: Tensor, x: Tensor, errors: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """For h_t = W x_t + U h_(t-1), o_t = V h_t and dL/do_t: dL/dh_t as a sum of powers, then dL/dW and dL/dU."""
    time = len(x)
    h = [torch.zeros(len(u), dtype=x.dtype)]
    for x_t in x:
        h.append(w @ x_t + u @ h[-1])
    dh = [sum(torch.linalg.matrix_power(u.T, i - t) @ v.T @ errors[i] for i in range(t, time)) for t in range(time)]
    dw = sum(torch.outer(d, x_t) for d, x_t in zip(dh, x, strict=True))
    return torch.stack(dh), dw, sum(torch.outer(d, before) for d, before in zip(dh, h[:-1], strict=True))


def test_the_closed_form_of_a_linear_network():
    """The rectifier is the identity where everything is positive, and there the gradient is a sum of powers of U."""
    generator = torch.Generator().manual_seed(0)
    w, u, v, x, errors = (
        torch.rand(shape, generator=generator, dtype=torch.float64)
        for shape in ((3, 2), (3, 3), (4, 3), (6, 2), (6, 4))
    )
    layer = RNN(2, 3, nonlinearity="relu", bias=False).double()
    layer.weight_ih_l0.data, layer.weight_hh_l0.data = w.clone(), u.clone()
    y, _ = layer(x[None])
    ((y[0] @ v.T) * errors).sum().backward()
    _, dw, du = linear_gradients(w, u, v, x, errors)
    assert torch.allclose(layer.weight_ih_l0.grad, dw, rtol=1e-12)
    assert torch.allclose(layer.weight_hh_l0.grad, du, rtol=1e-12)


def test_the_recursion_with_a_bend():
    """delta_t = (1 - h_t^2) (V^T e_t + U^T delta_(t+1)), and sums over time: autograd of the whole network agrees."""
    torch.manual_seed(0)
    network = RecurrentNetwork(Config(vocab=5, hidden=4)).double()
    tokens, targets = torch.randint(5, (1, 9)), torch.randint(5, (1, 9))
    logits = network(tokens)
    torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="sum").backward()
    layer, x = network.recurrent, network.one_hot[tokens]
    h = layer(x)[0][0].detach()
    errors = (logits.softmax(2) - network.one_hot[targets])[0].detach()
    delta, deltas = torch.zeros(4, dtype=torch.float64), []
    for h_t, e in zip(h.flip(0), errors.flip(0), strict=True):
        delta = (1 - h_t**2) * (network.output.weight.T @ e + layer.weight_hh_l0.T @ delta)
        deltas.insert(0, delta)
    deltas = torch.stack(deltas).detach()
    before = torch.cat([torch.zeros_like(h[:1]), h[:-1]])
    for found, expected in (
        (layer.weight_ih_l0, deltas.T @ x[0]),
        (layer.weight_hh_l0, deltas.T @ before),
        (layer.bias_ih_l0, deltas.sum(0)),
        (layer.bias_hh_l0, deltas.sum(0)),
    ):
        assert torch.allclose(found.grad, expected, atol=1e-12)


def test_reading_in_pieces():
    """From state to state the same logits come out; a gradient stops where a state is cut off."""
    torch.manual_seed(0)
    network, tokens = RecurrentNetwork(Config(layers=2)).double(), torch.randint(28, (3, 11))
    logits, state = network.advance(tokens[:, :4])
    rest, last = network.advance(tokens[:, 4:], state)
    assert torch.allclose(torch.cat([logits, rest], 1), network(tokens), atol=1e-14)
    assert isinstance(last, tuple) and last[0].shape == (2, 3, 32)

    def slope(cut: bool) -> Tensor:
        network.zero_grad()
        state = network.advance(tokens[:, :4])[1]
        network.advance(tokens[:, 4:], (state[0].detach(),) if cut else state)[0].sum().backward()
        return network.recurrent.weight_hh_l0.grad.clone()

    assert not torch.allclose(slope(cut=True), slope(cut=False))


def test_dropout_rests_while_evaluating():
    """Two passes differ in training and agree in evaluation."""
    torch.manual_seed(0)
    network, tokens = RecurrentNetwork(Config(layers=2, dropout=0.5)), torch.randint(28, (3, 7))
    assert not torch.equal(network.train()(tokens), network(tokens))
    assert torch.equal(network.eval()(tokens), network(tokens))


def test_the_books_first_weights():
    """N(0, 0.01^2) and biases of 0: the first loss is that of a guess, ln 28, to the spread of such small logits."""
    torch.manual_seed(0)
    network, tokens = RecurrentNetwork(Config(init="normal")), torch.randint(28, (64, 33))
    assert not any(p.any() for p in network.parameters() if p.ndim == 1)
    assert network.recurrent.weight_hh_l0.std().item() == pytest.approx(0.01, rel=0.1)
    loss = torch.nn.functional.cross_entropy(network(tokens[:, :-1]).flatten(0, 1), tokens[:, 1:].flatten())
    assert loss.item() == pytest.approx(log(28), abs=1e-3)


@pytest.mark.parametrize(
    "config", [Config(hidden=13, nonlinearity="relu"), Config(hidden=13, layers=3), Config(embed=5, hidden=13)]
)
def test_options_learn(config):
    """A hundred steps on a text that repeats itself bring the loss below a tenth of a guess's."""
    torch.manual_seed(0)
    network, rule = RecurrentNetwork(config), None
    text = torch.arange(40 * 33).view(40, 33) % 7
    rule = optim.Adam(network.parameters(), lr=0.02)
    for _ in range(100):
        rule.zero_grad()
        logits = network(text[:, :-1])
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), text[:, 1:].flatten())
        loss.backward()
        rule.step()
    assert loss.item() < log(28) / 10


def test_sizes_that_make_no_network():
    """Refused before anything is trained."""
    for wrong in ({"hidden": 0}, {"layers": 0}, {"embed": 0}, {"vocab": -1}):
        with pytest.raises(UserError, match="must be at least 1"):
            Config(**wrong)
    with pytest.raises(UserError, match="only one"):
        RecurrentNetwork(Config(dropout=0.5))


# The book's protocol


def test_the_text(data_folder):
    """173,428 characters, 28 tokens; 10,000 windows a pass in ten batches, whose targets are one character later."""
    task = PRESETS["paper"].task(PRESETS["paper"])
    assert len(task.vocabulary) == 28
    assert sum(len(part.tokens) for part in (task.train, task.val, task.test)) == 173_428
    assert (len(task.train), len(task.val)) == (10_000, 5_000)
    inputs, targets = task.train.batch(torch.arange(3))
    assert inputs.shape == (3, 32) and torch.equal(inputs[:, 1:], targets[:, :-1])
    assert torch.equal(inputs[1, :-1], inputs[0, 1:]), "windows start at every character"
    train, val, vocab = characters()
    assert (len(train), len(val), vocab) == (10_032, 5_032, 28)
    assert torch.equal(train[:32], inputs[0])


def test_the_counts(data_folder):
    """Worked out apart with another program on nearly the same split: 16.66, 9.55, 6.67, 6.24, 7.67."""
    for order, printed in zip((1, 2, 3, 4, 5), (16.66, 9.55, 6.67, 6.24, 7.67), strict=True):
        assert counts.counts(order)["val_perplexity"] == pytest.approx(printed, abs=0.07)


def test_counts_with_a_counter(data_folder):
    """Pairs counted with a Counter give the same perplexity for the same alpha."""
    train, val, vocab = characters()
    found = counts.counts(2)
    pairs = Counter(zip(train.tolist(), train[1:].tolist(), strict=False))
    firsts = Counter(train[:-1].tolist())
    alpha = found["alpha"]
    losses = [
        -log((pairs[one, two] + alpha) / (firsts[one] + alpha * vocab))
        for one, two in zip(val.tolist(), val[1:].tolist(), strict=False)
    ]
    assert found["val_perplexity"] == pytest.approx(exp(sum(losses) / len(losses)), rel=1e-9)
    assert found["contexts"] == len(firsts)


def test_a_guess_by_place():
    """A network whose logits are all 0 has a perplexity of 28 at every place."""
    network = Recurrent(GRU(28, 32), 28)
    for parameter in network.output.parameters():
        parameter.data.zero_()
    places = protocol.by_place(network, torch.randint(28, (2000, 33)))
    assert places.tolist() == pytest.approx([log(28)] * 32, rel=1e-6)
    assert protocol.perplexity(float("nan")) is None


def test_both_loops_read_the_same_windows(data_folder):
    """The protocol's own loop and the engine's recipe: one network has one loss on each of the two texts.

    To 1e-6, for the sums are in another order and in single precision.
    """
    torch.manual_seed(0)
    task, network = PRESETS["paper"].task(PRESETS["paper"]), RecurrentNetwork()
    for part, text in zip((task.train, task.val), characters()[:2], strict=True):
        batches = torch.arange(len(part)).split(1000)
        engine = sum(task.loss(network, part.batch(rows)).item() for rows in batches) / len(batches)
        assert protocol.by_place(network, text.unfold(0, 33, 1)).mean().item() == pytest.approx(engine, rel=1e-6)


def test_the_book_in_one_pass(data_folder):
    """Every cell learns by the same protocol; at a moderate rate a limit of 1 changes no bit, a small one does."""
    cells = {cell: language(cell, epochs=1) for cell in ("rnn", "lstm", "gru")}
    for found in cells.values():
        assert found["val_perplexity"] < 28 and len(found["curve"]) == 1 and found["largest norm"] < 1
    free = clipping(None, rates=(1.0,), epochs=1)
    wide = clipping(1.0, rates=(1.0,), epochs=1)
    narrow = clipping(0.01, rates=(1.0,), epochs=1)
    assert free["at 1"] == wide["at 1"] == cells["rnn"]["val_perplexity"] < narrow["at 1"]
    assert (free["cut at 1"], wide["cut at 1"], narrow["cut at 1"]) == (0, 0, 1)


# Elman's network


def test_one_step_by_hand_is_one_step_of_autograd():
    """The rule is gradient descent on half the squared error, the context taken as data; several networks at once."""
    net = Elman(3, 2, 4, 5, torch.Generator().manual_seed(0))
    net.w, net.v = net.w.double(), net.v.double()
    net.one, net.context = net.one.double(), torch.rand(3, 4, dtype=torch.float64)
    x, target = torch.rand(3, 2, dtype=torch.float64), torch.rand(3, 5, dtype=torch.float64)
    w, v = net.w.clone().requires_grad_(), net.v.clone().requires_grad_()
    seen = torch.cat((x, net.context, net.one), 1)
    h = torch.einsum("nhi,ni->nh", w, seen).sigmoid()
    y = torch.einsum("noh,nh->no", v, torch.cat((h, net.one), 1)).sigmoid()
    ((y - target) ** 2).sum().div(2).backward()
    assert torch.allclose(net.step(x, target, rate=0.3), y, atol=1e-14)
    assert torch.allclose(net.w, w - 0.3 * w.grad, atol=1e-14)
    assert torch.allclose(net.v, v - 0.3 * v.grad, atol=1e-14)
    assert torch.equal(net.context, h)


def test_windows_of_one_step_see_no_farther():
    """The gradient of a recurrent layer cut after every step is Elman's, that of two steps is another."""
    torch.manual_seed(0)
    layer, x, h0 = RNN(2, 3).double(), torch.randn(1, 2, 2).double(), torch.randn(1, 1, 3).double()

    def slope(cut: bool) -> Tensor:
        layer.zero_grad()
        _, state = layer(x[:, :1], h0)
        layer(x[:, 1:], state.detach() if cut else state)[0].sum().backward()
        return layer.weight_hh_l0.grad.clone()

    h1 = layer(x[:, :1], h0)[1][0, 0].detach()
    h2 = layer(x, h0)[1][0, 0].detach()
    assert torch.allclose(slope(cut=True), torch.outer(1 - h2**2, h1), atol=1e-14)
    assert not torch.allclose(slope(cut=True), slope(cut=False))


def test_small_experiments():
    """Each returns what its claim measures, and the same seed the same numbers."""
    short = {"length": 240, "window": 20}
    assert echo(**short) == echo(**short) != echo(**short, seed=1)
    assert 0.4 < echo(**short)["accuracy"] < 0.7, "little is learned in 12 updates"
    found = xor(passes=1, nets=3)
    assert all(0.2 < found[place] < 0.3 for place in ("first", "second", "third"))
    assert len(found["twelve"]) == 12 and len(found["each"]) == 3
    found = words(passes=0, nets=2)
    assert 200 * 4 * 1 < found["letters"] < 200 * 9 * 7
    assert len(found["by place"]) == 7 == max(map(len, WORDS))
    assert found["places"][0] in (0, 1) and len(set(WORDS)) == 15


def test_an_echo_is_learned_within_the_window():
    """A lag of four steps: a window of two does not hold it, a window of eight does."""
    options = {"lag": 4, "hidden": 16, "length": 640, "rate": 0.02}
    two, eight = (echo(window=window, **options)["accuracy"] for window in (2, 8))
    assert eight > 0.95 > 0.75 > two


def test_figures_of_the_claims():
    """Every figure can be drawn from made-up results."""
    curve = [[600 * k, 0.5 + 0.01 * k] for k in range(1, 40)]
    metrics = {"val_perplexity": 7.0, "train_perplexity": 6.0, "accuracy": 0.7}
    metrics |= {"first": 1.0, "later": 0.5, "third": 0.1, "second": 0.25}
    metrics |= {f"at {rate}": None if rate > 2 else 8.0 for rate in (1, 3, 4)}
    series = {"by place": [9.0 - 0.1 * k for k in range(32)], "curve": curve, "twelve": [0.2] * 12, "each": [0.1]}
    series |= {f"norms at {rate}": [0.3, 2.0, 0.4] for rate in (1, 3, 4)}
    series |= {"errors": [1.0] * 60, "places": [0, 1, 2] * 20, "letters seen": [0, 1, 2] * 20}
    rows = [{"step": step, "loss": 2.0, "val_loss": 2.0} for step in (100, 200)]
    for claim in papers.get("rnn").claims:
        own = series | ({"curve": [0.2] * 9} if claim.key == "xor" else {})
        own |= {"by place": [1.0] * 7} if claim.key == "words" else {}
        result = {"metrics": metrics, "series": own}
        figure = claim.figure({arm.name: [Seen(seed, result, rows) for seed in (0, 1)] for arm in claim.arms})
        assert figure.axes[0].get_title(loc="left") and all(axes.has_data() for axes in figure.axes), claim.key


@pytest.mark.parametrize("preset", ["laptop", "paper", "names"])
def test_presets_train(preset, tmp_path, data_folder, lines_file, without_figures):
    """A few steps of each lower the loss below a guess's, and the network can be had back."""
    import firsthand
    from firsthand.train.launch import Launch

    small = {"steps": 12, "eval_every": 12, "log_every": 6, "checkpoint_every": 12, "eval_tokens": 2000}
    small |= {"data": str(lines_file), "data.lines": True} if preset == "names" else {}
    run = firsthand.train(
        "rnn", preset=preset, out=tmp_path / "run", launch=Launch(device="cpu"), progress=False, **small
    )
    vocab = run.recipe.model.vocab
    assert run.result["metrics"]["val_loss"] < log(vocab)
    assert prod(run.model.output.weight.shape) == vocab * run.recipe.model.hidden


def test_lines_are_text_too(tmp_path, lines_file):
    """Names of a user's own file, each between two end tokens."""
    recipe = PRESETS["names"].__class__(data=Text(str(lines_file), lines=True), batch=16)
    task = recipe.task(recipe)
    inputs, targets = task.train.batch(torch.arange(4))
    assert not inputs[:, 0].any() and (targets == 0).any(1).all()
