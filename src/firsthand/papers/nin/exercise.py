"""Rebuild network in network: 1x1 convolutions, the sliding perceptron, pools that round up, means for classes."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Generator, Tensor

from firsthand.papers.cases import CONVOLUTIONS, POOLS, drawn, flat, layers, within
from firsthand.papers.exercise import Case, Exercise, Identity, Mistake, Step, mistake
from firsthand.papers.nin.answers import across, averaging, loss, mlpconv, nin, pool


def pixels(generator: Generator) -> Iterator[Case]:
    """Maps, a matrix and a bias."""
    for batch, maps, out, h, w in ((1, 1, 1, 1, 2), (1, 2, 2, 2, 2), (2, 2, 3, 3, 1), (2, 3, 3, 3, 3), (3, 5, 4, 2, 4)):
        made = drawn(generator, x=(batch, maps, h, w), W=(out, maps), b=(out,))
        yield Case(f"batch {batch}, maps {maps} of {h}x{w}, maps out {out}", made)


def perceptrons(generator: Generator) -> Iterator[Case]:
    """Images, and the three layers of a perceptron."""
    sizes = ((1, 1, 1, 1, 1, 2, 2, 1), (1, 1, 2, 2, 2, 3, 3, 3), (2, 2, 3, 3, 3, 3, 4, 3), (2, 3, 4, 5, 2, 6, 5, 5))
    for batch, maps, first, second, third, h, w, k in sizes:
        made = drawn(generator, x=(batch, maps, h, w)) | layers(
            generator, kernels=(first, maps, k, k), b_1=(first,), W_2=(second, first), b_2=(second,),
            W_3=(third, second), b_3=(third,),
        )  # fmt: skip
        made |= {name: made[name] + 0.4 for name in ("b_1", "b_2")}  # or few units would speak
        x, *hidden, W_3, _ = made.values()
        none = torch.zeros_like(made["b_3"])
        sums = mlpconv(x, *hidden, W_3, none) - mlpconv(x, *hidden, -W_3, none)
        made["b_3"] = 0.02 - sums.mean((0, 2, 3))  # so that the last sums have both signs
        words = f"batch {batch}, maps {maps} of {h}x{w}, patches {k}x{k}, layers {first}, {second}, {third}"
        yield Case(words, made)


def pictures(generator: Generator) -> Iterator[Case]:
    """Maps of even and odd sides."""
    for batch, maps, h, w in ((1, 1, 3, 3), (1, 1, 4, 4), (1, 2, 5, 6), (2, 2, 8, 7), (2, 3, 6, 8)):
        made = drawn(generator, x=(batch, maps, h, w))
        yield Case(f"batch {batch}, maps {maps} of {h}x{w}", {"x": made["x"] - 1})


def sides(generator: Generator) -> Iterator[Case]:
    """Classes, and the sides of their maps."""
    for classes, height, width in ((1, 1, 2), (2, 2, 2), (3, 2, 3), (2, 4, 3), (10, 8, 8)):
        words = f"classes {classes}, maps of {height}x{width}"
        yield Case(words, {"classes": classes, "height": height, "width": width})


def evidence(generator: Generator) -> Iterator[Case]:
    """Class maps, and classes."""
    for batch, classes, h, w in ((1, 2, 1, 2), (1, 2, 2, 2), (2, 3, 3, 2), (4, 5, 3, 3)):
        target = torch.randint(classes, (batch,), generator=generator)
        words = f"batch {batch}, classes {classes}, maps of {h}x{w}"
        yield Case(words, drawn(generator, maps=(batch, classes, h, w)) | {"target": target})


def centre(images: Tensor, **p: Tensor) -> Tensor:
    """The means of the class maps of the first image before they are rectified, without their biases."""
    none = torch.zeros_like(p["cccp6_bias"])
    below = p | {"cccp6": -p["cccp6"], "cccp6_bias": none}
    return nin(images[:1], p | {"cccp6_bias": none})[0] - nin(images[:1], below)[0]


def networks(generator: Generator) -> Iterator[Case]:
    """Images of 8x8 pixels, which become 4x4 and 2x2, and all the parameters of a small network."""
    for batch, channels, a, b, classes in ((1, 1, 1, 2, 2), (1, 3, 2, 2, 2), (2, 1, 3, 2, 3), (3, 3, 4, 4, 5)):
        wide = {
            "conv1": (a + 1, channels, 5, 5), "cccp1": (a, a + 1), "cccp2": (a, a), "conv2": (b + 1, a, 5, 5),
            "cccp3": (b + 1, b + 1), "cccp4": (b, b + 1), "conv3": (b, b, 3, 3), "cccp5": (b + 1, b),
            "cccp6": (classes, b + 1),
        }  # fmt: skip
        images, p = drawn(generator, images=(batch, channels, 8, 8)), layers(generator, **wide)
        for name, shape in wide.items():
            p[f"{name}_bias"] = 0.6 + 0.3 * torch.randn(shape[0], generator=generator, dtype=torch.float64)
        tilt = 0.05 * (-1.0) ** torch.arange(classes)  # so that the means of the sums have both signs, and pixels, too
        p["cccp6_bias"] = tilt - centre(**images, **p)
        words = f"batch {batch}, channels {channels}, maps {a + 1}, {a}, {b}, classes {classes}"
        yield Case(words, images | within("p", p))


def shuffled(answer: Any, generator: Generator) -> Tensor:
    """How far a layer of shuffled pixels is from the layer's pixels, shuffled."""
    x, W, b = drawn(generator, x=(2, 3, 2, 4), W=(5, 3), b=(5,)).values()
    order = torch.randperm(8, generator=generator)

    def mixed(maps: Tensor) -> Tensor:
        return maps.flatten(2)[..., order].unflatten(2, (2, 4))

    return answer(mixed(x), W, b) - mixed(answer(x, W, b))


