"""How the network is trained: on any text within minutes, as Dive into Deep Learning does it, and on names."""

from dataclasses import dataclass, replace
from typing import ClassVar

from firsthand.claims.bench.book import by_the_book
from firsthand.data.specs import Text
from firsthand.papers.rnn.model import Config, RecurrentNetwork
from firsthand.train.language import LanguageModeling, TextRecipe
from firsthand.train.recipe import Optim, Schedule


class NextToken(LanguageModeling):
    """Predict every next token with the recurrent network."""

    network = RecurrentNetwork


@dataclass(frozen=True)
class Recipe(TextRecipe):
    """A recipe with the network's sizes and the text it learns from."""

    model: Config = Config()
    data: Text = Text()
    task: ClassVar = NextToken


# One thread each: the matrices are too small to share, and the same bits come out on every number of cores.
QUICK = Recipe(
    model=Config(embed=32, hidden=256),
    schedule=Schedule("one-cycle"),
    clip=1.0,
    eval_every=125,
    checkpoint_every=250,
    threads=1,
)
BOOK = by_the_book(Recipe, passes=100, lr=1.0)  # Dive into Deep Learning, 9.5 and 9.6
PRESETS = {
    # Truncated back-propagation through time over a whole text, the state carried from window to window.
    "laptop": replace(QUICK, window=64, order="streams", optim=Optim("adam", lr=0.003)),
    "paper": BOOK,
    # Section 10.3: two layers, at twice the rate.
    "stacked": replace(BOOK, model=Config(layers=2), optim=Optim("sgd", lr=2.0)),
    # First names of India, one a line, from the start token to the end token.
    "names": replace(
        QUICK, data=Text("indian-male-names"), batch=128, optim=Optim("adamw", lr=0.003, weight_decay=0.05)
    ),
}
