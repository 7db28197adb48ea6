"""Rebuild batch normalisation: algorithm 1 and its gradients, feature maps, running averages, a network in use."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import torch
from torch import Generator, Tensor

from firsthand.papers.batchnorm import answers
from firsthand.papers.cases import drawn
from firsthand.papers.exercise import Case, Exercise, Identity, Mistake, Step, mistake

SIZES = ((1, 1, 1e-2), (2, 1, 0.5), (3, 2, 1e-2), (3, 3, 1e-5), (5, 4, 0.1))  # batch, features, eps
MAPS = ((2, 1, 1, 1, 0.5), (1, 2, 1, 3, 1e-2), (2, 2, 2, 2, 1e-5), (3, 4, 2, 3, 0.1))  # batch, maps, pixels, eps


def rows(generator: Generator) -> Iterator[Case]:
    """A batch that is not centred, and the numbers of every feature."""
    for batch, features, eps in SIZES:
        made = drawn(generator, x=(batch, features), gamma=(features,), beta=(features,))
        made["x"] = 2 * made["x"] + 1
        yield Case(f"batch {batch}, features {features}, eps {eps:g}", made | {"eps": eps})


def slopes(generator: Generator) -> Iterator[Case]:
    """A batch of two examples or more, and the gradient of its outputs."""
    for batch, features, eps in SIZES[1:]:
        made = drawn(generator, x=(batch, features), gamma=(features,), dy=(batch, features))
        made["x"] = 2 * made["x"] + 1
        yield Case(f"batch {batch}, features {features}, eps {eps:g}", made | {"eps": eps})


def pictures(generator: Generator) -> Iterator[Case]:
    """Feature maps, not centred, of other heights than widths, and of the same."""
    for batch, maps, height, width, eps in MAPS:
        made = drawn(generator, x=(batch, maps, height, width), gamma=(maps,), beta=(maps,))
        made["x"] = 2 * made["x"] + 1
        yield Case(f"batch {batch}, maps {maps}, {height} x {width} pixels, eps {eps:g}", made | {"eps": eps})


def populations(generator: Generator) -> Iterator[Case]:
    """A layer, and what is known of its sums."""
    for units, inputs, eps in ((1, 1, 0.1), (1, 2, 1e-2), (2, 2, 0.5), (3, 4, 1e-5)):
        made = drawn(generator, W=(units, inputs), **dict.fromkeys(("gamma", "beta", "mean"), (units,)))
        made["variance"] = drawn(generator, v=(units,))["v"] ** 2 + 0.1
        yield Case(f"units {units}, inputs {inputs}, eps {eps:g}", made | {"eps": eps})


def lives(generator: Generator) -> Iterator[Case]:
    """Batches to train on, and examples for afterwards."""
    for count, batch, features, momentum in ((1, 2, 1, 0.1), (2, 2, 2, 0.3), (3, 4, 3, 0.1)):
        made: dict[str, Any] = drawn(generator, gamma=(features,), beta=(features,), x=(3, features))
        batches = drawn(generator, b=(count, batch, features))["b"]
        made |= {"batches": 2 * batches + 1, "momentum": momentum, "eps": 0.1}
        yield Case(f"{count} batches of {batch}, features {features}, momentum {momentum}", made)


def lived(answer: Any, gamma: Tensor, beta: Tensor, x: Tensor, batches: Tensor, **options: float) -> tuple[Tensor, ...]:
    """Outputs in training, then twice in use, and the averages that are left."""
    layer = answer(len(gamma), **options).double()
    for name, value in (("gamma", gamma), ("beta", beta)):
        delattr(layer, name)
        setattr(layer, name, value)  # so that gradients reach it
    trained = torch.stack([layer(batch) for batch in batches])
    for name in ("mean", "variance"):
        setattr(layer, name, getattr(layer, name).detach())  # whether averages carry gradients is left open
    layer.eval()
    used = torch.stack([layer(x), layer(x[:1] + 5).expand_as(x)])
    return trained, used, layer.mean.detach(), layer.variance.detach()


def networks(generator: Generator) -> Iterator[Case]:
    """Examples, batches of the population, and two or three layers."""
    sizes = ((1, 1, 2, (1, 1)), (2, 2, 3, (2, 3)), (3, 3, 4, (3, 3, 2)), (1, 2, 5, (4, 2)))
    for examples, count, batch, widths in sizes:
        made: dict[str, Any] = drawn(generator, x=(examples, widths[0]), batches=(count, batch, widths[0]))
        made["batches"] = made["batches"] * torch.arange(1, count + 1)[:, None, None] + 1
        for place, (inputs, units) in enumerate(pairwise(widths)):
            made |= drawn(generator, **{f"W.{place}": (units, inputs), f"gamma.{place}": (units,),
                                        f"beta.{place}": (units,)})  # fmt: skip
        made |= drawn(generator, W=(3, widths[-1]), b=(3,)) | {"eps": 0.1}
        yield Case(f"{examples} examples, {count} batches of {batch}, units {widths[1:]}", made)


def in_layers(answer: Any, **inputs: Any) -> Tensor:
    """The logits of a network whose layers come in a list."""
    layers = [tuple(inputs[f"{name}.{i}"] for name in ("W", "gamma", "beta"))
              for i in range(sum(name.startswith("gamma.") for name in inputs))]  # fmt: skip
    return answer(*(inputs[name] for name in ("x", "batches")), layers, *(inputs[name] for name in ("W", "b", "eps")))


def scaled(answer: Any, generator: Generator) -> Tensor:
    """How far BN(1000 x) is from BN(x), with eps = 0."""
    x, gamma, beta = drawn(generator, x=(5, 3), gamma=(3,), beta=(3,)).values()
    return answer(1000 * x, gamma, beta, 0.0)[0] - answer(x, gamma, beta, 0.0)[0]


def centred(answer: Any, generator: Generator) -> Tensor:
    """How far the sum of the gradients of a feature's inputs is from 0."""
    (*_, case) = slopes(generator)
    return answer(*case.inputs.values())[0].sum(0)


