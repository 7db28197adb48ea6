"""GoogLeNet: the paper's sizes, the order of its branches, its three heads, and torchvision's network."""

from dataclasses import replace

import pytest
import torch

import firsthand
from firsthand import papers
from firsthand.errors import UserError
from firsthand.layers import table
from firsthand.papers.googlenet.inception import Inception
from firsthand.papers.googlenet.model import Config, GoogLeNet
from firsthand.papers.googlenet.recipe import LAPTOP, GoogLeNetTask
from firsthand.papers.googlenet.small import views
from firsthand.papers.googlenet.variants import VARIANTS, example_shape

# Parameters (with biases, and with heads) by hand; multiply-adds: the text prints 1.5 billion, torchvision 1.498.
COUNTS = {
    "published": (13_378_280, 1.583e9), "published-no-aux": (6_998_552, 1.583e9), "separable": (None, 1.4987e9),
    "torchvision": (13_004_888, 1.498e9), "torchvision-no-aux": (6_624_904, 1.498e9),
}  # fmt: skip


@pytest.mark.parametrize("name", COUNTS)
def test_counts(name):
    """As counted from the filters of Table 1, and as torchvision says."""
    parameters, products = COUNTS[name]
    with torch.device("meta"):
        network = GoogLeNet(VARIANTS[name])
    if parameters is not None:
        assert sum(p.numel() for p in network.parameters()) == parameters
    rows = table(lambda: GoogLeNet(VARIANTS[name]), example_shape(VARIANTS[name]))
    assert sum(row["multiply-adds"] for row in rows) == pytest.approx(products, rel=1e-3)


def test_depth_and_sides():
    """22 layers with weights, two a module; 28, 14 and 7 pixels a side, and the channels of Table 1."""
    with torch.device("meta"):
        network = GoogLeNet(VARIANTS["published-no-aux"]).eval()
        maps = network.maps(torch.empty(1, 3, 224, 224))
    channels = (256, 480, 512, 512, 512, 528, 832, 832, 1024)
    assert [m.shape[1] for m in maps.values()] == list(channels)
    assert [m.shape[2] for m in maps.values()] == [28, 28, 14, 14, 14, 14, 14, 7, 7]
    assert 3 + 2 * len(maps) + 1 == 22


def test_order_of_the_branches():
    """1x1, 3x3, 5x5, pool: with one branch left every other channel is zero."""
    module, ends = Inception(3, (2, 1, 3, 1, 4, 5), False, 5, True), (0, 2, 5, 9, 14)
    x = torch.rand(1, 3, 6, 6)
    for chosen in range(4):
        for name, p in module.named_parameters():
            p.data.fill_(1.0 if name.startswith(f"branch{chosen + 1}.") else 0.0)
        alive = module(x).amax((0, 2, 3)) > 0
        assert alive.nonzero().flatten().tolist() == list(range(ends[chosen], ends[chosen + 1]))


def test_the_pool_comes_before_its_projection():
    """A projection by -1 of one bright pixel is rectified away; had it come first, the pool would find zeros alike, but
    a projection by 1 of it makes nine bright ones."""
    module = Inception(1, (1, 1, 1, 1, 1, 1), False, 5, True)
    module.branch4[1].conv.weight.data.fill_(1.0)
    module.branch4[1].conv.bias.data.zero_()
    x = torch.full((1, 1, 5, 5), -1.0)
    x[0, 0, 2, 2] = 2.0
    seen = module(x)[0, 3]
    assert seen[1:4, 1:4].eq(2).all() and seen.sum() == 18
    module.branch4[1].conv.weight.data.fill_(-1.0)
    seen = module(x)[0, 3]
    assert seen[1:4, 1:4].eq(0).all() and seen.sum() == 16, "after a projection by -1 the pool would find 1 everywhere"


def test_reductions_are_rectified():
    """What a narrow convolution makes negative never reaches the large one."""
    module = Inception(2, (1, 1, 1, 1, 1, 1), False, 5, True)
    for narrow in (module.branch2[0], module.branch3[0]):
        assert (narrow(torch.randn(4, 2, 5, 5)) >= 0).all()


def test_kernel_of_the_third_branch():
    """Five pixels in the paper; three in torchvision's form."""
    for form, size in (("paper", 5), ("torchvision", 3)):
        with torch.device("meta"):
            assert GoogLeNet(Config(form=form)).inception3a.branch3[1].conv.weight.shape[-1] == size


