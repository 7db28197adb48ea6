"""The training loop, on Lightning Fabric: one page for every paper, device, precision and number of processes."""

import math
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, replace
from types import FrameType
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Tensor
from torch.nn import Module

from firsthand import process
from firsthand.errors import UserError
from firsthand.optim import Plateau, limit_norm
from firsthand.train import checkpoint
from firsthand.train.diagnostics import Probe
from firsthand.train.folder import Mark, RunFolder, asked, write_json
from firsthand.train.launch import Interrupted
from firsthand.train.progress import Reporter
from firsthand.train.recipe import average_for, schedule_for
from firsthand.train.task import Task, evaluate


@dataclass
class State:
    """Where a run stands: everything beside tensors that a checkpoint must bring back."""

    step: int = 0  # optimiser steps done
    seconds: float = 0.0  # wall time spent training, over all sittings
    waiting: float = 0.0  # of these, those in which the next batch was not ready yet
    loss_count: int = 0  # steps since the last row of metrics.jsonl
    first: float | None = None  # the first row's loss
    best: float | None = None  # lowest validation loss so far
    worse: int = 0  # evaluations since then
    stopped: str = ""  # why the run ended before its last step, if it did


def fit(task: Task, folder: RunFolder, screen: Reporter, fabric: Fabric, channels_last: bool = False) -> dict[str, Any]:
    """Train the task's network in `folder`, from its newest checkpoint if it has one, and return what result.json says.

    With `channels_last` a pixel's channels lie beside one another in memory. The same recipe on the same machine gives
    the same bits, however often the run was interrupted.
    Raises Interrupted, after writing a checkpoint, on Ctrl-C or SIGTERM.
    """
    training = Training(task, folder, screen, fabric, channels_last)
    training.restore()
    training.loop()
    return training.conclude()


def rehearse(task: Task, network: Module) -> None:
    """Try, on a network that is thrown away, what else only a run would find out: a step on its smallest micro-batch.

    Raises UserError for what does not work, such as one example for a batch norm, before there is a run folder.
    """
    order = task.order()
    parts = [x for step in (0, order.steps_per_epoch - 1) for x in order.indices(step).chunk(task.recipe.accumulate)]
    network.train()
    task.loss(network, task.batch(min(parts, key=len), 0)).backward()


