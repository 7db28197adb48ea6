"""MADE: masks, likelihood, mixtures and drawing against enumeration, finite counts and whole forward passes."""

import json
import math
from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from PIL import Image

import firsthand
from firsthand.data.specs import Vectors
from firsthand.errors import UserError
from firsthand.papers.made import likelihood
from firsthand.papers.made.model import BEYOND, MADE, Config
from firsthand.papers.made.recipe import PRESETS
from firsthand.papers.made.sampling import comes_first, draw, first
from firsthand.papers.made.task import Bits, drawn, half
from firsthand.train.launch import Interrupted

D = 6
CONFIGS = [
    Config(D, (11,)),
    Config(D, (7, 9), "softplus", direct=True, ordering="random"),
    Config(D, (9, 5, 8), "tanh", conditioning=True, ordering="agnostic", masks=3),
    Config(D, (), "sigmoid", direct=True, ordering="agnostic", masks=None),
]


def network(config: Config, seed: int = 0) -> MADE:
    """In float64, with weights and biases large enough to matter."""
    torch.manual_seed(seed)
    model = MADE(config).double().eval()
    for p in model.parameters():
        p.data.normal_()
    return model


@pytest.mark.parametrize(
    ("config", "count"),
    [
        (Config(), 785_284),
        (Config(direct=True), 1_399_940),
        (Config(hidden=(500, 500)), 1_035_784),
        (Config(hidden=(500, 500), direct=True), 1_650_440),
        (Config(inputs=180, direct=True), 180_680 + 180**2),
    ],
)
def test_published_sizes(config, count):
    """784 x 500 + 500 + 500 x 784 + 784 for MNIST and 1001 x 180 for DNA; direct connections add the square."""
    assert sum(p.numel() for p in MADE(config).parameters()) == count


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("number", [0, 1, 5, BEYOND + 2])
def test_an_output_depends_on_what_comes_before_and_on_nothing_else(config, number):
    """By autograd at a random real point; with direct connections on everything before, else through hidden units."""
    model, x = network(config), torch.randn(1, D, dtype=torch.float64, requires_grad=True)
    m = model.degrees(number)
    logits = model(x, model.masks(m))[0]
    rows = [torch.autograd.grad(logit, x, retain_graph=True, allow_unused=True)[0][0] for logit in logits]
    depends, before = torch.stack(rows) != 0, m[0][:, None] > m[0]
    assert not (depends & ~before).any()
    if config.direct:
        assert torch.equal(depends, before)
    assert sorted(m[0].tolist()) == list(range(1, D + 1))


@pytest.mark.parametrize("config", [config for config in CONFIGS if config.hidden])
def test_degrees_and_paths(config):
    """From the least below to D - 1; the product of the masks counts paths, and none leads to an output from itself."""
    model = network(config)
    for number in range(20):
        m = model.degrees(number)
        for below, units in pairwise(m):
            assert units.min() >= below.min() and units.max() <= D - 1
        *hidden, last, _ = model.masks(m)
        paths = last
        for mask in reversed(hidden):
            paths = paths @ mask
        assert not paths[m[0][:, None] <= m[0]].any()


def test_one_set_of_masks_by_hand():
    """By hand: of three inputs the second comes first; then four units with 2, 1, 2, 2 and four with 1, 2, 2, 1."""
    model = MADE(Config(3, (4, 4), direct=True))
    m = [torch.tensor(row) for row in ([3, 1, 2], [2, 1, 2, 2], [1, 2, 2, 1])]
    first_layer, second, last, direct = model.masks(m)
    assert first_layer.tolist() == [[0, 1, 1], [0, 1, 0], [0, 1, 1], [0, 1, 1]]
    assert second.tolist() == [[0, 1, 0, 0], [1, 1, 1, 1], [1, 1, 1, 1], [0, 1, 0, 0]]
    assert last.tolist() == [[1, 1, 1, 1], [0, 0, 0, 0], [1, 0, 0, 1]]
    assert direct.tolist() == [[0, 1, 1], [0, 0, 0], [0, 1, 0]]


@pytest.mark.parametrize("config", CONFIGS)
def test_outputs_are_the_conditionals(config):
    """x^_d = sum of p over all x with this x_<d and x_d = 1, over the sum with this x_<d, from all 64 vectors."""
    model, x = network(config), likelihood.every(D)
    m = model.degrees(0)
    with torch.no_grad():
        logits = model(x)
    p = likelihood.nats(logits, x).neg().exp()
    assert math.isclose(p.sum().item(), 1, rel_tol=1e-12)
    for d in range(D):
        before = m[0] < m[0][d]
        same = (x[:, None, before] == x[None, :, before]).all(2)
        of_ones = (same * (p * x[:, d])).sum(1) / (same * p).sum(1)
        assert torch.allclose(logits[:, d].sigmoid(), of_ones, rtol=1e-9)


