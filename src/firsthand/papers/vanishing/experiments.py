"""What the two papers say, measured: on one neuron, on a cliff, and on readers of text."""

from collections.abc import Callable
from math import log, log10
from typing import Literal

import torch
from torch import Generator, Tensor

from firsthand.papers.claim import Outcome
from firsthand.papers.vanishing import reading
from firsthand.papers.vanishing.claims import NOISES, SETTINGS
from firsthand.papers.vanishing.latches import Latches, descend, survivors
from firsthand.papers.vanishing.model import latch
from firsthand.papers.vanishing.reading import Corpus, Net, Reader, TextName, slope
from firsthand.papers.vanishing.theory import attractor, multiplier, threshold

FIRST_WEIGHTS = (0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0)  # of the map


def lengths(length: int = 20, runs: int = 200, updates: int = 2000, seed: int = 0) -> Outcome:
    """Share of latches that gradient descent teaches to keep their bit, in four settings of noise and rate.

    Three steps tell the class, w starts at 1.25, the free inputs in U(-0.1, 0.1). An update sees one fresh sequence of
    each class. A latch has learned it when 98 of 100 fresh pairs come out right.

    Args:
        length: T, steps of a sequence.
        runs: latches in each setting, each with its own free inputs and noise.
        updates: steps of gradient descent.
        seed: of the free inputs and all noise.
    """
    generator = Generator().manual_seed(seed)
    noise, lr = (torch.tensor(values).repeat_interleave(runs) for values in zip(*SETTINGS.values(), strict=True))
    latches = Latches.draw(len(noise), lead=3, w0=1.25, reach=0.1, generator=generator)
    descend(latches, length, noise, lr, updates, generator)
    learned = latches.right(length, noise, generator).view(-1, runs).float().mean(1)
    weights = latches.w.view(-1, runs).median(1).values
    found = dict(zip(SETTINGS, learned.tolist(), strict=True))
    return found | {f"w, {name}": w for name, w in zip(SETTINGS, weights.tolist(), strict=True)}


def region(length: int = 20, lr: float = 0.1, runs: int = 50, updates: int = 2000, seed: int = 0) -> Outcome:
    """Share of latches that learn to keep their bit, for 8 first weights and 6 levels of noise.

    Args:
        length: T, steps of a sequence.
        lr: learning rate.
        runs: latches for each pair of weight and noise.
        updates: steps of gradient descent.
        seed: of the free inputs and all noise.
    """
    generator = Generator().manual_seed(seed)
    w0, noise = (
        torch.cartesian_prod(torch.tensor(FIRST_WEIGHTS), torch.tensor(NOISES)).repeat_interleave(runs, 0).unbind(1)
    )
    latches = Latches.draw(len(w0), lead=3, w0=w0, reach=0.1, generator=generator)
    descend(latches, length, noise, lr, updates, generator)
    shares = latches.right(length, noise, generator).float().view(len(FIRST_WEIGHTS), len(NOISES), runs).mean(2)
    best = shares.amax(0).tolist()  # over first weights
    return {"all": shares.mean().item(), "map": shares.flatten().tolist()} | {
        f"best {s:g}": share for s, share in zip(NOISES, best, strict=True)
    }


