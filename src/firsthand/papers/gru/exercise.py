"""Rebuild the gated recurrent unit: its gates, both readings of its step, a layer with lengths, an encoder-decoder."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Generator, Tensor

from firsthand.papers.cases import drawn
from firsthand.papers.exercise import Case, Exercise, Identity, Step, mistake
from firsthand.papers.gru.answers import EncoderDecoder, gates, layer, step, step_after

SIZES = ((1, 1, 1), (1, 2, 1), (2, 1, 3), (2, 3, 2), (3, 3, 3), (4, 2, 5))  # batch, inputs, hidden
TEXTS = ((1, 1, 1, 1), (1, 2, 1, 1), (2, 3, 2, 1), (2, 2, 3, 2), (3, 3, 3, 3), (4, 5, 1, 2))  # with time second


def weights(generator: Generator, inputs: int, hidden: int, biases: bool = True) -> dict[str, Tensor]:
    """The matrices of a layer, and its biases."""
    made = drawn(generator, W=(3 * hidden, inputs), U=(3 * hidden, hidden))
    return made | (drawn(generator, b=(3 * hidden,), c=(3 * hidden,)) if biases else {})


def one_step(generator: Generator, biases: bool = False) -> Iterator[Case]:
    """One input and a state from before."""
    for batch, inputs, hidden in SIZES:
        made = drawn(generator, x=(batch, inputs), h=(batch, hidden)) | weights(generator, inputs, hidden, biases)
        yield Case(f"batch {batch}, inputs {inputs}, hidden {hidden}", made)


def texts(generator: Generator) -> Iterator[Case]:
    """Texts of several lengths, padded."""
    for batch, time, inputs, hidden in TEXTS:
        made = drawn(generator, x=(batch, time, inputs), h=(batch, hidden)) | weights(generator, inputs, hidden)
        lengths = torch.randint(1, time + 1, (batch,), generator=generator)
        words = f"batch {batch}, time {time}, inputs {inputs}, hidden {hidden}, lengths {lengths.tolist()}"
        yield Case(words, made | {"lengths": lengths})


def translations(generator: Generator) -> Iterator[Case]:
    """Sources and targets, and the parameters of both networks by their names."""
    for batch, source, target, vocab, hidden in ((1, 1, 1, 2, 1), (1, 2, 1, 3, 2), (2, 2, 2, 4, 3), (3, 4, 3, 5, 4)):
        made = {f"{name}_{part}": value for name in ("read", "write")
                for part, value in weights(generator, vocab, hidden).items()}  # fmt: skip
        made |= drawn(generator, V=(vocab, hidden))
        first = {name: torch.randint(vocab, (batch, n), generator=generator)
                 for name, n in (("source", source), ("target", target))}  # fmt: skip
        lengths = torch.randint(1, source + 1, (batch,), generator=generator)
        lengths[0] = 1
        words = f"batch {batch}, source {source} of lengths {lengths.tolist()}, target {target}, hidden {hidden}"
        yield Case(words, first | {"lengths": lengths} | made)


def translated(answer: Any, source: Tensor, target: Tensor, lengths: Tensor, **parameters: Tensor) -> Tensor:
    """The logits of a network with these parameters."""
    network = answer(*parameters["V"].shape)
    for name, value in parameters.items():
        delattr(network, name)
        setattr(network, name, value)  # so that gradients reach it
    return network(source, target, lengths)


def kept(answer: Any, generator: Generator) -> Tensor:
    """How far the state is from what it was, with z at 1."""
    x, h, W, U = drawn(generator, x=(2, 3), h=(2, 4), W=(12, 3), U=(12, 4)).values()
    W, U, x = torch.zeros_like(W), torch.zeros_like(U), torch.ones_like(x)
    W[4:8] = 1e3
    return answer(x, h, W, U) - h


def between(answer: Any, generator: Generator) -> float:
    """What the state is outside of -1 and 1, where it started inside."""
    x, h, W, U = drawn(generator, x=(9, 3), h=(9, 4), W=(12, 3), U=(12, 4)).values()
    return max(0.0, float(answer(x, h.tanh(), 3 * W, 3 * U).abs().max()) - 1)


def padding(answer: Any, generator: Generator) -> Tensor:
    """How far the last states are from those of other padding."""
    (*_, case) = texts(generator)
    x, *rest = case.inputs.values()
    other = x.clone()
    for row, length in zip(other, case.inputs["lengths"].tolist(), strict=True):
        row[length:] = 7.0
    return answer(other, *rest)[1] - answer(x, *rest)[1]


EXERCISE = Exercise(steps=(
    Step(
        minutes=10,
        statement="""
            Two gates see the input and the state before; the paper prints no biases:

                r = sigmoid(W_r x_t + U_r h_t-1)      reset gate     [5]
                z = sigmoid(W_z x_t + U_z h_t-1)      update gate    [6]

            The rows of W and U hold r, z and the candidate n, in this order; n is for the next step.
            """,
        answer=gates,
        cases=one_step,
        returns=("r", "z"),
        mistakes=(
            mistake("gates-in-another-order", "return r, z", "return z, r", "The rows hold r first, then z."),
            mistake("not-squashed", "z = torch.sigmoid(", "z = (", "Gates are sigmoids: from 0 to 1."),
            mistake("tanh-gates", "r = torch.sigmoid(", "r = torch.tanh(", "Gates are sigmoids: from 0 to 1."),
            mistake("state-not-seen", "W[hidden : 2 * hidden].T + h @ U[hidden : 2 * hidden].T",
                    "W[hidden : 2 * hidden].T",
                    "The gates see the state before, too: U h."),
            mistake("input-not-seen", "x @ W[:hidden].T + h @ U[:hidden].T", "h @ U[:hidden].T",
                    "The gates see the input: W x."),
            mistake("recurrent-weight-turned", "h @ U[:hidden].T", "h @ U[:hidden]",
                    "U is transposed: row j of U belongs to unit j of the gate."),
            mistake("candidate-rows", "h @ U[hidden : 2 * hidden].T", "h @ U[2 * hidden :].T",
                    "The last rows are those of n; z has the second ones."),
            mistake("one-minus-z", "return r, z", "return r, 1 - z",
                    "Here z at 1 keeps the state; later papers have z and 1 - z the other way round."),
        ),
        hints=("hidden is h.shape[1]; W[:hidden] are the rows of r.", "torch.sigmoid."),
    ),
    Step(
        minutes=15,
        statement="""
            The candidate sees as much of the state as r lets it, and the state moves as far towards it as z lets it:

                n   = tanh(W x_t + U (r h_t-1))        [8]
                h_t = z h_t-1 + (1 - z) n              [7]
            """,
        answer=step,
        cases=one_step,
        returns=("h",),
        identities=(
            Identity("with z at 1 the state stays as it is", kept),
            Identity("a state between -1 and 1 stays there", between),
        ),
        mistakes=(
            mistake("update-turned", "z * h + (1 - z) * n", "(1 - z) * h + z * n",
                    "Here z keeps the old state; later papers have it the other way round."),
            mistake("reset-after", "(r * h) @ U[2 * hidden :].T", "r * (h @ U[2 * hidden :].T)",
                    "That is how torch has it: in the paper r acts before the product with U."),
            mistake("no-reset", "(r * h) @ U", "h @ U", "The candidate sees r h, not h."),
            mistake("reset-on-input", "x @ W[2 * hidden :].T + (r * h) @ U[2 * hidden :].T",
                    "r * (x @ W[2 * hidden :].T) + h @ U[2 * hidden :].T", "r acts on the state, not on the input."),
            mistake("candidate-not-squashed", "n = torch.tanh(", "n = (", "The candidate is a tanh."),
            mistake("candidate-sigmoid", "n = torch.tanh(", "n = torch.sigmoid(",
                    "The candidate is a tanh: it can be negative."),
            mistake("old-state-added", "(1 - z) * n", "n",
                    "The new state is between the old one and the candidate: (1 - z) n."),
            mistake("gates-crossed", "r, z = gates", "z, r = gates", "`gates` returns r before z."),
            mistake("no-memory", "z * h + (1 - z) * n", "(1 - z) * n", "z h is what stays of the old state."),
            mistake("state-cut", "z * h + (1 - z) * n", "z * h.detach() + (1 - z) * n",
                    "No gradient reaches the old state: look for detach or .data."),
        ),
        hints=("The last `hidden` rows of W and U belong to n.", "r * h first, then the product with U."),
    ),
    Step(
        minutes=15,
        statement="""
            torch and cuDNN have another reading, with two biases, in which r acts after the product:

                r = sigmoid(W_r x + b_r + U_r h + c_r)        z likewise
                n = tanh(W x + b_n + r (U h + c_n))
                h_t = z h_t-1 + (1 - z) n
            """,
        answer=step_after,
        cases=lambda generator: one_step(generator, biases=True),
        returns=("h",),
        mistakes=(
            mistake("reset-before", "r * h_n", "(r * h) @ U[2 * h.shape[1] :].T + c[2 * h.shape[1] :]",
                    "That is the paper's reading: here r multiplies U h + c."),
            mistake("bias-outside-of-reset", "r * h_n", "r * (h_n - c[2 * h.shape[1] :]) + c[2 * h.shape[1] :]",
                    "r multiplies c_n, too."),
            mistake("input-bias-missing", "(x @ W.T + b)", "(x @ W.T)", "There are two biases; b is missing."),
            mistake("state-bias-missing", "(h @ U.T + c)", "(h @ U.T)", "There are two biases; c is missing."),
            mistake("reset-on-both", "x_n + r * h_n", "r * (x_n + h_n)", "r acts on what comes from the state only."),
            mistake("no-reset", "x_n + r * h_n", "x_n + h_n", "r is not used."),
            mistake("update-turned", "z * h + (1 - z) * n", "(1 - z) * h + z * n", "z keeps the old state."),
            mistake("gates-in-another-order", "x_r, x_z, x_n =", "x_z, x_r, x_n =", "The rows hold r, z and n."),
            mistake("reset-of-the-input", "r, z = torch.sigmoid(x_r + h_r)", "r, z = torch.sigmoid(x_r)",
                    "The reset gate sees the state, too."),
        ),
        hints=("(x @ W.T + b).chunk(3, dim=1) is all that comes from the input.",
               "Keep the two products apart until r is known."),
    ),
    Step(
        minutes=15,
        statement="""
            A layer over texts of several lengths, padded to the longest, with the step of before. Past its end a text's
            state stays as it is; so the last state of the loop is each text's own last one.
            """,
        answer=layer,
        cases=texts,
        returns=("states", "the last state"),
        identities=(Identity("what the padding holds changes nothing", padding),),
        mistakes=(
            mistake("padding-read", "torch.where(inside, step_after(x_t, h, W, U, b, c), h)",
                    "step_after(x_t, h, W, U, b, c)",
                    "Past its end a text's state must stay: compare t with lengths."),
            mistake("one-too-many", "(t < lengths)", "(t <= lengths)", "A text of 3 tokens has the places 0, 1 and 2."),
            mistake("one-too-few", "(t < lengths)", "(t + 1 < lengths)", "The last token counts, too."),
            mistake("padding-to-zero", "step_after(x_t, h, W, U, b, c), h)", "step_after(x_t, h, W, U, b, c), 0 * h)",
                    "Past its end a text's state stays; it does not become zero."),
            mistake("state-cut", "step_after(x_t, h, W", "step_after(x_t, h.detach(), W",
                    "No gradient reaches the step before: look for detach or .data."),
            mistake("walks-backwards", "enumerate(x.unbind(1))", "enumerate(x.flip(1).unbind(1))",
                    "The text is read from its end."),
            mistake("time-first", "torch.stack(states, 1)", "torch.stack(states)",
                    "The states are (batch, time, hidden)."),
            mistake("first-state-kept", "step_after(x_t, h, W", "step_after(x_t, 0 * h, W",
                    "Each step starts from the state before."),
        ),
        hints=("t < lengths says which texts have a token at t.", "torch.where(inside[:, None], new, old)."),
    ),
    Step(
        minutes=20,
        statement="""
            The paper's network for translation. One layer, with the parameters read_W, read_U, read_b, read_c, reads
            the source's one-hot tokens from a state of zeros. Its last state, the summary, is where the other layer,
            write_W and so on, starts from: it reads the target's tokens (of full length), and V h_t are the logits
            of the token after each. `lengths` are those of the sources.
            """,
        answer=EncoderDecoder,
        cases=translations,
        use=translated,
        returns=("logits",),
        mistakes=(
            mistake("summary-not-used", "layer(one_hot[target], summary,", "layer(one_hot[target], 0 * summary,",
                    "The writing layer starts from the summary of the source."),
            mistake("summary-cut", "layer(one_hot[target], summary,", "layer(one_hot[target], summary.detach(),",
                    "No gradient reaches the reading layer: look for detach or .data."),
            mistake("one-layer-for-both", "summary, self.write_W, self.write_U,", "summary, self.read_W, self.read_U,",
                    "The writing layer has matrices of its own."),
            mistake("padding-read", "self.read_c, lengths)", "self.read_c, 0 * lengths + source.shape[1])",
                    "The summary is the state after the source's own last token: pass the lengths on."),
            mistake("probabilities", "return states @ self.V.T", "return torch.softmax(states @ self.V.T, -1)",
                    "Logits are what a softmax would turn into probabilities: leave it out."),
            mistake("lengths-for-target", "self.write_c, whole)", "self.write_c, lengths)",
                    "`lengths` are those of the sources."),
            mistake("source-and-target-swapped", "layer(one_hot[source], h", "layer(one_hot[target], h",
                    "The source is read."),
            mistake("reads-backwards", "one_hot[source], h", "one_hot[source.flip(1)], h",
                    "The source is read from its start here; `seq2seq` reads it from its end."),
        ),
        hints=("torch.eye(vocab)[tokens] makes one-hot vectors.", "layer returns all states and the last one.",
               "The target's lengths are all target.shape[1]."),
    ),
))  # fmt: skip
