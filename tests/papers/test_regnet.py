"""RegNets: the paper's sizes and arithmetic, design spaces, and the networks of other libraries."""

from random import Random

import pytest
import torch

import firsthand
from firsthand import papers
from firsthand.errors import UserError
from firsthand.layers import table
from firsthand.papers.regnet.cost import cost
from firsthand.papers.regnet.line import anynet, blocks, compatible, fit_error, quantised, regnet
from firsthand.papers.regnet.model import Block, Config, RegNet, SqueezeExcite
from firsthand.papers.regnet.spaces import PAPER, SMALL, candidate, evenly, sample
from firsthand.papers.regnet.variants import VARIANTS, WIDER, example_shape

# Depths and widths of the stages as Figures 15 and 16 print them; parameters as timm's networks have them.
SIZES = {
    "x-200mf": ((1, 1, 4, 7), (24, 56, 152, 368), 2_684_792), "x-400mf": ((1, 2, 7, 12), (32, 64, 160, 384), 5_157_512),
    "x-600mf": ((1, 3, 5, 7), (48, 96, 240, 528), 6_196_040), "x-800mf": ((1, 3, 7, 5), (64, 128, 288, 672), 7_259_656),
    "x-1.6gf": ((2, 4, 10, 2), (72, 168, 408, 912), 9_190_136),
    "x-3.2gf": ((2, 6, 15, 2), (96, 192, 432, 1008), 15_296_552),
    "x-4.0gf": ((2, 5, 14, 2), (80, 240, 560, 1360), 22_118_248),
    "x-6.4gf": ((2, 4, 10, 1), (168, 392, 784, 1624), 26_209_256),
    "x-8.0gf": ((2, 5, 15, 1), (80, 240, 720, 1920), 39_572_648),
    "x-12gf": ((2, 5, 11, 1), (224, 448, 896, 2240), 46_106_056),
    "x-16gf": ((2, 6, 13, 1), (256, 512, 896, 2048), 54_278_536),
    "x-32gf": ((2, 7, 13, 1), (336, 672, 1344, 2520), 107_811_560),
    "y-200mf": ((1, 1, 4, 7), (24, 56, 152, 368), 3_162_996), "y-400mf": ((1, 3, 6, 6), (48, 104, 208, 440), 4_344_144),
    "y-4.0gf": ((2, 6, 12, 2), (128, 192, 512, 1088), 20_646_656),
}  # fmt: skip
# Variants by the names of other libraries.
TIMM = {"x-200mf": "regnetx_002", "y-200mf": "regnety_002"}
TORCHVISION = {"x-400mf-torchvision": "regnet_x_400mf", "y-400mf": "regnet_y_400mf"}


@pytest.mark.parametrize("name", SIZES)
def test_sizes(name):
    """The line gives the stages that the paper prints, and the network the parameters that others count."""
    depths, widths, parameters = SIZES[name]
    assert (VARIANTS[name].depths, VARIANTS[name].widths) == (depths, widths)
    with torch.device("meta"):
        assert sum(p.numel() for p in RegNet(VARIANTS[name]).parameters()) == parameters


@pytest.mark.parametrize("name", ["laptop", "x-200mf", "y-200mf", "y-8.0gf-torchvision"])
def test_cost(name):
    """The arithmetic that samples design spaces agrees with the network's own layers."""
    config, shape = VARIANTS[name], example_shape(VARIANTS[name])
    rows, found = table(lambda: RegNet(config), shape), cost(config, shape[-1])
    assert found.parameters == sum(row["parameters"] for row in rows)
    assert found.products == sum(row["multiply-adds"] for row in rows)


def test_activations():
    """What the convolutions of a network put out, counted while it runs."""
    config = regnet(5, 16, 12.0, 2.0, 4, 2.0, squeeze=True)
    network, seen = RegNet(config), []
    for layer in network.modules():
        if isinstance(layer, firsthand.nn.Conv2d):
            layer.register_forward_hook(lambda _, __, output: seen.append(output.numel()))
    network(torch.randn(1, 1, 28, 28, generator=torch.Generator().manual_seed(0)).expand(2, 1, 28, 28))
    assert sum(seen) == 2 * cost(config, 28).activations


def test_the_quantised_line_by_hand():
    """w_0 = 16, w_a = 12, w_m = 2: u = 16, 28, 40, ... and log2(u / 16) rounds to 0, 1, 1, 2, 2, 2, 2, 3, 3, 3."""
    assert quantised(10, 16, 12, 2) == [16] + 2 * [32] + 4 * [64] + 3 * [128]
    assert regnet(10, 16, 12, 2, 8, stem=16, stem_stride=1) == Config()
    assert quantised(3, 8, 0, 2.5) == [8, 8, 8]  # no slope, one stage


