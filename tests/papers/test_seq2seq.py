"""Sequence to sequence: the published counts, words that are turned round, states handed over, and pieces."""

from dataclasses import replace

import pytest
import torch
from torch.testing import assert_close

from firsthand.claims.bench.copying import FIRST, VOCAB, bleu, learn, said, sentences
from firsthand.data.sentences import EOS, PAD
from firsthand.nn import definitions
from firsthand.optim.schedule import step as drops
from firsthand.papers.seq2seq.model import Config, Seq2Seq, backwards, shifted
from firsthand.papers.seq2seq.recipe import EPOCH, PRESETS
from firsthand.papers.seq2seq.small import TOKENS, copier
from firsthand.papers.seq2seq.variants import VARIANTS, example
from firsthand.train.decoding import Decoding, search

SMALL = Config(vocab=VOCAB, embed=7, hidden=9, layers=2, start=0.5)
CELLS = [{}, {"cell": "peephole"}, {"cell": "gru", "context": True, "reverse": False}, {"source_vocab": 23}]


def pair(rows: int = 5) -> tuple[torch.Tensor, torch.Tensor]:
    """Random sentences with padding on both sides."""
    generator = torch.Generator().manual_seed(0)
    return sentences(rows, (3, 8), generator), sentences(rows, (2, 6), generator)


def network(**options: object) -> Seq2Seq:
    torch.manual_seed(0)
    return Seq2Seq(replace(SMALL, **options)).double().eval()


def count(config: Config, matrices: bool = False) -> int:
    with torch.device("meta"):
        return sum(p.numel() for p in Seq2Seq(config).parameters() if p.ndim > 1 or not matrices)


def test_published_counts():
    """384 million in the paper, without biases; of the GRU 789,504 in the encoder and 986,112 in the decoder."""
    assert count(VARIANTS["paper"], matrices=True) == 384_000_000
    assert count(VARIANTS["d2l"]) == 789_504 + 986_112 + 2 * 256 * 256 + 257 * 256
    assert [tokens.shape for tokens in example(SMALL)] == [(1, 25), (1, 25)]


def test_words_are_turned_round():
    """Row by row, before the end, which stays; padding stays, too; twice is as before."""
    source = torch.tensor([[5, 6, 7, EOS, PAD, PAD], [8, EOS, PAD, PAD, PAD, PAD], [4, 5, 6, 7, 8, EOS]])
    lengths = (source != PAD).sum(1)
    found = backwards(source, lengths)
    assert found.tolist() == [[7, 6, 5, EOS, PAD, PAD], [8, EOS, PAD, PAD, PAD, PAD], [8, 7, 6, 5, 4, EOS]]
    assert torch.equal(backwards(found, lengths), source)


def test_backwards_is_forwards_on_turned_words():
    """The two readings are one network, on sources that are turned round by hand."""
    source, target = pair()
    one, other = network(), network(reverse=False)
    turned = [[*[t for t in row if t not in (PAD, EOS)][::-1], EOS] for row in source.tolist()]
    turned = torch.tensor([row + [PAD] * (source.shape[1] - len(row)) for row in turned])
    assert torch.equal(one(source, target), other(turned, target))


@pytest.mark.parametrize("options", CELLS)
def test_padding_changes_nothing(options):
    """More padding, and other sentences in the batch: 1e-12 is float64's rounding in another order."""
    model, (source, target) = network(**options), pair()
    plain = model(source, target)
    wide = [torch.cat([rows, torch.full((5, 3), PAD)], 1) for rows in (source, target)]
    assert_close(model(*wide)[:, : target.shape[1]], plain, rtol=0, atol=1e-12)
    for row in range(5):
        alone = source[row][source[row] != PAD][None], target[row][target[row] != PAD][None]
        assert_close(model(*alone)[0], plain[row, : alone[1].shape[1]], rtol=0, atol=1e-12)


@pytest.mark.parametrize("options", CELLS)
@pytest.mark.parametrize("sizes", [(1,) * 7, (3, 4)])
def test_in_pieces_as_at_once(options, sizes):
    """States of the past give what one pass gives, and the readable formulas the same."""
    model, (source, target) = network(**options), pair()
    memory, past, outputs = model.encode(source), None, []
    for tokens in shifted(target).split(list(sizes), 1):
        logits, past = model.decode(tokens, memory, past)
        outputs.append(logits)
    assert_close(torch.cat(outputs, 1), model(source, target), rtol=0, atol=1e-12)
    with definitions():
        assert_close(torch.cat(outputs, 1), model(source, target), rtol=0, atol=1e-12)


