from math import log

import pytest
import torch
from torch.testing import assert_close

from firsthand.nn import definitions, log_softmax, scaled_tanh, softmax


def test_scaled_tanh_passes_through_one():
    """A tanh(S) = 0.999997 with the paper's four digits, and the asymptotes are ±1.7159."""
    y = scaled_tanh(torch.tensor([1.0, -1.0, 0.0, 50.0], dtype=torch.float64))
    assert y.tolist() == pytest.approx([0.999997, -0.999997, 0, 1.7159], abs=1e-6)


def test_scaled_tanh_bends_most_near_one():
    """The second derivative of tanh(S a) peaks at a = artanh(1 / sqrt(3)) / S = 0.988."""
    x = torch.linspace(0, 3, 3001, dtype=torch.float64)
    y = scaled_tanh(x)
    bend = (y[2:] - 2 * y[1:-1] + y[:-2]).abs()
    assert x[1:-1][bend.argmax()].item() == pytest.approx(0.988, abs=1e-3)


@pytest.mark.parametrize("readable", [False, True])
def test_softmax_survives_huge_scores(readable):
    x = torch.tensor([[1000.0, 1000.0, -1000.0]], requires_grad=True)
    if readable:
        with definitions():
            p, logp = softmax(x), log_softmax(x)
    else:
        p, logp = softmax(x), log_softmax(x)
    assert_close(p, torch.tensor([[0.5, 0.5, 0.0]]))
    assert_close(logp, torch.tensor([[-log(2), -log(2), -2000 - log(2)]]))
    logp[0, 0].backward()
    assert_close(x.grad, torch.tensor([[0.5, -0.5, 0.0]]))
