"""Forward and backward pass of every layer, function and loss, ours against torch.nn's, in one run.

    python benchmarks/layers.py [--only NAME ...] [--repeats 15] [--threads 1 2] [--no-definitions]

Ours and theirs alternate in blocks of a few milliseconds, and medians are compared, because machines are noisy. With
one thread it is the time of that thread on a CPU that counts, with several the time on the wall.
"definition" is the definition's time as a multiple of torch.nn's. Memory is the most that one pass holds beyond its
inputs and parameters; "calls" are the operations of ours and of torch.nn's.
"""

import statistics
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from importlib import import_module
from math import exp, log
from typing import Any

import torch
import tyro
from case import Case
from rich.console import Console
from rich.progress import track
from rich.table import Table
from torch import Tensor
from torch.nn import Module
from torch.profiler import ProfilerActivity, profile

from firsthand import nn

ENOUGH = 0.004  # seconds of a block
LIMITS = 1.05, 1.3  # what the geometric mean and every entry aim at


@dataclass(frozen=True)
class Row:
    """One case at one size: medians in microseconds, peak memory in MiB, operations of one pass."""

    name: str
    size: tuple[int, ...]
    threads: int
    ours: float
    theirs: float
    definition: float | None
    ours_memory: float
    theirs_memory: float
    calls: int
    their_calls: int

    @property
    def ratio(self) -> float:
        """Our time as a multiple of theirs."""
        return self.ours / self.theirs


def passes(call: Callable[..., Any], inputs: tuple[Tensor, ...]) -> Callable[[], None]:
    """A function that runs forward and backward once."""
    parameters = [p for p in call.parameters() if p.requires_grad] if isinstance(call, Module) else []
    wanted = [x for x in inputs if x.requires_grad] + parameters
    first = [y for y in flat(call(*inputs)) if y.requires_grad]
    ways = [torch.randn_like(y) for y in first]

    def run() -> None:
        outputs = [y for y in flat(call(*inputs)) if y.requires_grad]
        torch.autograd.grad(outputs, wanted, ways, allow_unused=True)

    return run


def flat(outputs: Any) -> list[Tensor]:
    """The tensors in nested tuples."""
    if isinstance(outputs, Tensor):
        return [outputs]
    return [tensor for part in outputs if part is not None for tensor in flat(part)]


def block(run: Callable[[], None], times: int) -> float:
    """Seconds a pass, over so many."""
    clock = time.thread_time if torch.get_num_threads() == 1 else time.perf_counter
    began = clock()
    for _ in range(times):
        run()
    return (clock() - began) / times


