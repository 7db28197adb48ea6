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
    """Say something of every step: a number (the loss is the squared error) or a class (nats, and the error)."""

    eval_batch = 500

    def __init__(self, recipe: Any):
        parts = recipe.data.load()
        chosen = {"outputs": len(parts.outputs)}
        if parts.words:
            chosen |= {"vocab": len(parts.words) + 2}
        if (recipe.model.embed is None) == bool(parts.words):
            raise UserError(
                f"The data '{recipe.data.name}' has words, which need model.embed, numbers that stand for each."
                if parts.words
                else f"The data '{recipe.data.name}' has numbers, not words: leave out model.embed."
            )
        for name, value in chosen.items():
            if getattr(recipe.model, name) not in (None, value):
                raise UserError(
                    f"model.{name} is {getattr(recipe.model, name)}, but the data has {value}; leave it to the data."
                )
        super().__init__(replace(recipe, model=replace(recipe.model, **chosen)))
        self.train, self.val, self.test, self.labels = parts.train, parts.val, parts.test, parts.outputs
        self.words = parts.words

    def model(self) -> Module:
        """The paper's network, for this data's words and classes."""
        return BRNN(self.recipe.model)

    def loss(self, model: Module, batch: Batch) -> Tensor:
        """The mean over all steps of all sequences."""
        y, targets = model(batch[0]), batch[1]
        if y.shape[2] == 1:
            return mse(y.squeeze(2), targets)
        return cross_entropy(y.flatten(0, 1), targets.flatten(), ignore_index=NOTHING)

    def marks(self, model: Module, batch: Batch) -> tuple[dict[str, Tensor], Tensor]:
        """The loss of every step, of classes the error too, 0 on padding, and where there is no padding."""
        y, targets = model(batch[0]), batch[1]
        if y.shape[2] == 1:
            return {"loss": mse(y.squeeze(2), targets, "none")}, torch.ones_like(targets)
        known = targets != NOTHING
        losses = -log_softmax(y.flatten(0, 1)).view(y.shape).gather(2, targets.clamp(min=0)[..., None]).squeeze(2)
        return {"loss": losses * known, "error": ((y.argmax(2) != targets) & known).to(y.dtype)}, known

    def scores(self, model: Module, batch: Batch) -> dict[str, Tensor]:
        """Means over the steps of every sequence."""
        marks, known = self.marks(model, batch)
        return {name: values.sum(1) / known.sum(1) for name, values in marks.items()}

    def measure(self, model: Module, examples: Examples, device: torch.device | str) -> dict[str, float]:
        """Means over all steps: a long sentence counts for more than a short one."""
        totals: dict[str, float] = {}
        count = 0.0
        for indices in torch.arange(len(examples)).split(self.eval_batch):
            marks, known = self.marks(model, self.on(device, model, examples.batch(indices)))
            count += known.sum().item()
            for name, values in marks.items():
                totals[name] = totals.get(name, 0.0) + values.double().sum().item()
        return {name: total / count for name, total in totals.items()}

    def optimizer(self, model: Module) -> Optimizer:
        """The recipe's rule, or RPROP."""
        return Rprop(model.parameters(), self.recipe.optim.lr) if self.recipe.rprop else super().optimizer(model)

    def files(self) -> dict[str, Any]:
        """What outputs and words are called."""
        return {"labels.json": list(self.labels), "words.json": list(self.words)}

    def figures(self, model: Module) -> Iterator[tuple[str, Any]]:
        """A stretch of the test sequences beside what the network says, or how many of each class it gets right."""
        from firsthand.papers.birnn import pictures  # matplotlib takes half a second to import

        like, training = next(model.parameters()), model.training
        model.eval()
        with torch.no_grad():
            inputs, targets = self.on(like.device, model, self.test.batch(torch.arange(len(self.test))))
            y = torch.cat([model(part) for part in inputs.split(self.eval_batch)]).cpu()
        model.train(training)
        targets = targets.cpu()
        if y.shape[2] == 1:
            yield "stretch", pictures.stretch(targets[0], y[0, :, 0])
        else:
            yield "classes", pictures.by_class(targets[targets != NOTHING], y[targets != NOTHING], self.labels)


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


# All of the data at every step, as RPROP needs it; one thread: there is nothing to share.
PRESETS = {
    # The paper's data and rule, and enough states not to get stuck: a few seconds.
    "laptop": Recipe(
        model=Config(hidden=8, prior=MEAN),
        data=Sequences(piece=100),
        rprop=True,
        steps=200,
        batch=100,
        order="constant",
        optim=Optim(lr=0.01),
        eval_every=20,
        log_every=5,
        checkpoint_every=100,
        threads=1,
    ),
    # Section III.A: two states of each kind, weights from U(-1, 1), 200 cycles of RPROP. The one long sequence
    # is cut into 20, which costs 0.00003 of the error; RPROP's constants are not given.
    "paper": Recipe(
        model=Config(reach=1.0, prior=MEAN),
        rprop=True,
        steps=200,
        batch=20,
        order="constant",
        optim=Optim(lr=0.01),
        keep="last",
        eval_every=20,
        log_every=5,
        checkpoint_every=100,
        threads=1,
    ),
    # A tagger of English: the network at the work that it became known for. Needs the Brown corpus, 3 MB.
    "brown": Recipe(
        model=Config(cell="gru", hidden=64, embed=50, edge=0.0),
        data=Sequences("brown"),
        steps=3400,
        batch=32,
        optim=Optim("adam", lr=0.003),
        schedule=Schedule("one-cycle"),
        eval_every=425,
        checkpoint_every=850,
        threads=1,
    ),
}
