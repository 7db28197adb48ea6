"""Leaves that are changed in place, `backward`, and a loss with the decay in it."""

import math

import torch


def features(C, words):
    x = C.new_zeros(words.shape[0], words.shape[1] * C.shape[1])
    width = C.shape[1]
    for place in range(words.shape[1]):
        x[:, place * width : (place + 1) * width] = C[words[:, -1 - place]]
    return x


def logits(x, b, W, d, H, U):
    a = (H @ x.T + d[:, None]).tanh()
    return (W @ x.T + U @ a + b[:, None]).T


def perplexity(y, other, targets, share):
    places = torch.arange(len(targets))
    mine = torch.log_softmax(y, 1)[places, targets].exp()
    both = mine * share + other[places, targets] * (1 - share)
    return both.prod() ** (-1 / len(targets))


def terms(text, contexts, vocab):
    pairs, triples = text.unfold(0, 2, 1), text.unfold(0, 3, 1)
    rows, bins = [], []
    for context in contexts:
        after = [text, pairs[pairs[:, 0] == context[1], 1], triples[(triples[:, :2] == context).all(1), 2]]
        found = [torch.ones(vocab, dtype=torch.float64) / vocab]
        for words in after:
            if len(words):
                found.append(torch.bincount(words, minlength=vocab).double() / len(words))
            else:
                found.append(found[-1])
        rows.append(torch.stack(found))
        bins.append(max(0, math.ceil(math.log(len(text) / (1 + len(after[2]))))))
    return torch.stack(rows), torch.tensor(bins)


def fit(found, bins, weights, iterations):
    weights = weights.clone()
    present = sorted(set(bins.tolist()))
    for _ in range(iterations):
        old = weights[bins]
        shares = old * found / (old * found).sum(1)[:, None]
        for q in present:
            weights[q] = shares[bins == q].sum(0) / (bins == q).sum()
    return weights


def learn(text, context, parameters, rate, slowing, decay):
    leaves = [value.clone().requires_grad_() for value in parameters]
    C, b, W, d, H, U = leaves
    found, updates = [], 0
    for end in range(context, len(text)):
        y = logits(features(C, text[end - context : end].unsqueeze(0)), b, W, d, H, U)
        log_p = y[0, text[end]] - torch.logsumexp(y[0], 0)
        found.append(log_p.item())
        (log_p - decay / 2 * sum((value**2).sum() for value in (C, W, H, U))).backward()
        with torch.no_grad():
            for value in leaves:
                value += rate / (1 + slowing * updates) * value.grad
                value.grad = None
        updates += 1
    return (torch.tensor(found, dtype=torch.float64), *(value.detach() for value in leaves))
