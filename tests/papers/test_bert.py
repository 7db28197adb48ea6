"""BERT: hidden words, spans, padding, published weights, fine-tuning, and what a user does with a run."""

import json
from dataclasses import replace
from math import sqrt
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from scipy import stats

import firsthand
from firsthand.data.documents import Documents
from firsthand.data.labelled import Labelled
from firsthand.data.wordpiece import SPECIAL, WordPiece
from firsthand.errors import UserError
from firsthand.papers.bert import VARIANTS, weights
from firsthand.papers.bert.finetuning import FineTuning, correlations
from firsthand.papers.bert.masking import NOTHING, masked
from firsthand.papers.bert.model import BERT, Config
from firsthand.papers.bert.reading import Reader
from firsthand.papers.bert.recipe import PRESETS, Recipe
from firsthand.papers.bert.spans import inputs, pairs, rows, shortened

WORDS = WordPiece((*SPECIAL, *"the a man woman dog went ran to store park . , ##s house".split()))
SMALL = Config(vocab=len(WORDS), hidden=16, layers=2, heads=2, length=32)
TEXT = "The man went to the store. A dog ran to the park! The woman went to a house? "


@pytest.fixture
def network() -> BERT:
    torch.manual_seed(0)
    return BERT(SMALL).eval()


@pytest.mark.parametrize(
    ("variant", "encoder", "whole"),
    [
        ("base", 109_482_240, 110_106_428),
        ("large", 335_141_888, 336_226_108),
        ("tiny", 4_385_920, None),
        ("mini", 11_170_560, None),
        ("small", 28_763_648, None),
        ("medium", 41_373_184, None),
    ],
)
def test_published_counts(variant, encoder, whole):
    """Those that transformers 5 counts: of the encoder with its pooler, and with both heads of pre-training."""
    with torch.device("meta"):
        made = BERT(VARIANTS[variant])
    assert sum(p.numel() for p in made.encoder.parameters()) == encoder
    assert whole in (None, sum(p.numel() for p in made.parameters()))


def test_words_are_hidden_as_the_paper_says():
    """15 % of places, of which 80, 10 and 10 % are masked, random and left: chi-square over 1e5 tokens, p above 1e-3.

    A token drawn at random is the one that stood there with probability 1 / vocab.
    """
    vocabulary = WordPiece((*SPECIAL, *(f"w{i}" for i in range(995))))
    generator = torch.Generator().manual_seed(0)
    tokens = torch.randint(5, 1000, (1000, 102), generator=generator)
    tokens[:, 0], tokens[:, -1] = 2, 3
    shown, hidden = masked(tokens, vocabulary, generator)
    chosen = hidden != NOTHING
    assert (chosen.sum(1) == 15).all() and not chosen[:, [0, -1]].any()
    assert torch.equal(hidden[chosen], tokens[chosen]) and torch.equal(shown[~chosen], tokens[~chosen])
    as_mask, same = (shown == 4)[chosen].sum().item(), (shown == tokens)[chosen].sum().item()
    counts = [as_mask, same, 15_000 - as_mask - same]
    expected = [15_000 * share for share in (0.8 + 1e-4, 0.1 + 1e-4, 0.1 - 2e-4)]
    assert stats.chisquare(counts, expected).pvalue > 1e-3
    places = chosen[:, 1:-1].sum(0)
    assert stats.chisquare(places).pvalue > 1e-3  # every place alike
    others = shown[chosen & (shown != 4) & (shown != tokens)]
    assert len(others.unique()) > 600 and others.min() < 5  # from the whole vocabulary, special tokens too


def test_one_word_at_least_is_hidden_and_never_padding():
    tokens = torch.tensor([[2, 7, 3, 0, 0], [2, 8, 9, 10, 3]])
    _, hidden = masked(tokens, WORDS, torch.Generator().manual_seed(0))
    assert hidden[0].tolist() == [NOTHING, 7, NOTHING, NOTHING, NOTHING]
    assert (hidden[1] != NOTHING).sum() == 1


