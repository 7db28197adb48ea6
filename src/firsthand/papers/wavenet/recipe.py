"""How the networks are trained: on a text within minutes, on names, as makemore part 5 does it, and on sounds."""

from dataclasses import dataclass, replace
from typing import ClassVar

from firsthand.data.specs import Names, Text
from firsthand.papers.wavenet.audio import Sounds
from firsthand.papers.wavenet.hierarchy import Tree
from firsthand.papers.wavenet.model import Config
from firsthand.papers.wavenet.tasks import SoundTask, TextTask, TreeTask
from firsthand.train import recipe
from firsthand.train.language import TextRecipe
from firsthand.train.recipe import Optim, Schedule


@dataclass(frozen=True)
class Recipe(TextRecipe):
    """A recipe with the network's sizes and the text it learns from."""

    model: Config = Config()
    data: Text = Text()
    task: ClassVar = TextTask


@dataclass(frozen=True)
class SoundRecipe(TextRecipe):
    """A recipe with the network's sizes and the sound it learns from."""

    model: Config = Config()
    data: Sounds = Sounds()
    task: ClassVar = SoundTask


@dataclass(frozen=True)
class TreeRecipe(recipe.Recipe):
    """A recipe with the sizes of makemore's tree and the names it learns from."""

    model: Tree = Tree()
    data: Names = Names("makemore-names")
    task: ClassVar = TreeTask


OFTEN = Recipe(schedule=Schedule("one-cycle"), clip=1.0, eval_every=250, checkpoint_every=250, threads=1)
PRESETS = {
    # The help of Python, character by character; every row of a batch goes on where it stopped, its queues with it.
    "laptop": replace(
        OFTEN,
        model=Config(residual=64, gate=64, skip=128, layers=7, dropout=0.1),
        window=64,
        order="streams",
        batch=32,
        steps=2000,
        optim=Optim("adam", lr=0.003),
    ),
    # What the paper states: 16 kHz, 256 mu-law codes, kernel 2, dilations 1 to 512, a receptive field of about
    # 240 ms: four blocks. Channels, optimiser, rate, batch and steps are not published: these are ours. Give it your
    # own sound: --data sound.wav. Days of one core.
    "paper": SoundRecipe(
        model=Config(residual=64, gate=64, skip=256, layers=10, blocks=4),
        data=Sounds("vowels", rate=16_000, seconds=600.0),
        window=8192,
        batch=8,
        steps=200_000,
        optim=Optim("adam", lr=0.001),
        schedule=Schedule("exponential", factor=0.5, every=50_000),
        clip=1.0,
        average="exponential",
        average_decay=0.9999,
        eval_every=2000,
        checkpoint_every=2000,
        log_every=100,
    ),
    # makemore part 5: the largest of its networks; the smaller ones by --model.fuse, --model.embed, --model.hidden.
    "hierarchy": TreeRecipe(
        steps=200_000,
        batch=32,
        order="replacement",
        optim=Optim("sgd", lr=0.1),
        schedule=Schedule("step", drops=(150_000,), factor=0.1),
        keep="last",
        eval_every=20_000,
        log_every=1000,
        checkpoint_every=20_000,
        threads=1,
    ),
    # The same networks in minutes: an adaptive rule, larger batches, ten passes over the names instead of 35.
    "hierarchy-laptop": TreeRecipe(
        steps=3600,
        batch=512,
        optim=Optim("adamw", lr=0.01, weight_decay=0.01),
        schedule=Schedule("one-cycle"),
        eval_every=400,
        checkpoint_every=400,
        threads=1,
    ),
    # The convolutional network on whole names: a receptive field of 16 characters.
    "names": replace(
        OFTEN,
        model=Config(residual=64, gate=64, skip=128, layers=4, dropout=0.1),
        data=Text("indian-male-names"),
        batch=128,
        steps=1500,
        optim=Optim("adamw", lr=0.003, weight_decay=0.05),
    ),
    # A minute of plucked strings at 8,000 samples a second, made up from a seed; a receptive field of 512
    # samples, 64 ms.
    "audio": SoundRecipe(
        model=Config(layers=9),
        window=512,
        stride=256,
        batch=8,
        steps=4000,
        optim=Optim("adam", lr=0.003),
        schedule=Schedule("one-cycle"),
        clip=1.0,
        eval_every=500,
        checkpoint_every=500,
        log_every=25,
        threads=1,
    ),
}
