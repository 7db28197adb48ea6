"""What is trained: a lower bound of the log-likelihood of pictures; and what the trained networks make."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.nn import Module
from torch.optim import Optimizer

from firsthand import optim
from firsthand.data.chance import uniform
from firsthand.data.vectors import TESTED, VectorSets
from firsthand.errors import UserError
from firsthand.papers.vae import model as bounds
from firsthand.papers.vae.wakesleep import wake_sleep
from firsthand.train.density import Density, Rows
from firsthand.train.recipe import arguments
from firsthand.train.sampling import Sampling
from firsthand.train.task import Batch, Examples, Trained

ESTIMATORS = {
    "A": bounds.estimator_a,
    "B": bounds.estimator_b,
    "score": bounds.score_function,
    "wake-sleep": bounds.estimator_b,  # to score with
}


class Continuous(Rows):
    """Levels 0 to 255 as real numbers in (0, 1): each is drawn from its 256th part, so that a density makes sense."""

    def batch(self, indices: Int64[Tensor, " batch"]) -> Batch:
        """As they are scored: always alike."""
        return self.trained(indices, TESTED, 0)

    def trained(self, indices: Int64[Tensor, " batch"], step: int, seed: int) -> Batch:
        """As step `step` of a run with this seed sees them."""
        levels = self.inputs[indices]
        real = ((levels + uniform(seed, step, indices, levels.shape[1])) / 256).to(torch.get_default_dtype())
        return real, real


class Bound(Density):
    """Learn to make pictures; the loss is minus the bound, "kl" its part KL(q(z|x) || p(z)), in nats a picture."""

    network = bounds.VAE
    methods = ("encode", "decode")

    def take(self, sets: VectorSets) -> None:
        """The three parts; for a Gaussian decoder grey levels are made continuous."""
        if sets.shape is None:
            raise UserError(f"'{self.recipe.data.name}' holds no pictures: choose mnist, digits or frey.")
        continuous = self.recipe.model.decoder == "gaussian"
        if continuous and not sets.levels:
            raise UserError("Bits have no density for a Gaussian decoder: take --data.binarise none.")
        super().take(sets)
        self.labels, self.classes = sets.labels, sets.classes
        if continuous:
            self.train, self.val, self.test = map(Continuous, (sets.train, sets.val, sets.test))
        spec = self.recipe.optim
        if spec.weight_decay is None:  # the prior N(0, I) over every weight, for a loss that is a mean over pictures
            self.recipe = replace(self.recipe, optim=replace(spec, weight_decay=1 / len(self.train)))

    def batch(self, indices: Int64[Tensor, " batch"], step: int) -> Batch:
        """Training pictures as this step sees them, and what multiplies the KL of each."""
        x, _ = super().batch(indices, step)
        risen = min(1.0, (step + 1) / self.recipe.warmup) if self.recipe.warmup else 1.0
        return x, torch.full((len(x),), self.recipe.beta * risen)

    def noise(self, samples: int, x: Tensor) -> Tensor:
        """So many draws of N(0, I) for each picture, drawn on the CPU: the same on any device."""
        return torch.randn(samples, len(x), self.recipe.model.latent).to(x)

    def terms(self, model: Module, x: Tensor) -> bounds.Terms:
        """log p(x|z) and the KL."""
        return ESTIMATORS[self.recipe.estimator](model, x, self.noise(self.recipe.samples, x))

    def loss(self, model: Module, batch: Batch) -> Tensor:
        """Minus the bound, its KL weighted; or what wake-sleep minimises."""
        if self.recipe.estimator == "wake-sleep":
            return wake_sleep(model, batch[0], self.noise(2, batch[0]))
        fit, kl = self.terms(model, batch[0])
        return (batch[1] * kl - fit).mean()

    def scores(self, model: Module, batch: Batch) -> dict[str, Tensor]:
        """Minus the bound, whatever the weight of the KL in training, and the KL."""
        fit, kl = self.terms(model, batch[0])
        return {"loss": kl - fit, "kl": kl}

    def measure(self, model: Module, examples: Examples, device: torch.device | str) -> dict[str, float]:
        """Means of the scores over all examples; their noise is the same each time, and training's goes on."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return super().measure(model, examples, device)

    def optimizer(self, model: Module) -> Optimizer:
        """The recipe's rule; the prior acts on biases, too."""
        spec = self.recipe.optim
        rule = optim.RULES[spec.name]
        return rule(model.parameters(), **arguments(rule, spec))

    @classmethod
    def writes(cls, recipe: Any) -> str:
        """What a trained network writes."""
        return "pictures"

    @classmethod
    @torch.no_grad()
    def pictures(
        cls, run: Trained, count: int, options: Sampling = Sampling(), between: tuple[str, str] | None = None
    ) -> Float[Tensor, "pictures 1 height width"]:
        """The pixels' means that the decoder makes of latents drawn from N(0, I), or of those `between` two pictures.

        Raises UserError for options that do not apply, and for what is no picture.
        """
        options.only("seed")
        like = next(run.model.parameters())
        if between is None:
            z = torch.randn(count, run.recipe.model.latent, generator=torch.Generator().manual_seed(options.seed))
            return cls.shown(run, run.model.decode(z.to(like))[0].sigmoid())
        ends = torch.stack([cls.seen(run, name) for name in between])
        first, second = run.model.encode(ends.to(like))[0]
        way = torch.linspace(0, 1, count)[:, None].to(like)
        path = run.model.decode(first + way * (second - first))[0].sigmoid().cpu()
        return cls.shown(run, torch.cat([ends[:1], path, ends[1:]]))

    def figures(self, model: Module) -> Iterator[tuple[str, Any]]:
        """Reconstructions, new pictures, where the latents of each class lie, and of two latents the whole plane."""
        from firsthand.papers.vae.pictures import drawn  # matplotlib takes half a second to import

        yield from drawn(self, model)
