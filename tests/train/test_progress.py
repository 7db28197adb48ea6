"""What people see: lines where there is no terminal, a bar where there is one."""

import io

from rich.console import Console

from firsthand.train.progress import Reporter, Screen, Silent


def lines(terminal: bool) -> list[str]:
    stream = io.StringIO()
    screen = Screen(Console(file=stream, force_terminal=terminal, width=200))
    screen.start(0, 1000)
    for step in range(1, 1001):
        screen.step(step, {"loss": 1 / step})
    screen.say("A [bracket] is no markup.")
    screen.stop()
    return stream.getvalue().splitlines()


def test_without_a_terminal():
    """The first step, the last, and one every five seconds: not one a step."""
    found = lines(terminal=False)
    assert len(found) == 3
    assert found[0].startswith("step 1/1000 · loss 1.0000 · ")
    assert found[1].startswith("step 1000/1000 · loss 0.0010 · ")
    assert found[2] == "A [bracket] is no markup."


def test_on_a_terminal():
    """The bar is drawn with its numbers, and gone in the end; what was said stays."""
    text = "\n".join(lines(terminal=True))
    assert "1000/1000" in text and "loss 0.0010" in text and "A [bracket] is no markup." in text


def test_reporters():
    """The engine may be given either."""
    assert isinstance(Silent(), Reporter)
    assert isinstance(Screen(Console(file=io.StringIO())), Reporter)


class Gone(io.StringIO):
    """A terminal that was closed, or a file on a full disk."""

    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")


def test_a_screen_that_is_gone():
    """Is no reason for a run to end."""
    for terminal in (True, False):
        screen = Screen(Console(file=Gone(), force_terminal=terminal))
        screen.start(0, 2)
        screen.step(2, {"loss": 1.0})
        screen.say("Nobody reads this.")
        screen.stop()
