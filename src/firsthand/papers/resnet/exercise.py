"""Rebuild the residual network: both kinds of blocks, a shortcut without parameters, the networks for CIFAR-10."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Generator, Tensor

from firsthand.papers.cases import drawn, in_blocks, norms, with_stride, within
from firsthand.papers.exercise import Case, Exercise, Identity, Mistake, Step, mistake
from firsthand.papers.mistakes import CONV_NORM, END, SHORTCUT
from firsthand.papers.resnet import answers

# batch, channels that go in and come out, height, width, stride
CONVOLUTIONS = ((1, 1, 1, 2, 3, 1, 1), (2, 1, 2, 3, 3, 2, 3), (2, 3, 3, 4, 5, 2, 1), (3, 2, 4, 4, 4, 1, 3))  # and size
BLOCKS = ((1, 2, 2, 3, 4, 1), (2, 1, 2, 4, 4, 2), (2, 2, 5, 5, 4, 2), (2, 3, 3, 3, 3, 1), (3, 3, 4, 4, 6, 2))


def convolutions(generator: Generator) -> Iterator[Case]:
    """Images or maps, a kernel, and a norm."""
    for batch, inputs, outputs, height, width, stride, size in CONVOLUTIONS:
        made = drawn(generator, x=(batch, inputs, height, width)) | norms(generator, _=(outputs, inputs, size, size))
        words = f"batch {batch}, {inputs} to {outputs} channels, {height} x {width}, kernel {size}, stride {stride}"
        yield Case(words, {name.strip("_"): value for name, value in made.items()} | {"stride": stride})


def maps(generator: Generator) -> Iterator[Case]:
    """Maps, as many channels as before or more, with and without a stride."""
    for batch, inputs, outputs, height, width, stride in ((1, 1, 1, 1, 1, 1), (1, 1, 2, 2, 2, 2), *BLOCKS):
        words = f"batch {batch}, {inputs} to {outputs} channels, {height} x {width}, stride {stride}"
        yield Case(words, drawn(generator, x=(batch, inputs, height, width)) | {"outputs": outputs, "stride": stride})


def parts(generator: Generator, kernels: Any) -> Iterator[Case]:
    """A block's input, its parameters, by turns with a projection, and its stride."""
    for place, (batch, inputs, outputs, height, width, stride) in enumerate(BLOCKS):
        made: dict[str, Any] = drawn(generator, x=(batch, inputs, height, width))
        shapes = kernels(inputs, outputs)
        project = place % 2 == 1 if "_3" not in shapes else inputs != shapes["_3"][0] or stride != 1
        if project:
            shapes |= {"_s": (shapes["_3" if "_3" in shapes else "_2"][0], inputs, 1, 1)}
        made |= within("p", norms(generator, **shapes))
        words = f"batch {batch}, {inputs} channels, {height} x {width}, stride {stride}" + ", projection" * project
        yield Case(words, made | {"stride": stride})


def basic(inputs: int, outputs: int) -> dict[str, tuple[int, ...]]:
    """The kernels of a basic block."""
    return {"_1": (outputs, inputs, 3, 3), "_2": (outputs, outputs, 3, 3)}


def narrow(inputs: int, outputs: int) -> dict[str, tuple[int, ...]]:
    """The kernels of a bottleneck; it has no projection where the shapes agree."""
    out = inputs if inputs == outputs else 4 * outputs
    return {"_1": (outputs, inputs, 1, 1), "_2": (outputs, outputs, 3, 3), "_3": (out, outputs, 1, 1)}


def sizes(generator: Generator) -> Iterator[Case]:
    """n and the first width."""
    for n, width in ((1, 1), (1, 16), (2, 3), (3, 16), (9, 8)):
        yield Case(f"n = {n}, width {width}", {"n": n, "width": width})


