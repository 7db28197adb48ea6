"""Rebuild the RegNets: how design spaces are compared, the quantised line, groups, both blocks, the whole network."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Generator, Tensor

from firsthand.papers.cases import drawn, in_blocks, norms, with_stride, within
from firsthand.papers.exercise import Case, Exercise, Identity, Mistake, Step, mistake
from firsthand.papers.mistakes import CONV_NORM, END, SHORTCUT
from firsthand.papers.regnet import answers

# batch, channels that go in and come out, height, width, kernel, stride, channels of a group
CONVOLUTIONS = ((1, 1, 1, 2, 3, 1, 1, 1), (2, 2, 3, 3, 3, 1, 2, 2), (2, 6, 4, 4, 5, 3, 1, 3), (2, 8, 8, 4, 4, 3, 2, 2),
                (3, 6, 12, 3, 5, 3, 2, 1))  # fmt: skip
# batch, channels that go in and come out, width inside, channels of a group, height, width, stride, squeezed
BLOCKS = (
    (1, 2, 2, 2, 1, 3, 4, 1, 0),
    (2, 3, 4, 4, 2, 4, 4, 2, 0),
    (2, 4, 4, 4, 2, 4, 3, 1, 3),
    (2, 4, 6, 6, 3, 4, 6, 2, 2),
)


def populations(generator: Generator) -> Iterator[Case]:
    """Errors of networks in per cent, and points of which some are errors that there are."""
    for networks, points in ((1, 1), (2, 3), (4, 4), (9, 5)):
        errors = 30 + 10 * torch.rand(networks, generator=generator, dtype=torch.float64)
        at = 30 + 10 * torch.rand(points, generator=generator, dtype=torch.float64)
        at[0] = errors[0]
        at[-1] = errors[-1] if points > 1 else at[-1]
        yield Case(f"{networks} networks, {points} points", {"errors": errors, "at": at})


def lines(generator: Generator) -> Iterator[Case]:
    """d, w_0, w_a and w_m."""
    for d in (1, 2, 9, 16, 24):
        w_0 = 8 * int(torch.randint(2, 12, (), generator=generator))
        slope, times = torch.rand(2, generator=generator, dtype=torch.float64).tolist()
        inputs = {"d": d, "w_0": w_0, "w_a": 9 + 30 * slope, "w_m": 1.6 + times}
        yield Case(", ".join(f"{name} {value:g}" for name, value in inputs.items()), inputs)


def quantised(generator: Generator) -> Iterator[Case]:
    """Widths of all blocks, a bottleneck ratio, and a group width; some do not fit, two are half-way."""
    some = ((8,), (16, 48), (24, 40, 160, 392), (32, 72, 136, 376), (24, 88, 152, 360))
    for wide, b, g in zip(some, (1, 2, 1, 4, 2), (8, 32, 16, 8, 32), strict=True):
        counts = torch.randint(1, 6, (len(wide),), generator=generator)
        each = torch.tensor(wide).repeat_interleave(counts)
        yield Case(f"stages of {wide}, b = {b}, g = {g}", {"each": each, "b": b, "g": g})


def convolutions(generator: Generator) -> Iterator[Case]:
    """Maps, a kernel that sees some of their channels, and a norm."""
    for batch, inputs, outputs, height, width, size, stride, group in CONVOLUTIONS:
        made: dict[str, Any] = drawn(generator, x=(batch, inputs, height, width))
        made |= norms(generator, **{"": (outputs, group, size, size)}) | {"stride": stride}
        words = f"batch {batch}, {inputs} to {outputs} channels, groups of {group}, {height} x {width}"
        yield Case(f"{words}, kernel {size}, stride {stride}", made)


def kernels(generator: Generator, before: int, width: int, inside: int, g: int, squeezed: int, project: bool) -> Any:
    """The parameters of a block."""
    shapes = {"_1": (inside, before, 1, 1), "_2": (inside, g, 3, 3), "_3": (width, inside, 1, 1)}
    made = norms(generator, **shapes | ({"_s": (width, before, 1, 1)} if project else {}))
    if squeezed:
        made |= drawn(generator, V_1=(squeezed, inside), c_1=(squeezed,), V_2=(inside, squeezed), c_2=(inside,))
        made["c_1"] = made["c_1"].abs() + 1  # so that some squeezed units are not 0
    return made


def parts(generator: Generator) -> Iterator[Case]:
    """Inputs, parameters and strides of X and Y blocks."""
    for batch, before, width, inside, g, height, across, stride, squeezed in BLOCKS:
        made: dict[str, Any] = drawn(generator, x=(batch, before, height, across))
        found = kernels(generator, before, width, inside, g, squeezed, stride == 2)
        made |= within("p", found) | {"stride": stride}
        kind = f"Y, {squeezed} squeezed" if squeezed else "X"
        yield Case(f"{kind}, batch {batch}, {before} to {width} channels, {height} x {across}, stride {stride}", made)


def networks(generator: Generator) -> Iterator[Case]:
    """Images, lines of two and three stages, and the parameters of a network by the numbers of its blocks."""
    for batch, height, width, line, squeezed in (
        (2, 8, 8, (2, 8, 5.0, 2.0), 0),
        (3, 16, 16, (4, 8, 6.3, 2.1), 0),
        (2, 16, 24, (4, 8, 5.9, 1.9), 2),
    ):
        made: dict[str, Any] = drawn(generator, images=(batch, 3, height, width)) | {"line": line}
        made |= within("stem", norms(generator, **{"": (4, 3, 3, 3)}))
        wide, depths, groups = answers.stages(answers.widths(*line), 1, 4)
        before, place = 4, 0
        for w, depth, g in zip(wide.tolist(), depths.tolist(), groups.tolist(), strict=True):
            for first in [True] + [False] * (depth - 1):
                made |= within(str(place), kernels(generator, before, w, w, g, squeezed, first))
                before, place = w, place + 1
        made |= drawn(generator, W=(3, before), b=(3,))
        words = f"batch {batch}, {height} x {width}, d, w_0, w_a, w_m = {', '.join(map(str, line))}"
        yield Case(words + (", Y blocks" if squeezed else ""), made)


def ends(answer: Any, generator: Generator) -> Tensor:
    """How far F is from 0 at the best error, and from 1 above the worst."""
    errors = 30 + 10 * torch.rand(7, generator=generator, dtype=torch.float64)
    return answer(errors, torch.stack([errors.min(), errors.max() + 1])) - torch.tensor([0.0, 1.0])


def published(answer: Any, generator: Generator) -> Tensor:
    """How far the blocks of RegNetX-200MF are from 1, 1, 4 and 7 of 24, 56, 152 and 368 channels."""
    wanted = torch.tensor([24, 56, 152, 368]).repeat_interleave(torch.tensor([1, 1, 4, 7]))
    return (answer(13, 24, 36.44, 2.49) - wanted).double()


def compatible(answer: Any, generator: Generator) -> Tensor:
    """What is left when widths inside are divided by the group widths."""
    each = 8 * torch.randint(1, 40, (12,), generator=generator).sort().values
    wide, _, groups = answer(each, 2, 16)
    return ((wide / 2) % groups).double()


EXERCISE = Exercise(steps=(
    Step(
        minutes=5,
        statement="""
            Design spaces are compared by the errors of many networks drawn from each, not by the best one. Of n
            networks with the errors e_i the empirical distribution function is the share that is better than e
            (equation 1):

                F(e) = 1/n sum_i 1[e_i < e]

            Return F at each of the points `at`, in float64.
            """,
        answer=answers.edf,
        cases=populations,
        gradients=False,
        returns=("F",),
        identities=(Identity("F is 0 at the best error and 1 above the worst", ends),),
        mistakes=(
            mistake("less-or-equal", "errors < at", "errors <= at",
                    "Strictly less: an error is not better than itself."),
            mistake("share-that-is-worse", "errors < at", "errors > at", "F is the share with smaller errors."),
            mistake("not-better", "errors < at", "errors >= at", "That is 1 - F."),
            mistake("counted", ".double().mean(1)", ".double().sum(1)", "A share: divide by the number of networks."),
            mistake("per-cent", ".double().mean(1)", ".double().mean(1) * 100", "A share from 0 to 1."),
            mistake("over-points", "(errors < at[:, None]).double().mean(1)",
                    "(errors[:, None] < at).double().mean(1)",
                    "For every point the share of networks, not the other way."),
            mistake("sum-of-errors", "(errors < at[:, None]).double().mean(1)",
                    "(errors * (errors < at[:, None])).mean(1)", "Networks are counted, their errors not added."),
            mistake("one-less", ".double().mean(1)", ".double().sum(1) / max(1, len(errors) - 1)", "Divide by n."),
        ),
        hints=("errors < at[:, None] compares every point with every error.", "Booleans in .double(), then the mean."),
    ),
    Step(
        minutes=15,
        statement="""
            The quantised line: four numbers give the widths of all d blocks. For block j, from j = 0,

                u_j = w_0 + w_a j                        [2]
                s_j = log(u_j / w_0) / log(w_m)          [3], because u_j = w_0 w_m^s_j
                w_j = w_0 w_m^round(s_j)                 [4]

            and, as in the authors' code, w_j is rounded to a multiple of 8: 8 round(w_j / 8). round goes to the nearest
            whole number. Return the widths as whole numbers, (d). Blocks of one width will be a stage.
            """,
        answer=answers.widths,
        cases=lines,
        gradients=False,
        returns=("widths",),
        identities=(Identity("13, 24, 36.44, 2.49 are the blocks of RegNetX-200MF", published),),
        mistakes=(
            mistake("line-not-quantised", "8 * round(w_0 * w_m ** round(s) / 8)", "8 * round(u / 8)",
                    "The power is rounded, so that several blocks share a width."),
            mistake("rounded-down", "w_m ** round(s)", "w_m ** int(s)", "s_j is rounded to the nearest, not down."),
            mistake("rounded-up", "w_m ** round(s)", "w_m ** -int(-s // 1)", "s_j is rounded to the nearest, not up."),
            mistake("blocks-from-one", "for j in range(d)", "for j in range(1, d + 1)",
                    "The first block is j = 0: u_0 = w_0."),
            mistake("no-multiple-of-eight", "8 * round(w_0 * w_m ** round(s) / 8)", "round(w_0 * w_m ** round(s))",
                    "Widths are multiples of 8."),
            mistake("eight-rounded-down", "8 * round(w_0 * w_m ** round(s) / 8)", "8 * int(w_0 * w_m ** round(s) / 8)",
                    "To the nearest multiple of 8, not down."),
            mistake("logarithm-to-base-two", "/ log(w_m)", "/ log(2)", "The base is w_m."),
            mistake("slope-for-start", "8 * round(w_0 * w_m", "8 * round(w_a * w_m", "w_j is w_0 times a power."),
            mistake("start-not-divided", "log(u / w_0)", "log(u / w_a)", "s_j is the logarithm of u_j / w_0."),
            mistake("geometric", "u = w_0 + w_a * j", "u = w_0 * w_m**j", "u_j is a straight line: w_0 + w_a j."),
        ),
        hints=("math.log of both, divided.", "w_m ** round(s), times w_0, then to a multiple of 8."),
    ),
    Step(
        minutes=15,
        statement="""
            Blocks of one width are a stage, and its width must fit the groups. b is the bottleneck ratio, by which the
            width inside a block is smaller, g the group WIDTH, the channels that a kernel of the 3x3 convolution sees.
            Every stage:

                inside = w / b
                g_i    = min(g, inside)
                inside <- the nearest multiple of g_i; half-way the even one, as Python's round: 2.5 g_i becomes 2 g_i
                w_i    = inside b

            `each` holds the widths of all blocks, equal ones side by side, multiples of 8; b divides them. Return for
            every stage its width w_i, its depth, which is its number of blocks, and g_i, as whole numbers.
            """,
        answer=answers.stages,
        cases=quantised,
        gradients=False,
        returns=("widths", "depths", "group widths"),
        identities=(Identity("the widths inside are multiples of the group widths", compatible),),
        mistakes=(
            mistake("half-way-up", "round(width / group)", "int(width / group + 0.5)",
                    "Half-way it is the even multiple: 24.5 becomes 24, which makes RegNetX-400MF 384 wide, not 400."),
            mistake("rounded-up", "round(width / group)", "-(-width // group)", "To the nearest multiple, not up."),
            mistake("rounded-down", "round(width / group)", "(width // group)", "To the nearest multiple, not down."),
            mistake("never-a-tenth-less", "b * group * round(width / group) for",
                    "b * group * (round(width / group) + (group * round(width / group) < 0.9 * width)) for",
                    "That is torchvision's rule: here it is the nearest multiple, also where it is much less."),
            mistake("group-not-limited", "min(g, width)", "g", "A group is at most as wide as the block inside."),
            mistake("number-of-groups", "depths, torch.tensor(groups)",
                    "depths, torch.tensor([width // group for width, group in zip(inside, groups)])",
                    "g is the width of a group, not how many there are."),
            mistake("ratio-left-out", "width // b for", "width for", "The groups divide the width inside, w / b."),
            mistake("width-inside-returned", "b * group * round", "group * round",
                    "The stage's width is b times that inside."),
            mistake("multiplied-by-ratio", "width // b for", "width * b for",
                    "In the paper b divides: the width inside is smaller."),
            mistake("not-fitted", "torch.tensor(fitted), depths", "wide, depths", "The widths must fit the groups."),
            mistake("depths-added-up", "torch.tensor(fitted), depths,", "torch.tensor(fitted), depths.cumsum(0),",
                    "A stage's depth is the number of its own blocks."),
        ),
        hints=("each.unique_consecutive(return_counts=True).", "Python's round(2.5) is 2, and so is torch.round's."),
    ),
    Step(
        minutes=10,
        statement="""
            A convolution in groups, without bias, then batch normalisation by this batch. W is (out, g, k, k): a kernel
            sees g channels only. So there are G = in / g groups; the first out / G outputs see the first g channels,
            the next ones the next g, and so on. (k - 1) / 2 zeros stand around the maps.

                h = W * x
                y = gamma (h - mean) / sqrt(variance + 1e-5) + beta         of every map, over the batch and all places

            The variance is the mean of the squared distances from the mean. torch.conv2d, which has `groups`, is
            allowed.
            """,
        answer=answers.conv_norm,
        cases=convolutions,
        returns=("y",),
        near=1e-8,  # norms of few numbers amplify rounding
        mistakes=(
            *CONV_NORM,
            mistake("width-for-number", "groups=x.shape[1] // W.shape[1]", "groups=W.shape[1]",
                    "torch's `groups` is their number; g = W.shape[1] is the channels of one."),
            mistake("groups-left-out", ", groups=x.shape[1] // W.shape[1]", "",
                    "A kernel sees g channels: tell conv2d how many groups there are."),
            mistake("channels-by-turns", "torch.conv2d(x, W,",
                    "torch.conv2d(x.unflatten(1, (W.shape[1], -1)).transpose(1, 2).flatten(1, 2), W,",
                    "A group's channels follow each other, they do not alternate."),
            mistake("outputs-by-turns", "    mean = h.mean(",
                    "    h = h.unflatten(1, (x.shape[1] // W.shape[1], -1)).transpose(1, 2).flatten(1, 2)\n"
                    "    mean = h.mean(",
                    "The outputs of a group follow each other."),
            mistake("same-channels-for-all", "torch.conv2d(x, W,",
                    "torch.conv2d(x[:, : W.shape[1]].repeat(1, x.shape[1] // W.shape[1], 1, 1), W,",
                    "Every group sees channels of its own."),
            mistake("norm-of-groups", "    mean = h.mean((0, 2, 3), keepdim=True)\n    variance = ((h - mean) ** 2)",
                    "    mean = h.mean((0, 1, 2, 3), keepdim=True)\n    variance = ((h - mean) ** 2)",
                    "Every map has a mean of its own."),
        ),
        hints=("x.shape[1] // W.shape[1] is the number of groups.",
               "Means over the dimensions (0, 2, 3), with keepdim=True."),
    ),
    Step(
        minutes=20,
        statement="""
            The X block (figure 4): 1x1, 3x3 in groups, 1x1, each with its norm, conv_norm_1 to conv_norm_3, a rectifier
            after the first two and after the addition. The 3x3 has the stride. The shortcut is a projection,
            conv_norm_s with the block's stride, if p has W_s, otherwise x. If p has V_1 it is a Y block: what comes out
            of the 3x3 and its rectifier, h, is weighted map by map (squeeze and excitation), before the last 1x1:

                h <- h sigmoid(V_2 relu(V_1 mean(h) + c_1) + c_2)       mean(h): of every map over its places

            p holds W_1, gamma_1, beta_1, the same with _2 and _3, perhaps with _s, and perhaps V_1, c_1, V_2, c_2.
            """,
        answer=answers.block,
        cases=parts,
        use=with_stride,
        returns=("y",),
        near=1e-8,  # norms of few numbers amplify rounding
        mistakes=(
            *SHORTCUT,
            Mistake("stride-in-1x1", (('p["beta_1"], 1)', 'p["beta_1"], stride)'), ('p["beta_2"], stride)',
                    'p["beta_2"], 1)')),
                    "The 3x3 convolution has the stride; the first 1x1 has it in the ResNets of 2015."),
            Mistake("stride-in-last", (('p["beta_2"], stride)', 'p["beta_2"], 1)'), ('p["beta_3"], 1)',
                    'p["beta_3"], stride)')),
                    "The 3x3 convolution has the stride."),
            mistake("no-first-rectifier", 'p["beta_1"], 1).clamp(min=0)', 'p["beta_1"], 1)',
                    "A rectifier stands after the first convolution."),
            mistake("no-second-rectifier", 'p["beta_2"], stride).clamp(min=0)', 'p["beta_2"], stride)',
                    "A rectifier stands after the second convolution."),
            mistake("plain", "(h + around).clamp(min=0)", "h.clamp(min=0)", "The input is added."),
            mistake("never-squeezed", 'if "V_1" in p:', "if not p:", "If p has V_1 the maps are weighted."),
            mistake("sums-squeezed", "h.mean((2, 3))", "h.sum((2, 3))", "A map is squeezed to its mean."),
            mistake("not-squashed", 'torch.sigmoid(squeezed @ p["V_2"].T + p["c_2"])',
                    '(squeezed @ p["V_2"].T + p["c_2"])',
                    "The weights of maps are sigmoids: from 0 to 1."),
            mistake("weights-added", "h = h * torch.sigmoid(", "h = h + torch.sigmoid(",
                    "The maps are multiplied by their weights."),
            mistake("squeezed-twice", 'h = conv_norm(h, p["W_3"], p["gamma_3"], p["beta_3"], 1)\n',
                    'h = conv_norm(h, p["W_3"], p["gamma_3"], p["beta_3"], 1)\n'
                    '    if "V_1" in p and len(p["W_3"]) == len(p["V_2"]):\n'
                    '        again = (h.mean((2, 3)) @ p["V_1"].T + p["c_1"]).clamp(min=0)\n'
                    '        h = h * torch.sigmoid(again @ p["V_2"].T + p["c_2"])[:, :, None, None]\n',
                    "The maps are weighted once, before the last convolution."),
        ),
        hints=("Three lines as in a bottleneck, then the addition.", "h.mean((2, 3)) is (batch, channels).",
               "[:, :, None, None] stretches a weight over its map."),
    ),
    Step(
        minutes=15,
        statement="""
            The RegNet of a line, (d, w_0, w_a, w_m): a stem, a 3x3 conv_norm with stride 2 (W, gamma, beta of `stem`)
            and a rectifier; the d blocks, of which the first of EVERY stage, of the first one too, has stride 2 and the
            others 1; the mean of every map over its places; and a linear layer, W and b. A stage begins where the width
            of step 2 changes. Return the logits.
            """,
        answer=answers.network,
        cases=networks,
        use=in_blocks,
        returns=("logits",),
        near=1e-7,  # norms of few numbers amplify rounding, layer after layer
        mistakes=(
            *END,
            mistake("first-stage-whole", "before = 0", "before = widths(*line).tolist()[0]",
                    "The first stage halves the image, too; ResNet's first stage does not."),
            mistake("all-blocks-halve", "1 if width == before else 2", "2",
                    "Only the first block of a stage halves the image."),
            mistake("never-halved", "1 if width == before else 2", "1", "The first block of a stage halves the image."),
            mistake("stem-keeps-size", 'stem["beta"], 2)', 'stem["beta"], 1)', "The stem has stride 2."),
            mistake("stem-pooled", "    before = 0\n", "    before = 0\n    x = torch.max_pool2d(x, 3, 2, 1)\n",
                    "A RegNet has no max-pooling: the stem is one convolution."),
            mistake("stem-not-rectified", 'stem["beta"], 2).clamp(min=0)', 'stem["beta"], 2)',
                    "The stem has a rectifier."),
            mistake("stem-not-normalised", 'conv_norm(images, stem["W"], stem["gamma"], stem["beta"], 2)',
                    'torch.conv2d(images, stem["W"], stride=2, padding=1)', "The stem has a norm, too."),
        ),
        hints=("widths(*line).tolist() goes along the blocks.",
               "Keep the width of the block before, to see where a stage begins."),
    ),
))  # fmt: skip