@pytest.mark.parametrize(
    ("sizes", "found"),
    [
        ((392, 1, 16), (384, 16)),  # a tie: 24.5 groups become 24, as in the authors' code
        ((80, 1, 120), (80, 80)),  # no group is wider than the block
        ((24, 4, 8), (24, 6)),
        ((40, 2, 16), (32, 16)),  # 20 inside: 16
        ((8, 0.25, 3), (9, 3)),  # 32 inside: the next multiple of 3 and 4 is 36
    ],
)
def test_compatible(sizes, found):
    assert compatible(*sizes) == found


@pytest.mark.parametrize("bad", [{"w_m": 1.0}, {"w_a": -1.0}, {"depth": 0}, {"w_0": 0}, {"w_a": float("nan")}])
def test_lines_that_are_none(bad):
    sizes = {"depth": 10, "w_0": 16, "w_a": 12.0, "w_m": 2.0} | bad
    with pytest.raises(UserError, match=f"{next(iter(bad))} must be"):
        quantised(**sizes)


def test_configs_that_are_none():
    with pytest.raises(UserError, match="one number each for every stage"):
        Config(depths=(1, 2))
    with pytest.raises(UserError, match=r"cannot be split into model\.groups of 8"):
        Config(widths=(16, 36, 64, 128))
    with pytest.raises(UserError, match="cannot be split"):
        Config(widths=(16, 32, 64, 128), ratios=(1.0, 3.0, 1.0, 1.0), groups=(1, 1, 1, 1))


def test_fit_error():
    """A quantised line fits itself, up to the grid; what falls does not fit any."""
    assert fit_error(quantised(20, 48, 36, 2.3)) < 0.06  # the grid's own steps are 10 to 20 % wide
    assert fit_error([256, 128, 64, 32, 16, 8]) > 0.5


def test_groups_are_channels_not_a_number_of_groups():
    """The kernels of the 3x3 convolution see g channels each."""
    with torch.device("meta"):
        state = RegNet(VARIANTS["x-200mf"]).state_dict()
    assert state["s1.b1.conv2.conv.weight"].shape == (24, 8, 3, 3)
    assert RegNet(VARIANTS["laptop"]).state_dict()["s4.b2.conv2.conv.weight"].shape == (128, 8, 3, 3)


def test_a_block_that_adds_nothing_rectifies():
    """With F = 0 a block is relu(x): the shortcut starts before the block, and the rectifier comes after the sum."""
    block = Block(8, 8, 8, 4, 1, squeeze=True).eval()
    block.conv3.bn.weight.data.zero_()
    x = torch.randn(2, 8, 5, 5)
    assert torch.equal(block(x), x.clamp(min=0))


def test_squeeze_and_excitation():
    """With weights of zero every map is halved, sigmoid(0); the squeezed width is a quarter of the block's input."""
    squeeze = SqueezeExcite(8, 2)
    for p in squeeze.parameters():
        p.data.zero_()
    x = torch.randn(2, 8, 3, 3)
    assert torch.allclose(squeeze(x), x / 2)
    with torch.device("meta"):
        state = RegNet(VARIANTS["y-200mf"]).state_dict()
    assert state["s2.b1.se.fc1.weight"].shape == (6, 56, 1, 1)


@pytest.mark.parametrize("space", ["A", "B", "C", "D", "E", "RegNet"])
def test_spaces(space):
    """Each keeps its own restrictions and those before it, and the window of multiply-adds."""
    draw = Random(0)
    drawn = [sample(space, SMALL, draw) for _ in range(10)]
    for config in drawn:
        assert SMALL.least <= cost(config, 28).products <= SMALL.most  # the arithmetic that test_cost proves
        assert len(config.depths) == 4 and set(config.ratios) <= set(SMALL.ratios)
    shared_ratios = [len(set(config.ratios)) == 1 for config in drawn]
    # A group's width is at most the width inside a block, the shared one too.
    shared_groups = [
        all(g == min(max(c.groups), round(w / b)) for w, b, g in zip(c.widths, c.ratios, c.groups, strict=True))
        for c in drawn
    ]
    growing = [list(config.widths) == sorted(config.widths) for config in drawn]
    deepening = [list(config.depths) == sorted(config.depths) for config in drawn]
    assert all(shared_ratios) == (space != "A")
    assert all(shared_groups) == (space not in ("A", "B"))
    assert all(growing) == (space in ("D", "E", "RegNet"))
    assert all(deepening) == (space == "E")


def test_the_papers_window():
    """360 to 400 million multiply-adds at 224 pixels."""
    config = sample("E", PAPER, Random(1))
    assert 360e6 <= cost(config, 224).products <= 400e6 and config.classes == 1000


