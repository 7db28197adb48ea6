"""WaveNet against arithmetic: who sees whom, queues against all at once, the mu-law's closed form, readable files."""

import json
from dataclasses import replace
from itertools import islice
from math import log
from pathlib import Path

import numpy as np
import pytest
import torch

import firsthand
from firsthand import papers
from firsthand.claims import Seen
from firsthand.cli import main
from firsthand.data.sounds import read_wav, tune, wav
from firsthand.errors import UserError
from firsthand.papers.wavenet import mulaw
from firsthand.papers.wavenet.audio import Sounds
from firsthand.papers.wavenet.claims import CLAIMS
from firsthand.papers.wavenet.claims.receptive_field import receptive_field
from firsthand.papers.wavenet.hierarchy import HierarchicalNetwork, Level, Tree
from firsthand.papers.wavenet.model import Config, WaveNet
from firsthand.papers.wavenet.tasks import generate
from firsthand.train.launch import Launch
from firsthand.train.sampling import Sampling

EXPERIMENTS = papers.get("wavenet").experiments
SMALL = Config(vocab=19, residual=7, gate=5, skip=11, layers=3, blocks=2)
CONFIGS = {
    "two blocks": SMALL,
    "kernel 3": replace(SMALL, kernel=3, blocks=1),
    "no dilation": replace(SMALL, growth=1),
    "relu": replace(SMALL, unit="relu"),
    "no residuals": replace(SMALL, shortcuts=False),
    "no skips": replace(SMALL, skips=False),
    "kernel 1": replace(SMALL, kernel=1),
}


def write_wav(path: Path, samples: np.ndarray, rate: int) -> None:
    path.write_bytes(wav(samples, rate))


def network(config: Config, seed: int = 0) -> WaveNet:
    torch.manual_seed(seed)
    return WaveNet(config).double().eval()


@pytest.mark.parametrize(
    ("config", "samples"),
    [
        (Config(layers=4, growth=1), 5),  # figure 2
        (Config(layers=10), 1024),  # section 2.1
        (Config(layers=10, blocks=3), 3070),
        (Config(layers=4, kernel=3), 31),  # 1 + 2 (1 + 2 + 4 + 8)
        (Config(layers=4, kernel=1), 1),
    ],
)
def test_published_receptive_fields(config, samples):
    """As printed, or as the printed dilations give them."""
    assert config.receptive_field == samples == WaveNet(config).receptive_field


@pytest.mark.parametrize("name", CONFIGS)
@torch.no_grad()
def test_who_sees_whom(name):
    """A changed token changes no bit before it, and after it exactly the outputs within the receptive field."""
    config = CONFIGS[name]
    tokens, place, model = torch.randint(19, (1, 60)), 20, network(config)
    before = model(tokens)
    tokens[0, place] = (tokens[0, place] + 1) % 19
    changed = (model(tokens) != before)[0].any(1).nonzero().flatten().tolist()
    assert changed == list(range(place, place + config.receptive_field))


@pytest.mark.parametrize("name", CONFIGS)
@torch.no_grad()
def test_queues_give_the_same(name):
    """One by one, in uneven pieces, and all at once; 1e-12 is float64's rounding."""
    model, tokens = network(CONFIGS[name]), torch.randint(19, (2, 41))
    whole = model(tokens)
    for sizes in ([1] * 41, [5, 1, 17, 18], [41]):
        state, parts = None, []
        for part in tokens.split(sizes, dim=1):
            logits, state = model.advance(part, state)
            parts.append(logits)
        assert torch.allclose(torch.cat(parts, 1), whole, rtol=1e-12, atol=1e-12)
        assert [queue.shape[2] for queue in state] == [(CONFIGS[name].kernel - 1) * d for d in CONFIGS[name].dilations]


