"""A child process with limits: what a learner's file does by accident ends there. It is no guard against malice."""

import ctypes
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000  # linux/sched.h

Ending = Literal["done", "time", "memory", "left", "killed"]


@dataclass(frozen=True)
class Limits:
    """What a child may use."""

    cpu: int = 10  # seconds of computing
    wall: float = 60.0  # seconds altogether
    memory: int = 2 << 30  # bytes more than at its start
    file: int = 1 << 20  # bytes of each file that it writes, and of what it prints


@dataclass(frozen=True)
class Ended:
    """How a child ended."""

    ending: Ending  # left: its work ended the process itself
    printed: str
    offline: bool = False  # whether it had no network


def child(work: Callable[[], None], folder: Path, limits: Limits | None = None) -> Ended:
    """Do some work in a forked process, in one thread."""
    sys.stdout.flush()
    sys.stderr.flush()
    end, printed, offline = folder / "end", folder / "printed", folder / "offline"
    end.unlink(missing_ok=True)
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.setsid()
            torch.set_num_threads(1)  # those of the parent are not here
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            streams = os.open(printed, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            nothing = os.open(os.devnull, os.O_RDONLY)
            for place, source in ((0, nothing), (1, streams), (2, streams)):
                os.dup2(source, place)
            if limits is not None and restrict(limits):
                offline.touch()
            work()
            with suppress(OSError):
                sys.stdout.flush()
            end.write_text("done")
            code = 0
        except MemoryError:
            end.write_text("memory")
        finally:
            os._exit(code)
    status = wait(pid, None if limits is None else limits.wall)
    with suppress(OSError):
        os.killpg(pid, signal.SIGKILL)  # what it may have started
    how: Ending = "done"
    if end.exists():
        how = "memory" if end.read_text() == "memory" else "done"
    elif status is None or (os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGKILL)):
        how = "time"
    else:
        how = "killed" if os.WIFSIGNALED(status) else "left"
    return Ended(how, printed.read_text(errors="replace") if printed.exists() else "", offline.exists())


def wait(pid: int, wall: float | None) -> int | None:
    """How the process ended; None if it had to be stopped because its time was over. Ctrl-C stops it, too."""
    over = None if wall is None else time.monotonic() + wall
    pause = 0.002
    try:
        while True:
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                return status
            if over is not None and time.monotonic() > over:
                os.killpg(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                return None
            time.sleep(pause)
            pause = min(2 * pause, 0.02)
    except KeyboardInterrupt:
        with suppress(OSError):
            os.killpg(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        raise


def restrict(limits: Limits) -> bool:
    """Put the limits on this process, as far as the system knows them; whether it has no network."""
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu, limits.cpu + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits.file, limits.file))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError, ValueError):
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * resource.getpagesize() + limits.memory
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    return alone()


def alone() -> bool:
    """Leave the network, where the system lets a process of its own accord; whether it did."""
    with suppress(OSError, AttributeError):
        return ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0
    return False
