"""The answers of the exercises on sequences: equal to what the papers' own folders, and autograd, make of them."""

import pytest
import torch
from scipy import stats
from torch.testing import assert_close

import firsthand
from firsthand import nn
from firsthand.papers.birnn import answers as birnn
from firsthand.papers.birnn import model as birnn_model
from firsthand.papers.gru import answers as gru
from firsthand.papers.lstm import answers as lstm
from firsthand.papers.lstm import model as lstm_model
from firsthand.papers.nplm import answers as nplm
from firsthand.papers.nplm import model as nplm_model
from firsthand.papers.nplm.ngrams import DeletedInterpolation, context_and_word
from firsthand.papers.odyssey import answers as odyssey
from firsthand.papers.odyssey import model as odyssey_model
from firsthand.papers.rnn import answers as rnn
from firsthand.papers.rnn.elman import Elman
from firsthand.papers.rnn.model import Config, RecurrentNetwork
from firsthand.papers.vanishing import answers as vanishing
from firsthand.papers.vanishing import theory
from firsthand.papers.vanishing.claims.cliff import cliff_error
from firsthand.papers.vanishing.jacobians import bound, by_lag
from firsthand.papers.vanishing.latches import Latches, descend
from firsthand.papers.wavenet import answers as wavenet
from firsthand.papers.wavenet import model as wavenet_model
from firsthand.papers.wavenet import mulaw


def normal(*shape):
    """Numbers of float64, the same in every run of a test that sets its seed."""
    return torch.randn(shape, dtype=torch.float64)


def test_the_answers_of_the_rnn_learn_as_the_papers_network():
    """Windows of a text, the state carried and cut, the gradients of autograd clipped by torch, plain descent."""
    torch.manual_seed(0)
    network = RecurrentNetwork(Config(vocab=5, hidden=4)).double()
    network.recurrent.bias_hh_l0.data.zero_()
    parts = network.recurrent, network.output
    names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0"), ("weight", "bias")
    parameters = [getattr(part, name) for part, several in zip(parts, names, strict=True) for name in several]
    tokens = torch.randint(5, (3, 10))
    losses, *found = rnn.learn(tokens, tuple(p.detach().clone() for p in parameters), 4, 0.5, 0.3)
    state, shortened = None, 0
    for number, (now, after) in enumerate(zip(tokens[:, :-1].split(4, 1), tokens[:, 1:].split(4, 1), strict=True)):
        logits, (last,) = network.advance(now, state)
        state = (last.detach(),)
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), after.flatten())
        assert_close(losses[number], loss.detach())
        for p, slope in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
            p.grad = slope
        norm = torch.nn.utils.clip_grad_norm_(parameters, 0.3)
        shortened += bool(norm > 0.3)
        with torch.no_grad():
            for p in parameters:
                p -= 0.5 * p.grad
    assert shortened, "the limit is never reached"
    assert_close(found, [p.detach() for p in parameters], rtol=1e-5, atol=1e-6)  # torch adds 1e-6 to the norm


def test_elmans_network_of_the_rnn_is_the_papers():
    generator = torch.Generator().manual_seed(0)
    stream = torch.randint(2, (20, 1, 3), generator=generator).double()
    theirs = Elman(1, 3, 4, 3, generator)
    theirs.w, theirs.v, theirs.one, theirs.context = (
        value.double() for value in (theirs.w, theirs.v, theirs.one, theirs.context)
    )
    (w,), (v,) = theirs.w.clone(), theirs.v.clone()
    expected, W, U, b, V, d = rnn.elman(stream[:, 0], w[:, :3], w[:, 3:7], w[:, 7], v[:, :4], v[:, 4], 0.4)
    assert_close(theirs.read(stream, 0.4)[:, 0], expected)
    assert_close(theirs.w[0], torch.cat([W, U, b[:, None]], 1))
    assert_close(theirs.v[0], torch.cat([V, d[:, None]], 1))


def test_the_answers_of_vanishing_are_the_papers_theory():
    """What a neuron stores in closed form; how much of a gradient is left at every lag, by autograd."""
    weights = [1.05, 1.25, 1.5, 2.0, 3.0]
    for found, closed in zip(
        vanishing.stored(torch.tensor(weights, dtype=torch.float64)),
        (theory.attractor, theory.multiplier, theory.threshold),
        strict=True,
    ):
        assert_close(found, torch.tensor([closed(w) for w in weights], dtype=torch.float64))
    torch.manual_seed(0)
    u, h, W, error = normal(5, 3), normal(3).requires_grad_(), normal(3, 3), normal(3)
    states = [(h[None],)]
    for now in u:
        states.append((torch.tanh(states[-1][0] @ W.T + now),))
    errors = (states[-1][0] * error).sum(1)
    norms, bounds = vanishing.fading(error, u, h.detach(), W)
    assert_close(norms, by_lag(errors, states)[:, 0])
    assert_close(bounds, error.norm() * bound(W, states)[:, 0].detach())


