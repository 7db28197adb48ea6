"""How the network is trained: on any text in a minute, on Brown in a few, and as the paper did it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from math import exp
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor
from torch.nn import Module

from firsthand.bounds import COUNT, SHARE, within
from firsthand.data.specs import Text
from firsthand.errors import UserError
from firsthand.papers.nplm.model import NPLM, Config
from firsthand.papers.nplm.ngrams import DeletedInterpolation, context_and_word
from firsthand.train import recipe
from firsthand.train.language import LanguageModeling, Windows
from firsthand.train.recipe import Optim, Schedule
from firsthand.train.task import Examples


class NextWord(LanguageModeling):
    """Predict every word of a text from the few before it, across the borders of sentences and texts.

    It also scores `mixed`, the perplexity of the network's and the trigram's probabilities together (section 4.2), on
    validation and test; as the trigram's weights are fitted on validation, believe the test part's.
    """

    def __init__(self, recipe: Any):
        if recipe.data.of_lines():
            raise UserError("This network reads running text, not lines: choose other data, or leave out 'lines'.")
        super().__init__(recipe)

    def model(self) -> Module:
        """The paper's network for this data's vocabulary, its output bias at the words' frequencies if asked for."""
        network = NPLM(self.recipe.model)
        if self.recipe.unigram and isinstance(words := getattr(self, "train", None), Windows):
            network.expect(self.counts(words))
        return network

    def counts(self, part: Windows) -> Tensor:
        """How often every word stands in a part of the text."""
        return torch.from_numpy(np.bincount(part.tokens, minlength=len(self.vocabulary)))

    @cached_property
    def trigram(self) -> dict[str, Tensor]:
        """The trigram's probability of every word that is to be predicted in the validation and the test part."""
        trigram = DeletedInterpolation(np.asarray(self.train.tokens), len(self.vocabulary))
        trigram.fit(np.asarray(self.val.tokens))
        context = max(self.recipe.window, 2)
        before = np.zeros(context - self.recipe.window, dtype=int)  # a network of one word predicts the text's second
        parts = {name: part.tokens for name, part in (("val", self.val), ("test", self.test)) if part is not None}
        rows = {name: context_and_word(np.concatenate([before, tokens]), context) for name, tokens in parts.items()}
        return {name: torch.from_numpy(trigram.probability(*pair)) for name, pair in rows.items()}

    def measure(self, model: Module, examples: Examples, device: torch.device | str) -> dict[str, float]:
        """Loss and perplexity of the network, and the perplexity of its mixture with the trigram."""
        batches = (self.on(device, model, examples.batch(indices)) for indices in self.passes(examples))
        losses = torch.cat([self.losses(model, batch)[0].double().cpu() for batch in batches])
        found = {"loss": losses.mean().item()}
        found["perplexity"] = exp(min(found["loss"], 700.0))
        if examples is not self.train:
            trigram = self.trigram["val" if examples is self.val else "test"][: len(losses)]
            mixed = (1 - self.recipe.trigram) * torch.exp(-losses) + self.recipe.trigram * trigram
            found["mixed"] = exp(min(-mixed.log().mean().item(), 700.0))
        return found

    def figures(self, model: Module) -> Iterator[tuple[str, Any]]:
        """What stands near what in the feature space: the nearest words of some, and a map of the frequent ones."""
        from firsthand.papers.nplm import features  # matplotlib takes half a second to import

        words = ("<unk>", *self.vocabulary.tokens)
        C, counts = model.embedding.weight.detach().float().cpu(), self.counts(self.train)
        yield "neighbours", features.neighbours(C, words, counts)
        yield "map", features.word_map(C, words, counts)


@dataclass(frozen=True)
class Recipe(recipe.Recipe):
    """A recipe with the network's sizes and the text it learns from; every word is an example."""

    model: Config = Config()
    data: Text = Text(level="word")
    eval_tokens: int = 1_000_000  # tokens of each part that are scored, the first ones
    unigram: bool = True  # start the output bias b at the log frequencies of the training text
    trigram: float = 0.5  # the trigram's share in the mixture, the network has the rest
    task: ClassVar = NextWord

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.order == "streams":
            raise UserError("order 'streams' carries a state from window to window, and this network has none.")
        within(self, eval_tokens=COUNT, trigram=SHARE)

    @property
    def window(self) -> int:
        """Tokens of an example: the context."""
        return self.model.context

    @property
    def stride(self) -> int:
        """Tokens from one example to the next."""
        return 1


def brown(most: int) -> Text:
    """The Brown corpus in the paper's split, 800,000 words to train on, the next 200,000 to validate, the rest to test.

    The paper's stream had 1,181,041 tokens and 16,383 words, which cannot be rebuilt exactly; this one has 1,161,192,
    its `most` frequent words (16,382 for the paper's table), and "unknown" for all others.
    """
    return Text("brown", level="word", most=most, train=800_000, val=200_000)


# Python's own documentation, in lower case and without marks: no download, 51,000 words to learn from.
LAPTOP = Recipe(
    model=Config(embed=30, hidden=50, direct=True),
    data=Text("python-docs", level="word", letters=True, most=2999, train=0.8, val=0.1),
    steps=1500,
    batch=128,
    optim=Optim("adamw", lr=0.002, weight_decay=0.1),
    schedule=Schedule("linear"),
    eval_every=300,
    checkpoint_every=500,
    threads=1,
)
# Brown, 3,000 words: two passes of 3,125 steps.
EVERY = {"eval_every": 3125, "checkpoint_every": 3125}
BROWN = replace(
    LAPTOP, data=brown(2999), steps=6250, batch=256, optim=Optim("adam", lr=0.002), eval_tokens=200_000, **EVERY
)
PRESETS = {
    "laptop": LAPTOP,
    "brown": BROWN,
    # Table 1, by default MLP9 and MLP10: three passes by AdamW on one core, a quarter of an hour. The paper trains for
    # 10 to 20 passes by SGD, one update a word, with rate 0.001 / (1 + 1e-8 words) and decay 0.0001. Its own (days):
    # --optim.name sgd --optim.lr 0.001 --optim.weight-decay 1e-4 --schedule.floor 0.862 --batch 1 --steps 16000000
    # --eval-every 800000 --patience 2
    "paper": replace(
        BROWN,
        model=Config(),
        data=brown(16_382),
        steps=9375,
        optim=Optim("adamw", lr=0.002, weight_decay=0.05),
        eval_tokens=1_000_000,
    ),
}
