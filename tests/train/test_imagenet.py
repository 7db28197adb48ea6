"""The published recipes for ImageNet, on a folder of its layout with a dozen pictures and on narrow networks."""

import json

import numpy as np
import pytest
from PIL import Image

import firsthand
from firsthand.errors import UserError
from firsthand.train.launch import Launch

NARROW = {
    "alexnet": ("paper", {"model.widths": (8, 8, 8, 8, 8), "model.hidden": (16, 16)}),
    "vgg": ("paper", {"model.width": 2, "model.blocks": (1, 1, 1, 1, 1), "model.hidden": 8}),
    "googlenet": ("paper", {"model.divide": 8}),
    "resnet": ("imagenet", {"model.width": 4, "model.blocks": (1, 1, 1, 1)}),
    "regnet": ("paper", {"model.widths": (8, 8, 8, 8), "model.depths": (1, 1, 1, 1), "schedule.warmup": 1}),
}


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    """train/ and val/, three classes, two noisy pictures each, of the shapes that photographs have."""
    folder, generator = tmp_path_factory.mktemp("photographs") / "imagenet", np.random.default_rng(0)
    for part in ("train", "val"):
        for number in range(6):
            path = folder / part / f"n{number % 3:08d}"
            path.mkdir(parents=True, exist_ok=True)
            pixels = generator.integers(0, 256, (30, 40, 3) if number % 2 else (50, 30, 3), np.uint8)
            Image.fromarray(pixels).resize((260 + number, 270)).save(path / f"{number}.png")
    return folder


def options(key: str) -> dict:
    """Two steps of four pictures."""
    return NARROW[key][1] | {"steps": 2, "batch": 4, "eval_every": 2, "checkpoint_every": 2, "log_every": 1}


@pytest.fixture
def step(photographs, tmp_path, without_figures):
    """step(key, folder) takes two steps of the published recipe and returns the Run."""

    def start(key: str, folder: str = "run", **launch):
        chosen = options(key) | {"data": str(photographs)}
        launch = {"device": "cpu"} | launch
        return firsthand.train(
            key, NARROW[key][0], out=tmp_path / folder, launch=Launch(**launch), progress=False, **chosen
        )

    return start


@pytest.mark.parametrize(
    "key", [pytest.param(key, marks=() if key == "resnet" else pytest.mark.slow) for key in NARROW]
)
def test_the_published_recipe_runs(key, step):
    """At 224 pixels, with its augmentation; figures of thousands of classes are drawn for what the folder has."""
    run = step(key)
    assert run.result["steps"] == 2 and np.isfinite(run.result["metrics"]["train_loss"])
    assert run.config["recipe"]["model"]["classes"] == 3 and run.config["data"].endswith("imagenet")


def test_channels_last(step):
    """The same numbers to rounding: sums run in another order."""
    one, other = step("resnet", "one"), step("resnet", "other", channels_last=True)
    for ours, theirs in zip(other.metrics, one.metrics, strict=True):
        assert ours == pytest.approx(theirs, rel=1e-3)
    ours, theirs = other.model.state_dict(), one.model.state_dict()
    assert all(ours[name].is_contiguous() for name in ours)
    assert max((ours[name] - theirs[name]).abs().max().item() for name in ours) < 1e-3


def test_mixed_precision(step):
    """Eight bits of mantissa leave two digits of the loss."""
    one, other = step("resnet", "one"), step("resnet", "other", precision="bf16-mixed", channels_last=True)
    assert other.metrics[0]["loss"] == pytest.approx(one.metrics[0]["loss"], rel=0.03)


@pytest.mark.slow
def test_two_processes(step, command, photographs, tmp_path):
    """Half of the batch each give the numbers of one process, batch norm's means included."""
    one, (preset, _) = step("resnet", "one"), NARROW["resnet"]
    from firsthand.options import words

    chosen = words(firsthand.get("resnet").preset(preset), options("resnet") | {"data": str(photographs)})
    place = ["--device", "cpu", "--devices", 2, "--out", tmp_path / "two", "--json"]
    process = command("train", "resnet", "--preset", preset, *chosen, *place)
    stdout, stderr = process.communicate(timeout=300)
    assert process.returncode == 0, stderr
    two = json.loads(stdout)["metrics"]
    for name, value in one.result["metrics"].items():
        assert two[name] == pytest.approx(value, rel=1e-3), name  # float32 sums in another order


def test_where_imagenet_is(tmp_path, monkeypatch, photographs):
    """Without a folder: how to get it; one of that name among the data is found."""
    recipe = firsthand.get("resnet").preset("imagenet")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FIRSTHAND_DATA", str(tmp_path))
    with pytest.raises(UserError, match=r"^ImageNet cannot be downloaded without an account: get ILSVRC 2012 from "):
        recipe.data.located().load()
    monkeypatch.setenv("FIRSTHAND_DATA", str(photographs.parent))
    assert len(recipe.data.located().load().train) == 6
