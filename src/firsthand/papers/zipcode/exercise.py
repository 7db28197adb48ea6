"""Rebuild LeNet-1: the field, shared weights, trainable means, its counts, reading with rejects, the network."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Generator, Tensor

from firsthand.papers.cases import CONVOLUTIONS, drawn, flat, layers, squares, within
from firsthand.papers.exercise import Case, Exercise, Identity, Mistake, Step, mistake
from firsthand.papers.mistakes import SQUARES
from firsthand.papers.zipcode.answers import Sees, average, counts, feature_map, field, rejects, zipnet
from firsthand.papers.zipcode.model import H3_SEES


def pictures(generator: Generator) -> Iterator[Case]:
    """Pictures and the sides of fields."""
    for batch, n, side in ((1, 1, 3), (1, 2, 2), (1, 2, 4), (2, 3, 7), (3, 4, 10)):
        made = drawn(generator, pictures=(batch, 1, n, n)) | {"side": side}
        yield Case(f"batch {batch}, pictures of {n}x{n}, field of {side}x{side}", made)


def patches(generator: Generator) -> Iterator[Case]:
    """The maps that one map sees, its kernels and its bias."""
    sizes = ((1, 1, 2, 2, 2, 1), (1, 2, 3, 3, 3, 1), (1, 2, 3, 4, 2, 1), (2, 2, 5, 7, 3, 2), (3, 4, 8, 6, 3, 1))
    for batch, seen, h, w, k, stride in sizes:
        made = drawn(generator, x=(batch, seen, h, w)) | layers(generator, kernels=(1, seen, k, k))
        made |= {"kernels": made["kernels"][0], **drawn(generator, bias=()), "stride": stride}
        yield Case(f"batch {batch}, maps {seen} of {h}x{w}, kernels {k}x{k}, stride {stride}", made)


def halved(generator: Generator) -> Iterator[Case]:
    """Maps with gains of half the size, and biases."""
    for words, inputs in squares(generator):
        yield Case(words, {**inputs, "gain": inputs["gain"] / 2})


def wiring(generator: Generator, out: int, maps: int) -> Sees:
    """For each of some maps, one or two of those below that it sees: the first sees the last two."""
    rows = []
    for _ in range(out):
        first, second = torch.randint(maps, (2,), generator=generator).tolist()
        rows.append((min(first, second), max(first, second)) if first != second else (first,))
    rows[0] = (maps - 2, maps - 1) if maps > 1 else (0,)
    return tuple(rows)


def networks(generator: Generator) -> Iterator[Case]:
    """Sizes of networks."""
    for side, k, maps, out, classes in ((4, 1, 1, 1, 2), (10, 3, 2, 2, 2), (14, 3, 2, 5, 3), (28, 5, 4, 12, 10)):
        sees = wiring(generator, out, maps)
        words = f"side {side}, kernels {k}x{k}, maps {maps}, {out}, classes {classes}"
        yield Case(words, {"side": side, "k": k, "maps": maps, "sees": sees, "classes": classes})


def readings(generator: Generator) -> Iterator[Case]:
    """Outputs for images, of which a third are read wrongly, and how many of all may be."""
    for images, classes, most in ((1, 2, 0.0), (2, 2, 0.5), (5, 3, 0.2), (40, 3, 0.1), (400, 10, 0.05)):
        outputs = torch.randn(images, classes, generator=generator, dtype=torch.float64)
        labels = (outputs.argmax(1) + (torch.rand(images, generator=generator) < 0.35).long()) % classes
        labels[0] = (int(outputs[0].argmax()) + 1) % classes  # one is wrong for certain
        words = f"images {images}, classes {classes}, at most {most:g} read wrongly"
        yield Case(words, {"outputs": outputs, "labels": labels, "most": most})


def digits(generator: Generator) -> Iterator[Case]:
    """Pictures with labels, and all the parameters of a small network."""
    sizes = ((1, 6, 10, 1, 1, 2), (1, 6, 10, 2, 2, 3), (2, 8, 14, 3, 3, 3), (3, 10, 14, 3, 5, 4))
    for batch, n, side, maps, out, classes in sizes:
        sees, h4 = wiring(generator, out, maps), (side - 6) // 4
        made: dict[str, Any] = drawn(generator, pictures=(batch, 1, n, n))
        made |= {"labels": torch.randint(classes, (batch,), generator=generator), "sees": sees, "side": side}
        p = drawn(generator, h2=(maps,), h4=(out,)) | layers(
            generator, h1=(maps, 3, 3), h1_bias=(maps,), h2_bias=(maps,), h3=(sum(map(len, sees)), 3, 3),
            h3_bias=(out,), h4_bias=(out,), out=(classes, out * h4**2), out_bias=(classes,),
        )  # fmt: skip
        made |= within("p", p)
        yield Case(f"batch {batch}, field of {side}x{side}, maps {maps}, {out}, classes {classes}, sees {sees}", made)


def blank(answer: Any, generator: Generator) -> Tensor:
    """What a picture of paper alone leaves in the field besides paper."""
    return answer(torch.full((1, 1, 3, 3), -1.0, dtype=torch.float64), 7) + 1


def published(answer: Any, generator: Generator) -> float:
    """How far the counts of LeNet-1 are from those of section 4."""
    sees = tuple(tuple(map(int, row)) for row in H3_SEES)
    parameters, connections = answer(28, 5, 4, sees, 10)
    return float(abs(parameters - 2578) + abs(connections - 98442))


EXERCISE = Exercise(steps=(
    Step(
        minutes=5,
        statement="""
            Pixels are -1 for paper and +1 for ink. A picture of n x n pixels comes into the middle of a field of side x
            side, so that kernels can be centred on its edges; all that lies around it is paper. side - n is even.
            pictures are (batch, 1, n, n); the result is (batch, 1, side, side).
            """,
        answer=field,
        cases=pictures,
        returns=("x",),
        identities=(Identity("a blank picture makes a blank field", blank),),
        mistakes=(
            mistake("border-of-zeros", "side, side), -1.0)", "side, side), 0.0)",
                    "Zero is a grey half-way to ink: paper is -1."),
            mistake("border-of-ink", "side, side), -1.0)", "side, side), 1.0)", "+1 is ink: paper is -1."),
            mistake("in-the-corner", "start = (side - n) // 2", "start = 0",
                    "The picture stands in the first corner, not in the middle."),
            mistake("in-the-last-corner", "start = (side - n) // 2", "start = side - n",
                    "The picture stands in the last corner: the border is as wide on all four sides."),
            mistake("edges-repeated", "    return x",
                    "    places = (torch.arange(side) - start).clamp(0, n - 1)\n"
                    "    return pictures[:, :, places][..., places]",
                    "Beyond the edge lies paper, not the last pixel again."),
            mistake("picture-repeated", "    return x",
                    "    places = (torch.arange(side) - start) % n\n"
                    "    return pictures[:, :, places][..., places]",
                    "Beyond the edge lies paper, not the picture again."),
            mistake("ink-turned", "+ n] = pictures", "+ n] = -pictures", "The picture's pixels stay as they are."),
        ),
        hints=("Fill the field first, then write the picture over its middle.",
               "The border is (side - n) / 2 wide on each side."),
    ),
    Step(
        minutes=20,
        statement="""
            One feature map, from sums and products. Do not call torch's convolutions; slicing, einsum and
            Tensor.unfold are fine. All its units look for the same thing, each at its own place, in all the maps s
            that it sees; so they share the kernels and one bias:

                a_ij = b + sum over s, u, v of w_suv x_s,di+u,dj+v      u and v from 0 to k - 1, d is the stride
                h    = f(a),   f(a) = 1.7159 tanh(2/3 a)

            There are units wherever the k x k pixels lie inside of x. x is (batch, seen, h, w), kernels (seen, k, k),
            bias a single number; the result is (batch, units down, units across).
            """,
        answer=feature_map,
        refused=CONVOLUTIONS,
        cases=patches,
        returns=("h",),
        mistakes=(
            mistake("kernels-flipped", "patches, kernels)", "patches, kernels.flip(1, 2))",
                    "The kernel is not turned round: w_00 meets the first pixel of the patch."),
            mistake("kernels-turned", "bsijuv, suv", "bsijvu, suv",
                    "Rows and columns of the kernels have changed places: u goes down, v to the right."),
            mistake("not-squashed", "1.7159 * torch.tanh(2 / 3 * a)", "a", "Every unit squashes its sum."),
            mistake("plain-tanh", "1.7159 * torch.tanh(2 / 3 * a)", "torch.tanh(a)",
                    "f has a height of 1.7159 and a slope of 2/3 inside."),
            mistake("bias-missing", "patches, kernels) + bias", "patches, kernels)", "The map has a bias."),
            Mistake("bias-after-squashing", (("patches, kernels) + bias", "patches, kernels)"),
                                             ("2 / 3 * a)", "2 / 3 * a) + bias")),
                    "The bias is part of the sum that is squashed."),
            Mistake("squashed-one-by-one", (("suv -> bij\"", "suv -> bsij\""),
                                            ("1.7159 * torch.tanh(2 / 3 * a)",
                                             "(1.7159 * torch.tanh(2 / 3 * a)).sum(1)")),
                    "What is seen in several maps is added first, then squashed once, with one bias."),
            mistake("one-map-seen", "patches, kernels)", "patches[:, :1], kernels[:1])",
                    "The map sees all maps of x, not the first alone."),
            mistake("stride-ignored", "x.unfold(2, k, stride).unfold(3, k, stride)",
                    "x.unfold(2, k, 1).unfold(3, k, 1)",
                    "Units lie `stride` pixels apart."),
            mistake("mean-over-maps", "patches, kernels)", "patches, kernels / len(kernels))",
                    "What is seen in several maps is added, not averaged."),
        ),
        hints=("x[:, :, i : i + k, j : j + k] is what the unit at (i, j) sees, for a stride of 1.",
               "A unit's sum is over three axes: maps, rows, columns.",
               "With x.unfold(2, k, stride).unfold(3, k, stride) no loop is needed."),
    ),
    Step(
        minutes=10,
        statement="""
            Layers H2 and H4 are less precise about places: each unit adds up a 2x2 square of its own map below. Squares
            do not overlap; map m has one gain c_m and one bias b_m, which are learned:

                h_mij = f(c_m (x_m,2i,2j + x_m,2i,2j+1 + x_m,2i+1,2j + x_m,2i+1,2j+1) + b_m),  f(a) = 1.7159 tanh(2/3 a)

            x is (batch, map, h, w), h and w are even; gain and bias are (map).
            """,
        answer=average,
        cases=halved,
        returns=("h",),
        mistakes=(
            *SQUARES,
            mistake("mean-for-sum", ".sum((-2, -1))", ".mean((-2, -1))",
                    "The four pixels are added: the gain makes a mean of them."),
            mistake("largest-for-sum", ".sum((-2, -1))", ".amax((-2, -1))",
                    "That is max pooling, of later years: here the four pixels are added."),
            mistake("not-squashed", "1.7159 * torch.tanh(2 / 3 * (gain[:, None, None] * total + bias[:, None, None]))",
                    "gain[:, None, None] * total + bias[:, None, None]", "H2 and H4 squash, too."),
            mistake("bias-scaled", "total + bias[:, None, None]", "(total + bias[:, None, None])",
                    "The gain multiplies the pixels, not the bias."),
            mistake("gain-outside", "1.7159 * torch.tanh(2 / 3 * (gain[:, None, None] * total",
                    "gain[:, None, None] * 1.7159 * torch.tanh(2 / 3 * (total",
                    "The gain is part of the sum that is squashed."),
            mistake("gain-fixed", "gain[:, None, None]", "(gain[:, None, None] * 0 + 0.25)",
                    "The gain is a parameter that is learned, not always a quarter."),
        ),
        hints=("x[:, :, ::2, ::2] is the first pixel of every square.",
               "gain[:, None, None] fits the gains to (batch, map, h, w)."),
    ),
    Step(
        minutes=20,
        statement="""
            Few free parameters, many connections: count both for the network of 1990.

                H1 `maps` maps, k x k kernels on the field of side x side pixels    H2 their 2x2 squares, as in step 3
                H3 len(sees) maps, k x k kernels on H2; map m sees len(sees[m])     H4 their 2x2 squares
                output `classes` units, each of which sees all of H4

            All maps are as large as kernels that lie inside allow, and all sides are whole numbers; strides are 1. A
            free parameter is a number that is learned: in H1 and H3 one k x k kernel for each map that a map sees, and
            a bias a map; in H2 and H4 a gain and a bias a map; for each output a weight for every unit of H4, and a
            bias. A connection is one use of a weight or bias by one unit: a unit of H2 has 5, four pixels and a bias.
            Return the parameters and the connections.
            """,
        answer=counts,
        cases=networks,
        gradients=False,
        returns=("parameters", "connections"),
        identities=(Identity("the paper's network has 2,578 parameters and 98,442 connections", published),),
        mistakes=(
            mistake("gains-not-counted", "first + 2 * maps + second + 2 * len(sees) + out", "first + second + out",
                    "H2 and H4 learn, too: a gain and a bias for each map."),
            mistake("gains-without-biases", "first + 2 * maps + second + 2 * len(sees) + out",
                    "first + maps + second + len(sees) + out", "A map of H2 or H4 has a bias besides its gain."),
            mistake("four-gains", "first + 2 * maps + second + 2 * len(sees) + out",
                    "first + 5 * maps + second + 5 * len(sees) + out", "The four pixels of a square share one gain."),
            mistake("full-table", "len(seen) * k * k", "maps * k * k",
                    "A map of H3 has kernels for the maps that it sees only."),
            mistake("bias-for-each-source", "len(seen) * k * k + 1", "len(seen) * (k * k + 1)",
                    "A map has one bias, however many maps it sees."),
            mistake("first-biases-missing", "maps * (k * k + 1)", "maps * k * k", "Every map of H1 has a bias."),
            mistake("output-biases-missing", "h4 * h4 + 1)", "h4 * h4)", "Every output has a bias."),
            mistake("squares-without-bias", "5 * maps * h2 * h2 + h3 * h3 * second + 5 * len(sees) * h4 * h4",
                    "4 * maps * h2 * h2 + h3 * h3 * second + 4 * len(sees) * h4 * h4",
                    "A unit of H2 or H4 uses its bias besides its four pixels."),
            mistake("maps-as-large-as-the-field", "h1 = side - k + 1", "h1 = side",
                    "Kernels lie inside of the field: the maps are smaller than it."),
        ),
        hints=("Write down the sides of H1, H2, H3 and H4 first: 24, 12, 8 and 4 in the paper.",
               "All units of a map have as many connections as the map has parameters, in H1 and H3.",
               "The paper's own network has 104 + 8 + 512 + 24 + 1,930 parameters."),
    ),
    Step(
        minutes=15,
        statement="""
            An image of which the network is not sure goes to a person. It is as sure of an image as its best output is
            above the second best. It reads an image wrongly if the largest output is not the label's. Reject the least
            sure images, as few as possible, so that those which are accepted and read wrongly are not more than a share
            `most` of all the images. outputs are (images, classes). Return how sure it is of each image (images), and
            the share of all images that is rejected.
            """,
        answer=rejects,
        cases=readings,
        returns=("sure", "share rejected"),
        mistakes=(
            mistake("best-output-alone", "best[:, 0] - best[:, 1]", "best[:, 0]",
                    "Two outputs that are both high are a doubt: the distance of the best two counts."),
            mistake("surest-rejected", "sure.argsort(descending=True)", "sure.argsort()",
                    "Those of which it is least sure are rejected first."),
            mistake("share-of-the-accepted", "int((wrong.cumsum(0) <= most * len(labels)).sum())",
                    "max([n for n in range(1, len(labels) + 1) if wrong[:n].sum() <= most * n], default=0)",
                    "Both shares are of all images, not of the accepted ones."),
            mistake("fewer-than-allowed", "(wrong.cumsum(0) <= most", "(wrong.cumsum(0) < most",
                    "A share of exactly `most` may be wrong."),
            mistake("rejects-by-accepted", "1 - accepted / len(labels)", "len(labels) / max(accepted, 1) - 1",
                    "Rejects are counted as a share of all images."),
            mistake("share-accepted", "1 - accepted / len(labels)", "accepted / len(labels)",
                    "That is the share that is accepted."),
            mistake("right-for-wrong", "outputs.argmax(1) != labels", "outputs.argmax(1) == labels",
                    "Images that are read rightly are counted as errors."),
            mistake("number-for-share", "1 - accepted / len(labels)", "len(labels) - accepted",
                    "A share is asked for, not a number of images."),
            mistake("label-known", "best[:, 0] - best[:, 1]", "best[:, 0] - outputs.gather(1, labels[:, None])[:, 0]",
                    "Nobody knows the label when a letter comes: only the outputs say how sure the network is."),
        ),
        hints=("outputs.topk(2, 1).values has the best two of each row.",
               "Sort the images from the surest down, and count the errors so far: cumsum.",
               "Accept while the errors so far are not more than most * images."),
    ),
    Step(
        minutes=20,
        statement="""
            The whole network of 1990 with smaller maps, from the steps before: field - H1 feature maps, stride 1 - H2
            average - H3 feature maps - H4 average - output units y = f(W x + b), squashed with f of step 2.
            Parameters in p: h1 holds one kernel for each map of H1 (maps, k, k), h1_bias (maps); h2 the gains and
            h2_bias; h3 (kernels, k, k) those of map 0 of H3, in the order of sees[0], then those of map 1, and so on,
            h3_bias; h4 gains, h4_bias; out is W (classes, units of H4: map by map, row by row), out_bias. sees[m] holds
            the maps of H2 that map m of H3 sees, from 0. A target is +1 for the label and -1 for the others:

                E = mean over the patterns of  1/2 sum over the outputs of (y_i - target_i)^2

            pictures are (batch, 1, n, n), labels (batch). Return y (batch, classes) and E.
            """,
        answer=zipnet,
        cases=digits,
        use=flat,
        returns=("y", "E"),
        near=1e-9,  # tanh of large sums has few digits left in its slope
        mistakes=(
            mistake("border-of-zeros", "field(pictures, side)", "field(pictures - 1, side) + 1",
                    "The field around the picture is paper, -1."),
            mistake("outputs-not-squashed", "1.7159 * torch.tanh(2 / 3 * (x @ p[\"out\"].T + p[\"out_bias\"]))",
                    "x @ p[\"out\"].T + p[\"out_bias\"]", "The outputs squash, too."),
            mistake("output-bias-missing", " + p[\"out_bias\"]", "", "The outputs have biases."),
            mistake("targets-of-zero", "full_like(y, -1.0)", "full_like(y, 0.0)",
                    "The other classes' target is -1, not 0."),
            mistake("not-halved", ".mean() / 2", ".mean()", "E has a factor of one half."),
            mistake("mean-over-outputs", ".sum(1).mean() / 2", ".mean() / 2",
                    "The squares are added over the outputs; the mean is over patterns."),
            mistake("sum-of-patterns", ".sum(1).mean() / 2", ".sum() / 2", "E is a mean over the patterns."),
            mistake("first-maps-seen", "x[:, list(seen)]", "x[:, : len(seen)]",
                    "sees[m] says which maps of H2 map m sees, not only how many."),
            mistake("kernels-start-over", "kernels = p[\"h3\"].split([len(seen) for seen in sees])",
                    "kernels = [p[\"h3\"][: len(seen)] for seen in sees]",
                    "Each map of H3 has kernels of its own: they follow each other in h3."),
            mistake("kernels-crossed", "x[:, list(seen)]", "x[:, list(seen)[::-1]]",
                    "A map's kernels stand in the order of the maps that it sees."),
        ),
        hints=("torch.stack([...], 1) lays feature maps side by side.",
               "x[:, list(sees[m])] is what map m of H3 sees.", "flatten(1) before the output units."),
    ),
))  # fmt: skip