def test_the_answers_of_vanishing_learn_as_the_papers_latches():
    """The same noise, drawn in the same order; and a step beside the cliff of figure 6."""
    torch.manual_seed(0)
    w, free = torch.tensor(1.25, dtype=torch.float64), 0.1 * normal(2, 3)
    theirs = Latches(w[None].clone(), free.T[:, :, None].clone())
    generator = torch.Generator().manual_seed(3)
    drawn = torch.stack([torch.randn(5, 2, 1, generator=generator) for _ in range(4)])
    descend(theirs, 8, 0.2, 0.1, 4, torch.Generator().manual_seed(3))
    noise = (drawn * 0.2).double()[..., 0].transpose(1, 2)
    _, w, free = vanishing.learn(w, free, noise, 0.1)
    assert_close(theirs.w[0].double(), w, rtol=1e-6, atol=0)  # their targets are float32
    assert_close(theirs.free[:, :, 0].T.double(), free, rtol=1e-5, atol=1e-7)
    place = torch.tensor([4.69, -2.42], dtype=torch.float64, requires_grad=True)
    error = cliff_error(*place)
    (slope,) = torch.autograd.grad(error, place)
    assert slope.norm() > 1
    errors, path = vanishing.descend(place.detach(), 50, 1, 0.1, 1.0)
    assert_close(errors[0], error.detach())
    assert_close(path[0], place.detach() - 0.1 * slope / slope.norm())


def test_the_answers_of_the_birnn_are_the_papers_network():
    """Its 21 weights on numbers; its states and their turning on padded sequences, against torch's own layer."""
    torch.manual_seed(0)
    network = birnn_model.BRNN(birnn_model.Config()).double()
    past, future, output = network.past, network.future, network.output
    weights = [getattr(part, f"{name}_l0").detach() for part in (past, future)
               for name in ("weight_ih", "weight_hh", "bias_ih")]  # fmt: skip
    ends = *output.weight.detach().chunk(2, 1), output.bias.detach()
    assert sum(value.numel() for value in (*weights, *ends)) == 21
    x = normal(3, 6, 1)
    whole = torch.full((3,), 6)
    assert_close(birnn.brnn(x, whole, *weights, *ends), network(x).detach())
    lengths = torch.tensor([6, 4, 1])
    assert torch.equal(birnn.turned(x, lengths), birnn_model.backwards(x, lengths))
    layer = torch.nn.RNN(1, 2, batch_first=True, bidirectional=True).double()
    for suffix, part in (("", weights[:3]), ("_reverse", weights[3:])):
        for name, value in zip(("weight_ih_l0", "weight_hh_l0", "bias_ih_l0"), part, strict=True):
            getattr(layer, name + suffix).data.copy_(value)
        getattr(layer, "bias_hh_l0" + suffix).data.zero_()
    packed = torch.nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True)
    states, _ = layer(packed, torch.full((2, 3, 2), 0.5, dtype=torch.float64))
    theirs, _ = torch.nn.utils.rnn.pad_packed_sequence(states, batch_first=True)
    assert_close(torch.cat(birnn.both(x, lengths, *weights), 2), theirs.detach())


@pytest.mark.parametrize("name", ["V", "NIG", "NFG", "NOG", "NIAF", "NOAF", "CIFG", "NP", "FGR"])
def test_the_answers_of_the_odyssey_are_the_papers_variants(name):
    """A step, and the size, of each; where a block is missing its rows of the answers' matrices do nothing."""
    torch.manual_seed(0)
    layer = odyssey_model.LSTM(3, 4, name).double()
    assert odyssey.size(name, 3, 4) == sum(value.numel() for value in layer.parameters())
    x, y, c, gates = normal(2, 3), normal(2, 4), normal(2, 4), torch.rand(2, 12, dtype=torch.float64)
    W, R, b, p = normal(16, 3), normal(16, 4), normal(16), normal(3, 4)
    rows = [row for k, block in enumerate("ifzo") if block in layer.blocks for row in range(4 * k, 4 * k + 4)]
    for parameter, value in ((layer.W, W), (layer.R, R), (layer.b, b)):
        parameter.data.copy_(value[rows])
    for gate, value in zip("ifo", p, strict=True):
        if getattr(layer, f"p_{gate}") is not None:
            getattr(layer, f"p_{gate}").data.copy_(value)
    if name == "FGR":
        found = odyssey.full_recurrence(x, y, c, gates, W, R, b, p, layer.G.detach())
        theirs = layer.step(x, y, c, *gates.chunk(3, 1))
        assert_close(found[2], torch.cat(theirs[2:], 1).detach())
    else:
        found, theirs = odyssey.variant(name, x, y, c, W, R, b, p), layer.step(x, y, c)
    assert_close(found[:2], tuple(part.detach() for part in theirs[:2]))