def search(
    method: Literal["guessing", "descent"] = "guessing",
    length: int = 100,
    runs: int = 400,
    trials: int = 1000,
    seed: int = 0,
) -> Outcome:
    """Trials until a latch of three parameters keeps its bit: parameters guessed at random, or gradient descent.

    One step tells the class; lengths are uniform from T/2 to T, noise in U(-0.2, 0.2). A trial is a guess, or an
    update with a fresh pair; descent is looked at every 50 of them, and starts in U(-0.5, 0.5).

    Args:
        method: all three parameters from U(-100, 100) in every trial, or descent at rate 0.1.
        length: T, the longest sequences.
        runs: searches.
        trials: guesses or updates that a search may take.
        seed: of everything.
    """
    generator = Generator().manual_seed(seed)
    first = torch.full((runs,), torch.inf)  # the trial that succeeded

    def note(trial: int, latches: Latches) -> None:
        right = latches.right(length, 0.2, generator, uniform=True)
        first[right & first.isinf()] = trial

    if method == "guessing":
        for trial in range(1, trials + 1):
            note(trial, Latches.draw(runs, lead=1, w0=None, reach=100.0, generator=generator))
            if first.isfinite().all():
                break
    else:
        latches = Latches.draw(runs, lead=1, w0=None, reach=0.5, generator=generator)
        for trial in range(50, trials + 1, 50):
            descend(latches, length, 0.2, 0.1, 50, generator, uniform=True)
            note(trial, latches)
    solved = first.isfinite()
    mean = first[solved].mean().item() if solved.any() else None
    return {"solved": solved.float().mean().item(), "trials": mean, "first": first[solved].sort().values.tolist()}


def decay(w: float = 1.5, seed: int = 0) -> Outcome:
    """The factor a step of |dx_T/dx_0| in a latched neuron, and the share of dx_T/dw that its last ten steps make.

    Without noise, in float64, for T up to 60; the factor is fitted from T = 20 on, where the state has settled.

    Args:
        w: weight of the neuron to itself.
        seed: of where in its basin the state starts.
    """
    steps = 60
    draw = torch.rand((), generator=Generator().manual_seed(seed), dtype=torch.float64)
    x0 = (0.1 + 0.9 * draw).requires_grad_()
    weights = [torch.tensor(w, dtype=torch.float64, requires_grad=True) for _ in range(steps)]  # one w a step
    states, x = [], x0
    for one in weights:
        states += latch(one, [torch.zeros((), dtype=torch.float64)], x)
        x = states[-1]
    sizes = [torch.autograd.grad(state, x0, retain_graph=True)[0].abs().item() for state in states]
    parts = torch.stack(torch.autograd.grad(states[-1], weights)).flip(0)  # what each step adds to dx_T/dw
    tail = torch.arange(20, steps + 1, dtype=torch.float64)
    factor = slope(tail, torch.tensor(sizes[19:], dtype=torch.float64).log())
    return {
        "factor": torch.tensor(factor).exp().item(),
        "predicted": multiplier(w),
        "slope": factor / log(multiplier(w)),
        "recent": (parts[:10].sum() / parts.sum()).item(),
        "gradient": sizes,
        "parts": parts.tolist(),
    }


def storing(w: float = 1.5, runs: int = 10_000, seed: int = 0) -> Outcome:
    """The noise through which a stored bit survives 100 steps in 99 % of cases, and what a gradient keeps in 20.

    Args:
        w: weight of the neuron to itself.
        runs: neurons that start at the attractor.
        seed: of the noise.
    """
    low, high = 0.0, 4.0
    for _ in range(14):  # the same noise every time, larger or smaller
        noise = (low + high) / 2
        alive = survivors(w, noise, 100, runs, Generator().manual_seed(seed))
        low, high = (noise, high) if alive >= 0.99 else (low, noise)
    return {"noise": low, "gradient": 20 * log10(multiplier(w)), "threshold": threshold(w), "attractor": attractor(w)}


def cliff_error(w: Tensor, b: Tensor) -> Tensor:
    """E_50 = (sigmoid(x_50) - 0.7)^2 of x_t = w sigmoid(x_t-1) + b from x_0 = 0.5. Source: Pascanu et al., figure 6."""
    x = torch.full_like(w, 0.5)
    for _ in range(50):
        x = w * torch.sigmoid(x) + b
    return (torch.sigmoid(x) - 0.7).square()


SHOWN = (4.9, -2.3)  # the start whose path is drawn


