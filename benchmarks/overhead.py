"""What the engine costs: the same steps of `mlp`'s laptop preset in our training loop and in a bare PyTorch loop.

    python benchmarks/overhead.py [--repeats 7] [--steps 300]

The two alternate in one process, in blocks of `steps`, and the medians are compared, because machines are noisy. The
bare loop has our layers and our update rule too, so the difference is the engine's alone: Fabric, schedule, batch
order, logging, checkpoints at the preset's intervals. Evaluation is left out of both: it is work that people ask for.
"""

import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import torch
import tyro

from firsthand import api
from firsthand.train.engine import fit
from firsthand.train.folder import RunFolder
from firsthand.train.launch import Launch, fabric_for
from firsthand.train.progress import Screen


def bare(task, steps: int) -> float:
    """Seconds for the shortest loop that trains."""
    torch.manual_seed(0)
    model = task.model()
    optimizer = task.optimizer(model)
    inputs, targets = task.train.inputs, task.train.targets
    began = time.perf_counter()
    for _ in range(steps):
        chosen = torch.randint(len(inputs), (task.recipe.batch,))
        loss = task.loss(model, (inputs[chosen], targets[chosen]))
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    return time.perf_counter() - began


def engine(task, steps: int, fabric) -> float:
    """Seconds for the same steps in our loop, as its own result.json would say."""
    with tempfile.TemporaryDirectory() as place:
        folder = RunFolder(Path(place) / "run")
        folder.create({"paper": "mlp", "preset": "laptop", "data": "names"})
        task.recipe = replace(task.recipe, steps=steps)
        return fit(task, folder, Screen(), fabric)["seconds"]


def main(repeats: int = 7, steps: int = 300) -> None:
    """Print the time of a step in both loops and the ratio of their medians.

    Args:
        repeats: how often the two loops alternate.
        steps: optimiser steps in each block.
    """
    recipe = replace(api.get("mlp").preset("laptop"), diagnose_every=None)
    api.use_threads(recipe)
    task = recipe.task(recipe)
    task.val = task.test = None
    fabric = fabric_for(Launch(device="cpu"))
    bare(task, 50)
    pairs = [(bare(task, steps), engine(task, steps, fabric)) for _ in range(repeats)]
    theirs, ours = (statistics.median(column) / steps * 1e6 for column in zip(*pairs, strict=True))
    ratios = sorted(ours / theirs for theirs, ours in pairs)
    print(f"mlp/laptop, batch {recipe.batch}, {torch.get_num_threads()} thread, median of {repeats} x {steps} steps")
    print(f"bare loop   {theirs:8.1f} µs\nour engine  {ours:8.1f} µs")
    pairwise = f"pair by pair from {ratios[0]:.3f} to {ratios[-1]:.3f}, median {statistics.median(ratios):.3f}"
    print(f"ratio       {ours / theirs:8.3f}    ({pairwise})")


if __name__ == "__main__":
    tyro.cli(main, args=sys.argv[1:])
