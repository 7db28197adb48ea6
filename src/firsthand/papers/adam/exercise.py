"""Rebuild Adam: from two running means to an optimiser that trains a logistic regression."""

from collections.abc import Iterator
from math import sqrt
from typing import Any

import torch
from torch import Generator, Tensor

from firsthand.papers.adam.answers import Adam, adam, adamax, adamw, corrected, means, regression
from firsthand.papers.cases import numbers, trainings, used
from firsthand.papers.exercise import Case, Exercise, Identity, Mistake, Step, mistake
from firsthand.papers.mistakes import OPTIMISER

BETAS = ((0.9, 0.999), (0.5, 0.9), (0.0, 0.99), (0.8, 0.6))


def averages(generator: Generator) -> Iterator[Case]:
    """m, v and a gradient."""
    for n, betas in zip((1, 2, 5, 5), BETAS, strict=True):
        m, g = numbers(generator, n), numbers(generator, n)
        yield Case(f"{n} numbers, betas {betas}", {"m": m, "v": numbers(generator, n) ** 2, "g": g, "betas": betas})


def starts(generator: Generator) -> Iterator[Case]:
    """m and v after t steps."""
    for n, t, betas in zip((1, 2, 3, 5), (1, 2, 7, 100), BETAS, strict=True):
        inputs = {"m": numbers(generator, n), "v": numbers(generator, n) ** 2, "t": t, "betas": betas}
        yield Case(f"{n} numbers, t = {t}, betas {betas}", inputs)


def paths(generator: Generator, decay: bool = False) -> Iterator[Case]:
    """First weights, and a gradient for each of 1 to 30 steps."""
    for n, steps, eps, betas in zip((1, 1, 3, 6), (1, 2, 5, 30), (1e-8, 1e-2, 1e-8, 1e-3), BETAS, strict=True):
        inputs: dict[str, Any] = {"w": torch.randn(n, generator=generator, dtype=torch.float64)}
        slopes = numbers(generator, steps, n)
        inputs |= {"slopes": slopes, "lr": 0.1 / n, "betas": betas, "eps": eps} | ({"decay": 0.5} if decay else {})
        yield Case(f"{n} weights, {steps} steps, betas {betas}, eps {eps:g}", inputs)


def plain_paths(generator: Generator) -> Iterator[Case]:
    """The same with gradients of ordinary size, so that the largest so far falls and rises again."""
    for case in paths(generator):
        slopes = torch.randn(case.inputs["slopes"].shape, generator=generator, dtype=torch.float64)
        yield Case(case.words, {**case.inputs, "slopes": slopes})


def examples(generator: Generator) -> Iterator[Case]:
    """Points of several classes."""
    for n, inputs, classes, steps in ((1, 1, 2, 1), (2, 1, 2, 2), (4, 3, 3, 5), (30, 4, 3, 200)):
        x = torch.randn(n, inputs, generator=generator, dtype=torch.float64)
        y = torch.randint(classes, (n,), generator=generator)
        words = f"{n} examples, {inputs} inputs, {classes} classes, {steps} steps"
        yield Case(words, {"x": x, "y": y, "classes": classes, "steps": steps, "lr": 0.05})


def first_step(answer: Any, generator: Generator) -> Tensor:
    """How far the first step is from lr in the direction of the gradient's sign."""
    slopes = numbers(generator, 1, 5)
    return answer(torch.zeros(5, dtype=torch.float64), slopes, 0.1, (0.9, 0.999), 0.0)[0] + 0.1 * slopes[0].sign()


def scale(answer: Any, generator: Generator) -> Tensor:
    """How far the path for gradients a thousand times as large is from the path, with eps = 0."""
    w, slopes = torch.zeros(4, dtype=torch.float64), numbers(generator, 8, 4)
    paths = [answer(w, factor * slopes, 0.1, (0.9, 0.999), 0.0) for factor in (1.0, 1000.0)]
    return paths[1] - paths[0]


def longest(answer: Any, generator: Generator) -> float:
    """What the step after a hundred gradients of zero is longer than lr (1 - b1) / sqrt(1 - b2), section 2.1."""
    slopes = torch.zeros(5000, 1, dtype=torch.float64)
    slopes[-1] = 3.0
    path = answer(torch.zeros(1, dtype=torch.float64), slopes, 1.0, (0.9, 0.999), 1e-12)
    return abs(float((path[-1] - path[-2]).abs()) / (0.1 / sqrt(0.001) / sqrt(1 / (1 - 0.999**5000))) - 1)


