"""Rebuild sequence to sequence learning: the source backwards, two deep LSTMs, the loss of a sentence, and a beam."""

from collections.abc import Iterator
from itertools import product
from typing import Any

import torch
from torch import Generator, Tensor

from firsthand.papers.cases import drawn, flat
from firsthand.papers.exercise import Case, Exercise, Identity, Step, mistake
from firsthand.papers.seq2seq.answers import backwards, climb, logits, loss, read, search


def long(generator: Generator, batch: int, places: int) -> Tensor:
    """Lengths: the first sentence fills all places, the second does not, and others have one token."""
    lengths = torch.randint(1, max(places - 1, 1) + 1, (batch,), generator=generator)
    lengths[0] = places
    lengths[2:] = 1
    return lengths


def sentences(generator: Generator) -> Iterator[Case]:
    """Different tokens, and where each sentence ends."""
    for batch, places in ((1, 1), (1, 3), (2, 4), (4, 7)):
        lengths = long(generator, batch, places)
        source = torch.stack([torch.randperm(30, generator=generator)[:places] for _ in range(batch)])
        yield Case(f"{places} places, lengths {lengths.tolist()}", {"source": source, "lengths": lengths})


def deep(generator: Generator, layers: int, n: int) -> dict[str, Tensor]:
    """The parameters of a deep LSTM."""
    return drawn(generator, W=(layers, 4 * n, n), U=(layers, 4 * n, n), b=(layers, 4 * n))


def steps(generator: Generator) -> Iterator[Case]:
    """One word, and the states from before."""
    for batch, layers, n in ((1, 1, 1), (1, 2, 1), (2, 2, 2), (3, 3, 3), (2, 4, 3)):
        made = drawn(generator, x=(batch, n), h=(batch, layers, n), c=(batch, layers, n))
        yield Case(f"batch {batch}, layers {layers}, n {n}", made | deep(generator, layers, n))


def texts(generator: Generator) -> Iterator[Case]:
    """Vectors of words, padded."""
    for batch, places, layers, n in ((1, 1, 1, 1), (1, 2, 2, 2), (2, 3, 1, 3), (3, 4, 3, 2)):
        lengths = long(generator, batch, places)
        made = drawn(generator, x=(batch, places, n)) | {"lengths": lengths} | deep(generator, layers, n)
        yield Case(f"{places} places, lengths {lengths.tolist()}, layers {layers}, n {n}", made)


def pairs(generator: Generator) -> Iterator[Case]:
    """Sentences and their translations, and all parameters of both sides."""
    for batch, places, time, layers, n, vocab in ((1, 1, 1, 1, 1, 2), (1, 3, 2, 2, 2, 4), (3, 5, 3, 2, 3, 5)):
        lengths = long(generator, batch, places)
        source = torch.stack([torch.randperm(vocab + 4, generator=generator)[:places] for _ in range(batch)])
        target = torch.stack([1 + torch.randperm(vocab - 1, generator=generator)[:time] for _ in range(batch)])
        made: dict[str, Any] = {"source": source, "lengths": lengths, "target": target}
        ends = drawn(generator, C=(vocab, n), V=(vocab, n), d=(vocab,))
        for name, more in (("encoder", drawn(generator, C=(vocab + 4, n))), ("decoder", ends)):
            made |= {f"{name}.{part}": value for part, value in (deep(generator, layers, n) | more).items()}
        words = f"source {places} of lengths {lengths.tolist()}, target {time}, layers {layers}, n {n}, vocab {vocab}"
        yield Case(words, made)


def scored(generator: Generator) -> Iterator[Case]:
    """Logits, and targets of several lengths."""
    for batch, time, vocab in ((1, 1, 2), (1, 3, 3), (2, 2, 4), (3, 4, 6)):
        lengths = long(generator, batch, time)
        target = torch.randint(vocab, (batch, time), generator=generator)
        made = drawn(generator, scores=(batch, time, vocab)) | {"target": target, "lengths": lengths}
        yield Case(f"time {time}, lengths {lengths.tolist()}, vocab {vocab}", made)


