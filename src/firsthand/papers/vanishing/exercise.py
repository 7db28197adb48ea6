"""Rebuild the trouble with long lags: a neuron that keeps a bit, the products that fade, a cliff, and the training."""

from collections.abc import Iterator
from math import inf, tanh
from typing import Any

import torch
from torch import Generator, Tensor

from firsthand.papers.cases import drawn
from firsthand.papers.exercise import Case, Exercise, Identity, Step, mistake
from firsthand.papers.vanishing.answers import descend, fading, jacobians, latch, learn, stored


def uniform(generator: Generator, low: float, high: float, *shape: int) -> Tensor:
    """Numbers between two."""
    return low + (high - low) * torch.rand(shape, generator=generator, dtype=torch.float64)


def sequences(generator: Generator) -> Iterator[Case]:
    """A weight, and the inputs of some sequences."""
    for batch, time in ((1, 1), (1, 2), (3, 3), (2, 6)):
        inputs = {"w": uniform(generator, 0.5, 2.0)} | drawn(generator, h=(batch, time))
        yield Case(f"batch {batch}, time {time}", inputs)


def neurons(generator: Generator) -> Iterator[Case]:
    """Weights above 1."""
    for n in (1, 2, 5):
        yield Case(f"{n} weights", {"w": uniform(generator, 1.1, 3.0, n)})


def networks(generator: Generator, error: bool = False) -> Iterator[Case]:
    """What comes in at every step, the first state and the matrix, and the error at the end if asked for."""
    for time, hidden in ((1, 1), (2, 1), (1, 2), (3, 3), (6, 4)):
        shapes = {"u": (time, hidden), "h": (hidden,), "W": (hidden, hidden)}
        yield Case(
            f"time {time}, hidden {hidden}", drawn(generator, **({"error": (hidden,)} if error else {}) | shapes)
        )


def starts(generator: Generator) -> Iterator[Case]:
    """Places beside the cliff, and a limit that is never reached, or that the first gradient is twice as long as."""
    for time, updates, clipped in ((1, 1, False), (2, 1, True), (3, 3, False), (8, 4, True)):
        w = uniform(generator, 4.0, 5.0)
        place = torch.stack([w, uniform(generator, -0.6, -0.4) * w])
        _, path = descend(place, time, 1, 1.0, inf)
        limit = float((path[0] - place).norm()) / 2 if clipped else 1e3
        words = f"{time} steps, {updates} updates, limit {limit:.3g}"
        yield Case(words, {"place": place, "time": time, "updates": updates, "lr": 0.8, "limit": limit})


def lessons(generator: Generator) -> Iterator[Case]:
    """A latch at its start, and the noise of each update."""
    for updates, lead, rest in ((1, 1, 1), (2, 1, 1), (3, 3, 2), (5, 2, 8)):
        first = {"w": uniform(generator, 1.0, 1.5), "free": uniform(generator, -0.3, 0.3, 2, lead)}
        noise = 0.2 * torch.randn(updates, 2, rest, generator=generator, dtype=torch.float64)
        words = f"{updates} updates, {lead} free inputs, {rest} of noise"
        yield Case(words, first | {"noise": noise, "lr": 0.5})


def odd(answer: Any, generator: Generator) -> Tensor:
    """How far the states of inputs with the other sign are from the states with the other sign."""
    h = torch.randn(3, 5, generator=generator, dtype=torch.float64)
    w = torch.tensor(1.3, dtype=torch.float64)
    return answer(w, -h) + answer(w, h)


def borne(answer: Any, generator: Generator) -> float:
    """1 if an input of 0.99 h* flips a bit within 10,000 steps, or one of 1.01 h* does not."""
    x, _, threshold = answer(torch.tensor([1.5], dtype=torch.float64))
    signs = []
    for share in (0.99, 1.01):
        state = float(x[0])
        for _ in range(10_000):
            state = tanh(1.5 * state - share * float(threshold[0]))
        signs.append(state > 0)
    return 0.0 if signs == [True, False] else 1.0


