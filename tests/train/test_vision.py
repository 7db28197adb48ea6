"""Training on pictures: from memory and from a user's folder, the same however often it stops and wherever it runs."""

import json
import math
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn import Module

from firsthand import api
from firsthand.data import images
from firsthand.data.registry import DATASETS, Dataset
from firsthand.data.specs import Augment, Pictures
from firsthand.errors import UserError
from firsthand.figures.images import confusion
from firsthand.nn import Conv2d, Linear
from firsthand.train import checkpoint, pictures
from firsthand.train.engine import fit
from firsthand.train.folder import RunFolder
from firsthand.train.launch import Interrupted, Launch, begin, fabric_for
from firsthand.train.progress import Silent
from firsthand.train.recipe import Optim
from firsthand.train.task import Trained, evaluate
from firsthand.train.vision import Vision, VisionRecipe

EVERYTHING = Augment(area=(0.3, 1.0), flip=True, colour=0.1)


@dataclass(frozen=True)
class Config:
    """Of the smallest network that sees colours."""

    classes: int = 3  # outputs
    channels: int = 3  # inputs


class Small(Module):
    """A convolution, the mean over the picture, a linear map."""

    def __init__(self, config: Config):
        super().__init__()
        self.conv = Conv2d(config.channels, 8, 3)
        self.out = Linear(8, config.classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.out(self.conv(x).relu().mean((2, 3)))


class Task(Vision):
    """The task with that network."""

    network = Small


@dataclass(frozen=True)
class Recipe(VisionRecipe):
    """Its recipe."""

    model: Config = Config()
    task: ClassVar = Task


STEPS = Recipe(
    steps=12, batch=6, optim=Optim("adam", lr=0.01), log_every=1, eval_every=6, checkpoint_every=12, keep="last"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Forty pictures of three colours, in grain, of many sizes."""
    root, dice = tmp_path_factory.mktemp("pictures"), np.random.default_rng(0)
    for label, name in enumerate(("red", "green", "blue")):
        (root / name).mkdir()
        for number in range(14):
            pixels = dice.integers(0, 120, (24 + number, 40 - number, 3))
            pixels[..., label] += 120
            Image.fromarray(pixels.astype(np.uint8)).save(root / name / f"{number}.png")
    return root


def recipe(folder: Path, **options) -> Recipe:
    return replace(STEPS, data=Pictures(str(folder), size=16, augment=EVERYTHING), **options)


@pytest.fixture
def run(tmp_path, without_figures):
    """run(recipe, name) trains, or goes on, and returns the task and its folder."""

    def train(recipe: Recipe, name: str = "run") -> tuple[Task, RunFolder]:
        task, folder = Task(recipe), RunFolder(tmp_path / name)
        if not folder.path.exists():
            folder.create({"paper": "small", "preset": "none", "data": recipe.data.name, "seed": recipe.seed})
        fabric = fabric_for(Launch(device="cpu"))
        begin(fabric)
        fit(task, folder, Silent(), fabric)
        return task, folder

    return train


def trace(folder: RunFolder) -> tuple:
    weights = max(folder.checkpoints.glob("step-*.safetensors")).read_bytes()
    return list(folder.metrics), weights, folder.result["metrics"]


def test_an_interrupted_run_goes_on_bit_for_bit(folder, run, stop_at):
    """With every piece of the augmentation, and pictures that were read ahead before it stopped."""
    whole = trace(run(recipe(folder))[1])
    stop_at(5, 9)
    for _ in range(2):
        with pytest.raises(Interrupted):
            run(recipe(folder), "parts")
    assert trace(run(recipe(folder), "parts")[1]) == whole
    assert trace(run(recipe(folder, seed=1), "other")[1]) != whole


def test_read_ahead_or_not_is_the_same(folder, run, monkeypatch):
    whole = trace(run(recipe(folder))[1])
    monkeypatch.setattr(Task, "expect", lambda *_: None)
    assert trace(run(recipe(folder), "alone")[1]) == whole


def test_a_process_sees_its_share_of_the_same_pictures(folder):
    """Every second example of a batch is the same to the bit, whatever else is in the batch."""
    indices = torch.tensor([3, 30, 0, 17, 8, 25])
    whole, targets = Task(recipe(folder)).batch(indices, 7)
    for rank in (0, 1):
        part, theirs = Task(recipe(folder)).batch(indices[rank::2], 7)  # each process has its own
        assert torch.equal(part, whole[rank::2]) and torch.equal(theirs, targets[rank::2])


SCRIPT = """
import sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from firsthand import api
from firsthand.train.launch import Launch
from test_vision import recipe
if __name__ == "__main__":
    launch = Launch(device="cpu", devices={devices}, strategy={strategy!r})
    api.start("lenet", "laptop", recipe(Path({folder!r})), launch, {out!r}, False)
"""


@pytest.mark.slow
def test_two_processes_give_the_numbers_of_one(folder, tmp_path):
    """To rounding: float32 sums in another order."""
    rows = []
    for devices, strategy in ((1, "auto"), (2, "ddp")):
        out, script = tmp_path / str(devices), tmp_path / f"{devices}.py"
        told = {"tests": str(Path(__file__).parent), "folder": str(folder), "out": str(out)}
        script.write_text(SCRIPT.format(devices=devices, strategy=strategy, **told))
        subprocess.run([sys.executable, script], check=True, timeout=120, capture_output=True)
        rows.append([json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()])
    assert len(rows[0]) == len(rows[1]) == 14
    for one, two in zip(*rows, strict=True):
        assert one == pytest.approx(two, rel=1e-4)


def test_it_learns(folder, run):
    """Three colours are told apart in a hundred steps; the share of waiting is in the result."""
    _, found = run(recipe(folder, steps=100))
    assert found.result["metrics"]["test_error"] == 0
    assert 0 < found.result["waiting"] < 1
    assert "test_top5_error" not in found.result["metrics"]  # of three classes


class Slow(Small):
    """A network that takes its time, without a core."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.training:
            time.sleep(0.1)
        return super().forward(x)


class SlowTask(Task):
    """The task with it."""

    network = Slow


def test_reading_ahead_spares_the_waiting(folder, tmp_path, monkeypatch, without_figures):
    """A step of 0.1 s hides the reading of its six pictures of 20 ms each; without reading ahead it is waited for."""
    read = pictures.part_of

    def slowly(*arguments):
        time.sleep(0.02)
        return read(*arguments)

    monkeypatch.setattr(pictures, "part_of", slowly)
    waiting = []
    for name in ("ahead", "alone"):
        task, run = SlowTask(recipe(folder, eval_every=12)), RunFolder(tmp_path / name)
        run.create({"paper": "small", "preset": "none", "data": "", "seed": 0})
        task.val = None
        if name == "alone":
            monkeypatch.setattr(Task, "expect", lambda *_: None)
        fabric = fabric_for(Launch(device="cpu"))
        begin(fabric)
        fit(task, run, Silent(), fabric)
        waiting.append(run.result["waiting"])
    assert waiting[0] < waiting[1] / 2


def test_files_that_break_while_training(folder, tmp_path, run, capsys):
    """A picture cut short is told once, left out of its batches and scores, and the run goes on."""
    root = tmp_path / "broken"
    for path in folder.rglob("*.png"):
        (root / path.parent.name).mkdir(parents=True, exist_ok=True)
        data = path.read_bytes()
        cut = path.name in ("3.png", "8.png")
        (root / path.parent.name / path.name).write_bytes(data[: len(data) // 2] if cut else data)
    task, found = run(recipe(root, steps=14))
    told = [line for line in capsys.readouterr().err.splitlines() if line.startswith("Left out: ")]
    assert len(told) == len(set(told)) == 6 and all("cannot be read as a picture" in line for line in told)
    assert all(math.isfinite(value) for value in found.result["metrics"].values())
    outputs, targets = task.outputs(task.model(), task.train)
    assert len(outputs) == len(targets) == len(task.train.sound()) < len(task.train)
    with pytest.raises(UserError, match="no picture of a batch can be read"):
        task.train.batch(torch.tensor(sorted(set(range(len(task.train))) - set(task.train.sound().tolist()))))


def test_a_folder_is_measured_or_not(folder, monkeypatch):
    """Small ones are; of large ones ImageNet's numbers serve unless something else is asked for."""
    task = Task(recipe(folder))
    inputs = torch.cat([batch[0] for batch in task.train.batches(100)])
    assert task.recipe.data.normalise == "channel" and task.recipe.model == Config(3, 3)
    assert inputs.mean((0, 2, 3)).tolist() == pytest.approx([0] * 3, abs=1e-3)
    monkeypatch.setattr("firsthand.train.vision.MEASURED", 20)
    large = Task(recipe(folder))
    assert large.recipe.data.normalise == "imagenet" and large.normalise.mean[0] == [[0.485]]
    asked = Task(replace(STEPS, data=Pictures(str(folder), size=16, normalise="pixel")))
    assert np.shape(asked.normalise.mean) == (3, 16, 16)
    with pytest.raises(UserError, match="the network sees 16 pixels"):
        Task(replace(STEPS, data=Pictures(str(folder), size=16, augment=Augment(side=(12, 20)))))


def test_the_digest_reads_no_picture(folder, monkeypatch):
    task = Task(recipe(folder))
    before = task.digest()
    monkeypatch.setattr(pictures, "part_of", None)
    assert task.digest() == before
    task.train.listing.names = task.train.listing.names[::-1]
    assert task.digest() != before


def test_a_users_picture(folder, run, tmp_path):
    """Read as those of the folder are tested, and normalised as the run was; ten views and 144 are averaged."""
    task, found = run(recipe(folder, steps=100))
    for name, content in task.files().items():
        (found.path / name).write_text(json.dumps(content))
    network = checkpoint.network_of(task, checkpoint.weights(checkpoint.newest(found.checkpoints, "step")[0])).eval()
    trained = Trained(network, task.recipe, found)
    path = task.test.listing.path(0)
    row = list(Task.of_run(trained).see(trained.model, [path, tmp_path / "none.png"]))
    logits = network(task.test.batch(torch.tensor([0]))[0])
    likely = logits.softmax(1).max().item()
    assert row[0]["class"] == path.parent.name and row[0]["confidence"] == pytest.approx(likely, abs=1e-6)
    assert "There is no file" in row[1]["error"]
    for crops in (10, 144):
        views = task.prepare(task.views(path, crops))
        assert len(views) == crops
        mean = network(views).softmax(1).mean(0)
        rows = list(Task.of_run(trained).see(trained.model, [path, path], crops))
        assert [row["confidence"] for row in rows] == pytest.approx([mean.max().item()] * 2, abs=1e-6)
    for crops in (0, -1, 145):
        with pytest.raises(UserError, match="crops must be at"):
            Task.of_run(trained).see(trained.model, [path], crops)


def load_many(validation: int | None = None) -> images.ImageSets:
    """Twelve grey pictures of as many classes."""
    pixels = torch.arange(12 * 4 * 4).view(12, 4, 4).byte()
    part = pixels, torch.arange(12)
    return images.ImageSets(part, part, part, tuple(f"class {number}" for number in range(12)))


@pytest.fixture
def many(monkeypatch) -> Recipe:
    monkeypatch.setattr(images, "load_many", load_many, raising=False)
    known = Dataset("many", "images", "Twelve.", "", "", loader="images.load_many", reader="pictures.as_digit")
    monkeypatch.setitem(DATASETS, "many", known)
    return replace(STEPS, data=Pictures("many", normalise="none"))


class Fixed(Module):
    """The same logits for every picture, 0 for the first class and less for each after it."""

    def __init__(self, config: Config):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(()))
        self.classes = config.classes

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.weight - torch.arange(self.classes).float().expand(len(x), -1)


def test_top_five(many):
    """Of twelve classes in one order for all pictures seven are not among the first five, and eleven not first."""
    task = Task(many)
    assert task.recipe.model == Config(classes=12, channels=1)
    scores = evaluate(task, Fixed(task.recipe.model), task.test)
    assert scores["error"] == pytest.approx(11 / 12) and scores["top5_error"] == pytest.approx(7 / 12)


def test_pictures_in_memory(many):
    """Channels are added, augmentation acts on what is trained on only, one view is what there is of a grey one."""
    task = Task(replace(many, data=replace(many.data, augment=Augment(shift=1))))
    plain = task.test.batch(torch.arange(12))[0]
    assert torch.equal(plain, load_many().test[0][:, None].float() / 255)
    assert not torch.equal(task.batch(torch.arange(12), 0)[0], plain)
    drawn = dict(task.figures(Small(task.recipe.model)))
    assert list(drawn) == ["confusion", "mistakes", "kernels", "maps", "explained"]


def test_the_confusion_of_many_classes():
    """Every pair has its number up to twenty classes; of more the most frequent mistakes are bars."""
    targets, predicted = torch.arange(100) % 25, torch.arange(100) % 25
    predicted[[3, 28, 53]] = 7
    predicted[[4, 29]] = 9
    names = [f"a class with a long name, the {number}" for number in range(25)]
    bars = confusion(targets, predicted, names, "validation images").axes[0]
    assert [bar.get_width() for bar in bars.patches] == [3, 2]
    assert "5 of 100 validation images wrong" in {bars.get_title(loc=place) for place in ("left", "center")}
    assert all(len(label.get_text()) <= 47 for label in bars.get_yticklabels())
    assert not confusion(targets, targets, names).axes[0].patches
    matrix = confusion(targets % 12, predicted % 12, names[:12]).axes[0]
    assert matrix.images[0].get_array().shape == (12, 12)


def test_a_run_of_a_paper_starts_as_one(folder, tmp_path):
    """Through the door that the command line takes: files of the run, figures of a folder."""
    run = api.start("lenet", "laptop", recipe(folder), Launch(device="cpu"), tmp_path / "run", False)
    assert json.loads((run.path / "classes.json").read_text()) == ["blue", "green", "red"]
    assert set(json.loads((run.path / "normalisation.json").read_text())) == {"mean", "std"}
    assert {path.stem for path in (run.path / "figures").iterdir()} >= {"confusion", "mistakes", "loss"}
    assert run.config["data"] == str(folder) and len(run.config["data_sha256"]) == 64
