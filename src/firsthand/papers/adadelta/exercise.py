"""Rebuild Adadelta: its two ideas, the rates that come of them, an optimiser, and a classifier that it trains."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import torch
from torch import Generator, Tensor

from firsthand.papers.adadelta.answers import Adadelta, adadelta, learn, rates, window
from firsthand.papers.cases import numbers, trainings, used
from firsthand.papers.exercise import Case, Exercise, Identity, Mistake, Step, mistake
from firsthand.papers.mistakes import OPTIMISER


def paths(generator: Generator) -> Iterator[Case]:
    """First parameters, and a gradient for each of 1 to 25 steps."""
    for n, steps, rho, eps in ((1, 1, 0.9, 1e-2), (1, 3, 0.6, 1e-4), (3, 5, 0.99, 1e-3), (6, 25, 0.95, 1e-6)):
        slopes = numbers(generator, steps, n)
        slopes[:2] = torch.randn(min(2, steps), n, generator=generator, dtype=torch.float64)
        inputs = {"x": torch.randn(n, generator=generator, dtype=torch.float64), "slopes": slopes}
        yield Case(f"{n} parameters, {steps} steps, rho {rho}, eps {eps:g}", inputs | {"rho": rho, "eps": eps})


def rated(generator: Generator) -> Iterator[Case]:
    """The same with a learning rate."""
    for case in paths(generator):
        x, slopes, rho, eps = case.inputs.values()
        yield Case(case.words, {"x": x, "slopes": slopes, "lr": 0.1 / len(x), "rho": rho, "eps": eps})


def slopes_only(generator: Generator) -> Iterator[Case]:
    """The same without parameters."""
    for case in paths(generator):
        yield Case(case.words, {name: value for name, value in case.inputs.items() if name != "x"})


def examples(generator: Generator) -> Iterator[Case]:
    """Points of several classes, and the first weights of networks of none to two hidden layers."""
    for n, sizes, batch, epochs in (
        (1, (1, 2), 1, 1),
        (3, (2, 2, 2), 2, 2),
        (5, (3, 4, 3), 2, 2),
        (14, (4, 6, 5, 3), 4, 6),
    ):
        x = torch.randn(n, sizes[0], generator=generator, dtype=torch.float64)
        y = torch.randint(sizes[-1], (n,), generator=generator)
        weights = [torch.randn(m, k, generator=generator, dtype=torch.float64) for k, m in pairwise(sizes)]
        biases = [0.3 * torch.randn(m, generator=generator, dtype=torch.float64) for m in sizes[1:]]
        words = f"{n} examples, layers {'-'.join(map(str, sizes))}, batches of {batch}, {epochs} epochs"
        inputs: dict[str, Any] = {"x": x, "y": y, "weights": weights, "biases": biases}
        yield Case(words, inputs | {"rho": 0.9, "eps": 1e-3, "batch": batch, "epochs": epochs})


def bounded(answer: Any, generator: Generator) -> float:
    """How far the step under a gradient that stays is from lr, which AdaGrad's falls below."""
    path = answer(torch.zeros(1, dtype=torch.float64), torch.full((900, 1), 4.0, dtype=torch.float64), 0.1, 0.9, 0.0)
    return float(path[-1] - path[-2]) + 0.1


def first_step(answer: Any, generator: Generator) -> Tensor:
    """How far the first step is from sqrt(eps / ((1 - rho) g^2 + eps)) g."""
    slopes = torch.randn(1, 5, generator=generator, dtype=torch.float64)
    path = answer(torch.zeros(5, dtype=torch.float64), slopes, 0.9, 1e-2)
    return path[0] + (1e-2 / (0.1 * slopes[0] ** 2 + 1e-2)).sqrt() * slopes[0]


def ending(answer: Any, generator: Generator) -> Tensor:
    """How far steps are from the gradients themselves where eps is far above all squares, section 4.3."""
    slopes = torch.randn(6, 3, generator=generator, dtype=torch.float64)
    return answer(torch.zeros(3, dtype=torch.float64), slopes, 0.9, 1e11) + slopes.cumsum(0)


def to_one(answer: Any, generator: Generator) -> float:
    """How far the rates are from 1 after gradients of 0, section 4.3."""
    slopes = torch.zeros(3000, 2, dtype=torch.float64)
    slopes[:9] = torch.randn(9, 2, generator=generator, dtype=torch.float64)
    return float((answer(slopes, 0.9, 1e-6)[-1] - 1).abs().max())


