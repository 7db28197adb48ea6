"""How far a reproduction is, and how long the rest of it will take."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path

from rich.progress import ProgressColumn, Task
from rich.text import Text

from firsthand.reproduce.plan import spelled


class Clock:
    """Estimates the time left from the runs' expected seconds, at the pace of those that are done."""

    START = 4.0  # seconds that a process takes before and after what it measures of itself

    def __init__(
        self,
        expected: Mapping[Path, float | None],
        jobs: int = 1,
        later: float | None = 0.0,
        now: Callable[[], float] = time.perf_counter,
    ):
        """`expected`: seconds of each run, None where unknown; `later`: seconds of what comes after all of them."""
        self.waiting = {run: None if seconds is None else seconds + self.START for run, seconds in expected.items()}
        self.running: dict[Path, tuple[float, float | None]] = {}  # when it began, and how long it should take
        self.done: list[tuple[float, float | None]] = []  # how long it took, and should have taken
        self.jobs, self.later, self.now = jobs, later, now

    def begin(self, run: Path) -> None:
        """This run begins."""
        self.running[run] = (self.now(), self.waiting.pop(run))

    def end(self, run: Path, count: bool = True) -> None:
        """This run is done; `count`: its time says something of the others'."""
        began, should = self.running.pop(run)
        if count:
            self.done.append((self.now() - began, should))

    def left(self) -> float | None:
        """Seconds until all is done; None while nothing is known of some run."""
        now = self.now()
        running = list(self.running.values())
        known = [(took, should) for took, should in self.done if should is not None]
        pace = sum(took for took, _ in known) / sum(should for _, should in known) if known else 1.0
        pace = max([pace, *((now - began) / should for began, should in running if should is not None)])  # one is late
        usual = sum(took for took, _ in self.done) / len(self.done) if self.done else None
        rest = []
        for began, should in [*running, *((now, should) for should in list(self.waiting.values()))]:
            whole = usual if should is None else pace * should
            if whole is None or self.later is None:
                return None
            rest.append(max(whole - (now - began), 0.0))
        return max(sum(rest) / self.jobs, max(rest, default=0.0)) + pace * self.later


class TimeLeft(ProgressColumn):
    """The clock's estimate in a progress bar."""

    max_refresh = 1.0  # seconds between two looks at the clock

    def __init__(self, clock: Clock):
        self.clock = clock
        super().__init__()

    def render(self, task: Task) -> Text:
        """As in "12 min left"."""
        return Text(remaining(self.clock))


def remaining(clock: Clock) -> str:
    """The time left in words."""
    left = clock.left()
    return "time left unknown" if left is None else f"about {spelled(left)} left"
