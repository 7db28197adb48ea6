"""Self-attention against its identities: symmetries, masks, caches, heads, and the arithmetic of positions."""

from math import log, pi, sqrt

import pytest
import torch
from torch.testing import assert_close

import firsthand
from firsthand.errors import UserError
from firsthand.nn import cross_entropy, scaled_dot_product_attention, sinusoids
from firsthand.papers.selfattention.claims import CLAIMS
from firsthand.papers.selfattention.claims.characters import contestant
from firsthand.papers.selfattention.claims.order import before
from firsthand.papers.selfattention.claims.path import first_token, path
from firsthand.papers.selfattention.claims.recall import pairs
from firsthand.papers.selfattention.claims.saturation import HIGHEST, saturation
from firsthand.papers.selfattention.lookups import two_lookups
from firsthand.papers.selfattention.model import Block, Config, SelfAttentionNetwork, attend

POSITIONS = ("sinusoidal", "learned", "none")
SMALL = Config(vocab=11, context=13, embed=6, heads=3, layers=2, hidden=7)


def network(**sizes: object) -> SelfAttentionNetwork:
    """A small one in double precision, so that a tolerance of 1e-12 is far above its rounding."""
    torch.manual_seed(0)
    config = {name: getattr(SMALL, name) for name in SMALL.__dataclass_fields__} | sizes
    return SelfAttentionNetwork(Config(**config)).double().eval()


def tokens(time: int, batch: int = 5) -> torch.Tensor:
    """Random ones."""
    return torch.randint(11, (batch, time), generator=torch.Generator().manual_seed(1))


def block(causal: bool = False, heads: int = 3, embed: int = 6) -> Block:
    """One in double precision, with biases that are not 0."""
    torch.manual_seed(0)
    made = Block(embed, heads, 7, causal=causal).double()
    torch.nn.init.normal_(made.attention.in_proj_bias)
    torch.nn.init.normal_(made.attention.out_proj.bias)
    return made


@pytest.mark.parametrize(
    ("config", "parameters"),
    [
        (Config(), 103_708),  # 28 d + 2 (12 d^2 + 13 d) + 2 d + 28 (d + 1) with d = 64
        (Config(positions="learned"), 103_708 + 64 * 64),
        (Config(heads=1), 103_708),  # heads share the width
        (Config(embed=512, heads=8, layers=6, hidden=2048, vocab=1000), 512_000 + 6 * 3_152_384 + 1024 + 513_000),
    ],
)
def test_parameter_counts(config, parameters):
    """A block of the paper's sizes has 1,050,624 in its heads, with biases, and 2,099,712 in its maps."""
    assert sum(p.numel() for p in SelfAttentionNetwork(config).parameters()) == parameters
    paper = Block(512, 8, 2048)
    counts = [sum(p.numel() for p in part.parameters()) for part in (paper.attention, paper.expand, paper.contract)]
    assert counts[0] == 1_050_624
    assert counts[1] + counts[2] == 2_099_712


def test_without_mask_and_positions_order_is_nothing():
    """f(P x) = P f(x): shuffled tokens give shuffled outputs."""
    x, shuffle = torch.randn(2, 7, 6, dtype=torch.float64), torch.randperm(7)
    y, _ = block()(x)
    assert_close(block()(x[:, shuffle])[0], y[:, shuffle], rtol=0, atol=1e-12)
    assert not torch.allclose(block(causal=True)(x[:, shuffle])[0], block(causal=True)(x)[0][:, shuffle])


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("positions", POSITIONS)
def test_no_token_sees_the_future(positions, training):
    """Another token at place t leaves the logits before it as they are, and changes those from it on."""
    model, before = network(positions=positions).train(training), tokens(9)
    after = before.clone()
    after[:, 4] = (after[:, 4] + 1) % 11
    one, other = model(before), model(after)
    assert torch.equal(one[:, :4], other[:, :4])
    assert (one[:, 4:] != other[:, 4:]).any(2).all()


@pytest.mark.parametrize("parts", [(1,) * 9, (4, 5), (3, 1, 5), (9,)])
@pytest.mark.parametrize("positions", POSITIONS)
def test_kept_keys_and_values_change_nothing(positions, parts):
    """Tokens read one by one, or a few at a time, give the logits of one pass over all of them."""
    model, state, found = network(positions=positions), None, []
    for part in tokens(9).split(parts, 1):
        logits, state = model.advance(part, state)
        found.append(logits)
    assert_close(torch.cat(found, 1), model(tokens(9)), rtol=0, atol=1e-12)
    assert [tuple(kept.shape) for kept in state] == [(5, 3, 9, 2)] * 4


def test_the_cache_needs_the_bottom_right_of_the_mask():
    """Two new queries after three old ones see four and five keys; from the top left they would see one and two."""
    q, k, v = (torch.randn(1, time, 4, dtype=torch.float64) for time in (2, 5, 5))
    ours = scaled_dot_product_attention(q, k, v, causal=True)
    by_hand = [torch.softmax(q[:, i] @ k[0, : 4 + i].T / 2, 1) @ v[0, : 4 + i] for i in (0, 1)]
    assert_close(ours, torch.stack(by_hand, 1))
    top_left = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
    assert not torch.allclose(ours, top_left)