def test_drawn_evenly_in_the_logarithm():
    """Half of the numbers to 255 lie below 16: log 16 is half of log 256. 4 standard errors of 4000 draws: 0.032."""
    draw = Random(0)
    numbers = [evenly(draw, 255) for _ in range(4000)]
    assert sum(number < 16 for number in numbers) / 4000 == pytest.approx(0.5, abs=0.032)
    assert min(numbers) == 1 and max(numbers) <= 255


def test_a_line_with_other_than_four_stages_is_none():
    draw = Random(0)
    found = [candidate("RegNet", SMALL, draw) for _ in range(50)]
    assert None in found and all(len(config.depths) == 4 for config in found if config is not None)


def same(theirs: torch.nn.Module, variant: str, path, answer=lambda outputs: outputs) -> None:
    """Ours with their weights answers as theirs."""
    x = torch.randn((1, 3, 96, 96), generator=torch.Generator().manual_seed(1))
    ours = firsthand.load_weights("regnet", variant, path)
    with torch.no_grad():
        torch.testing.assert_close(ours(x), answer(theirs.eval()(x)), rtol=1e-4, atol=1e-4)  # sums in another order


def seen(module: torch.nn.Module) -> torch.nn.Module:
    """With batch norms that differ from the identity."""
    for norm in module.modules():
        if isinstance(norm, torch.nn.BatchNorm2d):
            norm.running_mean.normal_(0, 0.1)
            norm.running_var.uniform_(0.8, 1.2)
            norm.weight.data.uniform_(0.5, 1)
    return module.eval()


@pytest.mark.parametrize("variant", TIMM)
def test_timms_weights(torchvision, variant, tmp_path):
    """timm's names are ours; it imports torchvision, which the fixture makes sure of."""
    timm = pytest.importorskip("timm")
    torch.manual_seed(0)
    theirs = seen(timm.create_model(TIMM[variant]))
    with torch.device("meta"):
        assert list(theirs.state_dict()) == list(RegNet(VARIANTS[variant]).state_dict())
    torch.save(theirs.state_dict(), tmp_path / "weights.pth")
    same(theirs, variant, tmp_path / "weights.pth")


@pytest.mark.parametrize("variant", TORCHVISION)
def test_torchvisions_weights(torchvision, variant, tmp_path):
    """Including one of the three networks that torchvision makes wider than the paper's."""
    torch.manual_seed(0)
    theirs = seen(getattr(torchvision.models, TORCHVISION[variant])())
    torch.save(theirs.state_dict(), tmp_path / "weights.pth")
    same(theirs, variant, tmp_path / "weights.pth")


@pytest.mark.parametrize("name", WIDER)
def test_torchvisions_wider_networks(name):
    """As many parameters as torchvision's documentation says, which the paper's own networks do not have."""
    counts = {"x-400mf": 5_495_976, "y-800mf": 6_432_512, "y-8.0gf": 39_381_472}
    assert cost(VARIANTS[f"{name}-torchvision"], 224).parameters == counts[name] != cost(VARIANTS[name], 224).parameters


@pytest.mark.parametrize("variant", ["x-200mf", "y-400mf"])
def test_hugging_faces_weights(variant, tmp_path):
    """Safetensors in the names of transformers."""
    transformers = pytest.importorskip("transformers")
    config = VARIANTS[variant]
    sizes = {"depths": list(config.depths), "hidden_sizes": list(config.widths), "groups_width": config.groups[0]}
    torch.manual_seed(0)
    made = transformers.RegNetConfig(**sizes, layer_type=variant[0], embedding_size=32, num_labels=1000)
    theirs = seen(transformers.RegNetForImageClassification(made))
    theirs.save_pretrained(tmp_path)
    same(theirs, variant, tmp_path / "model.safetensors", lambda outputs: outputs.logits)


def test_weights_of_another_network(tmp_path):
    """The sentence names a tensor."""
    torch.save(RegNet(VARIANTS["laptop"]).state_dict(), tmp_path / "laptop.pt")
    with pytest.raises(UserError, match=r"laptop.pt does not fit: stem.conv.weight is of shape \(16, 1, 3, 3\)"):
        firsthand.load_weights("regnet", "x-200mf", tmp_path / "laptop.pt")


def test_shapes_of_the_variants():
    """The card's is the default, and every published one takes ImageNet's crop."""
    assert VARIANTS["laptop"] == Config() and papers.get("regnet").card.example_shape == example_shape(Config())
    assert example_shape(VARIANTS["x-32gf"]) == (3, 224, 224)
    assert blocks(anynet((1, 2), (8, 16), (1, 1), (8, 8))) == [8, 16, 16]
