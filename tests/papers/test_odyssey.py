"""The nine LSTMs against golden values, printed counts, torch's own, autograd, and what their formulas promise."""

from math import log
from typing import get_args

import numpy as np
import pytest
import torch
from scipy.stats import ttest_ind
from torch import Generator, nn

import firsthand
from firsthand.claims import Claim, Seen
from firsthand.data import synthetic
from firsthand.errors import UserError
from firsthand.nn import Linear
from firsthand.papers import get
from firsthand.papers.odyssey.bptt import unrolled
from firsthand.papers.odyssey.claims.adding import answers
from firsthand.papers.odyssey.claims.importance import analysis
from firsthand.papers.odyssey.claims.variants import COUNT, LEVEL, differs
from firsthand.papers.odyssey.model import LSTM, Config, LanguageModel, Variant
from firsthand.papers.odyssey.trials import GUESS, at_most_a_guess, log_uniform, rule_for, run, text
from firsthand.train.launch import Launch

EXPERIMENTS = get("odyssey").experiments
VARIANTS = get_args(Variant)
# Weights of gate k = 0, 1, 2, 3 for i, f, z, o that follow a rule; y and c after three steps, worked out elsewhere.
GOLDEN = {
    "V": ((0.02191710, 0.09755049), (0.03854679, 0.15680188)),
    "NIG": ((0.26122728, 0.15079937), (0.46953259, 0.24411836)),
    "NFG": ((-0.08800920, 0.13594204), (-0.15822760, 0.21960623)),
    "NOG": ((0.03551180, 0.18542717), (0.03552674, 0.18759732)),
    "NIAF": ((0.02743061, 0.10083597), (0.04817165, 0.16219070)),
    "NOAF": ((0.02192074, 0.09854459), (0.03852610, 0.15713724)),
    "CIFG": ((-0.06381340, 0.10407428), (-0.11433235, 0.16745175)),
    "NP": ((0.03184643, 0.09382398), (0.05628678, 0.15301332)),
    "FGR": ((0.01323637, 0.11151151), (0.02023880, 0.16513231)),
}


