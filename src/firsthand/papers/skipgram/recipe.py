"""How the vectors are learned: from any text of any size, by word2vec.c's settings and by the papers'."""

from dataclasses import dataclass, replace
from typing import ClassVar, Literal

from firsthand.bounds import COUNT, NOT_NEGATIVE, POSITIVE, within
from firsthand.data.specs import Text
from firsthand.errors import UserError
from firsthand.papers.skipgram.model import Config
from firsthand.papers.skipgram.task import NearWords
from firsthand.train import recipe
from firsthand.train.recipe import Optim, Schedule


@dataclass(frozen=True)
class Recipe(recipe.Recipe):
    """A recipe with the network's sizes and the text it learns from; an example is a passage of the text."""

    model: Config = Config()
    data: Text = Text(level="word")
    window: int = 5  # words either side at most, c; how far each word reaches is drawn from 1 to c
    noise: int = 5  # noise words a pair, k
    power: float = 0.75  # noise words are drawn as often as their counts to this power: 1 unigram, 0 uniform
    subsample: float = 1e-3  # t: words with a share f of the text above it are dropped now and then; 0: none
    formula: Literal["c", "paper"] = (
        "c"  # which: paper keeps a word with probability sqrt(t / f), c with sqrt(t / f) + t / f
    )
    passage: int = 1000  # words of an example; words of different ones are not near each other
    shared: int = 64  # noise words that a block of 64 words shares
    limit: float | None = 6.0  # rate times terms of a step by which a vector moves at most, see `Rows.damped`
    phrases: int = 0  # passes that join pairs of words to phrases before training
    threshold: float = 200.0  # score, times the words of the text, above which a pair is a phrase; halved every pass
    discount: float = 5.0  # delta: taken off a pair's count
    eval_tokens: int = 100_000  # words of each part that are scored, the first ones
    task: ClassVar = NearWords

    def __post_init__(self) -> None:
        super().__post_init__()
        within(
            self, window="[1, 1000]", noise="[1, 1e6]", power="[0, 10]", subsample="[0, 1e6]", passage="[2, 1e6]",
            shared="[1, 1e6]", limit=POSITIVE, phrases="[0, 100]", threshold=NOT_NEGATIVE, discount=NOT_NEGATIVE,
            eval_tokens=COUNT,
        )  # fmt: skip
        if self.accumulate > 1 or self.order == "streams":
            raise UserError("Every pair makes its own step: leave out accumulate, and order 'streams'.")


# Brown in lower case without marks, words seen five times or more: five passes, as gensim has by default.
LAPTOP = Recipe(
    data=Text("brown", level="word", letters=True, min_count=5, train=0.99, val=0.005),
    steps=5 * 575,
    batch=2,
    optim=Optim("sgd", lr=0.025),
    schedule=Schedule("linear", floor=1e-4),
    keep="last",
    eval_every=1000,
    checkpoint_every=1000,
    threads=1,
)
PRESETS = {
    "laptop": LAPTOP,
    "cbow": replace(LAPTOP, model=Config(kind="cbow"), optim=Optim("sgd", lr=0.05)),
    "hierarchical": replace(LAPTOP, model=Config(output="hierarchical"), steps=5 * 1150, batch=1),
    # word2vec.c's defaults on text8, 17 million words; the first paper's text of 6 billion words is not public.
    "text8": replace(
        LAPTOP,
        data=Text("text8", level="word", min_count=5, train=0.999, val=5e-4),
        steps=5 * 8495,
        checkpoint_every=5000,
        eval_every=5000,
    ),
    # Table 1's network on your own billion words (--data FILE): 300 numbers, 15 noise words, t = 1e-5, its formula, and
    # the rate of Mikolov et al. (2013a). The number of steps is that of one pass over text8.
    "paper": replace(
        LAPTOP,
        model=Config(embed=300),
        data=Text("text8", level="word", min_count=5, train=0.999, val=5e-4),
        noise=15,
        subsample=1e-5,
        formula="paper",
        steps=8495,
        checkpoint_every=5000,
        eval_every=5000,
    ),
}
