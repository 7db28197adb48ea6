"""The tasks of 1997 against what is known of them without the code: a grammar by hand, moments, published lengths."""

import re

import pytest
import torch
from torch import Tensor

from firsthand import data
from firsthand.data import synthetic
from firsthand.errors import UserError

# The whole language of the embedded grammar, read off the drawing of Reber's graph once more, as an expression.
LANGUAGE = re.compile(r"B([TP])B(TS*X(XT*VP)*(S|XT*VV)|PT*V(PXT*V)*(V|PS))E\1E")


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def spelled(one_hot: Tensor) -> str:
    return "".join(synthetic.REBER_SYMBOLS[i] for i in one_hot.argmax(1).tolist())


# Reber


def test_every_string_is_of_the_language():
    strings = data.embedded_reber(5000, generator())
    assert all(LANGUAGE.fullmatch(string) for string in strings)
    assert min(map(len, strings)) == 9, "the paper: strings have 9 symbols or more"


def test_how_often_strings_come():
    """By hand: each of the four of 9 symbols 1/16, each of the six of 10 symbols 1/32; 5 deviations of 20,000 draws."""
    strings = data.embedded_reber(20_000, generator())
    for chance, inner in ((1 / 16, ("BTXSE", "BPVVE")), (1 / 32, ("BTSXSE", "BPTVVE", "BPVPSE"))):
        for string in (f"B{way}{part}{way}E" for way in "TP" for part in inner):
            assert strings.count(string) / 20_000 == pytest.approx(chance, abs=5 * (chance / 20_000) ** 0.5), string
    # The mean length is 12 (linear equations of the graph); its deviation, 4, over sqrt(20,000) is 0.03.
    assert sum(map(len, strings)) / 20_000 == pytest.approx(12, abs=0.15)


def test_strings_that_are_barred():
    train = data.embedded_reber(256, generator())
    test = data.embedded_reber(256, generator(1), exclude=train)
    assert len(train) == len(test) == 256
    assert not set(train) & set(test)


def test_legal_symbols_by_hand():
    """BTBPVPSETE: what may follow each symbol, read off the drawing."""
    (one,) = ["BTBPVPSETE"]
    batch = data.encode_reber([one, "BPBTSXXTVVEPE"])
    legal = [
        "".join(s for s, yes in zip(synthetic.REBER_SYMBOLS, row, strict=True) if yes)
        for row in batch.legal[0].tolist()
    ]
    assert legal == ["TP", "B", "TP", "TV", "PV", "SX", "E", "T", "E", "", "", ""]
    assert batch.due[0].tolist() == [False] * 7 + [True] + [False] * 4
    assert batch.lengths.tolist() == [9, 12]
    assert spelled(batch.inputs[0, :9]) == one[:-1] and not batch.inputs[0, 9:].any()
    assert [synthetic.REBER_SYMBOLS[i] for i in batch.targets[0, :9].tolist()] == list(one[1:])
    assert (batch.targets[0, 9:] == synthetic.PAD).all()
    assert batch.due[1].nonzero().tolist() == [[10]]


def test_right_is_the_papers_criterion():
    """All legal symbols above all others: one legal symbol that is not is a mistake, a tie is one too."""
    batch = data.encode_reber(["BTBTXSETE", "BTBTSXSETE"])
    scores = batch.legal.float()
    assert batch.right(scores).all(), "steps beyond the end count as right"
    assert not batch.right(torch.zeros_like(scores))[0, :8].any()
    scores[0, 0, synthetic.REBER_SYMBOLS.index("T")] = -0.1  # legal, as P is
    right = batch.right(scores)
    assert not right[0, 0] and right[0, 1:].all() and right[1].all()


@pytest.mark.parametrize("wrong", ["", "BTBTXSEPE", "BTBTXSET", "BTBTXSETEB", "BTBTXXSETE", "btbtxsete", "BTBTXSEZE"])
def test_strings_of_no_grammar_are_refused(wrong):
    with pytest.raises(UserError, match="no string of the embedded Reber grammar"):
        data.encode_reber([wrong])


def test_no_strings():
    with pytest.raises(UserError, match="no strings"):
        data.encode_reber([])


