"""Tasks made by a rule, from 1997: sequences whose answer hangs on what was seen long before.

Each function draws a batch from a `torch.Generator`, so that no sequence need ever be seen twice: the embedded Reber
grammar (predict every next symbol), and five tasks with one answer at the end. Every docstring ends with the paper's
criterion of success. A tensor's steps beyond a row's length are 0.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from firsthand.errors import UserError

# The embedded Reber grammar

REBER_SYMBOLS = "BTSXPVE"
PAD = -1  # the target of a step beyond a row's length: the `ignore_index` of a loss

# Reber's graph: the arcs that leave a node, each a symbol and the node it leads to; two arcs are equally likely.
REBER = {
    0: {"B": 1},
    1: {"T": 2, "P": 3},
    2: {"S": 2, "X": 4},
    3: {"T": 3, "V": 5},
    4: {"X": 3, "S": 6},
    5: {"P": 4, "V": 6},
    6: {"E": 7},
}


def embedded_graph() -> dict[str, dict[str, str]]:
    """The arcs of the embedded grammar: B, then T or P, a string of Reber's, the same T or P again, and E.

    A node's name is its place: "start", "choice", "T0" to "T7" and "P0" to "P7" within Reber's graph after T or after
    P (at T7 and P7 the symbol that must be remembered is due), "end". The last E leads back to the start.
    """
    arcs = {"start": {"B": "choice"}, "choice": {"T": "T0", "P": "P0"}}
    for way in "TP":
        for node, leaving in REBER.items():
            arcs[f"{way}{node}"] = {symbol: f"{way}{to}" for symbol, to in leaving.items()}
        arcs[f"{way}7"] = {way: "end"}
    return arcs | {"end": {"E": "start"}}


EMBEDDED = embedded_graph()
_NODES = list(EMBEDDED)
_ARCS = [list(leaving.items()) for leaving in EMBEDDED.values()]
# Node and coin (0 or 1) -> the symbol that comes and the node it leads to; node -> symbols that may come.
_SYMBOL = torch.tensor([[REBER_SYMBOLS.index(arcs[coin % len(arcs)][0]) for coin in (0, 1)] for arcs in _ARCS])
_TO = torch.tensor([[_NODES.index(arcs[coin % len(arcs)][1]) for coin in (0, 1)] for arcs in _ARCS])
_LEGAL = torch.tensor([[symbol in EMBEDDED[node] for symbol in REBER_SYMBOLS] for node in _NODES])
_DUE = torch.tensor([node in ("T7", "P7") for node in _NODES])


@dataclass(frozen=True)
class Reber:
    """Symbols in, at every step the next symbol is to be predicted; `legal` are all that the grammar allows there."""

    inputs: Float[Tensor, "rows time 7"]  # one-hot, in the order of REBER_SYMBOLS
    targets: Int[Tensor, "rows time"]  # the symbol that does come next; PAD beyond a row's length
    legal: Bool[Tensor, "rows time 7"]  # symbols that may come next; none beyond a row's length
    due: Bool[Tensor, "rows time"]  # steps after which the T or P from the string's beginning must be repeated
    lengths: Int[Tensor, " rows"]

    def right(self, scores: Float[Tensor, "rows time 7"]) -> Bool[Tensor, "rows time"]:
        """Whether every legal symbol has a higher score than every other one; beyond a row's length that is so.

        Source: Hochreiter & Schmidhuber (1997), experiment 1.
        """
        lowest = torch.where(self.legal, scores, torch.inf).amin(2)
        return lowest > torch.where(self.legal, -torch.inf, scores).amax(2)


def embedded_reber(count: int, generator: torch.Generator, exclude: Collection[str] = ()) -> list[str]:
    """`count` strings of the embedded Reber grammar, such as "BTBTXSETE", none of which is in `exclude`.

    The shortest strings have 9 symbols, the mean is 12: B, T or P, B, 6 more on average, E, T or P, E. The paper
    draws 256 to train on and 256 others to test. `encode_reber` makes tensors of them.
    Success: on all strings of both sets, at every step, the legal next symbols have the highest scores.
    Raises UserError for a count below 1.
    Source: Hochreiter & Schmidhuber (1997), experiment 1; Smith & Zipser (1989); Cleeremans et al. (1989).
    """
    _check("embedded_reber", count)
    barred = set(exclude)
    strings: list[str] = []
    while len(strings) < count:
        strings += [string for string in _strings(count - len(strings), generator) if string not in barred]
    return strings


def _strings(count: int, generator: torch.Generator) -> list[str]:
    node = torch.zeros(count, dtype=torch.int64)
    running = torch.ones(count, dtype=torch.bool)
    lengths = torch.zeros_like(node)
    symbols = []
    while running.any():
        coin = torch.randint(2, (count,), generator=generator)
        symbols.append(_SYMBOL[node, coin])
        node = _TO[node, coin]
        lengths += running
        running &= node != 0
    rows = torch.stack(symbols, 1).tolist()
    return ["".join(REBER_SYMBOLS[i] for i in row[:n]) for row, n in zip(rows, lengths.tolist(), strict=True)]


def encode_reber(strings: Iterable[str]) -> Reber:
    """Strings of the grammar as tensors, padded: every symbol but the last goes in, every one but the first is due.

    Raises UserError for a string that is not of the embedded Reber grammar.
    """
    walks = [_walk(string) for string in strings]
    if not walks:
        raise UserError("There are no strings to encode.")
    lengths = torch.tensor([len(symbols) - 1 for symbols, _ in walks])
    size = (len(walks), int(lengths.max()) + 1)
    symbols, nodes = torch.full(size, PAD), torch.zeros(size, dtype=torch.int64)
    for row, (come, passed) in enumerate(walks):
        symbols[row, : len(come)] = torch.tensor(come)
        nodes[row, : len(passed)] = torch.tensor(passed)
    return _reber(symbols, nodes, lengths)


def _walk(string: str) -> tuple[list[int], list[int]]:
    """A string's symbols and the nodes they come from."""
    node, nodes = "start", []
    for place, symbol in enumerate(string):
        nodes.append(_NODES.index(node))
        if symbol not in EMBEDDED[node] or (node == "start" and place):
            raise UserError(f"'{string}' is no string of the embedded Reber grammar: see its symbol {place + 1}.")
        node = EMBEDDED[node][symbol]
    if node != "start" or not string:
        raise UserError(f"'{string}' is no string of the embedded Reber grammar: it ends too early.")
    return [REBER_SYMBOLS.index(symbol) for symbol in string], nodes


