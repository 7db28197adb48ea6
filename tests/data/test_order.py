"""Batch order: any step can be asked for at any time and gives the same."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from firsthand.data import order
from firsthand.data.order import Order
from firsthand.errors import UserError

SIZES = {"n": st.integers(1, 23), "batch": st.integers(1, 29), "seed": st.integers(-3, 2**40)}


def epoch_of(order: Order, epoch: int) -> list[int]:
    steps = range(epoch * order.steps_per_epoch, (epoch + 1) * order.steps_per_epoch)
    return torch.cat([order.indices(step) for step in steps]).tolist()


@given(**SIZES, kind=st.sampled_from(["shuffle", "constant"]))
def test_every_epoch_is_a_permutation(n, batch, seed, kind):
    order = Order(n, batch, kind, seed)
    for epoch in range(3):
        assert sorted(epoch_of(order, epoch)) == list(range(n))


@given(**SIZES, kind=st.sampled_from(["shuffle", "replacement", "constant"]), steps=st.lists(st.integers(0, 99)))
def test_any_step_can_be_replayed(n, batch, seed, kind, steps):
    order = Order(n, batch, kind, seed)
    for step in steps:
        got = order.indices(step)
        assert torch.equal(got, Order(n, batch, kind, seed).indices(step))
        assert got.dtype == torch.int64
        assert 0 <= got.min() and got.max() < n
        last = step % order.steps_per_epoch == order.steps_per_epoch - 1 and kind != "replacement"
        assert len(got) == (n - batch * (order.steps_per_epoch - 1) if last else batch)
        assert len(got) > 1 or n == 1 or batch == 1, "batch norm cannot train on one example"
        assert order.epoch(step) == step // order.steps_per_epoch


def test_epochs_and_seeds_differ_except_where_the_order_is_constant():
    shuffled = [epoch_of(Order(101, 7, "shuffle", seed), epoch) for seed in (0, 1) for epoch in (0, 1)]
    assert len({tuple(order) for order in shuffled}) == 4
    constant = [epoch_of(Order(101, 7, "constant", 0), epoch) for epoch in (0, 1)]
    assert constant[0] == constant[1] != epoch_of(Order(101, 7, "constant", 1), 0)


def test_seeds_differ_beyond_32_bits():
    assert epoch_of(Order(101, 7, "shuffle", 3), 0) != epoch_of(Order(101, 7, "shuffle", 3 + 2**32), 0)


def test_draws_with_replacement_repeat_and_are_even():
    order = Order(101, 7, "replacement", 0)
    epochs = [epoch_of(order, epoch) for epoch in range(1000)]
    # An epoch is 15 batches of 7, all full: 105 draws leave out a share of (1 - 1/n)^105 = 0.352 of n = 101 on average;
    # the spread of that mean over 1,000 epochs is 0.001.
    distinct = sum(len(set(epoch)) for epoch in epochs) / 1000 / 101
    assert distinct == pytest.approx(1 - (1 - 1 / 101) ** 105, abs=0.005)
    # Every example is drawn 1,040 times on average, with a deviation of 32: six of them make a bound.
    counts = torch.tensor(epochs).flatten().bincount(minlength=101)
    assert (counts - 1040).abs().max() < 190


def test_what_does_not_work():
    with pytest.raises(UserError, match="at least 1"):
        Order(0, 3)
    with pytest.raises(UserError, match="at least 1"):
        Order(3, 0)


@pytest.mark.parametrize("n", [11, 100, 1000, 4097])
def test_a_shuffle_without_a_table(n, monkeypatch):
    """Data too large for a table of their order: every epoch still is a permutation, another one each time."""
    monkeypatch.setattr(order, "TABLE", 10)
    shuffled = Order(n, 7, "shuffle", seed=3)
    epochs = [
        torch.cat([shuffled.indices(e * shuffled.steps_per_epoch + i) for i in range(shuffled.steps_per_epoch)])
        for e in range(3)
    ]
    for examples in epochs:
        assert sorted(examples.tolist()) == list(range(n))
    if n >= 1000:  # neighbours are strangers: a correlation of 5 / sqrt(n) has odds of one in a million
        for one, other in ((epochs[0][1:], epochs[0][:-1]), (epochs[0], torch.arange(n)), (epochs[0], epochs[1])):
            assert abs(torch.corrcoef(torch.stack([one, other]).double())[0, 1]) < 5 / n**0.5
    again = Order(n, 7, "shuffle", seed=3)
    assert torch.equal(again.indices(5), shuffled.indices(5)), "a pure function of seed and step"
    assert not torch.equal(Order(n, 7, "shuffle", seed=4).indices(0), shuffled.indices(0))


def test_draws_without_a_table(monkeypatch):
    monkeypatch.setattr(order, "TABLE", 10)
    drawn = torch.cat([Order(20, 50, "replacement", seed=1).indices(i) for i in range(200)])
    counts = drawn.bincount(minlength=20)
    assert len(counts) == 20 and (counts - 500).abs().max() < 5 * 500**0.5


def test_streams():
    """Row b of a batch is the example after row b of the batch before; what is left over is not seen."""
    streams = Order(20, 3, "streams")
    assert streams.steps_per_epoch == 6
    assert [streams.indices(i).tolist() for i in (0, 1, 5, 6)] == [[0, 6, 12], [1, 7, 13], [5, 11, 17], [0, 6, 12]]
    with pytest.raises(UserError, match="2 windows of text for 3 streams"):
        Order(2, 3, "streams")


LENGTHS = st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=1, max_size=60)


@given(lengths=LENGTHS, batch=st.integers(1, 12), tokens=st.none() | st.integers(1, 40), seed=st.integers(-3, 2**40))
def test_batches_by_length(lengths, batch, tokens, seed):
    """Every epoch has every sentence once, in batches within both limits, and any step can be replayed."""
    table = torch.tensor(lengths)
    by = order.ByLength(table, batch, tokens, seed)
    for epoch in range(2):
        steps = range(epoch * by.steps_per_epoch, (epoch + 1) * by.steps_per_epoch)
        parts = [by.indices(step) for step in steps]
        assert sorted(torch.cat(parts).tolist()) == list(range(len(lengths)))
        for part in parts:
            assert len(part) <= batch
            assert tokens is None or len(part) == 1 or len(part) * int(table[part].max()) <= tokens
        assert torch.equal(order.ByLength(table, batch, tokens, seed).indices(steps[-1]), parts[-1])
        assert by.epoch(steps[-1]) == epoch


def test_like_lengths_go_together():
    """Hardly any place of a batch is padding, and epochs and seeds differ."""
    lengths = torch.randint(3, 40, (2000, 1), generator=torch.Generator().manual_seed(0)).expand(-1, 2)
    by = order.ByLength(lengths, 64, 1000)
    rows = [lengths[by.indices(step)] for step in range(by.steps_per_epoch)]
    assert sum(int(row[:, 1].sum()) for row in rows) > 0.95 * sum(len(row) * int(row.max()) for row in rows)
    first = [by.indices(0).tolist(), by.indices(by.steps_per_epoch).tolist()]
    assert first[0] != first[1] and order.ByLength(lengths, 64, 1000, seed=1).indices(0).tolist() not in first
