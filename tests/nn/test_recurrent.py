"""Recurrent layers against torch.nn, against loops written out here, and what padding, definitions and tools ask."""

import subprocess
import sys
from contextlib import nullcontext
from copy import deepcopy

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence
from torch.testing import assert_close

from firsthand.errors import UserError
from firsthand.nn import GRU, LSTM, RNN, definitions, gru, lstm, lstm_1997, lstm_peephole, rnn

KINDS = {
    "rnn": (RNN, torch.nn.RNN, {}),
    "rnn, relu": (RNN, torch.nn.RNN, {"nonlinearity": "relu"}),
    "lstm": (LSTM, torch.nn.LSTM, {}),
    "gru": (GRU, torch.nn.GRU, {}),
}
VERSIONS = {"fast": nullcontext, "definition": definitions}
OURS = {
    "rnn": lambda *size, **options: RNN(*size, **options),
    "lstm": lambda *size, **options: LSTM(*size, **options),
    "lstm 1997": lambda *size, **options: LSTM(*size, form="1997", **options),
    "lstm peephole": lambda *size, **options: LSTM(*size, form="peephole", **options),
    "gru": lambda *size, **options: GRU(*size, **options),
    "gru before": lambda *size, **options: GRU(*size, reset="before", **options),
}


@pytest.fixture(autouse=True)
def seed():
    """The same weights whatever ran before: a rectifier's units can all be dead."""
    torch.manual_seed(0)


def twins(kind, *size, dtype=torch.float64, **options):
    """Our layer and torch's with the same weights."""
    ours, theirs, more = KINDS[kind]
    theirs = theirs(*size, batch_first=True, **options, **more).to(dtype)
    ours = ours(*size, **options, **more).to(dtype)
    ours.load_state_dict(theirs.state_dict())
    return ours, theirs


def flat(result):
    """(y, h) or (y, (h, c)) as one list."""
    y, last = result
    return [y, *(last if isinstance(last, tuple) else (last,))]


def called(layer, x, state, lengths=None):
    """Outputs and last states, of torch by way of its packed sequences."""
    state = tuple(state) if len(state) > 1 else state[0]
    if isinstance(layer, RNN | LSTM | GRU):
        return flat(layer(x, state, lengths))
    if lengths is None:
        return flat(layer(x, state))
    y, last = layer(pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False), state)
    return flat((pad_packed_sequence(y, batch_first=True, total_length=x.shape[1])[0], last))


def everything(layer, x, state, lengths=None):
    """Outputs, last states and all gradients, of a sum of all outputs under fixed random weights."""
    x, *state = (t.detach().clone().requires_grad_() for t in (x, *state))
    outputs = called(layer, x, state, lengths)
    generator = torch.Generator().manual_seed(2)
    ways = [torch.randn(y.shape, generator=generator, dtype=torch.float64).to(y) for y in outputs]
    total = sum((y * way).sum() for y, way in zip(outputs, ways, strict=True))
    return [y.detach() for y in outputs] + list(torch.autograd.grad(total, [x, *state, *layer.parameters()]))


def inputs(kind, batch, time, width, hidden, runs=1, dtype=torch.float64):
    x = torch.randn(batch, time, width, dtype=torch.float64).to(dtype)
    count = 2 if "lstm" in kind else 1
    return x, [torch.randn(runs, batch, hidden, dtype=torch.float64).to(dtype) for _ in range(count)]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("lengths", [None, [3, 7, 1, 5, 5], [2, 1, 3, 1, 2]])
