"""Batch normalisation against torch's, finite differences, its own equations and published counts."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor
from torch.nn import Module

from firsthand.claims import Seen
from firsthand.data.pictures import as_digit
from firsthand.errors import UserError
from firsthand.nn import BatchNorm1d, Linear
from firsthand.papers.batchnorm import VARIANTS as EXPORTED
from firsthand.papers.batchnorm import inception
from firsthand.papers.batchnorm.claims import CLAIMS, scale, size
from firsthand.papers.batchnorm.inference import fold, folded, population
from firsthand.papers.batchnorm.model import VARIANTS, Config, SigmoidNetwork, gradients, inference, normalise
from firsthand.papers.batchnorm.recipe import PRESETS, DigitTask, InceptionTask
from firsthand.papers.batchnorm.training import accuracy, percentiles
from firsthand.train.folder import RunFolder, write_json
from firsthand.train.task import Examples, Trained

EXACT = {"rtol": 1e-10, "atol": 1e-12}  # float64: two orders of the same operations


def randn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def pixels(count: int, seed: int = 0) -> Tensor:
    return (torch.rand(count, 1, 28, 28, generator=torch.Generator().manual_seed(seed)) < 0.3).float()


class Said(Module):
    """A network that always says the same."""

    def __init__(self, outputs: Tensor):
        super().__init__()
        self.outputs = outputs

    def forward(self, _: Tensor) -> Tensor:
        return self.outputs


@pytest.fixture
def trained() -> SigmoidNetwork:
    """A small network after ten steps, whose statistics, gains and shifts are no longer those of the start."""
    torch.manual_seed(0)
    network = SigmoidNetwork(Config(hidden=(20, 15), std=0.1))
    rule = torch.optim.SGD(network.parameters(), lr=1.0)
    for step in range(10):
        loss = torch.nn.functional.cross_entropy(network(pixels(60, step)), torch.arange(60) % 10)
        rule.zero_grad()
        loss.backward()
        rule.step()
    return network


# The paper's step


def test_algorithm_1_is_the_layer_that_trains():
    x, gamma, beta, dy = 3 * randn(60, 7) + 2, randn(7, seed=1), randn(7, seed=2), randn(60, 7, seed=3)
    layer = BatchNorm1d(7).double()
    with torch.no_grad():
        layer.weight.copy_(gamma)
        layer.bias.copy_(beta)
    x.requires_grad_()
    y = layer(x)
    y.backward(dy)
    ours, _, mean, variance = normalise(x.detach(), gamma, beta)
    torch.testing.assert_close(ours, y.detach(), **EXACT)
    torch.testing.assert_close(mean, torch.from_numpy(x.detach().numpy().mean(0)), **EXACT)
    torch.testing.assert_close(variance, torch.from_numpy(x.detach().numpy().var(0)), **EXACT)
    for printed, found in zip(
        gradients(x.detach(), gamma, dy), (x.grad, layer.weight.grad, layer.bias.grad), strict=True
    ):
        torch.testing.assert_close(printed, found, **EXACT)
    # And torch's own, with the running averages after one batch.
    theirs = torch.nn.BatchNorm1d(7).double()
    theirs(x.detach())
    torch.testing.assert_close(layer.running_mean, theirs.running_mean, **EXACT)
    torch.testing.assert_close(layer.running_var, theirs.running_var, **EXACT)


def test_the_printed_gradient_is_the_slope():
    """Central differences of the loss sum dy y; their error is of the order of the step's square, 1e-10."""
    x, gamma, dy, beta = randn(5, 3), randn(3, seed=1), randn(5, 3, seed=2), torch.zeros(3, dtype=torch.float64)
    dx, *_ = gradients(x, gamma, dy)
    step = 1e-5
    for place in np.ndindex(5, 3):
        moved = torch.zeros_like(x)
        moved[place] = step
        up, down = ((dy * normalise(x + way * moved, gamma, beta)[0]).sum() for way in (1, -1))
        assert dx[place].item() == pytest.approx((up - down).item() / (2 * step), rel=1e-6, abs=1e-7)