def late(tables: Tensor, end: int) -> Tensor:
    """Languages in which one end comes at once, and a likelier one after the second of two beginnings that are left."""
    a, b, c = [token for token in range(tables.shape[-1]) if token != end][:3]
    tables = tables / 20
    tables[:, 0, 0, a], tables[:, 0, 0, end] = 3.5, 2.25  # about 0.7 and 0.2
    tables[:, 1, a, b], tables[:, 1, a, c] = 3.5, 3.37  # 0.5 and 0.44
    tables[:, 2, c, end] = 5.2  # nearly all; after b all tokens are alike
    return tables


def languages(generator: Generator) -> Iterator[Case]:
    """Sixty random languages, in which a token depends on the one before and on its place."""
    sizes = ((2, 2, 1, 1, 0.0), (4, 2, 2, 0, 1.0), (3, 3, 3, 2, 0.0), (6, 6, 2, 4, 0.0))
    for vocab, longest, beam, end, seldom in sizes:
        tables = torch.randn(60, longest, vocab, vocab, generator=generator, dtype=torch.float64)
        tables[:, :, :, end] -= seldom
        if vocab > 4 and longest > 2:
            tables[:20] = late(tables[:20], end)
        made = {"logs": torch.log_softmax(tables, 3), "beam": beam, "end": end, "longest": longest}
        yield Case(f"vocab {vocab}, at most {longest} tokens, beam {beam}, end {end}", made)


def next_of(logs: Tensor) -> Any:
    """What follows given tokens, by a table of their number, the last of them and the next."""
    return lambda tokens: logs[len(tokens), tokens[-1] if len(tokens) else 0]


def searched(answer: Any, logs: Tensor, beam: int, end: int, longest: int) -> tuple[Tensor, Tensor]:
    """What is found in each language, filled up with -1, and how likely it is."""
    found, totals = torch.full((len(logs), longest), -1), []
    for row, table in zip(found, logs, strict=True):
        tokens, total = answer(next_of(table), beam, end, longest)
        row[: len(tokens)] = torch.as_tensor(tokens)
        totals.append(float(total))
    return found, torch.tensor(totals, dtype=torch.float64)


def each_alone(answer: Any, generator: Generator) -> Tensor:
    """How far what is handed over of a batch is from what is handed over of its sentences one by one, unpadded."""
    (*_, case) = texts(generator)
    x, lengths, *rest = case.inputs.values()
    whole = answer(x, lengths, *rest)
    rows = [answer(x[i : i + 1, : int(n)], lengths[i : i + 1], *rest) for i, n in enumerate(lengths)]
    return torch.stack([torch.cat(part) for part in zip(*rows, strict=True)]) - torch.stack(list(whole))


def so_far(answer: Any, generator: Generator) -> Tensor:
    """How far the logits change when the last token of the target does."""
    (*_, case) = pairs(generator)
    other = case.inputs["target"].clone()
    other[:, -1] = (other[:, -1] + 1) % 5
    return flat(answer, **case.inputs | {"target": other}) - flat(answer, **case.inputs)


def exact(answer: Any, generator: Generator) -> float:
    """How far what a beam as wide as all sentences finds is from the likeliest of all."""
    logs = torch.log_softmax(torch.randn(3, 3, 3, generator=generator, dtype=torch.float64), 2)
    totals = []
    for length in (1, 2, 3):
        for tokens in product(range(3), repeat=length):
            if 2 not in tokens[:-1] and (tokens[-1] == 2 or length == 3):
                totals.append(sum(float(next_of(logs)(tokens[:i])[token]) for i, token in enumerate(tokens)))
    return float(answer(next_of(logs), 27, 2, 3)[1]) - max(totals)