@torch.no_grad()
def test_the_definition_of_a_layer():
    """Equation 2 with loops, one output at a time: kernel index 1 is the present, index 0 the step before."""
    model = network(Config(vocab=19, residual=3, gate=2, skip=5, layers=2))
    layer, x, d = model.layers[1], torch.randn(1, 3, 9, dtype=torch.float64), 2
    w, b = layer.dilated.weight, layer.dilated.bias
    _, skip, queue = layer(x, torch.zeros(1, 3, d, dtype=torch.float64))
    for t in range(9):
        past = x[0, :, t - d] if t >= d else torch.zeros(3, dtype=torch.float64)
        a = w[:, :, 0] @ past + w[:, :, 1] @ x[0, :, t] + b
        z = torch.tanh(a[:2]) / (1 + torch.exp(-a[2:]))
        expected = layer.skip.weight[:, :, 0] @ z + layer.skip.bias
        assert torch.allclose(skip[0, :, t], expected, rtol=1e-12, atol=1e-12)
    assert torch.equal(queue, x[:, :, -d:])


def test_parameters_by_the_formula():
    """A block has 2 (2 R D + D) + (D R + R) + (D S + S), but for the last residual; then the table and the two 1x1."""
    r, d, s, layers, vocab = 7, 5, 11, 6, 19
    block = 2 * (2 * r * d + d) + (d * r + r) + (d * s + s)
    expected = vocab * r + layers * block - (d * r + r) + (s * s + s) + (s * vocab + vocab)
    assert sum(p.numel() for p in WaveNet(SMALL).parameters()) == expected


def test_what_the_claims_call_equal():
    """The rectifiers of the claims have as many parameters as the gates, within a hundredth."""
    for layers in (6, 18):
        gated, relu = (
            sum(p.numel() for p in WaveNet(Config(vocab=28, layers=layers, unit=unit, gate=gate)).parameters())
            for unit, gate in (("gated", 32), ("relu", 45))
        )
        assert relu == pytest.approx(gated, rel=0.01)


@pytest.mark.parametrize("layers", [1, 3])
def test_generation_is_the_same_without_queues(layers):
    """Greedy and drawn; hearing the receptive field again finds the same codes. One layer sees two: both matter."""
    model = network(replace(SMALL, vocab=256, layers=layers, blocks=1))
    with torch.no_grad():
        model.output.weight.mul_(30)  # sure of itself: other logits would be other codes
    prompt = torch.randint(256, (30,))
    for options in (Sampling(greedy=True), Sampling(seed=3, temperature=0.7)):
        with_queues = list(islice(generate(model, prompt, options), 50))
        assert list(islice(generate(model, prompt, replace(options, cache=False)), 50)) == with_queues
    assert len(set(with_queues)) > 5


def test_an_experiment_with_a_leak(monkeypatch):
    """What the claim counts is right: a network that sees one step more, or into the future, is found out."""
    found = receptive_field(layers=4)
    assert found["reaches"] == [1, 2, 4, 8, 16] and found["leak"] == 0
    straight = torch.cat
    monkeypatch.setattr(torch, "cat", lambda parts, dim: straight([*parts[1:], parts[0]], dim))  # the past behind
    assert receptive_field(layers=4)["leak"] > 0


# The tree of makemore part 5


@pytest.mark.parametrize(
    ("tree", "parameters"),
    [
        (Tree(), 76_579),  # printed
        (Tree(embed=10, hidden=68), 22_397),  # "22K"
        (Tree(fuse=(8,), embed=10, hidden=200), 22_097),  # "22K"
        (Tree(fuse=(3,), embed=10, hidden=200), 12_097),  # printed in part 3
    ],
)
def test_published_counts(tree, parameters):
    """Parameters as printed, or as the printed sizes give them."""
    assert sum(p.numel() for p in HierarchicalNetwork(tree).parameters()) == parameters


def test_flatten_consecutive():
    """As the notebook shows it: neighbours side by side, time halved."""
    x, seen, level = torch.randn(2, 6, 3), [], Level(2, 3, 5)
    level.linear.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    assert level(x).shape == (2, 3, 5) and seen[0].shape == (2, 3, 6)
    assert torch.equal(seen[0][1, 2], torch.cat([x[1, 4], x[1, 5]]))


