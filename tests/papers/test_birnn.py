"""The bidirectional network against printed counts, golden values, symmetries, and arithmetic about its task."""

from math import sqrt

import numpy as np
import pytest
import torch
from torch import Generator

import firsthand
from firsthand import papers
from firsthand.claims import Seen
from firsthand.data import load_brown
from firsthand.errors import UserError
from firsthand.papers.birnn.artificial import STATES, Networks, delayed, merged, scores
from firsthand.papers.birnn.model import BRNN, Config, backwards
from firsthand.papers.birnn.recipe import PRESETS, Label, Recipe
from firsthand.papers.birnn.rprop import Rprop
from firsthand.papers.birnn.sequences import (
    FUTURE,
    MEAN,
    NOTHING,
    PAST,
    UNKNOWN,
    Sentences,
    Sequences,
    stream,
    variance,
)
from firsthand.train.launch import Launch
from firsthand.train.recipe import Optim, Schedule

EXPERIMENTS = papers.get("birnn").experiments
WORDS = Config(cell="gru", hidden=5, embed=4, vocab=20, outputs=3)


# The network


@pytest.mark.parametrize(("direction", "weights"), [("forward", 11), ("backward", 11), ("both", 21)])
def test_counts(direction, weights):
    """Two states a direction: 2 from the input, 4 among them, 2 biases, 2 to the output; and the output's bias."""
    assert sum(p.numel() for p in BRNN(Config(direction=direction)).parameters()) == weights


def parts(layer: torch.nn.Module) -> tuple[torch.Tensor, ...]:
    """W, U and b."""
    return layer.weight_ih_l0, layer.weight_hh_l0, layer.bias_ih_l0


def golden(k: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """W, U and b of net k: small fractions that follow a rule."""
    grid = [(i, j) for i in range(2) for j in range(2)]
    w = torch.tensor([((3 * i + 5 * j + k) % 7 - 3) / 4 for i, j in grid], dtype=torch.float64).view(2, 2)
    u = torch.tensor([((2 * i + 3 * j + 2 * k) % 5 - 2) / 4 for i, j in grid], dtype=torch.float64).view(2, 2)
    return w, u, torch.tensor([((i + k) % 3 - 1) / 4 for i in range(2)], dtype=torch.float64)


def test_golden_values():
    """Worked out apart from this code: forward states of net 0, backward ones of net 1, on (1,0), (0,1), (1,-1)."""
    network = BRNN(Config(hidden=2, embed=2, vocab=4, outputs=4, edge=0.0)).double()
    with torch.no_grad():
        network.embedding.weight.copy_(torch.tensor([[9.0, 9.0], [1, 0], [0, 1], [1, -1]]))
        for layer, k in ((network.past, 0), (network.future, 1)):
            for parameter, value in zip(parts(layer), golden(k), strict=True):
                parameter.copy_(value)
        network.output.weight.copy_(torch.eye(4))
        network.output.bias.zero_()
        y = network(torch.tensor([[1, 2, 3]]))[0]
    last = torch.tensor([-0.95579263, 0.62371255, -0.84828364, 0.63514895], dtype=torch.float64)
    assert torch.allclose(y[2], last, atol=1e-8)
    assert torch.allclose(y[0, 2:], torch.tensor([-0.29112319, 0.60669411], dtype=torch.float64), atol=1e-8)


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_what_depends_on_what(cell):
    """Forward states depend on what was, backward states on what will be, an output on all."""
    torch.manual_seed(0)
    network, x = BRNN(Config(cell=cell, hidden=3)).double(), torch.rand(1, 9, 1, dtype=torch.float64)
    other = x.clone()
    other[0, 4] += 1
    past, past_after = (network.run(network.past, one, None)[0] for one in (x, other))
    future, future_after = (network.run(network.future, one.flip(1), None).flip(1)[0] for one in (x, other))
    assert torch.equal(past[:4], past_after[:4]) and (past[4:] != past_after[4:]).any(1).all()
    assert torch.equal(future[5:], future_after[5:]) and (future[:5] != future_after[:5]).any(1).all()
    assert (network(x) != network(other)).all()


def test_a_palindrome_is_its_own_mirror_image():
    """With equal weights in both directions the outputs at t and T + 1 - t are equal, which one missing turn breaks."""
    torch.manual_seed(0)
    network = BRNN(Config(hidden=3)).double()
    network.future.load_state_dict(network.past.state_dict())
    network.output.weight.data[:, 3:] = network.output.weight.data[:, :3]
    half = torch.rand(2, 5, 1, dtype=torch.float64)
    y = network(torch.cat([half, half.flip(1)], 1))
    assert torch.allclose(y, y.flip(1), atol=1e-12)
    assert not torch.allclose(y[:, 0], y[:, 1], atol=1e-3)


@pytest.mark.parametrize("direction", ["forward", "backward", "both"])
@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_padding_changes_nothing(cell, direction):
    """A sentence has the same outputs alone, and beside a longer one."""
    torch.manual_seed(0)
    network = BRNN(Config(cell=cell, hidden=3, embed=4, vocab=20, outputs=3, direction=direction)).double()
    short, long = torch.randint(2, 20, (1, 4)), torch.randint(2, 20, (1, 11))
    both = torch.cat([torch.cat([short, torch.zeros(1, 7, dtype=torch.long)], 1), long])
    y = network(both)
    assert torch.allclose(y[:1, :4], network(short), atol=1e-12)
    assert torch.allclose(y[1:], network(long), atol=1e-12)


def test_turning_within_the_length():
    rows = torch.tensor([[1.0, 2, 3, 0, 0], [1, 2, 3, 4, 5]]).unsqueeze(2)
    lengths = torch.tensor([3, 5])
    assert backwards(rows, lengths)[:, :, 0].tolist() == [[3, 2, 1, 0, 0], [5, 4, 3, 2, 1]]
    assert torch.equal(backwards(backwards(rows, lengths), lengths), rows)
    assert backwards(rows, None)[:, :, 0].tolist()[0] == [0, 0, 3, 2, 1]


def test_the_prior_is_the_first_output():
    """With output weights of 0 it is the mean of the targets."""
    network = BRNN(Config(prior=MEAN))
    network.output.weight.data.zero_()
    assert network(torch.rand(2, 5, 1)).detach().numpy() == pytest.approx(MEAN, abs=1e-6)
    assert max(p.abs().max().item() for p in BRNN(Config(reach=0.25)).parameters()) <= 0.25


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"hidden": 0}, "must be at least 1"),
        ({"vocab": 7}, "give model.embed"),
        ({"prior": 1.0}, "model.prior must be below 1"),
    ],
)
def test_networks_that_cannot_be(changes, message):
    with pytest.raises(UserError, match=message):
        Config(**changes)


