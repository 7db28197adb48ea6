from heapq import heapify, heappop, heappush
from math import log, log2

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from firsthand.errors import UserError
from firsthand.nn import HierarchicalSoftmax, huffman

COUNTS = [40, 3, 11, 7, 7, 29, 2]


def _cost(counts):
    """The total length of an optimal code: the sum of all joined counts, by a heap."""
    heap, total = list(counts), 0
    heapify(heap)
    while len(heap) > 1:
        joined = heappop(heap) + heappop(heap)
        total += joined
        heappush(heap, joined)
    return total


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 50), min_size=2, max_size=20))
def test_the_code_is_complete_and_optimal(counts):
    """Kraft's sum is 1, no code begins another, and no code is shorter on average, which is at most the entropy + 1."""
    ways = huffman(counts)
    assert sum(2.0 ** -len(way) for way in ways) == 1
    codes = ["".join(str(bit) for _, bit in way) for way in ways]
    assert not any(a != b and b.startswith(a) for a in codes for b in codes)
    assert len(set(codes)) == len(codes)
    length = sum(count * len(way) for count, way in zip(counts, ways, strict=True))
    assert length == _cost(counts)
    n = sum(counts)
    entropy = -sum(count / n * log2(count / n) for count in counts)
    assert entropy - 1e-9 <= length / n < entropy + 1
    assert {way[0][0] for way in ways} == {len(counts) - 2}
    assert {node for way in ways for node, _ in way} == set(range(len(counts) - 1))


def test_the_tree_by_hand():
    """1 and 2 join as node 0 (3), that and 4 as node 1 (7), that and 8 as the root: the rarer has bit 0."""
    assert huffman([8, 4, 2, 1]) == [
        [(2, 1)],
        [(2, 0), (1, 1)],
        [(2, 0), (1, 0), (0, 1)],
        [(2, 0), (1, 0), (0, 0)],
    ]


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 50), min_size=2, max_size=12))
def test_probabilities_of_all_words_sum_to_one(counts):
    layer = HierarchicalSoftmax(counts, 5).double()
    torch.nn.init.normal_(layer.weight)
    h = torch.randn(3, 5, dtype=torch.float64)
    logp = layer.log_probabilities(h)
    assert_close(logp.exp().sum(1), torch.ones(3, dtype=torch.float64), rtol=1e-10, atol=0)
    for word in range(len(counts)):
        assert_close(layer(h, torch.full((3,), word)), -logp[:, word].mean(), rtol=1e-10, atol=1e-12)


def test_one_word_by_hand():
    """The last of four turns three times to bit 0: the product of three sigmoids."""
    layer = HierarchicalSoftmax([8, 4, 2, 1], 5).double()
    torch.nn.init.normal_(layer.weight)
    h = torch.randn(1, 5, dtype=torch.float64)
    product = torch.sigmoid(layer.weight @ h[0]).prod()
    assert_close(layer(h, torch.tensor([3])), -product.log(), rtol=1e-10, atol=0)
    assert_close(layer(h, torch.tensor([0])), -torch.sigmoid(-layer.weight[2] @ h[0]).log(), rtol=1e-10, atol=0)


def test_it_starts_with_a_fair_coin_at_every_turn():
    layer = HierarchicalSoftmax(COUNTS, 3)
    targets = torch.arange(7)
    lengths = [len(way) for way in huffman(COUNTS)]
    assert layer(torch.randn(7, 3), targets).item() == pytest.approx(log(2) * sum(lengths) / 7, rel=1e-6)
    assert list(layer.state_dict()) == ["weight"]


def test_gradients_agree_with_finite_differences():
    layer, targets = HierarchicalSoftmax(COUNTS, 3).double(), torch.tensor([0, 6, 3, 3])

    def loss(h, weight):
        return torch.func.functional_call(layer, {"weight": weight}, (h, targets))

    assert torch.autograd.gradcheck(
        loss, (torch.randn(4, 3).double().requires_grad_(), torch.randn(6, 3).double().requires_grad_())
    )


def test_errors_are_one_sentence():
    for counts in ([5], [3, -1]):
        with pytest.raises(UserError, match="two words or more with counts of 0 or more"):
            huffman(counts)
    layer = HierarchicalSoftmax(COUNTS, 3)
    with pytest.raises(UserError, match=r"HierarchicalSoftmax has shape \(2, 4\), expected \(batch, 3\)"):
        layer(torch.zeros(2, 4), torch.tensor([0, 1]))
