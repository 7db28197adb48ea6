"""Rebuild dropout: masks, both scalings, Gaussian noise, max-norm, the network and how it is trained."""

from collections.abc import Iterator
from itertools import pairwise, product
from math import prod
from typing import Any

import torch
from torch import Generator, Tensor

from firsthand.papers.cases import drawn
from firsthand.papers.dropout import answers
from firsthand.papers.exercise import Case, Exercise, Identity, Mistake, Step, mistake

SIZES = ((1, 1, 0.5), (2, 1, 0.8), (2, 3, 0.7), (3, 3, 0.25), (4, 5, 0.9))  # batch, units, p
NETWORKS = (
    (1, (1, 2), (0.5,), False),
    (1, (2, 2, 2), (0.8, 0.6), True),
    (3, (3, 3, 3), (0.7, 0.5), False),
    (4, (3, 5, 4, 3), (0.8, 0.5, 0.6), True),
    (3, (2, 4, 4, 2), (0.9, 0.6, 0.4), False),
)  # batch, units of every layer, p of all but the last, training


def spread(generator: Generator, batch: int, units: int, p: float) -> Tensor:
    """Numbers from 0 to 1; in every other example the first unit stays and the last goes, in the others they do not."""
    chance = torch.rand(batch, units, generator=generator, dtype=torch.float64)
    stays = min(p, 1 - p) + abs(2 * p - 1) * chance[:, 0] if p > 0.5 else p * chance[:, 0]
    goes = p + (1 - p) * chance[:, -1]
    even = torch.arange(batch) % 2 == 0
    chance[:, 0], chance[:, -1] = torch.where(even, stays, goes), torch.where(even, goes, stays)
    return chance


def units(generator: Generator, training: bool | None = None) -> Iterator[Case]:
    """Units, chances and p; with `training` by turns."""
    for place, (batch, count, p) in enumerate(SIZES):
        made: dict[str, Any] = drawn(generator, y=(batch, count))
        made |= {"chance": spread(generator, batch, count, p), "p": p}
        words = f"batch {batch}, units {count}, p {p}"
        if training is not None:
            made["training"] = place % 2 == (0 if training else 1)
            words += ", training" if made["training"] else ", in use"
        yield Case(words, made)


def noisy(generator: Generator) -> Iterator[Case]:
    """The same with normal numbers."""
    for words, made in units(generator, training=True):
        noise = drawn(generator, noise=tuple(made["y"].shape))["noise"]
        yield Case(words, {"y": made["y"], "noise": noise, "p": made["p"], "training": made["training"]})


def lengths(generator: Generator) -> Iterator[Case]:
    """Weights of units of which every other one is too long."""
    for count, inputs, c in ((1, 1, 2.0), (1, 2, 0.5), (3, 3, 2.0), (4, 2, 3.0), (5, 7, 1.5)):
        W = drawn(generator, W=(count, inputs))["W"]
        wanted = c * torch.tensor([2.0, 0.4])[torch.arange(count) % 2]
        W = W / (W**2).sum(1, keepdim=True).sqrt() * wanted[:, None]
        yield Case(f"units {count}, inputs {inputs}, c {c}", {"W": W, "c": c})


def layers(generator: Generator, widths: tuple[int, ...]) -> dict[str, Tensor]:
    """Weights and biases by the number of their layer."""
    made = {}
    for place, (inputs, outputs) in enumerate(pairwise(widths)):
        made |= drawn(generator, **{f"W.{place}": (outputs, inputs), f"b.{place}": (outputs,)})
        if place < len(widths) - 2:
            made[f"b.{place}"] = made[f"b.{place}"].abs() + 0.5  # so that some hidden units are not 0
    return made


def paired(inputs: dict[str, Any]) -> list[tuple[Tensor, Tensor]]:
    """The layers of what `layers` made."""
    count = sum(name.startswith("W.") for name in inputs)
    return [(inputs[f"W.{place}"], inputs[f"b.{place}"]) for place in range(count)]


def networks(generator: Generator) -> Iterator[Case]:
    """Inputs, chances and layers, in training and in use."""
    for batch, widths, keeps, training in NETWORKS:
        keeps = (*keeps, 0.75)[: len(widths) - 1]
        made: dict[str, Any] = drawn(generator, x=(batch, widths[0])) | layers(generator, widths)
        made |= {
            f"chance.{i}": spread(generator, batch, n, p) for i, (n, p) in enumerate(zip(widths, keeps, strict=False))
        }
        made |= {"keeps": keeps, "training": training}
        yield Case(f"batch {batch}, units {widths}, p {keeps}, {'training' if training else 'in use'}", made)


