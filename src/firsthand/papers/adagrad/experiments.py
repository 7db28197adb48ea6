"""What the claims measure: features seen once, sparse text in one pass, regret under its bound, walks on surfaces."""

from math import sqrt
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor

from firsthand.data.specs import Images
from firsthand.nn import log_softmax, softmax
from firsthand.optim import SGD, Adagrad, surfaces
from firsthand.papers.adagrad.sentences import Bags, Sentences
from firsthand.papers.claim import Outcome

RateName = Literal["AdaGrad", "1/sqrt(t)", "constant"]
ETAS = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
RARE = 10  # training sentences; a feature that is in fewer is rare


def separation(
    method: Literal["AdaGrad", "OGD"] = "AdaGrad",
    epsilon: float = 0.1,
    dimension: int = 100,
    rounds: int = 200_000,
    seed: int = 0,
) -> Outcome:
    """Hinge loss that rare features cost after a frequent one has used up the learning rate.

    Every z_t is one feature, ±e_i, whose sign is the label. The first 1/epsilon^2 rounds show feature 1, until the rate
    of online gradient descent is epsilon; then the others come in random order. Weights stay in the box from -1 to 1.

    Args:
        method: AdaGrad with eta = sqrt(2), or online gradient descent with the rate 1/sqrt(t).
        epsilon: the rate of gradient descent when the first rare feature appears.
        dimension: number of features.
        rounds: of rare features.
        seed: of their order.
    """
    dice = torch.Generator().manual_seed(seed)
    first = round(epsilon**-2)
    order = [0] * first + torch.randint(1, dimension, (rounds,), generator=dice).tolist()
    losses = single(order, dimension, sqrt(2) if method == "AdaGrad" else None)
    rare, total = losses[first:], 0.0
    marks = {int(10 ** (n / 10)) for n in range(100)} | {rounds}
    found: dict[str, list[float]] = {"round": [], "sum": []}
    for number, loss in enumerate(rare, start=1):
        total += loss
        if number in marks:
            found["round"].append(number)
            found["sum"].append(total)
    return {"loss": total, "per feature": total / (dimension - 1), "first": sum(losses[:first])} | found


def single(order: list[int], dimension: int, eta: float | None) -> list[float]:
    """The loss [1 - x_i]_+ of each round that shows feature i alone; AdaGrad with this eta, None: the rate 1/sqrt(t).

    The sign of ±e_i is the label, and cancels. The gradient is -1 while x_i < 1.
    """
    x, squares, losses = [0.0] * dimension, [0.0] * dimension, []
    for t, i in enumerate(order, start=1):
        losses.append(max(0.0, 1 - x[i]))
        if x[i] < 1:
            squares[i] += 1
            x[i] = min(1.0, x[i] + (1 / sqrt(t) if eta is None else eta / sqrt(squares[i])))
    return losses


def sparse(rate: RateName = "AdaGrad", seed: int = 0) -> Outcome:
    """Mistakes in one pass over three quarters of Brown's sentences, and the error in % on the last quarter.

    All eta of 0.003, 0.01, 0.03, ... 30 run side by side; the numbers are those of the one with the fewest mistakes on
    the way. "without rare" is its test error when features of fewer than 10 training sentences are struck out, and
    "gain" how much that is worse.

    Args:
        rate: what multiplies a gradient: AdaGrad's, eta / sqrt(t) or eta.
        seed: of the split and the order.
    """
    parts = Sentences(validation=0.0, split_seed=seed).load()
    features = len(parts.features)
    weights, wrong = one_pass(parts.train, features, rate, ETAS)
    mistakes = wrong.sum(0)
    best = int(mistakes.argmin())
    error = test_error(parts.test, weights)
    common = torch.cat([torch.ones(1, dtype=torch.bool), parts.train.counts(features) >= RARE])
    without = test_error(parts.test, weights * common[:, None])
    running = wrong[:, best].double().cumsum(0) / torch.arange(1, len(wrong) + 1)
    return {
        "error": error[best].item(),
        "mistakes": 100 * mistakes[best].item() / len(wrong),
        "eta": ETAS[best],
        "without rare": without[best].item(),
        "gain": (without[best] - error[best]).item(),
        "etas": list(ETAS),
        "errors": error.tolist(),
        "seen": list(range(500, len(wrong) + 1, 500)),
        "running": (100 * running[499::500]).tolist(),
    }


def one_pass(
    examples: Bags, features: int, rate: RateName, etas: tuple[float, ...]
) -> tuple[Float[Tensor, "rows etas"], Int[Tensor, "examples etas"]]:
    """Weights after one pass of the hinge loss, example by example, and where the score had the wrong sign before it.

    One column for each eta, so that they share the work. Row 0 is the bias, row i + 1 feature i. Only the rows of the
    features present are touched, which is exact: the others have gradient 0, for which none of the three rates moves.
    """
    eta = torch.tensor(etas, dtype=torch.float64)
    weights = torch.zeros(features + 1, len(etas), dtype=torch.float64)
    squares = torch.zeros_like(weights)
    wrong = torch.zeros(len(examples), len(etas), dtype=torch.int64)
    bias = torch.zeros(1, dtype=torch.int64)
    for t, label in enumerate(examples.labels[examples.rows].tolist()):
        rows = torch.cat([bias, examples.features(t) + 1])
        w = weights[rows]
        margin = label * w.sum(0)
        wrong[t] = margin <= 0
        g = -label * (margin < 1).double()  # of every feature present, as their z_i is 1
        if rate == "AdaGrad":
            s = squares[rows] + g * g
            squares[rows] = s
            step = eta / (s.sqrt() + 1e-10)
        else:
            step = eta / sqrt(t + 1) if rate == "1/sqrt(t)" else eta
        weights[rows] = w - step * g
    return weights, wrong


