"""Rebuild AdaGrad: the diagonal rule, the one with the full matrix, a classifier of sparse features, an optimiser."""

from collections.abc import Iterator
from math import sqrt
from typing import Any

import torch
from torch import Generator, Tensor

from firsthand.papers.adagrad.answers import Adagrad, adagrad, full, hinge
from firsthand.papers.cases import numbers, trainings, used
from firsthand.papers.exercise import Case, Exercise, Identity, Mistake, Step, mistake
from firsthand.papers.mistakes import OPTIMISER


def paths(generator: Generator) -> Iterator[Case]:
    """First weights, and a gradient for each of 1 to 20 steps; some are zero."""
    for n, steps, eps in ((1, 1, 1e-10), (1, 2, 1e-2), (3, 4, 1e-6), (5, 20, 1e-3)):
        slopes = numbers(generator, steps, n)
        slopes[1:, 0] *= torch.rand(steps - 1, generator=generator) > 0.3
        slopes[0] = torch.randn(n, generator=generator, dtype=torch.float64)
        w = torch.randn(n, generator=generator, dtype=torch.float64)
        yield Case(f"{n} weights, {steps} steps, eps {eps:g}", {"w": w, "slopes": slopes, "lr": 0.1, "eps": eps})


def turned(generator: Generator) -> Iterator[Case]:
    """The same with gradients of ordinary size and an eps that keeps the roots from zero."""
    for n, steps in ((1, 1), (2, 1), (2, 5), (4, 9)):
        slopes = torch.randn(steps, n, generator=generator, dtype=torch.float64)
        w = torch.randn(n, generator=generator, dtype=torch.float64)
        yield Case(f"{n} weights, {steps} steps", {"w": w, "slopes": slopes, "lr": 0.1, "eps": 0.5})


def sparse(generator: Generator) -> Iterator[Case]:
    """Examples of which most features are absent, and their labels, 1 or -1."""
    for features, steps in ((1, 1), (2, 3), (4, 12), (8, 40)):
        rows = (torch.rand(steps, features, generator=generator) < 0.4).double()
        rows[0] = 1.0
        labels = torch.randint(2, (steps,), generator=generator).double() * 2 - 1
        weight = 0.3 * torch.randn(features, generator=generator, dtype=torch.float64)
        words = f"{features} features, {steps} examples"
        yield Case(words, {"weight": weight, "rows": rows, "labels": labels, "lr": 0.5})


def slowing(answer: Any, generator: Generator) -> Tensor:
    """How far step t under a gradient that stays is from lr / sqrt(t)."""
    path = answer(torch.zeros(1, dtype=torch.float64), torch.full((30, 1), 4.0, dtype=torch.float64), 1.0, 0.0)
    steps = torch.cat([path[:1], path[1:] - path[:-1]])
    return steps[:, 0] + torch.arange(1, 31, dtype=torch.float64) ** -0.5


def rotated(answer: Any, generator: Generator) -> Tensor:
    """How far the path in turned coordinates, turned back, is from the path: the full matrix has no axes."""
    slopes = torch.randn(6, 3, generator=generator, dtype=torch.float64)
    turn = torch.linalg.qr(torch.randn(3, 3, generator=generator, dtype=torch.float64))[0]
    w = torch.zeros(3, dtype=torch.float64)
    return answer(w, slopes @ turn.T, 0.1, 0.5) @ turn - answer(w, slopes, 0.1, 0.5)


def waiting(answer: Any, generator: Generator) -> float:
    """How far the first step of a feature that appears late is from lr, as if it had come first."""
    rows = torch.zeros(50, 2, dtype=torch.float64)
    rows[:49, 0], rows[49, 1] = 1.0, 1.0
    _, weight = answer(torch.zeros(2, dtype=torch.float64), rows, torch.ones(50, dtype=torch.float64), 0.5)
    return abs(float(weight[1]) - 0.5) * sqrt(0.25)


