"""The answers of the exercises of deeper networks and densities are what the papers' own models compute."""

import pytest
import torch
from torch.testing import assert_close

import firsthand
from firsthand import nn
from firsthand.papers.batchnorm import answers as batchnorm
from firsthand.papers.dropout import answers as dropout
from firsthand.papers.made import answers as made
from firsthand.papers.regnet import answers as regnet
from firsthand.papers.resnet import answers as resnet
from firsthand.papers.vae import answers as vae


def drawn(*shape: int) -> torch.Tensor:
    return torch.randn(shape, dtype=torch.float64)


def test_the_answers_of_batch_normalisation_are_the_papers_steps():
    """Algorithm 1 and its gradients as printed, the layer that trains, and its averages."""
    torch.manual_seed(0)
    model = firsthand.get("batchnorm").module("model")
    x, gamma, beta, dy = 3 * drawn(6, 4) + 1, drawn(4), drawn(4), drawn(6, 4)
    assert_close(batchnorm.normalise(x, gamma, beta, 1e-5), model.normalise(x, gamma, beta))
    assert_close(batchnorm.gradients(x, gamma, dy, 1e-5), model.gradients(x, gamma, dy))
    W, mean, variance = drawn(4, 6), drawn(4), drawn(4) ** 2
    weights, biases = batchnorm.folded(W, gamma, beta, mean, variance, 1e-5)
    assert_close(x.T @ weights.T + biases, model.inference(x.T @ W.T, gamma, beta, mean, variance))

    ours, theirs = batchnorm.BatchNorm(4).double(), nn.BatchNorm1d(4).double()
    for one in (ours.gamma.data, theirs.weight.data):
        one.copy_(gamma)
    for _ in range(3):
        x = drawn(5, 4) + 2
        assert_close(ours(x), theirs(x))
    assert_close(ours.eval()(x), theirs.eval()(x))
    maps = drawn(2, 3, 4, 5)
    assert_close(batchnorm.normalise_maps(maps, gamma[:3], beta[:3], 1e-5), nn.batch_norm(maps, gamma[:3], beta[:3])[0])


def test_the_answer_of_batch_normalisation_is_the_papers_network_in_use():
    """Of one batch the averages of a layer with momentum 1 are those of algorithm 2."""
    torch.manual_seed(0)
    model = firsthand.get("batchnorm").module("model")
    network = model.SigmoidNetwork(model.Config(hidden=(5, 4), std=1.0)).double()
    for norm in network.norm:
        norm.momentum = 1.0
        norm.weight.data.normal_()
        norm.bias.data.normal_()
    batch, images = drawn(1, 8, 784), drawn(3, 1, 28, 28)
    network(batch[0].unflatten(1, (1, 28, 28)))
    layers = [(a.weight, b.weight, b.bias) for a, b in zip(network.linear, network.norm, strict=True)]
    logits = batchnorm.network(images.flatten(1), batch, layers, network.output.weight, network.output.bias, 1e-5)
    assert_close(logits, network.eval()(images))


def test_the_answers_of_dropout_are_the_papers_network():
    """With masks, and in use; inverted and Gaussian noise have the same two moments; max-norm is torch's."""
    torch.manual_seed(0)
    model = firsthand.get("dropout").module("model")
    config = model.Config(hidden=(6, 5), keep_input=0.8, keep_hidden=0.5)
    network, keeps = model.DropoutNet(config).double(), (0.8, 0.5, 0.5)
    layers = [(layer.weight, layer.bias) for layer in network.layers]
    chances = [torch.rand(3, units, dtype=torch.float64) for units in (784, 6, 5)]
    masks = [(chance < p).double() for chance, p in zip(chances, keeps, strict=True)]
    images = drawn(3, 1, 28, 28)
    ours = dropout.network(images.flatten(1), chances, layers, keeps, True)
    assert_close(ours, network.thinned(images, masks))
    assert_close(dropout.network(images.flatten(1), chances, layers, keeps, False), network.eval()(images))
    y, noise = drawn(1).expand(2, 1), torch.tensor([[1.0], [-1.0]], dtype=torch.float64)
    masked = dropout.inverted(y, torch.tensor([[0.0], [1.0]]), 0.5, True)
    assert_close(dropout.gaussian(y, noise, 0.5, True).sort(0).values, masked.sort(0).values)
    W = 2 * drawn(7, 3)
    assert_close(dropout.max_norm(W, 2.0), torch.renorm(W, 2, 0, 2.0), rtol=1e-6, atol=0)  # it adds 1e-7 to a length


