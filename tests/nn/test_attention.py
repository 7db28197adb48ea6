"""Attention against torch.nn, closed forms and what the mathematics says about it."""

from math import sqrt

import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention as primitive
from torch.testing import assert_close

from firsthand import nn
from firsthand.errors import UserError
from firsthand.nn import PAIRS, definitions

ATTENTIONS = [nn.dot_product_attention, nn.scaled_dot_product_attention]


def qkv(queries=5, keys=7, d=3, size=2, before=(2,), dtype=torch.float64):
    generator = torch.Generator().manual_seed(0)
    shapes = (queries, d), (keys, d), (keys, size)
    return [torch.randn(*before, *shape, generator=generator, dtype=dtype) for shape in shapes]


@pytest.fixture(params=["fast", "definition"])
def version(request):
    if request.param == "fast":
        yield
    else:
        with definitions():
            yield


def test_causal_mask():
    """Row i sees up to the column at its own place, counted from the end."""
    assert nn.causal_mask(3, 3).int().tolist() == [[1, 0, 0], [1, 1, 0], [1, 1, 1]]
    assert nn.causal_mask(2, 4).int().tolist() == [[1, 1, 1, 0], [1, 1, 1, 1]]
    assert nn.causal_mask(3, 2).int().tolist() == [[0, 0], [1, 0], [1, 1]]


def test_padding_mask():
    assert nn.padding_mask(torch.tensor([3, 0, 1]), 3).int().tolist() == [[1, 1, 1], [0, 0, 0], [1, 0, 0]]


def test_scores_by_hand(version):
    """One query at two keys: weights 1 / (1 + e^-(s1 - s2)) and the rest."""
    q, k, v = torch.tensor([[[2.0, 0, 0, 0]]]), torch.tensor([[[3.0, 0, 0, 0], [1.0, 5, 5, 5]]]), torch.eye(2)[None]
    for attend, gap in ((nn.dot_product_attention, 4.0), (nn.scaled_dot_product_attention, 4.0 / 2)):
        share = torch.tensor(gap).sigmoid()
        assert_close(attend(q, k, v), torch.stack([share, 1 - share]).view(1, 1, 2))


def test_additive_weights_by_hand():
    q, k, _ = qkv()
    score = torch.randn(3, dtype=torch.float64)
    weights = nn.additive_weights(q, k, score)
    for b in range(2):
        for i in range(5):
            scores = torch.stack([score @ torch.tanh(q[b, i] + k[b, j]) for j in range(7)])
            assert_close(weights[b, i], scores.exp() / scores.exp().sum())


def test_additive_attention_agrees_with_finite_differences():
    torch.manual_seed(0)
    mask = torch.rand(2, 5, 7) > 0.4
    mask[1, 2] = False
    inputs = [x.requires_grad_() for x in (*qkv(), torch.randn(3, dtype=torch.float64))]
    assert torch.autograd.gradcheck(lambda *x: nn.additive_attention(*x, mask), inputs)


def test_additive_module_is_its_function():
    """U k + b once for all, then a query at a time, is the whole at once."""
    torch.manual_seed(0)
    layer = nn.AdditiveAttention(3, 5, 7)
    query, key, value = torch.randn(2, 4, 3), torch.randn(2, 6, 5), torch.randn(2, 6, 2)
    mask = nn.padding_mask(torch.tensor([6, 2]), 6)[:, None]
    whole, weights = layer(query, key, value, mask, weights=True)
    w, u, b, v = layer.query.weight, layer.key.weight, layer.key.bias, layer.score
    scores = torch.tanh((query @ w.t())[:, :, None] + (key @ u.t() + b)[:, None]) @ v
    expected = scores.masked_fill(~mask, -1e30).softmax(-1)
    assert_close(weights, expected)
    assert_close(whole, expected @ value)
    projected = layer.key(key)
    steps = [nn.additive_attention(layer.query(q[:, None]), projected, value, v, mask) for q in query.unbind(1)]
    assert_close(torch.cat(steps, 1), whole)
    assert_close(layer(query, key, mask=mask), expected @ key)
    assert sum(p.numel() for p in layer.parameters()) == 7 * (3 + 5 + 1) + 7
    for parameter, inputs in ((w, 3), (u, 5), (v, 7)):
        assert 0.7 / sqrt(inputs) < parameter.abs().max() <= 1 / sqrt(inputs)