def test_a_mixture_averages_probabilities():
    model, x = network(CONFIGS[2]), likelihood.every(D)
    with torch.no_grad():
        of_each = likelihood.each(model, x, range(3))
        mixture = likelihood.mixture(of_each)
    assert torch.allclose(mixture.exp(), of_each.exp().mean(0), rtol=1e-12)
    assert math.isclose(mixture.exp().sum().item(), 1, rel_tol=1e-12)
    far = likelihood.mixture(torch.tensor([[-2000.0], [-2001.0]]))  # e^-2000 is 0 in any precision
    assert math.isclose(far.item(), -2000 + math.log((1 + math.exp(-1)) / 2), rel_tol=1e-6)


def test_what_changes_from_set_to_set():
    natural, shuffled = MADE(Config(masks=2)), MADE(Config(ordering="agnostic", connectivity="fixed", masks=2))
    (a0, a1), (b0, b1) = ([net.degrees(number) for number in (0, 1)] for net in (natural, shuffled))
    assert a0[0].tolist() == a1[0].tolist() == list(range(1, 785)) and not torch.equal(a0[1], a1[1])
    assert not torch.equal(b0[0], b1[0]) and torch.equal(b0[1], b1[1])
    kept = MADE(Config(ordering="random", masks=2))
    assert torch.equal(kept.degrees(0)[0], kept.degrees(1)[0])
    with pytest.raises(UserError, match="All sets of masks would be one"):
        Config(connectivity="fixed", masks=4)


def test_masks_belong_to_the_weights():
    """Another network has other masks, until it has the state of this one."""
    torch.manual_seed(0)
    one, other = MADE(CONFIGS[2]), MADE(CONFIGS[2])
    assert any(not torch.equal(one.degrees(n)[0], other.degrees(n)[0]) for n in range(3))
    x = torch.randint(2, (4, D)).float()
    one.advance_masks()
    other(x)
    other.load_state_dict(one.state_dict())
    assert torch.equal(one(x), other(x)) and one.turn == other.turn == 1
    assert torch.equal(one.eval()(x), other.eval()(x))


def test_updates_cycle_through_the_list():
    recipe = replace(PRESETS["digits"], model=CONFIGS[2], optim=replace(PRESETS["digits"].optim, lr=0.0))
    task = Bits.without_data(recipe)
    torch.manual_seed(0)
    model = task.model().train()
    rule, x = task.optimizer(model), torch.randint(2, (4, D)).float()
    seen = []
    for _ in range(7):
        seen.append(model(x).detach())
        for _ in range(2):  # two micro-batches: one update
            task.loss(model, (x, x)).backward()
        rule.step()
    assert all(torch.equal(seen[i], seen[i + 3]) for i in range(4))
    assert not torch.equal(seen[0], seen[1]) and not torch.equal(seen[1], seen[2])


def test_the_paper_s_adagrad_has_epsilon_inside_the_root():
    recipe = replace(PRESETS["paper"], model=Config(D, (5,)))
    task = Bits.without_data(recipe)
    model = task.model()
    rule, w = task.optimizer(model), model.layers[0].weight
    start, steps = w.detach().double().clone(), 0.0
    squares = torch.zeros_like(start)
    for seed in range(3):
        for p in model.parameters():
            p.grad = torch.randn(p.shape, generator=torch.Generator().manual_seed(seed)) * 1e-3
        g = w.grad.double()
        squares += g * g
        steps = steps + 0.01 * g / (squares + 1e-6).sqrt()
        rule.step()
    assert torch.allclose(w.double(), start - steps, atol=1e-7)  # float32's rounding of weights below 1


@pytest.mark.parametrize("config", CONFIGS)
def test_drawing_equals_the_naive_loop(config):
    """Whole forward passes with the same random numbers, in the order of m^0, and with some inputs given."""
    model = network(config)
    given, start = torch.tensor([False, True, False, False, True, False]), torch.randint(2, (50, D)).double()
    for known in (torch.zeros(D, dtype=torch.bool), given):
        m = model.degrees(1)
        generator, x = torch.Generator().manual_seed(0), torch.where(known, start, 0)
        for d in m[0].argsort().tolist():
            if not known[d]:
                chance = torch.rand(50, generator=generator, dtype=torch.float64)
                with torch.no_grad():
                    x[:, d] = (chance < model(x, model.masks(m))[:, d].sigmoid()).double()
        assert torch.equal(draw(model, m, start, known, torch.Generator().manual_seed(0)), x)