def test_all_that_passes_is_v():
    """Of the paper's network 8,000 numbers; two sources with the same v are the same to the decoder."""
    model, (source, target) = network(), pair()
    memory = model.encode(source)
    assert [tuple(part.shape) for part in memory] == [(5, 2, 9)] * 2
    swapped = tuple(part.flip(0) for part in memory)
    tokens = shifted(target)
    expected = model.decode(tokens.flip(0), memory)[0]
    assert_close(model.decode(tokens, swapped)[0].flip(0), expected, rtol=0, atol=1e-12)


def test_beams_in_a_batch_and_alone():
    """Translations do not depend on what else is searched for; a beam of one takes the likeliest token each time."""
    model, (source, _) = network(), pair()
    together = search(model, source, Decoding(beam=3, extra=4))
    for row in range(5):
        (alone,) = search(model, source[row][source[row] != PAD][None], Decoding(beam=3, extra=4))
        assert [one.tokens for one in alone] == [one.tokens for one in together[row]]


def test_first_weights():
    """All from U(-0.08, 0.08), biases too."""
    torch.manual_seed(0)
    for p in Seq2Seq(Config(embed=100, hidden=100, layers=1)).parameters():
        assert 0.07 < p.abs().max() <= 0.08 and abs(p.mean()) < 0.02


def test_the_published_schedule():
    """0.7 for five epochs, then halved every half epoch: five times in 7.5 epochs."""
    recipe = PRESETS["paper"]
    assert recipe.schedule.drops == tuple(round(EPOCH * epochs) for epochs in (5, 5.5, 6, 6.5, 7))
    shape = drops(recipe.steps, drops=recipe.schedule.drops, factor=0.5)
    rates = [0.7 * shape(round(EPOCH * epoch) + 1) for epoch in (0, 4.9, 5.2, 7.4)]
    assert rates == pytest.approx([0.7, 0.7, 0.35, 0.7 / 32])
    assert (recipe.per, recipe.clip, recipe.batch, recipe.decoding.alpha) == ("sentence", 5.0, 128, 0.0)


def test_a_loss_a_sentence():
    """The sum over tokens and the mean over sentences: the mean over tokens, times tokens a sentence."""
    recipe = replace(PRESETS["laptop"], model=SMALL)
    batch = pair()
    tasks = [recipe.task.without_data(replace(recipe, per=per)) for per in ("token", "sentence")]
    token, sentence = (task.loss(network(), batch) for task in tasks)
    assert_close(sentence, token * (batch[1] != PAD).sum() / 5)
    assert tasks[1].weight(torch.arange(7)) == 7


def test_what_claims_train():
    """Sentences of more tokens; a copy has BLEU 100, another sentence less; losses fall."""
    generator = torch.Generator().manual_seed(0)
    rows = sentences(50, (6, 6), generator, TOKENS)
    assert FIRST <= rows[:, 0].min() and VOCAB <= rows.max() < FIRST + TOKENS and said([4, 5]) == "w4 w5"
    model = Seq2Seq(Config(vocab=VOCAB, embed=16, hidden=32, layers=1))
    losses = list(learn(model, lambda step: 0.01, (2, 3), 150, generator, translated=lambda rows: rows, clip=5.0))
    assert losses[-1] < 0.7 * losses[0]

    class Copy(Seq2Seq):
        def encode(self, source):
            return (source,)

        def decode(self, tokens, memory, past=None):
            place = 0 if past is None else int(past[0][0, 0])
            logits = torch.full((len(tokens), 1, VOCAB + 10), -50.0)
            logits.scatter_(2, memory[0][:, place, None, None], 50.0)
            return logits, (torch.full((len(tokens), 1), place + 1),)

    assert bleu(Copy(Config(embed=2, hidden=2)), rows, rows) == (pytest.approx(100), 1.0)
    score, whole = bleu(Copy(Config(embed=2, hidden=2)), rows, rows.roll(1, 0))
    assert score < 50 and whole < 0.1


@pytest.mark.slow
def test_a_copier_learns():
    """The claims' network: half of the loss at least is gone."""
    model, losses = copier(32, True, torch.Generator().manual_seed(0), 0)
    assert losses[-1] < losses[0] and model.reverse