def test_error(examples: Bags, weights: Float[Tensor, "rows etas"]) -> Float[Tensor, " etas"]:
    """The share of wrong signs in %, for every column of the weights."""
    wrong = torch.zeros(weights.shape[1], dtype=torch.float64)
    padded = torch.cat([weights, weights.new_zeros(1, weights.shape[1])])  # the row that -1 picks
    for indices in torch.arange(len(examples)).split(256):
        places, labels = examples.batch(indices)
        scores = padded[torch.where(places < 0, len(weights), places + 1)].sum(1) + weights[0]
        wrong += (scores * labels[:, None] <= 0).sum(0)
    return 100 * wrong / len(examples)


def regret(method: Literal["AdaGrad", "one rate"] = "AdaGrad", shorter: float = 1.0, seed: int = 0) -> Outcome:
    """Regret of softmax regression on 1,437 digits, one at a time, weights in the box from -1 to 1, and its bound.

    Regret is the loss on the way minus that of the best fixed weights in the box. "share" is the largest share of the
    bound that it ever reaches. With eta = c D / sqrt(2) the bound is (1/c + c) D / sqrt(2) times the sum over the
    coordinates of ||g_(1:T,i)||, D = D_inf = 2; with one rate, times the root of the sum of all squares, D = D_2.

    Args:
        method: a rate for each coordinate, or one for all, which has the squares of all coordinates in its root.
        shorter: by what the steps are shorter than those with the least bound, 1/c.
        seed: of the order.
    """
    images, labels = Images("digits").load().train
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(seed))
    z = torch.cat([images.flatten(1).double() / 255, torch.ones(len(images), 1, dtype=torch.float64)], 1)[order]
    y = labels[order]
    x = torch.zeros(10, z.shape[1], dtype=torch.float64)
    squares, losses, bounds = torch.zeros_like(x), [], []
    reach = 2.0 if method == "AdaGrad" else 2 * sqrt(x.numel())  # D_inf, D_2 of the box
    eta, factor = reach / sqrt(2) / shorter, (shorter + 1 / shorter) * reach / sqrt(2)
    for row, target in zip(z, y.tolist(), strict=True):
        logits = x @ row
        losses.append(-log_softmax(logits)[target].item())
        g = torch.outer(softmax(logits) - torch.eye(10, dtype=torch.float64)[target], row)
        squares += g * g if method == "AdaGrad" else (g * g).sum()
        roots = squares.sqrt()
        bounds.append(factor * (roots.sum() if method == "AdaGrad" else roots[0, 0]).item())
        x = (x - eta * g / roots.clamp(min=1e-300)).clamp(-1, 1)  # clipping is the projection, as the box has axes
    best = -log_softmax(z @ best_fixed(z, y).T).gather(1, y[:, None]).squeeze(1)
    regrets = torch.tensor(losses, dtype=torch.float64).cumsum(0) - best.cumsum(0)
    marks = sorted({int(10 ** (n / 12)) for n in range(100) if 10 ** (n / 12) <= len(z)} | {len(z)})
    return {
        "regret": regrets[-1].item(),
        "bound": bounds[-1],
        "share": (regrets / torch.tensor(bounds, dtype=torch.float64)).max().item(),
        "best": best.sum().item(),
        "round": marks,
        "regrets": [regrets[t - 1].item() for t in marks],
        "bounds": [bounds[t - 1] for t in marks],
    }


def best_fixed(
    z: Float[Tensor, "examples inputs"], y: Int[Tensor, " examples"], steps: int = 1500
) -> Float[Tensor, "classes inputs"]:
    """The weights in the box from -1 to 1 with the least sum of losses, by accelerated projected gradient descent.

    The step is one over the largest curvature: half the largest squared singular value of z.
    """
    target = torch.eye(10, dtype=z.dtype)[y]
    rate = 2 / torch.linalg.matrix_norm(z, 2).item() ** 2
    x = ahead = torch.zeros(10, z.shape[1], dtype=z.dtype)
    for t in range(1, steps + 1):
        gradient = (softmax(z @ ahead.T) - target).T @ z
        new = (ahead - rate * gradient).clamp(-1, 1)
        ahead = new + (t - 1) / (t + 2) * (new - x)
        x = new
    return x


def race(method: Literal["AdaGrad", "SGD"] = "AdaGrad", seed: int = 0) -> Outcome:
    """Steps that the rule needs on five surfaces at its fastest rate.

    Args:
        method: the rule.
        seed: of nothing, there is no chance in this.
    """
    return surfaces.race(Adagrad if method == "AdaGrad" else SGD)


EXPERIMENTS = {"separation": separation, "sparse": sparse, "regret": regret, "surfaces": race}
