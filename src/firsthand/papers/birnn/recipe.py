"""How the network is trained: on the paper's artificial data, and as a tagger of English words."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.nn import Module
from torch.optim import Optimizer

from firsthand.errors import UserError
from firsthand.nn import cross_entropy, log_softmax, mse
from firsthand.papers.birnn.model import BRNN, Config
from firsthand.papers.birnn.rprop import Rprop
from firsthand.papers.birnn.sequences import MEAN, NOTHING, Sequences
from firsthand.train import recipe
from firsthand.train.recipe import Optim, Schedule
from firsthand.train.task import Batch, Examples, Task


class Label(Task):
    """An output for every step: a number (the loss is the squared error) or a class (nats, and the error)."""

    network = BRNN
    eval_batch = 500

    def __init__(self, recipe: Any):
        (self.train, self.val, self.test), self.labels, self.words = recipe.data.load()
        if (recipe.model.embed is None) == bool(self.words):
            need = "words, which need model.embed, numbers that stand for each."
            need = need if self.words else "numbers, not words: leave out model.embed."
            raise UserError(f"The data '{recipe.data.name}' has {need}")
        sizes = {"outputs": len(self.labels)} | ({"vocab": len(self.words) + 2} if self.words else {})
        for name, size in sizes.items():
            given = getattr(recipe.model, name)
            if given not in (None, size):
                raise UserError(f"model.{name} is {given}, but the data has {size}; leave it to the data.")
        super().__init__(replace(recipe, model=replace(recipe.model, **sizes)))

    def loss(self, model: Module, batch: Batch) -> Tensor:
        """The mean over all steps of all sequences."""
        y, targets = model(batch[0]), batch[1]
        if y.shape[2] == 1:
            return mse(y.squeeze(2), targets)
        return cross_entropy(y.flatten(0, 1), targets.flatten(), ignore_index=NOTHING)

    def marks(self, model: Module, batch: Batch) -> dict[str, Tensor]:
        """The loss of every step, of classes the error too; 0 on padding."""
        y, targets = model(batch[0]), batch[1]
        if y.shape[2] == 1:
            return {"loss": mse(y.squeeze(2), targets, "none")}
        known = targets != NOTHING
        losses = -log_softmax(y.flatten(0, 1)).view(y.shape).gather(2, targets.clamp(min=0)[..., None]).squeeze(2)
        return {"loss": losses * known, "error": ((y.argmax(2) != targets) & known).to(y.dtype)}

    def scores(self, model: Module, batch: Batch) -> dict[str, Tensor]:
        """Means over the steps of every sequence."""
        steps = (batch[1] != NOTHING).sum(1)
        return {name: values.sum(1) / steps for name, values in self.marks(model, batch).items()}

    def measure(self, model: Module, examples: Examples, device: torch.device | str) -> dict[str, float]:
        """Means over all steps: a long sentence counts for more than a short one."""
        totals, steps = {}, (examples.targets != NOTHING).sum().item()
        for indices in torch.arange(len(examples)).split(self.eval_batch):
            for name, values in self.marks(model, self.on(device, model, examples.batch(indices))).items():
                totals[name] = totals.get(name, 0.0) + values.double().sum().item()
        return {name: total / steps for name, total in totals.items()}

    def optimizer(self, model: Module) -> Optimizer:
        """The recipe's rule, or RPROP."""
        return Rprop(model.parameters(), self.recipe.optim.lr) if self.recipe.rprop else super().optimizer(model)

    def files(self) -> dict[str, Any]:
        """What outputs and words are called."""
        return {"labels.json": list(self.labels), "words.json": list(self.words)}

    def figures(self, model: Module) -> Iterator[tuple[str, Any]]:
        """A stretch of the test sequences beside the network's output, or how many of each class it gets right."""
        from firsthand.figures.bars import by_class  # matplotlib takes half a second to import
        from firsthand.figures.curves import output_beside_target

        device, everything = next(model.parameters()).device, self.test.batch(torch.arange(len(self.test)))
        inputs, targets = self.on(device, model, everything)
        with torch.no_grad():
            y = torch.cat([model(part) for part in inputs.split(self.eval_batch)]).cpu()
        targets = targets.cpu()
        if y.shape[2] == 1:
            title = "A weighted average of past and future, step by step"
            stretch = {"the average": targets[0, :100], "the network's output": y[0, :100, 0]}
            yield "stretch", output_beside_target(stretch, title)
        else:
            known = targets != NOTHING
            yield "classes", by_class(targets[known], y[known], self.labels, "The test sequences, class by class")


@dataclass(frozen=True)
class Recipe(recipe.Recipe):
    """A recipe with the network's sizes and its sequences."""

    model: Config = Config()
    data: Sequences = Sequences()
    rprop: bool = False  # RPROP, the paper's rule, in place of sgd: its first steps are optim.lr
    task: ClassVar = Label

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.rprop and (replace(self.optim, lr=0.1) != Optim() or self.schedule != Schedule()):
            raise UserError("With rprop only optim.lr counts, of all options of optim and schedule: leave others out.")


# The paper's data and rule; RPROP needs all of the data at every step. One thread: there is nothing to share.
_ARTIFICIAL = Recipe(
    rprop=True, steps=200, order="constant", optim=Optim(lr=0.01), eval_every=20, log_every=5, checkpoint_every=100,
    threads=1,
)  # fmt: skip
PRESETS = {
    # Enough states not to get stuck: a few seconds.
    "laptop": replace(_ARTIFICIAL, model=Config(hidden=8, prior=MEAN), data=Sequences(piece=100), batch=100),
    # Section III.A: two states of each kind, weights from U(-1, 1), 200 cycles of RPROP. The one long sequence
    # is cut into 20, which costs 0.00003 of the error; RPROP's constants are not given.
    "paper": replace(_ARTIFICIAL, model=Config(reach=1.0, prior=MEAN), batch=20, keep="last"),
    # A tagger of English: the network at the work that it became known for. Needs the Brown corpus, 3 MB.
    "brown": Recipe(
        model=Config(cell="gru", hidden=64, embed=50, edge=0.0),
        data=Sequences("brown"),
        steps=3400,
        optim=Optim("adam", lr=0.003),
        schedule=Schedule("one-cycle"),
        eval_every=425,
        checkpoint_every=850,
        threads=1,
    ),
}
