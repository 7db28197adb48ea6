"""Rebuild healthy signals: first weights, what depth makes of them, decay, when to stop, and a run that has it all."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import torch
from torch import Generator, Tensor

from firsthand.papers.cases import drawn
from firsthand.papers.exercise import Case, Exercise, Identity, Mistake, Step, mistake
from firsthand.papers.regularization.answers import curves, decayed, first_weights, learn, signals, stops

WATCHED = "        losses.append(loss(x_val, y_val, weights, biases).detach())\n"


def uniform(generator: Generator, *shape: int) -> Tensor:
    """Numbers from 0 to 1."""
    return torch.rand(shape, generator=generator, dtype=torch.float64)


def layers(generator: Generator) -> Iterator[Case]:
    """Random numbers in the shape of a layer's weights."""
    for units, inputs in ((1, 1), (2, 2), (1, 4), (5, 2)):
        numbers = {"u": uniform(generator, units, inputs)} | drawn(generator, z=(units, inputs))
        yield Case(f"{units} units, {inputs} inputs", numbers)


def depths(generator: Generator) -> Iterator[Case]:
    """Sizes of networks of one to six layers, and the variances of their weights."""
    for sizes, share in (([1, 1], 1.0), ([2, 3], 0.5), ([3, 3, 3], 1.0), ([5, 2, 4, 3, 6, 2, 7], 0.5)):
        variances = 0.1 + uniform(generator, len(sizes) - 1)
        words = f"sizes {'-'.join(map(str, sizes))}, share {share}"
        yield Case(words, {"sizes": sizes, "variances": variances, "share": share})


def paths(generator: Generator) -> Iterator[Case]:
    """First parameters, and a gradient and a factor of the schedule for each of 1 to 12 steps."""
    for n, steps, beta, decoupled in ((1, 1, 0.9, False), (1, 2, 0.5, True), (3, 3, 0.8, False), (4, 12, 0.9, True)):
        inputs: dict[str, Any] = drawn(generator, theta=(n,), slopes=(steps, n))
        inputs |= {"etas": 0.2 + uniform(generator, steps), "alpha": 0.3, "beta": beta, "decay": 0.2}
        kind = "decoupled" if decoupled else "L2"
        yield Case(f"{n} parameters, {steps} steps, beta {beta}, {kind}", inputs | {"decoupled": decoupled})


def losses(generator: Generator, *shape: int) -> Tensor:
    """Curves that fall, turn and waver."""
    wander = 0.15 * torch.randn(shape, generator=generator, dtype=torch.float64).cumsum(-1)
    return torch.exp(wander + 0.1 * torch.randn(shape, generator=generator, dtype=torch.float64))


def one_curve(generator: Generator) -> Iterator[Case]:
    """Losses of a run, of which the one on validation data is not lowest at the end."""
    for epochs, strip in ((2, 2), (3, 3), (5, 2), (9, 3), (23, 5)):
        made = {"train": losses(generator, epochs), "val": losses(generator, epochs)}
        made["val"][-1] = made["val"][:-1].min() * (1.1 + uniform(generator, 1)[0])
        yield Case(f"{epochs} epochs, strips of {strip}", made | {"strip": strip})


def many_curves(generator: Generator) -> Iterator[Case]:
    """Losses of many runs, for whole epochs say little each."""
    for runs, epochs, strip, gl, pq, up in (
        (1, 4, 2, 3.0, 0.1, 1),
        (30, 4, 2, 5.0, 0.1, 1),
        (60, 12, 3, 10.0, 0.05, 2),
        (60, 31, 3, 15.0, 0.2, 3),
    ):
        made = {"train": losses(generator, runs, epochs), "val": losses(generator, runs, epochs)}
        words = f"{runs} runs of {epochs} epochs, strips of {strip}, GL {gl:g}, PQ {pq:g}, UP {up}"
        yield Case(words, made | {"strip": strip, "gl": gl, "pq": pq, "up": up})