def networked(answer: Any, x: Tensor, keeps: Any, training: bool, **inputs: Any) -> Tensor:
    """The logits of a network whose layers and chances come in lists."""
    chances = [inputs[f"chance.{place}"] for place in range(len(keeps))]
    return answer(x, chances, paired(inputs), keeps, training)


def lessons(generator: Generator) -> Iterator[Case]:
    """Examples of several classes, chances for every step, first weights, and a c that some units exceed."""
    for batch, widths, keeps, steps in (
        (1, (2, 2), (0.8,), 1),
        (2, (3, 4, 3), (0.8, 0.5), 3),
        (6, (4, 8, 6, 3), (0.8, 0.5, 0.5), 5),
    ):
        made: dict[str, Any] = drawn(generator, x=(batch, widths[0])) | layers(generator, widths)
        made["classes"] = torch.randint(widths[-1], (batch,), generator=generator)
        made["chances"] = [[spread(generator, batch, n, p) for n, p in zip(widths, keeps, strict=False)]
                           for _ in range(steps)]  # fmt: skip
        made |= {"keeps": keeps, "lr": 0.5, "momentum": 0.9, "c": 1.2}
        yield Case(f"batch {batch}, units {widths}, p {keeps}, {steps} steps, c 1.2", made)


def learned(answer: Any, x: Tensor, classes: Tensor, chances: Any, keeps: Any, **rest: Any) -> tuple[Tensor, ...]:
    """The losses, and what has become of the layers."""
    options = [rest[name] for name in ("lr", "momentum", "c")]
    losses, trained = answer(x, classes, chances, paired(rest), keeps, *options)
    weights = torch.cat([W.detach().flatten() for W, _ in trained])
    return torch.stack(list(losses)), weights, torch.cat([b.detach() for _, b in trained])


def on_average(answer: Any, generator: Generator) -> Tensor:
    """How far the mean over all chances is from the units as they are in use."""
    y = drawn(generator, y=(1, 4))["y"]
    chance = (torch.arange(1000, dtype=torch.float64)[:, None] + 0.5).expand(1000, 4) / 1000
    return answer(y.expand(1000, 4), chance, 0.37, True).mean(0) - answer(y, chance[:1], 0.37, False)[0]


def moments(answer: Any, generator: Generator) -> Tensor:
    """How far mean and mean square over noise of 1 and -1 are from y and y^2 / p, those of the inverted masks."""
    y = drawn(generator, y=(1, 4))["y"]
    noise = torch.tensor([[1.0], [-1.0]], dtype=torch.float64).expand(2, 4)
    both = answer(y.expand(2, 4), noise, 0.7, True)
    return torch.stack([both.mean(0) - y[0], (both**2).mean(0) - y[0] ** 2 / 0.7])


def again(answer: Any, generator: Generator) -> Tensor:
    """How far weights that were made short enough change when it is done again."""
    W = answer(3 * drawn(generator, W=(6, 4))["W"], 2.0)
    return answer(W, 2.0) - W


def longest(answer: Any, generator: Generator) -> float:
    """What the longest unit is above c."""
    W = answer(3 * drawn(generator, W=(6, 4))["W"], 2.0)
    return max(0.0, float((W**2).sum(1).max().sqrt()) - 2)


def geometric(answer: Any, generator: Generator) -> Tensor:
    """How far one layer in use is from the normalised geometric mean of all its thinned networks."""
    x, W, b = drawn(generator, x=(1, 4), W=(3, 4), b=(3,)).values()
    p, masks = 0.7, list(product((0.0, 1.0), repeat=4))  # a chance of 0 stays, of 1 goes
    share = torch.tensor([prod(1 - p if goes else p for goes in mask) for mask in masks], dtype=torch.float64)
    chance = torch.tensor(masks, dtype=torch.float64)
    each = torch.log_softmax(answer(x.expand(16, 4), [chance], [(W, b)], (p,), True), 1)
    used = torch.log_softmax(answer(x, [chance[:1]], [(W, b)], (p,), False), 1)
    return torch.log_softmax((share[:, None] * each).sum(0, keepdim=True), 1) - used


