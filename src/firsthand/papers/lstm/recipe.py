"""How the LSTM learns to write: on a laptop, as Dive into Deep Learning does it, and one that writes names."""

from dataclasses import dataclass, replace
from typing import ClassVar

from firsthand.claims.bench.book import by_the_book
from firsthand.data.specs import Text
from firsthand.papers.lstm.model import Config, LanguageModel
from firsthand.train import language
from firsthand.train.language import TextRecipe
from firsthand.train.recipe import Optim, Schedule


class TextTask(language.LanguageModeling):
    """Predict every next character."""

    network = LanguageModel


@dataclass(frozen=True)
class Recipe(TextRecipe):
    """A recipe with the network's sizes and the text it learns from."""

    model: Config = Config()
    data: Text = Text()
    task: ClassVar = TextTask


QUICK = Recipe(
    batch=128, optim=Optim("adam", lr=0.01), schedule=Schedule("one-cycle"), clip=1.0, eval_every=100, threads=1
)
PRESETS = {
    # Python's own topics documentation, character by character; the state is carried along 128 streams of the text.
    "laptop": replace(
        QUICK,
        model=Config(hidden=256, embed=64, dropout=0.2, forget_bias=1.0),
        steps=500,
        order="streams",
        window=64,
        log_every=10,
        checkpoint_every=100,
    ),
    # Dive into Deep Learning, section 10.1, with nn.LSTM.
    "paper": by_the_book(Recipe, passes=50, lr=4.0, checkpoint_every=100),
    # First names of India, one a line, from the start token to the end token.
    "names": replace(
        QUICK,
        model=Config(hidden=128, embed=32, dropout=0.2, forget_bias=1.0),
        data=Text("indian-male-names"),
        log_every=20,
        checkpoint_every=200,
    ),
}
