"""The gated network against golden numbers, torch.nn.GRU, the identities of its gates, and published counts."""

from math import log

import pytest
import torch
from torch import Tensor

from firsthand import papers
from firsthand.claims import Seen
from firsthand.claims.bench.descent import descend
from firsthand.claims.bench.recurrent import Recurrent
from firsthand.errors import UserError
from firsthand.nn import GRU, gru
from firsthand.optim import Adam
from firsthand.papers.gru.claims.adding import adding
from firsthand.papers.gru.claims.lengths import backwards, lengths
from firsthand.papers.gru.matched import UNITS, matched
from firsthand.papers.gru.model import Config, EncoderDecoder, GatedNetwork, keep, step
from firsthand.papers.gru.recipe import PRESETS


def pattern(rows: int, columns: int, across: int, down: int, shift: int, cycle: int, middle: int) -> Tensor:
    """Small fractions that anyone can write down again: (((across i + down j + shift) mod cycle) - middle) / 4."""
    i, j = torch.arange(rows)[:, None], torch.arange(columns)
    return (((across * i + down * j + shift) % cycle) - middle).double() / 4


X = torch.tensor([[[1.0, 0.0], [0.0, 1.0], [1.0, -1.0]]], dtype=torch.float64)
WEIGHTS = {
    "weight_ih_l0": torch.cat([pattern(2, 2, 3, 5, k, 7, 3) for k in range(3)]),
    "weight_hh_l0": torch.cat([pattern(2, 2, 2, 3, 2 * k, 5, 2) for k in range(3)]),
    "bias_ih_l0": torch.cat([pattern(2, 1, 1, 0, k, 3, 1)[:, 0] for k in range(3)]),
    "bias_hh_l0": torch.zeros(6, dtype=torch.float64),
}
INNER = torch.tensor([0.0, 0, 0, 0, 0.5, -0.5], dtype=torch.float64)  # the bias inside the reset gate's product


def torch_gru(inputs: int, hidden: int) -> torch.nn.GRU:
    return torch.nn.GRU(inputs, hidden, batch_first=True)


@pytest.mark.parametrize(
    ("reset", "changes", "expected"),
    [
        ("before", {}, (0.44814104, 0.03300823)),
        ("after", {}, (0.44814104, 0.03835175)),
        ("after", {"bias_hh_l0": INNER}, (0.51765508, -0.18339708)),
    ],
)
def test_golden_numbers(reset, changes, expected):
    """Two units, three steps, weights by a formula; worked out apart, to eight digits. torch.nn.GRU has "after"."""
    for layer in (GRU(2, 2, reset=reset), *([torch_gru(2, 2)] if reset == "after" else [])):
        layer.double().load_state_dict(WEIGHTS | changes)
        assert layer(X)[1].flatten().tolist() == pytest.approx(expected, abs=5e-9)


