import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from firsthand.check.operations import versions
from firsthand.errors import UserError
from firsthand.nn import local_response_norm


@settings(max_examples=20, deadline=None)
@given(channels=st.integers(1, 9), size=st.sampled_from([1, 3, 5, 7]))
def test_torch_divides_alpha_by_the_size(channels, size):
    x = torch.randn(2, channels, 3, 2, dtype=torch.float64)
    truth = torch.nn.functional.local_response_norm(x, size, alpha=0.3 * size, beta=0.6, k=1.5)
    for version in (local_response_norm, local_response_norm.__wrapped__):
        assert_close(version(x, size, 0.3, 0.6, 1.5), truth, rtol=1e-10, atol=1e-12)


def test_by_hand():
    """Seven maps of one pixel; the paper's constants are the defaults."""
    a = torch.arange(1.0, 8, dtype=torch.float64)
    expected = [
        a[i] / (2 + 1e-4 * sum(a[j] ** 2 for j in range(max(0, i - 2), min(6, i + 2) + 1))) ** 0.75 for i in range(7)
    ]
    for version in list(versions("local_response_norm").values())[:2]:
        assert_close(version(a.view(1, 7, 1, 1)).flatten(), torch.stack(expected), rtol=1e-12, atol=0)


@pytest.mark.parametrize("version", ["definition", "fast"])
@pytest.mark.parametrize("size", [0, 4])
def test_an_even_window_is_refused(version, size):
    with pytest.raises(UserError, match=f"sums an odd number of maps, got {size}"):
        versions("local_response_norm")[version](torch.zeros(1, 3, 2, 2), size)
