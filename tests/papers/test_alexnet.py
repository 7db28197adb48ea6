"""AlexNet: its arithmetic, its two towers, the order of its layers, its first weights, and torchvision's network."""

import pytest
import torch
from torch import nn

import firsthand
from firsthand.errors import UserError
from firsthand.layers import table
from firsthand.nn import local_response_norm, max_pool2d, relu
from firsthand.papers.alexnet.model import AlexNet, Config
from firsthand.papers.alexnet.recipe import PRESETS
from firsthand.papers.alexnet.variants import VARIANTS, example_shape
from firsthand.train.recipe import schedule_for

# Parameters and multiply-adds, layer by layer by hand; torchvision prints 61,100,840 and 0.714e9 of its network.
COUNTS = {
    "small": (89_578, 12.3e6), "two-towers": (60_965_224, 724.4e6), "two-towers-227": (60_965_224, 724.4e6),
    "ungrouped": (62_378_344, 1135e6), "one-tower": (61_100_840, 714.2e6), "one-tower-384": (61_838_248, 838.8e6),
}  # fmt: skip
TINY = {"widths": (8, 16, 12, 12, 8), "hidden": (10, 12), "images": "large", "grid": 6}


@pytest.mark.parametrize("name", COUNTS)
def test_counts(name):
    """As the paper's sizes and torchvision's have it."""
    rows = table(lambda: AlexNet(VARIANTS[name]), example_shape(VARIANTS[name]))
    assert sum(row["parameters"] for row in rows) == COUNTS[name][0]
    assert sum(row["multiply-adds"] for row in rows) == pytest.approx(COUNTS[name][1], rel=2e-3)


def test_layers_of_the_paper():
    """Figure 2's kernels, per tower, and the sizes of the maps."""
    rows = {row["layer"]: row for row in table(lambda: AlexNet(VARIANTS["two-towers"]), (3, 224, 224))}
    found = [row["parameters"] for row in rows.values() if row["parameters"]]
    assert found == [34_944, 307_456, 885_120, 663_936, 442_624, 37_752_832, 16_781_312, 4_097_000]
    sides = [row["output"] for row in rows.values() if len(row["output"]) == 3]
    assert sides == [(96, 55, 55), (256, 27, 27), (384, 13, 13), (384, 13, 13), (256, 13, 13)]


@pytest.mark.parametrize(("padding", "side", "found"), [(2, 224, 55), (0, 227, 55), (0, 224, 54)])
def test_224_or_227_pixels(padding, side, found):
    """224 without padding is not what figure 2 shows."""
    rows = table(lambda: AlexNet(Config(**TINY, padding=padding)), (3, side, side))
    assert rows[0]["output"] == (8, found, found)


def test_towers_meet_in_the_third_convolution():
    """A change in the second tower reaches the first tower's maps in convolution 3, not in 2."""
    torch.manual_seed(0)
    network = AlexNet(Config(**TINY, towers=2)).eval()
    second, third = network.features["3"], network.features["6"]
    x = torch.randn(2, 8, 27, 27)
    without = torch.cat([x[:, :4], torch.zeros_like(x[:, 4:])], 1)
    a, b = second(x), second(without)
    assert torch.equal(a[:, :8], b[:, :8]) and not torch.allclose(a[:, 8:], b[:, 8:])
    assert not torch.allclose(third(a)[:, :6], third(b)[:, :6])


def test_order_of_the_layers():
    """Convolution, rectifier, response normalisation, pooling: another order gives other maps."""
    torch.manual_seed(0)
    network = AlexNet(Config((8, 8, 8))).eval()
    one, two, three = network.features.values()
    x = torch.randn(2, 3, 32, 32)

    def maps(block):
        return max_pool2d(relu(three(block(two(block(one(255 * x)))))), 3, 2, ceil=True)

    torch.testing.assert_close(
        network.maps(x), maps(lambda h: max_pool2d(local_response_norm(relu(h)), 3, 2, ceil=True))
    )
    pooled_first = maps(lambda h: local_response_norm(max_pool2d(relu(h), 3, 2, ceil=True)))
    assert not torch.allclose(network.maps(x), pooled_first, rtol=1e-3)


