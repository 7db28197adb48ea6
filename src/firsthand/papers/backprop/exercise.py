"""Rebuild back-propagation: a layer both ways, skips, tied weights, a sweep for any graph, the family trees."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Generator, Tensor

from firsthand.papers.backprop.answers import Node, backward, iterated, layer, learn, network
from firsthand.papers.cases import by_hand, drawn
from firsthand.papers.exercise import Case, Exercise, Identity, Step, mistake

SIZES = ((1, 1, 1), (1, 2, 3), (2, 2, 2), (3, 1, 2), (5, 4, 3))  # cases, units below, units


def logistic(x: Tensor) -> Tensor:
    """1 / (1 + e^-x)."""
    return 1 / (1 + torch.exp(-x))


def wanted(generator: Generator, *shape: int) -> Tensor:
    """Desired activities, from 0 to 1."""
    return torch.rand(shape, generator=generator, dtype=torch.float64)


def one_layer(generator: Generator) -> Iterator[Case]:
    """A layer's inputs, weights and desired activities."""
    for cases, below, units in SIZES:
        made = drawn(generator, below=(cases, below), W=(below, units), b=(units,))
        yield Case(f"{cases} cases, {below} units below, {units} units", made | {"d": wanted(generator, cases, units)})


def one_layer_back(generator: Generator) -> Iterator[Case]:
    """What a layer did, and the slopes that reach it."""
    for case in one_layer(generator):
        below, W, b, d = case.inputs.values()
        slope = torch.randn(d.shape, generator=generator, dtype=torch.float64)
        yield Case(case.words, {"slope": slope, "y": logistic(below @ W + b), "below": below, "W": W})


def skipping(generator: Generator) -> Iterator[Case]:
    """A network with a hidden layer and connections that skip it."""
    for cases, inputs, hidden, outputs in ((1, 1, 1, 1), (1, 2, 3, 1), (2, 2, 2, 2), (6, 4, 3, 2)):
        made = drawn(generator, x=(cases, inputs), W=(inputs, hidden), b=(hidden,), V=(hidden, outputs),
                     S=(inputs, outputs), c=(outputs,))  # fmt: skip
        words = f"{cases} cases, {inputs} inputs, {hidden} hidden, {outputs} outputs"
        yield Case(words, made | {"d": wanted(generator, cases, outputs)})


def running(generator: Generator) -> Iterator[Case]:
    """Units that feed each other, for 1 to 5 steps."""
    for cases, units, steps in ((1, 1, 1), (1, 2, 2), (2, 2, 3), (4, 3, 5)):
        made = drawn(generator, y=(cases, units), W=(units, units), b=(units,))
        words = f"{cases} cases, {units} units, {steps} steps"
        yield Case(words, made | {"d": wanted(generator, cases, units), "steps": steps})


def graphs(generator: Generator) -> Iterator[Case]:
    """Numbers for an expression in which nodes are used several times, the last one thousands of nodes deep."""
    for cases, inputs, units, deep in ((1, 1, 1, 0), (2, 3, 2, 0), (3, 3, 3, 2), (4, 2, 5, 1200)):
        made = drawn(generator, x=(cases, inputs), W=(inputs, units), b=(units,), U=(units, units))
        yield Case(f"matrices of {cases}, {inputs} and {units}, a chain of {deep} sums", made | {"deep": deep})


def swept(answer: Any, x: Tensor, W: Tensor, b: Tensor, U: Tensor, deep: int) -> tuple[Tensor, ...]:
    """E and its gradients after a second sweep, which starts from nothing as the first did."""
    with torch.inference_mode():
        leaves = x, W, b, U = [answer(value) for value in (x, W, b, U)]
        h = (x @ W + b).logistic()
        again = h @ U
        mixed = again * h + h
        for _ in range(deep):
            mixed = mixed + b
        E = (mixed * again * answer(torch.tensor(0.5, dtype=torch.float64)) + b * b).total()
        E.backward()
        E.backward()
        return E.value, *(leaf.gradient for leaf in leaves)