def each_run(answer: Any, train: Tensor, val: Tensor, **limits: Any) -> tuple[Tensor, ...]:
    """The three epochs of every run."""
    found = [tuple(answer(*curves, *limits.values())) for curves in zip(train, val, strict=True)]
    return tuple(torch.tensor([float(epoch) for epoch in epochs]) for epochs in zip(*found, strict=True))


def examples(generator: Generator) -> Iterator[Case]:
    """Points whose labels say nothing, and others to watch; of every network the numbers that its weights come of."""
    for n, held, sizes, lr, epochs, patience in (
        (1, 1, (1, 2), 0.5, 1, 1),
        (3, 2, (2, 3), 1.0, 6, 1),
        (6, 6, (3, 3, 3), 2.0, 30, 2),
        (9, 7, (4, 6, 5, 3), 3.0, 40, 3),
        (8, 9, (4, 5, 4), 8.0, 40, 3),
    ):
        made: dict[str, Any] = {}
        for (name, labels), count in zip((("x", "y"), ("x_val", "y_val")), (n, held), strict=True):
            made[name] = torch.randn(count, sizes[0], generator=generator, dtype=torch.float64)
            made[labels] = torch.randint(sizes[-1], (count,), generator=generator)
        made["numbers"] = [uniform(generator, units, inputs) for inputs, units in pairwise(sizes)]
        words = f"{n} examples, layers {'-'.join(map(str, sizes))}, lr {lr}, {epochs} epochs, patience {patience}"
        yield Case(words, made | {"lr": lr, "decay": 0.02, "epochs": epochs, "patience": patience})


def spread(answer: Any, generator: Generator) -> float:
    """How far the variances of many weights are from 2 / (n + m) and 2 / n, beyond 3 per cent."""
    u, z = uniform(generator, 300, 200), torch.randn(300, 200, generator=generator, dtype=torch.float64)
    glorot, he = answer(u, z)
    return max(0.0, abs(float(glorot.var()) * 250 - 1) - 0.03, abs(float(he.var()) * 100 - 1) - 0.03)


def kept(answer: Any, generator: Generator) -> float:
    """How far the mean squares are from 1 with He's weights in layers of one size."""
    found = answer([20] * 51, torch.full((50,), 0.1, dtype=torch.float64), 0.5)
    return max(float((values - 1).abs().max()) for values in found)


def same_without_momentum(answer: Any, generator: Generator) -> Tensor:
    """How far decay is from a penalty of decay / alpha, without momentum: proposition 1."""
    theta, slopes = drawn(generator, theta=(3,), slopes=(8, 3)).values()
    etas = 0.2 + uniform(generator, 8)
    return answer(theta, slopes, etas, 0.3, 0.0, 0.06, True) - answer(theta, slopes, etas, 0.3, 0.0, 0.2, False)


def unmoved(answer: Any, generator: Generator) -> float:
    """How far both numbers are from what they are for losses in another unit."""
    train, val = losses(generator, 12), losses(generator, 12)
    pairs = zip(answer(train, val, 4), answer(7 * train, 0.1 * val, 4), strict=True)
    return max(float((one - other).abs().max()) for one, other in pairs)


