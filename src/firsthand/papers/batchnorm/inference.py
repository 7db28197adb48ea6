"""Algorithm 2: statistics of the population in place of the batch's, and normalisations folded into the weights."""

from collections.abc import Sequence
from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from firsthand.errors import UserError
from firsthand.nn import BatchNorm1d, BatchNorm2d
from firsthand.papers.batchnorm.model import Config, SigmoidNetwork


@torch.no_grad()
def population(network: SigmoidNetwork, batches: Sequence[Float[Tensor, "batch 1 28 28"]]) -> None:
    """Replace the running averages by exact ones over these mini-batches, with frozen parameters.

    E[x] is the mean of the batches' means, Var[x] that of their unbiased variances n / (n - 1) v: running averages
    of which the k-th batch has the weight 1 / k. Raises UserError where there is no batch.
    Source: algorithm 2, lines 8 to 10.
    """
    if not batches:
        raise UserError("The statistics of the population need one mini-batch or more.")
    training = network.training
    momenta = [norm.momentum for norm in network.norm]
    network.train()
    for k, images in enumerate(batches, 1):
        for norm in network.norm:
            norm.momentum = 1 / k
        network(images)
    for norm, momentum in zip(network.norm, momenta, strict=True):
        norm.momentum = momentum
    network.train(training)


def folded(
    weight: Float[Tensor, "out *others"], norm: BatchNorm1d | BatchNorm2d
) -> tuple[Float[Tensor, "out *others"], Float[Tensor, " out"]]:
    """Weights, or kernels, and biases of one layer that does what W and the trained normalisation after it do.

    y = a (W u) + (beta - a E[x]) with a = gamma / sqrt(Var[x] + eps).
    Source: algorithm 2, line 11.
    """
    a = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    return a.view(-1, *(1,) * (weight.ndim - 1)) * weight, norm.bias - a * norm.running_mean


@torch.no_grad()
def fold(network: SigmoidNetwork, config: Config) -> SigmoidNetwork:
    """The plain network, without normalisations, that answers as this trained one does in evaluation mode."""
    plain = SigmoidNetwork(replace(config, batch_norm=False)).to(network.output.weight)
    for layer, trained, norm in zip(plain.linear, network.linear, network.norm, strict=True):
        weight, bias = folded(trained.weight, norm)
        layer.weight.copy_(weight)
        layer.bias.copy_(bias)
    plain.output.load_state_dict(network.output.state_dict())
    return plain.eval()
