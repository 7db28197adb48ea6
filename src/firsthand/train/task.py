"""What a paper tells the engine: which examples, which network, which loss, what to report."""

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Float, Shaped
from torch import Tensor
from torch.nn import Module
from torch.optim import Optimizer

from firsthand import optim
from firsthand.data.order import ByLength, Order
from firsthand.data.stream import digest_of_mapped
from firsthand.data.wordvectors import WordVectors
from firsthand.errors import UserError
from firsthand.train.folder import RunFolder
from firsthand.train.recipe import Recipe, arguments
from firsthand.train.sampling import Sampling

Batch = tuple[Tensor, Tensor]


class Examples:
    """Inputs and targets that lie in memory; `examples.batch(indices)` gathers a batch."""

    def __init__(self, inputs: Shaped[Tensor, "examples ..."], targets: Shaped[Tensor, "examples ..."]):
        if len(inputs) != len(targets):
            raise ValueError(f"inputs and targets differ in number: {len(inputs)} and {len(targets)}.")
        if not len(inputs):
            raise UserError("There are no examples to train on: the data set is too small to split.")
        self.inputs, self.targets = inputs, targets

    def __len__(self) -> int:
        return len(self.inputs)

    def batch(self, indices: Shaped[Tensor, " batch"]) -> Batch:
        """The examples with these indices, as (inputs, targets)."""
        return self.inputs[indices], self.targets[indices]


@dataclass(frozen=True)
class Trained:
    """A finished or interrupted run, ready to use: its network in evaluation mode, recipe and folder."""

    model: Module
    recipe: Recipe
    folder: RunFolder