def rule(k: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """W, R and b of gate k."""
    grid = [(i, j) for i in range(2) for j in range(2)]
    w = torch.tensor([((3 * i + 5 * j + k) % 7 - 3) / 4 for i, j in grid]).view(2, 2)
    r = torch.tensor([((2 * i + 3 * j + 2 * k) % 5 - 2) / 4 for i, j in grid]).view(2, 2)
    return w, r, torch.tensor([((i + k) % 3 - 1) / 4 for i in range(2)])


def layer(variant: str, inputs: int = 5, hidden: int = 7, seed: int = 0) -> LSTM:
    """A layer in double precision with weights that matter."""
    torch.manual_seed(seed)
    made = LSTM(inputs, hidden, variant).double()
    for parameter in made.parameters():
        parameter.data.normal_(0, 0.5)
    return made


# The layer


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("face", ["forward", "definition"])
def test_golden_values(variant, face):
    made = LSTM(2, 2, variant).double()
    gates = [rule("ifzo".index(block)) for block in made.blocks]
    with torch.no_grad():
        for parameter, blocks in zip((made.W, made.R, made.b), zip(*gates, strict=True), strict=True):
            parameter.copy_(torch.cat(blocks))
        for name, value in {"p_i": (0.5, -0.5), "p_f": (-0.5, 0.5), "p_o": (0.25, 0.25)}.items():
            if (peephole := getattr(made, name)) is not None:
                peephole.copy_(torch.tensor(value))
        if variant == "FGR":
            made.G.copy_(torch.cat([torch.cat([rule(5 + 3 * t + s)[1] for s in range(3)], 1) for t in range(3)]))
    x = torch.tensor([[[1.0, 0], [0, 1], [1, -1]]], dtype=torch.float64)
    start = (torch.zeros(1, 2, dtype=torch.float64),) * (5 if variant == "FGR" else 2)
    _, (y, c, *_) = getattr(made, face)(x, start)
    for found, printed in zip((y[0], c[0]), GOLDEN[variant], strict=True):
        assert found.tolist() == pytest.approx(printed, abs=1e-8)


@pytest.mark.parametrize(
    ("variant", "total"),
    [("V", 124_861), ("NIG", 96_661), ("NFG", 96_661), ("NOG", 96_661), ("NIAF", 124_861), ("NOAF", 124_861),
     ("CIFG", 96_661), ("NP", 124_261), ("FGR", 304_861)],
)  # fmt: skip
def test_counts(variant, total):
    """As on TIMIT with 100 cells: 39 inputs, two directions, 61 phones."""
    one = sum(p.numel() for p in LSTM(39, 100, variant).parameters())
    assert 2 * one + 61 * 200 + 61 == total
    b = 39 * 100 + 100 * 100 + 100
    whole = {"NP": 4 * b, "FGR": 4 * b + 300 + 90_000}
    assert one == whole.get(variant, 3 * b + 200 if total == 96_661 else 4 * b + 300)


def both(made: LSTM, faces: tuple, backward: bool = True) -> list[list[torch.Tensor]]:
    """Outputs, states and all gradients, from a state on, by each of these ways of running the layer."""
    torch.manual_seed(1)
    count = 5 if made.variant == "FGR" else 2
    x = torch.randn(3, 11, 5, dtype=torch.float64, requires_grad=True)
    state = tuple(torch.rand(3, 7, dtype=torch.float64, requires_grad=True) for _ in range(count))
    found = []
    for face in faces:
        y, last = face(x, state)
        torch.manual_seed(2)
        loss = (y * torch.randn_like(y)).sum() + sum((part * torch.randn_like(part)).sum() for part in last)
        found.append([y, *last, *torch.autograd.grad(loss, [x, *state, *made.parameters()])])
    return found


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_papers_gradients_are_autograds(variant):
    """Back-propagation as printed against autograd through the equations, to 1e-10 in double precision; NP too."""
    made = layer(variant)

    def printed(x: torch.Tensor, state: tuple) -> tuple:
        peepholes = made.p_i, made.p_f, made.p_o
        y, *last = unrolled(variant, made.blocks, x, state, made.W, made.R, made.b, peepholes, made.G)
        return y, tuple(last)

    first, *others = both(made, (made.definition, made, printed))
    for other in others:
        for a, b in zip(first, other, strict=True):
            assert torch.allclose(a, b, rtol=0, atol=1e-10)


def test_without_peepholes_it_is_torchs():
    made, theirs = layer("NP"), nn.LSTM(5, 7, batch_first=True).double()
    with torch.no_grad():
        theirs.weight_ih_l0.copy_(made.W)
        theirs.weight_hh_l0.copy_(made.R)
        theirs.bias_ih_l0.copy_(made.b)
        theirs.bias_hh_l0.zero_()

    def reference(x: torch.Tensor, state: tuple) -> tuple:
        y, last = theirs(x, tuple(part[None] for part in state))
        return y, tuple(part[0] for part in last)

    x, state = torch.randn(3, 11, 5, dtype=torch.float64), tuple(torch.rand(2, 3, 7, dtype=torch.float64))
    for a, b in zip(made(x, state)[1], reference(x, state)[1], strict=True):
        assert torch.allclose(a, b, atol=1e-12)
    made(x)[0].square().sum().backward()
    theirs(x)[0].square().sum().backward()
    assert torch.allclose(made.R.grad, theirs.weight_hh_l0.grad, atol=1e-10)


def test_one_change_away():
    """With the change undone every variant is vanilla, or vanilla without peepholes."""
    made, x = layer("V"), torch.randn(3, 11, 5, dtype=torch.float64)
    fed = layer("FGR", seed=1)
    fed.load_state_dict(made.state_dict() | {"G": torch.zeros(21, 21)})
    assert torch.allclose(fed(x)[0], made(x)[0], atol=1e-12)
    plain = layer("NP", seed=1)
    plain.load_state_dict({name: value for name, value in made.state_dict().items() if not name.startswith("p_")})
    for gate in "ifo":
        getattr(made, f"p_{gate}").data.zero_()
    assert torch.allclose(plain(x)[0], made(x)[0], atol=1e-12)
    for name, block in (("NIG", 0), ("NFG", 1), ("NOG", 3)):  # a bias of 50 opens a gate: sigmoid(50) is 1 to 1e-21
        opened, lacking = layer("V", seed=2), layer(name, seed=3)
        opened.W.data[7 * block : 7 * block + 7] = 0
        opened.R.data[7 * block : 7 * block + 7] = 0
        opened.b.data[7 * block : 7 * block + 7] = 50
        getattr(opened, "p_" + "if o"[block]).data.zero_()
        keep = [row for row in range(28) if row // 7 != block]
        given = {part: getattr(opened, part).data[keep] for part in "WRb"}
        given |= {f"p_{s}": getattr(opened, f"p_{s}").data for s in "ifo" if s in lacking.blocks}
        lacking.load_state_dict(given)
        assert torch.allclose(lacking(x)[0], opened(x)[0], atol=1e-12), name


def test_who_is_bounded():
    """A cell with coupled gates stays within 1, and only without output activation does an output leave it."""
    x = 3 * torch.randn(4, 200, 5, dtype=torch.float64)
    largest = {}
    for variant in VARIANTS:
        made = layer(variant)
        made.b.data[:14] += 3  # gates are open most of the time
        y, (_, c, *_) = made(x)
        largest[variant] = y.abs().max().item()
        if variant == "CIFG":
            assert c.abs().max() <= 1
    assert largest.pop("NOAF") > 1.5
    assert max(largest.values()) <= 1


@pytest.mark.parametrize("variant", VARIANTS)
def test_reading_in_pieces(variant):
    """A state that is handed on continues the text; half precision, which the printed gradients refuse, works too."""
    torch.manual_seed(0)
    network = LanguageModel(Config(variant, 9)).eval()
    tokens = torch.randint(28, (2, 12))
    first, state = network.advance(tokens[:, :5])
    second, _ = network.advance(tokens[:, 5:], state)
    assert torch.allclose(torch.cat([first, second], 1), network(tokens), atol=1e-6)
    assert len(state) == (5 if variant == "FGR" else 2)
    half = network.lstm.bfloat16()(torch.randn(2, 4, 28).bfloat16())[0]
    assert half.dtype == torch.bfloat16 and half.isfinite().all()


def test_noise_is_for_training():
    torch.manual_seed(0)
    network, tokens = LanguageModel(Config(hidden=5, noise=0.5)), torch.randint(28, (2, 6))
    assert not torch.equal(network(tokens), network(tokens))
    network.eval()
    assert torch.equal(network(tokens), network(tokens))


def test_first_weights():
    torch.manual_seed(0)
    network = LanguageModel(Config(scale=0.1, forget=2.0))
    b = network.lstm.b.view(4, 100)
    assert b.mean(1).tolist() == pytest.approx([0, 2, 0, 0], abs=0.04)
    assert network.lstm.R.std().item() == pytest.approx(0.1, rel=0.03)
    assert network.lstm.p_i.std().item() == pytest.approx(0.1, rel=0.25)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"hidden": 0}, "must be at least 1"),
        ({"noise": -1.0}, "model.noise must be at least 0"),
        ({"variant": "CIFG", "forget": 1.0}, "CIFG has no forget gate of its own"),
    ],
)
def test_networks_that_cannot_be(changes, message):
    with pytest.raises(UserError, match=message):
        Config(**changes)


