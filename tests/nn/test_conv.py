import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from firsthand.errors import UserError
from firsthand.nn import Conv2d, conv2d

TABLE = torch.tensor([[1, 0, 1], [0, 1, 0], [1, 1, 1], [0, 0, 1], [1, 1, 0]])


@settings(max_examples=30, deadline=None)
@given(
    height=st.integers(5, 9),
    width=st.integers(5, 9),
    kernel=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    stride=st.integers(1, 3),
    padding=st.integers(0, 2),
)
def test_definition_equals_torch_for_any_size(height, width, kernel, stride, padding):
    x, weight = torch.randn(2, 3, height, width, dtype=torch.float64), torch.randn(5, 3, *kernel, dtype=torch.float64)
    assert_close(
        conv2d.__wrapped__(x, weight, None, stride, padding),
        torch.nn.functional.conv2d(x, weight, None, stride, padding),
    )


def test_table_equals_one_convolution_per_map():
    """Each output map, computed alone from the maps that its row of the table names."""
    layer = Conv2d(3, 5, 3, table=TABLE).double()
    x = torch.randn(2, 3, 7, 11, dtype=torch.float64)
    maps = [
        torch.nn.functional.conv2d(x[:, row], layer.weight[i : i + 1, row], layer.bias[i : i + 1])
        for i, row in enumerate(TABLE.bool())
    ]
    assert_close(layer(x), torch.cat(maps, 1))


def test_missing_kernels_are_zero_and_stay_zero():
    layer = Conv2d(3, 5, 3, table=TABLE)
    assert layer.state_dict().keys() == {"weight", "bias", "table"}
    missing = TABLE == 0
    assert (layer.weight[missing] == 0).all()
    assert (layer.weight[~missing] != 0).all()
    layer(torch.randn(2, 3, 7, 11)).square().sum().backward()
    assert (layer.weight.grad[missing] == 0).all()
    assert (layer.weight.grad[~missing] != 0).all()


def test_errors_are_one_sentence():
    with pytest.raises(UserError, match=r"conv2d has shape \(2, 4, 7, 7\), expected \(batch, 3, height, width\)"):
        Conv2d(3, 5, 3)(torch.zeros(2, 4, 7, 7))
    with pytest.raises(UserError, match=r"table of Conv2d has shape \(5, 3\), expected \(3, 5\)"):
        Conv2d(5, 3, 3, table=TABLE)
    with pytest.raises(UserError, match="something else than 0 and 1"):
        Conv2d(3, 5, 3, table=2 * TABLE)
