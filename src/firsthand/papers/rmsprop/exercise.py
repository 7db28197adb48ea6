"""Rebuild RMSprop: the rule of signs before it, the rule itself, the centred one with momentum, an optimiser."""

from collections.abc import Iterator
from math import sqrt
from typing import Any

import torch
from torch import Generator, Tensor

from firsthand.papers.cases import drawn, numbers, trainings, used
from firsthand.papers.exercise import Case, Exercise, Identity, Mistake, Step, mistake
from firsthand.papers.mistakes import OPTIMISER
from firsthand.papers.rmsprop.answers import RMSprop, graves, rmsprop, rprop

SLIDE = torch.tensor([[0.1]] * 9 + [[-0.9]], dtype=torch.float64)  # the gradients of the lecture's example


def signs(generator: Generator) -> Iterator[Case]:
    """Gradients that keep their sign in one weight, turn it in another and are zero now and then in a third."""
    for n, steps, size in ((1, 1, 0.1), (1, 3, 0.3), (3, 8, 30.0), (4, 8, 4e-6), (5, 20, 0.1)):
        inputs = {"w": torch.randn(n, generator=generator, dtype=torch.float64)}
        slopes = torch.randn(steps, n, generator=generator, dtype=torch.float64)
        if n > 1:
            slopes[:, 0] = slopes[:, 0].abs()
            slopes[:, 1] = slopes[:, 1].abs() * (-1) ** torch.arange(steps)
            slopes[2::3, 2] = 0.0
        yield Case(f"{n} weights, {steps} steps, size {size:g}", inputs | {"slopes": slopes, "size": size})


def paths(generator: Generator, momentum: bool = False) -> Iterator[Case]:
    """First weights, and a gradient for each of 1 to 25 steps."""
    sizes = ((1, 1, 0.9, 1e-2), (1, 2, 0.6, 1e-1), (3, 5, 0.99, 1e-4), (6, 25, 0.9, 1e-3))
    for (n, steps, alpha, eps), mu in zip(sizes, (0.9, 0.6, 0.3, 0.8), strict=True):
        slopes = numbers(generator, steps, n)
        slopes[0] = torch.randn(n, generator=generator, dtype=torch.float64)
        inputs: dict[str, Any] = {"w": torch.randn(n, generator=generator, dtype=torch.float64), "slopes": slopes}
        inputs |= {"lr": 0.1 / n, "alpha": alpha, "eps": eps} | ({"momentum": mu} if momentum else {})
        words = f"{n} weights, {steps} steps, alpha {alpha}, eps {eps:g}"
        yield Case(words + (f", momentum {mu}" if momentum else ""), inputs)


def lessons(generator: Generator) -> Iterator[Case]:
    """Random gradients, and at last such as stay, so that rounding takes s - m^2 below 0; eps is far above its root."""
    yield from trainings(generator, [
        {"eps": 1e-8},
        {"eps": 1e-2, "alpha": 0.9, "momentum": 0.9},
        {"eps": 1e-4, "alpha": 0.8, "centered": True},
        {"eps": 1e-3, "alpha": 0.6, "momentum": 0.5, "centered": True},
    ])  # fmt: skip
    first = list(drawn(generator, one=(50,), two=(1, 3), three=()).values())
    stays = drawn(generator, one=(50,), two=(1, 3)).values()
    slopes = [[*stays, drawn(generator, three=())["three"]] for _ in range(50)]
    options = {"eps": 1e3, "alpha": 0.4, "centered": True}
    yield Case("50 steps, gradients that stay, centered True",
               {"first": first, "slopes": slopes, "options": options, "saved": 0})  # fmt: skip


def growing(answer: Any, generator: Generator) -> float:
    """How far ten steps under a gradient that stays are from the sum of 1.2^t."""
    path = answer(torch.zeros(1, dtype=torch.float64), torch.full((10, 1), 3.0, dtype=torch.float64), 0.1)
    return float(path[-1, 0]) + 0.1 * (1.2**10 - 1) / 0.2


def first_step(answer: Any, generator: Generator) -> Tensor:
    """How far the first step is from lr / sqrt(1 - alpha) in the direction of the gradient's sign."""
    slopes = numbers(generator, 1, 5)
    return answer(torch.zeros(5, dtype=torch.float64), slopes, 0.1, 0.9, 0.0)[0] + 0.1 / sqrt(0.1) * slopes[0].sign()