def questions(generator: Generator) -> Iterator[Case]:
    """People and relations, one of each on in every case, and the weights of networks."""
    for cases, people, relations, code, sweeps in ((1, 2, 1, 1, 1), (3, 2, 2, 2, 3), (6, 4, 3, 2, 12)):
        made: dict[str, Any] = {}
        for name, number in (("person", people), ("relation", relations)):
            made[name] = torch.eye(number, dtype=torch.float64)[torch.randint(number, (cases,), generator=generator)]
        made["d"] = torch.randint(2, (cases, people), generator=generator).double()
        shapes = {"P": (people, code), "p": (code,), "R": (relations, code), "r": (code,), "A": (code, 3),
                  "B": (code, 3), "c": (3,), "V": (3, people), "v": (people,)}  # fmt: skip
        made["weights"] = w = drawn(generator, **shapes)
        codes = logistic(made["person"] @ w["P"] + w["p"]), logistic(made["relation"] @ w["R"] + w["r"])
        y = logistic(logistic(codes[0] @ w["A"] + codes[1] @ w["B"] + w["c"]) @ w["V"] + w["v"])
        if cases > 1:  # one case is answered at first, and of another all but one output
            made["d"][:2] = y[:2] + 0.1
            made["d"][1, 0] += 0.4
        made |= {"lr": 0.3, "momentum": 0.8, "shrink": 0.01, "tolerance": 0.2 if cases > 1 else 0.0, "sweeps": sweeps}
        yield Case(f"{cases} cases, {people} people, {relations} relations, codes of {code}, {sweeps} sweeps", made)


def slope_of(error: Callable[[float], Tensor]) -> Tensor:
    """The derivative at 0 from four differences."""
    h = 1e-3
    return (8 * (error(h) - error(-h)) - (error(2 * h) - error(-2 * h))) / (12 * h)


def changed(answer: Any, generator: Generator) -> Tensor:
    """How far the change of E is from what the gradients say, along a random direction of all weights and inputs."""
    (*_, case) = skipping(generator)
    values = dict(case.inputs)
    d = values.pop("d")
    ways = drawn(generator, **{name: tuple(value.shape) for name, value in values.items()})

    def error(far: float) -> Tensor:
        return answer(*(value + far * ways[name] for name, value in values.items()), d)[0]

    found = dict(zip("WbVScx", answer(*values.values(), d)[1:], strict=True))
    return slope_of(error) - sum((found[name] * ways[name]).sum() for name in values)


def chained(answer: Any, generator: Generator) -> Tensor:
    """How far the change of E is from steps times the mean gradient, along a random direction of the weights."""
    (*_, case) = running(generator)
    y, W, b, d, steps = case.inputs.values()
    way = torch.randn(W.shape, generator=generator, dtype=torch.float64)
    return (
        slope_of(lambda far: answer(y, W + far * way, b, d, steps)[0])
        - steps * (answer(y, W, b, d, steps)[1] * way).sum()
    )