def test_the_gradient_is_at_right_angles_to_ones_and_to_what_is_normalised():
    """Free tests of any backward pass: neither a shift nor a scale of the batch moves the loss (eps = 0)."""
    x, gamma, dy = randn(60, 7), randn(7, seed=1), randn(60, 7, seed=2)
    dx, *_ = gradients(x, gamma, dy, eps=0.0)
    x_hat = normalise(x, gamma, torch.zeros(7, dtype=torch.float64), eps=0.0)[1]
    assert dx.sum(0).abs().max() < 1e-12
    assert (x_hat * dx).sum(0).abs().max() < 1e-12
    # Statistics taken for constants, the usual mistake, fail both.
    constant = dy * gamma / x.std(0, unbiased=False)
    assert constant.sum(0).abs().min() > 1e-3 and (x_hat * constant).sum(0).abs().min() > 1e-3


def test_eps_stands_inside_the_root():
    one = torch.ones(1, dtype=torch.float64)
    y = normalise(torch.tensor([[-1.0], [1.0]], dtype=torch.float64), one, 0 * one, eps=1.0)[0]
    assert y.flatten().tolist() == pytest.approx([-(0.5**0.5), 0.5**0.5])  # variance 1, eps 1
    y = normalise(torch.full((4, 1), 3.0, dtype=torch.float64), one, 5 * one)[0]
    assert y.flatten().tolist() == [5.0] * 4


def test_a_bias_before_the_normalisation_has_no_gradient():
    torch.manual_seed(0)
    linear, norm = Linear(9, 4).double(), BatchNorm1d(4).double()
    (norm(linear(randn(30, 9))) * randn(30, 4, seed=1)).sum().backward()
    assert linear.bias.grad.abs().max() < 1e-12 < linear.weight.grad.abs().max()


# Inference


def test_inference_is_the_layer_in_evaluation_mode(trained):
    norm = trained.norm[0].double().eval()
    x = randn(8, 20)
    found = inference(x, norm.weight, norm.bias, norm.running_mean, norm.running_var)
    torch.testing.assert_close(found, norm(x), **EXACT)


def test_population_statistics_are_exact_averages(trained):
    """Lines 8 to 10 of algorithm 2 by numpy: means of the batches' means and of their unbiased variances."""
    trained = trained.double()
    batches = [pixels(60, 100 + i).double() for i in range(7)]
    before = {name: p.clone() for name, p in trained.named_parameters()}
    sums = [(batch.flatten(1) @ trained.linear[0].weight.detach().T).numpy() for batch in batches]
    population(trained, batches)
    torch.testing.assert_close(trained.norm[0].running_mean.numpy(), np.mean([x.mean(0) for x in sums], 0), **EXACT)
    torch.testing.assert_close(
        trained.norm[0].running_var.numpy(), np.mean([x.var(0, ddof=1) for x in sums], 0), **EXACT
    )
    assert all(torch.equal(p, before[name]) for name, p in trained.named_parameters())
    assert [norm.momentum for norm in trained.norm] == [0.1, 0.1] and trained.training
    # What was there before does not matter.
    found = trained.norm[1].running_var.clone()
    for norm in trained.norm:
        norm.running_var.fill_(1000.0)
    population(trained, batches)
    torch.testing.assert_close(trained.norm[1].running_var, found, **EXACT)
    with pytest.raises(UserError, match="one mini-batch"):
        population(trained, [])


