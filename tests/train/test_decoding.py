"""Beam search, against exhaustive search and greedy steps on small made-up translators with a state."""

import itertools
from dataclasses import replace
from math import log
from typing import Any

import pytest
import torch
from torch import Tensor

from firsthand.data.sentences import BOS, EOS, PAD, UNK
from firsthand.errors import UserError
from firsthand.train.decoding import Decoding, log_probabilities, penalty, search

WORDS = (4, 5, 6)


class Table:
    """A recurrent translator: its state is a random walk over all it has read, from which it draws its logits.

    The state depends on every token so far and on the source, as a recurrent network's does; it is carried in `past`.
    """

    def __init__(self, seed: int = 0, end: float = 0.0):
        generator = torch.Generator().manual_seed(seed)
        self.step = torch.randn(7, 11, generator=generator, dtype=torch.float64)
        self.mix = torch.randn(11, 11, generator=generator, dtype=torch.float64)
        self.out = 3 * torch.randn(11, 7, generator=generator, dtype=torch.float64)
        self.end = end
        self.rows: list[int] = []

    def encode(self, source: Tensor) -> tuple[Tensor, ...]:
        """What has been read, a row a sentence, padding left out."""
        return (torch.where((source == PAD)[:, :, None], 0.0, self.step[source]).sum(1),)

    def decode(self, tokens: Tensor, memory: Any, past: Any = None) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Logits after each token, and the state after the last."""
        self.rows.append(len(tokens))
        state, logits = memory[0] if past is None else past[0], []
        for token in tokens.T:
            state = torch.tanh(state @ self.mix + self.step[token])
            logits.append(state @ self.out + self.end * (torch.arange(7) == EOS))
        return torch.stack(logits, 1), (state,)


SOURCE = torch.tensor([[4, 6, EOS], [5, EOS, PAD]])


def exhaustive(translator: Table, source: Tensor, most: int, alpha: float) -> list[tuple[float, list[int]]]:
    """Every translation of up to `most` words, the best first."""
    found = []
    for length in range(most + 1):
        for words in itertools.product(WORDS, repeat=length):
            p = log_probabilities(translator, source, list(words)).sum().item()
            found.append((p / penalty(length + 1, alpha), list(words)))
    return sorted(found, reverse=True)


@pytest.mark.parametrize("alpha", [0.0, 0.6, 2.0])
@pytest.mark.parametrize("seed", range(4))
def test_a_wide_beam_is_exhaustive_search(alpha, seed):
    """With room for all 3^3 + 3^2 + 3 + 1 translations of up to three words, nothing is missed."""
    translator = Table(seed)
    for row, found in enumerate(search(translator, SOURCE, Decoding(beam=100, alpha=alpha), most=3)):
        source = SOURCE[row : row + 1]
        expected = exhaustive(translator, source, 3, alpha)
        assert [one.tokens for one in found] == [words for _, words in expected]
        assert [one.score for one in found] == pytest.approx([score for score, _ in expected], rel=1e-5)


@pytest.mark.parametrize("seed", range(6))
def test_a_beam_of_one_is_greedy(seed):
    """The likeliest token, again and again, until it is the end."""
    translator = Table(seed, end=1.0)
    for row, (best,) in enumerate(search(translator, SOURCE, Decoding(beam=1, extra=9))):
        memory, state, token, words = translator.encode(SOURCE[row : row + 1]), None, BOS, []
        while len(words) < int((SOURCE[row] != PAD).sum()) + 9:
            logits, state = translator.decode(torch.tensor([[token]]), memory, state)
            logits[..., [PAD, BOS, UNK]] = -torch.inf
            token = logits.argmax().item()
            if token == EOS:
                break
            words.append(token)
        assert best.tokens == words


@pytest.mark.parametrize("beam", [1, 2, 3, 5])
def test_scores_are_those_of_teacher_forcing(beam):
    """Without a penalty the score is the sum of the tokens' log-probabilities, that of the end among them."""
    translator = Table(1, end=3.0)
    for row, found in enumerate(search(translator, SOURCE, Decoding(beam=beam, alpha=0.0))):
        assert len(found) == beam and [one.score for one in found] == sorted((one.score for one in found), reverse=True)
        for one in found:
            p = log_probabilities(translator, SOURCE[row : row + 1], one.tokens)
            assert one.log_p == one.score == pytest.approx(p.sum().item(), rel=1e-5)


def test_penalty():
    """Of length 1 it is 1, of length 7 it is 2^alpha."""
    assert penalty(1, 0.6) == 1 and penalty(7, 0.6) == pytest.approx(2**0.6) and penalty(7, 0.0) == 1


@pytest.mark.parametrize("alpha", [0.0, 0.6])
def test_alone_together_and_without_a_cache(alpha):
    """A sentence's translations are its own, and the same if everything is read again at every step."""
    sources = torch.tensor([[4, 5, 6, EOS], [6, EOS, PAD, PAD], [5, 5, EOS, PAD]])
    translator, options = Table(2, end=1.0), Decoding(beam=3, alpha=alpha)
    together = search(translator, sources, options)
    again = search(translator, sources, replace(options, cache=False))
    for row, found in enumerate(together):
        (alone,) = search(translator, sources[row : row + 1, : int((sources[row] != PAD).sum())], options)
        for others in (alone, again[row]):
            assert [one.tokens for one in others] == [one.tokens for one in found]
            assert [one.score for one in others] == pytest.approx([one.score for one in found], rel=1e-6)


def test_what_is_done_is_not_computed_on():
    """Rows become fewer as sentences end."""
    translator = Table(0, end=4.0)
    search(translator, torch.tensor([[4, EOS]] * 3 + [[5, EOS]]), Decoding(beam=2))
    assert translator.rows[0] == 8 and translator.rows == sorted(translator.rows, reverse=True)


def test_never_ending_translations_are_cut():
    """At the source's length and `extra`, or at the longest that the network writes."""
    translator = Table(0, end=-1e9)
    for most, length in ((None, 3 + 4), (5, 5)):
        found = search(translator, SOURCE[:1], Decoding(beam=2, extra=4), most)[0]
        assert len(found) == 2 and not any(one.ended for one in found)
        assert {len(one.tokens) for one in found} == {length}


def test_marks_are_never_written():
    class Marks(Table):
        def decode(self, tokens: Tensor, memory: Any, past: Any = None) -> Any:
            logits, past = super().decode(tokens, memory, past)
            logits[..., [PAD, BOS, UNK]] += 50
            return logits, past

    for found in search(Marks(), SOURCE, Decoding(beam=4)):
        assert all(set(one.tokens) <= set(WORDS) for one in found)


def test_a_network_that_diverged():
    translator = Table()
    translator.out[:] = torch.nan
    with pytest.raises(UserError, match="no numbers, its training diverged"):
        search(translator, SOURCE)


def test_bounds():
    for options in ({"beam": 0}, {"alpha": -1.0}, {"extra": -1}, {"alpha": float("nan")}):
        with pytest.raises(UserError, match=r"decoding\.\w+ must be"):
            Decoding(**options)
    assert log(penalty(13, 1.0)) == pytest.approx(log(3))