# The data


def test_the_average_is_the_printed_one():
    """Term by term; so its mean is 0.4875 and its variance 1/12 of the sum of squared weights."""
    x, y = stream(10_000, Generator().manual_seed(0))
    past = [(1 - d / 10) / 10 for d in range(1, 11)]
    future = [(1 - d / 20) / 20 for d in range(20)]
    for t in (10, 57, 900):
        due = sum(w * x[t - d].item() for d, w in enumerate(past, 1))
        due += sum(w * x[t + d].item() for d, w in enumerate(future))
        assert y[t].item() == pytest.approx(due, abs=1e-6)
    assert (sum(past) + sum(future)) / 2 == pytest.approx(MEAN, abs=1e-12)
    variances = [sum(w * w for w in side) / 12 for side in (past, future)]
    assert [variance(PAST), variance(FUTURE)] == pytest.approx(variances, rel=1e-6)
    assert variances == pytest.approx([0.002375, 0.001495], abs=1e-6)
    # neighbours share most of their terms, so 10,000 points are worth a few hundred
    assert y.var().item() == pytest.approx(sum(variances), rel=0.12)
    assert y.mean().item() == pytest.approx(MEAN, abs=4 * sqrt(sum(variances) / 400))
    assert (y > 0.5).float().mean().item() == pytest.approx(0.413, abs=0.04)


def test_what_one_side_must_leave():
    """Least squares on 40 numbers of one side leaves the variance of the other: no net of that kind can do better."""
    x, y = stream(10_000, Generator().manual_seed(1))
    rows = x.unfold(0, 40, 1).numpy()
    target = y[39:].numpy() - MEAN
    for columns, floor in ((rows, 0.00150 - (1 / 20) ** 2 / 12), (rows[:, ::-1], 0.002375)):
        due = target if columns is rows else (y[: len(rows)].numpy() - MEAN)
        fit, *_ = np.linalg.lstsq(columns - 0.5, due, rcond=None)
        assert np.square(due - (columns - 0.5) @ fit).mean() == pytest.approx(floor, rel=0.1)


