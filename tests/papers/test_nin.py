"""Network in network: the authors' sizes, the perceptron that slides, class maps, and Caffe's weights."""

from dataclasses import replace

import pytest
import torch
from torch import nn

import firsthand
from firsthand import papers
from firsthand.data.normalisation import Normalisation
from firsthand.errors import UserError
from firsthand.layers import table
from firsthand.papers.nin.canvases import DIGIT, SIDE, boxes, chance, inside, paired, pasted, peaks
from firsthand.papers.nin.model import Config, NiN, averaging, mlpconv
from firsthand.papers.nin.variants import VARIANTS, example_shape
from firsthand.papers.nin.weights import CAFFE_MEAN

# Parameters, summed by hand from the authors' definitions, multiply-adds, and pixels a side of the layers' maps.
COUNTS = {
    "cifar10": (966_986, 222.5e6, [32] * 3 + [16] * 3 + [8] * 3),
    "cifar100": (984_356, 223.6e6, [32] * 3 + [16] * 3 + [8] * 3),
    "mnist": (349_674, 50.7e6, [28] * 3 + [14] * 3 + [7] * 3),
    "svhn": (1_986_026, 274.2e6, [32] * 3 + [16] * 3 + [8] * 3),
    "imagenet": (7_595_176, 1100e6, [54] * 3 + [27] * 3 + [13] * 3 + [6] * 3),
    "cifar10-linear": (966_986 + 640 * 10 + 10, 222.5e6, [32] * 3 + [16] * 3 + [8] * 3),
    "cifar10-plain": (14_592 + 921_792 + 331_968 + 1_930, 272.0e6, [32, 16, 8, 8]),
}
SMALL = Config((6, 5, 4, 8, 7, 6, 8, 9), std=(0.0,), dropout=0.0, channels=2, classes=5)


@pytest.mark.parametrize("name", COUNTS)
def test_counts(name):
    """Pools round up: 32, 16, 8 pixels and not 32, 15, 7; 54, 27, 13, 6 and not 54, 26, 12, 5."""
    parameters, products, sides = COUNTS[name]
    rows = [row for row in table(lambda: NiN(VARIANTS[name]), example_shape(VARIANTS[name])) if row["parameters"]]
    assert sum(row["parameters"] for row in rows) == parameters
    assert sum(row["multiply-adds"] for row in rows) == pytest.approx(products, rel=1e-3)
    assert [row["output"][1] for row in rows if len(row["output"]) == 3] == sides


def test_layers_of_the_authors():
    """Parameters of each layer of their definition for CIFAR-10, under its names."""
    rows = [row for row in table(lambda: NiN(), (3, 32, 32)) if row["parameters"]]
    assert {row["layer"]: row["parameters"] for row in rows} == {
        "conv1": 14_592, "cccp1": 30_880, "cccp2": 15_456, "conv2": 460_992, "cccp3": 37_056, "cccp4": 37_056,
        "conv3": 331_968, "cccp5": 37_056, "cccp6": 1_930,
    }  # fmt: skip


@pytest.mark.parametrize(("size", "stride", "padding"), [(5, 1, 2), (3, 1, 1), (11, 4, 0)])
def test_a_perceptron_that_slides(size, stride, padding):
    """Equation 2 place by place, in torch.nn: a multilayer perceptron of the patch around a pixel."""
    torch.manual_seed(0)
    kernels = [nn.Conv2d(3, 7, size, stride, padding), nn.Conv2d(7, 5, 1), nn.Conv2d(5, 4, 1)]
    ours = [firsthand.nn.Conv2d(c.in_channels, c.out_channels, c.kernel_size[0]) for c in kernels]
    perceptron = nn.Sequential()
    for theirs, layer in zip(kernels, ours, strict=True):
        layer.load_state_dict(theirs.state_dict())
        dense = nn.Linear(theirs.weight[0].numel(), len(theirs.weight))
        dense.weight.data, dense.bias.data = theirs.weight.data.flatten(1), theirs.bias.data
        perceptron.extend([dense, nn.ReLU()])
    x = torch.randn(2, 3, 19, 23)
    found = mlpconv(x, ours, stride, padding)
    padded = nn.functional.pad(x, (padding,) * 4)
    for i, j in ((0, 0), (1, 2), (found.shape[2] - 1, found.shape[3] - 1)):
        patch = padded[:, :, i * stride : i * stride + size, j * stride : j * stride + size]
        torch.testing.assert_close(found[:, :, i, j], perceptron(patch.flatten(1)))
    for layer in kernels:
        x = layer(x).relu()
    torch.testing.assert_close(found, x, rtol=1e-4, atol=1e-5)  # sums of up to 363 products in another order