def test_batch_norm_has_a_statistic_for_every_unit_not_for_every_place():
    """The bug of the notebook: (batch, time, channel) over the batch alone would keep time x channel numbers."""
    model = HierarchicalNetwork(Tree(embed=5, hidden=13)).train()
    seen = []
    model.levels[0].linear.register_forward_hook(lambda _, __, y: seen.append(y.detach()))
    model(torch.randint(27, (64, 8)))
    norm = model.levels[0].norm
    assert norm.running_mean.shape == (13,)
    assert torch.allclose(norm.running_mean, 0.1 * seen[0].mean((0, 1)), atol=1e-6)
    assert torch.allclose(norm.running_var, 0.9 + 0.1 * seen[0].flatten(0, 1).var(0), atol=1e-6)


def test_the_tree_begins_with_a_guess():
    """First printed loss 3.3167; a pure guess has ln 27 = 3.2958."""
    torch.manual_seed(0)
    logits = HierarchicalNetwork().train()(torch.randint(27, (2000, 8)))
    assert torch.nn.functional.cross_entropy(logits, torch.randint(27, (2000,))).item() == pytest.approx(
        log(27), abs=0.05
    )


@pytest.mark.parametrize("fuse", [(2, 2, 2), (3, 2), (8,)])
@torch.no_grad()
def test_the_tree_as_convolutions(fuse):
    """At every position of a word the logits of the tree on its window; 1e-12 is float64's rounding."""
    torch.manual_seed(0)
    model = HierarchicalNetwork(Tree(fuse=fuse, embed=5, hidden=13)).double()
    model(torch.randint(27, (100, model_context := Tree(fuse=fuse).context)))  # gives batch norm statistics
    model.eval()
    words = torch.randint(27, (3, 11))
    windows = torch.cat([torch.zeros(3, model_context - 1, dtype=torch.long), words], 1).unfold(1, model_context, 1)
    for row in range(3):
        assert torch.allclose(model.as_convolutions(words)[row], model(windows[row]), rtol=1e-12, atol=1e-12)


# The mu-law


def test_mu_law_in_numpy():
    """The paper's formula, term by term, and its inverse."""
    x = np.linspace(-1, 1, 2001)
    y = np.sign(x) * np.log(1 + 255 * np.abs(x)) / np.log(256)
    assert np.allclose(mulaw.compress(torch.from_numpy(x)).numpy(), y, rtol=1e-13, atol=1e-15)
    back = np.sign(y) * (256 ** np.abs(y) - 1) / 255
    assert np.allclose(back, x, atol=1e-14)
    assert np.allclose(mulaw.expand(torch.from_numpy(y)).numpy(), x, atol=1e-14)
    codes = np.floor((y + 1) / 2 * 255 + 0.5).astype(int)
    assert mulaw.encode(torch.from_numpy(x)).tolist() == codes.tolist()


def test_every_code_is_used_and_comes_back():
    """0 and 255 are the ends, silence is 128 and nearly 0, and decoding then encoding changes no code."""
    codes = torch.arange(256)
    samples = mulaw.decode(codes)
    assert torch.equal(mulaw.encode(samples), codes)
    assert samples[0] == pytest.approx(-1, abs=1e-12) and samples[255] == pytest.approx(1, abs=1e-12)
    assert mulaw.encode(torch.zeros(1, dtype=torch.float64)).item() == 128
    assert abs(samples[128].item()) < 1e-4
    assert mulaw.encode(torch.tensor([-7.0, 7.0])).tolist() == [0, 255]


@pytest.mark.parametrize("levels", [16, 256])
def test_the_error_stays_within_its_bound(levels):
    """And comes near it, so that no smaller bound would do."""
    x = torch.linspace(-1, 1, 200_001, dtype=torch.float64)
    share = (mulaw.decode(mulaw.encode(x, levels), levels) - x).abs() / mulaw.bound(x, levels)
    assert 0.99 < share.max().item() <= 1 + 1e-9


def test_even_levels():
    """Half a step of 2 / 255 at most."""
    x = torch.linspace(-1, 1, 10_001, dtype=torch.float64)
    assert (mulaw.middle(mulaw.nearest(x)) - x).abs().max().item() == pytest.approx(1 / 255, rel=1e-3)


# Sounds


