"""Rebuild the Transformer: attention, heads, sinusoids, both kinds of layers, the loss and its rate."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Generator, Tensor

from firsthand.papers.cases import drawn, flat, largest, within
from firsthand.papers.exercise import Case, Exercise, Identity, Step, mistake
from firsthand.papers.transformer import answers

SIZES = ((1, 1, 1, 2, 1), (1, 2, 3, 2, 2), (2, 3, 3, 4, 2), (3, 2, 4, 6, 3))  # batch, queries, keys, d, heads
WIDE = ((1, 1, 1, 3, 1), (1, 2, 3, 4, 2), (2, 3, 3, 4, 2), (3, 2, 4, 6, 3))  # a norm of two is always ±1


def seen(generator: Generator, batch: int, queries: int, keys: int) -> Tensor:
    """Which keys each query may look at: the first of them, and others by chance."""
    see = torch.rand(batch, queries, keys, generator=generator) < 0.6
    see[:, :, 0] = True
    return see


def one_head(generator: Generator) -> Iterator[Case]:
    """Queries, keys, values of another size, and a mask."""
    for batch, queries, keys, d, _ in SIZES:
        made = drawn(generator, q=(batch, queries, d), k=(batch, keys, d), v=(batch, keys, d + 1))
        yield Case(f"batch {batch}, queries {queries}, keys {keys}, d_k {d}",
                   made | {"see": seen(generator, batch, queries, keys)})  # fmt: skip


def matrices(generator: Generator, d: int, layer: bool = False) -> dict[str, Tensor]:
    """The matrices of attention; of a whole layer with its norms and its two linear maps."""
    made = drawn(generator, W_q=(d, d), W_k=(d, d), W_v=(d, d), W_o=(d, d))
    if not layer:
        return made
    names = ("scale_1", "shift_1", "scale_2", "shift_2", "b_2")
    return made | drawn(generator, W_1=(d + 3, d), b_1=(d + 3,), W_2=(d, d + 3), **dict.fromkeys(names, (d,)))


def many_heads(generator: Generator) -> Iterator[Case]:
    """What asks, what is asked, and a mask."""
    for batch, queries, keys, d, heads in SIZES:
        made = drawn(generator, x=(batch, queries, d), source=(batch, keys, d))
        made |= {"see": seen(generator, batch, queries, keys), "heads": heads, **matrices(generator, d)}
        yield Case(f"batch {batch}, queries {queries}, keys {keys}, d {d}, heads {heads}", made)


def tables(generator: Generator) -> Iterator[Case]:
    """Lengths and widths."""
    for length, d in ((1, 2), (2, 2), (3, 4), (50, 16)):
        yield Case(f"length {length}, d {d}", {"length": length, "d": d})


def tokens(generator: Generator) -> Iterator[Case]:
    """Numbers of tokens, and a norm's scale and shift."""
    for batch, time, d in ((1, 1, 3), (1, 2, 3), (3, 3, 3), (3, 4, 5)):
        yield Case(f"batch {batch}, time {time}, d {d}", drawn(generator, x=(batch, time, d), scale=(d,), shift=(d,)))


def layers(generator: Generator, decoder: bool = False) -> Iterator[Case]:
    """A layer's inputs, padding and parameters."""
    for batch, time, source, d, heads in WIDE:
        made: dict[str, Any] = drawn(generator, x=(batch, time, d))
        made |= drawn(generator, memory=(batch, source, d)) if decoder else {}
        keys = source if decoder else time
        made |= {"see": seen(generator, batch, 1, keys), "heads": heads}
        for part in ("own", "cross") if decoder else ("p",):
            made |= within(part, matrices(generator, d, layer=True))
        yield Case(f"batch {batch}, time {time}" + f", source {source}" * decoder + f", d {d}, heads {heads}", made)


def sentences(generator: Generator) -> Iterator[Case]:
    """Logits and targets, some of which are padding."""
    sizes = ((1, 1, 2, 0.0, 0), (1, 2, 3, 0.1, 0), (2, 3, 4, 0.2, 1), (3, 4, 7, 0.1, 0))
    for batch, time, vocab, smoothing, pad in sizes:
        targets = torch.randint(2, vocab, (batch, time), generator=generator) if vocab > 2 else torch.ones(1, 1).long()
        targets = targets.where(torch.rand(batch, time, generator=generator) < 0.7, pad)
        targets[0] = vocab - 1
        targets[1:, :1], targets[1:, 1:] = vocab - 1, pad  # sentences of other lengths
        made = drawn(generator, logits=(batch, time, vocab)) | {"targets": targets, "smoothing": smoothing, "pad": pad}
        yield Case(f"batch {batch}, time {time}, vocab {vocab}, smoothing {smoothing}, padding {pad}", made)


