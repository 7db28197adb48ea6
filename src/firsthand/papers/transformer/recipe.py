"""How the network is trained: on descriptions of photographs within minutes, and as published on one GPU."""

from dataclasses import dataclass, replace
from typing import ClassVar

from firsthand.data.pairs import Pairs
from firsthand.papers.transformer.model import Config, Transformer
from firsthand.train.decoding import Decoding
from firsthand.train.recipe import Optim, Schedule
from firsthand.train.translation import Translation, TranslationRecipe


class Translate(Translation):
    """Translate with attention alone."""

    network = Transformer


@dataclass(frozen=True)
class Recipe(TranslationRecipe):
    """A recipe with the network's sizes and the pairs that it learns from."""

    model: Config = Config()
    data: Pairs = Pairs()
    task: ClassVar = Translate


ADAM = Optim("adam", lr=5e-3, betas=(0.9, 0.98), eps=1e-9)
PRESETS = {
    "laptop": Recipe(
        model=Config(embed=128, heads=4, layers=2, hidden=256),
        data=Pairs(size=4000, lower=True),
        label_smoothing=0.1,
        optim=ADAM,
        schedule=Schedule("inverse-sqrt", warmup=300),
        steps=1200,
        eval_every=200,
        log_every=20,
        checkpoint_every=200,
    ),
}
PRESETS["paper"] = replace(
    PRESETS["laptop"],
    model=Config(embed=128, heads=4, layers=4, hidden=256, dropout=0.3),
    data=Pairs(size=10_000, lower=True),
    schedule=Schedule("inverse-sqrt", warmup=2000),
    tokens=8192,
    batch=8192,
    steps=8000,
    decoding=Decoding(beam=5, alpha=1.0),
)
