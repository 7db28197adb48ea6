"""Several networks as one: the mean of their probabilities, in one pass, step by step and in a search."""

import pytest
import torch
from torch.testing import assert_close

import firsthand
from firsthand.claims.bench.copying import VOCAB, sentences
from firsthand.errors import UserError
from firsthand.nn import cross_entropy
from firsthand.papers.bahdanau.model import Config as Attention
from firsthand.papers.bahdanau.model import RNNsearch
from firsthand.papers.seq2seq.model import Config, Seq2Seq, shifted
from firsthand.papers.transformer.model import Config as Heads
from firsthand.papers.transformer.model import Transformer
from firsthand.train.decoding import Decoding, search
from firsthand.train.ensemble import Ensemble, averaged


@pytest.fixture
def members() -> list[torch.nn.Module]:
    """Three networks of different kinds, whose memories have different numbers of tensors."""
    torch.manual_seed(0)
    small = {"vocab": VOCAB, "embed": 8, "hidden": 8}
    found = [
        Seq2Seq(Config(**small, layers=2, start=0.7)), RNNsearch(Attention(**small, maxout=4, init="layers")),
        Transformer(Heads(**small, heads=2, layers=1, dropout=0.0, length=20)),
    ]  # fmt: skip
    return [network.double().eval() for network in found]


def test_the_mean_of_probabilities(members):
    """By hand, for every token; and no higher loss than the members have on average (Jensen)."""
    generator = torch.Generator().manual_seed(0)
    source, target = sentences(5, (3, 8), generator), sentences(5, (6, 6), generator)
    together = Ensemble(members)
    expected = sum(torch.softmax(network(source, target), 2) for network in members) / 3
    assert_close(together(source, target).exp(), expected, rtol=1e-10, atol=1e-14)
    losses = [
        cross_entropy(network(source, target).flatten(0, 1), target.flatten()) for network in (together, *members)
    ]
    assert losses[0] < sum(losses[1:]) / 3
    assert together.length == 20 and Ensemble(members[:1]).length is None


def test_step_by_step(members):
    """Each network goes on from what it kept."""
    generator = torch.Generator().manual_seed(0)
    source, target = sentences(5, (3, 8), generator), sentences(5, (2, 6), generator)
    together = Ensemble(members)
    memory, past, outputs = together.encode(source), None, []
    for token in shifted(target).split(1, 1):
        logits, past = together.decode(token, memory, past)
        outputs.append(logits)
    assert_close(torch.cat(outputs, 1), together(source, target), rtol=0, atol=1e-12)


def test_one_network_twice_is_itself(members):
    """A search writes what it alone writes."""
    source = sentences(4, (3, 8), torch.Generator().manual_seed(0))
    options = Decoding(beam=3, extra=3)
    for network in members:
        one, two = search(network, source, options), search(Ensemble([network, network]), source, options)
        assert [[found.tokens for found in some] for some in two] == [[found.tokens for found in some] for some in one]


def test_averaged():
    """Of p = 0.9 and 0.5: 0.7."""
    logits = [torch.tensor([[[0.9, 0.1]]]).log(), torch.tensor([[[0.5, 0.5]]]).log()]
    assert_close(averaged(logits).exp(), torch.tensor([[[0.7, 0.3]]]))


def test_runs_together(tmp_path, without_figures):
    """Two runs of the same tokens translate as one; a run of other tokens is refused."""
    sizes = {"model.embed": 8, "model.hidden": 8, "model.layers": 1, "schedule.warmup": 1, "bleu_pairs": 0, "steps": 2}
    lines = [f"{one} {two}\t{two} {one}" for one in "abcdefgh" for two in "abcdefgh"]
    for name, some in (("pairs", lines), ("other", lines[:20])):
        (tmp_path / f"{name}.tsv").write_text("from\tto\n" + "\n".join(some), encoding="utf-8")
    runs = [
        firsthand.train("seq2seq", out=tmp_path / f"run{seed}", progress=False, seed=seed, data=str(tmp_path / file),
                        **sizes)
        for seed, file in enumerate(("pairs.tsv", "pairs.tsv", "other.tsv"))
    ]  # fmt: skip
    (row,) = runs[0].translations(["a b"], others=[runs[1]])
    (alone,) = runs[0].translations(["a b"], others=[runs[0]])
    assert alone["translation"] == runs[0].translate("a b")[0] and row["log_p"] < 0
    with pytest.raises(UserError, match="has other tokens than"):
        runs[0].translations(["a b"], others=[runs[2]])