def reber_stream(rows: int, time: int, generator: torch.Generator) -> Reber:
    """Continual streams: strings of the grammar one after the other, cut nowhere, from the start of a string on.

    A state that is carried from string to string must be brought back by the network itself, for nobody resets it.
    Success: not one mistake in the first 10^6 symbols.
    Raises UserError for fewer than 1 row or step.
    Source: Gers, Schmidhuber & Cummins (2000), section 4.
    """
    _check("reber_stream", min(rows, time))
    node = torch.zeros(rows, dtype=torch.int64)
    symbols, nodes = [], []
    for coin in torch.randint(2, (time + 1, rows), generator=generator):
        nodes.append(node)
        symbols.append(_SYMBOL[node, coin])
        node = _TO[node, coin]
    return _reber(torch.stack(symbols, 1), torch.stack(nodes, 1), torch.full((rows,), time))


def _reber(
    symbols: Int[Tensor, "rows steps"], nodes: Int[Tensor, "rows steps"], lengths: Int[Tensor, " rows"]
) -> Reber:
    runs = torch.arange(symbols.shape[1] - 1) < lengths[:, None]
    one_hot = torch.eye(len(REBER_SYMBOLS))[symbols[:, :-1].clamp(0)] * runs[:, :, None]
    legal = _LEGAL[nodes[:, 1:]] & runs[:, :, None]
    return Reber(one_hot, symbols[:, 1:], legal, _DUE[nodes[:, 1:]] & runs, lengths)


