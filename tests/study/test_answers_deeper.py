"""The answers of the exercises of deeper networks and densities are what the papers' own models compute."""

import torch
from torch.testing import assert_close

import firsthand
from firsthand import nn
from firsthand.papers.batchnorm import answers as batchnorm


def drawn(*shape: int) -> torch.Tensor:
    return torch.randn(shape, dtype=torch.float64)


def test_the_answers_of_batch_normalisation_are_the_papers_steps():
    """Algorithm 1 and its gradients as printed, the layer that trains, and its averages."""
    torch.manual_seed(0)
    model = firsthand.get("batchnorm").module("model")
    x, gamma, beta, dy = 3 * drawn(6, 4) + 1, drawn(4), drawn(4), drawn(6, 4)
    assert_close(batchnorm.normalise(x, gamma, beta, 1e-5), model.normalise(x, gamma, beta))
    assert_close(batchnorm.gradients(x, gamma, dy, 1e-5), model.gradients(x, gamma, dy))
    W, mean, variance = drawn(4, 6), drawn(4), drawn(4) ** 2
    weights, biases = batchnorm.folded(W, gamma, beta, mean, variance, 1e-5)
    assert_close(x.T @ weights.T + biases, model.inference(x.T @ W.T, gamma, beta, mean, variance))

    ours, theirs = batchnorm.BatchNorm(4).double(), nn.BatchNorm1d(4).double()
    for one in (ours.gamma.data, theirs.weight.data):
        one.copy_(gamma)
    for _ in range(3):
        x = drawn(5, 4) + 2
        assert_close(ours(x), theirs(x))
    assert_close(ours.eval()(x), theirs.eval()(x))
    maps = drawn(2, 3, 4, 5)
    assert_close(batchnorm.normalise_maps(maps, gamma[:3], beta[:3], 1e-5), nn.batch_norm(maps, gamma[:3], beta[:3])[0])


def test_the_answer_of_batch_normalisation_is_the_papers_network_in_use():
    """Of one batch the averages of a layer with momentum 1 are those of algorithm 2."""
    torch.manual_seed(0)
    model = firsthand.get("batchnorm").module("model")
    network = model.SigmoidNetwork(model.Config(hidden=(5, 4), std=1.0)).double()
    for norm in network.norm:
        norm.momentum = 1.0
        norm.weight.data.normal_()
        norm.bias.data.normal_()
    batch, images = drawn(1, 8, 784), drawn(3, 1, 28, 28)
    network(batch[0].unflatten(1, (1, 28, 28)))
    layers = [(a.weight, b.weight, b.bias) for a, b in zip(network.linear, network.norm, strict=True)]
    logits = batchnorm.network(images.flatten(1), batch, layers, network.output.weight, network.output.bias, 1e-5)
    assert_close(logits, network.eval()(images))
