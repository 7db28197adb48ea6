"""The answers of the exercises on networks that see are the networks of `model.py` and the layers of `nn`."""

import torch
from torch.testing import assert_close

import firsthand
from firsthand import nn
from firsthand.papers.lenet import answers as lenet


def normal(*shape):
    return torch.randn(shape, dtype=torch.float64)


def drawn_again(network):
    """The same network in float64 with random parameters, biases too."""
    for p in network.double().parameters():
        p.data = normal(*p.shape) / max(1, p[0].numel()) ** 0.5
    return network


def test_the_answers_of_lenet_are_the_papers_network():
    """LeNet-5 itself, and the layers one by one."""
    torch.manual_seed(0)
    net = drawn_again(firsthand.get("lenet").network())
    table = firsthand.get("lenet").module("codes").c3_table().bool()
    p = {f"{name}{end}": getattr(getattr(net, name), "bias" if end else which)
         for name, which in (("c1", "weight"), ("s2", "gain"), ("c3", "weight"), ("s4", "gain"), ("c5", "weight"),
                             ("f6", "weight")) for end in ("", "_bias")}  # fmt: skip
    images, target = normal(2, 1, 32, 32), torch.tensor([3, 0])
    y, loss = lenet.lenet5(images, target, table, 2.0, p | {"codes": net.output.codes})
    assert_close(y, net(images))
    scores = torch.cat([-y, torch.full((2, 1), -2.0)], 1)
    assert_close(loss, torch.nn.functional.cross_entropy(scores, target))
    x, weight, bias = normal(2, 3, 7, 6), normal(4, 3, 3, 3), normal(4)
    assert_close(lenet.convolve(x, weight, bias), torch.conv2d(x, weight, bias))
    maps = lenet.convolve(x, weight, bias)[:, :, 1:]
    assert_close(lenet.subsample(maps, weight[:, 0, 0, 0], bias), nn.subsample(maps, weight[:, 0, 0, 0], bias))
