"""Activations: the nonlinearities between linear maps."""

from math import pi, sqrt

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import Module

from firsthand.definition import definition, in_float32
from firsthand.errors import UserError
from firsthand.nn.arguments import check_number
from firsthand.nn.fast import activation as fast


@definition(fast=fast.relu)
def relu(x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """The rectifier max(0, x); its slope at 0 is 0."""
    return torch.where(x > 0, x, 0.0)


@definition(fast=fast.sigmoid)
def sigmoid(x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """The logistic function 1 / (1 + e^-x), from 0 to 1."""
    return 1 / (1 + torch.exp(-x))


@definition(fast=fast.tanh)
def tanh(x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """The hyperbolic tangent (e^x - e^-x) / (e^x + e^-x), from -1 to 1."""
    up, down = torch.exp(x), torch.exp(-x)
    return (up - down) / (up + down)


def scaled_tanh(x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """f(a) = A tanh(S a) with A = 1.7159 and S = 2/3, so that f(1) = 1 and its curvature is largest there.

    Source: LeCun et al. (1998), appendix A.
    """
    return 1.7159 * tanh(2 / 3 * x)


@definition(fast=fast.leaky_relu)
def leaky_relu(x: Float[Tensor, "*shape"], slope: float = 0.01) -> Float[Tensor, "*shape"]:
    """x where it is positive, else slope x, so that no unit is ever without a gradient.

    Source: Maas, Hannun & Ng (2013), Rectifier nonlinearities improve neural network acoustic models, section 2.
    """
    return torch.where(x > 0, x, slope * x)


@definition(fast=fast.elu)
def elu(x: Float[Tensor, "*shape"], alpha: float = 1.0) -> Float[Tensor, "*shape"]:
    """x where it is positive, else alpha (e^x - 1), which levels off at -alpha.

    Source: Clevert, Unterthiner & Hochreiter (2016), equation 15.
    """
    return torch.where(x > 0, x, alpha * (torch.exp(x.clamp(max=0)) - 1))  # e^x of a large x would spoil the gradient


def _check_gelu(x: Tensor, form: str = "exact") -> None:
    _check_form(form)


@definition(fast=fast.gelu, guard=_check_gelu)
def gelu(x: Float[Tensor, "*shape"], form: str = "exact") -> Float[Tensor, "*shape"]:
    """x times the probability F(x) = (1 + erf(x / sqrt(2))) / 2 that a normal variable is below it.

    The form "tanh", not "exact", is (x / 2) (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))), at most 4.8e-4 away; GPT-2
    has it, and BERT's code since 2019. Raises UserError for another form.
    Source: Hendrycks & Gimpel (2016), section 2.
    """
    if form == "exact":
        return x / 2 * (1 + torch.erf(x / sqrt(2)))
    return x / 2 * (1 + torch.tanh(sqrt(2 / pi) * (x + 0.044715 * x**3)))


def _check_form(form: str) -> None:
    if form not in ("exact", "tanh"):
        raise UserError(f"GELU has the forms 'exact' and 'tanh', got '{form}'.")


@definition(fast=fast.silu)
def silu(x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """x sigmoid(x), also known as swish.

    Source: Hendrycks & Gimpel (2016), section 2; Ramachandran, Zoph & Le (2017), equation 1.
    """
    return x / (1 + torch.exp(-x))


@definition(fast=fast.softplus)
def softplus(x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """log(1 + e^x), a rectifier with a rounded corner; -softplus(-x) is the logarithm of `sigmoid`.

    Source: Dugas et al. (2001), Incorporating second-order functional knowledge for better option pricing.
    """
    return torch.log(1 + torch.exp(x))


def _check_dim(x: Tensor, dim: int = -1) -> None:
    if not -max(x.ndim, 1) <= dim < max(x.ndim, 1):
        raise UserError(f"The softmax over axis {dim} needs that axis, got a tensor of shape {tuple(x.shape)}.")


@definition(fast=fast.softmax, guard=_check_dim, lazily=True)
@in_float32
def softmax(x: Float[Tensor, "*shape"], dim: int = -1) -> Float[Tensor, "*shape"]:
    """Probabilities from scores: p_i = e^(x_i - m) / sum_j e^(x_j - m), where m = max x keeps e^x finite.

    Raises UserError for an axis that x does not have.
    """
    exps = torch.exp(x - _largest(x, dim))
    return exps / exps.sum(dim, keepdim=True)


@definition(fast=fast.log_softmax, guard=_check_dim, lazily=True)
@in_float32
def log_softmax(x: Float[Tensor, "*shape"], dim: int = -1) -> Float[Tensor, "*shape"]:
    """The logarithm of `softmax` in nats: log p_i = (x_i - m) - log sum_j e^(x_j - m), finite where p_i rounds to 0.

    Raises UserError for an axis that x does not have.
    """
    shifted = x - _largest(x, dim)
    return shifted - shifted.exp().sum(dim, keepdim=True).log()


def _largest(x: Tensor, dim: int) -> Tensor:
    """The largest score of every softmax, without a gradient, as it cancels; of no scores nothing."""
    return x.detach().amax(dim, keepdim=True) if x.numel() else x


class Activation(Module):
    """Base of the activations that stand in a network as modules, so that `Probe` can watch them."""

    saturated: float | None = None  # beyond this absolute value the curve is nearly flat


class Tanh(Activation):
    """`tanh` as a module."""

    saturated = 0.97

    def forward(self, x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """tanh(x)."""
        return tanh(x)


class ScaledTanh(Activation):
    """`scaled_tanh` as a module."""

    saturated = 1.7159 * 0.97

    def forward(self, x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """1.7159 tanh(2x/3)."""
        return scaled_tanh(x)


class ReLU(Activation):
    """`relu` as a module."""

    def forward(self, x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """max(0, x)."""
        return relu(x)


class Sigmoid(Activation):
    """`sigmoid` as a module."""

    def forward(self, x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """1 / (1 + e^-x)."""
        return sigmoid(x)


class LeakyReLU(Activation):
    """`leaky_relu` as a module."""

    def __init__(self, slope: float = 0.01):
        super().__init__()
        check_number("LeakyReLU", slope=slope)
        self.slope = slope

    def forward(self, x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """max(0, x) + slope min(0, x)."""
        return leaky_relu(x, self.slope)

    def extra_repr(self) -> str:
        return f"slope={self.slope}"


class ELU(Activation):
    """`elu` as a module."""

    def __init__(self, alpha: float = 1.0):
        super().__init__()
        check_number("ELU", alpha=alpha)
        self.alpha = alpha

    def forward(self, x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """x above 0, alpha (e^x - 1) below."""
        return elu(x, self.alpha)

    def extra_repr(self) -> str:
        return f"alpha={self.alpha}"


class GELU(Activation):
    """`gelu` as a module."""

    def __init__(self, form: str = "exact"):
        super().__init__()
        _check_form(form)
        self.form = form

    def forward(self, x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """x F(x)."""
        return gelu(x, self.form)

    def extra_repr(self) -> str:
        return f"form={self.form}"


class SiLU(Activation):
    """`silu` as a module."""

    def forward(self, x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """x sigmoid(x)."""
        return silu(x)
