"""The lectures' style: every intermediate and its gradient by name."""

import torch


def windows(names, context):
    X, Y = [], []
    for w in names:
        window = [0] * context
        for ix in [*w, 0]:
            X.append(window)
            Y.append(ix)
            window = [*window[1:], ix]
    return torch.tensor(X), torch.tensor(Y)


def batch_norm(a, gain, shift):
    n = a.shape[0]
    bnmeani = 1 / n * a.sum(0, keepdim=True)
    bndiff = a - bnmeani
    bnvar = 1 / n * (bndiff**2).sum(0, keepdim=True)
    return gain * (bndiff * (bnvar + 1e-5) ** -0.5) + shift


def forward(tokens, targets, C, W, gain, shift, V, c):
    embcat = C[tokens].view(tokens.shape[0], -1)
    logits = torch.tanh(batch_norm(embcat @ W, gain, shift)) @ V + c
    counts = (logits - logits.max(1, keepdim=True).values).exp()
    probs = counts / counts.sum(1, keepdim=True)
    return logits, -probs[range(len(targets)), targets].log().mean()


def backward(tokens, targets, C, W, gain, shift, V, c):
    n = tokens.shape[0]
    emb = C[tokens]
    embcat = emb.view(n, -1)
    hprebn = embcat @ W
    bndiff = hprebn - hprebn.mean(0, keepdim=True)
    bnvar = (bndiff**2).sum(0, keepdim=True) / n
    bnvar_inv = (bnvar + 1e-5) ** -0.5
    bnraw = bndiff * bnvar_inv
    h = torch.tanh(gain * bnraw + shift)
    dlogits = torch.softmax(h @ V + c, 1)
    dlogits[range(n), targets] -= 1
    dlogits /= n
    dh = dlogits @ V.T
    dhpreact = (1.0 - h**2) * dh
    dbnraw = gain * dhpreact
    dbnvar_inv = (bndiff * dbnraw).sum(0, keepdim=True)
    dbnvar = -0.5 * (bnvar + 1e-5) ** -1.5 * dbnvar_inv
    dbndiff = bnvar_inv * dbnraw + 2 / n * bndiff * dbnvar
    dhprebn = dbndiff - dbndiff.sum(0) / n
    demb = (dhprebn @ W.T).view(emb.shape)
    dC = torch.zeros_like(C)
    for k in range(tokens.shape[0]):
        for j in range(tokens.shape[1]):
            dC[tokens[k, j]] += demb[k, j]
    return dC, embcat.T @ dhprebn, (bnraw * dhpreact).sum(0), dhpreact.sum(0), h.T @ dlogits, dlogits.sum(0)


def learn(tokens, targets, C, W, V, batches, lr, drop):
    fan_in, hidden = W.shape
    parameters = [C, W * (5 / 3) / fan_in**0.5, torch.ones(hidden).to(W), torch.zeros(hidden).to(W),
                  V * 0.1 / hidden**0.5, torch.zeros(V.shape[1]).to(V)]  # fmt: skip
    bnmean_running, bnvar_running, lossi = torch.zeros(hidden).to(W), torch.ones(hidden).to(W), []
    for i, ix in enumerate(batches):
        Xb, Yb = tokens[ix], targets[ix]
        lossi += [forward(Xb, Yb, *parameters)[1]]
        grads = backward(Xb, Yb, *parameters)
        hprebn = parameters[0][Xb].view(len(ix), -1) @ parameters[1]
        bnmean_running = 0.9 * bnmean_running + 0.1 * hprebn.mean(0)
        bnvar_running = 0.9 * bnvar_running + 0.1 * hprebn.std(0) ** 2
        step = lr if i < drop else lr * 0.1
        parameters = [p + -step * grad for p, grad in zip(parameters, grads, strict=True)]
    return torch.stack(lossi), parameters[0], bnmean_running, bnvar_running


def write(u, context, C, W, gain, shift, V, c, mean, var):
    out = torch.zeros(u.shape, dtype=torch.long)
    for i in range(u.shape[0]):
        window = [0] * context
        for s in range(u.shape[1]):
            hpreact = gain * (C[torch.tensor(window)].view(-1) @ W - mean) * (var + 1e-5) ** -0.5 + shift
            probs = torch.softmax(torch.tanh(hpreact) @ V + c, dim=0)
            ix = int(torch.searchsorted(probs.cumsum(0), u[i, s].item()))
            if ix == 0:
                break
            out[i, s] = ix
            window = [*window[1:], ix]
    return out
