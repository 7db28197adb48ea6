"""What the tests of the engine share."""

import os
import signal
from collections.abc import Callable

import pytest

from firsthand.train.progress import Silent


@pytest.fixture
def stop_at(monkeypatch: pytest.MonkeyPatch) -> Callable:
    """stop_at(7, 9) sends this process Ctrl-C when the run has done these steps, once each."""

    def wait_for(*steps: int) -> None:
        waiting = list(steps)

        def step(self: Silent, done: int, shown: dict) -> None:
            if waiting and done == waiting[0]:
                waiting.pop(0)
                os.kill(os.getpid(), signal.SIGINT)

        monkeypatch.setattr(Silent, "step", step)

    return wait_for
