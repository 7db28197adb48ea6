"""How weights start: in-place initialisers, which draw from torch's default generator."""

from math import erf, sqrt

import torch
from jaxtyping import Float
from torch import Tensor

from firsthand.errors import UserError
from firsthand.nn.arguments import check_number


def fan_in(tensor: Float[Tensor, "..."]) -> int:
    """How many inputs one unit sums: in for a weight "out in", in * kh * kw for a kernel "out in kh kw"."""
    return _units(tensor)[0]


def fan_out(tensor: Float[Tensor, "..."]) -> int:
    """How many units one input feeds: out for a weight "out in", out * kh * kw for a kernel "out in kh kw"."""
    return _units(tensor)[1]


def _units(tensor: Float[Tensor, "..."]) -> tuple[int, int]:
    if tensor.ndim < 2:
        raise UserError(f"A fan needs a weight of two axes or more, got shape {tuple(tensor.shape)}.")
    window = tensor[0, 0].numel()
    return tensor.shape[1] * window, tensor.shape[0] * window


@torch.no_grad()
def uniform_(tensor: Float[Tensor, "..."], bound: float) -> Float[Tensor, "..."]:
    """Fill with w ~ U(-bound, bound), whose standard deviation is bound / sqrt(3). Raises UserError for a bound < 0."""
    check_number("uniform_", 0.0, bound=bound)
    return tensor.uniform_(-bound, bound)


@torch.no_grad()
def normal_(tensor: Float[Tensor, "..."], std: float) -> Float[Tensor, "..."]:
    """Fill with w ~ N(0, std^2). Raises UserError for a negative std."""
    check_number("normal_", 0.0, std=std)
    return tensor.normal_(0, std)


def lecun_(tensor: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """Fill with w ~ N(0, 1 / fan_in), which keeps the variance of a weighted sum of unit-variance inputs at one.

    Source: LeCun, Bottou, Orr & Müller (1998), Efficient BackProp, equation 16.
    """
    return normal_(tensor, 1 / sqrt(fan_in(tensor)))


def glorot_(tensor: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """Fill with w ~ U(-b, b), b = sqrt(6 / (fan_in + fan_out)): a compromise of the forward and the backward variance.

    Source: Glorot & Bengio (2010), Understanding the difficulty of training deep feedforward networks, equation 16.
    """
    return uniform_(tensor, sqrt(6 / (fan_in(tensor) + fan_out(tensor))))


def glorot_normal_(tensor: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """Fill with w ~ N(0, 2 / (fan_in + fan_out)), the variance of `glorot_`.

    Source: Glorot & Bengio (2010), equation 12.
    """
    return normal_(tensor, sqrt(2 / (fan_in(tensor) + fan_out(tensor))))


def _he_std(tensor: Tensor, gain: float, fan: str) -> float:
    if fan not in ("in", "out"):
        raise UserError(f"He's start counts the fan 'in' or 'out', got '{fan}'.")
    return gain / sqrt((fan_in if fan == "in" else fan_out)(tensor))


def he_(tensor: Float[Tensor, "..."], gain: float = sqrt(2), fan: str = "in") -> Float[Tensor, "..."]:
    """Fill with w ~ N(0, gain^2 / fan_in); the gain makes up for what the activation takes away: sqrt(2) for ReLU.

    The fan "out", not "in", keeps the variance of the gradients on their way back instead of that of the activations.
    Raises UserError for another fan.
    Source: He et al. (2015), Delving deep into rectifiers, equations 10 and 14; the gain 5/3 for tanh came later.
    """
    return normal_(tensor, _he_std(tensor, gain, fan))


def he_uniform_(tensor: Float[Tensor, "..."], gain: float = sqrt(2), fan: str = "in") -> Float[Tensor, "..."]:
    """Fill with w ~ U(-b, b), b = gain sqrt(3 / fan_in), the variance of `he_`; a gain of 1 is LeCun's uniform start.

    Raises UserError for another fan than "in" and "out".
    """
    return uniform_(tensor, sqrt(3) * _he_std(tensor, gain, fan))


@torch.no_grad()
def truncated_normal_(tensor: Float[Tensor, "..."], std: float, cut: float = 2.0) -> Float[Tensor, "..."]:
    """Fill with w ~ N(0, std^2) given that |w| <= cut std; at a cut of 2 the standard deviation becomes 0.88 std.

    It is the inverse of the distribution function at u ~ U(-erf(cut / sqrt(2)), erf(cut / sqrt(2))). The cut is in
    units of std; that of torch.nn.init.trunc_normal_ is not.
    Raises UserError when the cut is not above 0.
    """
    if cut <= 0:
        raise UserError(f"The cut of a truncated normal is {cut}, expected more than 0.")
    edge = erf(cut / sqrt(2))
    return tensor.uniform_(-edge, edge).erfinv_().mul_(sqrt(2) * std).clamp_(-cut * std, cut * std)


@torch.no_grad()
def orthogonal_(tensor: Float[Tensor, "..."], gain: float = 1.0) -> Float[Tensor, "..."]:
    """Fill with gain times a random matrix of orthonormal rows or columns, whichever are fewer; kernels are flattened.

    W = Q sign(diag R) from the QR decomposition of a Gaussian matrix; the signs make every rotation equally likely.
    Raises UserError for a tensor of fewer than two axes.
    Source: Saxe, McClelland & Ganguli (2014), section 3; Mezzadri (2007) for the signs.
    """
    if tensor.ndim < 2:
        raise UserError(f"An orthogonal start needs a weight of two axes or more, got shape {tuple(tensor.shape)}.")
    gaussian = torch.empty_like(tensor.flatten(1)).normal_()
    wide = len(gaussian) < gaussian.shape[1]
    q, r = torch.linalg.qr(gaussian.t() if wide else gaussian)
    q = q * r.diagonal().sign() * gain
    return tensor.copy_((q.t() if wide else q).reshape(tensor.shape))


@torch.no_grad()
def sparse_(tensor: Float[Tensor, "out in"], connections: int = 15, std: float = 1.0) -> Float[Tensor, "out in"]:
    """Give every unit `connections` inputs, chosen at random, with weights from N(0, std^2); the others are 0.

    A unit's sum then has the same spread however many inputs there are. A unit with fewer inputs is connected to all.
    Raises UserError for fewer than one connection.
    Source: Martens (2010), section 5; Sutskever et al. (2013), section 3.1.
    """
    if connections < 1:
        raise UserError(f"A sparse start gives every unit at least 1 connection, got {connections}.")
    chosen = torch.rand_like(tensor).topk(min(connections, tensor.shape[1]), dim=1).indices
    weights = torch.empty(chosen.shape, dtype=tensor.dtype, device=tensor.device).normal_(0, std)
    return tensor.zero_().scatter_(1, chosen, weights)