def traced(run: Callable[[], None]) -> tuple[float, int]:
    """The most MiB that one pass holds at a time, from the allocator's own record, and how many operations it calls."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as seen:
        run()
    held = most = 0
    for event in sorted(seen.profiler.kineto_results.events(), key=lambda event: event.start_ns()):
        if event.name() == "[memory]":
            held += event.nbytes()
            most = max(most, held)
    operations = [event for event in seen.events() if event.name.startswith("aten::")]
    inner = [event for event in operations if event.cpu_parent and event.cpu_parent.name.startswith("aten::")]
    return most / 2**20, len(operations) - len(inner)


def measure(name: str, case: Case, size: tuple[int, ...], repeats: int, threads: int, definitions: bool) -> Row:
    """Blocks of both, alternating."""
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    inputs = case.inputs(*size)
    for x in inputs[: -1 if case.target else None]:
        x.requires_grad_(x.is_floating_point())
    ours, theirs = case.ours(*size), case.theirs(*size)
    if isinstance(ours, Module) and isinstance(theirs, Module):
        theirs.load_state_dict(ours.state_dict())
    runs = {"ours": passes(ours, inputs), "theirs": passes(theirs, inputs)}
    contexts = {"ours": nullcontext, "theirs": nullcontext}
    if definitions:
        runs["definition"], contexts["definition"] = runs["ours"], nn.definitions
    seconds: dict[str, list[float]] = {version: [] for version in runs}
    times = {}
    for version, run in runs.items():
        with contexts[version]():
            run()
            times[version] = max(1, round(ENOUGH / max(block(run, 3), 1e-6)))
    for turn in range(repeats):
        for version, run in runs.items():
            if version == "definition" and turn % 3:  # only to be shown
                continue
            with contexts[version]():
                seconds[version].append(block(run, times[version]))
    medians = {version: statistics.median(values) * 1e6 for version, values in seconds.items()}
    readable = medians.get("definition")
    (memory, calls), (their_memory, their_calls) = traced(runs["ours"]), traced(runs["theirs"])
    return Row(
        name, size, threads, medians["ours"], medians["theirs"], readable, memory, their_memory, calls, their_calls
    )


def price(threads: int) -> float:
    """Microseconds of the smallest operation: one number and one more, in place."""
    torch.set_num_threads(threads)
    x = torch.zeros(1)
    return 1e6 * min(block(lambda: x.add_(1), 1000) for _ in range(15))


def geometric_mean(ratios: list[float]) -> float:
    """exp of the mean logarithm."""
    return exp(sum(map(log, ratios)) / len(ratios))


def cases() -> dict[str, Case]:
    """All of them, a file a family."""
    found: dict[str, Case] = {}
    for family in ("cases", "recurrent_cases", "attention_cases"):
        found |= import_module(family).CASES
    return found


def rows(
    only: tuple[str, ...] = (), repeats: int = 15, threads: tuple[int, ...] = (1, 2), definitions: bool = True
) -> list[Row]:
    """Every case at its three sizes; `only` keeps those whose name holds one of these words."""
    chosen = {name: case for name, case in cases().items() if not only or any(word in name for word in only)}
    todo = [(name, case, size, n) for n in threads for name, case in chosen.items() for size in case.sizes]
    screen = Console(stderr=True)
    return [
        measure(name, case, size, repeats, n, definitions)
        for name, case, size, n in track(todo, "timing", console=screen)
    ]


def table(found: list[Row]) -> Table:
    """A line for each row; ratios above the limit in red."""
    shown = Table(box=None, pad_edge=False, header_style="bold")
    times = ("ours µs", "torch µs", "ratio", "definition")
    for title in ("layer", "size", "threads", *times, "calls", "ours MiB", "torch MiB"):
        shown.add_column(title, justify="left" if title in ("layer", "size") else "right")
    for row in found:
        ratio = f"{row.ratio:.2f}"
        shown.add_row(
            row.name, "x".join(map(str, row.size)), str(row.threads), f"{row.ours:,.0f}", f"{row.theirs:,.0f}",
            f"[red]{ratio}[/]" if row.ratio > LIMITS[1] else ratio,
            "" if row.definition is None else f"{row.definition / row.theirs:.1f}",
            f"{row.calls}/{row.their_calls}", f"{row.ours_memory:.2f}", f"{row.theirs_memory:.2f}",
        )  # fmt: skip
    return shown


def main(
    only: tuple[str, ...] = (), repeats: int = 15, threads: tuple[int, ...] = (1, 2), definitions: bool = True
) -> None:
    """Print the times of every layer, ours and torch.nn's, with their ratios.

    Args:
        only: words of the names to keep.
        repeats: how often the two alternate.
        threads: numbers of CPU threads.
        definitions: also time the readable definitions.
    """
    found = rows(only, repeats, threads, definitions)
    console = Console(width=120)
    console.print(table(found))
    above = [row for row in found if row.ratio > LIMITS[1]]
    for n in threads:
        mean = geometric_mean([row.ratio for row in found if row.threads == n])
        console.print(f"{n} thread{'s' if n > 1 else ''}: geometric mean of the ratios {mean:.3f}")
    console.print(f"{len(above)} of {len(found)} entries above {LIMITS[1]} (aim: none; geometric mean {LIMITS[0]})")
    prices = {n: price(n) for n in threads}
    more = [prices[row.threads] * (row.calls - row.their_calls) for row in above]
    left = sum(row.ours - cost > LIMITS[1] * row.theirs for row, cost in zip(above, more, strict=True))
    costs = " or ".join(f"{cost:.1f}" for cost in prices.values())
    console.print(
        f"An operation takes {costs} µs or more, however little it does. At that price alone, having more of them than "
        f"torch.nn explains {len(above) - left} of the {len(above)}."
    )


if __name__ == "__main__":
    tyro.cli(main, args=sys.argv[1:])
