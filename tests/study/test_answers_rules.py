"""The answers of exercises are the project's own rules and networks, with the same numbers."""

from functools import partial
from itertools import pairwise

import torch
from torch.testing import assert_close

import firsthand
from firsthand import optim
from firsthand.data import text
from firsthand.nn import init
from firsthand.papers.adadelta import answers as adadelta
from firsthand.papers.adagrad import answers as adagrad
from firsthand.papers.adam import answers as adam
from firsthand.papers.backprop import answers as backprop
from firsthand.papers.backprop import recipe, rule, tape
from firsthand.papers.mlp import answers as mlp
from firsthand.papers.momentum import answers as momentum
from firsthand.papers.momentum import constants, schedule
from firsthand.papers.regularization import answers as regularization
from firsthand.papers.regularization import criteria, signals
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


def test_the_answers_of_momentum_are_the_rule_and_the_papers_schedule():
    """torch's form keeps the points ahead, theta + mu v."""
    theta, b, root, slopes = numbers((3,), (3,), (3, 3), (20, 3))
    A = 0.3 * root @ root.T
    for nesterov in (False, True):
        ours = walked(partial(momentum.SGD, lr=0.1, momentum=0.8, nesterov=nesterov), theta, slopes)
        assert_close(ours, walked(partial(optim.SGD, lr=0.1, momentum=0.8, nesterov=nesterov), theta, slopes))
        p = theta.clone().requires_grad_()
        rule, path = optim.SGD([p], lr=0.1, momentum=0.8, nesterov=nesterov), []
        for _ in range(9):
            p.grad = A @ p.detach() - b
            rule.step()
            path.append(p.detach() + (0.08 * rule.state[p]["momentum_buffer"] if nesterov else 0))
        assert_close((momentum.nesterov if nesterov else momentum.heavy_ball)(theta, A, b, 0.1, 0.8, 9)[-1], path[-1])
    options, rate = constants.tuned("heavy-ball", 37.0)
    assert_close(momentum.constants(1.0, 37.0), (options["lr"], options["momentum"], rate))
    times = torch.arange(3000, dtype=torch.float64)
    expected = [schedule.momentum(t, 0.95, settle=2600) for t in range(3000)]
    assert_close(momentum.schedule(times, 0.95, 250, 2600), torch.tensor(expected, dtype=torch.float64))


def test_the_answer_for_the_autoencoder_is_the_papers_network():
    """The error and the outputs of the network of model.py with the same weights."""
    model = firsthand.get("momentum").module("model")
    torch.manual_seed(0)
    network = model.Autoencoder(model.Config(hidden=(6, 3), shrink=14)).double()
    images = torch.rand(4, 1, 28, 28, dtype=torch.float64)
    seen = network.seen(images)
    weights, biases = ([getattr(layer, name).detach() for layer in network.layers] for name in ("weight", "bias"))
    errors, outputs = momentum.learn(seen.flatten(1), weights, biases, 0.0, 0.9, 250, 9, 1)
    assert_close(outputs, network(images).flatten(1).detach())
    assert_close(errors[0], (network(images) - seen).square().sum((1, 2, 3)).mean().detach())


def test_the_answers_of_adadelta_are_the_rule():
    """Its rates times the gradients are its steps; the first idea alone is RMSprop, whose eps is elsewhere."""
    x, slopes = numbers((3,), (20, 3))
    options = {"rho": 0.9, "eps": 1e-3}
    theirs = walked(partial(optim.Adadelta, **options), x, slopes)
    assert_close(adadelta.adadelta(x, slopes, **options)[-1], theirs)
    assert_close(x - (adadelta.rates(slopes, **options) * slopes).sum(0), theirs)
    halved = walked(partial(optim.Adadelta, lr=0.5, **options), x, slopes)
    assert_close(walked(partial(adadelta.Adadelta, lr=0.5, **options), x, slopes), halved)
    theirs = walked(partial(optim.RMSprop, lr=0.1, alpha=0.9, eps=0.0), x, slopes)
    assert_close(adadelta.window(x, slopes, 0.1, 0.9, 0.0)[-1], theirs)


