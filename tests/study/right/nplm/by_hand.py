"""Gradients by hand, as the paper's section 3 has them; dictionaries of counts."""

from collections import Counter
from math import ceil, log

import torch


def features(C, words):
    columns = [C[words[:, place]] for place in range(words.shape[1] - 1, -1, -1)]
    return torch.cat(columns, 1)


def logits(x, b, W, d, H, U):
    a = torch.tanh(torch.addmm(d, x, H.T))
    return torch.cat([x, a], 1) @ torch.cat([W, U], 1).T + b


def perplexity(y, other, targets, share):
    total = 0.0
    for row, probabilities, target in zip(y, other, targets.tolist(), strict=True):
        p = (row - row.max()).exp()
        total = total + torch.log(share * p[target] / p.sum() + (1 - share) * probabilities[target])
    return torch.exp(-total / len(y))


def terms(text, contexts, vocab):
    words = text.tolist()
    ones, twos, threes = (Counter(tuple(words[t : t + n]) for t in range(len(words) - n + 1)) for n in (1, 2, 3))
    rows, bins = [], []
    for u, v in contexts.tolist():
        after_v = sum(twos[v, w] for w in range(vocab))
        after_both = sum(threes[u, v, w] for w in range(vocab))
        p1 = [ones[w,] / len(words) for w in range(vocab)]
        p2 = [twos[v, w] / after_v for w in range(vocab)] if after_v else p1
        p3 = [threes[u, v, w] / after_both for w in range(vocab)] if after_both else p2
        rows.append([[1 / vocab] * vocab, p1, p2, p3])
        bins.append(max(ceil(-log((after_both + 1) / len(words))), 0))
    return torch.tensor(rows, dtype=torch.float64), torch.tensor(bins)


def fit(found, bins, weights, iterations):
    for _ in range(iterations):
        new = weights.clone()
        for q in range(len(weights)):
            mine = found[bins == q]
            if len(mine):
                shares = mine * weights[q]
                new[q] = (shares / shares.sum(1, keepdim=True)).mean(0)
        weights = new
    return weights


def learn(text, context, parameters, rate, slowing, decay):
    C, b, W, d, H, U = (value.clone() for value in parameters)
    m, found = C.shape[1], []
    for t in range(len(text) - context):
        words = text[t : t + context].flip(0)
        x = C[words].flatten()
        a = torch.tanh(d + H @ x)
        y = b + W @ x + U @ a
        p = torch.softmax(y, 0)
        target = text[t + context]
        found.append(torch.log(p[target]))
        dy = -p
        dy[target] += 1
        da = (U.T @ dy) * (1 - a * a)
        dx = W.T @ dy + H.T @ da
        eps = rate / (1 + slowing * t)
        dC = torch.zeros_like(C).index_add(0, words, dx.view(context, m))
        C += eps * (dC - decay * C)
        W += eps * (torch.outer(dy, x) - decay * W)
        H += eps * (torch.outer(da, x) - decay * H)
        U += eps * (torch.outer(dy, a) - decay * U)
        b += eps * dy
        d += eps * da
    return torch.stack(found), C, b, W, d, H, U
