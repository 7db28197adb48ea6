"""One-hot matrices and einsum; counts as tensors of three dimensions; torch.func for gradients."""

import torch
from torch import einsum
from torch.func import grad_and_value


def features(C, words):
    one_hot = torch.eye(len(C), dtype=C.dtype)[words.flip(-1)]
    return einsum("bcv,vm->bcm", one_hot, C).reshape(len(words), -1)


def logits(x, b, W, d, H, U):
    hidden = 1 - 2 / (1 + torch.exp(2 * (einsum("bw,hw->bh", x, H) + d)))
    return einsum("bw,vw->bv", x, W) + einsum("bh,vh->bv", hidden, U) + b


def perplexity(y, other, targets, share):
    one_hot = torch.eye(y.shape[1], dtype=y.dtype)[targets]
    p = ((share * y.softmax(-1) + (1 - share) * other) * one_hot).sum(-1)
    return (1 / p).log().mean().exp()


def terms(text, contexts, vocab):
    eye = torch.eye(vocab, dtype=torch.float64)
    e = eye[text]
    ones = e.sum(0).expand(len(contexts), -1)
    twos = einsum("ti,tj->ij", e[:-1], e[1:])[contexts[:, 1]]
    threes = einsum("ti,tj,tk->ijk", e[:-2], e[1:-1], e[2:])[contexts[:, 0], contexts[:, 1]]
    found = [torch.full_like(ones, 1 / vocab)]
    for counts in (ones, twos, threes):
        total = counts.sum(1, keepdim=True)
        found.append(torch.where(total > 0, counts / total, found[-1]))
    q = torch.ceil(torch.log(torch.tensor(len(text), dtype=torch.float64)) - torch.log1p(threes.sum(1)))
    return torch.stack(found, 1), q.clamp(min=0).long()


def fit(found, bins, weights, iterations):
    if iterations == 0:
        return weights
    shares = found * weights[bins]
    shares = shares / shares.sum(-1, keepdim=True)
    sums = torch.zeros_like(weights).index_add(0, bins, shares)
    counts = torch.bincount(bins, minlength=len(weights)).to(found.dtype)[:, None]
    return fit(found, bins, torch.where(counts > 0, sums / counts.clamp(min=1), weights), iterations - 1)


def learn(text, context, parameters, rate, slowing, decay):
    def chance(parameters, words, target):
        C, *rest = parameters
        y = logits(features(C, words), *rest)
        return (y[0, target] - y.logsumexp(1)).squeeze()

    found = []
    windows = text.unfold(0, context + 1, 1)
    for t, window in enumerate(windows):
        slopes, value = grad_and_value(chance)(tuple(parameters), window[None, :-1], int(window[-1]))
        found.append(value)
        eps = rate / (1 + t * slowing)
        decays = (decay, 0, decay, 0, decay, decay)
        parameters = [p * (1 - eps * lam) + eps * g for p, g, lam in zip(parameters, slopes, decays, strict=True)]
    return (torch.stack(found), *parameters)
