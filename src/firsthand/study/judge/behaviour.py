"""What a function does with the cases of a step: outputs, gradients, or the exception that it ends with."""

import json
import re
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Generator, Tensor
from torch.overrides import TorchFunctionMode

from firsthand.papers.exercise import Case, Step
from firsthand.study.judge.rule import LAYERS, PRIMITIVES

INSIDE = ("torch.nn.functional", "torch._C._nn")  # modules of torch whose functions are layers, but for primitives
MOVES = {"_parse_to"}  # what a container's `to` calls in there


class Forbidden(Exception):
    """A layer or loss of torch was called while the learner's code ran."""


class Refused(Exception):
    """A function of torch was called that the step is to be written without."""


@dataclass(frozen=True)
class Failure:
    """The exception that ended a case, and where in the learner's file it was raised."""

    kind: str  # name of the exception's class
    text: str
    line: int = 0  # 0: not in the learner's file
    loading: bool = False  # whether it was raised before anything was called


@dataclass
class Behaviour:
    """What a step's function did: the values of every case up to the first that failed, and the identities."""

    values: list[dict[str, Tensor]] = field(default_factory=list)  # outputs by name, and gradients as "dL/dx"
    failure: Failure | None = None
    identities: list[float] = field(default_factory=list)  # how far from holding; NaN where it could not be tried
    changed: str = ""  # the first input that was changed in place


class Watch(TorchFunctionMode):
    """Refuses torch's layers and losses however the code came by them."""

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name, module = getattr(function, "__name__", ""), getattr(function, "__module__", None) or ""
        layer = LAYERS.fullmatch(name) and not hasattr(Tensor, name)
        if layer or (module.startswith(INSIDE) and name not in MOVES and f"{INSIDE[0]}.{name}" not in PRIMITIVES):
            raise Forbidden(name)
        return function(*args, **(kwargs or {}))


class Without(TorchFunctionMode):
    """Refuses some functions of torch, by their names."""

    def __init__(self, names: tuple[str, ...]):
        super().__init__()
        self.names = names

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if getattr(function, "__name__", "") in self.names:
            raise Refused(function.__name__)
        return function(*args, **(kwargs or {}))


def cases_of(step: Step, seed: int) -> Iterator[Case]:
    """The cases of a step, small to large, the same for the same seed."""
    return step.cases(Generator().manual_seed(seed))


def held(step: Step, answer: Callable, seed: int) -> list[float]:
    """How far from holding each identity is."""
    apart = []
    for identity in step.identities:
        found = identity.apart(answer, Generator().manual_seed(seed))
        apart.append(float(torch.as_tensor(found).detach().double().abs().max()))
    return apart


def copied(value: Any) -> Any:
    """The same tensors again, in lists, tuples and dictionaries of their own."""
    if isinstance(value, Tensor):
        return value.detach().clone()
    if isinstance(value, dict):
        return {name: copied(one) for name, one in value.items()}
    return type(value)(map(copied, value)) if type(value) in (list, tuple) else value


def unchanged(value: Any, before: Any) -> bool:
    """Whether an input holds the tensors that its copy holds."""
    if isinstance(before, Tensor):
        same = isinstance(value, Tensor) and value.shape == before.shape and value.dtype == before.dtype
        return same and bool(((value == before) | ((value != value) & (before != before))).all())
    if isinstance(before, dict):
        return list(value) == list(before) and all(unchanged(value[name], one) for name, one in before.items())
    if type(before) in (list, tuple):
        return len(value) == len(before) and all(map(unchanged, value, before))
    return True


