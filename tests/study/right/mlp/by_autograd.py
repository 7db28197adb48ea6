"""One-hot products for the table; training by torch's gradients of an own forward pass."""

import torch


def windows(names, context):
    rows = []
    for name in names:
        padded = [0] * context + name + [0]
        rows += [padded[i : i + context + 1] for i in range(len(name) + 1)]
    table = torch.tensor(rows)
    return table[:, :-1], table[:, -1]


def batch_norm(a, gain, shift):
    centred = a - torch.mean(a, dim=0, keepdim=True)
    return centred * torch.rsqrt(centred.square().mean(0) + 1e-5) * gain + shift


def logits_of(tokens, C, W, gain, shift, V, c):
    one_hot = torch.eye(len(C), dtype=C.dtype)[tokens]
    x = torch.einsum("bkv,ve->bke", one_hot, C).reshape(len(tokens), -1)
    return torch.tanh(batch_norm(x.matmul(W), gain, shift)).matmul(V) + c


def forward(tokens, targets, C, W, gain, shift, V, c):
    logits = logits_of(tokens, C, W, gain, shift, V, c)
    right = logits[torch.arange(len(targets)), targets]
    return logits, (torch.logsumexp(logits, 1) - right).mean()


def backward(tokens, targets, C, W, gain, shift, V, c):
    n, units = len(tokens), torch.eye(len(C), dtype=C.dtype)
    x = C[tokens].reshape(n, -1)
    a = x @ W
    inverse = 1 / torch.sqrt(a.var(0, unbiased=False) + 1e-5)
    z = (a - a.mean(0)) * inverse
    h = torch.tanh(z * gain + shift)
    p = torch.exp(h @ V + c)
    slope = (p / p.sum(1, keepdim=True) - units[targets]) / n
    dV, dc = h.T @ slope, slope.sum(0)
    slope = (slope @ V.T) * (1 - h * h)
    dgain, dshift = (slope * z).sum(0), slope.sum(0)
    slope = gain * inverse / n * (n * slope - dshift - z * dgain)
    dC = torch.einsum("bkv,bke->ve", units[tokens], (slope @ W.T).reshape(n, tokens.shape[1], -1))
    return dC, x.T @ slope, dgain, dshift, dV, dc


def learn(tokens, targets, C, W, V, batches, lr, drop):
    hidden, kind = W.shape[1], {"dtype": W.dtype}
    params = [C.clone(), W * 5 / 3 / W.shape[0] ** 0.5, torch.ones(hidden, **kind), torch.zeros(hidden, **kind),
              0.1 * V / V.shape[0] ** 0.5, torch.zeros(V.shape[1], **kind)]  # fmt: skip
    for p in params:
        p.requires_grad_()
    mean, var, losses = torch.zeros(hidden, **kind), torch.ones(hidden, **kind), []
    for step in range(len(batches)):
        rows = batches[step]
        loss = forward(tokens[rows], targets[rows], *params)[1]
        losses.append(loss.item())
        for p in params:
            p.grad = None
        loss.backward()
        with torch.no_grad():
            a = params[0][tokens[rows]].flatten(1) @ params[1]
            mean.lerp_(a.mean(0), 0.1)
            var.lerp_(a.var(0), 0.1)
            for p in params:
                p -= (lr if step < drop else 0.1 * lr) * p.grad
    return torch.tensor(losses, **kind), params[0].detach(), mean, var


def write(u, context, C, W, gain, shift, V, c, mean, var):
    names = []
    for row in u.tolist():
        name, seen = [], [0] * context
        for number in row:
            if name and name[-1] == 0:
                name.append(0)
                continue
            a = torch.cat([C[token] for token in seen]) @ W
            h = torch.tanh((a - mean) * gain / torch.sqrt(var + 1e-5) + shift)
            total, token = 0.0, -1
            for p in torch.softmax(h @ V + c, 0).tolist():
                total, token = total + p, token + 1
                if total >= number:
                    break
            name.append(token)
            seen = [*seen, token][1:]
        names.append(name)
    return torch.tensor(names)
