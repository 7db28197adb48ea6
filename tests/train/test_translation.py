"""Translation: what is trained on and scored, against counting by hand; runs, their resumption, and their use."""

import io
import json
import math
import random
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sacrebleu
import torch

import firsthand
from firsthand.data.pairs import Pairs
from firsthand.data.sentences import EOS, PAD
from firsthand.errors import UserError
from firsthand.papers.transformer.model import Config
from firsthand.papers.transformer.recipe import PRESETS
from firsthand.train.launch import Interrupted
from firsthand.train.task import evaluate
from firsthand.train.translation import padded

WORDS = {"one": "eins", "two": "zwei", "three": "drei", "dogs": "Hunde", "play": "spielen", "cats": "Katzen"}
SMALL = {"model.embed": 16, "model.heads": 2, "model.layers": 1, "model.hidden": 24, "model.dropout": 0.0}
QUICK = SMALL | {
    "data.level": "word", "data.lower": False, "steps": 12, "batch": 16, "eval_every": 4, "log_every": 1,
    "checkpoint_every": 5,
    "schedule.warmup": 4, "bleu_pairs": 2, "decoding.extra": 3,
}  # fmt: skip


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A language of six words, and its translation word by word."""
    dice = random.Random(0)
    lines = ["en\tde"]
    for _ in range(300):
        words = dice.choices(list(WORDS), k=dice.randint(1, 5))
        lines.append(f"{' '.join(words)} .\t{' '.join(WORDS[word] for word in words)} .")
    path = tmp_path_factory.mktemp("pairs") / "pairs.tsv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.fixture
def run(table: Path, tmp_path: Path, without_figures: None) -> Callable:
    """run("name", {...}) trains a tiny network on that table."""

    def start(folder: str = "run", changes: dict[str, Any] | None = None) -> Any:
        options = QUICK | {"data": str(table)} | (changes or {})
        return firsthand.train("transformer", out=tmp_path / folder, progress=False, **options)

    return start


@pytest.fixture(scope="module")
def trained(table: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A run that knows the language."""
    options = QUICK | {
        "steps": 240, "optim.lr": 0.01, "model.embed": 32, "schedule.warmup": 40, "bleu_pairs": 50,
        "eval_every": 240, "checkpoint_every": 240, "batch": 64, "label_smoothing": 0.0,
    }  # fmt: skip
    folder = tmp_path_factory.mktemp("runs") / "trained"
    return firsthand.train("transformer", out=folder, progress=False, **(options | {"data": str(table)}))


def task_on(table: Path, **changes: Any) -> Any:
    """A task with a tiny network in double precision."""
    sizes = {name.removeprefix("model."): value for name, value in SMALL.items()}
    recipe = replace(PRESETS["laptop"], data=Pairs(str(table), level="word"), model=Config(**sizes), **changes)
    task = recipe.task(recipe)
    torch.manual_seed(0)
    return task, task.model().double()


def test_batches_are_padded_pairs(table):
    """Each side is ended, and as wide as its longest."""
    task, _ = task_on(table)
    source, target = task.train.batch(torch.arange(40))
    for side, vocabulary, rows in ((0, task.source, source), (1, task.target, target)):
        for row, pair in zip(rows.tolist(), task.train.pairs, strict=False):
            tokens = [*vocabulary.encode([pair[side]])[0], EOS]
            assert row == tokens + [PAD] * (rows.shape[1] - len(tokens))
        assert (rows != PAD).sum(1).max() == rows.shape[1]


def test_loss_and_perplexity_by_hand(table):
    """A mean over tokens, without the smoothing that training has."""
    task, model = task_on(table, label_smoothing=0.2)
    total, count, smooth = 0.0, 0, 0.0
    for i in range(len(task.val)):
        source, target = task.val.batch(torch.tensor([i]))
        logits = model(source, target)[0]
        total += torch.nn.functional.cross_entropy(logits, target[0], reduction="sum").item()
        count += target.numel()
        if i < 16:
            smooth += torch.nn.functional.cross_entropy(logits, target[0], reduction="sum", label_smoothing=0.2).item()
    found = evaluate(task, model, task.val)
    assert found["loss"] == pytest.approx(total / count, rel=1e-9)
    assert found["perplexity"] == pytest.approx(math.exp(total / count), rel=1e-9)
    batch = task.val.batch(torch.arange(16))
    assert task.loss(model, batch).item() == pytest.approx(smooth / int((batch[1] != PAD).sum()), rel=1e-9)
    losses = task.scores(model, batch)["loss"]
    alone = [task.scores(model, task.val.batch(torch.tensor([i])))["loss"].item() for i in range(16)]
    assert losses.tolist() == pytest.approx(alone, rel=1e-9)