EXERCISE = Exercise(steps=(
    Step(
        minutes=15,
        statement="""
            Every weight has a sum of the squares of all its gradients so far, from 0, the present one included:

                s <- s + g^2
                w <- w - lr g / (sqrt(s) + eps)

            Return the weights after each step, stacked: (steps, n).
            """,
        answer=adagrad,
        cases=paths,
        gradients=False,
        returns=("weights",),
        identities=(Identity("under a gradient that stays, step t is lr / sqrt(t)", slowing),),
        mistakes=(
            mistake("eps-inside-root", "(total.sqrt() + eps)", "(total + eps).sqrt()", "eps is added to the root."),
            mistake("no-root", "(total.sqrt() + eps)", "(total + eps)", "Divide by the root of the sum."),
            mistake("no-eps", "(total.sqrt() + eps)", "total.sqrt()", "eps is missing."),
            mistake("mean-for-sum", "total = total + g**2", "total = 0.9 * total + 0.1 * g**2",
                    "AdaGrad sums up: a running mean is RMSprop."),
            mistake("only-last", "total = total + g**2", "total = g**2",
                    "All gradients so far count, not only the last."),
            Mistake("sum-of-before", (("total = total + g**2\n", "before, total = total, total + g**2\n"),
                                      ("(total.sqrt() + eps)", "(before.sqrt() + eps)")),
                    "The present gradient is in the sum before the step."),
            mistake("sizes-summed", "total + g**2", "total + g.abs()", "The squares are summed."),
            mistake("upwards", "w - lr * g", "w + lr * g", "The step goes against the gradient."),
            mistake("one-sum-for-all", "total + g**2", "total + (g**2).sum()", "Every weight has a sum of its own."),
            mistake("sum-squared", "total = total + g**2", "total = (total.sqrt() + g) ** 2",
                    "Squares are summed; a sum is not squared."),
        ),
        hints=("Start the sum at zero, like w in shape.", "Update the sum first, then step."),
    ),
    Step(
        minutes=20,
        statement="""
            The diagonal rule is a cheap form of the one with the full matrix of outer products:

                G <- G + g g^T
                w <- w - lr (G^(1/2) + eps I)^-1 g

            G^(1/2) is the symmetric root: with G = V diag(d) V^T it is V diag(sqrt(d)) V^T (torch.linalg.eigh).
            """,
        answer=full,
        cases=turned,
        gradients=False,
        near=1e-8,  # of eigenvalues near zero the roots are less exact
        returns=("weights",),
        identities=(Identity("in turned coordinates it takes the same path", rotated),),
        mistakes=(
            mistake("diagonal-only", "torch.outer(g, g)", "torch.diag(g**2)",
                    "That is the diagonal rule: all products g_i g_j."),
            mistake("no-root", "values.clamp(min=0).sqrt() + eps", "values.clamp(min=0) + eps", "Take the root of G."),
            mistake("root-of-elements", "values, vectors = torch.linalg.eigh(total)",
                    "values, vectors = torch.linalg.eigh(total.abs().sqrt() * total.sign())",
                    "The root of a matrix is not the root of its elements."),
            mistake("not-turned-back", "vectors @ (vectors.T @ g / roots)", "(vectors.T @ g / roots)",
                    "Turn back into the weights' coordinates: V times what stands there."),
            mistake("turned-the-wrong-way", "vectors @ (vectors.T @ g / roots)", "vectors.T @ (vectors @ g / roots)",
                    "Eigenvectors are the columns of V: V^T g first."),
            mistake("eps-inside-root", "values.clamp(min=0).sqrt() + eps", "(values.clamp(min=0) + eps).sqrt()",
                    "eps is added to the root."),
            mistake("only-last", "total = total + torch.outer(g, g)", "total = torch.outer(g, g)",
                    "All gradients so far count."),
            mistake("multiplied", "g / roots", "g * roots", "The root is inverted: divide."),
        ),
        hints=("torch.outer(g, g) is g g^T.", "V ((V^T g) / (sqrt(d) + eps)): no inverse of a matrix is needed."),
    ),
    Step(
        minutes=15,
        statement="""
            What it is for: a classifier whose features are mostly absent. One example a step, x and y (1 or -1):

                loss = max(0, 1 - y w . x)
                g    = -y x where the loss is above 0, else 0

            and one step of the diagonal rule (eps 1e-10). Return each loss before its step, and the last weights.
            A feature that appears late still takes its first step whole.
            """,
        answer=hinge,
        cases=sparse,
        gradients=False,
        returns=("losses", "weights"),
        identities=(Identity("a feature that appears last moves by lr", waiting),),
        mistakes=(
            mistake("gradient-of-right-ones", " * (loss > 0)", "", "An example whose loss is 0 has no gradient."),
            mistake("no-margin", "(1 - y * (weight @ x))", "(-y * (weight @ x))", "The margin is 1."),
            mistake("label-left-out", "g = -y * x * (loss > 0)", "g = -x * (loss > 0)",
                    "The gradient has the label's sign."),
            Mistake("loss-after-step", (("        losses.append(loss)\n", ""), (" 1e-10)\n", " 1e-10)\n        "
                    "losses.append((1 - y * (weight @ x)).clamp(min=0))\n")), "Keep the loss from before the step."),
            mistake("not-cut-off", ".clamp(min=0)", "", "The loss is never below 0."),
            mistake("squared-hinge", ".clamp(min=0)", ".clamp(min=0) ** 2",
                    "The loss is the margin's lack, not its square."),
            mistake("one-sum-for-all", "total + g**2", "total + (g**2).sum()", "Every feature has a sum of its own."),
            mistake("weighted-by-loss", " * (loss > 0)", " * loss", "The gradient's size does not depend on the loss."),
        ),
        hints=("(loss > 0) is a tensor that can be multiplied with.", "The rule is that of step 1."),
    ),
    Step(
        minutes=15,
        statement="""
            The diagonal rule as an optimiser of torch. Each of self.param_groups has "params", "lr" and "eps"; a
            parameter without a gradient is left alone; its sum is kept in self.state[p]. Gradients stay as they are.
            """,
        answer=Adagrad,
        cases=lambda generator: trainings(generator, [{"eps": eps} for eps in (1e-10, 1e-2, 1e-6, 1e-3)]),
        use=used,
        gradients=False,
        returns=("parameter 1", "parameter 2", "parameter 3", "the gradients"),
        mistakes=(
            *OPTIMISER,
            mistake("eps-of-the-first-group", '+ group["eps"]', '+ self.param_groups[0]["eps"]',
                    "Every group has an eps of its own."),
            mistake("eps-inside-root", '(state["sum"].sqrt() + group["eps"])', '(state["sum"] + group["eps"]).sqrt()',
                    "eps is added to the root."),
            mistake("sum-forgotten", 'state["sum"] = state["sum"] + p.grad**2', 'state["sum"] = p.grad**2',
                    "All gradients so far count."),
            mistake("gradient-scaled", 'p -= group["lr"] * p.grad /', 'p -= p.grad.mul_(group["lr"]) /',
                    "The gradients are changed: they belong to who computed them."),
            mistake("gradients-cleared", '+ group["eps"])', '+ group["eps"])\n                p.grad.zero_()',
                    "`step` leaves the gradients alone; clearing them is zero_grad's work."),
        ),
        hints=("`if not state:` sets the sum up, at a parameter's first gradient.",
               "p -= ... changes a parameter in place."),
    ),
))  # fmt: skip
