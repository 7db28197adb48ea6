"""What people see while a run trains: a live bar on a terminal, plain lines elsewhere. Always on stderr."""

import time
from contextlib import suppress
from typing import Any, Protocol, runtime_checkable

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


@runtime_checkable
class Reporter(Protocol):
    """Where the engine tells how far it is; called once a step, so it must return at once most of the time."""

    def start(self, step: int, steps: int) -> None: ...
    def step(self, step: int, shown: dict[str, Any]) -> None: ...
    def say(self, text: str) -> None: ...
    def stop(self) -> None: ...


class Silent:
    """Reports nothing."""

    def start(self, step: int, steps: int) -> None:
        """Nothing to show."""

    def step(self, step: int, shown: dict[str, Any]) -> None:
        """Nothing to show."""

    def say(self, text: str) -> None:
        """Nothing to say."""

    def stop(self) -> None:
        """Nothing to end."""


class Screen:
    """A rich progress bar with loss, validation loss, steps/s and time left; a line now and then without a terminal.

    What cannot be shown, since the terminal is gone or the disk behind stderr is full, does not stop the run.
    """

    REFRESH = 0.1  # seconds between updates of the bar
    LINES = 5.0  # seconds between lines where there is no terminal

    def __init__(self, console: Console | None = None):
        self.console = console or Console(stderr=True)
        self.live = self.console.is_terminal
        self.next = 0.0

    def start(self, step: int, steps: int) -> None:
        """Show the bar from `step` of `steps`."""
        self.first, self.steps, self.began, self.next = step, steps, time.perf_counter(), 0.0
        if self.live:
            columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[shown]}"), TimeRemainingColumn())
            self.bar = Progress(*columns, console=self.console, transient=True)
            self.row = self.bar.add_task("train", total=steps, completed=step, shown="")
            with suppress(OSError):
                self.bar.start()

    def step(self, step: int, shown: dict[str, Any]) -> None:
        """Show this step, at most every tenth of a second (every five seconds without a terminal)."""
        now = time.perf_counter()
        if now < self.next and step < self.steps:
            return
        self.next = now + (self.REFRESH if self.live else self.LINES)
        speed = (step - self.first) / max(now - self.began, 1e-9)
        text = " · ".join([f"{name} {value:.4f}" for name, value in shown.items()] + [f"{speed:.0f} steps/s"])
        if self.live:
            self.bar.update(self.row, completed=step, shown=text)
        else:
            left = (self.steps - step) / max(speed, 1e-9)
            self.say(f"step {step}/{self.steps} · {text} · {left:.0f} s left")

    def say(self, text: str) -> None:
        """A line of its own, above the bar."""
        with suppress(OSError):
            self.console.print(text, highlight=False, markup=False, soft_wrap=True)

    def stop(self) -> None:
        """Take the bar away."""
        if self.live and hasattr(self, "bar"):
            with suppress(OSError):
                self.bar.stop()
