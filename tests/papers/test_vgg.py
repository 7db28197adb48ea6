"""VGG: the paper's counts, its dense evaluation, its receptive fields, and torchvision's weights."""

import pytest
import torch

import firsthand
from firsthand.check.twins.vgg import Network
from firsthand.errors import UserError
from firsthand.layers import table
from firsthand.papers.vgg.model import VGG, Config
from firsthand.papers.vgg.start import begin_with
from firsthand.papers.vgg.variants import VARIANTS, example_shape

# Parameters and multiply-adds; those of A, B, D, E are also in torchvision's metadata of its weights.
COUNTS = {
    "A": (132_863_336, 7.609e9, 11), "A-LRN": (132_863_336, 7.609e9, 11), "B": (133_047_848, 11.308e9, 13),
    "C": (133_638_952, 11.771e9, 16), "D": (138_357_544, 15.470e9, 16), "E": (143_667_240, 19.632e9, 19),
    "A-bn": (132_868_840, None, 11), "B-bn": (133_053_736, None, 13), "D-bn": (138_365_992, None, 16),
    "E-bn": (143_678_248, None, 19),
}  # fmt: skip
TORCHVISIONS = {"A": "vgg11", "B": "vgg13", "D": "vgg16", "E": "vgg19"}


@pytest.mark.parametrize("name", VARIANTS)
def test_counts(name):
    """Parameters, multiply-adds at 224 pixels and layers with weights."""
    parameters, products, depth = COUNTS[name]
    rows = table(lambda: VGG(VARIANTS[name]), example_shape(VARIANTS[name]))
    assert sum(row["parameters"] for row in rows) == parameters
    assert sum(row["multiply-adds"] > 0 for row in rows) == depth
    assert products is None or sum(row["multiply-adds"] for row in rows) == pytest.approx(products, rel=1e-3)


def test_widths_of_vgg16():
    """64, 128, 256, 512, 512 channels, on sides of 224, 112, 56, 28 and 14 pixels, and then 7."""
    rows = table(lambda: VGG(VARIANTS["D"]), (3, 224, 224))
    shapes = [row["output"] for row in rows if row["multiply-adds"]]
    expected = [(64, 224)] * 2 + [(128, 112)] * 2 + [(256, 56)] * 3 + [(512, 28)] * 3 + [(512, 14)] * 3
    assert shapes == [(width, side, side) for width, side in expected] + [(4096,), (4096,), (1000,)]


def network(seed: int = 0, **options) -> VGG:
    torch.manual_seed(seed)
    return VGG(Config(**options)).eval().double()


def test_dense_is_the_network_where_it_fits():
    """One place, and the same logits; 1e-10 is the rounding of sums in another order."""
    made, x = network(), torch.randn(3, 1, 28, 28, dtype=torch.float64)
    y = made.dense(x)
    assert y.shape == (3, 10, 1, 1)
    torch.testing.assert_close(y[:, :, 0, 0], made(x), rtol=1e-10, atol=1e-10)


def test_dense_slides_over_larger_maps():
    """Every place of a larger image has the logits of the linear layers on its own maps."""
    made, x = network(), torch.randn(2, 1, 40, 48, dtype=torch.float64)
    maps, y = made.maps(x), made.dense(x)
    assert maps.shape[2:] == (5, 6) and y.shape == (2, 10, 3, 4)
    for i in range(3):
        for j in range(4):
            h = maps[:, :, i : i + 3, j : j + 3].flatten(1)
            for layer in made.classifier:
                h = layer(h)
            torch.testing.assert_close(y[:, :, i, j], h, rtol=1e-10, atol=1e-10)


def test_dense_probabilities():
    """Soft-max of the mean score, mean over the image and its mirror image, which therefore does not matter."""
    made, x = network(), torch.randn(2, 1, 40, 40, dtype=torch.float64)
    p = made.probabilities(x)
    scores = [torch.nn.functional.softmax(made.dense(image).mean((2, 3)), 1) for image in (x, x.flip(-1))]
    torch.testing.assert_close(p, (scores[0] + scores[1]) / 2)
    torch.testing.assert_close(p, made.probabilities(x.flip(-1)))
    torch.testing.assert_close(p.sum(1), torch.ones(2, dtype=torch.float64))


def test_dense_at_the_published_size():
    """Its 25,088 inputs are 512 maps of 7x7 pixels, map by map: on 224 + 32 pixels there are 2x2 places."""
    made = VGG(Config((1, 1, 1, 1, 1), 8, 5, 7, 16, classes=5, channels=3)).eval()
    x = torch.randn(1, 3, 256, 256)
    maps = made.maps(x)
    assert maps.shape[1:] == (64, 8, 8) and made.dense(x).shape == (1, 5, 2, 2)
    theirs = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64 * 49, 16))
    theirs[1].load_state_dict(made.classifier[0].state_dict())
    h = theirs(maps[:, :, 1:, :7])
    for layer in list(made.classifier)[1:]:
        h = layer(h)
    torch.testing.assert_close(made.dense(x)[:, :, 1, 0], h, rtol=1e-4, atol=1e-5)  # float32, sums in another order


