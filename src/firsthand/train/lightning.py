"""A paper's task for those who train with Lightning's Trainer: the same steps as those of our own engine."""

from collections.abc import Iterator
from typing import Any

import torch
from lightning.pytorch import LightningModule
from torch import Tensor
from torch.optim import Optimizer
from torch.utils.data import DataLoader, Dataset, Sampler

from firsthand.data.order import ByLength, Order
from firsthand.errors import UserError
from firsthand.optim import Plateau, limit_norm
from firsthand.train.recipe import average_for, schedule_for
from firsthand.train.task import Batch, Examples, Task


class Batches(Dataset):
    """The batches of a run by the number of their step."""

    def __init__(self, task: Task, order: Order | ByLength):
        self.task, self.order = task, order

    def __getitem__(self, step: int) -> Batch:
        return self.task.batch(self.order.indices(step), step)

    def __len__(self) -> int:
        return self.task.recipe.steps


class Steps(Sampler):
    """The steps of the pass that begins now."""

    def __init__(self, module: "TaskModule"):
        self.module = module

    def __iter__(self) -> Iterator[int]:
        first = self.module.global_step
        return iter(range(first, min(first + len(self), self.module.recipe.steps)))

    def __len__(self) -> int:
        return self.module.order.steps_per_epoch


class Parts(Dataset):
    """Examples to evaluate, in parts of many."""

    def __init__(self, examples: Examples, size: int):
        self.examples, self.parts = examples, torch.arange(len(examples)).split(size)

    def __getitem__(self, number: int) -> Batch:
        return self.examples.batch(self.parts[number])

    def __len__(self) -> int:
        return len(self.parts)


def loader(batches: Dataset, steps: Sampler | None = None) -> DataLoader:
    """Batches as they are; its generator is its own, or it would draw from torch's, as dropout does."""
    return DataLoader(batches, batch_size=None, sampler=steps, generator=torch.Generator(), collate_fn=tuple)


class TaskModule(LightningModule):
    """A task with its recipe, data and network: `Trainer(max_steps=module.recipe.steps).fit(module)`.

    On one device its steps are those of `firsthand.train` with the same recipe, bit for bit. Evaluations, checkpoints
    and stopping are the Trainer's own affair. Raises UserError for a recipe with micro-batches or one that waits for a
    plateau: those are options of the Trainer.
    """

    def __init__(self, recipe: Any):
        super().__init__()
        if recipe.accumulate > 1:
            raise UserError("Of accumulate take 1: Trainer(accumulate_grad_batches=...) makes micro-batches.")
        self.task = recipe.task(recipe)
        self.recipe = self.task.recipe
        torch.manual_seed(recipe.seed)
        self.network = self.task.model()
        self.order = self.task.order()
        self.factor = schedule_for(self.recipe, self.task.val is not None)
        if isinstance(self.factor, Plateau):
            raise UserError("The schedule 'plateau' needs our own loop: choose another schedule.")
        self.average = average_for(self.recipe, self.network)
        self.random = torch.get_rng_state()  # what the first step draws from

    def forward(self, x: Tensor) -> Tensor:
        """What the network makes of x."""
        return self.network(x)

    def configure_optimizers(self) -> Optimizer:
        """The recipe's update rule."""
        return self.task.optimizer(self.network)

    def train_dataloader(self) -> DataLoader:
        """A pass over the training examples in the recipe's order."""
        return loader(Batches(self.task, self.order), Steps(self))

    def on_train_start(self) -> None:
        """Dropout draws what it draws in our loop."""
        if self.global_step == 0:
            torch.set_rng_state(self.random)

    def on_train_batch_start(self, batch: Batch, number: int) -> None:
        """The learning rate of this step."""
        optimizer = self.optimizers(use_pl_optimizer=False)
        if self.global_step % self.order.steps_per_epoch == 0:
            self.task.before_epoch(self.network, optimizer)
        for group in optimizer.param_groups:
            group["lr"] = self.recipe.optim.lr * self.factor(self.global_step)

    def training_step(self, batch: Batch, number: int) -> Tensor:
        """The loss of a batch."""
        loss = self.task.loss(self.network, batch)
        self.log("loss", loss.detach(), prog_bar=True)
        return loss

    def configure_gradient_clipping(self, optimizer: Optimizer, *_: Any, **__: Any) -> None:
        """As the recipe cuts gradients."""
        for limit, how in ((self.recipe.clip_value, "value"), (self.recipe.clip, "norm")):
            if limit is not None:
                self.clip_gradients(optimizer, gradient_clip_val=limit, gradient_clip_algorithm=how)

    def on_train_batch_end(self, outputs: Any, batch: Batch, number: int) -> None:
        """What follows an update."""
        if self.recipe.max_norm is not None:
            limit_norm(self.network.parameters(), self.recipe.max_norm)
        if self.average is not None:
            self.average.update(self.network)

    def val_dataloader(self) -> DataLoader | list:
        """The examples held out."""
        return self._parts(self.task.val)

    def test_dataloader(self) -> DataLoader | list:
        """The test examples."""
        return self._parts(self.task.test)

    def _parts(self, examples: Examples | None) -> DataLoader | list:
        return [] if examples is None else loader(Parts(examples, self.task.eval_batch))

    def validation_step(self, batch: Batch, number: int) -> None:
        """The means of the scores over the examples held out."""
        self._score("val", batch)

    def test_step(self, batch: Batch, number: int) -> None:
        """The same over the test examples."""
        self._score("test", batch)

    def _score(self, split: str, batch: Batch) -> None:
        network = self.network if self.average is None else self.average.module
        for name, values in self.task.scores(network.eval(), batch).items():
            self.log(f"{split}_{name}", values.mean(), batch_size=len(values), prog_bar=name == "loss")
