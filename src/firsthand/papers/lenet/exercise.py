"""Rebuild LeNet-5: convolution from sums, trainable subsampling, the table of C3, codes of classes, the network."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Generator, Tensor

from firsthand.papers.cases import CONVOLUTIONS, drawn, flat, layers, squares, within
from firsthand.papers.exercise import Case, Exercise, Identity, Step, mistake
from firsthand.papers.lenet.answers import connect, convolve, lenet5, loss, squash, subsample
from firsthand.papers.mistakes import SQUARES

# batch, maps in, maps out, height, width, kernel
SIZES = ((1, 1, 1, 2, 2, 2), (1, 1, 2, 3, 4, 1), (1, 2, 1, 3, 3, 3), (2, 2, 2, 5, 4, 3), (3, 3, 4, 6, 7, 2))


def sums(generator: Generator) -> Iterator[Case]:
    """Sums of several sizes."""
    for shape in ((1,), (3,), (2, 2), (2, 3, 4, 4)):
        yield Case(f"shape {shape}", drawn(generator, a=shape))


def pictures(generator: Generator) -> Iterator[Case]:
    """Images, kernels and biases."""
    for batch, inputs, out, h, w, k in SIZES:
        made = drawn(generator, x=(batch, inputs, h, w), weight=(out, inputs, k, k), bias=(out,))
        yield Case(f"batch {batch}, maps {inputs} of {h}x{w}, maps out {out}, kernels {k}x{k}", made)


def connections(generator: Generator, out: int, inputs: int) -> Tensor:
    """Which maps see which: the last one all, the others some, the first not the first one."""
    table = torch.rand(out, inputs, generator=generator) < 0.5
    table[:, -1] |= ~table.any(1)
    if inputs > 1:
        table[0, 0], table[0, -1] = False, True
    table[-1] = True
    return table


def tables(generator: Generator) -> Iterator[Case]:
    """Images, a table of connections, and a kernel for each."""
    for batch, inputs, out, h, w, k in (*SIZES, (2, 4, 5, 4, 4, 3)):
        table = connections(generator, out, inputs)
        count = int(table.sum())
        made = drawn(generator, x=(batch, inputs, h, w)) | {"table": table}
        made |= drawn(generator, kernels=(count, k, k), bias=(out,))
        yield Case(f"batch {batch}, maps {inputs}, maps out {out}, kernels {count} of {k}x{k}", made)


def patterns(generator: Generator, units: int, classes: int, batch: int) -> dict[str, Tensor]:
    """Codes of +1 and -1, and the classes of some patterns."""
    codes = torch.randint(2, (classes, units), generator=generator).double() * 2 - 1
    return {"codes": codes, "target": torch.randint(classes, (batch,), generator=generator)}


def units(generator: Generator) -> Iterator[Case]:
    """States of F6, codes and classes."""
    for batch, n, classes, j in ((1, 1, 1, 0.5), (1, 2, 2, 1.0), (2, 2, 2, 2.0), (3, 4, 3, 0.3), (5, 6, 10, 3.0)):
        made = drawn(generator, x=(batch, n)) | patterns(generator, n, classes, batch) | {"j": j}
        yield Case(f"batch {batch}, units {n}, classes {classes}, j = {j}", made)


def networks(generator: Generator) -> Iterator[Case]:
    """Small images, and all the parameters of a small LeNet-5."""
    sizes = ((1, 1, 1, 1, 1, 2, 10), (1, 2, 3, 2, 3, 2, 10), (2, 2, 2, 3, 2, 3, 14), (3, 3, 4, 5, 6, 4, 14))
    for batch, c1, c3, c5, f6, classes, side in sizes:
        table = connections(generator, c3, c1)
        last = (side - 6) // 4
        made: dict[str, Any] = drawn(generator, images=(batch, 1, side, side)) | patterns(generator, f6, classes, batch)
        p = drawn(generator, s2=(c1,), s4=(c3,)) | layers(
            generator, c1=(c1, 1, 3, 3), c1_bias=(c1,), s2_bias=(c1,), c3=(int(table.sum()), 3, 3), c3_bias=(c3,),
            s4_bias=(c3,), c5=(c5, c3, last, last), c5_bias=(c5,), f6=(f6, c5), f6_bias=(f6,),
        )  # fmt: skip
        made |= {"table": table, "j": 0.5} | within("p", p)
        yield Case(f"batch {batch}, {side}x{side} pixels, maps {c1}, {c3}, {c5}, units {f6}, classes {classes}", made)


def trained(answer: Any, codes: Tensor, **inputs: Any) -> Any:
    """The network with its codes among the parameters."""
    return flat(answer, **inputs, **within("p", {"codes": codes}))


def ones(answer: Any, generator: Generator) -> Tensor:
    """What f(1) and f(-1) are farther from 1 and -1 than the rounded constants explain."""
    ends = torch.tensor([-1.0, 1.0], dtype=torch.float64)
    return ((answer(ends) - ends).abs() - 1e-5).clamp(min=0)


def moved(answer: Any, generator: Generator) -> Tensor:
    """How far the maps of an image that is moved are from the maps, moved."""
    x, weight, bias = drawn(generator, x=(1, 2, 6, 6), weight=(3, 2, 3, 3), bias=(3,)).values()
    return answer(x.roll((1, 1), (2, 3)), weight, bias)[:, :, 1:, 1:] - answer(x, weight, bias)[:, :, :-1, :-1]


def rubbish(answer: Any, generator: Generator) -> Tensor:
    """How far the criterion with a far rubbish class is from the cross-entropy of -y."""
    x, codes = drawn(generator, x=(4, 5), codes=(3, 5)).values()
    target = torch.randint(3, (4,), generator=generator)
    y, found = answer(x, codes, target, 1e4)
    return found + torch.log_softmax(-y, 1).gather(1, target[:, None]).mean()


EXERCISE = Exercise(steps=(
    Step(
        minutes=5,
        statement="""
            All units of LeNet-5 up to layer F6 squash their sum a:

                f(a) = A tanh(S a),   A = 1.7159,   S = 2/3        [5, 6]

            Then f(1) is 1 and f(-1) is -1, where the curvature is largest.
            """,
        answer=squash,
        cases=sums,
        returns=("x",),
        identities=(Identity("f(1) is 1 and f(-1) is -1", ones),),
        mistakes=(
            mistake("plain-tanh", "1.7159 * torch.tanh(2 / 3 * a)", "torch.tanh(a)",
                    "Neither A nor S is used: with a plain tanh targets of 1 are never reached."),
            mistake("amplitude-missing", "1.7159 * ", "", "The tanh is multiplied by A."),
            mistake("slope-missing", "2 / 3 * a", "a", "The sum is multiplied by S before the tanh."),
            mistake("slope-turned", "2 / 3 * a", "3 / 2 * a", "S is 2/3, not 3/2."),
            mistake("constants-swapped", "1.7159 * torch.tanh(2 / 3 * a)", "2 / 3 * torch.tanh(1.7159 * a)",
                    "A is outside of the tanh, S inside."),
            mistake("sigmoid", "torch.tanh(2 / 3 * a)", "torch.sigmoid(2 / 3 * a)",
                    "The function is odd: f(-a) is -f(a)."),
        ),
        hints=("torch.tanh works element by element.", "Scale the sum first, the result after."),
    ),
    Step(
        minutes=20,
        statement="""
            A convolution, from sums and products. Do not call torch's convolutions; slicing, einsum and Tensor.unfold
            are fine. Map o of the result sums up, at every place (i, j) where its k x k kernels fit into the image,
            what it sees there in all maps c of x:

                y_oij = b_o + sum over c, u, v of w_ocuv x_c,i+u,j+v        u and v from 0 to k - 1

            All places share the kernels and the bias; nothing lies around the image. x is (batch, in, h, w), weight
            (out, in, k, k), bias (out); the result is (batch, out, h - k + 1, w - k + 1). It is not squashed yet.
            """,
        answer=convolve,
        refused=CONVOLUTIONS,
        cases=pictures,
        returns=("y",),
        identities=(Identity("an image moved by a pixel has its maps moved by a pixel", moved),),
        mistakes=(
            mistake("kernels-flipped", "patches, weight)", "patches, weight.flip(2, 3))",
                    "Mathematicians flip the kernel, networks do not: w_00 meets the pixel at (i, j)."),
            mistake("kernels-turned", "bcijuv, ocuv", "bcijvu, ocuv",
                    "Rows and columns of the kernels have changed places: u goes down, v to the right."),
            mistake("bias-missing", " + bias[:, None, None]", "", "Every map has a bias."),
            mistake("bias-for-each-source", "bias[:, None, None]", "x.shape[1] * bias[:, None, None]",
                    "The bias is added once, not once for every map that is seen."),
            mistake("mean-over-sources", "patches, weight)", "patches, weight / x.shape[1])",
                    "What is seen in the maps of x is summed up, not averaged."),
            mistake("mean-over-kernel", "patches, weight)", "patches, weight / k**2)",
                    "What is seen is summed up, not averaged over the pixels."),
            mistake("one-source", "patches, weight)", "patches[:, :1], weight[:, :1])",
                    "Only the first map of x is seen: the sum goes over all of them."),
            mistake("places-turned", "boij\", patches", "boji\", patches",
                    "Height and width of the result have changed places."),
            mistake("border-of-zeros", "x.unfold(2,", "torch.constant_pad_nd(x, (k // 2,) * 4).unfold(2,",
                    "Nothing lies around the image: the maps become smaller than it."),
            mistake("kernels-cut", "patches, weight)", "patches, weight.detach())",
                    "No gradient reaches the kernels: look for detach, .data or no_grad."),
        ),
        hints=("Two loops over u and v are enough: each adds one shifted window of x, times one number of each kernel.",
               "x.unfold(2, k, 1).unfold(3, k, 1) is all the windows: (batch, in, places, places, k, k).",
               "einsum sums over what does not stand behind the arrow."),
    ),
    Step(
        minutes=10,
        statement="""
            Layers S2 and S4 make maps of half the height and width. The 2x2 squares do not overlap; each map has its
            own trainable gain c_m and bias b_m (section II-B; h and w are even):

                y_mij = c_m (x_m,2i,2j + x_m,2i,2j+1 + x_m,2i+1,2j + x_m,2i+1,2j+1) + b_m

            gain and bias are (maps). The result is not squashed yet.
            """,
        answer=subsample,
        cases=squares,
        returns=("y",),
        mistakes=(
            *SQUARES,
            mistake("mean-for-sum", "squares.sum((-2, -1))", "squares.mean((-2, -1))",
                    "The four pixels are added: the gain is there to make a mean of them."),
            mistake("largest-for-sum", "squares.sum((-2, -1))", "squares.amax((-2, -1))",
                    "That is max pooling, of later years: here the four pixels are added."),
            mistake("one-pixel", "squares.sum((-2, -1))", "squares[..., 0, 0]",
                    "Three of four pixels are skipped: all four are added."),
            mistake("diagonal-only", "squares.sum((-2, -1))", "squares.diagonal(0, -2, -1).sum(-1)",
                    "Two pixels of each square are missing."),
            mistake("bias-scaled", "squares.sum((-2, -1)) + bias[:, None, None]",
                    "(squares.sum((-2, -1)) + bias[:, None, None])", "The gain multiplies the pixels, not the bias."),
            mistake("gain-missing", "gain[:, None, None] * ", "", "The sum is multiplied by the map's gain."),
        ),
        hints=("x[:, :, ::2, ::2] is the first pixel of every square.",
               "gain[:, None, None] fits the gains to (batch, maps, h, w)."),
    ),
    Step(
        minutes=15,
        statement="""
            A map of C3 sees only some maps of S2, as Table I says: that breaks their symmetry and saves weights. Here
            table (out, in) is True where map o sees map c. There is one kernel for every connection, and no other:
            kernels (connections, k, k) holds those of map 0, in the order of the maps that it sees, then those of map
            1, and so on.

                y_o = b_o + sum over the maps c that o sees of w_oc * x_c        * as in step 2

            The result is (batch, out, h - k + 1, w - k + 1), not squashed.
            """,
        answer=connect,
        cases=tables,
        returns=("y",),
        mistakes=(
            mistake("kernels-by-source", "weight[table] = kernels", "weight.transpose(0, 1)[table.T] = kernels",
                    "The kernels are read source by source: those of one map of the result follow each other."),
            mistake("kernels-backwards", "weight[table] = kernels", "weight[table] = kernels.flip(0)",
                    "The first kernel belongs to the first map of the result."),
            mistake("one-kernel-a-map", "weight[table] = kernels",
                    "weight[table] = kernels[(table.sum(1).cumsum(0) - table.sum(1)).repeat_interleave(table.sum(1))]",
                    "A map has another kernel for each map that it sees."),
            mistake("table-not-looked-up", "weight[table] = kernels",
                    "weight[table.sort(1, descending=True).values] = kernels",
                    "A map that sees three others need not see the first three: the table says which."),
            mistake("bias-for-each-source", "convolve(x, weight, bias)", "convolve(x, weight, bias * table.sum(1))",
                    "The bias is added once, not with every map that is seen."),
            mistake("bias-missing", "convolve(x, weight, bias)", "convolve(x, weight, 0 * bias)",
                    "Every map has a bias."),
            mistake("mean-over-sources", "weight[table] = kernels",
                    "weight[table] = kernels / table.sum(1).repeat_interleave(table.sum(1))[:, None, None]",
                    "What a map sees is summed up, however many maps it sees."),
            mistake("kernels-cut", "weight[table] = kernels", "weight[table] = kernels.detach()",
                    "No gradient reaches the kernels: look for detach, .data or no_grad."),
        ),
        hints=("A kernel of zeros is as good as no connection: step 2 can do the rest.",
               "Count the kernels while you walk over the table row by row.",
               "table.nonzero() lists the connections in the order of the kernels."),
    ),
    Step(
        minutes=15,
        statement="""
            The output units measure how far the state x of F6 is from the code w_i of each class, and the criterion
            makes the right distance small and the others large; a rubbish class lies at the constant distance j:

                y_i = sum over the units u of (x_u - w_iu)^2                                [7]
                E   = mean over the patterns of  y_D + log(e^-j + sum over i of e^-y_i)     [9]

            D is a pattern's class. x is (batch, units), codes (classes, units), target (batch) holds the classes from
            0, j is a number. Return y (batch, classes) and E.
            """,
        answer=loss,
        cases=units,
        data=("codes",),
        returns=("y", "E"),
        identities=(Identity("with a far rubbish class E is the cross-entropy of -y", rubbish),),
        mistakes=(
            mistake("rooted", ".sum(2)", ".sum(2).sqrt()", "The distances are squared: no root is taken."),
            mistake("mean-over-units", ".sum(2)", ".mean(2)", "The squares are added over the units."),
            mistake("halved", "((x[:, None] - codes) ** 2)", "((x[:, None] - codes) ** 2 / 2)",
                    "Equation 7 has no factor of one half."),
            mistake("equation-8", "(right.squeeze(1) + scores.logsumexp(1)).mean()", "right.mean()",
                    "That is equation 8: the logarithm that pushes the other classes away is missing."),
            mistake("no-rubbish-class", "torch.cat([-y, torch.full_like(right, -j)], 1)", "-y",
                    "The rubbish class, e^-j, is missing in the sum."),
            mistake("rubbish-sign", "torch.full_like(right, -j)", "torch.full_like(right, j)",
                    "The rubbish class counts as e^-j, as a class at the distance j does."),
            mistake("distances-as-scores", "torch.cat([-y,", "torch.cat([y,",
                    "A near code has a large share: the exponents are -y."),
            mistake("others-only", "scores = torch.cat([-y,",
                    "scores = torch.cat([-y.scatter(1, target[:, None], float('inf')),",
                    "The sum goes over all classes, the right one too."),
            mistake("sum-of-patterns", "scores.logsumexp(1)).mean()", "scores.logsumexp(1)).sum()",
                    "E is a mean over the patterns."),
        ),
        hints=("x[:, None] - codes is (batch, classes, units).", "y.gather(1, target[:, None]) is the right distances.",
               "e^-j is one more number beside the e^-y_i: torch.logsumexp of all of them."),
    ),
    Step(
        minutes=20,
        statement="""
            The whole of LeNet-5, with smaller layers. Each layer but the output is squashed, S2 and S4 too:

                C1 convolution (c1, c1_bias) - S2 subsampling (s2 the gains, s2_bias) - C3 with the table (c3, c3_bias)
                - S4 subsampling (s4, s4_bias) - C5 convolution (c5, c5_bias), whose kernels are as large as the maps
                of S4 - F6 linear, a = W x + b (f6 is W (units, units of C5), f6_bias b) - distances from the codes

            p holds the parameters by these names, and codes, which are fixed. images are (batch, 1, h, w). Return the
            distances y and the criterion E of step 5.
            """,
        answer=lenet5,
        cases=networks,
        use=trained,
        data=("codes",),
        returns=("y", "E"),
        near=1e-9,  # tanh of large sums has few digits left in its slope
        mistakes=(
            mistake("s2-not-squashed", 'squash(subsample(x, p["s2"], p["s2_bias"]))',
                    'subsample(x, p["s2"], p["s2_bias"])', "S2 squashes, too."),
            mistake("s4-not-squashed", 'squash(subsample(x, p["s4"], p["s4_bias"]))',
                    'subsample(x, p["s4"], p["s4_bias"])', "S4 squashes, too."),
            mistake("c1-not-squashed", 'squash(convolve(images, p["c1"], p["c1_bias"]))',
                    'convolve(images, p["c1"], p["c1_bias"])', "C1 squashes before S2 adds up."),
            mistake("c3-not-squashed", 'squash(connect(x, table, p["c3"], p["c3_bias"]))',
                    'connect(x, table, p["c3"], p["c3_bias"])', "C3 squashes before S4 adds up."),
            mistake("f6-not-squashed", 'squash(x @ p["f6"].T + p["f6_bias"])', 'x @ p["f6"].T + p["f6_bias"]',
                    "F6 squashes: its states are compared with codes of +1 and -1."),
            mistake("c5-not-squashed", 'squash(convolve(x, p["c5"], p["c5_bias"]))',
                    'convolve(x, p["c5"], p["c5_bias"])', "C5 squashes, too."),
            mistake("f6-bias-missing", ' + p["f6_bias"]', "", "F6 has a bias."),
            mistake("squashed-twice", "return loss(x,", "return loss(squash(x),",
                    "What F6 squashed is compared with the codes as it is."),
            mistake("images-squashed", 'convolve(images,', 'convolve(squash(images),',
                    "Pixels are not squashed: they go into C1 as they are."),
        ),
        hints=("One line a layer.", "After C5 the maps have one pixel: flatten(1) makes units of them.",
               "Squash everything that the steps left unsquashed, up to F6."),
    ),
))  # fmt: skip
