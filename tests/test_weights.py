"""Published weights: what a file may hold, how a mistake is told, and what is done with them on the command line."""

import json
import pickle
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

import firsthand
from firsthand import api, papers
from firsthand import weights as published
from firsthand.data.normalisation import Normalisation
from firsthand.errors import UserError
from firsthand.papers.resnet.model import ResNet
from firsthand.papers.resnet.variants import VARIANTS


@pytest.fixture(scope="module")
def weights() -> dict[str, torch.Tensor]:
    """Of a network for CIFAR-10."""
    torch.manual_seed(0)
    return ResNet(VARIANTS["20"]).state_dict()


class Harmful:
    """Something that would run code when a pickle is read."""

    def __init__(self, path: Path):
        self.path = path

    def __reduce__(self) -> tuple:
        return Path.touch, (self.path,)


def refused(path: Path, words: str, variant: str = "20") -> None:
    """One sentence, of the file, without a traceback."""
    with pytest.raises(UserError, match=words) as error:
        firsthand.load_weights("resnet", variant, path)
    assert str(path) in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("protocol", [2, 4])
def test_no_code_runs(protocol, weights, tmp_path):
    """Of a file that torch or pickle wrote."""
    path, ran = tmp_path / "weights.pth", tmp_path / "ran"
    path.write_bytes(pickle.dumps({"conv1.weight": Harmful(ran)}, protocol=protocol))
    refused(path, "more than tensors|neither safetensors nor")
    torch.save(weights | {"best": Harmful(ran)}, path)
    refused(path, "holds more than tensors, which could run code")
    assert not ran.exists()


def test_what_is_no_file_of_weights(weights, tmp_path):
    """Empty, of words, cut short, a list, numbers in place of tensors, nothing, a folder."""
    path = tmp_path / "weights.pth"
    refused(path, "it is no file")
    refused(tmp_path, "it is a folder")
    for content in (b"", b"conv1.weight: 0.5\n", b"\x80\x02]q\x00."):
        path.write_bytes(content)
        refused(path, "neither safetensors nor a file of torch.save|holds list|holds more than tensors")
    torch.save(weights, path)
    path.write_bytes(path.read_bytes()[:5000])
    refused(path, "neither safetensors nor")
    for content, words in (
        ([1.0], "holds list, not tensors by name"),
        ({}, "holds no weights"),
        ({"conv1.weight": 0.5}, "holds float under 'conv1.weight'"),
        ({0: torch.zeros(1)}, "holds Tensor under 0"),
    ):
        torch.save(content, path)
        refused(path, words)


def test_a_tensor_that_does_not_fit_is_named(weights, tmp_path):
    """One that is missing, one too many, one of another shape or of another kind; nothing is loaded."""
    path = tmp_path / "weights.safetensors"
    kernel = "layer2.1.conv2.weight"
    for changed, words in (
        ({name: value for name, value in weights.items() if name != kernel}, f"it lacks {kernel}."),
        (weights | {"layer9.0.conv1.weight": torch.zeros(2)}, "the network has no layer9.0.conv1.weight."),
        (
            weights | {kernel: torch.zeros(32, 32, 5, 5)},
            rf"{kernel} is of shape \(32, 32, 5, 5\), not \(32, 32, 3, 3\)",
        ),
        (weights | {"fc.weight": torch.zeros(7, 64), "fc.bias": torch.zeros(7)}, r"fc.weight is of shape \(7, 64\)"),
        (weights | {kernel: weights[kernel].long()}, f"{kernel} holds torch.int64"),
    ):
        save_file({name: value.contiguous() for name, value in changed.items()}, path)
        refused(path, words)


def test_half_precision_is_widened(weights, tmp_path):
    """Weights that were stored in 16 bits."""
    halves = {name: value.half() if value.is_floating_point() else value for name, value in weights.items()}
    save_file(halves, tmp_path / "half.safetensors")
    network = firsthand.load_weights("resnet", "20", tmp_path / "half.safetensors")
    assert network.conv1.weight.dtype == torch.float32 and not network.training
    assert torch.equal(network.conv1.weight, weights["conv1.weight"].half().float())


def test_a_paper_without_published_weights(weights, tmp_path):
    torch.save(weights, tmp_path / "w.pth")
    with pytest.raises(UserError, match="No published weights are known for lenet"):
        firsthand.load_weights("lenet", "1", tmp_path / "w.pth")
    with pytest.raises(UserError, match="lenet has no variants"):
        papers.get("lenet").variant("1")


