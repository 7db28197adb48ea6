"""Rebuild the neural language model: words as vectors, the network, a trigram to mix it with, and its training."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Generator, Tensor

from firsthand.papers.cases import drawn
from firsthand.papers.exercise import Case, Exercise, Identity, Step, mistake
from firsthand.papers.nplm.answers import features, fit, learn, logits, perplexity, terms

PARAMETERS = ("C", "b", "W", "d", "H", "U")


def integers(generator: Generator, most: int, *shape: int) -> Tensor:
    """Random numbers of words."""
    return torch.randint(most, shape, generator=generator)


def distinct(generator: Generator, vocab: int, batch: int, context: int) -> Tensor:
    """Contexts of words that differ from each other."""
    return torch.stack([torch.randperm(vocab, generator=generator)[:context] for _ in range(batch)])


def contexts(generator: Generator) -> Iterator[Case]:
    """Tables of features, and the words before."""
    for batch, context, vocab, m in ((1, 1, 2, 1), (1, 2, 3, 1), (2, 2, 4, 3), (3, 3, 3, 3), (4, 4, 9, 2)):
        made = drawn(generator, C=(vocab, m)) | {"words": distinct(generator, vocab, batch, context)}
        yield Case(f"batch {batch}, {context} words of {vocab}, {m} features", made)


def weights(generator: Generator, vocab: int, width: int, hidden: int) -> dict[str, Tensor]:
    """All parameters but the table."""
    shapes = {"b": (vocab,), "W": (vocab, width), "d": (hidden,), "H": (hidden, width), "U": (vocab, hidden)}
    return drawn(generator, **shapes)


def networks(generator: Generator) -> Iterator[Case]:
    """Features, and the parameters from there on."""
    for batch, width, hidden, vocab in ((1, 1, 1, 2), (2, 1, 3, 3), (3, 3, 3, 3), (2, 4, 5, 7)):
        made = drawn(generator, x=(batch, width)) | weights(generator, vocab, width, hidden)
        yield Case(f"batch {batch}, width {width}, hidden {hidden}, vocab {vocab}", made)


def opinions(generator: Generator) -> Iterator[Case]:
    """Logits, another model's probabilities, and how much the network counts."""
    for count, vocab, share in ((1, 2, 1.0), (2, 3, 0.5), (4, 4, 0.7), (9, 5, 0.5)):
        made = drawn(generator, y=(count, vocab), other=(count, vocab))
        made["other"] = torch.softmax(made["other"], 1)
        made["targets"] = integers(generator, vocab, count)
        yield Case(f"{count} words of {vocab}, share {share:g}", made | {"share": share})


def texts(generator: Generator) -> Iterator[Case]:
    """Texts, and contexts that were seen often, seldom, by half, and never."""
    for tokens, vocab in ((4, 3), (12, 4), (60, 5)):
        text = integers(generator, vocab - 1, tokens)  # the last word never comes
        text[:4], text[-2:] = torch.tensor([0, 1, 0, 1]), torch.tensor([0, 1])
        rows = [[0, 1], [vocab - 1, 0], [0, vocab - 1], [1, 0], [1, 1]]
        words = f"a text of {tokens} words, vocab {vocab}"
        yield Case(words, {"text": text, "contexts": torch.tensor(rows), "vocab": vocab})


def shares(generator: Generator) -> Iterator[Case]:
    """The terms of held-out words, and their bins, one of which stays empty."""
    for rows, bins, iterations in ((1, 1, 1), (3, 2, 1), (8, 3, 2), (20, 4, 5)):
        found = 0.05 + torch.rand(rows, 4, generator=generator, dtype=torch.float64)
        found[:, 0] = 0.2
        number = integers(generator, max(1, bins - 1), rows)
        number[: max(1, bins - 1)] = torch.arange(max(1, bins - 1))[:rows]
        first = torch.softmax(torch.randn(bins, 4, generator=generator, dtype=torch.float64), 1)
        words = f"{rows} words, {bins} bins, {iterations} iterations"
        yield Case(words, {"found": found, "bins": number, "weights": first, "iterations": iterations})


