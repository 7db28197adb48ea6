"""Three identities: what becomes of a normalised layer and its gradients when its weights are multiplied."""

import torch

from firsthand.claims import Arm, Claim, Measure, Outcome, limit_from
from firsthand.nn import batch_norm


def scale(a: float = 10.0, eps: float = 0.0, seed: int = 0) -> Outcome:
    """How far BN((a W) u) and its gradients are from BN(W u) and its own, with 50 inputs, 20 units and 60 examples.

    Args:
        a: what multiplies the weights.
        eps: added to the variances.
        seed: of weights, inputs, gains and the gradient that comes back.
    """
    generator = torch.Generator().manual_seed(seed)

    def drawn(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    weight, inputs, gamma, beta, back = drawn(20, 50), drawn(60, 50), drawn(20), drawn(20), drawn(60, 20)

    def passed(factor: float) -> tuple[torch.Tensor, ...]:
        w, u = (factor * weight).requires_grad_(), inputs.clone().requires_grad_()
        y, *_ = batch_norm(u @ w.T, gamma, beta, eps)
        return y.detach(), *torch.autograd.grad(y, (u, w), back)

    (y, du, dw), (y_a, du_a, dw_a) = passed(1.0), passed(a)
    largest = {"outputs": y_a - y, "inputs": du_a - du, "weights": a * dw_a - dw}
    along = (dw * weight).sum(1) / (dw.norm(dim=1) * weight.norm(dim=1))
    return {name: difference.abs().max().item() for name, difference in largest.items()} | {
        "along": along.abs().max().item()
    }


MEASURES = OUTPUTS, INPUTS, WEIGHTS, ALONG = (
    Measure("outputs", "furthest BN((aW)u) from BN(Wu)", digits=15),
    Measure("inputs", "furthest gradient of u from its own", digits=15),
    Measure("weights", "furthest gradient of aW from 1/a of its own, times a", digits=15),
    Measure("along", "largest cosine between a unit's weights and their gradient", digits=15),
)
ARMS = tuple(Arm(f"a = {a:g}", experiment=scale, overrides={"a": a}) for a in (0.01, 10.0, 1000.0))

CLAIM = Claim(
    key="scale",
    kind="identity",
    statement="The scale of a layer's weights changes neither its outputs nor what flows back to its inputs.",
    where="sec. 3.3",
    measures=MEASURES,
    arms=ARMS,
    conditions=limit_from(
        "theory",
        OUTPUTS.of(*ARMS) <= 1e-10,
        INPUTS.of(*ARMS) <= 1e-10,
        (WEIGHTS.of(*ARMS) <= 1e-10).saying("weights that are a times as large get gradients of 1/a"),
        (ALONG.of(*ARMS) <= 1e-12).saying("a gradient is at right angles to its unit's weights, which follows"),
    ),
    remark="In float64 and with eps = 0; with an eps the identities hold as far as it is small beside the variance, "
    "which is why a does not shrink the weights below that. Every step therefore lengthens the weights, and longer "
    "weights are changed less by the next: a large rate tames itself.",
)
