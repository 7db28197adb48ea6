"""Loops and Python's numbers where there are few; the network's gradients by backward()."""

import math

import torch


def first_weights(u, z):
    m, n = u.shape
    bound, deviation = math.sqrt(6 / (n + m)), math.sqrt(2 / n)
    glorot, he = torch.empty_like(u), torch.empty_like(z)
    for i in range(m):
        for j in range(n):
            glorot[i, j] = -bound + u[i, j] * 2 * bound
            he[i, j] = deviation * z[i, j]
    return glorot, he


def signals(sizes, variances, share):
    depth = len(variances)
    signal = [torch.ones((), dtype=variances.dtype)]
    for i in range(depth):
        signal.append(signal[-1] * share * sizes[i] * variances[i])
    gradient = {depth: 1.0}
    for i in range(depth - 1, -1, -1):
        gradient[i] = gradient[i + 1] * share * sizes[i + 1] * variances[i]
    return torch.stack(signal[1:]), torch.stack([gradient[i] for i in range(depth)])


def decayed(theta, slopes, etas, alpha, beta, decay, decoupled):
    theta, m, path = theta.clone(), torch.zeros_like(theta), []
    for t in range(len(slopes)):
        if decoupled:
            m = m * beta + slopes[t] * etas[t] * alpha
            theta = theta * (1 - etas[t] * decay) - m
        else:
            m = m * beta + (slopes[t] + theta * decay) * etas[t] * alpha
            theta = theta - m
        path.append(theta)
    return torch.stack(path)


def curves(train, val, strip):
    gl, lowest = [], val[0]
    for loss in val:
        lowest = torch.minimum(lowest, loss)
        gl.append(100 * (loss - lowest) / lowest)
    p = []
    for end in range(strip, len(train) + 1, strip):
        own = train[end - strip : end]
        p.append(1000 * own.sum() / (strip * own.min()) - 1000)
    return torch.stack(gl), torch.stack(p) if p else train.new_zeros(0)


def stops(train, val, strip, gl, pq, up):
    lost, made = (numbers.tolist() for numbers in curves(train, val, strip))
    found = [0, 0, 0]
    rises = 0
    for t in range(1, len(val) + 1):
        if not found[0] and lost[t - 1] > gl:
            found[0] = t
        if t % strip == 0:
            if not found[1] and lost[t - 1] > pq * made[t // strip - 1]:
                found[1] = t
            if t > strip and val[t - 1] > val[t - 1 - strip]:
                rises += 1
            else:
                rises = 0
            if not found[2] and rises >= up:
                found[2] = t
    return found


def learn(x, y, x_val, y_val, numbers, lr, decay, epochs, patience):
    weights = [first_weights(u, u)[0].requires_grad_() for u in numbers]
    biases = [torch.zeros(len(u), dtype=u.dtype, requires_grad=True) for u in numbers]

    def forward(h):
        for i in range(len(weights)):
            h = h @ weights[i].T + biases[i]
            if i + 1 < len(weights):
                h = torch.tanh(h)
        return h

    def error(h, labels):
        p = torch.softmax(forward(h), 1)
        return -sum(p[i, labels[i]].log() for i in range(len(labels))) / len(labels)

    losses, lowest, kept, waited = [], math.inf, None, 0
    for _ in range(epochs):
        for p in (*weights, *biases):
            p.grad = None
        error(x, y).backward()
        with torch.no_grad():
            for W in weights:
                W.mul_(1 - decay).sub_(lr * W.grad)
            for b in biases:
                b.sub_(lr * b.grad)
            losses.append(error(x_val, y_val).item())
            if losses[-1] < lowest:
                lowest, kept, waited = losses[-1], forward(x_val).clone(), 0
            else:
                waited += 1
        if waited == patience:
            break
    return torch.tensor(losses, dtype=x.dtype), kept