def test_padding_changes_nothing(table):
    """Values and gradients of sentences in a batch, with more padding yet, are those of each alone."""
    task, model = task_on(table, label_smoothing=0.1)
    source, target = task.train.batch(torch.arange(7))
    wide = [torch.cat([rows, rows.new_zeros(7, 3)], 1) for rows in (source, target)]
    tokens = (target != PAD).sum(1).tolist()

    def gradients(*batch: torch.Tensor) -> torch.Tensor:
        model.zero_grad()
        task.loss(model, batch).backward()
        return torch.cat([p.grad.flatten() for p in model.parameters()])

    whole = gradients(source, target)
    assert torch.allclose(gradients(*wide), whole, rtol=1e-9, atol=1e-12)
    rows = [[row[row != PAD][None] for row in side] for side in (source, target)]
    alone = [gradients(one, other) * count for one, other, count in zip(*rows, tokens, strict=True)]
    assert torch.allclose(sum(alone) / sum(tokens), whole, rtol=1e-9, atol=1e-12)
    assert torch.allclose(model(*wide)[:, : target.shape[1]], model(source, target), rtol=1e-9, atol=1e-12)


def test_micro_batches_count_their_tokens(run):
    """Four parts of a batch make the step of the whole; 1e-4 is float32's rounding over twelve steps of Adam."""
    whole, parts = run("whole"), run("parts", {"accumulate": 4})
    for one, other in zip(whole.metrics, parts.metrics, strict=True):
        for name in ("loss", "val_loss"):
            assert one.get(name) == (None if name not in other else pytest.approx(other[name], rel=1e-4))


def test_resume_is_bit_for_bit(run, stop_at, tmp_path):
    whole = run("whole", {"model.dropout": 0.1, "average": "checkpoints", "keep": "last", "average_every": 2})
    stop_at(7, 10)
    with pytest.raises(Interrupted):
        run("parts", {"model.dropout": 0.1, "average": "checkpoints", "keep": "last", "average_every": 2})
    with pytest.raises(Interrupted):
        firsthand.resume(tmp_path / "parts", progress=False)
    parts = firsthand.resume(tmp_path / "parts", progress=False)
    assert parts.metrics == whole.metrics and parts.result["metrics"] == whole.result["metrics"]


def test_it_learns_to_translate(trained):
    """A language of six words, nearly without a mistake."""
    metrics = trained.result["metrics"]
    assert metrics["test_loss"] < 0.1 and metrics["test_bleu"] > 95
    assert trained.translate("two dogs play .") == ["zwei Hunde spielen."]
    assert trained.translate(["two cats .", "three cats play ."], beam=1) == ["zwei Katzen.", "drei Katzen spielen."]


def test_bleu_is_that_of_sacrebleu(trained):
    """Of its own function, and with its signature beside it."""
    task = trained.recipe.task(trained.recipe)
    written, references = ["zwei Hunde spielen.", "eins eins"], ["zwei Hunde spielen.", "eins zwei drei"]
    assert task.bleu(written, references) == pytest.approx(sacrebleu.corpus_bleu(written, [references]).score)
    assert trained.result["bleu"].startswith("nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:")


def test_rows_of_translations(trained):
    """Tokens, scores and alignments; one sentence does not see another; an error is a row of its own."""
    sentences = ["two dogs play .", "", "zebra dogs .", " ".join(["one"] * 300)]
    rows = list(trained.translations(sentences, many=4))
    assert [set(row) == {"source", "error"} for row in rows] == [False, True, False, True]
    assert rows[1]["error"] == "it is empty" and "reads 255 at most" in rows[3]["error"]
    first = rows[0]
    assert first["tokens"] == ["zwei", "Hunde", "spielen", ".", "<eos>"] and first["ended"]
    assert first["source_tokens"] == ["two", "dogs", "play", ".", "<eos>"] and first["unknown"] == []
    assert [len(row) for row in first["alignment"]] == [5] * 5
    assert [sum(row) for row in first["alignment"]] == pytest.approx([1] * 5, rel=1e-5)
    assert len(first["others"]) == 3 and first["others"][0]["score"] <= first["score"]
    assert rows[2]["unknown"] == ["zebra"]
    (alone,) = trained.translations(sentences[:1])
    assert alone["translation"] == first["translation"] and alone["score"] == pytest.approx(first["score"], rel=1e-5)
    (greedy,) = trained.translations(sentences[:1], beam=1, alpha=0.0)
    assert greedy["score"] == greedy["log_p"] and greedy["others"] == []
    with pytest.raises(UserError, match="Sentence 2 cannot be translated: it is empty"):
        trained.translate(["one", " "])
    with pytest.raises(UserError, match=r"decoding.beam must be at least 1"):
        trained.translate("one", beam=0)