def test_means_are_a_linear_layer():
    """With fixed weights that are zero outside of the block of a class; no trained layer need be so."""
    maps = torch.rand(3, 4, 5, 6, dtype=torch.float64)
    weight = averaging(4, 5, 6)
    torch.testing.assert_close(maps.flatten(1) @ weight.T, maps.mean((2, 3)))
    assert (weight.unflatten(1, (4, 30)).sum(2) - torch.eye(4)).abs().max() < 1e-12


def test_logits_are_means_of_rectified_maps():
    """None is below zero, as in the authors' definitions; without the rectifier some are. The mean comes first."""
    torch.manual_seed(0)
    x = torch.randn(8, 2, 32, 32)
    rectified, plain = NiN(SMALL).eval(), NiN(replace(SMALL, rectified=False)).eval()
    plain.load_state_dict(rectified.state_dict())
    maps = plain.class_maps(x)
    assert (maps < 0).any() and (plain(x) < 0).any()
    torch.testing.assert_close(rectified(x), maps.clamp(min=0).mean((2, 3)))
    softened = maps.softmax(1).mean((2, 3))
    assert not torch.allclose(plain(x).softmax(1), softened, atol=1e-3)


def test_dead_maps_stay_dead():
    """If all class maps are zero the loss is ln 10, and no gradient leads away: why first weights matter so much."""
    network = NiN(replace(SMALL, classes=10))
    network.cccp6.bias.data.fill_(-100.0)
    loss = nn.functional.cross_entropy(network(torch.randn(4, 2, 32, 32)), torch.arange(4))
    loss.backward()
    assert loss.item() == pytest.approx(2.302585, abs=1e-6)
    assert not any(p.grad.any() for p in network.parameters())


@pytest.mark.parametrize("grid", [8, 5], ids=["the maps' size", "means over a grid"])
def test_class_maps_of_a_linear_layer(grid):
    """Their means are the logits, and a class map changes where what the layer sees has changed, nowhere else."""
    torch.manual_seed(0)
    network = NiN(replace(SMALL, head="linear", grid=grid)).eval()
    x = torch.randn(3, 2, 32, 32)
    maps = network.class_maps(x)
    assert maps.shape == (3, 5, grid, grid)
    torch.testing.assert_close(maps.mean((2, 3)), network(x), rtol=1e-4, atol=1e-5)
    network.fc.weight.data.unflatten(1, (5, grid, grid))[:, :, 2, 3] += 1
    changed = (network.class_maps(x) - maps).abs().amax((0, 1)) > 1e-6
    assert changed.nonzero().tolist() == [[2, 3]]


def test_where_dropout_stands():
    """After each pool, or for large images after the last one, and before the linear layer; not within a block."""
    seen = []
    for config, side in (
        (replace(SMALL, dropout=0.5), 32),
        (Config((4,) * 11, (11, 5, 3, 3), images="large", std=(0.0,), channels=2), 96),
    ):
        network = NiN(config)
        network.dropout.register_forward_hook(lambda _, given, found: seen.append((given[0].shape[2], found)))
        network(torch.randn(16, 2, side, side))
    assert [shape for shape, _ in seen] == [16, 8, 2]
    assert all((found == 0).float().mean() >= 0.45 for _, found in seen)


