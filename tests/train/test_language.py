"""Language models: what they are trained on, scored by and resumed from, against counting and one long pass."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import Module

import firsthand
from firsthand.data.order import Order
from firsthand.data.specs import Text
from firsthand.data.tokens import TokenVocabulary
from firsthand.data.vocabulary import Vocabulary
from firsthand.errors import UserError
from firsthand.papers.rnn.model import Config
from firsthand.papers.rnn.recipe import PRESETS, NextToken
from firsthand.train.language import NOTHING, Rows, Windows
from firsthand.train.launch import Interrupted
from firsthand.train.sampling import Sampling
from firsthand.train.task import evaluate
from firsthand.train.writing import Continuation, until, write_lines, write_text

TINY = {"model.hidden": 12, "model.embed": 5, "batch": 4, "window": 10, "steps": 12, "eval_tokens": 2000}


@pytest.fixture
def text_file(tmp_path: Path) -> Path:
    """A text of 6,000 letters, spaces and line ends."""
    letters = np.random.default_rng(0).choice(list("abcde \n"), 6000)
    (tmp_path / "text.txt").write_text("".join(letters))
    return tmp_path / "text.txt"


@pytest.fixture
def run(text_file: Path, tmp_path: Path, without_figures: None) -> Any:
    """run("name", {...}) trains a tiny recurrent network on that text."""

    def start(folder: str = "run", changes: dict[str, Any] | None = None) -> Any:
        overrides = TINY | {"data": str(text_file), "eval_every": 4, "log_every": 1, "checkpoint_every": 5}
        return firsthand.train("rnn", out=tmp_path / folder, progress=False, **(overrides | (changes or {})))

    return start


def test_windows():
    """Every window that fits, and what follows each of its tokens."""
    windows = Windows(np.arange(11, dtype=np.uint8), 4, 3)
    assert len(windows) == 3, "at 0, 3 and 6: 6 + 4 is the last token, as a target"
    inputs, targets = windows.batch(torch.tensor([2, 0]))
    assert inputs.tolist() == [[6, 7, 8, 9], [0, 1, 2, 3]] and targets.tolist() == [[7, 8, 9, 10], [1, 2, 3, 4]]
    assert len(Windows(np.arange(5), 4, 4)) == 1
    with pytest.raises(UserError, match="4 tokens, too few for a window of 4"):
        Windows(np.arange(4), 4, 4)


def test_rows():
    """Lines between two end tokens, as wide as the longest of the batch."""
    rows = Rows(["ab", "a", "bab"], Vocabulary(("a", "b")))
    inputs, targets = rows.batch(torch.tensor([1, 0]))
    assert inputs.tolist() == [[0, 1, 0], [0, 1, 2]] and targets.tolist() == [[1, 0, NOTHING], [1, 2, 0]]
    assert rows.batch(torch.tensor([2]))[1].tolist() == [[2, 1, 2, 0]]


def test_one_very_long_line():
    """It does not make all others as wide in memory; one that no step could bear is named."""
    rows = Rows(["ab"] * 15_000 + ["a" * 9_999], Vocabulary(("a", "b")))
    assert rows.tokens.numel() < 15_000 * 3 + 30_000
    assert rows.batch(torch.tensor([0]))[0].tolist() == [[0, 1, 2]]
    with pytest.raises(UserError, match=r"A line has 120,000 characters, more than 10,000: it begins 'aaaa"):
        Rows(["ab"] * 15_000 + ["a" * 120_000], Vocabulary(("a", "b")))


def test_the_carried_state_is_one_long_pass(text_file):
    """The losses of windows read one after the other are those of the whole stream, and so is its score."""
    recipe = replace(PRESETS["laptop"], data=Text(str(text_file)), model=Config(hidden=12), batch=3, window=10)
    task = NextToken(recipe)
    torch.manual_seed(0)
    model = task.model().double()
    steps = 7
    task.before_epoch(model, task.optimizer(model))
    order = Order(len(task.train), 3, "streams")
    pieces = [task.scores(model, task.train.batch(order.indices(step)))["loss"] for step in range(steps)]
    starts = order.indices(0).numpy()[:, None] * 10
    long = torch.from_numpy(task.train.tokens[starts + np.arange(steps * 10 + 1)].astype(np.int64))
    whole = torch.nn.functional.cross_entropy(model(long[:, :-1]).flatten(0, 1), long[:, 1:].flatten())
    assert torch.allclose(torch.stack(pieces).mean(), whole, rtol=1e-12)
    carried = task.carried
    evaluate(task, model, task.val)
    assert task.carried is carried, "scoring does not touch the state that training carries"


def test_scores_carry_the_state_too(text_file):
    """A text scored in windows of 5 or of 10 is the same text."""
    found = []
    for window in (5, 10):
        recipe = replace(PRESETS["laptop"], data=Text(str(text_file), val=0.0801), model=Config(hidden=12), batch=3)
        task = NextToken(replace(recipe, window=window))
        torch.manual_seed(0)
        found.append(evaluate(task, task.model().double(), task.val)["loss"])
    assert found[0] == pytest.approx(found[1], rel=1e-12)


def test_loss_and_perplexity_by_hand(text_file):
    """Independent windows, and lines of different lengths: a mean over tokens, not over examples."""
    for data in (Text(str(text_file)), Text(str(text_file), lines=True)):
        recipe = replace(PRESETS["laptop"], data=data, order="shuffle", window=10, model=Config(hidden=12))
        task = NextToken(recipe)
        torch.manual_seed(0)
        model = task.model()
        total, count = 0.0, 0
        for i in range(len(task.val)):
            inputs, targets = task.val.batch(torch.tensor([i]))
            total += torch.nn.functional.cross_entropy(model(inputs)[0], targets[0], reduction="sum").item()
            count += targets.numel()
        found = evaluate(task, model, task.val)
        assert found["loss"] == pytest.approx(total / count, rel=1e-5)
        assert found["perplexity"] == pytest.approx(math.exp(found["loss"]))
        batch = task.train.batch(torch.arange(5))
        known = batch[1].flatten() >= 0
        expected = torch.nn.functional.cross_entropy(model(batch[0]).flatten(0, 1)[known], batch[1].flatten()[known])
        assert torch.allclose(task.loss(model, batch), expected)


def test_only_so_many_tokens_are_scored(text_file):
    recipe = replace(PRESETS["laptop"], data=Text(str(text_file)), order="shuffle", window=10, eval_tokens=200)
    task = NextToken(recipe)
    assert torch.cat(list(task.passes(task.train))).tolist() == list(range(20))


@pytest.mark.parametrize("order", ["streams", "shuffle"])
def test_resume_is_bit_for_bit(order, run, stop_at, tmp_path):
    """The carried state is in the checkpoint: stopped at any step, the rows of metrics are the same."""
    whole = run("whole", {"order": order})
    stop_at(7, 10)
    with pytest.raises(Interrupted):
        run("parts", {"order": order})
    with pytest.raises(Interrupted):
        firsthand.resume(tmp_path / "parts", progress=False)
    parts = firsthand.resume(tmp_path / "parts", progress=False)
    assert parts.metrics == whole.metrics and parts.result["metrics"] == whole.result["metrics"]


def test_a_network_that_reads_learns(run):
    """A text whose next letter is certain from the last two: 0.1 nats, where guessing costs ln 2."""
    path = run().path.parent / "cycle.txt"
    path.write_text("aabb" * 1500)
    result = run("cycle", {"data": str(path), "steps": 300, "optim.lr": 0.02}).result["metrics"]
    assert result["val_loss"] < 0.1 and result["test_perplexity"] < 1.11


def test_mistakes_in_recipes(run):
    for changes, message in (
        ({"stride": 3}, "leave out stride"),
        ({"accumulate": 2}, "leave out stride and accumulate"),
        ({"window": 0}, "must be at least 1"),
        ({"data.lines": True}, "order 'streams' is for running text"),
        ({"window": 4000}, "too few for a window of 4000"),
        ({"model.vocab": 3}, "model.vocab is 3, but the data has 8 tokens"),
    ):
        with pytest.raises(UserError, match=message):
            run("wrong", changes)


class Successor(Module):
    """Expects token t + 1 after token t, or, of a context, the sum of all it sees; sees `context` tokens."""

    def __init__(self, context: int | None = None):
        super().__init__()
        self.context, self.passes = context, []

    def advance(self, tokens: torch.Tensor, state: tuple | None = None) -> tuple[torch.Tensor, tuple]:
        """Logits of the sum of all tokens so far, modulo 7."""
        before = torch.zeros(len(tokens), 1, dtype=torch.long) if state is None else state[0]
        sums = before + tokens.cumsum(1)
        self.passes.append(tokens.shape[1])
        return 50.0 * torch.eye(7)[sums % 7], (sums[:, -1:],)


LETTERS = TokenVocabulary(tuple("abcdef"))


@pytest.mark.parametrize("context", [None, 8])
def test_with_and_without_a_cache(context):
    """The same text; with it every token is read once, without it all are, again and again."""
    texts, passes = [], []
    for cache in (True, False):
        model = Successor(context)
        options = Sampling(prompt="abc", max_length=30, cache=cache, temperature=20.0)
        texts.append("".join(write_text(model, LETTERS, options, torch.Generator().manual_seed(3))))
        passes.append(model.passes)
    assert texts[0] == texts[1] and len(texts[0]) == 30 and texts[0].startswith("abc")
    assert sum(passes[0]) < sum(passes[1])
    if context is None:
        assert passes == [[3] + [1] * 26, list(range(3, 30))]
    assert max(passes[1]) <= (context or 99)


def test_a_context_counts_from_its_last_half():
    """The reader's view of a model that sees 4 tokens: full, it starts afresh from the last two."""
    reader, seen = Continuation(Successor(4)), []
    for token in range(1, 7):
        seen.append(reader.read(torch.tensor([[token]]), torch.tensor([0])).argmax().item())
    assert seen == [1, 3, 6, 10 % 7, (4 + 5) % 7, (4 + 5 + 6) % 7]


