"""Checkpoints: weights, optimiser, random state and position, as safetensors plus JSON. No pickle, no code.

`step-00001000.safetensors` is written first and `step-00001000.json`, which holds its checksum, last: a checkpoint
exists once its JSON does, so a crash between the two leaves the previous checkpoint in force.
"""

import hashlib
import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as parse
from safetensors.torch import save as serialise
from torch import Tensor
from torch.nn import Module
from torch.optim import Optimizer

from firsthand.errors import UserError
from firsthand.train.folder import write_atomically, write_json


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
    """Put back what `pack` took."""
    model.load_state_dict(part(tensors, "model."))
    saved = content["optim"]
    state: dict[int, dict[str, Any]] = {int(index): dict(slots) for index, slots in saved["scalars"].items()}
    for key, value in tensors.items():
        if key.startswith("optim."):
            _, index, name = key.split(".", 2)
            state.setdefault(int(index), {})[name] = value
    optimizer.load_state_dict({"state": state, "param_groups": saved["groups"]})
    torch.set_rng_state(tensors["rng.cpu"])
    if "rng.cuda" in tensors and torch.cuda.is_available():
        torch.cuda.set_rng_state(tensors["rng.cuda"])


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
    write_json(
        path.with_suffix(".json"), content | {"step": step, "sha256": hashlib.sha256(data).hexdigest()}, sync=False
    )
    for old in sorted(folder.glob(f"{kind}-*.json"))[:-keep]:
        old.unlink()
        old.with_suffix(".safetensors").unlink(missing_ok=True)


def read(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read one checkpoint by its JSON path; ValueError if it is damaged."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        data = path.with_suffix(".safetensors").read_bytes()
        if hashlib.sha256(data).hexdigest() != content["sha256"]:
            raise ValueError("its checksum does not match")
        return parse(data), content
    except (OSError, KeyError, SafetensorError) as error:
        raise ValueError(str(error)) from None


def newest(
    folder: Path, kind: str, warn: Callable[[str], None] = warnings.warn
) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
    """The newest sound checkpoint of a kind, or None; a damaged one is reported and the one before it used."""
    paths = sorted(folder.glob(f"{kind}-*.json"), reverse=True)
    for path in paths:
        try:
            return read(path)
        except ValueError as error:
            warn(f"Checkpoint {path.with_suffix('.safetensors')} is damaged ({error}); using the one before it.")
    if paths:
        raise UserError(f"Every '{kind}' checkpoint in {folder} is damaged; train again from the start.")
    return None