def scale(answer: Any, generator: Generator) -> Tensor:
    """How far the path for gradients a thousand times as large is from the path, with eps = 0."""
    w, slopes = torch.zeros(4, dtype=torch.float64), numbers(generator, 8, 4)
    paths = [answer(w, factor * slopes, 0.1, 0.9, 0.0) for factor in (1.0, 1000.0)]
    return paths[1] - paths[0]


def drift(answer: Any, generator: Generator) -> float:
    """What a weight drifts in a cycle of the lecture's example, in units of lr, beyond 0.7."""
    path = answer(torch.zeros(1, dtype=torch.float64), SLIDE.repeat(50, 1), 1.0, 0.9, 1e-8)
    return max(0.0, float((path[-1] - path[-11]).abs()) - 0.7)


def settled(answer: Any, generator: Generator) -> float:
    """How far the step under a gradient that stays is from lr g / sqrt(eps), its variance being gone."""
    path = answer(torch.zeros(1, dtype=torch.float64), torch.full((900, 1), 3.0, dtype=torch.float64),
                  0.01, 0.9, 0.25, 0.0)  # fmt: skip
    return float(path[-1] - path[-2]) + 0.01 * 3.0 / 0.5


EXERCISE = Exercise(steps=(
    Step(
        minutes=15,
        statement="""
            Where RMSprop comes from: rprop uses only the sign of a gradient. Every weight has a step size of its own,
            which is `size` at first and for the first step. At every later step, where the product of this gradient
            and the one before is

                above 0      size <- 1.2 size
                0 or below   size <- 0.5 size

            then size is kept from 1e-6 to 50 (the first `size` is used as it is given), and

                w <- w - size sign(g)                   sign(0) = 0

            slopes holds a gradient a step: (steps, n). Return the weights after each step, stacked: (steps, n).
            """,
        answer=rprop,
        cases=signs,
        gradients=False,
        returns=("weights",),
        identities=(Identity("under a gradient that stays, ten steps add up to 0.1 (1.2^10 - 1) / 0.2", growing),),
        mistakes=(
            mistake("no-limits", ".clamp(1e-6, 50)", "", "The sizes stay between 1e-6 and 50."),
            mistake("no-upper-limit", ".clamp(1e-6, 50)", ".clamp(min=1e-6)", "No size is above 50."),
            mistake("no-lower-limit", ".clamp(1e-6, 50)", ".clamp(max=50)", "No size is below 1e-6."),
            mistake("turned-round", "1.2 * sizes, 0.5 * sizes", "0.5 * sizes, 1.2 * sizes",
                    "A size grows where the sign stays, and shrinks where it turns."),
            mistake("gradient-for-sign", "g.sign()", "g", "Only the sign of the gradient counts, not its size."),
            mistake("upwards", "w - sizes", "w + sizes", "The step goes against the gradient."),
            mistake("one-size-for-all", "g * slopes[t - 1] > 0", "(g * slopes[t - 1]).sum() > 0",
                    "Every weight has a size of its own, by its own signs."),
            mistake("added", "1.2 * sizes,", "sizes + 0.05,", "A size is multiplied by 1.2; adding is an older rule."),
            mistake("size-of-before",
                    "            sizes = torch.where(g * slopes[t - 1] > 0, 1.2 * sizes, 0.5 * sizes).clamp(1e-6, 50)\n"
                    "        w = w - sizes * g.sign()\n",
                    "            w, sizes = w - sizes * g.sign(), "
                    "torch.where(g * slopes[t - 1] > 0, 1.2 * sizes, 0.5 * sizes).clamp(1e-6, 50)\n"
                    "        else:\n            w = w - sizes * g.sign()\n",
                    "The size changes first, then the weight steps with it."),
            mistake("zero-keeps-size", "0.5 * sizes)", "torch.where(g * slopes[t - 1] < 0, 0.5, 1.0) * sizes)",
                    "Where the product is 0 the size shrinks, too."),
            mistake("first-step-grows", "if t > 0:", "if True:",
                    "At the first step there is no gradient before: slopes[-1] is the last one."),
            mistake("never-shrinks", "0.5 * sizes)", "sizes)", "Where the sign turns the size is halved."),
        ),
        hints=("torch.where(condition, grown, shrunk), then .clamp.",
               "slopes[t - 1] is the gradient before, for t > 0."),
    ),
    Step(
        minutes=10,
        statement="""
            With mini-batches rprop fails: nine gradients of 0.1 and one of -0.9 move a weight far, though their sum is
            0. So divide by almost the same number in adjacent batches, the root of a running mean of squares s, from 0:

                s <- alpha s + (1 - alpha) g^2
                w <- w - lr g / (sqrt(s) + eps)

            The slide has alpha = 0.9. Return the weights after each step, stacked: (steps, n).
            """,
        answer=rmsprop,
        cases=paths,
        gradients=False,
        returns=("weights",),
        identities=(
            Identity("the first step is lr / sqrt(1 - alpha) in the direction of the gradient's sign", first_step),
            Identity("gradients a thousand times as large change nothing with eps = 0", scale),
            Identity("the slide's ten gradients move a weight by less than 0.7 lr", drift),
        ),
        mistakes=(
            mistake("eps-inside-root", "(s.sqrt() + eps)", "(s + eps).sqrt()", "Here eps is added to the root."),
            mistake("no-root", "(s.sqrt() + eps)", "(s + eps)", "Divide by the root of s."),
            mistake("no-eps", "(s.sqrt() + eps)", "s.sqrt()", "eps is missing."),
            mistake("sum-for-mean", "alpha * s + (1 - alpha) * g**2", "s + g**2",
                    "That is AdaGrad's sum, which never forgets: s is a running mean."),
            mistake("undamped", "(1 - alpha) * g**2", "g**2", "The new square counts (1 - alpha)."),
            mistake("shares-swapped", "alpha * s + (1 - alpha) * g**2", "(1 - alpha) * s + alpha * g**2",
                    "alpha is the share of what s was."),
            mistake("mean-of-before", "        s = alpha * s + (1 - alpha) * g**2\n"
                    "        w = w - lr * g / (s.sqrt() + eps)\n", "        w = w - lr * g / (s.sqrt() + eps)\n"
                    "        s = alpha * s + (1 - alpha) * g**2\n", "s holds the present gradient before the step."),
            mistake("start-corrected", "s.sqrt()", "(s / (1 - alpha ** (len(path) + 1))).sqrt()",
                    "That is Adam's correction: RMSprop has none."),
            mistake("starts-at-one", "torch.zeros_like(w)", "torch.ones_like(w)",
                    "s starts at 0; TensorFlow's starts at 1."),
            mistake("sizes-averaged", "(1 - alpha) * g**2", "(1 - alpha) * g.abs()", "The squares are averaged."),
            mistake("mean-squared", "s = alpha * s + (1 - alpha) * g**2",
                    "s = (alpha * s.sqrt() + (1 - alpha) * g) ** 2", "Squares are averaged; a mean is not squared."),
            mistake("one-mean-for-all", "g**2", "(g**2).mean()", "Every weight has a mean of its own."),
            mistake("upwards", "w - lr", "w + lr", "The step goes against the gradient."),
        ),
        hints=("Start s at zero, like w in shape.", "Update s first, then step."),
    ),
    Step(
        minutes=15,
        statement="""
            Graves (2013, equations 38 to 45) divides by a running standard deviation instead, and has momentum. With s,
            the mean m of the gradients and the last step d, all from 0:

                s <- alpha s + (1 - alpha) g^2
                m <- alpha m + (1 - alpha) g
                d <- momentum d - lr g / sqrt(s - m^2 + eps)
                w <- w + d

            eps is inside the root here. Return the weights after each step, stacked: (steps, n).
            """,
        answer=graves,
        cases=lambda generator: paths(generator, momentum=True),
        gradients=False,
        near=1e-9,  # s - m^2 loses digits
        returns=("weights",),
        identities=(Identity("under a gradient that stays, a step becomes lr g / sqrt(eps)", settled),),
        mistakes=(
            mistake("not-centred", "s - m**2 + eps", "s + eps", "The square of the mean m is taken away from s."),
            mistake("eps-outside-root", "(s - m**2 + eps).sqrt()", "((s - m**2).clamp(min=0).sqrt() + eps)",
                    "Here eps is added before the root is taken."),
            mistake("mean-not-squared", "s - m**2", "(s - m).clamp(min=0)", "A variance is s - m^2."),
            mistake("momentum-squared", "momentum * d", "momentum**2 * d", "The last step counts `momentum`."),
            mistake("no-momentum", "momentum * d - lr", "-lr", "The last step goes on: momentum d."),
            mistake("momentum-damped", "- lr * g", "- (1 - momentum) * lr * g",
                    "The step is no running mean: what is new counts whole."),
            Mistake("momentum-before-division",
                    (("d = momentum * d - lr * g / (s - m**2 + eps).sqrt()", "d = momentum * d - lr * g"),
                     ("w = w + d", "w = w + d / (s - m**2 + eps).sqrt()")),
                    "Steps are remembered, not gradients: divide before you remember."),
            mistake("no-root", "(s - m**2 + eps).sqrt()", "(s - m**2 + eps)", "Divide by the root."),
            Mistake("mean-of-before", (("        m = alpha * m + (1 - alpha) * g\n", ""),
                                       ("        w = w + d\n", "        w = w + d\n        m = alpha * m + "
                                        "(1 - alpha) * g\n")), "m holds the present gradient, as s does."),
            mistake("mean-undamped", "alpha * m + (1 - alpha) * g", "alpha * m + g",
                    "In m the new gradient counts (1 - alpha)."),
            mistake("gradient-centred", "lr * g /", "lr * (g - m) /",
                    "The divisor is centred; the gradient above the line stays as it is."),
            mistake("upwards", "w + d", "w - d", "d has its minus sign already."),
            mistake("mean-for-gradient", "lr * g /", "lr * m /", "The step goes along g: m is for the divisor only."),
        ),
        hints=("Three tensors of zeros, like w in shape.", "s and m first, then d, then w."),
    ),
    Step(
        minutes=20,
        statement="""
            All of it as an optimiser of torch, in the form of torch's own. Each of self.param_groups has "params",
            "lr", "alpha", "eps", "momentum" and "centered". For every parameter, from s = m = v = 0:

                s <- alpha s + (1 - alpha) g^2          m <- alpha m + (1 - alpha) g
                r = s, or max(s - m^2, 0) if centered
                u = g / (sqrt(r) + eps)                 eps is outside of the root again
                v <- momentum v + u
                w <- w - lr v

            A parameter without a gradient is left alone; what belongs to a parameter is kept in self.state[p], so that
            state_dict() and load_state_dict() save it. Gradients stay as they are.
            """,
        answer=RMSprop,
        cases=lessons,
        use=used,
        gradients=False,
        near=1e-9,  # s - m^2 loses digits
        returns=("parameter 1", "parameter 2", "parameter 3", "the gradients"),
        mistakes=(
            *OPTIMISER,
            mistake("eps-of-the-first-group", '+ group["eps"]', '+ self.param_groups[0]["eps"]',
                    "Every group has an eps of its own."),
            mistake("eps-inside-root", '(spread.clamp(min=0).sqrt() + group["eps"])',
                    '(spread.clamp(min=0) + group["eps"]).sqrt()', "Here eps is added to the root."),
            mistake("variance-below-zero", "spread.clamp(min=0)", "spread",
                    "Rounding takes s - m^2 below 0 where a gradient stays, and its root is NaN: that is what max is "
                    "for."),
            mistake("never-centred", 'if group["centered"] else', "if False else", "The option centered is not used."),
            mistake("always-centred", 'if group["centered"] else', "if True else",
                    "m^2 is taken away only if centered is true."),
            mistake("no-momentum", 'group["momentum"] * state["v"] + u', "u", "The option momentum is not used."),
            mistake("momentum-damped", '* state["v"] + u', '* state["v"] + (1 - group["momentum"]) * u',
                    "v is no running mean: u counts whole."),
            Mistake("momentum-before-division",
                    (("u = p.grad / (spread", "u = (spread"), ('["v"] + u', '["v"] + p.grad'),
                     ('* state["v"]\n', '* state["v"] / u\n')),
                    "v remembers gradients that are divided already."),
            mistake("missing-is-zero", "if p.grad is None:\n                    continue\n",
                    "if p.grad is None:\n                    p.grad = torch.zeros_like(p)\n",
                    "A parameter without a gradient is left alone; a gradient of zero is not the same."),
            mistake("mean-forgotten", 'state["s"] = alpha * state["s"]', 'state["s"] = alpha * 0',
                    "s is a running mean: carry it on."),
            mistake("gradients-scaled", "u = p.grad /", 'u = p.grad.mul_(group["lr"]) / group["lr"] /',
                    "The gradients are changed: they belong to who computed them."),
            mistake("gradients-cleared", 'p -= group["lr"] * state["v"]',
                    'p -= group["lr"] * state["v"]\n                p.grad.zero_()',
                    "`step` leaves the gradients alone; clearing them is zero_grad's work."),
        ),
        hints=("`if not state:` sets s, m and v up, at a parameter's first gradient.",
               "Take every option from the group, not from self.", "p -= ... changes a parameter in place."),
    ),
))  # fmt: skip