def test_padding_changes_nothing(network):
    """Rows beside longer ones; 1e-6 is float32's rounding at values near 1."""
    alone = inputs(["the man went"], None, WORDS, 32)
    beside = inputs(["the man went", "the woman went to the store , the dog to the park ."], None, WORDS, 32)
    width = alone.shape[2]
    assert torch.allclose(network(alone)[0], network(beside)[0, :width], atol=1e-6)


def test_a_label_on_padding_never_changes_the_loss(network):
    task = PRESETS["laptop"].task.without_data(PRESETS["laptop"])
    batch = inputs(["the man", "the woman went to the store"], None, WORDS, 32)
    targets = torch.full((2, batch.shape[2] + 1), NOTHING)
    targets[:, 0], targets[:, 3] = 0, 7
    before = task.loss(network, (batch, targets))
    padded = batch[:, 0] == 0
    assert padded.any()
    targets[:, 1:][padded] = 9
    assert task.loss(network, (batch, targets)) == before


def test_both_ends_share_one_table(network):
    """A word's vector is what goes in and what logits are made with, also after a change of precision."""
    copy = network.double()
    states = torch.eye(16, dtype=torch.float64)
    before = copy.words(states)
    with torch.no_grad():
        copy.encoder.embedding.weight[7] += 1.0
    changed = (copy.words(states) - before).abs().sum(0)
    assert changed[7] > 0 and changed.sum() == changed[7]


def test_first_weights():
    """Cut at two deviations, so that a deviation of 0.02 becomes 0.0176; within 1 % for a million draws."""
    found = BERT(Config(vocab=8000, hidden=128, layers=1, heads=2)).encoder.embedding.weight
    assert found.abs().max() <= 0.04 and found.std().item() == pytest.approx(0.02 * 0.8796, rel=0.01)


def test_left_to_right_sees_no_future():
    torch.manual_seed(0)
    network = BERT(replace(SMALL, causal=True)).eval()
    one, other = (inputs([text], None, WORDS, 32) for text in ("the man went to", "the man went ."))
    assert torch.allclose(network(one)[:, :4], network(other)[:, :4], atol=1e-6)


def test_examples_of_two_spans():
    """Lengths, segments, and half of the second spans from elsewhere; a real one goes on where the first ends."""
    documents = [[[100 * d + s] * 3 for s in range(1, 40)] for d in range(1, 9)]
    spec = Documents(length=32, short=0.0)
    from random import Random

    found = list(pairs(documents, spec, Random(0)))
    assert all(len(a) + len(b) <= 29 and a and b for a, b, _ in found)
    for a, b, elsewhere in found:
        assert (a[0] // 100 == b[0] // 100) != elsewhere
        assert elsewhere or b[0] - a[-1] in (0, 1)
    share = sum(elsewhere for *_, elsewhere in found) / len(found)
    assert abs(share - 0.5) < 4 * sqrt(0.25 / len(found))
    same = list(pairs(documents, replace(spec, negatives="same document"), Random(0)))
    assert all(a[0] // 100 == b[0] // 100 for a, b, _ in same)
    (row,) = rows([([7, 8], [9])], WORDS)
    assert row.tolist() == [[2, 7, 8, 3, 9, 3], [0, 0, 0, 0, 1, 1]]
    assert shortened([1, 2, 3], [4], 3) == ([1, 2], [4])


def test_our_tokens_are_those_of_transformers(tmp_path, torchvision_imports):
    transformers = pytest.importorskip("transformers")
    texts = [
        "The man's dogs, hélas, RAN!", "日本 dog", "a\u00a0b\tc\u200bd", "x" * 120, "[MASK] the [SEP]", "",
        "naïve—Ünïted", "don't 3.14 ``quoted'' <unk>", "\ufffd man\u2028woman",
    ]  # fmt: skip
    known = WordPiece.of([*texts, TEXT] * 3, 120)
    for lower in (True, False):
        path = tmp_path / "vocab.txt"
        path.write_text("\n".join(known.tokens) + "\n", encoding="utf-8")
        theirs = transformers.BertTokenizer.from_pretrained(_tokenizer(tmp_path, lower))
        ours = WordPiece.read(path, lower)
        assert ours.encode(texts) == [theirs(text, add_special_tokens=False)["input_ids"] for text in texts]


def _tokenizer(folder: Path, lower: bool) -> str:
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "BertTokenizer", "do_lower_case": lower, "model_max_length": 512})
    )
    return str(folder)


