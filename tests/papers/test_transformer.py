"""The Transformer, against torch's own modules, the paper's numbers, and what must be so whatever the weights."""

from dataclasses import replace
from itertools import pairwise
from math import cos, sin, sqrt

import pytest
import torch
from torch.testing import assert_close

from firsthand.claims.bench.copying import FIRST, VOCAB, learn, right, sentences
from firsthand.data.sentences import BOS, EOS, PAD
from firsthand.layers import table
from firsthand.nn import MultiheadAttention, definitions
from firsthand.optim.schedule import inverse_sqrt
from firsthand.papers.transformer.layers import Attention
from firsthand.papers.transformer.model import Config, Transformer, shifted
from firsthand.papers.transformer.recipe import PRESETS
from firsthand.papers.transformer.variants import BASE, VARIANTS, example
from firsthand.train.decoding import Decoding, search

SMALL = Config(vocab=19, embed=12, heads=3, layers=2, hidden=17, dropout=0.0, length=30)


def pair(rows: int = 5, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Random sentences with padding on both sides."""
    generator = torch.Generator().manual_seed(seed)
    return sentences(rows, (3, 8), generator), sentences(rows, (2, 6), generator)


def network(seed: int = 0, **sizes: object) -> Transformer:
    torch.manual_seed(seed)
    return Transformer(replace(SMALL, **sizes)).double().eval()


def count(config: Config) -> int:
    with torch.device("meta"):
        return sum(p.numel() for p in Transformer(config).parameters())


def test_parameters_by_arithmetic():
    """4 d^2 a block of attention, 2 d d_ff + d_ff + d of linear maps, 2 d a norm, and one table of V d."""
    for name in ("base", "B-dk16", "C-d256", "E", "tiny"):
        config = VARIANTS[name]
        d, ff, heads, vocab = config.embed, config.hidden, config.heads, config.vocab or 1000
        queries = d if config.key_size is None else heads * config.key_size
        attention, feed = 2 * d * queries + 2 * d * d, 2 * d * ff + ff + d
        layers = config.layers * (attention + feed + 4 * d) + config.layers * (2 * attention + feed + 6 * d)
        assert count(config) == layers + vocab * d + (config.length * d if config.positions == "learned" else 0)
    assert count(BASE) == 44_101_632 + 37_000 * 512 and count(VARIANTS["big"]) == 214_171_648


def test_torchs_transformer_has_two_norms_more():
    """Its stacks have the same parameters but for biases in the heads, 4 d a block, and a last norm each."""
    theirs = torch.nn.Transformer(device="meta", batch_first=True)
    biases = 18 * 4 * 512
    assert sum(p.numel() for p in theirs.parameters()) == count(BASE) - 37_000 * 512 + biases + 2 * 2 * 512


def test_layers_of_the_table():
    """Rows sum to the whole, at any depth: parameters, and the products of 25 tokens by hand."""
    products = []
    for depth in (1, 3):
        rows = table(lambda: Transformer(BASE), lambda: example(BASE), depth)
        assert sum(row["parameters"] for row in rows) == count(BASE)
        products.append(sum(row["multiply-adds"] for row in rows))
    time, d, ff = 25, 512, 2048
    attention, feed = 4 * time * d * d + 2 * time * time * d, 2 * time * d * ff
    assert products == [6 * (attention + feed) + 6 * (2 * attention + feed) + time * d * 37_000] * 2


def test_the_rate_of_section_5_3():
    """d^-0.5 min(t^-0.5, t 4000^-1.5), t from 1: 1.747e-7 at first, 6.988e-4 at the top, 1.398e-4 in the end."""
    peak, shape = (512 * 4000) ** -0.5, inverse_sqrt(100_000, warmup=4000)
    for step, printed in ((1, 1.747e-7), (4000, 6.988e-4), (100_000, 1.398e-4)):
        assert peak * shape(step - 1) == pytest.approx(512**-0.5 * min(step**-0.5, step * 4000**-1.5))
        assert peak * shape(step - 1) == pytest.approx(printed, rel=1e-3)


@pytest.mark.parametrize(
    "options", [{}, {"norm": "pre"}, {"positions": "learned"}, {"key_size": 7}, {"source_vocab": 23}]
)
@pytest.mark.parametrize("training", [False, True])
def test_the_future_is_not_seen(options, training):
    """Another token at a place changes nothing at that place or before it, in training as in evaluation."""
    model = network(dropout=0.2 if training else 0.0, **options).train(training)
    source, target = pair()

    def outputs(target: torch.Tensor) -> torch.Tensor:
        torch.manual_seed(1)
        return model(source, target)

    plain = outputs(target)
    for place in range(target.shape[1]):
        other = target.clone()
        other[:, place] = FIRST + (other[:, place] + 1) % 9
        changed = outputs(other)
        assert torch.equal(changed[:, : place + 1], plain[:, : place + 1])
        if place + 1 < target.shape[1]:
            assert not torch.equal(changed[:, place + 1], plain[:, place + 1])


@pytest.mark.parametrize("options", [{}, {"norm": "pre"}, {"key_size": 7}, {"source_vocab": 23}])
def test_padding_changes_nothing(options):
    """More padding, and other sentences in the batch: 1e-12 is float64's rounding in another order."""
    model = network(**options)
    source, target = pair()
    plain = model(source, target)
    wide = torch.cat([source, torch.full((5, 4), PAD)], 1), torch.cat([target, torch.full((5, 2), PAD)], 1)
    assert_close(model(*wide)[:, : target.shape[1]], plain, rtol=0, atol=1e-12)
    for row in range(5):
        alone = source[row][source[row] != PAD][None], target[row][target[row] != PAD][None]
        assert_close(model(*alone)[0], plain[row, : alone[1].shape[1]], rtol=0, atol=1e-12)


@pytest.mark.parametrize("readable", [False, True])
@pytest.mark.parametrize("sizes", [(1, 1, 1, 1, 1, 1, 1), (3, 4), (7,)])
def test_in_pieces_as_at_once(sizes, readable):
    """Keys and values of the past give what one pass gives."""
    model, (source, target) = network(), pair()
    memory, past, outputs = model.encode(source), None, []
    for tokens in shifted(target).split(list(sizes), 1):
        logits, past = model.decode(tokens, memory, past)
        outputs.append(logits)
    if readable:
        with definitions():
            assert_close(torch.cat(outputs, 1), model(source, target), rtol=0, atol=1e-12)
    assert_close(torch.cat(outputs, 1), model(source, target), rtol=0, atol=1e-12)


def test_one_table_three_times():
    """The gradient of the shared table is the sum of those of three tables that are equal."""
    model, (source, target) = network(), pair()
    model(source, target).square().sum().backward()
    tables = [torch.nn.Parameter(model.embedding.weight.detach().clone()) for _ in range(3)]
    apart = network(source_vocab=19)
    apart.load_state_dict(model.state_dict() | {"source.weight": tables[0].detach()})
    apart.source.weight, apart.embedding.weight = tables[0], tables[1]
    memory = apart.encode(source)
    y = model.decode(shifted(target), memory)[0]  # for the shape
    hidden = []
    handle = apart.decoder[-1].register_forward_hook(lambda *seen: hidden.append(seen[2][0]))
    apart.decode(shifted(target), memory)
    handle.remove()
    logits = hidden[0] @ tables[2].T
    assert logits.shape == y.shape
    logits.square().sum().backward()
    assert_close(sum(one.grad for one in tables), model.embedding.weight.grad, rtol=1e-10, atol=1e-12)


def test_what_goes_into_the_stacks():
    """sqrt(d) times the row of the token, plus sines and cosines by hand."""
    model = network()
    found = model.embed(torch.tensor([[5, 9]]), model.embedding, 3)[0]
    for place, token in ((3, 5), (4, 9)):
        for i in range(6):
            angle = place / 10_000 ** (2 * i / 12)
            row = sqrt(12) * model.embedding.weight[token]
            assert found[place - 3, 2 * i].item() == pytest.approx(row[2 * i].item() + sin(angle), abs=1e-6)
            assert found[place - 3, 2 * i + 1].item() == pytest.approx(row[2 * i + 1].item() + cos(angle), abs=1e-6)


def test_first_weights():
    """Scaled lookups have variance 1; matrices keep to Glorot's bound, biases are 0, norms start from 1."""
    torch.manual_seed(0)
    model = Transformer(Config(embed=128, heads=4, layers=1, hidden=256))
    assert (sqrt(128) * model.embedding.weight).std().item() == pytest.approx(1, abs=0.02)
    assert shifted(torch.tensor([[7, 8, EOS]])).tolist() == [[BOS, 7, 8]]
    for name, p in model.named_parameters():
        if name.endswith("norm.weight"):
            assert (p == 1).all()
        elif name.endswith("bias"):
            assert not p.any()
        elif "embedding" not in name:
            bound = sqrt(6 / sum(p.shape))
            assert 0.95 * bound < p.abs().max() <= bound


def test_heads_with_keys_of_another_size():
    """Row B of table 3: every head by the formula; with the usual size it is what it was."""
    torch.manual_seed(0)
    heads, d, size = 3, 12, 5
    ours, x = Attention(d, heads, size).double(), torch.randn(2, 7, d, dtype=torch.float64)
    w_q, w_k, w_v = ours.in_proj_weight.split([heads * size, heads * size, d])
    found = []
    for head in range(heads):
        q, k = (x @ w[head * size : (head + 1) * size].T for w in (w_q, w_k))
        v = x @ w_v[head * 4 : (head + 1) * 4].T
        found.append(torch.softmax(q @ k.mT / sqrt(size), -1) @ v)
    expected = torch.cat(found, -1) @ ours.out_proj.weight.T
    assert_close(ours(x)[0], expected, rtol=1e-10, atol=1e-12)
    plain = MultiheadAttention(d, heads, bias=False, key_size=size).double()
    plain.load_state_dict(ours.state_dict())
    assert_close(plain(x), expected, rtol=1e-10, atol=1e-12)
    assert plain.in_proj_weight.shape == (2 * heads * size + d, d)


def test_maps_are_the_weights_that_were_used():
    """Rows sum to 1, nothing is on padding or on the future, and outputs are the same with them and without."""
    model, (source, target) = network(), pair()
    maps = model.maps(source, target)
    assert {name: [tuple(one.shape) for one in found] for name, found in maps.items()} == {
        "source": [(5, 3, 9, 9)] * 2, "target": [(5, 3, 7, 7)] * 2, "from target to source": [(5, 3, 7, 9)] * 2,
    }  # fmt: skip
    for name, found in maps.items():
        for weights in found:
            assert_close(weights.sum(-1), torch.ones_like(weights[..., 0]), rtol=1e-10, atol=0)
            padded = (
                (source == PAD)[:, None, None].expand_as(weights) if name != "target" else torch.ones(7, 7).triu(1) > 0
            )
            assert not weights.masked_select(padded).any()
    seen = []
    with_maps = model.decode(shifted(target), model.encode(source, seen), seen=seen)[0]
    assert_close(with_maps, model(source, target), rtol=1e-10, atol=1e-12)
    assert_close(model.alignments(source, target), torch.stack(maps["from target to source"]).mean((0, 2)))


def test_beams_of_the_network():
    """A sentence's translations are the same alone, in a batch, and without a cache."""
    model, (source, _) = network(), pair()
    options = Decoding(beam=3, extra=4)
    together, again = (search(model, source, one) for one in (options, replace(options, cache=False)))
    for row in range(5):
        (alone,) = search(model, source[row][source[row] != PAD][None], options)
        for others in (alone, again[row]):
            assert [one.tokens for one in others] == [one.tokens for one in together[row]]
            assert [one.score for one in others] == pytest.approx([one.score for one in together[row]], rel=1e-5)


def test_copying():
    """Sentences are ended and filled up; a small network learns to copy four tokens."""
    generator = torch.Generator().manual_seed(0)
    rows = sentences(200, (2, 5), generator)
    assert rows.shape == (200, 6) and set((rows != PAD).sum(1).tolist()) == {3, 4, 5, 6}
    for row in rows.tolist():
        assert all(token >= FIRST for token in row[: row.index(EOS)]) and not any(row[row.index(EOS) + 1 :])
    torch.manual_seed(0)
    model = Transformer(Config(vocab=VOCAB, embed=32, heads=2, layers=1, hidden=64, dropout=0.0, length=9))
    losses = list(learn(model, lambda step: 0.01 * min(step / 20, 1), (4, 4), 120, generator))
    assert losses[0] > 2 and losses[-1] < 0.5 and right(model, 4, generator) > 0.8


def test_presets():
    """The paper's betas, eps and smoothing; the network of Wu et al. has 1,325,056 parameters beside its table."""
    for recipe in PRESETS.values():
        assert (recipe.optim.betas, recipe.optim.eps, recipe.label_smoothing) == ((0.9, 0.98), 1e-9, 0.1)
        assert recipe.decoding.alpha == 0.6
    tiny = PRESETS["paper"].model
    assert count(tiny) - 1000 * tiny.embed == 1_318_912  # theirs, plus 48 biases of 128 in the heads
    assert 1_318_912 + 12 * 4 * 128 == 1_325_056
    assert all(one != other for one, other in pairwise(VARIANTS.values()))