def test_files_that_are_no_sound(tmp_path):
    """One sentence each, with the way out."""
    (tmp_path / "a.wav").write_text("no sound")
    with pytest.raises(UserError, match="is not a WAV file of plain samples"):
        read_wav(tmp_path / "a.wav")
    with pytest.raises(UserError, match="There is no file"):
        Sounds(str(tmp_path / "b.wav")).load()
    with pytest.raises(UserError, match="There is no sound or file 'string': did you mean 'strings'"):
        Sounds("string").load()
    write_wav(tmp_path / "c.wav", tune("strings", 0.1, 8000, 0), 8000)
    with pytest.raises(UserError, match=r"The option 'data.rate' does not apply to a file"):
        Sounds(str(tmp_path / "c.wav"), rate=16_000).load()
    with pytest.raises(UserError, match="is a folder"):
        Sounds(str(tmp_path)).load()
    for wrong in ({"rate": 10}, {"rate": 10**9}, {"seconds": 0.0}, {"seconds": float("nan")}, {"seconds": 1e12}):
        with pytest.raises(UserError, match=r"data\.(rate|seconds) must be (at least 1,000|at most|above 0|a finite)"):
            Sounds(**wrong).load()


TINY = {"model.residual": 6, "model.gate": 6, "model.skip": 8, "model.layers": 3, "batch": 4, "steps": 20,
        "log_every": 10, "eval_every": 10, "checkpoint_every": 10}  # fmt: skip


def trained(folder, preset: str, **changes) -> firsthand.Run:
    options = TINY | changes
    return firsthand.train("wavenet", preset, out=folder, launch=Launch(device="cpu"), progress=False, **options)


def test_from_sound_to_sound(tmp_path, capsys, monkeypatch):
    """A run on a user's own file writes a file with its rate; a prompt is gone on with; mistakes are one sentence."""
    monkeypatch.chdir(tmp_path)
    write_wav(tmp_path / "mine.wav", tune("vowels", 3.0, 4000, 0), 4000)
    run = trained(tmp_path / "run", "audio", data="mine.wav", window=64, stride=64, **{"model.blocks": 1})
    assert (run.path / "figures/sound.png").exists()
    assert run.writes == "sound" and json.loads((run.path / "vocabulary.json").read_text())["rate"] == 4000
    main(["sample", str(run.path), "--out", "new.wav", "--max-length", "200", "--seed", "1", "--json"])
    facts = json.loads(capsys.readouterr().out)
    assert facts["samples"] == 200 and facts["sound"] == "new.wav"
    sound, rate = read_wav(tmp_path / "new.wav")
    assert rate == 4000 and len(sound) == 200
    write_wav(tmp_path / "start.wav", tune("vowels", 0.03, 4000, 1), 4000)
    main(["sample", str(run.path), "--prompt", "start.wav", "--max-length", "150"])
    assert "0.0 s, 4,000 samples a second" in capsys.readouterr().out
    on, _ = read_wav(run.path / "sound.wav")
    start = read_wav(tmp_path / "start.wav")[0]
    assert len(on) == 150 and np.abs(on[:120] - start).max() < 0.03  # the steps of the codes
    write_wav(tmp_path / "other.wav", start, 8000)
    for words, sentence in (
        (["--prompt", "other.wav"], "has 8000 samples a second, the network's sounds have 4000"),
        (["--prompt", "start.wav", "--max-length", "100"], "max-length must be larger, got 100"),
        (["--stop", "x"], "The option 'stop' is for text"),
        (["--count", "2"], "writes one at a time"),
        (["--new"], "writes one at a time"),
    ):
        with pytest.raises(SystemExit) as end:
            main(["sample", str(run.path), *words])
        assert end.value.code == 2 and sentence in capsys.readouterr().err
    with pytest.raises(UserError, match=r"This network writes sound: firsthand sample .* --out sound.wav"):
        run.sample(1)


@pytest.mark.usefixtures("without_figures")
def test_text_is_not_written_into_a_sound(tmp_path, capsys, lines_file):
    """And a run on names writes names, with queues or without."""
    run = trained(tmp_path / "run", "names", data=str(lines_file), **{"data.lines": True})
    assert run.sample(5, seed=1) == run.sample(5, seed=1, cache=False)
    with pytest.raises(SystemExit):
        main(["sample", str(run.path), "--out", "new.wav"])
    assert "writes no file: leave out --out" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["sample", str(run.path), "--between", "1", "2"])
    assert "does not write pictures: leave out --between" in capsys.readouterr().err