# Trials and their analysis


def test_the_streams_are_the_book(data_folder):
    train, val, test = text()
    assert [tuple(part.shape) for part in (train, val, test)] == [(16, 3000), (16, 1000), (16, 1000)]
    from firsthand.data.specs import Text

    book = Text("timemachine", letters=True).load().vocabulary
    start = book.decode(train[0, :30].tolist())
    assert start.startswith("the time machine by h g wells")
    assert 1 <= train.min() and train.max() <= 27


@pytest.mark.parametrize("name", ["adam", "nesterov"])
def test_a_trial(name, data_folder):
    """It learns, by its own seed alone; the rate of Nesterov's rule is scaled by 1 - momentum."""
    rate = 0.02 if name == "adam" else 2.0
    one, two, other = (run(Generator().manual_seed(seed), "CIFG", 16, rate, name, 0.5, steps=40) for seed in (3, 3, 4))
    assert one == two and one != other
    assert 2.0 < one.val < 2.95 and 2.0 < one.test < 2.95  # letters alone have 2.85 nats, a guess 3.33
    assert 0 < one.cell <= 1
    rule = rule_for(LanguageModel(Config(hidden=3)), rate, name, 0.5)
    expected = {"lr": 0.02, "betas": (0.5, 0.999)} if name == "adam" else {"lr": 1.0, "momentum": 0.5, "nesterov": True}
    assert expected.items() <= rule.param_groups[0].items()