def other_way_round(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Weights whose update gate is 1 minus what it was: its rows with the sign changed."""
    turned = {name: value.clone() for name, value in weights.items()}
    for value in turned.values():
        value[len(value) // 3 : 2 * len(value) // 3] *= -1
    return turned


def test_the_other_order_is_a_change_of_sign():
    """Chung et al. and Bahdanau et al. have h = (1 - z) h + z n: their value comes from the turned weights."""
    layer = GRU(2, 2, reset="before").double()
    layer.load_state_dict(other_way_round(WEIGHTS))
    assert layer(X)[1].flatten().tolist() == pytest.approx((-0.09805497, 0.14934631), abs=5e-9)


def test_the_papers_step():
    """Step by step as model.py has it, and as numpy would, comes the state of the layer after every input."""
    torch.manual_seed(0)
    layer, x = GRU(3, 4, reset="before").double(), torch.randn(2, 5, 3, dtype=torch.float64)
    layer.bias_ih_l0.data.zero_()
    layer.bias_hh_l0.data.zero_()
    W, U = layer.weight_ih_l0.chunk(3), layer.weight_hh_l0.chunk(3)
    h, states = torch.zeros(2, 4, dtype=torch.float64), []
    for x_t in x.unbind(1):
        r, z = (1 / (1 + torch.exp(-(x_t @ W[k].T + h @ U[k].T))) for k in (0, 1))
        by_hand = z * h + (1 - z) * torch.tanh(x_t @ W[2].T + (r * h) @ U[2].T)
        h = step(x_t, h, W, U)
        assert torch.allclose(h, by_hand, atol=1e-15)
        states.append(h)
    assert torch.allclose(layer(x)[0], torch.stack(states, 1), atol=1e-14)


def test_the_two_forms_are_two_functions():
    """They differ, but not where U is diagonal or where all of r is the same number, as the algebra says."""
    torch.manual_seed(0)
    before, after = GRU(3, 4, reset="before").double(), GRU(3, 4, reset="after").double()
    before.bias_hh_l0.data.zero_()
    x = torch.randn(2, 6, 3, dtype=torch.float64)

    def apart() -> float:
        after.load_state_dict(before.state_dict())
        return (before(x)[0] - after(x)[0]).abs().max().item()

    assert apart() > 1e-3
    whole = before.weight_hh_l0.data.clone()
    before.weight_hh_l0.data[8:] *= torch.eye(4)
    assert apart() < 1e-14
    before.weight_hh_l0.data = whole
    for weight in (before.weight_ih_l0, before.weight_hh_l0, before.bias_ih_l0):
        weight.data[:4] = 0
    assert apart() < 1e-14  # r is a half everywhere


def test_the_inner_bias_cannot_be_folded_into_the_outer():
    """In "before" only the sums of the biases act; in "after" the candidate's two are not the same."""
    for reset, same in (("before", True), ("after", False)):
        torch.manual_seed(0)
        layer, x = GRU(3, 4, reset=reset).double(), torch.randn(2, 6, 3, dtype=torch.float64)
        y = layer(x)[0]
        layer.bias_ih_l0.data += layer.bias_hh_l0.data
        layer.bias_hh_l0.data.zero_()
        assert torch.allclose(layer(x)[0], y, atol=1e-14) is same


def test_what_the_update_gate_does():
    """At 1 the state, and its gradient, stay for ever; at 0 the last state is forgotten but for the candidate."""
    torch.manual_seed(0)
    for reset in ("before", "after"):
        layer, h0 = GRU(3, 4, reset=reset).double(), torch.randn(1, 2, 4).double().requires_grad_()
        x = torch.randn(2, 200, 3, dtype=torch.float64)
        keep(layer, 1000.0)
        y, _ = layer(x, h0)
        (slope,) = torch.autograd.grad(y[:, -1].sum(), h0)
        assert torch.allclose(y[:, -1], h0[0]) and torch.allclose(slope, torch.ones_like(slope))
        keep(layer, -2000.0)
        w, u = layer.weight_ih_l0[8:], layer.weight_hh_l0.data
        u[:] = 0  # then the candidate sees x only
        r = torch.sigmoid((x @ layer.weight_ih_l0[:4].T) + layer.bias_ih_l0[:4] + layer.bias_hh_l0[:4])
        b, c = layer.bias_ih_l0[8:], layer.bias_hh_l0[8:]
        candidate = torch.tanh(x @ w.T + b + (c if reset == "before" else r * c))
        assert torch.allclose(layer(x, h0)[0], candidate, atol=1e-14)


def test_the_state_stays_within_one():
    """It is a mean of the state before and of a tanh, whatever the weights: no unit can count without bound."""
    torch.manual_seed(0)
    layer = GRU(3, 4).double()
    for parameter in layer.parameters():
        parameter.data *= 50
    assert layer(torch.randn(2, 100, 3).double())[0].abs().max() <= 1


@pytest.mark.parametrize(
    ("config", "count"),
    [
        (Config(), 3 * (28 * 32 + 32 * 32 + 2 * 32) + 33 * 28),
        (Config(layers=2), 6_876 + 3 * (32 * 32 + 32 * 32 + 2 * 32)),
        (Config(embed=64, hidden=256), 28 * 64 + 3 * (64 * 256 + 256 * 256 + 2 * 256) + 257 * 28),
    ],
)
def test_counts_of_weights(config, count):
    """By hand; with one bias a sum the book's 6,780 are left."""
    network = GatedNetwork(config)
    assert sum(p.numel() for p in network.parameters()) == count
    if config == Config():
        assert count == 6_876 and count - network.recurrent.bias_hh_l0.numel() == 6_780


def test_published_counts_of_layers():
    """Chung et al. print 168.4, 168.9 and 169.1 thousand for speech; the LSTM there has three vectors of peepholes."""
    from firsthand.nn import LSTM, RNN

    layers = (RNN(20, 400), GRU(20, 227), LSTM(20, 195, form="peephole"))
    counts = [sum(p.numel() for name, p in layer.named_parameters() if name != "bias_hh_l0") for layer in layers]
    assert counts == [168_400, 168_888, 169_065]
    assert [round(count / 1000, 1) for count in counts] == [168.4, 168.9, 169.1]


def test_two_layers_are_one_on_the_other():
    """The second reads the states of the first, each has its own state, and the output reads the second only."""
    torch.manual_seed(0)
    network, tokens = GatedNetwork(Config(layers=2, hidden=5, reset="before")).double(), torch.randint(28, (3, 7))
    stack, x = network.recurrent, network.one_hot[tokens]
    for layer in (0, 1):
        weights = [getattr(stack, f"{name}_l{layer}") for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
        x, _ = gru(x, x.new_zeros(3, 5), *weights, reset="before")
    assert torch.allclose(network(tokens), network.output(x), atol=1e-14)


def test_reading_in_pieces():
    """From state to state the same logits come out, in both forms."""
    for reset in ("before", "after"):
        torch.manual_seed(0)
        network, tokens = GatedNetwork(Config(layers=2, reset=reset)).double(), torch.randint(28, (3, 11))
        logits, state = network.advance(tokens[:, :4])
        rest, last = network.advance(tokens[:, 4:], state)
        assert torch.allclose(torch.cat([logits, rest], 1), network(tokens), atol=1e-14)
        assert isinstance(last, tuple) and last[0].shape == (2, 3, 32)


def test_first_weights():
    """The book's: N(0, 0.01^2), biases 0, the loss of a guess; an update bias reaches every layer's z, nothing else."""
    torch.manual_seed(0)
    network, tokens = GatedNetwork(Config(init="normal", layers=2, update_bias=3.0)), torch.randint(28, (64, 33))
    for layer in (0, 1):
        bias = getattr(network.recurrent, f"bias_ih_l{layer}")
        assert bias.view(3, 32).tolist() == [[0.0] * 32, [3.0] * 32, [0.0] * 32]
        assert not getattr(network.recurrent, f"bias_hh_l{layer}").any()
    assert network.recurrent.weight_hh_l0.std().item() == pytest.approx(0.01, rel=0.1)
    loss = torch.nn.functional.cross_entropy(network(tokens[:, :-1]).flatten(0, 1), tokens[:, 1:].flatten())
    assert loss.item() == pytest.approx(log(28), abs=1e-3)


def test_sizes_that_make_no_network():
    """Refused before anything is trained."""
    for wrong in ({"hidden": 0}, {"layers": 0}, {"embed": 0}, {"vocab": -1}):
        with pytest.raises(UserError, match="must be at least 1"):
            Config(**wrong)
    with pytest.raises(UserError, match="only one"):
        GatedNetwork(Config(dropout=0.5))


def test_equal_weights(data_folder):
    """Layers of about 20,000 weights, within 2.5 % of each other; a pass of each lowers the loss below a guess's."""
    found = {
        unit: matched(unit, hidden, epochs=1)
        for unit, hidden in (("tanh", 127), ("gru", 68), ("gru-before", 68), ("gru-one-bias", 68), ("lstm", 58))
    }
    assert [run["weights"] for run in found.values()] == [19_812, 19_788, 19_788, 19_788, 20_184]
    assert all(5 < run["val_perplexity"] < 20 for run in found.values())
    assert len({run["val_perplexity"] for run in found.values()}) == 5


def test_the_bias_that_is_not_there():
    """Without the inner bias it stays 0 through training, and with it it does not."""
    for unit, moves in (("gru", True), ("gru-one-bias", False)):
        torch.manual_seed(0)
        network = Recurrent(UNITS[unit](5, 4), 5)
        rule = Adam(network.parameters(), lr=0.1)
        descend(rule, network, network(torch.randn(2, 3, 5)).square().mean())
        assert network.layer.bias_hh_l0.any().item() is moves


def test_adding_is_drawn_alike_for_all():
    """Same seed, same numbers; always saying 0.5 is wrong about 2,150 times of 2,560, and nothing is learned yet."""
    for unit in ("tanh", "gru", "lstm"):
        options = {"unit": unit, "hidden": 4, "length": 20, "most": 64}
        found = adding(**options)
        assert found == adding(**options) != adding(**options, seed=1)
        assert found["sequences"] is None and found["solved"] == 0 and found["wrong"] > 2000
    kept = adding("lstm", 4, keep_bias=5.0, length=20, most=64)
    assert kept["error"] != adding("lstm", 4, input_bias=5.0, length=20, most=64)["error"]


def test_the_encoder_and_decoder_step_by_step():
    """The appendix written once more: all that the decoder knows of the source is c, at its start and at every step."""
    torch.manual_seed(0)
    network = EncoderDecoder(6).double()
    source, target = backwards(3, 5, torch.Generator().manual_seed(0))
    assert target.tolist() == [[*row[::-1], 10] for row in source.tolist()]
    eye = torch.eye(11, dtype=torch.float64)
    h = torch.zeros(3, 6, dtype=torch.float64)
    for digit in source.T:
        h = network.encoder(eye[digit, None, :10], h[None])[0][:, 0]
    c = torch.tanh(h @ network.summary.weight.T + network.summary.bias)
    h = torch.tanh(c @ network.start.weight.T + network.start.bias)
    before, logits = torch.zeros(3, 11, dtype=torch.float64), []
    for symbol in target.T:
        h = network.decoder(torch.cat([before, c], 1)[:, None], h[None])[0][:, 0]
        logits.append(h @ network.output.weight.T + network.output.bias)
        before = eye[symbol]
    assert torch.allclose(network(source, target), torch.stack(logits, 1), atol=1e-14)
    changed = target.clone()
    changed[:, 3] = (changed[:, 3] + 1) % 10
    alike = network(source, changed) == network(source, target)
    assert alike[:, :4].all() and not alike[:, 4:].all()  # a symbol tells of later ones only


def test_writing_greedily():
    """What it writes is the likeliest symbol after what it wrote before."""
    torch.manual_seed(0)
    network, source = EncoderDecoder(16), torch.randint(10, (7, 5))
    for parameter in network.parameters():
        parameter.data *= 3  # so that rows differ
    written = network.greedy(source, 9)
    assert written.shape == (7, 9) and len(written.unique(dim=0)) > 1
    assert torch.equal(network(source, written).argmax(2), written)


@pytest.mark.slow
def test_lengths_learns_short_rows_first():
    """A few hundred steps: pairs are learned, long rows are not; the same seed gives the same numbers."""
    found = lengths(hidden=48, longest=3, steps=250, rate=0.01)
    assert found["right, 2"] > 80 and found["right, 24"] == 0 and 5 < found["digits, 24"] < 30
    few = {"hidden": 8, "longest": 2, "steps": 3}
    assert lengths(**few) == lengths(**few) != lengths(**few, seed=1)
    with pytest.raises(UserError, match="1 digit and 1 step or more, got longest 0"):
        lengths(longest=0)


def test_figures_of_the_claims():
    """Every figure can be drawn from made-up results."""
    rows = [{"step": step, "loss": 2.0, "val_loss": 2.0} for step in (100, 200)]
    metrics = {"val_perplexity": 6.0, "solved": 1.0} | {f"right, {n}": 100.0 - n for n in range(2, 25, 2)}
    for claim in papers.get("gru").claims:
        curve = [[1600, 0.1], [3200, 0.05]] if claim.key == "adding" else [7.0, 6.0, 6.5]
        result = {"metrics": metrics, "series": {"curve": curve}}
        figure = claim.figure({arm.name: [Seen(seed, result, rows) for seed in (0, 1)] for arm in claim.arms})
        assert figure.axes[0].get_title(loc="left") and all(axes.has_data() for axes in figure.axes), claim.key


@pytest.mark.parametrize("preset", ["laptop", "paper", "names"])
def test_presets_train(preset, tmp_path, data_folder, lines_file, without_figures):
    """A few steps of each lower the loss below a guess's, and the network can be had back."""
    import firsthand
    from firsthand.train.launch import Launch

    small = {"steps": 8, "eval_every": 8, "log_every": 4, "checkpoint_every": 8, "eval_tokens": 2000}
    small |= {"data": str(lines_file), "data.lines": True} if preset == "names" else {}
    run = firsthand.train(
        "gru", preset=preset, out=tmp_path / "run", launch=Launch(device="cpu"), progress=False, **small
    )
    vocab = run.recipe.model.vocab
    assert run.result["metrics"]["val_loss"] < log(vocab)
    assert run.model.output.weight.shape == (vocab, run.recipe.model.hidden)


def test_the_books_recipe_differs_from_the_rnns_in_rate_and_passes_only(data_folder):
    """The same windows in the same batches: 50 passes at rate 4 against 100 at rate 1."""
    theirs, ours = papers.get("rnn").preset("paper"), PRESETS["paper"]
    assert (ours.steps, theirs.steps, ours.optim.lr, theirs.optim.lr) == (500, 1000, 4.0, 1.0)
    for field in ("data", "window", "stride", "batch", "order", "clip", "keep"):
        assert getattr(ours, field) == getattr(theirs, field)
    assert len(PRESETS["paper"].task(ours).train) == 10_000
