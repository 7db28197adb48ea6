"""Where a number comes from: the code that made it and the machine that it ran on."""

import os
import platform
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import torch

from firsthand import __version__


def provenance() -> dict[str, Any]:
    """What config.json and a results file say of the code and of the machine."""
    return {"firsthand": __version__, "commit": commit(), "machine": machine()}


def machine() -> dict[str, Any]:
    """What is computed on, as far as it can change bits or seconds."""
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "platform": platform.platform(),
        "cpu": f"{processor()}, {torch.backends.cpu.get_cpu_capability()}",
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "cuda": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
    }


def processor() -> str:
    """The processor's name, where the system says it."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


@cache
def commit() -> str | None:
    """The commit of this package's own checkout, with a + if its code was changed since; None of an installed one."""
    source = Path(__file__).resolve().parent
    if not (source.parents[1] / ".git").exists():
        return None

    def git(*words: str) -> str:
        command = ["git", "-C", str(source), *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout.strip()

    try:
        return git("rev-parse", "--short=12", "HEAD") + ("+" if git("status", "--porcelain", "--", ".") else "")
    except (OSError, subprocess.SubprocessError):
        return None
