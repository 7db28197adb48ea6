"""word2vec: the fast gradients against autograd pair by pair, the tree, the draws, and runs from end to end."""

import json
import math
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
import torch
from scipy.stats import chisquare

import firsthand
from firsthand.data.specs import Text
from firsthand.data.tokens import TokenVocabulary
from firsthand.errors import UserError
from firsthand.options import override
from firsthand.papers.skipgram import phrases, update
from firsthand.papers.skipgram.huffman import entropy, huffman, zipf
from firsthand.papers.skipgram.model import NOTHING, Config, SkipGram, pairs
from firsthand.papers.skipgram.recipe import PRESETS
from firsthand.papers.skipgram.relations import text
from firsthand.papers.skipgram.sampling import Draws, Passages, count, kept, noise_shares
from firsthand.papers.skipgram.task import NearWords
from firsthand.papers.skipgram.update import Rows, RowSGD, stretch
from firsthand.train.launch import Interrupted

VOCAB, K = 30, 5
COUNTS = np.arange(1, VOCAB + 1)
KINDS = [
    Config(VOCAB, 7, kind, output, whole)
    for kind, output, whole in (
        ("skip-gram", "negative", True),
        ("skip-gram", "hierarchical", True),
        ("cbow", "negative", True),
        ("cbow", "negative", False),
        ("cbow", "hierarchical", True),
        ("cbow", "hierarchical", False),
    )
]
NAMES = [f"{c.kind} {c.output} {c.whole_error}" for c in KINDS]


def network(config: Config) -> SkipGram:
    """With vectors large enough for every term to count."""
    torch.manual_seed(0)
    found = SkipGram(config, COUNTS).double()
    for p in found.parameters():
        p.data.normal_()
    return found


def drawn(config: Config, block: int = 64):
    """A stretch of three passages with unknown words, thinned out, as training draws it."""
    generator = np.random.default_rng(1)
    passages = generator.integers(NOTHING, VOCAB, (3, 50))
    return Draws(COUNTS, 0.02, window=3, shared=6, block=block).stretch(passages, generator)


