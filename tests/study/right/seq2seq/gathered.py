"""Places that are gathered, masks that are mixed in, and a beam of tensors that stays full."""

import torch


def backwards(source, lengths):
    t = torch.arange(source.shape[1])[None]
    last = lengths[:, None] - 2
    return torch.gather(source, 1, torch.where(t <= last, last - t, t))


def climb(x, h, c, W, U, b):
    new_h, new_c = [], []
    below = x
    for h_l, c_l, W_l, U_l, b_l in zip(h.unbind(1), c.unbind(1), W, U, b, strict=True):
        sums = torch.cat([below, h_l], 1) @ torch.cat([W_l, U_l], 1).T + b_l
        i, f, g, o = sums.unflatten(1, (4, -1)).unbind(1)
        c_l = torch.addcmul(i.sigmoid() * g.tanh(), f.sigmoid(), c_l)
        below = o.sigmoid() * c_l.tanh()
        new_h.append(below)
        new_c.append(c_l)
    return torch.stack(new_h, dim=1), torch.stack(new_c, dim=1)


def read(x, lengths, W, U, b):
    batch, places, n = x.shape
    state = x.new_zeros(2, batch, len(W), n)
    for t in range(places):
        on = (lengths > t).to(x.dtype)[:, None, None]
        state = on * torch.stack(climb(x[:, t], *state, W, U, b)) + (1 - on) * state
    return state[0], state[1]


def logits(source, lengths, target, encoder, decoder):
    W, U, b = (encoder[name] for name in ("W", "U", "b"))
    state = read(encoder["C"][backwards(source, lengths)], lengths, W, U, b)
    W, U, b = (decoder[name] for name in ("W", "U", "b"))
    before = target.roll(1, 1).index_fill(1, torch.tensor([0]), 0)
    out = []
    for t in range(target.size(1)):
        state = climb(decoder["C"][before[:, t]], *state, W, U, b)
        out.append(torch.einsum("bn,vn->bv", state[0][:, -1], decoder["V"]) + decoder["d"])
    return torch.stack(out, 1)


def loss(scores, target, lengths):
    logs = scores - scores.logsumexp(2, keepdim=True)
    wanted = torch.zeros_like(scores).scatter(2, target[..., None], 1.0)
    wanted = wanted.masked_fill((torch.arange(target.shape[1]) >= lengths[:, None])[..., None], 0.0)
    return -(wanted * logs).sum((1, 2)).mean(0)


def search(following, beam, end, longest):
    tokens, totals, found = torch.zeros(1, 0, dtype=torch.long), torch.zeros(1, dtype=torch.float64), []
    for _ in range(longest):
        steps = torch.stack([following(row) for row in tokens.tolist()])
        order = (totals[:, None] + steps).flatten().argsort(descending=True)
        grown = torch.cat([tokens[order // steps.shape[1]], (order % steps.shape[1])[:, None]], 1)
        totals = (totals[:, None] + steps).flatten()[order]
        ends = grown[:, -1] == end
        for row in ends[:beam].nonzero()[:, 0].tolist():
            found.append((grown[row].tolist(), totals[row].item()))
        tokens, totals = grown[~ends][:beam], totals[~ends][:beam]
    found += [(row.tolist(), total.item()) for row, total in zip(tokens, totals, strict=True)]
    return max(found, key=lambda one: one[1])
