"""The training loop, on Lightning Fabric: one page for every paper, device, precision and number of processes."""

import math
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass
from types import FrameType
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Tensor

from firsthand.data.order import Order
from firsthand.train import checkpoint
from firsthand.train.diagnostics import Probe
from firsthand.train.folder import RunFolder, write_json
from firsthand.train.launch import Interrupted
from firsthand.train.progress import Reporter
from firsthand.train.recipe import schedule_for
from firsthand.train.task import Task, evaluate


@dataclass
class State:
    """Where a run stands: everything beside tensors that a checkpoint must bring back."""

    step: int = 0  # optimiser steps done
    seconds: float = 0.0  # wall time spent training, over all sittings
    loss_count: int = 0  # steps since the last row of metrics.jsonl
    first: float | None = None  # the first row's loss
    best: float | None = None  # lowest validation loss so far
    best_step: int = 0  # where it was
    worse: int = 0  # evaluations since then
    stopped: str = ""  # why the run ended before its last step, if it did


def fit(task: Task, folder: RunFolder, screen: Reporter, fabric: Fabric) -> dict[str, Any]:
    """Train the task's network in `folder`, from its newest checkpoint if it has one, and return what result.json says.

    The same recipe on the same machine gives the same bits, however often the run was interrupted.
    Raises Interrupted, after writing a checkpoint, on Ctrl-C or SIGTERM.
    """
    recipe = task.recipe
    torch.manual_seed(recipe.seed)
    network = task.model()
    model, optimizer = fabric.setup(network, task.optimizer(network))
    order = Order(len(task.train), recipe.batch, recipe.order, recipe.seed)
    factor = schedule_for(recipe)
    probe = Probe(network, folder.diagnostics)

    state = State()
    loss_sum = torch.zeros((), dtype=torch.float64, device=fabric.device)  # training loss since the last row
    shown: dict[str, float] = {}  # latest numbers, for the progress display
    if saved := checkpoint.newest(folder.checkpoints, "step", screen.say):
        checkpoint.unpack(*saved, network, optimizer.optimizer)
        state = State(**saved[1]["state"])
        loss_sum.copy_(saved[0]["loss_sum"])
        screen.say(f"Resuming {folder.path} from step {state.step}.")
    if fabric.global_rank == 0:
        for rows in (folder.metrics, folder.times):
            rows.rewind(state.step)
        folder.diagnostics.rewind(state.step - 1)  # its row of a step is written while that step runs

    def keep(kind: str, tensors: dict[str, Tensor], content: dict[str, Any], count: int) -> None:
        if fabric.global_rank == 0:
            checkpoint.save(folder.checkpoints, kind, state.step, tensors, content, count)

    def save() -> None:
        tensors, content = checkpoint.pack(network, optimizer.optimizer)
        tensors["loss_sum"] = fabric.all_reduce(loss_sum)  # in place
        keep("step", tensors, content | {"state": asdict(state)}, 2)

    def log(row: dict[str, float]) -> None:
        shown.update({name: value for name, value in row.items() if name in ("loss", "val_loss", "val_error")})
        fabric.log_dict(row, state.step)
        if fabric.global_rank == 0:
            folder.metrics.append({"step": state.step} | row)
            folder.times.append({"step": state.step, "seconds": round(before + time.perf_counter() - began, 3)})

    def validate() -> None:
        row = {
            f"val_{name}": value
            for name, value in fabric.broadcast(evaluate(task, network, task.val, fabric.device)).items()
        }
        log(row)
        if row["val_loss"] < (math.inf if state.best is None else state.best):
            state.best, state.best_step, state.worse = row["val_loss"], state.step, 0
            keep("best", {f"model.{name}": value for name, value in network.state_dict().items()}, row, 1)
        else:
            state.worse += 1
            if recipe.patience is not None and state.worse >= recipe.patience:
                state.stopped = f"no better validation loss for {state.worse} evaluations"

    began, before = time.perf_counter(), state.seconds
    screen.start(state.step, recipe.steps)
    model.train()
    with _signals() as asked:
        try:
            while state.step < recipe.steps and not state.stopped:
                if state.step % order.steps_per_epoch == 0:
                    task.before_epoch(network, optimizer.optimizer)
                rate = recipe.optim.lr * factor(state.step)
                for group in optimizer.param_groups:
                    group["lr"] = rate
                due = recipe.diagnose_every is not None and state.step % recipe.diagnose_every == 0
                with probe.watch(state.step) if due and fabric.global_rank == 0 else nullcontext():
                    loss_sum += _gradients(task, model, fabric, order.indices(state.step))
                    if recipe.clip is not None:
                        fabric.clip_gradients(model, optimizer, max_norm=recipe.clip)
                    optimizer.step()
                optimizer.zero_grad()
                state.step += 1
                state.loss_count += 1

                if state.step % recipe.log_every == 0 or state.step == recipe.steps:
                    mean = fabric.all_reduce(loss_sum).item() / state.loss_count
                    loss_sum.zero_()
                    state.loss_count = 0
                    log({"loss": mean, "lr": rate})
                    state.first = mean if state.first is None else state.first
                    far_above = recipe.schedule.name == "range" and mean > 2 * state.first
                    if far_above or not math.isfinite(mean):
                        state.stopped = f"the loss diverged to {mean:.4g} by step {state.step}"
                if task.val is not None and (state.step % recipe.eval_every == 0 or state.step == recipe.steps):
                    validate()
                state.seconds = before + time.perf_counter() - began
                if state.step % recipe.checkpoint_every == 0 or state.step == recipe.steps or state.stopped:
                    save()
                screen.step(state.step, shown)
                if _asked_to_stop(fabric, asked, state.step) and state.step < recipe.steps and not state.stopped:
                    save()
                    raise Interrupted(asked[0] if asked else signal.SIGTERM, state.step)
        finally:
            screen.stop()
            for logger in fabric.loggers:
                logger.finalize("stopped")  # events wait in memory until then
    return _conclude(task, folder, network, state, fabric, screen)