def test_lines_of_a_model_with_a_state():
    """Each row ends at its own end token, here where its letters sum to 7, or at `stop`; with a cache as without."""
    vocabulary = Vocabulary(tuple("abcdef"))

    def written(prompt: str, **options: Any) -> list[str]:
        return write_lines(Successor(), vocabulary, 3, Sampling(prompt=prompt, **options), torch.Generator())

    assert written("c", max_length=5) == ["ccfec"] * 3, "sums of 3, 6, 12, 17 and 20, modulo 7"
    assert written("af") == ["af"] * 3, "1 + 6 = 7: the end token"
    assert written("c", stop="e") == ["ccf"] * 3
    lines = written("a", temperature=40.0)
    assert len(set(lines)) == 3 and lines == written("a", temperature=40.0, cache=False)


def test_until():
    """The text up to the word, wherever the pieces are cut; everything if it never comes."""
    for pieces in (["ab", "cST", "OPd"], list("abcSTOPd"), ["abcSTOPd"], ["abcS", "TOP"]):
        assert "".join(until(iter(pieces), "STOP")) == "abc"
    assert "".join(until(iter(["abS", "TO"]), "STOP")) == "abSTO"
    assert list(until(iter(["a", "b"]), "")) == ["a", "b", ""]
    seen = until(iter(["abcde", "fg"]), "xy")
    assert next(seen) == "abcd", "held back: only what may be the beginning of the word"


