"""A head at a time, a query at a time, only over the keys that it sees."""

import torch


def weights(q, k, causal):
    queries, keys = q.shape[-2], k.shape[-2]
    rows = []
    for i in range(queries):
        seen = keys - queries + i + 1 if causal else keys
        scores = (k[..., :seen, :] * q[..., i : i + 1, :]).sum(-1) / q.shape[-1] ** 0.5
        row = torch.softmax(scores, -1)
        rows.append(torch.cat([row, row.new_zeros(*row.shape[:-1], keys - seen)], -1))
    return torch.stack(rows, -2)


def backward(q, k, v, causal, dy):
    a = weights(q, k, causal)
    y = a @ v
    root = q.shape[-1] ** 0.5
    dq, dk, dv = torch.zeros_like(q), torch.zeros_like(k), torch.zeros_like(v)
    for i in range(q.shape[-2]):
        for j in range(k.shape[-2]):
            fit = a[..., i, j, None]
            change = fit * ((v[..., j, :] - y[..., i, :]) * dy[..., i, :]).sum(-1, keepdim=True) / root
            dq[..., i, :] += change * k[..., j, :]
            dk[..., j, :] += change * q[..., i, :]
            dv[..., j, :] += fit * dy[..., i, :]
    return dq, dk, dv


def self_attention(x, past_k, past_v, W_in, b_in, W_out, b_out):
    heads, d = past_k.shape[1], x.shape[2]
    n = d // heads
    y, keys, values = b_out, [], []
    for h in range(heads):
        q, k, v = (x @ W_in[i : i + n].T + b_in[i : i + n] for i in (h * n, d + h * n, 2 * d + h * n))
        keys.append(torch.cat([past_k[:, h], k], 1))
        values.append(torch.cat([past_v[:, h], v], 1))
        y = y + weights(q, keys[-1], True) @ values[-1] @ W_out[:, h * n : (h + 1) * n].T
    return y, torch.stack(keys, 1), torch.stack(values, 1)


def norm(x, scale, shift):
    mean = x.sum(-1, keepdim=True) / x.shape[-1]
    spread = ((x - mean) ** 2).sum(-1, keepdim=True) / x.shape[-1]
    return scale * (x - mean) * (spread + 1e-5) ** -0.5 + shift


def block(x, past_k, past_v, p):
    y, k, v = self_attention(
        norm(x, p["scale_1"], p["shift_1"]), past_k, past_v, p["W_in"], p["b_in"], p["W_out"], p["b_out"]
    )
    x = x + y
    a = norm(x, p["scale_2"], p["shift_2"]) @ p["W_1"].T + p["b_1"]
    return x + torch.where(a > 0, a, 0.0) @ p["W_2"].T + p["b_2"], k, v


def advance(tokens, state, heads, ends, blocks):
    logits = []
    width = ends["C"].shape[1] // heads
    for t in range(tokens.shape[1]):
        kept = []
        seen = 0 if state is None else state[0][0].shape[2]
        x = ends["C"][tokens[:, t : t + 1]] + ends["P"][seen]
        for number, p in enumerate(blocks):
            nothing = x.new_zeros(len(tokens), heads, 0, width)
            past_k, past_v = (nothing, nothing) if state is None else state[number]
            x, k, v = block(x, past_k, past_v, p)
            kept.append((k, v))
        state = kept
        logits.append(norm(x, ends["scale"], ends["shift"]) @ ends["W"].T + ends["b"])
    return torch.cat(logits, 1), state