@pytest.mark.parametrize("name", ["cifar10", "cifar100", "imagenet"])
def test_first_weights(name):
    """The deviations of the definitions, within four standard errors; biases are zero."""
    torch.manual_seed(0)
    network = NiN(VARIANTS[name])
    small = {"cifar100": {"conv1": 0.001, "cccp1": 0.01, "cccp2": 0.01},
             "imagenet": {"conv1": 0.01, "conv3": 0.01, "cccp8": 0.01}}.get(name, {})  # fmt: skip
    for layer in (layer for names in network.blocks for layer in names):
        weight = getattr(network, layer).weight
        assert weight.std().item() == pytest.approx(small.get(layer, 0.05), rel=4 / (2 * weight.numel()) ** 0.5)
        assert not getattr(network, layer).bias.any()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"widths": (8, 8, 8)}, r"model\.widths needs three for each of model\.kernels but the last, got 3 for 3"),
        ({"mlpconv": False}, r"model\.widths needs one for each of model\.kernels, got 8 for 3"),
        ({"kernels": ()}, r"got 8 for 0"),
        ({"std": (0.1, 0.2)}, r"model\.std needs one number or 9, one for each layer, got 2"),
        ({"head_dropout": 1.0}, r"model\.head_dropout must be below 1"),
    ],
)
def test_sizes_that_do_not_work(changes, words):
    """The sentence says which numbers there must be."""
    with pytest.raises(UserError, match=words):
        Config(**changes)


