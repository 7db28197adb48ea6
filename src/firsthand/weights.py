"""Published weights: read from a file, given our names, checked tensor by tensor, and put into a paper's network.

A file is safetensors, or a pickle of tensors, which torch reads with `weights_only=True`: no code in it ever runs.
"""

import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import torch
from jaxtyping import Shaped
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import Module

from firsthand import data
from firsthand.data.cifar import CLASSES
from firsthand.data.normalisation import Normalisation
from firsthand.data.specs import Pictures
from firsthand.data.userfile import located
from firsthand.errors import UserError
from firsthand.papers import Paper

WRAPPERS = ("state_dict", "model_state_dict", "model", "net")  # under which training scripts keep the weights
COUNTED = "num_batches_tracked"  # of batch norm: older files lack it


Tensors = Mapping[str, Shaped[Tensor, "..."]]


@dataclass(frozen=True)
class Preprocessing:
    """How a network saw pictures when it was trained: its weights make sense of no others."""

    names: Literal["imagenet", "cifar10"]  # whose classes its outputs are
    size: int  # pixels a side of what is cut from the middle
    shorter: int  # pixels of the shorter side before that
    normalise: Literal["imagenet", "symmetric"] = "imagenet"  # as `Pictures.normalise` says

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes."""
        if self.names == "cifar10":
            return CLASSES
        return tuple(files(data).joinpath("imagenet.txt").read_text(encoding="utf-8").splitlines())

    @property
    def pictures(self) -> Pictures:
        """A user's own pictures as the network wants them."""
        return Pictures("pictures", normalise=self.normalise, size=self.size, shorter=self.shorter)


IMAGENET = Preprocessing("imagenet", 224, 256)  # as torchvision evaluates
CIFAR10 = Preprocessing("cifar10", 32, 32)


@dataclass(frozen=True)
class Names:
    """The names that one library gives to a network's tensors."""

    library: str  # whose they are
    ours: tuple[tuple[str, str], ...] = ()  # regular expressions, each with what it is replaced by, to get our names
    change: Callable[[Tensors], dict[str, Tensor]] = dict  # what else they need: a first layer for other pixels, say


def read(path: str | Path) -> Tensors:
    """The tensors of a file by name, without wrappers; raises `UserError` for what holds anything but tensors."""
    path = located(path)
    if not path.is_file():
        raise UserError(f"There are no weights at {path}: it is {'a folder' if path.is_dir() else 'no file'}.")
    try:
        found = load_file(path)
    except SafetensorError:
        found = _unpickled(path)
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}.") from None
    while (inner := next((name for name in WRAPPERS if isinstance(found.get(name), Mapping)), None)) is not None:
        found = found[inner]
    if not found:
        raise UserError(f"{path} holds no weights: it is empty.")
    for name, value in found.items():
        if not isinstance(name, str) or not isinstance(value, Tensor):
            raise UserError(f"{path} holds {type(value).__name__} under {name!r}, where weights are tensors by name.")
    wrapped = all(name.startswith("module.") for name in found)
    return {name.removeprefix("module.") if wrapped else name: value for name, value in found.items()}


def _unpickled(path: Path) -> dict[Any, Any]:
    """What a pickle holds, if it is a dictionary of plain values and tensors."""
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged file can fail in any way
        reason = " ".join(str(error).split())
        if "Unsupported global" in reason or "Unsupported operand" in reason or "weights_only" in reason:
            raise UserError(
                f"{path} holds more than tensors, which could run code when it is read: save its state_dict alone."
            ) from None
        raise UserError(f"{path} is neither safetensors nor a file of torch.save.") from None
    if not isinstance(found, Mapping):
        raise UserError(f"{path} holds {type(found).__name__}, not tensors by name: save the network's state_dict.")
    return dict(found)


def renamed(
    tensors: Mapping[str, Tensor], expected: Mapping[str, Tensor], known: tuple[Names, ...]
) -> dict[str, Tensor]:
    """The tensors under our names: those of the library whose names give most of the expected ones."""

    def under(names: Names) -> dict[str, Tensor]:
        found = {}
        for name, value in tensors.items():
            for pattern, ours in names.ours:
                name = re.sub(pattern, ours, name)
            found[name] = value
        return found

    readings = [(under(names), names) for names in (Names("firsthand"), *known)]
    found, names = max(readings, key=lambda reading: len(reading[0].keys() & expected))
    return names.change(found)