@pytest.mark.parametrize("causal", [True, False])
def test_the_papers_step(causal):
    """As model.py has it comes what the layer that trains gives: every answer, every gradient."""
    made, x = block(causal=causal), torch.randn(2, 5, 6, dtype=torch.float64)
    mask = torch.full((5, 5), -torch.inf, dtype=torch.float64).triu(1) if causal else torch.zeros(5, 5).double()
    y = made.attention.merge(attend(*made.attention.project(x), mask))
    theirs = made.attention(x, causal=causal)
    assert_close(theirs, y, rtol=0, atol=1e-14)
    weights = list(made.attention.parameters())
    for one, other in zip(*(torch.autograd.grad(out.square().sum(), weights) for out in (y, theirs)), strict=True):
        assert_close(one, other, rtol=0, atol=1e-12)


def test_heads_are_single_heads_side_by_side():
    """Three heads equal three attentions of one head each, with the slices of the weights."""
    heads, x = block().attention, torch.randn(2, 5, 6, dtype=torch.float64)
    w_q, w_k, w_v = heads.in_proj_weight.chunk(3)
    b_q, b_k, b_v = heads.in_proj_bias.chunk(3)
    answers = []
    for head in range(3):
        mine = slice(2 * head, 2 * head + 2)
        q, k, v = (x @ w[mine].T + b[mine] for w, b in ((w_q, b_q), (w_k, b_k), (w_v, b_v)))
        answers.append(attend(q, k, v, torch.zeros(5, 5).double()))
    by_hand = torch.cat(answers, 2) @ heads.out_proj.weight.T + heads.out_proj.bias
    assert_close(heads(x), by_hand, rtol=0, atol=1e-12)


def test_the_bias_of_the_keys_does_nothing():
    """It adds one number to every score of a row; those of queries and values do something."""
    x = torch.randn(2, 5, 6, dtype=torch.float64)
    for third, same in ((0, False), (1, True), (2, False)):
        made = block(causal=True)
        before = made(x)[0]
        with torch.no_grad():
            made.attention.in_proj_bias[6 * third : 6 * third + 6] += torch.arange(1.0, 7.0)
        assert torch.allclose(made(x)[0], before, rtol=0, atol=1e-12) is same


def test_its_gradient_is_nothing_but_rounding():
    """1e-12 of those of the queries' bias."""
    model = network()
    cross_entropy(model(tokens(9)).flatten(0, 1), tokens(9).flatten()).backward()
    for made in model.blocks:
        q, k, _ = made.attention.in_proj_bias.grad.chunk(3)
        assert k.abs().max() < 1e-12 * q.abs().max()


def test_the_formulas_backward_pass():
    """dV = A^T dO, dS = A (dA - rowsum(dA A)), whose rows sum to 0, dQ = dS K / sqrt(d), dK = dS^T Q / sqrt(d)."""
    q, k, v, d = (torch.randn(5, 4, dtype=torch.float64, requires_grad=True) for _ in range(4))
    (scaled_dot_product_attention(q, k, v) * d).sum().backward()
    a = torch.softmax(q @ k.T / 2, 1)
    d_a = d @ v.T
    d_s = a * (d_a - (d_a * a).sum(1, keepdim=True))
    assert_close(d_s.sum(1), torch.zeros(5, dtype=torch.float64))
    for found, expected in ((v.grad, a.T @ d), (q.grad, d_s @ k / 2), (k.grad, d_s.T @ q / 2)):
        assert_close(found, expected)


def test_facts_of_the_sinusoids():
    """Norm sqrt(d / 2); the product of two depends on their distance; k steps further is one rotation for all."""
    table = sinusoids(100, 512).double()
    products = table @ table.T
    assert_close(products.diagonal(), torch.full((100,), 256.0, dtype=torch.float64), rtol=0, atol=1e-4)  # of float32
    expected = {0: 256.0, 1: 249.1, 2: 231.7, 5: 189.6, 10: 173.8, 20: 157.6, 50: 131.1}
    for offset, value in expected.items():
        assert (products.diagonal(offset) - value).abs().max() < 0.06  # the digits given
    rates = 10_000 ** (-torch.arange(0, 512, 2, dtype=torch.float64) / 512)
    sines, cosines = table[:, 0::2], table[:, 1::2]
    sine, cosine = (7 * rates).sin(), (7 * rates).cos()
    assert_close(sines[7:], sines[:-7] * cosine + cosines[:-7] * sine, rtol=0, atol=1e-6)
    assert_close(cosines[7:], cosines[:-7] * cosine - sines[:-7] * sine, rtol=0, atol=1e-6)
    assert 1 / rates[-1].item() == pytest.approx(9646.6, abs=0.1)  # the longest wave's length over 2 pi