def cliff(lr: float = 0.1, clip: float | None = None, runs: int = 400, updates: int = 1000, seed: int = 0) -> Outcome:
    """How many descents on the error of figure 6 arrive, how far the longest jump goes, and how many are thrown out.

    They start at random in 4 <= w <= 8, -4 <= b <= -1; one of them always at the same place, whose path is kept.

    Args:
        lr: learning rate.
        clip: largest norm of the gradient of w and b; None: as long as it is.
        runs: descents with a start of their own.
        updates: steps of each.
        seed: of the starts.
    """
    draws = torch.rand(2, runs, generator=Generator().manual_seed(seed), dtype=torch.float64)
    place = torch.stack([4 + 4 * draws[0], -4 + 3 * draws[1]])
    place = torch.cat([place, torch.tensor(SHOWN, dtype=torch.float64)[:, None]], 1).requires_grad_()
    longest, thrown, path = torch.zeros(()), torch.zeros(runs, dtype=torch.bool), [place[:, -1].tolist()]
    for _ in range(updates):
        (gradient,) = torch.autograd.grad(cliff_error(*place).sum(), place)
        if clip is not None:  # one norm over both parameters of a run
            norm = torch.linalg.vector_norm(gradient, dim=0)
            gradient = gradient * (clip / norm).clamp(max=1.0)
        with torch.no_grad():
            place -= lr * gradient
        longest = torch.maximum(longest, lr * torch.linalg.vector_norm(gradient[:, :-1], dim=0).max())
        thrown |= (place[:, :-1].abs() > 20).any(0)
        path.append(place[:, -1].tolist())
    arrived = cliff_error(*place[:, :-1].detach()) < 0.001
    return {
        "arrived": arrived.double().mean().item(),
        "jump": longest.item(),
        "thrown": thrown.double().mean().item(),
        "path w": [w for w, _ in path],
        "path b": [b for _, b in path],
    }


def lags(
    net: Net = "rnn-1",
    updates: int = 500,
    lr: float = 1.0,
    clip: float | None = 1.0,
    text: TextName = "timemachine",
    seed: int = 0,
) -> Outcome:
    """The gradient of an error at the states up to 50 steps before it, of a reader of text: at the start and trained.

    Args:
        net: tanh units whose matrix has this spectral radius, or is orthogonal; LSTM with forget bias 1; GRU.
        updates: steps of plain SGD between the two measurements.
        lr: its rate.
        clip: largest norm of the whole gradient in training; None: as long as it is.
        text: what is read, as letters and spaces.
        seed: of the weights and the windows of text.
    """
    corpus = Corpus.of(text)
    torch.manual_seed(seed)
    reader, generator = Reader(net, corpus.vocab), Generator().manual_seed(seed)
    start = reading.memory(reader, corpus.val, generator) | {"predicted": reading.predicted(reader)}
    losses = reading.train(reader, corpus.train, updates, lr, clip, generator)
    loss = reading.score(reader, corpus.val)
    after = {} if loss is None else reading.memory(reader, corpus.val, Generator().manual_seed(seed))
    found: dict[str, float | list | None] = {f"start {name}": value for name, value in start.items()}
    found |= {f"trained {name}": after.get(name) for name in start if name != "predicted"}
    return found | {"loss": loss, "losses": losses}


def reader(
    lr: float = 1.0,
    clip: float | None = None,
    updates: int = 400,
    text: TextName = "timemachine",
    seed: int = 0,
) -> Outcome:
    """Held-out loss of an RNN that reads text, trained at a rate that may be too high, with and without clipping.

    Args:
        lr: rate of plain SGD.
        clip: largest norm of the whole gradient; None: as long as it is.
        updates: steps of training.
        text: what is read, as letters and spaces.
        seed: of the weights and the windows of text.
    """
    corpus = Corpus.of(text)
    torch.manual_seed(seed)
    network = Reader("rnn-1", corpus.vocab)
    losses = reading.train(network, corpus.train, updates, lr, clip, Generator().manual_seed(seed))
    return {
        "loss": reading.score(network, corpus.val),
        "worst": max(losses),
        "frequencies": corpus.frequencies(),
        "losses": losses,
    }


EXPERIMENTS: dict[str, Callable[..., Outcome]] = {
    "lengths": lengths,
    "region": region,
    "search": search,
    "decay": decay,
    "storing": storing,
    "cliff": cliff,
    "lags": lags,
    "reader": reader,
}