@pytest.mark.parametrize("attend", ATTENTIONS)
@pytest.mark.parametrize("queries", [1, 5, 7])
@pytest.mark.parametrize("masked", [False, True])
def test_causal_aligns_at_the_end(version, attend, queries, masked):
    """The newest queries alone give what they give among all."""
    q, k, v = qkv(queries=7)
    mask = torch.rand(7, 7, generator=torch.Generator().manual_seed(1)) > 0.3 if masked else None
    whole = attend(q, k, v, mask, causal=True)
    assert_close(attend(q[:, -queries:], k, v, None if mask is None else mask[-queries:], causal=True),
                 whole[:, -queries:])  # fmt: skip
    for step in range(7):  # and each sees up to its own place only
        cut = None if mask is None else mask[: step + 1, : step + 1]
        assert_close(attend(q[:, : step + 1], k[:, : step + 1], v[:, : step + 1], cut, True)[:, -1], whole[:, step])


@pytest.mark.parametrize("attend", ATTENTIONS)
@pytest.mark.parametrize("before", [(2,), (2, 3)])
def test_a_row_without_keys_is_zero(version, attend, before):
    """And its gradients are zeros, not NaN; all other rows are torch's."""
    q, k, v = (x.requires_grad_() for x in qkv(before=before))
    mask = torch.ones(5, 7, dtype=torch.bool)
    mask[2] = False
    y = attend(q, k, v, mask)
    assert_close(y[..., 2, :], torch.zeros_like(y[..., 2, :]), rtol=0, atol=0)
    scale = 1.0 if attend is nn.dot_product_attention else None
    rows = [0, 1, 3, 4]
    assert_close(y[..., rows, :], primitive(q, k, v, scale=scale)[..., rows, :])
    found = torch.autograd.grad(y.square().sum(), (q, k, v))
    expected = torch.autograd.grad(primitive(q, k, v, scale=scale)[..., rows, :].square().sum(), (q, k, v))
    assert_close(found, expected)


def test_masked_keys_do_not_matter(version):
    """Not even where they are infinite: their weight is exactly zero."""
    q, k, v = qkv(before=(2, 3))
    keep = nn.padding_mask(torch.tensor([7, 4]), 7)[:, None, None]
    y = nn.scaled_dot_product_attention(q, k, v, keep)
    v[1, :, 4:], k[1, :, 4:] = 1e30, -1e30
    assert_close(nn.scaled_dot_product_attention(q, k, v, keep), y, rtol=0, atol=0)
    assert (nn.dot_product_weights(q, k, keep)[1, ..., 4:] == 0).all()


def test_order_of_keys_does_not_matter(version):
    q, k, v = qkv()
    order = torch.randperm(7)
    y = nn.scaled_dot_product_attention(q, k, v)
    assert_close(nn.scaled_dot_product_attention(q, k[:, order], v[:, order]), y)
    assert_close(nn.scaled_dot_product_attention(q, k[:, :1], v[:, :1]), v[:, :1].expand(2, 5, 2))


def test_the_scale_keeps_the_variance():
    """q . k of d = 400 standard normal terms has variance 400: over 250,000 scores within 3 %."""
    q, k, _ = qkv(500, 500, d=400, before=())
    assert (q @ k.mT).var().item() == pytest.approx(400, rel=0.03)
    weights = nn.dot_product_weights(q / sqrt(400), k)
    assert_close(nn.scaled_dot_product_attention(q, k, torch.eye(500).double()), weights)


