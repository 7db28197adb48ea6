"""Words as rows of zeros and one one, so that looking up is a product of matrices."""

import torch
from torch.nn.functional import softplus


def kept(counts, t):
    return torch.minimum((t * counts.sum() / counts.double()) ** 0.5, torch.ones(len(counts), dtype=torch.float64))


def pairs(text, reach):
    time = text.shape[0]
    found = torch.empty(0, 2, dtype=text.dtype)
    for i in range(time):
        before, after = text[max(0, i - int(reach[i])) : i], text[i + 1 : i + 1 + int(reach[i])]
        about = torch.cat([before, after])
        found = torch.cat([found, torch.stack([text[i].expand(len(about)), about], 1)])
    return found


def noise(counts, power, draws):
    shares = torch.pow(counts.to(torch.float64), power)
    shares = shares.div(shares.sum())
    return shares, torch.bucketize(draws, shares.cumsum(0), right=True)


def one_hot(words, vocab):
    return (words[..., None] == torch.arange(vocab)).double()


def negative(v, u, centre, context, drawn):
    h = one_hot(centre, len(v)) @ v
    scores = h @ u.T
    counted = one_hot(drawn, len(u)).sum(1)
    right = (one_hot(context, len(u)) * scores).sum(1)
    return softplus(scores).mul(counted).sum(1) + softplus(right) - right


def tree(h, u, nodes, branches):
    inner = torch.arange(len(u))
    at = nodes[:, :, None] == inner
    left = (at & (branches == 1)[:, :, None]).any(1).double()
    right = (at & (branches == -1)[:, :, None]).any(1).double()
    scores = h @ u.T
    return -softplus(-scores) @ left.T - softplus(scores) @ right.T


def train(text, stays, reach, drawn, v, u, lr):
    v, u = v.clone(), u.clone()
    found = pairs(torch.masked_select(text, stays), torch.masked_select(reach, stays))
    for number, (centre, context) in enumerate(found.tolist()):
        times = one_hot(drawn[number], len(u)).sum(0)
        times[context] += 1
        wrong = times * torch.sigmoid(u @ v[centre])
        wrong[context] -= 1
        step = lr * (wrong @ u)
        u -= lr * torch.outer(wrong, v[centre])
        v[centre] -= step
    return v, u