EXERCISE = Exercise(steps=(
    Step(
        minutes=5,
        statement="""
            Every unit of every example is left out at random (section 4):

                r ~ Bernoulli(p)        y~ = r y         p is the probability that a unit STAYS, as in the paper

            The randomness is passed in: `chance` holds a number from 0 to 1 for each unit, and r is 1 where it is below
            p, else 0. Return y~.
            """,
        answer=answers.thinned,
        cases=units,
        data=("chance",),
        returns=("y~",),
        mistakes=(
            mistake("drop-for-keep", "chance < p", "chance < 1 - p",
                    "p is the probability that a unit stays; torch's Dropout takes that of being dropped."),
            mistake("mask-turned", "chance < p", "chance >= p", "r is 1 where the chance is below p: that unit stays."),
            mistake("kept-from-above", "chance < p", "chance >= 1 - p",
                    "As often, but other units: those whose chance is below p stay."),
            mistake("one-mask-for-all", "(chance < p)", "(chance[:1] < p)", "Every example has a mask of its own."),
            mistake("whole-examples", "(chance < p)", "(chance[:, :1] < p)",
                    "Every unit is kept or dropped by itself, not all units of an example together."),
            mistake("inverted", "return r * y", "return r * y / p",
                    "Nothing is scaled here: as published that is done when the network is used."),
            mistake("mean-for-mask", "return r * y", "return p * y", "That is the mean; a unit stays whole, or goes."),
            mistake("gradient-through-all", "return r * y", "return y + (r * y - y).detach()",
                    "Values hold, but a unit that is left out must have no gradient: multiply y by the mask."),
            mistake("chances-as-factors", "(chance < p).to(y.dtype)", "chance", "Compare the chances with p."),
        ),
        hints=("chance < p is True where a unit stays.", "Multiply: that also stops the gradient of the others."),
    ),
    Step(
        minutes=5,
        statement="""
            "Inverted" dropout, of section 10 and of today's libraries: what stays is divided by p while training, so
            that its mean is y; in use (`training` is False) nothing is done:

                y~ = r y / p  in training         y~ = y  in use
            """,
        answer=answers.inverted,
        cases=lambda generator: units(generator, training=True),
        data=("chance",),
        returns=("y~",),
        identities=(Identity("the mean over all chances is what is computed in use", on_average),),
        mistakes=(
            mistake("not-scaled", "thinned(y, chance, p) / p", "thinned(y, chance, p)",
                    "Without the division the units are smaller in training than in use."),
            mistake("scaled-by-drop", "thinned(y, chance, p) / p", "thinned(y, chance, p) / (1 - p)",
                    "Divide by the share that stays: p, not 1 - p."),
            mistake("multiplied", "thinned(y, chance, p) / p", "thinned(y, chance, p) * p",
                    "Fewer units are left: divide, so that the mean is kept."),
            mistake("scaled-in-use", "else y", "else p * y",
                    "Scaled twice: with the division in training nothing is done in use."),
            mistake("dropped-in-use", " if training else y", "", "In use every unit stays: look at `training`."),
            mistake("never-dropped", "thinned(y, chance, p) / p if training else y", "y",
                    "In training units are left out: look at `training`."),
            mistake("training-turned", "if training else y", "if not training else y",
                    "Units are left out while training, not in use."),
            mistake("all-scaled", "thinned(y, chance, p) / p", "y / p", "No unit is left out."),
            mistake("divided-in-use", "else y", "else y / p", "In use nothing is done."),
        ),
        hints=("Step 1 does the first half.", "Two cases: training, or not."),
    ),
    Step(
        minutes=10,
        statement="""
            Gaussian dropout (section 10): noise with the mean and the variance of the inverted masks, instead of masks:

                y~ = y r',   r' ~ N(1, sigma^2),   sigma^2 = (1 - p) / p          in training;  y~ = y  in use

            `noise` is of N(0, 1).
            """,
        answer=answers.gaussian,
        cases=noisy,
        returns=("y~",),
        identities=(Identity("mean and mean square of y~ are y and y^2 / p, as with masks", moments),),
        mistakes=(
            mistake("variance-for-deviation", "((1 - p) / p) ** 0.5", "(1 - p) / p",
                    "(1 - p) / p is the variance: noise of N(0, 1) is multiplied by its root."),
            mistake("p-turned", "((1 - p) / p)", "(p / (1 - p))", "The more units stay the smaller the noise."),
            mistake("mask-not-inverted", "((1 - p) / p)", "((1 - p) * p)",
                    "p (1 - p) is the variance of r; that of r / p is (1 - p) / p."),
            mistake("noise-added", "y * (1 + sigma * noise)", "y + sigma * noise",
                    "The noise multiplies the units: a unit of 0 stays 0."),
            mistake("mean-zero", "(1 + sigma * noise)", "(sigma * noise)", "r' has mean 1."),
            mistake("noise-in-use", " if training else y", "", "In use there is no noise: look at `training`."),
            mistake("scaled-in-use", "else y", "else p * y", "r' has mean 1: nothing is scaled in use."),
            mistake("one-noise-for-all", "sigma * noise)", "sigma * noise[:1])",
                    "Every example has noise of its own."),
            mistake("dropout-rate", "((1 - p) / p)", "(1 - p)", "The variance is (1 - p) / p."),
        ),
        hints=("1 + sigma * noise has mean 1 and standard deviation sigma.", "sigma is a root."),
    ),
    Step(
        minutes=10,
        statement="""
            Max-norm: the weights that come into one unit are never longer than c. Those that are too long are brought
            back to the ball of radius c, in their direction; the others stay as they are:

                |w| = sqrt(sum_k w_k^2) > c:   w <- c w / |w|

            A row of W is what comes into a unit. Return new weights.
            """,
        answer=answers.max_norm,
        cases=lengths,
        gradients=False,
        near=1e-6,  # torch.renorm divides by a length that is larger by 1e-7
        returns=("W",),
        identities=(
            Identity("no unit is longer than c", longest),
            Identity("done again it changes nothing", again),
        ),
        mistakes=(
            mistake("columns", "sum(1, keepdim=True)", "sum(0, keepdim=True)",
                    "The weights that come into a unit are a row of W."),
            mistake("all-to-length-c", "torch.where(length > c, W * c / length, W)", "W * c / length",
                    "Units that are shorter than c stay as they are."),
            mistake("short-ones-changed", "length > c", "length < c", "Those that are longer than c change."),
            mistake("to-length-one", "W * c / length", "W / length", "They are brought to the length c."),
            mistake("every-weight-clipped", "return torch.where(length > c, W * c / length, W)",
                    "return W.clamp(-c, c)", "The length of a unit's weights is limited, not every weight."),
            mistake("one-length-for-all", "(W**2).sum(1, keepdim=True).sqrt()", "(W**2).sum().sqrt()",
                    "Every unit has a length of its own, not the matrix."),
            mistake("no-root", "(W**2).sum(1, keepdim=True).sqrt()", "(W**2).sum(1, keepdim=True)",
                    "The length is the root of the sum of squares."),
            mistake("sum-of-sizes", "(W**2).sum(1, keepdim=True).sqrt()", "W.abs().sum(1, keepdim=True)",
                    "The length is the root of the sum of squares, not the sum of the sizes."),
            mistake("mean-square", "(W**2).sum(1", "(W**2).mean(1", "The length is of the sum of squares."),
        ),
        hints=("keepdim=True lets the lengths divide the rows.",
               "torch.where, or a factor of at most 1: clamp(max=1)."),
    ),
    Step(
        minutes=20,
        statement="""
            The network, with the paper's own scaling. Every layer has its (W, b) of `layers` and its p of `keeps`, that
            of its inputs: the first p is for x, the others for hidden units. Rectifiers stand after all layers but the
            last.

                in training     z = W (r y) + b          r as in step 1, from the layer's `chance`
                in use          z = (p W) y + b          no mask: one network stands for all thinned ones
                y = max(0, z)                            but the last layer's z are the logits

            Return the logits.
            """,
        answer=answers.network,
        cases=networks,
        use=networked,
        data=("chance",),
        returns=("logits",),
        identities=(Identity("one layer in use is the geometric mean of all its thinned networks", geometric),),
        mistakes=(
            mistake("weights-not-scaled", "(p * W).T", "W.T",
                    "In use all units are there: the weights are multiplied by p."),
            mistake("biases-scaled", "y @ (p * W).T + b", "p * (y @ W.T + b)", "Only weights are scaled, not biases."),
            mistake("both-scalings", "thinned(y, chance, p) @ W.T", "thinned(y, chance, p) @ W.T / p",
                    "That is scaled twice, by 1 / p in training and by p in use: leave the first out."),
            mistake("divided-in-use", "(p * W).T", "(W / p).T",
                    "In use more units are there than in training: the weights become smaller."),
            mistake("dropped-in-use", " if training else y @ (p * W).T + b", "", "In use no unit is left out."),
            mistake("inputs-stay", "if training else", "if training and number > 1 else",
                    "The inputs x are left out at random, too, with the first p."),
            mistake("hidden-units-stay", "thinned(y, chance, p) @ W.T + b if training",
                    "(thinned(y, chance, p) if number == 1 else y) @ W.T + b if training",
                    "Hidden units are left out at random, each layer with its p."),
            mistake("logits-rectified", " if number < len(layers) else z", "", "The last layer has no rectifier."),
            mistake("not-rectified", "z.clamp(min=0)", "z", "y is max(0, z) in hidden layers."),
            mistake("one-p-for-all", "zip(layers, chances, keeps, strict=True)",
                    "zip(layers, chances, keeps[:1] * len(keeps), strict=True)", "Every layer has a p of its own."),
            mistake("p-of-the-next-layer", "y @ (p * W).T", "y @ (keeps[min(number, len(keeps) - 1)] * W).T",
                    "A layer's p is that of its inputs."),
            mistake("training-turned", "if training else", "if not training else",
                    "Units are left out while training, not in use."),
        ),
        hints=("zip(layers, chances, keeps) gives what one layer needs.", "thinned of step 1 is for training only.",
               "enumerate tells which layer is the last."),
    ),
    Step(
        minutes=25,
        statement="""
            Train it (appendices A and B.1). `chances` has a list for every step, and every step sees all examples. The
            loss is the mean of -log softmax(logits) at the right class, of the network in training. Then, for every
            matrix and every bias, with velocities v from 0,

                v <- momentum v - lr dloss/dw
                w <- w + v
                W <- max_norm(W, c)       for the weights of every layer, after every update; biases stay

            Return the losses, each from before its update, and the layers as they are in the end, as in `layers`.
            Change nothing that is passed in.
            """,
        answer=answers.learn,
        cases=lessons,
        use=learned,
        gradients=False,
        near=1e-6,  # as in max_norm, from step to step
        returns=("losses", "weights", "biases"),
        mistakes=(
            mistake("trained-without-dropout", "keeps, True)", "keeps, False)", "In training units are left out."),
            mistake("same-chances-always", "network(x, chance,", "network(x, chances[0],",
                    "Every step has chances of its own."),
            mistake("no-max-norm", "[max_norm(W, c) for W in params[::2]]", "params[::2]",
                    "After every update the weights are brought back to length c."),
            Mistake("norm-before-update", (("        params[::2] = [max_norm(W, c) for W in params[::2]]\n", ""),
                    ("        logits = network(", "        params[::2] = [max_norm(W.detach(), c).requires_grad_() "
                                                 "for W in params[::2]]\n        logits = network(")),
                    "max_norm comes after the update, so that no weights are ever too long."),
            mistake("last-layer-free", "[max_norm(W, c) for W in params[::2]]",
                    "[max_norm(W, c) for W in params[:-2:2]] + params[-2:-1]",
                    "The output layer's weights are limited, too."),
            mistake("bias-in-the-length", "[max_norm(W, c) for W in params[::2]]",
                    "[max_norm(torch.cat([W, b[:, None]], 1), c)[:, :-1] for W, b in zip(params[::2], params[1::2])]",
                    "The length is of the weights alone, without the bias."),
            mistake("no-momentum", "momentum * v - lr * slope", "-lr * slope", "The velocity is carried on."),
            mistake("momentum-damped", "momentum * v - lr * slope", "momentum * v - (1 - momentum) * lr * slope",
                    "The gradient counts in full: lr, without a factor 1 - momentum."),
            mistake("upwards", "momentum * v - lr * slope", "momentum * v + lr * slope",
                    "The velocity goes against the gradient."),
            mistake("velocities-limited", "        params[::2] = [max_norm(W, c) for W in params[::2]]\n",
                    "        params[::2] = [max_norm(W, c) for W in params[::2]]\n"
                    "        velocities[::2] = [max_norm(v, c / 4) for v in velocities[::2]]\n",
                    "The weights are limited, not the velocities or gradients."),
            mistake("sum-of-examples", ".mean()", ".sum()", "The loss is a mean over examples."),
        ),
        hints=("torch.autograd.grad(loss, params) gives all gradients.",
               "New tensors at every step: detach().requires_grad_() before the loss.",
               "max_norm for the matrices, after w + v."),
    ),
))  # fmt: skip
