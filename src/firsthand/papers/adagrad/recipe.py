"""How the sentences are learned: one pass, in small batches on a laptop, one at a time as in the paper."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from torch import Tensor
from torch.nn import Module

from firsthand.errors import UserError
from firsthand.papers.adagrad.model import Config, SparseLinear, hinge
from firsthand.papers.adagrad.sentences import Sentences
from firsthand.train import recipe
from firsthand.train.recipe import Optim
from firsthand.train.task import Batch, Task


class SentenceTask(Task):
    """Say whether a sentence is made up; scores are the hinge loss and the error."""

    network = SparseLinear

    def __init__(self, recipe: Any):
        parts = recipe.data.load()
        features = len(parts.features)
        if recipe.model.features not in (None, features):
            raise UserError(
                f"model.features is {recipe.model.features}, but the data has {features}; leave it to the data."
            )
        super().__init__(replace(recipe, model=replace(recipe.model, features=features)))
        self.train, self.val, self.test, self.features = parts.train, parts.val, parts.test, parts.features

    def loss(self, model: Module, batch: Batch) -> Tensor:
        """The mean hinge loss. AdaGrad does not care whether it is the mean or the sum."""
        return hinge(model(batch[0]), batch[1]).mean()

    def scores(self, model: Module, batch: Batch) -> dict[str, Tensor]:
        """The hinge loss of every example, and whether its score has the wrong sign; 0 has."""
        scores = model(batch[0])
        return {"loss": hinge(scores, batch[1]), "error": (scores * batch[1] <= 0).float()}

    def figures(self, model: Module) -> Iterator[tuple[str, Any]]:
        """The words that speak most for either side, and how large the weights of rare and frequent features are."""
        from firsthand.papers.adagrad import pictures  # matplotlib takes half a second to import

        weight = model.weight.detach().cpu()
        yield "words", pictures.words(weight, self.features)
        yield "rarity", pictures.rarity(weight, self.train.counts(len(self.features)))


@dataclass(frozen=True)
class Recipe(recipe.Recipe):
    """A recipe with the classifier's size and the sentences it learns from."""

    model: Config = Config()
    data: Sentences = Sentences()
    task: ClassVar = SentenceTask


ONE_PASS = {"optim": Optim("adagrad", lr=0.1), "keep": "last", "threads": 1}
PRESETS = {
    # 37,875 sentences, sixteen at a time.
    "laptop": Recipe(steps=2367, batch=16, eval_every=263, log_every=25, checkpoint_every=2367, **ONE_PASS),
    # As all of the paper's experiments: one example at a time; three quarters to train on, the rest to test.
    "paper": Recipe(
        data=Sentences(validation=0.0), steps=40_579, batch=1, log_every=500, checkpoint_every=20_000, **ONE_PASS
    ),
}