class Task(ABC):
    """One recipe with its data: the engine asks it for everything that differs from paper to paper.

    A subclass sets `train`, `val` and `test` (`Examples`, or None where there are none), names its `network` or writes
    `model`, writes `scores`, and says what a trained network is good for: `writes` and `sample`, `save` or `pictures`,
    `classifies`, `of_run` and `see`, or `translates` and `translate`.
    """

    network: Callable[..., Module]  # makes the network from the recipe's `model`
    train: Examples
    val: Examples | None = None
    test: Examples | None = None
    eval_batch = 4096  # examples a forward pass while evaluating; changes speed, not results
    methods: tuple[str, ...] = ()  # methods of the network, beside forward, that the loss calls
    classifies = False  # whether a trained network says what a user's pictures show
    translates = False  # whether a trained network translates a user's sentences
    fills = False  # whether a trained network says what stands where a user's text has [MASK]
    labels = False  # whether a trained network says which class, or number, a user's sentences have
    origin: Callable[[str | Path, Callable], Any] | None = None  # where first weights come from, if not from a run of
    # the same network or a file; its second argument finds a run

    def __init__(self, recipe: Recipe):
        self.recipe = recipe

    @classmethod
    def without_data(cls, recipe: Recipe) -> "Task":
        """The task with its network and loss but no examples, for checks that bring their own batch."""
        task = cls.__new__(cls)
        Task.__init__(task, recipe)
        return task

    def model(self) -> Module:
        """A fresh network, its weights drawn from torch's default generator."""
        return self.network(self.recipe.model)

    @abstractmethod
    def scores(self, model: Module, batch: Batch) -> dict[str, Tensor]:
        """Per-example scores of a batch, each of shape (batch,); "loss" is the one that is minimised."""

    def loss(self, model: Module, batch: Batch) -> Tensor:
        """The scalar that training minimises: by default the mean of the scores' "loss"."""
        return self.scores(model, batch)["loss"].mean()

    def given(self, batch: Batch) -> tuple[Tensor, ...]:
        """What of a batch the network is called with: the inputs; while it is taught to write, the targets, too."""
        return batch[:1]

    def order(self) -> Order | ByLength:
        """Which training examples make up the batch of a step."""
        recipe = self.recipe
        return Order(len(self.train), recipe.batch, recipe.order, recipe.seed)

    def weight(self, indices: Shaped[Tensor, " batch"]) -> int:
        """How much these training examples count in the mean loss: one each, or as many as they have tokens."""
        return len(indices)

    def optimizer(self, model: Module) -> Optimizer:
        """The recipe's update rule over the parameters; L2 decay acts on weight matrices, not on biases and gains."""
        spec = self.recipe.optim
        rule = optim.RULES[spec.name]
        options = arguments(rule, spec)
        decay = options.pop("weight_decay", 0.0)
        groups = [
            {"params": [p for p in model.parameters() if p.ndim > 1], "weight_decay": decay},
            {"params": [p for p in model.parameters() if p.ndim <= 1], "weight_decay": 0.0},
        ]
        return rule([group for group in groups if group["params"]], **options)

    def batch(self, indices: Shaped[Tensor, " batch"], step: int) -> Batch:
        """The training examples with these indices as step `step` sees them, for tasks that make each anew."""
        return self.train.batch(indices)

    def expect(self, coming: Callable[[int], Shaped[Tensor, " batch"]] | None) -> None:  # noqa: B027
        """Called before training with what says which examples a step will ask for, for tasks that read ahead.

        Called with None when training ends.
        """

    def before_epoch(self, model: Module, optimizer: Optimizer) -> None:  # noqa: B027
        """Called before each pass over the training set, for rules that re-estimate something once a pass."""

    def state_dict(self) -> dict[str, Tensor]:
        """What the task itself carries from step to step, for checkpoints; most carry nothing."""
        return {}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:  # noqa: B027
        """Put back what `state_dict` gave."""

    def measure(self, model: Module, examples: Examples, device: torch.device | str) -> dict[str, float]:
        """Means of the scores over all examples, of a model in evaluation mode; sums run in float64."""
        totals: dict[str, float] = {}
        for indices in torch.arange(len(examples)).split(self.eval_batch):
            for name, values in self.scores(model, self.on(device, model, examples.batch(indices))).items():
                totals[name] = totals.get(name, 0.0) + values.double().sum().item()
        return {name: total / len(examples) for name, total in totals.items()}

    def concluding(self, model: Module, examples: Examples, device: torch.device | str) -> dict[str, float]:
        """Further scores, which take long, of a trained model in evaluation mode."""
        return {}

    def told(self) -> dict[str, Any]:
        """What else result.json says, such as how a score is counted."""
        return {}

    @staticmethod
    def on(device: torch.device | str, model: Module, batch: Batch) -> Batch:
        """A batch on this device, its real numbers in the model's precision."""
        precision = next(model.parameters()).dtype
        return tuple(t.to(device, precision if t.is_floating_point() else None) for t in batch)

    def files(self) -> dict[str, Any]:
        """JSON files that the finished run needs beside its weights, name -> content (a vocabulary, say)."""
        return {}

    @classmethod
    def writes(cls, recipe: Any) -> Literal["lines", "text", "sound", "pictures"] | None:
        """What a trained network writes, if it writes."""
        return None

    @classmethod
    def sample(cls, run: Trained, count: int, options: Sampling = Sampling(), new: bool = False) -> Iterator[Iterator]:
        """Write `count` lines or texts, each an iterator of its pieces; with `new`, distinct ones not trained on."""
        raise NotImplementedError

    @classmethod
    def save(cls, run: Trained, path: Path, options: Sampling = Sampling()) -> dict[str, Any]:
        """Write a new sound into a WAV file and say how long it is."""
        raise NotImplementedError

    @classmethod
    def pictures(
        cls, run: Trained, count: int, options: Sampling = Sampling(), between: tuple[str, str] | None = None
    ) -> Float[Tensor, "pictures channel height width"]:
        """`count` new pictures, 0 black to 1 white; or so many on the way `between` two, with these at both ends.

        Raises UserError for options that do not apply.
        """
        raise NotImplementedError

    @classmethod
    def word_vectors(cls, run: Trained) -> WordVectors:
        """What a trained network knows of words, a vector each, the most frequent first."""
        raise UserError(f"{run.folder.config['paper']} has no vectors of words: firsthand train skipgram makes some.")

    @classmethod
    def of_run(cls, run: Trained) -> "Task":
        """The task of a run without its data, but with what `see` needs to know of them."""
        raise NotImplementedError

    def see(self, model: Module, paths: Sequence[Path | str], crops: int = 1) -> Iterator[dict[str, Any]]:
        """What a trained network sees in a user's pictures, a row each."""
        raise NotImplementedError

    @classmethod
    def translate(cls, run: Trained, sentences: Iterable[str], options: Any, many: int = 1) -> Iterator[dict[str, Any]]:
        """A user's sentences translated, a row each, as they come; `many` are read before the first is written."""
        raise NotImplementedError

    @classmethod
    def reader(cls, run: Trained) -> Any:
        """A trained network that reads a user's sentences: it embeds them, and fills in what is missing."""
        raise NotImplementedError

    @classmethod
    def label(cls, run: Trained, texts: Sequence[str], others: Sequence[str] | None = None) -> list[dict[str, Any]]:
        """Which class, or number, a user's sentences or pairs of them have, a row each."""
        raise NotImplementedError

    def digest(self) -> str:
        """The SHA-256 of all whole numbers of the examples, and of what they mean (`files`): other data has another.

        Real numbers count by their shape: they are computed, from checked files or from seeds, and may differ in the
        last digit on another machine.
        """
        found, seen = hashlib.sha256(json.dumps(self.files(), sort_keys=True).encode()), set()
        for split in ("train", "val", "test"):
            examples = getattr(self, split)
            for name, values in sorted({} if examples is None else vars(examples).items()):
                if isinstance(values, Tensor | np.ndarray) and id(values) not in seen:
                    seen.add(id(values))  # the parts of the data may share a tensor
                    found.update(f"{split} {name} {tuple(values.shape)}".encode())
                    found.update(whole_numbers(values))
        return found.hexdigest()

    def figures(self, model: Module) -> Iterator[tuple[str, Any]]:
        """Figures of the trained network, as (name, matplotlib figure)."""
        yield from ()


def whole_numbers(values: Tensor | np.ndarray) -> bytes:
    """A digest of an array of whole numbers, of a mapped one that of its file; nothing for others."""
    values = values.numpy() if isinstance(values, Tensor) and not values.is_floating_point() else values
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "iub":
        return b""
    if (known := digest_of_mapped(values)) is not None:
        return known.encode()
    return hashlib.sha256(np.ascontiguousarray(values)).digest()


@torch.no_grad()
def evaluate(
    task: Task, model: Module, examples: Examples, device: torch.device | str = "cpu", last: bool = False
) -> dict[str, float]:
    """Means of the task's scores over all examples, in evaluation mode; sums run in float64.

    With `last`, when training is over, also the scores that take long.
    """
    training = model.training
    model.eval()
    found = task.measure(model, examples, device) | (task.concluding(model, examples, device) if last else {})
    model.train(training)
    return found
