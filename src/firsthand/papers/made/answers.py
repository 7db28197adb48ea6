"""The answers of the exercise, one a step: what stands in a learner's file, but for its bodies, is made of this."""

from math import log

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

Parameters = dict[str, Tensor]
Masks = tuple[Tensor, Tensor, Tensor, Tensor]  # M_1, M_2, M_V and M_A


def degrees(before: Int[Tensor, " below"], chance: Float[Tensor, " units"], D: int) -> Int[Tensor, " units"]:
    """The numbers m of a hidden layer's units, from those of the layer below."""
    least = int(before.min())
    return least + (chance * (D - least)).floor().long()


def masks(m_0: Int[Tensor, " D"], m_1: Int[Tensor, " first"], m_2: Int[Tensor, " second"]) -> Masks:
    """Ones and zeros: M_1 (first, D), M_2 (second, first), M_V (D, second) and M_A (D, D)."""
    M_1, M_2 = m_1[:, None] >= m_0, m_2[:, None] >= m_1
    M_V, M_A = m_0[:, None] > m_2, m_0[:, None] > m_0
    return M_1.double(), M_2.double(), M_V.double(), M_A.double()


def network(x: Float[Tensor, "batch D"], of: Masks, p: Parameters) -> Float[Tensor, "batch D"]:
    """The logits of p(x_d = 1 | x_<d)."""
    M_1, M_2, M_V, M_A = of
    h = (x @ (p["W_1"] * M_1).T + p["b_1"]).clamp(min=0)
    h = (h @ (p["W_2"] * M_2).T + p["b_2"]).clamp(min=0)
    return h @ (p["V"] * M_V).T + x @ (p["A"] * M_A).T + p["c"]


def log_likelihood(x: Float[Tensor, "batch D"], logits: Float[Tensor, "sets batch D"]) -> Float[Tensor, " batch"]:
    """log p(x) in nats, of the mixture over several sets of masks."""
    each = x * logits - torch.logaddexp(logits, torch.zeros_like(logits))
    return torch.logsumexp(each.sum(-1), 0) - log(len(logits))


def sample(
    x: Float[Tensor, "batch D"],
    known: Bool[Tensor, " D"],
    chance: Float[Tensor, "batch D"],
    m_0: Int[Tensor, " D"],
    of: Masks,
    p: Parameters,
) -> Float[Tensor, "batch D"]:
    """x with every input that is not known drawn from the distribution."""
    x = torch.where(known, x, 0.0)
    for d in m_0.argsort().tolist():
        if not known[d]:
            one = chance[:, d] < torch.sigmoid(network(x, of, p)[:, d])
            x = torch.where(torch.arange(len(known)) == d, one[:, None].to(x.dtype), x)
    return x


def learn(
    x: Float[Tensor, "batch D"], sets: list[Masks], p: Parameters, steps: int, lr: float
) -> tuple[Float[Tensor, " steps"], Float[Tensor, " batch"], Parameters]:
    """Train with one set of masks after the other: losses, log p(x) of the mixture afterwards, and the parameters."""
    losses = []
    for step in range(steps):
        p = {name: value.detach().requires_grad_() for name, value in p.items()}
        loss = -log_likelihood(x, network(x, sets[step % len(sets)], p)[None]).mean()
        slopes = torch.autograd.grad(loss, list(p.values()))
        p = {name: value - lr * slope for (name, value), slope in zip(p.items(), slopes, strict=True)}
        losses.append(loss.detach())
    p = {name: value.detach() for name, value in p.items()}
    return torch.stack(losses), log_likelihood(x, torch.stack([network(x, of, p) for of in sets])), p
