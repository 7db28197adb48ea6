"""What is trained: the likelihood of bits under the masks whose turn it is; and what a trained network draws."""

from collections.abc import Iterator
from typing import Any

import torch
from jaxtyping import Float
from torch import Generator, Tensor
from torch.nn import Module
from torch.optim import Optimizer

from firsthand.data.registry import DATASETS
from firsthand.data.vectors import VectorSets
from firsthand.errors import UserError
from firsthand.nn import binary_cross_entropy
from firsthand.papers.made.completing import drawn, half
from firsthand.papers.made.likelihood import each, mixture, sets
from firsthand.papers.made.model import MADE
from firsthand.train.density import Density, Rows
from firsthand.train.next_character import new_lines
from firsthand.train.sampling import Sampling
from firsthand.train.task import Batch, Examples, Trained

SCORED = 10_000  # examples at most, of those trained on, that are read once more to score them


class Bits(Density):
    """Learn a distribution of bits; scores are of the mixture over all sets of masks, and the mean of them one by one.

    A pass through a network of one set of masks gives the likelihood, which is what training sees.
    """

    network = MADE
    masks = 1  # sets of masks in a mixture, where they have no limit

    def take(self, sets: VectorSets) -> None:
        """The three parts; raises UserError for grey levels."""
        if sets.levels:
            raise UserError(
                "The network gives the probability of bits, and these are grey levels: make data.binarise 'fixed' or "
                "'drawn', or choose other data."
            )
        super().take(sets)

    def optimizer(self, model: Module) -> Optimizer:
        """The recipe's rule; after each of its steps it is the turn of the next set of masks."""
        rule = super().optimizer(model)
        rule.register_step_post_hook(lambda *_: model.advance_masks())
        return rule

    def loss(self, model: Module, batch: Batch) -> Tensor:
        """The mean of -log p(x) under the masks whose turn it is."""
        return binary_cross_entropy(model(batch[0]), batch[1], "sum") / len(batch[0])

    def scores(self, model: Module, batch: Batch) -> dict[str, Tensor]:
        """-log p(x) of the mixture, and the mean over its parts."""
        of_each = each(model, batch[0], sets(self.recipe.model, self.masks))
        return {"loss": -mixture(of_each), "single": -of_each.mean(0)}

    def measure(self, model: Module, examples: Examples, device: torch.device | str) -> dict[str, float]:
        """Means of the scores over all examples; of those trained on, at most the first 10,000."""
        self.masks = self.recipe.test_masks if examples is self.test else self.recipe.val_masks
        if examples is self.train:
            examples = Rows(examples.inputs[:SCORED], examples.scale, examples.draw_seed)
        return super().measure(model, examples, device)

    @classmethod
    def writes(cls, recipe: Any) -> str:
        """What a trained network writes: pictures, or rows of bits."""
        known = DATASETS.get(recipe.data.name)
        return "lines" if known is None or not known.reader else "pictures"

    @classmethod
    def sample(cls, run: Trained, count: int, options: Sampling = Sampling(), new: bool = False) -> Iterator[Iterator]:
        """Rows of bits with commas between them; the prompt says what the first ones are."""
        options.only("seed", "temperature", "greedy", "prompt")
        prompt = [bit for bit in options.prompt if bit not in ", "]
        inputs = run.recipe.model.inputs
        if set(prompt) - {"0", "1"} or len(prompt) > inputs:
            raise UserError(f"The prompt is '{options.prompt}': give at most {inputs} zeros and ones, such as 0,1,1.")
        x, known = torch.zeros(inputs), torch.arange(inputs) < len(prompt)
        x[known] = torch.tensor([float(bit) for bit in prompt])
        generator = Generator().manual_seed(options.seed)

        def write(number: int) -> list[str]:
            rows = drawn(run.model, number, x, known, generator, options, progress=True)
            return [_line(row) for row in rows.to(torch.uint8).tolist()]

        lines = new_lines(write, cls.training_lines(run), count, options) if new else write(count)
        return (iter([line]) for line in lines)

    @classmethod
    def training_lines(cls, run: Trained) -> set[str]:
        """The rows that the run learned from, read again from its data."""
        return set(map(_line, run.recipe.data.load().train.tolist()))

    @classmethod
    def pictures(
        cls, run: Trained, count: int, options: Sampling = Sampling(), between: tuple[str, str] | None = None
    ) -> Float[Tensor, "pictures 1 height width"]:
        """New pictures; or, with a prompt, the half of it that is kept, the rest grey, and so many ways to complete it.

        The prompt is a picture's file, or the number of a test picture. Raises UserError for options that do not apply.
        """
        options.only("seed", "temperature", "greedy", "prompt", "keep")
        if between is not None:
            raise UserError("This network has no latent variables to go between: leave out --between.")
        generator, inputs = Generator().manual_seed(options.seed), run.recipe.model.inputs
        if not options.prompt:
            if options.keep is not None:
                raise UserError("Half of which picture? Add --prompt picture.png, or the number of a test picture.")
            nothing = torch.zeros(inputs, dtype=torch.bool)
            rows = drawn(run.model, count, torch.zeros(inputs), nothing, generator, options, progress=True)
            return cls.shown(run, rows)
        x = (cls.seen(run, options.prompt) > 0.5).float()
        known = half(cls.shown(run, x[None]).shape[2:], options.keep or "top")
        rows = drawn(run.model, count, x, known, generator, options, progress=True)
        return cls.shown(run, torch.cat([torch.where(known, x, 0.5)[None], rows.cpu().float()]))

    def figures(self, model: Module) -> Iterator[tuple[str, Any]]:
        """Of pictures: new ones, and halves of test pictures completed."""
        if self.shape is not None:
            from firsthand.papers.made.pictures import figures  # matplotlib takes half a second to import

            yield from figures(self, model)


def _line(row: list[int]) -> str:
    return ",".join(map(str, row))
