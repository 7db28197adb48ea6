"""Multi-head attention against torch.nn.MultiheadAttention, whose masks are True where ours are False."""

import pytest
import torch
from torch.testing import assert_close

from firsthand import nn
from firsthand.errors import UserError
from firsthand.nn import definitions

OPTIONS = [
    {},
    {"bias": False},
    {"kdim": 5},
    {"vdim": 7, "bias": False},
    {"kdim": 5, "vdim": 7},
]


def twins(embed=12, heads=3, seed=3, **options):
    torch.manual_seed(seed)
    ours = nn.MultiheadAttention(embed, heads, **options)
    torch.manual_seed(seed)
    return ours, torch.nn.MultiheadAttention(embed, heads, batch_first=True, **options)


def sources(embed=12, kdim=None, vdim=None, queries=5, keys=7, **_):
    generator = torch.Generator().manual_seed(0)
    shapes = (2, queries, embed), (2, keys, kdim or embed), (2, keys, vdim or embed)
    return [torch.randn(shape, generator=generator, dtype=torch.float64, requires_grad=True) for shape in shapes]


def gradients(y, module, inputs):
    way = torch.randn(y.shape, generator=torch.Generator().manual_seed(1), dtype=y.dtype)
    names, parameters = zip(*sorted(module.named_parameters()), strict=True)
    return names, torch.autograd.grad((y * way).sum(), [*inputs, *parameters])


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_start_and_names_are_those_of_torch(options):
    """The same seed gives the same weights, and a state goes both ways."""
    ours, theirs = twins(**options)
    assert_close(dict(ours.state_dict()), dict(theirs.state_dict()), rtol=1e-6, atol=0)
    theirs.load_state_dict(ours.state_dict())
    ours.load_state_dict(theirs.state_dict())
    assert ours.extra_repr() == "12, 3, dropout=0.0" + (
        f", kdim={options.get('kdim', 12)}, vdim={options.get('vdim', 12)}" if options.keys() & {"kdim", "vdim"} else ""
    )


@pytest.mark.parametrize("readable", [False, True])
@pytest.mark.parametrize("masked", ["free", "mask", "mask of examples", "mask of heads", "keep", "both", "causal"])
@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("weights", [False, True])
def test_cross_attention_equals_torch(readable, masked, options, weights):
    """Values, gradients and weights; 1e-10 is float64's rounding in another order."""
    ours, theirs = (module.double() for module in twins(**options))
    inputs = sources(**options, queries=7 if masked == "causal" else 5)
    generator = torch.Generator().manual_seed(2)
    queries, mask, keep = inputs[0].shape[1], None, None
    if "mask" in masked or masked == "both":
        shape = {"mask of examples": (2,), "mask of heads": (2, 3)}.get(masked, ())
        mask = torch.rand(*shape, queries, 7, generator=generator) > 0.4
        mask[..., 0] = True  # torch has NaN in rows without any key
    if masked in ("keep", "both"):
        keep = nn.padding_mask(torch.tensor([7, 3]), 7)
    if masked == "mask of examples":
        their_mask = ~mask.repeat_interleave(3, 0)  # torch wants one for every head
    elif masked == "causal":
        their_mask = ~nn.causal_mask(7, 7)
    else:
        their_mask = None if mask is None else ~mask.reshape(-1, queries, 7).squeeze(0)
    their_keep = None if keep is None else ~keep
    y, a = theirs(*inputs, their_keep, True, their_mask, average_attn_weights=False)
    names, truth = gradients(y, theirs, inputs)
    if readable:
        with definitions():
            found = ours(*inputs, mask=mask, keep=keep, causal=masked == "causal", weights=weights)
    else:
        found = ours(*inputs, mask=mask, keep=keep, causal=masked == "causal", weights=weights)
    if weights:
        found, our_weights = found
        assert_close(our_weights, a, rtol=1e-10, atol=1e-12)
    assert_close(found, y, rtol=1e-10, atol=1e-12)
    our_names, slopes = gradients(found, ours, inputs)
    assert our_names == names
    assert_close(slopes, truth, rtol=1e-10, atol=1e-12)


def test_self_attention_is_cross_attention_with_itself():
    ours, theirs = (module.double() for module in twins())
    x = sources()[0]
    for found in (ours(x), ours(x, x), ours(x, x, x.clone()), theirs(x, x, x)[0]):
        assert_close(found, ours(x, x.clone()), rtol=1e-10, atol=1e-12)
    assert_close(ours(x, weights=True)[1].mean(1), theirs(x, x, x)[1], rtol=1e-10, atol=1e-12)


def test_dropout_draws_what_torch_draws():
    ours, theirs = (module.double() for module in twins(dropout=0.4))
    x = sources()[0]
    for weights in (False, True):
        torch.manual_seed(0)
        y, a = theirs(x, x, x, need_weights=weights, average_attn_weights=False)
        torch.manual_seed(0)
        found = ours(x, weights=weights)
        if weights:
            assert_close(found[1], a)
            assert (found[1] == 0).any()
        assert_close(found[0] if weights else found, y)
    ours.eval()
    assert_close(ours(x), ours(x))
    assert (ours(x, weights=True)[1] > 0).all()