def _gradients(task: Task, model: Any, fabric: Fabric, indices: Tensor) -> Tensor:
    """Gradients of the mean loss over these examples, in micro-batches; returns this process's share of the loss."""
    mine = indices if fabric.world_size == 1 else indices[fabric.global_rank :: fabric.world_size]
    share = fabric.world_size / len(indices)  # DDP averages over processes: weight each by the examples it has
    parts = mine.chunk(task.recipe.accumulate) if len(mine) else (indices[:1],)
    total = torch.zeros((), device=fabric.device)
    for number, part in enumerate(parts, 1):
        batch = task.train.batch(part)
        if fabric.device.type != "cpu":
            batch = tuple(t.to(fabric.device, non_blocking=True) for t in batch)
        weight = len(part) * share if len(mine) else 0.0
        if number == len(parts):
            loss = task.loss(model, batch)
            fabric.backward(loss if weight == 1.0 else loss * weight)
        else:
            with fabric.no_backward_sync(model):
                loss = task.loss(model, batch)
                fabric.backward(loss * weight)
        total = loss.detach() if len(parts) == 1 and weight == 1.0 else total + loss.detach() * weight
    return total


def _conclude(
    task: Task, folder: RunFolder, network: Any, state: State, fabric: Fabric, screen: Reporter
) -> dict[str, Any]:
    """Score the weights that count on every split and write result.json and the figures."""
    weights = f"last, step {state.step}"
    if task.recipe.keep == "best" and (best := checkpoint.newest(folder.checkpoints, "best", screen.say)):
        network.load_state_dict(checkpoint.weights(best[0]))
        weights = f"best validation loss, step {best[1]['step']}"
    config = folder.config
    result = {name: config[name] for name in ("paper", "preset", "data")} | {
        "seed": task.recipe.seed,
        "steps": state.step,
        "seconds": round(state.seconds, 3),
        "params": sum(p.numel() for p in network.parameters()),
        "weights": weights,
        "stopped": state.stopped or "after its last step",
        "metrics": {},
    }
    if fabric.global_rank == 0:
        for split in ("train", "val", "test"):
            if (examples := getattr(task, split)) is not None:
                scores = evaluate(task, network, examples, fabric.device)
                result["metrics"] |= {f"{split}_{name}": value for name, value in scores.items()}
        from firsthand.train.figures import draw  # matplotlib takes half a second to import

        draw(task, folder, network)
        write_json(folder.path / "result.json", result)
    fabric.barrier()
    return fabric.broadcast(result)


def _asked_to_stop(fabric: Fabric, asked: list[int], step: int) -> bool:
    """Whether any process was asked to stop; several compare notes every tenth step, so that all stop together."""
    if fabric.world_size == 1:
        return bool(asked)
    return (
        step % 10 == 0 and fabric.all_reduce(torch.tensor(float(len(asked)), device=fabric.device), reduce_op="sum") > 0
    )


@contextmanager
def _signals() -> Iterator[list[int]]:
    """Collect Ctrl-C and SIGTERM in a list instead of dying; a second Ctrl-C ends the process at once."""
    asked: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        if asked and number == signal.SIGINT:
            raise KeyboardInterrupt
        asked.append(number)

    try:
        before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    except ValueError:  # not in the main thread: signals stay with whoever owns it
        yield asked
        return
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
