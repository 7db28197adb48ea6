"""Writing with a language model, token by token: reading on from where it stands, and ending where it should."""

from collections.abc import Iterator

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import Module

from firsthand.bounds import whole
from firsthand.data.tokens import TokenVocabulary
from firsthand.data.vocabulary import Vocabulary
from firsthand.errors import UserError
from firsthand.nn.sampling import sample
from firsthand.train.sampling import Sampling

TEXT, LINE = 500, 50  # tokens written where no max-length is given


class Continuation:
    """What a language model expects next, after all tokens that it was given, a few at a time.

    A model with `advance(tokens, state)` carries its state (recurrent) or its keys and values (attention) along;
    without `cache` it reads everything again for every token, for the same answer. A model that sees `context` tokens
    and not more starts afresh from the last half of them whenever they are full.
    """

    def __init__(self, model: Module, cache: bool = True, context: int | None = None):
        self.model, self.cache = model, cache
        self.context: int | None = context or getattr(model, "context", None)
        self.state: tuple | None = None
        self.seen: Tensor | None = None  # what it stands on

    def read(self, tokens: Int[Tensor, "all time"], rows: Int[Tensor, " rows"]) -> Float[Tensor, "rows vocab"]:
        """The logits, for these rows, of the token that follows."""
        self.seen = tokens if self.seen is None else torch.cat([self.seen, tokens], 1)
        if not hasattr(self.model, "advance"):  # it predicts from the last `context` tokens, and from 0 before a start
            self.seen = self.seen[:, -self.context :]
            before = self.seen.new_zeros(len(rows), self.context - self.seen.shape[1])
            logits = self.model(torch.cat([before, self.seen[rows]], 1))
            return self.sound(logits if logits.ndim == 2 else logits[:, -1])
        if self.context is not None and self.seen.shape[1] > self.context:
            self.seen = tokens = self.seen[:, -max(1, self.context // 2) :]
            self.state = None
        if self.cache:
            logits, self.state = self.model.advance(tokens, self.state)
        else:
            logits, _ = self.model.advance(self.seen, None)
        return self.sound(logits[rows, -1])

    @staticmethod
    def sound(logits: Tensor) -> Tensor:
        """The logits, if they are numbers."""
        if logits.isnan().any():
            raise UserError("The network's outputs are no numbers, its training diverged: try a smaller learning rate.")
        return logits


@torch.no_grad()
def write_text(
    model: Module, vocabulary: TokenVocabulary, options: Sampling, generator: torch.Generator
) -> Iterator[str]:
    """One running text, piece by piece as it is chosen, the prompt first; never the unknown token."""
    prompt = vocabulary.encode(options.prompt).tolist()
    if vocabulary.level == "character" and 0 in prompt:
        raise UserError(f"The vocabulary does not have '{options.prompt[prompt.index(0)]}', which the prompt holds.")
    longest = _longest(prompt, options, TEXT)
    silent = [] if prompt else [_beginning(vocabulary)]

    def pieces() -> Iterator[str]:
        gap = "" if vocabulary.level == "character" else " "
        yield vocabulary.decode(prompt)
        reader, new, only = Continuation(model, options.cache), torch.tensor([silent + prompt]), torch.tensor([0])
        for number in range(len(prompt), longest):
            logits = reader.read(new, only)
            logits[:, 0] = -torch.inf
            new = sample(logits, options.temperature, options.top_k, options.top_p, options.greedy, generator)[:, None]
            yield (gap if number else "") + vocabulary.decode(new[0].tolist())

    yield from until(pieces(), options.stop)


def _longest(prompt: list[int], options: Sampling, default: int) -> int:
    """How many tokens are written at most, the prompt among them."""
    longest = default if options.max_length is None else options.max_length
    if len(prompt) >= longest:
        raise UserError(f"The prompt has {len(prompt)} tokens; max-length must be larger, got {longest}.")
    return longest


def _beginning(vocabulary: TokenVocabulary) -> int:
    """A token after which a text may begin."""
    for token in ("\n", ".", " "):
        if token in vocabulary.tokens:
            return vocabulary.tokens.index(token) + 1
    return 0


@torch.no_grad()
def write_lines(
    model: Module,
    vocabulary: Vocabulary,
    count: int,
    options: Sampling,
    generator: torch.Generator,
    context: int | None = None,
) -> list[str]:
    """Write `count` lines together, token by token, each until its end token, `stop` or `max_length`."""
    whole("count", count, "[0, 1e8]")
    prompt = vocabulary.encode(options.prompt)
    longest, end = _longest(prompt, options, LINE), 0
    new = torch.tensor([[end, *prompt]]).expand(count, -1)
    lines, going = [new[:, 1:]], torch.arange(count)  # rows that have not ended yet
    reader = Continuation(model, options.cache, context)
    for _ in range(longest - len(prompt)):
        if not len(going):
            break
        logits = reader.read(new, going)
        chosen = sample(logits, options.temperature, options.top_k, options.top_p, options.greedy, generator)
        new = torch.full((count, 1), end)
        new[going, 0] = chosen
        lines.append(new)
        going = going[chosen != end]
    rows = (row[: row.index(end)] if end in row else row for row in torch.cat(lines, 1).tolist())
    return ["".join(until(iter([vocabulary.decode(row)]), options.stop)) for row in rows]


def until(pieces: Iterator[str], stop: str) -> Iterator[str]:
    """The pieces of a text up to where it first says `stop`; no piece is held back longer than it takes to tell."""
    held = ""
    for piece in pieces:
        held += piece
        if stop and stop in held:
            yield held[: held.index(stop)]
            return
        safe = len(held) - (len(stop) - 1 if stop else 0)
        if safe > 0:
            yield held[:safe]
            held = held[safe:]
    yield held
