"""Sentences one by one, states as lists of layers, and a search that remembers what it has asked."""

import math

import torch


def backwards(source, lengths):
    rows = []
    for row, length in zip(source.tolist(), lengths.tolist(), strict=True):
        words, rest = row[: length - 1], row[length - 1 :]
        rows.append(words[::-1] + rest)
    return torch.tensor(rows)


def cell(x, h, c, W, U, b):
    n = len(h)
    a = W @ x + U @ h + b
    i, f, o = (torch.sigmoid(a[k * n : (k + 1) * n]) for k in (0, 1, 3))
    c = f * c + i * torch.tanh(a[2 * n : 3 * n])
    return o * torch.tanh(c), c


def up(x, states, W, U, b):
    new = []
    for (h, c), *weights in zip(states, W, U, b, strict=True):
        x, c = cell(x, h, c, *weights)
        new.append((x, c))
    return new


def climb(x, h, c, W, U, b):
    rows = [up(word, list(zip(*state, strict=True)), W, U, b) for word, *state in zip(x, h, c, strict=True)]
    return tuple(torch.stack([torch.stack([state[k] for state in row]) for row in rows]) for k in (0, 1))


def end_of(words, W, U, b):
    zeros = torch.zeros(U.shape[2], dtype=U.dtype)
    states = [(zeros, zeros)] * len(W)
    for x in words:
        states = up(x, states, W, U, b)
    return states


def read(x, lengths, W, U, b):
    rows = [end_of(words[:length], W, U, b) for words, length in zip(x, lengths.tolist(), strict=True)]
    return tuple(torch.stack([torch.stack([state[k] for state in row]) for row in rows]) for k in (0, 1))


def logits(source, lengths, target, encoder, decoder):
    rows = []
    for words, length, wanted in zip(source, lengths.tolist(), target.tolist(), strict=True):
        order = [*range(length - 2, -1, -1), length - 1]
        states = end_of(encoder["C"][words[order]], encoder["W"], encoder["U"], encoder["b"])
        row = []
        for token in [0, *wanted[:-1]]:
            states = up(decoder["C"][token], states, decoder["W"], decoder["U"], decoder["b"])
            row.append(decoder["V"] @ states[-1][0] + decoder["d"])
        rows.append(torch.stack(row))
    return torch.stack(rows)


def loss(scores, target, lengths):
    total = 0
    for i, length in enumerate(lengths.tolist()):
        for t in range(length):
            total = total + scores[i, t].logsumexp(0) - scores[i, t, target[i, t]]
    return total / len(scores)


def search(following, beam, end, longest):
    going, best = {(): 0.0}, ((), -math.inf)
    while going:
        longer = {
            (*tokens, token): total + log_p
            for tokens, total in going.items()
            for token, log_p in enumerate(following(list(tokens)).tolist())
        }
        going = {}
        for tokens in sorted(longer, key=longer.get, reverse=True)[:beam]:
            if tokens[-1] == end or len(tokens) == longest:
                best = max(best, (tokens, longer[tokens]), key=lambda one: one[1])
            else:
                going[tokens] = longer[tokens]
    return list(best[0]), best[1]