def test_response_normalisation_acts_at_the_papers_scale():
    """With pixels of 0..255 neighbours matter; with pixels of 0..1 its constants divide by little more than 2^0.75."""
    torch.manual_seed(0)
    x = torch.randn(4, 3, 32, 32) / 4
    h = relu(AlexNet(Config()).features["0"](x))
    for scale, least, most in ((1.0, 0.0, 1e-3), (255.0, 1e-2, 1.0)):
        lost = 1 - local_response_norm(scale * h) * 2**0.75 / (scale * h).clamp(min=1e-9)
        assert least <= lost[h > 0].max() <= most


def test_first_weights():
    """N(0, 0.01^2), and biases of 1 where the paper has them; 4 standard errors of a deviation."""
    torch.manual_seed(0)
    network = AlexNet(Config(**TINY, towers=2))
    for layer in (*network.features.values(), *network.classifier.values()):
        assert layer.weight.std().item() == pytest.approx(0.01, rel=4 / (2 * layer.weight.numel()) ** 0.5)
    biases = {name: p for name, p in network.named_parameters() if name.endswith("bias")}
    assert [p.unique().item() for p in biases.values()] == [0, 1, 0, 1, 1, 1, 1, 0]


@pytest.mark.parametrize(("drop", "factor"), [("outputs", 0.5), ("inputs", 1.0)])
def test_dropout(drop, factor):
    """In testing the outputs of hidden layers are halved, as in 2012, or all as they are, as in torchvision."""
    torch.manual_seed(0)
    network = AlexNet(Config((4, 4, 4), (16,), drop=drop, init="fan-in", scale=1.0)).eval()
    hidden, last = network.classifier.values()
    x = torch.randn(3, 3, 32, 32)
    expected = last(factor * relu(hidden(network.maps(x).flatten(1))))
    torch.testing.assert_close(network(x), expected)
    silenced = []  # shares of zeros, layer by layer: in testing, then in training
    for layer in (hidden, last):
        layer.register_forward_pre_hook(lambda _, given: silenced.append((given[0] == 0).float().mean().item()))
    many = torch.randn(200, 3, 32, 32)
    network(many)
    network.train()(many)
    assert (silenced[2] > silenced[0] + 0.1) == (drop == "inputs")
    assert (silenced[3] > silenced[1] + 0.1) == (drop == "outputs")


def test_torchvisions_weights(torchvision, tmp_path):
    """They answer alike at the size of training and at another one."""
    theirs = torchvision.models.alexnet().eval()
    torch.save(theirs.state_dict(), tmp_path / "alexnet.pth")
    ours = firsthand.load_weights("alexnet", "one-tower", tmp_path / "alexnet.pth")
    for side in (224, 96):
        x = torch.randn(2, 3, side, side, generator=torch.Generator().manual_seed(side))
        with torch.no_grad():
            torch.testing.assert_close(ours(x), theirs(x), rtol=1e-4, atol=1e-4)  # sums in another order
    with pytest.raises(UserError, match=r"does not fit: features.8.weight is of shape"):
        firsthand.load_weights("alexnet", "one-tower-384", tmp_path / "alexnet.pth")


def test_torchs_response_normalisation_divides_alpha():
    """The paper's alpha is five times smaller than torch's for the same window; 1e-5 is float32's rounding."""
    x = 20 * torch.randn(2, 12, 5, 5, generator=torch.Generator().manual_seed(0))
    same, naive = (nn.LocalResponseNorm(5, alpha, 0.75, k)(x) for alpha, k in ((5e-4, 2.0), (1e-4, 1.0)))
    torch.testing.assert_close(local_response_norm(x), same, rtol=1e-5, atol=1e-5)
    assert not torch.allclose(local_response_norm(x), naive, rtol=0.1)


def test_sizes_that_do_not_work():
    """The sentence says how many numbers there must be, or what must be divisible."""
    with pytest.raises(UserError, match=r"large images model.widths needs 5 numbers, got 3"):
        Config(images="large")
    with pytest.raises(UserError, match="2 groups must divide the channels"):
        AlexNet(Config((8, 7, 8), towers=2))


def test_the_rate_drops_three_times():
    """Section 5: divided by ten whenever the validation error no longer improves, three times, then no more."""
    factor = schedule_for(PRESETS["paper"])
    rates = []
    for _ in range(60):
        rates.append(round(factor(0), 9))
        factor.observe(1.0)
    assert sorted(set(rates)) == [0.001, 0.01, 0.1, 1.0]