def test_dropout_of_weights():
    """The same seed drops the same weights in both versions; those that stay are divided by 1 - p."""
    q, k, _ = qkv(before=(2, 3))
    v = torch.eye(7).double().expand(2, 3, 7, 7)
    weights = nn.dot_product_weights(q / sqrt(3), k)
    torch.manual_seed(0)
    dropped = nn.scaled_dot_product_attention(q, k, v, p=0.25)
    kept = dropped != 0
    assert 0.1 < 1 - kept.double().mean().item() < 0.4  # 210 draws: 0.25 give or take 0.03
    assert_close(dropped, weights * kept / 0.75)
    with definitions():
        torch.manual_seed(0)
        assert_close(nn.scaled_dot_product_attention(q, k, v, p=0.25), dropped)
    for version in (PAIRS["scaled_dot_product_attention"].fast, nn.scaled_dot_product_attention):
        with pytest.raises(UserError, match=r"dropout probability is 1\.0"):
            version(q, k, v, p=1.0)


# What the guards say.


@pytest.mark.parametrize("attend", ATTENTIONS)
def test_misfits_are_one_sentence(attend):
    q, k, v = qkv()
    attend = PAIRS[attend.__name__].fast  # the definition's shapes are checked before it runs, in tests
    with pytest.raises(UserError, match=r"keys has shape \(2, 7, 2\), expected \(2, 7, 3\) to fit queries of shape"):
        attend(q, k[..., :2], v)
    with pytest.raises(UserError, match=r"keys has shape \(1, 7, 3\), expected \(2, 7, 3\)"):
        attend(q, k[:1], v)
    with pytest.raises(UserError, match=r"values has shape \(2, 6, 2\), expected \(2, 7, ...\), one for every key"):
        attend(q, k, v[:, :6])
    with pytest.raises(UserError, match=r"mask is of torch.float32, expected torch.bool, True where a query may"):
        attend(q, k, v, torch.zeros(5, 7))
    for shape in [(7, 5), (3, 5, 7), (1, 2, 5, 7)]:
        with pytest.raises(UserError, match=r"mask has shape .*, expected \(queries, keys\) or more .* \(2, 5, 7\)"):
            attend(q, k, v, torch.ones(shape, dtype=torch.bool))
    for shape in [(5, 7), (1, 7), (2, 1, 7), (1, 5, 1)]:
        attend(q, k, v, torch.ones(shape, dtype=torch.bool))


def test_misfits_of_additive_attention():
    q, k, v = qkv()
    with pytest.raises(UserError, match=r"queries has shape \(2, 5, 3\), expected \(batch, queries, 4\)"):
        nn.additive_weights.__wrapped__(q, k, torch.zeros(4))
    with pytest.raises(UserError, match=r"mask has shape \(4, 7\)"):
        nn.additive_attention(q, k, v, torch.zeros(3).double(), torch.ones(4, 7, dtype=torch.bool))
    with pytest.raises(UserError, match="dropout probability"):
        nn.AdditiveAttention(2, 3, 5, dropout=1.0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_a_batch_of_padding_has_no_answers_and_no_gradients(version, dtype):
    """Where every key is masked all is 0, not 0 / 0: one such batch must not ruin the weights."""
    nothing, keep = torch.zeros(2, 5, 5, dtype=torch.bool), torch.zeros(2, 5, dtype=torch.bool)
    additive, heads = nn.AdditiveAttention(4, 4, 3).to(dtype), nn.MultiheadAttention(4, 2, bias=False).to(dtype)
    for attend in (
        lambda x: nn.scaled_dot_product_attention(x, x, x, nothing),
        lambda x: nn.scaled_dot_product_attention(x, x, x, nothing, causal=True),
        lambda x: nn.dot_product_attention(x, x, x, nothing),
        lambda x: additive(x, x, mask=nothing),
        lambda x: heads(x, keep=keep),
        lambda x: heads(x, mask=nothing, weights=True)[0],
    ):
        x = torch.randn(2, 5, 4, dtype=dtype, requires_grad=True)
        y = attend(x)
        y.sum().backward()
        assert not y.any()
        assert not x.grad.any()
    assert not any(p.grad.any() for p in (*additive.parameters(), *heads.parameters()))