def chained(answer: Any, generator: Generator) -> Tensor:
    """How far the whole product is from that of the second half times that of the first."""
    u, h, W = drawn(generator, u=(6, 3), h=(3,), W=(3, 3)).values()
    middle = h
    for u_t in u[:2]:
        middle = torch.tanh(W @ middle + u_t)
    return answer(u, h, W)[-1] - answer(u[2:], middle, W)[-1] @ answer(u[:2], h, W)[-1]


def bounded(answer: Any, generator: Generator) -> float:
    """By how much a norm exceeds its bound."""
    norms, bounds = answer(*drawn(generator, error=(4,), u=(9, 4), h=(4,), W=(4, 4)).values())
    return max(0.0, float((norms / bounds).max()) - 1)


def short_steps(answer: Any, generator: Generator) -> float:
    """By how much the longest step exceeds lr times the limit."""
    place = torch.tensor([4.69, -2.42], dtype=torch.float64)
    _, path = answer(place, 50, 5, 0.1, 1.0)
    moves = torch.cat([place[None], path]).diff(dim=0).norm(dim=1)
    return max(0.0, float(moves.max()) - 0.1)


def learned(answer: Any, generator: Generator) -> float:
    """1 if a latch without noise does not come to keep its bit over 6 steps."""
    w, free = torch.tensor(1.25, dtype=torch.float64), torch.tensor([[-0.1], [0.1]], dtype=torch.float64)
    costs, _, _ = answer(w, free, torch.zeros(200, 2, 5, dtype=torch.float64), 0.3)
    return float(costs[-1] > 1e-3)