def lessons(generator: Generator) -> Iterator[Case]:
    """Texts, and the first parameters of a network."""
    for tokens, context, vocab, decay in ((2, 1, 3, 0.0), (4, 1, 3, 0.3), (7, 2, 5, 0.1), (9, 3, 4, 0.2)):
        m, hidden = 2, 3
        made = drawn(generator, C=(vocab, m)) | weights(generator, vocab, context * m, hidden)
        text = integers(generator, vocab, tokens)
        text[:2] = distinct(generator, vocab, 1, 2)[0]
        words = f"a text of {tokens} words, context {context}, vocab {vocab}, decay {decay:g}"
        inputs = {"text": text, "context": context, "parameters": tuple(made.values())}
        yield Case(words, inputs | {"rate": 0.5, "slowing": 0.1, "decay": decay})


def swapped(answer: Any, generator: Generator) -> Tensor:
    """How far features of a context read backwards are from the blocks exchanged."""
    C = torch.randn(5, 3, generator=generator, dtype=torch.float64)
    one, other = answer(C, torch.tensor([[1, 4]])), answer(C, torch.tensor([[4, 1]]))
    return one - torch.cat([other[:, 3:], other[:, :3]], 1)


def of_a_guess(answer: Any, generator: Generator) -> Tensor:
    """How far the perplexity of who knows nothing is from the size of the vocabulary."""
    even = torch.full((6, 7), 1 / 7, dtype=torch.float64)
    return answer(torch.zeros_like(even), even, integers(generator, 7, 6), 0.3) - 7


def whole(answer: Any, generator: Generator) -> Tensor:
    """How far each distribution of each context is from a sum of 1."""
    (*_, case) = texts(generator)
    found, _ = answer(*case.inputs.values())
    return found.sum(2) - 1


def likelier(answer: Any, generator: Generator) -> float:
    """By how much an iteration makes the words less likely: it never does."""
    (*_, case) = shares(generator)
    found, bins, first, _ = case.inputs.values()
    before, after = (((one[bins] * found).sum(1).log()).sum() for one in (first, answer(found, bins, first, 1)))
    return max(0.0, float(before - after))