SAID = {
    "model_type": "bert", "vocab_size": len(WORDS), "hidden_size": 16, "num_hidden_layers": 2,
    "num_attention_heads": 2, "intermediate_size": 24, "max_position_embeddings": 32, "type_vocab_size": 2,
}  # fmt: skip


def published(folder: Path, model: torch.nn.Module, old: bool = False, **said: object) -> Path:
    """A folder as Hugging Face has it, with the names of today or of files that were converted from TensorFlow."""
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(SAID | said))
    (folder / "vocab.txt").write_text("\n".join(WORDS.tokens) + "\n", encoding="utf-8")
    tensors = {name: value.clone() for name, value in model.state_dict().items()}
    if old:
        tensors = {
            name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): value
            for name, value in tensors.items()
        } | {"bert.embeddings.position_ids": torch.arange(32)[None]}
    save_file(tensors, folder / "model.safetensors")
    return folder


@pytest.mark.parametrize("old", [False, True])
def test_published_weights_compute_what_transformers_does(tmp_path, torchvision_imports, old):
    """Random weights, in evaluation mode, padding and both segments included; 1e-5 is float32's rounding."""
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(0)
    theirs = transformers.BertForPreTraining(transformers.BertConfig(**SAID)).eval()
    for parameter in theirs.parameters():  # biases and norms, too
        torch.nn.init.normal_(parameter, std=0.3)
    reader = weights.Start.of_folder(published(tmp_path / "hf", theirs, old)).reader()
    read = reader.inputs(["the man", "the woman went to the store"], ["the dogs ran .", "a park"])
    tokens, segments = read.unbind(1)
    with torch.no_grad():
        wanted = theirs(tokens, (tokens != 0).long(), segments)
        states = reader.network(read)
        kept = tokens != 0
        assert torch.allclose(reader.network.words(states)[kept], wanted.prediction_logits[kept], atol=1e-5, rtol=1e-5)
        assert torch.allclose(reader.network.follows(states), wanted.seq_relationship_logits, atol=1e-5, rtol=1e-5)


def test_published_weights_without_heads(tmp_path, torchvision_imports):
    """An encoder alone makes vectors, begins a fine-tuning, and cannot fill in words."""
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(0)
    theirs = transformers.BertModel(transformers.BertConfig(**SAID)).eval()
    folder = published(tmp_path / "hf", theirs)
    reader = weights.Start.of_folder(folder).reader()
    with torch.no_grad():
        wanted = theirs(reader.inputs(["the man went"])[:, 0]).last_hidden_state.mean(1)
    assert torch.allclose(reader.embed(["the man went"]), wanted, atol=1e-5)
    with pytest.raises(UserError, match="no head that says words"):
        reader.fill(["the [MASK]"])
    table = labelled(tmp_path / "dogs.csv")
    run = firsthand.train("bert", "cola", data=table, weights=folder, out=tmp_path / "run", progress=False,
                          **tuning("said"))  # fmt: skip
    assert run.recipe.model.hidden == 16 and run.recipe.model.vocab == len(WORDS)
    assert run.label("the dog ran")[0]["label"] in ("yes", "no")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"model_type": "gpt2"}, "model_type 'gpt2'"),
        ({"hidden_act": "relu"}, "hidden_act 'relu'"),
        ({"vocab_size": 7}, "tokens, and the network"),
        ({"hidden_size": 32}, "does not fit"),
        ({"num_hidden_layers": "two"}, "damaged"),
    ],
)
def test_folders_that_do_not_work(tmp_path, network, said, words):
    folder = published(tmp_path / "hf", network, **said)
    with pytest.raises(UserError, match=words):
        weights.Start.of_folder(folder).reader()


