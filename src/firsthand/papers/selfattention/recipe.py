"""How the network is trained: on any text within minutes, on names, and on Shakespeare as nanoGPT does it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import torch
from torch.nn import Module

from firsthand.data.specs import Text
from firsthand.papers.selfattention.model import Config, SelfAttentionNetwork
from firsthand.train.language import LanguageModeling, TextRecipe
from firsthand.train.recipe import Optim, Schedule


class NextToken(LanguageModeling):
    """Predict every next token with self-attention."""

    network = SelfAttentionNetwork

    def figures(self, model: Module) -> Iterator[tuple[str, Any]]:
        """Where every head looks while the network reads the beginning of a validation example."""
        from firsthand.figures.attention import maps  # matplotlib takes half a second to import

        yield "attention", maps(model, self.val.batch(torch.tensor([0]))[0][0, :20], self.vocabulary)


@dataclass(frozen=True)
class Recipe(TextRecipe):
    """A recipe with the network's sizes and the text it learns from."""

    model: Config = Config()
    data: Text = Text()
    task: ClassVar = NextToken


OFTEN = Recipe(schedule=Schedule("one-cycle"), clip=1.0, eval_every=250, checkpoint_every=250)
# nanoGPT's parts of Shakespeare leave none to test.
NANOGPT = replace(
    OFTEN,
    data=Text("tinyshakespeare", train=1_003_854, val=111_540),
    optim=Optim("adamw", lr=0.001, betas=(0.9, 0.99), weight_decay=0.1),
    schedule=Schedule("cosine", warmup=100, floor=0.1),
    eval_tokens=100_000,
)
PRESETS = {
    "laptop": replace(
        OFTEN,
        model=Config(embed=128, layers=3, dropout=0.1),
        window=64,
        stride=32,
        batch=32,
        steps=1500,
        optim=Optim("adamw", lr=0.003, weight_decay=0.05),
        eval_tokens=100_000,
    ),
    # The paper has no recipe for such a network. This is nanoGPT's train_shakespeare_char, made for a GPU; its README
    # reports a best validation loss of 1.4697.
    "paper": replace(
        NANOGPT,
        model=Config(context=256, embed=384, heads=6, layers=6, positions="learned", dropout=0.2),
        window=256,
        stride=64,
        batch=64,
        steps=5000,
    ),
    # nanoGPT's settings for a computer without a GPU: a loss of 1.88 after three minutes.
    "cpu": replace(
        NANOGPT,
        model=Config(embed=128, layers=4, positions="learned"),
        window=64,
        stride=32,
        batch=12,
        steps=2000,
        threads=1,
    ),
    # Short lines in small batches: a batch is as wide as its longest line, and what is beyond a line's end is wasted.
    "names": replace(
        OFTEN,
        model=Config(embed=128, layers=3, positions="learned", dropout=0.15),
        data=Text("indian-male-names"),
        batch=64,
        steps=3000,
        optim=Optim("adamw", lr=0.003, betas=(0.9, 0.99), weight_decay=0.1),
    ),
}
