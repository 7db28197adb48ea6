"""The classifiers that the paper sets beside its networks: solved at once, or by looking images up.

    linear      s = W x + b, with W and b by least squares, 1 for the digit and -1 for the nine others
    pairwise    45 such units, one for every two digits; each gives one of them a vote
    nearest     the digit that most of the k nearest training images show
    quadratic   linear, on 40 principal components and their 820 products
    radial      linear, on exp(-d^2 / 2 w) for the distances d to 1,000 centres, 100 by k-means of each digit's images

The paper does not say by what rule it trained the linear ones, nor which k it took for images as they are, nor w; ours
is the mean of d^2 from an image to the nearest centre.
Source: LeCun et al. (1998), section III-C.
"""

from collections.abc import Callable
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor

from firsthand.claims import Outcome
from firsthand.claims.bench.descent import seeded
from firsthand.data.images import BOX, SIDE, load_mnist

Method = Literal["linear", "pairwise", "nearest", "principal", "quadratic", "radial"]
Features = Float[Tensor, "_ _"]  # a row an image
Labels = Int[Tensor, " _"]
Scores = Float[Tensor, "_ _"]  # of every class, a row an image
CLASSES, COMPONENTS, CENTRES, AT_ONCE = 10, 40, 1000, 500


def classical(method: Method = "linear", deslanted: bool = False, k: int = 3, seed: int = 0) -> Outcome:
    """The share of MNIST's 10,000 test digits that a classifier without back-propagation, made of all 60,000, misses.

    Args:
        method: linear: least squares; pairwise: of every two digits, by votes; nearest: the k nearest images;
            principal: linear on 40 principal components; quadratic: with their products; radial: 1,000 centres.
        deslanted: whether images are sheared until they stand upright, and cut to 20 by 20 pixels.
        k: nearest images that are asked.
        seed: of the first centres; all else is exact.
    """
    generator = seeded(seed)
    sets = load_mnist(validation=0)
    (train, labels), (test, truth) = (
        ((upright(x / 255) if deslanted else x / 255).flatten(1), y) for x, y in (sets.train, sets.test)
    )
    if method == "pairwise":
        scores = votes(train, labels, test)
    elif method == "nearest":
        scores = nearest(train, labels, test, k)
    else:
        if method in ("principal", "quadratic"):
            train, test = principal(train, test)
        if method == "quadratic":
            train, test = products(train), products(test)
        if method == "radial":
            middle, width = centres(train, labels, generator)
            train, test = bumps(train, middle, width), bumps(test, middle, width)
        scores = solved(train, 2 * torch.eye(CLASSES)[labels] - 1)(test)
    return {"test_error": (scores.argmax(1) != truth).double().mean().item()}


def upright(images: Float[Tensor, "images 28 28"]) -> Float[Tensor, "images 20 20"]:
    """Sheared along the rows by the slope of ink, cov(x, y) / var(y), about the centre of mass, which is the middle."""
    at = torch.arange(SIDE, dtype=images.dtype)
    ink = images.sum((1, 2))
    y, x = ((images.sum(axis) * at).sum(1) / ink for axis in (2, 1))
    dy, dx = (at - middle[:, None] for middle in (y, x))
    slope = torch.einsum("nyx, ny, nx -> n", images, dy, dx) / (images.sum(2) * dy**2).sum(1)
    step = torch.arange(BOX, dtype=images.dtype) - (BOX - 1) / 2
    down = y[:, None, None] + step[:, None].expand(BOX, BOX)
    along = x[:, None, None] + step + slope[:, None, None] * step[:, None]
    return between(images, down, along)