def test_greedy_takes_the_likelier_value_and_a_low_temperature_nearly_so():
    model, nothing = network(CONFIGS[0]), torch.zeros(D, dtype=torch.bool)
    empty, m = torch.zeros(20, D), model.degrees(0)
    greedy = draw(model, m, empty, nothing, torch.Generator(), greedy=True)
    assert (greedy == greedy[0]).all()
    assert torch.equal(draw(model, m, empty, nothing, torch.Generator(), temperature=1e-4), greedy)


def test_completions_have_their_conditional_distribution():
    """20,000 draws of an order-agnostic network given three inputs, against the conditionals from enumeration."""
    model = network(replace(CONFIGS[2], masks=1))
    known, x = torch.tensor([True, False, True, True, False, False]), torch.tensor([1.0, 0, 0, 1, 0, 0]).double()
    m = model.degrees(0, first(known, torch.Generator().manual_seed(1)))
    assert comes_first(m[0], known)
    found = draw(model, m, x.expand(20_000, -1), known, torch.Generator().manual_seed(0))
    assert (found[:, known] == x[known]).all()
    vectors = likelihood.every(D)
    with torch.no_grad():
        p = likelihood.nats(model(vectors, model.masks(m)), vectors).neg().exp()
    p = torch.where((vectors[:, known] == x[known]).all(1), p, 0)
    p /= p.sum()
    counts = torch.bincount((found @ 2.0 ** torch.arange(D - 1, -1, -1).double()).long(), minlength=64).double()
    # Five standard deviations of a count, for each of eight vectors.
    assert ((counts - 20_000 * p).abs() <= 5 * (20_000 * p * (1 - p)).sqrt() + 1e-9).all()


def test_what_comes_first():
    known = torch.tensor([False, True, False, True])
    for seed in range(5):
        ordering = first(known, torch.Generator().manual_seed(seed))
        assert sorted(ordering.tolist()) == [1, 2, 3, 4] and set(ordering[known].tolist()) == {1, 2}
    assert not comes_first(torch.tensor([1, 2, 3, 4]), known) and comes_first(torch.tensor([3, 1, 4, 2]), known)
    assert comes_first(torch.tensor([2, 1]), torch.tensor([False, False]))


def test_a_fixed_ordering_says_what_it_cannot_do(capsys):
    model, x = network(CONFIGS[0]), torch.ones(D).double()
    drawn(model, 3, x, half((2, 3), "top"), torch.Generator())
    assert capsys.readouterr().err == ""
    rows = drawn(model, 3, x, half((2, 3), "bottom"), torch.Generator())
    assert "some given inputs come after missing ones" in capsys.readouterr().err
    assert (rows[:, 3:] == 1).all()


def test_halves():
    assert half((2, 3), "top").tolist() == [True] * 3 + [False] * 3
    assert half((2, 3), "left").tolist() == [True, False, False] * 2
    assert half((2, 3), "right").tolist() == [False, True, True] * 2


TINY = {
    "data.name": "digits", "steps": 12, "batch": 20, "model.hidden": (8,), "data.limit": 100, "eval_every": 6,
    "log_every": 1, "checkpoint_every": 3, "val_masks": 2, "test_masks": 3,
}  # fmt: skip


@pytest.fixture
def start(tmp_path, without_figures):
    def train(folder="run", **changes):
        changes = TINY | {name.replace("__", "."): value for name, value in changes.items()}
        return firsthand.train("made", "digits", out=tmp_path / folder, launch="cpu", progress=False, **changes)

    return train


@pytest.mark.parametrize("masks", [3, None])
def test_a_resumed_run_equals_an_uninterrupted_one(start, stop_at, tmp_path, masks):
    """Drawn bits and masks go on where they were."""
    whole = start("whole", model__masks=masks)
    stop_at(7)
    with pytest.raises(Interrupted):
        start("cut", model__masks=masks)
    resumed = firsthand.resume(tmp_path / "cut", progress=False)
    assert resumed.result["steps"] == 12
    assert (tmp_path / "cut" / "metrics.jsonl").read_text() == (tmp_path / "whole" / "metrics.jsonl").read_text()
    assert resumed.result["metrics"] == whole.result["metrics"]


