"""Why a network says what it says: maps that are known beforehand."""

import pytest
import torch
from torch import Tensor
from torch.nn import Module

from firsthand import papers
from firsthand.errors import UserError
from firsthand.figures import explanation
from firsthand.figures.explanation import explanations, kernels
from firsthand.nn import Conv2d
from firsthand.papers.resnet.model import Config, ResNet
from firsthand.train.explain import explain, feature_maps, occlusion


class Corner(Module):
    """Says class 1 as surely as the pixel in the upper left corner is bright."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.stack([torch.zeros(len(x)), x[:, 0, 0, 0]], 1)


def test_hiding_the_only_pixel_that_counts():
    """Hiding it costs all that the network knows, any other part nothing."""
    x = torch.full((1, 20, 20), 2.0)
    cost = occlusion(Corner(), x, 1, cells=5)
    assert cost.shape == (5, 5)
    assert torch.isclose(cost[0, 0], torch.sigmoid(torch.tensor(2.0)) - 0.5)
    assert cost.flatten()[1:].abs().max() == 0


def test_every_pixel_is_hidden_once_or_more():
    """With the squares twice as wide as the places are apart; sides that the places do not divide, too."""

    class Sum(Module):
        def forward(self, x: Tensor) -> Tensor:
            self.seen = torch.cat([getattr(self, "seen", x[:0]), x])
            return torch.zeros(len(x), 2)

    network = Sum()
    occlusion(network, torch.ones(1, 13, 7), 0, cells=5)
    assert (network.seen == 0).any(0).all()


@pytest.mark.parametrize("key", [key for key in papers.networks() if hasattr(papers.get(key).network(), "class_maps")])
def test_class_maps_are_the_logits_place_by_place(key):
    """Their means are the logits, exactly but for rounding: a mean and a linear map change places."""
    torch.manual_seed(0)
    network = papers.get(key).network().eval()
    x = torch.randn(2, *papers.get(key).card.example_shape)
    maps = network.class_maps(x)
    assert maps.ndim == 4 and maps.shape[:2] == (2, 10)
    torch.testing.assert_close(maps.mean((2, 3)), network(x), rtol=1e-5, atol=1e-5)


def test_the_likeliest_come_first_and_can_be_drawn():
    torch.manual_seed(0)
    network = ResNet(Config((1, 1, 1), 8)).eval()
    x = torch.randn(3, 32, 32)
    found = explain(network, network, x, torch.rand(3, 32, 32), [f"class {i}" for i in range(10)])
    logits = network(x[None])[0]
    assert [name for name, _ in found.likeliest] == [f"class {i}" for i in logits.argsort(descending=True)[:5]]
    assert torch.equal(found.evidence, network.class_maps(x[None])[0, logits.argmax()])
    figure = explanations([found, found])
    bars = figure.axes[3].patches
    assert len(figure.axes) == 8 and bars[0].get_width() == 100 * found.likeliest[0][1]
    assert len(kernels(network.conv1.weight.detach(), "first").axes) == 8


def test_feature_maps():
    """Those of the first, two between and the last convolution, the most varied first; each is that layer's output."""
    torch.manual_seed(0)
    network = ResNet(Config((2, 2, 2), 16)).eval()
    x = torch.randn(3, 32, 32)
    found = feature_maps(network, x)
    names = [name for name, module in network.named_modules() if isinstance(module, Conv2d)]
    assert list(found) == [names[0], names[4], names[8], names[12]]
    assert [tuple(maps.shape) for maps in found.values()] == [(8, 32, 32), (8, 32, 32), (8, 16, 16), (8, 8, 8)]
    first = network.conv1(x[None])[0]
    places = first.flatten(1).std(1).argsort(descending=True)[:8]
    torch.testing.assert_close(found["conv1"], first[places])
    figure = explanation.maps(torch.rand(3, 32, 32), found)
    assert len(figure.axes) == 1 + 4 * 8 and all(axes.images for axes in figure.axes)
    assert not network.conv1._forward_hooks

    with pytest.raises(UserError, match="has no convolutions"):
        feature_maps(Corner(), x)