def networks(generator: Generator) -> Iterator[Case]:
    """Images, and the parameters of a network by the numbers of their blocks."""
    for batch, channels, n, width, height, across in ((1, 1, 1, 1, 8, 8), (2, 3, 1, 2, 8, 12), (2, 2, 2, 2, 9, 8)):
        made: dict[str, Any] = drawn(generator, images=(batch, channels, height, across)) | {"n": n}
        made |= within("stem", norms(generator, **{"": (width, channels, 3, 3)}))
        for place, (inputs, outputs, _) in enumerate(answers.plan(n, width).tolist()):
            made |= within(str(place), norms(generator, **basic(inputs, outputs)))
        made |= drawn(generator, W=(3, 4 * width), b=(3,))
        yield Case(f"batch {batch}, {channels} channels, {height} x {across}, n = {n}, width {width}", made)


def nothing_learned(answer: Any, generator: Generator, last: str = "_2") -> Tensor:
    """How far a block with F = 0 is from relu(x)."""
    x = drawn(generator, x=(2, 3, 4, 4))["x"]
    shapes = basic(3, 3) if last == "_2" else narrow(3, 3)
    p = norms(generator, **shapes)
    p |= {f"gamma{last}": torch.zeros(3).double(), f"beta{last}": torch.zeros(3).double()}
    return answer(x, p, 1) - x.clamp(min=0)


def all_there(answer: Any, generator: Generator) -> Tensor:
    """How far the channels in the middle are from the input, and the others from 0."""
    x = drawn(generator, x=(2, 3, 4, 4))["x"]
    around = answer(x, 7, 1)
    return torch.cat([around[:, 2:5] - x, around[:, :2], around[:, 5:]], 1)


def layers(answer: Any, generator: Generator) -> float:
    """How far the weights of n = 3 are from the 269,722 numbers of ResNet-20."""
    rows = answer(3, 16).tolist()
    blocks = sum(9 * (inputs + outputs) * outputs + 4 * outputs for inputs, outputs, _ in rows)
    return float(27 * 16 + 32 + blocks + (rows[-1][1] + 1) * 10 - 269_722)


