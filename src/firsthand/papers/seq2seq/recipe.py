"""How the network is trained: on descriptions of photographs within minutes, and as published on a GPU."""

from dataclasses import dataclass
from typing import ClassVar

from firsthand.data.pairs import Pairs
from firsthand.papers.seq2seq.model import Config, Seq2Seq
from firsthand.train.decoding import Decoding
from firsthand.train.recipe import Optim, Schedule
from firsthand.train.translation import Translation, TranslationRecipe


class Translate(Translation):
    """Translate from one vector."""

    network = Seq2Seq


@dataclass(frozen=True)
class Recipe(TranslationRecipe):
    """A recipe with the network's sizes and the pairs that it learns from."""

    model: Config = Config()
    data: Pairs = Pairs()
    task: ClassVar = Translate


EPOCH = 93_750  # steps of 128 for the paper's 12 million pairs
PRESETS = {
    "laptop": Recipe(
        model=Config(embed=128, hidden=256, layers=2),
        data=Pairs(level="word", size=4000, joint=False, lower=True, longest=20),
        tokens=1536,
        optim=Optim("adam", lr=0.003),
        schedule=Schedule("cosine", warmup=50, floor=0.05),
        clip=5.0,
        steps=700,
        eval_every=175,
        log_every=20,
        checkpoint_every=175,
        eval_pairs=1014,
        bleu_pairs=300,
    ),
    # Section 3.4. WMT 2014 as the authors chose from it: give its 12 million pairs with --data and --data.other; the
    # vocabularies are of 160,000 and 80,000 words there, and of equal size here.
    "paper": Recipe(
        data=Pairs(level="word", size=80_000, joint=False),
        batch=128,
        tokens=None,
        per="sentence",
        optim=Optim("sgd", lr=0.7),
        schedule=Schedule("step", drops=tuple(round(EPOCH * half / 2) for half in range(10, 15)), factor=0.5),
        clip=5.0,
        steps=round(7.5 * EPOCH),
        decoding=Decoding(beam=12, alpha=0.0),
        keep="last",
    ),
}