def steps(generator: Generator) -> Iterator[Case]:
    """Steps before, at and after the end of the warm-up."""
    for step, d, warmup in ((1, 4, 1), (2, 4, 8), (8, 16, 8), (100, 512, 10), (4000, 512, 4000)):
        yield Case(f"step {step}, d {d}, warm-up {warmup}", {"step": step, "d": d, "warmup": warmup})


def averages(answer: Any, generator: Generator) -> Tensor:
    """How far what equal keys give is from the mean of the values."""
    q, k, v = drawn(generator, q=(1, 2, 3), k=(1, 1, 3), v=(1, 5, 2)).values()
    return answer(q, k.expand(1, 5, 3), v, torch.ones(1, 2, 5, dtype=torch.bool)) - v.mean(1, keepdim=True)


def shifts(answer: Any, generator: Generator) -> Tensor:
    """How far the places' products are from depending on their distance alone."""
    table = answer(12, 8)
    products = table @ table.T
    return products[1:, 1:] - products[:-1, :-1]


def causal(answer: Any, generator: Generator) -> Tensor:
    """How far the first outputs change when a later token does."""
    inputs = largest(layers(generator, decoder=True))
    changed = inputs["x"].clone()
    changed[:, -1] += 1
    return (flat(answer, **inputs | {"x": changed}) - flat(answer, **inputs))[:, :-1]


def turned(answer: Any, generator: Generator) -> Tensor:
    """How far an encoder's outputs are from turning round when its tokens do: it knows no places."""
    inputs = largest(layers(generator))
    other = inputs | {"x": inputs["x"].flip(1), "see": inputs["see"].flip(2)}
    return flat(answer, **other).flip(1) - flat(answer, **inputs)