def test_the_unknown_token_is_never_written():
    class Unknown(Module):
        context = 2

        def forward(self, tokens: torch.Tensor) -> torch.Tensor:
            return torch.tensor([[9.0, 0, 0, 0, 0, 0, 0]]).expand(len(tokens), -1)

    text = "".join(write_text(Unknown(), LETTERS, Sampling(max_length=200), torch.Generator().manual_seed(0)))
    assert len(text) == 200 and set(text) == set("abcdef")


def test_sampling_from_a_run(run):
    """Streamed pieces are the sampled text; prompts, seeds, and what the vocabulary lacks."""
    trained = run()
    assert trained.writes == "text"
    options = {"prompt": "ab", "max_length": 40, "seed": 5}
    (text,) = trained.sample(1, **options)
    assert len(text) == 40 and text.startswith("ab")
    assert ["".join(pieces) for pieces in trained.write(1, **options)] == [text]
    assert trained.sample(1, **(options | {"cache": False})) == [text]
    assert trained.sample(1, **(options | {"seed": 6})) != [text]
    assert "c" not in trained.sample(1, stop="c", max_length=200)[0]
    with pytest.raises(UserError, match="does not have 'Z'"):
        trained.sample(1, prompt="aZ")
    with pytest.raises(UserError, match="'new' is for lines"):
        trained.sample(1, new=True)


def test_words(run, text_file):
    """Words with a space between them; a prompt may hold words that are not known."""
    trained = run("words", {"data.level": "word", "data.most": 20, "window": 3, "batch": 2})
    (text,) = trained.sample(1, prompt="zzz ab", max_length=12)
    assert text.startswith("<unk> ") and len(text.split()) == 12 and text.count("<unk>") == 1 + ("ab" not in text)


def test_lines_of_a_run(run, text_file):
    trained = run("lines", {"data.lines": True, "order": "shuffle", "steps": 60})
    assert trained.writes == "lines"
    lines = trained.sample(30, max_length=9)
    assert len(lines) == 30 and max(map(len, lines)) <= 9 and not any("\n" in line for line in lines)
    known = trained.recipe.task.training_lines(trained.trained)
    assert not known & set(trained.sample(20, new=True))
