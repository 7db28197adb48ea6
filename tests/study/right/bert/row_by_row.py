"""Row by row, as one would tell it; a head at a time."""

import math

import torch

PAD, CLS, SEP, MASK = 0, 1, 2, 3
NOTHING = -100


def pack(a, b, length):
    first, second = len(a), len(b)
    while first + second + (3 if second else 2) > length:
        if first > second:
            first -= 1
        else:
            second -= 1
    tokens = torch.zeros(length, dtype=torch.long)
    segments = torch.zeros(length, dtype=torch.long)
    tokens[0], tokens[first + 1] = CLS, SEP
    tokens[1 : first + 1] = torch.tensor(a[:first])
    if second:
        tokens[first + 2 : first + 2 + second] = torch.tensor(b[:second])
        tokens[first + 2 + second] = SEP
        segments[first + 2 : first + 3 + second] = 1
    return tokens, segments


def hide(tokens, order, what, others):
    shown, targets = tokens.clone(), torch.full_like(tokens, NOTHING)
    for row in range(len(tokens)):
        places = [t for t, token in enumerate(tokens[row].tolist()) if token not in (PAD, CLS, SEP)]
        places.sort(key=lambda t, row=row: float(order[row, t]))
        for t in places[: max(1, round(0.15 * len(places)))]:
            targets[row, t] = tokens[row, t]
            if what[row, t] < 0.8:
                shown[row, t] = MASK
            elif what[row, t] < 0.9:
                shown[row, t] = others[row, t]
    return shown, targets


def norm(x, scale, shift):
    mean = x.sum(-1, keepdim=True) / x.shape[-1]
    variance = ((x - mean) ** 2).sum(-1, keepdim=True) / x.shape[-1]
    return scale * (x - mean) / torch.sqrt(variance + 1e-12) + shift


def gelu(x):
    return x * (1 + torch.erf(x / math.sqrt(2))) / 2


def embed(tokens, segments, p):
    rows = []
    for row, kinds in zip(tokens.tolist(), segments.tolist(), strict=True):
        rows.append(
            torch.stack([p["E"][i] + p["P"][t] + p["S"][s] for t, (i, s) in enumerate(zip(row, kinds, strict=True))])
        )
    return norm(torch.stack(rows), p["scale"], p["shift"])


def layer(x, keep, heads, p):
    width = x.shape[2]
    n = width // heads
    rows = []
    for states, real in zip(x, keep, strict=True):
        y = p["b_out"]
        for h in range(heads):
            q, k, v = (
                states @ p["W_in"][i : i + n].T + p["b_in"][i : i + n]
                for i in (h * n, width + h * n, 2 * width + h * n)
            )
            a = torch.softmax(q @ k[real].T / n**0.5, 1)
            y = y + a @ v[real] @ p["W_out"][:, h * n : h * n + n].T
        states = norm(states + y, p["scale_1"], p["shift_1"])
        y = gelu(states @ p["W_1"].T + p["b_1"]) @ p["W_2"].T + p["b_2"]
        rows.append(norm(states + y, p["scale_2"], p["shift_2"]))
    return torch.stack(rows)


def words(states, chosen, E, p):
    logits = []
    for state, place in zip(states.flatten(0, 1), chosen.flatten(), strict=True):
        if place:
            h = norm(gelu(p["W_t"] @ state + p["b_t"]), p["scale"], p["shift"])
            logits.append(E @ h + p["b"])
    return torch.stack(logits)


def pretrain(tokens, segments, targets, follows, heads, ends, layers):
    below, above, pair = ends
    x = embed(tokens, segments, below)
    for p in layers:
        x = layer(x, tokens != PAD, heads, p)
    chosen = targets != NOTHING
    of_words = [
        row.logsumexp(0) - row[true]
        for row, true in zip(words(x, chosen, below["E"], above), targets[chosen].tolist(), strict=True)
    ]
    of_pairs = []
    for states, true in zip(x, follows.tolist(), strict=True):
        logits = pair["W_n"] @ torch.tanh(pair["W_p"] @ states[0] + pair["b_p"]) + pair["b_n"]
        of_pairs.append(logits.logsumexp(0) - logits[true])
    return sum(of_words) / len(of_words), sum(of_pairs) / len(of_pairs)