EXERCISE = Exercise(steps=(
    Step(
        minutes=10,
        statement="""
            A layer of logistic units. Unit j sees the activities y_i of the layer below, in every case by the same
            weights, and a bias: a weight from a unit that is always on.

                x_j = sum_i y_i W_ij + b_j          (1)
                y_j = 1 / (1 + e^(-x_j))            (2)

            `below` holds the activities below, (cases, below); W[i, j] is the weight from unit i to unit j. Return the
            activities y, and how far they are from the desired ones d, summed over cases c and units j:

                E = 1/2 sum_c sum_j (y_cj - d_cj)^2 (3)

            In all steps of this exercise torch does not differentiate: its autograd is switched off.
            """,
        answer=layer,
        cases=one_layer,
        use=by_hand,
        gradients=False,
        returns=("y", "E"),
        mistakes=(
            mistake("no-bias", "below @ W + b", "below @ W", "Every unit has a bias: b is missing."),
            mistake("tanh-units", "1 / (1 + torch.exp(-(below @ W + b)))", "torch.tanh(below @ W + b)",
                    "The units are logistic: from 0 to 1."),
            mistake("not-squashed", "1 / (1 + torch.exp(-(below @ W + b)))", "below @ W + b",
                    "y is a logistic function of x."),
            mistake("sign-of-x", "torch.exp(-(below", "torch.exp((below", "It is e to the power of minus x."),
            mistake("bias-not-squashed", "1 / (1 + torch.exp(-(below @ W + b)))",
                    "1 / (1 + torch.exp(-(below @ W))) + b",
                    "The bias belongs to x, inside of the logistic function."),
            mistake("no-half", ".sum() / 2", ".sum()", "The error has a factor 1/2."),
            mistake("mean-over-cases", ".sum() / 2", ".sum(1).mean() / 2", "The error is a sum over the cases."),
            mistake("not-squared", "((y - d) ** 2)", "(y - d).abs()", "The differences are squared."),
        ),
        hints=("below @ W is the sum over i, for all cases at once.", "torch.sigmoid is (2)."),
    ),
    Step(
        minutes=15,
        statement="""
            The way back through such a layer. Given slope = dE/dy of its activities y (cases, units), what was below
            (cases, below) and W (below, units):

                dE/dx_j  = dE/dy_j y_j (1 - y_j)          (5)
                dE/dW_ij = dE/dx_j y_i                    (6), summed over the cases
                dE/db_j  = dE/dx_j                        the same, from a unit that is always on
                dE/dy_i  = sum_j dE/dx_j W_ij             (7), of the units below, for each case

            Return dE/dW (below, units), dE/db (units,) and dE/dy of the layer below (cases, below).
            """,
        answer=backward,
        cases=one_layer_back,
        use=by_hand,
        gradients=False,
        returns=("dE/dW", "dE/db", "dE/dbelow"),
        mistakes=(
            mistake("no-slope-of-the-unit", "slope * y * (1 - y)", "slope", "Equation 5: times y (1 - y)."),
            mistake("half-the-slope", "y * (1 - y)", "y", "The slope of the logistic function is y (1 - y)."),
            mistake("slope-of-tanh", "y * (1 - y)", "(1 - y**2)", "1 - y^2 is the slope of tanh."),
            mistake("mean-over-cases", "below.T @ into, into.sum(0)",
                    "below.T @ into / len(y), into.mean(0)", "The cases add up; there is no mean."),
            mistake("bias-without-slope", "into.sum(0)", "slope.sum(0)", "The bias belongs to x: dE/dx, not dE/dy."),
            mistake("weights-without-slope", "below.T @ into,", "below.T @ slope,", "Equation 6 has dE/dx, not dE/dy."),
            mistake("down-without-slope", "into @ W.T", "slope @ W.T", "Equation 7 has dE/dx, not dE/dy."),
            mistake("bias-not-summed", "into.sum(0)", "into[0]", "A bias gets its share from every case."),
            mistake("down-with-slope-below", "into @ W.T", "into @ W.T * below * (1 - below)",
                    "dE/dy of the units below is asked for; their own slope comes one layer later."),
            mistake("turned-round", "below.T @ into,", "(into.T @ below).reshape(W.shape),",
                    "dE/dW has the shape of W: units below first."),
            mistake("sign", "into = slope", "into = -slope", "The gradient is asked for, not the step against it."),
        ),
        hints=("dE/dx once, for all three.", "The sum over the cases is the product of two matrices."),
    ),
    Step(
        minutes=15,
        statement="""
            A network whose connections may skip a layer: x (cases, inputs) feeds hidden units and outputs alike.

                h = logistic(x W + b)
                y = logistic(h V + x S + c)
                E = 1/2 sum (y - d)^2

            Start with dE/dy = y - d (4), and go down. What feeds several places gets a share of dE from each of them.
            Return E, dE/dW, dE/db, dE/dV, dE/dS, dE/dc, dE/dx, each of the shape of what it belongs to.
            """,
        answer=network,
        cases=skipping,
        use=by_hand,
        gradients=False,
        returns=("E", "dE/dW", "dE/db", "dE/dV", "dE/dS", "dE/dc", "dE/dx"),
        identities=(Identity("E changes as the gradients say", changed),),
        mistakes=(
            mistake("skip-forgotten-in-dx", "dx + through_h", "through_h", "x feeds the outputs directly, too."),
            mistake("hidden-forgotten-in-dx", "dx + through_h", "dx", "x feeds the hidden units, too."),
            mistake("skip-not-seen", "torch.cat([V, S])", "torch.cat([V, 0 * S])", "The outputs see x by S."),
            mistake("hidden-without-slope", "backward(dh, h, x, W)", "(x.T @ dh, dh.sum(0), dh @ W.T)",
                    "The hidden units have a slope h (1 - h), too."),
            mistake("outputs-without-slope", "dV, dc, dh = backward(y - d, y, h, V)",
                    "dV, dc, dh = h.T @ (y - d), (y - d).sum(0), (y - d) @ V.T",
                    "Between dE/dy and dE/dx is y (1 - y): only with cross-entropy the two are one, y - d."),
            mistake("no-bias-below", "x @ W + b", "x @ W", "The hidden units have biases."),
            mistake("tanh-units", "torch.sigmoid(", "torch.tanh(", "All units are logistic."),
            mistake("slope-doubled", "dh = backward(y - d, y", "dh = backward(2 * (y - d), y",
                    "The 1/2 of E and the 2 of its derivative cancel: dE/dy = y - d."),
            mistake("direct-share-in-dh", "backward(dh, h", "backward(dh + (y - d) @ V.T, h",
                    "dE/dh comes through the outputs' slope once, by V."),
        ),
        hints=("Use `backward` once for each matrix.", "dE/dx has two parts: add them."),
    ),
    Step(
        minutes=20,
        statement="""
            A network that runs (figure 5): the units feed each other, and every step is a layer of its own, all with
            the same W (units, units) and b:

                y_t = logistic(y_(t-1) W + b)       t = 1 .. steps; y_0 is given
                E   = 1/2 sum (y_steps - d)^2

            Walk back through all layers. Copies of a weight must stay equal, so the paper averages dE/dw over them and
            moves all copies by that mean (autograd's would be the sum). Return E, and these means for W and for b.
            """,
        answer=iterated,
        cases=running,
        use=by_hand,
        gradients=False,
        returns=("E", "dE/dW", "dE/db"),
        identities=(Identity("E changes by steps times the mean", chained),),
        mistakes=(
            mistake("sum-of-copies", "dW + own_W / steps, db + own_b / steps", "dW + own_W, db + own_b",
                    "The paper takes the mean over the copies."),
            mistake("last-copy-only", "zip(states[-2::-1], states[:0:-1], strict=True)", "[(states[-2], states[-1])]",
                    "Every step has a share in dE/dW, not the last one alone."),
            mistake("slope-not-carried", "own_W, own_b, slope = backward(slope, above, below, W)",
                    "own_W, own_b, _ = backward(slope, above, below, W)",
                    "The slope that reaches a layer comes through all later ones."),
            mistake("input-of-the-first", "backward(slope, above, below, W)", "backward(slope, above, y, W)",
                    "A layer's input is the state of the step before it."),
            mistake("output-for-input", "backward(slope, above, below, W)", "backward(slope, above, above, W)",
                    "dE/dW of a layer has the state before it, not after it."),
            mistake("bias-summed", "db + own_b / steps", "db + own_b", "The mean is taken of the bias's copies, too."),
            mistake("one-step-more", "range(steps)", "range(steps + 1)", "It runs for `steps` steps."),
            mistake("error-of-all-steps", "return ((states[-1] - d) ** 2).sum() / 2",
                    "return sum(((state - d) ** 2).sum() for state in states[1:]) / 2",
                    "Only the last state has desired values."),
            mistake("weights-turned-on-the-way-back", "above, below, W)", "above, below, W.T)",
                    "Equation 7 sums over the units that a unit feeds, by the weights from it."),
        ),
        hints=("Keep all states of the way forward.", "`backward` for each step, from the last to the first."),
    ),
    Step(
        minutes=25,
        statement="""
            The same for any composition. A Node is a value that remembers the nodes it was made from, each with a rule
            that turns dE/d(this) into that node's share of dE/d(it):

                sum       dE/da = g,  dE/db = g                 g is dE/d(result)
                product   dE/da = g b,  dE/db = g a
                matrices  dE/da = g b^T,  dE/db = a^T g
                logistic  dE/da = g y (1 - y)
                total     dE/da = g at every place

            In sums and products one operand may be stretched as torch does it, a bias (units,) over (cases, units): its
            share is summed back to its shape, for which tensors have .sum_to_size(shape).

            `backward` of a node E sets the .gradient of E to 1 and that of every node that E depends on to the sum of
            its shares. A node passes its gradient on when it is complete: after all nodes made from it. A second call
            starts from nothing again. Graphs may be thousands of nodes deep.
            """,
        answer=Node,
        cases=graphs,
        use=swept,
        gradients=False,
        returns=("E", "dE/dx", "dE/dW", "dE/db", "dE/dU"),
        mistakes=(
            mistake("overwritten", "a.gradient = a.gradient + share", "a.gradient = share",
                    "A node that is used several times gets the sum of its shares."),
            mistake("adds-up-over-calls", "            node.gradient = torch.zeros_like(node.value)\n",
                    "            if node.gradient is None:\n"
                    "                node.gradient = torch.zeros_like(node.value)\n",
                    "A second call of backward starts from nothing."),
            mistake("not-summed-back", ".sum_to_size(a.value.shape)", "",
                    "The share of an operand that was stretched is summed back to its shape."),
            mistake("from-the-inputs", "-node.number", "node.number",
                    "The sweep starts at E, the youngest node, and goes to the inputs."),
            mistake("depth-first", "        order = sorted(found, key=lambda node: -node.number)\n",
                    "        order, stack = {}, [self]\n        while stack:\n            node = stack.pop()\n"
                    "            if node not in order:\n                order[node] = None\n"
                    "                stack += [a for a, _ in node.made_from]\n",
                    "A node passes its gradient on before it is complete: sort the nodes, youngest first."),
            mistake("own-factor", "(self, lambda g: g * other.value), (other, lambda g: g * self.value)",
                    "(self, lambda g: g * self.value), (other, lambda g: g * other.value)",
                    "In a product each factor's share has the other factor."),
            mistake("sum-as-matrices", "lambda g: g @ other.value.T", "lambda g: g @ other.value",
                    "dE/da = g b^T: b is transposed."),
            mistake("slope-of-x", "g * y * (1 - y)", "g * self.value * (1 - self.value)",
                    "y (1 - y) has the squashed y, not x."),
            mistake("half-the-slope", "g * y * (1 - y)", "g * y", "The slope is y (1 - y)."),
            mistake("total-is-mean", "g.expand(self.value.shape)", "g.expand(self.value.shape) / self.value.numel()",
                    "dE/da is g at every place: a total is no mean."),
            mistake("seeded-with-value", "self.gradient = torch.ones_like(self.value)",
                    "self.gradient = self.value.clone()", "dE/dE is 1."),
            mistake("recursive", "        found, waiting = {self}, [self]\n        while waiting:\n"
                    "            new = {a for a, _ in waiting.pop().made_from} - found\n"
                    "            found |= new\n            waiting += new\n",
                    "        found = set()\n\n        def visit(node):\n            if node not in found:\n"
                    "                found.add(node)\n                for a, _ in node.made_from:\n"
                    "                    visit(a)\n\n        visit(self)\n",
                    "A graph may be deeper than Python's stack: walk with a list of what is still to be seen."),
        ),
        hints=("Collect all nodes first, with a list of those still to be seen.",
               "Sorted by number, the highest first, every node comes after those that are made from it.",
               "a.gradient = a.gradient + share(node.gradient).sum_to_size(a.value.shape)"),
    ),
    Step(
        minutes=25,
        statement="""
            The family trees (figures 2 to 4), without one of their hidden layers. Person and relation have a code layer
            each, both feed a central layer, and it feeds the people who are right answers. All units are logistic, y =
            logistic(below @ W + bias):

                person (people) -> P, p -> code 1         code 1 and code 2 -> A and B, c -> central
                relation        -> R, r -> code 2         central           -> V, v      -> outputs y (people)

            `weights` has these nine tensors by their names; leave them as they are. An output within `tolerance` of d
            has no error: E = 1/2 sum (y - d)^2 over all others. In each sweep over all cases, for each weight and bias,

                dw <- -lr dE/dw + momentum dw                  (8 and 9), dw from 0
                w  <- (1 - shrink) (w + dw)                    dw itself does not shrink

            Return E of each sweep, before its step, and the outputs after the last step: (cases, people).
            """,
        answer=learn,
        cases=questions,
        use=by_hand,
        gradients=False,
        near=1e-9,  # rounding grows over the sweeps
        returns=("errors", "outputs"),
        mistakes=(
            mistake("no-tolerance", "(y.value - d).abs() > tolerance", "(y.value - d).abs() > -1",
                    "Outputs that are near enough have no error."),
            mistake("tolerance-by-case", "(y.value - d).abs() > tolerance",
                    "((y.value - d).abs() > tolerance).any(1, keepdim=True).expand(d.shape)",
                    "Each output is judged by itself, not its whole case."),
            mistake("no-half", "far * 0.5", "far * 1.0", "The error has a factor 1/2."),
            mistake("mean-over-cases", "far * 0.5", "far * 0.5 / len(d)", "The error is a sum over the cases."),
            mistake("relation-left-out", 'one @ w["A"] + two @ w["B"]', 'one @ w["A"]',
                    "The central layer sees both codes."),
            mistake("codes-exchanged", 'one @ w["A"] + two @ w["B"]', 'two @ w["A"] + one @ w["B"]',
                    "A belongs to the person's code, B to the relation's."),
            mistake("no-momentum", "momentum * change[name] - lr", "-lr", "The last change goes on."),
            mistake("damped", "- lr * w[name].gradient", "- (1 - momentum) * lr * w[name].gradient",
                    "The change is no running mean: the gradient counts whole."),
            mistake("no-shrinking", "(1 - shrink) * (weights[name] + change[name])", "weights[name] + change[name]",
                    "Every weight shrinks after each change."),
            mistake("shrinks-before", "(1 - shrink) * (weights[name] + change[name])",
                    "(1 - shrink) * weights[name] + change[name]", "The weight shrinks after the change, with it."),
            mistake("biases-keep-size", "(1 - shrink) * (weights",
                    "(1 - shrink * (weights[name].ndim > 1)) * (weights", "Biases are weights: they shrink, too."),
        ),
        hints=("Nodes for all weights anew in each sweep.", "What does not count is multiplied by 0 before the total."),
    ),
))  # fmt: skip
