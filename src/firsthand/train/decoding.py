"""Decoding: from a network that knows the next token to whole translations, token by token, several at a time.

A network that translates has `encode(source)`, whose memory it asks at every step, and `decode(tokens, memory, past)`,
which returns the logits of what follows each token and what it keeps of them: hidden states, or keys and values. All
tensors of a memory and of a past have one row for each sentence, along their first axis.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import torch
from jaxtyping import Float, Int, Shaped
from torch import Tensor

from firsthand.bounds import ORDINAL, within
from firsthand.data.sentences import BOS, EOS, PAD, UNK
from firsthand.errors import UserError
from firsthand.nn import log_softmax

Rows = tuple[Shaped[Tensor, "rows ..."], ...]


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
    ended: bool  # False: it was cut off at the longest that is allowed


def penalty(length: int, alpha: float) -> float:
    """((5 + length) / 6)^alpha, which a log-probability is divided by; the end counts as a token.

    Source: Wu et al. (2016), equation 14.
    """
    return ((5 + length) / 6) ** alpha


@torch.no_grad()
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
    limits = ((source != PAD).sum(1) + options.extra).clamp(max=most).tolist()
    found: list[list[Hypothesis]] = [[] for _ in source]
    going = list(range(len(source)))  # sentences that are not done
    memory = _take(network.encode(source), torch.arange(len(source), device=device).repeat_interleave(beam))
    tokens = torch.full((len(going) * beam, 1), BOS, device=device)
    log_p = torch.zeros(len(going), beam, device=device)
    log_p[:, 1:] = -torch.inf  # at first all are the same
    past: Rows | None = None
    while going:
        logits, past = network.decode(tokens[:, -1:] if options.cache else tokens, memory, past)
        past = past if options.cache else None
        steps = _allowed(logits[:, -1].float())
        vocab = steps.shape[1]
        all_p = (log_p.view(-1, 1) + steps).view(len(going), -1)
        best, places = all_p.topk(min(2 * beam, all_p.shape[1]), dim=1)
        length = tokens.shape[1]  # of those that end now, with their end
        rows, kept, chosen, scores = [], [], [], []
        for number, sentence in enumerate(going):
            ends, goes_on = [], []
            for rank, (score, place) in enumerate(zip(best[number].tolist(), places[number].tolist(), strict=True)):
                row, token = number * beam + place // vocab, place % vocab
                if score == -torch.inf:
                    break
                if token == EOS and rank < beam:
                    ends.append((row, score))
                elif token != EOS:
                    goes_on.append((row, token, score))
            goes_on = goes_on[:beam]
            if length > limits[sentence]:  # every token that is allowed is written, and this would have been the end
                found[sentence] += [_told(tokens[row], score, length, options, True) for row, score in ends]
                left = [place for place in range(beam) if log_p[number, place] > -torch.inf]
                found[sentence] += [
                    _told(tokens[number * beam + place], log_p[number, place].item(), length - 1, options, False)
                    for place in left[: max(beam - len(found[sentence]), 0)]
                ]
                continue
            found[sentence] += [_told(tokens[row], score, length, options, True) for row, score in ends]
            if len(found[sentence]) >= beam or not goes_on:
                continue
            goes_on += [(goes_on[0][0], goes_on[0][1], -torch.inf)] * (beam - len(goes_on))
            kept.append(sentence)
            rows += [row for row, _, _ in goes_on]
            chosen += [token for _, token, _ in goes_on]
            scores.append([score for _, _, score in goes_on])
        if not kept:
            break
        order = torch.tensor(rows, device=device)
        tokens = torch.cat([tokens[order], torch.tensor(chosen, device=device)[:, None]], 1)
        log_p = torch.tensor(scores, device=device)
        past = None if past is None else _take(past, order)
        if len(kept) < len(going):  # within a sentence the memory of all rows is the same
            memory = _take(memory, order)
        going = kept
    return [sorted(some, key=lambda one: -one.score)[:beam] for some in found]


def _take(rows: Rows, order: Int[Tensor, " some"]) -> Rows:
    """These rows of every tensor."""
    return tuple(part.index_select(0, order) for part in rows)


def _allowed(logits: Float[Tensor, "rows vocab"]) -> Float[Tensor, "rows vocab"]:
    """The log-probabilities of the next token, of those that may be written."""
    if logits.isnan().any():
        raise UserError("The network's outputs are no numbers, its training diverged: try a smaller learning rate.")
    found = log_softmax(logits)
    found[:, [PAD, BOS, UNK]] = -torch.inf
    return found


def _told(tokens: Int[Tensor, " time"], log_p: float, length: int, options: Decoding, ended: bool) -> Hypothesis:
    return Hypothesis(tokens[1:].tolist(), log_p, log_p / penalty(max(length, 1), options.alpha), ended)


def log_probabilities(
    network: Translator, source: Int[Tensor, "1 places"], target: Sequence[int]
) -> Float[Tensor, " time"]:
    """The log-probability of every token of a translation, and of its end, given those before it."""
    row = torch.tensor([[BOS, *target, EOS]], device=source.device)
    logits, _ = network.decode(row[:, :-1], network.encode(source))
    return log_softmax(logits[0].float()).gather(1, row[0, 1:, None])[:, 0]
