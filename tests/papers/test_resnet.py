"""Residual networks: the paper's sizes, their arithmetic, and the networks of other libraries."""

import pytest
import torch

import firsthand
from firsthand import papers
from firsthand.errors import UserError
from firsthand.layers import table
from firsthand.papers.resnet.model import Block, Config, ResNet
from firsthand.papers.resnet.variants import VARIANTS, example_shape

# Parameters and multiply-adds, counted by hand or by others: Table 6 prints 0.27M to 19.4M and Table 1 1.8e9 to 11.3e9.
COUNTS = {
    "20": (269_722, 40.6e6), "32": (464_154, 68.9e6), "44": (658_586, 97.2e6), "56": (853_018, 125.5e6),
    "110": (1_727_962, 252.9e6), "1202": (19_421_274, 2829e6), "18": (11_689_512, 1.814e9),
    "34": (21_797_672, 3.664e9), "34-A": (21_623_848, 3.644e9), "34-C": (22_716_840, None), "18-A": (11_515_688, None),
    "18-C": (12_043_816, None), "50": (25_557_032, 3.858e9), "101": (44_549_160, 7.570e9),
    "152": (60_192_808, 11.282e9), "50-v1.5": (25_557_032, 4.089e9), "101-v1.5": (44_549_160, 7.801e9),
    "152-v1.5": (60_192_808, 11.514e9), "plain-20": (269_722, 40.6e6), "plain-56": (853_018, 125.5e6),
    "plain-18": (11_515_688, None), "plain-34": (21_623_848, 3.644e9),
}  # fmt: skip


def network(config: Config) -> ResNet:
    """With batch norms that have seen something, in evaluation mode."""
    torch.manual_seed(0)
    made = ResNet(config).eval()
    for value in made.buffers():
        if value.is_floating_point():
            value.uniform_(0.5, 1.5)
    return made


LARGE = ("1202", "101-v1.5", "152-v1.5")  # seconds to lay out; what they are made of others have


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow) if n in LARGE else n for n in COUNTS])
def test_counts(name):
    """As the paper prints them, to the digits that are printed."""
    parameters, products = COUNTS[name]
    rows = table(lambda: ResNet(VARIANTS[name]), example_shape(VARIANTS[name]))
    assert sum(row["parameters"] for row in rows) == parameters
    if products is not None:
        assert sum(row["multiply-adds"] for row in rows) == pytest.approx(products, rel=2e-3)


@pytest.mark.parametrize(
    ("name", "depth"), [("20", 20), ("110", 110), ("18", 18), ("34", 34), ("50", 50), ("152", 152)]
)
def test_depth(name, depth):
    """6n + 2, or what the network is called: weighted layers, but for those of shortcuts."""
    with torch.device("meta"):
        made = ResNet(VARIANTS[name])
    assert sum(p.ndim > 1 and "downsample" not in n for n, p in made.named_parameters()) == depth


@pytest.mark.parametrize("block", ["basic", "bottleneck"])
def test_a_block_that_adds_nothing_rectifies(block):
    """With F = 0 a block is relu(x): the shortcut starts before the block, and the rectifier comes after the sum."""
    block = Block(8, 8 if block == "basic" else 2, 1, Config(block=block)).eval()
    for name, p in block.named_parameters():
        if name.startswith("conv"):
            p.data.zero_()
    x = torch.randn(2, 8, 5, 5)
    assert torch.equal(block(x), x.clamp(min=0))


def test_option_a():
    """Every other pixel, with channels of zeros before and after, half of them each."""
    block = Block(2, 6, 2, Config(shortcut="A"))
    x = torch.randn(1, 2, 4, 4)
    y = block.shortcut(x)
    assert y.shape == (1, 6, 2, 2) and torch.equal(y[:, 2:4], x[:, :, ::2, ::2]) and not y[:, [0, 1, 4, 5]].any()


def test_a_plain_network_has_no_shortcuts():
    """The same parameters, and no way around a layer: where the last one gives nothing, so does the block."""
    block = Block(4, 4, 1, Config(shortcut="none")).eval()
    block.bn2.weight.data.zero_()
    assert not block(torch.randn(1, 4, 3, 3)).any()


def same(theirs: torch.nn.Module, variant: str, path, answer=lambda outputs: outputs, shape=(2, 3, 224, 224)) -> None:
    """Ours with their weights answers as theirs."""
    x = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    ours = firsthand.load_weights("resnet", variant, path)
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


@pytest.mark.parametrize("variant", ["18", "50"])
def test_torchvisions_weights(torchvision, variant, tmp_path):
    """Also behind the prefix and the wrapper of a training script, and without counts of batches."""
    theirs = seen(getattr(torchvision.models, f"resnet{variant}")())
    weights = {f"module.{name}": value for name, value in theirs.state_dict().items() if "tracked" not in name}
    torch.save({"state_dict": weights, "best": 0.5}, tmp_path / "weights.pth")
    same(theirs, variant, tmp_path / "weights.pth")


def test_hugging_faces_weights(torchvision_imports, tmp_path):
    """Safetensors in the names of transformers."""
    transformers = pytest.importorskip("transformers")
    sizes = {"layer_type": "basic", "depths": [2, 2, 2, 2], "hidden_sizes": [64, 128, 256, 512], "num_labels": 1000}
    theirs = seen(transformers.ResNetForImageClassification(transformers.ResNetConfig(**sizes)))
    theirs.save_pretrained(tmp_path)
    same(theirs, "18", tmp_path / "model.safetensors", lambda outputs: outputs.logits)


def test_names_of_cifar_checkpoints(tmp_path):
    """The last layer is called `linear`, and option A has no tensors."""
    ours = network(VARIANTS["20"])
    weights = {name.replace("fc.", "linear."): value for name, value in ours.state_dict().items()}
    torch.save({"state_dict": weights, "best_prec1": 91.7}, tmp_path / "resnet20.th")
    assert {"conv1.weight", "bn1.bias", "layer1.0.conv1.weight", "linear.weight"} <= weights.keys()
    same(ours, "20", tmp_path / "resnet20.th", shape=(2, 3, 32, 32))


def test_weights_of_another_network(tmp_path):
    """The sentence names a tensor."""
    torch.save(network(VARIANTS["20"]).state_dict(), tmp_path / "20.pt")
    with pytest.raises(UserError, match=r"20.pt does not fit: it lacks layer1.3.conv1.weight and 179 more"):
        firsthand.load_weights("resnet", "56", tmp_path / "20.pt")
    with pytest.raises(UserError, match="variant of resnet"):
        firsthand.load_weights("resnet", "19", tmp_path / "20.pt")


def test_shapes_of_the_variants():
    """Every one is made of the paper's Config, and the card's is the default."""
    assert VARIANTS["20"] == Config() and papers.get("resnet").card.example_shape == example_shape(Config())