EXERCISE = Exercise(steps=(
    Step(
        minutes=10,
        statement="""
            Every word has a row of m numbers in the table C, the same for every place. The features of a context are
            those of its words side by side, the most recent word first:

                x = [C(w_t-1), C(w_t-2), ..., C(w_t-n+1)]

            `words` are contexts as one reads them, a row each: the most recent word is the last. Return x, (batch,
            context times m).
            """,
        answer=features,
        cases=contexts,
        returns=("x",),
        identities=(Identity("a context read backwards exchanges the blocks of x", swapped),),
        mistakes=(
            mistake("oldest-first", "words.flip(1)", "words", "The most recent word, the last of a row, comes first."),
            mistake("features-interleaved", ".flatten(1)", ".transpose(1, 2).flatten(1)",
                    "A word's features stay together: word by word, not feature by feature."),
            mistake("summed", ".flatten(1)", ".sum(1).repeat(1, words.shape[1])",
                    "The vectors stand side by side, they are not summed: places differ."),
            mistake("all-turned", "C[words.flip(1)].flatten(1)", "C[words].flatten(1).flip(1)",
                    "Turn the order of the words, not the features within each."),
            mistake("batch-turned", "words.flip(1)", "words.flip(0)", "It is the words of a row that are turned."),
            mistake("features-squashed", "C[words.flip(1)].flatten(1)", "torch.tanh(C[words.flip(1)].flatten(1))",
                    "There is no nonlinearity between the table and x."),
            mistake("table-cut", "C[words.flip(1)]", "C.detach()[words.flip(1)]",
                    "The table is learned: look for detach or .data."),
        ),
        hints=("C[words] is (batch, context, m).",),
    ),
    Step(
        minutes=10,
        statement="""
            The network has one hidden layer, and direct connections W beside it:

                y = b + W x + U tanh(d + H x)          P(w_t = i | the words before) = softmax(y)_i

            x has a row for each context: W x is x W^T, and so on. Return y, (batch, vocab).
            """,
        answer=logits,
        cases=networks,
        returns=("y",),
        mistakes=(
            mistake("no-direct-connections", "b + x @ W.T + ", "b + ", "W x goes from the features to the output."),
            mistake("no-output-bias", "return b + x", "return x", "The bias b is missing."),
            mistake("hidden-bias-outside", "torch.tanh(d + x @ H.T)", "(torch.tanh(x @ H.T) + d)",
                    "d is inside of the tanh."),
            mistake("no-hidden-bias", "d + x @ H.T", "x @ H.T", "The bias d is missing."),
            mistake("sigmoid", "torch.tanh(", "torch.sigmoid(", "The hidden units are tanh."),
            mistake("rectified", "torch.tanh(d + x @ H.T)", "(d + x @ H.T).clamp(min=0)",
                    "The hidden units are tanh."),
            mistake("linear", "torch.tanh(d + x @ H.T)", "(d + x @ H.T)", "tanh is missing between H and U."),
            mistake("direct-inside", "b + x @ W.T + torch.tanh(d + x @ H.T) @ U.T",
                    "torch.tanh(b + x @ W.T + (d + x @ H.T) @ U.T)",
                    "Only the hidden units are squashed, the output is not."),
            mistake("probabilities", "return b + x @ W.T + torch.tanh(d + x @ H.T) @ U.T",
                    "return torch.softmax(b + x @ W.T + torch.tanh(d + x @ H.T) @ U.T, 1)",
                    "y is what the softmax is taken of: leave it out."),
        ),
        hints=("The hidden units first: tanh(d + x H^T), (batch, hidden).",),
    ),
    Step(
        minutes=10,
        statement="""
            The paper's best numbers are those of a mixture of the network with a trigram. y are the network's logits
            for some words of a text, `other` the trigram's probabilities, `targets` the words that came:

                P          = share softmax(y) + (1 - share) other
                perplexity = exp(-mean over the words of log P(target))

            The mean is over natural logarithms. Return the perplexity; a share of 1 is the network alone.
            """,
        answer=perplexity,
        cases=opinions,
        returns=("perplexity",),
        identities=(Identity("who knows nothing of 7 words has perplexity 7", of_a_guess),),
        mistakes=(
            mistake("logarithms-mixed", "    right = mixed.gather(1, targets[:, None])",
                    "    mixed = torch.exp(share * torch.log_softmax(y, 1) + (1 - share) * other.log())\n"
                    "    right = mixed.gather(1, targets[:, None])",
                    "Probabilities are mixed, not their logarithms."),
            mistake("mean-of-inverses", "torch.exp(-right.log().mean())", "(1 / right).mean()",
                    "The perplexity is the geometric mean of 1 / P: the mean is over logarithms."),
            mistake("mean-of-probabilities", "right.log().mean()", "right.mean().log()",
                    "The mean is over logarithms: log first."),
            mistake("share-of-the-other", "share * torch.softmax(y, 1) + (1 - share) * other",
                    "(1 - share) * torch.softmax(y, 1) + share * other", "`share` is the network's."),
            mistake("not-raised", "torch.exp(-right.log().mean())", "-right.log().mean()",
                    "That is the mean loss: the perplexity is e to its power."),
            mistake("base-two", "torch.exp(-right", "torch.exp2(-right",
                    "Natural logarithms go with e, not with 2."),
            mistake("sum-for-mean", "right.log().mean()", "right.log().sum()", "The mean over the words."),
            mistake("network-alone", "(1 - share) * other", "(1 - share) * torch.softmax(y, 1)",
                    "The trigram's probabilities are not used."),
        ),
        hints=("gather takes the target's probability out of each row.", "Mix, then the logarithm, then the mean."),
    ),
    Step(
        minutes=30,
        statement="""
            The trigram is interpolated of four distributions over the next word w, for a context (u, v), v the more
            recent word; counts are of the training text, T words long:

                p_0 = 1 / vocab
                p_1(w) = count of w / T
                p_2(w | v) = count of "v w" / count of "v" with any word after it
                p_3(w | u, v) = count of "u v w" / count of "u v" with any word after it

            A distribution whose context was never seen before another word (its divisor is 0) is replaced by the
            shorter one's, so p_3 by p_2, and p_2 by p_1. Contexts are put in bins by how frequent they are:

                q = ceil(-log((1 + n) / T)), but at least 0        n the count of "u v" with any word after it

            with natural logarithms. A row of `contexts` is u, v. Return p_0, ..., p_3 for all words in float64,
            (rows, 4, vocab), and q as whole numbers, (rows).
            """,
        answer=terms,
        cases=texts,
        gradients=False,
        returns=("terms", "bins"),
        identities=(Identity("each distribution sums to 1", whole),),
        mistakes=(
            mistake("zero-where-unseen", "if count.sum() > 0 else found[-1]", "if count.sum() > 0 else 0 * found[-1]",
                    "An unseen context has the shorter one's distribution: else probability is lost."),
            mistake("even-where-unseen", "if count.sum() > 0 else found[-1]", "if count.sum() > 0 else found[0]",
                    "An unseen context falls back to the next shorter one, not to 1 / vocab."),
            mistake("context-turned", "for older, recent in", "for recent, older in",
                    "A row is u, v: the more recent word is the last."),
            mistake("even-over-seen-words", "((vocab,), 1 / vocab, ", "((vocab,), 1 / len(set(words)), ",
                    "p_0 is even over the whole vocabulary, words that never came included."),
            mistake("divided-by-all", "count / count.sum() if", "count / len(words) if",
                    "p_2 and p_3 are shares among what came after the context."),
            mistake("floor", "ceil(-log(", "int(-log(", "The bin is rounded up."),
            mistake("one-added-to-the-share", "(1 + counts[2].sum().item()) / len(words)",
                    "1 + counts[2].sum().item() / len(words)", "1 is added to the count, before it is divided by T."),
            mistake("end-of-text-counted",
                    "        for count in counts:\n            found.append(count / count.sum() if",
                    "        pairs = list(zip(words, words[1:]))\n"
                    "        times = len(words), words.count(recent), pairs.count((older, recent))\n"
                    "        for count, often in zip(counts, times):\n            found.append(count / often if",
                    "The last words of the text have no word after them: they do not count as a context there."),
            mistake("bins-by-word", "counts[2].sum().item()", "counts[1].sum().item()",
                    "The bin depends on how often both words came together."),
            mistake("base-two", "ceil(-log((1 + counts[2].sum().item()) / len(words)))",
                    "ceil(-log((1 + counts[2].sum().item()) / len(words)) / log(2))",
                    "The logarithm is the natural one."),
            mistake("trigram-without-order", "if t >= 2 and words[t - 2] == older", "if older in words[:t]",
                    "u stands right before v."),
        ),
        hints=("Count the words that come after v, and after u v, in one pass over the text.",
               "A sum of those counts is how often a context has a word after it."),
    ),
    Step(
        minutes=20,
        statement="""
            Each bin q has weights of its own, a_0(q), ..., a_3(q), which sum to 1: P(w) = sum_k a_k(q) p_k(w). They are
            fitted on a held-out text by expectation maximisation. `found` are p_0, ..., p_3 of each word of it, `bins`
            its q, `weights` what to begin with. An iteration:

                share_k of a word = a_k(q) p_k / sum_j a_j(q) p_j       how likely term k made it
                a_k(q)            = mean of share_k over the words whose bin is q

            all shares with the old weights. A bin without words keeps its weights. Return them, (bins, 4).
            """,
        answer=fit,
        cases=shares,
        gradients=False,
        returns=("weights",),
        identities=(Identity("an iteration makes the held-out text likelier", likelier),),
        mistakes=(
            mistake("not-normalised", "(shares / shares.sum(1, keepdim=True))", "shares",
                    "The shares of each word add up to 1 before they are averaged."),
            mistake("bins-ignored", "belongs.T @ (shares", "torch.ones_like(belongs).T @ (shares",
                    "Each bin has weights of its own, of its own words."),
            mistake("weights-left-out", "shares = weights[bins] * found", "shares = found",
                    "The old weights are in the shares: else each iteration does the same."),
            mistake("empty-bins-even", "weights = torch.where(total > 0, sums / total.clamp(min=0.5), weights)",
                    "weights = torch.where(total > 0, sums / total.clamp(min=0.5), 0.25)",
                    "A bin without words keeps the weights that it had."),
            mistake("empty-bins-lost", "weights = torch.where(total > 0, sums / total.clamp(min=0.5), weights)",
                    "weights = sums / total.clamp(min=0.5)", "A bin without words keeps the weights that it had."),
            mistake("one-iteration", "for _ in range(iterations):", "for _ in range(min(1, iterations)):",
                    "Repeat as often as `iterations` says."),
            mistake("divided-by-all-words", "sums / total.clamp(min=0.5)", "sums / len(found)",
                    "The mean is over the words of the bin: else its weights do not sum to 1."),
            mistake("winner-takes-all", "(shares / shares.sum(1, keepdim=True))",
                    "(shares == shares.amax(1, keepdim=True)).to(shares.dtype)",
                    "Every term has its share of a word, not only the likeliest."),
        ),
        hints=("weights[bins] are the weights that each word sees.",
               "A one-hot matrix of the bins, transposed, times the shares sums them by bin."),
    ),
    Step(
        minutes=25,
        statement="""
            The network learns by gradient ascent, one word at a time, in the order of the text. The word at place
            context + t, t = 0, 1, ..., is predicted from the `context` words before it, by steps 1 and 2, and then all
            parameters move at once. With eps_t = rate / (1 + slowing t),

                C, W, H, U   <- C + eps_t (d log P / d C - decay C), and likewise
                b, d         <- b + eps_t d log P / d b, and likewise: biases do not decay

            All of C decays, also the rows of words that are not in the context. `parameters` are C, b, W, d, H, U.
            Return log P of each word before its update, then the last C, b, W, d, H, U. What comes in stays as it is;
            autograd may find the gradients.
            """,
        answer=learn,
        cases=lessons,
        gradients=False,
        returns=("log P", *PARAMETERS),
        mistakes=(
            mistake("downwards", "value.detach() + step", "value.detach() - step",
                    "log P is to grow: this is ascent, with the decay pulling towards 0."),
            mistake("biases-decay", "decay * value.detach() if value.ndim > 1 else 0", "decay * value.detach()",
                    "b and d do not decay."),
            mistake("no-decay", "decay * value.detach() if value.ndim > 1 else 0", "0", "`decay` is not used."),
            mistake("decay-upwards", "(slope - (decay", "(slope + (decay", "The decay pulls the weights towards 0."),
            mistake("decay-not-scaled", "step * (slope - (decay * value.detach() if value.ndim > 1 else 0))",
                    "step * slope - (decay * value.detach() if value.ndim > 1 else 0)",
                    "The decay, too, is multiplied by eps_t."),
            mistake("table-not-decayed", "if value.ndim > 1 else 0", "if value.ndim > 1 and value is not C else 0",
                    "The features decay, too."),
            mistake("table-fixed", "        slopes = torch.autograd.grad(chance, leaves)",
                    "        slopes = torch.autograd.grad(chance, leaves)\n"
                    "        slopes = (decay * C.detach(), *slopes[1:])",
                    "The table C is learned like everything else."),
            mistake("rate-stays", "rate / (1 + slowing * t)", "rate", "The rate falls with the updates."),
            mistake("counts-from-one", "(1 + slowing * t)", "(1 + slowing * (t + 1))",
                    "t is 0 at the first update."),
            mistake("own-word", "text[None, t : t + context]", "text[None, t + 1 : t + context + 1]",
                    "The context ends before the word that is predicted."),
            mistake("all-at-once", "        parameters = tuple(\n            value.detach() + step",
                    "        parameters = parameters if t + 1 < len(text) - context else tuple(\n"
                    "            value.detach() + step", "Every word is followed by an update."),
        ),
        hints=("text[None, t : t + context] is a batch of one context.",
               "value.ndim tells matrices from biases.",
               "log_softmax(y)[0, word], and autograd.grad of it."),
    ),
))  # fmt: skip