def test_the_answers_of_the_odyssey_go_back_as_the_paper_does():
    """By the formulas of section II.B in `bptt.py`; and Welch's test is SciPy's."""
    torch.manual_seed(0)
    layer = odyssey_model.LSTM(3, 4).double()
    for parameter in layer.parameters():
        parameter.data.normal_()
    x, errors = normal(2, 5, 3).requires_grad_(), normal(2, 5, 4)
    total = (layer(x)[0] * errors).sum()
    leaves = x, layer.W, layer.R, layer.b, layer.p_i, layer.p_f, layer.p_o
    dx, dW, dR, db, *dps = torch.autograd.grad(total, leaves)
    p = torch.stack([layer.p_i, layer.p_f, layer.p_o]).detach()
    found = odyssey.through_time(x.detach(), errors, layer.W.detach(), layer.R.detach(), layer.b.detach(), p)
    assert_close(found, (dx, dW, dR, db, torch.stack(dps)))

    def run(name, cells, rate):
        return cells * rate, cells + 1e3 * rate + len(name)

    draws = torch.rand(2, 9, 2, dtype=torch.float64)
    means, t, degrees = odyssey.study(run, ["V", "NFG"], draws, 4)
    samples = [
        [test for _, test in sorted(run(name, round(20 * 10**u), 10 ** (4 * v - 6)) for u, v in row)[:4]]
        for name, row in zip(("V", "NFG"), draws.tolist(), strict=True)
    ]
    welch = stats.ttest_ind(samples[1], samples[0], equal_var=False)
    assert_close([t[1].item(), degrees[1].item(), t[0].item()], [welch.statistic, welch.df, 0.0])
    assert_close(means.tolist(), [sum(sample) / 4 for sample in samples])


def test_the_answers_of_the_nplm_are_the_papers_network():
    """Its logits with the same weights, and one update of a whole text's first word by torch's own rule."""
    torch.manual_seed(0)
    network = nplm_model.NPLM(nplm_model.Config(vocab=7, context=3, embed=2, hidden=4, direct=True)).double()
    for parameter in network.parameters():
        parameter.data.normal_()
    C, b, W, U = network.embedding.weight, network.output.bias, network.W, network.U
    d, H = network.hidden.bias, network.hidden.weight
    words = torch.randint(7, (5, 3))
    y = nplm.logits(nplm.features(C, words), b, W, d, H, U)
    assert_close(y, network(words))
    parameters = tuple(value.detach().clone() for value in (C, b, W, d, H, U))
    text = torch.cat([words[0], torch.tensor([6])])
    chance, *found = nplm.learn(text, 3, parameters, 0.2, 0.1, 0.3)
    matrices, biases = [C, H, network.output.weight], [b, d]
    groups = [{"params": matrices, "weight_decay": 0.3}, {"params": biases}]
    loss = torch.nn.functional.cross_entropy(network(words[:1]), text[-1:])
    rule = torch.optim.SGD(groups, lr=0.2)
    loss.backward()
    rule.step()
    assert_close(chance[0], -loss.detach())
    assert_close(found, [value.detach() for value in (C, b, network.W, d, H, network.U)])


def test_the_answers_of_the_nplm_are_the_papers_trigram():
    """Its terms for every word, its bins, and the weights that it fits on a held-out text."""
    generator = torch.Generator().manual_seed(0)
    text, held_out = (torch.randint(5, (size,), generator=generator) for size in (300, 80))
    text = torch.where(text == 4, 0, text)  # the last word is never seen
    theirs = DeletedInterpolation(text.numpy(), 5)
    contexts, words = (rows.copy() for rows in context_and_word(held_out.numpy(), 2))
    found, bins = nplm.terms(text, torch.from_numpy(contexts), 5)
    assert_close(found[torch.arange(len(words)), :, words], torch.from_numpy(theirs.terms(contexts, words)))
    assert bins.tolist() == theirs.bins(contexts).tolist()
    first = torch.from_numpy(theirs.weights.copy())
    theirs.fit(held_out.numpy(), 3)
    fitted = nplm.fit(found[torch.arange(len(words)), :, words], bins, first, 3)
    assert_close(fitted, torch.from_numpy(theirs.weights))


