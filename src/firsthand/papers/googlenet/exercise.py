"""Rebuild GoogLeNet: reductions, the pool's branch, the inception module and its cost, auxiliary heads, the network."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Generator, Tensor

from firsthand.papers.cases import drawn, flat, largest, layers, within
from firsthand.papers.exercise import Case, Exercise, Identity, Mistake, Step, mistake
from firsthand.papers.googlenet.answers import auxiliary, cost, googlenet, inception, pooled, reduced

MODULE_3A = (192, (64, 96, 128, 16, 32, 32))  # Table 1: channels of what it sees, and its widths


def spread(made: dict[str, Tensor]) -> dict[str, Tensor]:
    """The same parameters with larger biases, so that most units speak."""
    ends = ("bias", "b", "c")
    return {name: value + 0.4 if name.split("_")[-1] in ends else value for name, value in made.items()}


def narrowed(generator: Generator) -> Iterator[Case]:
    """Maps, a reduction, and kernels."""
    for batch, channels, narrow, out, h, w, k in (
        (1, 1, 1, 1, 1, 2, 3), (1, 2, 1, 2, 3, 3, 3), (2, 4, 2, 3, 4, 3, 5), (3, 5, 3, 4, 5, 5, 3),
    ):  # fmt: skip
        made = drawn(generator, x=(batch, channels, h, w)) | spread(
            layers(generator, W=(narrow, channels), b=(narrow,), kernels=(out, narrow, k, k), c=(out,))
        )
        yield Case(f"batch {batch}, channels {channels} of {h}x{w} to {narrow}, {out} of {k}x{k}", made)


def projected(generator: Generator) -> Iterator[Case]:
    """Maps that are mostly below zero, and a projection."""
    for batch, channels, out, h, w in ((1, 1, 1, 1, 2), (1, 2, 2, 3, 3), (2, 3, 2, 4, 5), (3, 4, 3, 5, 5)):
        made = drawn(generator, x=(batch, channels, h, w)) | layers(generator, W=(out, channels), b=(out,))
        made["x"] = made["x"] - 1.5
        yield Case(f"batch {batch}, channels {channels} of {h}x{w} to {out}", spread(made))


def module(generator: Generator, channels: int, widths: tuple[int, ...], name: str = "") -> dict[str, Tensor]:
    """The parameters of an inception module by their names."""
    one, reduce3, three, reduce5, five, project = widths
    shapes = {
        "one": (one, channels), "reduce3": (reduce3, channels), "three": (three, reduce3, 3, 3),
        "reduce5": (reduce5, channels), "five": (five, reduce5, 5, 5), "project": (project, channels),
    }  # fmt: skip
    return parameters(generator, shapes, name)


def parameters(generator: Generator, shapes: dict[str, tuple[int, ...]], part: str = "") -> dict[str, Tensor]:
    """Kernels and matrices of these shapes, and their biases."""
    made = {}
    for name, shape in shapes.items():
        made |= layers(generator, **{part + name: shape, f"{part}{name}_bias": shape[:1]})
    return within("p", spread(made))


def modules(generator: Generator) -> Iterator[Case]:
    """Maps, and the parameters of a module."""
    for batch, channels, widths, h, w in (
        (1, 1, (1, 1, 1, 1, 1, 1), 1, 2), (1, 2, (2, 1, 2, 1, 2, 2), 3, 3), (2, 3, (2, 2, 3, 1, 2, 1), 5, 4),
        (2, 4, (3, 2, 4, 2, 2, 3), 6, 6),
    ):  # fmt: skip
        made = drawn(generator, x=(batch, channels, h, w)) | module(generator, channels, widths)
        yield Case(f"batch {batch}, channels {channels} of {h}x{w}, widths {widths}", made)


def tables(generator: Generator) -> Iterator[Case]:
    """Rows of tables like Table 1."""
    yield Case("1 channel, all widths 1", {"channels": 1, "widths": (1,) * 6})
    for channels in (2, 5, 192):
        widths = tuple(torch.randint(1, 2 * channels, (6,), generator=generator).tolist())
        yield Case(f"channels {channels}, widths {widths}", {"channels": channels, "widths": widths})
    yield Case(f"module 3a, widths {MODULE_3A[1]}", {"channels": MODULE_3A[0], "widths": MODULE_3A[1]})


def head(generator: Generator, channels: int, places: int, classes: int, part: str = "") -> dict[str, Tensor]:
    """The parameters of an auxiliary head."""
    shapes = {"conv": (3, channels), "fc1": (6, 3 * places), "fc2": (classes, 6)}
    return parameters(generator, shapes, part)


def heads(generator: Generator) -> Iterator[Case]:
    """Maps of a module, and the parameters of a head."""
    for batch, channels, h, w, classes in ((1, 1, 5, 5, 2), (1, 2, 8, 5, 2), (2, 3, 9, 8, 3), (3, 3, 8, 8, 4)):
        places = ((h - 5) // 3 + 1) * ((w - 5) // 3 + 1)
        made = drawn(generator, x=(batch, channels, h, w)) | head(generator, channels, places, classes)
        yield Case(f"batch {batch}, channels {channels} of {h}x{w}, classes {classes}", made)


def networks(generator: Generator) -> Iterator[Case]:
    """Images of 23x23 pixels, classes, and all the parameters of a small network."""
    for batch, channels, scale, classes in ((1, 1, 1, 2), (1, 3, 1, 3), (2, 2, 2, 4)):
        made: dict[str, Any] = drawn(generator, images=(batch, channels, 23, 23))
        made["target"] = torch.randint(classes, (batch,), generator=generator)
        made |= parameters(generator, {"stem": (2 * scale, channels, 3, 3), "fc": (classes, 6 * scale)})
        before = 2 * scale
        for name, widths in (("3a", (2, 1, 2, 1, 1, 1)), ("4a", (1, 2, 2, 1, 1, 1)), ("4d", (2, 1, 1, 1, 1, 1)),
                             ("5b", (2, 1, 2, 1, 1, 1))):  # fmt: skip
            wide = tuple(scale * n for n in widths)
            made |= module(generator, before, wide, f"{name}.")
            before = wide[0] + wide[2] + wide[4] + wide[5]
        for name in ("aux1.", "aux2."):
            made |= head(generator, 5 * scale, 1, classes, name)
        yield Case(f"batch {batch}, channels {channels}, maps {2 * scale} after the stem, classes {classes}", made)


def side_by_side(answer: Any, generator: Generator) -> Tensor:
    """How far the channels of the other branches change when the kernels of 5x5 pixels do."""
    inputs = largest(modules(generator))
    before, after = flat(answer, **inputs), flat(answer, **inputs | {"p.five": 1 - inputs["p.five"]})
    same = (before - after).abs().amax((0, 2, 3))
    return torch.cat([same[:7], same[9:]])  # of 3 + 4 + 2 + 3 channels


def published(answer: Any, generator: Generator) -> float:
    """How far module 3a is from 163,328 weights and 256 channels."""
    weights, outputs, *_ = answer(*MODULE_3A)
    return float(abs(weights - 163328) + abs(outputs - 256))


EXERCISE = Exercise(steps=(
    Step(
        minutes=10,
        statement="""
            What makes large kernels affordable: a convolution of 1x1 pixels narrows the channels first.

                g = max(0, W x + b)                   at every pixel; W is (narrow, channels), b (narrow)
                y = max(0, kernels * g + c)           k x k pixels, kernels (out, narrow, k, k), c (out)

            k is odd; k/2 (rounded down) pixels of zeros lie around g, so that the size stays. `torch.conv2d` may be
            called. x is (batch, channels, h, w); y is (batch, out, h, w).
            """,
        answer=reduced,
        cases=narrowed,
        returns=("y",),
        mistakes=(
            mistake("reduction-not-rectified", "None, None], b).clamp(min=0)", "None, None], b)",
                    "Every convolution is rectified, the reduction too."),
            mistake("result-not-rectified", "// 2).clamp(min=0)", "// 2)", "Every convolution is rectified."),
            mistake("border-before-reduction", "    x = torch.conv2d(x, W[:, :, None, None], b).clamp(min=0)\n"
                    "    return torch.conv2d(x, kernels, c, padding=kernels.shape[-1] // 2).clamp(min=0)",
                    "    x = torch.conv2d(x, W[:, :, None, None], b, padding=kernels.shape[-1] // 2).clamp(min=0)\n"
                    "    return torch.conv2d(x, kernels, c).clamp(min=0)",
                    "The zeros lie around g: around x they would become max(0, b)."),
            mistake("no-border", "padding=kernels.shape[-1] // 2", "padding=0", "The size stays: zeros lie around g."),
            mistake("kernels-flipped", "torch.conv2d(x, kernels,", "torch.conv2d(x, kernels.flip(2, 3),",
                    "The kernel is not turned round."),
            mistake("reduction-bias-missing", "None, None], b)", "None, None])", "The reduction has a bias."),
            mistake("bias-missing", "kernels, c, padding", "kernels, None, padding", "The large kernels have a bias."),
        ),
        hints=("W[:, :, None, None] is W as kernels of one pixel.", "The padding belongs to the second convolution."),
    ),
    Step(
        minutes=10,
        statement="""
            The pool's branch: the largest of the 3x3 pixels around each, channel by channel, at every pixel, so that
            the size stays; beyond the edge there is nothing to compare with. Then a projection to fewer channels:

                y = max(0, W pool(x) + b)             at every pixel; W is (out, channels), b (out)

            `torch.max_pool2d` and `torch.conv2d` may be called. x is (batch, channels, h, w).
            """,
        answer=pooled,
        cases=projected,
        returns=("y",),
        mistakes=(
            Mistake("projected-first", (("    x = torch.max_pool2d(x, 3, stride=1, padding=1)\n", ""),
                                        ("return torch.conv2d(x, W[:, :, None, None], b).clamp(min=0)",
                                         "x = torch.conv2d(x, W[:, :, None, None], b).clamp(min=0)\n"
                                         "    return torch.max_pool2d(x, 3, stride=1, padding=1)")),
                    "The pool comes before the projection."),
            mistake("zeros-beyond-the-edge", "torch.max_pool2d(x, 3, stride=1, padding=1)",
                    "torch.max_pool2d(torch.constant_pad_nd(x, (1, 1, 1, 1)), 3, stride=1)",
                    "A zero beyond the edge can be larger than all pixels inside."),
            mistake("mean-pool", "torch.max_pool2d(x, 3, stride=1, padding=1)",
                    "torch.constant_pad_nd(x, (1, 1, 1, 1)).unfold(2, 3, 1).unfold(3, 3, 1).mean((-2, -1))",
                    "The largest counts, not the mean."),
            mistake("no-pool", "torch.max_pool2d(x, 3, stride=1, padding=1)", "x + 0", "The pool is missing."),
            mistake("five-pixels", "torch.max_pool2d(x, 3, stride=1, padding=1)",
                    "torch.max_pool2d(x, 5, stride=1, padding=2)", "The pool looks at 3x3 pixels."),
            mistake("not-rectified", ".clamp(min=0)", "", "The projection is rectified, as every convolution."),
            mistake("bias-missing", "None, None], b)", "None, None])", "The projection has a bias."),
            mistake("rows-only", "torch.max_pool2d(x, 3, stride=1, padding=1)",
                    "torch.max_pool2d(x, (1, 3), stride=1, padding=(0, 1))", "Neighbours lie above and below, too."),
        ),
        hints=("A stride of 1 keeps the size, if a pixel lies around that is never the largest.",
               "torch.max_pool2d has a padding that never wins."),
    ),
    Step(
        minutes=15,
        statement="""
            The inception module, figure 2(b): four branches see the same x, and their channels stand side by side:

                y = [f_1(x), f_3(g_3(x)), f_5(g_5(x)), h(pool(x))]       1x1 - 3x3 - 5x5 - pool, in this order

            Every convolution is rectified. p holds matrices (out, channels) for 1x1 pixels: one (f_1), reduce3 (g_3),
            reduce5 (g_5), project (h); kernels three (f_3; (out, in, 3, 3)) and five (f_5; (out, in, 5, 5)); and their
            biases, one_bias, ... Steps 1 and 2 are most of it. Return y (batch, all channels, h, w).
            """,
        answer=inception,
        cases=modules,
        use=flat,
        returns=("y",),
        identities=(Identity("the kernels of 5x5 pixels change their own channels only", side_by_side),),
        mistakes=(
            mistake("pool-first", "[one, three, five, pooled(x, p[\"project\"], p[\"project_bias\"])]",
                    "[pooled(x, p[\"project\"], p[\"project_bias\"]), one, three, five]",
                    "The pool's channels come last."),
            mistake("five-before-three", "[one, three, five,", "[one, five, three,",
                    "The order is 1x1, 3x3, 5x5, pool."),
            mistake("one-not-rectified", "p[\"one_bias\"]).clamp(min=0)", "p[\"one_bias\"])",
                    "Every convolution is rectified, f_1 too."),
            mistake("one-bias-missing", ", p[\"one_bias\"])", ")", "f_1 has a bias."),
            mistake("reductions-crossed", "reduced(x, p[\"reduce3\"], p[\"reduce3_bias\"], p[\"three\"]",
                    "reduced(x, p[\"reduce5\"], p[\"reduce5_bias\"], p[\"three\"]",
                    "Each large kernel has a reduction of its own."),
            mistake("three-for-five", "p[\"five\"], p[\"five_bias\"]",
                    "p[\"five\"][:, :, 1:-1, 1:-1], p[\"five_bias\"]",
                    "The third branch has 5x5 pixels: 3x3 is a slip of a well-known program."),
            mistake("pool-cut", "pooled(x, p[\"project\"], p[\"project_bias\"])",
                    "pooled(x.detach(), p[\"project\"], p[\"project_bias\"])",
                    "No gradient reaches x through the pool: look for detach or no_grad."),
            mistake("pool-of-the-rectified", "pooled(x, p[\"project\"]", "pooled(x.clamp(min=0), p[\"project\"]",
                    "All branches see x as it is."),
        ),
        hints=("torch.cat([...], 1) lays channels side by side.", "f_1 is a convolution without a reduction."),
    ),
    Step(
        minutes=15,
        statement="""
            Count the weights, without biases, of a module that sees `channels` channels, as Table 1 gives its widths:
            channels of 1x1, of the 3x3 reduction, of 3x3, of the 5x5 reduction, of 5x5, and of the pool's projection.
            And those of the naive module of figure 2(a), with as many 1x1, 3x3 and 5x5 kernels, which all see x itself,
            and without a projection after the pool. Return four numbers: the weights and the channels of the result
            of the module, then the same two of the naive one.
            """,
        answer=cost,
        cases=tables,
        gradients=False,
        returns=("weights", "channels out", "naive weights", "naive channels out"),
        identities=(Identity("module 3a has 163,328 weights and 256 channels", published),),
        mistakes=(
            mistake("reductions-as-channels", "weights, one + three + five + project", "weights, sum(widths)",
                    "What is reduced goes into large kernels only, not into the result."),
            mistake("large-kernels-see-all", "weights = small + 9 * reduce3 * three + 25 * reduce5 * five",
                    "weights = small + 9 * channels * three + 25 * channels * five",
                    "The large kernels see the reduced channels."),
            mistake("projection-forgotten", "(one + reduce3 + reduce5 + project)", "(one + reduce3 + reduce5)",
                    "The projection after the pool has weights, too."),
            mistake("one-pixel-kernels", "small + 9 * reduce3 * three + 25 * reduce5 * five",
                    "small + 3 * reduce3 * three + 5 * reduce5 * five", "A kernel of 3x3 pixels has nine weights."),
            mistake("naive-projected", "naive, one + three + five + channels", "naive, one + three + five + project",
                    "Without a projection the pool passes all channels on."),
            mistake("biases-counted", "weights = small", "weights = sum(widths) + small",
                    "Biases are not counted here."),
            mistake("naive-pool-has-weights", "(one + 9 * three + 25 * five)",
                    "(one + 9 * three + 25 * five + project)",
                    "A pool has no weights, and nothing projects it here."),
        ),
        hints=("A convolution from c to d channels has k k c d weights.",
               "Four convolutions see x itself: all of 1x1."),
    ),
    Step(
        minutes=15,
        statement="""
            An auxiliary head classifies in the middle of the network; here it is without dropout:

                the means of 5x5 pixels, 3 pixels apart, of squares that lie inside of the maps
                a 1x1 convolution, rectified            conv (out, channels), conv_bias
                a linear layer W x + b, rectified       fc1 (units, out times places), fc1_bias
                a linear layer                          fc2 (classes, units), fc2_bias

            The first linear layer sees the maps one after the other, row by row. p holds the parameters by these names.
            x is (batch, channels, h, w). Return the logits (batch, classes).
            """,
        answer=auxiliary,
        cases=heads,
        use=flat,
        returns=("logits",),
        mistakes=(
            mistake("largest-for-mean", ".mean((-2, -1))", ".amax((-2, -1))", "The head's pool takes means."),
            mistake("sums-for-means", ".mean((-2, -1))", ".sum((-2, -1))", "The head's pool takes means."),
            mistake("three-pixels", ".mean((-2, -1))", "[..., 1:-1, 1:-1].mean((-2, -1))",
                    "The squares have 5x5 pixels: neighbours overlap by two."),
            mistake("convolution-not-rectified", "p[\"conv_bias\"]).clamp(min=0)", "p[\"conv_bias\"])",
                    "The 1x1 convolution is rectified."),
            mistake("hidden-not-rectified", "(x @ p[\"fc1\"].T + p[\"fc1_bias\"]).clamp(min=0)",
                    "x @ p[\"fc1\"].T + p[\"fc1_bias\"]", "The first linear layer is rectified."),
            mistake("logits-rectified", "return x @ p[\"fc2\"].T + p[\"fc2_bias\"]",
                    "return (x @ p[\"fc2\"].T + p[\"fc2_bias\"]).clamp(min=0)", "Logits are not rectified."),
            mistake("place-by-place", ".flatten(1)", ".movedim(1, -1).flatten(1)",
                    "The linear layer sees map by map, not place by place."),
            mistake("probabilities", "return x @ p[\"fc2\"].T + p[\"fc2_bias\"]",
                    "return torch.softmax(x @ p[\"fc2\"].T + p[\"fc2_bias\"], 1)",
                    "Logits are what a softmax would turn into probabilities: leave it out."),
        ),
        hints=("x.unfold(2, 5, 3).unfold(3, 5, 3) is the squares.", "flatten(1) goes map by map."),
    ),
    Step(
        minutes=25,
        statement="""
            The network in small, as it is trained, without dropout and response normalisation:

                stem: 3x3 convolution, stride 2, padding 1, rectified  - module 3a - pool - module 4a - module 4d - pool
                - module 5b - the mean of each map - linear layer W x + b: the main logits
                auxiliary heads (step 5): aux1 sees what 4a says, aux2 what 4d says
                loss = L(main) + 0.3 L(aux1) + 0.3 L(aux2),   L = mean over the images of -log softmax(logits)_target

            Pools take the largest of 3x3 pixels, 2 pixels apart, and round sizes up: 12 pixels become 6, and 6 become
            3. p holds stem (out, channels, 3, 3), fc (classes, in), their biases stem_bias and fc_bias, and the parts'
            parameters with the part's name and a dot before: 3a.one, 3a.one_bias, ..., aux1.conv, ... images are
            (batch, channels, 23, 23), target (batch). `torch.conv2d` and `torch.max_pool2d` may be called. Return the
            main logits (batch, classes) and the loss.
            """,
        answer=googlenet,
        cases=networks,
        use=flat,
        returns=("logits", "loss"),
        mistakes=(
            mistake("heads-count-in-full", "0.3 * entropy(first) + 0.3 * entropy(second)",
                    "entropy(first) + entropy(second)", "The auxiliary losses count 0.3 each."),
            mistake("heads-left-out", " + 0.3 * entropy(first) + 0.3 * entropy(second)", "",
                    "While training, the auxiliary losses count, too."),
            mistake("heads-share-the-weight", "0.3 * entropy(first) + 0.3 * entropy(second)",
                    "0.15 * entropy(first) + 0.15 * entropy(second)", "Each auxiliary loss counts 0.3."),
            mistake("heads-crossed", "auxiliary(a, of(\"aux1\")), auxiliary(d, of(\"aux2\"))",
                    "auxiliary(d, of(\"aux1\")), auxiliary(a, of(\"aux2\"))", "aux1 sees 4a, aux2 sees 4d."),
            mistake("heads-cut-off", "auxiliary(a, of(\"aux1\")), auxiliary(d, of(\"aux2\"))",
                    "auxiliary(a.detach(), of(\"aux1\")), auxiliary(d.detach(), of(\"aux2\"))",
                    "The heads are there to send gradients down: look for detach or no_grad."),
            mistake("stem-not-rectified", "stride=2, padding=1).clamp(min=0)", "stride=2, padding=1)",
                    "The stem's convolution is rectified."),
            mistake("largest-for-mean", "x.mean((2, 3))", "x.amax((2, 3))", "The mean of each map, not its largest."),
            mistake("last-pool-missing", "torch.max_pool2d(d, 3, 2, ceil_mode=True)", "d",
                    "A pool stands before module 5b."),
            Mistake("pools-round-down", (("of(\"3a\")), 3, 2, ceil_mode=True)", "of(\"3a\")), 3, 2)"),
                                         ("torch.max_pool2d(d, 3, 2, ceil_mode=True)", "torch.max_pool2d(d, 3, 2)")),
                    "Pools round up: 12 pixels become 6."),
            mistake("pools-without-overlap", "torch.max_pool2d(d, 3, 2, ceil_mode=True)", "torch.max_pool2d(d, 2, 2)",
                    "The pools look at 3x3 pixels."),
            mistake("sum-of-images", "target[:, None]).mean()", "target[:, None]).sum()",
                    "The losses are means over the images."),
        ),
        hints=("A dictionary of one part's parameters: those whose name starts with \"3a.\", without that start.",
               "torch.max_pool2d(x, 3, 2, ceil_mode=True) rounds up.",
               "Keep what 4a and 4d say: the heads need it."),
    ),
))  # fmt: skip
