"""Rebuild VGG: what stacks of 3x3 kernels see and cost, a block, linear layers as convolutions, dense testing."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import torch
from torch import Generator, Tensor

from firsthand.papers.cases import drawn, flat, largest, layers, within
from firsthand.papers.exercise import Case, Exercise, Identity, Mistake, Step, mistake
from firsthand.papers.vgg.answers import block, counts, dense, probabilities, reach, vgg

BLOCKS = ((1, 1, 2, 2), (2, 2, 3, 3, 3))
D = tuple(layer for number in BLOCKS[1] for layer in (*((3, 1),) * number, (2, 2)))  # configuration D to its last pool


def stacks(generator: Generator) -> Iterator[Case]:
    """Sizes and strides of kernels and pools."""
    some = ((1, 1),), ((3, 1),), ((3, 1), (3, 1)), ((2, 2), (3, 1)), ((5, 1), (2, 2), (3, 1), (3, 2), (2, 2))
    for these in (*some, tuple(tuple(torch.randint(1, 6, (2,), generator=generator).tolist()) for _ in range(6))):
        yield Case(f"layers {these}", {"layers": these})


def sizes(generator: Generator) -> Iterator[Case]:
    """Configurations: numbers of convolutions, and widths."""
    for blocks, width, side, hidden, classes in (
        ((1,), 1, 1, 1, 2), ((1, 1), 2, 2, 3, 2), ((2, 1, 3), 4, 3, 5, 4), ((1, 1, 2, 2, 2), 64, 7, 4096, 1000),
        ((1, 2, 1, 2, 1), 8, 2, 16, 10),
    ):  # fmt: skip
        words = f"blocks {blocks}, width {width}, side {side}, hidden {hidden}, classes {classes}"
        yield Case(words, {"blocks": blocks, "width": width, "side": side, "hidden": hidden, "classes": classes})


def pictures(generator: Generator) -> Iterator[Case]:
    """Maps, and the kernels and biases of a block by their names."""
    for batch, widths, h, w in ((1, (1, 1), 2, 2), (1, (2, 2), 4, 2), (2, (1, 3, 3), 4, 4), (2, (3, 2, 4, 4), 5, 6)):
        made = drawn(generator, x=(batch, widths[0], h, w))
        for i, (before, after) in enumerate(pairwise(widths)):
            made |= layers(generator, **{f"kernel_{i}": (after, before, 3, 3), f"bias_{i}": (after,)})
        yield Case(f"batch {batch}, {h}x{w} pixels, channels {widths}", made)


def with_lists(answer: Any, x: Tensor, **parameters: Tensor) -> Any:
    """A block whose kernels and biases come in two lists."""
    rows = list(parameters.values())
    return answer(x, rows[::2], rows[1::2])


def linear(generator: Generator, channels: int, side: int, hidden: int, classes: int) -> dict[str, Tensor]:
    """The matrices and biases of three linear layers."""
    made = layers(generator, fc6=(hidden, channels * side**2), fc7=(hidden + 1, hidden), fc8=(classes, hidden + 1))
    made |= drawn(generator, fc6_bias=(hidden,), fc7_bias=(hidden + 1,), fc8_bias=(classes,))
    made |= {name: made[name] / 2 + 0.5 for name in ("fc6_bias", "fc7_bias")}  # or few units would speak
    return within("p", made)


def maps(generator: Generator) -> Iterator[Case]:
    """Maps of the size that linear layers need, and larger ones."""
    for batch, channels, h, w, side, hidden, classes in (
        (1, 1, 1, 1, 1, 2, 2), (1, 2, 2, 2, 2, 3, 2), (2, 2, 3, 4, 2, 4, 3), (2, 3, 5, 4, 3, 6, 4),
    ):  # fmt: skip
        made: dict[str, Any] = drawn(generator, maps=(batch, channels, h, w)) | {"side": side}
        words = f"batch {batch}, maps {channels} of {h}x{w}, linear layers of {side}x{side} pixels, classes {classes}"
        yield Case(words, made | linear(generator, channels, side, hidden, classes))


def evidence(generator: Generator) -> Iterator[Case]:
    """Scores of images and of their mirror images."""
    for batch, classes, h, w in ((1, 2, 1, 1), (1, 2, 1, 2), (2, 2, 2, 2), (3, 5, 3, 2)):
        made = drawn(generator, scores=(batch, classes, h, w), mirrored=(batch, classes, h, w))
        yield Case(f"batch {batch}, classes {classes} at {h}x{w} places", made)


def networks(generator: Generator) -> Iterator[Case]:
    """Images, and all the parameters of small configurations."""
    for batch, channels, blocks, width, h, w, side, classes in (
        (1, 1, (1,), 1, 2, 2, 1, 2), (1, 3, (1, 2), 2, 8, 8, 2, 2), (2, 3, (2, 2), 2, 12, 8, 2, 3),
        (2, 2, (1, 1, 2), 2, 16, 24, 2, 4),
    ):  # fmt: skip
        made: dict[str, Any] = drawn(generator, images=(batch, channels, h, w)) | {"blocks": blocks, "side": side}
        before = channels
        for i, number in enumerate(blocks, 1):
            for name in (f"conv{i}_{j}" for j in range(1, number + 1)):
                after = width * i
                made[f"p.{name}"] = 1.5 * layers(generator, _=(after, before, 3, 3))["_"]
                made[f"p.{name}_bias"] = drawn(generator, _=(after,))["_"] / 2
                before = after
        made |= linear(generator, before, side, 5, classes)
        yield Case(f"batch {batch}, {h}x{w} pixels, blocks {blocks}, width {width}, classes {classes}", made)


def seen(answer: Any, generator: Generator) -> float:
    """How far stacks are from seeing 5, 7 and, up to the last pool of D, 212 pixels."""
    found = [answer(these)[0] for these in (((3, 1),) * 2, ((3, 1),) * 3, D)]
    return float(sum(abs(one - other) for one, other in zip(found, (5, 7, 212), strict=True)))


def published(answer: Any, generator: Generator) -> float:
    """How far the counts of D are from its 138,357,544 parameters, 14,714,688 of them in convolutions."""
    convolutions, both = answer(BLOCKS[1], 64, 7, 4096, 1000)
    return float(abs(convolutions - 14714688) + abs(both - 138357544))


def windows(answer: Any, generator: Generator) -> Tensor:
    """How far each score is from the score of its window alone."""
    inputs = largest(maps(generator))
    n, whole = inputs["side"], flat(answer, **inputs)
    rows = [[flat(answer, **inputs | {"maps": inputs["maps"][:, :, i : i + n, j : j + n]})[:, :, 0, 0]
             for j in range(whole.shape[3])] for i in range(whole.shape[2])]  # fmt: skip
    return torch.stack([torch.stack(row, 2) for row in rows], 2) - whole


def turned(answer: Any, generator: Generator) -> Tensor:
    """How far the probabilities of a mirror image are from those of the image."""
    inputs = largest(networks(generator))
    return flat(answer, **inputs | {"images": inputs["images"].flip(3)}) - flat(answer, **inputs)


EXERCISE = Exercise(steps=(
    Step(
        minutes=10,
        statement="""
            Why 3x3? Two such layers see as many pixels as one of 5x5, three as one of 7x7. layers holds (size, stride)
            of each layer from the image up; a kernel or pool of size x size pixels looks at places `stride` apart.
            Return how many pixels a side of the image a unit of the last layer sees, and how many pixels of the image
            it lies apart from its neighbour. Without any layer both are 1.
            """,
        answer=reach,
        cases=stacks,
        gradients=False,
        returns=("pixels", "apart"),
        identities=(Identity("two and three 3x3 layers see 5 and 7 pixels, all of configuration D 212", seen),),
        mistakes=(
            mistake("sizes-added", "(size - 1) * apart", "size * apart",
                    "Two 3x3 kernels share a pixel: together they see 5, not 6."),
            mistake("strides-ignored", "(size - 1) * apart", "(size - 1)",
                    "After a stride of 2 neighbours lie 2 pixels apart: a kernel there sees twice as far."),
            mistake("own-stride-first", "        pixels += (size - 1) * apart\n        apart *= stride",
                    "        apart *= stride\n        pixels += (size - 1) * apart",
                    "A layer's stride spreads the layers above it, not its own kernel."),
            mistake("strides-added", "apart *= stride", "apart += stride - 1",
                    "Two strides of 2 are 4 pixels, two of 3 are 9: they multiply."),
            mistake("from-nothing", "pixels, apart = 1, 1", "pixels, apart = 0, 1",
                    "Without any layer a unit sees 1 pixel."),
            mistake("from-above", "in layers:", "in layers[::-1]:", "The first layer is the one next to the image."),
            mistake("last-stride-only", "apart *= stride", "apart = stride", "All strides below count: they multiply."),
        ),
        hints=("Go from the image up, and carry both numbers along.",
               "A kernel adds size - 1 neighbours to what a unit sees: how far apart do they lie?"),
    ),
    Step(
        minutes=15,
        statement="""
            The parameters of the configurations. blocks holds the number of 3x3 convolutions of each block; those of
            the first have `width` channels, and each block has twice as many as the one before, but never more than
            8 width. The image has 3 channels. Maps of side x side pixels are left for three linear layers, of hidden,
            hidden and `classes` units. All layers have biases. Return the parameters of all convolutions together, and
            those of the whole network.
            """,
        answer=counts,
        cases=sizes,
        gradients=False,
        returns=("convolutions", "all"),
        identities=(Identity("D has 138,357,544 parameters, 14,714,688 in convolutions", published),),
        mistakes=(
            mistake("biases-missing", "(9 * before + 1)", "9 * before",
                    "Every convolution has a bias for each channel."),
            mistake("always-doubled", "width * min(2**i, 8)", "width * 2**i", "Widths stop at eight times the first."),
            mistake("never-doubled", "width * min(2**i, 8)", "width", "Each block has twice the channels of the last."),
            mistake("doubled-inside", "            before = channels", "            before = channels // 2 if i else 3",
                    "Only the first convolution of a block sees the channels of the block before."),
            mistake("one-kernel-a-channel", "channels * (9 * before + 1)", "channels * (9 + 1)",
                    "A channel has a kernel for each channel below."),
            mistake("one-pixel-left", "before * side * side + 1", "before + 1",
                    "The first linear layer sees all side x side pixels of each channel."),
            mistake("one-hidden-layer", " + hidden * (hidden + 1)", "", "There are two hidden linear layers."),
            mistake("grey-image", "convolutions, before = 0, 3", "convolutions, before = 0, 1",
                    "The image has 3 channels."),
        ),
        hints=("Carry the number of channels below from layer to layer.",
               "A convolution from c to d channels has 9 c d weights and d biases."),
    ),
    Step(
        minutes=10,
        statement="""
            A block is a stack of 3x3 convolutions, one pixel apart, with a pixel of zeros around, so that the size
            stays. A rectifier, max(0, a), follows each. At the end the largest of every 2x2 pixels is taken; the
            squares do not overlap, and a last odd row or column is left out. kernels (each (out, in, 3, 3)) and biases
            are two lists, from below. `torch.conv2d` and `torch.max_pool2d` may be called.
            """,
        answer=block,
        cases=pictures,
        use=with_lists,
        returns=("y",),
        mistakes=(
            mistake("not-rectified", ".clamp(min=0)", "", "A rectifier follows each convolution."),
            Mistake("rectified-at-the-end", ((".clamp(min=0)", ""), ("max_pool2d(x, 2)",
                    "max_pool2d(x.clamp(min=0), 2)")),
                    "Without rectifiers between them two 3x3 kernels are one 5x5 kernel."),
            mistake("biases-missing", "kernel, bias, padding", "kernel, None, padding",
                    "Every convolution has a bias."),
            mistake("edges-repeated", "torch.conv2d(x, kernel, bias, padding=1)",
                    "torch.conv2d(torch.cat([x[..., :1], x, x[..., -1:]], 3), kernel, bias, padding=(1, 0))",
                    "Zeros lie around the maps on all sides, not their last pixels again."),
            mistake("mean-pool", "torch.max_pool2d(x, 2)", "x.unfold(2, 2, 2).unfold(3, 2, 2).mean((-2, -1))",
                    "The largest counts, not the mean."),
            mistake("pools-overlap", "torch.max_pool2d(x, 2)",
                    "torch.max_pool2d(torch.constant_pad_nd(x, (0, 1, 0, 1))[..., : x.shape[2] // 2 * 2 + 1, :]"
                    "[..., : x.shape[3] // 2 * 2 + 1], 3, 2)", "The squares have 2x2 pixels, 2 pixels apart."),
            mistake("no-pool", "torch.max_pool2d(x, 2)", "x", "The block ends with a pool."),
            mistake("pool-every-time", ".clamp(min=0)\n    return torch.max_pool2d(x, 2)",
                    ".clamp(min=0)\n        x = torch.max_pool2d(x, 2)\n    return x",
                    "The pool is at the end of the block only."),
        ),
        hints=("Write over x in a loop over zip(kernels, biases).", "The pool comes once, after the loop."),
    ),
    Step(
        minutes=20,
        statement="""
            For testing, the linear layers become convolutions, so that they can look at larger maps: a unit of the
            first layer is a kernel of side x side pixels, those of the others are kernels of one pixel. p holds

                fc6 (hidden, channels side side): a row's weights belong to the pixels of side x side maps laid out
                    map by map, and row by row within a map
                fc7 and fc8 (out, in): rectified is what fc6 and fc7 say, not what fc8 says

            and fc6_bias, fc7_bias, fc8_bias. maps are (batch, channels, h, w) with h and w `side` or more. Return the
            scores (batch, classes, h - side + 1, w - side + 1). `torch.conv2d` may be called.
            """,
        answer=dense,
        cases=maps,
        use=flat,
        returns=("scores",),
        identities=(Identity("each score is that of its own window of the maps", windows),),
        mistakes=(
            mistake("pixel-by-pixel", "p[\"fc6\"].unflatten(1, (-1, side, side))",
                    "p[\"fc6\"].unflatten(1, (side, side, -1)).permute(0, 3, 1, 2)",
                    "A row of fc6 goes through the maps one after the other, not through pixels."),
            mistake("kernels-turned", "unflatten(1, (-1, side, side))", "unflatten(1, (-1, side, side)).mT",
                    "Within a map the weights go row by row."),
            mistake("kernels-flipped", "unflatten(1, (-1, side, side))", "unflatten(1, (-1, side, side)).flip(2, 3)",
                    "The kernel is not turned round: its first weight meets the first pixel of the window."),
            mistake("six-not-rectified", "p[\"fc6_bias\"]).clamp(min=0)", "p[\"fc6_bias\"])", "fc6 is rectified."),
            mistake("seven-not-rectified", "p[\"fc7_bias\"]).clamp(min=0)", "p[\"fc7_bias\"])", "fc7 is rectified."),
            mistake("scores-rectified", "p[\"fc8_bias\"])", "p[\"fc8_bias\"]).clamp(min=0)",
                    "The scores are what fc8 says as it is."),
            mistake("mean-over-windows", "torch.conv2d(maps, kernels,", "torch.conv2d(maps, kernels / side**2,",
                    "The weights are those of a linear layer: nothing is averaged."),
            mistake("last-bias-missing", ", p[\"fc8_bias\"])", ")", "fc8 has a bias."),
        ),
        hints=("unflatten(1, (channels, side, side)) makes kernels of rows.",
               "A matrix with two more axes of 1 is kernels of one pixel."),
    ),
    Step(
        minutes=10,
        statement="""
            What counts of a map of scores is its mean over space. The probabilities are the mean of two softmaxes: of
            the scores of the image, and of those of its mirror image. Both are (batch, classes, h, w).
            """,
        answer=probabilities,
        cases=evidence,
        returns=("p",),
        mistakes=(
            mistake("softmax-before-mean", "torch.softmax(one.mean((2, 3)), 1)", "torch.softmax(one, 1).mean((2, 3))",
                    "Scores are averaged over space, then the softmax is taken."),
            mistake("scores-of-both-averaged",
                    "sum(torch.softmax(one.mean((2, 3)), 1) for one in (scores, mirrored)) / 2",
                    "torch.softmax(((scores + mirrored) / 2).mean((2, 3)), 1)",
                    "Each image has its own softmax; the mean of the two is taken after it."),
            mistake("sum-over-space", "one.mean((2, 3))", "one.sum((2, 3))", "The mean over space, not the sum."),
            mistake("largest-over-space", "one.mean((2, 3))", "one.amax((2, 3))",
                    "The mean over space, not the largest."),
            mistake("mirror-ignored", "in (scores, mirrored)) / 2", "in (scores,))",
                    "The mirror image's scores count, too."),
            mistake("not-halved", " / 2", "", "The mean of the two: probabilities add up to 1."),
            mistake("softmax-over-images", "((2, 3)), 1)", "((2, 3)), 0)",
                    "The shares of one image's classes add up to 1."),
        ),
        hints=("mean((2, 3)) is over space.", "Two softmaxes, one mean."),
    ),
    Step(
        minutes=20,
        statement="""
            The whole network as it is tested, without dropout: blocks of step 3, the linear layers of step 4 over all
            of the maps, probabilities of step 5 from the image and its mirror image, left for right. blocks holds the
            number of convolutions of each block. p holds conv1_1, conv1_2, ... (the first number is the block's, both
            count from 1) with conv1_1_bias, ..., and fc6 to fc8 with their biases. images are (batch, channels, h, w).
            Return the probabilities (batch, classes).
            """,
        answer=vgg,
        cases=networks,
        use=flat,
        returns=("p",),
        identities=(Identity("an image and its mirror image have the same probabilities", turned),),
        mistakes=(
            mistake("no-mirror-image", "scores(images.flip(3))", "scores(images)",
                    "The mirror image is another image."),
            mistake("upside-down", "images.flip(3)", "images.flip(2)",
                    "Left for right: the last axis is turned round."),
            mistake("channels-turned", "images.flip(3)", "images.flip(1)",
                    "Left for right: pixels are turned, not colours."),
            mistake("turned-round-twice", "images.flip(3)", "images.flip(2, 3)", "Left for right, not top for bottom."),
            mistake("softmax-before-mean", "probabilities(scores(images), scores(images.flip(3)))",
                    "(torch.softmax(scores(images), 1).mean((2, 3)) + "
                    "torch.softmax(scores(images.flip(3)), 1).mean((2, 3))) / 2",
                    "Scores are averaged over space before the softmax."),
            mistake("first-place-only", "return dense(x, side, p)", "return dense(x, side, p)[:, :, :1, :1]",
                    "The linear layers look at all places of the maps."),
            mistake("maps-averaged", "return dense(x, side, p)",
                    "return dense(x.unfold(2, side, 1).unfold(3, side, 1).mean((2, 3)), side, p)",
                    "Maps are not averaged before the linear layers: the scores are."),
        ),
        hints=("One function from an image to its map of scores, called twice.", "f\"conv{i}_{j}\" names a layer.",
               "images.flip(3) is the mirror image."),
    ),
))  # fmt: skip