def test_parts_are_pieces_of_streams():
    (train, val, test), _, words = Sequences(points=600, piece=60).load()
    assert [tuple(part.inputs.shape) for part in (train, val, test)] == [(10, 60, 1)] * 3 and not words
    assert not torch.equal(train.inputs, val.inputs)
    (classes, *_), outputs, _ = Sequences("classes", points=600, piece=60).load()
    assert torch.equal(classes.targets, (train.targets > 0.5).long()) and len(outputs) == 2
    (other, *_), _, _ = Sequences(points=600, piece=60, data_seed=1).load()
    assert not torch.equal(train.inputs, other.inputs)


def test_brown_sentences(data_folder):
    """Words seen twice are known, all others are one; tags are first letters; nothing is in two parts."""
    (train, val, test), tags, words = Sequences("brown", sentences=300).load()
    assert (len(train), len(val), len(test)) == (300, 1500, 1500)
    every = [sentence for document in load_brown() for sentence in document.sentences]
    words = ("", "?", *words)
    for row in (0, 17):
        inputs, targets = train.batch(torch.tensor([row]))
        known = [(words[i], tags[tag]) for i, tag in zip(inputs[0].tolist(), targets[0].tolist(), strict=True)]
        assert any(
            all(word in ("?", w) and tag == t[:2] for (word, tag), (w, t) in zip(known, sentence, strict=True))
            for sentence in every
            if len(sentence) == len(known)
        )
    counts = torch.bincount(train.inputs.flatten(), minlength=len(words))
    assert counts[2:].min() >= 2 and counts[UNKNOWN] > 0
    assert {"NN", "VB", "JJ", "AT", "TO"} <= set(tags)
    inputs, targets = test.batch(torch.arange(9))
    assert torch.equal(targets == NOTHING, inputs == 0) and (inputs[:, -1] != 0).any()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": "brown", "piece": 10}, "'piece' does not apply to the data 'brown'"),
        ({"sentences": 10}, "'sentences' does not apply to the data 'average'"),
        ({"points": 0}, "must be at least 1"),
        ({"points": 100, "piece": 30}, "100 points do not make pieces of 30"),
    ],
)
def test_data_that_cannot_be(options, message):
    with pytest.raises(UserError, match=message):
        Sequences(**options)


def test_more_sentences_than_there_are(data_folder):
    with pytest.raises(UserError, match=r"has 54,340 sentences to train on, got data\.sentences=60000"):
        Sequences("brown", sentences=60_000).load()


# The rule, and many nets at once


def test_rprop_is_torchs():
    torch.manual_seed(0)
    ours, theirs = (torch.nn.Parameter(torch.linspace(-2, 3, 12, dtype=torch.float64)) for _ in range(2))
    rules = Rprop([ours], lr=0.03), torch.optim.Rprop([theirs], lr=0.03)
    pull = torch.randn(12, 12, dtype=torch.float64)
    for _ in range(60):
        for parameter, rule in zip((ours, theirs), rules, strict=True):
            rule.zero_grad()
            ((pull @ parameter.sin()).square().sum() + parameter.square().sum()).backward()
            rule.step()
    assert torch.equal(ours, theirs)
    with pytest.raises(UserError, match="needs lr of 0 or more"):
        Rprop([ours], lr=-1.0)


def single(side: list[torch.Tensor], n: int) -> tuple[torch.Tensor, ...]:
    """The W, U and b of network n as the model has them."""
    w, u, b, _ = side
    return w[:, n, None], u[:, :, n], b[:, n]


@pytest.mark.parametrize("direction", ["forward", "backward", "both"])
@pytest.mark.parametrize("kind", ["average", "classes"])
def test_many_networks_at_once(direction, kind):
    """Each of them gives the outputs and gradients of the model with its weights."""
    generator = Generator().manual_seed(0)
    networks = Networks(direction, 3, 0.2, generator)
    x, targets = torch.rand(11, 4, generator=generator), torch.rand(11, 4, 3, generator=generator).round()
    counts = torch.ones(11, 1, 3)
    counts[:2] = 0
    scores(networks.outputs(x), targets, counts, kind).sum().backward()
    for n in range(3):
        network = BRNN(Config(direction=direction))
        sides = [side for side in (networks.past, networks.future) if side]
        layers = [layer for layer in (network.past, network.future) if layer]
        with torch.no_grad():
            for side, layer in zip(sides, layers, strict=True):
                for parameter, value in zip(parts(layer), single(side, n), strict=True):
                    parameter.copy_(value)
            network.output.weight.copy_(torch.cat([side[3][:, n] for side in sides])[None])
            network.output.bias.fill_(networks.c[n])
        y = network(x.t().unsqueeze(2)).squeeze(2).t()  # tanh of the output
        assert torch.allclose(torch.tanh(networks.outputs(x)[:, :, n]), y, atol=1e-6)
        due = targets[2:, :, n]
        if kind == "average":
            loss = (y[2:] - due).square().mean()
        else:
            loss = torch.nn.functional.binary_cross_entropy_with_logits(torch.atanh(y[2:]), due)
        loss.backward()
        for side, layer in zip(sides, layers, strict=True):
            for one, other in zip(single([weight.grad for weight in side], n), parts(layer), strict=True):
                assert torch.allclose(one, other.grad, atol=1e-5)
        assert torch.allclose(networks.c.grad[n], network.output.bias.grad[0], atol=1e-5)