def test_a_picture_is_classified(call, weights, tmp_path):
    """By its CIFAR name, and the figure is drawn; without a variant, or with one and a run, a sentence."""
    torch.save(weights, tmp_path / "20.pth")
    Image.new("RGB", (50, 40), "red").save(tmp_path / "red.png")
    words = ("classify", "resnet", tmp_path / "red.png", "--weights", tmp_path / "20.pth")
    code, out, _ = call(*words, "--variant", "20", "--figure", tmp_path / "why.png", "--json")
    assert (
        code == 0
        and json.loads(out)[0]["class"] in ("airplane automobile bird cat deer dog frog horse ship truck").split()
    )
    with Image.open(tmp_path / "why.png") as figure:
        assert figure.width > 300
    code, _, err = call(*words)
    assert code == 2 and "Add --variant NAME, one of: 20, 32" in err
    code, _, err = call("classify", "resnet", tmp_path / "red.png", "--variant", "20")
    assert code == 2 and "--variant goes with --weights" in err


KNOWN = [key for key in papers.networks() if (papers.get(key).folder / "weights.py").is_file()]
SEEING = [key for key in KNOWN if hasattr(papers.get(key).module("weights"), "preprocessing")]


@pytest.mark.parametrize("key", SEEING)
def test_pictures_are_seen_as_in_training(key):
    """Of a network for ImageNet's classes: their names, in pictures of the size that its layers are made for."""
    paper = papers.get(key)
    seen = {
        name: (paper.module("weights").preprocessing(config), paper.example_shape(config))
        for name, config in paper.variants.items()
        if config.classes == 1000
    }
    assert seen
    for name, (how, shape) in seen.items():
        assert (3, how.size, how.size) == shape, name
        assert len(how.classes) == 1000 and how.pictures.resized == how.shorter == 256, name
        assert how.pictures.normalise == how.normalise and how.pictures.seen == how.size, name


def test_googlenet_sees_what_torchvisions_does(torchvision, monkeypatch, tmp_path):
    """There pixels come normalised as everybody's do, and the network's own `_transform_input` undoes that."""
    pixels = torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16).repeat(1, 3, 1, 1)
    everybody = Normalisation.of(pixels, "imagenet")(pixels)
    theirs = torchvision.models.GoogLeNet._transform_input(SimpleNamespace(transform_input=True), everybody)
    assert (theirs.min(), theirs.max()) == (pytest.approx(-1, abs=1e-5), pytest.approx(1, abs=1e-5))
    paper = papers.get("googlenet")
    monkeypatch.setattr(published, "load", lambda *_: torch.nn.Identity())
    task, _ = published.classifier(paper, "torchvision", "any file")
    torch.testing.assert_close(task.prepare(pixels), theirs, rtol=0, atol=1e-5)  # float32: two divisions
    torch.save({"fc.bias": torch.zeros(1000)}, tmp_path / "weights.pth")
    recipe = api.recipe_for("googlenet", "laptop", "torchvision", {"data.name": str(tmp_path)})
    understood = published.Published(paper, tmp_path / "weights.pth").understood(recipe)
    assert torch.equal(Normalisation.of(pixels, understood.data.normalise)(pixels), task.prepare(pixels))


@pytest.mark.parametrize("classes", [10, 2])
def test_a_run_starts_from_a_file(classes, weights, tmp_path, without_figures):
    """All of it, or, for other classes, all but the last layer; pictures are seen as the weights have learned to."""
    torch.save(weights, tmp_path / "20.pth")
    for place in range(4 * classes):
        folder = tmp_path / "photos" / f"class {place % classes}"
        folder.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (40, 36), (place * 5, 100, 200 - place * 4)).save(folder / f"{place}.png")
    run = firsthand.train(
        "resnet", variant="20", weights=tmp_path / "20.pth", data=str(tmp_path / "photos"), out=tmp_path / "run",
        launch="cpu", progress=False, steps=1, batch=4, eval_every=1, keep="last", **{"optim.lr": 0.0},
    )  # fmt: skip
    assert run.recipe.data.normalise == "imagenet" and run.recipe.data.size == 32
    ours = run.model.state_dict()
    same = [torch.equal(ours[name], value) for name, value in weights.items() if value.shape == ours[name].shape]
    assert len(same) == len(weights) - (0 if classes == 10 else 2)
    assert all(torch.equal(ours[n], weights[n]) for n in weights if "conv" in n)
    assert len(ours["fc.bias"]) == classes
