"""A training step of every paper's network beside its torch.nn twin's: loss, gradients, update, in the same loop.

    python benchmarks/models.py [lstm gru ...] [--repeats 9] [--threads 1] [--what training|inference|memory]

Of every preset, at its own sizes and batch (of ImageNet's pictures, two), but without dropout, which most twins lack.
With `--what inference` it is a forward pass in evaluation mode, without gradients; with `--what memory` the memory that
two training steps add to a process of their own at most, the network included. The twins are those of
`firsthand check`: the same weights, the same loss from torch.nn.functional, the same rule from torch.optim. The two
alternate in one process, in blocks of a tenth of a second or more, and the medians are compared, because machines are
noisy.
"""

import math
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Annotated, Any, Literal

import torch
import tyro

from firsthand import papers
from firsthand.check.models import pair, stateless
from firsthand.options import override

BLOCK = 0.1  # seconds
UNTWINNED = {"lenet paper", "lenet mlp-300", "lenet mlp-300-100"}  # LeCun's own rule, and networks that torch.nn has
UNTWINNED |= {"bert cola", "bert rte", "bert sst-2", "bert sts-b"}  # one layer on the network that is timed
SLOW = {"selfattention paper", "made paper", "seq2seq paper", "bahdanau paper", "bert paper"}  # seconds a step
SIZES = {  # what the data says
    "bert laptop": {"model.vocab": 5000},
    "birnn brown": {"model.vocab": 29_686, "model.outputs": 49},
    "made dna": {"model.inputs": 180},
    "made dna-masks": {"model.inputs": 180},
}


def recipes(key: str) -> Iterator[tuple[str, Any]]:
    """The presets of a paper that have a twin, by name."""
    for preset in papers.get(key).presets:
        if (name := f"{key} {preset}") not in UNTWINNED | SLOW:
            recipe = papers.get(key).preset(preset)
            drops = {"model.dropout": 0.0} if getattr(recipe.model, "dropout", 0.0) else {}
            few = {"batch": 2} if recipe.data.name == "imagenet" else {}
            yield name, override(recipe, drops | few | SIZES.get(name, {}))


def steppers(
    recipe: Any, network: type, training: bool = True, whose: tuple[str, ...] = ("ours", "theirs")
) -> Iterator[Callable[[], None]]:
    """A function that takes one training step, or makes one forward pass, of our network, and one of the twin's."""
    torch.manual_seed(0)
    task = recipe.task.without_data(stateless(recipe))
    start = task.model().double()
    inputs, targets = network.batch_for(recipe, recipe.batch, torch.Generator().manual_seed(1))
    if recipe.data.name == "imagenet":  # the checks take smaller ones where they can
        inputs = torch.randn(recipe.batch, 3, recipe.data.seen, recipe.data.seen)
        targets = torch.arange(recipe.batch)
    inputs, targets = (t.float() if t.is_floating_point() else t for t in (inputs, targets))
    for twin in (None if name == "ours" else network(recipe.model) for name in whose):
        model, optimizer = pair(start, twin, task, torch.float32)
        model.train(training)

        @torch.inference_mode()
        def look(model: Any = model) -> None:
            model(*task.given((inputs, targets)))

        def step(model: Any = model, optimizer: Any = optimizer, ours: bool = twin is None) -> None:
            given = task.given((inputs, targets))
            loss = task.loss(model, (inputs, targets)) if ours else model.loss(model(*given), targets)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()

        yield step if training else look


def seconds(step: Callable[[], None], count: int) -> float:
    """Time of a step, over a block of them."""
    began = time.perf_counter()
    for _ in range(count):
        step()
    return (time.perf_counter() - began) / count


def memory(preset: str, whose: str) -> None:
    """Print how many kilobytes two training steps of ours, or of the twin, add to this process at most."""
    key = preset.split()[0]
    recipe, twin = dict(recipes(key))[preset], import_module(f"firsthand.check.twins.{key}")
    torch.ones(8, 8) @ torch.ones(8, 8)  # what loads itself when it is first called
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    (step,) = steppers(recipe, twin.Network, whose=(whose,))
    step()
    step()
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)


def peaks(name: str) -> tuple[float, float]:
    """The megabytes of both, each in a process of its own."""
    words = [[sys.executable, __file__, "--child", name, whose] for whose in ("ours", "theirs")]
    return tuple(int(subprocess.run(line, capture_output=True, check=True).stdout) / 1024 for line in words)


def main(
    keys: Annotated[tuple[str, ...], tyro.conf.Positional] = (),
    repeats: int = 9,
    threads: int = 1,
    what: Literal["training", "inference", "memory"] = "training",
) -> None:
    """Print the time, or the memory, of a step of both and the ratio.

    Args:
        keys: papers; none: all.
        repeats: how often the two alternate.
        threads: CPU threads.
        what: a training step, a forward pass in evaluation mode, or the memory of training steps.
    """
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)  # as the engine does
    ratios = {}
    unit = "MB" if what == "memory" else "ms"
    print(f"{what}, {threads} thread(s)" + ("" if what == "memory" else f", medians of {repeats} repeats"))
    print(f"{'network':40}{'batch':>6}{'ours':>11}{'torch.nn':>11}{'ratio':>8}")
    for key in keys or papers.networks():
        twin = import_module(f"firsthand.check.twins.{key}")
        for name, recipe in recipes(key):
            if what == "memory":
                a, b = peaks(name)
            else:
                ours, theirs = steppers(recipe, twin.Network, what == "training")
                counts = [max(1, math.ceil(BLOCK / seconds(step, 3))) for step in (ours, theirs)]
                times = [(seconds(ours, counts[0]), seconds(theirs, counts[1])) for _ in range(repeats)]
                a, b = (statistics.median(column) * 1e3 for column in zip(*times, strict=True))
            ratios[name] = a / b
            print(f"{name:40}{recipe.batch:6}{a:8.2f} {unit}{b:8.2f} {unit}{a / b:8.2f}", flush=True)
    above = [name for name, ratio in ratios.items() if ratio > 1.1]
    print(f"geometric mean {statistics.geometric_mean(ratios.values()):.3f}; above 1.1: {', '.join(above) or 'none'}")


if __name__ == "__main__":
    memory(*sys.argv[2:]) if sys.argv[1:2] == ["--child"] else tyro.cli(main, args=sys.argv[1:])
