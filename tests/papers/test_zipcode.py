"""The zip-code networks against published counts, torch.nn, and rejects counted by hand."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw
from torch import Tensor, nn

from firsthand.data.pictures import as_zip_digit
from firsthand.errors import UserError
from firsthand.options import override
from firsthand.papers import zipcode
from firsthand.papers.zipcode import baseline, pictures
from firsthand.papers.zipcode.claims import CLAIMS
from firsthand.papers.zipcode.maps import Maps
from firsthand.papers.zipcode.model import H2_SEES, H3_SEES, VARIANTS, Config, ZipNet, describe
from firsthand.papers.zipcode.reading import RECIPES, read
from firsthand.papers.zipcode.recipe import PRESETS, Recipe, ZipTask, moved
from firsthand.papers.zipcode.rejects import margins, rejects, substitutions
from firsthand.train.folder import RunFolder, write_json
from firsthand.train.task import Examples, Trained

EXACT = {"rtol": 1e-10, "atol": 1e-12}  # float64: two orders of the same operations


def randn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def counts(config: Config) -> tuple[int, int]:
    rows = describe(config)
    return sum(row["parameters"] for row in rows), sum(row["connections"] for row in rows)


def task(recipe: Recipe = PRESETS["laptop"], images: int = 37) -> ZipTask:
    """A task on random images, no files needed."""
    found = recipe.task.without_data(recipe)
    generator = torch.Generator().manual_seed(1)
    pixels = torch.randint(256, (images, 16, 16), generator=generator, dtype=torch.uint8)
    found.test = found.train = Examples(found.prepare(pixels), torch.randint(10, (images,), generator=generator))
    found.classes = tuple("0123456789")
    return found


# The networks


def test_the_published_counts():
    assert zipcode.VARIANTS is VARIANTS
    # 2,578 and 98,442: ICPR 1990, section 4; 9,760 and 64,660: Neural Computation 1989.
    assert counts(VARIANTS["1990"]) == (2578, 98_442)
    assert counts(VARIANTS["1989"]) == (9760, 64_660)
    # Derived: a field of 32x32 has outputs of 300 inputs; 48 kernels; and with nothing shared in H1 and H3 they have as
    # many weights as connections.
    assert counts(VARIANTS["20x20"])[0] == 3658
    assert counts(Config(table=("0123",) * 12))[0] == 3278
    assert counts(Config(shared=False)) == (59_904 + 8 + 32_768 + 24 + 1930, 98_442)
    assert counts(Config(subsample=False))[0] == 104 + 512 + 1930
    for config in VARIANTS.values():
        assert sum(p.numel() for p in ZipNet(config).parameters()) == counts(config)[0]


def test_the_sizes_of_the_maps():
    sizes = {name: [row["output"] for row in describe(VARIANTS[name])] for name in ("1990", "1989")}
    assert sizes["1990"] == [(4, 24, 24), (4, 12, 12), (12, 8, 8), (12, 4, 4), (10,)]
    assert sizes["1989"] == [(12, 8, 8), (12, 4, 4), (30,), (10,)]


def test_the_tables_have_the_published_numbers_of_kernels():
    assert len(H3_SEES) == len(H2_SEES) == 12
    assert sorted(map(len, H3_SEES)) == [1] * 4 + [2] * 8
    assert set(map(len, H2_SEES)) == {8}
    assert ZipNet().h3.weight.shape == (20, 5, 5)
    assert ZipNet(VARIANTS["1989"]).h2.weight.shape == (96, 5, 5)


@pytest.mark.parametrize("shared", [True, False])
def test_a_map_ignores_what_it_does_not_see(shared):
    torch.manual_seed(0)
    net = ZipNet(Config(shared=shared)).double()
    x = randn(2, 4, 12, 12).requires_grad_()
    for m, row in enumerate(H3_SEES):
        (seen,) = torch.autograd.grad(net.h3(x)[:, m].sum(), x)
        assert [bool(seen[:, s].any()) for s in range(4)] == [str(s) in row for s in range(4)]


def test_a_blank_field_gives_flat_maps():
    """The border is paper, as the field is; with zeros in its place the edges would differ."""
    torch.manual_seed(0)
    for name in ("1990", "1989"):
        config = VARIANTS[name]
        maps = ZipNet(config).h1(torch.full((1, 1, config.side, config.side), -1.0))
        assert (maps.amax((2, 3)) - maps.amin((2, 3))).max() < 1e-6  # biases are 0 at first; float32


def test_maps_that_share_nothing_equal_maps_that_share_where_their_weights_are_alike():
    table = torch.tensor([[1.0, 0.0], [1.0, 1.0]])
    for stride, side in ((1, 8), (2, 4)):
        shared, own = (Maps(table, side, stride, shared=how).double() for how in (True, False))
        with torch.no_grad():
            shared.weight.copy_(randn(3, 5, 5))
            shared.bias.copy_(randn(2, seed=1))
            own.weight.copy_(shared.weight[:, None].expand(-1, side * side, -1, -1))
            own.bias.copy_(shared.bias[:, None, None].expand(-1, side, side))
        x = randn(3, 2, 12, 12, seed=2)
        torch.testing.assert_close(own(x), shared(x), **EXACT)


def test_shared_maps_equal_torchs_convolution():
    maps = Maps(torch.ones(3, 2), 8, stride=2, border=2, unit_bias=True).double()
    conv = nn.Conv2d(2, 3, 5, stride=2, bias=False).double()
    with torch.no_grad():
        maps.weight.copy_(randn(6, 5, 5))
        maps.bias.copy_(randn(3, 8, 8, seed=1))
        conv.weight.copy_(maps.weight.view(3, 2, 5, 5))
    x = randn(4, 2, 16, 16, seed=2)
    torch.testing.assert_close(maps(x), conv(nn.functional.pad(x, (2,) * 4, value=-1.0)) + maps.bias, **EXACT)


@pytest.mark.parametrize(("kind", "power"), [("fan-in", 1.0), ("sqrt-fan-in", 0.5)])
@pytest.mark.parametrize("shared", [True, False])
def test_first_weights_reach_2_4_over_the_fan_in(kind, power, shared):
    torch.manual_seed(0)
    net = ZipNet(Config(init=kind, shared=shared))
    fans = torch.tensor([25.0 * len(row) for row in H3_SEES for _ in row])
    reach = net.h3.weight.flatten(1).abs().amax(1) * fans**power / 2.4
    assert reach.max() <= 1 + 1e-6 and reach.min() > 0.6  # 25 draws of U(0, 1) stay below 0.6 once in 350,000
    assert net.out.weight.abs().max().item() == pytest.approx(2.4 / 192**power, rel=1e-2)  # 1,920 draws come this near
    assert not net.h3.bias.any() and not net.out.bias.any()
    assert (net.h2.gain == 0.25).all()  # the mean of four


@pytest.mark.parametrize(
    "wrong", [{"side": 30}, {"side": 12}, {"table": ()}, {"table": ("",)}, {"table": ("4",)}, {"table": ("11",)},
              {"table": ("x",)}, {"dropout": 1.0}, {"net": "1989", "table": ("c",)}]
)  # fmt: skip
def test_a_network_that_cannot_be_is_refused(wrong):
    with pytest.raises(UserError, match=r"model\.(side|table|dropout)"):
        Config(**wrong)


def test_the_baseline_equals_plain_torch():
    net = baseline.FullyConnected(baseline.Config(hidden=11)).double()
    x = randn(5, 1, 16, 16)
    h = 1.7159 * torch.tanh(2 / 3 * nn.functional.linear(x.flatten(1), net.hidden.weight, net.hidden.bias))
    y = 1.7159 * torch.tanh(2 / 3 * nn.functional.linear(h, net.out.weight, net.out.bias))
    torch.testing.assert_close(net(x), y, **EXACT)
    # 40 hidden units: 10,690 weights, as in 1989.
    assert sum(p.numel() for p in baseline.FullyConnected().parameters()) == 10_690


def test_dropout_acts_while_training_only():
    torch.manual_seed(0)
    for name in ("1990", "1989"):
        net = ZipNet(replace(VARIANTS[name], dropout=0.5))
        x = torch.randn(3, 1, VARIANTS[name].side, VARIANTS[name].side)
        assert not torch.equal(net(x), net(x))
        net.eval()
        assert torch.equal(net(x), net(x))


# The task


def test_a_digit_lies_in_the_middle_of_paper():
    images = torch.full((2, 16, 16), 255, dtype=torch.uint8)
    images[1] = 0
    field = ZipTask.without_data(Recipe()).prepare(images)
    assert field.shape == (2, 1, 28, 28)
    assert (field[0, 0, 6:22, 6:22] == 1).all() and (field[1] == -1).all()
    assert field[0].sum() == 256 - (784 - 256)
    assert ZipTask.without_data(PRESETS["1989"]).prepare(images).shape == (2, 1, 16, 16)
    with pytest.raises(UserError, match="28x28 pixels, more than the network's field of 16x16"):
        ZipTask.without_data(PRESETS["1989"]).prepare(torch.zeros(1, 28, 28, dtype=torch.uint8))


def test_the_loss_is_half_the_squared_distance():
    outputs, targets = randn(7, 10), torch.arange(7)
    wanted = 2.0 * nn.functional.one_hot(targets, 10) - 1
    squares = ZipTask.without_data(Recipe()).losses(outputs, targets)
    torch.testing.assert_close(squares, (outputs - wanted).square().sum(1) / 2, **EXACT)
    logits = ZipTask.without_data(PRESETS["modern"]).losses(outputs, targets)
    torch.testing.assert_close(logits, nn.functional.cross_entropy(outputs, targets, reduction="none"), **EXACT)


def test_logits_of_squashed_outputs_keep_their_order():
    outputs = 1.7159 * torch.tanh(randn(200, 10))
    logits = ZipTask.without_data(Recipe()).logits(outputs)
    assert torch.equal(logits.argsort(1), outputs.argsort(1))
    sure = torch.full((1, 10), -1.0).index_fill_(1, torch.tensor([3]), 1.0)
    assert logits.isfinite().all() and ZipTask.without_data(Recipe()).logits(sure).softmax(1)[0, 3] > 0.9


def test_moved_images_are_whole_and_stay_near():
    torch.manual_seed(0)
    images = torch.full((400, 1, 5, 5), -1.0)
    images[:, 0, 2, 2] = 1.0
    found = moved(images, 1)
    assert (found.sum((1, 2, 3)) == images[0].sum()).all()
    places = found.flatten(1).argmax(1)
    # Nine places, each about 44 times in 400; none below 20 but once in 10,000.
    assert set(places.tolist()) == {5 * y + x for y in (1, 2, 3) for x in (1, 2, 3)}
    assert places.bincount(minlength=25)[places.unique()].min() > 20
    edge = moved(torch.ones(50, 1, 3, 3), 1)
    assert set(edge.unique().tolist()) == {-1.0, 1.0}  # paper comes in, nothing wraps around
    assert moved(images, 0) is images


def test_images_move_while_training_only():
    torch.manual_seed(0)
    found = task(replace(PRESETS["1989"], shift=1))
    net = found.model()
    batch = found.train.batch(torch.arange(8))
    assert len({found.loss(net, batch).item() for _ in range(5)}) > 1
    assert torch.equal(found.scores(net, batch)["loss"], found.scores(net, batch)["loss"])
    with pytest.raises(UserError, match="shift"):
        Recipe(shift=-1)


# Rejects


def test_rejects_by_hand():
    sure = torch.tensor([0.9, 0.1, 0.5, 0.3, 0.7])
    wrong = torch.tensor([True, True, False, False, True])
    # In the order of sureness: 0.1 wrong, 0.3, 0.5, 0.7 wrong, 0.9 wrong.
    assert substitutions(sure, wrong).tolist() == [3, 2, 2, 2, 1, 0]
    # Shares are of all five: 2 errors are 40 %, 1 is 20 %.
    assert rejects(sure, wrong, 0.6) == 0
    assert rejects(sure, wrong, 0.4) == 0.2
    assert rejects(sure, wrong, 0.39) == 0.8
    assert rejects(sure, wrong, 0.0) == 1.0
    assert margins(torch.tensor([[0.25, 1.0, -1.0], [2.0, 2.0, 0.0]])).tolist() == [0.75, 0.0]


def test_rejects_equal_a_search_over_all_thresholds():
    sure, wrong = randn(300), randn(300, seed=1) > 0.8
    for most in (0.01, 0.02, 0.1):
        enough = [(sure < t).sum().item() for t in (*sure, torch.inf) if (wrong & (sure >= t)).sum() <= most * 300]
        assert rejects(sure, wrong, most) == min(enough) / 300


# What comes out


def test_a_users_picture_is_read(tmp_path):
    torch.manual_seed(0)
    recipe = PRESETS["laptop"]
    run = Trained(ZipNet().eval(), recipe, RunFolder(tmp_path))
    write_json(tmp_path / "classes.json", list("0123456789"))
    picture = Image.new("L", (60, 90), 255)
    ImageDraw.Draw(picture).line([(10, 10), (50, 10), (25, 80)], fill=0, width=6)
    picture.save(tmp_path / "seven.png")
    (row,) = recipe.task.of_run(run).see(run.model, [tmp_path / "seven.png"])
    with torch.no_grad():
        image = as_zip_digit(tmp_path / "seven.png")
        field = torch.full((1, 1, 28, 28), -1.0)
        field[0, 0, 6:22, 6:22] = image / 127.5 - 1
        outputs = run.model(field)[0]
    best = outputs.sort(descending=True)
    assert row["class"] == str(best.indices[0].item()) and row["runner_up"] == str(best.indices[1].item())
    assert row["margin"] == pytest.approx((best.values[0] - best.values[1]).item(), abs=1e-5)  # float32


@pytest.mark.parametrize("config", [VARIANTS["1990"], VARIANTS["1989"], Config(shared=False)])
def test_figures_are_drawn(config, tmp_path):
    found = task(replace(PRESETS["laptop"], model=config))
    figures = dict(found.figures(found.model()))
    assert set(figures) == {"confusion", "mistakes", "kernels", "rejects"}
    figures["kernels"].savefig(tmp_path / "kernels.png")
    # Every kernel of the table is drawn, no other one.
    drawn = sum(axes.axison for axes in figures["kernels"].subfigs[1].axes)
    assert drawn == sum(map(len, config.table))


def test_the_curve_begins_at_the_error_and_ends_at_none():
    outputs, targets = randn(50, 10), torch.arange(50) % 10
    found = pictures.curve(outputs, targets)
    assert found[0].tolist() == [0.0, pytest.approx(100 * (outputs.argmax(1) != targets).double().mean().item())]
    assert found[-1].tolist() == [100.0, 0.0] and (np.diff(found[:, 1]) <= 0).all()


def test_presets_read_their_data(data_folder):
    """30 passes over all training digits of USPS; 20x20 pixels of scikit-learn's in their field."""
    recipe = PRESETS["laptop"]
    found = recipe.task(recipe)
    assert (len(found.train), found.val, len(found.test)) == (7291, None, 2007)
    assert recipe.steps == 30 * -(-7291 // recipe.batch)
    assert PRESETS["paper"].steps == 30 * 7291
    digits = override(PRESETS["digits"], {"steps": 10})
    assert digits.task(digits).train.inputs.shape == (1437, 1, 32, 32)


def test_what_the_claims_measure(data_folder):
    """All is of one set of outputs: with nothing rejected, what is left are the errors."""
    found = read("fully-connected", hidden=10, passes=1)
    assert found["weights"] == 256 * 10 + 10 + 110
    assert found["left by margin"][0] == found["left by top"][0] == round(2007 * found["test_error"])
    assert found["test_error"] < 0.5  # by guessing 0.9
    left = found["left by margin"]
    for percent in (1, 2):
        rejected = round(2007 * found[f"rejects {percent}"])
        enough = [place for place, errors in enumerate(left) if errors <= 2007 * percent / 100]
        assert (rejected == enough[0]) if enough else (rejected >= len(left))


def test_the_claims_recipes_differ_as_they_say():
    assert RECIPES["adamw"].shift == 0 and RECIPES["moved"].shift == RECIPES["modern"].shift == 1
    for recipe in RECIPES.values():
        assert (recipe.batch, recipe.data.validation, recipe.keep) == (8, 0, "last")
    assert len({claim.key for claim in CLAIMS}) == 6
