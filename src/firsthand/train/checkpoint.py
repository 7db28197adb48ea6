"""Checkpoints: weights, optimiser, random state and position, as safetensors plus JSON. No pickle, no code.

`step-00001000.safetensors` is written first and `step-00001000.json`, which holds its checksum, last: a checkpoint
exists once its JSON does, so a crash between the two leaves the previous checkpoint in force.
"""

import contextlib
import hashlib
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as parse
from safetensors.torch import save as serialise
from torch import Tensor
from torch.nn import Module
from torch.optim import Optimizer

from firsthand.errors import UserError, notice
from firsthand.train import shapes
from firsthand.train.folder import digest, write_atomically, write_json
from firsthand.typed import MOST, fitted, parse_json, read_bytes

KNOWN = shapes.Checkpoint.__annotations__


def pack(model: Module, optimizer: Optimizer) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Everything that decides the next step, as named tensors and as JSON."""
    state = optimizer.state_dict()
    tensors = of_network(model)
    scalars: dict[str, dict[str, Any]] = {}
    for index, slots in state["state"].items():
        for name, value in slots.items():
            if isinstance(value, Tensor):
                tensors[f"optim.{index}.{name}"] = value
            else:
                scalars.setdefault(str(index), {})[name] = value
    tensors["rng.cpu"] = torch.get_rng_state()
    if torch.cuda.is_available():
        tensors["rng.cuda"] = torch.cuda.get_rng_state()
    return tensors, {"optim": {"groups": state["param_groups"], "scalars": scalars}}


def of_network(model: Module) -> dict[str, Tensor]:
    """A network's weights and buffers under the names that a checkpoint gives them."""
    return {f"model.{name}": value for name, value in model.state_dict().items()}


def unpack(tensors: dict[str, Tensor], content: dict[str, Any], model: Module, optimizer: Optimizer) -> None:
    """Put back what `pack` took; raises UserError, before anything has changed, if it is of something else."""
    agree(part(tensors, "model."), model.state_dict(), "network")
    state = optimizer_state(tensors, content["optim"], optimizer)
    random = tensors.get("rng.cpu")
    if random is None or random.dtype != torch.uint8 or random.shape != torch.get_rng_state().shape:
        raise UserError("The checkpoint has no random state of this version of PyTorch: train again.")
    try:
        model.load_state_dict(part(tensors, "model."))
        optimizer.load_state_dict(state)
        torch.set_rng_state(random)
        if "rng.cuda" in tensors and torch.cuda.is_available():
            torch.cuda.set_rng_state(tensors["rng.cuda"])
    except (KeyError, RuntimeError, TypeError, ValueError) as error:
        raise UserError(f"The checkpoint cannot be used: {' '.join(str(error).split())}.") from None


def agree(tensors: Mapping[str, Tensor], expected: Mapping[str, Tensor], what: str) -> None:
    """Raise UserError unless the tensors have the names, shapes and kinds of numbers of the expected ones."""
    for name in [*expected, *tensors]:
        there, here = (_described(some.get(name)) for some in (tensors, expected))
        if there != here:
            raise UserError(f"The checkpoint is not of this {what}: {name} is {there} there and {here} here.")


def network_of(task: Any, weights: Mapping[str, Tensor]) -> Module:
    """The task's network with these weights; UserError if they are not its own, before there is one of any size."""
    try:
        with contextlib.suppress(RuntimeError), torch.device("meta"):  # which some networks cannot be made on
            agree(weights, task.model().state_dict(), "network")
        network = task.model()
        agree(weights, network.state_dict(), "network")
        network.load_state_dict(weights)
        return network
    except (MemoryError, OverflowError, RuntimeError, TypeError, ZeroDivisionError) as error:
        reason = str(error).partition("\n")[0].rstrip(".")
        raise UserError(f"The network that its config.json asks for cannot be made: {reason}.") from None


def _described(tensor: Tensor | None) -> str:
    if tensor is None:
        return "absent"
    kind = "real" if tensor.is_floating_point() else str(tensor.dtype).removeprefix("torch.")  # precision may change
    return f"{kind} of shape {tuple(tensor.shape)}"