EXERCISE = Exercise(steps=(
    Step(
        minutes=10,
        statement="""
            The smallest network that can remember: one neuron with a weight to itself. For each row of inputs h,

                x_t = tanh(w x_t-1 + h_t)        x_0 = 0

            Return all states x_1, ..., x_T. w is one number; the gradient flows through all of time.
            """,
        answer=latch,
        cases=sequences,
        returns=("states",),
        identities=(Identity("inputs of the other sign give states of the other sign", odd),),
        mistakes=(
            mistake("no-memory", "w * x + h_t", "h_t", "The state before is not used."),
            mistake("weight-on-input", "w * x + h_t", "x + w * h_t", "w multiplies the state, not the input."),
            mistake("weight-on-both", "w * x + h_t", "w * (x + h_t)", "w multiplies the state only."),
            mistake("squashed-apart", "torch.tanh(w * x + h_t)", "w * torch.tanh(x) + h_t",
                    "That is the recursion of the sum inside the tanh; the state is what comes out of it."),
            mistake("starts-at-one", "torch.zeros_like(h[:, 0])", "torch.ones_like(h[:, 0])", "x_0 is 0."),
            mistake("state-cut", "w * x + h_t", "w * x.detach() + h_t",
                    "No gradient reaches the state before: look for detach, .data or no_grad in the loop."),
            mistake("last-state-only", "torch.stack(states, 1)", "torch.stack(states[-1:], 1)",
                    "All states are asked for."),
            mistake("walks-backwards", "h.unbind(1)", "h.flip(1).unbind(1)", "The first input is read first."),
        ),
        hints=("h.unbind(1) is the inputs of all rows, step by step.",),
    ),
    Step(
        minutes=25,
        statement="""
            For w > 1 the neuron stores a bit without input: x = tanh(w x) has two solutions beside 0, the attractors
            x* > 0 and -x*. Return, for each w,

                x*   the positive attractor, to full precision (an error below 1e-12)
                mu   w (1 - x*^2): by what a gradient is multiplied at each step that the bit is kept
                h*   the largest input that never flips the bit however long it lasts

            A steady input -h moves the attractor to the solution of x = tanh(w x - h). With h it sinks until the slope
            there, w (1 - x^2), is 1: at x_f = sqrt(1 - 1 / w) it meets the unstable point and is gone. That h is h*.
            x* and h* grow with w, and mu falls: what is stored more robustly passes less gradient.
            """,
        answer=stored,
        cases=neurons,
        gradients=False,
        near=1e-8,  # x* is found by iteration
        returns=("x*", "mu", "h*"),
        identities=(Identity("0.99 h* never flips the bit, 1.01 h* does", borne),),
        mistakes=(
            mistake("slope-without-weight", "w * (1 - x**2)", "1 - x**2",
                    "The derivative of tanh(w x) has the factor w."),
            mistake("slope-of-the-sum", "w * (1 - x**2)", "w * (1 - torch.tanh(x) ** 2)",
                    "x* is a tanh already: the slope there is 1 - x*^2."),
            mistake("few-steps", "range(100)", "range(2)", "The iteration has not come to its end: take more steps."),
            mistake("weight-left-out-of-h", "w * fold - torch", "fold - torch",
                    "Solve x_f = tanh(w x_f - h) for h: w x_f stays."),
            mistake("multiplier-at-the-fold", "fold = torch.sqrt(1 - 1 / w)\n    return x, w * (1 - x**2)",
                    "fold = torch.sqrt(1 - 1 / w)\n    return x, w * (1 - fold**2)",
                    "At x_f the slope is 1, whatever w is: mu is that of the attractor without input."),
            mistake("no-inverse", "torch.atanh(fold)", "torch.tanh(fold)",
                    "The inverse of tanh is needed: artanh."),
            mistake("sign-of-h", "w * fold - torch.atanh(fold)", "torch.atanh(fold) - w * fold",
                    "h* is the size of an input that works against the bit: it is positive."),
            mistake("fold-not-rooted", "torch.sqrt(1 - 1 / w)", "(1 - 1 / w)", "w (1 - x^2) = 1 has x squared."),
            mistake("other-fixed-point", "torch.ones_like(w)", "-torch.ones_like(w)", "The positive attractor."),
        ),
        hints=("Iterate x <- tanh(w x) from x = 1: near w = 1 it takes hundreds of steps.",
               "Newton's rule, or halving an interval, takes fewer.",
               "h* = w x_f - artanh(x_f): why?"),
    ),
    Step(
        minutes=20,
        statement="""
            How a state depends on one k steps before is a product of matrices. One sequence, no batch:

                h_t = tanh(W h_t-1 + u_t)        from h_0 = h
                dh_t / dh_t-1 = diag(1 - h_t^2) W
                dh_T / dh_T-k = (dh_T / dh_T-1) (dh_T-1 / dh_T-2) ... (dh_T-k+1 / dh_T-k)

            Return dh_T / dh_T-k for k = 0 (the identity), ..., T as (T + 1, hidden, hidden): element [k, i, j] says how
            unit i of h_T moves with unit j of h_T-k.
            """,
        answer=jacobians,
        cases=networks,
        gradients=False,
        returns=("products",),
        identities=(Identity("the product over T steps is that of its two parts", chained),),
        mistakes=(
            mistake("multiplied-on-the-left", "product @ ((1 - h_t**2)[:, None] * W)",
                    "((1 - h_t**2)[:, None] * W) @ product",
                    "Going back, each earlier step's matrix comes to the right of the product."),
            mistake("slopes-on-columns", "(1 - h_t**2)[:, None] * W", "(1 - h_t**2) * W",
                    "diag(s) W multiplies the rows of W: unit i's slope is in row i."),
            mistake("transposed", "(1 - h_t**2)[:, None] * W", "((1 - h_t**2)[:, None] * W).T",
                    "That is what carries a gradient back; here element [i, j] is how i moves with j."),
            mistake("slope-missing", "(1 - h_t**2)[:, None] * W", "W", "The slope of tanh, 1 - h_t^2, is missing."),
            mistake("slope-of-the-state-before", "reversed(states):", "reversed([states[0], *states[:-1]]):",
                    "The step from t - 1 to t has the slopes at h_t."),
            mistake("from-the-beginning", "in reversed(states)", "in states",
                    "The products grow from the last step backwards."),
            mistake("identity-left-out", "torch.stack(products)", "torch.stack(products[1:])",
                    "k = 0 is the identity: T + 1 matrices in all."),
            mistake("steps-not-multiplied", "product @ ((1", "products[0] @ ((1",
                    "These are the matrices of single steps: multiply them up."),
            mistake("slope-not-squared", "(1 - h_t**2)", "(1 - h_t)", "The slope of tanh is 1 - h^2."),
        ),
        hints=("Walk forwards and keep the states, then backwards with one matrix.",
               "(1 - h_t ** 2)[:, None] * W multiplies each row by its slope."),
    ),
    Step(
        minutes=15,
        statement="""
            `error` is dE/dh_T, of an error after the last step, in the network of step 3. Return two lists of T + 1:

                |dE/dh_T-k|       k = 0, ..., T, with dE/dh_T-k = error^T dh_T / dh_T-k; the root of summed squares
                what bounds it    |error| times the product, over t = T, ..., T-k+1, of |W|_2 max_i (1 - h_t,i^2)

            |W|_2 is the largest singular value. Where |W|_2 < 1 the bound, and the gradient with it, fades at least as
            fast as powers of |W|_2; where it is larger the gradient may explode, but need not.
            """,
        answer=fading,
        cases=lambda generator: networks(generator, error=True),
        gradients=False,
        returns=("norms", "bounds"),
        identities=(Identity("no norm exceeds its bound", bounded),),
        mistakes=(
            mistake("not-transposed", "error @ jacobians(u, h, W)", "jacobians(u, h, W) @ error",
                    "A gradient is carried back by the transposed matrices: error^T times dh_T / dh_T-k."),
            mistake("sizes-summed", "torch.linalg.vector_norm(error @ jacobians(u, h, W), dim=1)",
                    "(error @ jacobians(u, h, W)).abs().sum(1)", "The norm is the root of the summed squares."),
            mistake("frobenius", "torch.linalg.matrix_norm(W, 2)", "torch.linalg.matrix_norm(W)",
                    "That is the root of all squares, which bounds, too, but less well: the largest singular value."),
            mistake("spectral-radius", "torch.linalg.matrix_norm(W, 2)", "torch.linalg.eigvals(W).abs().max()",
                    "Eigenvalues bound no single step: the largest singular value does."),
            mistake("smallest-slope", "(1 - h**2).max()", "(1 - h**2).min()", "The steepest unit counts."),
            mistake("mean-slope", "(1 - h**2).max()", "(1 - h**2).mean()", "The steepest unit counts, not the mean."),
            mistake("slopes-of-one", "(1 - h**2).max()", "(0 * h + 1).max()",
                    "That is the bound for any states; here the slopes are those of these states."),
            mistake("slopes-in-order", "for slope in reversed(slopes)", "for slope in slopes",
                    "Lag 1 has the slopes of the last step, the walk goes backwards."),
            mistake("error-left-out", "torch.stack([norms[0], ", "torch.stack([torch.ones_like(norms[0]), ",
                    "The bound at k = 0 is |error| itself."),
        ),
        hints=("error @ jacobians(...) is one row vector for each lag.",
               "torch.linalg.matrix_norm(W, 2) is the largest singular value; cumprod multiplies up."),
    ),
    Step(
        minutes=20,
        statement="""
            The other side: gradients that explode where the error has a cliff. One unit without input,
            s(a) = 1 / (1 + e^-a), place = (w, b):

                x_t = w s(x_t-1) + b,  t = 1, ..., time        x_0 = 0.5
                E   = (s(x_time) - 0.7)^2

            At each update let g = (dE/dw, dE/db), clip it and step:

                g <- limit / |g| g   where |g| > limit         (w, b) <- (w, b) - lr g

            Return E before each update, (updates,), and (w, b) after each, (updates, 2). autograd may find g.
            """,
        answer=descend,
        cases=starts,
        gradients=False,
        near=1e-8,  # beside a cliff rounding grows
        returns=("errors", "path"),
        identities=(Identity("no step is longer than lr times the limit", short_steps),),
        mistakes=(
            mistake("not-clipped", "(slope * limit / norm if norm > limit else slope)", "slope",
                    "Gradients longer than the limit are shortened."),
            mistake("elements-cut", "(slope * limit / norm if norm > limit else slope)", "slope.clamp(-limit, limit)",
                    "Cutting w's and b's part apart turns the gradient: shorten both together."),
            mistake("always-shortened", "slope * limit / norm if norm > limit else slope", "slope * limit / norm",
                    "A gradient below the limit stays as it is."),
            mistake("step-clipped", "lr * (slope * limit / norm if norm > limit else slope)",
                    "(lr * slope * limit / (lr * norm) if lr * norm > limit else lr * slope)",
                    "The gradient is clipped, before it is multiplied by lr."),
            mistake("unit-length", "slope * limit / norm if", "slope / norm if",
                    "What is shortened has the limit as its norm."),
            mistake("upwards", "place.detach() - lr", "place.detach() + lr", "The step goes against the gradient."),
            mistake("squashed-after", "x = w * torch.sigmoid(x) + b", "x = torch.sigmoid(w * x + b)",
                    "x is the sum: s is taken of the x before, and of the last one in the error."),
            mistake("one-step-gradient", "            x = w * torch.sigmoid(x) + b",
                    "            x = w * torch.sigmoid(x.detach()) + b",
                    "The gradient flows through all steps: look for detach in the loop."),
            mistake("half-the-error", "- 0.7) ** 2", "- 0.7) ** 2 / 2", "There is no half in front of E."),
            mistake("starts-at-zero", "torch.full_like(w, 0.5)", "torch.zeros_like(w)", "x_0 is 0.5."),
        ),
        hints=("place.detach().requires_grad_() at each update makes a new leaf for autograd.",
               "Compare g.norm() with the limit, then scale g as a whole."),
    ),
    Step(
        minutes=20,
        statement="""
            The latch learns to keep its class. Class 0 and class 1 are the two rows of `free`, the first inputs of a
            sequence, which are parameters; then comes noise, noise[k] for update k, a row for each class. An update is
            one step of gradient descent on

                C = 1/2 sum over both classes of (x_T - d)^2        d = -0.8 for class 0, 0.8 for class 1

            with the states of `latch` on the inputs free, then noise[k]: w and free move by -lr times their gradients,
            both taken at the same place. Return C before each update, the last w and the last free inputs.
            """,
        answer=learn,
        cases=lessons,
        gradients=False,
        returns=("costs", "w", "free inputs"),
        identities=(Identity("without noise a bit is learned over 6 steps", learned),),
        mistakes=(
            mistake("classes-swapped", "[-0.8, 0.8]", "[0.8, -0.8]", "Row 0 is class 0, whose target is -0.8."),
            mistake("targets-of-one", "[-0.8, 0.8]", "[-1.0, 1.0]",
                    "A tanh never reaches 1: the targets are -0.8 and 0.8."),
            mistake("mean-for-sum", ".sum() / 2", ".mean() / 2", "The cost is summed over the classes."),
            mistake("no-half", ".sum() / 2", ".sum()", "There is a half in front of the cost."),
            mistake("free-inputs-fixed", "free - lr * dfree", "free", "The free inputs are parameters, too."),
            mistake("weight-fixed", "w - lr * dw", "w", "w is a parameter, too."),
            mistake("same-noise", "torch.cat([free, now], 1)", "torch.cat([free, noise[0]], 1)",
                    "Every update has noise of its own."),
            mistake("noise-first", "torch.cat([free, now], 1)", "torch.cat([now, free], 1)",
                    "The sequence begins with its class, the noise comes after."),
            mistake("all-states-count", "(x[:, -1] - d)", "(x - d[:, None])",
                    "Only the last state is asked for its class."),
            mistake("no-noise", "torch.cat([free, now], 1)", "torch.cat([free, 0 * now], 1)", "The noise is not used."),
        ),
        hints=("torch.cat([free, noise[k]], 1) are the inputs of both classes.",
               "w.detach().requires_grad_() makes a leaf that autograd.grad can be asked for."),
    ),
))  # fmt: skip
