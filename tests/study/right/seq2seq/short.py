"""As short as it gets."""

from heapq import nlargest

import torch


def backwards(source, lengths):
    return torch.stack(
        [torch.cat([row[: n - 1].flip(0), row[n - 1 :]]) for row, n in zip(source, lengths, strict=True)]
    )


def climb(x, h, c, W, U, b):
    h, c = list(h.unbind(1)), list(c.unbind(1))
    for k in range(len(h)):
        below = h[k - 1] if k else x
        i, f, g, o = torch.tensor_split(torch.addmm(torch.addmm(b[k], below, W[k].t()), h[k], U[k].t()), 4, 1)
        c[k] = c[k] / (1 + torch.exp(-f)) + (2 * torch.sigmoid(2 * g) - 1) * torch.sigmoid(i)
        h[k] = torch.tanh(c[k]) * torch.sigmoid(o)
    return torch.stack(h, 1), torch.stack(c, 1)


def read(x, lengths, *weights):
    states = [(torch.zeros_like(x[:, :1]).expand(-1, len(weights[0]), -1),) * 2]
    for word in x.transpose(0, 1):
        states.append(climb(word, *states[-1], *weights))
    rows = torch.arange(len(x))
    return [torch.stack(part)[lengths, rows] for part in zip(*states, strict=True)]


def logits(source, lengths, target, encoder, decoder):
    weights = [[side[name] for name in "WUb"] for side in (encoder, decoder)]
    state = read(encoder["C"][backwards(source, lengths)], lengths, *weights[0])
    tops = torch.empty(len(source), 0, decoder["V"].shape[1], dtype=decoder["V"].dtype)
    for t in range(target.shape[1]):
        seen = target[:, t - 1] if t else 0 * target[:, 0]
        state = climb(decoder["C"][seen], *state, *weights[1])
        tops = torch.cat([tops, state[0][:, -1:]], 1)
    return tops @ decoder["V"].mT + decoder["d"]


def loss(scores, target, lengths):
    there = torch.arange(target.shape[1]).expand_as(target) < lengths.unsqueeze(1)
    p = torch.softmax(scores[there], 1)
    return -p[torch.arange(len(p)), target[there]].log().sum() / len(target)


def search(following, beam, end, longest, going=((0.0, []),)):
    longer = ((total + p.item(), [*tokens, i]) for total, tokens in going for i, p in enumerate(following(tokens)))
    best = nlargest(beam, longer)
    done = [(tokens, total) for total, tokens in best if tokens[-1] == end or longest == 1]
    on = [one for one in best if one[1][-1] != end]
    if on and longest > 1:
        done.append(search(following, beam, end, longest - 1, on))
    return max(done, key=lambda one: one[1])