def optimizer_state(tensors: dict[str, Tensor], saved: dict[str, Any], optimizer: Optimizer) -> dict[str, Any]:
    """What `Optimizer.load_state_dict` takes, from a checkpoint; raises UserError where it is of another optimiser.

    The options are those of the recipe; of the file count only whole numbers, such as how often something was done.
    """
    params = [p for group in optimizer.param_groups for p in group["params"]]
    state: dict[int, dict[str, Any]] = {}
    slots = [(index, name, value) for index, found in saved["scalars"].items() for name, value in found.items()]
    slots += [(*key.split(".", 1), value) for key, value in part(tensors, "optim.").items() if "." in key]
    for index, name, value in slots:
        place = int(index) if index.isdecimal() and len(index) < 9 else -1
        if not 0 <= place < len(params) or getattr(value, "shape", ()) not in ((), params[place].shape):
            raise UserError(f"The checkpoint is not of this optimiser: it has no {name} for a parameter {index}.")
        state.setdefault(place, {})[name] = value
    groups = optimizer.state_dict()["param_groups"]
    if [group.get("params") for group in saved["groups"]] != [group["params"] for group in groups]:
        raise UserError("The checkpoint is not of this optimiser: its groups of parameters are others.")
    for group, theirs in zip(groups, saved["groups"], strict=True):
        group |= {name: value for name, value in theirs.items() if type(value) is type(group.get(name)) is int}
    return {"state": state, "param_groups": groups}


def part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The tensors of a checkpoint whose names begin so, under what follows."""
    return {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}


def weights(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The weights that count in a checkpoint, under the network's names: their average, where the run keeps one."""
    return part(tensors, "average.module.") or part(tensors, "model.")


def save(folder: Path, kind: str, step: int, tensors: dict[str, Tensor], content: dict[str, Any], keep: int) -> None:
    """Write checkpoint `kind` of this step and drop all but the newest `keep` of the kind.

    Kinds: "step"; "best", of the lowest validation loss; "start", the weights from another run that it started from.
    """
    data = serialise({name: value.detach().cpu().contiguous() for name, value in tensors.items()})
    path = folder / f"{kind}-{step:08d}.safetensors"
    write_atomically(path, data, sync=False)  # after a power cut the checksum tells, and the one before is used
    content = content | {"step": step, "sha256": hashlib.sha256(data).hexdigest()}
    write_json(path.with_suffix(".json"), content | {"own_sha256": digest(content)}, sync=False)
    for old in found(folder, kind)[:-keep]:
        old.with_suffix(".safetensors").unlink(missing_ok=True)  # first: without its JSON nothing would know it
        old.unlink()
    kept = {path.stem for path in found(folder, kind)}
    for old in found(folder, kind, ".safetensors"):  # also what a kill has left
        if old.stem not in kept:
            old.unlink(missing_ok=True)


def found(folder: Path, kind: str, ending: str = ".json") -> list[Path]:
    """The JSON paths of a folder's checkpoints of a kind, oldest first; other files may lie beside them."""
    paths = folder.glob(f"{kind}-*{ending}")
    return sorted(path for path in paths if re.fullmatch(r"\d{8,}", path.stem[len(kind) + 1 :]))


def read(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read one checkpoint by its JSON path; ValueError if it is damaged, UserError if the system will not read it."""
    try:
        content = parse_json(read_bytes(path, MOST), dict[str, Any])
        own = content.pop("own_sha256", None)
        strange = [name for name in content if name not in KNOWN and not name.startswith("val_")]
        if strange or own not in (digest(content), *([] if "rows" in content else [None])):
            raise ValueError("its JSON has changed since it was written")
        content = fitted(content, shapes.Checkpoint)
        if content["step"] != int(path.stem.rpartition("-")[2]):
            raise ValueError("its JSON is that of another step")
        data = read_bytes(path.with_suffix(".safetensors"))
        if hashlib.sha256(data).hexdigest() != content["sha256"]:
            raise ValueError("its checksum does not match")
        return parse(data), content
    except FileNotFoundError as error:
        raise ValueError(f"there is no {Path(str(error)).name}") from None
    except (KeyError, SafetensorError) as error:  # KeyError: a type of numbers that PyTorch does not have
        raise ValueError(str(error)) from None


def newest(
    folder: Path, kind: str, warn: Callable[[str], None] = notice
) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
    """The newest sound checkpoint of a kind, or None; a damaged one is reported and the one before it used."""
    paths = found(folder, kind)[::-1]
    for path in paths:
        try:
            return read(path)
        except UserError:
            raise
        except ValueError as error:
            warn(f"Checkpoint {path.with_suffix('.safetensors')} is damaged ({error}); using the one before it.")
    if paths:
        raise UserError(f"Every '{kind}' checkpoint in {folder} is damaged; train again from the start.")
    return None