@pytest.mark.parametrize("weights", [False, True])
def test_a_padded_example_gives_the_bias(weights):
    """With nothing to attend to the heads are zeros; torch has NaN here when it returns weights."""
    ours, _ = twins()
    ours.out_proj.bias.data.normal_()
    x = torch.randn(2, 4, 12, requires_grad=True)
    y = ours(x, keep=nn.padding_mask(torch.tensor([4, 0]), 4), weights=weights)
    y = y[0] if weights else y
    assert_close(y[1], ours.out_proj.bias.expand(4, 12))
    assert_close(y[0], ours(x[:1])[0])
    y.sum().backward()
    assert all(p.grad.isfinite().all() for p in ours.parameters())
    assert not x.grad[1].any()


def test_padding_does_not_matter():
    ours, _ = twins()
    x = torch.randn(2, 6, 12)
    keep = nn.padding_mask(torch.tensor([4, 4]), 6)
    assert_close(ours(x, keep=keep)[:, :4], ours(x[:, :4]))
    x[:, 4:] = 1e4
    assert_close(ours(x, keep=keep)[:, :4], ours(x[:, :4]))


def test_heads_are_attentions_of_slices():
    """Head i sees rows i d .. (i + 1) d of every projection and columns i d .. (i + 1) d of the last."""
    ours, _ = twins(bias=False)
    ours.double()
    x = sources()[0]
    w_q, w_k, w_v = ours.in_proj_weight.chunk(3)
    y = sum(
        nn.scaled_dot_product_attention(*(x @ w[i * 4 : i * 4 + 4].t() for w in (w_q, w_k, w_v)))
        @ ours.out_proj.weight[:, i * 4 : i * 4 + 4].t()
        for i in range(3)
    )
    assert_close(ours(x), y, rtol=1e-10, atol=1e-12)


def test_remembered_keys_and_values_give_the_whole():
    """A step at a time, with the keys and values of earlier steps, equals one causal pass; so do two at a time."""
    ours, _ = twins()
    x = torch.randn(2, 6, 12)
    whole = ours(x, causal=True)
    for size in (1, 2, 3):
        k = v = x.new_empty(2, 3, 0, 4)
        for first in range(0, 6, size):
            q, new_k, new_v = ours.project(x[:, first : first + size])
            k, v = torch.cat([k, new_k], 2), torch.cat([v, new_v], 2)
            y = ours.merge(nn.scaled_dot_product_attention(q, k, v, causal=True))
            assert_close(y, whole[:, first : first + size])


def test_misfits_are_one_sentence():
    ours, _ = twins(kdim=5)
    query, key, value = (x.float() for x in sources(kdim=5))
    with pytest.raises(UserError, match="5 heads must divide the embedding of 12"):
        nn.MultiheadAttention(12, 5)
    with pytest.raises(UserError, match=r"dropout probability is -0\.1"):
        nn.MultiheadAttention(12, 3, dropout=-0.1)
    with pytest.raises(UserError, match=r"key of MultiheadAttention has shape .*, expected \(batch, time, 5\)"):
        ours(query, value)
    with pytest.raises(UserError, match=r"value of MultiheadAttention has shape .*, expected \(batch, time, 12\)"):
        ours(query, key)
    yes = {"dtype": torch.bool}
    with pytest.raises(UserError, match=r"mask has shape \(7, 5\), expected .* broadcast to \(2, 5, 7\)"):
        ours(query, key, value, mask=torch.ones(7, 5, **yes))
    with pytest.raises(UserError, match=r"mask has shape \(3, 5, 7\), expected .* broadcast to \(2, 5, 7\)"):
        ours(query, key, value, mask=torch.ones(3, 5, 7, **yes))
    with pytest.raises(UserError, match=r"mask of keys to keep has shape \(2, 1\), expected \(2, 7\), \(batch, keys\)"):
        ours.forward.__wrapped__(ours, query, key, value, keep=torch.ones(2, 1, **yes))
    with pytest.raises(UserError, match=r"mask is of torch\.float32, expected torch\.bool"):
        ours.forward.__wrapped__(ours, query, key, value, keep=torch.ones(2, 7))


@pytest.mark.parametrize("bias", [True, False])
def test_queries_alone_and_keys_alone(bias):
    """What `ask` and `offer` make is what `project` makes, also with keys of another size in each head."""
    module = nn.MultiheadAttention(12, 3, bias=bias, key_size=5).double()
    torch.manual_seed(0)
    query, key = torch.randn(2, 4, 12, dtype=torch.float64), torch.randn(2, 7, 12, dtype=torch.float64)
    assert_close((module.ask(query), *module.offer(key)), module.project(query, key), rtol=0, atol=0)
    assert [part.shape[1:] for part in module.project(query, key)] == [(3, 4, 5), (3, 7, 5), (3, 7, 4)]
    assert module(query, key).shape == query.shape
    with pytest.raises(UserError, match="With a kdim or vdim"):
        nn.MultiheadAttention(12, 3, kdim=5).offer(key)
    with pytest.raises(UserError, match="key_size"):
        nn.MultiheadAttention(12, 3, key_size=0)