def test_what_diverged_is_a_guess(data_folder):
    assert [at_most_a_guess(loss) for loss in (1.5, 99.0, float("nan"), float("inf"))] == [1.5, GUESS, GUESS, GUESS]
    assert run(Generator().manual_seed(0), "NOAF", 16, 50.0, steps=30).val == pytest.approx(log(28))


def test_log_uniform():
    generator = Generator().manual_seed(0)
    draws = np.log10([log_uniform(1e-3, 10.0, generator) for _ in range(4000)])
    assert draws.min() >= -3 and draws.max() <= 1
    assert np.histogram(draws, 4, (-3, 1))[0] == pytest.approx(1000, abs=120)  # four standard deviations


def test_shares_of_a_known_function():
    """f = 3 X + 2 Y + 4 X Y of X = [x > 1/2] and Y = [y > 1/2], which trees can learn as it is.

    As X and Y are fair coins, x alone explains (3 + 4/2)^2 / 4, y alone (2 + 4/2)^2 / 4, the pair 4^2 / 16.
    """
    units = np.random.default_rng(0).random((400, 3))
    x, y = (units[:, j] > 0.5 for j in (0, 1))
    shares, curves = analysis(units, 3.0 * x + 2.0 * y + 4.0 * x * y)
    whole = 25 / 4 + 4 + 1
    assert shares == pytest.approx([25 / 4 / whole, 4 / whole, 0], abs=0.03)  # 200 points stand for the others
    assert curves[0][:7] == pytest.approx([1.0] * 7, abs=0.25) and curves[0][9:] == pytest.approx([6.0] * 7, abs=0.25)


def test_significance_is_scipys():
    """From means and means of squares, as the results file has them, on either side of the level."""
    rng = np.random.default_rng(0)
    found = []
    for gap in (-0.6, -0.2, 0.0, 0.2, 0.6):
        one, other = rng.normal(2.0 + gap, 0.1, COUNT), rng.normal(2.0, 0.1, COUNT)
        numbers = {"X": {"test": one.mean(), "square": (one**2).mean()}}
        numbers["V"] = {"test": other.mean(), "square": (other**2).mean()}
        p = ttest_ind(one, other, equal_var=False).pvalue
        found.append(differs(lambda arm, measure, numbers=numbers: numbers[arm][measure], "X"))
        assert found[-1] == (p < LEVEL) * np.sign(one.mean() - other.mean())
    assert found[0] == -1 and found[2] == 0 and found[4] == 1
    assert np.isnan(differs(lambda arm, measure: float("nan"), "X"))


# The experiments, training runs and figures