# One answer at the end


@dataclass(frozen=True)
class Sequences:
    """Padded sequences, and the answer expected after each one's last step."""

    inputs: Float[Tensor, "rows time in"]
    lengths: Int[Tensor, " rows"]
    targets: Float[Tensor, " rows"] | Int[Tensor, " rows"]  # a number, or a class


def adding(count: int, generator: torch.Generator, length: int = 100) -> Sequences:
    """The adding problem: pairs of a value and a marker; the answer is 0.5 + (X_1 + X_2) / 4, X the marked values.

    The length is uniform from `length` to 11/10 of it; values are U(-1, 1). The marker is 1 at one of the first ten
    pairs and at one of the first length / 2 - 1 others, -1 at the first and last pair unless marked, and 0 elsewhere.
    A first pair that is marked gets the value 0. So the answer lies half the sequence back or farther.
    Always saying 0.5 has a mean squared error of 0.039: 1/24 if it were not for first pairs. Answers lie in 0 to 1.
    Success: the mean error is below 0.01, and that of each of the last 2,000 sequences below 0.04.
    Raises UserError for a count below 1 or a length below 20.
    Source: Hochreiter & Schmidhuber (1997), experiment 4; lengths 100, 500 and 1000.
    """
    values, markers, lengths, (first, second) = _marked("adding", count, generator, length)
    values = values * 2 - 1
    values[:, 0] *= markers[:, 0] < 1
    answers = 0.5 + (values.gather(1, first) + values.gather(1, second)).squeeze(1) / 4
    return Sequences(_until(torch.stack([values, markers], 2), lengths), lengths, answers)


def multiplication(count: int, generator: torch.Generator, length: int = 100) -> Sequences:
    """`adding` with values U(0, 1), of which a marked first one is 1, and with the product X_1 X_2 as the answer.

    Always saying the mean, 0.28, has a mean squared error of 0.059; without marks on first pairs 1/4 has 7/144 = 0.049.
    Success: of the last 2,000 sequences fewer than 140, or 13, have an error above 0.04.
    Raises UserError for a count below 1 or a length below 20.
    Source: Hochreiter & Schmidhuber (1997), experiment 5; length 100.
    """
    values, markers, lengths, (first, second) = _marked("multiplication", count, generator, length)
    values[:, 0] = torch.where(markers[:, 0] == 1, 1.0, values[:, 0])
    answers = (values.gather(1, first) * values.gather(1, second)).squeeze(1)
    return Sequences(_until(torch.stack([values, markers], 2), lengths), lengths, answers)


