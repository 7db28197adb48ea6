"""Rebuild word2vec: thinned text, pairs, noise, negative sampling, the tree, and training pair by pair."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Generator, Tensor

from firsthand.papers.cases import drawn
from firsthand.papers.exercise import Case, Exercise, Identity, Step, mistake
from firsthand.papers.skipgram import answers


def whole(generator: Generator, low: int, high: int, *shape: int) -> Tensor:
    """Whole numbers from low to high, both included."""
    return torch.randint(low, high + 1, shape, generator=generator)


def counted(generator: Generator) -> Iterator[Case]:
    """Counts of words, the first of which is rare, and a threshold above its share."""
    for vocab in (1, 2, 3, 6, 12):
        counts = whole(generator, 20, 900, vocab).double()
        counts[0] = 7
        largest = float(counts.max() / counts.sum())
        t = largest * (0.3 + 0.5 * float(torch.rand((), generator=generator)))
        yield Case(f"vocab {vocab}, t {t:.4f}", {"counts": counts, "t": t})


def passages(generator: Generator) -> Iterator[Case]:
    """Different words, and how far each reaches."""
    for time, most in ((2, 1), (3, 2), (5, 1), (5, 5), (9, 4)):
        reach = whole(generator, 1, most, time)
        reach[:2] = torch.tensor([1, most])
        words = f"{time} words, reaches {reach.tolist()}"
        yield Case(words, {"text": torch.randperm(50, generator=generator)[:time], "reach": reach})


def shares(generator: Generator) -> Iterator[Case]:
    """Counts of many sizes, and draws."""
    for vocab, pairs, k, power in ((2, 3, 1, 0.75), (3, 4, 4, 0.75), (6, 50, 5, 0.5), (12, 50, 6, 0.75)):
        counts = (10 ** (4 * torch.rand(vocab, generator=generator, dtype=torch.float64))).round()
        counts[0], counts[1] = 2, 5000
        draws = torch.rand(pairs, k, generator=generator, dtype=torch.float64)
        yield Case(f"vocab {vocab}, {pairs} times {k} draws", {"counts": counts, "power": power, "draws": draws})


def examples(generator: Generator) -> Iterator[Case]:
    """Both tables, and pairs with their noise; the last ones have large scores."""
    sizes = ((2, 1, 1, 1, 1), (3, 2, 2, 1, 1), (4, 3, 3, 3, 1), (9, 4, 5, 2, 1), (6, 5, 6, 3, 400))
    for vocab, d, pairs, k, size in sizes:
        made = drawn(generator, v=(vocab, d), u=(vocab, d))
        made = {name: size * table for name, table in made.items()}
        centre, context = whole(generator, 0, vocab - 1, 2, pairs)
        others = whole(generator, 0, vocab - 1, pairs, k)
        words = f"vocab {vocab}, d {d}, {pairs} pairs, {k} noise words" + (", large scores" if size > 1 else "")
        yield Case(words, made | {"centre": centre, "context": context, "drawn": others})


def grown(generator: Generator, vocab: int) -> tuple[Tensor, Tensor]:
    """The ways to the words of a tree that is made by joining any two, over and over."""
    ways: list[list[tuple[int, int]]] = [[] for _ in range(vocab)]
    parts = [[word] for word in range(vocab)]
    for node in range(vocab - 1):
        chosen = torch.randperm(len(parts), generator=generator)[:2].tolist() if node else [0, 1]
        joined = [parts[i] for i in chosen]
        for branch, part in zip((1, -1), joined, strict=True):
            for word in part:
                ways[word].insert(0, (node, branch))
        parts = [part for i, part in enumerate(parts) if i not in chosen] + [joined[0] + joined[1]]
    depth = max(map(len, ways))
    full = torch.tensor([way + [(0, 0)] * (depth - len(way)) for way in ways])
    return full[:, :, 0], full[:, :, 1]


def trees(generator: Generator) -> Iterator[Case]:
    """Hidden vectors, and a tree with a vector for each inner node."""
    for batch, vocab, d, size in ((1, 2, 1, 1), (1, 3, 2, 1), (3, 3, 3, 1), (2, 7, 4, 1), (4, 9, 3, 400)):
        nodes, branches = grown(generator, vocab)
        made = drawn(generator, h=(batch, d), u=(vocab - 1, d))
        made = {name: size * value for name, value in made.items()}
        words = f"batch {batch}, vocab {vocab}, depth {nodes.shape[1]}, d {d}" + (", large scores" if size > 1 else "")
        yield Case(words, made | {"nodes": nodes, "branches": branches})


def readings(generator: Generator) -> Iterator[Case]:
    """A text, all that is drawn at random for it, and both tables."""
    for time, vocab, d, k in ((2, 2, 1, 1), (4, 3, 2, 2), (6, 4, 4, 2), (9, 6, 3, 3)):
        text = whole(generator, 0, vocab - 1, time)
        stays = torch.rand(time, generator=generator) < 0.6
        stays[0] = stays[-1] = True
        stays[1:2] = time == 2  # one is dropped for certain
        stays[2:4] = True
        others = whole(generator, 0, vocab - 1, 6 * time, k)
        others[:2, -1] = others[:2, 0]  # noise that is drawn twice
        made: dict[str, Any] = {"text": text, "stays": stays, "reach": whole(generator, 1, 3, time), "drawn": others}
        made["reach"][:3] = torch.tensor([1, 2, 3])[:time]
        made |= drawn(generator, v=(vocab, d), u=(vocab, d)) | {"lr": 0.3}
        yield Case(f"{time} words of which {int(stays.sum())} stay, vocab {vocab}, d {d}, {k} noise words", made)


def certain(answer: Any, generator: Generator) -> Tensor:
    """How far the probabilities of all words are from adding up to 1."""
    (*_, case, _) = trees(generator)
    return answer(**case.inputs).exp().sum(1) - 1


def first_loss(answer: Any, generator: Generator) -> Tensor:
    """How far the loss is from (k + 1) log 2 where all output vectors are 0."""
    (case, *_) = examples(generator)
    inputs = dict(case.inputs)
    k = inputs["drawn"].shape[1]
    return answer(**inputs | {"u": 0 * inputs["u"]}) - (k + 1) * torch.tensor(2.0, dtype=torch.float64).log()


EXERCISE = Exercise(steps=(
    Step(
        minutes=5,
        statement="""
            Frequent words are thinned out before training: each occurrence of a word is discarded with the probability

                1 - sqrt(t / f)        f: the word's share of all words of the text        [5]

            and never where f <= t. `counts` says how often each word stands in the text. Return for every word the
            probability that an occurrence *stays*.
            """,
        answer=answers.kept,
        cases=counted,
        gradients=False,
        returns=("probabilities",),
        mistakes=(
            mistake("probability-to-discard", "return (t / shares).sqrt().clamp(max=1)",
                    "return 1 - (t / shares).sqrt().clamp(max=1)",
                    "The paper prints the probability to discard; asked for is that of staying."),
            mistake("above-one", ".clamp(max=1)", "", "A probability is at most 1: rare words always stay."),
            mistake("no-root", ".sqrt()", "", "The root of t / f."),
            mistake("counts-for-shares", "counts / counts.sum()", "counts",
                    "f is a share of all words of the text, not a count."),
            mistake("share-turned", "(t / shares)", "(shares / t)", "The more frequent a word, the less of it stays."),
            mistake("as-the-program-has-it", "(t / shares).sqrt()", "((t / shares).sqrt() + t / shares)",
                    "sqrt(t / f) + t / f is what word2vec.c has; the paper prints the root alone."),
            mistake("share-of-the-most-frequent", "counts.sum()", "counts.max()",
                    "f is the share of all words, not of the most frequent one's count."),
        ),
        hints=("counts / counts.sum() are the shares.", "clamp(max=1)."),
    ),
    Step(
        minutes=10,
        statement="""
            Skip-gram learns from pairs: each word, the centre, with each word that stands up to c places before or
            after it, a context. c may differ from place to place (it is drawn from 1 to the window's size, so that
            near words are met more often): `reach` has one c for each centre.

            Return (pairs, 2) whole numbers, the centre first. The order: centre by centre, and of one centre the
            contexts from left to right. A text's ends cut the contexts off. There are always two words or more.
            """,
        answer=answers.pairs,
        cases=passages,
        gradients=False,
        returns=("pairs",),
        mistakes=(
            mistake("context-first", "[text[i], text[j]]", "[text[j], text[i]]",
                    "The centre comes first. (word2vec.c has them the other way round.)"),
            mistake("itself-too", "if j != i:", "if True:", "A word is no context of itself."),
            mistake("one-too-few-after", "min(i + c + 1, len(text))", "min(max(i + c, i + 1), len(text))",
                    "range ends before its last number: the word c places after is a context, too."),
            mistake("only-before", "min(i + c + 1, len(text))", "i",
                    "Words after the centre are contexts, too."),
            mistake("only-after", "range(max(i - c, 0),", "range(i,", "Words before the centre are contexts, too."),
            mistake("from-the-end", "for j in range(max(i - c, 0), min(i + c + 1, len(text))):",
                    "for j in (j % len(text) for j in range(i - c, i + c + 1) if j < len(text)):",
                    "A negative index counts from the end in Python: the text's start cuts the contexts off."),
            mistake("contexts-reach", "range(max(i - c, 0), min(i + c + 1, len(text))):\n            if j != i:",
                    "range(len(text)):\n            if j != i and abs(i - j) <= reach[j]:",
                    "The reach is that of the centre, not of the context."),
            mistake("one-reach-for-all", "for i, c in enumerate(reach.tolist()):",
                    "for i, c in enumerate([int(reach.max())] * len(reach)):", "Every place has a reach of its own."),
            mistake("places-for-words", "[text[i], text[j]]", "[torch.tensor(i), torch.tensor(j)]",
                    "The pairs hold words, not their places."),
        ),
        hints=("Two loops, over centres and over the places about each.",
               "max(i - c, 0) and min(i + c + 1, len(text))."),
    ),
    Step(
        minutes=10,
        statement="""
            Noise words are drawn by their count to a power, 3/4 in the paper:

                P_n(w) = count(w)^power / Z        Z makes the shares add up to 1

            A draw is a number from 0 to 1 and stands for a word: word 0 has the draws below P_n(0), word 1 those from
            there to P_n(0) + P_n(1), and so on: the first word whose share and those of the words before it add up to
            more than the draw. Return the shares of all words, and for every draw its word.
            """,
        answer=answers.noise,
        cases=shares,
        gradients=False,
        returns=("shares", "words"),
        mistakes=(
            mistake("unigram", "counts**power", "counts",
                    "The power makes rare words a little more frequent among the noise."),
            mistake("uniform", "counts**power", "torch.ones_like(counts)",
                    "The counts are not used."),
            mistake("power-of-the-sum", "weights / weights.sum()", "weights / counts.sum()**power",
                    "Z is the sum of the powers, not the power of the sum: the shares add up to 1."),
            mistake("power-turned", "**power", "**(1 / power)",
                    "The power flattens the counts, it does not sharpen them."),
            mistake("one-word-too-far", "right=True)", "right=True) + 1",
                    "Word 0 has the draws below its share: count the sums that are not above the draw."),
            mistake("shares-not-added-up", "shares.cumsum(0)", "shares.sort().values",
                    "A draw is compared with the shares added up from word 0."),
            mistake("from-the-last-word", "return shares, torch.searchsorted(shares.cumsum(0), draws, right=True)",
                    "last = len(shares) - 1\n"
                    "    return shares, last - torch.searchsorted(shares.flip(0).cumsum(0), draws, right=True)",
                    "Word 0 has the smallest draws."),
            mistake("powered-twice", "return shares, torch.searchsorted(shares",
                    "return shares, torch.searchsorted(shares**power / (shares**power).sum()",
                    "The words are drawn by the shares themselves."),
        ),
        hints=("cumsum adds the shares up.", "A draw's word is how many of these sums are not above it."),
    ),
    Step(
        minutes=15,
        statement="""
            Every word w has two vectors, a row of v as a centre and a row of u as a context. Of each pair negative
            sampling asks k + 1 times yes or no: is the context right, and is each of its k noise words wrong? What is
            minimised:

                -log sigma(u_context . v_centre) - sum over its k noise words n of log sigma(-u_n . v_centre)        [4]

            sigma(x) = 1 / (1 + exp(-x)). Return one number for each pair. A noise word that is the context by chance
            counts as the others do. Scores may be very large: sigma rounds to 0 there, and its log must not
            become infinite.
            """,
        answer=answers.negative,
        cases=examples,
        returns=("losses",),
        near=1e-8,  # softplus leaves out what is below exp(-20)
        identities=(Identity("with output vectors of 0 the loss is (k + 1) log 2", first_loss),),
        mistakes=(
            mistake("noise-is-right", "softplus(wrong)", "softplus(-wrong)",
                    "The noise words are to be told from the context: -u . v inside of their sigma."),
            mistake("turned-round", "softplus(-right) + softplus(wrong)", "softplus(right) + softplus(-wrong)",
                    "All signs are turned: softplus(-x) is -log sigma(x)."),
            mistake("mean-of-noise", "softplus(wrong).sum(1)", "softplus(wrong).mean(1)",
                    "The noise words' terms are added up, not averaged."),
            mistake("no-noise", " + softplus(wrong).sum(1)", "", "The noise words are missing."),
            mistake("tables-swapped", "h = v[centre]\n    right = (u[context] * h).sum(1)\n    wrong = (u[drawn]",
                    "h = u[centre]\n    right = (v[context] * h).sum(1)\n    wrong = (v[drawn]",
                    "v is for centres, u for contexts and noise."),
            mistake("one-table", "right = (u[context] * h).sum(1)\n    wrong = (u[drawn]",
                    "right = (v[context] * h).sum(1)\n    wrong = (v[drawn]",
                    "A word has two vectors: contexts and noise are rows of u."),
            mistake("noise-beside-the-context", "(u[drawn] * h[:, None])", "(u[drawn] * u[context][:, None])",
                    "Noise words are compared with the centre, too."),
            mistake("softmax-of-candidates", "softplus(-right) + softplus(wrong).sum(1)",
                    "torch.cat([right[:, None], wrong], 1).logsumexp(1) - right",
                    "That is a softmax over k + 1 words: here each of them is a question of its own."),
            mistake("log-of-sigmoid", "softplus(-right) + softplus(wrong).sum(1)",
                    "-torch.sigmoid(right).log() - torch.sigmoid(-wrong).log().sum(1)",
                    "sigma of a large negative number rounds to 0: -log sigma(x) is softplus(-x)."),
            mistake("sum-of-pairs", "softplus(-right) + softplus(wrong).sum(1)",
                    "(softplus(-right) + softplus(wrong).sum(1)).sum()", "One number for each pair."),
        ),
        hints=("v[centre] picks a row for each pair, u[drawn] is (pairs, k, d).",
               "softplus(x) = log(1 + exp(x)), so that -log sigma(x) = softplus(-x).",
               "The k terms of a pair are added up: sum over dimension 1."),
    ),
    Step(
        minutes=20,
        statement="""
            Or the words are the leaves of a binary tree, and a word is found by going left or right at each inner node:

                p(w | h) = product over the inner nodes n on the way from the root to w of sigma(+-u_n . h)        [3]

            with + where the way goes left and - where it goes right. Row w of `nodes` has the inner nodes on the way
            to word w, and the same row of `branches` +1 for left, -1 for right. Where a way is shorter than the
            longest one its rest is filled up: there the branch is 0, the node means nothing, and nothing is
            multiplied.

            Return log p(w | h) of every h and every word w. Scores may be large, as in step 4.
            """,
        answer=answers.tree,
        cases=trees,
        returns=("log-probabilities",),
        near=1e-8,  # softplus leaves out what is below exp(-20)
        identities=(Identity("the probabilities of all words add up to 1", certain),),
        mistakes=(
            mistake("end-counted", "(logs * branches.abs()).sum(2)", "logs.sum(2)",
                    "After a way's end sigma(0) = 1/2 is multiplied: leave out where the branch is 0."),
            mistake("always-left", "-softplus(-branches * scores)", "-softplus(-scores)",
                    "At a node where the way goes right the sign turns."),
            mistake("left-and-right-swapped", "-softplus(-branches * scores)", "-softplus(branches * scores)",
                    "+ is for left: log sigma(x) is -softplus(-x)."),
            mistake("probabilities", "(logs * branches.abs()).sum(2)", "(logs * branches.abs()).sum(2).exp()",
                    "Asked for are log-probabilities."),
            mistake("root-left-out", "(logs * branches.abs()).sum(2)", "(logs * branches.abs())[:, :, 1:].sum(2)",
                    "The root is the first node of every way."),
            mistake("mean-of-the-way", "(logs * branches.abs()).sum(2)",
                    "(logs * branches.abs()).sum(2) / branches.abs().sum(1)",
                    "The logs of all nodes on the way are added up; long ways are not forgiven."),
            mistake("log-of-sigmoid", "-softplus(-branches * scores)", "torch.sigmoid(branches * scores).log()",
                    "sigma of a large negative number rounds to 0: log sigma(x) is -softplus(-x)."),
            mistake("one-vector-a-level", "[:, nodes]", "[:, torch.arange(nodes.shape[1]).expand_as(nodes)]",
                    "u has a row for each inner node: those of a word's way are in `nodes`."),
            mistake("no-sigma", "-softplus(-branches * scores)", "branches * scores",
                    "Each decision is a sigma of the score."),
        ),
        hints=("h @ u.T has all scores; [:, nodes] picks those of every way.",
               "Multiply by branches.abs() to leave out what is filled up.",
               "A product's log is the sum of the logs."),
    ),
    Step(
        minutes=25,
        statement="""
            One pass over a text; all that is drawn at random is given. `stays` is False for occurrences that were
            drawn to be discarded: they are taken out first, so that those that stay stand nearer together. `reach` has
            a c for every occurrence. Then the pairs of step 2, one after another, and the first row of `drawn` is the
            noise of the first pair, the second that of the second, and so on (there are more rows than pairs). For
            each pair, by hand or by autograd, one step of gradient descent on the loss of step 4:

                v_centre <- v_centre - lr sum over the targets n of (sigma(u_n . v_centre) - y_n) u_n
                u_n      <- u_n - lr (sigma(u_n . v_centre) - y_n) v_centre              for each target n

            The targets are the context, y = 1, and its noise words, y = 0. The right sides hold both tables as they
            were before this pair, and a word that is several targets at once moves by the sum. The next pair sees what
            has moved. Return v and u after the pass.
            """,
        answer=answers.train,
        cases=readings,
        gradients=False,
        returns=("v", "u"),
        mistakes=(
            mistake("not-thinned", "pairs(text[stays], reach[stays])", "pairs(text, reach)", "`stays` is not used."),
            mistake("thinned-afterwards", "examples = pairs(text[stays], reach[stays])",
                    "places = pairs(torch.arange(len(text)), reach)\n"
                    "    examples = text[places[stays[places].all(1)]]",
                    "Discarded words leave no gap: they are taken out before the pairs are made."),
            mistake("reach-of-the-whole-text", "reach[stays])", "reach[: int(stays.sum())])",
                    "A discarded occurrence takes its reach with it."),
            mistake("repeats-lost", "u.index_add_(0, targets, -lr * slopes[:, None] * h)",
                    "u[targets] -= lr * slopes[:, None] * h",
                    "u[targets] -= ... moves a word that is drawn twice only once: index_add_, or a loop."),
            mistake("contexts-see-the-moved-centre", "u.index_add_(0, targets, -lr * slopes[:, None] * h)",
                    "u.index_add_(0, targets, -lr * slopes[:, None] * v[centre])",
                    "The output vectors move by the centre's vector of before the step."),
            mistake("centre-sees-the-moved-contexts",
                    "v[centre] -= lr * slopes @ vectors\n        u.index_add_(0, targets, -lr * slopes[:, None] * h)",
                    "u.index_add_(0, targets, -lr * slopes[:, None] * h)\n"
                    "        v[centre] -= lr * slopes @ u[targets]",
                    "The centre moves by the output vectors of before the step."),
            mistake("mean-of-targets", "slopes[0] -= 1", "slopes[0] -= 1\n        slopes /= len(slopes)",
                    "Every target makes a step of the full rate: a sum, not a mean."),
            mistake("climbs", "slopes[0] -= 1", "slopes[0] -= 1\n        slopes = -slopes",
                    "The loss is to fall: w <- w - lr slope."),
            mistake("context-as-noise", "slopes[0] -= 1", "", "The context's y is 1: sigma - 1."),
            mistake("all-at-once", "h, vectors = v[centre].clone(), u[targets]",
                    "v0, u0 = (v.clone(), u.clone()) if \"v0\" not in locals() else (v0, u0)\n"
                    "        h, vectors = v0[centre], u0[targets]",
                    "Pair by pair: each sees what the one before has moved."),
            mistake("outputs-stay", "u.index_add_(0, targets, -lr * slopes[:, None] * h)", "",
                    "The output vectors move, too."),
            mistake("same-noise-for-all", "in zip(examples, drawn, strict=False):",
                    "in zip(examples, drawn[:1].expand(len(examples), -1), strict=False):",
                    "Every pair has noise words of its own: the next row."),
        ),
        hints=("text[stays] and reach[stays] first, then pairs.",
               "Keep v[centre] and u[targets] in variables of their own before anything moves.",
               "u.index_add_(0, targets, rows) adds rows, also several to one word."),
    ),
))  # fmt: skip
