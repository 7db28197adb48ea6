"""Attention as first published: counts, the order of a step by hand, first weights, padding, pieces."""

from dataclasses import replace
from math import log

import pytest
import torch
from torch.testing import assert_close

from firsthand.claims.bench.copying import FIRST, VOCAB, sentences
from firsthand.data.sentences import BOS, EOS, PAD
from firsthand.nn import definitions
from firsthand.papers.bahdanau.model import Config, RNNsearch, shifted
from firsthand.papers.bahdanau.recipe import PRESETS
from firsthand.papers.bahdanau.small import SMALL as LEARNED
from firsthand.papers.bahdanau.small import swapped, swapper, swaps
from firsthand.papers.bahdanau.variants import VARIANTS
from firsthand.train.decoding import Decoding, search

SMALL = Config(vocab=VOCAB, embed=7, hidden=6, maxout=5, init="layers")
KINDS = [{}, {"attention": False}, {"state": "after"}, {"both": False}, {"source_vocab": 23}]


def pair(rows: int = 5) -> tuple[torch.Tensor, torch.Tensor]:
    """Random sentences with padding on both sides."""
    generator = torch.Generator().manual_seed(0)
    return sentences(rows, (3, 8), generator), sentences(rows, (2, 6), generator)


def network(**options: object) -> RNNsearch:
    torch.manual_seed(0)
    return RNNsearch(replace(SMALL, **options)).double().eval()


@pytest.mark.parametrize(("name", "expected"), [("RNNsearch", 80_401_000), ("RNNencdec", 68_540_000)])
def test_published_counts(name, expected):
    """All weights but biases, by the shapes of the appendix."""
    with torch.device("meta"):
        model = RNNsearch(VARIANTS[name])
    assert sum(p.numel() for n, p in model.named_parameters() if "bias" not in n) == expected


@pytest.mark.parametrize("options", KINDS)
def test_padding_changes_nothing(options):
    """More padding, and other sentences in the batch: 1e-12 is float64's rounding in another order."""
    model, (source, target) = network(**options), pair()
    plain = model(source, target)
    wide = [torch.cat([rows, torch.full((5, 5), PAD)], 1) for rows in (source, target)]
    assert_close(model(*wide)[:, : target.shape[1]], plain, rtol=0, atol=1e-12)
    for row in range(5):
        alone = source[row][source[row] != PAD][None], target[row][target[row] != PAD][None]
        assert_close(model(*alone)[0], plain[row, : alone[1].shape[1]], rtol=0, atol=1e-12)


@pytest.mark.parametrize("options", KINDS)
def test_in_pieces_as_at_once(options):
    """States of the past give what one pass gives, and the readable formulas the same."""
    model, (source, target) = network(**options), pair()
    memory, past, outputs = model.encode(source), None, []
    for tokens in shifted(target).split([1, 2, 4], 1):
        logits, past = model.decode(tokens, memory, past)
        outputs.append(logits)
    assert_close(torch.cat(outputs, 1), model(source, target), rtol=0, atol=1e-12)
    with definitions():
        assert_close(torch.cat(outputs, 1), model(source, target), rtol=0, atol=1e-12)


def test_one_word_by_the_appendix():
    """The second word of one sentence, from the matrices of A.1.2, A.2.2 and B, one by one."""
    model = network()
    source, target = torch.tensor([[4, 9, 6, EOS]]), torch.tensor([[5, 8]])
    n, state = SMALL.hidden, dict(model.named_parameters())
    h, last = model.encoder(model.source(source))
    h, s = h[0], torch.tanh(model.start.weight @ last[1, 0] + model.start.bias)
    embedded = {BOS: torch.zeros(7, dtype=torch.float64), 5: model.embedding.weight[5]}
    a = model.attention
    for before in (BOS, 5):
        e = torch.stack([a.score @ torch.tanh(a.query.weight @ s + a.key.weight @ one + a.key.bias) for one in h])
        c, y = torch.softmax(e, 0) @ h, embedded[before]
        told = torch.cat([s, y, c])
        r, z = (
            torch.sigmoid(
                state["word.weight"][rows] @ y + state["word.bias"][rows] + state["context.weight"][rows] @ c
                + state["gates.weight"][rows] @ s
            )
            for rows in (slice(0, n), slice(n, 2 * n))
        )  # fmt: skip
        new = state["word.weight"][2 * n :] @ y + state["word.bias"][2 * n :] + state["context.weight"][2 * n :] @ c
        s = (1 - z) * s + z * torch.tanh(new + state["candidate.weight"] @ (r * s))
    pairs = state["deep.weight"] @ told + state["deep.bias"]
    t = torch.stack([max(pairs[2 * j], pairs[2 * j + 1]) for j in range(5)])
    assert_close(model(source, target)[0, 1], state["output.weight"] @ t + state["output.bias"], rtol=0, atol=1e-12)