def test_the_command(trained, call, tmp_path, monkeypatch):
    """A sentence, a file and standard input; what goes wrong is told with its line, and the rest is translated."""
    assert call("translate", trained.path, "two dogs play .") == (0, "zwei Hunde spielen.\n", "")
    code, out, err = call("translate", trained.path, "two zebras play .", "--beam", 2, "--alpha", 0.0, "--json")
    (row,) = json.loads(out)
    assert code == 0 and row["score"] == row["log_p"] and err == "not known: zebras\n"
    (tmp_path / "in.txt").write_text("one\n\nthree cats play .\n", encoding="utf-8")
    code, out, err = call("translate", trained.path, "--file", tmp_path / "in.txt")
    assert code == 2 and out.count("\n") == 3 and out.endswith("\n\ndrei Katzen spielen.\n")
    assert "line 2: it is empty" in err
    monkeypatch.setattr(sys, "stdin", io.StringIO("two cats play .\none dogs play .\n"))
    assert call("translate", trained.path) == (0, "zwei Katzen spielen.\neins Hunde spielen.\n", "")
    written, drawn = tmp_path / "out.txt", tmp_path / "looks.png"
    words = ("translate", trained.path, "--file", tmp_path / "in.txt", "--out", written, "--figure", drawn)
    assert call(*words)[1] == "" and written.read_text(encoding="utf-8") == out and drawn.stat().st_size > 5000


def test_mistakes_on_the_command_line(trained, call, tmp_path, train):
    (tmp_path / "there.txt").write_text("x")
    for words, message in (
        (("a", "--file", "b"), "a sentence or --file, not both"),
        (("a", "--out", tmp_path / "there.txt"), "is there already"),
        (("--file", tmp_path / "none.txt"), "There is no file"),
        (("a", "--beam", "0"), "decoding.beam must be at least 1"),
        (("a", "--figure", "x.doc"), "ends in .png, .svg or .pdf"),
        (("",), "it is empty"),
    ):
        code, out, err = call("translate", trained.path, *words)
        assert code == 2 and message in err and out.strip() == "", words
    other = train().path
    assert "mlp does not translate" in call("translate", other, "a")[2]
    code, _, err = call("sample", trained.path)
    assert code == 2 and "firsthand translate" in err


def test_mistakes_in_recipes(run):
    for changes, message in (
        ({"order": "streams"}, "leave out order 'streams'"),
        ({"model.vocab": 3}, "model.vocab is 3 and model.source_vocab None, but the data has"),
        ({"model.length": 4}, "and the network has positions for 4: give --model.length"),
        ({"data.longest": 1}, "No pair of .* has at most 1 tokens"),
        ({"average": "checkpoints"}, "add --keep last"),
        ({"average_every": 5}, "average_count and average_every act on average 'checkpoints'"),
        ({"tokens": 0}, "tokens must be at least 1"),
    ):
        with pytest.raises(UserError, match=message):
            run("wrong", changes)


def test_long_pairs_are_left_out(run, capsys):
    task = PRESETS["laptop"].task
    found = run("short", {"data.longest": 4}).recipe
    assert "have more than 4 tokens and are not trained on" in capsys.readouterr().err
    assert int(task(found).train.lengths.max()) == 5


def test_first_weights_from_another_run(trained, run, table):
    """They come with their vocabulary; a network of other sizes is refused."""
    again = run("again", {"weights": trained.path, "model.embed": 32, "steps": 1, "data.limit": 20, "optim.lr": 0.0})
    assert again.result["metrics"]["test_loss"] == pytest.approx(trained.result["metrics"]["test_loss"], rel=1e-4)
    with pytest.raises(UserError, match="do not fit"):
        run("other", {"weights": trained.path})


def test_a_damaged_vocabulary(trained, run, tmp_path):
    fresh = run()
    path = fresh.path / "vocabulary.json"
    content = json.loads(path.read_text())
    content["target"]["tokens"].pop()
    path.write_text(json.dumps(content))
    with pytest.raises(UserError, match=r"has \d+ tokens, but the network learned \d+"):
        fresh.translate("one")


def test_padded():
    assert padded([[5], [6, 7]]).tolist() == [[5, PAD], [6, 7]]