def test_streams_are_strings_in_a_row():
    """Cut at the ends of strings, they are the language; legal and due symbols are those of the strings alone."""
    batch = data.reber_stream(3, 400, generator())
    assert batch.inputs.shape == (3, 400, 7) and batch.lengths.tolist() == [400] * 3
    assert torch.equal(batch.inputs[:, 1:].argmax(2), batch.targets[:, :-1])
    for row in range(3):
        text, at = spelled(batch.inputs[row]), 0
        while found := LANGUAGE.match(text, at):
            alone = data.encode_reber([found[0]])
            inside = slice(at, at + len(found[0]) - 1)
            assert torch.equal(batch.legal[row, inside], alone.legal[0])
            assert torch.equal(batch.due[row, inside], alone.due[0])
            at = found.end()
            if at < 400:
                assert text[at] == "B" and batch.legal[row, at - 1].tolist() == [s == "B" for s in "BTSXPVE"]
        assert at > 300, "the rest is the beginning of one more string"
    assert len({spelled(row) for row in batch.inputs}) == 3


# One answer at the end


def test_adding_by_its_definition():
    batch = data.adding(2000, generator(), length=100)
    assert set(batch.lengths.tolist()) == set(range(100, 111)), "the paper: from T to T + T/10"
    assert batch.inputs.shape == (2000, 110, 2)
    firsts = 0
    for pairs, length, target in zip(batch.inputs, batch.lengths.tolist(), batch.targets.tolist(), strict=True):
        values, markers = pairs[:length].T
        marked = (markers == 1).nonzero().flatten().tolist()
        assert len(marked) == 2 and marked[0] < 10 and marked[1] < 50, "half the sequence lies between"
        ends = [length - 1] if 0 in marked else [0, length - 1]
        assert (markers == -1).nonzero().flatten().tolist() == ends
        assert ((markers == 0).sum() == length - 4 + (0 in marked)).item()
        assert target == pytest.approx(0.5 + values[marked].sum().item() / 4, abs=1e-6)
        assert 0 not in marked or values[0] == 0
        assert not pairs[length:].any() and -1 <= values.min() and values.max() <= 1
        firsts += 0 in marked
    # A first pair is marked with the chance 1/10 + 9/10 1/49 = 0.118, of 2,000 with a deviation of 14.
    assert firsts == pytest.approx(237, abs=60)


def test_adding_where_the_marks_are():
    """Both rules are uniform, for a short length by the count of every place: 5 deviations of 20,000 draws."""
    batch = data.adding(20_000, generator(), length=40)
    marked = (batch.inputs[:, :, 1] == 1).double().mean(0)
    chance = torch.zeros(44, dtype=torch.float64)
    for first in range(10):
        others = [place for place in range(40) if place != first][:19]
        chance[first] += 1 / 10
        chance[others] += 1 / 10 / 19
    assert (marked - chance).abs().max() < 5 * (0.15 * 0.85 / 20_000) ** 0.5


def test_moments_of_adding_and_multiplication():
    """Five deviations of 20,000 draws. q, the chance of a marked first pair, is 1/10 + 9/10 1/49."""
    q, mean = 0.1 + 0.9 / 49, data.adding(20_000, generator()).targets
    assert mean.mean() == pytest.approx(0.5, abs=0.007)
    assert mean.var() == pytest.approx((2 - q) / 48, abs=0.002), "variance 1/3 of each value that is not set to 0"
    product = data.multiplication(20_000, generator()).targets
    assert product.mean() == pytest.approx(0.25 * (1 + q), abs=0.009)
    assert product.square().mean() == pytest.approx((1 - q) / 9 + q / 3, abs=0.007)


def test_multiplication_by_its_definition():
    batch = data.multiplication(500, generator())
    for pairs, target in zip(batch.inputs, batch.targets.tolist(), strict=True):
        values, markers = pairs.T
        assert target == pytest.approx(values[markers == 1].prod().item(), abs=1e-6)
        assert markers[0] == -1 or values[0] == 1
        assert values.min() >= 0


@pytest.mark.parametrize(
    ("symbols", "windows"), [(2, ((10, 20), (50, 60))), (3, ((10, 20), (33, 43), (66, 76)))], ids=["6a", "6b"]
)
def test_temporal_order(symbols, windows):
    """X or Y once in each of the published windows, whose ends occur; classes count through the orders, X first."""
    batch = data.temporal_order(3000, generator(), symbols)
    assert batch.inputs.shape == (3000, 110, 8) and set(batch.lengths.tolist()) == set(range(100, 111))
    seen: list[set[int]] = [set() for _ in windows]
    for one_hot, length, target in zip(batch.inputs, batch.lengths.tolist(), batch.targets.tolist(), strict=True):
        assert not one_hot[length:].any() and (one_hot[:length].sum(1) == 1).all()
        text = "".join("EBabcdXY"[i] for i in one_hot[:length].argmax(1).tolist())
        assert re.fullmatch(r"E[abcdXY]+B", text)
        places = [place for place, symbol in enumerate(text) if symbol in "XY"]
        assert target == int("".join(str("XY".index(text[place])) for place in places), 2)
        for place, (low, high), found in zip(places, windows, seen, strict=True):
            assert low <= place <= high
            found.add(place)
    assert seen == [set(range(low, high + 1)) for low, high in windows]
    counts = batch.targets.bincount(minlength=2**symbols) / 3000
    assert (counts - 0.5**symbols).abs().max() < 5 * (0.5**symbols / 3000) ** 0.5