def moved(answer: Any, generator: Generator) -> Tensor:
    """How far the maps of an image that is moved by a pixel are from the maps, moved, away from the edge."""
    shapes = {"x": (1, 2, 8, 8), "kernels": (3, 2, 3, 3), "b_1": (3,), "W_2": (3, 3), "b_2": (3,), "W_3": (2, 3)}
    x, *rest = drawn(generator, **shapes, b_3=(2,)).values()
    there = answer(x.roll((1, 1), (2, 3)), *rest)[..., 2:-2, 2:-2]
    return there - answer(x, *rest)[..., 1:-3, 1:-3]


def sixteen(answer: Any, generator: Generator) -> float:
    """How far the sides of 32 and 54 pixels are from the 16 and 27 of the authors' definitions."""
    height, width = answer(torch.zeros(1, 1, 32, 54)).shape[2:]
    return float(abs(height - 16) + abs(width - 27))


def means(answer: Any, generator: Generator) -> Tensor:
    """How far the linear layer is from the means of the maps."""
    maps = drawn(generator, maps=(2, 3, 4, 5))["maps"]
    return maps.flatten(1) @ answer(3, 4, 5).T - maps.mean((2, 3))


EXERCISE = Exercise(steps=(
    Step(
        minutes=10,
        statement="""
            A layer of a small perceptron that sees the maps at one pixel only, and is the same at every pixel: a
            convolution of 1x1 pixels, which the authors call cascaded cross-channel parametric pooling, "cccp".

                f_oij = max(0, sum over m of W_om x_mij + b_o)

            Do not call torch's convolutions; slicing, einsum and Tensor.unfold are fine. x is (batch, maps, h, w),
            W (out, maps), b (out); f is (batch, out, h, w).
            """,
        answer=across,
        refused=CONVOLUTIONS,
        cases=pixels,
        returns=("f",),
        identities=(Identity("shuffled pixels give the result's pixels, shuffled", shuffled),),
        mistakes=(
            mistake("not-rectified", ".clamp(min=0)", "", "What is below zero becomes zero."),
            mistake("bias-missing", " + b[:, None, None]", "", "Every map has a bias."),
            mistake("bias-after-rectifier", " + b[:, None, None]).clamp(min=0)", ").clamp(min=0) + b[:, None, None]",
                    "The bias is part of the sum that is rectified."),
            mistake("rectified-before", "x, W) + b[:, None, None]).clamp(min=0)",
                    "x.clamp(min=0), W) + b[:, None, None])", "The sum is rectified, not what goes into it."),
            mistake("magnitude", ".clamp(min=0)", ".abs()", "What is below zero becomes zero, not positive."),
            mistake("mean-over-maps", "x, W)", "x, W / x.shape[1])", "The maps are added, not averaged."),
            mistake("one-for-all-maps", "x, W)", "x, W[:1].expand_as(W))", "Each map of the result has a row of W."),
            mistake("pixels-added", "\"bmij, om -> boij\", x, W)",
                    "\"bmij, om -> bo\", x, W)[..., None, None].expand(-1, -1, *x.shape[2:])",
                    "Pixels do not see each other: nothing is added over i and j."),
        ),
        hints=("With the maps as the last axis, x.movedim(1, -1), it is a product with W^T.",
               "einsum needs three letters that stay besides the one that goes."),
    ),
    Step(
        minutes=20,
        statement="""
            "Mlpconv": a perceptron of three layers slides over the image. Its first layer sees the patch x_ij, k x k
            pixels around the pixel (i, j) in all maps; k is odd, and k/2 (rounded down) pixels of zeros lie around the
            image, so that the result has its size. The other layers see what the one before says at (i, j):

                f1_ij = max(0, sum over m, u, v of kernels_muv x_m,i+u-k/2,j+v-k/2 + b_1)     u, v from 0 to k - 1
                f2_ij = max(0, W_2 f1_ij + b_2)
                f3_ij = max(0, W_3 f2_ij + b_3)                                              [2]

            As in step 1 do not call torch's convolutions. kernels are (first, maps, k, k), W_2 (second, first), W_3
            (third, second). Return f3 (batch, third, h, w).
            """,
        answer=mlpconv,
        refused=CONVOLUTIONS,
        cases=perceptrons,
        returns=("f3",),
        identities=(Identity("an image moved by a pixel has its maps moved by a pixel", moved),),
        mistakes=(
            Mistake("last-not-rectified", (("return across(f_2, W_3, b_3)",
                                            "return across(f_2, W_3, b_3) - across(f_2, -W_3, -b_3)"),),
                    "All three layers are rectified, the last too."),
            mistake("first-not-rectified", " + b_1[:, None, None]).clamp(min=0)", " + b_1[:, None, None])",
                    "All three layers are rectified, the first too."),
            mistake("middle-not-rectified", "f_2 = across(f_1, W_2, b_2)",
                    "f_2 = across(f_1, W_2, b_2) - across(f_1, -W_2, -b_2)",
                    "All three layers are rectified; without that two of them would be one."),
            mistake("kernels-flipped", "patches, kernels)", "patches, kernels.flip(2, 3))",
                    "The kernel is not turned round: its first number meets the pixel above and to the left."),
            mistake("kernels-turned", "bmijuv, omuv", "bmijvu, omuv",
                    "Rows and columns of the patches have changed places."),
            mistake("edges-repeated", "torch.constant_pad_nd(x, (k // 2,) * 4)",
                    "x[:, :, torch.arange(-(k // 2), x.shape[2] + k // 2).clamp(0, x.shape[2] - 1)]"
                    "[..., torch.arange(-(k // 2), x.shape[3] + k // 2).clamp(0, x.shape[3] - 1)]",
                    "Zeros lie around the image, not its last pixels again."),
            mistake("image-not-centred", "(x, (k // 2,) * 4)", "(x, (0, k - 1, 0, k - 1))",
                    "The patch lies around its pixel: zeros are needed on all four sides."),
            mistake("first-bias-missing", " + b_1[:, None, None]", "", "The first layer has a bias."),
            mistake("second-bias-missing", "across(f_1, W_2, b_2)", "across(f_1, W_2, 0 * b_2)",
                    "The second layer has a bias."),
        ),
        hints=("torch.constant_pad_nd(x, (n, n, n, n)) lays n zeros around.",
               "unfold(2, k, 1).unfold(3, k, 1) is the patch around every pixel.",
               "Layers two and three are step 1."),
    ),
    Step(
        minutes=10,
        statement="""
            Between blocks the largest of 3x3 pixels is taken, 2 pixels apart, and sizes are rounded up: a last square
            that reaches over the edge takes the largest of what lies inside. 32 pixels become 16, 54 become 27; a
            square always starts inside of the map, h and w are 3 or more. Do not call torch's pooling; slicing and
            Tensor.unfold are fine. x is (batch, maps, h, w).
            """,
        answer=pool,
        refused=POOLS,
        cases=pictures,
        returns=("y",),
        identities=(Identity("32 pixels become 16, and 54 become 27", sixteen),),
        mistakes=(
            mistake("rounded-down", "torch.constant_pad_nd(x, over, float(\"-inf\"))", "x",
                    "The last square reaches over the edge: sizes are rounded up."),
            mistake("zeros-beyond-the-edge", "float(\"-inf\")", "0.0",
                    "Beyond the edge is nothing: a zero there can be larger than what lies inside."),
            Mistake("mean-for-largest", (("float(\"-inf\")", "torch.nan"), (".amax((-2, -1))", ".nanmean((-2, -1))")),
                    "The largest counts, not the mean."),
            mistake("over-the-first-edge", "over = (0, 1 - x.shape[3] % 2, 0, 1 - x.shape[2] % 2)",
                    "over = (1 - x.shape[3] % 2, 0, 1 - x.shape[2] % 2, 0)",
                    "The first square starts at the first pixel; the last one reaches over the edge."),
            mistake("no-overlap", ".unfold(2, 3, 2).unfold(3, 3, 2)",
                    "[..., : x.shape[2] // 2 * 2, : x.shape[3] // 2 * 2].unfold(2, 2, 2).unfold(3, 2, 2)",
                    "The squares have 3x3 pixels: each shares a row or column with the next."),
            mistake("border-of-one", "over = (0, 1 - x.shape[3] % 2, 0, 1 - x.shape[2] % 2)", "over = (1, 1, 1, 1)",
                    "Nothing lies around the map: the first square starts at the first pixel."),
            mistake("steps-of-three", ".unfold(2, 3, 2).unfold(3, 3, 2)", ".unfold(2, 3, 3).unfold(3, 3, 3)",
                    "The squares lie 2 pixels apart, so that they overlap."),
        ),
        hints=("Beyond the edge put a number that is never the largest.",
               "An even side needs one more row or column, an odd one none."),
    ),
    Step(
        minutes=10,
        statement="""
            The mean of each class map takes the place of a linear layer. It is one, with fixed weights (section 4.6):
            the layer sees all pixels of the maps in a row, map 0 first, row by row, then map 1, and so on. Return its
            matrix, (classes, classes height width), in float64, so that the product with such a row is the means.
            """,
        answer=averaging,
        cases=sides,
        gradients=False,
        returns=("matrix",),
        identities=(Identity("the product with the maps in a row is their means", means),),
        mistakes=(
            mistake("sums", "1 / (height * width)", "1.0", "Means, not sums: the weights of a class add up to 1."),
            mistake("pixel-by-pixel", "return matrix.flatten(1)", "return matrix.permute(0, 2, 3, 1).flatten(1)",
                    "The row holds all of map 0 first, not pixel 0 of all maps."),
            mistake("all-maps", "matrix[c, c] = ", "matrix[c] = ", "A class sees its own map only."),
            mistake("mean-of-everything", "1 / (height * width)", "1 / (classes * height * width)",
                    "The mean is over the pixels of one map."),
            mistake("one-side-only", "1 / (height * width)", "1 / height", "The mean is over rows and columns."),
            mistake("maps-backwards", "matrix[c, c] = ", "matrix[c, classes - 1 - c] = ", "Class 0 has map 0."),
        ),
        hints=("Most of it is zeros.", "Fill (classes, classes, height, width), then flatten(1)."),
    ),
    Step(
        minutes=10,
        statement="""
            The last block has one map for each class. Their means over all pixels are the logits, and the criterion is

                loss = mean over the images of -log softmax(logits)_target

            maps are (batch, classes, h, w), target (batch) holds classes from 0. Return logits and loss.
            """,
        answer=loss,
        cases=evidence,
        returns=("logits", "loss"),
        mistakes=(
            mistake("sums-for-means", "maps.mean((2, 3))", "maps.sum((2, 3))", "The logits are means of the maps."),
            mistake("largest-for-mean", "maps.mean((2, 3))", "maps.amax((2, 3))",
                    "The mean of each map, not its largest."),
            mistake("softmax-before-mean", "maps.mean((2, 3))", "torch.softmax(maps, 1).mean((2, 3))",
                    "The mean comes first: softmax is for the means."),
            mistake("loss-of-every-pixel", "-torch.log_softmax(logits, 1)", "-torch.log_softmax(maps, 1).mean((2, 3))",
                    "The softmax sees the means, not every pixel."),
            mistake("softmax-over-images", "torch.log_softmax(logits, 1)", "torch.log_softmax(logits, 0)",
                    "The shares of one image's classes add up to 1."),
            mistake("no-logarithm", "-torch.log_softmax(logits, 1)", "-torch.softmax(logits, 1)",
                    "The logarithm of the share counts."),
            mistake("sum-of-images", "target[:, None]).mean()", "target[:, None]).sum()", "A mean over the images."),
            mistake("sign", "-torch.log_softmax", "torch.log_softmax", "The loss is minus the logarithm."),
        ),
        hints=("mean((2, 3)) is over rows and columns.", "log_softmax over the classes, then gather the target's."),
    ),
    Step(
        minutes=20,
        statement="""
            The whole network, without dropout: three blocks as in step 2, whose layers the authors call conv1, cccp1,
            cccp2 - conv2, cccp3, cccp4 - conv3, cccp5, cccp6; pools of step 3 after blocks 1 and 2; the last layer has
            one map for each class, rectified as all the others, and the means of these maps are the logits.
            p holds kernels (conv1, ...: (out, in, k, k)) and matrices (cccp1, ...: (out, in)) by these names, biases as
            conv1_bias, cccp1_bias, ... images are (batch, channel, h, w). Return the logits (batch, classes).
            """,
        answer=nin,
        cases=networks,
        use=flat,
        returns=("logits",),
        mistakes=(
            mistake("class-maps-not-rectified", "return block(x, \"conv3\", \"cccp5\", \"cccp6\").mean((2, 3))",
                    "p = {**p, \"minus\": -p[\"cccp6\"], \"minus_bias\": -p[\"cccp6_bias\"]}\n"
                    "    maps = block(x, \"conv3\", \"cccp5\", \"cccp6\") - block(x, \"conv3\", \"cccp5\", \"minus\")\n"
                    "    return maps.mean((2, 3))", "The class maps are rectified, too: no logit is below zero."),
            mistake("rectified-after-mean", "return block(x, \"conv3\", \"cccp5\", \"cccp6\").mean((2, 3))",
                    "p = {**p, \"minus\": -p[\"cccp6\"], \"minus_bias\": -p[\"cccp6_bias\"]}\n"
                    "    maps = block(x, \"conv3\", \"cccp5\", \"cccp6\") - block(x, \"conv3\", \"cccp5\", \"minus\")\n"
                    "    return maps.mean((2, 3)).clamp(min=0)", "Each pixel is rectified before the mean is taken."),
            mistake("pools-rounded-down", "pool(block(images, \"conv1\", \"cccp1\", \"cccp2\"))",
                    "pool(block(images, \"conv1\", \"cccp1\", \"cccp2\"))[..., :-1, :-1]",
                    "Pools round up: 8 pixels become 4, and 4 become 2."),
            mistake("one-pool", "x = pool(block(x, \"conv2\", \"cccp3\", \"cccp4\"))",
                    "x = block(x, \"conv2\", \"cccp3\", \"cccp4\")", "A pool follows block 2, too."),
            mistake("sums-for-means", ".mean((2, 3))", ".sum((2, 3))", "The logits are means of the class maps."),
            mistake("largest-for-mean", ".mean((2, 3))", ".amax((2, 3))",
                    "The mean of each class map, not its largest."),
            mistake("probabilities", "return block(x, \"conv3\", \"cccp5\", \"cccp6\").mean((2, 3))",
                    "return torch.softmax(block(x, \"conv3\", \"cccp5\", \"cccp6\").mean((2, 3)), 1)",
                    "Logits are what a softmax would turn into probabilities: leave it out."),
            mistake("cccp-biases-missing", "p[key] for name",
                    "p[key] * (0 if key[0:4] == \"cccp\" and key[-4:] == \"bias\" else 1) for name",
                    "The 1x1 layers have biases."),
        ),
        hints=("Three calls of step 2, two of step 3, and a mean.",
               "p[\"conv1\"], p[\"conv1_bias\"], p[\"cccp1\"], ..."),
    ),
))  # fmt: skip
