"""How the variants are trained: on any text within minutes, and as the paper trains, one sequence at a time."""

from dataclasses import dataclass
from typing import ClassVar

from firsthand.data.specs import Text
from firsthand.papers.odyssey.model import Config, LanguageModel
from firsthand.train.language import LanguageModeling, TextRecipe
from firsthand.train.recipe import Optim, Schedule


class NextToken(LanguageModeling):
    """Predict every next token with one of the LSTMs."""

    network = LanguageModel


@dataclass(frozen=True)
class Recipe(TextRecipe):
    """A recipe with the network's variant and the text it learns from."""

    model: Config = Config()
    data: Text = Text()
    task: ClassVar = NextToken


PRESETS = {
    # Python's own topics documentation; the state is carried from window to window along 32 streams of the text.
    "laptop": Recipe(
        model=Config(hidden=192, forget=1.0),
        window=64,
        order="streams",
        batch=32,
        steps=1500,
        optim=Optim("adam", lr=0.01),
        schedule=Schedule("one-cycle"),
        clip=1.0,
        eval_every=250,
        checkpoint_every=250,
        threads=1,
    ),
    # The paper's way with a text that everybody has: weights N(0, 0.1^2), one sequence an update, Nesterov's momentum,
    # no clipping, at most 150 passes, an end after 15 without a better validation loss. The rate is multiplied by
    # 1 - momentum, by hand: 0.5 (1 - 0.9). Sequences of 300 characters, as TIMIT's are of 304 frames.
    "paper": Recipe(
        data=Text("timemachine", letters=True),
        window=300,
        batch=1,
        steps=150 * 519,
        optim=Optim("sgd", lr=0.05, momentum=0.9, nesterov=True),
        patience=15,
        eval_every=519,
        log_every=519,
        checkpoint_every=519,
        threads=1,
    ),
}
