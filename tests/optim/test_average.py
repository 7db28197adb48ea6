"""Averages of weights, against the definition and torch.optim.swa_utils."""

import pytest
import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.testing import assert_close

from firsthand.errors import UserError
from firsthand.optim import Average, ExponentialAverage, SpacedAverage


def _network():
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(3, 5), torch.nn.BatchNorm1d(5)).double()


def _path(network, *averages, steps=17):
    """Random steps of weights and buffers; after each, every average is updated. Returns the first weight's path."""
    seen = []
    generator = torch.Generator().manual_seed(1)
    for _ in range(steps):
        with torch.no_grad():
            for p in network.parameters():
                p += torch.randn(p.shape, generator=generator, dtype=p.dtype)
        network(torch.randn(7, 3, generator=generator, dtype=torch.float64))
        for average in averages:
            (average.update if isinstance(average, Average) else average.update_parameters)(network)
        seen.append(network[0].weight.detach().clone())
    return torch.stack(seen)


def _mean(path, weights):
    return torch.einsum("t,tij->ij", torch.tensor(weights, dtype=torch.float64), path) / sum(weights)


def test_average_is_the_mean():
    network = _network()
    average = Average(network)
    path = _path(network, average)
    assert_close(average.module[0].weight, path.mean(0), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("decay", [0.0, 0.5, 0.99])
def test_exponential_average_by_its_definition(decay):
    """Uncorrected, the first weights stand for all that came before; corrected, the k-th last have weight decay^k."""
    network = _network()
    plain, corrected = ExponentialAverage(network, decay), ExponentialAverage(network, decay, corrected=True)
    path = _path(network, plain, corrected, steps=17)
    ages = [decay**age for age in range(16, -1, -1)]
    assert_close(corrected.module[0].weight, _mean(path, ages), rtol=1e-12, atol=1e-12)
    weights = [ages[0], *((1 - decay) * share for share in ages[1:])]
    assert sum(weights) == pytest.approx(1)
    assert_close(plain.module[0].weight, _mean(path, weights), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("kind", ["mean", "exponential"])
def test_equal_to_torch(kind):
    """Weights, buffers and the names of the state. torch keeps the share 1 / n in float32, hence 1e-6 for the mean."""
    network = _network()
    ours = Average(network) if kind == "mean" else ExponentialAverage(network, 0.9)
    theirs = AveragedModel(network, multi_avg_fn=None if kind == "mean" else get_ema_multi_avg_fn(0.9))
    _path(network, ours, theirs)
    tolerance = 1e-6 if kind == "mean" else 1e-12
    assert_close(dict(ours.state_dict()), dict(theirs.state_dict()), rtol=tolerance, atol=tolerance)
    theirs.load_state_dict(ours.state_dict())
    x = torch.randn(7, 3, dtype=torch.float64)
    assert_close(ours.eval()(x), theirs.eval()(x))


@pytest.mark.parametrize("make", [Average, lambda network: ExponentialAverage(network, 0.9, corrected=True)])
def test_state_goes_on_where_it_was(make):
    network = _network()
    straight, first = make(network), make(network)
    _path(network, straight, first)
    second = make(_network())
    second.load_state_dict(first.state_dict())
    _path(network, straight, second)
    assert_close(dict(second.state_dict()), dict(straight.state_dict()), rtol=0, atol=0)


def test_buffers_are_the_network_s_own():
    network = _network()
    average = Average(network)
    _path(network, average)
    assert_close(list(average.module.buffers()), list(network.buffers()), rtol=0, atol=0)
    assert average.module[1].num_batches_tracked == 17


def test_the_network_is_not_touched():
    """The copy shares no memory with the network and wants no gradients; the network trains on."""
    network = _network()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    average = Average(network)
    average.update(network)
    with torch.no_grad():
        average.module[0].weight.zero_()
        average.module[1].running_mean.fill_(7)
    assert_close(dict(network.state_dict()), before, rtol=0, atol=0)
    assert all(p.requires_grad for p in network.parameters())
    assert not any(p.requires_grad for p in average.parameters())


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("make", [Average, lambda network: ExponentialAverage(network, 0.999)])
def test_half_precision_is_averaged_in_float32(make, dtype):
    """From 0, with 1 ever after: in bfloat16 a share of 0.001 soon rounds to nothing, and the mean stops at 0.25."""
    network = torch.nn.BatchNorm1d(1).to(dtype)
    average = make(network)
    for value in (0.0, *[1.0] * 3000):
        with torch.no_grad():
            network.weight.fill_(value), network.running_mean.fill_(value)
        average.update(network)
    expected = 3000 / 3001 if make is Average else 1 - 0.999**3000
    assert average.module.weight.item() == pytest.approx(expected, rel=1e-4)  # 3,000 roundings of 6e-8, at worst
    assert average.module.running_mean.item() == 1 and network.weight.dtype == dtype
    assert average(torch.zeros(2, 1)).dtype == torch.float32


@pytest.mark.parametrize("make", [Average, lambda network: ExponentialAverage(network, 0.9)])
def test_complex_weights_mixed_precisions_and_no_weights(make):
    """Every number is averaged as it would be alone: w, iw, -w, and w, w + 1, w + 2."""
    w = torch.arange(3.0, dtype=torch.float64)
    network = torch.nn.ParameterList(w.clone().to(dtype) for dtype in (torch.complex128, torch.float64, torch.float32))
    average, none = make(network), make(torch.nn.Identity())
    for _ in range(3):
        average.update(network), none.update(torch.nn.Identity())
        with torch.no_grad():
            network[0].mul_(1j), network[1].add_(1), network[2].add_(1)
    first, second, third = [1 / 3] * 3 if make is Average else [0.81, 0.09, 0.1]
    assert_close(average.module[0].detach(), w * (first + second * 1j - third), rtol=1e-12, atol=1e-12)
    assert_close(average.module[1].detach(), w + second + 2 * third, rtol=1e-12, atol=1e-12)
    assert_close(average.module[2].detach(), (w + second + 2 * third).float())
    assert none.n_averaged == 3


@pytest.mark.parametrize("other", [torch.nn.Linear(3, 1), torch.nn.Linear(3, 5, bias=False), torch.nn.Linear(5, 3)])
def test_another_network_is_refused(other):
    """A row for all rows would fit by broadcasting."""
    average = Average(torch.nn.Linear(3, 5))
    with pytest.raises(UserError, match="a network of another size: make a new one"):
        average.update(other)
    assert average.n_averaged == 0


@pytest.mark.parametrize("decay", [-0.1, 1.0, float("nan")])
def test_impossible_decays_are_refused(decay):
    with pytest.raises(UserError, match="decay from 0 up to but not 1"):
        ExponentialAverage(_network(), decay)


@pytest.mark.parametrize(("total", "count", "every"), [(17, 5, 3), (17, 4, 1), (17, 1, 5), (10, 5, 4), (9, 3, 4)])
def test_spaced_average_by_its_definition(total, count, every):
    """The mean of the last moments; of a run too short for all of them, of those there are."""
    network = _network()
    average = SpacedAverage(network, total, count, every)
    path = _path(network, average, steps=total)
    moments = [place for place in range(total - 1, -1, -every)][:count]
    assert_close(average.module[0].weight, path[moments].mean(0), rtol=1e-12, atol=1e-12)


def test_before_its_first_moment_it_is_the_network():
    network = _network()
    average = SpacedAverage(network, 100, 3, 10)
    path = _path(network, average, steps=79)
    assert_close(average.module[0].weight, path[-1], rtol=0, atol=0)
    with pytest.raises(UserError, match="at least 1"):
        SpacedAverage(network, 10, 0)
