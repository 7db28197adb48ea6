"""The answers of the exercises on networks that see are the networks of `model.py` and the layers of `nn`."""

import torch
from torch.testing import assert_close

import firsthand
from firsthand import nn
from firsthand.papers.alexnet import answers as alexnet
from firsthand.papers.googlenet import answers as googlenet
from firsthand.papers.lenet import answers as lenet
from firsthand.papers.nin import answers as nin
from firsthand.papers.vgg import answers as vgg
from firsthand.papers.zipcode import answers as zipcode


def normal(*shape):
    return torch.randn(shape, dtype=torch.float64)


def drawn_again(network):
    """The same network in float64 with random parameters, biases too."""
    for p in network.double().parameters():
        p.data = normal(*p.shape) / max(1, p[0].numel()) ** 0.5
    return network


def test_the_answers_of_lenet_are_the_papers_network():
    """LeNet-5 itself, and the layers one by one."""
    torch.manual_seed(0)
    net = drawn_again(firsthand.get("lenet").network())
    table = firsthand.get("lenet").module("codes").c3_table().bool()
    p = {f"{name}{end}": getattr(getattr(net, name), "bias" if end else which)
         for name, which in (("c1", "weight"), ("s2", "gain"), ("c3", "weight"), ("s4", "gain"), ("c5", "weight"),
                             ("f6", "weight")) for end in ("", "_bias")}  # fmt: skip
    images, target = normal(2, 1, 32, 32), torch.tensor([3, 0])
    y, loss = lenet.lenet5(images, target, table, 2.0, p | {"codes": net.output.codes})
    assert_close(y, net(images))
    scores = torch.cat([-y, torch.full((2, 1), -2.0)], 1)
    assert_close(loss, torch.nn.functional.cross_entropy(scores, target))
    x, weight, bias = normal(2, 3, 7, 6), normal(4, 3, 3, 3), normal(4)
    assert_close(lenet.convolve(x, weight, bias), torch.conv2d(x, weight, bias))
    maps = lenet.convolve(x, weight, bias)[:, :, 1:]
    assert_close(lenet.subsample(maps, weight[:, 0, 0, 0], bias), nn.subsample(maps, weight[:, 0, 0, 0], bias))


def test_the_answers_of_zipcode_are_the_papers_network():
    """LeNet-1 itself, its counts, and its rejects."""
    torch.manual_seed(1)
    paper = firsthand.get("zipcode")
    model, reading = paper.module("model"), paper.module("rejects")
    net = drawn_again(paper.network())
    sees = tuple(tuple(map(int, row)) for row in model.H3_SEES)
    p = {name: getattr(getattr(net, name), which) for name, which in
         (("h1", "weight"), ("h2", "gain"), ("h3", "weight"), ("h4", "gain"), ("out", "weight"))}  # fmt: skip
    p |= {f"{name}_bias": getattr(net, name).bias for name in p}
    pictures, labels = normal(3, 1, 16, 16).tanh(), torch.tensor([1, 9, 4])
    y, loss = zipcode.zipnet(pictures, labels, sees, 28, p)
    assert_close(y, net(torch.constant_pad_nd(pictures, (6,) * 4, -1.0)))
    targets = 2 * torch.nn.functional.one_hot(labels, 10).double() - 1
    assert_close(loss, torch.nn.functional.mse_loss(y, targets) * 5)
    rows = model.describe()
    assert zipcode.counts(28, 5, 4, sees, 10) == tuple(
        sum(row[name] for row in rows) for name in ("parameters", "connections")
    )
    outputs, labels = normal(300, 10), torch.randint(2, (300,))
    sure, share = zipcode.rejects(outputs, labels, 0.3)
    assert_close(sure, reading.margins(outputs))
    assert abs(share - reading.rejects(sure, outputs.argmax(1) != labels, 0.3)) < 1e-12