@pytest.mark.usefixtures("without_figures")
def test_the_tree_learns_and_writes(tmp_path, lines_file):
    """makemore's recipe on a few names: the loss falls below a guess, and lines come out."""
    run = firsthand.train("wavenet", "hierarchy", out=tmp_path / "run", launch=Launch(device="cpu"), progress=False,
                          data=str(lines_file), steps=150, eval_every=150, checkpoint_every=150, log_every=50,
                          **{"model.hidden": 16, "schedule.drops": (100,)})  # fmt: skip
    assert run.result["metrics"]["val_loss"] < log(run.recipe.model.vocab) - 0.3
    assert all(isinstance(line, str) for line in run.sample(3, prompt="b"))


@pytest.mark.usefixtures("without_figures")
def test_the_streams_carry_the_queues(tmp_path):
    """Scored with the state carried along, the loss of a text in windows is that of the text read at once."""
    text = tmp_path / "text.txt"
    text.write_text("the quick brown fox jumps over the lazy dog. " * 60)
    run = trained(tmp_path / "run", "laptop", data=str(text), window=9, **{"model.blocks": 2, "eval_tokens": 100_000})
    task = run.recipe.task(run.recipe)
    model = run.model
    tokens = torch.from_numpy(task.train.tokens.astype(np.int64))
    streams = 16
    steps = len(task.train) // streams
    losses = []
    with torch.no_grad():
        for row in range(streams):
            part = tokens[row * steps * 9 : (row + 1) * steps * 9 + 1]
            found = torch.nn.functional.cross_entropy(model(part[None, :-1])[0], part[1:], reduction="none")
            losses.append(found)
    assert run.result["metrics"]["train_loss"] == pytest.approx(torch.cat(losses).mean().item(), abs=1e-5)


def test_sizes_that_make_no_network():
    """Refused before anything is trained."""
    for wrong in ({"layers": 0}, {"blocks": 0}, {"growth": 0}, {"kernel": 0}, {"residual": 0}, {"vocab": -1}):
        with pytest.raises(UserError, match="must be at least 1"):
            Config(**wrong)
    for wrong in ({"fuse": ()}, {"fuse": (2, 0)}, {"embed": 0}, {"hidden": 0}):
        with pytest.raises(UserError, match=r"must be at least 1|needs one level or more"):
            Tree(**wrong)


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_experiments_are_deterministic(name):
    """All but the clock's numbers are the same from the same seed."""
    clock = {"faster", "rate", "last", "exponent", "times"}
    options = {"samples": 64} if name == "generation" else {}
    first, second = (EXPERIMENTS[name](seed=1, **options) for _ in range(2))
    assert {k: v for k, v in first.items() if k not in clock} == {k: v for k, v in second.items() if k not in clock}


def test_even_levels_win_when_loud_and_lose_when_quiet():
    """A sine over the rounding error of steps of 2 / 255, uniform within them: 20 log10(255) + 1.76 dB at peak 1."""
    even, law = (EXPERIMENTS["quantisation"](steps=steps) for steps in ("even", "mu-law"))
    assert even["peak 1"] == pytest.approx(20 * np.log10(255) + 1.76, abs=0.3)
    assert even["peak 1"] > law["peak 1"] + 8 and law["peak 0.02"] > even["peak 0.02"] + 15


def test_figures_of_the_claims():
    """Each draws what its experiments left, with words on every axis and above."""
    small = {"receptive-field": {"layers": 2}, "tree": {"length": 3}, "generation": {"samples": 64}}
    for claim in CLAIMS:
        seen = {}
        for arm in claim.arms if claim.figure else ():
            found = arm.experiment(**dict(arm.overrides) | small.get(arm.measured, {}))
            series = {name: value for name, value in found.items() if isinstance(value, list)}
            seen[arm.name] = [Seen(0, {"metrics": found, "series": series}, [])]
        for axes in claim.figure(seen).axes if seen else ():
            assert axes.get_title(loc="left") and axes.get_xlabel() and axes.get_ylabel() and axes.lines, claim.key
