"""Word by word, in plain numbers where nothing is differentiated."""

import math

import torch


def kept(counts, t):
    total = sum(counts.tolist())
    return torch.tensor([min(1.0, math.sqrt(t * total / count)) for count in counts.tolist()], dtype=torch.float64)


def pairs(text, reach):
    words, found = text.tolist(), []
    for i in range(len(words)):
        for j in range(len(words)):
            if 0 < abs(i - j) <= reach[i]:
                found.append((words[i], words[j]))
    return torch.tensor(found)


def noise(counts, power, draws):
    weights = [count**power for count in counts.tolist()]
    shares = [weight / sum(weights) for weight in weights]
    words = torch.zeros_like(draws, dtype=torch.long)
    for place, draw in enumerate(draws.flatten().tolist()):
        word, upto = 0, shares[0]
        while upto <= draw:
            word += 1
            upto += shares[word]
        words.view(-1)[place] = word
    return torch.tensor(shares, dtype=torch.float64), words


def log_sigmoid(x):
    return x.clamp(max=0) - torch.log1p(torch.exp(-x.abs()))


def negative(v, u, centre, context, drawn):
    losses = []
    for c, o, others in zip(centre.tolist(), context.tolist(), drawn.tolist(), strict=True):
        loss = -log_sigmoid(u[o].dot(v[c]))
        for n in others:
            loss = loss - log_sigmoid(-u[n].dot(v[c]))
        losses.append(loss)
    return torch.stack(losses)


def tree(h, u, nodes, branches):
    rows = []
    for one in h:
        row = []
        for way, turns in zip(nodes.tolist(), branches.tolist(), strict=True):
            steps = [log_sigmoid(turn * u[node].dot(one)) for node, turn in zip(way, turns, strict=True) if turn != 0]
            row.append(sum(steps))
        rows.append(torch.stack(row))
    return torch.stack(rows)


def train(text, stays, reach, drawn, v, u, lr):
    remaining = [i for i, stay in enumerate(stays.tolist()) if stay]
    for (c, o), others in zip(pairs(text[remaining], reach[remaining]).tolist(), drawn.tolist(), strict=False):
        new_v, new_u = v.clone(), u.clone()
        for target, label in [(o, 1.0), *((n, 0.0) for n in others)]:
            g = lr * (label - 1 / (1 + math.exp(-float(u[target] @ v[c]))))
            new_v[c] += g * u[target]
            new_u[target] += g * v[c]
        v, u = new_v, new_u
    return v, u