def test_temporal_order_of_another_length():
    batch = data.temporal_order(500, generator(), length=40)
    places = batch.inputs[:, :, 6:].sum(2).nonzero()[:, 1].view(500, 2)
    assert places.amin(0).tolist() == [4, 20] and places.amax(0).tolist() == [8, 24]


@pytest.mark.parametrize("form", ["3a", "3b", "3c"])
def test_two_sequence(form):
    """Moments of 4,000 draws, 400,000 values: the variances 0.2 of noise and 0.1 of targets, within 5 deviations."""
    batch = data.two_sequence(4000, generator(), form=form)
    values, signs = batch.inputs[:, :, 0], (batch.inputs[:, :3, 0].mean(1) > 0).float() * 2 - 1
    assert batch.inputs.shape == (4000, 110, 1)
    assert values[:, 3:100].var() == pytest.approx(0.2, abs=0.0025)
    assert values[:, 3:100].mean() == pytest.approx(0, abs=0.004)
    exact = torch.equal(values[:, :3], signs[:, None].expand(-1, 3))
    assert exact == (form != "3b")
    assert values[:, :3].var() == pytest.approx(1.2 if form == "3b" else 1, abs=0.05)
    classes = (signs + 1) / 2
    if form == "3c":
        assert (batch.targets - 0.2 - 0.6 * classes).var() == pytest.approx(0.1, abs=0.012)
    else:
        assert set(batch.targets.tolist()) == {0.0, 1.0}
        # With the noise the mean of three values has the wrong sign at -1 / sqrt(0.2 / 3): once in 20,000.
        assert (batch.targets != classes).sum() <= (5 if form == "3b" else 0)
    assert classes.mean() == pytest.approx(0.5, abs=0.04)


@pytest.mark.parametrize("relevant", [1, 3])
def test_relevant_values(relevant):
    values = data.two_sequence(100, generator(), length=20, relevant=relevant).inputs[:, :, 0]
    assert (values[:, :relevant].abs() == 1).all() and (values[:, relevant].abs() != 1).all()


@pytest.mark.parametrize("task", [data.adding, data.multiplication, data.temporal_order, data.two_sequence])
def test_the_generator_decides(task):
    """The same seed gives the same batch, another one another; the next draw is another one too."""
    source = generator()
    one, two = task(5, source), task(5, source)
    again, other = task(5, generator()), task(5, generator(1))
    assert torch.equal(one.inputs, again.inputs) and torch.equal(one.targets, again.targets)
    for different in (two, other):
        assert one.inputs.shape != different.inputs.shape or not torch.equal(one.inputs, different.inputs)
    assert task(1, generator()).inputs.shape[0] == 1


def test_the_generator_decides_on_strings():
    assert data.embedded_reber(9, generator()) == data.embedded_reber(9, generator())
    assert data.embedded_reber(9, generator()) != data.embedded_reber(9, generator(1))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda g: data.adding(0, g), r"adding draws 1 or more sequences of length 20 or more, got 0 and 100\."),
        (lambda g: data.multiplication(3, g, length=19), "length 20 or more, got 3 and 19"),
        (lambda g: data.temporal_order(3, g, symbols=4), r"2 relevant symbols \(6a\) or 3 \(6b\), got 4"),
        (lambda g: data.temporal_order(3, g, length=9), "length 10 or more, got 3 and 9"),
        (lambda g: data.two_sequence(3, g, form="3d"), "forms '3a', '3b' and '3c', got '3d'"),
        (lambda g: data.two_sequence(3, g, length=5, relevant=5), "length 6 or more, got 3 and 5"),
        (lambda g: data.embedded_reber(0, g), r"embedded_reber draws 1 or more sequences, got 0\."),
        (lambda g: data.reber_stream(2, 0, g), "reber_stream draws 1 or more"),
    ],
)
def test_mistakes(call, words):
    with pytest.raises(UserError, match=words):
        call(generator())
