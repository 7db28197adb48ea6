"""Examples made of documents: two spans of sentences, the second of which follows the first or does not, or one."""

from collections.abc import Iterator, Sequence
from random import Random

import torch
from jaxtyping import Int
from torch import Tensor

from firsthand.data.documents import Document, Documents
from firsthand.data.wordpiece import WordPiece
from firsthand.errors import UserError

FOLLOWS, ELSEWHERE = 0, 1  # what is asked of two spans
Spans = tuple[list[int], list[int], int]  # A, B, and what is true of them


def rows(spans: list[tuple[list[int], list[int]]], vocabulary: WordPiece) -> Int[Tensor, "examples 2 time"]:
    """[CLS] A [SEP] B [SEP] as tokens and segments, or [CLS] A [SEP] where B is empty, as wide as the longest."""
    pad, _, begin, end, _ = vocabulary.special
    width = max(len(a) + len(b) + 2 + bool(b) for a, b in spans)
    found = torch.zeros(len(spans), 2, width, dtype=torch.int64)
    found[:, 0] = pad
    for row, (a, b) in zip(found, spans, strict=True):
        tokens = [begin, *a, end, *([*b, end] if b else [])]
        row[0, : len(tokens)] = torch.tensor(tokens)
        row[1, len(a) + 2 : len(tokens)] = 1
    return found


def inputs(
    texts: Sequence[str], others: Sequence[str] | None, vocabulary: WordPiece, longest: int
) -> Int[Tensor, "texts 2 time"]:
    """Texts, or pairs of them, as a network reads them; what is too long is cut off at the end of the longer."""
    most = longest - 2 - (others is not None)
    first = vocabulary.encode(texts)
    second = [[] for _ in texts] if others is None else vocabulary.encode(others)
    return rows([shortened(a, b, most) for a, b in zip(first, second, strict=True)], vocabulary)


def shortened(a: list[int], b: list[int], most: int, random: Random | None = None) -> tuple[list[int], list[int]]:
    """Both spans with at most so many tokens together: the longer one loses tokens at its end.

    With a source of chance, each is lost at the begin or at the end.
    """
    a, b = list(a), list(b)
    while len(a) + len(b) > most:
        longer = a if len(a) > len(b) else b
        longer.pop(0 if random is not None and random.random() < 0.5 else -1)
    return a, b


def pairs(documents: list[Document], spec: Documents, random: Random) -> Iterator[Spans]:
    """Sentences in a row, cut in two at a random one; half of the second spans come from elsewhere.

    Source: appendix A.2; lengths and cuts, the authors' code.
    """
    most = spec.length - 3
    for place, document in enumerate(documents):
        first, count, total, goal = 0, 0, 0, _goal(spec, most, random)
        while first + count < len(document):
            total += len(document[first + count])
            count += 1
            if total < goal and first + count < len(document):
                continue
            cut = 1 if count < 2 else random.randint(1, count - 1)
            a = [token for sentence in document[first : first + cut] for token in sentence]
            elsewhere = count == 1 or random.random() < 0.5
            if elsewhere:
                b, used = _elsewhere(documents, place, first + cut, max(goal - len(a), 1), spec, random), cut
            else:
                b, used = [token for sentence in document[first + cut : first + count] for token in sentence], count
            if b:
                yield *shortened(a, b, most, random), ELSEWHERE if elsewhere else FOLLOWS
            first, count, total, goal = first + used, 0, 0, _goal(spec, most, random)


def _goal(spec: Documents, most: int, random: Random) -> int:
    return random.randint(2, most) if random.random() < spec.short else most


def _elsewhere(
    documents: list[Document], place: int, follows: int, goal: int, spec: Documents, random: Random
) -> list[int]:
    """Sentences in a row of another document, or of the same one but not the one that follows."""
    if spec.negatives == "same document":
        others = [number for number in range(len(documents[place])) if number != follows]
        if not others:
            return []
        document, number = documents[place], random.choice(others)
    else:
        other = random.randrange(len(documents) - 1)
        document = documents[other + (other >= place)]
        number = random.randrange(len(document))
    found: list[int] = []
    while len(found) < goal and number < len(document):
        found += document[number]
        number += 1
    return found


def single(documents: list[Document], spec: Documents) -> Iterator[Spans]:
    """Tokens in a row, as many as an example holds, of one document; what is left at its end is an example, too."""
    most = spec.length - 2
    for document in documents:
        tokens = [token for sentence in document for token in sentence]
        yield from ((tokens[start : start + most], [], FOLLOWS) for start in range(0, len(tokens), most))


def examples(
    documents: list[Document], spec: Documents, vocabulary: WordPiece, seed: int
) -> tuple[Int[Tensor, "examples 2 time"], Int[Tensor, " examples"]]:
    """All examples of these documents, as inputs, and what is true of each pair of spans.

    Raises UserError where there are too few documents to take a wrong span from.
    """
    if spec.pairs and spec.negatives == "another document" and len(documents) < 2:
        raise UserError("Wrong second spans come from another document, and a part has only one: give a longer text.")
    found = list(pairs(documents, spec, Random(seed)) if spec.pairs else single(documents, spec))
    return rows([(a, b) for a, b, _ in found], vocabulary), torch.tensor([true for *_, true in found])
