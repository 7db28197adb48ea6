"""The answers of the exercise, one a step: what stands in a learner's file, but for its bodies, is made of this."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

Parameters = dict[str, Tensor]


def move(
    given: Float[Tensor, "batch three_n"], s: Float[Tensor, "batch n"], U: Float[Tensor, "three_n n"]
) -> Float[Tensor, "batch n"]:
    """The next state, from what the inputs bring to r, z and the candidate."""
    n = s.shape[1]
    r, z = torch.sigmoid(given[:, : 2 * n] + s @ U[: 2 * n].T).chunk(2, dim=1)
    candidate = torch.tanh(given[:, 2 * n :] + (r * s) @ U[2 * n :].T)
    return (1 - z) * s + z * candidate


def annotate(
    x: Float[Tensor, "batch places m"], lengths: Int[Tensor, " batch"], forward: Parameters, backward: Parameters
) -> Float[Tensor, "batch places two_n"]:
    """The annotation of every word; 0 at places past a sentence's end."""
    inside = torch.arange(x.shape[1]) < lengths[:, None]
    found = []
    for p, order in ((forward, 1), (backward, -1)):
        s = x.new_zeros(len(x), p["U"].shape[1])
        states = {}
        for j in range(x.shape[1])[::order]:
            new = move(x[:, j] @ p["W"].T + p["b"], s, p["U"])
            s = torch.where(inside[:, j, None], new, 0)
            states[j] = s
        found.append(torch.stack([states[j] for j in range(x.shape[1])], 1))
    return torch.cat(found, 2)


def look(
    s: Float[Tensor, "batch n"],
    h: Float[Tensor, "batch places width"],
    keep: Bool[Tensor, "batch places"],
    W_a: Float[Tensor, "size n"],
    U_a: Float[Tensor, "size width"],
    v: Float[Tensor, " size"],
) -> tuple[Float[Tensor, "batch width"], Float[Tensor, "batch places"]]:
    """The context, and how much of each annotation is in it."""
    e = torch.tanh((s @ W_a.T)[:, None] + h @ U_a.T) @ v
    a = torch.softmax(e.masked_fill(~keep, float("-inf")), dim=1)
    return (a[:, :, None] * h).sum(1), a


def word(
    s: Float[Tensor, "batch n"], y: Float[Tensor, "batch m"], c: Float[Tensor, "batch width"], p: Parameters
) -> Float[Tensor, "batch vocab"]:
    """Logits of the next word, by a maxout layer."""
    deep = s @ p["U_o"].T + y @ p["V_o"].T + c @ p["C_o"].T + p["b_o"]
    t = torch.maximum(deep[:, 0::2], deep[:, 1::2])
    return t @ p["W_o"].T + p["b_y"]


def translate(
    source: Int[Tensor, "batch places"],
    lengths: Int[Tensor, " batch"],
    target: Int[Tensor, "batch time"],
    forward: Parameters,
    backward: Parameters,
    p: Parameters,
) -> tuple[Float[Tensor, "batch time vocab"], Float[Tensor, "batch time places"]]:
    """Logits of every word of the target by teacher forcing, and where each of them looked."""
    h = annotate(p["E_x"][source], lengths, forward, backward)
    keep = torch.arange(source.shape[1]) < lengths[:, None]
    s = torch.tanh(h[:, 0, forward["U"].shape[1] :] @ p["W_s"].T + p["b_s"])
    y = torch.zeros_like(p["E_y"][target[:, 0]])
    logits, weights = [], []
    for i in range(target.shape[1]):
        c, a = look(s, h, keep, p["W_a"], p["U_a"], p["v"])
        logits.append(word(s, y, c, p))
        weights.append(a)
        s = move(y @ p["W"].T + c @ p["C"].T + p["b"], s, p["U"])
        y = p["E_y"][target[:, i]]
    return torch.stack(logits, 1), torch.stack(weights, 1)