def test_the_answer_of_dropout_learns_as_momentum_with_max_norm_does():
    """torch's rule with the same masks."""
    torch.manual_seed(0)
    keeps, x, classes = (0.8, 0.5), drawn(5, 3), torch.randint(4, (5,))
    layers = [(drawn(6, 3), drawn(6)), (drawn(4, 6), drawn(4))]
    chances = [[torch.rand(5, units, dtype=torch.float64) for units in (3, 6)] for _ in range(4)]
    losses, trained = dropout.learn(x, classes, chances, layers, keeps, 0.1, 0.9, 1.5)
    leaves = [(W.clone().requires_grad_(), b.clone().requires_grad_()) for W, b in layers]
    rule = torch.optim.SGD([value for pair in leaves for value in pair], lr=0.1, momentum=0.9)
    for chance, found in zip(chances, losses, strict=True):
        loss = torch.nn.functional.cross_entropy(dropout.network(x, chance, leaves, keeps, True), classes)
        assert_close(found, loss.detach())
        rule.zero_grad()
        loss.backward()
        rule.step()
        for W, _ in leaves:
            W.data = torch.renorm(W.data, 2, 0, 1.5)
    assert_close(trained, [tuple(value.detach() for value in pair) for pair in leaves], rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("option", ["A", "B"])
def test_the_answers_of_the_residual_network_are_the_papers_network(option):
    """Both shortcuts, in training: its rows are the blocks that are there, its logits those of the same weights."""
    torch.manual_seed(0)
    model = firsthand.get("resnet").module("model")
    theirs = model.ResNet(model.Config(blocks=(2, 2, 2), width=3, shortcut=option, classes=4)).double()
    for p in theirs.parameters():
        p.data.normal_()
    blocks = [block for name in theirs.stages for block in getattr(theirs, name)]
    rows = [[b.conv1.weight.shape[1], b.conv1.weight.shape[0], b.stride] for b in blocks]
    assert resnet.plan(2, 3).tolist() == rows
    stem = {"W": theirs.conv1.weight, "gamma": theirs.bn1.weight, "beta": theirs.bn1.bias}
    images = drawn(2, 3, 8, 12)
    ours = resnet.network(images, 2, stem, [block_parameters(b, 2) for b in blocks], theirs.fc.weight, theirs.fc.bias)
    assert_close(ours, theirs(images), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("stride", [1, 2])
def test_the_answer_of_the_bottleneck_is_the_papers_block(stride):
    """As published: its first convolution has the stride."""
    torch.manual_seed(0)
    model = firsthand.get("resnet").module("model")
    block = model.Block(12, 3, stride, model.Config(block="bottleneck", shortcut="B")).double()
    for p in block.parameters():
        p.data.normal_()
    x = drawn(2, 12, 5, 6)
    assert_close(resnet.bottleneck(x, block_parameters(block, 3), stride), block(x))


def block_parameters(block: torch.nn.Module, count: int) -> dict[str, torch.Tensor]:
    """A block's kernels and norms by the names of the exercise."""
    pairs = {str(i): (getattr(block, f"conv{i}"), getattr(block, f"bn{i}")) for i in range(1, count + 1)}
    if block.downsample is not None:
        pairs["s"] = tuple(block.downsample)
    return {f"{name}_{i}": value for i, (conv, norm) in pairs.items() for name, value in
            (("W", conv.weight), ("gamma", norm.weight), ("beta", norm.bias))}  # fmt: skip


def test_the_answers_of_made_are_the_papers_network():
    """Masks, logits, the likelihood of a mixture, and what is drawn, with the same weights and numbers."""
    torch.manual_seed(0)
    paper = firsthand.get("made")
    model, likelihood, sampling = (paper.module(name) for name in ("model", "likelihood", "sampling"))
    config = model.Config(inputs=6, hidden=(7, 5), direct=True, ordering="agnostic", masks=2)
    theirs = model.MADE(config).double()
    for parameter in theirs.parameters():
        parameter.data.normal_()
    first, second, output = theirs.layers
    p = {"W_1": first.weight, "b_1": first.bias, "W_2": second.weight, "b_2": second.bias, "V": output.weight,
         "A": theirs.direct.weight, "c": output.bias}  # fmt: skip
    x = torch.randint(2, (9, 6)).double()
    sets = [made.masks(*theirs.degrees(number)) for number in range(2)]
    for number, of in enumerate(sets):
        assert_close(list(of), theirs.numbered(number))
    logits = torch.stack([made.network(x, of, p) for of in sets])
    assert_close(made.log_likelihood(x, logits), likelihood.mixture(likelihood.each(theirs, x, range(2))))

    m, known = theirs.degrees(1), torch.tensor([True, False, False, True, False, False])
    m[0] = sampling.first(known, torch.Generator().manual_seed(1))
    drawn_by_paper = sampling.draw(theirs, m, x, known, torch.Generator().manual_seed(3))
    generator, chance = torch.Generator().manual_seed(3), torch.zeros(9, 6, dtype=torch.float64)
    for d in [d for d in m[0].argsort().tolist() if not known[d]]:
        chance[:, d] = torch.rand(9, generator=generator, dtype=torch.float64)
    assert_close(made.sample(x, known, chance, m[0], made.masks(*m), p), drawn_by_paper)


def test_the_answer_of_made_draws_numbers_evenly():
    """From the smallest number below to D - 1, each as often as the others."""
    found = made.degrees(torch.tensor([5, 3, 4]), torch.arange(0, 1, 0.001, dtype=torch.float64), 8)
    assert found.bincount().tolist() == [0, 0, 0, 200, 200, 200, 200, 200]


def test_the_answer_of_made_learns_with_one_set_after_the_other():
    """Gradient descent by torch's rule on the loss of each set in its turn."""
    torch.manual_seed(0)
    m = [(torch.randperm(5) + 1, torch.randint(1, 5, (6,)), torch.randint(1, 5, (4,))) for _ in range(2)]
    sets = [made.masks(*numbers) for numbers in m]
    sizes = {"W_1": (6, 5), "b_1": (6,), "W_2": (4, 6), "b_2": (4,), "V": (5, 4), "A": (5, 5), "c": (5,)}
    p = {name: drawn(*size) for name, size in sizes.items()}
    x = torch.randint(2, (8, 5)).double()
    losses, _, trained = made.learn(x, sets, p, 5, 0.1)
    leaves = {name: value.clone().requires_grad_() for name, value in p.items()}
    rule = torch.optim.SGD(leaves.values(), lr=0.1)
    for t, found in enumerate(losses):
        logits = made.network(x, sets[t % 2], leaves)
        loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, x, reduction="sum") / 8
        assert_close(found, loss.detach())
        rule.zero_grad()
        loss.backward()
        rule.step()
    assert_close(trained, {name: value.detach() for name, value in leaves.items()})


def test_the_answers_of_the_variational_autoencoder_are_the_papers():
    """Networks, both estimators and the KL, with the same weights and noise."""
    torch.manual_seed(0)
    model = firsthand.get("vae").module("model")
    theirs = model.VAE(model.Config(hidden=6, latent=3, inputs=8, start=0.7)).double()
    layers = (theirs.decoder, theirs.pixels, theirs.encoder, theirs.mean, theirs.log_variance)
    p = {f"W_{i}": layer.weight for i, layer in enumerate(layers, 1)}
    p |= {f"b_{i}": layer.bias for i, layer in enumerate(layers, 1)}
    x, noise = torch.randint(2, (5, 8)).double(), drawn(4, 5, 3)
    mean, log_variance, z, logits = vae.network(x, noise, p)
    found = theirs(x, noise)
    assert_close((logits, mean, log_variance), (found[0], *found[2:]))
    assert_close(z, model.reparameterise(mean, log_variance, noise))
    assert_close(vae.log_normal(z, mean, log_variance), model.log_normal(z, mean, log_variance))
    assert_close(vae.kl(mean, log_variance), nn.gaussian_kl(mean, log_variance))
    for ours, estimator in zip(vae.bounds(x, noise, p), (model.estimator_a, model.estimator_b), strict=True):
        fit, apart = estimator(theirs, x, noise)
        assert_close(ours, fit - apart)


def test_the_answer_of_the_variational_autoencoder_learns_as_adagrad_does():
    """torch's rule with the prior as a weight decay of 1."""
    torch.manual_seed(0)
    sizes = {"W_1": (5, 2), "b_1": (5,), "W_2": (4, 5), "b_2": (4,), "W_3": (5, 4), "b_3": (5,), "W_4": (2, 5),
             "b_4": (2,), "W_5": (2, 5), "b_5": (2,)}  # fmt: skip
    p = {name: drawn(*size) for name, size in sizes.items()}
    x = torch.randint(2, (6, 4)).double()
    batches, noises = [torch.randperm(6)[:3] for _ in range(4)], [drawn(1, 3, 2) for _ in range(4)]
    _, trained = vae.learn(x, batches, noises, p, 0.1, 1e-3)
    leaves = {name: value.clone().requires_grad_() for name, value in p.items()}
    rule = torch.optim.Adagrad(leaves.values(), lr=0.1, eps=1e-3, weight_decay=1.0)
    for rows, noise in zip(batches, noises, strict=True):
        rule.zero_grad()
        (-6 * vae.bounds(x[rows], noise, leaves)[1].mean()).backward()
        rule.step()
    assert_close(trained, {name: value.detach() for name, value in leaves.items()})


REGNETS = [(name, squeeze) for name in ("200mf", "400mf", "8.0gf", "32gf") for squeeze in (False, True)]


@pytest.mark.parametrize("name,squeeze", REGNETS, ids=lambda value: str(value))
def test_the_answers_of_regnet_are_the_published_stages(name, squeeze):
    """400MF has a width half-way between two multiples, 8.0GF groups that are wider than its first stage."""
    variants = firsthand.get("regnet").module("variants")
    *line, group = (variants.Y if squeeze else variants.X)[name]
    published = variants.PUBLISHED[f"{'y' if squeeze else 'x'}-{name}"]
    wide, depths, groups = regnet.stages(regnet.widths(*line), 1, group)
    assert tuple(wide.tolist()) == published.widths and tuple(depths.tolist()) == published.depths
    assert tuple(groups.tolist()) == published.groups


@pytest.mark.parametrize("squeeze", [False, True])
def test_the_answer_of_regnet_is_the_papers_network(squeeze):
    """Of a line with a bottleneck ratio, with and without squeeze and excitation, in training."""
    torch.manual_seed(0)
    line, model = firsthand.get("regnet").module("line"), firsthand.get("regnet").module("model")
    sizes = (4, 8, 6.3, 2.1)
    config = line.regnet(*sizes, 2, 2, squeeze=squeeze, stem=4, stem_stride=2, channels=3, classes=5)
    theirs = model.RegNet(config).double()
    for p in theirs.parameters():
        p.data.normal_()
    blocks = [regnet_parameters(block) for name in theirs.stages for block in getattr(theirs, name).values()]
    stem = {"W": theirs.stem.conv.weight, "gamma": theirs.stem.bn.weight, "beta": theirs.stem.bn.bias}
    images, output = drawn(2, 3, 24, 16), theirs.head["fc"]
    ours = regnet.network(images, sizes, stem, blocks, output.weight, output.bias)
    assert_close(ours, theirs(images), rtol=1e-8, atol=1e-8)


def regnet_parameters(block: torch.nn.Module) -> dict[str, torch.Tensor]:
    """A block's kernels and norms by the names of the exercise."""
    layers = {"1": block.conv1, "2": block.conv2, "3": block.conv3}
    if block.downsample is not None:
        layers["s"] = block.downsample
    found = {f"{name}_{i}": value for i, layer in layers.items() for name, value in
             (("W", layer.conv.weight), ("gamma", layer.bn.weight), ("beta", layer.bn.bias))}  # fmt: skip
    for i, layer in (("1", block.se.fc1), ("2", block.se.fc2)) if block.se is not None else ():
        found |= {f"V_{i}": layer.weight[:, :, 0, 0], f"c_{i}": layer.bias}
    return found


def test_the_answer_of_regnet_counts_what_is_better():
    """Of ranks: the share below each, with a tie."""
    errors = torch.tensor([3.0, 1.0, 2.0, 2.0], dtype=torch.float64)
    assert regnet.edf(errors, torch.tensor([1.0, 2.0, 2.5, 9.0], dtype=torch.float64)).tolist() == [0, 0.25, 0.75, 1]
