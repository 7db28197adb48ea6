"""How the network is trained: on the Brown corpus or a user's text within minutes, and as published."""

from dataclasses import dataclass
from typing import ClassVar

from firsthand.bounds import COUNT, SHARE, within
from firsthand.data.documents import Documents
from firsthand.data.labelled import Labelled
from firsthand.errors import UserError
from firsthand.papers.bert.finetuning import FineTuning
from firsthand.papers.bert.masking import MIX
from firsthand.papers.bert.model import Config
from firsthand.papers.bert.pretraining import Pretraining
from firsthand.train import recipe
from firsthand.train.recipe import Optim, Schedule


@dataclass(frozen=True)
class Recipe(recipe.Recipe):
    """A recipe of pre-training."""

    model: Config = Config()
    data: Documents = Documents()
    mix: tuple[float, float] = MIX  # shares of hidden words: masked, another at random; the others are left as they are
    eval_examples: int = 2000  # examples of each part that are scored, the first ones
    task: ClassVar = Pretraining

    def __post_init__(self) -> None:
        super().__post_init__()
        within(self, mix=SHARE, eval_examples=COUNT)
        if len(self.mix) != 2 or sum(self.mix) > 1 + 1e-6:
            raise UserError(f"mix must be two shares that sum to at most 1, got {self.mix}.")


@dataclass(frozen=True)
class Tuning(recipe.Recipe):
    """A recipe of fine-tuning, best begun with --weights: a run of pre-training, or a folder of published weights."""

    model: Config = Config()
    data: Labelled = Labelled()
    task: ClassVar = FineTuning


# Appendix A.2; no decay of biases and norms, and the clipping, are the authors' code. Ours corrects Adam's first steps.
ADAM = Optim("adamw", lr=1e-4, betas=(0.9, 0.999), eps=1e-6, weight_decay=0.01)
PRESETS = {
    # 1,083,786 parameters; a thousandth of the paper's sentences, and a rate ten times its own.
    "laptop": Recipe(
        model=Config(layers=2, hidden=128, heads=2, length=64, std=0.05),
        optim=Optim("adamw", lr=1e-3, eps=1e-6, weight_decay=0.01),
        schedule=Schedule("linear", warmup=100),
        clip=1.0,
        batch=64,
        steps=1500,
        eval_every=250,
        log_every=25,
        checkpoint_every=250,
    ),
    # Section 3.1 and appendix A.2: nine tenths of the steps with 128 tokens; the last tenth, with 512, is a run of its
    # own: --weights RUN --data.length 512 --steps 100000. The books and Wikipedia are yours to bring: --data PATH.
    "paper": Recipe(
        data=Documents(size=30_000, length=128),
        optim=ADAM,
        schedule=Schedule("linear", warmup=10_000),
        clip=1.0,
        batch=256,
        steps=1_000_000,
        eval_every=10_000,
        log_every=100,
        checkpoint_every=10_000,
    ),
}


def tuned(name: str, examples: int) -> Tuning:
    """Appendix A.3 and section 4.1: three passes, batches of 32, and one of the paper's rates."""
    steps = 3 * -(-examples // 32)
    return Tuning(
        data=Labelled(name),
        optim=Optim("adamw", lr=3e-5, betas=(0.9, 0.999), eps=1e-6, weight_decay=0.01),
        schedule=Schedule("linear", warmup=steps // 10),
        clip=1.0,
        batch=32,
        steps=steps,
        eval_every=max(steps // 6, 1),
        log_every=20,
        checkpoint_every=max(steps // 6, 1),
    )


PRESETS |= {
    "cola": tuned("cola", 8551),
    "rte": tuned("rte", 2490),
    "sst-2": tuned("sst-2", 67_349),
    "sts-b": tuned("sts-b", 5749),
}
