"""What a step of every update rule costs: ours beside torch.optim as a user gets it, without options for speed.

    python benchmarks/optimisers.py [--repeats 9]

Both move the same tensors with the same gradients, in one process and by turns, and the medians are compared, because
machines are noisy. The sizes are those of a small classifier (12 tensors, 47 thousand numbers), of the 784-500-300-10
network (545 thousand) and of a network of 60 tensors and 12 million numbers; each with one thread and with two.
"""

import itertools
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
import tyro
from torch import Tensor
from torch.nn import Parameter

from firsthand.optim import RULES

RULE_OPTIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "sgd": ("sgd", {}),
    "sgd, momentum": ("sgd", {"momentum": 0.9}),
    "sgd, nesterov": ("sgd", {"momentum": 0.9, "nesterov": True}),
    "sgd, decay": ("sgd", {"momentum": 0.9, "weight_decay": 1e-4}),
    "adagrad": ("adagrad", {}),
    "adadelta": ("adadelta", {}),
    "rmsprop": ("rmsprop", {}),
    "rmsprop, momentum": ("rmsprop", {"momentum": 0.9}),
    "rmsprop, centred": ("rmsprop", {"centered": True}),
    "adam": ("adam", {}),
    "adam, amsgrad": ("adam", {"amsgrad": True}),
    "adamw": ("adamw", {}),
    "adamax": ("adamax", {}),
}


def _layers(*widths: int) -> list[tuple[int, ...]]:
    return [shape for a, b in itertools.pairwise(widths) for shape in ((b, a), (b,))]


SIZES: dict[str, list[tuple[int, ...]]] = {
    "small": _layers(60, 100, 100, 100, 100, 100, 10),
    "middle": _layers(784, 500, 300, 10),
    "large": _layers(784, *[640] * 28, 640, 10),
}


@dataclass(frozen=True)
class Row:
    """Milliseconds of one step, and their ratio."""

    rule: str
    size: str
    threads: int
    ours: float
    theirs: float

    @property
    def ratio(self) -> float:
        """Below 1: ours is faster."""
        return self.ours / self.theirs


def rows(threads: int = 1, repeats: int = 9) -> Iterator[Row]:
    """Every rule at every size, with so many threads; the number of threads is put back at the end."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        for name, (rule, options) in RULE_OPTIONS.items():
            reference = getattr(torch.optim, RULES[rule].__name__)
            for size, shapes in SIZES.items():
                pair = [stepper(make, shapes, options) for make in (RULES[rule], reference)]
                ours, theirs = medians(pair, repeats)
                yield Row(name, size, threads, ours, theirs)
    finally:
        torch.set_num_threads(before)


def stepper(make: Callable[..., Any], shapes: list[tuple[int, ...]], options: dict[str, Any]) -> Callable[[], Any]:
    """One optimiser's step over parameters of these shapes, with gradients that stay; two steps are made already."""
    generator = torch.Generator().manual_seed(0)

    def normal(shape: tuple[int, ...]) -> Tensor:
        return torch.randn(shape, generator=generator) / 100

    params = [Parameter(normal(shape)) for shape in shapes]
    for p in params:
        p.grad = normal(tuple(p.shape))
    step = make(params, lr=1e-4, **options).step
    step(), step()
    return step


def medians(steps: list[Callable[[], Any]], repeats: int, block: float = 0.02) -> list[float]:
    """Milliseconds of each of these calls: medians over blocks of about `block` seconds, taken by turns."""
    began = time.perf_counter()
    for step in steps:
        step()
    count = max(int(block * len(steps) / (time.perf_counter() - began)), 1)
    found: list[list[float]] = [[] for _ in steps]
    for repeat in range(repeats):
        turn = list(zip(steps, found, strict=True))
        for step, times in turn if repeat % 2 else turn[::-1]:
            began = time.perf_counter()
            for _ in range(count):
                step()
            times.append((time.perf_counter() - began) / count * 1e3)
    return [statistics.median(times) for times in found]


def main(repeats: int = 9) -> None:
    """Print the milliseconds of a step, ours and torch.optim's, and the ratio, for every rule, size and thread count.

    Args:
        repeats: how often the two alternate.
    """
    print(f"{'rule':18} {'size':7} {'threads':>7} {'ours, ms':>9} {'torch, ms':>9} {'ratio':>6}")
    ratios = []
    for threads in (1, 2):
        for row in rows(threads, repeats):
            ratios.append(row.ratio)
            times = f"{row.ours:9.3f} {row.theirs:9.3f} {row.ratio:6.2f}"
            print(f"{row.rule:18} {row.size:7} {threads:7} {times}", flush=True)
    print(f"\ngeometric mean {statistics.geometric_mean(ratios):.2f}, largest {max(ratios):.2f}")


if __name__ == "__main__":
    tyro.cli(main, args=sys.argv[1:])
