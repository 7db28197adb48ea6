"""The paper's other classifiers, against scikit-learn, NumPy and torch."""

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import PolynomialFeatures
from torch import Generator
from torch.nn.functional import grid_sample
from torch.testing import assert_close

from firsthand.papers.lenet import classical
from firsthand.papers.lenet.classical import BOX, SIDE


@pytest.fixture
def clouds():
    """Points about ten places of twelve dimensions, some of them where another cloud is: features, labels, asked."""
    generator = Generator().manual_seed(0)
    labels = torch.arange(600) % 10
    middle = torch.randn(10, 12, generator=generator)
    x = middle[labels] + 0.7 * torch.randn(600, 12, generator=generator)
    return x, labels, middle[torch.arange(200) % 10] + torch.randn(200, 12, generator=generator)


def test_least_squares(clouds):
    x, labels, asked = clouds
    y = 2 * torch.eye(10)[labels] - 1
    a = np.hstack([x.double().numpy(), np.ones((len(x), 1))])
    weights = np.linalg.lstsq(a, y.double().numpy(), rcond=None)[0]
    truth = np.hstack([asked.double().numpy(), np.ones((len(asked), 1))]) @ weights
    assert_close(classical.solved(x, y)(asked), torch.from_numpy(truth), atol=1e-4, rtol=0)


@pytest.mark.parametrize("k", [1, 3])
def test_nearest(clouds, k):
    """With one neighbour, and with three wherever two of them agree, as scikit-learn."""
    x, labels, asked = clouds
    scores = classical.nearest(x, labels, asked, k)
    truth = torch.from_numpy(KNeighborsClassifier(k).fit(x.numpy(), labels.numpy()).predict(asked.numpy()))
    clear = scores.amax(1) > 1.5 if k == 3 else torch.ones(len(asked), dtype=torch.bool)
    assert 100 < clear.sum() and torch.equal(scores.argmax(1)[clear], truth[clear])
    first = classical.nearest(x, labels, asked, 1).argmax(1)
    assert torch.equal(scores.argmax(1)[~clear], first[~clear])  # of three different ones the nearest


def test_pairwise(clouds):
    """A unit for every two digits, 45 votes an image, and better than chance by far."""
    x, labels, asked = clouds
    votes = classical.votes(x, labels, asked)
    assert (votes.sum(1) == 45).all() and votes.max() <= 9
    either = (labels == 3) | (labels == 7)
    is_seven = classical.solved(x[either], 2.0 * (labels[either] == 7)[:, None] - 1)(asked)[:, 0] > 0
    others = [
        (classical.solved(x[some], 2.0 * (labels[some] == 7)[:, None] - 1)(asked)[:, 0] > 0).double()
        for digit in range(10) if digit not in (3, 7)
        for some in [(labels == digit) | (labels == 7)]
    ]  # fmt: skip
    assert_close(votes[:, 7].double(), sum(others) + is_seven.double())


def test_principal_components_and_products(monkeypatch):
    monkeypatch.setattr(classical, "COMPONENTS", 4)
    generator = Generator().manual_seed(1)
    x, asked = torch.randn(300, 12, generator=generator) * torch.arange(1, 13), torch.randn(20, 12, generator=generator)
    ours, theirs = classical.principal(x, asked), PCA(4).fit(x.double().numpy())
    truth = torch.from_numpy(theirs.transform(asked.double().numpy())).flip(1)
    assert_close(ours[1].double().abs(), truth.abs(), atol=1e-4, rtol=1e-4)  # the signs are free
    assert classical.products(torch.zeros(1, 40)).shape[1] == 860
    found = classical.products(asked)
    every = PolynomialFeatures(2, include_bias=False).fit_transform(asked.double().numpy())
    assert_close(found.double().sort(1).values, torch.from_numpy(every).sort(1).values, atol=1e-5, rtol=1e-5)


def test_between_is_linear_interpolation():
    generator = Generator().manual_seed(2)
    images = torch.rand(5, SIDE, SIDE, generator=generator)
    y, x = (torch.rand(2, 5, BOX, BOX, generator=generator) * (SIDE + 4) - 2).unbind()
    places = (2 * torch.stack([x, y], -1) + 1) / SIDE - 1
    truth = grid_sample(images[:, None], places, align_corners=False)[:, 0]
    assert_close(classical.between(images, y, x), truth, atol=1e-5, rtol=0)


@pytest.mark.parametrize("slope", [-0.5, 0.0, 0.7])
def test_upright(slope):
    """A bar that leans and is not in the middle stands upright, and in the middle."""
    at = torch.arange(SIDE, dtype=torch.float32)
    middle = 15 + slope * (at[:, None] - 12)
    bar = (1.5 - (at - middle).abs()).clamp(0, 1) * ((at > 4) & (at < 21))[:, None]
    found = classical.upright(bar[None])[0]
    columns = (found * torch.arange(BOX)).sum(1) / found.sum(1).clamp(min=1e-6)
    inked = found.sum(1) > 0.5
    assert inked.sum() == 16 and (columns[inked] - (BOX - 1) / 2).abs().max() < 0.15


def test_k_means(clouds):
    """Every digit has its centres, each the mean of the images nearest to it, nearly; width is the mean distance."""
    x, labels, _ = clouds
    x, labels = x.repeat(4, 1) + 0.3 * torch.randn(2400, 12, generator=Generator().manual_seed(3)), labels.repeat(4)
    middle, width = classical.centres(x, labels, Generator().manual_seed(0))
    assert middle.shape == (1000, 12)
    nearest = classical.squared(x, middle).amin(1)
    assert width == pytest.approx(nearest.mean().item(), rel=1e-5)
    truth = torch.cdist(x[:50].double(), middle.double()) ** 2
    assert_close(classical.squared(x[:50], middle).double(), truth, atol=1e-3, rtol=0)
    assert nearest.mean() < 0.5 * classical.squared(x, x[:1000]).masked_fill(
        torch.arange(2400)[:, None] == torch.arange(1000), torch.inf).amin(1).mean()  # fmt: skip
    assert_close(classical.bumps(middle[:1], middle, width)[0, 0], torch.tensor(1.0))
