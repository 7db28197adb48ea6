from math import cos, sin

import pytest
import torch
from torch.testing import assert_close

from firsthand.errors import UserError
from firsthand.nn import LearnedPositions, SinusoidalPositions, sinusoids


def test_sinusoids_by_hand():
    table = sinusoids(11, 6)
    assert table.dtype == torch.get_default_dtype()
    for place in range(11):
        for i in range(3):
            angle = place / 10_000 ** (2 * i / 6)
            assert table[place, 2 * i].item() == pytest.approx(sin(angle), abs=1e-7)
            assert table[place, 2 * i + 1].item() == pytest.approx(cos(angle), abs=1e-7)
    assert_close(sinusoids(11, 5), sinusoids(11, 5))
    assert sinusoids(11, 5).shape == (11, 5)


def test_far_positions_keep_their_digits():
    """At 100,000 an angle in float32 would be 0.004 off."""
    assert sinusoids(100_001, 2)[100_000, 0].item() == pytest.approx(sin(100_000), abs=1e-7)


def test_a_shift_is_a_rotation():
    """Every pair (sin, cos) keeps length 1, and k steps turn it by the same angle wherever it starts."""
    pairs = torch.view_as_complex(sinusoids(50, 8).double().view(50, 4, 2).flip(-1).contiguous())
    turns = pairs[7:] / pairs[:-7]
    assert_close(turns, turns[:1].expand(43, 4), rtol=0, atol=1e-6)
    assert_close(pairs.abs(), torch.ones(50, 4).double(), rtol=0, atol=1e-6)


def test_positions_are_added():
    x = torch.randn(2, 5, 6)
    assert_close(SinusoidalPositions(7, 6)(x) - x, sinusoids(5, 6).expand(2, 5, 6))
    layer = LearnedPositions(7, 6)
    assert_close(layer(x) - x, layer.weight[:5].expand(2, 5, 6))
    layer(x).sum().backward()
    assert layer.weight.grad.tolist() == [[2.0] * 6] * 5 + [[0.0] * 6] * 2


@pytest.mark.parametrize("layer", [SinusoidalPositions, LearnedPositions])
def test_positions_go_on_where_they_stopped(layer):
    """The rest of a sequence gets the positions that it would have had in the whole."""
    layer, x = layer(7, 6), torch.randn(2, 7, 6)
    assert torch.equal(layer(x)[:, 3:], layer(x[:, 3:], start=3))
    with pytest.raises(UserError, match="There are 7 positions, got a sequence of 8"):
        layer(x[:, :5], start=3)


def test_learned_positions_are_an_embedding():
    torch.manual_seed(3)
    ours = LearnedPositions(7, 5)
    torch.manual_seed(3)
    theirs = torch.nn.Embedding(7, 5)
    assert_close(dict(ours.state_dict()), dict(theirs.state_dict()), rtol=0, atol=0)
    theirs.load_state_dict(ours.state_dict())
    assert not SinusoidalPositions(7, 5).state_dict()


@pytest.mark.parametrize("layer", [SinusoidalPositions, LearnedPositions])
def test_errors_are_one_sentence(layer):
    with pytest.raises(UserError, match="There are 7 positions, got a sequence of 8"):
        layer(7, 6)(torch.zeros(2, 8, 6))
    with pytest.raises(UserError, match=rf"{layer.__name__} has shape \(2, 5, 4\), expected \(batch, time, 6\)"):
        layer(7, 6)(torch.zeros(2, 5, 4))
