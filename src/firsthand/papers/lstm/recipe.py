"""How the LSTM learns to write: on a laptop, as Dive into Deep Learning does it, and one that writes names."""

from dataclasses import dataclass
from typing import ClassVar

from torch.nn import Module

from firsthand.data.specs import Text
from firsthand.papers.lstm.model import Config, LanguageModel
from firsthand.train import language
from firsthand.train.language import TextRecipe
from firsthand.train.recipe import Optim, Schedule


class TextTask(language.LanguageModeling):
    """Predict every next character."""

    def model(self) -> Module:
        """The network, for this data's vocabulary."""
        return LanguageModel(self.recipe.model)


@dataclass(frozen=True)
class Recipe(TextRecipe):
    """A recipe with the network's sizes and the text it learns from."""

    model: Config = Config()
    data: Text = Text()
    task: ClassVar = TextTask


PRESETS = {
    # Python's own topics documentation, character by character; the state is carried along 128 streams of the text.
    "laptop": Recipe(
        model=Config(hidden=256, embed=64, dropout=0.2, forget_bias=1.0),
        steps=500,
        batch=128,
        order="streams",
        window=64,
        optim=Optim("adam", lr=0.01),
        schedule=Schedule("one-cycle"),
        clip=1.0,
        eval_every=100,
        log_every=10,
        checkpoint_every=100,
        threads=1,
    ),
    # Dive into Deep Learning, section 10.1, with nn.LSTM: 10,000 windows that start at each of the first 10,000
    # characters of The Time Machine, 50 passes in batches of 1,024, a state of zeros for each; the next 5,000 validate.
    "paper": Recipe(
        data=Text("timemachine", letters=True, train=10_032, val=5_032),
        steps=500,
        batch=1024,
        window=32,
        stride=1,
        optim=Optim("sgd", lr=4.0),
        clip=1.0,
        keep="last",
        eval_every=50,
        log_every=10,
        checkpoint_every=100,
        threads=1,
    ),
    # First names of India, one a line, from the start token to the end token.
    "names": Recipe(
        model=Config(hidden=128, embed=32, forget_bias=1.0, dropout=0.2),
        data=Text("indian-male-names"),
        steps=1000,
        batch=128,
        optim=Optim("adam", lr=0.01),
        schedule=Schedule("one-cycle"),
        clip=1.0,
        eval_every=100,
        log_every=20,
        checkpoint_every=200,
        threads=1,
    ),
}
