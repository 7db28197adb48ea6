"""einsum and one-hot rows; masks that are added."""

import torch

PAD, CLS, SEP, MASK = 0, 1, 2, 3
NOTHING = -100


def pack(a, b, length):
    room = length - 2 - bool(b)
    second = min(len(b), max(room // 2, room - len(a)))
    first = min(len(a), room - second)
    parts = [([CLS, *a[:first], SEP], 0)] + ([([*b[:second], SEP], 1)] if b else [])
    parts.append(([PAD] * (length - sum(len(part) for part, _ in parts)), 0))
    tokens = [token for part, _ in parts for token in part]
    return torch.tensor(tokens), torch.tensor([kind for part, kind in parts for _ in part])


def hide(tokens, order, what, others):
    words = ~torch.isin(tokens, torch.tensor([PAD, CLS, SEP]))
    count = torch.round(0.15 * words.sum(1)).clamp(min=1).long()
    keyed = torch.where(words, order, torch.inf)
    limit = keyed.sort(1).values.gather(1, (count - 1)[:, None])
    chosen = (keyed <= limit) & words
    shown = tokens.masked_fill(chosen & (what < 0.8), MASK)
    replaced = chosen & (what >= 0.8) & (what < 0.9)
    shown[replaced] = others[replaced]
    return shown, tokens.masked_fill(~chosen, NOTHING)


def norm(x, scale, shift):
    variance, mean = torch.var_mean(x, -1, correction=0, keepdim=True)
    return (x - mean) * (variance + 1e-12) ** -0.5 * scale + shift


def gelu(x):
    return x * torch.special.ndtr(x)


def one_hot(rows, count):
    return torch.eye(count, dtype=torch.float64)[rows]


def embed(tokens, segments, p):
    time = tokens.shape[1]
    x = torch.einsum("btv,vd->btd", one_hot(tokens, len(p["E"])), p["E"])
    x = x + torch.einsum("bts,sd->btd", one_hot(segments, 2), p["S"]) + p["P"].narrow(0, 0, time)
    return norm(x, p["scale"], p["shift"])


def layer(x, keep, heads, p):
    W, b = p["W_in"].unflatten(0, (3, heads, -1)), p["b_in"].unflatten(0, (3, heads, -1))
    q, k, v = torch.einsum("btd,whcd->wbhtc", x, W) + b[:, None, :, None]
    scores = torch.einsum("bhic,bhjc->bhij", q, k) * q.shape[-1] ** -0.5
    scores = scores + torch.zeros(keep.shape, dtype=x.dtype).masked_fill(~keep, -torch.inf)[:, None, None]
    fit = (scores - scores.amax(-1, keepdim=True)).exp()
    found = torch.einsum("bhij,bhjc->bihc", fit / fit.sum(-1, keepdim=True), v)
    joined = torch.einsum("bthc,ohc->bto", found, p["W_out"].unflatten(1, (heads, -1)))
    x = norm(x + joined + p["b_out"], p["scale_1"], p["shift_1"])
    hidden = gelu(torch.einsum("btd,hd->bth", x, p["W_1"]) + p["b_1"])
    return norm(x + torch.einsum("bth,dh->btd", hidden, p["W_2"]) + p["b_2"], p["scale_2"], p["shift_2"])


def words(states, chosen, E, p):
    row, place = torch.nonzero(chosen, as_tuple=True)
    h = gelu(torch.einsum("nd,od->no", states[row, place], p["W_t"]) + p["b_t"])
    return torch.einsum("nd,vd->nv", norm(h, p["scale"], p["shift"]), E) + p["b"]


def pretrain(tokens, segments, targets, follows, heads, ends, layers):
    x = embed(tokens, segments, ends[0])
    for p in layers:
        x = layer(x, tokens.bool(), heads, p)
    chosen = targets != NOTHING
    logits = words(x, chosen, ends[0]["E"], ends[1])
    losses = []
    pooled = torch.tanh(torch.einsum("bd,od->bo", x[:, 0], ends[2]["W_p"]) + ends[2]["b_p"])
    pairs = torch.einsum("bd,od->bo", pooled, ends[2]["W_n"]) + ends[2]["b_n"]
    for scores, true in ((logits, targets[chosen]), (pairs, follows)):
        wanted = one_hot(true, scores.shape[1])
        losses.append((scores.logsumexp(1) - (wanted * scores).sum(1)).mean())
    return losses