def test_the_score_is_that_of_the_mixture(start):
    run = start(model__masks=3)
    task = Bits(run.recipe)
    x = task.test.batch(torch.arange(len(task.test)))[0]
    with torch.no_grad():
        of_each = torch.stack([-likelihood.nats(run.model(x, run.model.numbered(n)), x) for n in range(3)]).double()
    expected = -(of_each.logsumexp(0) - math.log(3)).mean().item()
    assert math.isclose(run.result["metrics"]["test_loss"], expected, rel_tol=1e-5)
    assert math.isclose(run.result["metrics"]["test_single"], -of_each.mean().item(), rel_tol=1e-5)
    assert run.result["metrics"]["test_loss"] < run.result["metrics"]["test_single"]


def test_masks_without_a_list_are_counted_apart():
    assert likelihood.sets(Config(), 300) == [0]
    assert likelihood.sets(Config(masks=None, ordering="agnostic"), 3) == [BEYOND, BEYOND + 1, BEYOND + 2]
    assert PRESETS["paper"].val_masks == 300 and PRESETS["paper"].test_masks == 1000  # section 6


def test_pictures_and_completions_from_the_command_line(start, call, tmp_path):
    run = start()
    code, told, _ = call("sample", run.path, "--count", 3, "--out", tmp_path / "new.png")
    assert code == 0 and "3 pictures of 28x28 pixels" in told
    code, _, _ = call("sample", run.path, "--prompt", 4, "--keep", "left", "--count", 2, "--out", tmp_path / "half.png")
    with Image.open(tmp_path / "half.png") as sheet:
        assert code == 0 and sheet.size[0] > 3 * 28
    ink = Image.new("L", (50, 60), 255)
    ink.paste(0, (20, 10, 26, 50))
    ink.save(tmp_path / "one.png")
    pictures = run.pictures(2, prompt=str(tmp_path / "one.png"), keep="top")
    assert pictures.shape == (3, 1, 28, 28) and (pictures[:, :, :14] == pictures[0, :, :14]).all()
    assert (pictures[0, :, 14:] == 0.5).all() and set(pictures[1:].unique().tolist()) <= {0, 1}
    assert torch.equal(pictures, run.pictures(2, prompt=str(tmp_path / "one.png")))  # the top by default; seeded
    for words, message in (
        (("--prompt", tmp_path / "none.png"), "There is no file"),
        (("--prompt", 100_000), "no test example 100000"),
        (("--keep", "top"), "Half of which picture"),
        (("--between", 0, 1), "no latent variables"),
        (("--top-k", 3), "'top_k' does not apply"),
        (("--new",), "'new' is for lines"),
    ):
        code, _, error = call("sample", run.path, *words, "--out", tmp_path / "new.png")
        assert code == 2 and message in error


def test_rows_of_a_users_table(start, call, tmp_path):
    table = tmp_path / "mine.csv"
    table.write_text("".join(f"{i % 2},{1 - i % 2},{i // 2 % 2}\n" for i in range(60)))
    options = {"data.name": str(table), "data.binarise": None, "data.limit": None, "steps": 60}
    run = start(**options, model__masks=None)
    code, lines, told = call("sample", run.path, "--count", 5)
    assert code == 0 and len(lines.splitlines()) == 5 and "in the training set" in told
    assert all(set(line.split(",")) <= {"0", "1"} and len(line.split(",")) == 3 for line in lines.splitlines())
    code, lines, _ = call("sample", run.path, "--prompt", "0,1", "--count", 4)
    assert code == 0 and all(line.startswith("0,1,") for line in lines.splitlines())
    assert set(run.sample(200, new=True)) <= {"0,0,0", "0,0,1", "1,1,0", "1,1,1"}
    for words, message in (
        (("--prompt", "0,2"), "give at most 3 zeros and ones"),
        (("--prompt", "0,1,1,0"), "give at most 3"),
        (("--keep", "top"), "'keep' is for pictures"),
        (("--out", tmp_path / "a.png"), "writes no file"),
    ):
        code, _, error = call("sample", run.path, *words)
        assert code == 2 and message in error
    json.loads(call("sample", run.path, "--json")[1])


def test_grey_levels_are_refused():
    with pytest.raises(UserError, match=r"make data\.binarise 'fixed' or 'drawn'"):
        Bits(replace(PRESETS["digits"], data=Vectors("digits", binarise="none")))
