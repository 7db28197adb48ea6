"""Examples made ready in threads before they are asked for, so that the network need not wait for them."""

import os
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import Any

import torch
from jaxtyping import Int64
from torch import Tensor

Job = Callable[[], Any]  # makes one example
STEPS = 2  # that are made ready ahead


class Prefetch:
    """What `jobs(step, indices)` make, one an example; it is ready when it is asked for where `follow` told what comes.

    Threads serve, since reading a file and decoding it hold no lock of Python.
    """

    def __init__(self, jobs: Callable[[int, Int64[Tensor, " batch"]], Sequence[Job]]):
        self.jobs = jobs
        self._coming: Callable[[int], Int64[Tensor, " batch"]] | None = None
        self._made: dict[int, dict[int, Future]] = {}  # step -> index -> example

    def follow(self, coming: Callable[[int], Int64[Tensor, " batch"]] | None) -> None:
        """From now on `coming` says which examples a step will ask for; None: none will, and what waits is dropped."""
        self._coming = coming
        for examples in self._made.values():
            for future in examples.values():
                future.cancel()
        self._made = {}

    def take(self, step: int, indices: Int64[Tensor, " batch"]) -> list[Any]:
        """The examples with these indices, as of this step."""
        for past in [number for number in self._made if number < step]:
            del self._made[past]
        if self._coming is not None:
            for number in range(step, step + STEPS + 1):
                if number not in self._made:
                    self._start(number, self._coming(number))
        self._start(step, indices)
        return [self._made[step][index].result() for index in indices.tolist()]

    def _start(self, step: int, indices: Int64[Tensor, " batch"]) -> None:
        """Let the threads make what they have not begun."""
        made = self._made.setdefault(step, {})
        new = indices[torch.tensor([index not in made for index in indices.tolist()], dtype=torch.bool)]
        for index, job in zip(new.tolist(), self.jobs(step, new), strict=True):
            if index not in made:
                made[index] = _threads().submit(job)


@cache
def _threads() -> ThreadPoolExecutor:
    """One a core, for the whole process."""
    warnings.filterwarnings("ignore", module=r"PIL\.")  # of damaged parts that are not needed
    return ThreadPoolExecutor(min(32, os.cpu_count() or 1), "pictures")
