"""Where a run computes: device, number of processes, precision, strategy. Imports torch only when a run starts."""

import atexit
import gc
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from firsthand.errors import UserError

if TYPE_CHECKING:
    from lightning_fabric import Fabric

SAFE_PATH = {"PYTHONSAFEPATH": "1"}  # of a child process: `python -m` would import from the current folder first


@dataclass(frozen=True)
class Launch:
    """Where and how a run computes, handed to Lightning Fabric."""

    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"  # what computes; auto takes the best there is
    devices: int = 1  # processes, one device (on a CPU: one core or more) each; the batch is divided among them; under
    # torchrun, which starts them itself, leave it out
    precision: Literal["32-true", "64-true", "16-mixed", "bf16-mixed", "bf16-true"] = "32-true"  # of the arithmetic
    channels_last: bool = False  # whether a pixel's channels lie beside one another in memory: faster for networks of
    # convolutions on a GPU in mixed precision
    strategy: str = "auto"  # how several devices work together, in Fabric's words; auto: ddp
    tensorboard: bool = False  # also write TensorBoard event files into the run folder


class Interrupted(Exception):
    """The run was asked to stop (Ctrl-C or SIGTERM) and has written a checkpoint."""

    def __init__(self, number: int, step: int):
        super().__init__(f"Stopped by {signal.Signals(number).name} at step {step}; everything so far is saved.")
        self.number = number


class Lost(Exception):
    """One of several processes that train together has died, and so the others end, too."""

    def __init__(self, folder: Path):
        super().__init__(
            f"A process of this run has died: it was killed, or it ran out of memory. "
            f"What its last checkpoint holds is saved; go on from there with: firsthand train --resume {folder}"
        )


def fabric_for(launch: Launch) -> "Fabric":
    """A Fabric for `begin` to launch; raises UserError, in one sentence, for what this machine lacks."""
    import torch
    from lightning_fabric import Fabric

    if launch.device == "cuda" and not torch.cuda.is_available():
        raise UserError("This machine has no CUDA device that PyTorch can use; choose --device cpu or --device auto.")
    if launch.device == "mps" and not torch.backends.mps.is_available():
        raise UserError("This machine has no Apple GPU that PyTorch can use; choose --device cpu or --device auto.")
    device, most = _devices(launch)
    devices, machines = _started(launch)
    if not 1 <= devices <= most:
        raise UserError(f"devices is {devices}: choose from 1 to {most} ({device}).")
    if launch.tensorboard and find_spec("tensorboard") is None:
        raise UserError("TensorBoard is not installed: pip install 'firsthand[tensorboard]'.")
    strategy = launch.strategy
    if strategy == "auto" and devices * machines > 1:
        strategy = "ddp"
    try:
        return Fabric(
            accelerator=launch.device,
            devices=devices,
            num_nodes=machines,
            precision=launch.precision,
            strategy=strategy,
        )
    except (ValueError, TypeError, RuntimeError, ImportError) as error:
        raise _cannot_start(error) from None


def begin(fabric: "Fabric") -> None:
    """Launch a Fabric: from here on as many processes as it has devices do the same.

    Raises UserError where they cannot start.
    """
    try:
        with _safe_path():
            fabric.launch()
    except (ValueError, TypeError, RuntimeError, ImportError) as error:
        raise _cannot_start(error) from None
    if fabric.world_size > 1:
        atexit.register(_leave)


@contextmanager
def _safe_path() -> Iterator[None]:
    """Let the processes that Fabric starts import nothing from the current folder, which may be anyone's.

    A user's own script, which they run again, may import what lies beside it.
    """
    spec = sys.modules["__main__"].__spec__
    if spec is None or spec.name.partition(".")[0] != "firsthand":
        yield
        return
    before = {name: os.environ.get(name) for name in SAFE_PATH}
    os.environ.update(SAFE_PATH)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]


def log_to(fabric: "Fabric", folder: Path) -> None:
    """Let a Fabric write what it logs into TensorBoard event files in this folder, too."""
    from lightning_fabric.loggers import TensorBoardLogger

    fabric.loggers.append(TensorBoardLogger(root_dir=folder, name="", version="tensorboard"))


def _cannot_start(error: Exception) -> UserError:
    reason = " ".join(str(error).split()).rstrip(".")
    return UserError(f"Fabric cannot start with these options: {reason}.")


def _devices(launch: Launch) -> tuple[str, int]:
    """What the processes of this run would compute on, in words, and how many of them this machine can bear."""
    import torch

    if launch.device != "cpu" and torch.cuda.is_available():
        return "this machine's CUDA devices", torch.cuda.device_count()
    if launch.device == "mps" or (launch.device == "auto" and torch.backends.mps.is_available()):
        return "this machine has one Apple GPU", 1
    return "processes on this machine's cores", max(os.cpu_count() or 1, 2)


def _started(launch: Launch) -> tuple[int, int]:
    """The processes on this machine and the number of machines: as asked for, or as torchrun has started them.

    Raises UserError where both say something else.
    """
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        return launch.devices, 1
    here, all_of_them = (int(os.environ[name]) for name in ("LOCAL_WORLD_SIZE", "WORLD_SIZE"))
    if launch.devices not in (1, here):
        raise UserError(f"devices is {launch.devices}, but torchrun has started {here} here: leave --devices out.")
    if all_of_them % here:
        raise UserError("torchrun has started more processes on one machine than on another: start as many on each.")
    return here, all_of_them // here


@contextmanager
def together(fabric: "Fabric", folder: Path) -> Iterator[None]:
    """Say in one sentence when another process of this run has died; what the others then see is an error of gloo's.

    Raises Lost.
    """
    try:
        yield
    except RuntimeError as error:
        if fabric.world_size > 1 and any(word in str(error) for word in ("gloo", "NCCL", "peer")):
            raise Lost(folder) from None
        raise


def _leave() -> None:
    """Take the process group apart at the process's end; gloo's threads, left running, now and then abort it there."""
    import torch

    gc.collect()  # a network that was wrapped holds on to the group, and lies in a cycle
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()