EXERCISE = Exercise(steps=(
    Step(
        minutes=10,
        statement="""
            A layer of n inputs and m units has weights W of the shape (m, n). Its first weights have mean 0 and, so
            that signals keep their size,

                Var[W] = 2 / (n + m), uniform      W ~ U[-sqrt(6 / (n + m)), sqrt(6 / (n + m))]     Glorot & Bengio, 16
                Var[W] = 2 / n, normal             W ~ N(0, 2 / n), 2 / n being the variance        He et al., 10

            u (m, n) are numbers drawn evenly from 0 to 1, z (m, n) are drawn from N(0, 1). Return Glorot's weights made
            of u (0 gives the lowest, 1 the highest), and He's made of z.
            """,
        answer=first_weights,
        cases=layers,
        returns=("Glorot's weights", "He's weights"),
        identities=(Identity("many weights have the variances 2 / (n + m) and 2 / n within 3 per cent", spread),),
        mistakes=(
            mistake("never-negative", "(2 * u - 1)", "u", "Weights are drawn from both sides of 0."),
            mistake("half-as-wide", "(2 * u - 1)", "(u - 0.5)", "From -bound to bound it is two bounds."),
            mistake("variance-for-bound", "sqrt(6 / (inputs + units))", "sqrt(2 / (inputs + units))",
                    "The variance of U[-a, a] is a^2 / 3: the bound is sqrt(6 / (n + m))."),
            mistake("inputs-only", "sqrt(6 / (inputs + units))", "sqrt(6 / (inputs + inputs))",
                    "Glorot's weights depend on inputs and units."),
            mistake("units-for-inputs", "sqrt(2 / inputs)", "sqrt(2 / units)",
                    "n is the number of inputs: W has the shape (units, inputs)."),
            mistake("variance-for-deviation", "z * sqrt(2 / inputs)", "z * (2 / inputs)",
                    "2 / n is the variance: multiply by its root."),
            mistake("no-half-for-rectifiers", "sqrt(2 / inputs)", "sqrt(1 / inputs)",
                    "A rectifier throws half away: the variance is 2 / n."),
            mistake("old-habit", "sqrt(6 / (inputs + units))", "sqrt(1 / inputs)",
                    "U[-1/sqrt(n), 1/sqrt(n)] is the habit of before, whose variance is a third of 1 / n."),
            mistake("root-left-out", "sqrt(6 / (inputs + units))", "6 / (inputs + units)", "The bound is a root."),
            mistake("both-from-u", "z * sqrt(2 / inputs)", "u * sqrt(2 / inputs)", "He's weights are made of z."),
        ),
        hints=("units, inputs = u.shape.", "2 u - 1 goes from -1 to 1."),
    ),
    Step(
        minutes=15,
        statement="""
            What depth makes of it. Layer i = 0 .. d - 1 takes z^i of sizes[i] numbers to s^i = W^i z^i and z^(i+1) =
            f(s^i) of sizes[i + 1] numbers; variances[i] is Var[W^i]. Of the mean square of s, f passes on a `share`: 1
            if f is linear, as tanh is near 0, and 1/2 for a rectifier; so it does with gradients on their way back:

                E[(z^(i+1))^2]  = share sizes[i]     variances[i] E[(z^i)^2],           1 for z^0
                E[(dC/dz^i)^2]  = share sizes[i + 1] variances[i] E[(dC/dz^(i+1))^2],   1 for z^d

            (Glorot & Bengio, 5 and 6; He et al., 9 and 13.) Return the mean squares of z^1 .. z^d and of the gradients
            for z^0 .. z^(d-1), in this order: (d,) each.
            """,
        answer=signals,
        cases=depths,
        returns=("signals", "gradients"),
        identities=(Identity("with He's variance and layers of one size both stay 1 through 50 rectifiers", kept),),
        mistakes=(
            mistake("gradients-backwards", "gradient[::-1]", "gradient", "The gradient for z^0 comes first."),
            mistake("inputs-both-ways", "reversed(sizes[1:])", "reversed(sizes[:-1])",
                    "On the way back the number of units counts: sizes[i + 1]."),
            mistake("units-both-ways", "zip(sizes[:-1], variances", "zip(sizes[1:], variances",
                    "Forwards the number of inputs counts: sizes[i]."),
            mistake("share-forwards-only", "g = share * n", "g = n", "Gradients pass through f, too."),
            mistake("share-backwards-only", "q = share * n", "q = n", "f passes on a share of the signal."),
            mistake("not-multiplied-up", "* variance * q", "* variance", "Every layer multiplies what comes to it."),
            mistake("gradients-not-multiplied-up", "* variance * g", "* variance",
                    "Every layer multiplies the gradient that comes to it."),
            mistake("deviations", "variances, strict=True", "variances.sqrt(), strict=True",
                    "Mean squares are multiplied by variances, not by standard deviations."),
            mistake("variances-not-turned", "variances.flip(0)", "variances",
                    "On the way back the last layer comes first, its variance, too."),
            mistake("without-sizes", "q = share * n * variance", "q = share * variance",
                    "A sum of n terms has n times the variance of one."),
        ),
        hints=("Two loops, one from each end.", "torch.stack makes a tensor of a list of numbers of tensors."),
    ),
    Step(
        minutes=15,
        statement="""
            SGD with momentum, algorithm 1 of Loshchilov & Hutter (2019): with an L2 penalty, or with weight decay that
            is decoupled from the gradient (SGDW). m starts at 0; etas[t] is the schedule's factor eta for step t, which
            multiplies the rate alpha and the decay alike, and alpha does not multiply the decay:

                g <- g + decay theta                    only if not decoupled
                m <- beta m + eta alpha g
                theta <- theta - m - eta decay theta    the last term only if decoupled; theta is that of before

            slopes holds a gradient a step: (steps, n). Return theta after each step, stacked: (steps, n).
            """,
        answer=decayed,
        cases=paths,
        gradients=False,
        returns=("theta",),
        identities=(
            Identity("without momentum decay is a penalty of decay / alpha, proposition 1", same_without_momentum),
        ),
        mistakes=(
            mistake("always-coupled", "if not decoupled:\n", "if True:\n",
                    "Decoupled decay stays out of the gradient."),
            mistake("never-coupled", "g = g + decay * theta", "pass",
                    "The gradient of an L2 penalty is decay theta: add it to g."),
            mistake("decay-without-schedule", "eta * decay * theta if", "decay * theta if",
                    "The schedule's factor multiplies the decay, too."),
            mistake("decay-times-rate", "eta * decay * theta if", "eta * alpha * decay * theta if",
                    "That is torch's AdamW; in the paper alpha does not multiply the decay."),
            Mistake("decay-after-step", (("theta = theta - m - shrunk", "theta = theta - m\n        if decoupled:\n"
                                          "            theta = theta - eta * decay * theta"),),
                    "The decay sees theta from before the step."),
            mistake("decay-remembered", "m = beta * m + eta * alpha * g",
                    "m = beta * m + eta * alpha * g + decoupled * eta * decay * theta",
                    "Decoupled decay stays out of m: momentum does not remember it."),
            Mistake("rate-at-use", (("m = beta * m + eta * alpha * g", "m = beta * m + g"),
                                    ("theta - m -", "theta - eta * alpha * m -")),
                    "m holds each gradient times the eta alpha of its own step; torch multiplies all of m by today's."),
            mistake("penalty-twice", "g = g + decay * theta", "g = g + 2 * decay * theta",
                    "The penalty is decay / 2 |theta|^2, its gradient decay theta."),
            mistake("lasso", "g = g + decay * theta", "g = g + decay * theta.sign()",
                    "The gradient of |theta| is the sign: that is L1."),
            mistake("damped", "eta * alpha * g\n", "(1 - beta) * eta * alpha * g\n", "The new gradient counts whole."),
            mistake("grows", "- shrunk", "+ shrunk", "Decay makes parameters smaller."),
        ),
        hints=("Two places for the decay, and each is used in one case only.", "Keep the old theta for the last term."),
    ),
    Step(
        minutes=10,
        statement="""
            When to stop (Prechelt 1998). The losses on training and validation data of every epoch are `train` and
            `val`; a strip is `strip` epochs in a row, the first one begins with the first epoch.

                GL(t) = 100 (val(t) / lowest val until t - 1)             after every epoch t, t included
                P     = 1000 (mean of train / lowest train - 1)           over the epochs of a strip

            Return GL of all epochs (epochs,), and P of all whole strips (epochs // strip,).
            """,
        answer=curves,
        cases=one_curve,
        gradients=False,
        returns=("GL", "P"),
        identities=(Identity("losses in another unit give the same", unmoved),),
        mistakes=(
            mistake("lowest-of-all", "torch.cummin(val, 0).values", "val.min()",
                    "The lowest until t: later epochs are not known yet."),
            mistake("against-the-first", "torch.cummin(val, 0).values", "val[0]", "Compare with the lowest so far."),
            mistake("difference-for-ratio", "100 * (val / lowest - 1)", "100 * (val - lowest)",
                    "GL is in per cent of the lowest loss."),
            mistake("not-in-per-cent", "100 * (val", "(val", "GL is in per cent: 100 times."),
            mistake("progress-of-validation", "train[: len(train) // strip * strip]",
                    "val[: len(train) // strip * strip]", "Progress is made in the training loss."),
            mistake("lowest-of-run", "strips.min(1).values", "strips.min()", "Each strip has a lowest of its own."),
            mistake("sum-for-mean", "strips.mean(1)", "strips.sum(1)", "The mean of the strip over its lowest."),
            mistake("first-over-last", "strips.mean(1) / strips.min(1).values", "strips[:, 0] / strips[:, -1]",
                    "The mean of the strip over its lowest, not its first over its last."),
            mistake("turned-round", "strips.mean(1) / strips.min(1).values", "strips.min(1).values / strips.mean(1)",
                    "The mean is above the line: P is never negative."),
            mistake("per-cent", "1000 * (strips", "100 * (strips", "P is per thousand: 1000 times."),
            mistake("last-strips", "train[: len(train) // strip * strip]",
                    "train[len(train) % strip :]", "The first strip begins with the first epoch."),
        ),
        hints=("torch.cummin(val, 0).values is the lowest so far.", "reshape(-1, strip) of the whole strips' epochs."),
    ),
    Step(
        minutes=20,
        statement="""
            The three classes of criteria, with the numbers of step 4. Epochs count from 1; strips end at epoch strip,
            2 strip, ...; each criterion stops after the first epoch t of its kind:

                GL    any epoch with GL(t) > gl
                PQ    the end of a strip with GL(t) > pq P, P being that strip's
                UP    the end of a strip at which val has risen `up` times in a row from strip end to strip end:
                      val(t) > val(t - strip), val(t - strip) > val(t - 2 strip), ...

            Return the three epochs as whole numbers, 0 for a criterion that never stops. The first strip end has none
            before it, so it is no rise.
            """,
        answer=stops,
        cases=many_curves,
        use=each_run,
        gradients=False,
        returns=("GL's epoch", "PQ's epoch", "UP's epoch"),
        mistakes=(
            mistake("gl-at-strip-ends", "enumerate(lost, 1) if loss > gl",
                    "enumerate(lost, 1) if loss > gl and t % strip == 0", "GL may stop after any epoch."),
            mistake("from-zero", "enumerate(lost, 1)", "enumerate(lost)", "Epochs count from 1."),
            mistake("no-progress", "lost[t - 1] > pq * progress", "lost[t - 1] > pq",
                    "PQ compares GL with the progress of the strip."),
            mistake("quotient-turned", "lost[t - 1] > pq * progress", "progress > pq * lost[t - 1]",
                    "The quotient is GL / P: much lost and little progress."),
            mistake("one-epoch-late", "lost[t - 1] > pq", "lost[min(t, len(lost) - 1)] > pq",
                    "The epoch t that ends a strip stands at place t - 1."),
            mistake("first-strips-progress", "lost[t - 1] > pq * progress", "lost[t - 1] > pq * made[0]",
                    "P is that of the strip that ends at t."),
            mistake("not-in-a-row", "else 0\n        if", "else rises\n        if",
                    "A fall from strip end to strip end starts the count anew."),
            mistake("epoch-for-strip", "val[t - 1] > val[t - strip - 1]", "val[t - 1] > val[t - 2]",
                    "Compare with the end of the strip before, not with the epoch before."),
            mistake("above-the-lowest", "val[t - 1] > val[t - strip - 1]", "val[t - 1] > val[: t - 1].min()",
                    "UP compares with the end of the strip before, not with the lowest."),
            mistake("training-rises", "val[t - 1] > val[t - strip - 1]", "train[t - 1] > train[t - strip - 1]",
                    "UP watches the validation loss."),
            mistake("one-rise", "if rises == up:", "if rises == 1:", "UP waits for `up` rises in a row."),
            mistake("one-rise-more", "if rises == up:", "if rises == up + 1:", "UP stops at rise number `up`."),
            mistake("start-of-last-strip", "by_up = t\n", "by_up = t - strip\n",
                    "It stops after the epoch at which the last rise is seen."),
        ),
        hints=("range(strip, epochs + 1, strip) are the ends of strips.", "One counter for UP, set back by a fall."),
    ),
    Step(
        minutes=25,
        statement="""
            All of it on one network. Every layer but the last is h <- tanh(W h + b), with h = x at first; the last is
            W h + b, the logits. The first W of each layer are Glorot's, made of its u in `numbers` (units, inputs) by
            step 1; biases are 0 at first. In each epoch, one step on all examples,

                loss = mean of -log softmax(logits) at the right classes
                W <- (1 - decay) W - lr dloss/dW,      b <- b - lr dloss/db         biases do not decay

            and then the same loss on x_val, y_val with the new weights. Stop after `epochs`, or as soon as the last
            `patience` losses on x_val are all above the lowest one so far. Return the losses on x_val of the epochs
            that were run, and the logits of x_val with the weights that had the lowest.
            """,
        answer=learn,
        cases=examples,
        gradients=False,
        near=1e-8,  # rounding grows over the steps
        returns=("validation losses", "logits"),
        mistakes=(
            mistake("last-weights", "logits(x_val, *best)", "logits(x_val, weights, biases)",
                    "Return what the best weights say, not the last ones."),
            mistake("never-stops", "            break\n", "            pass\n", "It stops when its patience is over."),
            mistake("one-epoch-more", "losses[-patience:]", "losses[-patience - 1 :]",
                    "It stops as soon as `patience` losses are above the lowest."),
            mistake("no-patience", "min(losses[-patience:]) > min(losses)", "True",
                    "It goes on for `patience` epochs without a lowest loss."),
            mistake("biases-decay", "(b - lr * g)", "((1 - decay) * b - lr * g)", "Biases do not decay."),
            mistake("no-decay", "(1 - decay) * W", "W", "The weights decay."),
            mistake("decay-times-rate", "(1 - decay) * W", "(1 - lr * decay) * W", "lr does not multiply this decay."),
            mistake("he-weights", "first_weights(u, u)[0]", "first_weights(u, u)[1]",
                    "The first weights are Glorot's, of uniform numbers."),
            Mistake("loss-before-step", ((WATCHED, ""), ("range(epochs):\n", "range(epochs):\n" + WATCHED)),
                    "The validation loss is that after the step."),
            mistake("watches-training", "loss(x_val, y_val, weights, biases).detach()",
                    "loss(x, y, weights, biases).detach()", "It watches the loss on x_val and y_val."),
            mistake("trains-on-validation", "loss(x, y, weights, biases), [", "loss(x_val, y_val, weights, biases), [",
                    "x_val and y_val are for watching only."),
            mistake("rectifiers", "torch.tanh(", "torch.relu(", "The hidden units are tanh."),
            mistake("sum-of-examples", ".mean()", ".sum()", "The loss is a mean over the examples."),
            mistake("biases-stay", "(b - lr * g)", "(b - 0 * g)", "The biases learn, too."),
        ),
        hints=("Keep the best weights as copies: what is changed in place later is best no more.",
               "(1 - decay) multiplies the old weight, beside the step."),
    ),
))  # fmt: skip
