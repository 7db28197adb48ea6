"""einsum, masks that are added, and the gradient of the softmax as a matrix."""

import math

import torch


def weights(q, k, causal):
    scores = torch.einsum("...id,...jd->...ij", q, k) * q.size(-1) ** -0.5
    queries, keys = scores.shape[-2:]
    if causal:
        ahead = torch.arange(keys) > torch.arange(keys - queries, keys)[:, None]
        scores = scores + torch.zeros(queries, keys, dtype=q.dtype).masked_fill(ahead, -math.inf)
    fit = (scores - scores.amax(-1, keepdim=True)).exp()
    return fit / fit.sum(-1, keepdim=True)


def backward(q, k, v, causal, dy):
    a = weights(q, k, causal)
    jacobian = torch.diag_embed(a) - torch.einsum("...ij,...il->...ijl", a, a)
    ds = torch.einsum("...ijl,...ic,...lc->...ij", jacobian, dy, v) / math.sqrt(q.shape[-1])
    dq = torch.einsum("...ij,...jd->...id", ds, k)
    return dq, torch.einsum("...ij,...id->...jd", ds, q), torch.einsum("...ij,...ic->...jc", a, dy)


def self_attention(x, past_k, past_v, W_in, b_in, W_out, b_out):
    heads = past_k.shape[1]
    W, b = W_in.unflatten(0, (3, heads, -1)), b_in.unflatten(0, (3, heads, -1))
    q, k, v = torch.einsum("btd,whcd->wbhtc", x, W) + b[:, None, :, None]
    k, v = torch.cat((past_k, k), dim=2), torch.cat((past_v, v), dim=2)
    found = torch.einsum("bhij,bhjc->bhic", weights(q, k, True), v)
    return torch.einsum("bhtc,ohc->bto", found, W_out.unflatten(1, (heads, -1))) + b_out, k, v


def normed(x, scale, shift):
    variance, mean = torch.var_mean(x, -1, correction=0, keepdim=True)
    return (x - mean) * torch.rsqrt(variance + 1e-5) * scale + shift


def block(x, past_k, past_v, p):
    names = ("W_in", "b_in", "W_out", "b_out")
    found, *kept = self_attention(normed(x, p["scale_1"], p["shift_1"]), past_k, past_v, *(p[name] for name in names))
    x = x + found
    hidden = torch.relu(torch.einsum("btd,hd->bth", normed(x, p["scale_2"], p["shift_2"]), p["W_1"]) + p["b_1"])
    return x + torch.einsum("bth,dh->btd", hidden, p["W_2"]) + p["b_2"], *kept


def advance(tokens, state, heads, ends, blocks):
    batch, time = tokens.shape
    vocab, d = ends["C"].shape
    if state is None:
        empty = torch.zeros(batch, heads, 0, d // heads, dtype=ends["C"].dtype)
        state = [(empty, empty) for _ in blocks]
    one_hot = torch.eye(vocab, dtype=ends["C"].dtype)[tokens]
    places = torch.arange(time) + state[0][0].shape[2]
    x, new = one_hot @ ends["C"] + ends["P"][places], []
    for pair, p in zip(state, blocks, strict=True):
        x, *pair = block(x, *pair, p)
        new.append(tuple(pair))
    return normed(x, ends["scale"], ends["shift"]) @ ends["W"].mT + ends["b"], new
