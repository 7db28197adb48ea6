"""Rebuild WaveNet: samples as codes, dilated causal convolutions, the gated layer, the network, and how it writes."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Generator, Tensor

from firsthand.papers.cases import drawn
from firsthand.papers.exercise import Case, Exercise, Identity, Mistake, Step, mistake
from firsthand.papers.wavenet.answers import causal, decode, encode, layer, wavenet, write


def sounds(generator: Generator) -> Iterator[Case]:
    """Samples loud and quiet, some beyond 1."""
    for count, levels in ((1, 4), (3, 16), (300, 5), (300, 256)):
        x = 2 * torch.rand(count, generator=generator, dtype=torch.float64) - 1
        if count > 3:
            x[::3] *= 0.02
            x[:6] = torch.tensor([-1.0, 1.0, -1.4, 1.3, -7.0, 9.0])
        yield Case(f"{count} samples, {levels} levels", {"x": x, "levels": levels})


def codes(generator: Generator) -> Iterator[Case]:
    """Codes of several numbers of levels."""
    for count, levels in ((1, 4), (3, 16), (9, 5), (40, 256)):
        made = torch.randint(levels, (count,), generator=generator)
        if count > 3:
            made[:2] = torch.tensor([0, levels - 1])
        yield Case(f"{count} codes of {levels}", {"codes": made, "levels": levels})


def convolutions(generator: Generator) -> Iterator[Case]:
    """Inputs over time, a kernel, and how far apart its inputs are."""
    for batch, inputs, outputs, time, kernel, dilation in (
        (1, 1, 1, 1, 2, 1), (1, 1, 1, 3, 2, 1), (2, 2, 3, 4, 2, 2), (3, 3, 3, 3, 3, 1), (2, 1, 2, 9, 3, 3)
    ):  # fmt: skip
        made = drawn(generator, x=(batch, inputs, time), W=(outputs, inputs, kernel), b=(outputs,))
        words = f"batch {batch}, {inputs} to {outputs} channels, time {time}, kernel {kernel}, dilation {dilation}"
        yield Case(words, made | {"dilation": dilation})


def of_layers(generator: Generator, layers: tuple[int, ...], sizes: tuple[int, ...], kernel: int) -> dict[str, Tensor]:
    """The weights of one layer, or of several stacked, for these channels: residual, gate, skip, speaker."""
    residual, gate, skip, speaker = sizes
    shapes = {"W": (2 * gate, residual, kernel), "b": (2 * gate,), "S": (2 * gate, speaker)}
    shapes |= {"U": (residual, gate), "u": (residual,), "V": (skip, gate), "v": (skip,)}
    return drawn(generator, **{name: layers + shape for name, shape in shapes.items()})


def one_layer(generator: Generator) -> Iterator[Case]:
    """A layer's inputs and weights."""
    for batch, time, sizes, dilation in (
        (1, 1, (1, 1, 1, 1), 1), (1, 3, (2, 1, 1, 1), 1), (2, 4, (3, 3, 3, 3), 2), (3, 6, (2, 4, 3, 2), 3)
    ):  # fmt: skip
        made = drawn(generator, x=(batch, sizes[0], time), s=(batch, sizes[3])) | of_layers(generator, (), sizes, 2)
        channels = "{} residual, {} gate, {} skip channels".format(*sizes)
        yield Case(f"batch {batch}, time {time}, {channels}, dilation {dilation}", made | {"dilation": dilation})