def test_the_answer_for_the_classifier_is_the_papers_network():
    """The logits of model.py with the same weights, and the loss of torch, before a step whose rate is 0."""
    model = firsthand.get("adadelta").module("model")
    torch.manual_seed(0)
    network = model.DigitNetwork(model.Config(hidden=(6, 5), activation="tanh")).double()
    images, labels = torch.rand(4, 1, 28, 28, dtype=torch.float64), torch.randint(10, (4,))
    weights, biases = ([getattr(layer, name).detach() for layer in network.layers] for name in ("weight", "bias"))
    losses, logits = adadelta.learn(images.flatten(1), labels, weights, biases, 0.9, 1e-30, 4, 1)
    assert_close(logits, network(images).detach())
    assert_close(losses[0], torch.nn.functional.cross_entropy(network(images), labels).detach())


def test_the_answers_of_regularization_are_the_papers_signals_and_criteria():
    """What theory expects in each layer, the criteria on random curves, and the L2 penalty of SGD."""
    sizes, (wander, train, theta, slopes) = [4, 6, 3, 5], numbers((40, 31), (40, 31), (3,), (12, 3))
    variances = [signals.weight_variance("he", *pair) for pair in pairwise(sizes)]
    for share, activation in ((1.0, "linear"), (0.5, "relu")):
        signal, gradient = regularization.signals(sizes, torch.tensor(variances, dtype=torch.float64), share)
        ahead, back = signals.expected(activation, sizes, variances)
        for_z = [g * n * v for g, n, v in zip(back, sizes[1:], variances, strict=True)]  # theirs are those for s
        assert_close(signal.tolist(), ahead, rtol=1e-9, atol=0.0)
        assert_close(gradient.tolist(), for_z, rtol=1e-9, atol=0.0)
    for made, seen in zip(train.exp(), (0.1 * wander.cumsum(1)).exp(), strict=True):
        gl, p = regularization.curves(made, seen, 5)
        assert_close(gl.tolist(), criteria.generalization_loss(seen.tolist()))
        assert_close(p.tolist(), criteria.progress(made.tolist())[4::5])
        limits = {"GL": 20.0, "PQ": 0.05, "UP": 2}
        expected = [criteria.stop(kind, limit, made.tolist(), seen.tolist()) or 0 for kind, limit in limits.items()]
        assert list(regularization.stops(made, seen, 5, *limits.values())) == expected
    rule = walked(partial(optim.SGD, lr=0.1, momentum=0.8, weight_decay=0.3), theta, slopes)
    ones = torch.ones(12, dtype=torch.float64)
    assert_close(regularization.decayed(theta, slopes, ones, 0.1, 0.8, 0.3, decoupled=False)[-1], rule)


def test_the_answers_for_first_weights_and_the_run_are_the_papers_network():
    """The initialisers' weights of the same random numbers; the logits of model.py, before a step whose rate is 0."""
    for place, (fill, draw) in enumerate(((init.glorot_, torch.rand), (init.he_, torch.randn))):
        torch.manual_seed(0)
        expected = fill(torch.empty(6, 4))
        torch.manual_seed(0)
        numbers_drawn = draw(6, 4)
        assert_close(regularization.first_weights(numbers_drawn, numbers_drawn)[place], expected)
    model = firsthand.get("regularization").module("model")
    network = model.DeepMLP(model.Config(inputs=4, hidden=(6, 5), classes=3)).double()
    layers = [*network.body[::2], network.output]
    given = [torch.rand(layer.weight.shape, dtype=torch.float64) for layer in layers]
    for u, layer in zip(given, layers, strict=True):
        layer.weight.data = regularization.first_weights(u, u)[0]
    x, y = numbers((7, 4))[0], torch.randint(3, (7,))
    losses, logits = regularization.learn(x, y, x, y, given, 0.0, 0.0, 1, 1)
    assert_close(logits, network(x).detach())
    assert_close(losses[0], torch.nn.functional.cross_entropy(network(x), y).detach())