def test_the_answers_of_wavenet_are_the_papers_network():
    """Its codes; its logits with the same weights and a speaker that says nothing; what its queues go on to write."""
    torch.manual_seed(0)
    x = 2.5 * torch.rand(500, dtype=torch.float64) - 1.25
    assert torch.equal(wavenet.encode(x, 256), mulaw.encode(x))
    assert_close(wavenet.decode(torch.arange(256), 256), mulaw.decode(torch.arange(256)))
    config = wavenet_model.Config(vocab=6, residual=3, gate=4, skip=5, layers=3, blocks=2)
    network = wavenet_model.WaveNet(config).double()
    for parameter in network.parameters():
        parameter.data.normal_()
    layers = list(network.layers)
    p = {"E": network.embedding.weight, "S": normal(6, 8, 2)}
    for letters, name in (("Wb", "dilated"), ("Vv", "skip")):
        for letter, part in zip(letters, ("weight", "bias"), strict=True):
            p[letter] = torch.stack([getattr(getattr(layer, name), part) for layer in layers])
    p["V"] = p["V"].squeeze(3)
    p["U"] = torch.stack([*(layer.residual.weight.squeeze(2) for layer in layers[:-1]), normal(3, 4)])
    p["u"] = torch.stack([*(layer.residual.bias for layer in layers[:-1]), normal(3)])
    for number, part in (("1", network.mix), ("2", network.output)):
        p |= {f"O{number}": part.weight.squeeze(2), f"o{number}": part.bias}
    p = {name: value.detach() for name, value in p.items()}
    silent, tokens = torch.zeros(2, 2, dtype=torch.float64), torch.randint(6, (2, 11))
    assert_close(wavenet.wavenet(tokens, silent, config.dilations, p), network(tokens).detach())
    written, logits = wavenet.write(tokens, 4, silent, config.dilations, p)
    last, state = network.advance(tokens)
    for step in range(4):
        assert_close(logits[:, step], last[:, -1].detach())
        assert torch.equal(written[:, step], last[:, -1].argmax(1))
        last, state = network.advance(written[:, step : step + 1], state)


def test_the_answers_of_the_lstm_are_the_papers_network():
    """Their step is that of lstm_model.py, and their model gives the logits of the paper's with the same weights."""
    torch.manual_seed(0)
    theirs = lstm_model.LanguageModel().double()
    ours = lstm.LanguageModel().double()
    names = {"lstm.weight_ih_l0": "weight_ih", "lstm.weight_hh_l0": "weight_hh", "lstm.bias_ih_l0": "bias_ih",
             "lstm.bias_hh_l0": "bias_hh", "output.weight": "weight", "output.bias": "bias"}  # fmt: skip
    ours.load_state_dict({names[name]: value for name, value in theirs.state_dict().items()})
    tokens = torch.randint(28, (3, 7))
    assert_close(ours.advance(tokens)[0], theirs(tokens))
    x, h, c, W, U, b = (
        torch.randn(size, dtype=torch.float64) for size in ((2, 3), (2, 4), (2, 4), (12, 3), (12, 4), 12)
    )
    parts = [tuple(value.chunk(3)) for value in (W, U, b)]
    assert_close(lstm.step_1997(x, h, c, W, U, b), lstm_model.step_1997(x, h, c, *parts))


def test_the_answers_of_the_gru_are_the_papers_steps():
    """As published, and as torch has it."""
    sizes = ((2, 3), (2, 4), (12, 3), (12, 4), 12, 12)
    x, h, W, U, b, c = (torch.randn(size, dtype=torch.float64) for size in sizes)
    assert_close(gru.step(x, h, W, U), firsthand.get("gru").module("model").step(x, h, W.chunk(3), U.chunk(3)))
    lengths, text = torch.tensor([3, 1]), torch.randn(2, 3, 3, dtype=torch.float64)
    states, last = nn.gru(text, h, W, U, b, c, lengths=lengths)
    ours, end = gru.layer(text, h, W, U, b, c, lengths)
    assert_close(end, last)
    assert_close(ours[0], states[0])  # those past the end of a text differ by convention
