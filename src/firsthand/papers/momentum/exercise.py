"""Rebuild momentum: the heavy ball, Nesterov's step, their best constants, a rising schedule, an autoencoder."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import torch
from torch import Generator, Tensor

from firsthand.papers.cases import drawn, trainings, used
from firsthand.papers.exercise import Case, Exercise, Identity, Mistake, Step, mistake
from firsthand.papers.mistakes import OPTIMISER
from firsthand.papers.momentum.answers import SGD, constants, heavy_ball, learn, nesterov, schedule


def between(generator: Generator, low: float, high: float) -> float:
    """A random number from low to high."""
    return low + (high - low) * float(torch.rand((), generator=generator, dtype=torch.float64))


def bowls(generator: Generator) -> Iterator[Case]:
    """Quadratics with curvatures from 0.5 to 3, turned."""
    for n, steps in ((1, 1), (1, 3), (2, 2), (3, 6), (4, 20)):
        turn = torch.linalg.qr(torch.randn(n, n, generator=generator, dtype=torch.float64))[0]
        A = turn @ torch.diag(0.5 + 2.5 * torch.rand(n, generator=generator, dtype=torch.float64)) @ turn.T
        lr, mu = between(generator, 0.05, 0.2), between(generator, 0.6, 0.95)
        inputs = drawn(generator, theta=(n,)) | {"A": A} | drawn(generator, b=(n,))
        words = f"{n} parameters, {steps} steps, lr {lr:.3f}, mu {mu:.3f}"
        yield Case(words, inputs | {"lr": lr, "mu": mu, "steps": steps})


def curvatures(generator: Generator) -> Iterator[Case]:
    """The lowest and the highest curvature; at last one and the same."""
    for factor in (3, 100, 10_000, 1):
        low = between(generator, 0.2, 0.8)
        high = low * factor
        yield Case(f"curvatures from {low:.4g} to {high:.4g}", {"low": low, "high": high})


def updates(generator: Generator) -> Iterator[Case]:
    """All updates of runs of several lengths."""
    for steps, every, settle in ((1, 1, 9), (4, 1, 9), (20, 3, 16), (20, 7, 2), (80, 2, 70)):
        most = between(generator, 0.91, 0.94)
        inputs: dict[str, Any] = {"t": torch.arange(steps, dtype=torch.float64), "most": most}
        words = f"{steps} updates, mu_max {most:.4f}, rising every {every}, at most 0.9 from {settle} on"
        yield Case(words, inputs | {"every": every, "settle": settle})


def pictures(generator: Generator) -> Iterator[Case]:
    """Random pictures, and the first weights of autoencoders of one and three hidden layers."""
    for n, sizes, every, settle, steps in (
        (1, (2, 1, 2), 1, 9, 1),
        (2, (3, 1, 3), 1, 9, 3),
        (3, (3, 3, 3), 2, 4, 8),
        (5, (6, 4, 2, 4, 6), 2, 22, 25),
    ):
        x = torch.rand(n, sizes[0], generator=generator, dtype=torch.float64)
        weights = [torch.randn(m, k, generator=generator, dtype=torch.float64) for k, m in pairwise(sizes)]
        biases = [0.1 * torch.randn(m, generator=generator, dtype=torch.float64) for m in sizes[1:]]
        options = {"lr": 0.1, "most": between(generator, 0.92, 0.94), "every": every, "settle": settle, "steps": steps}
        words = f"{n} pictures, layers {'-'.join(map(str, sizes))}, {steps} steps"
        yield Case(words, {"x": x, "weights": weights, "biases": biases} | options)


def two_points(answer: Any, generator: Generator) -> Tensor:
    """How far the path is from x + beta (x - x_before) - alpha gradient."""
    (*_, case) = bowls(generator)
    theta, A, b, lr, mu, _ = case.inputs.values()
    path = answer(theta, A, b, lr, mu, 12)
    return path[2:] - (path[1:-1] - lr * (path[1:-1] @ A - b) + mu * (path[1:-1] - path[:-2]))


def terminal(answer: Any, generator: Generator) -> float:
    """How far a step on a slope that stays is from lr g / (1 - mu), the velocity at which friction holds it."""
    one = torch.ones(1, dtype=torch.float64)
    path = answer(0 * one, torch.zeros(1, 1, dtype=torch.float64), 3 * one, 0.1, 0.5, 60)
    return float(path[-1] - path[-2]) - 0.1 * 3 / (1 - 0.5)


def damped(answer: Any, generator: Generator) -> Tensor:
    """How far the path in one dimension is from classical momentum with mu (1 - lr lambda), theorem 2.1."""
    start, curvature = (torch.rand(n, generator=generator, dtype=torch.float64) + 0.5 for n in (1, (1, 1)))
    found, none = answer(start, curvature, torch.zeros_like(start), 0.2, 0.9, 10), torch.zeros_like(start)
    return found - heavy_ball(start, curvature, none, 0.2, 0.9 * (1 - 0.2 * float(curvature)), 10)


def critical(answer: Any, generator: Generator) -> float:
    """How far both ends of the curvatures are from critical damping: (1 + mu - lr lambda)^2 = 4 mu."""
    lr, mu, _ = (float(value) for value in answer(0.5, 20.0))
    return max(abs((1 + mu - lr * curvature) ** 2 - 4 * mu) for curvature in (0.5, 20.0))


def stretches(answer: Any, generator: Generator) -> Tensor:
    """How far the momentum of stretch k is from 1 - 1 / (2 k)."""
    found = answer(torch.arange(2000, dtype=torch.float64), 0.999, 250, 5000)[::250]
    return found - (1 - 0.5 / torch.arange(1, 9, dtype=torch.float64))


EXERCISE = Exercise(steps=(
    Step(
        minutes=10,
        statement="""
            Polyak's heavy ball, "classical momentum" in Sutskever et al. (2013). The velocity v starts at 0 and

                v     <- mu v - lr grad f(theta)            (1)
                theta <- theta + v                          (2)

            Here f(theta) = 1/2 theta^T A theta - b^T theta with a symmetric A, so its gradient is A theta - b.
            Return theta after each step, stacked: (steps, n).
            """,
        answer=heavy_ball,
        cases=bowls,
        gradients=False,
        returns=("theta",),
        identities=(
            Identity("each step is mu times the step before, less lr times the gradient", two_points),
            Identity("on a slope that stays the velocity tends to lr g / (1 - mu)", terminal),
        ),
        mistakes=(
            mistake("no-momentum", "v = mu * v - lr", "v = -lr", "The velocity remembers: mu v."),
            mistake("gradient-damped", "- lr * (A", "- (1 - mu) * lr * (A",
                    "The velocity is no running mean: the new gradient counts whole."),
            mistake("velocity-of-before", "        v = mu * v - lr * (A @ theta - b)\n        theta = theta + v\n",
                    "        theta, v = theta + v, mu * v - lr * (A @ theta - b)\n",
                    "theta moves by the new velocity."),
            mistake("upwards", "mu * v - lr", "mu * v + lr", "The gradient is taken away from the velocity."),
            mistake("rate-twice", "theta + v", "theta + lr * v", "lr is in the velocity already."),
            mistake("no-friction", "mu * v - lr", "v - lr", "The old velocity fades: mu v."),
            mistake("look-ahead", "A @ theta", "A @ (theta + mu * v)",
                    "That is Nesterov's step, the next one: here the gradient is that at theta."),
            mistake("slope-left-out", "(A @ theta - b)", "(A @ theta)", "The gradient is A theta - b."),
            mistake("starts-rolling", "v = torch.zeros_like(theta)", "v = -lr * (A @ theta - b)",
                    "The velocity starts at 0, so the first step is lr times the gradient."),
            mistake("momentum-on-the-step", "theta + v", "theta + mu * v", "theta moves by v, not by mu v."),
        ),
        hints=("A @ theta is a product of a matrix with a vector.", "The velocity first, then theta moves by it."),
    ),
    Step(
        minutes=10,
        statement="""
            Nesterov's accelerated gradient asks for the gradient where the velocity is about to lead, and only then
            corrects the velocity, which starts at 0 again:

                v     <- mu v - lr grad f(theta + mu v)     (3)
                theta <- theta + v                          (4)

            f is that of step 1. Return theta (not the point ahead) after each step, stacked: (steps, n).
            """,
        answer=nesterov,
        cases=bowls,
        gradients=False,
        returns=("theta",),
        identities=(
            Identity("along a curvature it is classical momentum with mu (1 - lr curvature), theorem 2.1", damped),
        ),
        mistakes=(
            mistake("gradient-here", "ahead = theta + mu * v", "ahead = theta",
                    "That is classical momentum: the gradient is that at theta + mu v."),
            mistake("ahead-by-v", "ahead = theta + mu * v", "ahead = theta + v", "The point ahead is theta + mu v."),
            mistake("stands-ahead", "theta = theta + v", "theta = ahead + v",
                    "theta moves by v from where it was, not from the point ahead."),
            mistake("behind", "theta + mu * v", "theta - mu * v", "The point ahead lies along the velocity: plus."),
            mistake("gradient-damped", "- lr * (A", "- (1 - mu) * lr * (A",
                    "The velocity is no running mean: the new gradient counts whole."),
            mistake("point-ahead-returned", "path.append(theta)", "path.append(theta + mu * v)",
                    "torch's rule keeps the points ahead; here theta itself is asked for."),
            mistake("no-momentum", "v = mu * v - lr", "v = -lr", "The velocity remembers: mu v."),
            mistake("upwards", "mu * v - lr", "mu * v + lr", "The gradient is taken away from the velocity."),
            mistake("ahead-by-the-gradient", "ahead = theta + mu * v", "ahead = theta - lr * (A @ theta - b)",
                    "The point ahead is where the velocity leads, not where the gradient does."),
            mistake("slope-left-out", "(A @ ahead - b)", "(A @ ahead)", "The gradient is A theta - b."),
            mistake("ahead-too-late", "        ahead = theta + mu * v\n        v = mu * v - lr * (A @ ahead - b)\n",
                    "        v = mu * v - lr * (A @ theta - b)\n        v = mu * v - lr * (A @ (theta + mu * v) - b)\n",
                    "One gradient a step, taken with the old velocity."),
        ),
        hints=("Step 1 with the gradient at another point.", "Both mu v are the same: that of the old velocity."),
    ),
    Step(
        minutes=10,
        statement="""
            Why momentum helps. On a quadratic whose curvatures (eigenvalues of A) go from l to L, the heavy ball does
            best with

                lr = (2 / (sqrt(l) + sqrt(L)))^2
                mu = ((sqrt(L) - sqrt(l)) / (sqrt(L) + sqrt(l)))^2

            and then the distance to the minimum shrinks in each step by the factor sqrt(mu) in the long run: it depends
            on the root of L / l where plain descent depends on L / l itself. Return lr, mu and that factor.
            """,
        answer=constants,
        cases=curvatures,
        gradients=False,
        returns=("lr", "mu", "the factor"),
        identities=(Identity("the lowest and the highest curvature are critically damped", critical),),
        mistakes=(
            mistake("mu-not-squared", "rate**2, rate", "rate, rate",
                    "mu is the factor squared; unsquared, it is what Nesterov's step takes."),
            mistake("rate-of-plain-descent", "(2 / (sqrt(low) + sqrt(high))) ** 2", "2 / (low + high)",
                    "2 / (l + L) is the best lr without momentum."),
            mistake("lr-not-squared", "(2 / (sqrt(low) + sqrt(high))) ** 2", "2 / (sqrt(low) + sqrt(high))",
                    "lr is a square."),
            mistake("no-roots", "(sqrt(high) - sqrt(low)) / (sqrt(high) + sqrt(low))", "(high - low) / (high + low)",
                    "That is the factor of plain descent: take the roots of both curvatures."),
            mistake("factor-is-mu", "rate**2, rate", "rate**2, rate**2", "The factor is the root of mu."),
            mistake("unit-curvature", "(2 / (sqrt(low) + sqrt(high))) ** 2", "(2 / (1 + sqrt(high / low))) ** 2",
                    "The lowest curvature need not be 1: lr has the unit of one over a curvature."),
            mistake("safe-rate", "(2 / (sqrt(low) + sqrt(high))) ** 2", "1 / high",
                    "1 / L is safe, but the heavy ball can take longer steps."),
            mistake("turned-round", "rate**2, rate", "rate**2, -rate", "The factor is positive: sqrt(L) first."),
            mistake("root-of-the-difference", "(sqrt(high) - sqrt(low)) / (sqrt(high) + sqrt(low))",
                    "sqrt((high - low) / (high + low))", "Take the roots first, then the difference and the sum."),
        ),
        hints=("math.sqrt.", "Compute the factor first; mu is its square."),
    ),
    Step(
        minutes=10,
        statement="""
            A high momentum hurts while gradients are new, so it rises slowly (equation 5), where t is the number of the
            update, 0 for the first, and floor rounds down:

                mu_t = min(1 - 2^(-1 - log2(floor(t / every) + 1)), most)

            In the paper `every` is 250. And from update `settle` on (t = settle included) mu_t is 0.9 at most, so that
            the steep directions come to rest. t is a tensor of floats of any shape; return mu_t for each of them.
            """,
        answer=schedule,
        cases=updates,
        gradients=False,
        returns=("mu",),
        identities=(Identity("in its stretch k the momentum is 1 - 1 / (2 k)", stretches),),
        mistakes=(
            mistake("rises-in-between", "t // every", "t / every", "t / every is rounded down: mu rises in stairs."),
            mistake("natural-logarithm", "torch.log2(", "torch.log(", "The logarithm has the base 2."),
            mistake("starts-at-zero", "(-1 - torch.log2", "(-torch.log2", "The first momentum is 0.5: 2^(-1 - ...)."),
            mistake("t-from-one", "t // every", "(t + 1) // every", "The first update has t = 0."),
            mistake("no-most", ".clamp(max=most)", "", "mu is never above `most`."),
            mistake("not-below-most", ".clamp(max=most)", ".clamp(min=most)",
                    "`most` is an upper bound: the smaller of the two."),
            mistake("never-settles", "torch.where(t >= settle, mu.clamp(max=0.9), mu)", "mu",
                    "From update `settle` on mu is 0.9 at most."),
            mistake("settles-late", "t >= settle", "t > settle", "Update `settle` itself has at most 0.9 already."),
            mistake("settles-upwards", "mu.clamp(max=0.9), mu)", "0.9 + 0 * mu, mu)",
                    "0.9 is an upper bound: a smaller mu stays as it is."),
            mistake("always-settled", "torch.where(t >= settle, mu.clamp(max=0.9), mu)", "mu.clamp(max=0.9)",
                    "Only the last updates are held at 0.9."),
        ),
        hints=("`//` rounds down, of tensors of floats, too.", ".clamp(max=...) and torch.where."),
    ),
    Step(
        minutes=15,
        statement="""
            Momentum as an optimiser of torch, in the form of torch's own: the velocity adds up gradients, has no minus
            sign, and lr multiplies it at use. For every parameter, from v = 0, with mu the group's "momentum":

                v <- mu v + g
                w <- w - lr v                   or, if the group's "nesterov" is true,
                w <- w - lr (g + mu v)          with the new v: w is then the point ahead of step 2

            Each of self.param_groups has "params", "lr", "momentum" and "nesterov". A parameter without a gradient is
            left alone; its velocity is kept in self.state[p]. Gradients stay as they are.
            """,
        answer=SGD,
        cases=lambda generator: trainings(generator, [
            {"momentum": 0.9},
            {"momentum": 0.6, "nesterov": True},
            {"momentum": 0.8},
            {"momentum": 0.7, "nesterov": True},
        ]),
        use=used,
        gradients=False,
        returns=("parameter 1", "parameter 2", "parameter 3", "the gradients"),
        mistakes=(
            *OPTIMISER,
            mistake("nesterov-left-out", 'if group["nesterov"] else', "if False else",
                    "The option nesterov is not used."),
            mistake("always-nesterov", 'if group["nesterov"] else', "if True else",
                    "Without the option nesterov the step is lr v."),
            mistake("only-the-point-ahead", 'p.grad + group["momentum"] * state["v"] if', 'group["momentum"] * '
                    'state["v"] if', "Nesterov's step has the present gradient once more: g + mu v."),
            mistake("momentum-left-out", 'u = p.grad + group["momentum"] * state["v"]', 'u = p.grad + state["v"]',
                    "Nesterov's step is g + mu v, not g + v."),
            mistake("gradient-damped", '* state["v"] + p.grad', '* state["v"] + (1 - group["momentum"]) * p.grad',
                    "The velocity is no running mean: the new gradient counts whole."),
            mistake("missing-is-zero", "if p.grad is None:\n                    continue\n",
                    "if p.grad is None:\n                    p.grad = torch.zeros_like(p)\n",
                    "A parameter without a gradient is left alone: it does not roll on."),
            mistake("velocity-is-the-gradient", 'state["v"] = group["momentum"] * state["v"] + p.grad',
                    'state["v"] = p.grad.add_(group["momentum"] * state["v"])',
                    "The velocity is added into the gradient itself: make a tensor of its own."),
            mistake("rate-in-the-velocity", '* state["v"] + p.grad\n', '* state["v"] + group["lr"] * p.grad\n',
                    "The velocity holds gradients; lr multiplies it once, at use."),
            mistake("gradients-cleared", 'p -= group["lr"] * u', 'p -= group["lr"] * u\n                p.grad.zero_()',
                    "`step` leaves the gradients alone; clearing them is zero_grad's work."),
        ),
        hints=("`if not state:` sets v up, at a parameter's first gradient.", "p -= ... changes a parameter in place."),
    ),
    Step(
        minutes=25,
        statement="""
            Section 3 in small: train a deep autoencoder with Nesterov's step. Every layer is h <- sigmoid(W h + b), the
            code's and the last one's too, with h = x at first; `weights` holds each layer's W (units, inputs), `biases`
            its b. The error is the sum over pixels of (y - x)^2, its mean over the images. All weights and biases are
            theta; at update t = 0, 1, ..., steps - 1

                keep the error at theta
                mu_t from `schedule`
                v <- mu_t v - lr grad E(theta + mu_t v),   theta <- theta + v          as in step 2, v from 0

            Return the errors (steps,) and the outputs y (images, pixels) for the last theta.
            """,
        answer=learn,
        cases=pictures,
        gradients=False,
        near=1e-9,  # rounding grows over the steps
        returns=("errors", "outputs"),
        mistakes=(
            mistake("gradient-here", "[(p + mu * d).requires_grad_()", "[(p + 0 * d).requires_grad_()",
                    "That is classical momentum: the gradient is that at theta + mu v."),
            mistake("error-ahead", "losses.append(error(theta))",
                    "losses.append(error([p + mu * d for p, d in zip(theta, v, strict=True)]))",
                    "Keep the error at theta, not at the point ahead."),
            Mistake("error-after-step", (("        losses.append(error(theta))\n", ""),
                                         ("        theta = [p + d for p, d in zip(theta, v, strict=True)]\n",
                                          "        theta = [p + d for p, d in zip(theta, v, strict=True)]\n"
                                          "        losses.append(error(theta))\n")),
                    "Keep the error from before the step."),
            mistake("mean-over-pixels", ".sum(1).mean()", ".mean(1).mean()",
                    "The error of an image is a sum over its pixels."),
            mistake("sum-over-images", ".sum(1).mean()", ".sum(1).sum()", "The error is a mean over the images."),
            mistake("half-the-square", ".sum(1).mean()", ".sum(1).mean() / 2", "There is no 1/2 in this error."),
            mistake("constant-momentum", "schedule(torch.arange(steps, dtype=x.dtype), most, every, settle)",
                    "torch.full((steps,), most, dtype=x.dtype)", "The momentum rises: use `schedule`."),
            mistake("t-from-one", "torch.arange(steps, dtype=x.dtype)", "torch.arange(1, steps + 1, dtype=x.dtype)",
                    "The first update has t = 0."),
            mistake("linear-outputs", "        return h\n\n    def error",
                    "        return torch.logit(h)\n\n    def error", "The last layer's units are sigmoids, too."),
            mistake("tanh-units", "h = torch.sigmoid(", "h = torch.tanh(", "The units are sigmoids."),
            mistake("biases-stay", "theta = [p + d for p, d in zip(theta, v, strict=True)]",
                    "theta = [p + d * (i < len(weights)) for i, (p, d) in enumerate(zip(theta, v, strict=True))]",
                    "The biases learn, too."),
            mistake("gradient-damped", "- lr * g", "- (1 - mu) * lr * g",
                    "The velocity is no running mean: the new gradient counts whole."),
            mistake("no-biases", "h @ W.T + b", "h @ W.T", "Every layer has a bias."),
            mistake("never-settles", "most, every, settle)", "most, every, steps)",
                    "From update `settle` on the momentum is 0.9 at most."),
        ),
        hints=("torch.autograd.grad(error, [...]) at copies that require gradients.",
               "Lists of tensors, and zip over theta, v and the gradients."),
    ),
))  # fmt: skip