def test_a_folded_network_answers_alike(trained):
    """In float32 to 1e-5, some hundred roundings of logits around 1."""
    config, images = Config(hidden=(20, 15), std=0.1), pixels(50, 200)
    by_the_batch = trained(images).detach()
    plain = fold(trained, config)
    assert not plain.norm and all(layer.bias is not None for layer in plain.linear)
    with torch.no_grad():
        assert not torch.allclose(plain(images), by_the_batch, atol=1e-2)
        torch.testing.assert_close(plain(images), trained.eval()(images), rtol=1e-5, atol=1e-5)
        assert torch.equal(trained(images), trained(images))  # evaluation changes nothing


def test_a_folded_convolution_answers_alike():
    torch.manual_seed(0)
    unit = inception.Normed(3, 5, 3, stride=2)
    unit(torch.randn(4, 3, 9, 7))
    torch.nn.init.normal_(unit.norm.weight)
    weight, bias = folded(unit.conv.weight, unit.norm)
    x = torch.randn(4, 3, 9, 7)
    found = torch.conv2d(x, weight, bias, stride=2, padding=1).relu()
    torch.testing.assert_close(found, unit.eval()(x), rtol=1e-5, atol=1e-5)


# The networks


def test_parameters_are_the_published_ones():
    counts = {name: sum(p.numel() for p in SigmoidNetwork(config).parameters()) for name, config in VARIANTS.items()}
    assert (counts["mnist"], counts["mnist-plain"]) == (100_010, 99_710)
    # Seven more layers of 100 x 100 weights, each with two numbers a unit or one.
    assert counts["mnist-deep"] == 100_010 + 7 * (10_000 + 200)
    assert counts["mnist-deep-plain"] == 99_710 + 7 * (10_000 + 100)
    assert EXPORTED is VARIANTS


def test_first_weights_have_their_size():
    torch.manual_seed(0)
    network = SigmoidNetwork(Config(std=0.03, batch_norm=False))
    for layer in (*network.linear, network.output):
        # The relative standard error of a standard deviation of n numbers is 1 / sqrt(2 n): 2 % for the smallest.
        assert layer.weight.std().item() == pytest.approx(0.03, rel=0.1)
        assert not layer.bias.any()


def test_inception_has_the_published_weights():
    found = size.size()
    assert found["weights"] == 13.581976  # millions, 11,167,384 and 2,414,592 of the tower
    assert found["without the tower"] == 11.167384
    assert found["maps"] == [256, 320, 576, 576, 576, 576, 576, 1024, 1024, 1024]  # the supplement's column "output"
    every = sum(p.numel() for p in inception.Inception().parameters())
    normalised = (
        64
        + 64
        + 192
        + 128
        + sum(row.one + sum(row.three) + sum(row.five) + row.five[1] + row.project for row in inception.TABLE.values())
    )
    assert every == 13_581_976 + 2 * normalised + 768 + 1000 + 1000


def test_inception_halves_the_image_five_times():
    torch.manual_seed(0)
    network = inception.Inception(inception.Config(classes=3, size=128, width=0.02))
    sides: list[int] = []
    for block in network.blocks:
        block.register_forward_hook(lambda _, __, maps: sides.append(maps.shape[-1]))
    assert network(torch.randn(2, 3, 128, 128)).shape == (2, 2, 3)
    assert sides == [16, 16, 8, 8, 8, 8, 8, 4, 4, 4]
    assert network.eval()(torch.randn(1, 3, 128, 128)).shape == (1, 1, 3)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Config(hidden=()), "needs one size or more"),
        (lambda: Config(std=-1.0), "model.std must be at least 0"),
        (lambda: inception.Config(size=100), "multiple of 32"),
        (lambda: inception.Config(width=0.0), "model.width must be above 0"),
    ],
)
def test_what_is_no_network_is_refused(make, words):
    with pytest.raises(UserError, match=words):
        make()


# Training and use


def test_pixels_are_black_or_white():
    images = torch.tensor([0, 127, 128, 255], dtype=torch.uint8).view(1, 2, 2)
    assert DigitTask.without_data(PRESETS["laptop"]).prepare(images).tolist() == [[[[0, 0], [1, 1]]]]


