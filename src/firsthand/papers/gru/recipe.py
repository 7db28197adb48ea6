"""How the network is trained: on any text within minutes, as Dive into Deep Learning does it, and on names."""

from dataclasses import dataclass, replace
from typing import ClassVar

from firsthand.claims.bench.book import by_the_book
from firsthand.data.specs import Text
from firsthand.papers.gru.model import Config, GatedNetwork
from firsthand.train.language import LanguageModeling, TextRecipe
from firsthand.train.recipe import Optim, Schedule


class NextToken(LanguageModeling):
    """Predict every next token with the gated network."""

    network = GatedNetwork


@dataclass(frozen=True)
class Recipe(TextRecipe):
    """A recipe with the network's sizes and the text it learns from."""

    model: Config = Config()
    data: Text = Text()
    task: ClassVar = NextToken


# One thread each: the matrices are too small to share, and the same bits come out on every number of cores.
QUICK = Recipe(
    model=Config(embed=64, hidden=256, update_bias=1.0),
    schedule=Schedule("one-cycle"),
    clip=1.0,
    eval_every=100,
    threads=1,
)
BOOK = by_the_book(Recipe, passes=50, lr=4.0)  # Dive into Deep Learning, 10.2, with nn.GRU
PRESETS = {
    # Truncated back-propagation through time over a whole text, the state carried from window to window.
    "laptop": replace(
        QUICK,
        window=64,
        order="streams",
        batch=64,
        steps=500,
        optim=Optim("adam", lr=0.01),
        checkpoint_every=100,
        log_every=10,
    ),
    "paper": BOOK,
    # Section 10.3: two layers, at half the rate, twice as long.
    "stacked": replace(BOOK, model=Config(layers=2), optim=Optim("sgd", lr=2.0), steps=1000),
    # First names of India, one a line, from the start token to the end token.
    "names": replace(
        QUICK,
        model=Config(embed=32, hidden=128, update_bias=1.0),
        data=Text("indian-male-names"),
        batch=128,
        optim=Optim("adamw", lr=0.005, weight_decay=0.05),
        checkpoint_every=250,
    ),
}
