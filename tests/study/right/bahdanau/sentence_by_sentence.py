"""One sentence at a time, of its own length: no masks."""

import torch


def move(given, s, U):
    n = s.shape[-1]
    r = torch.sigmoid(given[..., :n] + s @ U[:n].T)
    z = torch.sigmoid(given[..., n : 2 * n] + s @ U[n : 2 * n].T)
    return s + z * (torch.tanh(given[..., 2 * n :] + (r * s) @ U[2 * n :].T) - s)


def read(words, p):
    s, states = torch.zeros(p["U"].shape[1], dtype=words.dtype), []
    for x in words:
        s = move(p["W"] @ x + p["b"], s, p["U"])
        states.append(s)
    return torch.stack(states)


def annotate(x, lengths, forward, backward):
    rows = []
    for words, length in zip(x, lengths.tolist(), strict=True):
        there = read(words[:length], forward)
        back = read(words[:length].flip(0), backward).flip(0)
        nothing = x.new_zeros(len(words) - length, 2 * there.shape[1])
        rows.append(torch.cat([torch.cat([there, back], 1), nothing]))
    return torch.stack(rows)


def look(s, h, keep, W_a, U_a, v):
    contexts, weights = [], []
    for state, annotations, real in zip(s, h, keep, strict=True):
        e = torch.stack([v @ torch.tanh(W_a @ state + U_a @ one) for one in annotations[real]])
        a = torch.zeros(len(annotations), dtype=h.dtype)
        a = a.masked_scatter(real, torch.softmax(e, 0))
        weights.append(a)
        contexts.append(a @ annotations)
    return torch.stack(contexts), torch.stack(weights)


def word(s, y, c, p):
    deep = torch.cat([s, y, c], 1) @ torch.cat([p["U_o"], p["V_o"], p["C_o"]], 1).T + p["b_o"]
    return deep.unflatten(1, (-1, 2)).amax(2) @ p["W_o"].T + p["b_y"]


def translate(source, lengths, target, forward, backward, p):
    all_logits, all_weights = [], []
    for row, length, words in zip(source, lengths.tolist(), target, strict=True):
        h = annotate(p["E_x"][row[None]], torch.tensor([length]), forward, backward)
        keep = torch.arange(len(row))[None] < length
        s = torch.tanh(p["W_s"] @ h[0, 0].chunk(2)[1] + p["b_s"])[None]
        y = torch.zeros(1, p["E_y"].shape[1], dtype=s.dtype)
        logits, weights = [], []
        for after in words:
            c, a = look(s, h, keep, p["W_a"], p["U_a"], p["v"])
            logits.append(word(s, y, c, p)[0])
            weights.append(a[0])
            s = move(y @ p["W"].T + c @ p["C"].T + p["b"], s, p["U"])
            y = p["E_y"][after][None]
        all_logits.append(torch.stack(logits))
        all_weights.append(torch.stack(weights))
    return torch.stack(all_logits), torch.stack(all_weights)
