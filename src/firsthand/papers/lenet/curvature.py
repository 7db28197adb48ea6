"""Appendix C: a step size for every weight from the curvature of the loss, estimated once a pass.

    w_k <- w_k - eps_k dE^p/dw_k,   eps_k = eta / (mu + h_kk)                           one pattern p at a time
    h_kk = sum over the connections (i, j) that share w_k of  1/P sum_p d2E^p/du_ij^2    over P = 500 patterns
    d2E/du_ij^2 = d2E/da_i^2 x_j^2                                                      u_ij joins x_j to a_i
    d2E/da_i^2 = f'(a_i)^2 d2E/dx_i^2,   d2E/dx_j^2 = sum_i u_ij^2 d2E/da_i^2           Gauss-Newton, diagonal

The recursion is back-propagation with every weight, input and slope squared. A layer of weighted sums therefore needs
no formulas of its own: run it on squared inputs with squared weights, and its gradients are the second derivatives.
"""

from collections.abc import Iterable, Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.autograd import grad
from torch.func import functional_call
from torch.nn import Module, Parameter

from firsthand.errors import UserError
from firsthand.nn import softmax
from firsthand.nn.activation import Activation
from firsthand.optim import Rule
from firsthand.optim.rule import Many
from firsthand.papers.lenet.model import RBF, Pool


class DiagonalLM(Rule):
    """Stochastic diagonal Levenberg-Marquardt: w_k <- w_k - eta / (mu + h_kk) g_k, where mu caps the steps at eta / mu.

    `estimate` sets h before each pass; until the first it is 0. eta is lr times the pass's entry of `factors`, of which
    the last serves all later passes.
    Source: App. C, eq. 21.
    """

    def __init__(
        self, params: Iterable[Parameter], lr: float = 5e-4, mu: float = 0.02, factors: Sequence[float] = (1.0,)
    ):
        super().__init__(params, lr=lr, mu=mu, factors=factors, passes=0)

    def estimate(self, curvatures: dict[Parameter, Tensor]) -> None:
        """A new pass begins: use these h until the next."""
        for p, h in curvatures.items():
            self.state[p]["h"] = h
        for group in self.param_groups:
            group["passes"] += 1

    counts = False

    def memory(self, group: dict) -> dict[str, float | int]:
        """The curvatures: 0 until the first estimate."""
        return {"h": 0}

    def update(self, group: dict, t: int, params: Many, grads: Many, h: Many) -> None:
        factor = group["factors"][max(0, min(group["passes"], len(group["factors"])) - 1)]
        torch._foreach_addcdiv_(params, grads, torch._foreach_add(h, group["mu"]), -group["lr"] * factor)


def curvatures(
    network: Module, inputs: Float[Tensor, "patterns ..."], targets: Int[Tensor, " patterns"], rubbish: float | None
) -> dict[Parameter, Tensor]:
    """h_kk of every parameter: the mean over the patterns of the Gauss-Newton second derivatives of their loss.

    The loss is equation 9 with this `rubbish`, or equation 8 if that is None; for logits, the cross-entropy.
    Raises UserError for a network with a layer that is neither weighted sums nor a function of single inputs.
    Source: App. C, eqs. 22 to 26.
    """
    trace = forward(network, inputs)
    layer, x, outputs = trace[-1]
    if isinstance(layer, RBF):
        trace.pop()
        h = distances_curvature(x, layer.codes, targets, outputs, rubbish)
    else:
        p = softmax(outputs)
        h = p * (1 - p)  # of the cross-entropy, with respect to each logit
    h = h / len(inputs)
    found: dict[Parameter, Tensor] = {}
    for layer, x, output in reversed(trace):
        h = backward(layer, x, h.view_as(output), found)
    return found


@torch.no_grad()
def forward(network: Module, inputs: Tensor) -> list[tuple[Module, Tensor, Tensor]]:
    """(layer, its input, its output) of every layer, in the order in which they run."""
    trace: list[tuple[Module, Tensor, Tensor]] = []
    layers = [layer for layer in network.modules() if not list(layer.children())]
    hooks = [layer.register_forward_hook(lambda layer, x, y: trace.append((layer, x[0], y))) for layer in layers]
    try:
        network(inputs)
    finally:
        for hook in hooks:
            hook.remove()
    return trace


@torch.no_grad()
def distances_curvature(
    x: Float[Tensor, "patterns units"],
    codes: Float[Tensor, "classes units"],
    targets: Int[Tensor, " patterns"],
    distances: Float[Tensor, "patterns classes"],
    rubbish: float | None,
) -> Float[Tensor, "patterns units"]:
    """d2E/dx_j^2 of the loss at the states x of F6, exactly.

    Equation 8: 2. Equation 9: 2 p_r + Var_p(dy_i/dx_j), where p are the shares of e^-y_i and of the rubbish class r in
    their sum, whose distance j does not depend on x.
    """
    if rubbish is None:
        return torch.full_like(x, 2.0)
    p = softmax(-torch.cat([distances, distances.new_full((len(x), 1), rubbish)], 1))
    slopes = 2 * (x[:, None] - codes)  # (patterns, classes, units)
    mean = torch.einsum("pc, pcu -> pu", p[:, :-1], slopes)
    return 2 * p[:, -1:] + torch.einsum("pc, pcu -> pu", p[:, :-1], slopes.square()) - mean.square()


@torch.enable_grad()
def backward(layer: Module, x: Tensor, h: Tensor, found: dict[Parameter, Tensor]) -> Tensor:
    """From the second derivatives at a layer's output to those at its input; its parameters' go into `found`."""
    if isinstance(layer, Activation | Pool):  # every input feeds one output, with slope s: h_x = s^2 h
        x = x.detach().requires_grad_()
        y = layer(x)
        (slope,) = grad(y, x, torch.ones_like(y), retain_graph=True)
        return slope * grad(y, x, h)[0]
    parameters = dict(layer.named_parameters())
    if not parameters:
        raise UserError(f"The diagonal rule does not know the layer {type(layer).__name__}: choose another optim.name.")
    squares = {name: p.detach().square().requires_grad_() for name, p in parameters.items()}
    x = x.detach().square().requires_grad_()
    a = functional_call(layer, squares, (x,))
    h_x, *h_parameters = grad(a, [x, *squares.values()], h)
    found |= dict(zip(parameters.values(), h_parameters, strict=True))
    return h_x