EXERCISE = Exercise(steps=(
    Step(
        minutes=10,
        statement="""
            The first idea (section 3.1): AdaGrad's sum of squared gradients grows for ever, so its steps die out. Let
            squares fade instead, by a running mean E[g^2], here s, from 0:

                s <- rho s + (1 - rho) g^2
                x <- x - lr g / RMS[g]              RMS[g] = sqrt(s + eps)

            eps stands inside the root. x are the parameters; slopes holds a gradient a step: (steps, n). Return x after
            each step, stacked: (steps, n).
            """,
        answer=window,
        cases=rated,
        gradients=False,
        returns=("x",),
        identities=(Identity("under a gradient that stays, steps tend to lr and do not die out", bounded),),
        mistakes=(
            mistake("eps-outside-root", "(s + eps).sqrt()", "(s.sqrt() + eps)", "Here eps is inside the root."),
            mistake("no-root", "(s + eps).sqrt()", "(s + eps)", "RMS is the root of the mean square."),
            mistake("no-eps", "(s + eps).sqrt()", "s.sqrt()", "eps is missing."),
            mistake("sum-for-mean", "rho * s + (1 - rho) * g**2", "s + g**2",
                    "That is AdaGrad's sum, which never forgets: s is a running mean."),
            mistake("undamped", "(1 - rho) * g**2", "g**2", "The new square counts (1 - rho)."),
            mistake("shares-swapped", "rho * s + (1 - rho) * g**2", "(1 - rho) * s + rho * g**2",
                    "rho is the share of what s was."),
            mistake("mean-of-before", "        s = rho * s + (1 - rho) * g**2\n"
                    "        x = x - lr * g / (s + eps).sqrt()\n",
                    "        x = x - lr * g / (s + eps).sqrt()\n"
                    "        s = rho * s + (1 - rho) * g**2\n",
                    "s holds the present gradient before the step."),
            mistake("sizes-averaged", "(1 - rho) * g**2", "(1 - rho) * g.abs()", "The squares are averaged."),
            mistake("one-mean-for-all", "g**2", "(g**2).mean()", "Every parameter has a mean of its own."),
            mistake("upwards", "x - lr", "x + lr", "The step goes against the gradient."),
        ),
        hints=("Start s at zero, like x in shape.", "Update s first, then step."),
    ),
    Step(
        minutes=15,
        statement="""
            The second idea (section 3.2): a step should have the units of x, and what has them are the steps before.
            So the RMS of past steps stands where lr was. Algorithm 1, with s = E[g^2] and a = E[dx^2] from 0:

                s  <- rho s + (1 - rho) g^2
                dx  = - RMS[dx] / RMS[g] g            RMS[dx] = sqrt(a + eps), of the steps before this one
                a  <- rho a + (1 - rho) dx^2          RMS[g]  = sqrt(s + eps), with the present gradient
                x  <- x + dx

            Return x after each step, stacked: (steps, n).
            """,
        answer=adadelta,
        cases=paths,
        gradients=False,
        returns=("x",),
        identities=(
            Identity("the first step is sqrt(eps / ((1 - rho) g^2 + eps)) g", first_step),
            Identity("where eps is far above all squares, a step is the gradient itself", ending),
        ),
        mistakes=(
            mistake("never-starts", "(a + eps).sqrt()", "a.sqrt()",
                    "Without eps above the line the first step is 0, and so are all others."),
            mistake("eps-outside-roots", "(a + eps).sqrt() / (s + eps).sqrt()", "(a.sqrt() + eps) / (s.sqrt() + eps)",
                    "eps is inside both roots."),
            mistake("no-eps-below", "(s + eps).sqrt()", "s.sqrt()", "RMS[g] has eps, too."),
            mistake("step-in-its-own-mean",
                    "        a = rho * a + (1 - rho) * d**2\n",
                    "        a = rho * a + (1 - rho) * d**2\n        d = -(a + eps).sqrt() / (s + eps).sqrt() * g\n",
                    "RMS[dx] is that of the steps before: a changes after it has been used."),
            mistake("gradients-in-both", "(1 - rho) * d**2", "(1 - rho) * g**2",
                    "a is the mean square of steps, not of gradients."),
            mistake("steps-forgotten", "a = rho * a + (1 - rho) * d**2", "a = (1 - rho) * d**2",
                    "a is a running mean: carry it on."),
            mistake("steps-not-kept", "        a = rho * a + (1 - rho) * d**2\n", "", "a never changes."),
            mistake("no-root-above", "-(a + eps).sqrt() /", "-(a + eps) /", "RMS[dx] is a root."),
            mistake("steps-not-squared", "(1 - rho) * d**2", "(1 - rho) * d.abs()", "The squares are averaged."),
            mistake("steps-undamped", "(1 - rho) * d**2", "d**2", "The new square counts (1 - rho)."),
            mistake("mean-of-before", "        s = rho * s + (1 - rho) * g**2\n"
                    "        d = -(a + eps).sqrt() / (s + eps).sqrt() * g\n",
                    "        d = -(a + eps).sqrt() / (s + eps).sqrt() * g\n"
                    "        s = rho * s + (1 - rho) * g**2\n", "RMS[g] holds the present gradient."),
            mistake("sum-for-mean", "s = rho * s + (1 - rho) * g**2", "s = s + g**2",
                    "That is AdaGrad's sum: s is a running mean."),
            mistake("upwards", "x = x + d", "x = x - d", "dx has its minus sign already."),
            mistake("one-mean-for-all", "(1 - rho) * d**2", "(1 - rho) * (d**2).mean()",
                    "Every parameter has means of its own."),
        ),
        hints=("Two tensors of zeros, like x in shape.", "In the order of the four lines: s, dx, a, x."),
    ),
    Step(
        minutes=10,
        statement="""
            Figure 2 shows what takes the place of a learning rate: the factor by which each gradient is multiplied,

                RMS[dx]_(t-1) / RMS[g]_t

            of the steps before t and of the gradients up to t. Return it for each step and each parameter: (steps, n),
            positive numbers. slopes, rho, eps and all means are those of step 2.
            """,
        answer=rates,
        cases=slopes_only,
        gradients=False,
        returns=("rates",),
        identities=(Identity("when gradients are gone the rates tend to 1", to_one),),
        mistakes=(
            mistake("step-for-rate", "seen.append(rate)", "seen.append(rate * g)",
                    "The rate is what multiplies the gradient, not the product."),
            Mistake("step-in-its-own-mean",
                    (("seen.append(rate)", "seen.append(((a + eps) / (s + eps)).sqrt())"),),
                    "RMS[dx] is that of the steps before t: take the rate before a changes."),
            mistake("mean-of-before", "        s = rho * s + (1 - rho) * g**2\n        rate = ((a + eps) / (s + eps))"
                    ".sqrt()\n", "        rate = ((a + eps) / (s + eps)).sqrt()\n        s = rho * s + (1 - rho) * "
                    "g**2\n", "RMS[g] holds the gradient of step t."),
            mistake("turned-round", "seen.append(rate)", "seen.append(1 / rate)", "RMS[dx] is above the line."),
            mistake("no-root", "seen.append(rate)", "seen.append(rate**2)", "Both RMS are roots."),
            mistake("signed", "seen.append(rate)", "seen.append(-rate)",
                    "The rate is positive: the minus sign belongs to the step."),
            mistake("rates-kept-for-steps", "(rate * g) ** 2", "rate**2", "a is the mean square of steps dx."),
            mistake("gradients-in-both", "(rate * g) ** 2", "g**2", "a is the mean square of steps, not of gradients."),
            mistake("eps-outside-roots", "((a + eps) / (s + eps)).sqrt()", "(a.sqrt() + eps) / (s.sqrt() + eps)",
                    "eps is inside both roots."),
            mistake("never-starts", "((a + eps) / (s + eps))", "(a / (s + eps))", "eps stands above the line, too."),
        ),
        hints=("The loop of step 2, without x.", "A step is -rate g; its square needs no sign."),
    ),
    Step(
        minutes=15,
        statement="""
            The rule as an optimiser of torch. Each of self.param_groups has "params", "lr", "rho" and "eps". Here lr,
            which is 1 in the paper, multiplies the step at last: x <- x + lr dx; a keeps counting dx without lr. A
            parameter without a gradient is left alone; its means are kept in self.state[p]. Gradients stay as they are.
            """,
        answer=Adadelta,
        cases=lambda generator: trainings(generator, [
            {"eps": eps, "rho": rho} for eps, rho in ((1e-2, 0.9), (1e-4, 0.6), (1e-6, 0.95), (1e-1, 0.8))
        ]),
        use=used,
        gradients=False,
        returns=("parameter 1", "parameter 2", "parameter 3", "the gradients"),
        mistakes=(
            *OPTIMISER,
            mistake("eps-of-the-first-group", 'rho, eps = group["rho"], group["eps"]',
                    'rho, eps = group["rho"], self.param_groups[0]["eps"]', "Every group has an eps of its own."),
            mistake("no-rate", 'p -= group["lr"] * d', "p -= d", "lr multiplies the step."),
            mistake("rate-remembered", "(1 - rho) * d**2", '(1 - rho) * (group["lr"] * d) ** 2',
                    "a counts the steps without lr."),
            mistake("eps-outside-roots", '(state["a"] + eps).sqrt() / (state["s"] + eps).sqrt()',
                    '(state["a"].sqrt() + eps) / (state["s"].sqrt() + eps)', "eps is inside both roots."),
            mistake("step-in-its-own-mean", 'p -= group["lr"] * d',
                    'p -= group["lr"] * (state["a"] + eps).sqrt() / (state["s"] + eps).sqrt() * p.grad',
                    "RMS[dx] is that of the steps before: a changes after it has been used."),
            mistake("steps-forgotten", 'state["a"] = rho * state["a"] +', 'state["a"] =',
                    "a is a running mean: carry it on."),
            mistake("missing-is-zero", "if p.grad is None:\n                    continue\n",
                    "if p.grad is None:\n                    p.grad = torch.zeros_like(p)\n",
                    "A parameter without a gradient is left alone: its means do not fade."),
            mistake("gradient-changed", ".sqrt() * p.grad\n", ".sqrt()\n                d = p.grad.mul_(d)\n",
                    "The gradients are changed: they belong to who computed them."),
            mistake("gradients-cleared", 'p -= group["lr"] * d', 'p -= group["lr"] * d\n                p.grad.zero_()',
                    "`step` leaves the gradients alone; clearing them is zero_grad's work."),
        ),
        hints=("`if not state:` sets both means up, at a parameter's first gradient.",
               "p -= ... changes a parameter in place."),
    ),
    Step(
        minutes=20,
        statement="""
            Section 4.1 in small: a network that classifies, trained in mini-batches without any learning rate to tune.
            Every layer but the last is h <- tanh(W h + b), with h = x at first; the last is W h + b, the logits.
            `weights` holds each layer's W (units, inputs), `biases` its b. In each epoch the examples come in their
            order, `batch` at a time (the last batch may be smaller). For every batch

                loss = mean of -log softmax(logits) at the right classes y

            and one step of your Adadelta (lr 1) with its gradient. Return the losses from before each step, and the
            logits of all examples at the end: (examples, classes).
            """,
        answer=learn,
        cases=examples,
        gradients=False,
        near=1e-8,  # rounding grows over the steps
        returns=("losses", "logits"),
        mistakes=(
            mistake("sum-of-examples", ".mean()", ".sum()", "The loss is a mean over the batch."),
            mistake("outputs-squashed", "return h @ weights[-1].T + biases[-1]",
                    "return torch.tanh(h @ weights[-1].T + biases[-1])", "The last layer is not squashed."),
            mistake("relu-units", "torch.tanh(", "torch.relu(", "The hidden units are tanh here."),
            mistake("hidden-not-squashed", "torch.tanh(", "(", "The hidden units are tanh."),
            mistake("softmax-over-examples", "log_softmax(logits(inputs), 1)", "log_softmax(logits(inputs), 0)",
                    "The probabilities of one example's classes add up to one: dimension 1."),
            mistake("gradients-add-up", "            rule.zero_grad()\n", "",
                    "The gradients of earlier batches are still there."),
            mistake("biases-stay", "[*weights, *biases]", "weights", "The biases learn, too."),
            mistake("new-rule-every-epoch", "    for _ in range(epochs):\n",
                    "    for _ in range(epochs):\n        rule = Adadelta([*weights, *biases], rho=rho, eps=eps)\n",
                    "The means go on from epoch to epoch: make one optimiser, before the loops."),
            mistake("default-options", "rho=rho, eps=eps)", ")", "rho and eps are not passed on."),
            mistake("last-batch-left-out", "zip(x.split(batch), y.split(batch), strict=True)",
                    "[pair for pair in zip(x.split(batch), y.split(batch), strict=True) if len(pair[0]) == batch]",
                    "The last batch counts, even if it is smaller."),
            mistake("loss-after-step", "losses.append(loss.detach())",
                    "losses.append(-torch.log_softmax(logits(inputs), 1).gather(1, labels[:, None]).mean().detach())",
                    "Keep the loss from before the step."),
            mistake("one-batch", "zip(x.split(batch), y.split(batch), strict=True)", "[(x, y)]",
                    "The examples come `batch` at a time, and each batch has its step."),
            mistake("probability-for-log", "torch.log_softmax(", "torch.softmax(",
                    "The loss is -log of the probability."),
            mistake("one-epoch", "in range(epochs)", "in range(1)", "There are several epochs."),
        ),
        hints=("x.split(batch) gives the batches.",
               "clone().requires_grad_() of every weight and bias, then backward()."),
    ),
))  # fmt: skip