def test_the_answers_of_alexnet_are_the_papers_layers():
    """The layers of the network with the same parameters: its first kernels have 11x11 pixels and another stride."""
    torch.manual_seed(2)
    model = firsthand.get("alexnet").module("model")
    config = model.Config(widths=(4, 6, 6, 8, 4), hidden=(7, 5), images="large", towers=2, grid=1, scale=1.0, classes=3)
    net = drawn_again(model.AlexNet(config)).eval()
    net.features["0"] = nn.Conv2d(3, 4, 5, 2, 2).double()  # as in the exercise
    names = dict(zip(("c1", "c2", "c3", "c4", "c5", "f6", "f7", "f8"),
                     (*net.features.values(), *net.classifier.values()), strict=True))  # fmt: skip
    p = {name: layer.weight for name, layer in names.items()}
    p |= {f"{name}_bias": layer.bias for name, layer in names.items()}
    images = normal(2, 3, 29, 29)
    assert_close(alexnet.alexnet(images, None, p), net(images))
    a = normal(2, 7, 3, 3)
    assert_close(alexnet.respond(a, 3, 2.0, 0.3, 0.6), nn.local_response_norm(a, 3, 0.3, 0.6, 2.0))
    assert_close(alexnet.pool(a, 3, 2), torch.max_pool2d(a, 3, 2))
    x, weight, bias = normal(2, 6, 5, 4), normal(4, 3, 3, 3), normal(4)
    assert_close(alexnet.towers(x, weight, bias, 1), torch.conv2d(x, weight, bias, padding=1, groups=2))


def test_the_rule_of_alexnet_is_the_one_that_trains_it():
    """While the rate stays the same, it is torch's too."""
    torch.manual_seed(3)
    w, slopes = normal(3), normal(6, 3)
    p = torch.nn.Parameter(w.clone())
    rule = torch.optim.SGD([p], lr=0.1, momentum=0.9, weight_decay=0.2)
    for g in slopes:
        p.grad = g.clone()
        rule.step()
    assert_close(alexnet.update(w, slopes, [0.1] * 6, 0.2)[-1], p.detach())


def test_the_answers_of_nin_are_the_papers_network():
    """The network of `model.py` with small blocks, and its own perceptron and fixed matrix."""
    torch.manual_seed(4)
    model = firsthand.get("nin").module("model")
    net = drawn_again(model.NiN(model.Config(widths=(4, 3, 2, 5, 4, 3, 4, 3), classes=3, channels=2))).eval()
    p = {}
    for name in (name for names in net.blocks for name in names):
        layer = getattr(net, name)
        p[name] = layer.weight if name.startswith("conv") else layer.weight.flatten(1)
        p[f"{name}_bias"] = layer.bias
    images = normal(2, 2, 12, 9)
    assert_close(nin.nin(images, p), net(images))
    assert_close(nin.averaging(3, 4, 5), model.averaging(3, 4, 5))
    assert_close(nin.pool(images), nn.max_pool2d(images, 3, 2, ceil=True))
    target = torch.tensor([2, 0])
    logits, loss = nin.loss(normal(2, 3, 4, 4), target)
    assert_close(loss, torch.nn.functional.cross_entropy(logits, target))
    names = ("conv1", "conv1_bias", "cccp1", "cccp1_bias", "cccp2", "cccp2_bias")
    theirs = model.mlpconv(images, [net.conv1, net.cccp1, net.cccp2], padding=2)
    assert_close(nin.mlpconv(images, *(p[name] for name in names)), theirs)


def test_the_answers_of_vgg_are_the_papers_network():
    """The network of `model.py` with small blocks, tested densely on a larger image, and the published sizes."""
    torch.manual_seed(5)
    paper = firsthand.get("vgg")
    model = paper.module("model")
    net = drawn_again(model.VGG(model.Config(blocks=(1, 2, 1), width=2, pools=3, side=2, hidden=5, classes=3))).eval()
    p = {f"conv{i + 1}_{j + 1}": net.features[place] for (i, j), place in net.places.items()}
    p |= {f"fc{6 + i}": net.classifier[3 * i] for i in range(3)}
    p = {f"{name}{end}": getattr(layer, which) for name, layer in p.items()
         for end, which in (("", "weight"), ("_bias", "bias"))}  # fmt: skip
    images = normal(2, 1, 24, 32)
    assert_close(vgg.vgg(images, (1, 2, 1), 2, p), net.probabilities(images))
    assert_close(vgg.dense(net.maps(images), 2, p), net.dense(images))
    for name in "ABDE":
        config = paper.variant(name)
        assert vgg.counts(config.blocks, 64, 7, 4096, 1000)[1] == SIZES[name]