def test_loss():
    """The main head's, and 0.3 of each other's; in evaluation mode the main one's alone."""
    torch.manual_seed(0)
    config = Config(16, dropout=0.0, aux_dropout=0.0)
    task = GoogLeNetTask.without_data(replace(LAPTOP, model=config))
    network, x, y = GoogLeNet(config), torch.randn(4, 3, 32, 32), torch.arange(4)
    outputs = network(x)
    assert outputs.shape == (3, 4, 10)
    each = [torch.nn.functional.cross_entropy(logits, y) for logits in outputs]
    torch.testing.assert_close(task.loss(network, (x, y)), each[0] + 0.3 * (each[1] + each[2]))
    network.eval()
    assert network(x).shape == (4, 10)
    torch.testing.assert_close(task.loss(network, (x, y)), torch.nn.functional.cross_entropy(network(x), y))


def test_heads_have_no_say_in_the_answer():
    """Networks with and without heads answer alike from the same weights."""
    torch.manual_seed(0)
    heads, none = GoogLeNet(Config(16)).eval(), GoogLeNet(Config(16, aux=False)).eval()
    none.load_state_dict({name: p for name, p in heads.state_dict().items() if not name.startswith("aux")})
    x = torch.randn(2, 3, 32, 32)
    torch.testing.assert_close(heads(x), none(x))


def test_heads_see_four_by_four():
    """The published pool is 5x5 pixels, three apart."""
    head = GoogLeNet(Config(16, "7x7")).aux1.eval()
    head.fc1.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].shape[1]))
    seen = []
    head(torch.randn(1, 32, 14, 14))
    assert seen == [4 * 4 * 8]


def test_views():
    """The image and what a step in each direction makes of it; the corner's grey comes in."""
    image = torch.arange(9.0).view(1, 1, 3, 3)
    same, above, below, left, right = (view[0, 0].tolist() for view in views(image))
    assert same == image[0, 0].tolist()
    assert above == [[0, 0, 0], [0, 1, 2], [3, 4, 5]] and below == [[3, 4, 5], [6, 7, 8], [0, 0, 0]]
    assert left == [[0, 0, 1], [0, 3, 4], [0, 6, 7]] and right == [[1, 2, 0], [4, 5, 0], [7, 8, 0]]


@pytest.fixture(scope="module")
def theirs(torchvision):
    """torchvision's network, with batch norms that differ from the identity and weights that matter."""
    torch.manual_seed(0)
    made = torchvision.models.googlenet(weights=None, aux_logits=True, init_weights=False)
    for module in made.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.1, 0.3)
    return made.eval()


@pytest.mark.parametrize("heads", [True, False], ids=["heads in the file", "none"])
@pytest.mark.parametrize("variant", ["torchvision", "torchvision-no-aux"])
def test_torchvisions_weights(theirs, heads, variant, tmp_path):
    """Heads may be in the file or not, and in the network or not; the answer is the same."""
    weights = {name: value for name, value in theirs.state_dict().items() if heads or not name.startswith("aux")}
    torch.save(weights, tmp_path / "weights.pth")
    ours = firsthand.load_weights("googlenet", variant, tmp_path / "weights.pth")
    x = torch.randn(1, 3, 224, 224, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        torch.testing.assert_close(ours(x), theirs(x), rtol=1e-4, atol=1e-4)  # sums in another order


def test_torchvisions_heads(theirs, tmp_path):
    """The auxiliary ones answer as theirs, of which 4d's comes before 4a's."""
    torch.save(theirs.state_dict(), tmp_path / "weights.pth")
    ours = firsthand.load_weights("googlenet", "torchvision", tmp_path / "weights.pth")
    for name, channels in (("aux1", 512), ("aux2", 528)):
        x = torch.randn(2, channels, 14, 14)
        with torch.no_grad():
            torch.testing.assert_close(getattr(ours, name)(x), getattr(theirs, name)(x), rtol=1e-4, atol=1e-4)


def test_weights_of_half_a_head(theirs, tmp_path):
    """A file that has some of a head must have all of it."""
    weights = {name: value for name, value in theirs.state_dict().items() if name != "aux1.fc1.weight"}
    torch.save(weights, tmp_path / "weights.pth")
    with pytest.raises(UserError, match=r"it lacks aux1\.fc1\.weight"):
        firsthand.load_weights("googlenet", "torchvision", tmp_path / "weights.pth")


def test_the_card():
    """It shows the default network, which is the laptop's."""
    assert VARIANTS["laptop"] == Config() and papers.get("googlenet").card.example_shape == example_shape(Config())