EXERCISE = Exercise(steps=(
    Step(
        minutes=15,
        statement="""
            Every query is compared with every key, and finds a mean of the values, weighted by the softmax:

                Attention(Q, K, V) = softmax(Q K^T / sqrt(d_k)) V        [1]

            d_k is the size of a key. Where `see` is False a query must not look at all: the weight is exactly 0.
            """,
        answer=answers.attention,
        cases=one_head,
        returns=("found",),
        identities=(Identity("equal keys give the mean of the values", averages),),
        mistakes=(
            mistake("not-scaled", " / sqrt(q.shape[-1])", "", "Divide the scores by sqrt(d_k)."),
            mistake("scaled-by-size", " / sqrt(q.shape[-1])", " / q.shape[-1]", "Divide by the root of d_k."),
            mistake("scaled-by-values", "sqrt(q.shape[-1])", "sqrt(v.shape[-1])",
                    "d_k is the size of a key, not of a value."),
            mistake("softmax-over-queries", "dim=-1) @ v", "dim=-2) @ v", "The weights of one query add up to 1."),
            mistake("mask-turned", "masked_fill(~see,", "masked_fill(see & ~see.all(-1, keepdim=True),",
                    "`see` is True where a query may look."),
            mistake("no-mask", "scores = scores.masked_fill(~see, float(\"-inf\"))", "scores = scores + 0",
                    "`see` is not used."),
            mistake("masked-with-zero", "float(\"-inf\")", "0.0",
                    "exp(0) is 1: forbidden scores are -inf before the softmax."),
            mistake("masked-after-softmax", "return torch.softmax(scores, dim=-1) @ v",
                    "scores = q @ k.mT / sqrt(q.shape[-1])\n    return (torch.softmax(scores, dim=-1) * see) @ v",
                    "Weights that are set to 0 after the softmax do not add up to 1: mask the scores."),
            mistake("no-softmax", "torch.softmax(scores, dim=-1) @ v", "scores.masked_fill(~see, 0) @ v",
                    "The weights are a softmax of the scores."),
        ),
        hints=("k.transpose(-2, -1) is K^T.", "masked_fill(~see, -inf) before the softmax over the last dimension."),
    ),
    Step(
        minutes=20,
        statement="""
            Several heads look at once, each at its own rows of W_q, W_k and W_v; then W_o mixes what they found:

                head_i = Attention(x W_q,i^T, source W_k,i^T, source W_v,i^T)
                MultiHead(x, source) = concat(head_1, ..., head_h) W_o^T

            x asks; keys and values are of the source. Head 1 has the first d / heads rows, head 2 the next ones, ...
            """,
        answer=answers.multi_head,
        cases=many_heads,
        returns=("found",),
        mistakes=(
            mistake("one-head", "q, k, v = (part.unflatten(2, (heads, -1))", "q, k, v = (part.unflatten(2, (1, -1))",
                    "The heads are not told apart: each has a softmax of its own."),
            mistake("heads-interleaved", "part.unflatten(2, (heads, -1)).transpose(1, 2)",
                    "part.unflatten(2, (-1, heads)).permute(0, 3, 1, 2)", "A head's rows follow each other."),
            mistake("viewed-not-turned", "found.transpose(1, 2).flatten(2)", "found.reshape(x.shape)",
                    "Turn heads and places back before they are laid side by side."),
            mistake("no-output-map", ".flatten(2) @ W_o.T", ".flatten(2)", "W_o mixes what the heads found."),
            mistake("values-of-x", "source @ W_v.T", "(source if x.shape != source.shape else x) @ W_v.T",
                    "Keys and values are of the source."),
            mistake("keys-for-values", "source @ W_v.T", "source @ W_k.T", "The values have a matrix of their own."),
            mistake("matrices-turned", "(x @ W_q.T, source @ W_k.T, source @ W_v.T)",
                    "(x @ W_q, source @ W_k, source @ W_v)",
                    "The rows of a matrix are its outputs: x W^T."),
            mistake("output-map-turned", ".flatten(2) @ W_o.T", ".flatten(2) @ W_o",
                    "The rows of a matrix are its outputs: W_o^T."),
            mistake("queries-and-keys-swapped", "(x @ W_q.T, source @ W_k.T,", "(x @ W_k.T, source @ W_q.T,",
                    "W_q is for what asks, W_k for what is asked."),
        ),
        hints=("unflatten(2, (heads, -1)).transpose(1, 2) gives (batch, heads, time, d / heads).",
               "The mask needs a dimension for the heads: see[:, None]."),
    ),
    Step(
        minutes=10,
        statement="""
            What tells a token where it stands, in float64:

                PE(place, 2 i)     = sin(place / 10000^(2 i / d))
                PE(place, 2 i + 1) = cos(place / 10000^(2 i / d))        places from 0, sine and cosine by turns
            """,
        answer=answers.positions,
        cases=tables,
        gradients=False,
        returns=("table",),
        identities=(Identity("the product of two places depends on their distance alone", shifts),),
        mistakes=(
            mistake("halves", "torch.stack([angle.sin(), angle.cos()], 2).flatten(1)",
                    "torch.cat([angle.sin(), angle.cos()], 1)",
                    "Sine and cosine stand by turns, not in two halves."),
            mistake("places-from-one", "torch.arange(length, dtype", "torch.arange(1, length + 1, dtype",
                    "The first place is 0."),
            mistake("cosine-first", "[angle.sin(), angle.cos()]", "[angle.cos(), angle.sin()]",
                    "The sine comes first."),
            mistake("exponent-halved", "torch.arange(0, d, 2, dtype=torch.float64) / d",
                    "torch.arange(d // 2, dtype=torch.float64) / d",
                    "The exponent is 2 i / d."),
            mistake("exponent-to-one", "(torch.arange(0, d, 2, dtype=torch.float64) / d)",
                    "(torch.arange(0, d, 2, dtype=torch.float64) / max(d - 2, 1))", "The exponent is 2 i / d."),
            mistake("multiplied", "place / 10_000 **", "place * 10_000 **",
                    "Divide the place: later pairs turn more slowly."),
            mistake("another-base", "10_000 **", "1_000 **", "The base is 10,000."),
            mistake("all-sines", "[angle.sin(), angle.cos()]", "[angle.sin(), angle.sin()]",
                    "Odd columns are cosines."),
        ),
        hints=("One angle for each place and pair of columns.",
               "torch.stack([sin, cos], 2).flatten(1) lays them by turns."),
    ),
    Step(
        minutes=10,
        statement="""
            Layer normalisation: every token's d numbers get mean 0 and variance 1, whatever the other tokens are, then

                norm(x) = (x - mean) / sqrt(variance + 1e-5) * scale + shift

            The variance is the mean of the squared distances from the mean.
            """,
        answer=answers.norm,
        cases=tokens,
        returns=("y",),
        mistakes=(
            mistake("unbiased", "((x - mean) ** 2).mean(-1, keepdim=True)", "x.var(-1, keepdim=True)",
                    "torch's var divides by d - 1: divide by d."),
            mistake("eps-outside-root", "(variance + 1e-5).sqrt()", "(variance.sqrt() + 1e-5)",
                    "eps is under the root."),
            mistake("over-time", "mean = x.mean(-1, keepdim=True)", "mean = x.mean(1, keepdim=True)",
                    "The mean is over one token's numbers, the last dimension."),
            mistake("not-centred", "(x - mean) / (variance", "x / (variance", "The mean is taken away."),
            mistake("no-root", "(variance + 1e-5).sqrt()", "(variance + 1e-5)", "Divide by the root of the variance."),
            mistake("shift-left-out", " * scale + shift", " * scale", "The shift is added at the end."),
            mistake("shifted-before-scaled", " * scale + shift", " * scale + shift * scale",
                    "The shift is not scaled."),
            mistake("statistics-cut", "variance = ((x - mean) ** 2)", "variance = ((x - mean).detach() ** 2)",
                    "The gradient flows through mean and variance, too."),
            mistake("mean-square", "((x - mean) ** 2)", "(x ** 2)", "The variance is of the distances from the mean."),
        ),
        hints=("keepdim=True keeps the shapes fitting.",),
    ),
    Step(
        minutes=20,
        statement="""
            An encoder layer, "post-norm", without dropout; each sub-layer has a sum and a norm around it:

                x <- norm_1(x + MultiHead(x, x))
                x <- norm_2(x + W_2 max(0, W_1 x + b_1) + b_2)

            p holds W_q, W_k, W_v, W_o, W_1, b_1, W_2, b_2, scale_1, shift_1, scale_2, shift_2; `see` is False for
            padding.
            """,
        answer=answers.encoder_layer,
        cases=layers,
        use=flat,
        returns=("x",),
        near=1e-9,  # norms of two numbers amplify rounding
        identities=(Identity("tokens in turned order give the outputs in turned order", turned),),
        mistakes=(
            mistake("no-first-sum", "norm(x + multi_head(", "norm(multi_head(",
                    "The sub-layer's input is added to what it found."),
            mistake("no-second-sum", "norm(x + hidden", "norm(hidden", "The sub-layer's input is added to its output."),
            mistake("norm-of-the-input", "multi_head(x, x, see, heads,",
                    """multi_head(*[norm(x, p["scale_1"], p["shift_1"])] * 2, see, heads,""",
                    "As published the norm comes after the sum: what goes in is x itself."),
            mistake("norms-crossed", 'p["W_o"]), p["scale_1"], p["shift_1"])', 'p["W_o"]), p["scale_2"], p["shift_2"])',
                    "The first norm has scale_1 and shift_1."),
            mistake("not-rectified", ".clamp(min=0)", "", "max(0, ...) between the two maps."),
            mistake("first-bias-missing", 'p["W_1"].T + p["b_1"]', 'p["W_1"].T', "b_1 is missing."),
            mistake("second-bias-missing", 'p["W_2"].T + p["b_2"]', 'p["W_2"].T', "b_2 is missing."),
            mistake("no-mask", "multi_head(x, x, see, heads,", "multi_head(x, x, torch.ones_like(see), heads,",
                    "Padding is never attended to."),
            mistake("last-norm-missing", 'norm(x + hidden @ p["W_2"].T + p["b_2"], p["scale_2"], p["shift_2"])',
                    'x + hidden @ p["W_2"].T + p["b_2"]', "The second sum is normalised, too."),
        ),
        hints=("x asks itself: multi_head(x, x, see, ...).", "Two lines, and one for the hidden units."),
    ),
    Step(
        minutes=20,
        statement="""
            A decoder layer has three sub-layers. `own` holds the first one's W_q, W_k, W_v, W_o, scale_1, shift_1;
            `cross` the same of the second, and W_1, b_1, W_2, b_2, scale_2, shift_2 of the third:

                y <- norm(y + MultiHead(y, y))          a token sees itself and those before it
                y <- norm(y + MultiHead(y, memory))     `see` is False for the source's padding
                y <- norm(y + W_2 max(0, W_1 y + b_1) + b_2)
            """,
        answer=answers.decoder_layer,
        cases=lambda generator: layers(generator, decoder=True),
        use=flat,
        returns=("y",),
        near=1e-9,  # norms of two numbers amplify rounding
        identities=(Identity("a later token changes nothing before it", causal),),
        mistakes=(
            mistake("sees-the-future", ".tril()[None]", "[None]", "A token must not see those after it."),
            mistake("sees-only-before", ".tril()[None]", ".tril(-1)[None] | torch.eye(y.shape[1], 1).bool()[None]",
                    "A token sees itself, too."),
            mistake("memory-asks", "multi_head(y, memory, see,", "multi_head(y, y, before,",
                    "The second attention looks at the memory."),
            mistake("no-mask", "multi_head(y, memory, see,", "multi_head(y, memory, torch.ones_like(see),",
                    "The source's padding is never attended to."),
            mistake("own-matrices-twice", 'see, heads, cross["W_q"], cross["W_k"]',
                    'see, heads, own["W_q"], own["W_k"]',
                    "The second attention has matrices of its own."),
            mistake("norms-shared", 'y = norm(y + found, cross["scale_1"], cross["shift_1"])',
                    'y = norm(y + found, own["scale_1"], own["shift_1"])', "The second norm is that of `cross`."),
            mistake("no-sum-around-memory", 'y = norm(y + found, cross["scale_1"]', 'y = norm(found, cross["scale_1"]',
                    "The sub-layer's input is added to what it found."),
            mistake("first-token-only", 'found = multi_head(y, y, before, heads, own["W_q"]',
                    'found = multi_head(y, y[:, :1], before[:, :, :1], heads, own["W_q"]',
                    "The first attention looks at all tokens so far, not at the first alone."),
        ),
        hints=("torch.ones(n, n).tril() is what a token may see.", "The encoder's layer with one sub-layer more."),
    ),
    Step(
        minutes=15,
        statement="""
            With label smoothing the right token's share is 1 - smoothing, and the rest is spread evenly over the whole
            vocabulary, the right token included:

                loss = (1 - smoothing) (-log p(right)) + smoothing mean over the vocabulary of -log p

            Return the mean over all targets that are not `pad`.
            """,
        answer=answers.smoothed_loss,
        cases=sentences,
        returns=("loss",),
        mistakes=(
            mistake("padding-counted", "keep = targets != pad", "keep = targets == targets", "Padding is no target."),
            mistake("mean-over-all-places", "/ keep.sum()", "/ keep.numel()",
                    "The mean is over the targets that count."),
            mistake("mean-of-sentences", "(loss * keep).sum() / keep.sum()",
                    "((loss * keep).sum(1) / keep.sum(1).clamp(min=1)).mean()",
                    "The mean is over targets, not over sentences."),
            mistake("smoothing-summed", "logs.mean(-1)", "logs.sum(-1)",
                    "The rest is spread: a mean over the vocabulary."),
            mistake("no-smoothing", "(1 - smoothing) * right - smoothing * logs.mean(-1)", "right",
                    "`smoothing` is not used."),
            mistake("right-keeps-all", "(1 - smoothing) * right", "right", "The right token's share is 1 - smoothing."),
            mistake("others-only", "smoothing * logs.mean(-1)",
                    "smoothing * (logs.sum(-1) + right) / (logs.shape[-1] - 1)",
                    "The rest is spread over the whole vocabulary, the right token included."),
            mistake("sign", "- smoothing * logs.mean(-1)", "+ smoothing * logs.mean(-1)", "Both terms are -log p."),
            mistake("sum-of-targets", "(loss * keep).sum() / keep.sum()", "(loss * keep).sum()",
                    "A mean over the targets."),
            mistake("first-token-is-padding", "targets != pad", "targets != 0", "`pad` says which token is padding."),
        ),
        hints=("log_softmax, then gather for the right token and mean(-1) for the rest.", "keep = targets != pad."),
    ),
    Step(
        minutes=5,
        statement="""
            The learning rate of section 5.3 rises in a straight line, then falls with the root of the step:

                rate = d^-0.5 min(step^-0.5, step warmup^-1.5)
            """,
        answer=answers.rate,
        cases=steps,
        gradients=False,
        returns=("rate",),
        mistakes=(
            mistake("no-warm-up", "min(step**-0.5, step * warmup**-1.5)", "step**-0.5", "The rate rises at first."),
            mistake("larger-of-both", "min(step", "max(step", "The smaller of both counts."),
            mistake("size-left-out", "d**-0.5 * ", "", "The width counts: d^-0.5."),
            mistake("counts-from-zero", "min(step**-0.5, step *", "min(step**-0.5, (step - 1) *",
                    "The first step is 1."),
            mistake("straight-fall", "step**-0.5,", "warmup**0.5 / step,", "It falls with the root of the step."),
        ),
        hints=("Both terms are equal at step = warmup.",),
    ),
))  # fmt: skip