def bound(answer: Any, generator: Generator) -> float:
    """What a step of AdaMax is longer than lr, section 7.1."""
    slopes = torch.randn(40, 6, generator=generator, dtype=torch.float64)
    path = answer(torch.zeros(6, dtype=torch.float64), slopes, 1.0, (0.9, 0.999), 0.0)
    return max(0.0, float((path[1:] - path[:-1]).abs().max()) - 1 - 1e-12)


def shrinking(answer: Any, generator: Generator) -> Tensor:
    """How far weights without gradients are from w (1 - lr decay)^t."""
    w = torch.randn(3, generator=generator, dtype=torch.float64)
    path = answer(w, torch.zeros(6, 3, dtype=torch.float64), 0.1, (0.9, 0.999), 1e-8, 0.5)
    return path - w * 0.95 ** torch.arange(1, 7, dtype=torch.float64)[:, None]


def learned(answer: Any, generator: Generator) -> float:
    """What the loss after 200 steps is above half of the first one, on points that a line parts."""
    x = torch.randn(40, 2, generator=generator, dtype=torch.float64)
    losses = answer(x, (x[:, 0] > x[:, 1]).long(), 2, 200, 0.05)[0]
    return max(0.0, float(losses[-1] - losses[0] / 2))


EXERCISE = Exercise(steps=(
    Step(
        minutes=10,
        statement="""
            Adam keeps two running means for every weight, of its gradient g and of the gradient's square:

                m <- b1 m + (1 - b1) g
                v <- b2 v + (1 - b2) g^2

            betas is (b1, b2). Change nothing in place: return new tensors.
            """,
        answer=means,
        cases=averages,
        returns=("m", "v"),
        mistakes=(
            mistake("momentum-undamped", "beta1 * m + (1 - beta1) * g", "beta1 * m + g",
                    "m is a mean: the new gradient counts (1 - b1)."),
            mistake("squares-undamped", "beta2 * v + (1 - beta2) * g**2", "beta2 * v + g**2",
                    "v is a mean: the new square counts (1 - b2)."),
            mistake("betas-swapped", "beta1, beta2 = betas", "beta2, beta1 = betas", "b1 is for m, b2 for v."),
            mistake("no-square", "g**2", "g.abs()", "v is the mean of g^2."),
            mistake("square-of-mean", "(1 - beta2) * g**2", "(1 - beta2) * (beta1 * m + (1 - beta1) * g)**2",
                    "v is the mean of the gradient's square, not of m's."),
            mistake("weights-turned", "beta1 * m + (1 - beta1) * g", "(1 - beta1) * m + beta1 * g",
                    "b1 is what is kept of m, 1 - b1 is the share of the new gradient."),
            mistake("square-weights-turned", "beta2 * v + (1 - beta2) * g**2", "(1 - beta2) * v + beta2 * g**2",
                    "b2 is what is kept of v, 1 - b2 is the share of the new square."),
            mistake("one-beta", "beta2 * v + (1 - beta2) * g**2", "beta1 * v + (1 - beta1) * g**2",
                    "v has a beta of its own, the second."),
            mistake("weight-squared", "(1 - beta2) * g**2", "((1 - beta2) * g)**2", "Only the gradient is squared."),
        ),
        hints=("Unpack the betas first: beta1, beta2 = betas.", "(1 - beta) is the share of what is new."),
    ),
    Step(
        minutes=10,
        statement="""
            Both means start at zero and are too small at first. After t steps, of which the first is t = 1,

                m^ = m / (1 - b1^t)
                v^ = v / (1 - b2^t)
            """,
        answer=corrected,
        cases=starts,
        returns=("m^", "v^"),
        mistakes=(
            mistake("only-m-corrected", "v / (1 - beta2**t)", "v", "v starts at zero, too."),
            mistake("only-v-corrected", "m / (1 - beta1**t)", "m", "m starts at zero, too."),
            mistake("t-late", "beta1, beta2 = betas", "(beta1, beta2), t = betas, t + 1", "t is 1 at the first step."),
            mistake("no-power", "m / (1 - beta1**t), v / (1 - beta2**t)", "m / (1 - beta1), v / (1 - beta2)",
                    "The beta is raised to the power t: the correction fades."),
            mistake("times-t", "m / (1 - beta1**t), v / (1 - beta2**t)", "m / (1 - beta1 * t), v / (1 - beta2 * t)",
                    "b^t is a power, not a product."),
            mistake("multiplied", "m / (1 - beta1**t), v / (1 - beta2**t)", "m * (1 - beta1**t), v * (1 - beta2**t)",
                    "Both are too small: divide."),
            mistake("one-beta", "v / (1 - beta2**t)", "v / (1 - beta1**t)", "v is corrected by its own beta."),
            mistake("betas-swapped", "beta1, beta2 = betas", "beta2, beta1 = betas", "b1 is for m, b2 for v."),
            mistake("root-of-correction", "v / (1 - beta2**t)", "v / (1 - beta2**t) ** 0.5",
                    "The root is taken later, in the step; here v is divided by 1 - b2^t."),
        ),
        hints=("Python's power is **.", "With t = 1 and m = (1 - b1) g, m^ is g."),
    ),
    Step(
        minutes=15,
        statement="""
            The rule for one tensor, from m = 0 and v = 0. slopes[0] is the gradient of step t = 1, and so on:

                w <- w - lr m^ / (sqrt(v^) + eps)

            Return the weights after each step, stacked: (steps, n).
            """,
        answer=adam,
        cases=paths,
        gradients=False,
        returns=("weights",),
        identities=(
            Identity("the first step is lr in the direction of the gradient's sign", first_step),
            Identity("gradients a thousand times as large change nothing with eps = 0", scale),
            Identity("the longest step is lr (1 - b1) / sqrt(1 - b2), section 2.1", longest),
        ),
        mistakes=(
            mistake("no-correction", "m_hat, v_hat = corrected(m, v, t, betas)", "m_hat, v_hat = m, v",
                    "The means are not corrected for their start at zero."),
            mistake("eps-inside-root", "(v_hat.sqrt() + eps)", "(v_hat + eps).sqrt()", "eps is added to the root."),
            mistake("eps-hat-constant", "v_hat.sqrt() + eps", "v_hat.sqrt() + eps / (1 - betas[1]**t) ** 0.5",
                    "The short form of section 2 has another eps in every step: there eps^ = eps sqrt(1 - b2^t)."),
            mistake("no-root", "(v_hat.sqrt() + eps)", "(v_hat + eps)", "Divide by the root of v^."),
            mistake("no-eps", "(v_hat.sqrt() + eps)", "v_hat.sqrt()", "eps is missing."),
            mistake("t-from-zero", "enumerate(slopes, start=1)", "enumerate(slopes, start=2)",
                    "t is 1 at the first step."),
            Mistake("corrected-in-place", (("m_hat, v_hat = corrected(m, v, t, betas)",
                                            "m, v = m_hat, v_hat = corrected(m, v, t, betas)"),),
                    "The corrected means are for this step only: m and v go on as they were."),
            mistake("upwards", "w - lr * m_hat", "w + lr * m_hat", "The step goes against the gradient."),
            mistake("gradient-for-mean", "lr * m_hat /", "lr * g /", "The step goes along m^, not along the gradient."),
            mistake("m-not-corrected", "lr * m_hat /", "lr * m /", "m is not corrected: use m^."),
            mistake("v-not-corrected", "v_hat.sqrt()", "v.sqrt()", "v is not corrected: use v^."),
            mistake("means-forgotten", "m, v = means(m, v, g, betas)",
                    "m, v = means(torch.zeros_like(w), torch.zeros_like(w), g, betas)",
                    "m and v start anew at every step: carry them on."),
            mistake("eps-everywhere", "lr * m_hat / (v_hat.sqrt() + eps)", "lr * (m_hat / v_hat.sqrt() + eps)",
                    "eps stands below the line, beside the root."),
        ),
        hints=("enumerate(slopes, start=1) gives t and the gradient.", "Correct copies: m and v go on uncorrected."),
    ),
    Step(
        minutes=15,
        statement="""
            AdaMax (section 7.1) divides by the largest gradient in memory instead of the root of the mean square:

                m <- b1 m + (1 - b1) g
                u <- max(b2 u, |g| + eps)
                w <- w - lr / (1 - b1^t) m / u

            u needs no correction.
            """,
        answer=adamax,
        cases=plain_paths,
        gradients=False,
        returns=("weights",),
        identities=(Identity("no step is longer than lr, section 7.1", bound),),
        mistakes=(
            mistake("u-corrected", "m / u", "m / (u / (1 - beta2**t))", "u needs no correction."),
            mistake("m-not-corrected", "lr / (1 - beta1**t) * m", "lr * m", "m is corrected as in Adam."),
            mistake("u-never-fades", "torch.maximum(beta2 * u,", "torch.maximum(u,", "The largest fades: b2 u."),
            mistake("u-is-mean", "torch.maximum(beta2 * u, g.abs() + eps)", "beta2 * u + (1 - beta2) * g.abs() + eps",
                    "u is the larger of two numbers, not their mean."),
            mistake("sign-kept", "g.abs() + eps", "g + eps", "The size of the gradient counts: |g|."),
            mistake("squares", "g.abs() + eps", "g**2 + eps", "AdaMax has no squares: |g|."),
            mistake("eps-left-out", "g.abs() + eps", "g.abs()", "eps is missing."),
            mistake("root", "m / u", "m / u.sqrt()", "There is no root: u is a size, not a square."),
            mistake("largest-of-all", "torch.maximum(beta2 * u, g.abs() + eps)",
                    "torch.maximum(beta2 * u, g.abs().max() + eps)", "Every weight has a u of its own."),
            mistake("momentum-undamped", "(1 - beta1) * g", "g", "m is a mean: the new gradient counts (1 - b1)."),
        ),
        hints=("torch.maximum compares element by element.", "Only m is corrected."),
    ),
    Step(
        minutes=10,
        statement="""
            AdamW (Loshchilov & Hutter 2019) shrinks the weights beside Adam's step, not through the gradient:

                w <- w - lr decay w - lr m^ / (sqrt(v^) + eps)

            Both parts see the same w, that of before the step.
            """,
        answer=adamw,
        cases=lambda generator: paths(generator, decay=True),
        gradients=False,
        returns=("weights",),
        identities=(Identity("without gradients w shrinks by (1 - lr decay) a step", shrinking),),
        mistakes=(
            Mistake("decay-in-gradient", (("m, v = means(m, v, g, betas)", "m, v = means(m, v, g + decay * w, betas)"),
                                          ("w - lr * decay * w - lr", "w - lr")),
                    "That is Adam with L2: the decay stays out of the gradient."),
            mistake("decay-without-rate", "w - lr * decay * w", "w - decay * w", "The decay is multiplied by lr, too."),
            mistake("no-decay", "w - lr * decay * w - lr", "w - lr", "The weights do not shrink."),
            mistake("grows", "w - lr * decay * w", "w + lr * decay * w", "The weights grow: the decay is taken away."),
            Mistake("decay-after-step", (("w = w - lr * decay * w - lr * m_hat / (v_hat.sqrt() + eps)",
                                          "w = (w - lr * m_hat / (v_hat.sqrt() + eps)) * (1 - lr * decay)"),),
                    "The decay sees the weights from before the step."),
            mistake("decay-scaled", "w - lr * decay * w - lr * m_hat / (v_hat.sqrt() + eps)",
                    "w - lr * (m_hat + decay * w) / (v_hat.sqrt() + eps)",
                    "The decay is not divided by the root of v^."),
            mistake("constant-pull", "w - lr * decay * w", "w - lr * decay * w.sign()",
                    "The decay is in proportion to the weight."),
            mistake("decay-corrected", "w - lr * decay * w", "w - lr * decay * w / (1 - betas[0]**t)",
                    "Nothing about the decay needs correction."),
        ),
        hints=("It is step 3 with one more term.", "The term is -lr * decay * w, with the old w."),
    ),
    Step(
        minutes=20,
        statement="""
            The rule as an optimiser of torch. `step` goes through self.param_groups; each group has "params", "lr",
            "betas" and "eps". A parameter without a gradient is left alone and its t does not move. What belongs to
            a parameter, its own t too, is kept in self.state[p], so that state_dict() and load_state_dict() save it.
            The gradients stay as they are.
            """,
        answer=Adam,
        cases=lambda generator: trainings(generator, [{"betas": betas} for betas in BETAS]),
        use=used,
        gradients=False,
        returns=("parameter 1", "parameter 2", "parameter 3", "the gradients"),
        mistakes=(
            *OPTIMISER,
            mistake("shared-t", 'state["t"] += 1\n',
                    'state["t"] = self.clock = getattr(self, "clock", 0) + (p is group["params"][0])\n',
                    "Every parameter counts its own steps: without a gradient its t stands still."),
            mistake("t-of-all", 'state["t"] += 1\n',
                    'state["t"] = max(s["t"] for s in self.state.values() if s) + (p is group["params"][0])\n',
                    "Every parameter counts its own steps: without a gradient its t stands still."),
            mistake("missing-is-zero", "if p.grad is None:\n                    continue\n",
                    "if p.grad is None:\n                    p.grad = torch.zeros_like(p)\n",
                    "A parameter without a gradient is left alone; a gradient of zero is not the same."),
            mistake("eps-of-the-first-group", '+ group["eps"]', '+ self.param_groups[0]["eps"]',
                    "Every group has an eps of its own."),
            mistake("no-correction", 'm_hat, v_hat = corrected(state["m"], state["v"], state["t"], group["betas"])',
                    'm_hat, v_hat = state["m"], state["v"]',
                    "The means are not corrected for their start at zero."),
            mistake("corrected-in-place", 'm_hat, v_hat = corrected(',
                    'state["m"], state["v"] = m_hat, v_hat = corrected(',
                    "The corrected means are for this step only: m and v go on as they were."),
            mistake("gradient-changed", 'state["m"], state["v"] = means(',
                    'p.grad *= group["lr"]\n                state["m"], state["v"] = means(',
                    "The gradients are changed: they belong to who computed them."),
            mistake("gradients-cleared", '(v_hat.sqrt() + group["eps"])',
                    '(v_hat.sqrt() + group["eps"])\n                p.grad.zero_()',
                    "`step` leaves the gradients alone; clearing them is zero_grad's work."),
            mistake("t-late", 'state["t"], group["betas"])', 'state["t"] + 1, group["betas"])',
                    "t is 1 at the first step."),
        ),
        hints=("`if not state:` sets t, m and v up, at a parameter's first gradient.",
               "Take lr, betas and eps from the group, not from self.", "p -= ... changes a parameter in place."),
    ),
    Step(
        minutes=15,
        statement="""
            Use it: a logistic regression of section 6.1, weights and biases from zero, all examples at every step.
            The loss is the mean of -log softmax(W x + b) at the right class. Make it the gradient of both, let your
            Adam step with this lr, and keep each loss from before its step. W and b are of the type of x.
            """,
        answer=regression,
        cases=examples,
        near=1e-6,  # rounding grows over 200 steps
        gradients=False,
        returns=("losses", "weights", "biases"),
        identities=(Identity("200 steps halve the loss on points that a line parts", learned),),
        mistakes=(
            mistake("sum-of-examples", ".mean()", ".sum()", "The loss is a mean over examples."),
            mistake("loss-after-step", "losses.append(loss.detach())",
                    "losses.append(-torch.log_softmax(x @ weight.T + bias, 1).gather(1, y[:, None]).mean().detach())",
                    "Keep the loss from before the step."),
            mistake("bias-stays-zero", "Adam([weight, bias], lr=lr)", "Adam([weight], lr=lr)",
                    "The biases stay at zero: add them to the logits, and let the optimiser know them."),
            mistake("one-bias-for-all", "x @ weight.T + bias", "x @ weight.T + bias[0]",
                    "Every class has a bias of its own."),
            mistake("softmax-over-examples", "log_softmax(logits, 1)", "log_softmax(logits, 0)",
                    "The probabilities of one example's classes add up to one: dimension 1."),
            Mistake("gradients-add-up",
                    (("weight.grad, bias.grad = torch.autograd.grad(loss, [weight, bias])\n", "loss.backward()\n"),),
                    "The gradients of earlier steps are still there: set them to None before each backward."),
            mistake("new-rule-every-step", "        rule.step()\n", "        Adam([weight, bias], lr=lr).step()\n",
                    "A new optimiser at every step forgets its means: make one, before the loop."),
            mistake("default-rate", "Adam([weight, bias], lr=lr)", "Adam([weight, bias])", "lr is not passed on."),
            mistake("probability-for-log", "-torch.log_softmax(logits, 1)", "-torch.softmax(logits, 1)",
                    "The loss is -log of the probability."),
        ),
        hints=("log_softmax along dimension 1, then gather the right classes.",
               "Either autograd.grad into .grad, or set .grad to None and call backward."),
    ),
))  # fmt: skip
