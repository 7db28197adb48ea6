"""Where a run computes: device, number of processes, precision, strategy. Imports torch only when a run starts."""

import atexit
import gc
import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from firsthand.errors import UserError

if TYPE_CHECKING:
    from lightning_fabric import Fabric


@dataclass(frozen=True)
class Launch:
    """Where and how a run computes, handed to Lightning Fabric."""

    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"  # what computes; auto takes the best there is
    devices: int = 1  # processes, one device each; the batch is divided among them
    precision: Literal["32-true", "64-true", "16-mixed", "bf16-mixed", "bf16-true"] = "32-true"  # of the arithmetic
    strategy: str = "auto"  # how several devices work together, in Fabric's words: auto, ddp, fsdp, ...
    tensorboard: bool = False  # also write TensorBoard event files into the run folder


class Interrupted(Exception):
    """The run was asked to stop (Ctrl-C or SIGTERM) and has written a checkpoint."""

    def __init__(self, number: int, step: int):
        super().__init__(f"Stopped by {signal.Signals(number).name} at step {step}; everything so far is saved.")
        self.number = number


def fabric_for(launch: Launch, folder: Path | None = None) -> "Fabric":
    """A launched Fabric; says in one sentence what this machine lacks."""
    import torch
    from lightning_fabric import Fabric

    if launch.device == "cuda" and not torch.cuda.is_available():
        raise UserError("This machine has no CUDA device that PyTorch can use; choose --device cpu or --device auto.")
    if launch.device == "mps" and not torch.backends.mps.is_available():
        raise UserError("This machine has no Apple GPU that PyTorch can use; choose --device cpu or --device auto.")
    if launch.devices < 1:
        raise UserError(f"devices must be at least 1, got {launch.devices}.")
    if launch.devices > torch.cuda.device_count() and (launch.device == "cuda" or torch.cuda.is_available()):
        if launch.device != "cpu":
            raise UserError(f"This machine has {torch.cuda.device_count()} CUDA devices, not {launch.devices}.")
    loggers = []
    if launch.tensorboard:
        from lightning_fabric.loggers import TensorBoardLogger

        try:
            loggers = [TensorBoardLogger(root_dir=folder or ".", name="", version="tensorboard")]
        except ModuleNotFoundError:
            raise UserError("TensorBoard is not installed: pip install 'firsthand[tensorboard]'.") from None
    strategy = launch.strategy
    if strategy == "auto" and launch.devices > 1:
        strategy = "ddp"
    try:
        fabric = Fabric(
            accelerator=launch.device,
            devices=launch.devices,
            precision=launch.precision,
            strategy=strategy,
            loggers=loggers,
        )
        fabric.launch()
    except (ValueError, TypeError, RuntimeError) as error:
        reason = " ".join(str(error).split()).rstrip(".")
        raise UserError(f"Fabric cannot start with these options: {reason}.") from None
    if fabric.world_size > 1:
        atexit.register(_leave)
    return fabric


def _leave() -> None:
    """Take the process group apart at the process's end; gloo's threads, left running, now and then abort it there."""
    import torch

    gc.collect()  # a network that was wrapped holds on to the group, and lies in a cycle
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()


def leads() -> bool:
    """Whether this process speaks to the user: of several that work on one run, only the first does."""
    return all(os.environ.get(rank, "0") == "0" for rank in ("RANK", "LOCAL_RANK", "SLURM_PROCID"))
