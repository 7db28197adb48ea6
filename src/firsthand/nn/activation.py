"""Activations: the bends between linear maps."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import Module

from firsthand.nn.definition import definition


def _relu_fast(x: Tensor) -> Tensor:
    return torch.relu(x)


@definition(fast=_relu_fast)
def relu(x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """The rectifier max(0, x); its slope at 0 is 0."""
    return torch.where(x > 0, x, 0.0)


def _sigmoid_fast(x: Tensor) -> Tensor:
    return torch.sigmoid(x)


@definition(fast=_sigmoid_fast)
def sigmoid(x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """The logistic function 1 / (1 + e^-x), from 0 to 1."""
    return 1 / (1 + torch.exp(-x))


def _tanh_fast(x: Tensor) -> Tensor:
    return torch.tanh(x)


@definition(fast=_tanh_fast)
def tanh(x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """The hyperbolic tangent (e^x - e^-x) / (e^x + e^-x), from -1 to 1."""
    up, down = torch.exp(x), torch.exp(-x)
    return (up - down) / (up + down)


def scaled_tanh(x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """f(a) = A tanh(S a) with A = 1.7159 and S = 2/3, so that f(1) = 1 and the bend is sharpest there.

    Source: LeCun et al. (1998), appendix A.
    """
    return 1.7159 * tanh(2 / 3 * x)


def _softmax_fast(x: Tensor, dim: int = -1) -> Tensor:
    return torch.softmax(x, dim)


@definition(fast=_softmax_fast)
def softmax(x: Float[Tensor, "*shape"], dim: int = -1) -> Float[Tensor, "*shape"]:
    """Probabilities from scores: p_i = e^(x_i - m) / sum_j e^(x_j - m), where m = max x keeps e^x finite."""
    exps = torch.exp(x - x.amax(dim, keepdim=True).detach())
    return exps / exps.sum(dim, keepdim=True)


def _log_softmax_fast(x: Tensor, dim: int = -1) -> Tensor:
    return torch.log_softmax(x, dim)


@definition(fast=_log_softmax_fast)
def log_softmax(x: Float[Tensor, "*shape"], dim: int = -1) -> Float[Tensor, "*shape"]:
    """The logarithm of `softmax` in nats: log p_i = (x_i - m) - log sum_j e^(x_j - m), finite where p_i rounds to 0."""
    shifted = x - x.amax(dim, keepdim=True).detach()
    return shifted - shifted.exp().sum(dim, keepdim=True).log()


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
