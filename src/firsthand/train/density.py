"""Learn a distribution of vectors, such as black and white pictures: the examples, and what the task shares."""

from dataclasses import dataclass, replace
from typing import Any

import torch
from jaxtyping import Float, Int64, UInt8
from torch import Tensor

from firsthand.data.specs import Vectors
from firsthand.data.vectors import TRAINED, VectorSets, bits
from firsthand.errors import UserError
from firsthand.train import recipe
from firsthand.train.task import Batch, Examples, Task, Trained
from firsthand.typed import read_json


class Rows(Examples):
    """Vectors in 8 bits a component; a batch of them is real, from 0 to 1, and its own target.

    `scale` is the largest level. Of examples that are drawn anew a level is 255 times the probability of a 1.
    """

    def __init__(self, rows: UInt8[Tensor, "examples dims"], scale: int = 1, draw_seed: int | None = None):
        super().__init__(rows, rows)
        self.scale, self.draw_seed = scale, draw_seed

    def batch(self, indices: Int64[Tensor, " batch"]) -> Batch:
        """The examples with these indices, as (inputs, targets), as they are scored: what is drawn, always alike."""
        rows = self.inputs[indices]
        if self.draw_seed is not None:
            rows = bits(rows, self.draw_seed, TRAINED, indices)
        return self._real(rows)

    def trained(self, indices: Int64[Tensor, " batch"], step: int, seed: int) -> Batch:
        """The same as step `step` of a run with this seed sees them."""
        if self.draw_seed is None:
            return self.batch(indices)
        return self._real(bits(self.inputs[indices], seed, step, indices))

    def _real(self, rows: UInt8[Tensor, "batch dims"]) -> Batch:
        real = rows.to(torch.get_default_dtype())
        if self.scale != 1:
            real = real / self.scale
        return real, real


class Density(Task):
    """Learn a distribution; the network has as many inputs as the data. Scores are in nats an example."""

    eval_batch = 1000
    train: Rows
    shape: tuple[int, int] | None  # height and width, where a vector is a picture

    def __init__(self, recipe: Any):
        super().__init__(replace(recipe, data=recipe.data.located()))
        self.take(self.recipe.data.load())

    def take(self, sets: VectorSets) -> None:
        """The three parts as examples, and a network of their size."""
        scale = 255 if sets.levels else 1
        self.train = Rows(sets.train, scale, self.recipe.data.draw_seed if sets.drawn else None)
        self.val, self.test = Rows(sets.val, scale), Rows(sets.test, scale)
        self.shape = sets.shape
        self.recipe = replace(self.recipe, model=replace(self.recipe.model, inputs=sets.train.shape[1]))

    def batch(self, indices: Int64[Tensor, " batch"], step: int) -> Batch:
        """Training vectors as this step sees them: their bits are drawn anew if the recipe says so."""
        return self.train.trained(indices, step, self.recipe.seed)

    def files(self) -> dict[str, Any]:
        """What a vector is: how many components, and the height and width of a picture."""
        shape = None if self.shape is None else list(self.shape)
        return {"vectors.json": {"inputs": self.train.inputs.shape[1], "shape": shape}}

    @classmethod
    def seen(cls, run: Trained, name: str) -> Float[Tensor, " dims"]:
        """A user's picture, or a test vector by its number, as numbers from 0 to 1; raises UserError for neither."""
        if not name.isdecimal():
            return run.recipe.data.picture(name).flatten() / 255
        test = run.recipe.task(run.recipe).test
        if int(name) >= len(test):
            raise UserError(f"There is no test example {name}: they are numbered from 0 to {len(test) - 1:,}.")
        return test.batch(torch.tensor([int(name)]))[0][0]

    @staticmethod
    def shown(run: Trained, x: Float[Tensor, "pictures dims"]) -> Float[Tensor, "pictures 1 height width"]:
        """Vectors as pictures."""
        shape = read_json(run.folder.path / "vectors.json", Known).shape
        if shape is None:
            raise UserError(f"{run.folder.path} has learned vectors that are no pictures.")
        return x.cpu().float().view(-1, 1, *shape)


@dataclass(frozen=True)
class Known:
    """What vectors.json tells."""

    inputs: int
    shape: tuple[int, int] | None


@dataclass(frozen=True)
class DensityRecipe(recipe.Recipe):
    """A recipe with vectors; a paper adds its `model`, which has `inputs`, and its `task`."""

    data: Vectors = Vectors()