def upright(answer: Any, generator: Generator) -> Tensor:
    """How far the gradients are from being orthogonal to x^, with eps = 0."""
    (*_, case) = slopes(generator)
    x, gamma, dy, _ = case.inputs.values()
    return (answer(x, gamma, dy, 0.0)[0] * (x - x.mean(0))).sum(0)


def each_map(answer: Any, generator: Generator) -> Tensor:
    """How far the mean of every map, over batch and pixels, is from its beta."""
    (*_, case) = pictures(generator)
    return answer(*case.inputs.values()).mean((0, 2, 3)) - case.inputs["beta"]


def at_the_mean(answer: Any, generator: Generator) -> Tensor:
    """How far a unit whose sum is the population's mean is from its beta."""
    W, gamma, beta, u = drawn(generator, W=(3, 4), gamma=(3,), beta=(3,), u=(4,)).values()
    weights, biases = answer(W, gamma, beta, W @ u, torch.ones(3, dtype=torch.float64), 1e-5)
    return weights @ u + biases - beta


def alone(answer: Any, generator: Generator) -> Tensor:
    """How far an example's logits are from what they are without the others."""
    _, _, case, _ = networks(generator)
    first = case.inputs | {"x": case.inputs["x"][:1]}
    return in_layers(answer, **case.inputs)[:1] - in_layers(answer, **first)