def test_the_search(data_folder):
    found = EXPERIMENTS["search"]("NP", trials=3, top=2, steps=5)
    assert found["vals"] == sorted(found["vals"]) and found["val"] == found["vals"][0]
    assert found["test"] == pytest.approx(np.mean(found["tests"])) and len(found["tests"]) == 2
    assert found["square"] == pytest.approx(np.mean(np.square(found["tests"])))
    assert all(16 <= hidden <= 64 for hidden in found["hidden"]) and all(1e-3 <= lr <= 0.05 for lr in found["rates"])
    assert found == EXPERIMENTS["search"]("NP", trials=3, top=2, steps=5)
    assert found["rates"] != EXPERIMENTS["search"]("V", trials=3, top=2, steps=5)["rates"], "searches are of their own"


@pytest.mark.parametrize("rule", ["adam", "nesterov"])
def test_the_analysis(rule, data_folder):
    found = EXPERIMENTS["importance"](rule, trials=6, steps=2)
    single = [found[name] for name in ("rate", "hidden", "momentum", "noise")]
    assert sum(single) + found["interactions"] == pytest.approx(100)
    assert found["times"] == pytest.approx(single[0] / max(single[1:]))
    assert len(found["curve"]) == 16 and np.shape(found["units"]) == (6, 4)


def test_rates_and_momenta(data_folder):
    tuned = EXPERIMENTS["tune"](16, steps=2)
    assert tuned["val"] == min(tuned["vals"]) and tuned["rates"][0] == 1e-3 and tuned["rates"][-1] == pytest.approx(0.1)
    found = EXPERIMENTS["momentum"](steps=2)
    means = np.mean(found["losses"], 1)
    assert found["range"] == pytest.approx(means.max() - means.min()) and np.shape(found["losses"]) == (4, 2)
    other = EXPERIMENTS["momentum"](scaled=False, steps=2)
    assert other["plain"] == pytest.approx(found["plain"]) and other["fastest"] != found["fastest"]


def test_adding():
    """The answer is read at each sequence's own end."""
    found = EXPERIMENTS["adding"]("NIG", steps=40)
    assert 10 < found["thousandths"] < 80 and len(found["curve"]) == 2
    lstm, head, sequences = LSTM(2, 3), Linear(3, 1), synthetic.adding(4, Generator().manual_seed(0), 20)
    cut = sequences.inputs[:1, : int(sequences.lengths[0])]
    assert answers(lstm, head, sequences)[0].item() == pytest.approx(head(lstm(cut)[0][:, -1]).item(), abs=1e-6)


@pytest.mark.parametrize("variant", ["V", "FGR"])
def test_a_run_writes(variant, tmp_path):
    run = firsthand.train(
        "odyssey", steps=12, eval_every=12, checkpoint_every=12, out=tmp_path / "run", progress=False,
        launch=Launch(device="cpu"),
        **{"model.hidden": 16, "model.variant": variant, "batch": 8, "window": 16, "eval_tokens": 2000},
    )  # fmt: skip
    assert run.result["metrics"]["val_loss"] < 5
    (written,) = run.sample(1)
    assert len("".join(written)) >= 400


@pytest.mark.parametrize("claim", get("odyssey").claims, ids=lambda claim: claim.key)
def test_figures(claim: Claim):
    """Each draws what its runs left."""
    rng = np.random.default_rng(0)
    series = {
        "variants": {"vals": (2 + rng.random(10)).tolist(), "tests": [2.0, 2.1]},
        "importance": {"curve": [2.0] * 16},
        "tune-small": {"rates": np.logspace(-3, -1, 7).tolist(), "vals": [2.5] * 7},
        "momentum": {"losses": [[2.0, 2.1]] * 4},
        "adding": {"curve": [0.03] * 30},
    }[claim.key]
    result = {"metrics": {measure.name: 20.0 for measure in claim.measures}, "series": series}
    figure = claim.figure({arm.name: [Seen(seed, result, []) for seed in (0, 1, 2)] for arm in claim.arms})
    assert all(axes.has_data() and axes.get_title(loc="left") for axes in figure.axes)