def test_inception_sees_any_picture():
    task = InceptionTask.without_data(PRESETS["inception"])
    images = torch.zeros(2, 28, 20, dtype=torch.uint8)
    images[1, :14] = 255
    found = task.prepare(images)
    assert found.shape == (2, 3, 96, 96) and (found[0] == -1).all()
    assert (found[1, :, :48] == 1).all() and (found[1, :, 48:] == -1).all()


def test_the_tower_counts_two_fifths():
    task = InceptionTask.without_data(PRESETS["inception"])
    heads, targets = randn(6, 2, 10), torch.arange(6)
    said = Said(heads)
    main, tower = (torch.nn.functional.cross_entropy(heads[:, head], targets) for head in (0, 1))
    assert task.loss(said, (heads, targets)).item() == pytest.approx((main + 0.4 * tower).item())
    assert torch.equal(task.scores(said, (heads, targets))["error"], (heads[:, 0].argmax(1) != targets).float())


def test_looking_leaves_the_network_as_it_was(trained):
    before = {name: value.clone() for name, value in trained.state_dict().items()}
    found = percentiles(trained, pixels(300, 5))
    assert found.shape == (3, 15) and (found[0] < found[1]).all() and (found[1] < found[2]).all()
    # Each unit's inputs have the mean beta and the deviation gamma over the batch: a normal's outer percentiles are
    # 1.04 deviations from its mean, any distribution's median within one.
    assert ((found[1] - trained.norm[1].bias).abs() <= trained.norm[1].weight.abs()).all()
    accuracy(trained, Examples(pixels(20), torch.zeros(20, dtype=torch.long)))
    assert trained.training and all(torch.equal(value, before[name]) for name, value in trained.state_dict().items())


def test_a_users_digit_is_read(tmp_path):
    torch.manual_seed(0)
    recipe = replace(PRESETS["digits"], model=Config(std=0.1))
    model = SigmoidNetwork(recipe.model)
    model(pixels(60))
    run = Trained(model.eval(), recipe, RunFolder(tmp_path))
    write_json(tmp_path / "classes.json", list("abcdefghij"))
    ink = np.full((40, 60), 255, dtype=np.uint8)
    ink[8:31, 27:33] = 20
    Image.fromarray(ink).save(tmp_path / "one.png")
    (row,) = recipe.task.of_run(run).see(run.model, [tmp_path / "one.png"])
    seen = (as_digit(tmp_path / "one.png") > 127.5).float()
    assert 20 < seen.sum() < 400
    shares = torch.softmax(model(seen[None, None]), 1)[0]
    assert row["class"] == "abcdefghij"[int(shares.argmax())]
    assert row["confidence"] == pytest.approx(shares.max().item(), rel=1e-5)


# Claims


def test_scale_identities_need_no_eps():
    """With an eps as large as the variance, weights of another size do change the outputs."""
    assert scale.scale(a=10.0)["outputs"] < 1e-10 < 1e-2 < scale.scale(a=10.0, eps=50.0)["outputs"]


@pytest.mark.parametrize("claim", [claim for claim in CLAIMS if claim.figure], ids=lambda claim: claim.key)
def test_figures_are_drawn(claim, tmp_path):
    steps = torch.linspace(0.1, 0.9, 30).tolist()
    numbers = {measure.name: 0.5 for measure in claim.measures}
    lists = {"shares": steps, "low": steps, "middle": steps, "high": steps, "map": steps[:12]}
    result = {"metrics": numbers, "series": lists}
    seen = {arm.name: [Seen(seed, result, []) for seed in (0, 1)] for arm in claim.arms}
    figure = claim.figure(seen)
    figure.savefig(tmp_path / "figure.png")
    for axes in figure.axes:
        assert axes.has_data() and np.isfinite(axes.dataLim.bounds).all(), axes.get_title()