def test_a_vocabulary_that_is_none(tmp_path):
    (tmp_path / "vocab.txt").write_text("a\nb\n")
    with pytest.raises(UserError, match=r"lacks \[PAD\]"):
        WordPiece.read(tmp_path / "vocab.txt")
    (tmp_path / "vocab.txt").write_text("\n".join([*SPECIAL, "a", "a"]))
    with pytest.raises(UserError, match="distinct"):
        WordPiece.read(tmp_path / "vocab.txt")


def labelled(path: Path, other: bool = False) -> Path:
    """A table that is learned at once: dogs are yes, women no."""
    lines = ["text,other,said" if other else "text,said"]
    for number in range(60):
        who = "dog" if number % 2 else "woman"
        lines.append(f"the {who} ran" + (",to the park" if other else "") + (",yes" if number % 2 else ",no"))
    path.write_text("\n".join(lines) + "\n")
    return path


def tuning(label: str, **more: object) -> dict:
    """A fine-tuning of a second."""
    return {"steps": 40, "eval_every": 20, "optim.lr": 0.003, "schedule.warmup": 4, "data.label": label,
            "data.text": "text", "data.length": 16, "threads": 1} | more  # fmt: skip


@pytest.fixture(scope="module")
def pretrained(tmp_path_factory) -> firsthand.Run:
    """A run on a text of a few kilobytes."""
    folder = tmp_path_factory.mktemp("bert")
    (folder / "text.txt").write_text(TEXT * 100)
    return firsthand.train(
        "bert", data=folder / "text.txt", out=folder / "run", progress=False, steps=60, batch=16, eval_every=30,
        threads=1, **{"model.hidden": 32, "model.length": 24, "data.length": 24, "data.size": 60, "optim.lr": 0.003,
                      "model.std": 0.1, "schedule.warmup": 6},
    )  # fmt: skip


def test_a_users_text(pretrained):
    metrics = pretrained.result["metrics"]
    assert metrics["val_loss"] < 3.5 and metrics["val_perplexity"] > 1 and 0 <= metrics["val_next_error"] <= 1
    (row,) = pretrained.fill("the man went to the [MASK].", many=3)
    assert len(row["guesses"]) == 1 and len(row["guesses"][0]) == 3 and "[MASK]" not in row["filled"]
    assert pretrained.embed(["the man", "a dog"]).shape == (2, 32)
    with pytest.raises(UserError, match="fine-tuned"):
        pretrained.label("the man")
    with pytest.raises(UserError, match=r"no \[MASK\]"):
        pretrained.fill("the man")


def test_fine_tuning_from_a_run(pretrained, tmp_path):
    """It takes the run's network and vocabulary; a pair has segments of its own."""
    run = firsthand.train("bert", "cola", data=labelled(tmp_path / "pairs.csv", other=True), weights=pretrained.path,
                          out=tmp_path / "run", progress=False, **tuning("said") | {"data.other": "other"})  # fmt: skip
    assert run.recipe.model.hidden == 32 and run.result["metrics"]["test_error"] == 0
    rows = run.label(["the dog ran", "the woman ran"], ["to the park", "to the park"])
    assert [row["label"] for row in rows] == ["yes", "no"]
    assert firsthand.resume(run.path, steps=45, progress=False).result["steps"] == 45


def test_numbers_instead_of_classes(tmp_path):
    lines = ["text,number", *(f"the {'dog' if i % 2 else 'man'} ran,{i % 2 * 3}.5" for i in range(60))]
    (tmp_path / "t.csv").write_text("\n".join(lines))
    run = firsthand.train("bert", "sts-b", data=tmp_path / "t.csv", out=tmp_path / "run", progress=False,
                          **tuning("number", **{"data.number": True, "model.hidden": 32, "model.layers": 1,
                                                "model.heads": 2, "data.size": 60}))  # fmt: skip
    assert run.result["metrics"]["val_pearson"] > 0.95 and run.result["metrics"]["val_spearman"] > 0.8  # two values
    assert isinstance(run.label("the dog ran")[0]["label"], float)


def test_correlations_are_scipys():
    one, two = torch.tensor([1.0, 2.0, 3.0, 4.0]).double(), torch.tensor([1.0, 3.0, 2.0, 4.0]).double()
    assert correlations(one, two)["spearman"] == pytest.approx(0.8)
    assert correlations(torch.ones(4), two) == {"pearson": 0.0, "spearman": 0.0}