EXERCISE = Exercise(steps=(
    Step(
        minutes=10,
        statement="""
            What stands between two rectifiers: a convolution without bias whose maps keep their size at stride 1, with
            zeros around them, then batch normalisation of every map over the batch and all places:

                h = W * x                              k x k kernels, k odd; (k - 1) / 2 zeros on every side
                y = gamma (h - mean) / sqrt(variance + 1e-5) + beta

            The variance is the mean of the squared distances from the mean, of this batch. torch.conv2d is allowed.
            """,
        answer=answers.conv_norm,
        cases=convolutions,
        returns=("y",),
        near=1e-8,  # norms of few numbers amplify rounding
        mistakes=(
            *CONV_NORM,
            mistake("no-padding", "padding=W.shape[-1] // 2", "padding=0", "Zeros around the maps keep their size."),
            mistake("kernel-size-of-zeros", "padding=W.shape[-1] // 2", "padding=W.shape[-1] - 1",
                    "Half as many zeros are enough: (k - 1) / 2 on every side."),
            Mistake("every-example-apart", (("h.mean((0, 2, 3)", "h.mean((2, 3)"), ("2).mean((0, 2, 3)",
                    "2).mean((2, 3)")),
                    "Mean and variance are over the batch, too."),
            Mistake("every-place-apart", (("h.mean((0, 2, 3)", "h.mean(0"), ("2).mean((0, 2, 3)", "2).mean(0")),
                    "Mean and variance of a map are over all its places, too."),
            mistake("statistics-cut", "(h - mean) / (variance + 1e-5)",
                    "(h - mean.detach()) / (variance.detach() + 1e-5)",
                    "The gradient flows through mean and variance, too: look for detach, .data or no_grad."),
            mistake("rectified-here",
                    "gamma[:, None, None] * (h - mean) / (variance + 1e-5).sqrt() + beta[:, None, None]",
                    "(gamma[:, None, None] * (h - mean) / (variance + 1e-5).sqrt() + beta[:, None, None]).clamp(min=0)",
                    "The rectifier is not part of it: in a block it may come after the addition."),
        ),
        hints=("W.shape[-1] is k.", "Means over the dimensions (0, 2, 3), with keepdim=True.",
               "gamma[:, None, None] stretches over batch and places."),
    ),
    Step(
        minutes=10,
        statement="""
            Option A, the shortcut without parameters: of every `stride` rows and columns it takes the first, and
            channels that are missing are zeros. Half of them stand before the input's channels and half after; of an
            odd number the one more stands after. (The paper does not say where; the checkpoints in use have them so.)
            """,
        answer=answers.shortcut,
        cases=maps,
        returns=("the shortcut",),
        identities=(Identity("the input is there, in the middle of zeros", all_there),),
        mistakes=(
            mistake("averaged", "x = x[:, :, ::stride, ::stride]",
                    "x = torch.nn.functional.avg_pool2d(x, stride, ceil_mode=True)",
                    "Pixels are taken, not averaged."),
            mistake("second-pixels", "::stride, ::stride]", "stride - 1 :: stride, stride - 1 :: stride]",
                    "Of every `stride` rows and columns it is the first."),
            mistake("rows-only", "::stride, ::stride]", "::stride]", "The width is halved, too."),
            mistake("stride-left-out", "x = x[:, :, ::stride, ::stride]", "x = x + 0", "`stride` is not used."),
            mistake("zeros-after", "(zeros // 2, zeros - zeros // 2)", "(0, zeros)",
                    "Half of the zeros stand before the input's channels."),
            mistake("zeros-before", "(zeros // 2, zeros - zeros // 2)", "(zeros, 0)",
                    "Half of the zeros stand after the input's channels."),
            mistake("odd-one-before", "(zeros // 2, zeros - zeros // 2)", "(zeros - zeros // 2, zeros // 2)",
                    "Of an odd number of zeros the one more stands after."),
            mistake("largest", "x = x[:, :, ::stride, ::stride]", "x = torch.max_pool2d(x, stride, ceil_mode=True)",
                    "The first pixel is taken, not the largest."),
            mistake("channels-repeated", "x.new_zeros(len(x), n, *x.shape[2:])",
                    "x[:, :1].expand(len(x), n, *x.shape[2:])",
                    "The missing channels are zeros, not copies."),
        ),
        hints=("x[:, :, ::stride, ::stride] takes pixels.",
               "torch.cat along dimension 1, with new_zeros before and after."),
    ),
    Step(
        minutes=15,
        statement="""
            The basic block (figure 2): what it learns, F, is added to its input. With the conv_norm of step 1,

                F = conv_norm_2(relu(conv_norm_1(x)))      3x3; the first has the block's stride, the second 1
                y = relu(F + s)

            s is conv_norm_s(x) with the block's stride, a projection, if p has W_s (option B); otherwise it is the
            shortcut of step 2. p holds W_1, gamma_1, beta_1, the same with _2, and perhaps with _s.
            """,
        answer=answers.block,
        cases=lambda generator: parts(generator, basic),
        use=with_stride,
        returns=("y",),
        near=1e-8,  # norms of few numbers amplify rounding
        identities=(Identity("where nothing is learned, F = 0, the block is relu(x)", nothing_learned),),
        mistakes=(
            *SHORTCUT,
            mistake("no-first-rectifier", 'p["beta_1"], stride).clamp(min=0)', 'p["beta_1"], stride)',
                    "A rectifier stands between the two convolutions."),
            mistake("plain", "(h + around).clamp(min=0)", "h.clamp(min=0)",
                    "That is a plain network: the input is added."),
            Mistake("stride-in-second", (('p["beta_1"], stride)', 'p["beta_1"], 1)'), ('p["beta_2"], 1)',
                    'p["beta_2"], stride)')),
                    "The first convolution has the stride."),
            mistake("projection-not-used", 'if "W_s" in p:', 'if "W_s" in p and h.shape == x.shape:',
                    "Where p has W_s, the shortcut is a projection."),
            mistake("shortcut-rectified", "h + around", "h + around.clamp(min=0)",
                    "Nothing is done to what is added: negative inputs stay negative."),
            mistake("norms-crossed", 'conv_norm(h, p["W_2"], p["gamma_2"], p["beta_2"], 1)',
                    'conv_norm(h, p["W_2"], p["gamma_1"], p["beta_1"], 1)', "Every convolution has a norm of its own."),
            mistake("averaged", "(h + around)", "((h + around) / 2)", "A sum, not a mean."),
            mistake("shortcut-cut", "h + around", "h + around.detach()",
                    "Values hold, but the gradient must flow through the shortcut: that is what it is for."),
        ),
        hints=("clamp(min=0) or torch.relu.",
               'The shortcut starts from x, the block\'s input: "W_s" in p says which one.'),
    ),
    Step(
        minutes=15,
        statement="""
            The bottleneck of the deeper networks (figure 5): W_1 is 1x1 and makes fewer channels, W_2 is 3x3, W_3 is
            1x1 and makes four times as many. As published the first of them has the stride. A norm stands after each, a
            rectifier after the first two and after the addition. The shortcut is a projection with the block's stride,
            conv_norm_s, if p has W_s, otherwise x itself.
            """,
        answer=answers.bottleneck,
        cases=lambda generator: parts(generator, narrow),
        use=with_stride,
        returns=("y",),
        near=1e-8,  # norms of few numbers amplify rounding
        identities=(Identity("where nothing is learned, F = 0, the block is relu(x)",
                             lambda answer, generator: nothing_learned(answer, generator, "_3")),),
        mistakes=(
            *SHORTCUT,
            Mistake("stride-in-3x3", (('p["beta_1"], stride)', 'p["beta_1"], 1)'), ('p["beta_2"], 1)',
                    'p["beta_2"], stride)')),
                    'That is "v1.5", torchvision\'s: as published the first convolution has the stride.'),
            Mistake("stride-in-last", (('p["beta_1"], stride)', 'p["beta_1"], 1)'), ('p["beta_3"], 1)',
                    'p["beta_3"], stride)')),
                    "The first convolution has the stride."),
            mistake("no-first-rectifier", 'p["beta_1"], stride).clamp(min=0)', 'p["beta_1"], stride)',
                    "A rectifier stands after the first convolution."),
            mistake("no-second-rectifier", 'p["beta_2"], 1).clamp(min=0)', 'p["beta_2"], 1)',
                    "A rectifier stands after the second convolution."),
            mistake("third-rectified", 'p["beta_3"], 1)', 'p["beta_3"], 1).clamp(min=0)',
                    "What is added may be negative: no rectifier before the addition."),
            mistake("plain", "(h + around).clamp(min=0)", "h.clamp(min=0)",
                    "That is a plain network: the input is added."),
            mistake("shortcut-rectified", "h + around", "h + around.clamp(min=0)",
                    "Nothing is done to what is added: negative inputs stay negative."),
        ),
        hints=("Three lines as in step 3, then the addition.",
               "Only the first convolution, and the projection, have the stride."),
    ),
    Step(
        minutes=10,
        statement="""
            The networks for CIFAR-10 (section 4.2) have three stages of n basic blocks each. The first stage has
            `width` channels, and every stage after it twice as many as the one before; its first block halves the
            image, with stride 2. All other strides are 1. The first convolution, before all blocks, has `width`
            channels.

            Return a row for each of the 3 n blocks: channels that go in, channels that come out, stride; whole numbers.
            With the first convolution and the linear layer that makes 6 n + 2 weighted layers.
            """,
        answer=answers.plan,
        cases=sizes,
        gradients=False,
        returns=("the rows",),
        identities=(Identity("n = 3 and width 16 are the 269,722 numbers of ResNet-20", layers),),
        mistakes=(
            mistake("first-stage-halves", "2 if stage > 0 and place == 0 else 1", "2 if place == 0 else 1",
                    "The first stage sees the whole image: no stride there."),
            mistake("all-blocks-halve", "2 if stage > 0 and place == 0 else 1", "2 if stage > 0 else 1",
                    "Only a stage's first block halves the image."),
            mistake("last-block-halves", "2 if stage > 0 and place == 0 else 1",
                    "2 if stage < 2 and place == n - 1 else 1", "A stage's first block halves the image."),
            mistake("widths-equal", "width * 2**stage", "width",
                    "Every stage has twice the channels of the one before."),
            mistake("four-times-as-wide", "2**stage", "4**stage",
                    "Every stage has twice the channels, not four times."),
            mistake("widths-added", "width * 2**stage", "width * (stage + 1)",
                    "The channels double: width, 2 width, 4 width."),
            mistake("inputs-are-outputs", "rows.append((inputs,", "rows.append((outputs,",
                    "A stage's first block gets the channels of the stage before."),
            mistake("two-n-blocks", "for place in range(n)", "for place in range(2 * n)",
                    "A stage has 2 n convolutions, that are n blocks of two."),
            mistake("image-for-inputs", "rows, inputs = [], width", "rows, inputs = [], 3",
                    "The first block sees the first convolution's channels, not those of the image."),
            mistake("never-halved", "2 if stage > 0 and place == 0 else 1", "1",
                    "The first blocks of the second and third stage have stride 2."),
        ),
        hints=("Two loops: over stages, and over the n blocks of each.",
               "Carry the channels that go in from row to row.",
               "torch.tensor of a list of rows."),
    ),
    Step(
        minutes=15,
        statement="""
            The whole network for CIFAR-10, with basic blocks and the shortcuts of option A: the first convolution with
            its norm (W, gamma, beta of `stem`; 3x3, stride 1) and a rectifier, the 3 n blocks with the strides of step
            5, the mean of every map over all its places, and a linear layer, W and b. Return the logits.
            """,
        answer=answers.network,
        cases=networks,
        use=in_blocks,
        returns=("logits",),
        near=1e-7,  # norms of few numbers amplify rounding, layer after layer
        mistakes=(
            *END,
            mistake("stem-not-rectified", 'stem["beta"], 1).clamp(min=0)', 'stem["beta"], 1)',
                    "The first convolution and its norm are followed by a rectifier."),
            mistake("stem-halves", 'stem["beta"], 1)', 'stem["beta"], 2)', "The first convolution has stride 1."),
            mistake("stem-pooled", "    strides = plan(", "    x = torch.max_pool2d(x, 3, 2, 1)\n    strides = plan(",
                    "Max-pooling is for ImageNet's large images: here the blocks follow at once."),
            mistake("stem-not-normalised", 'conv_norm(images, stem["W"], stem["gamma"], stem["beta"], 1)',
                    'torch.conv2d(images, stem["W"], padding=1)', "The first convolution has a norm, too."),
            mistake("one-place", "x.mean((2, 3))", "x[:, :, 0, 0]", "The mean is over all places of a map."),
            mistake("never-halved", "x = block(x, p, stride)", "x = block(x, p, 1)",
                    "The first blocks of the second and third stage have stride 2."),
            mistake("mean-over-channels", "x.mean((2, 3)) @ W.T",
                    "x.mean((2, 3)).mean(1, keepdim=True).expand(-1, W.shape[1]) @ W.T",
                    "Every map has a mean of its own."),
        ),
        hints=("plan(n, width) has the strides in its last column.",
               "x.shape[1] after the first convolution is the width.",
               "x.mean((2, 3)) has one number for every map."),
    ),
))  # fmt: skip