def test_many_networks_learn():
    """Following the input itself is easy: every network must end far below the variance of the targets."""
    generator = Generator().manual_seed(0)
    networks, x = Networks("both", 4, 0.0, generator), torch.rand(30, 20, generator=generator)
    targets, counts = (x / 2)[..., None].expand(-1, -1, 4), torch.ones(30, 1, 4)
    rule = Rprop([*networks.past, *networks.future, networks.c])
    for _ in range(150):
        rule.zero_grad()
        scores(networks.outputs(x), targets, counts, "average").sum().backward()
        rule.step()
    assert scores(networks.outputs(x), targets, counts, "average").max() < x.var() / 4 / 20
    assert networks.past[0].shape == (STATES, 4)


def test_a_delay_moves_the_target():
    """Forward networks answer s steps later, backward networks s steps earlier, only about this piece."""
    targets = torch.arange(5.0)[:, None]
    late = torch.tensor([0, 2])
    due, counts = delayed(targets, late, 1)
    assert due[:, 0, 1].tolist()[2:] == [0, 1, 2] and counts[:, 0].t().tolist() == [[1] * 5, [0, 0, 1, 1, 1]]
    due, counts = delayed(targets, late, -1)
    assert due[:, 0, 1].tolist()[:3] == [2, 3, 4] and counts[:, 0].t().tolist() == [[1] * 5, [1, 1, 1, 0, 0]]


def test_merging_is_about_the_same_step():
    """Two nets that are right, each in its own time, merge to one that is right; probabilities to their product."""
    generator = Generator().manual_seed(0)
    targets = torch.rand(12, 3, generator=generator) * 0.8
    late = torch.tensor([0, 3])
    right = torch.atanh(targets)
    ahead, behind = (torch.stack([right, right.roll(way * 3, 0)], 2) for way in (1, -1))
    assert merged(ahead, behind, targets, late, "average").abs().max() < 1e-12
    ahead, behind = (torch.full((12, 3, 2), value) for value in (3.0, -1.0))
    yes = (targets > 0.3).float()
    share = yes.mean().item()
    assert merged(ahead, behind, yes, late, "right")[0].item() == pytest.approx(share, abs=1e-6)


# The experiments, training runs and pictures


@pytest.mark.parametrize("net", ["forward", "backward", "merge", "both"])
@pytest.mark.parametrize("kind", ["average", "classes"])
def test_the_experiment_on_artificial_data(net, kind):
    found = EXPERIMENTS["artificial"](net, kind, shifts=(0, 2), runs=2, cycles=4)
    assert len(found["scores"]) == 2 == len(found["scores"][0])
    assert found["mean"] == pytest.approx(np.mean(found["scores"][0])) and found["shift"] in (0, 2)
    assert found == EXPERIMENTS["artificial"](net, kind, shifts=(0, 2), runs=2, cycles=4), "the seed decides it all"


def test_the_experiment_on_words(data_folder):
    one = EXPERIMENTS["tagging"]("both", sentences=60, epochs=1)
    assert one["states"] == 2 * (3 * (40 * 50 + 40 * 40) + 6 * 40)
    assert 100 * sum(one["hits"]) / sum(one["counts"]) == pytest.approx(one["right"], abs=1e-9)
    assert EXPERIMENTS["tagging"]("merge", sentences=60, epochs=1)["states"] == one["states"]
    assert EXPERIMENTS["tagging"]("forward", hidden=64, sentences=60, epochs=1)["states"] == 3 * 64 * 114 + 6 * 64


def test_the_experiment_that_cheats(data_folder):
    """Before it has learned it knows no more than the other; its last position never sees its target."""
    found = EXPERIMENTS["next-character"]("both", steps=2)
    assert len(found["places"]) == 32 and "written" in found
    assert found["all"] == pytest.approx(28, rel=0.3)
    assert np.exp(found["places"][-1]) == pytest.approx(found["last"])