@pytest.mark.parametrize(
    ("table", "options", "words"),
    [
        ("text,said\na,\n" * 6, {}, "empty cell"),
        ("text,said\n" + "a,yes\n" * 20, {}, "one label only"),
        ("text,said\n" + "a,yes\n" * 3, {}, "at least 10"),
        ("text,said\n" + "a,yes\nb,no\n" * 20, {"label": "sad"}, "did you mean 'said'"),
        ("text,said\n" + "a,yes\nb,no\n" * 20, {"number": True}, "which is no number"),
        ("text,said\n" + "\n".join(f"a,{i}" for i in range(40)), {}, "--data.number"),
    ],
)
def test_tables_that_do_not_work(tmp_path, table, options, words):
    (tmp_path / "t.csv").write_text(table)
    with pytest.raises(UserError, match=words):
        Labelled(str(tmp_path / "t.csv"), **({"text": "text", "label": "said"} | options)).load()


def test_glue_as_it_lies(tmp_path, monkeypatch):
    """The layouts of the published files; what is not there is asked for with its address."""
    monkeypatch.setenv("FIRSTHAND_DATA", str(tmp_path))
    with pytest.raises(UserError, match="gluebenchmark"):
        Labelled("rte").load()
    (tmp_path / "glue" / "RTE").mkdir(parents=True)
    head = "index\tsentence1\tsentence2\tlabel\n"
    rows = '0\tHe said "yes.\tHe spoke.\tentailment\n1\tA dog ran.\tA man ran.\tnot_entailment\n'
    for name in ("train", "dev"):
        (tmp_path / "glue" / "RTE" / f"{name}.tsv").write_text(head + rows)
    sets = Labelled("rte").load()
    assert sets.train[0] == ('He said "yes.', "He spoke.", "entailment") and sets.test is None
    assert sets.classes == ("entailment", "not_entailment")
    (tmp_path / "glue" / "RTE" / "dev.tsv").write_text(head + "0\tone\n")
    with pytest.raises(UserError, match="line 2 has 2 columns"):
        Labelled("rte").load()


def test_texts_that_are_too_short(tmp_path):
    (tmp_path / "t.txt").write_text("One sentence. Two.")
    with pytest.raises(UserError, match="at least 20"):
        Documents(str(tmp_path / "t.txt")).load()


def test_recipes_that_do_not_work():
    with pytest.raises(UserError, match="sum to at most 1"):
        Recipe(mix=(0.8, 0.3))


def test_the_commands(pretrained, tmp_path, call):
    code, out, _ = call("fill", pretrained.path, "the man went to the [MASK].", "--many", 2, "--json")
    assert code == 0 and len(json.loads(out)[0]["guesses"][0]) == 2
    code, out, _ = call("fill", pretrained.path, "the [MASK].")
    assert code == 0 and "%" in out
    code, out, _ = call("embed", pretrained.path, "the man", "the man", "a dog", "--out", tmp_path / "v.safetensors")
    assert code == 0 and out.count(" 1.000") == 2 and (tmp_path / "v.safetensors").exists()
    assert call("embed", pretrained.path, "a", "--out", tmp_path / "v.safetensors")[0] == 2
    code, _, err = call("fill", pretrained.path)
    assert code == 2 and "Give texts" in err
    code, _, err = call("label", pretrained.path, "the man")
    assert code == 2 and "fine-tuned" in err


def test_attention_is_that_of_the_network(network):
    """Weights of every head sum to 1 and are 0 on padding."""
    maps = Reader(network, WORDS).maps(inputs(["the man", "the woman went to"], None, WORDS, 32))
    assert len(maps) == 2
    assert torch.allclose(maps[1].sum(-1), torch.ones(()), atol=1e-6) and not maps[1][0, :, :, 4:].any()


def test_tasks_of_other_data_are_refused(pretrained, tmp_path):
    (tmp_path / "weights.bin").write_bytes(b"x")
    with pytest.raises(UserError, match="give the folder"):
        FineTuning.origin(tmp_path / "weights.bin", firsthand.load)