def test_maps_are_the_weights_that_were_used():
    """Rows sum to 1 and see no future; they mix the values into what the first block adds to x."""
    model = network()
    maps = model.maps(tokens(9))
    assert len(maps) == 2
    for weights in maps:
        assert_close(weights.sum(3), torch.ones(5, 3, 9, dtype=torch.float64))
        assert not weights.triu(1).any()
    x, first = model.positions(model.embedding(tokens(9))), model.blocks[0]
    v = first.attention.project(first.norm1(x))[2]
    assert_close(first.attention.merge(maps[0] @ v), first.attention(first.norm1(x), causal=True))


def test_more_tokens_than_the_context():
    """Refused, at once or one by one."""
    model = network()
    with pytest.raises(UserError, match=r"sees 13 tokens, got 14: make model.context larger"):
        model(tokens(14))
    _, state = model.advance(tokens(13))
    with pytest.raises(UserError, match=r"sees 13 tokens, got 14"):
        model.advance(tokens(1), state)


@pytest.mark.parametrize("wrong", [{"layers": 0}, {"hidden": 0}, {"context": 0}, {"vocab": -1}])
def test_sizes_that_make_no_network(wrong):
    """Refused before anything is trained."""
    with pytest.raises(UserError, match="must be at least 1"):
        Config(**wrong)
    with pytest.raises(UserError, match="5 heads must divide the embedding of 64"):
        SelfAttentionNetwork(Config(heads=5))


def test_dropout_rests_while_evaluating():
    """Two passes differ in training and agree in evaluation."""
    model = network(dropout=0.5)
    assert torch.equal(model(tokens(9)), model(tokens(9)))
    assert not torch.equal(model.train()(tokens(9)), model(tokens(9)))


@pytest.fixture(scope="module")
def trained(tmp_path_factory, lines_file):
    """A small network that has seen some names."""
    changes = {
        "data": str(lines_file), "data.lines": True, "steps": 60, "batch": 32, "model.embed": 16, "model.layers": 2,
        "model.heads": 2, "model.context": 12, "log_every": 20, "eval_every": 60, "checkpoint_every": 60,
    }  # fmt: skip
    out = tmp_path_factory.mktemp("runs") / "run"
    return firsthand.train("selfattention", preset="names", out=out, progress=False, **changes)


def test_it_learns_and_draws_its_maps(trained):
    """The loss falls below a guess, and the maps of the heads are drawn."""
    assert trained.result["metrics"]["val_loss"] < log(trained.recipe.model.vocab)
    assert (trained.path / "figures" / "attention.png").stat().st_size > 1000


def test_the_score_of_raw_products():
    """Variance d_k as in footnote 4; entropy as the sheet's simulation of 32 normal keys."""
    raw, scaled = saturation("raw", rows=2000), saturation(rows=2000)
    for size, entropy in {4: 2.27, 16: 1.14, 64: 0.50}.items():
        assert raw[f"variance {size}"] == pytest.approx(size, rel=0.05)
        assert raw[f"entropy {size}"] == pytest.approx(entropy, rel=0.05)
        assert scaled[f"variance {size}"] == pytest.approx(1, rel=0.05)


def test_the_largest_of_the_scores():
    """The mean of the largest of 32 numbers of N(0, 1), by its density 32 phi Phi^31."""
    x = torch.linspace(-9, 9, 20_001, dtype=torch.float64)
    density = 32 * torch.exp(-x * x / 2) / sqrt(2 * pi) * torch.special.ndtr(x) ** 31
    assert torch.trapezoid(x * density, x).item() == pytest.approx(HIGHEST, abs=1e-4)


def test_the_tasks_say_what_they_promise():
    """Every answer follows from its row."""
    generator = torch.Generator().manual_seed(0)
    keys, values, asked, answers = pairs(50, generator)
    for row in range(50):
        assert len(set(keys[row].tolist())) == 8
        assert dict(zip(keys[row].tolist(), values[row].tolist(), strict=True))[asked[row].item()] == answers[row]
    sequences, first = before(50, generator)
    for row, zero_first in zip(sequences.tolist(), first.tolist(), strict=True):
        assert len(set(row)) == 16
        assert (row.index(0) < row.index(1)) is bool(zero_first)
    for kind in ("in order", "sum", "mean"):
        keys, values, asked, answers = two_lookups(50, kind, generator)
        for row in range(50):
            found = dict(zip(keys[row].tolist(), values[row].tolist(), strict=True))
            a, b = (found[key] for key in asked[row].tolist())
            assert answers[row].tolist() == {"in order": [a, b], "sum": [(a + b) % 10], "mean": [(a + b) // 2]}[kind]
    copied, first = first_token(50, 8, generator)
    assert copied.shape == (50, 10)
    assert torch.equal(copied[:, 0], first)


def test_the_contest_is_fair():
    """Parameters within 1 % of each other."""
    counts = [sum(p.numel() for p in contestant(kind, 66).parameters()) for kind in ("attention", "rnn", "lstm", "gru")]
    assert max(counts) <= 1.01 * min(counts)
    found = [path(model, steps=1)["params"] for model in ("attention", "rnn", "lstm")]
    assert max(found) <= 1.05 * min(found)


def test_every_claim_has_a_figure_or_dots():
    """The claims that compare curves draw them."""
    assert [claim.key for claim in CLAIMS if claim.figure is None] == ["shakespeare", "names"]
