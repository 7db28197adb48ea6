"""How the network is trained: on descriptions of photographs within minutes, and longer on one GPU."""

from dataclasses import dataclass, replace
from typing import ClassVar

from firsthand.data.pairs import Pairs
from firsthand.papers.transformer.model import Config, Transformer
from firsthand.papers.transformer.variants import VARIANTS
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


# Section 5.3, but for the rate: that of the paper is (width x warm-up)^(-1/2) at its top, 6.988e-4 for the base model.
ADAM = Optim("adam", lr=0.005, betas=(0.9, 0.98), eps=1e-9)
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
    # WMT 2014 takes several GPUs for hours. This is the paper's recipe as Wu et al. (2021) scale it down to Multi30k,
    # for one GPU: they report a BLEU of 41.02 on lower-cased text that was cut into words.
    "paper": Recipe(
        model=VARIANTS["tiny"],
        data=Pairs(size=10_000, lower=True),
        label_smoothing=0.1,
        optim=ADAM,
        schedule=Schedule("inverse-sqrt", warmup=2000),
        steps=8000,
        batch=8192,
        tokens=8192,
        average="checkpoints",
        average_count=10,
        average_every=60,  # about a pass over the data
        keep="last",
        decoding=Decoding(beam=5),
    ),
}
# For claims: what a narrow network learns from ten thousand pairs within a minute or two of one core.
PRESETS["small"] = replace(
    PRESETS["laptop"],
    model=Config(embed=64, heads=4, layers=2, hidden=128),
    data=Pairs(size=2000, lower=True, limit=10_000),
    tokens=1024,
    schedule=Schedule("inverse-sqrt", warmup=200),
    steps=600,
    eval_every=600,
    checkpoint_every=600,
    eval_pairs=1014,
    bleu_pairs=300,
    threads=1,
)