@pytest.mark.parametrize(("count", "reach"), [(1, 3), (2, 5), (3, 7)])
def test_receptive_fields(count, reach):
    """Through `count` convolutions an output depends on that many pixels a side, and on each of them."""
    made = network(blocks=(count,), pools=0)
    for p in made.features.parameters():
        p.data.abs_()  # no rectifier is silent
    x = torch.rand(1, 1, 15, 15, dtype=torch.float64, requires_grad=True)
    made.maps(x)[0, :, 7, 7].sum().backward()
    seen = x.grad[0, 0] != 0
    expected = torch.zeros(15, 15, dtype=torch.bool)
    expected[7 - reach // 2 : 8 + reach // 2, 7 - reach // 2 : 8 + reach // 2] = True
    assert torch.equal(seen, expected)


@pytest.mark.parametrize(("init", "spread"), [("normal", 0.1), ("glorot", None), ("he", None)])
def test_first_weights(init, spread):
    """Standard deviations by their formulas, within five per cent over 36,864 weights; biases are zero."""
    made = network(width=64, blocks=(2,), pools=0, side=1, hidden=8, init=init)
    kernel = made.features[2].weight
    expected = {"normal": spread, "glorot": (2 / (2 * 9 * 64)) ** 0.5, "he": (2 / (9 * 64)) ** 0.5}[init]
    assert kernel.std().item() == pytest.approx(expected, rel=0.05)
    assert not any(p.any() for name, p in made.named_parameters() if name.endswith("bias"))


def test_a_deep_network_begins_with_the_layers_of_a():
    """The first four convolutions of A go to their own blocks, the linear layers too, and nothing else changes."""
    shallow, deep, before = network(1), network(2, blocks=(2, 2, 3, 3, 3)), network(2, blocks=(2, 2, 3, 3, 3))
    begin_with(deep, shallow)
    taken = {0: 0, 5: 3, 10: 6, 12: 8}  # torchvision's indices of conv1_1, conv2_1, conv3_1 and conv3_2: D's and A's
    for name, value in deep.state_dict().items():
        part, place, kind = name.split(".")
        if part == "classifier" or int(place) in taken:
            place = place if part == "classifier" else taken[int(place)]
            assert torch.equal(value, shallow.state_dict()[f"{part}.{place}.{kind}"])
        else:
            assert torch.equal(value, before.state_dict()[name])
    with pytest.raises(UserError, match="another shape"):
        begin_with(deep, network(width=16))


@pytest.mark.parametrize("name", VARIANTS)
def test_names_are_torchvisions(torchvision, name):
    """And the shapes, of every network that it has."""
    letter, _, norm = name.partition("-")
    if letter not in TORCHVISIONS or norm == "LRN":
        pytest.skip("torchvision has no such network")
    with torch.device("meta"):
        theirs = getattr(torchvision.models, TORCHVISIONS[letter] + ("_bn" if norm else ""))(init_weights=False)
        ours = VGG(VARIANTS[name])
    shapes = [{key: tuple(value.shape) for key, value in made.state_dict().items()} for made in (theirs, ours)]
    assert {key: value for key, value in shapes[0].items() if "tracked" not in key} == {
        key: value for key, value in shapes[1].items() if "tracked" not in key
    }


@pytest.mark.slow  # a file of half a gigabyte
def test_torchvisions_weights(torchvision, tmp_path):
    """Batch norms and all, from a file: the same logits for an image that gives 8x8 maps, to float32's rounding."""
    torch.manual_seed(0)
    theirs = torchvision.models.vgg11_bn(init_weights=False).eval()
    for layer in theirs.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.running_mean.normal_(0, 0.1)
            layer.running_var.uniform_(0.8, 1.2)
            layer.weight.data.uniform_(0.5, 1)
    torch.save(theirs.state_dict(), tmp_path / "vgg11_bn.pth")
    ours = firsthand.load_weights("vgg", "A-bn", tmp_path / "vgg11_bn.pth").eval()
    x = torch.randn(1, 3, 256, 256)
    with torch.no_grad():
        torch.testing.assert_close(ours(x), theirs(x), rtol=1e-4, atol=1e-4)


def test_batch_norm_beside_torch():
    """Outputs and gradients in training; those of the biases before a batch norm are zero, but for rounding."""
    config = Config(width=4, hidden=16, dropout=0.0, batch_norm=True)
    torch.manual_seed(0)
    ours, theirs = VGG(config).double(), Network(config).double()
    theirs.copy_from(ours)
    x, targets = Network.batch(8, torch.Generator().manual_seed(0))
    for made in (ours, theirs):
        torch.nn.functional.cross_entropy(made(x), targets).backward()
    expected = theirs.named("gradient")
    useless = {f"features.{place}.bias" for place in ours.places.values()}
    for name, p in ours.named_parameters():
        if name in useless:
            assert p.grad.abs().max() < 1e-12
        else:
            torch.testing.assert_close(p.grad, expected[name], rtol=1e-8, atol=1e-10)  # sums in another order
    torch.testing.assert_close(ours.eval()(x), theirs.eval()(x), rtol=1e-8, atol=1e-10)


def test_blocks_and_pools():
    """More pools than blocks are refused, with the way out."""
    with pytest.raises(UserError, match=r"model\.pools is 3: it needs as many numbers in model\.blocks"):
        Config(blocks=(1, 1))