@pytest.mark.parametrize(
    ("preset", "changes"),
    [
        ("laptop", {"model.hidden": 3}),
        ("paper", {}),
        ("laptop", {"data.name": "classes", "model.prior": None, "rprop": False, "optim.name": "adam"}),
    ],
)
def test_a_run_learns_and_draws(preset, changes, tmp_path):
    run = firsthand.train(
        "birnn", preset, steps=60, eval_every=30, checkpoint_every=60, out=tmp_path / "run", progress=False,
        launch=Launch(device="cpu"), **{"data.points": 1000, "data.piece": 100} | changes,
    )  # fmt: skip
    metrics, rows = run.result["metrics"], [row["loss"] for row in run.metrics if "loss" in row]
    assert rows[-1] < rows[0] and ("test_error" in metrics) == ("data.name" in changes)
    name = "classes.png" if "data.name" in changes else "stretch.png"
    assert (run.path / "figures" / name).exists()


def test_a_tagger_learns_and_draws(tmp_path, data_folder):
    run = firsthand.train(
        "birnn", "brown", steps=60, eval_every=60, checkpoint_every=60, out=tmp_path / "run", progress=False,
        launch=Launch(device="cpu"), **{"data.sentences": 500, "model.hidden": 16},
    )  # fmt: skip
    assert run.result["metrics"]["val_error"] < 0.6 and (run.path / "figures" / "classes.png").exists()
    assert run.recipe.model.vocab > 500 and run.recipe.model.outputs > 40


def test_scores_are_of_words():
    """The mean over all words of a part, however long their sentences; of a batch, a mean for each sentence."""
    torch.manual_seed(0)
    task = Label.without_data(Recipe(model=WORDS))
    network = task.model().eval()
    examples = Sentences([([2, 3, 4], [0, 1, 2]), ([5], [1])])
    task.eval_batch = 1
    found = task.measure(network, examples, "cpu")
    inputs, targets = examples.batch(torch.arange(2))
    logits = network(inputs)[targets >= 0]
    expected = torch.nn.functional.cross_entropy(logits, targets[targets >= 0]).item()
    assert found["loss"] == pytest.approx(expected, abs=1e-6)
    assert task.loss(network, (inputs, targets)).item() == pytest.approx(expected, abs=1e-6)
    each = task.scores(network, (inputs, targets))["loss"]
    assert (3 * each[0] + each[1]).item() / 4 == pytest.approx(expected, abs=1e-6)
    assert found["error"] == pytest.approx((logits.argmax(1) != targets[targets >= 0]).float().mean().item())


def test_recipes_that_cannot_be(data_folder):
    with pytest.raises(UserError, match=r"only optim\.lr counts"):
        Recipe(rprop=True, optim=Optim("adam"))
    with pytest.raises(UserError, match=r"only optim\.lr counts"):
        Recipe(rprop=True, schedule=Schedule("cosine"))
    with pytest.raises(UserError, match=r"has numbers, not words: leave out model\.embed"):
        Label(Recipe(model=Config(embed=3)))
    with pytest.raises(UserError, match=r"has words, which need model\.embed"):
        Label(Recipe(data=Sequences("brown", sentences=30)))
    with pytest.raises(UserError, match=r"model\.outputs is 7, but the data has 1; leave it to the data"):
        Label(Recipe(model=Config(outputs=7)))
    assert PRESETS["paper"].rprop


def test_figures_of_the_claims(data_folder):
    """Each draws what its runs left."""
    rng = np.random.default_rng(0)

    def seen(**found: object) -> list[Seen]:
        series = {name: value for name, value in found.items() if isinstance(value, list)}
        return [Seen(seed, {"metrics": found, "series": series}, []) for seed in (0, 1)]

    claims = {claim.key: claim for claim in papers.get("birnn").claims}
    nets = {}
    for arm in claims["delay"].arms:
        shifts = list(arm.overrides.get("shifts", (0,)))
        nets[arm.name] = seen(shifts=shifts, scores=(0.001 * rng.random((len(shifts), 8))).tolist())
    counts = rng.integers(1, 50, len(Sequences("brown", sentences=9).load()[1]))
    tags = {arm.name: seen(hits=(counts // 2).tolist(), counts=counts.tolist()) for arm in claims["tagging"].arms}
    written = list(map(ord, "the time " * 40))
    places = {arm.name: seen(places=[1.0] * 32, written=written) for arm in claims["language-model"].arms}
    for key, runs, panels in (("delay", nets, 1), ("tagging", tags, 1), ("language-model", places, 2)):
        assert len(claims[key].figure(runs).axes) == panels
    assert not claims["structure"].figure and not claims["classes"].figure  # the general one