def test_the_step_has_no_part_in_its_own_word():
    """With s_(i-1) the first word knows nothing of the candidate's matrix; with s_i it does; the second does anyway."""
    source, target = pair()
    for state, moves in (("before", False), ("after", True)):
        model = network(state=state)
        plain = model(source, target)
        with torch.no_grad():
            model.candidate.weight.add_(0.3)
        changed = model(source, target)
        assert torch.equal(changed[:, 0], plain[:, 0]) is not moves
        assert not torch.equal(changed[:, 1], plain[:, 1])


def test_published_first_weights():
    """Orthogonal blocks, zeros, the two widths; every place weighs the same, and W_a and U_a have no gradient."""
    torch.manual_seed(0)
    model = RNNsearch(Config(vocab=VOCAB, embed=60, hidden=50, maxout=20)).double()
    for name in ("encoder.weight_hh_l0", "encoder.weight_hh_l0_reverse", "gates.weight", "candidate.weight"):
        for block in model.get_parameter(name).split(50):
            assert_close(block @ block.T, torch.eye(50).double(), rtol=0, atol=1e-5)  # drawn in single precision
    for name, p in model.named_parameters():
        if "bias" in name or name == "attention.score":
            assert not p.any()
        elif "attention" in name:
            assert p.std().item() == pytest.approx(0.001, rel=0.1)
        elif not name.startswith(("encoder.weight_hh", "gates", "candidate")):
            assert p.std().item() == pytest.approx(0.01, rel=0.15)
    source, target = pair()
    weights = model.alignments(source, target)
    entropy = -torch.special.xlogy(weights, weights).sum(2)
    assert_close(
        entropy[:, 0], torch.tensor([log(n) for n in (source != PAD).sum(1).tolist()]).double(), rtol=1e-6, atol=0
    )
    model(source, target).square().sum().backward()
    assert not model.attention.query.weight.grad.any() and not model.attention.key.weight.grad.any()
    assert model.attention.score.grad.any()


def test_alignments():
    """Rows sum to 1, nothing is on padding; the baseline has its one look at the last word."""
    source, target = pair()
    for options in KINDS[:4]:
        weights = network(**options).alignments(source, target)
        assert weights.shape == (5, target.shape[1], source.shape[1])
        assert_close(weights.sum(2), torch.ones(5, target.shape[1]).double(), rtol=1e-12, atol=0)
        assert not weights[(source == PAD)[:, None].expand_as(weights)].any()
    last = network(attention=False).alignments(source, target).argmax(2)
    assert torch.equal(last[:, 0], (source != PAD).sum(1) - 1)


def test_the_baseline_has_one_context():
    """Whatever was written, c is the last annotation; attention's moves."""
    source, _ = pair()
    for attention in (False, True):
        model = network(attention=attention)
        memory = model.encode(source)
        one, other = (model.look(s, memory) for s in (memory[0], memory[0] + 1))
        assert torch.equal(one, other) is not attention


def test_beams_in_a_batch_and_alone():
    """Translations do not depend on what else is searched for."""
    model, (source, _) = network(), pair()
    together = search(model, source, Decoding(beam=3, extra=4))
    for row in range(5):
        (alone,) = search(model, source[row][source[row] != PAD][None], Decoding(beam=3, extra=4))
        assert [one.tokens for one in alone] == [one.tokens for one in together[row]]


def test_swapped_tokens():
    """Of every two the second comes first; an odd last one, the end and the padding stay."""
    source = torch.tensor([[5, 6, 7, 8, EOS, PAD], [5, 6, 7, EOS, PAD, PAD], [9, EOS, PAD, PAD, PAD, PAD]])
    assert swapped(source).tolist() == [[6, 5, 8, 7, EOS, PAD], [6, 5, 7, EOS, PAD, PAD], [9, EOS, PAD, PAD, PAD, PAD]]
    assert swaps(source)[0].tolist() == [1, 0, 3, 2, 4, 5]


def test_presets():
    """Adadelta as section 4 and appendix B.2 have it, norms cut at 1, 80 sentences."""
    paper = PRESETS["paper"]
    assert (paper.optim.rho, paper.optim.eps, paper.clip, paper.batch, paper.per) == (0.95, 1e-6, 1.0, 80, "sentence")
    assert paper.data.longest == 50 and paper.model == replace(VARIANTS["RNNsearch"], vocab=None)
    assert LEARNED.vocab == FIRST + 20


@pytest.mark.slow
def test_a_swapper_learns():
    """The claims' network writes nearly all tokens rightly."""
    generator = torch.Generator().manual_seed(0)
    torch.manual_seed(0)
    model = swapper(generator)
    rows = sentences(100, (2, 10), generator, 20)
    target = swapped(rows)
    assert (model(rows, target).argmax(2) == target)[target != PAD].double().mean() > 0.9