@pytest.mark.parametrize("kind", KINDS)
def test_equal_to_torch(kind, lengths, bidirectional, version):
    """Two layers; 1e-10 is rounding of float64 in another order. In the last case no row is as long as the batch."""
    ours, theirs = twins(kind, 3, 2, 2, bidirectional=bidirectional)
    x, state = inputs(kind, 5, 7, 3, 2, runs=4 if bidirectional else 2)
    lengths = None if lengths is None else torch.tensor(lengths)
    truth = everything(theirs, x, state, lengths)
    with VERSIONS[version]():
        assert_close(everything(ours, x, state, lengths), truth, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("lengths", [None, [3, 7, 1, 5, 5], [2, 1, 3, 1, 2]])
@pytest.mark.parametrize("rows", [5, 15])
@pytest.mark.parametrize("kind", KINDS)
def test_blocks_of_steps_do_not_matter(kind, rows, lengths, monkeypatch):
    """One step or three of them at a time, where at these sizes all seven would be taken at once."""
    monkeypatch.setattr("firsthand.nn.fast.sequence.BLOCK", 1)
    monkeypatch.setattr("firsthand.nn.fast.sequence.ROWS", rows)
    lengths = None if lengths is None else torch.tensor(lengths)
    ours, theirs = twins(kind, 3, 2, bidirectional=True)
    x, state = inputs(kind, 5, 7, 3, 2, runs=2)
    assert_close(everything(ours, x, state, lengths), everything(theirs, x, state, lengths), rtol=1e-10, atol=1e-12)
    for form in ("1997", "peephole") if kind == "lstm" else ():
        ours = LSTM(3, 2, bidirectional=True, form=form).double()
        found = everything(ours, x, state, lengths)
        with definitions():
            assert_close(found, everything(ours, x, state, lengths), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("options", [{}, {"num_layers": 2, "bidirectional": True}, {"bias": False}])
def test_same_seed_same_start_and_the_same_names(kind, options):
    """torch's bounds come from another formula, so the last bit may differ."""
    ours, theirs, more = KINDS[kind]
    torch.manual_seed(3)
    ours = ours(5, 7, **options, **more)
    torch.manual_seed(3)
    theirs = theirs(5, 7, batch_first=True, **options, **more)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert_close(dict(ours.state_dict()), dict(theirs.state_dict()), rtol=1e-6, atol=0)
    theirs.load_state_dict(ours.state_dict())
    x = torch.randn(2, 3, 5)
    assert_close(flat(ours(x)), flat(theirs(x)))


@settings(max_examples=25, deadline=None)
@given(
    kind=st.sampled_from(sorted(KINDS)),
    batch=st.integers(0, 4),
    time=st.integers(1, 6),
    width=st.integers(1, 4),
    hidden=st.integers(1, 4),
    bias=st.booleans(),
    bidirectional=st.booleans(),
    version=st.sampled_from(sorted(VERSIONS)),
)
def test_equal_to_torch_for_any_size(kind, batch, time, width, hidden, bias, bidirectional, version):
    """Also an empty batch, which torch lets pass, and a single step."""
    ours, theirs = twins(kind, width, hidden, bias=bias, bidirectional=bidirectional)
    x, state = inputs(kind, batch, time, width, hidden, runs=2 if bidirectional else 1)
    with VERSIONS[version]():
        found = everything(ours, x, state)
    assert_close(found, everything(theirs, x, state), rtol=1e-10, atol=1e-12)


def distance(found, truth):
    return max(((a.double() - b).norm() / b.norm()).item() for a, b in zip(found, truth, strict=True))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("kind", KINDS)
def test_lower_precision_is_as_near_as_torch(kind, dtype):
    """Of outputs and gradients in float64, the same layer in lower precision may miss four times what torch misses,
    and need not be nearer than 32 units in the last place."""
    ours, theirs = twins(kind, 5, 7, dtype=dtype)
    x, state = inputs(kind, 6, 19, 5, 7, dtype=dtype)
    theirs_found = everything(theirs, x, state)
    truth = everything(deepcopy(theirs).double(), x.double(), [s.double() for s in state])
    allowed = max(4 * distance(theirs_found, truth), 32 * torch.finfo(dtype).eps)
    for version in VERSIONS.values():
        with version():
            assert distance(everything(ours, x, state), truth) < allowed


@pytest.mark.parametrize("kind", KINDS)
def test_dropout_between_layers_draws_as_torch(kind):
    ours, theirs = twins(kind, 3, 5, 3, dropout=0.4)
    x, state = inputs(kind, 4, 7, 3, 5, runs=3)
    results = []
    for layer in (theirs, ours):
        torch.manual_seed(5)
        results.append(everything(layer, x, state))
    assert_close(results[1], results[0], rtol=1e-10, atol=1e-12)
    assert_close(everything(ours.eval(), x, state), everything(theirs.eval(), x, state), rtol=1e-10, atol=1e-12)
    assert not torch.equal(ours(x)[0], ours.train()(x)[0])


def sigmoid(v):
    return 1 / (1 + np.exp(-v))


def written_out(form, x, h, c, weights, lengths, reverse):
    """LSTMs without torch, row by row, with the formulas as the papers print them."""
    w_ih, w_hh, b_ih, b_hh, *peepholes = weights
    hidden = h.shape[1]
    y = np.zeros((*x.shape[:2], hidden))
    last_h, last_c = h.copy(), c.copy()
    for row, length in enumerate(lengths):
        h_row, c_row = h[row], c[row]
        for t in range(length - 1, -1, -1) if reverse else range(length):
            a = w_ih @ x[row, t] + b_ih + w_hh @ h_row + b_hh
            if form == "1997":
                net_in, net_c, net_out = a[:hidden], a[hidden : 2 * hidden], a[2 * hidden :]
                c_row = c_row + sigmoid(net_in) * (4 * sigmoid(net_c) - 2)  # g of equation 5
                h_row = sigmoid(net_out) * (2 * sigmoid(c_row) - 1)  # h of equation 4
            else:
                p_i, p_f, p_o = peepholes
                i = sigmoid(a[:hidden] + p_i * c_row)
                f = sigmoid(a[hidden : 2 * hidden] + p_f * c_row)
                c_row = i * np.tanh(a[2 * hidden : 3 * hidden]) + f * c_row
                h_row = sigmoid(a[3 * hidden :] + p_o * c_row) * np.tanh(c_row)
            y[row, t] = h_row
        last_h[row], last_c[row] = h_row, c_row
    return y, last_h, last_c


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("form", ["1997", "peephole"])
def test_lstms_that_torch_lacks_equal_a_loop_written_out(form, reverse, version):
    """The gradients of these are checked against finite differences with all other pairs."""
    layer = LSTM(3, 2, form=form).double()
    x, (h, c) = inputs("lstm", 4, 6, 3, 2)
    lengths = torch.tensor([2, 6, 1, 5])
    function = lstm_1997 if form == "1997" else lstm_peephole
    weights = [parameter.detach() for parameter in layer.parameters()]
    arrays = [weight.numpy() for weight in weights]
    truth = written_out(form, x.numpy(), h[0].numpy(), c[0].numpy(), arrays, lengths.tolist(), reverse)
    with VERSIONS[version]():
        found = function(x, h[0], c[0], *weights, lengths=lengths, reverse=reverse)
    assert_close(list(found), [torch.from_numpy(part) for part in truth], rtol=1e-10, atol=1e-12)


def golden(kinds, hidden=2):
    """Published test weights: net k has W[i, j] = ((3i + 5j + k) mod 7 - 3) / 4, and so on."""
    i, j = torch.meshgrid(torch.arange(hidden), torch.arange(hidden), indexing="ij")
    w = torch.cat([((3 * i + 5 * j + k) % 7 - 3) / 4 for k in kinds])
    u = torch.cat([((2 * i + 3 * j + 2 * k) % 5 - 2) / 4 for k in kinds])
    b = torch.cat([((torch.arange(hidden) + k) % 3 - 1) / 4 for k in kinds])
    return [t.double() for t in (w, u, b)]


X = torch.tensor([[[1.0, 0.0], [0.0, 1.0], [1.0, -1.0]]], dtype=torch.float64)
ZERO = torch.zeros(1, 2, dtype=torch.float64)


@pytest.mark.parametrize("version", VERSIONS)
def test_three_steps_by_hand(version):
    """Values computed once with nothing but the formulas; eight digits were kept."""
    with VERSIONS[version]():
        y, _ = rnn(X, ZERO, *golden([0]))
        assert_close(y[0, -1].tolist(), [-0.95579263, 0.62371255], rtol=0, atol=1e-8)
        y, h = rnn(X, ZERO, *golden([1]), reverse=True)
        assert_close(y[0, -1].tolist(), [-0.84828364, 0.63514895], rtol=0, atol=1e-8)
        assert_close(h[0].tolist(), [-0.29112319, 0.60669411], rtol=0, atol=1e-8)
        weights = golden([0, 1, 2])
        inner = torch.tensor([0, 0, 0, 0, 0.5, -0.5], dtype=torch.float64)
        for bias, reset, truth in (
            (None, "before", [0.44814104, 0.03300823]),
            (None, "after", [0.44814104, 0.03835175]),
            (inner, "after", [0.51765508, -0.18339708]),
        ):
            assert_close(gru(X, ZERO, *weights, bias, reset)[1][0].tolist(), truth, rtol=0, atol=1e-8)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_cell_with_closed_gates_keeps_its_content(version):
    """With i = 0 and f = 1 the cell is a constant error carousel: content and gradient pass 1,000 steps unchanged."""
    bias = torch.tensor([-1e3, 1e3, 0.0, 0.0], dtype=torch.float64)
    c = torch.tensor([[0.7]], dtype=torch.float64, requires_grad=True)
    zero = torch.zeros(1, 1, dtype=torch.float64)
    x, weight = torch.randn(1, 1000, 1, dtype=torch.float64), torch.ones(4, 1, dtype=torch.float64)
    _, _, last = (lstm if version == "fast" else lstm.__wrapped__)(x, zero, c, weight, weight, bias)
    assert_close(last, c, rtol=1e-12, atol=0)
    assert_close(torch.autograd.grad(last.sum(), c)[0], torch.ones_like(c), rtol=1e-12, atol=0)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("kind", OURS)
def test_padding_does_not_matter(kind, version):
    """Not even NaN: a row in a padded batch is what it is alone, forwards and backwards."""
    layer = OURS[kind](3, 5, num_layers=2, bidirectional=True).double()
    x = torch.randn(3, 7, 3, dtype=torch.float64)
    lengths = torch.tensor([4, 7, 2])
    for row, length in enumerate(lengths):
        x[row, length:] = torch.nan
    x.requires_grad_()
    with VERSIONS[version]():
        y, last = layer(x, lengths=lengths)
        last = last if isinstance(last, tuple) else (last,)
        for row, length in enumerate(lengths):
            alone = flat(layer(x[row : row + 1, :length].detach()))
            assert_close(y[row, :length], alone[0][0], rtol=1e-10, atol=1e-12)
            assert (y[row, length:] == 0).all()
            assert_close([s[:, row] for s in last], [s[:, 0] for s in alone[1:]], rtol=1e-10, atol=1e-12)
        gradients = torch.autograd.grad(y.square().sum() + sum(s.sum() for s in last), [x, *layer.parameters()])
    assert all(gradient.isfinite().all() for gradient in gradients)
    for row, length in enumerate(lengths):
        assert (gradients[0][row, length:] == 0).all()
        assert (gradients[0][row, :length] != 0).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_extreme_values_are_as_in_torch(kind, dtype):
    """1e4 saturates every curve, and the rectifier grows to 1e12 or so; 1e-5 is float32's rounding."""
    ours, theirs = twins(kind, 3, 5, dtype=dtype)
    x, state = inputs(kind, 4, 3, 3, 5, dtype=dtype)
    found, truth = everything(ours, 1e4 * x, state), everything(theirs, 1e4 * x, state)
    assert all(part.isfinite().all() for part in truth)
    for a, b in zip(found, truth, strict=True):
        assert_close(a, b, rtol=1e-5, atol=1e-5 * max(1.0, b.abs().max().item()))


@pytest.mark.parametrize("kind", KINDS)
def test_views_as_inputs(kind):
    """Every second step of every second feature, and one state for all rows."""
    ours, theirs = twins(kind, 3, 5)
    x, state = inputs(kind, 4, 14, 6, 5)
    x, state = x[:, ::2, ::2], [s[:, :1].expand(1, 4, 5) for s in state]
    assert_close(called(ours, x, state), called(theirs, x, state), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("kind", OURS)
def test_without_gradients_the_outputs_are_the_same(kind):
    layer, x = OURS[kind](3, 5, bidirectional=True), torch.randn(4, 7, 3)
    truth = flat(layer(x))
    with torch.no_grad():
        assert all(torch.equal(a, b) for a, b in zip(flat(layer(x)), truth, strict=True))
    with torch.inference_mode():
        assert all(torch.equal(a, b) for a, b in zip(flat(layer(x)), truth, strict=True))


@pytest.mark.parametrize("kind", OURS)
def test_the_backward_pass_can_run_twice(kind):
    """What the forward pass kept is as it was, and the two biases have gradients of their own."""
    layer, x = OURS[kind](3, 5), torch.randn(4, 7, 3)
    loss = layer(x)[0].square().sum()
    first = torch.autograd.grad(loss, list(layer.parameters()), retain_graph=True)
    again = torch.autograd.grad(loss, list(layer.parameters()))
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    layer(x)[0].square().sum().backward()
    layer.bias_ih_l0.grad.zero_()
    assert layer.bias_hh_l0.grad.abs().sum() > 0


@pytest.mark.parametrize("kind", OURS)
def test_only_the_last_state_or_only_the_outputs_may_be_used(kind):
    layer, x = OURS[kind](3, 5).double(), torch.randn(4, 7, 3, dtype=torch.float64)
    y, h, *_ = flat(layer(x))
    from_outputs = torch.autograd.grad(y[:, -1].sum(), list(layer.parameters()), retain_graph=True)
    from_state = torch.autograd.grad(h.sum(), list(layer.parameters()))
    assert_close(from_state, from_outputs, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("version", VERSIONS)
def test_autocast(kind, version):
    """Results have torch's precision and are within a few per cent of float32's; gradients are float32."""
    ours, theirs = twins(kind, 5, 7, dtype=torch.float32)
    x, state = torch.randn(4, 6, 5), [torch.zeros(1, 4, 7)] * (2 if kind == "lstm" else 1)
    truth = called(ours, x, state)
    with torch.autocast("cpu", torch.bfloat16), VERSIONS[version]():
        found = flat(ours(x))
        try:
            reference = flat(theirs(x))
        except RuntimeError:  # oneDNN's bfloat16 needs instructions that some processors do not have
            with definitions():
                reference = flat(ours(x))
        found[0].float().square().sum().backward()
    assert [part.dtype for part in found] == [part.dtype for part in reference]
    assert all(parameter.grad.dtype == torch.float32 for parameter in ours.parameters())
    for a, b in zip(found, truth, strict=True):
        assert (a.float() - b).norm() < 0.03 * b.norm()


@pytest.mark.parametrize("kind", OURS)
def test_transforms_of_torch_func(kind):
    """vmap over models' inputs, gradients of every example, and a Hessian are what loops and autograd say."""
    layer = OURS[kind](3, 2).double()
    x = torch.randn(5, 4, 6, 3, dtype=torch.float64)
    with torch.no_grad():
        assert_close(torch.vmap(lambda x: layer(x)[0])(x), torch.stack([layer(part)[0] for part in x]))
    weights = {name: weight.detach() for name, weight in layer.named_parameters()}

    def loss(weights, x):
        return torch.func.functional_call(layer, weights, (x,))[0].square().sum()

    each = torch.vmap(torch.func.grad(loss), (None, 0))(weights, x)
    for number, part in enumerate(x):
        alone = torch.autograd.grad(layer(part)[0].square().sum(), list(layer.parameters()))
        assert_close([gradient[number] for gradient in each.values()], list(alone), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("kind", OURS)
def test_a_copy_is_independent(kind):
    layer, x = OURS[kind](3, 5, num_layers=2, dropout=0.1).eval(), torch.randn(4, 7, 3)
    copy = deepcopy(layer)
    truth = flat(layer(x))
    assert all(torch.equal(a, b) for a, b in zip(flat(copy(x)), truth, strict=True))
    with torch.no_grad():
        copy.weight_ih_l0.zero_()
    assert torch.equal(layer(x)[0], truth[0])
    assert not torch.equal(copy(x)[0], truth[0])


COMPILE = """
import torch
from firsthand import nn
for layer in (nn.RNN(3, 2), nn.LSTM(3, 2, bidirectional=True), nn.LSTM(3, 2, form="1997"), nn.GRU(3, 2)):
    layer, x = layer.double(), torch.randn(4, 3, 3, dtype=torch.float64)
    results = []
    for call in (layer, torch.compile(layer, backend="aot_eager", fullgraph=True)):
        y = call(x)[0]
        results.append([y, *torch.autograd.grad(y.square().sum(), list(layer.parameters()))])
    torch.testing.assert_close(results[1], results[0], rtol=1e-10, atol=1e-12)
print("equal")
"""


@pytest.mark.slow
def test_compiled():
    """Values and gradients of the traced layers, in one graph, where no shapes are checked: torch cannot trace that.

    The backend runs the traced operations as they are.
    """
    done = subprocess.run([sys.executable, "-c", COMPILE], capture_output=True, text=True, encoding="utf-8")
    assert done.stdout == "equal\n", done.stderr


def test_errors_are_one_sentence():
    x, h = torch.zeros(4, 7, 3), torch.zeros(1, 4, 5)
    with pytest.raises(UserError, match=r"input of LSTM has shape \(4, 7, 2\), expected \(batch, time, 3\)"):
        LSTM(3, 5)(torch.zeros(4, 7, 2))
    with pytest.raises(UserError, match=r"one step or more, got an input of shape \(4, 0, 3\)"):
        RNN(3, 5)(torch.zeros(4, 0, 3))
    with pytest.raises(UserError, match=r"state h of RNN has shape \(1, 1, 5\), expected \(1, 4, 5\)"):
        RNN(3, 5)(x, torch.zeros(1, 1, 5))
    with pytest.raises(UserError, match=r"state c of LSTM has shape \(2, 4, 5\), expected \(1, 4, 5\)"):
        LSTM(3, 5)(x, (h, torch.zeros(2, 4, 5)))
    for wrong in ([0, 1, 2, 3], [1, 2, 3, 8]):
        with pytest.raises(UserError, match=r"lengths of GRU go from . to ., expected 1 to 7"):
            GRU(3, 5)(x, lengths=torch.tensor(wrong))
    with pytest.raises(UserError, match=r"lengths of RNN has shape \(3,\), expected \(4,\), one for each row"):
        RNN(3, 5)(x, lengths=torch.tensor([1, 2, 3]))
    weights = [parameter.detach() for parameter in LSTM(3, 5).parameters()]
    with pytest.raises(UserError, match=r"input of lstm has shape \(7, 3\), expected \(batch, time, 3\)"):
        lstm(x[0], h[0], h[0], *weights)
    with pytest.raises(UserError, match=r"state h of lstm has shape \(1, 5\), expected \(4, 5\)"):
        lstm(x, h[0, :1], h[0], *weights)
    with pytest.raises(UserError, match=r"weight_ih of lstm_1997 has shape \(20, 3\), expected \(15, 3\)"):
        lstm_1997(x, h[0], h[0], *weights)
    with pytest.raises(UserError, match=r"bias_hh of lstm has shape \(1,\), expected \(20,\)"):
        lstm(x, h[0], h[0], *weights[:3], weights[3][:1])
    with pytest.raises(UserError, match=r"weight_co of lstm_peephole has shape \(1,\), expected \(5,\)"):
        lstm_peephole(x, h[0], h[0], *weights, torch.zeros(5), torch.zeros(5), torch.zeros(1))


@pytest.mark.parametrize("version", VERSIONS)
def test_unknown_forms(version):
    x, h = torch.zeros(4, 7, 3), torch.zeros(4, 5)
    with VERSIONS[version]():
        with pytest.raises(UserError, match="acts 'after' or 'before' the product, got 'never'"):
            gru(x, h, torch.zeros(15, 3), torch.zeros(15, 5), reset="never")
        with pytest.raises(UserError, match="nonlinearity of an RNN is 'tanh' or 'relu', got 'gelu'"):
            rnn(x, h, torch.zeros(5, 3), torch.zeros(5, 5), nonlinearity="gelu")


def test_options_that_do_not_go_together():
    with pytest.raises(UserError, match="GRU drops out between layers, and has only one"):
        GRU(3, 5, dropout=0.5)
    with pytest.raises(UserError, match=r"dropout probability is 1\.5"):
        GRU(3, 5, 2, dropout=1.5)
    with pytest.raises(UserError, match="forms 'vanilla', '1997' and 'peephole', got '2000'"):
        LSTM(3, 5, form="2000")
    with pytest.raises(UserError, match="acts 'after' or 'before' the product, got 'both'"):
        GRU(3, 5, reset="both")
    with pytest.raises(UserError, match="nonlinearity of an RNN is 'tanh' or 'relu', got 'sin'"):
        RNN(3, 5, nonlinearity="sin")
    with pytest.raises(UserError, match="hidden_size of RNN is 0, expected a whole number of 1 or more"):
        RNN(3, 0)


def test_what_a_layer_says_of_itself():
    assert repr(LSTM(3, 5)) == "LSTM(3, 5)"
    assert repr(LSTM(3, 5, 2, dropout=0.5, form="1997")) == "LSTM(3, 5, num_layers=2, dropout=0.5, form=1997)"
    assert repr(GRU(3, 5, bidirectional=True, reset="before")) == "GRU(3, 5, bidirectional=True, reset=before)"
    assert repr(RNN(3, 5, nonlinearity="relu", bias=False)) == "RNN(3, 5, bias=False, nonlinearity=relu)"