def in_pairs(model: SkipGram, words, reach, noise) -> tuple[torch.Tensor, int]:
    """The sum of the losses of every example of a stretch, each by the equations of model.py, and their number."""
    total, number, width = torch.zeros(()), 0, (len(words) - len(reach)) // 2
    block = len(reach) // len(noise)
    there = words.tolist()
    for t, c in enumerate(reach.tolist()):
        at = t + width
        about = [w for w in there[at - c : at] + there[at + 1 : at + c + 1] if w != NOTHING]
        if there[at] == NOTHING or not about:
            continue
        skip = model.config.kind == "skip-gram"
        inputs = [[there[at]]] * len(about) if skip else [about]
        found = torch.tensor([[w] for w in about] if skip else [[there[at]]])
        if model.config.output == "negative":
            found = torch.cat([found, noise[t // block].expand(len(found), -1)], 1)
        total = total + model.loss(model(torch.tensor(inputs), found), K).sum()
        number += len(inputs)
    return total, number


@pytest.mark.parametrize("config", KINDS, ids=NAMES)
@pytest.mark.parametrize(("block", "root"), [(16, 64), (64, 5), (12, 1)])
def test_the_fast_gradients_are_those_of_the_equations(config, block, root, monkeypatch):
    """In float64, every pair apart; 1e-11 is a hundred times the rounding of sums of some thousand terms.

    All nodes of the tree count as near its root, or five, or the root alone.
    """
    monkeypatch.setattr(update, "ROOT", root)
    model, batch = network(config), drawn(config, block)
    loss = stretch(model, *batch, K)
    loss.backward()
    fast = [p.grad.to_dense() for p in model.parameters()]
    model.zero_grad()
    total, number = in_pairs(model, *batch)
    total.backward()
    assert loss.item() == pytest.approx(total.item() / number, rel=1e-12)
    for ours, p in zip(fast, model.parameters(), strict=True):
        assert ours.abs().max() > 1
        assert torch.allclose(ours, p.grad, rtol=0, atol=1e-11)


@pytest.mark.parametrize("config", KINDS[:3], ids=NAMES[:3])
def test_one_step(config):
    """The rows that a gradient touches move by rate times gradient, the others stay bit for bit."""
    model = network(config)
    before = [p.detach().clone() for p in model.parameters()]
    batch = drawn(config)
    RowSGD(model.parameters(), 0.1).step()  # nothing to do
    stretch(model, *batch, K).backward()
    grads = [p.grad.to_dense() for p in model.parameters()]
    RowSGD(model.parameters(), 0.1).step()
    for p, old, grad in zip(model.parameters(), before, grads, strict=True):
        assert torch.allclose(p, old - 0.1 * grad, rtol=0, atol=1e-12)  # float64
        assert torch.equal(p[grad.abs().sum(1) == 0], old[grad.abs().sum(1) == 0])


def test_padding_changes_nothing():
    """Blocks of nothing at the end, as of a stretch that is not full."""
    model = network(KINDS[0])
    words, reach, noise = drawn(KINDS[0])
    longer = torch.cat([words, torch.full((64,), NOTHING)]), torch.cat([reach, torch.full((64,), 3)])
    losses = stretch(model, words, reach, noise, K), stretch(model, *longer, torch.cat([noise, noise[:1]]), K)
    assert losses[0].item() == pytest.approx(losses[1].item(), rel=1e-12)


def test_a_multiple_of_the_loss():
    """Has that multiple of the gradient."""
    model, batch = network(KINDS[0]), drawn(KINDS[0])
    stretch(model, *batch, K).backward()
    once = [p.grad.to_dense() for p in model.parameters()]
    model.zero_grad()
    (3 * stretch(model, *batch, K)).backward()
    for p, grad in zip(model.parameters(), once, strict=True):
        assert torch.allclose(p.grad.to_dense(), 3 * grad, rtol=1e-12, atol=1e-12)  # float64


def test_frequent_rows_are_damped():
    """By hand: three rows of row 4 are made of 6 terms, of which 2 may count; the one of row 1 stays."""
    rows = Rows(torch.tensor([4, 1, 4, 4]), torch.arange(8.0).view(4, 2), torch.tensor([1.0, 2.0, 2.0, 3.0]))
    assert rows.damped(5, None)[:, 1].tolist() == [1.0, 3.0, 5.0, 7.0]
    assert torch.allclose(rows.damped(5, 2.0)[:, 1], torch.tensor([1 / 3, 3.0, 5 / 3, 7 / 3]))  # float32


def test_the_first_loss():
    """With output vectors of 0 every decision is a coin: (k + 1) ln 2, or ln 2 for every bit of the code."""
    model = SkipGram(Config(VOCAB, 7), COUNTS)
    assert stretch(model, *drawn(KINDS[0]), K).item() == pytest.approx((K + 1) * math.log(2), rel=1e-5)  # float32
    tree = SkipGram(Config(VOCAB, 7, output="hierarchical"), COUNTS)
    every = torch.arange(VOCAB)[:, None]
    lengths = huffman(COUNTS).lengths
    assert np.allclose(tree.loss(tree(every, every)).detach(), lengths * math.log(2), rtol=1e-5)  # float32


def test_pairs():
    """By hand, with a reach of 1, 2 and 1."""
    words, reach = torch.tensor([7, 8, 9]), torch.tensor([1, 2, 1])
    inputs, found = pairs(words, reach)
    assert (inputs[:, 0].tolist(), found[:, 0].tolist()) == ([7, 8, 8, 9], [8, 7, 9, 8])
    inputs, found = pairs(words, reach, "cbow")
    assert inputs.tolist() == [[8, -1, -1, -1], [7, 9, -1, -1], [8, -1, -1, -1]] and found[:, 0].tolist() == [7, 8, 9]


# ---- the tree ----


def codes(counts) -> list[str]:
    tree = huffman(counts)
    return ["".join("01"[b < 0] for b in row if b) for row in tree.branches.tolist()]


@pytest.mark.parametrize("counts", [COUNTS, np.ones(7, int), zipf(1000), np.array([5, 1]), np.array([0, 0, 9, 1])])
def test_a_huffman_code(counts):
    """No code begins another (Kraft's sum is exactly 1), its mean is below the entropy + 1, a path ends at its word."""
    tree, found = huffman(counts), sorted(codes(counts))
    assert not any(b.startswith(a) for a, b in pairwise(found))
    assert sum(2.0 ** -len(code) for code in found) == 1
    assert entropy(counts) <= tree.average(counts) + 1e-9 and tree.average(counts) < entropy(counts) + 1
    assert (tree.nodes[:, 0] == len(counts) - 2).all()  # the root
    assert set(tree.nodes[tree.nodes >= 0]) == set(range(len(counts) - 1))
    ways = {tuple(zip(n, b, strict=True)) for n, b in zip(tree.nodes.tolist(), tree.branches.tolist(), strict=True)}
    assert len(ways) == len(counts)


def test_the_code_is_the_shortest():
    """The book's example (Cormen et al.): counts 45, 13, 12, 16, 9, 5 cost 224 bits."""
    counts = np.array([45, 13, 12, 16, 9, 5])
    assert (huffman(counts).lengths * counts).sum() == 224
    with pytest.raises(UserError, match="two words or more"):
        huffman(np.array([3]))


def test_brown(data_folder):
    """What was counted elsewhere: words, entropy, codes, and the shares that both formulas keep."""
    task = NearWords(override(PRESETS["laptop"], {"data.train": 1_161_190, "data.val": 1, "data.letters": False}))
    lower = NearWords(override(PRESETS["laptop"], {"data.train": 1_161_190, "data.val": 1}))
    assert lower.recipe.model.vocab == len(lower.counts) == 14_221 and task.recipe.model.vocab > 14_221
    tree = huffman(lower.counts)
    assert tree.average(lower.counts) == pytest.approx(9.58, abs=0.005)
    assert entropy(lower.counts) == pytest.approx(9.55, abs=0.005)
    assert tree.lengths.max() == 18
    # Published of shares of all words, those too rare to be known included, as if t were larger by as much.
    more = 1_161_192 / lower.counts.sum()
    shares = [[(lower.counts * kept(lower.counts, more * t, f)).sum() / lower.counts.sum() for t in (1e-3, 1e-4, 1e-5)]
              for f in ("paper", "c")]  # fmt: skip
    assert shares[0] == pytest.approx([0.642, 0.432, 0.215], abs=6e-4)
    assert shares[1] == pytest.approx([0.705, 0.484, 0.266], abs=6e-4)


@pytest.mark.parametrize("config", KINDS, ids=NAMES)
def test_probabilities_sum_to_one(config):
    """Over all words, with a tree or a softmax; and the tree's are what it is trained by."""
    model = network(config)
    words = torch.tensor([[3, 4], [29, NOTHING], [0, 0]])
    logp = model.log_probabilities(words)
    assert torch.allclose(logp.exp().sum(1), torch.ones(3).double(), rtol=0, atol=1e-12)
    if config.output == "hierarchical":
        assert torch.allclose(model(words, torch.tensor([[7], [0], [29]]))[1, 0], logp[1, 0])


# ---- the draws ----


@pytest.mark.parametrize("power", [0.0, 0.75, 1.0])
def test_noise_is_drawn_by_its_shares(power):
    """Chi-square over 200,000 draws; a wrong exponent fails by a wide margin. A word never seen is never drawn."""
    counts = np.array([0, 1, 10, 100, 1000, 3, 0])
    shares = noise_shares(counts, power)
    assert shares[[0, 6]].tolist() == [0, 0] and shares.sum() == pytest.approx(1)
    assert shares[4] / shares[3] == pytest.approx(10**power)
    found = np.bincount(Draws(counts, power=power).noise(200_000, np.random.default_rng(0)), minlength=7)
    seen = counts > 0
    assert found[~seen].sum() == 0
    assert chisquare(found[seen], 200_000 * shares[seen]).pvalue > 1e-3
    other = noise_shares(counts, power + 0.1)
    assert chisquare(found[seen], 200_000 * other[seen]).pvalue < 1e-6 or power == 0


def test_what_is_kept():
    """The share of every word; below t all; t = 0 keeps everything; reaches are 1 to c alike often."""
    counts = np.array([90_000, 9_900, 100])
    assert kept(counts, 1e-3).tolist() == pytest.approx([math.sqrt(1e-3 / 0.9), math.sqrt(1e-3 / 0.099), 1])
    assert kept(counts, 1e-3, "c")[0] == pytest.approx(math.sqrt(1e-3 / 0.9) + 1e-3 / 0.9)
    assert kept(counts, 0).tolist() == [1, 1, 1]
    passages = np.random.default_rng(0).choice(3, (100, 1000), p=[0.9, 0.099, 0.001])
    words, reach, _ = Draws(counts, 1e-3).stretch(passages, np.random.default_rng(1))
    left = np.bincount(words[words >= 0].numpy(), minlength=3)
    expected = np.bincount(passages.ravel(), minlength=3) * kept(counts, 1e-3, "c")
    assert (np.abs(left - expected) <= 4 * np.sqrt(expected)).all()  # four deviations
    assert chisquare(np.bincount(reach.numpy())[1:]).pvalue > 1e-3


def test_passages_do_not_touch():
    """Between two passages lies as much of nothing as a word can reach, and unknown words are gone."""
    passages = Passages(np.array([1, 2, 0, 3, 4, 5, 6], np.uint8), 4)
    assert len(passages) == 2 and passages.rows(np.array([1, 0])).tolist() == [[3, 4, 5, -1], [0, 1, -1, 2]]
    words, reach, noise = Draws(np.ones(6, int), 0.0, window=2, block=4).stretch(
        passages.rows(np.array([0, 1])), np.random.default_rng(0)
    )
    assert words.tolist() == [-1, -1, 0, 1, 2, -1, -1, 3, 4, 5, -1, -1, *[-1] * 4][: len(words)]
    assert len(reach) == len(words) - 4 == 4 * len(noise)
    assert count(passages.tokens, 6).tolist() == [1] * 6


# ---- phrases ----


def test_phrases():
    """Against a loop: scores by equation 6, joined from left to right, the longer ones in a second pass."""
    words = ("<unk>", "new", "york", "times", "the", "in")
    line = [4, 1, 2, 3, 5, 4, 1, 2, 0, 1, 2, 3, 4, 4, 5, 5, 0, 4, 1, 2, 3]
    tokens = np.array(line * 3, np.uint8)
    counts, both = Counter(tokens.tolist()), Counter(zip(tokens[:-1].tolist(), tokens[1:].tolist(), strict=True))
    known = sum(n for token, n in counts.items() if token)
    score = {p: (n - 2) / counts[p[0]] / counts[p[1]] * known for p, n in both.items() if all(p)}
    found = phrases.phrases(tokens, len(words), 3.0, 2.0).tolist()
    assert sorted(map(tuple, found)) == sorted(p for p, s in score.items() if s > 3)
    vocabulary = TokenVocabulary(words[1:], "word")
    (joined,), after = phrases.join((tokens,), vocabulary, 2, 3.0, 2.0)
    assert "new_york_times" in after.tokens and after.tokens[:5] == words[1:]
    split = [part for i in joined for part in (("<unk>", *after.tokens)[i].split("_"))]
    assert split == [words[i] for i in tokens]  # no word is lost
    again = phrases.join((tokens,), after, 2, 3.0, 2.0)[1]
    assert again.tokens == after.tokens  # a run's own vocabulary, when it goes on


# ---- training ----

TINY = {"model.embed": 8, "data.min_count": 20, "passage": 100, "steps": 6, "eval_every": 3, "eval_tokens": 1000}
TINY |= {"checkpoint_every": 2, "data.name": "python-docs", "data.letters": True, "data.train": 0.9, "data.val": 0.05}


@pytest.fixture
def run(tmp_path):
    """run(changes) trains tiny vectors on Python's documentation."""

    def start(changes: dict | None = None, folder: str = "run") -> firsthand.Run:
        return firsthand.train(
            "skipgram", out=tmp_path / folder, launch="cpu", progress=False, **{**TINY, **(changes or {})}
        )

    return start


def weights(run) -> list[bytes]:
    return [p.detach().numpy().tobytes() for p in run.model.parameters()]


@pytest.mark.usefixtures("without_figures")
@pytest.mark.parametrize("output", ["negative", "hierarchical"])
def test_the_same_bits(output, run, tmp_path, monkeypatch):
    """The same seed twice; another seed; and a run that was stopped after four steps and goes on."""
    given = {"model.output": output, "phrases": 1}
    whole, again, other = run(given, "a"), run(given, "b"), run(given | {"seed": 1}, "c")
    assert weights(whole) == weights(again) != weights(other)
    batch = NearWords.batch

    def interrupting(task, indices, step):
        if step == 4:
            raise Interrupted(2, step)
        return batch(task, indices, step)

    with monkeypatch.context() as patch:
        patch.setattr(NearWords, "batch", interrupting)
        with pytest.raises(Interrupted):
            run(given, "d")
    resumed = firsthand.resume(tmp_path / "d", progress=False)
    assert weights(resumed) == weights(whole)
    assert resumed.result["metrics"] == whole.result["metrics"]


@pytest.mark.usefixtures("without_figures")
def test_planted_neighbours_are_found(run, tmp_path):
    """In the made-up language most capitals' nearest words are of their own topic or kind."""
    words, _ = text(3000, np.random.default_rng(0))
    path = tmp_path / "made-up.txt"
    names = np.array([f"w{i}x" for i in range(words.max() + 1)])
    path.write_text("\n".join(" ".join(names[row]) for row in words.reshape(-1, 7)), encoding="utf-8")
    changes = {"data.name": str(path), "data.min_count": 1, "data.letters": False, "steps": 400}
    changes |= {"subsample": 0.0, "optim.lr": 0.05, "batch": 5}
    done = run(changes)
    vectors = done.vectors
    assert vectors.words[0] == "w1240x"  # the most frequent filler
    singular = [f"w{i}x" for i in range(200, 220)]
    near = [int(word[1:-1]) for name in singular for word, _ in vectors.nearest([name], count=5)]
    good = [200 <= n < 400 or 800 <= n < 1240 for n in near]  # entities of the sort, their topics, roles
    assert np.mean(good) > 0.6  # by chance 0.42


def test_a_run_end_to_end(run, tmp_path, capsys):
    """Figures, files, vectors in every format, neighbours on the command line."""
    from firsthand.cli import main

    done = run()
    assert (done.path / "figures" / "map.png").exists()
    counts = json.loads((done.path / "counts.json").read_text())["counts"]
    assert done.vectors.words[0] == done.recipe.data.load().vocabulary.tokens[int(np.argmax(counts))]
    for form in ("word2vec-text", "word2vec-binary", "glove"):
        main(["vectors", str(done.path), "--to", str(tmp_path / form), "--format", form, "--no-score"])
        found = firsthand.api.vectors(tmp_path / form)
        assert found.words == done.vectors.words and np.array_equal(found.matrix, done.vectors.matrix)
    capsys.readouterr()
    main(["neighbours", str(done.path), "class", "--count", "3", "--json", "--map", str(tmp_path / "map.png")])
    assert len(json.loads(capsys.readouterr().out)["class"]) == 3 and (tmp_path / "map.png").exists()
    main(["neighbours", str(tmp_path / "glove"), "class", "object", "--minus", "function", "--count", "2"])
    assert len(capsys.readouterr().out.splitlines()) == 3
    for words, what in (
        (["neighbours", str(done.path), "klass"], "There is no word 'klass'|unknown|No word"),
        (["neighbours", str(done.path)], "Which word"),
        (["vectors", str(done.path), "--to", str(tmp_path / "glove")], "is there already"),
        (["vectors", str(done.path), "--format", "pickle"], "--format must be one of"),
    ):
        with pytest.raises(SystemExit) as ended:
            main(words)
        assert ended.value.code == 2
        assert any(part in capsys.readouterr().err for part in what.split("|"))


def test_what_it_does_not_train_on():
    """Lines, characters, words too rare, several steps' sums."""
    for changes, words in (
        ({"data.name": "names"}, "does not apply to lines"),
        ({"data.level": "character"}, "from running text"),
        ({"data.name": "python-docs", "data.min_count": 10**6}, "Fewer than two words"),
        ({"accumulate": 2}, "makes its own step"),
        ({"formula": "d"}, "formula"),
        ({"model.vocab": 1}, "at least 2"),
    ):
        with pytest.raises(UserError, match=words):
            NearWords(override(PRESETS["laptop"], {**TINY, "accumulate": 1, **changes}))
    assert isinstance(PRESETS["text8"].data, Text)