def fill(
    network: Module,
    tensors: Mapping[str, Tensor],
    path: Path | str,
    new: tuple[str, ...] = (),
    optional: tuple[str, ...] = (),
) -> None:
    """Put tensors into a network; raises `UserError`, before anything has changed, naming one that does not fit.

    The layers named in `new` may be of another size: they keep their first weights. So do those whose names begin as
    one of `optional` and of which the file has nothing; what it has of them is left out where the network lacks them.
    """
    expected, missing = network.state_dict(), []
    absent = tuple(part for part in optional if not any(name.startswith(part) for name in tensors))
    tensors = {name: value for name, value in tensors.items() if name in expected or not name.startswith(optional)}
    for name, here in expected.items():
        there = tensors.get(name)
        if there is None:
            missing += [] if name.endswith(COUNTED) or name.startswith(absent) else [name]
        elif there.shape != here.shape and name.rpartition(".")[0] not in new:
            raise UserError(f"{path} does not fit: {name} is of shape {tuple(there.shape)}, not {tuple(here.shape)}.")
        elif there.is_floating_point() != here.is_floating_point():
            raise UserError(f"{path} does not fit: {name} holds {there.dtype}, not {here.dtype}.")
    extra = [name for name in tensors if name not in expected]
    for names, told in ((missing, "it lacks"), (extra, "the network has no")):
        if names:
            more = f" and {len(names) - 1:,} more" if len(names) > 1 else ""
            raise UserError(f"{path} does not fit: {told} {names[0]}{more}.")
    fits = {name: value for name, value in tensors.items() if value.shape == expected[name].shape}
    network.load_state_dict(expected | fits)


def load(paper: Paper, variant: str, path: str | Path) -> Module:
    """The paper's network of this variant with the weights of a file, in evaluation mode.

    Raises `UserError` for a file that does not fit, naming the tensor.
    """
    published = _published(paper)
    network = paper.network(_network(published, paper.variant(variant)))
    fill(network, renamed(read(path), network.state_dict(), published.NAMES), path, optional=_optional(published))
    return network.eval()


def _network(published: ModuleType, config: Any) -> Any:
    """The Config of the network that weights in these names are of: this one, unless the paper's folder has another."""
    return getattr(published, "published", lambda same: same)(config)


def _optional(published: ModuleType) -> tuple[str, ...]:
    """How the names of tensors begin that a file may lack, or a network."""
    return getattr(published, "OPTIONAL", ())


def _published(paper: Paper) -> ModuleType:
    """What the paper's folder says of published weights."""
    if not (paper.folder / "weights.py").is_file():
        raise UserError(f"No published weights are known for {paper.card.key}; --weights takes a run of it.")
    return paper.module("weights")


def classifier(paper: Paper, variant: str, path: str | Path) -> tuple[Any, Module]:
    """The network with the weights of a file, and the task that sees pictures as the network has learned to."""
    network, config = load(paper, variant, path), paper.variant(variant)
    seen, recipe = _published(paper).preprocessing(config), paper.preset("laptop")
    task = recipe.task.without_data(replace(recipe, data=seen.pictures, model=config))
    task.classes = seen.classes
    task.normalise = Normalisation.of(torch.zeros(1, 3, 1, 1, dtype=torch.uint8), seen.normalise)
    return task, network


class Published:
    """A file of published weights from which a run starts."""

    def __init__(self, paper: Paper, path: str | Path):
        self.published, self.path = _published(paper), located(path)
        self.tensors = read(path)

    def understood(self, recipe: Any) -> Any:
        """The recipe with the network that the weights are of, and with pictures as it has seen them."""
        seen = self.published.preprocessing(recipe.model)
        data = replace(recipe.data, normalise=seen.normalise)
        if data.folder and data.size is None:
            data = replace(data, size=seen.size, shorter=seen.shorter)
        return replace(recipe, model=_network(self.published, recipe.model), data=data)

    def first(self, task: Any, network: Module) -> Module:
        """A network with these weights; its last layer keeps its own where there are other classes than theirs."""
        network = deepcopy(network)
        tensors = renamed(self.tensors, network.state_dict(), self.published.NAMES)
        fill(network, tensors, self.path, self.published.HEAD, _optional(self.published))
        return network
