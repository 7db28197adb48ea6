"""A sequence at a time, each with its own steps only."""

import torch


def walk(rows, W, U, b):
    h, states = torch.ones_like(b) / 2, []
    for row in rows:
        h = torch.tanh(W @ row + U @ h + b)
        states.append(h)
    return torch.stack(states)


def forwards(x, W, U, b):
    return torch.stack([walk(rows, W, U, b) for rows in x])


def turned(x, lengths):
    rows = []
    for row, n in zip(x, lengths.tolist(), strict=True):
        rows.append(torch.cat([row[:n].flip(0), row[n:]]))
    return torch.stack(rows)


def filled(part, time):
    return torch.cat([part, part.new_zeros(time - len(part), part.shape[1])])


def both(x, lengths, W_f, U_f, b_f, W_b, U_b, b_b):
    past, future = [], []
    for row, n in zip(x, lengths.tolist(), strict=True):
        past.append(filled(walk(row[:n], W_f, U_f, b_f), len(row)))
        future.append(filled(walk(row[:n].flip(0), W_b, U_b, b_b).flip(0), len(row)))
    return torch.stack(past), torch.stack(future)


def brnn(x, lengths, W_f, U_f, b_f, W_b, U_b, b_b, V_f, V_b, c):
    rows = []
    for row, n in zip(x, lengths.tolist(), strict=True):
        f, g = walk(row[:n], W_f, U_f, b_f), walk(row[:n].flip(0), W_b, U_b, b_b).flip(0)
        y = [torch.tanh(V_f @ f[t] + V_b @ g[t] + c) for t in range(n)]
        rows.append(filled(torch.stack(y), len(row)))
    return torch.stack(rows)


def pools(one, other):
    p, q = one.softmax(1), other.softmax(1)
    geometric = (p * q).sqrt()
    return (p + q) / 2, geometric / geometric.sum(1, keepdim=True)


def posterior(x, classes, W_f, U_f, b_f, W_b, U_b, b_b, V_f, V_b, V_x, c):
    found, inputs = [], x.shape[2]
    for row, labels in zip(x, classes.tolist(), strict=True):
        after = [torch.full_like(b_b, 0.5)]
        for x_t in row.flip(0)[:-1]:
            after.insert(0, torch.tanh(W_b @ x_t + U_b @ after[0] + b_b))
        h, total = torch.full_like(b_f, 0.5), 0.0
        for x_t, label, later in zip(row, labels, after, strict=True):
            logits = V_f @ h + V_b @ later + V_x @ x_t + c
            total = total + logits[label] - logits.logsumexp(0)
            h = torch.tanh(W_f[:, :inputs] @ x_t + W_f[:, inputs + label] + U_f @ h + b_f)
        found.append(total)
    return torch.stack(found)