@pytest.fixture(scope="module")
def theirs() -> nn.Sequential:
    """The network of neural-style-pt's nin_imagenet.pth, with small random weights."""
    torch.manual_seed(0)
    sizes = iter([(3, 96, 11, 4, 0), (96, 96, 1), (96, 96, 1), (96, 256, 5, 1, 2), (256, 256, 1), (256, 256, 1),
                  (256, 384, 3, 1, 1), (384, 384, 1), (384, 384, 1), (384, 1024, 3, 1, 1), (1024, 1024, 1),
                  (1024, 1000, 1)])  # fmt: skip
    layers: list[nn.Module] = []
    for block in range(4):
        for _ in range(3):
            layers += [nn.Conv2d(*next(sizes)), nn.ReLU()]
        layers += [nn.MaxPool2d(3, 2, ceil_mode=True)] if block < 3 else [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
        layers += [nn.Dropout(0.5)] if block == 2 else []
    made = nn.Sequential(*layers)
    for p in made.parameters():
        if p.ndim > 1:
            nn.init.kaiming_normal_(p)
    made[0].weight.data /= 100  # of pixels from 0 to 255
    return made.eval()


@pytest.mark.parametrize("names", ["Caffe", "neural-style-pt"])
def test_caffes_weights(theirs, names, tmp_path):
    """They want blue, green and red of 0..255 less a mean; ours, from the same file, what ImageNet's constants make."""
    weights = {f"features.{name}": value for name, value in theirs.state_dict().items()}
    if names == "Caffe":
        caffe = [*(f"{kind}{i}" for kind, i in zip(["conv", "cccp", "cccp"] * 3, [1, 1, 2, 2, 3, 4, 3, 5, 6],
                                                   strict=True)), "conv4-1024", "cccp7-1024", "cccp8-1024"]  # fmt: skip
        both = [f"{layer}.{kind}" for layer in caffe for kind in ("weight", "bias")]
        weights = dict(zip(both, weights.values(), strict=True))
    torch.save(weights, tmp_path / "nin.pth")
    ours = firsthand.load_weights("nin", "imagenet", tmp_path / "nin.pth")
    pixels = torch.randint(256, (2, 3, 224, 224), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
    x = Normalisation.of(pixels, "imagenet")(pixels)
    with torch.no_grad():
        expected = theirs(pixels.flip(1).float() - torch.tensor(CAFFE_MEAN)[:, None, None])
        torch.testing.assert_close(ours(x), expected, rtol=1e-3, atol=1e-3 * expected.max())  # of 255 times as large
    assert expected.std() > 0.1 * expected.mean(), "the logits differ too little to tell networks apart"


def test_our_own_names_mean_our_own_pixels(theirs, tmp_path):
    """A network of ours is loaded as it is; a first layer for other channels is refused with a sentence."""
    ours = NiN(VARIANTS["imagenet"])
    torch.save(ours.state_dict(), tmp_path / "nin.pth")
    again = firsthand.load_weights("nin", "imagenet", tmp_path / "nin.pth")
    assert torch.equal(again.conv1.weight, ours.conv1.weight)
    weights = {f"features.{name}": value for name, value in theirs.state_dict().items()}
    torch.save(weights | {"features.0.weight": torch.zeros(96, 1, 11, 11)}, tmp_path / "nin.pth")
    with pytest.raises(UserError, match=r"conv1.weight is of shape \(96, 1, 11, 11\), not \(96, 3, 11, 11\)"):
        firsthand.load_weights("nin", "imagenet", tmp_path / "nin.pth")


def test_pasted_digits():
    """The digit is where the box says, nothing is lost, and the places go from edge to edge."""
    digits = torch.zeros(500, DIGIT, DIGIT)
    digits[:, 3:9, 5:7] = 0.7
    digits[:, 0, 0] = 0.1  # too faint to count
    pictures, found = pasted(digits, torch.Generator().manual_seed(0))
    assert pictures.shape == (500, 1, SIDE, SIDE) and torch.allclose(pictures.sum(), digits.sum())
    assert (found[:, 1] - found[:, 0]).unique().tolist() == [5] and (found[:, 3] - found[:, 2]).unique().tolist() == [1]
    assert found[:, 0].unique().tolist() == list(range(3, 3 + SIDE - DIGIT + 1))
    for picture, (top, bottom, left, right) in zip(pictures[:20], found.tolist(), strict=False):
        assert (picture[0, top : bottom + 1, left : right + 1] == 0.7).all()
    assert torch.equal(boxes(pictures), found)


def test_pairs():
    """Two digits of different classes whose boxes lie apart; each place leads back to its own picture."""
    digits = torch.rand(400, DIGIT, DIGIT, generator=torch.Generator().manual_seed(1)) + 0.3
    pictures, found = pasted(digits, torch.Generator().manual_seed(0))
    labels = torch.arange(400) % 5 // 2  # two pairs of five are alike
    both, places = paired(pictures, found, labels)
    assert 20 < len(both) < 200 and both.max() <= digits.max()
    for picture, (one, other) in zip(both, places.tolist(), strict=True):
        assert labels[one] != labels[other]
        assert torch.equal(picture, pictures[one] + pictures[other])
        assert not (pictures[one] * pictures[other]).any()


def test_the_middle_of_what_a_place_sees():
    """Rising pictures show how far a place of the maps sees down and right, falling ones up and left.

    A pool passes on one pixel only, of a picture that rises the last one.
    """
    network = NiN(Config((1,) * 8, std=(0.0,), dropout=0.0, channels=1, classes=1))
    for p in network.parameters():
        p.data.abs_()
    ramp = torch.arange(SIDE**2, dtype=torch.float32).view(1, 1, SIDE, SIDE) / SIDE**2
    reach = []
    for picture in (ramp, 1 - ramp):
        x = picture.clone().requires_grad_()
        network.class_maps(x)[0, 0, 5, 4].backward()
        rows, columns = (x.grad[0, 0].ne(0).any(axis).nonzero().flatten() for axis in (1, 0))
        reach.append((rows, columns))
    (down, right), (up, left) = reach
    middle = [(up.min() + down.max()).item() / 2, (left.min() + right.max()).item() / 2]
    maps = torch.zeros(1, 1, 10, 10)
    maps[0, 0, 5, 4] = 1
    assert peaks(maps, torch.tensor([0])).tolist() == [middle]


def test_inside_and_chance():
    """The cell of a place reaches a pixel further than its middle; of 100 cells 2 rows and 3 columns reach this box."""
    box = torch.tensor([[10, 17, 20, 27]])
    places = torch.tensor([[9, 19], [18, 28], [8, 20], [10, 29]])
    assert inside(places, box.expand(4, 4)).tolist() == [True, True, False, False]
    assert chance(box) == pytest.approx(0.06)


def test_the_card():
    """It shows the default network, the one for CIFAR-10."""
    assert VARIANTS["cifar10"] == Config() and papers.get("nin").card.example_shape == example_shape(Config())