SIZES = {"A": 132_863_336, "B": 133_047_848, "D": 138_357_544, "E": 143_667_240}  # torchvision's num_params


def test_the_answers_of_googlenet_are_the_papers_parts():
    """A module, an auxiliary head, and the cost of every module of Table 1."""
    torch.manual_seed(6)
    inner, model = (firsthand.get("googlenet").module(name) for name in ("inception", "model"))
    module = drawn_again(inner.Inception(5, (3, 2, 4, 2, 3, 2), normed=False, kernel=5, reduce=True))
    x = normal(2, 5, 6, 7)
    assert_close(googlenet.inception(x, of_module(module)), module(x))
    head = drawn_again(model.Auxiliary(5, model.Config(divide=16, stem="7x7", classes=3))).eval()
    p = {"conv": head.conv.conv.weight.flatten(1), "conv_bias": head.conv.conv.bias}
    p |= {"fc1": head.fc1.weight, "fc1_bias": head.fc1.bias, "fc2": head.fc2.weight, "fc2_bias": head.fc2.bias}
    x = normal(2, 5, 14, 14)
    assert_close(googlenet.auxiliary(x, p), head(x))
    channels = 192
    for widths in model.MODULES.values():
        weights, out, naive, wide = googlenet.cost(channels, widths)
        for reduce, expected in ((True, (weights, out)), (False, (naive, wide))):
            one = inner.Inception(channels, widths, normed=False, kernel=5, reduce=reduce)
            assert (sum(p.numel() for p in one.parameters() if p.ndim > 1), one.outputs) == expected
        channels = out


def of_module(module, part=""):
    """The parameters of an inception module by the exercise's names."""
    layers = (module.branch1, *module.branch2, *module.branch3, module.branch4[1])
    p = {}
    for name, layer in zip(("one", "reduce3", "three", "reduce5", "five", "project"), layers, strict=True):
        weight = layer.conv.weight
        p |= {part + name: weight if weight.shape[-1] > 1 else weight.flatten(1), f"{part}{name}_bias": layer.conv.bias}
    return p


def test_the_small_googlenet_is_its_modules_pools_and_heads():
    """The same put together of the paper's modules and of torch's layers."""
    torch.manual_seed(7)
    torchs, inner = torch.nn.functional, firsthand.get("googlenet").module("inception")
    shapes = {"stem": (4, 3, 3, 3), "fc": (3, 7), "aux1.conv": (2, 7), "aux1.fc1": (4, 2), "aux1.fc2": (3, 4),
              "aux2.conv": (3, 7), "aux2.fc1": (5, 3), "aux2.fc2": (3, 5)}  # fmt: skip
    p = {name: normal(*shape) for name, shape in shapes.items()}
    p |= {f"{name}_bias": normal(shape[0]) for name, shape in shapes.items()}
    modules = {}
    for name in ("3a", "4a", "4d", "5b"):
        before = 7 if modules else 4
        modules[name] = drawn_again(inner.Inception(before, (2, 1, 2, 2, 1, 2), normed=False, kernel=5, reduce=True))
        p |= of_module(modules[name], f"{name}.")
    images, target = normal(2, 3, 23, 23), torch.tensor([2, 1])
    x = torchs.conv2d(images, p["stem"], p["stem_bias"], stride=2, padding=1).relu()
    a = modules["4a"](torchs.max_pool2d(modules["3a"](x), 3, 2, ceil_mode=True))
    d = modules["4d"](a)
    x = modules["5b"](torchs.max_pool2d(d, 3, 2, ceil_mode=True))
    losses = []
    logits = torchs.linear(x.mean((2, 3)), p["fc"], p["fc_bias"])
    for maps, name in ((a, "aux1"), (d, "aux2")):
        h = torchs.avg_pool2d(maps, 5, 3).flatten(1)
        for layer in ("conv", "fc1", "fc2"):
            h = torchs.linear(h if layer == "conv" else h.relu(), p[f"{name}.{layer}"], p[f"{name}.{layer}_bias"])
        losses.append(torchs.cross_entropy(h, target))
    found, loss = googlenet.googlenet(images, target, p)
    assert_close(found, logits)
    assert_close(loss, torchs.cross_entropy(logits, target) + 0.3 * sum(losses))