def test_the_answers_of_backprop_are_the_papers_tape_and_torchs_gradients():
    """The step with connections that skip, the mean over tied weights, and the sweep for any graph."""
    x, W, b, V, S, c = (value.requires_grad_() for value in numbers((5, 3), (3, 4), (4,), (4, 2), (3, 2), (2,)))
    d = torch.rand(5, 2, dtype=torch.float64)
    E = ((torch.sigmoid(torch.sigmoid(x @ W + b) @ V + x @ S + c) - d) ** 2).sum() / 2
    found = backprop.network(*(value.detach() for value in (x, W, b, V, S, c)), d)
    assert_close(found, (E.detach(), *torch.autograd.grad(E, (W, b, V, S, c, x))))
    y, U, a = (value.requires_grad_() for value in numbers((3, 4), (4, 4), (4,)))
    state, wanted = y, torch.rand(3, 4, dtype=torch.float64)
    for _ in range(3):
        state = torch.sigmoid(state @ U + a)
    E = ((state - wanted) ** 2).sum() / 2
    slopes = torch.autograd.grad(E, (U, a))
    found = backprop.iterated(y.detach(), U.detach(), a.detach(), wanted, 3)
    assert_close(found, (E.detach(), *(slope / 3 for slope in slopes)))
    swept = []
    for kind, logistic in ((backprop.Node, backprop.Node.logistic), (tape.Node, tape.logistic)):
        leaves = x, W, b, U = [kind(value.detach()) for value in (found[1][:2], *numbers((4, 3), (3,), (3, 3)))]
        h = logistic(x @ W + b)
        E = ((h @ U) * h + h).total() if kind is backprop.Node else ((h @ U) * h + h).sum()
        E.backward()
        swept.append([E.value, *(leaf.gradient for leaf in leaves)])
    assert_close(*swept)


def test_the_answer_for_the_family_trees_is_the_papers_network_and_rule():
    """Six sweeps of model.py's layers by the paper's rule, without the outputs that are near enough."""
    model = firsthand.get("backprop").module("model")
    names = {"P": ("person_code", ("person",)), "R": ("relation_code", ("relation",)),
             "C": ("central", ("person_code", "relation_code")), "V": ("person_2", ("central",))}  # fmt: skip
    sizes = {"person_code": 2, "relation_code": 2, "central": 3, "person_2": 4}
    plan = model.Plan({"person": 4, "relation": 3}, {name: (sizes[name], below) for name, below in names.values()})
    P, p, R, r, C, c, V, v = numbers((2, 4), (2,), (2, 3), (2,), (3, 4), (3,), (4, 3), (4,))
    person, relation, d = torch.eye(4)[[0, 1, 3]].double(), torch.eye(3)[[2, 0, 2]].double(), torch.rand(3, 4).double()
    params = [value.clone().requires_grad_() for value in (P, p, R, r, C, c, V, v)]
    descent, errors = rule.Descent(params, lr=0.3, momentum=0.8, shrink=0.01), []
    for sweep in range(7):
        nodes = [tape.Node(value.detach()) for value in params]
        y = model.activities(plan, torch.cat([person, relation], 1), nodes)["person_2"]
        E = model.error(y, d, recipe.counted(y.value, d, 0.2, "unit")).sum()
        if sweep < 6:
            E.backward()
            errors.append(E.value)
            for value, node in zip(params, nodes, strict=True):
                value.grad = node.gradient
            descent.step()
    weights = {"P": P.T, "p": p, "R": R.T, "r": r, "A": C[:, :2].T, "B": C[:, 2:].T, "c": c, "V": V.T, "v": v}
    found = backprop.learn(person, relation, d, weights, 0.3, 0.8, 0.01, 0.2, 6)
    assert_close(found, (torch.stack(errors), y.value))