def values_of(step: Step, answer: Callable, case: Case, seed: int) -> tuple[dict[str, Tensor], str]:
    """The outputs for one case, with the gradients of a random sum of them with respect to the inputs.

    Also the name of the first input that was changed in place, "" if none was.
    """
    inputs, sources = {name: copied(value) for name, value in case.inputs.items()}, {}
    for name, value in inputs.items():
        is_number = isinstance(value, Tensor) and value.is_floating_point()
        if step.gradients and is_number and name.split(".")[0] not in step.data:
            sources[name] = value.requires_grad_()
    outputs = named(step, step.use(answer, **inputs))
    changed = next((name for name, value in inputs.items() if not unchanged(value, case.inputs[name])), "")
    values = {name: value.detach().double() for name, value in outputs.items()}
    if sources:
        generator = Generator().manual_seed(seed)
        total: Any = 0.0
        for value in outputs.values():
            weight = torch.randn(value.shape, generator=generator, dtype=torch.float64)
            total = total + (value * weight).sum()
        if total.requires_grad:
            slopes = torch.autograd.grad(total, list(sources.values()), allow_unused=True)
        else:
            slopes = [None] * len(sources)
        for (name, source), slope in zip(sources.items(), slopes, strict=True):
            values[f"dL/d{name}"] = torch.zeros_like(source) if slope is None else slope
    return {name: value.detach().contiguous().clone() for name, value in values.items()}, changed


def named(step: Step, found: Any) -> dict[str, Tensor]:
    """The outputs by their names; raises TypeError where their number or kind is another."""
    found = tuple(found) if isinstance(found, tuple | list) else (found,)
    if len(found) != len(step.returns):
        expected = ", ".join(step.returns)
        raise TypeError(f"it returns {len(found)} things where {len(step.returns)} are wanted: {expected}")
    values = {}
    for name, value in zip(step.returns, found, strict=True):
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = torch.tensor(value, dtype=torch.float64)
        if not isinstance(value, Tensor):
            raise TypeError(f"{name} is no tensor but {type(value).__name__}")
        values[name] = value
    return values


def failure_of(error: BaseException, file: Path | None) -> Failure:
    """What to say of an exception, and the last line of the learner's file that it went through."""
    line = 0
    for frame in traceback.extract_tb(error.__traceback__):
        if file is not None and Path(frame.filename) == file.resolve():
            line = frame.lineno or 0
    first = re.split(r"\n", str(error).strip())[0] if str(error).strip() else ""
    return Failure(type(error).__name__, first[:300], line)


def record(
    step: Step, answer: Callable, seed: int, folder: Path, name: str, file: Path | None = None, identities: bool = True
) -> Failure | None:
    """Try a function, and write what it does into the folder, case by case; returns the exception that ended it."""
    apart: list[float] = []
    changed = ""
    try:
        with warnings.catch_warnings(), Without(step.refused) if step.refused else nullcontext():
            warnings.simplefilter("ignore")
            for number, case in enumerate(cases_of(step, seed)):
                values, first = values_of(step, answer, case, seed + number)
                changed = changed or first
                save_file(values, folder / f"{name}-{number}.safetensors")
            if identities:
                apart = held(step, answer, seed)
    except Exception as error:
        return fail(failure_of(error, file), folder, name)
    (folder / f"{name}.json").write_text(json.dumps({"identities": apart, "changed": changed}))
    return None


def fail(failure: Failure, folder: Path, name: str) -> Failure:
    """Write an exception down for `recorded`."""
    (folder / f"{name}.json").write_text(json.dumps({"failure": vars(failure)}))
    return failure


def recorded(folder: Path, name: str, cases: int) -> Behaviour | None:
    """Read back what `record` wrote, checked; None where nothing, or no such thing, was written."""
    behaviour = Behaviour()
    for number in range(cases):
        path = folder / f"{name}-{number}.safetensors"
        if not path.exists():
            break
        try:
            behaviour.values.append(load_file(path))
        except (SafetensorError, OSError):
            return None
    try:
        told = json.loads((folder / f"{name}.json").read_text())
        if "failure" in told:
            kind, text, line, loading = (told["failure"][word] for word in ("kind", "text", "line", "loading"))
            behaviour.failure = Failure(str(kind), str(text), int(line), bool(loading))
        else:
            behaviour.identities = [float(apart) for apart in told["identities"]]
            behaviour.changed = str(told["changed"])
            if len(behaviour.values) < cases:
                return None
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return behaviour
