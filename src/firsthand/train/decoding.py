"""Decoding: from a network that knows the next token to whole translations, token by token, several at a time.

A network that translates has `encode(source)`, whose memory it asks at every step, and `decode(tokens, memory, past)`,
which returns the logits of what follows each token and what it keeps of them: hidden states, or keys and values. All
tensors of a memory and of a past have one row for each sentence, along their first axis.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int, Shaped
from torch import Tensor

from firsthand.bounds import ORDINAL, within
from firsthand.data.sentences import BOS, EOS, PAD, UNK
from firsthand.errors import UserError
from firsthand.nn import log_softmax

Rows = tuple[Shaped[Tensor, "..."], ...]  # one row a sentence, or a translation that is followed


@runtime_checkable
class Translator(Protocol):
    """What decoding asks of a network."""

    def encode(self, source: Int[Tensor, "batch places"]) -> Rows: ...
    def decode(
        self, tokens: Int[Tensor, "batch time"], memory: Rows, past: Rows | None = None
    ) -> tuple[Float[Tensor, "batch time vocab"], Rows]: ...


@dataclass(frozen=True)
class Decoding:
    """How a translation is searched for."""

    beam: int = 4  # translations that are followed at a time; 1: always the likeliest token
    alpha: float = 0.6  # how much longer ones are favoured: log p is divided by ((5 + length) / 6)^alpha; 0: not at all
    extra: int = 50  # tokens that a translation has beyond those of its source, at most
    cache: bool = True  # keep what the network has made of the tokens so far; without, the same comes more slowly

    def __post_init__(self) -> None:
        within(self, "decoding.", beam="[1, 1000]", alpha="[0, 10]", extra=ORDINAL)


class Hypothesis(NamedTuple):
    """A translation that was found."""

    tokens: list[int]  # without begin and end
    log_p: float  # the sum of the tokens' log-probabilities in nats, that of the end among them
    score: float  # the same over the penalty for its length
    ended: bool  # False: it had to end, being as long as is allowed


def penalty(length: int, alpha: float) -> float:
    """((5 + length) / 6)^alpha, which a log-probability is divided by; the end counts as a token.

    Source: Wu et al. (2016), equation 14.
    """
    return ((5 + length) / 6) ** alpha


@torch.inference_mode()
def search(
    network: Translator, source: Int[Tensor, "batch places"], options: Decoding = Decoding(), most: int | None = None
) -> list[list[Hypothesis]]:
    """The best translations of every sentence, by beam search, the best first; at most `options.beam` each.

    At every step each of the translations that are followed is continued by every token, and the `beam` likeliest go
    on. One that ends is put aside, and takes no place; a sentence is done when `beam` of its translations have ended.
    Begin, padding and the unknown token are never written. No translation has more than `most` tokens.
    Source: Sutskever et al. (2014), section 3.2; Vaswani et al. (2017), section 6.1.
    """
    beam, device = options.beam, source.device
    limits = [min(int(length) + options.extra, most or 10**9) for length in (source != PAD).sum(1)]
    found: list[list[Hypothesis]] = [[] for _ in limits]
    going = list(range(len(limits)))  # sentences that are not done
    memory = _take(network.encode(source), torch.arange(len(going), device=device).repeat_interleave(beam))
    tokens = torch.full((len(going) * beam, 1), BOS, device=device)
    log_p = torch.full((len(going), beam), -torch.inf, device=device)
    log_p[:, 0] = 0.0  # at first all are the same
    past: Rows | None = None
    while going:
        logits, past = network.decode(tokens[:, -1:] if options.cache else tokens, memory, past)
        past = past if options.cache else None
        length, steps = tokens.shape[1], _allowed(logits[:, -1].float())  # length: of what ends now, with its end
        for number in [number for number, sentence in enumerate(going) if length > limits[sentence]]:
            steps[number * beam : (number + 1) * beam, EOS + 1 :] = -torch.inf  # of what may be written only the end
        vocab = steps.shape[1]
        all_p = (log_p.view(-1, 1) + steps).view(len(going), -1)
        best, places = all_p.topk(min(2 * beam, all_p.shape[1]), dim=1)
        kept: list[int] = []
        rows: list[tuple[int, int, float]] = []  # what goes on: its row, its next token, its log-probability
        for number, (scores, at) in enumerate(zip(best.tolist(), places.tolist(), strict=True)):
            ends, next_rows = _split(scores, [(number * beam + x // vocab, x % vocab) for x in at], beam)
            mine = found[going[number]]
            mine += [_told(tokens[row], score, options, length <= limits[going[number]]) for row, score in ends]
            if len(mine) < beam and next_rows:
                kept.append(going[number])
                rows += next_rows + [(*next_rows[0][:2], -torch.inf)] * (beam - len(next_rows))
        if not kept:
            break
        moved = [row for row, *_ in rows] != list(range(len(tokens)))
        order, chosen, scored = (torch.tensor(column, device=device) for column in zip(*rows, strict=True))
        tokens, log_p = torch.cat([tokens[order], chosen[:, None]], 1), scored.view(-1, beam)
        if past is not None and moved:  # else all would be copied as it is
            past = _take(past, order)
        if len(kept) < len(going):  # within a sentence the memory of all rows is the same
            memory = _take(memory, order)
        going = kept
    return [sorted(some, key=lambda one: -one.score)[:beam] for some in found]


def _split(
    scores: Sequence[float], places: Sequence[tuple[int, int]], beam: int
) -> tuple[list[tuple[int, float]], list[tuple[int, int, float]]]:
    """Of a sentence's likeliest continuations (row, token), the best first: those that end, and those that go on.

    An end counts if it is among the best `beam`: of a beam of one, if it is the likeliest token.
    """
    ends, goes_on = [], []
    for rank, (score, (row, token)) in enumerate(zip(scores, places, strict=True)):
        if score == -torch.inf:
            break
        if token != EOS:
            goes_on.append((row, token, score))
        elif rank < beam:
            ends.append((row, score))
    return ends, goes_on[:beam]


def _take(rows: Rows, order: Int[Tensor, " some"]) -> Rows:
    """These rows of every tensor."""
    return tuple(part.index_select(0, order) for part in rows)


def _allowed(logits: Float[Tensor, "rows vocab"]) -> Float[Tensor, "rows vocab"]:
    """The log-probabilities of the next token, of those that may be written."""
    found = log_softmax(logits)
    if found[:, EOS].isnan().any():  # a logit that is no number makes its whole row none
        raise UserError("The network's outputs are no numbers, its training diverged: try a smaller learning rate.")
    found[:, [PAD, BOS, UNK]] = -torch.inf
    return found


def _told(tokens: Int[Tensor, " time"], log_p: float, options: Decoding, ended: bool) -> Hypothesis:
    """A translation that ends after these tokens, of which the first is the begin; the end takes its place."""
    return Hypothesis(tokens[1:].tolist(), log_p, log_p / penalty(len(tokens), options.alpha), ended)


def log_probabilities(
    network: Translator, source: Int[Tensor, "1 places"], target: Sequence[int]
) -> Float[Tensor, " time"]:
    """The log-probability of every token of a translation, and of its end, given those before it."""
    row = torch.tensor([[BOS, *target, EOS]], device=source.device)
    logits, _ = network.decode(row[:, :-1], network.encode(source))
    return log_softmax(logits[0].float()).gather(1, row[0, 1:, None])[:, 0]
