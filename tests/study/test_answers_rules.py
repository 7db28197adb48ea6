"""The answers of exercises are the project's own rules and networks, with the same numbers."""

from functools import partial

import torch
from torch.testing import assert_close

from firsthand import optim
from firsthand.papers.rmsprop import answers as rmsprop


def walked(made, first, slopes):
    """Where a rule of ours leads from these weights, one gradient after the other."""
    p = first.clone().requires_grad_()
    rule = made([p])
    for slope in slopes:
        p.grad = slope.clone()
        rule.step()
    return p.detach()


def numbers(*shapes):
    """Normal numbers of these shapes, the same in every run."""
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes]


def test_the_answers_of_rmsprop_are_the_rule():
    """Plain, centred and with momentum; Graves's form, whose eps is elsewhere, without eps."""
    w, slopes = numbers((3,), (20, 3))
    options = {"lr": 0.1, "alpha": 0.9, "eps": 1e-3}
    assert_close(rmsprop.rmsprop(w, slopes, **options)[-1], walked(partial(optim.RMSprop, **options), w, slopes))
    for more in ({"momentum": 0.8}, {"centered": True}, {"momentum": 0.8, "centered": True}):
        ours = walked(partial(rmsprop.RMSprop, **options, **more), w, slopes)
        assert_close(ours, walked(partial(optim.RMSprop, **options, **more), w, slopes))
    bare = options | {"eps": 0.0, "momentum": 0.8}
    theirs = walked(partial(optim.RMSprop, **bare, centered=True), w, slopes)
    assert_close(rmsprop.graves(w, slopes, **bare)[-1], theirs)


def test_the_answer_for_rprop_is_torchs_where_no_sign_turns():
    """torch's takes no step where a sign turns, which the lecture does not say."""
    w, slopes = numbers((3,), (20, 3))
    theirs = walked(partial(torch.optim.Rprop, lr=0.1), w, slopes.abs())
    assert_close(rmsprop.rprop(w, slopes.abs(), 0.1)[-1], theirs)