def between(
    images: Float[Tensor, "images 28 28"], y: Float[Tensor, "images 20 20"], x: Float[Tensor, "images 20 20"]
) -> Float[Tensor, "images 20 20"]:
    """The ink at these places by linear interpolation between the four pixels about each; none beyond the edges."""
    image = torch.arange(len(images))[:, None, None]
    total = torch.zeros_like(y)
    for row in (y.floor(), y.floor() + 1):
        for column in (x.floor(), x.floor() + 1):
            inside = (row >= 0) & (row < SIDE) & (column >= 0) & (column < SIDE)
            pixel = images[image, row.clamp(0, SIDE - 1).long(), column.clamp(0, SIDE - 1).long()]
            total += inside * pixel * (1 - (y - row).abs()) * (1 - (x - column).abs())
    return total


def solved(x: Features, y: Scores) -> Callable[[Features], Scores]:
    """What maps features to scores, by least squares with a bias; the weights are kept from growing by 1e-6 n."""
    x, y = with_ones(x), y.double()
    gram = x.T @ x + 1e-6 * len(x) * torch.eye(x.shape[1], dtype=x.dtype)
    weights = torch.linalg.solve(gram, x.T @ y)
    return lambda asked: with_ones(asked) @ weights


def with_ones(x: Features) -> Features:
    """In double precision, with a feature that is always 1."""
    return torch.cat([x, torch.ones_like(x[:, :1])], 1).double()


def votes(train: Features, labels: Labels, test: Features) -> Scores:
    """How many of the nine units that know a digit are for it."""
    scores = torch.zeros(len(test), CLASSES)
    for one in range(CLASSES):
        for other in range(one):
            either = (labels == one) | (labels == other)
            is_one = solved(train[either], 2.0 * (labels[either] == one)[:, None] - 1)(test)[:, 0] > 0
            scores[:, one] += is_one
            scores[:, other] += ~is_one
    return scores


def nearest(train: Features, labels: Labels, test: Features, k: int) -> Scores:
    """How many of the k nearest images show each digit; of digits with as many, the one that is nearest wins."""
    scores = []
    for asked in test.split(AT_ONCE):
        found = (train.square().sum(1) - 2 * asked @ train.T).topk(k, largest=False).indices
        weights = 1 - 1e-3 * torch.arange(k)  # far less than one image
        scores.append((torch.eye(CLASSES)[labels[found]] * weights[:, None]).sum(1))
    return torch.cat(scores)


def principal(train: Features, test: Features) -> tuple[Features, Features]:
    """The 40 directions in which the training images differ most."""
    mean = train.mean(0)
    _, directions = torch.linalg.eigh(((train - mean).T @ (train - mean)).double() / len(train))
    kept = directions[:, -COMPONENTS:].to(train.dtype)
    return (train - mean) @ kept, (test - mean) @ kept


def products(x: Features) -> Features:
    """The features and all products of two of them."""
    i, j = torch.triu_indices(x.shape[1], x.shape[1])
    return torch.cat([x, x[:, i] * x[:, j]], 1)


def centres(x: Features, labels: Labels, generator: torch.Generator) -> tuple[Features, float]:
    """A hundred centres of each digit, after ten rounds of k-means from random images, and how wide functions are."""
    found = []
    for digit in range(CLASSES):
        own = x[labels == digit]
        middle = own[torch.randperm(len(own), generator=generator)[: CENTRES // CLASSES]]
        for _ in range(10):
            whose = squared(own, middle).argmin(1)
            sums = torch.zeros_like(middle).index_add_(0, whose, own)
            count = whose.bincount(minlength=len(middle))[:, None]
            middle = torch.where(count > 0, sums / count.clamp(min=1), middle)
        found.append(middle)
    every = torch.cat(found)
    return every, torch.cat([squared(part, every).amin(1) for part in x.split(AT_ONCE)]).mean().item()


def squared(x: Features, middle: Features) -> Features:
    """Squared distances to all centres."""
    return (x.square().sum(1, keepdim=True) + middle.square().sum(1) - 2 * x @ middle.T).clamp(min=0)


def bumps(x: Features, middle: Features, width: float) -> Features:
    """exp(-d^2 / 2 w) for every centre."""
    return torch.exp(-squared(x, middle) / (2 * width))
