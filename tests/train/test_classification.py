"""Classification of any images: the data set brings its loader and its reader, of any size and number of channels."""

from dataclasses import dataclass, replace
from typing import ClassVar

import pytest
import torch
from PIL import Image
from torch.nn import Flatten, Sequential

from firsthand.data import images, pictures
from firsthand.data.registry import DATASETS, Dataset
from firsthand.data.specs import Images
from firsthand.errors import UserError
from firsthand.nn import Linear
from firsthand.train import recipe
from firsthand.train.classify import Classify
from firsthand.train.folder import RunFolder, write_json
from firsthand.train.task import Trained, evaluate

COLOURS = ("red", "green", "blue")


def load(validation: int | None = None) -> images.ImageSets:
    """Nine images of 6 by 4 pixels, each of one colour."""
    pixels = torch.zeros(9, 3, 6, 4, dtype=torch.uint8)
    labels = torch.arange(9) % 3
    pixels[torch.arange(9), labels] = 250
    part = pixels, labels
    return images.ImageSets(part, part, part, COLOURS)


def read(path) -> torch.Tensor:
    """A picture of any size as one of them."""
    try:
        small = Image.open(path).convert("RGB").resize((4, 6))
    except OSError:
        raise UserError(f"{path} is not a picture.") from None
    return torch.tensor(list(small.tobytes()), dtype=torch.uint8).view(6, 4, 3).permute(2, 0, 1)


class Plain(Classify):
    """A linear map, whose weights find the brightest channel."""

    def model(self):
        network = Sequential(Flatten(), Linear(3 * 6 * 4, 3))
        with torch.no_grad():
            network[1].weight.copy_(torch.eye(3).repeat_interleave(24, 1))
            network[1].bias.zero_()
        return network


@dataclass(frozen=True)
class Recipe(recipe.Recipe):
    """Of the data that the test puts in the registry."""

    data: Images = Images("colours")
    task: ClassVar = Plain


@pytest.fixture
def task(monkeypatch):
    """The task on the images above."""
    monkeypatch.setattr(images, "load_colours", load, raising=False)
    monkeypatch.setattr(pictures, "as_colour", read, raising=False)
    known = Dataset(
        "colours", "images", "Three colours.", "", "", loader="images.load_colours", reader="pictures.as_colour"
    )
    monkeypatch.setitem(DATASETS, "colours", known)
    return Plain(Recipe())


def test_images_in_colour(task):
    """They reach the network with their channels and sizes, are scored, and drawn."""
    network = task.model()
    inputs, _ = task.train.batch(torch.arange(2))
    assert inputs.shape == (2, 3, 6, 4) and inputs.max() == 250 / 255
    assert evaluate(task, network, task.test)["error"] == 0
    drawn = dict(task.figures(network))
    assert list(drawn) == ["confusion", "mistakes"]
    shown = [axes.images[0].get_array() for axes in drawn["mistakes"].axes if axes.images]
    assert len(shown) == 9 and all(image.shape == (6, 4, 3) for image in shown)
    assert images.drawing(load().train[0][0]).count("\n") == 2  # two rows of pixels to a line


def test_a_users_pictures_are_read_as_the_data_set_says(task, tmp_path):
    """Each gets its class; one that is no picture costs the others nothing."""
    for colour in COLOURS:
        Image.new("RGB", (40, 30), colour).save(tmp_path / f"{colour}.png")
    (tmp_path / "words.png").write_text("no picture")
    folder = RunFolder(tmp_path / "run")
    folder.create({"paper": "mlp"})
    write_json(folder.path / "classes.json", list(COLOURS))
    run = Trained(task.model(), task.recipe, folder)
    rows = list(Plain.of_run(run).see(run.model, [tmp_path / f"{name}.png" for name in (*COLOURS, "words")]))
    assert [row.get("class") for row in rows] == [*COLOURS, None]
    assert rows[3]["error"].endswith("is not a picture.")


def test_options_of_a_loader_that_takes_none():
    """A data set of a fixed split refuses another; each of a name that holds no images is one sentence."""
    with pytest.raises(UserError, match="'validation' does not apply to the data 'digits'"):
        replace(Images("digits"), validation=3).load()
    with pytest.raises(UserError, match="'names' holds lines of text, not images"):
        Images("names").picture("a.png")
