"""Rebuild the first attention: a gated step, annotations, the look at the source, maxout, and the translator."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Generator, Tensor

from firsthand.papers.bahdanau.answers import annotate, look, move, translate, word
from firsthand.papers.cases import drawn, flat, within
from firsthand.papers.exercise import Case, Exercise, Identity, Step, mistake


def states(generator: Generator) -> Iterator[Case]:
    """What the inputs bring, a state from before, and the matrices of the state."""
    for batch, n in ((1, 1), (1, 2), (3, 2), (3, 3), (2, 5)):
        yield Case(f"batch {batch}, n {n}", drawn(generator, given=(batch, 3 * n), s=(batch, n), U=(3 * n, n)))


def unit(generator: Generator, name: str, m: int, n: int) -> dict[str, Tensor]:
    """The parameters of one direction of the encoder."""
    made = drawn(generator, W=(3 * n, m), U=(3 * n, n), b=(3 * n,))
    return {f"{name}.{part}": value for part, value in made.items()}


def long(generator: Generator, batch: int, places: int) -> Tensor:
    """Lengths up to the number of places, which the first has, and the last only where there is but one."""
    lengths = torch.randint(1, max(places - 1, 1) + 1, (batch,), generator=generator)
    lengths[0] = places
    return lengths


def sentences(generator: Generator) -> Iterator[Case]:
    """Vectors of words, padded, and both directions."""
    for batch, places, m, n in ((1, 1, 1, 1), (1, 2, 2, 2), (2, 3, 2, 2), (3, 4, 3, 3), (3, 5, 4, 2)):
        lengths = long(generator, batch, places)
        made: dict[str, Any] = drawn(generator, x=(batch, places, m)) | {"lengths": lengths}
        made |= unit(generator, "forward", m, n) | unit(generator, "backward", m, n)
        yield Case(f"batch {batch}, places {places}, m {m}, n {n}, lengths {lengths.tolist()}", made)


def looks(generator: Generator) -> Iterator[Case]:
    """A state, annotations, padding, and the small network that compares them."""
    for batch, places, n, width, size in ((1, 1, 1, 2, 1), (1, 2, 2, 2, 2), (2, 3, 3, 3, 3), (3, 4, 2, 4, 5)):
        made: dict[str, Any] = drawn(generator, s=(batch, n), h=(batch, places, width))
        made["keep"] = torch.arange(places) < long(generator, batch, places)[:, None]
        made |= drawn(generator, W_a=(size, n), U_a=(size, width), v=(size,))
        yield Case(f"batch {batch}, places {places}, n {n}, width {width}, size {size}", made)


def output(generator: Generator, n: int, m: int, width: int, pairs: int, vocab: int) -> dict[str, Tensor]:
    """The parameters of the deep output."""
    sizes = {"U_o": (2 * pairs, n), "V_o": (2 * pairs, m), "C_o": (2 * pairs, width), "b_o": (2 * pairs,)}
    return drawn(generator, **sizes, W_o=(vocab, pairs), b_y=(vocab,))


def words(generator: Generator) -> Iterator[Case]:
    """What the deep output sees, and its parameters."""
    sizes = ((1, 1, 1, 2, 1, 2), (1, 2, 2, 2, 2, 2), (2, 3, 2, 4, 3, 4), (4, 2, 3, 4, 5, 6))
    for batch, n, m, width, pairs, vocab in sizes:
        made = drawn(generator, s=(batch, n), y=(batch, m), c=(batch, width))
        made |= within("p", output(generator, n, m, width, pairs, vocab))
        yield Case(f"batch {batch}, n {n}, m {m}, width {width}, l {pairs}, vocab {vocab}", made)


def pairs(generator: Generator) -> Iterator[Case]:
    """Sentences and their translations, and all parameters."""
    for batch, places, time, m, n, vocab in ((1, 1, 1, 1, 1, 2), (1, 2, 2, 2, 2, 3), (3, 4, 3, 3, 2, 5)):
        lengths = long(generator, batch, places)
        made: dict[str, Any] = {"source": torch.randint(vocab + 1, (batch, places), generator=generator)}
        made |= {"lengths": lengths, "target": torch.randint(vocab, (batch, time), generator=generator)}
        made["target"][0, 1:2] = (made["target"][0, 0] + 1) % vocab  # no sentence of one word over and over
        made |= unit(generator, "forward", m, n) | unit(generator, "backward", m, n)
        own = drawn(generator, E_x=(vocab + 1, m), E_y=(vocab, m), W_s=(n, n), b_s=(n,))
        own |= drawn(generator, W_a=(n + 1, n), U_a=(n + 1, 2 * n), v=(n + 1,))
        own |= drawn(generator, W=(3 * n, m), U=(3 * n, n), C=(3 * n, 2 * n), b=(3 * n,))
        own |= output(generator, n, m, 2 * n, 3, vocab)
        made |= within("p", own)
        yield Case(f"batch {batch}, source {places} of lengths {lengths.tolist()}, target {time}, m {m}, n {n}", made)


def kept(answer: Any, generator: Generator) -> Tensor:
    """How far a state is from what it was with the update gate shut."""
    (*_, case) = states(generator)
    given = case.inputs["given"].clone()
    n = given.shape[1] // 3
    given[:, n : 2 * n] = -1e3
    return answer(given, case.inputs["s"], case.inputs["U"]) - case.inputs["s"]


def mirrored(answer: Any, generator: Generator) -> Tensor:
    """How far the annotations of a sentence that is turned round, by directions that are swapped, are from mirrored."""
    (*_, case) = sentences(generator)
    inputs = {name: value for name, value in case.inputs.items() if "." not in name}
    inputs["lengths"] = torch.full_like(inputs["lengths"], inputs["x"].shape[1])
    parts = {name: value for name, value in case.inputs.items() if "." in name}
    swapped = {name: parts[("back" if name[0] == "f" else "for") + "ward" + name[-2:]] for name in parts}
    there = flat(answer, **inputs, **parts)
    back = flat(answer, **inputs | {"x": inputs["x"].flip(1)}, **swapped)
    return back.flip(1) - there.roll(there.shape[2] // 2, 2)


def padding(answer: Any, generator: Generator) -> Tensor:
    """How far the logits change when the padding of the source does."""
    (*_, case) = pairs(generator)
    other = case.inputs["source"].clone()
    for row, length in zip(other, case.inputs["lengths"].tolist(), strict=True):
        row[length:] = (row[length:] + 1) % 5
    return flat(answer, **case.inputs | {"source": other})[0] - flat(answer, **case.inputs)[0]


def so_far(answer: Any, generator: Generator) -> Tensor:
    """How far the logits change when the last word of the target does."""
    (*_, case) = pairs(generator)
    other = case.inputs["target"].clone()
    other[:, -1] = (other[:, -1] + 1) % 5
    return flat(answer, **case.inputs | {"target": other})[0] - flat(answer, **case.inputs)[0]


EXERCISE = Exercise(steps=(
    Step(
        minutes=10,
        statement="""
            Encoder and decoder move from state to state by a gated unit. What all inputs bring to its three sums is
            given, n numbers for each, in the order r, z, candidate; the rows of U have the same order:

                r  = sigmoid(given_r + U_r s)        reset gate
                z  = sigmoid(given_z + U_z s)        update gate
                s~ = tanh(given_s + U_s (r s))       candidate
                s' = (1 - z) s + z s~

            Products of gates and states are element by element. Return s'. (Mind z: it lets in the new, while in later
            papers and in torch it keeps the old.)
            """,
        answer=move,
        cases=states,
        returns=("s'",),
        identities=(Identity("with z at 0 the state stays as it is", kept),),
        mistakes=(
            mistake("update-turned", "(1 - z) * s + z * candidate", "z * s + (1 - z) * candidate",
                    "Here z lets the candidate in; it does not keep the old state."),
            mistake("reset-after-the-product", "(r * s) @ U[2 * n :].T", "r * (s @ U[2 * n :].T)",
                    "r acts on the state, before the product with U; torch has it after."),
            mistake("no-reset", "(r * s) @ U", "s @ U", "The candidate sees r s, not s."),
            mistake("gates-in-another-order", "r, z = torch.sigmoid(", "z, r = torch.sigmoid(", "r comes before z."),
            mistake("reset-on-the-inputs", "torch.tanh(given[:, 2 * n :] + (r * s) @ U[2 * n :].T)",
                    "torch.tanh(r * given[:, 2 * n :] + s @ U[2 * n :].T)", "r acts on the state, not on the inputs."),
            mistake("gates-see-no-state", "given[:, : 2 * n] + s @ U[: 2 * n].T", "given[:, : 2 * n]",
                    "Both gates see the state before, too."),
            mistake("candidate-not-squashed", "torch.tanh(", "(", "The candidate is a tanh."),
            mistake("candidate-sigmoid", "torch.tanh(", "torch.sigmoid(",
                    "The candidate is a tanh: it can be negative."),
            mistake("old-state-in-full", "(1 - z) * s + z * candidate", "s + z * candidate",
                    "The new state is a mean of the old one and the candidate: (1 - z) s."),
            mistake("matrices-turned", "(r * s) @ U[2 * n :].T", "(r * s) @ U[2 * n :]",
                    "U_s is transposed: a row of U belongs to one unit of the sum."),
            mistake("state-cut", "(1 - z) * s + z", "(1 - z) * s.detach() + z",
                    "Part of the gradient does not reach the old state: look for detach or .data."),
        ),
        hints=("U[: 2 * n] are the rows of both gates, U[2 * n :] those of the candidate.",
               "r * s first, then the product with U."),
    ),
    Step(
        minutes=20,
        statement="""
            The annotation of a word is what two units think of it: one has read the source from its first word up to
            this one, the other from its last word down to it; both begin with a state of 0:

                h_j = (state of the forward unit at j, state of the backward unit at j)        2 n numbers

            Each unit is a dictionary with W (3 n, m), b (3 n) and U (3 n, n): at each place it makes one move of step
            1 with given = W x_j + b. Sentences are padded to the longest one: sentence i has lengths[i] words. The
            backward unit begins at a sentence's own last word, and the annotations of padding are 0.
            """,
        answer=annotate,
        cases=sentences,
        use=flat,
        returns=("h",),
        identities=(Identity("the sentence turned round, the directions swapped: mirrored annotations", mirrored),),
        mistakes=(
            mistake("backward-reads-padding", "s = torch.where(inside[:, j, None], new, 0)\n            states[j] = s",
                    "s = new\n            states[j] = torch.where(inside[:, j, None], new, 0)",
                    "The backward unit has read padding before the last word: its state must still be 0 there."),
            mistake("padding-annotated", "states[j] = s", "states[j] = torch.where(inside[:, j, None], s, new)",
                    "The annotations of padding are 0."),
            mistake("backward-not-turned-back", "range(x.shape[1])], 1)", "range(x.shape[1])[::order]], 1)",
                    "The backward unit's states must stand at the words that they belong to, not in reading order."),
            mistake("both-forward", "((forward, 1), (backward, -1))", "((forward, 1), (backward, 1))",
                    "The second unit reads from the last word to the first."),
            mistake("one-unit-for-both", "((forward, 1), (backward, -1))", "((forward, 1), (forward, -1))",
                    "Each direction has parameters of its own."),
            mistake("backward-first", "torch.cat(found, 2)", "torch.cat(found[::-1], 2)",
                    "The forward unit's state comes first."),
            mistake("no-memory", 's, p["U"])', '0 * s, p["U"])', "Each move goes on from the state before."),
            mistake("state-cut", 's, p["U"])', 's.detach(), p["U"])',
                    "No gradient reaches the words read before: look for detach or .data."),
            mistake("bias-missing", ' + p["b"]', "", "b is missing."),
            mistake("summary-for-all", "torch.stack([states[j] for j in range(x.shape[1])], 1)",
                    "(s[:, None] * inside[:, :, None])",
                    "Every word has its own annotation: the state at that word, not the last one."),
        ),
        hints=("Two loops over the places, one in reverse; put the states back in order before they are joined.",
               "torch.where(inside, new, 0): a state that is 0 at all padding starts at the last word by itself.",
               "torch.cat([forward, backward], 2)."),
    ),
    Step(
        minutes=15,
        statement="""
            Before it writes a word the decoder compares its state s with every annotation h_j, by a small network, and
            reads their mean, weighted by how well they fit:

                e_j = v . tanh(W_a s + U_a h_j)
                a_j = exp(e_j) / sum over k of exp(e_k)
                c   = sum over j of a_j h_j                [5, 6]

            `keep` is True at the words of a sentence and False at its padding, whose weights are exactly 0: the sum
            over k is over words only. Return c, the context, and the weights a.
            """,
        answer=look,
        cases=looks,
        returns=("c", "a"),
        mistakes=(
            mistake("padding-looked-at", 'e.masked_fill(~keep, float("-inf"))', "e", "`keep` is not used."),
            mistake("masked-with-zero", 'float("-inf")', "0.0",
                    "exp(0) is 1: padding needs a score of -infinity before the softmax."),
            mistake("masked-after-softmax", 'a = torch.softmax(e.masked_fill(~keep, float("-inf")), dim=1)',
                    "a = torch.softmax(e, dim=1) * keep",
                    "Weights set to 0 after the softmax do not add up to 1: the sum is over words only."),
            mistake("no-tanh", "torch.tanh((s @ W_a.T)[:, None] + h @ U_a.T)", "((s @ W_a.T)[:, None] + h @ U_a.T)",
                    "Without the tanh s adds the same to all scores, and the weights do not depend on it."),
            mistake("v-missing", "+ h @ U_a.T) @ v", "+ h @ U_a.T) @ torch.ones_like(v)",
                    "v says how much each unit of the small network counts."),
            mistake("state-not-compared", "(s @ W_a.T)[:, None] + h", "h",
                    "The score depends on the state: W_a s is inside of the tanh; outside it adds the same to all."),
            mistake("multiplied", "(s @ W_a.T)[:, None] + h @ U_a.T", "(s @ W_a.T)[:, None] * (h @ U_a.T)",
                    "State and annotation are added inside of the tanh; a product came later (Luong)."),
            mistake("not-normalised", 'torch.softmax(e.masked_fill(~keep, float("-inf")), dim=1)',
                    "torch.sigmoid(e) * keep",
                    "The weights of the places compete: a softmax, they add up to 1."),
            mistake("sum-without-weights", "(a[:, :, None] * h).sum(1), a", "(h * keep[:, :, None]).sum(1), a",
                    "The context is the mean of the annotations under the weights."),
            mistake("weights-cut", "return (a[:, :, None] * h)", "return (a.detach()[:, :, None] * h)",
                    "No gradient reaches the scores: look for detach or .data."),
        ),
        hints=("(s @ W_a.T)[:, None] has an axis for the places.",
               "masked_fill(~keep, -inf), softmax over dimension 1."),
    ),
    Step(
        minutes=10,
        statement="""
            The logits of a word come from the state s, the vector y of the word before, and the context c, by a layer
            of l pairs, of each of which the larger one counts (maxout):

                t~ = U_o s + V_o y + C_o c + b_o              2 l numbers
                t_j = max(t~_(2 j - 1), t~_(2 j))             j = 1 .. l: first and second, third and fourth, ...
                logits = W_o t + b_y

            p holds U_o, V_o, C_o, b_o, W_o and b_y. A softmax of the logits would be p(y_i | ...) [4]; leave it out.
            """,
        answer=word,
        cases=words,
        use=flat,
        returns=("logits",),
        mistakes=(
            mistake("halves", "deep[:, 0::2], deep[:, 1::2]", "*deep.chunk(2, 1)",
                    "A pair are neighbours: the first and the second, not the first of each half."),
            mistake("smaller-of-both", "torch.maximum(", "torch.minimum(", "The larger of a pair counts."),
            mistake("rectified", "torch.maximum(deep[:, 0::2], deep[:, 1::2])", "deep[:, 0::2].clamp(min=0)",
                    "The larger of two sums, not of one sum and 0."),
            mistake("mean-of-pairs", "torch.maximum(deep[:, 0::2], deep[:, 1::2])",
                    "(deep[:, 0::2] + deep[:, 1::2]) / 2", "Of a pair the larger one counts, not the mean."),
            mistake("state-missing", 's @ p["U_o"].T + ', "", "The state has its part: U_o s."),
            mistake("word-before-missing", ' + y @ p["V_o"].T', "", "The word before has its part: V_o y."),
            mistake("context-missing", ' + c @ p["C_o"].T', "", "The context has its part: C_o c."),
            mistake("deep-bias-missing", ' + p["b_o"]', "", "b_o is missing."),
            mistake("output-bias-missing", ' + p["b_y"]', "", "b_y is missing."),
            mistake("probabilities", 'return t @ p["W_o"].T + p["b_y"]',
                    'return torch.softmax(t @ p["W_o"].T + p["b_y"], 1)', "Logits: leave the softmax out."),
            mistake("squashed", "t = torch.maximum(deep[:, 0::2], deep[:, 1::2])",
                    "t = torch.maximum(deep[:, 0::2], deep[:, 1::2]).tanh()", "The maximum itself goes on: no tanh."),
        ),
        hints=("deep[:, 0::2] are the first ones of all pairs.", "torch.maximum."),
    ),
    Step(
        minutes=25,
        statement="""
            The translator, trained by teacher forcing: while it learns it reads the true words. E_x and E_y are tables
            with a vector for every word of source and target; all other parameters are those of before, all in p but
            for both units of the encoder. The decoder's own unit has given = W E_y y_(i-1) + C c_i + b.

                h = annotations of the E_x x_j, keep = the places inside of a sentence             step 2
                s_0 = tanh(W_s g + b_s)            g: the backward unit's state at the first word
                for i = 1, 2, ..., with E_y y_0 = 0:
                    c_i, a_i = look of s_(i-1) at h, by W_a, U_a, v                                step 3
                    logits_i = word of s_(i-1), E_y y_(i-1) and c_i                                step 4
                    s_i = move of s_(i-1), by U                                                    step 1

            Word and look both see s_(i-1), the state before the move, as the appendix has it. Return the logits of all
            words of the target and the weights a.
            """,
        answer=translate,
        cases=pairs,
        use=flat,
        returns=("logits", "a"),
        identities=(
            Identity("what the padding of the source holds changes nothing", padding),
            Identity("no logits see the word that they are to predict", so_far),
        ),
        mistakes=(
            mistake("state-after-the-move", "logits.append(word(s, y, c, p))\n        weights.append(a)\n"
                    '        s = move(y @ p["W"].T + c @ p["C"].T + p["b"], s, p["U"])',
                    'before, s = s, move(y @ p["W"].T + c @ p["C"].T + p["b"], s, p["U"])\n'
                    "        logits.append(word(s, y, c, p))\n        weights.append(a)",
                    "The word sees s_(i-1), the state before the move. (Equation 4 can be read otherwise.)"),
            mistake("sees-the-answer", "for i in range(target.shape[1]):\n",
                    'for i in range(target.shape[1]):\n        y = p["E_y"][target[:, i]]\n',
                    "The word before is read, not the one to predict: begin with 0 and shift the target by one place."),
            mistake("begins-with-word-0", 'torch.zeros_like(p["E_y"][target[:, 0]])', 'p["E_y"][0 * target[:, 0]]',
                    "There is no begin of a sentence: E_y y_0 is a vector of zeros."),
            mistake("starts-from-zero", 's = torch.tanh(h[:, 0, forward["U"].shape[1] :] @ p["W_s"].T + p["b_s"])',
                    's = 0 * torch.tanh(h[:, 0, forward["U"].shape[1] :] @ p["W_s"].T + p["b_s"])',
                    "s_0 is made of the backward unit's state at the first word."),
            mistake("starts-from-the-forward-unit", 'h[:, 0, forward["U"].shape[1] :]',
                    'h[:, 0, : forward["U"].shape[1]]',
                    "The second half of an annotation is the backward unit's: it has read the whole sentence."),
            mistake("starts-from-the-last-place", 'h[:, 0, forward["U"].shape[1] :]',
                    'h[:, -1, forward["U"].shape[1] :]',
                    "The backward unit ends at the first word: there it has read the whole sentence."),
            mistake("start-not-squashed", "s = torch.tanh(h[", "s = (h[", "s_0 is a tanh."),
            mistake("one-look-for-all", "for i in range(target.shape[1]):\n        c, a = look(s, h,",
                    "first = s\n    for i in range(target.shape[1]):\n        c, a = look(first, h,",
                    "The source is looked at anew before every word, by the state of that moment."),
            mistake("context-not-moved-by", ' + c @ p["C"].T', "", "The move sees the context, too: C c_i."),
            mistake("word-not-moved-by", 'move(y @ p["W"].T + c', "move(c",
                    "The move sees the word before: W E_y y_(i-1)."),
            mistake("source-not-masked", "keep = torch.arange(source.shape[1]) < lengths[:, None]",
                    "keep = torch.ones_like(source, dtype=torch.bool)",
                    "Padding is never looked at: `lengths` says how long each sentence is."),
            mistake("state-cut", 's, p["U"])', 's.detach(), p["U"])',
                    "No gradient reaches the words before through the state: look for detach or .data."),
        ),
        hints=("annotate once, before the loop.", "h[:, 0, n:] is the backward unit's state at the first word.",
               "In the loop: look, word, move, and only then y = E_y[target[:, i]]."),
    ),
))  # fmt: skip