def test_the_answers_of_mlp_are_the_papers_network():
    """Windows of the data, logits and loss of model.py, gradients of autograd, statistics of BatchNorm1d."""
    names = ["anna", "bo", "x"]
    vocabulary = text.Vocabulary.of(names)
    ours = mlp.windows([vocabulary.encode(name) for name in names], 3)
    assert all(map(torch.equal, ours, text.windows(names, vocabulary, 3)))
    model = firsthand.get("mlp").module("model")
    torch.manual_seed(0)
    network = model.MLP(model.Config(vocab=6, context=3, embed=2, hidden=(4,), batch_norm="hidden")).double()
    linear, norm, _ = network.body
    params = (
        network.embedding.weight,
        linear.weight,
        norm.weight,
        norm.bias,
        network.output.weight,
        network.output.bias,
    )
    tokens, targets = torch.randint(6, (9, 3)), torch.randint(6, (9,))
    logits = network(tokens)
    loss = torch.nn.functional.cross_entropy(logits, targets)
    values = [(p.T if place in (1, 4) else p).detach() for place, p in enumerate(params)]
    assert_close(mlp.forward(tokens, targets, *values), (logits.detach(), loss.detach()))
    slopes = torch.autograd.grad(loss, params)
    found = mlp.backward(tokens, targets, *values)
    assert_close(found, tuple(p.T if place in (1, 4) else p for place, p in enumerate(slopes)))
    scaled = values[1] / (5 / 3) * 6**0.5, values[4] / 0.1 * 2.0
    _, _, mean, var = mlp.learn(tokens, targets, values[0], *scaled, torch.arange(9)[None], 0.1, 1)
    assert_close((mean, var), (norm.running_mean, norm.running_var))
    network.eval()
    u = torch.rand(4000, 1, dtype=torch.float64)
    shares = mlp.write(u, 3, *values, norm.running_mean, norm.running_var)[:, 0].bincount(minlength=6) / 4000
    # Four standard deviations of a share of 4,000 draws are 0.032 at most.
    assert_close(
        shares.double(), network(torch.zeros(1, 3, dtype=torch.long)).softmax(1)[0].detach(), atol=0.032, rtol=0
    )


def test_the_answers_of_adam_are_the_rule():
    """Forty steps with parameters that lack gradients now and then."""
    generator = torch.Generator().manual_seed(0)
    starts = [torch.randn(3, generator=generator, dtype=torch.float64) for _ in range(2)]
    ours, theirs = ([value.clone().requires_grad_() for value in starts] for _ in range(2))
    both = adam.Adam(ours, lr=0.1), optim.Adam(theirs, lr=0.1)
    slopes = torch.randn(40, 2, 3, generator=generator, dtype=torch.float64)
    for t, row in enumerate(slopes):
        for mine, other, slope in zip(ours, theirs, row, strict=True):
            mine.grad, other.grad = (None if t % 5 == 4 and mine is ours[1] else slope.clone() for _ in range(2))
        for one in both:
            one.step()
    assert_close(ours, theirs)
    options = {"lr": 0.1, "betas": (0.9, 0.99), "eps": 1e-6}
    for path, theirs in ((adam.adam, optim.Adam), (adam.adamax, optim.Adamax), (adam.adamw, optim.AdamW)):
        decays = theirs is optim.AdamW
        found = path(starts[0], slopes[:, 0], **options, **({"decay": 0.2} if decays else {}))[-1]
        made = partial(theirs, **options, **({"weight_decay": 0.2} if decays else {}))
        assert_close(found, walked(made, starts[0], slopes[:, 0]), rtol=1e-9, atol=0)


def test_the_answers_of_adagrad_are_the_rule():
    w, slopes = numbers((3,), (20, 3))
    theirs = walked(partial(optim.Adagrad, lr=0.1, eps=1e-3), w, slopes)
    assert_close(adagrad.adagrad(w, slopes, 0.1, 1e-3)[-1], theirs)
