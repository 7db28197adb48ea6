"""The answers of the exercise, one a step: what stands in a learner's file, but for its bodies, is made of this."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor


def vanilla(
    x: Float[Tensor, "batch inputs"],
    y: Float[Tensor, "batch hidden"],
    c: Float[Tensor, "batch hidden"],
    W: Float[Tensor, "4*hidden inputs"],
    R: Float[Tensor, "4*hidden hidden"],
    b: Float[Tensor, " 4*hidden"],
    p: Float[Tensor, "3 hidden"],
) -> tuple[Tensor, Tensor]:
    """One step of the LSTM with peepholes: the new y and c."""
    a_i, a_f, a_z, a_o = (x @ W.T + y @ R.T + b).chunk(4, 1)
    i, f = torch.sigmoid(a_i + p[0] * c), torch.sigmoid(a_f + p[1] * c)
    new = i * torch.tanh(a_z) + f * c
    o = torch.sigmoid(a_o + p[2] * new)
    return o * torch.tanh(new), new


def variant(
    name: str,
    x: Float[Tensor, "batch inputs"],
    y: Float[Tensor, "batch hidden"],
    c: Float[Tensor, "batch hidden"],
    W: Float[Tensor, "4*hidden inputs"],
    R: Float[Tensor, "4*hidden hidden"],
    b: Float[Tensor, " 4*hidden"],
    p: Float[Tensor, "3 hidden"],
) -> tuple[Tensor, Tensor]:
    """One step of V, NIG, NFG, NOG, NIAF, NOAF, CIFG or NP: the new y and c."""
    if name == "NP":
        p = torch.zeros_like(p)
    a_i, a_f, a_z, a_o = (x @ W.T + y @ R.T + b).chunk(4, 1)
    i = torch.ones_like(c) if name == "NIG" else torch.sigmoid(a_i + p[0] * c)
    f = torch.ones_like(c) if name == "NFG" else torch.sigmoid(a_f + p[1] * c)
    if name == "CIFG":
        f = 1 - i
    z = a_z if name == "NIAF" else torch.tanh(a_z)
    new = i * z + f * c
    o = torch.ones_like(c) if name == "NOG" else torch.sigmoid(a_o + p[2] * new)
    return o * (new if name == "NOAF" else torch.tanh(new)), new


def full_recurrence(
    x: Float[Tensor, "batch inputs"],
    y: Float[Tensor, "batch hidden"],
    c: Float[Tensor, "batch hidden"],
    gates: Float[Tensor, "batch 3*hidden"],
    W: Float[Tensor, "4*hidden inputs"],
    R: Float[Tensor, "4*hidden hidden"],
    b: Float[Tensor, " 4*hidden"],
    p: Float[Tensor, "3 hidden"],
    G: Float[Tensor, "3*hidden 3*hidden"],
) -> tuple[Tensor, Tensor, Tensor]:
    """One step of FGR, whose gates also see all gates of the step before: the new y, c and gates."""
    a_i, a_f, a_z, a_o = (x @ W.T + y @ R.T + b).chunk(4, 1)
    g_i, g_f, g_o = (gates @ G.T).chunk(3, 1)
    i, f = torch.sigmoid(a_i + p[0] * c + g_i), torch.sigmoid(a_f + p[1] * c + g_f)
    new = i * torch.tanh(a_z) + f * c
    o = torch.sigmoid(a_o + p[2] * new + g_o)
    return o * torch.tanh(new), new, torch.cat([i, f, o], 1)


def size(name: str, inputs: int, hidden: int) -> int:
    """How many numbers a layer of this variant learns; FGR is the ninth."""
    block = hidden * inputs + hidden * hidden + hidden
    if name in ("NIG", "NFG", "NOG", "CIFG"):
        return 3 * block + 2 * hidden
    if name == "NP":
        return 4 * block
    return 4 * block + 3 * hidden + (9 * hidden * hidden if name == "FGR" else 0)


def through_time(
    x: Float[Tensor, "batch time inputs"],
    errors: Float[Tensor, "batch time hidden"],
    W: Float[Tensor, "4*hidden inputs"],
    R: Float[Tensor, "4*hidden hidden"],
    b: Float[Tensor, " 4*hidden"],
    p: Float[Tensor, "3 hidden"],
) -> tuple[Tensor, ...]:
    """The vanilla LSTM's gradients by hand, from zeros on: (dx, dW, dR, db, dp)."""
    y = c = x.new_zeros(len(x), R.shape[1])
    kept = []
    for x_t in x.unbind(1):
        a_i, a_f, a_z, a_o = (x_t @ W.T + y @ R.T + b).chunk(4, 1)
        i, f, z = torch.sigmoid(a_i + p[0] * c), torch.sigmoid(a_f + p[1] * c), torch.tanh(a_z)
        new = i * z + f * c
        o = torch.sigmoid(a_o + p[2] * new)
        kept.append((x_t, y, c, i, f, z, new, o))
        y, c = o * torch.tanh(new), new
    da, carried, dxs = x.new_zeros(len(x), len(b)), torch.zeros_like(c), []
    dW, dR, db, dp = (torch.zeros_like(value) for value in (W, R, b, p))
    for t in reversed(range(x.shape[1])):
        x_t, y, c, i, f, z, new, o = kept[t]
        dy = errors[:, t] + da @ R
        do = dy * torch.tanh(new) * o * (1 - o)
        dc = dy * o * (1 - torch.tanh(new) ** 2) + p[2] * do + carried
        df, di, dz = dc * c * f * (1 - f), dc * z * i * (1 - i), dc * i * (1 - z**2)
        carried = p[0] * di + p[1] * df + dc * f
        da = torch.cat([di, df, dz, do], 1)
        dW, dR, db = dW + da.T @ x_t, dR + da.T @ y, db + da.sum(0)
        dp = dp + torch.stack([(c * di).sum(0), (c * df).sum(0), (new * do).sum(0)])
        dxs.insert(0, da @ W)
    return torch.stack(dxs, 1), dW, dR, db, dp


def study(
    run: Callable[[str, int, float], tuple[float, float]],
    names: list[str],
    draws: Float[Tensor, "variants trials 2"],
    best: int,
) -> tuple[Tensor, Tensor, Tensor]:
    """A random search for each variant, and Welch's test against the first: (means, t, degrees of freedom)."""
    tests = []
    for name, trials in zip(names, draws.tolist(), strict=True):
        ended = [run(name, round(20 * 10**u), 1e-6 * 1e4**v) for u, v in trials]
        tests.append([test for _, test in sorted(ended)[:best]])
    scores = torch.tensor(tests, dtype=torch.float64)
    means, shares = scores.mean(1), scores.var(1) / best
    both = shares + shares[0]
    t = (means - means[0]) / both.sqrt()
    return means, t, both**2 * (best - 1) / (shares**2 + shares[0] ** 2)