EXERCISE = Exercise(steps=(
    Step(
        minutes=10,
        statement="""
            Algorithm 1, for every feature by itself, over the n examples of a mini-batch:

                m   = 1/n sum_i x_i                        mean
                v   = 1/n sum_i (x_i - m)^2                variance
                x^_i = (x_i - m) / sqrt(v + eps)           normalise
                y_i  = gamma x^_i + beta                   scale and shift

            Return y, x^, m and v. The gradient flows through m and v, too: they are part of the network.
            """,
        answer=answers.normalise,
        cases=rows,
        returns=("y", "x^", "m", "v"),
        identities=(Identity("inputs a thousand times as large change nothing with eps = 0", scaled),),
        mistakes=(
            mistake("unbiased", "((x - m) ** 2).mean(0)", "x.var(0)", "torch's var divides by n - 1: divide by n."),
            mistake("eps-outside-root", "(v + eps).sqrt()", "(v.sqrt() + eps)", "eps is under the root."),
            Mistake("over-features", (("x.mean(0)", "x.mean(1, keepdim=True)"), (".mean(0)\n    x_hat",
                                                                                 ".mean(1, keepdim=True)\n    x_hat")),
                    "Mean and variance are over the batch, one for each feature: dimension 0."),
            mistake("not-centred", "(x - m) / (v", "x / (v", "The mean is taken away before dividing."),
            mistake("no-root", "(v + eps).sqrt()", "(v + eps)", "Divide by the root of the variance."),
            mistake("no-eps", "(v + eps).sqrt()", "v.sqrt()", "eps is missing."),
            mistake("mean-square", "((x - m) ** 2).mean(0)", "(x**2).mean(0)",
                    "The variance is of the distances from the mean."),
            mistake("statistics-cut", "(x - m) / (v + eps).sqrt()", "(x - m.detach()) / (v.detach() + eps).sqrt()",
                    "Values hold, but the gradient does not flow through m and v: look for detach, .data or no_grad."),
            mistake("variance-cut", "(v + eps).sqrt()", "(v.detach() + eps).sqrt()",
                    "Values hold, but the gradient does not flow through v: look for detach, .data or no_grad."),
            mistake("shift-left-out", "gamma * x_hat + beta", "gamma * x_hat", "beta is added at the end."),
            mistake("shifted-before-scaled", "gamma * x_hat + beta", "gamma * (x_hat + beta)",
                    "Scale first, then shift: gamma does not multiply beta."),
        ),
        hints=("The batch is dimension 0: x.mean(0) has one number for each feature.",
               "Tensors of shape (features) stretch over the batch by themselves."),
    ),
    Step(
        minutes=20,
        statement="""
            The backward pass by hand (section 3). Of dy = dl/dy for every example and feature it makes

                dx^_i  = dy_i gamma
                dv     = sum_i dx^_i (x_i - m) (-1/2) (v + eps)^(-3/2)
                dm     = sum_i dx^_i (-1) / sqrt(v + eps)
                dx_i   = dx^_i / sqrt(v + eps) + dv 2 (x_i - m) / n + dm / n
                dgamma = sum_i dy_i x^_i
                dbeta  = sum_i dy_i

            x moves the loss in three ways: by itself, through v and through m. Return dx, dgamma and dbeta.
            """,
        answer=answers.gradients,
        cases=slopes,
        gradients=False,
        near=1e-9,  # with few examples the three terms nearly cancel
        returns=("dx", "dgamma", "dbeta"),
        identities=(
            Identity("the gradients of a batch add up to 0", centred),
            Identity("they are orthogonal to x^ with eps = 0", upright),
        ),
        mistakes=(
            mistake("statistics-held-fixed", " + dv * 2 * (x - m) / len(x) + dm / len(x)", "",
                    "x moves the mean and the variance of its batch, too: the two terms with dv and dm are missing."),
            mistake("variance-held-fixed", " + dv * 2 * (x - m) / len(x)", "", "x moves the variance: dv is not used."),
            mistake("mean-held-fixed", " + dm / len(x)", "", "x moves the mean: dm is not used."),
            mistake("gamma-left-out", "dx_hat = dy * gamma", "dx_hat = dy", "dx^ is dy times gamma."),
            mistake("gamma-of-x", "(dy * x_hat).sum(0)", "(dy * x).sum(0)", "gamma multiplies x^, not x."),
            mistake("mean-over-batch", "(dy * x_hat).sum(0), dy.sum(0)", "(dy * x_hat).mean(0), dy.mean(0)",
                    "gamma and beta serve all examples: their gradients are sums."),
            mistake("half-missing", "* -0.5 *", "* -1 *", "The derivative of v^(-1/2) is -1/2 v^(-3/2)."),
            mistake("power-of-v", "(v + eps) ** -1.5", "(v + eps) ** -0.5", "The derivative of v^(-1/2) has v^(-3/2)."),
            mistake("unbiased", "2 * (x - m) / len(x)", "2 * (x - m) / (len(x) - 1)",
                    "Algorithm 1 divides the variance by n."),
            mistake("sum-for-mean", " + dm / len(x)", " + dm", "An example's share of the mean is 1/n."),
            mistake("two-missing", "dv * 2 * (x - m)", "dv * (x - m)", "The derivative of (x - m)^2 has a 2."),
            mistake("variance-uncentred", "dv * 2 * (x - m)", "dv * 2 * x",
                    "The variance is of the distances from the mean."),
        ),
        hints=("normalise gives x^, m and v; beta moves none of them.",
               "Compare with torch.autograd.grad through your normalise: both must agree."),
    ),
    Step(
        minutes=10,
        statement="""
            Feature maps of a convolution (section 3.2): all places of a map are normalised in the same way, so that a
            map has one gamma and one beta, and its mean and variance are over the batch and all places together,
            m' = batch * height * width numbers. x is (batch, maps, height, width); return y in the same shape.
            """,
        answer=answers.normalise_maps,
        cases=pictures,
        near=1e-9,  # norms of two numbers amplify rounding
        returns=("y",),
        identities=(Identity("the mean of every map is its beta", each_map),),
        mistakes=(
            Mistake("every-place-apart", (("    rows = x.movedim(1, 3)\n", "    rows = x\n"), (
                        "normalise(rows.flatten(0, 2), gamma, beta, eps)[0]",
                        "normalise(rows.flatten(1), *(one.repeat_interleave(x[0, 0].numel()) for one in (gamma, beta)),"
                        " eps)[0]"), ("reshape(rows.shape).movedim(3, 1)", "reshape(rows.shape)")),
                    "All places of a map are normalised together: mean and variance are over height and width, too."),
            Mistake("every-example-apart", (("y = normalise(rows.flatten(0, 2), gamma, beta, eps)[0]",
                    "y = torch.stack([normalise(one.flatten(0, 1), gamma, beta, eps)[0] for one in rows])"),),
                    "Mean and variance are over the batch, too, not of each example by itself."),
            Mistake("over-maps", (("    rows = x.movedim(1, 3)\n", "    rows = x.movedim(1, 3)\n    shape = (-1, 1)\n"),
                    ("y = normalise(rows.flatten(0, 2), gamma, beta, eps)[0]",
                     "y = gamma * normalise(rows.reshape(shape), torch.ones(1), torch.zeros(1), eps)[0]"
                     ".reshape(rows.shape) + beta")),
                    "Every map has a mean and a variance of its own."),
            mistake("viewed-not-turned", ".reshape(rows.shape).movedim(3, 1)", ".reshape(x.shape)",
                    "Turn the maps back into dimension 1: a reshape alone mixes maps and places."),
            mistake("left-turned", ".reshape(rows.shape).movedim(3, 1)", ".reshape(rows.shape)",
                    "The maps are dimension 1 of the result, as they were of x."),
            Mistake("over-height-only", (("y = normalise(rows.flatten(0, 2), gamma, beta, eps)[0]",
                    "y = torch.stack([normalise(one.flatten(0, 1), gamma, beta, eps)[0]"
                    " for one in rows.unbind(2)], 2)"),),
                    "Mean and variance are over the width, too."),
            Mistake("over-width-only", (("y = normalise(rows.flatten(0, 2), gamma, beta, eps)[0]",
                    "y = torch.stack([normalise(one.flatten(0, 1), gamma, beta, eps)[0]"
                    " for one in rows.unbind(1)], 1)"),),
                    "Mean and variance are over the height, too."),
            mistake("maps-before-turning", "rows = x.movedim(1, 3)", "rows = x.reshape(*x[:, 0].shape, -1)",
                    "A reshape does not turn dimensions: bring the maps to the end with movedim or permute."),
        ),
        hints=("Every place of every example is a row of algorithm 1, its maps are the features.",
               "Turn the maps to the end, flatten the rest, and back; or take means over dimensions (0, 2, 3)."),
    ),
    Step(
        minutes=10,
        statement="""
            When the network is used, mean E[x] and variance Var[x] of a unit's sum x = W u are fixed numbers of the
            population, and what algorithm 2 makes of it is a line:

                y = gamma / sqrt(Var[x] + eps) x + (beta - gamma E[x] / sqrt(Var[x] + eps))

            Fold it into the layer: return the weights W' and biases b' with W' u + b' = y. A row of W is a unit.
            """,
        answer=answers.folded,
        cases=populations,
        returns=("W'", "b'"),
        identities=(Identity("a unit whose sum is the population's mean gives beta", at_the_mean),),
        mistakes=(
            mistake("eps-outside-root", "(variance + eps).sqrt()", "(variance.sqrt() + eps)", "eps is under the root."),
            mistake("no-eps", "(variance + eps).sqrt()", "variance.sqrt()",
                    "eps is added to the variance here, too, or training and use differ."),
            mistake("no-root", "(variance + eps).sqrt()", "(variance + eps)", "Divide by the root of the variance."),
            mistake("mean-not-scaled", "beta - slope * mean", "beta - mean",
                    "The mean is scaled as the sum is: both are multiplied by gamma / sqrt(Var[x] + eps)."),
            mistake("mean-added", "beta - slope * mean", "beta + slope * mean", "The mean is taken away."),
            mistake("shift-left-out", "beta - slope * mean", "-slope * mean", "beta is part of the bias."),
            mistake("gamma-left-out", "slope = gamma /", "slope = 1 /", "gamma scales the unit."),
            mistake("shift-scaled", "beta - slope * mean", "slope * (beta - mean)", "beta is added after scaling."),
            mistake("columns-scaled", "slope[:, None] * W", "slope * W",
                    "A unit is a row of W: all weights of a row get the factor of that unit."),
            mistake("weights-as-they-were", "slope[:, None] * W", "W", "The factor of the sum goes into its weights."),
        ),
        hints=("Write y as a number times W u, plus another number.", "slope[:, None] * W scales the rows."),
    ),
    Step(
        minutes=20,
        statement="""
            As it is built today: running averages in the place of a pass over the population. `__init__` is given.

            In training (`self.training` is True) x is normalised as in step 1, and the averages follow:

                mean     <- (1 - momentum) mean     + momentum m
                variance <- (1 - momentum) variance + momentum n / (n - 1) v        n examples; without bias

            Afterwards, in `eval()`, x is normalised with `mean` and `variance` as they are, and nothing changes.
            Batches have two examples or more. Whether the averages carry gradients does not matter.
            """,
        answer=answers.BatchNorm,
        cases=lives,
        use=lived,
        returns=("outputs in training", "outputs in use", "mean", "variance"),
        near=1e-9,  # norms of two numbers amplify rounding
        mistakes=(
            mistake("biased-average", "unbiased = v * len(x) / (len(x) - 1)", "unbiased = v",
                    "The average is of n / (n - 1) v: without bias."),
            Mistake("momentum-turned", (
                    ("(1 - self.momentum) * self.mean + self.momentum * m",
                     "self.momentum * self.mean + (1 - self.momentum) * m"),
                    ("(1 - self.momentum) * self.variance + self.momentum * unbiased",
                     "self.momentum * self.variance + (1 - self.momentum) * unbiased")),
                    "`momentum` is the share of the new batch, not of what was there."),
            mistake("batch-statistics-in-use", "if self.training:", "if self.training or len(x) > 1:",
                    "After training an example must not depend on those beside it: use the averages."),
            mistake("updated-in-use", "        return self.gamma * (x",
                    "        self.mean = (1 - self.momentum) * self.mean + self.momentum * x.mean(0)\n"
                    "        return self.gamma * (x",
                    "Outside of training nothing changes: update the averages only if self.training."),
            Mistake("averages-in-training", (("            return y\n", ""),),
                    "In training x is normalised by its own batch, not by the averages."),
            mistake("never-updated", "with torch.no_grad():",
                    "if self.mean is None:", "The averages are still 0 and 1: update them in training."),
            mistake("deviations-averaged", "unbiased = v * len(x) / (len(x) - 1)",
                    "unbiased = (v * len(x) / (len(x) - 1)).sqrt()",
                    "The average is of variances; the root is taken when it is used."),
            mistake("unbiased-in-training", "return y\n",
                    "return self.gamma * (x - m) / (unbiased + self.eps).sqrt() + self.beta\n",
                    "In training the batch's own variance divides by n; only the average is without bias."),
            mistake("mean-not-kept", "self.mean = (1 - self.momentum) * self.mean + self.momentum * m",
                    "self.mean = m", "The mean is an average over batches, not that of the last one."),
            mistake("shares-over-one", "self.momentum * unbiased", "unbiased",
                    "Both shares add up to one: the new variance counts `momentum`."),
            mistake("eps-outside-root", "(self.variance + self.eps).sqrt()", "(self.variance.sqrt() + self.eps)",
                    "eps is under the root in use as it is in training."),
        ),
        hints=("Two branches: if self.training, and the rest.", "len(x) is n.",
               "Update inside `with torch.no_grad():`, or detach m and v."),
    ),
    Step(
        minutes=25,
        statement="""
            Algorithm 2, the trained network in use. `layers` is a list of (W, gamma, beta), a hidden layer each:
            z = sigmoid(BN(W u)), without a bias. The output layer, W and b, is not normalised. For the population there
            are `batches` of n examples each. Go through the layers from the first to the last:

                every batch goes through the layer as in training, normalised by its own m and v
                E[x]   = the mean over the batches of m
                Var[x] = n / (n - 1) times the mean over the batches of v     (n: examples of one batch)
                x goes through the layer with E[x] and Var[x], as in step 4

            Return the logits of x: W z + b.
            """,
        answer=answers.network,
        cases=networks,
        use=in_layers,
        returns=("logits",),
        near=1e-9,  # norms of two numbers amplify rounding
        identities=(Identity("an example's logits do not depend on those beside it", alone),),
        mistakes=(
            mistake("biased-variance", "n / (n - 1) * variance", "variance",
                    "The mean of v is too small by (n - 1) / n: the factor is missing."),
            mistake("n-of-all-batches", "n = batches.shape[1]", "n = len(batches) * batches.shape[1]",
                    "v is the variance of one batch: n counts the examples of one."),
            mistake("variance-of-everything", "torch.stack([v for _, _, _, v in found]).mean(0)",
                    "(torch.cat(sums) - mean).square().mean(0)",
                    "Var[x] is the mean of the batches' variances, not that of all examples together."),
            Mistake("last-batch-only", (("torch.stack([m for _, _, m, _ in found]).mean(0)", "found[-1][2]"),
                                        ("torch.stack([v for _, _, _, v in found]).mean(0)", "found[-1][3]")),
                    "Means and variances are averaged over all batches."),
            mistake("norm-after-sigmoid", "sums = [u @ weight.T for u in parts]",
                    "sums = [torch.sigmoid(u @ weight.T) for u in parts]",
                    "The normalisation is of the sums W u, before the sigmoid."),
            mistake("batch-stays-below", "parts = [torch.sigmoid(y) for y, _, _, _ in found]", "pass",
                    "The batches go through the layers, too: the next layer sees this one's outputs."),
            mistake("sums-go-on", "parts = [torch.sigmoid(y) for y", "parts = [y for y",
                    "A layer's output is the sigmoid of what is normalised, for the batches as for x."),
            mistake("x-not-squashed", "x = torch.sigmoid(x @ slopes.T + biases)", "x = x @ slopes.T + biases",
                    "x goes through the sigmoid of every hidden layer."),
            mistake("output-bias-missing", "return x @ W.T + b", "return x @ W.T", "The output layer has a bias."),
            mistake("probabilities", "return x @ W.T + b", "return torch.softmax(x @ W.T + b, 1)",
                    "Logits are what a softmax would turn into probabilities: leave it out."),
            mistake("statistics-of-x", "torch.stack([m for _, _, m, _ in found]).mean(0)", "(x @ weight.T).mean(0)",
                    "E[x] is of the population's batches; x itself is what the network is used on."),
            mistake("batches-by-the-population", "parts = [torch.sigmoid(y) for y, _, _, _ in found]",
                    "parts = [torch.sigmoid(gamma * (s - sum(r[2] for r in found) / len(found))"
                    " / (sum(r[3] for r in found) / len(found) * batches.shape[1] / (batches.shape[1] - 1) + eps)"
                    ".sqrt() + beta) for s in sums]",
                    "The batches go through as in training, each normalised by its own mean and variance."),
        ),
        hints=("normalise returns m and v of a batch; torch.stack([...]).mean(0) averages them.",
               "folded gives the weights and biases that x goes through.",
               "Keep a list of batches, and write over it at every layer."),
    ),
))  # fmt: skip
