"""How the network is trained: on any text within minutes, as Dive into Deep Learning does it, and on names."""

from dataclasses import dataclass, replace
from typing import ClassVar

from torch.nn import Module

from firsthand.data.specs import Text
from firsthand.papers.rnn.model import Config, RecurrentNetwork
from firsthand.train.language import LanguageModeling, TextRecipe
from firsthand.train.recipe import Optim, Schedule


class NextToken(LanguageModeling):
    """Predict every next token with the recurrent network."""

    def model(self) -> Module:
        """The paper's network, for this data's vocabulary."""
        return RecurrentNetwork(self.recipe.model)


@dataclass(frozen=True)
class Recipe(TextRecipe):
    """A recipe with the network's sizes and the text it learns from."""

    model: Config = Config()
    data: Text = Text()
    task: ClassVar = NextToken


# Dive into Deep Learning, 9.5 and 9.6: 100 passes over 10,000 overlapping windows, each from a state of zeros.
BOOK = Recipe(
    data=Text("timemachine", letters=True, train=10_032, val=5_032),
    stride=1,
    batch=1024,
    steps=1000,
    optim=Optim("sgd", lr=1.0),
    clip=1.0,
    keep="last",
    eval_every=50,
    checkpoint_every=500,
    log_every=10,
    threads=1,
)
# One thread each: the matrices are too small to share, and the same bits come out on every number of cores.
PRESETS = {
    # Truncated back-propagation through time over a whole text, the state carried from window to window.
    "laptop": Recipe(
        model=Config(embed=32, hidden=256),
        window=64,
        order="streams",
        batch=32,
        steps=1000,
        optim=Optim("adam", lr=0.003),
        schedule=Schedule("one-cycle"),
        clip=1.0,
        eval_every=125,
        checkpoint_every=250,
        threads=1,
    ),
    "paper": BOOK,
    # Section 10.3: two layers, at twice the rate.
    "stacked": replace(BOOK, model=Config(layers=2), optim=Optim("sgd", lr=2.0)),
    # First names of India, one a line, from the start token to the end token.
    "names": Recipe(
        model=Config(embed=32, hidden=256),
        data=Text("indian-male-names"),
        batch=128,
        steps=1000,
        optim=Optim("adamw", lr=0.003, weight_decay=0.05),
        schedule=Schedule("one-cycle"),
        clip=1.0,
        eval_every=125,
        checkpoint_every=250,
        threads=1,
    ),
}
