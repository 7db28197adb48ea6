"""Rebuild AlexNet: response normalisation, pools that overlap, two towers, dropout, its rule, the network."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Generator, Tensor

from firsthand.papers.alexnet.answers import alexnet, drop, pool, respond, towers, update
from firsthand.papers.cases import POOLS, drawn, flat, layers, within
from firsthand.papers.exercise import Case, Exercise, Identity, Mistake, Step, mistake


def responses(generator: Generator) -> Iterator[Case]:
    """Maps, and other constants than the published ones, so that neighbours count."""
    sizes = ((1, 1, 1, 1, 3), (1, 3, 1, 1, 3), (1, 2, 2, 2, 5), (2, 4, 3, 3, 3), (2, 8, 3, 4, 5))
    constants = ((2.0, 0.3, 0.75), (1.0, 0.5, 0.75), (2.0, 1e-4, 0.75), (1.5, 0.2, 0.6), (2.0, 0.1, 0.9))
    for (batch, maps, h, w, n), (k, alpha, beta) in zip(sizes, constants, strict=True):
        made = drawn(generator, a=(batch, maps, h, w)) | {"n": n, "k": k, "alpha": alpha, "beta": beta}
        yield Case(f"batch {batch}, maps {maps} of {h}x{w}, n {n}, k {k}, alpha {alpha}, beta {beta}", made)


def pictures(generator: Generator) -> Iterator[Case]:
    """Maps to pool: some have a last row or column that no square reaches."""
    for batch, maps, h, w, z, s in ((1, 1, 3, 3, 3, 2), (1, 1, 4, 5, 3, 2), (1, 2, 6, 6, 2, 2), (2, 3, 8, 7, 3, 2)):
        made: dict[str, Any] = drawn(generator, x=(batch, maps, h, w))
        yield Case(f"batch {batch}, maps {maps} of {h}x{w}, z {z}, s {s}", made | {"z": z, "s": s})


def halves(generator: Generator) -> Iterator[Case]:
    """Maps of two towers, their kernels and biases."""
    sizes = ((1, 2, 2, 1, 1, 1, 0), (1, 2, 2, 3, 3, 3, 1), (2, 4, 2, 4, 4, 3, 1), (2, 4, 6, 5, 6, 5, 2))
    for batch, inputs, out, h, w, k, padding in sizes:
        made = drawn(generator, x=(batch, inputs, h, w), weight=(out, inputs // 2, k, k), bias=(out,))
        words = f"batch {batch}, maps {inputs} of {h}x{w}, maps out {out}, kernels {k}x{k}, padding {padding}"
        yield Case(words, made | {"padding": padding})


def masks(generator: Generator) -> Iterator[Case]:
    """Units with a mask, in which some are kept and some not, and without."""
    for batch, units, testing in ((1, 2, False), (1, 2, True), (2, 5, False), (3, 3, True), (4, 6, False)):
        keep = torch.rand(batch, units, generator=generator) < 0.5
        keep[0, :2] = torch.tensor([True, False])
        made = drawn(generator, h=(batch, units)) | {"keep": None if testing else keep}
        yield Case(f"batch {batch}, units {units}, " + ("testing" if testing else "training"), made)


def paths(generator: Generator) -> Iterator[Case]:
    """First weights, gradients, and rates that fall."""
    long = [0.3] * 4 + [0.03] * 4
    for n, rates, decay in ((1, [0.1], 0.5), (2, [0.1, 0.1], 0.3), (3, [0.2, 0.2, 0.02], 0.1), (4, long, 0.05)):
        made = drawn(generator, w=(n,), slopes=(len(rates), n)) | {"rates": rates, "decay": decay}
        yield Case(f"weights {n}, steps {len(rates)}, rates from {rates[0]} to {rates[-1]}, decay {decay}", made)


def networks(generator: Generator) -> Iterator[Case]:
    """Images of 29x29 pixels, masks, and all the parameters of a small AlexNet."""
    sizes = ((1, 1, 2, 4, 2, True), (1, 3, 4, 6, 3, False), (2, 3, 6, 8, 5, True), (2, 2, 4, 6, 4, False))
    for batch, channels, maps, units, classes, testing in sizes:
        made: dict[str, Any] = drawn(generator, images=(batch, channels, 29, 29))
        keep = [torch.rand(batch, n, generator=generator) < 0.7 for n in (units, units + 1)]
        made["keep"] = None if testing else tuple(one | (torch.arange(one.shape[1]) == 1) for one in keep)
        wide = {"c1": (maps, channels, 5, 5), "c2": (maps, maps // 2, 5, 5), "c3": (maps + 2, maps, 3, 3),
                "c4": (maps, maps // 2 + 1, 3, 3), "c5": (maps, maps // 2, 3, 3),
                "f6": (units, maps), "f7": (units + 1, units), "f8": (classes, units + 1)}  # fmt: skip
        p = {name: 2 * value for name, value in layers(generator, **wide).items()}
        p |= {f"{name}_bias": 0.3 * torch.randn(shape[0], generator=generator, dtype=torch.float64)
                 + (1 if name in ("c2", "c4", "c5", "f6", "f7") else 0) for name, shape in wide.items()}  # fmt: skip
        words = f"batch {batch}, channels {channels}, maps {maps}, units {units}, classes {classes}"
        yield Case(words + (", testing" if testing else ", training"), made | within("p", p))


def apart(answer: Any, generator: Generator) -> Tensor:
    """How far the first half of the result changes when the second half of the maps does."""
    x, weight, bias = drawn(generator, x=(1, 4, 5, 5), weight=(6, 2, 3, 3), bias=(6,)).values()
    other = torch.cat([x[:, :2], 1 - x[:, 2:]], 1)
    return (answer(other, weight, bias, 1) - answer(x, weight, bias, 1))[:, :3]


def crowded(answer: Any, generator: Generator) -> Tensor:
    """How far equal numbers a on all maps are from a / (k + alpha n a^2)^beta, where no edge is near."""
    a = torch.full((1, 9, 1, 1), 3.0, dtype=torch.float64)
    return answer(a, 5, 2.0, 0.1, 0.75)[0, 2:7] - 3 / (2 + 0.1 * 5 * 9) ** 0.75


EXERCISE = Exercise(steps=(
    Step(
        minutes=15,
        statement="""
            Local response normalisation: where the neighbours of a map say much, the map says less. At every pixel

                b_i = a_i / (k + alpha sum over j of a_j^2)^beta        j from i - n/2 to i + n/2, as far as maps go

            The sum runs over n maps, n is odd and n/2 rounded down: map i itself, n/2 before and n/2 after it, at the
            same pixel; maps that do not exist count nothing. alpha is not divided by n. a is (batch, maps, h, w). The
            published constants are the default values: n = 5, k = 2, alpha = 10^-4, beta = 0.75.
            """,
        answer=respond,
        cases=responses,
        returns=("b",),
        identities=(Identity("five maps that say 3: each becomes 3 / (k + 45 alpha)^beta", crowded),),
        mistakes=(
            mistake("alpha-divided", "alpha * total", "alpha / n * total",
                    "That is torch's convention: in the paper alpha is not divided by n."),
            mistake("neighbours-in-space", "(a**2, (0, 0, 0, 0, n // 2, n // 2))\n    total = squares.unfold(1, n, 1)",
                    "(a**2, (n // 2, n // 2))\n    total = squares.unfold(3, n, 1)",
                    "Neighbours are maps at the same pixel, not pixels of the same map."),
            mistake("maps-before-only", "n // 2, n // 2))", "n - 1, 0))",
                    "Neighbours stand on both sides: half of them before the map, half after it."),
            Mistake("n-on-each-side", (("n // 2, n // 2))", "n, n))"), ("unfold(1, n, 1)", "unfold(1, 2 * n + 1, 1)")),
                    "n maps count altogether, not n on each side."),
            mistake("maps-in-a-ring", "torch.constant_pad_nd(a**2, (0, 0, 0, 0, n // 2, n // 2))",
                    "(a**2)[:, torch.arange(-(n // 2), a.shape[1] + n // 2) % a.shape[1]]",
                    "The first map has no neighbours before it: the last is not one."),
            mistake("itself-left-out", "alpha * total", "alpha * (total - a**2)", "The map itself counts, too."),
            mistake("not-squared", "(a**2,", "(a.abs(),", "What the neighbours say is squared."),
            mistake("root-for-beta", "** beta", "** 0.5", "The exponent is beta, not one half."),
            mistake("k-missing", "(k + alpha * total)", "(1 + alpha * total)", "The sum starts from k."),
            mistake("response-cut", "squares.unfold", "squares.detach().unfold",
                    "The gradient flows through the neighbours, too: look for detach or no_grad."),
        ),
        hints=("A map of zeros on each side, n/2 times, makes all neighbourhoods equally long.",
               "Along dimension 1: a sum over shifted slices, or unfold(1, n, 1)."),
    ),
    Step(
        minutes=10,
        statement="""
            Pooling takes the largest of z x z pixels; the squares lie s pixels apart, so that with z = 3 and s = 2 they
            overlap. Only squares that lie inside of the map count: a last row or column that none reaches is left out.
            Do not call torch's pooling; slicing and Tensor.unfold are fine. x is (batch, maps, h, w).
            """,
        answer=pool,
        refused=POOLS,
        cases=pictures,
        returns=("y",),
        mistakes=(
            mistake("mean-for-largest", ".amax((-2, -1))", ".mean((-2, -1))", "The largest counts, not the mean."),
            mistake("no-overlap", "x.unfold(2, z, s).unfold(3, z, s)", "x.unfold(2, s, s).unfold(3, s, s)",
                    "The squares are z pixels wide: with z > s they overlap."),
            mistake("steps-of-z", "x.unfold(2, z, s).unfold(3, z, s)", "x.unfold(2, z, z).unfold(3, z, z)",
                    "The squares lie s pixels apart, not z."),
            mistake("rounded-up", "x.unfold(2, z, s).unfold(3, z, s)",
                    "torch.constant_pad_nd(x, (0, (z - x.shape[3]) % s, 0, (z - x.shape[2]) % s), -1e9)"
                    ".unfold(2, z, s).unfold(3, z, s)",
                    "A square that reaches over the edge is left out: sizes are rounded down."),
            mistake("zeros-around", "x.unfold(2, z, s).unfold(3, z, s)",
                    "torch.constant_pad_nd(x, (z // 2,) * 4).unfold(2, z, s).unfold(3, z, s)",
                    "Nothing lies around the map."),
            mistake("largest-magnitude", ".amax((-2, -1))", ".abs().amax((-2, -1))",
                    "The largest number counts, with its sign: -3 is less than 1."),
            mistake("down-only", ".unfold(3, z, s).amax((-2, -1))", ".amax(-1)[..., : (x.shape[3] - z) // s + 1]",
                    "The squares are z pixels wide as well as high."),
        ),
        hints=("x.unfold(2, z, s).unfold(3, z, s) is all squares that lie inside.",
               "amax takes several dimensions at once."),
    ),
    Step(
        minutes=15,
        statement="""
            The network lay on two GPUs. Layers 2, 4 and 5 are convolutions in two towers: the first half of the maps of
            the result sees only the first half of x's maps, the second half the second. So a kernel has maps / 2 maps:

                y_o = b_o + sum over the maps c of o's own tower of w_oc * x_c

            weight is (out, maps / 2, k, k), bias (out), `padding` pixels of zeros lie around x; kernels move by one
            pixel. `torch.conv2d` may be called here. The result is (batch, out, ...), the first tower's maps first.
            """,
        answer=towers,
        cases=halves,
        returns=("y",),
        identities=(Identity("the second half of the maps changes nothing in the first tower", apart),),
        mistakes=(
            mistake("towers-crossed", "zip(x.chunk(2, 1),", "zip(x.chunk(2, 1)[::-1],",
                    "Each tower sees its own half: the first the first."),
            mistake("one-half-for-both", "zip(x.chunk(2, 1),", "zip([x.chunk(2, 1)[0]] * 2,",
                    "The second tower sees the second half of the maps."),
            mistake("maps-by-turns", "zip(x.chunk(2, 1),", "zip((x[:, ::2], x[:, 1::2]),",
                    "A tower's maps follow each other: they are a half, not every other one."),
            mistake("results-by-turns", "], 1)", "], 1).unflatten(1, (2, -1)).transpose(1, 2).flatten(1, 2)",
                    "All maps of the first tower come before those of the second."),
            mistake("kernels-shared", "weight.chunk(2)", "[weight.chunk(2)[0]] * 2",
                    "Each tower has kernels of its own: the rows of weight follow the maps of the result."),
            mistake("biases-shared", "bias.chunk(2)", "[bias.chunk(2)[0]] * 2", "Each tower has biases of its own."),
            mistake("bias-missing", "part, w, b, padding", "part, w, None, padding", "Every map has a bias."),
            mistake("towers-added", "return torch.cat(", "return sum(",
                    "The towers' maps stand side by side, they are not added."),
        ),
        hints=("chunk(2, 1) cuts the maps into halves, chunk(2) the kernels.", "torch.cat joins the towers again."),
    ),
    Step(
        minutes=5,
        statement="""
            Dropout with probability one half, as in 2012: while the network is trained, `keep` (batch, units) is True
            for the units that speak, and the others are silent, 0; those that speak are not scaled. When it is tested,
            `keep` is None, all units speak, and all are multiplied by 0.5.
            """,
        answer=drop,
        cases=masks,
        returns=("h",),
        mistakes=(
            mistake("scaled-in-training", "h * 0.5 if keep is None else h * keep",
                    "h if keep is None else h * keep * 2",
                    "That is today's form, scaled in training: here units are halved when tested."),
            mistake("never-scaled", "h * 0.5 if", "h if",
                    "With all units the next layer's sums would be twice as large."),
            mistake("scaled-twice", "else h * keep", "else h * keep * 0.5",
                    "Units that speak in training are not scaled."),
            mistake("mask-turned", "else h * keep", "else h * ~keep", "keep is True for the units that speak."),
            mistake("mask-ignored", "else h * keep", "else h", "Units that are not kept are silent."),
            mistake("share-of-kept", "h * 0.5 if", "h * 2 if", "When tested, units are halved, not doubled."),
        ),
        hints=("A boolean times a number is the number or 0.",),
    ),
    Step(
        minutes=15,
        statement="""
            The rule of section 5 has rate and weight decay inside of the momentum variable v. From v = 0, at each step

                v <- 0.9 v - decay rate w - rate g
                w <- w + v

            slopes (steps, n) holds the gradients g, rates the rate of each step. Return w after every step (steps, n),
            and change nothing in place.
            """,
        answer=update,
        cases=paths,
        returns=("path",),
        mistakes=(
            Mistake("rate-outside", (("decay * rate * w - rate * g", "decay * w - g"),
                                     ("w = w + v", "w = w + rate * v")),
                    "That is torch's form: it differs as soon as the rate falls. Here the rate is inside of v."),
            mistake("decay-without-rate", "decay * rate * w", "decay * w", "The decay is multiplied by the rate."),
            mistake("no-decay", " - decay * rate * w", "", "`decay` is not used."),
            mistake("weights-grow", "- decay * rate * w", "+ decay * rate * w", "The decay makes weights smaller."),
            mistake("decay-on-the-side", "v = 0.9 * v - decay * rate * w - rate * g\n        w = w + v",
                    "v = 0.9 * v - rate * g\n        w = w + v - decay * rate * w",
                    "The decay is part of v, and has its momentum."),
            mistake("velocity-damped", "- decay * rate * w - rate * g", "- 0.1 * (decay * rate * w + rate * g)",
                    "v is no mean: the gradient counts in full."),
            mistake("old-velocity", "v = 0.9 * v - decay * rate * w - rate * g\n        w = w + v",
                    "w, v = w + v, 0.9 * v - decay * rate * w - rate * g", "v first, then w moves by the new v."),
            mistake("no-momentum", "0.9 * v - decay", "-decay", "0.9 of the old v stays."),
            mistake("looks-ahead", "w = w + v", "w = w + 0.9 * v - rate * g - decay * rate * w",
                    "That is Nesterov's form: here w moves by v itself."),
        ),
        hints=("Two lines inside of one loop.", "torch.stack makes (steps, n) of the list."),
    ),
    Step(
        minutes=25,
        statement="""
            The network of figure 2 with few maps and small kernels; padding lies around each convolution's input. f is
            max(0, a), respond has its default constants, all pools have z = 3 and s = 2.

                layer  input                      kernels        padding  then
                1      images, stride 2           c1 (5x5)       2        f, respond, pool
                2      layer 1, in two towers     c2 (5x5)       2        f, respond, pool
                3      all of layer 2             c3 (3x3)       1        f
                4      layer 3, in two towers     c4 (3x3)       1        f
                5      layer 4, in two towers     c5 (3x3)       1        f, pool
                6, 7   all of the layer before    f6, f7         -        f, drop
                8      all of layer 7             f8             -        nothing: these are the logits

            p holds kernels and matrices by these names, and biases as c1_bias, ..., f8_bias. Layers 6 to 8 are
            W x + b, and layer 6 sees the maps one after the other. `torch.conv2d` may be called. images are (batch,
            channel, 29, 29). keep is None, or the masks of layers 6 and 7. Return the logits (batch, classes).
            """,
        answer=alexnet,
        cases=networks,
        use=flat,
        returns=("logits",),
        mistakes=(
            mistake("first-response-missing", "pool(respond(x), 3, 2)\n    x = torch.relu(towers(x, p[\"c2\"]",
                    "pool(x, 3, 2)\n    x = torch.relu(towers(x, p[\"c2\"]", "The maps of layer 1 are normalised."),
            mistake("second-response-missing", "pool(respond(x), 3, 2)\n    x = torch.relu(torch.conv2d(x, p[\"c3\"]",
                    "pool(x, 3, 2)\n    x = torch.relu(torch.conv2d(x, p[\"c3\"]",
                    "The maps of layer 2 are normalised."),
            mistake("pooled-before-normalised", "pool(respond(x), 3, 2)\n    x = torch.relu(towers(x, p[\"c2\"]",
                    "respond(pool(x, 3, 2))\n    x = torch.relu(towers(x, p[\"c2\"]",
                    "The normalisation comes before the pool."),
            mistake("normalised-before-rectified",
                    "x = torch.relu(torch.conv2d(images, p[\"c1\"], p[\"c1_bias\"], stride=2, padding=2))\n"
                    "    x = pool(respond(x), 3, 2)",
                    "x = respond(torch.conv2d(images, p[\"c1\"], p[\"c1_bias\"], stride=2, padding=2))\n"
                    "    x = pool(torch.relu(x), 3, 2)",
                    "The rectifier comes before the normalisation."),
            mistake("no-overlap", "h = pool(x, 3, 2).flatten(1)", "h = pool(x, 2, 2).flatten(1)",
                    "The last pool overlaps, too: 3x3 pixels."),
            mistake("fourth-not-rectified", "torch.relu(towers(x, p[\"c4\"], p[\"c4_bias\"], 1))",
                    "towers(x, p[\"c4\"], p[\"c4_bias\"], 1)", "Layer 4 is rectified."),
            mistake("seventh-not-rectified", "drop(torch.relu(h @ p[\"f7\"].T + p[\"f7_bias\"]), second)",
                    "drop(h @ p[\"f7\"].T + p[\"f7_bias\"], second)", "Layers 6 and 7 are rectified."),
            mistake("one-dropout", "drop(torch.relu(h @ p[\"f7\"].T + p[\"f7_bias\"]), second)",
                    "torch.relu(h @ p[\"f7\"].T + p[\"f7_bias\"])", "Dropout follows layer 7, too."),
            mistake("logits-rectified", "return h @ p[\"f8\"].T + p[\"f8_bias\"]",
                    "return torch.relu(h @ p[\"f8\"].T + p[\"f8_bias\"])", "Logits are not rectified."),
            mistake("probabilities", "return h @ p[\"f8\"].T + p[\"f8_bias\"]",
                    "return torch.softmax(h @ p[\"f8\"].T + p[\"f8_bias\"], 1)",
                    "Logits are what a softmax would turn into probabilities: leave it out."),
        ),
        hints=("15, 7, 3 and 1 pixels are left after layer 1 and the three pools.",
               "flatten(1) makes units of the maps: map by map.", "One line a layer, from the steps before."),
    ),
))  # fmt: skip
