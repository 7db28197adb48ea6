"""What makes this process the command `firsthand`: how it notices Ctrl-C, and streams that cannot fail half way.

Nothing here touches a program that imports firsthand: only the command line calls it. It imports nothing that takes
time, so that Ctrl-C is noticed from the start.
"""

import os
import signal
import sys
import time
from contextlib import suppress
from types import FrameType
from typing import Any, TextIO

BURST = 1.0  # seconds in which several Ctrl-C are one: keys are held down, and terminals send more than one

ours = False  # whether this process is the command `firsthand`, not a program that imports it
_interrupted: float | None = None  # when Ctrl-C was pressed first


def prepare() -> None:
    """Hear Ctrl-C once, show what can be shown in any encoding, stand closed streams, and draw without a screen."""
    global ours
    ours = True
    signal.signal(signal.SIGINT, interrupt)
    sys.unraisablehook = _unraisable
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        stream = getattr(sys, name)
        if stream is None:  # closed by whoever started us: hold its number, or the next file that is opened gets it
            place = os.open(os.devnull, os.O_WRONLY if name == "stderr" else os.O_RDONLY)  # stdout: writing fails
            if place > number:
                os.dup2(place, number)
            setattr(sys, name, open(number, "r" if name == "stdin" else "w", encoding="utf-8", closefd=False))
        elif name != "stdin" and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    os.environ["MPLBACKEND"] = "Agg"  # whatever a notebook around us has set: figures are files


def interrupt(number: int, frame: FrameType | None) -> None:
    """Ctrl-C: the first ends what is being done, more within a second are the same one, a later one ends us at once.

    While modules are imported it ends us at once, too: compiled ones abort, with a core dump, when they are cut short.
    """
    first = _interrupted
    note_interrupt()
    if first is None:
        if _importing(frame):
            leave()
        raise KeyboardInterrupt
    if time.monotonic() - first > BURST:
        os._exit(130)


def _importing(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


def leave() -> None:
    """End this process after Ctrl-C, whatever state it is in, with the cursor that a progress bar may have hidden."""
    if leads():
        with suppress(OSError):
            os.write(2, b"\x1b[?25hStopped.\n" if os.isatty(2) else b"Stopped.\n")
    with suppress(OSError, RuntimeError, ValueError):  # it may be in the middle of a write
        sys.stdout.flush()
    os._exit(130)


def leads() -> bool:
    """Whether this process speaks to the user: of several that work on one run, only the first does."""
    return all(os.environ.get(rank, "0") == "0" for rank in ("RANK", "LOCAL_RANK", "SLURM_PROCID"))


def note_interrupt() -> None:
    """Remember, in a process of ours, that Ctrl-C was pressed, and is being obeyed."""
    global _interrupted
    if ours and _interrupted is None:
        _interrupted = time.monotonic()


def interrupted() -> bool:
    """Whether Ctrl-C was pressed: what fails after that fails because of it."""
    return _interrupted is not None


def mute(stream: TextIO) -> None:
    """Let a stream that cannot be written to end quietly: Python would try, and fail, once more at its exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())


def _unraisable(what: Any) -> None:
    """Ctrl-C that fell into a destructor, where Python can only print it, ends the process as elsewhere."""
    if issubclass(what.exc_type, KeyboardInterrupt):
        leave()
    sys.__unraisablehook__(what)