class Training:
    """One run in one process: the network, its average if one is kept, its optimiser, and where they stand."""

    def __init__(self, task: Task, folder: RunFolder, screen: Reporter, fabric: Fabric, channels_last: bool = False):
        self.task, self.recipe, self.folder, self.screen, self.fabric = task, task.recipe, folder, screen, fabric
        self.leads = fabric.global_rank == 0  # of several processes one writes the files
        self.mine = slice(fabric.global_rank, None, fabric.world_size)  # of a batch, what this process trains on
        torch.manual_seed(self.recipe.seed)
        self.network = task.model()
        self.config = folder.config
        if start := checkpoint.newest(folder.checkpoints, "start", screen.say):
            weights = checkpoint.weights(start[0])
            checkpoint.agree(weights, self.network.state_dict(), "network")
            self.network.load_state_dict(weights)
        elif self.config.get("weights"):
            raise UserError(f"{folder.path} has lost the weights that it started from: train again, with --weights.")
        self.layout = torch.channels_last if channels_last else torch.preserve_format
        self.network.to(memory_format=self.layout)
        self.model, self.optimizer = fabric.setup(self.network, task.optimizer(self.network))
        for method in self.task.methods:
            self.model.mark_forward_method(method)
        self.order = task.order()
        self.factor = schedule_for(self.recipe, task.val is not None)
        self.average = average_for(self.recipe, self.network)
        self.scored = self.network if self.average is None else self.average.module  # what is scored and kept
        self.probe = Probe(self.network, folder.diagnostics)
        self.state = State()
        self.loss_sum = torch.zeros((), dtype=torch.float64, device=fabric.device)  # since the last row of metrics
        self.shown: dict[str, float] = {}  # latest numbers, for the progress display

    def restore(self) -> None:
        """Go back to the newest checkpoint, if there is one: tensors, state, random numbers and rows of metrics.

        Raises UserError, before any file has changed, where the folder is not what it was when that was written.
        """
        marks = dict.fromkeys(self.folder.rows, Mark())
        if saved := checkpoint.newest(self.folder.checkpoints, "step", self.screen.say):
            try:
                marks = self.unchanged(saved[1])
                self.put_back(*saved)
            except UserError as error:
                raise UserError(f"{self.folder.path} cannot be continued. {error}") from None
            self.screen.say(f"Resuming {self.folder.path} from step {self.state.step}.")
            self.extend()
        if self.leads:
            for name, rows in self.folder.rows.items():
                rows.rewind(marks[name])

    def unchanged(self, content: dict[str, Any]) -> dict[str, Mark]:
        """Where the files of rows ended at a checkpoint; UserError where what lies beside it is not what lay there.

        Checkpoints of earlier versions tell less of it.
        """
        step, ends = content["step"], self.config.get("extended", [])
        anew = f"or start a new run from its weights, with --weights {self.folder.path}"
        known = {self.recipe.steps, *(end["before"] for end in ends)}
        same = content.get("asked", asked(self.config)) == asked(self.config) and content.get("end") in (None, *known)
        if not same or (ends and ends[-1]["steps"] != self.recipe.steps):
            raise UserError(f"Its config.json has changed since step {step}: put it back as it was, {anew}.")
        if content.get("state", {}).get("best") is not None and self.recipe.keep == "best":
            if not checkpoint.found(self.folder.checkpoints, "best"):
                raise UserError(f"Its best weights, checkpoints/best-*, are gone: put them back, {anew}.")
        if "rows" not in content:
            return {
                name: rows.until(step - (rows is self.folder.diagnostics))  # whose row is written while a step runs
                for name, rows in self.folder.rows.items()
            }
        marks = {name: Mark(**mark) for name, mark in content["rows"].items() if name in self.folder.rows}
        for name, mark in marks.items():
            if not self.folder.rows[name].begins_with(mark):
                gone = "is gone" if not (self.folder.path / name).exists() else "has changed"
                raise UserError(
                    f"Its {name}, which had {mark.rows:,} rows at step {step}, {gone}: put it back as it was, {anew}."
                )
        return dict.fromkeys(self.folder.rows, Mark()) | marks

    def put_back(self, tensors: dict[str, Tensor], content: dict[str, Any]) -> None:
        """Take the state of a checkpoint; raises UserError if it is that of another run."""
        state = State(**content.get("state", {"step": -1}))
        if "optim" not in content or state.step != content["step"] or min(state.loss_count, state.worse) < 0:
            raise UserError("Its checkpoint does not say where it stands: train again.")
        expected = {"loss_sum": self.loss_sum}
        if self.average is not None:
            expected |= {f"average.{name}": value for name, value in self.average.state_dict().items()}
        others = ("model.", "optim.", "task.", "rng.")
        checkpoint.agree({n: t for n, t in tensors.items() if not n.startswith(others)}, expected, "run")
        if isinstance(self.factor, Plateau):
            if content.get("plateau", {}).keys() != self.factor.state_dict().keys():
                raise UserError("Its checkpoint does not say where its schedule stands: train again.")
            self.factor.load_state_dict(content["plateau"])
        self.task.load_state_dict(checkpoint.part(tensors, "task."))
        checkpoint.unpack(tensors, content, self.network, self.optimizer.optimizer)
        self.state = state
        self.loss_sum.copy_(tensors["loss_sum"])
        if self.average is not None:
            self.average.load_state_dict(checkpoint.part(tensors, "average."))

    def extend(self) -> None:
        """Where a run that ended here was given more steps: go on, and say what the schedule makes of it."""
        for extension in self.config.get("extended", []):
            if extension["from"] != self.state.step:
                continue
            self.state.stopped, self.state.worse = "", 0
            step = max(self.state.step - 1, 0)
            before, now = schedule_for(replace(self.recipe, steps=extension["before"]))(step), self.factor(step)
            if before != now and not isinstance(self.factor, Plateau):
                base = self.recipe.optim.lr
                self.screen.say(
                    f"The schedule '{self.recipe.schedule.name}' now runs to step {self.recipe.steps}: "
                    f"the learning rate at step {step + 1} was {base * before:.3g} and would be {base * now:.3g}."
                )

    def loop(self) -> None:
        """All steps that are left."""
        recipe, state = self.recipe, self.state
        self.began = time.perf_counter() - state.seconds  # as if there had been no interruption
        self.screen.start(state.step, recipe.steps)
        self.task.expect(lambda step: self.order.indices(step)[self.mine])
        self.model.train()
        with _signals() as asked, tiny_is_zero():
            try:
                while state.step < recipe.steps and not state.stopped:
                    self.step()
                    last = state.step == recipe.steps
                    if state.step % recipe.log_every == 0 or last:
                        self.log_loss()
                    if self.task.val is not None and (state.step % recipe.eval_every == 0 or last):
                        self.validate()
                    state.seconds = time.perf_counter() - self.began
                    stop = self.asked_to_stop(asked) and not last and not state.stopped
                    if state.step % recipe.checkpoint_every == 0 or last or state.stopped or stop:
                        self.save()
                    self.screen.step(state.step, self.shown)
                    if stop:
                        raise Interrupted(asked[0] if asked else signal.SIGTERM, state.step)
            finally:
                self.task.expect(None)
                self.screen.stop()
                for logger in self.fabric.loggers:
                    logger.finalize("stopped")  # events wait in memory until then

    def step(self) -> None:
        """One optimiser step."""
        step = self.state.step
        if step % self.order.steps_per_epoch == 0:
            self.task.before_epoch(self.network, self.optimizer.optimizer)
        self.rate = self.recipe.optim.lr * self.factor(step)
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate
        due = self.recipe.diagnose_every is not None and step % self.recipe.diagnose_every == 0
        with self.probe.watch(step) if due and self.leads else nullcontext():
            self.loss_sum += self.gradients(self.order.indices(step))
            if self.recipe.clip_value is not None:
                self.fabric.clip_gradients(self.model, self.optimizer, clip_val=self.recipe.clip_value)
            if self.recipe.clip is not None:
                self.fabric.clip_gradients(self.model, self.optimizer, max_norm=self.recipe.clip)
            self.optimizer.step()
        if self.recipe.max_norm is not None:
            limit_norm(self.network.parameters(), self.recipe.max_norm)
        if self.average is not None:
            self.average.update(self.network)
        self.optimizer.zero_grad()
        self.state.step += 1
        self.state.loss_count += 1

    def gradients(self, indices: Tensor) -> Tensor:
        """Gradients of the mean loss of these examples, in micro-batches; returns this process's share of the loss."""
        fabric, mine = self.fabric, indices[self.mine]
        share = fabric.world_size / self.task.weight(indices)  # DDP averages over processes: weight what each has
        parts = mine.chunk(self.recipe.accumulate) if len(mine) else (indices[:1],)
        if fabric.world_size > 1 and len(mine):  # all have as many parts: batch norms wait for one another
            parts = mine.tensor_split(min(self.recipe.accumulate, max(len(indices) // fabric.world_size, 1)))
        total = torch.zeros((), device=fabric.device)
        for number, part in enumerate(parts, 1):
            began = time.perf_counter()
            batch = self.task.batch(part, self.state.step)
            self.state.waiting += time.perf_counter() - began
            if fabric.device.type != "cpu" or self.layout != torch.preserve_format:
                batch = tuple(self.placed(t) for t in batch)
            weight = self.task.weight(part) * share if len(mine) else 0.0
            with fabric.no_backward_sync(self.model) if number < len(parts) else nullcontext():
                loss = self.task.loss(self.model, batch)
                loss = loss if weight == 1.0 else loss * weight
                fabric.backward(loss)
            total = total + loss.detach()
        return total

    def placed(self, values: Tensor) -> Tensor:
        """What a batch consists of on the device, images in the layout of the network."""
        layout = self.layout if values.ndim == 4 else torch.preserve_format
        return values.to(self.fabric.device, non_blocking=True, memory_format=layout)

    def log(self, row: dict[str, float]) -> None:
        """A row of metrics.jsonl, and its time in times.jsonl."""
        self.shown |= {name: value for name, value in row.items() if name in ("loss", "val_loss", "val_error")}
        self.fabric.log_dict(row, self.state.step)
        if self.leads:
            seconds = round(time.perf_counter() - self.began, 3)
            self.folder.metrics.append({"step": self.state.step} | row)
            self.folder.times.append({"step": self.state.step, "seconds": seconds})

    def log_loss(self) -> None:
        """The mean training loss since the last row; a run whose loss is no number any more, or far too high, ends."""
        state = self.state
        mean = self.fabric.all_reduce(self.loss_sum).item() / state.loss_count
        self.loss_sum.zero_()
        state.loss_count = 0
        self.log({"loss": mean, "lr": self.rate})
        state.first = mean if state.first is None else state.first
        far_above = self.recipe.schedule.name == "range" and mean > 2 * state.first
        if far_above or not math.isfinite(mean):
            state.stopped = f"the loss diverged to {mean:.4g} by step {state.step}"

    def validate(self) -> None:
        """Score the validation set; keep the weights if they are the best so far, stop if patience is at its end."""
        scores = self.fabric.broadcast(evaluate(self.task, self.scored, self.task.val, self.fabric.device))
        row = {f"val_{name}": value for name, value in scores.items()}
        self.log(row)
        if isinstance(self.factor, Plateau):
            self.factor.observe(row["val_loss"])
        state = self.state
        if row["val_loss"] < (math.inf if state.best is None else state.best):
            state.best, state.worse = row["val_loss"], 0
            if self.leads:
                weights = checkpoint.of_network(self.scored)
                checkpoint.save(self.folder.checkpoints, "best", state.step, weights, row, keep=1)
        else:
            state.worse += 1
            if self.recipe.patience is not None and state.worse >= self.recipe.patience:
                state.stopped = f"no better validation loss for {state.worse} evaluations"

    def save(self) -> None:
        """A checkpoint of everything; the one before it is kept too."""
        tensors, content = checkpoint.pack(self.network, self.optimizer.optimizer)
        tensors["loss_sum"] = self.fabric.all_reduce(self.loss_sum)  # in place
        tensors |= {f"task.{name}": value for name, value in self.task.state_dict().items()}
        if self.average is not None:
            tensors |= {f"average.{name}": value for name, value in self.average.state_dict().items()}
        if isinstance(self.factor, Plateau):
            content["plateau"] = self.factor.state_dict()
        if self.leads:
            content |= {"state": asdict(self.state), "asked": asked(self.config), "end": self.recipe.steps}
            content |= {"rows": {name: asdict(rows.mark()) for name, rows in self.folder.rows.items()}}
            checkpoint.save(self.folder.checkpoints, "step", self.state.step, tensors, content, keep=2)

    def asked_to_stop(self, asked: list[int]) -> bool:
        """Whether any process was asked to; several compare notes every tenth step, so that all stop together."""
        if self.fabric.world_size == 1:
            return bool(asked)
        if self.state.step % 10:
            return False
        count = torch.tensor(float(len(asked)), device=self.fabric.device)
        return self.fabric.all_reduce(count, reduce_op="sum").item() > 0

    def conclude(self) -> dict[str, Any]:
        """Score the weights that count on every split and write result.json, then the figures."""
        self.screen.say("Scoring every split and drawing the figures ...")
        weights = f"last, step {self.state.step}"
        if self.recipe.keep == "best" and (best := checkpoint.newest(self.folder.checkpoints, "best", self.screen.say)):
            self.scored.load_state_dict(checkpoint.weights(best[0]))
            weights = f"best validation loss, step {best[1]['step']}"
        weights += "" if self.average is None else ", averaged"
        result = {name: self.config[name] for name in ("paper", "preset", "data")} | {
            "seed": self.recipe.seed,
            "steps": self.state.step,
            "seconds": round(self.state.seconds, 3),
            "waiting": round(self.state.waiting / self.state.seconds, 4) if self.state.seconds else 0.0,
            "params": sum(p.numel() for p in self.network.parameters()),
            "weights": weights,
            "stopped": self.state.stopped or "after its last step",
            "metrics": {},
        }
        result |= self.task.told()
        if self.leads:
            for split in ("train", "val", "test"):
                if (examples := getattr(self.task, split)) is not None:
                    scores = evaluate(self.task, self.scored, examples, self.fabric.device, last=True)
                    result["metrics"] |= {f"{split}_{name}": value for name, value in scores.items()}
            (self.folder.figures / "loss.png").unlink(missing_ok=True)  # of fewer steps; the last that is drawn
            write_json(self.folder.path / "result.json", result)
            illustrate(self.task, self.folder, self.scored, self.screen.say)
        self.fabric.barrier()
        return self.fabric.broadcast(result)


def illustrate(task: Task, folder: RunFolder, network: Module, say: Callable[[str], None]) -> None:
    """Draw a finished run's figures; what fails there is told, and costs nothing else."""
    try:
        from firsthand.train.figures import draw  # matplotlib takes half a second to import

        draw(task, folder, network, say)
    except Exception as error:  # matplotlib is at the mercy of its surroundings: fonts, caches, settings
        say(f"The figures of {folder.path} could not be drawn: {type(error).__name__}: {error}")


@contextmanager
def tiny_is_zero() -> Iterator[None]:
    """Let the CPU take numbers below 1e-38 for 0: it is many times slower with them, as with e^-y of far classes."""
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


@contextmanager
def _signals() -> Iterator[list[int]]:
    """Collect Ctrl-C and SIGTERM in a list instead of dying; a second Ctrl-C ends the process at once.

    Several within a second are one: a terminal may send more than one, and a checkpoint takes a moment to write.
    """
    asked: list[int] = []
    began = math.inf

    def note(number: int, frame: FrameType | None) -> None:
        nonlocal began
        if number == signal.SIGINT:
            process.note_interrupt()
            if asked and time.monotonic() - began > process.BURST:
                raise KeyboardInterrupt
        began = min(began, time.monotonic())
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