EXERCISE = Exercise(steps=(
    Step(
        minutes=10,
        statement="""
            The source is read backwards, so that its first words stand close to the first words of the translation.
            Each row of `source` holds the tokens of a sentence, the last of which is the end of the sentence, and then
            padding; sentence i has lengths[i] tokens, the end among them:

                a b c <end> <pad> <pad>    ->    c b a <end> <pad> <pad>

            Return all sentences so; the end and the padding stay where they are. Leave `source` as it is.
            """,
        answer=backwards,
        cases=sentences,
        gradients=False,
        returns=("source",),
        mistakes=(
            mistake("padding-turned", "row[: length - 1] = row[: length - 1].flip(0)", "row[:] = row.flip(0)",
                    "The words are turned round, not the padding: each sentence has its own length."),
            mistake("end-turned", "row[: length - 1] = row[: length - 1].flip(0)",
                    "row[:length] = row[:length].flip(0)",
                    "The end of the sentence is read last: it stays where it is."),
            mistake("last-word-stays", "row[: length - 1] = row[: length - 1].flip(0)",
                    "row[: max(length - 2, 0)] = row[: max(length - 2, 0)].flip(0)",
                    "All words but the end are turned: the last one comes first."),
            mistake("nothing-turned", "row[: length - 1].flip(0)", "row[: length - 1]",
                    "The words stand as they were."),
            mistake("end-first", "row[: length - 1] = row[: length - 1].flip(0)", "row[:length] = row[:length].roll(1)",
                    "The words are turned round; the end is not moved to the front."),
            mistake("batch-turned", "lengths.tolist()",
                    "lengths.flip(0).tolist()",
                    "A sentence's length is that of its own row."),
            mistake("one-length-for-all", "lengths.tolist()", "[int(lengths.max())] * len(source)",
                    "Every sentence has its own length."),
        ),
        hints=("A loop over rows and lengths, with slices; flip(0) turns a slice round.",
               "Without a loop: gather with places length - 2 - t where t < length - 1, t elsewhere."),
    ),
    Step(
        minutes=15,
        statement="""
            One word goes up through all layers. Layer l, counted from below, has the matrices W[l] and U[l] and the
            bias b[l], and the state h[:, l], c[:, l] from the word before. Its input is the word's vector x in the
            lowest layer, and in every other the new h of the layer below; all have n entries:

                (i, f, g, o) = W[l] input + U[l] h_l + b[l]        four sums of n numbers each, in this order
                c_l <- sigmoid(f) c_l + sigmoid(i) tanh(g)
                h_l <- sigmoid(o) tanh(c_l)

            Return the new h and c of all layers, (batch, layers, n) each.
            """,
        answer=climb,
        cases=steps,
        returns=("h", "c"),
        mistakes=(
            mistake("layers-side-by-side", "        x = torch.sigmoid(o) * torch.tanh(cell)\n        outputs.append(x)",
                    "        outputs.append(torch.sigmoid(o) * torch.tanh(cell))",
                    "Every layer but the lowest reads the layer below, not the word."),
            mistake("old-state-of-the-layer-below", "        outputs.append(x)",
                    "        outputs.append(x)\n        x = h[:, layer]",
                    "A layer reads what the layer below has just made, not its state of the word before."),
            mistake("cell-passed-up", "        outputs.append(x)", "        outputs.append(x)\n        x = cell",
                    "What a layer shows to the next one is h, not c."),
            mistake("cell-shown-raw", "torch.sigmoid(o) * torch.tanh(cell)", "torch.sigmoid(o) * cell",
                    "h is sigmoid(o) tanh(c)."),
            mistake("gates-in-another-order", "i, f, g, o = (", "f, i, g, o = (", "The sums are i, f, g, o."),
            mistake("output-gate-third", "i, f, g, o = (", "i, f, o, g = (", "The sums are i, f, g, o."),
            mistake("candidate-sigmoid", "torch.tanh(g)", "torch.sigmoid(g)", "g is squashed by tanh."),
            mistake("nothing-forgotten", "torch.sigmoid(f) * c[:, layer]", "c[:, layer]",
                    "f says how much of c stays."),
            mistake("one-layer-for-all", "(x @ W[layer].T + h[:, layer] @ U[layer].T + b[layer])",
                    "(x @ W[0].T + h[:, layer] @ U[0].T + b[0])", "Every layer has parameters of its own."),
            mistake("state-of-the-lowest-layer", "h[:, layer] @", "h[:, 0] @", "Every layer has a state of its own."),
            mistake("bias-missing", " + b[layer]", "", "b[l] is missing."),
            mistake("cell-before-output", "return torch.stack(outputs, 1), torch.stack(cells, 1)",
                    "return torch.stack(cells, 1), torch.stack(outputs, 1)", "Return h before c."),
            mistake("cell-cut", "torch.sigmoid(f) * c[:, layer]", "torch.sigmoid(f) * c[:, layer].detach()",
                    "No gradient reaches the cells of before: look for detach or .data."),
        ),
        hints=("A loop over the layers, in which x becomes the new h.", "chunk(4, dim=1) cuts the sums.",
               "torch.stack(list, 1) puts the layers second."),
    ),
    Step(
        minutes=10,
        statement="""
            The encoder reads a sentence word by word from states of zeros. All that the decoder is handed of the
            source are the states h and c of all layers after the sentence's own last token: sentence i has lengths[i]
            of them, padding is never read. x has the vectors of the tokens, in the order in which they are read.
            Return h and c.
            """,
        answer=read,
        cases=texts,
        returns=("h", "c"),
        identities=(Identity("sentences of a batch give what each gives alone", each_alone),),
        mistakes=(
            mistake("padding-read", "h, c = torch.where(inside, new_h, h), torch.where(inside, new_c, c)",
                    "h, c = new_h, new_c", "Past a sentence's end its state stays as it is."),
            mistake("padding-changes-the-cell", "torch.where(inside, new_c, c)", "new_c",
                    "c stays past the end, too, not only h."),
            mistake("zero-past-the-end", "torch.where(inside, new_h, h), torch.where(inside, new_c, c)",
                    "torch.where(inside, new_h, 0 * h), torch.where(inside, new_c, 0 * c)",
                    "Past a sentence's end its state stays; it does not become 0."),
            mistake("last-token-not-read", "(t < lengths)", "(t + 1 < lengths)",
                    "A sentence of 3 tokens has the places 0, 1 and 2: the last is read, too."),
            mistake("one-too-many", "(t < lengths)", "(t <= lengths)",
                    "A sentence of 3 tokens has the places 0, 1 and 2."),
            mistake("read-from-the-end", "climb(x[:, t],", "climb(x[:, -1 - t],",
                    "x is in reading order already: it is not turned again."),
            mistake("state-cut", "new_h, new_c = climb(x[:, t], h, c,",
                    "new_h, new_c = climb(x[:, t], h.detach(), c.detach(),",
                    "No gradient reaches the words before: look for detach or .data."),
            mistake("output-cut", "new_h, new_c = climb(x[:, t], h, c,", "new_h, new_c = climb(x[:, t], h.detach(), c,",
                    "Part of the gradient does not reach the words before: look for detach of h."),
            mistake("forgets-the-output", "climb(x[:, t], h, c,", "climb(x[:, t], 0 * h, c,",
                    "h of the word before goes into the next step, as c does."),
            mistake("forgets-the-cell", "climb(x[:, t], h, c,", "climb(x[:, t], h, 0 * c,",
                    "c of the word before goes into the next step, as h does."),
        ),
        hints=("torch.where(inside, new, old) with inside of shape (batch, 1, 1).",
               "Or read each row of x as far as its length, and stack."),
    ),
    Step(
        minutes=15,
        statement="""
            The network: p(y_1 .. y_T | x) = product over t of p(y_t | v, y_1 .. y_(t-1)). `encoder` holds C, a vector
            for every token of the source, and W, U, b of its layers; `decoder` the same of its own, and V (vocab, n)
            and d (vocab,) of the output.

                v = what the encoder hands over, having read the source backwards (steps 1 and 3)
                the decoder starts from v, reads the begin, y_1, y_2, .. and moves as in step 2
                logits_t = V s_t + d          s_t: h of the highest layer after y_(t-1) was read

            While it learns it reads the true tokens of the target, each one to predict the next; the first thing read
            is the begin, token 0, and the last token of the target is never read. `lengths` are those of the sources.
            """,
        answer=logits,
        cases=pairs,
        use=flat,
        returns=("logits",),
        identities=(Identity("no logits see the token that they are to predict", so_far),),
        mistakes=(
            mistake("source-forwards", "[backwards(source, lengths)]", "[source]",
                    "The source is read backwards: step 1."),
            mistake("target-not-shifted", "torch.cat([torch.zeros_like(target[:, :1]), target[:, :-1]], 1)", "target",
                    "The decoder reads the token that it is to predict: begin with token 0, and read one place later."),
            mistake("no-begin", "torch.cat([torch.zeros_like(target[:, :1]), target[:, :-1]], 1)",
                    "torch.cat([target[:, :1], target[:, :-1]], 1)", "The first token read is the begin, token 0."),
            mistake("summary-not-used", "    tops = []", "    h, c = 0 * h, 0 * c\n    tops = []",
                    "The decoder starts from what the encoder hands over."),
            mistake("cells-not-handed-over", "    tops = []", "    c = 0 * c\n    tops = []",
                    "Both are handed over, h and c of every layer."),
            mistake("summary-cut", "    tops = []", "    h, c = h.detach(), c.detach()\n    tops = []",
                    "No gradient reaches the encoder: look for detach or .data."),
            mistake("layers-turned-round", "    tops = []", "    h, c = h.flip(1), c.flip(1)\n    tops = []",
                    "Layer l of the decoder starts from layer l of the encoder."),
            mistake("one-network-for-both", 'climb(y, h, c, decoder["W"], decoder["U"], decoder["b"])',
                    'climb(y, h, c, encoder["W"], encoder["U"], encoder["b"])', "The decoder has layers of its own."),
            mistake("lowest-layer-shown", "h[:, -1]", "h[:, 0]", "The output sees the highest layer."),
            mistake("cell-shown", "tops.append(h[:, -1])", "tops.append(c[:, -1])", "The output sees h, not c."),
            mistake("output-bias-missing", ' + decoder["d"]', "", "d is missing."),
            mistake("probabilities", 'return torch.stack(tops, 1) @ decoder["V"].T + decoder["d"]',
                    'return torch.softmax(torch.stack(tops, 1) @ decoder["V"].T + decoder["d"], 2)',
                    "Logits are what a softmax would turn into probabilities: leave it out."),
        ),
        hints=("C[tokens] picks the vectors of tokens.", "h[:, -1] is the highest layer's.",
               "What is read: a column of zeros, then target[:, :-1]."),
    ),
    Step(
        minutes=10,
        statement="""
            What is minimised is -log p(target | source), the *sum* over the tokens of a sentence, the end among them;
            of a batch it is the mean over its sentences. (The paper's rate of 0.7 and its clip at 5 belong to this
            sum.) scores[i, t] are the logits of the token target[i, t], of which sentence i has lengths[i]; what comes
            after is padding and does not count. In nats.
            """,
        answer=loss,
        cases=scored,
        returns=("loss",),
        mistakes=(
            mistake("mean-of-tokens", ".sum(1).mean()", ".sum() / lengths.sum()",
                    "A sum over the tokens of a sentence, and a mean over sentences: long ones weigh more."),
            mistake("mean-of-means", ".sum(1).mean()", ".div(lengths[:, None]).sum(1).mean()",
                    "Within a sentence the tokens are added up, not averaged."),
            mistake("sum-of-all", ".sum(1).mean()", ".sum()", "The mean over the sentences of the batch."),
            mistake("padding-counted", "(logs * inside)", "logs", "Padding does not count: `lengths` is not used."),
            mistake("end-not-counted", "< lengths[:, None]", "< lengths[:, None] - 1",
                    "The end of the sentence is predicted, too: it is the last of the lengths[i] tokens."),
            mistake("likelihood", "return -(logs", "return (logs", "The negative log-likelihood: it is to fall."),
            mistake("in-bits", "return -(logs * inside)", "return -(logs / torch.tensor(2.0).double().log() * inside)",
                    "In nats: the natural logarithm."),
            mistake("no-softmax", "torch.log_softmax(scores, 2)", "scores",
                    "Scores are logits: take log_softmax first."),
            mistake("probabilities", "torch.log_softmax(scores, 2)", "torch.softmax(scores, 2)",
                    "The logarithm of the probability."),
            mistake("softmax-over-time", "torch.log_softmax(scores, 2)", "torch.log_softmax(scores, 1)",
                    "The softmax is over the vocabulary, the last dimension."),
        ),
        hints=("log_softmax(scores, 2).gather(2, target[:, :, None]).", "sum(1) within sentences, then mean()."),
    ),
    Step(
        minutes=25,
        statement="""
            To translate, the decoder reads what it wrote, and a beam follows the B = `beam` likeliest beginnings.
            following(tokens) returns log p of every token of the vocabulary after a list of tokens, which is empty at
            first. Start with the empty beginning, whose log-probability is 0, and at every step

                continue each beginning of the beam by every token; log-probabilities add up
                keep the B likeliest of all continuations, whichever beginnings they come from; B stays the same,
                however many are complete
                of these, those that end with `end` are complete and leave the beam; the others are the new beam

            until the beam is empty or its beginnings have `longest` tokens; what has not ended by then counts as
            complete, as it is. Return the likeliest of all that is complete, a list of tokens with its end, and its
            log-probability. Nothing is divided by the length.
            """,
        answer=search,
        cases=languages,
        use=searched,
        gradients=False,
        returns=("tokens", "log-probability"),
        identities=(Identity("a beam as wide as all sentences finds the likeliest", exact),),
        mistakes=(
            mistake("greedy", "[:beam]", "[:1]", "`beam` beginnings are followed, not the likeliest only."),
            mistake("beam-narrows", "[:beam]", "[: beam - len(complete)]",
                    "B stays the same: what is complete takes no place in the beam."),
            mistake("beam-for-each-beginning", "best = sorted(longer, key=lambda one: -one[1])[:beam]",
                    "best = [one for tokens, _ in going for one in sorted((x for x in longer if x[0][:-1] == tokens), "
                    "key=lambda one: -one[1])[:beam]]",
                    "The B likeliest are chosen among the continuations of all beginnings together."),
            mistake("goes-on-after-the-end", "complete += [one for one in best if one[0][-1] == end]\n"
                    "        going = [one for one in best if one[0][-1] != end]", "going = best",
                    "What has ended leaves the beam: nothing follows the end."),
            mistake("divided-by-the-length", "key=lambda one: one[1])", "key=lambda one: one[1] / len(one[0]))",
                    "Log-probabilities are compared as they are, whatever the lengths."),
            mistake("stops-at-the-first-end", "going = [one for one in best if one[0][-1] != end]",
                    "going = [one for one in best if one[0][-1] != end]\n        if complete:\n            break",
                    "Beginnings that are still in the beam may end likelier: go on until it is empty."),
            mistake("last-step-alone", "total + log_p)", "log_p)",
                    "The log-probabilities of all tokens so far add up."),
            mistake("probabilities-added", "total + log_p)", "total + 2.718281828459045**log_p)",
                    "Probabilities multiply, their logarithms add up."),
            mistake("end-does-not-count", "total + log_p)", "total + log_p * (token != end))",
                    "The end's own log-probability counts."),
            mistake("least-likely-kept", "key=lambda one: -one[1])", "key=lambda one: one[1])",
                    "Sorted the other way round: the likeliest are kept."),
            mistake("unfinished-not-counted", "max(complete + going,", "max(complete or going,",
                    "What has not ended after `longest` tokens counts, too."),
            mistake("end-cut-off", "return max(complete + going, key=lambda one: one[1])",
                    "tokens, total = max(complete + going, key=lambda one: one[1])\n"
                    "    return [token for token in tokens if token != end], total", "The end is one of the tokens."),
        ),
        hints=("A beginning is a pair: its tokens, and its log-probability so far.",
               "Sort the continuations of the whole beam together, and keep the first B.",
               "max over what is complete and what is left of the beam."),
    ),
))  # fmt: skip
