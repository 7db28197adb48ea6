"""einsum, sentences turned round by gathering, and the output for all words at once."""

import torch


def move(given, s, U):
    r_given, z_given, s_given = given.chunk(3, -1)
    U_r, U_z, U_s = U.chunk(3)
    r = (r_given + torch.einsum("bi,oi->bo", s, U_r)).sigmoid()
    z = (z_given + torch.einsum("bi,oi->bo", s, U_z)).sigmoid()
    return torch.lerp(s, (s_given + torch.einsum("bi,oi->bo", r * s, U_s)).tanh(), z)


def turned(x, lengths):
    places = torch.arange(x.shape[1])
    order = torch.where(places < lengths[:, None], lengths[:, None] - 1 - places, places)
    return x.gather(1, order[:, :, None].expand_as(x))


def run(x, p):
    s = torch.zeros(len(x), p["U"].shape[1], dtype=x.dtype)
    given = torch.einsum("btm,om->bto", x, p["W"]) + p["b"]
    states = []
    for one in given.unbind(1):
        s = move(one, s, p["U"])
        states.append(s)
    return torch.stack(states, 1)


def annotate(x, lengths, forward, backward):
    h = torch.cat([run(x, forward), turned(run(turned(x, lengths), backward), lengths)], -1)
    return h * (torch.arange(x.shape[1]) < lengths[:, None])[:, :, None]


def look(s, h, keep, W_a, U_a, v):
    query, keys = torch.einsum("bn,kn->bk", s, W_a), torch.einsum("btw,kw->btk", h, U_a)
    e = torch.einsum("btk,k->bt", torch.tanh(query[:, None] + keys), v)
    fit = torch.exp(e - e.amax(1, keepdim=True)) * keep
    a = fit / fit.sum(1, keepdim=True)
    return torch.einsum("bt,btw->bw", a, h), a


def word(s, y, c, p):
    deep = sum(torch.einsum("...i,oi->...o", x, p[name]) for x, name in ((s, "U_o"), (y, "V_o"), (c, "C_o")))
    pairs = (deep + p["b_o"]).unflatten(-1, (-1, 2))
    return torch.einsum("...l,vl->...v", pairs.max(-1).values, p["W_o"]) + p["b_y"]


def translate(source, lengths, target, forward, backward, p):
    h = annotate(p["E_x"][source], lengths, forward, backward)
    keep = torch.arange(source.shape[1])[None] < lengths[:, None]
    s = torch.tanh(torch.einsum("bn,on->bo", h[:, 0].tensor_split(2, 1)[1], p["W_s"]) + p["b_s"])
    before = p["E_y"][target].roll(1, 1)
    before = torch.cat([torch.zeros_like(before[:, :1]), before[:, 1:]], 1)
    states, contexts, weights = [], [], []
    for y in before.unbind(1):
        c, a = look(s, h, keep, p["W_a"], p["U_a"], p["v"])
        states.append(s)
        contexts.append(c)
        weights.append(a)
        given = torch.einsum("bm,om->bo", y, p["W"]) + torch.einsum("bw,ow->bo", c, p["C"]) + p["b"]
        s = move(given, s, p["U"])
    return word(torch.stack(states, 1), before, torch.stack(contexts, 1), p), torch.stack(weights, 1)
