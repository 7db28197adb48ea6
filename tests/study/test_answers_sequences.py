"""The answers of the exercises on sequences: equal to what the papers' own folders, and autograd, make of them."""

import torch
from torch.testing import assert_close

from firsthand.papers.rnn import answers as rnn
from firsthand.papers.rnn.elman import Elman
from firsthand.papers.rnn.model import Config, RecurrentNetwork


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