def _marked(name: str, count: int, generator: torch.Generator, length: int):
    """Values from 0 to 1, markers, lengths, and the places of the two marks."""
    _check(name, count, length, 20)
    lengths = _lengths(count, generator, length)
    values = torch.rand(count, length + length // 10, generator=generator)
    first = torch.randint(10, (count, 1), generator=generator)
    second = torch.randint(length // 2 - 1, (count, 1), generator=generator)
    second = second + (second >= first)  # of the pairs that are still unmarked
    markers = torch.zeros_like(values)
    markers[:, 0] = -1
    markers.scatter_(1, lengths[:, None] - 1, -1.0).scatter_(1, first, 1.0).scatter_(1, second, 1.0)
    return values, markers, lengths, (first, second)


ORDER_SYMBOLS = "EBabcdXY"


def temporal_order(count: int, generator: torch.Generator, symbols: int = 2, length: int = 100) -> Sequences:
    """Which of X and Y came at two places, or three, and in which order: XX, XY, YX, YY are the classes 0, 1, 2, 3.

    One-hot symbols in the order of ORDER_SYMBOLS: E first, B last, a, b, c, d at random between, and at each place X
    or Y. At length 100 the sequences have 100 to 110 symbols and the places are uniform in 10 to 20 and 50 to 60
    (6a), or 10 to 20, 33 to 43 and 66 to 76 (6b, eight classes), where E is number 0; other lengths scale all that.
    Success: the mean error is below 0.1, and for each of the last 2,000 sequences every output is within 0.3.
    Raises UserError for a count below 1, a length below 10, or symbols other than 2 and 3.
    Source: Hochreiter & Schmidhuber (1997), experiments 6a and 6b.
    """
    _check("temporal_order", count, length, 10)
    if symbols not in (2, 3):
        raise UserError(f"temporal_order has 2 relevant symbols (6a) or 3 (6b), got {symbols}.")
    lengths = _lengths(count, generator, length)
    sequence = torch.randint(2, 6, (count, length + length // 10), generator=generator)
    classes = torch.zeros(count, dtype=torch.int64)
    for place in (10, 50) if symbols == 2 else (10, 33, 66):
        low, high = place * length // 100, (place + 10) * length // 100
        at = torch.randint(low, high + 1, (count, 1), generator=generator)
        which = torch.randint(2, (count, 1), generator=generator)
        sequence.scatter_(1, at, 6 + which)
        classes = 2 * classes + which.squeeze(1)
    sequence[:, 0] = 0
    sequence.scatter_(1, lengths[:, None] - 1, 1)
    return Sequences(_until(torch.eye(len(ORDER_SYMBOLS))[sequence], lengths), lengths, classes)


def two_sequence(
    count: int,
    generator: torch.Generator,
    length: int = 100,
    relevant: int = 3,
    form: str = "3a",
) -> Sequences:
    """Two classes told apart by their first `relevant` values, 1 or -1; all others are noise, N(0, variance 0.2).

    The length is uniform from `length` to 11/10 of it, the target is 1 or 0. In 3b the same noise is on the relevant
    values too. In 3c targets are 0.8 and 0.2 with noise of variance 0.1 on them, and the class must be learned as it
    is on average.
    Success: of 256 test sequences none has an error of 0.2 or more (3b: fewer than 6), and then a mean error below
    0.01 (3b: 0.04); 3c: the mean difference to the target without its noise is below 0.015, and none exceeds 0.1.
    Raises UserError for a count below 1 or a length that is not above `relevant`, itself at least 1.
    Source: Hochreiter & Schmidhuber (1997), experiments 3a to 3c, after Bengio et al. (1994); lengths 100 and 1000.
    """
    if form not in ("3a", "3b", "3c"):
        raise UserError(f"two_sequence has the forms '3a', '3b' and '3c', got '{form}'.")
    _check("two_sequence", min(count, relevant), length, relevant + 1)
    lengths = _lengths(count, generator, length)
    classes = torch.randint(2, (count,), generator=generator)
    values = torch.randn(count, length + length // 10, generator=generator) * 0.2**0.5
    values[:, :relevant] = 2.0 * classes[:, None] - 1 + (values[:, :relevant] if form == "3b" else 0)
    targets = classes.to(values.dtype)
    if form == "3c":
        targets = 0.2 + 0.6 * targets + torch.randn(count, generator=generator) * 0.1**0.5
    return Sequences(_until(values[:, :, None], lengths), lengths, targets)


def _check(name: str, count: int, length: int = 1, shortest: int = 1) -> None:
    if count < 1 or length < shortest:
        asked = f" of length {shortest} or more" if shortest > 1 else ""
        raise UserError(f"{name} draws 1 or more sequences{asked}, got {count}" + (f" and {length}." if asked else "."))


def _lengths(count: int, generator: torch.Generator, length: int) -> Int[Tensor, " count"]:
    return torch.randint(length, length + length // 10 + 1, (count,), generator=generator)


def _until(inputs: Float[Tensor, "rows time in"], lengths: Int[Tensor, " rows"]) -> Float[Tensor, "rows longest in"]:
    """0 beyond each row's length, and no longer than the longest."""
    runs = torch.arange(inputs.shape[1]) < lengths[:, None]
    return (inputs * runs[:, :, None])[:, : int(lengths.max())]
