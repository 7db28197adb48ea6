"""How the size of a signal should change from layer to layer, and how it does.

Sources: GB10 is Glorot & Bengio (2010), H15 is He et al. (2015).
"""

from collections.abc import Callable, Sequence
from math import pi, sqrt

import torch
from jaxtyping import Float
from torch import Tensor

from firsthand.nn import Linear
from firsthand.nn.activation import Activation
from firsthand.papers.regularization.model import DeepMLP

Curve = Callable[[Tensor], Tensor]
# f and f' of the activations whose signals can be followed through the layers.
CURVES: dict[str, tuple[Curve, Curve]] = {
    "linear": (lambda s: s, torch.ones_like),
    "relu": (lambda s: s.clamp(min=0), lambda s: (s > 0).to(s.dtype)),
    "tanh": (torch.tanh, lambda s: 1 - torch.tanh(s) ** 2),
}


def gaussian_mean(curve: Curve, spread: float) -> float:
    """E[curve(s)] for s ~ N(0, spread^2), by the midpoint rule on 10,000 places within 10 deviations.

    No place is 0, where the rectifier's slope jumps.
    """
    z = (torch.arange(-5000, 5000, dtype=torch.float64) + 0.5) / 500
    density = torch.exp(-z * z / 2) / sqrt(2 * pi)
    return (density * curve(spread * z)).sum().item() / 500


def expected(
    activation: str, sizes: Sequence[int], variances: Sequence[float], first: float = 1.0
) -> tuple[list[float], list[float]]:
    """Mean squares of z^1 .. z^d and of the gradients for s^0 .. s^{d-1}, when z^0 has `first` and dC/dz^d has 1.

    `sizes` are n_0 .. n_d, `variances` those of W^0 .. W^{d-1}. Weights are independent with mean 0, biases 0, layers
    wide enough for s to be normal:
        q_{i+1} = E[f(s)^2],                                s ~ N(0, n_i Var[W^i] q_i)
        g_i = E[f'(s)^2] n_{i+2} Var[W^{i+1}] g_{i+1},      g_{d-1} = E[f'(s)^2]
    For a linear f these are the products of GB10, equations 5 and 6; for the rectifier E[f^2] is half of E[s^2] and
    E[f'^2] is 1/2, which gives H15, equations 9 and 13. For tanh the two means have no closed form: they are integrals.
    """
    f, slope = CURVES[activation]
    signal, slopes, q = [], [], first
    for n, variance in zip(sizes[:-1], variances, strict=True):
        spread = sqrt(n * variance * q)
        slopes.append(gaussian_mean(lambda s: slope(s) ** 2, spread))
        signal.append(q := gaussian_mean(lambda s: f(s) ** 2, spread))
    gradient, g = [], 1.0
    for i in reversed(range(len(variances))):
        g *= slopes[i]
        gradient.append(g)
        g *= sizes[i + 1] * variances[i]
    return signal, gradient[::-1]


def weight_variance(init: str, inputs: int, units: int, gain: float = 1.0) -> float:
    """Var[W] of a layer at first. Sources: GB10, equations 12 and 15; H15, equation 10."""
    plain = {"glorot": 2 / (inputs + units), "he": 2 / inputs, "standard": 1 / (3 * inputs), "normal": 1e-4}
    return gain**2 * plain[init]


def rms(values: Float[Tensor, "*shape"]) -> float:
    """Root of the mean square, in float64: the square of a small signal can be too small for float32."""
    return values.detach().double().square().mean().sqrt().item()


def flat(z: Float[Tensor, "batch units"], activation: str) -> float:
    """Share of dead rectifiers (0 for every example), or of values of tanh beyond 0.97."""
    dead = (z == 0).all(0) if activation == "relu" else z.abs() > 0.97
    return dead.double().mean().item()


def watched(
    network: DeepMLP, inputs: Float[Tensor, "batch *pixels"]
) -> tuple[Float[Tensor, "batch units"], list[Tensor], list[Tensor]]:
    """z^d, and every layer's s and z of a forward pass, ready to keep the gradients of a backward pass."""
    z, sums, activations = inputs.flatten(1), [], []
    for layer in network.body:
        s, z = z, layer(z)
        if isinstance(layer, Activation):
            s.retain_grad()
            sums.append(s)
            activations.append(z)
    return z, sums, activations


def jacobian_values(network: DeepMLP, inputs: Float[Tensor, "batch *pixels"]) -> list[float]:
    """Mean singular value of dz^{i+1}/dz^i = diag(f'(s^i)) W^i for each hidden tanh layer but the first.

    A mean over the singular values and over the examples; 1 would keep the length of every small change.
    Source: GB10, section 4.2.1.
    """
    _, _, activations = watched(network, inputs)
    matrices = [layer.weight for layer in network.body if isinstance(layer, Linear)][1:]
    jacobians = ((1 - z.detach() ** 2)[:, :, None] * w.detach() for w, z in zip(matrices, activations[1:], strict=True))
    return [torch.linalg.svdvals(jacobian).mean().item() for jacobian in jacobians]
