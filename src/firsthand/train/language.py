"""Language models: predict every next token of a running text, or of lines such as names."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import exp
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor
from torch.nn import Module
from torch.optim import Optimizer

from firsthand.bounds import COUNT, within
from firsthand.data.order import Order
from firsthand.data.specs import Lines
from firsthand.data.stream import release
from firsthand.data.tokens import TokenVocabulary
from firsthand.data.vocabulary import Vocabulary
from firsthand.errors import UserError
from firsthand.nn import cross_entropy, log_softmax
from firsthand.train import recipe
from firsthand.train.next_character import completed, new_lines, vocabulary_of
from firsthand.train.sampling import Sampling
from firsthand.train.task import Batch, Examples, Task, Trained
from firsthand.train.writing import write_lines, write_text

NOTHING = -1  # the target beyond a line's end
LONGEST = 10_000  # characters of a line
STREAMS = 16  # pieces in which a text is scored when the state is carried along


@dataclass(frozen=True)
class TextRecipe(recipe.Recipe):
    """A recipe for running text, whose examples are windows; with order "streams" the state is carried from one to the
    next, without its gradient (truncated back-propagation through time)."""

    window: int = 32  # tokens of an example; lines are examples as they are
    stride: int | None = None  # tokens from the start of one window to the next; None: as many as it has
    eval_tokens: int = 250_000  # tokens of each part that are scored, the first ones

    def __post_init__(self) -> None:
        super().__post_init__()
        within(self, window=COUNT, stride=COUNT, eval_tokens=COUNT)
        if self.order == "streams" and (self.stride not in (None, self.window) or self.accumulate > 1):
            raise UserError("order 'streams' carries the state from window to window: leave out stride and accumulate.")


class Windows(Examples):
    """The windows of a text, wherever it lies: inputs are its tokens, targets the tokens that follow each."""

    def __init__(self, tokens: np.ndarray, window: int, stride: int):
        self.tokens, self.stride = tokens, stride
        self.places = np.arange(window + 1)
        self.count = max(0, (len(tokens) - window - 1) // stride + 1)
        if not self.count:
            raise UserError(
                f"A part of the text has {len(tokens)} tokens, too few for a window of {window}, which needs "
                f"{window + 1}: give a longer text, or a --window of at most {max(len(tokens) - 1, 1)}."
            )

    def __len__(self) -> int:
        return self.count

    def batch(self, indices: Int[Tensor, " batch"]) -> tuple[Int[Tensor, "batch time"], Int[Tensor, "batch time"]]:
        """The windows with these numbers, as (inputs, targets)."""
        rows = self.tokens[indices.numpy()[:, None] * self.stride + self.places]
        rows = torch.from_numpy(rows.astype(np.int64))
        release(self.tokens)  # a window may have mapped two megabytes
        return rows[:, :-1], rows[:, 1:]


class Rows(Examples):
    """Lines, each begun and ended by token 0; a batch is as wide as its longest line, with `NOTHING` as a target after
    a line's end.

    Raises UserError for a line of more than `LONGEST` characters: every step over its batch would be as wide.
    """

    def __init__(self, lines: list[str], vocabulary: Vocabulary):
        if not lines:
            raise UserError("There are no lines to train on: the data set is too small to split.")
        if len(longest := max(lines, key=len)) > LONGEST:
            raise UserError(
                f"A line has {len(longest):,} characters, more than {LONGEST:,}: it begins '{longest[:40]}'. "
                "Cut it, or leave it out; a running text is read without --data.lines."
            )
        self.lengths = torch.tensor([len(line) + 1 for line in lines])
        self.starts = self.lengths.cumsum(0) - self.lengths
        tokens = [token for line in lines for token in (0, *vocabulary.encode(line))]
        self.tokens = torch.tensor([*tokens, *[0] * (int(self.lengths.max()) + 1)])  # each line, begun by 0, and room

    def __len__(self) -> int:
        return len(self.lengths)

    def batch(self, indices: Int[Tensor, " batch"]) -> tuple[Int[Tensor, "batch time"], Int[Tensor, "batch time"]]:
        """The lines with these numbers, as (inputs, targets)."""
        lengths = self.lengths[indices]
        places = torch.arange(int(lengths.max()) + 1)
        beyond = places >= lengths[:, None]
        rows = self.tokens.take(self.starts[indices][:, None] + places).masked_fill_(beyond, 0)
        return rows[:, :-1], rows[:, 1:].masked_fill(beyond[:, :-1], NOTHING)


class LanguageModeling(Task):
    """Predict every next token; the loss is in nats a token, and the perplexity is e to its power.

    The network's `forward` takes (batch, time) tokens and returns logits (batch, time, vocab), or (batch, vocab) if it
    predicts the last one only. Its `advance(tokens, state)` returns (logits, state), to be carried on with.
    """

    carried: tuple[Tensor, ...] | None = None  # the state after the window before, of every stream

    def __init__(self, recipe: Any):
        corpus = recipe.data.load()
        vocab = len(corpus.vocabulary)
        super().__init__(completed(recipe, vocab))
        self.vocabulary = corpus.vocabulary
        parts = (corpus.train, corpus.val, corpus.test)
        if isinstance(corpus, Lines):
            if recipe.order == "streams":
                raise UserError("Lines are examples of their own: order 'streams' is for running text.")
            self.train, self.val, self.test = (Rows(part, corpus.vocabulary) for part in parts)
        else:
            window, stride = recipe.window, recipe.stride or recipe.window
            self.train, self.val = (Windows(part, window, stride) for part in parts[:2])
            self.test = Windows(parts[2], window, stride) if len(parts[2]) > window else None
        self.eval_batch = max(1, min(4096, 2**22 // (recipe.window * vocab)))  # logits of 16 MB
        self.methods = ("advance",) if recipe.order == "streams" else ()

    def before_epoch(self, model: Module, optimizer: Optimizer) -> None:
        """Every pass over a text begins without a past."""
        self.carried = None

    def state_dict(self) -> dict[str, Tensor]:
        """The carried state."""
        return {} if self.carried is None else {f"carried.{i}": part for i, part in enumerate(self.carried)}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Put back the carried state; raises UserError if it is none."""
        if set(state) != {f"carried.{i}" for i in range(len(state))}:
            raise UserError("The checkpoint's carried state has other parts than this network's: train again.")
        self.carried = tuple(state[f"carried.{i}"] for i in range(len(state))) or None

    def outputs(self, model: Module, batch: Batch) -> tuple[Tensor, Tensor]:
        """Logits and their targets, one row each."""
        if self.recipe.order == "streams":
            logits, state = model.advance(batch[0], self.carried)
            self.carried = tuple(part.detach() for part in state)
        else:
            logits = model(batch[0])
        targets = batch[1][:, -1] if logits.ndim == 2 else batch[1].flatten()
        return logits.flatten(0, -2), targets

    def loss(self, model: Module, batch: Batch) -> Tensor:
        """Mean cross-entropy in nats a token."""
        logits, targets = self.outputs(model, batch)
        return cross_entropy(logits, targets, ignore_index=NOTHING if self.recipe.data.of_lines() else None)

    def scores(self, model: Module, batch: Batch) -> dict[str, Tensor]:
        """The mean cross-entropy of every example."""
        losses, known = self.losses(model, batch)
        rows = (len(batch[0]), -1)
        return {"loss": losses.view(rows).sum(1) / known.view(rows).sum(1)}

    def losses(self, model: Module, batch: Batch) -> tuple[Tensor, Tensor]:
        """The cross-entropy of every position, 0 where there is no target, and whether there is one."""
        logits, targets = self.outputs(model, batch)
        known = targets >= 0
        of_target = log_softmax(logits).gather(1, targets.clamp(min=0)[:, None]).squeeze(1)
        return -of_target.where(known, 0), known

    def measure(self, model: Module, examples: Examples, device: torch.device | str) -> dict[str, float]:
        """Loss and perplexity over the first `eval_tokens` tokens; a carried state goes along, from nothing."""
        carried, self.carried = self.carried, None
        total, count = 0.0, 0
        for indices in self.passes(examples):
            losses, known = self.losses(model, self.on(device, model, examples.batch(indices)))
            total, count = total + losses.double().sum().item(), count + int(known.sum())
        self.carried = carried
        loss = total / count
        return {"loss": loss, "perplexity": exp(min(loss, 700.0))}

    def passes(self, examples: Examples) -> Iterator[Tensor]:
        """The indices of every forward pass while scoring."""
        most = len(examples)
        if isinstance(examples, Windows):
            most = min(most, max(1, self.recipe.eval_tokens // examples.stride))
        if self.recipe.order == "streams":
            order = Order(most, min(STREAMS, most), "streams")
            yield from (order.indices(step) for step in range(order.steps_per_epoch))
        else:
            yield from torch.arange(most).split(self.eval_batch)

    def files(self) -> dict[str, Any]:
        """The vocabulary, which turns text into indices and back."""
        return {"vocabulary.json": self.vocabulary.to_json()}

    @classmethod
    def writes(cls, recipe: Any) -> Literal["lines", "text"]:
        """What a trained network writes."""
        return "lines" if recipe.data.of_lines() else "text"

    @classmethod
    def sample(cls, run: Trained, count: int, options: Sampling = Sampling(), new: bool = False) -> Iterator[Iterator]:
        """Write `count` texts or lines, each in pieces; with `new`, distinct lines that are not in the training set."""
        generator = torch.Generator().manual_seed(options.seed)
        if cls.writes(run.recipe) == "text":
            if new:
                raise UserError("The option 'new' is for lines, and this network writes running text: leave it out.")
            vocabulary = vocabulary_of(run, TokenVocabulary)
            return (write_text(run.model, vocabulary, options, generator) for _ in range(count))
        vocabulary = vocabulary_of(run, Vocabulary)

        def write(number: int) -> list[str]:
            return write_lines(run.model, vocabulary, number, options, generator)

        lines = new_lines(write, cls.training_lines(run), count, options) if new else write(count)
        return (iter([line]) for line in lines)

    @classmethod
    def training_lines(cls, run: Trained) -> set[str]:
        """The lines that the run learned from, read again from its data."""
        return set(run.recipe.data.load().train)
