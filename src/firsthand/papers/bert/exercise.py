"""Rebuild BERT: pairs of spans, hidden words, what goes in, a layer, the tied head, and both losses."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Generator, Tensor

from firsthand.papers.bert import answers
from firsthand.papers.bert.answers import CLS, NOTHING, PAD, SEP
from firsthand.papers.cases import drawn, flat, largest, within
from firsthand.papers.exercise import Case, Exercise, Identity, Mistake, Step, mistake

SIZES = ((1, 1, 3, 1), (1, 2, 4, 2), (2, 3, 3, 3), (3, 4, 6, 2))  # batch, time, hidden, heads


def spans(generator: Generator) -> Iterator[Case]:
    """Two spans or one, that fit or do not."""
    for first, second, length in ((1, 1, 7), (2, 0, 4), (3, 2, 8), (1, 0, 6), (7, 3, 9), (5, 5, 10), (2, 6, 8)):
        a, b = (torch.randint(4, 99, (n,), generator=generator).tolist() for n in (first, second))
        yield Case(f"spans of {first} and {second} tokens, length {length}", {"a": a, "b": b, "length": length})


def rows(generator: Generator, batch: int, time: int, vocab: int, words: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """Examples of so many words in two spans, padded, and their segments."""
    tokens = torch.full((batch, time), PAD)
    segments = torch.zeros_like(tokens)
    for row, segment, count in zip(tokens, segments, words, strict=True):
        row[: count + 3] = torch.randint(4, vocab, (count + 3,), generator=generator)
        middle = 1 + (count + 1) // 2
        row[0], row[middle], row[count + 2] = CLS, SEP, SEP
        segment[middle + 1 : count + 3] = 1
    return tokens, segments


def examples(generator: Generator) -> Iterator[Case]:
    """Tokens, and all that is drawn at random for them, every kind of replacement as often as any other."""
    for words, time in (((1,), 4), ((2,), 6), ((12, 9), 17), ((25, 2, 39, 12, 26, 33, 9, 37), 44)):
        tokens, _ = rows(generator, len(words), time, 60, words)
        order, part = torch.rand(2, *tokens.shape, generator=generator, dtype=torch.float64)
        kind = torch.randint(3, tokens.shape, generator=generator)
        low, high = (torch.tensor(ends, dtype=torch.float64)[kind] for ends in ((0, 0.8, 0.9), (0.8, 0.9, 1)))
        others = torch.randint(60, tokens.shape, generator=generator)
        made = {"tokens": tokens, "order": order, "what": low + part * (high - low), "others": others}
        yield Case(f"{', '.join(map(str, words))} words, time {time}", made)


def tables(generator: Generator, vocab: int, length: int, hidden: int) -> dict[str, Tensor]:
    """What goes into the lowest layer is made of these."""
    made = drawn(generator, E=(vocab, hidden), P=(length, hidden), S=(2, hidden))
    return made | drawn(generator, scale=(hidden,), shift=(hidden,))


def tokens(generator: Generator) -> Iterator[Case]:
    """Tokens and segments, and the tables."""
    for batch, time, hidden in ((1, 1, 3), (1, 2, 3), (3, 3, 3), (2, 5, 4)):
        made: dict[str, Any] = {"tokens": torch.randint(7, (batch, time), generator=generator)}
        made["segments"] = torch.arange(batch * time).view(batch, time) % 2
        made |= within("p", tables(generator, 7, time + 2, hidden))
        yield Case(f"batch {batch}, time {time}, hidden {hidden}", made)


def block(generator: Generator, hidden: int) -> dict[str, Tensor]:
    """The parameters of a layer."""
    made = drawn(generator, W_in=(3 * hidden, hidden), b_in=(3 * hidden,), W_out=(hidden, hidden), b_out=(hidden,))
    made |= drawn(generator, W_1=(hidden + 3, hidden), b_1=(hidden + 3,), W_2=(hidden, hidden + 3), b_2=(hidden,))
    return made | drawn(generator, **dict.fromkeys(("scale_1", "shift_1", "scale_2", "shift_2"), (hidden,)))


def layers(generator: Generator) -> Iterator[Case]:
    """States, padding, and the parameters of a layer."""
    for batch, time, hidden, heads in SIZES:
        lengths = torch.randint(1, max(time - 1, 1) + 1, (batch,), generator=generator)
        lengths[0] = time
        keep = torch.arange(time) < lengths[:, None]
        made = drawn(generator, x=(batch, time, hidden)) | {"keep": keep, "heads": heads}
        made |= within("p", block(generator, hidden))
        yield Case(f"batch {batch}, time {time}, hidden {hidden}, heads {heads}", made)


def head(generator: Generator, vocab: int, hidden: int) -> dict[str, Tensor]:
    """The parameters of the head of hidden words, but for the table."""
    return drawn(generator, W_t=(hidden, hidden), b_t=(hidden,), scale=(hidden,), shift=(hidden,), b=(vocab,))


def hidden_words(generator: Generator) -> Iterator[Case]:
    """States, some of which are chosen, and the head."""
    for batch, time, hidden, vocab in ((1, 1, 3, 2), (1, 2, 3, 3), (2, 3, 4, 4), (3, 5, 5, 7)):
        chosen = torch.rand(batch, time, generator=generator) < 0.5
        chosen[0, -1], chosen[-1, 0] = True, time == 1
        made = drawn(generator, states=(batch, time, hidden)) | {"chosen": chosen}
        made |= drawn(generator, E=(vocab, hidden)) | within("p", head(generator, vocab, hidden))
        yield Case(f"batch {batch}, time {time}, {int(chosen.sum())} chosen, hidden {hidden}, vocab {vocab}", made)


def trainings(generator: Generator) -> Iterator[Case]:
    """Examples with hidden words, two layers, and both ends."""
    for words, hidden, heads, vocab in (((1,), 3, 1, 6), ((3, 1), 4, 2, 7), ((2, 5, 1), 6, 2, 9)):
        tokens, segments = rows(generator, len(words), max(words) + 4, vocab, words)
        targets = torch.full_like(tokens, NOTHING)
        targets[:, 1] = torch.randint(4, vocab, (len(words),), generator=generator)
        targets[1:2, 2] = 4  # not as many in each row
        follows = torch.arange(len(words)).remainder(2)
        made: dict[str, Any] = {"tokens": tokens, "segments": segments, "targets": targets, "follows": follows}
        made["heads"] = heads
        pair = drawn(generator, W_p=(hidden, hidden), b_p=(hidden,), W_n=(2, hidden), b_n=(2,))
        made |= within("below", tables(generator, vocab, tokens.shape[1] + 1, hidden))
        made |= within("above", head(generator, vocab, hidden)) | within("pair", pair)
        for part in ("lower", "upper"):
            made |= within(part, block(generator, hidden))
        yield Case(f"{', '.join(map(str, words))} words, hidden {hidden}, heads {heads}, vocab {vocab}", made)


def trained(answer: Any, **inputs: Any) -> Any:
    """Both losses, with the dictionaries in the two lists that the answer takes."""

    def use(*given: Any) -> Any:
        *plain, below, above, pair, lower, upper = given
        return answer(*plain, [below, above, pair], [lower, upper])

    return flat(use, **inputs)


def turned(answer: Any, generator: Generator) -> Tensor:
    """How far the outputs of a layer are from turning round when its tokens do."""
    inputs = largest(layers(generator))
    other = inputs | {"x": inputs["x"].flip(1), "keep": inputs["keep"].flip(1)}
    return flat(answer, **other).flip(1) - flat(answer, **inputs)


def longer(answer: Any, generator: Generator) -> Tensor:
    """How far the losses change when every row has one more place of padding."""
    (*_, case) = trainings(generator)
    inputs = dict(case.inputs)
    for name, nothing in (("tokens", PAD), ("segments", 0), ("targets", NOTHING)):
        column = torch.full_like(inputs[name][:, :1], nothing)
        inputs[name] = torch.cat([inputs[name], column], 1)
    return torch.stack(list(trained(answer, **inputs))) - torch.stack(list(trained(answer, **case.inputs)))


EXERCISE = Exercise(steps=(
    Step(
        minutes=10,
        statement="""
            What BERT reads are two spans of text, or one, b then being empty; the constants above are the special
            tokens:

                tokens      [CLS] a a a [SEP] b b [SEP] [PAD] ..        [CLS] a a a [SEP] [PAD] ..
                segments      0   0 0 0   0   1 1   1     0   ..          0   0 0 0   0     0   ..

            filled up with padding to `length`. Where that is too short, tokens are taken away one by one until it
            fits, each from the end of the span that is longer just then, from b if both are as long as each other.
            `length` always leaves something of both. Return tokens and segments, two tensors of whole numbers.
            """,
        answer=answers.pack,
        cases=spans,
        gradients=False,
        returns=("tokens", "segments"),
        mistakes=(
            mistake("no-end-of-the-second", "[*b, SEP] if b else []", "[*b]", "Each span ends with [SEP]."),
            Mistake("end-of-nothing", (("[*b, SEP] if b else []", "[*b, SEP]"), ("+ 2 + bool(b)", "+ 3")),
                    "Without a second span there is one [SEP] only."),
            mistake("end-in-the-second-segment", "[0] * (len(a) + 2) + [1] * len(second)",
                    "[0] * (len(a) + 1) + [1] * (len(second) + 1)", "The first [SEP] belongs to the first segment."),
            mistake("padding-in-the-second-segment", "segments + [0] * rest", "segments + [1] * rest",
                    "Padding has segment 0."),
            mistake("no-begin", "tokens = [CLS, *a, SEP, *second]\n    segments = [0] * (len(a) + 2)",
                    "tokens = [*a, SEP, *second]\n    segments = [0] * (len(a) + 1)",
                    "Every example begins with [CLS]."),
            mistake("first-span-cut", "(a if len(a) > len(b) else b).pop()", "(a if len(a) > 1 else b).pop()",
                    "The longer span gives a token away, not always the first."),
            mistake("from-the-front", ".pop()", ".pop(0)", "Tokens are taken from the end of a span."),
            mistake("first-of-equal-ones", "len(a) > len(b)", "len(a) >= len(b)",
                    "If both are as long as each other, the second gives a token away."),
        ),
        hints=("Build a list of tokens and one of segments, and fill both up at the end.",
               "Two spans need three special tokens, one needs two."),
    ),
    Step(
        minutes=20,
        statement="""
            Of the n words of a row, those tokens that are not [PAD], [CLS] or [SEP], round(0.15 n) are chosen, at
            least 1: those with the smallest numbers in `order`, which is drawn from 0 to 1. At a chosen place stands
            then

                [MASK]                      where what < 0.8
                the token of `others`       where 0.8 <= what < 0.9: drawn from the whole vocabulary
                the token itself            where what >= 0.9

            and everywhere else what stood there. `what` and `others` have a number for every place. All chosen words
            are to be predicted, also those that are left as they are. Return what is shown, and the targets: the true
            token at the chosen places, NOTHING elsewhere. (n is never such that 0.15 n is a half.)
            """,
        answer=answers.hide,
        cases=examples,
        gradients=False,
        returns=("shown", "targets"),
        mistakes=(
            mistake("special-tokens-hidden", "(tokens != PAD) & (tokens != CLS) & (tokens != SEP)", "tokens != PAD",
                    "[CLS] and [SEP] are never chosen, and do not count in n."),
            mistake("padding-hidden", "(tokens != PAD) & (tokens != CLS)", "(tokens != CLS)",
                    "Padding is never chosen, and does not count in n."),
            mistake("special-tokens-counted", "(0.15 * words.sum(1, keepdim=True))",
                    "(0.15 * (tokens != PAD).sum(1, keepdim=True))",
                    "15 % of the words: [CLS] and [SEP] do not count in n."),
            mistake("none-of-few", ".clamp(min=1)", "", "At least one word of every row is chosen."),
            mistake("rounded-down", ".round()", ".floor()", "0.15 n is rounded to the nearest whole number."),
            mistake("largest-numbers", "order.masked_fill(~words, 2.0).argsort(1)",
                    "order.masked_fill(~words, -1.0).argsort(1, descending=True)", "The smallest numbers are chosen."),
            mistake("each-by-chance", "chosen = place < count", "chosen = (order < 0.15) & words",
                    "The number of chosen words is fixed: round(0.15 n), whatever the numbers in `order` are."),
            mistake("always-masked", "torch.where(what < 0.8, MASK, torch.where(what < 0.9, others, tokens))",
                    "torch.full_like(tokens, MASK)",
                    "One in ten chosen words is replaced by another, one in ten stays."),
            mistake("never-replaced", "torch.where(what < 0.9, others, tokens)", "tokens",
                    "Where what is from 0.8 to 0.9 the token of `others` stands."),
            mistake("never-left", "torch.where(what < 0.9, others, tokens)", "others",
                    "Where what is 0.9 or more the token stays as it is."),
            mistake("left-ones-not-predicted", "torch.where(chosen, tokens, NOTHING)",
                    "torch.where(chosen & (what < 0.9), tokens, NOTHING)",
                    "All chosen words are predicted, also those that are left as they are."),
            mistake("everything-predicted", "torch.where(chosen, tokens, NOTHING)", "tokens",
                    "Only chosen words are predicted: the others are seen."),
            mistake("targets-of-what-is-shown", "torch.where(chosen, tokens, NOTHING)",
                    "torch.where(chosen, shown, NOTHING)",
                    "The target is the true token, not what stands in its place."),
        ),
        hints=("argsort(1) twice gives every place its rank within the row.",
               "Give places that hold no word a number above 1, so that they come last.",
               "torch.where(condition, one, other), one inside of the other."),
    ),
    Step(
        minutes=10,
        statement="""
            What goes into the lowest layer is the norm of a sum of three vectors: of the token, of its place, which
            counts from 0, and of its segment:

                x = norm(E[token] + P[place] + S[segment])
                norm(x) = (x - mean) / sqrt(variance + 1e-12) * scale + shift

            mean and variance are those of one token's numbers; the variance is the mean of the squared distances from
            the mean. p holds the tables E, P (which may have more places than are needed) and S, and scale and shift.
            Write the norm as a function: steps 4 and 5 need it, too.
            """,
        answer=answers.embed,
        cases=tokens,
        use=flat,
        returns=("x",),
        near=1e-9,  # norms of three numbers amplify rounding
        mistakes=(
            mistake("no-places", ' + p["P"][: tokens.shape[1]]', "", "P is missing: attention alone knows no order."),
            mistake("no-segments", ' + p["S"][segments]', "", "S is missing."),
            mistake("places-from-one", '["P"][: tokens.shape[1]]', '["P"][1 : tokens.shape[1] + 1]',
                    "Places count from 0."),
            mistake("table-scaled", 'p["E"][tokens]', 'p["E"][tokens] * sqrt(p["E"].shape[1])',
                    "The Transformer multiplies E by the root of its width, BERT does not."),
            mistake("no-norm", 'norm(x, p["scale"], p["shift"])', "x", "The sum is normalised."),
            mistake("eps", 'p["shift"])', 'p["shift"], 1e-5)', "eps is 1e-12, not torch's 1e-5."),
            mistake("unbiased", 'norm(x, p["scale"], p["shift"])',
                    '(x - x.mean(-1, True)) / (x.var(-1, keepdim=True) + 1e-12).sqrt() * p["scale"] + p["shift"]',
                    "torch's var divides by one less than there are: divide by the number of entries."),
            mistake("segments-turned", '["S"][segments]', '["S"][1 - segments]', "Segment 0 has the first row of S."),
        ),
        hints=("E[tokens] is (batch, time, hidden); P[: time] fits to it for every row.",
               "mean(-1, keepdim=True) is over one token's numbers."),
    ),
    Step(
        minutes=20,
        statement="""
            A layer of the encoder, without dropout. Every token looks at all tokens but padding, in both directions:

                (q, k, v) = W_in x + b_in                   the rows of W_in hold q, k and v; head 1 has the first
                                                            d_k = hidden / heads entries of each, and so on
                found = softmax(q k^T / sqrt(d_k)) v        in every head; `keep` is False for padding: weight 0
                x <- norm_1(x + W_out found + b_out)        found: those of all heads side by side
                x <- norm_2(x + W_2 gelu(W_1 x + b_1) + b_2)

            gelu(x) = x Phi(x), Phi being the normal distribution's function: the exact one, with erf. The norms, with
            scale_1, shift_1 and scale_2, shift_2, come after the sums. p holds all parameters.
            """,
        answer=answers.layer,
        cases=layers,
        use=flat,
        returns=("x",),
        near=1e-8,  # norms of three numbers amplify rounding
        identities=(Identity("tokens in turned order give the outputs in turned order", turned),),
        mistakes=(
            mistake("padding-looked-at", '.masked_fill(~keep[:, None, None], float("-inf"))', "",
                    "`keep` is not used."),
            mistake("left-to-right", '.masked_fill(~keep[:, None, None], float("-inf"))',
                    '.masked_fill(~keep[:, None, None] | torch.ones(*x.shape[1:2] * 2).triu(1).bool(), float("-inf"))',
                    "Every token sees both sides: that is what BERT is about."),
            mistake("scaled-by-width", "sqrt(q.shape[-1])", "sqrt(x.shape[-1])",
                    "d_k is the size of one head, not of the whole."),
            mistake("one-head", "(3, heads, -1)", "(3, 1, -1)", "Each head has a softmax of its own."),
            mistake("rectified", "gelu(", "torch.relu(", "The unit is a gelu."),
            mistake("gelu-by-tanh", 'p["b_1"])', 'p["b_1"], approximate="tanh")',
                    "The tanh form is an approximation of gelu: take the exact one, with erf."),
            mistake("norm-before-the-part", "hidden = gelu(x @", 'hidden = gelu(norm(x, p["scale_2"], p["shift_2"]) @',
                    "The norm comes after the sum; what goes into W_1 is x itself."),
            mistake("no-second-sum", "norm(x + hidden", "norm(hidden", "The part's input is added to its output."),
            mistake("norms-crossed", 'p["scale_1"], p["shift_1"]', 'p["scale_2"], p["shift_2"]',
                    "The first norm has scale_1 and shift_1."),
        ),
        hints=("unflatten(2, (3, heads, -1)) and permute: q, k, v of (batch, heads, time, d_k).",
               "keep[:, None, None] hides keys, for all heads and all queries.", "torch.nn.functional.gelu is exact."),
    ),
    Step(
        minutes=10,
        statement="""
            The head that says which words were hidden. `chosen` is True at the places of hidden words; their states,
            row by row and from left to right, go through

                h = norm(gelu(W_t state + b_t))
                logits = E h + b                        E (vocab, hidden): the table of step 3 again, "tied"

            Return (chosen, vocab), one row for each hidden word. p holds W_t, b_t, scale, shift and b; no softmax.
            """,
        answer=answers.words,
        cases=hidden_words,
        use=flat,
        returns=("logits",),
        near=1e-8,  # norms of three numbers amplify rounding
        mistakes=(
            mistake("no-gelu", "h = gelu(", "h = (", "A gelu comes before the norm."),
            mistake("no-norm", 'norm(h, p["scale"], p["shift"])', "h", "A norm comes after the gelu."),
            mistake("norm-before-gelu", 'norm(h, p["scale"], p["shift"])',
                    'gelu(norm(states[chosen] @ p["W_t"].T + p["b_t"], p["scale"], p["shift"]))',
                    "First the gelu, then the norm."),
            mistake("output-bias-missing", ' + p["b"]', "", "b, one number for each token, is missing."),
            mistake("all-places", "states[chosen]", "states.flatten(0, 1)",
                    "Only hidden words are predicted: pick their states by `chosen`."),
            mistake("probabilities", 'return norm(h, p["scale"], p["shift"]) @ E.T + p["b"]',
                    'return torch.softmax(norm(h, p["scale"], p["shift"]) @ E.T + p["b"], 1)',
                    "Logits: leave the softmax out."),
            mistake("table-cut", "@ E.T", "@ E.detach().T", "The table learns here, too: look for detach or .data."),
        ),
        hints=("states[chosen], a mask of bool as an index, gives (chosen, hidden).", "h @ E.T."),
    ),
    Step(
        minutes=25,
        statement="""
            Pre-training. ends = [below, above, pair]: `below` is the p of step 3, `above` that of step 5, and `pair`
            holds W_p, b_p, W_n (2, hidden), b_n; layers is a list of the p of step 4, the lowest first.

                x = embed(tokens, segments), then every layer, padding never looked at
                words    cross-entropy of the words' logits where targets is not NOTHING, the mean over all hidden words
                         of the batch
                pooled = tanh(W_p C + b_p)              C: the last state of the first token, [CLS]
                follows  cross-entropy of W_n pooled + b_n, the mean over the batch; follows is 0 where b comes after a
                         in the text, 1 where it comes from elsewhere

            cross-entropy = -log softmax(logits) of the true one, in nats. Return both losses, words first; what BERT
            minimises is their sum.
            """,
        answer=answers.pretrain,
        cases=trainings,
        use=trained,
        returns=("words", "follows"),
        near=1e-7,  # six norms, one on the other
        identities=(Identity("more padding changes nothing", longer),),
        mistakes=(
            mistake("padding-looked-at", "layer(x, tokens != PAD,", "layer(x, tokens == tokens,",
                    "Padding is never looked at: keep is tokens != PAD."),
            mistake("one-layer-for-all", "heads, p)", "heads, layers[0])", "Every layer has parameters of its own."),
            mistake("layers-turned-round", "for p in layers:", "for p in layers[::-1]:",
                    "The lowest layer comes first."),
            mistake("every-word-predicted", "chosen = targets != NOTHING",
                    "chosen = tokens != PAD\n    targets = torch.where(targets == NOTHING, tokens, targets)",
                    "Only hidden words count: where targets is not NOTHING."),
            mistake("mean-of-rows", "hidden = -logs.gather(1, targets[chosen][:, None]).mean()",
                    "of_row = chosen.nonzero()[:, 0]\n"
                    "    each = -logs.gather(1, targets[chosen][:, None])[:, 0] / chosen.sum(1)[of_row]\n"
                    "    hidden = each.sum() / len(tokens)",
                    "The mean is over all hidden words of the batch, not over rows."),
            mistake("mean-for-first", "torch.tanh(x[:, 0] @", "torch.tanh(x.mean(1) @",
                    "The state of [CLS], the first token, stands for the example."),
            mistake("not-pooled", 'torch.tanh(x[:, 0] @ pair["W_p"].T + pair["b_p"])', "x[:, 0]",
                    "Between [CLS] and W_n stands the pooler: tanh(W_p C + b_p)."),
            mistake("pooler-without-tanh", 'torch.tanh(x[:, 0] @ pair["W_p"].T + pair["b_p"])',
                    '(x[:, 0] @ pair["W_p"].T + pair["b_p"])', "The pooler is a tanh."),
            mistake("answers-turned", "logs.gather(1, follows[:, None])", "logs.gather(1, 1 - follows[:, None])",
                    "0 is that b follows, the first of the two logits."),
            mistake("words-cut", "logs = torch.log_softmax(words(x, chosen,",
                    "logs = torch.log_softmax(words(x.detach(), chosen,",
                    "No gradient of the words' loss reaches the layers: look for detach or .data."),
        ),
        hints=("targets != NOTHING is the `chosen` of step 5, targets[chosen] are the true words in its order.",
               "x[:, 0] is [CLS].", "log_softmax, gather, mean, with a minus."),
    ),
))  # fmt: skip