def networks(generator: Generator, steps: int | None = None) -> Iterator[Case]:
    """Tokens and the weights of a network; with steps to write, if asked for."""
    for batch, time, dilations, sizes, kernel in (
        (1, 1, [1], (1, 1, 1, 1), 2),
        (1, 3, [1, 2], (2, 3, 2, 1), 2),
        (2, 9, [1, 2, 4], (3, 3, 3, 3), 2),
        (2, 8, [1, 3, 1], (2, 3, 4, 2), 3),
    ):
        vocab, (residual, _, skip, speaker) = 5, sizes
        tokens = {"tokens": torch.randint(vocab, (batch, time), generator=generator)}
        if steps is not None:
            tokens |= {"steps": steps + time // 2}
        rest = drawn(generator, s=(batch, speaker)) | {"dilations": dilations}
        made = drawn(generator, E=(vocab, residual)) | of_layers(generator, (len(dilations),), sizes, kernel)
        made |= drawn(generator, O1=(skip, skip), o1=(skip,), O2=(vocab, skip), o2=(vocab,))
        words = f"batch {batch}, time {time}, dilations {dilations}, kernel {kernel}"
        yield Case(words, tokens | rest | made)


def with_weights(answer: Any, **inputs: Any) -> Any:
    """Use an answer whose weights come in a dictionary, the last of its arguments."""
    others = {name: value for name, value in inputs.items() if name in ("tokens", "steps", "s", "dilations")}
    return answer(*others.values(), {name: value for name, value in inputs.items() if name not in others})


def mirrored(answer: Any, generator: Generator) -> Tensor:
    """How far the code of the sample with the other sign is from the code counted from above."""
    x = torch.randn(50, generator=generator, dtype=torch.float64)
    return (answer(x, 256) + answer(-x, 256) - 255).double()


def odd(answer: Any, generator: Generator) -> Tensor:
    """How far the sample of a code is from that of the code counted from above, with the other sign."""
    every = torch.arange(256)
    return answer(every, 256) + answer(255 - every, 256)


def later(answer: Any, generator: Generator) -> Tensor:
    """What changes before a sample that is changed, or at those that the kernel does not reach."""
    inputs = drawn(generator, x=(1, 2, 12), W=(3, 2, 2), b=(3,))
    other = inputs["x"].clone()
    other[:, :, 5] += 1
    moved = answer(other, inputs["W"], inputs["b"], 4) - answer(*inputs.values(), 4)
    return torch.cat([moved[:, :, :5], moved[:, :, 6:9], moved[:, :, 10:]], 2)


def reached(answer: Any, generator: Generator) -> Tensor:
    """What changes outside of the receptive field's 8 samples from the one that is changed on."""
    *_, case = (case for case in networks(generator) if case.inputs["dilations"] == [1, 2, 4])
    inputs = dict(case.inputs)
    tokens = torch.cat([inputs["tokens"], inputs["tokens"]], 1)
    other = tokens.clone()
    other[:, 4] = (other[:, 4] + 1) % 5
    one, two = (with_weights(answer, **inputs | {"tokens": tokens}) for tokens in (tokens, other))
    return torch.cat([(one - two)[:, :4], (one - two)[:, 12:]], 1)


EXERCISE = Exercise(steps=(
    Step(
        minutes=10,
        statement="""
            A sample between -1 and 1 becomes one of `levels` codes by the mu-law, whose steps are small where sounds
            are quiet. With mu = levels - 1, natural logarithms, and samples beyond -1 and 1 cut off there first,

                f(x) = sign(x) ln(1 + mu |x|) / ln(1 + mu)         from -1 to 1
                code = floor((f(x) + 1) / 2 mu + 1/2)              0, ..., mu

            (f + 1) / 2 is multiplied by mu. Return the codes as whole numbers.
            """,
        answer=encode,
        cases=sounds,
        gradients=False,
        returns=("codes",),
        identities=(Identity("the sample with the other sign has the code counted from above", mirrored),),
        mistakes=(
            mistake("even-steps", "x.sign() * torch.log1p(mu * x.abs()) / log1p(mu)", "x",
                    "The law is missing: these steps are even."),
            mistake("sign-lost", "x.sign() * torch.log1p", "torch.log1p", "The sign of the sample is lost."),
            mistake("not-cut", "    x = x.clamp(-1, 1)\n", "", "Samples beyond -1 and 1 have the outermost codes."),
            mistake("rounded-down", "/ 2 * mu + 0.5", "/ 2 * mu", "The nearest level is meant: add 1/2 before floor."),
            mistake("levels-for-mu", "mu = levels - 1", "mu = levels", "mu is levels - 1: 255 for 256 levels."),
            mistake("not-shifted", "(y + 1) / 2 * mu", "y * mu", "f goes from -1 to 1: shift it to 0 to 1 first."),
            mistake("loud-steps-small", "torch.log1p(mu * x.abs()) / log1p(mu)", "(levels ** x.abs() - 1) / mu",
                    "That is the inverse of the law."),
            mistake("not-divided", " / log1p(mu)", "", "f(1) is 1: divide by ln(1 + mu)."),
        ),
        hints=("torch.log1p(a) is ln(1 + a).", "clamp first, then the law, then the nearest level."),
    ),
    Step(
        minutes=10,
        statement="""
            The way back: a code stands for the sample in the middle of its step, again with mu = levels - 1,

                y = 2 code / mu - 1                      from -1 to 1
                x = sign(y) ((1 + mu)^|y| - 1) / mu

            Return x in float64.
            """,
        answer=decode,
        cases=codes,
        gradients=False,
        returns=("samples",),
        identities=(Identity("codes counted from above have the other sign", odd),),
        mistakes=(
            mistake("even-steps", "y.sign() * ((1 + mu) ** y.abs() - 1) / mu", "y",
                    "The inverse of the law is missing."),
            mistake("sign-lost", "y.sign() * ((1", "((1", "Codes below the middle are negative samples."),
            mistake("one-not-taken-off", "** y.abs() - 1) / mu", "** y.abs()) / mu",
                    "The middle is 0: take 1 off before dividing by mu."),
            mistake("not-divided", "- 1) / mu", "- 1)", "The loudest sample is 1: divide by mu."),
            mistake("levels-for-mu", "mu = levels - 1", "mu = levels", "mu is levels - 1: 255 for 256 levels."),
            mistake("lower-edge", "2 * codes.double() / mu - 1", "(2 * codes.double() - 1) / mu - 1",
                    "A code stands for the middle of its step."),
            mistake("encoded-again", "((1 + mu) ** y.abs() - 1) / mu", "torch.log1p(mu * y.abs()) / log1p(mu)",
                    "That is the law itself: its inverse is needed."),
            mistake("base-mu", "(1 + mu) ** y.abs()", "mu ** y.abs()", "The base is 1 + mu."),
        ),
        hints=("y.sign() is -1, 0 or 1.",),
    ),
    Step(
        minutes=20,
        statement="""
            A causal convolution sees the present and what lies before it, a dilated one with gaps: with kernel k and
            dilation d, zeros standing before the start,

                y_t = b + sum over j = 0, ..., k-1 of W[:, :, j] x_(t - (k - 1 - j) d)

            So the last slice of W is for the present, the first for the sample (k - 1) d steps before. Return y, as
            long as x. Layers with dilations 1, 2, 4, ..., 512 and kernel 2 see 1,024 samples together.
            """,
        answer=causal,
        cases=convolutions,
        returns=("y",),
        identities=(Identity("a sample reaches itself and the one d steps later, with kernel 2", later),),
        mistakes=(
            mistake("sees-the-future", "torch.cat([x.new_zeros(*x.shape[:2], (kernel - 1) * dilation), x], 2)",
                    "torch.cat([x, x.new_zeros(*x.shape[:2], (kernel - 1) * dilation)], 2)",
                    "The zeros stand before the start, not after the end."),
            mistake("kernel-turned", "W[:, :, j] @", "W[:, :, kernel - 1 - j] @",
                    "The last slice of W is for the present."),
            mistake("no-dilation", "padded[:, :, j * dilation : j * dilation + time]",
                    "padded[:, :, (kernel - 1) * dilation - (kernel - 1 - j) :][:, :, :time]",
                    "The inputs of a kernel lie `dilation` steps apart."),
            mistake("shifted-by-one", "(kernel - 1) * dilation), x], 2)",
                    "(kernel - 1) * dilation + 1), x], 2)",
                    "The present is seen, too: do not shift by one."),
            mistake("no-bias", " + b[:, None]", "", "The bias is missing."),
            mistake("present-left-out", "for j in range(kernel)]", "for j in range(kernel - 1)]",
                    "All slices of the kernel count, the present's, too."),
            mistake("edge-repeated", "x.new_zeros(*x.shape[:2], (kernel - 1) * dilation)",
                    "x[:, :, :1].expand(-1, -1, (kernel - 1) * dilation)",
                    "Zeros stand before the start, not the first sample."),
            mistake("bias-for-each-slice", "torch.stack(parts).sum(0) + b", "torch.stack(parts).sum(0) + kernel * b",
                    "The bias is added once."),
            mistake("past-cut", "(kernel - 1) * dilation), x], 2)", "(kernel - 1) * dilation), x.detach()], 2)",
                    "The gradient flows to the inputs: look for detach."),
        ),
        hints=("Put (k - 1) d zeros before x along time.",
               "W[:, :, j] @ x is a product of matrices for each sequence; or torch.conv1d on the padded x."),
    ),
    Step(
        minutes=20,
        statement="""
            A layer: a causal convolution that makes two halves, a gated unit, and two ways out. A vector s, the
            speaker, is added at every step, so that one network has many voices:

                [f; g] = causal(x, W, b, dilation) + S s        the first half of the rows is f
                z      = tanh(f) sigmoid(g)
                the next layer's input = x + U z + u            the residual connection
                the skip               = V z + v

            x is (batch, residual, time), s (batch, speaker); W, b and S have rows for both halves.
            Return the next input and the skip, (batch, skip, time).
            """,
        answer=layer,
        cases=one_layer,
        returns=("the next input", "the skip"),
        mistakes=(
            mistake("no-residual", "return x + U @ z", "return U @ z", "The layer's input is added to U z."),
            mistake("halves-crossed", "f, g = a.chunk(2, 1)", "g, f = a.chunk(2, 1)",
                    "The first half goes through tanh, the second is the gate."),
            mistake("rows-by-turns", "f, g = a.chunk(2, 1)", "f, g = a[:, ::2], a[:, 1::2]",
                    "The halves are two blocks of rows, not row by row."),
            mistake("not-gated", "torch.tanh(f) * torch.sigmoid(g)", "torch.tanh(f)",
                    "The gate sigmoid(g) is missing."),
            mistake("rectified", "torch.tanh(f) * torch.sigmoid(g)", "f.clamp(min=0) * torch.sigmoid(g)",
                    "The unit is tanh times sigmoid."),
            mistake("gate-tanh", "torch.sigmoid(g)", "torch.tanh(g)", "A gate is a sigmoid: from 0 to 1."),
            mistake("no-speaker", " + (s @ S.T)[:, :, None]", "", "S s is added at every step."),
            mistake("speaker-not-gated", "    z = torch.tanh(f) * torch.sigmoid(g)",
                    "    z = torch.tanh(f) * torch.sigmoid(g - (s @ S.T).chunk(2, 1)[1][:, :, None])",
                    "The speaker is in both halves, in the gate's, too."),
            mistake("no-dilation", "causal(x, W, b, dilation)", "causal(x, W, b, 1)", "`dilation` is not used."),
            mistake("biases-left-out", "V @ z + v[:, None]", "V @ z", "The skip has a bias v."),
            mistake("residual-cut", "return x + U", "return x.detach() + U",
                    "The gradient flows through the residual connection: look for detach."),
        ),
        hints=("a.chunk(2, 1) cuts the channels into halves.",
               "U @ z multiplies at every step; u[:, None] is the bias for all steps."),
    ),
    Step(
        minutes=25,
        statement="""
            The network predicts every next sample from all up to it. p holds E (vocab, residual), a row for each code;
            W, b, S, U, u, V, v, those of step 4 stacked, so that p["W"][l] is layer l's; and O1, o1, O2, o2:

                x      = rows of E for the tokens, as (batch, residual, time)
                for each of `dilations` in turn: x, skip = the layer with that dilation
                logits = O2 max(0, O1 max(0, sum of all skips) + o1) + o2

            Return logits (batch, time, vocab): those at t are of token t + 1. The last layer's U and u are not used.
            """,
        answer=wavenet,
        cases=networks,
        use=with_weights,
        returns=("logits",),
        identities=(Identity("with dilations 1, 2, 4 a sample reaches the 8 from itself on, no other", reached),),
        mistakes=(
            mistake("last-skip-only", "total = total + skip", "total = skip", "The skips of all layers are summed."),
            mistake("not-stacked", "x, skip = layer(x, s,", "_, skip = layer(x, s,",
                    "Each layer reads what the one before it passes on."),
            mistake("sum-not-rectified", "total.clamp(min=0)", "total", "max(0, .) of the sum of skips comes first."),
            mistake("hidden-not-rectified", "hidden.clamp(min=0)", "hidden", "max(0, .) between O1 and O2."),
            mistake("skips-averaged", "total.clamp(min=0)", "(total / len(dilations)).clamp(min=0)",
                    "The skips are summed, not averaged."),
            mistake("skips-rectified-apart", "total = total + skip", "total = total + skip.clamp(min=0)",
                    "The sum is rectified, not each skip."),
            mistake("dilations-from-the-end", "enumerate(dilations):", "enumerate(dilations[::-1]):",
                    "The first layer has the first dilation."),
            mistake("one-layer's-weights", "p[name][number]", "p[name][0]", "Each layer has weights of its own."),
            mistake("bias-left-out", ' + p["o1"][:, None]', "", "o1 is missing."),
            mistake("probabilities", 'return (p["O2"] @ hidden.clamp(min=0) + p["o2"][:, None]).transpose(1, 2)',
                    'return torch.softmax(p["O2"] @ hidden.clamp(min=0) + p["o2"][:, None], 1).transpose(1, 2)',
                    "Logits are what a softmax is taken of: leave it out."),
            mistake("channels-first", 'p["o2"][:, None]).transpose(1, 2)', 'p["o2"][:, None])',
                    "The logits are (batch, time, vocab)."),
        ),
        hints=('p["E"][tokens] is (batch, time, residual): turn it.',
               "Add up the skips while you go through the layers."),
    ),
    Step(
        minutes=30,
        statement="""
            Writing goes sample by sample: the likeliest code after what is there becomes the next token, `steps` times
            after the prompt. Reading everything again for each costs a whole receptive field; with a queue for each
            layer, its last (k - 1) d inputs, a sample costs one step of every layer. Queues begin with zeros. At each
            token, of the prompt as of those written, every layer takes its new input x, together with the ones d, 2 d,
            ..., (k - 1) d before it from its queue, and then x joins the queue and the oldest leaves.

            p, s and dilations are those of step 5. Return the tokens written, (batch, steps), and the logits by which
            each was chosen, (batch, steps, vocab): the first are those after the prompt's last token.
            """,
        answer=write,
        cases=lambda generator: networks(generator, steps=2),
        use=with_weights,
        gradients=False,
        returns=("tokens", "logits"),
        mistakes=(
            mistake("queue-not-moved", "queues[number] = inputs[:, :, 1:]", "pass",
                    "After each sample the new input joins the queue and the oldest leaves."),
            Mistake("queue-of-outputs", (("            queues[number] = inputs[:, :, 1:]\n", ""),
                    ("            total = total + skip",
                    "            queues[number] = torch.cat([queues[number], x], 2)[:, :, 1:]\n"
                    "            total = total + skip")),
                    "A layer's queue holds what goes into the layer, not what comes out."),
            mistake("prompt-not-read", "        if t + 1 == len(tokens):",
                    "        if t + 1 < prompt.shape[1]:\n"
                    "            queues = [torch.zeros_like(queue) for queue in queues]\n"
                    "        if t + 1 == len(tokens):",
                    "The whole prompt goes through the queues, not its last token only."),
            mistake("least-likely", "logits.argmax(1)", "logits.argmin(1)", "The likeliest code is taken."),
            mistake("own-output-not-read", 'p["E"][tokens[t]]', 'p["E"][tokens[min(t, prompt.shape[1] - 1)]]',
                    "What was written is the next input."),
            mistake("dilations-left-out", "inputs[:, :, ::dilation]", "inputs[:, :, -past - 1 :]",
                    "From the queue come the inputs that lie `dilation` steps apart."),
            mistake("queues-shared", "inputs = torch.cat([queues[number], x], 2)",
                    'inputs = torch.cat([queues[number], p["E"][tokens[t]][:, :, None]], 2)',
                    "Each layer's queue holds that layer's inputs."),
            mistake("last-skip-only", "total = total + skip", "total = skip", "The skips of all layers are summed."),
            mistake("prompt-returned", "torch.stack(tokens[prompt.shape[1] :], 1)", "torch.stack(tokens, 1)",
                    "Only the tokens that were written are returned."),
            mistake("one-too-early", "torch.stack(tokens[prompt.shape[1] :], 1)",
                    "torch.stack(tokens[prompt.shape[1] - 1 : -1], 1)",
                    "The first token written is the one after the prompt."),
        ),
        hints=("A list of queues, (batch, residual, (k - 1) d) each.",
               "The queue and x side by side along time are the inputs; every d-th of them is what the layer sees.",
               "First make it right by calling `wavenet` on everything so far; then make it quick."),
    ),
))  # fmt: skip
