"""Rebuild the name generator: windows, batch norm, the network, its backward pass by hand, training, new names."""

from collections.abc import Iterator
from math import log
from typing import Any

import torch
from torch import Generator, Tensor

from firsthand.papers.cases import by_hand, drawn
from firsthand.papers.exercise import Case, Exercise, Identity, Step, mistake
from firsthand.papers.mlp.answers import backward, batch_norm, forward, learn, windows, write


def some_names(generator: Generator) -> Iterator[Case]:
    """Names of one token and more."""
    for lengths, context in (((1,), 1), ((2,), 3), ((1, 3), 2), ((5, 1, 4), 3), ((4, 7, 2, 6), 5)):
        names = [torch.randint(1, 27, (length,), generator=generator).tolist() for length in lengths]
        yield Case(f"names {names}, context {context}", {"names": names, "context": context})


def sums(generator: Generator) -> Iterator[Case]:
    """What a layer sums up in a batch."""
    for batch, units in ((2, 1), (3, 3), (5, 2), (8, 4)):
        made = drawn(generator, a=(batch, units), gain=(units,), shift=(units,))
        yield Case(f"batch {batch}, units {units}", made | {"a": 2 * made["a"] + made["gain"]})


def parameters(generator: Generator, vocab: int, context: int, embed: int, hidden: int) -> dict[str, Tensor]:
    """The network's, by their names."""
    return drawn(generator, C=(vocab, embed), W=(context * embed, hidden), gain=(hidden,), shift=(hidden,),
                 V=(hidden, vocab), c=(vocab,))  # fmt: skip


def batches(generator: Generator) -> Iterator[Case]:
    """Contexts, in which tokens come more than once, what follows them, and a network."""
    for batch, vocab, context, embed, hidden in ((2, 2, 1, 1, 1), (3, 2, 2, 1, 2), (4, 3, 3, 2, 3), (9, 5, 3, 2, 4)):
        tokens = torch.randint(vocab, (batch, context), generator=generator)
        tokens[0] = torch.arange(context) % vocab
        tokens[1] = (tokens[0] + 1) % vocab  # rows differ at every place: else a gradient is 0 but for rounding
        targets = torch.randint(vocab, (batch,), generator=generator)
        words = f"batch {batch}, vocab {vocab}, context {context}, embed {embed}, hidden {hidden}"
        made = {"tokens": tokens, "targets": targets}
        yield Case(words, made | parameters(generator, vocab, context, embed, hidden))


def trainings(generator: Generator) -> Iterator[Case]:
    """Examples, normal numbers for the first weights, and the rows of each batch."""
    for examples, vocab, context, embed, hidden, batch, steps in (
        (3, 2, 1, 1, 1, 3, 1), (5, 3, 2, 2, 2, 3, 3), (12, 4, 3, 2, 5, 6, 12),
    ):  # fmt: skip
        tokens = torch.randint(vocab, (examples, context), generator=generator)
        tokens[:vocab, 0] = torch.arange(vocab)
        targets = torch.randint(vocab, (examples,), generator=generator)
        made = drawn(generator, C=(vocab, embed), W=(context * embed, hidden), V=(hidden, vocab))
        rows = torch.stack([torch.randperm(examples, generator=generator)[:batch] for _ in range(steps)])
        rows[:, 0], rows[:, 1] = 0, 1  # whose first tokens differ
        inputs = {"tokens": tokens, "targets": targets} | made | {"batches": rows, "lr": 0.5, "drop": steps // 2}
        words = f"{examples} examples, vocab {vocab}, context {context}, hidden {hidden}, {steps} batches of {batch}"
        yield Case(words, inputs)


def writings(generator: Generator) -> Iterator[Case]:
    """Numbers to draw with, a network, and the mean and the variance of its hidden sums."""
    for names, length, vocab, context, embed, hidden in ((1, 1, 2, 1, 1, 1), (40, 2, 2, 2, 1, 2), (60, 6, 5, 3, 2, 4)):
        u = torch.rand(names, length, generator=generator, dtype=torch.float64)
        made = parameters(generator, vocab, context, embed, hidden) | drawn(generator, mean=(hidden,))
        var = 0.1 + 0.3 * torch.rand(hidden, generator=generator, dtype=torch.float64)
        words = f"{names} names of up to {length} tokens, vocab {vocab}, context {context}"
        yield Case(words, {"u": u, "context": context, **made, "var": var})


def no_bias(answer: Any, generator: Generator) -> Tensor:
    """How far the result is from that of sums which all have a bias."""
    a, b, gain, shift = drawn(generator, a=(6, 3), b=(3,), gain=(3,), shift=(3,)).values()
    return answer(a + b, gain, shift) - answer(a, gain, shift)


def nothing_known(answer: Any, generator: Generator) -> float:
    """How far the loss is from ln(vocab) where all logits are equal."""
    (*_, case) = batches(generator)
    tokens, targets, C, W, gain, shift, V, c = case.inputs.values()
    return float(answer(tokens, targets, C, W, gain, shift, 0 * V, 0 * c)[1]) - log(len(c))


def down_by(answer: Any, generator: Generator) -> Tensor:
    """How far the sum of the gradients of all logits' biases is from 0: a shift of all logits changes nothing."""
    (*_, case) = batches(generator)
    return answer(*case.inputs.values())[-1].sum()


EXERCISE = Exercise(steps=(
    Step(
        minutes=10,
        statement="""
            A name is a list of tokens, 1 and up; token 0 ends every name, and also stands for what is before its start.
            Slide a window over each name by itself: at each place, and at its end, an example is the `context` tokens
            before it, oldest first, and the token that stands there. From [5, 2] come, for a context of 3,

                [0, 0, 0] -> 5         [0, 0, 5] -> 2         [0, 5, 2] -> 0

            Return all contexts (examples, context) and what follows them (examples,), name by name, as tensors of
            integers.
            """,
        answer=windows,
        cases=some_names,
        gradients=False,
        returns=("contexts", "targets"),
        mistakes=(
            mistake("no-end", "[*name, 0]", "name", "The end of a name is an example, too: 0 stands there."),
            mistake("newest-first", "seen = [*seen[1:], token]", "seen = [token, *seen[:-1]]",
                    "The oldest token comes first."),
            mistake("runs-on", "    for name in names:\n        seen = [0] * context\n",
                    "    seen = [0] * context\n    for name in names:\n",
                    "Every name starts anew: no window holds tokens of two names."),
            mistake("context-not-moved", "seen = [*seen[1:], token]", "seen = [*seen[:-1], token]",
                    "The window moves on by one: its oldest token leaves."),
            mistake("target-seen", "contexts.append(seen)", "contexts.append([*seen[1:], token])",
                    "The context ends before the token that is to be predicted."),
            mistake("starts-in-the-name", "for token in [*name, 0]:\n",
                    "for place, token in enumerate([*name, 0]):\n            if place == 0:\n"
                    "                seen = [*seen[1:], token]\n                continue\n",
                    "The first token of a name is an example, too: after nothing but 0."),
            mistake("two-ends", "[*name, 0]", "[*name, 0, 0]", "A name ends once."),
            mistake("padded-with-the-first", "seen = [0] * context", "seen = [name[0]] * context",
                    "Before its start a name has token 0."),
        ),
        hints=("[0] * context is the first window.", "[*seen[1:], token] is the window one place later."),
    ),
    Step(
        minutes=10,
        statement="""
            Batch norm keeps tanh units out of saturation, whatever the weights. For each unit, over the batch of n
            examples, with the mean and the variance of its sums a,

                var = 1/n sum (a - mean)^2         1/n, as in the paper of batch norm; the lectures have 1/(n - 1)
                y   = gain (a - mean) / sqrt(var + eps) + shift                   eps = 1e-5

            Return y (batch, units). Gradients flow through the mean and the variance, too.
            """,
        answer=batch_norm,
        cases=sums,
        near=1e-9,
        returns=("y",),
        identities=(Identity("a bias before it does nothing", no_bias),),
        mistakes=(
            mistake("unbiased-variance", "correction=0", "correction=1",
                    "The variance divides by n here: correction=0."),
            mistake("eps-outside-root", "(var + 1e-5).sqrt()", "(var.sqrt() + 1e-5)", "eps is added before the root."),
            mistake("no-eps", "(var + 1e-5).sqrt()", "var.sqrt()", "eps is missing."),
            mistake("no-root", "(var + 1e-5).sqrt()", "(var + 1e-5)", "Divide by the deviation, the variance's root."),
            mistake("over-the-units", "a.mean(0), a.var(0, correction=0)",
                    "a.mean(1, keepdim=True), a.var(1, correction=0, keepdim=True)",
                    "The mean is over the batch, for each unit: dimension 0. Over the units it is layer norm."),
            mistake("over-everything", "a.mean(0), a.var(0, correction=0)", "a.mean(), a.var(correction=0)",
                    "Every unit has a mean and a variance of its own."),
            mistake("not-centred", "(a - mean)", "a", "The mean is taken away."),
            mistake("shifted-first", "gain * (a - mean) / (var + 1e-5).sqrt() + shift",
                    "gain * ((a - mean) / (var + 1e-5).sqrt() + shift)", "The shift comes after the gain."),
            mistake("statistics-cut", "mean, var = a.mean(0), a.var(0, correction=0)",
                    "mean, var = a.mean(0).detach(), a.var(0, correction=0).detach()",
                    "Gradients flow through the mean and the variance: look for detach, .data or no_grad."),
            mistake("variance-cut", "a.var(0, correction=0)", "a.var(0, correction=0).detach()",
                    "Gradients flow through the variance, too."),
            mistake("no-gain", "gain * (a", "(a", "The gain multiplies."),
        ),
        hints=("a.mean(0) is the mean over the batch.", "a.var(0, correction=0) divides by n."),
    ),
    Step(
        minutes=15,
        statement="""
            The network: each token of a context picks its row of C, and the rows are laid side by side, oldest first.

                x      = [C[t_1], C[t_2], ...]                (batch, context * embed)
                h      = tanh(batch_norm(x W))                with gain and shift, and without a bias
                logits = h V + c                              (batch, vocab)
                loss   = mean over the batch of -log softmax(logits) at the target

            Return logits and loss.
            """,
        answer=forward,
        cases=batches,
        near=1e-8,  # of variances that are small the roots are less exact
        returns=("logits", "loss"),
        identities=(Identity("with all logits equal the loss is ln(vocab)", nothing_known),),
        mistakes=(
            mistake("newest-first", "C[tokens]", "C[tokens.flip(1)]", "The oldest token's row comes first."),
            mistake("rows-interleaved", "C[tokens].flatten(1)", "C[tokens].transpose(1, 2).flatten(1)",
                    "Each token's row stays together."),
            mistake("no-batch-norm", "batch_norm(x @ W, gain, shift)", "x @ W", "The sums are normalised before tanh."),
            mistake("normalised-after-tanh", "torch.tanh(batch_norm(x @ W, gain, shift))",
                    "batch_norm(torch.tanh(x @ W), gain, shift)", "Batch norm comes before tanh."),
            mistake("no-tanh", "torch.tanh(batch_norm(x @ W, gain, shift))", "batch_norm(x @ W, gain, shift)",
                    "The hidden units are tanh."),
            mistake("sigmoid-units", "torch.tanh(", "torch.sigmoid(", "The hidden units are tanh."),
            mistake("no-output-bias", "h @ V + c", "h @ V", "The logits have a bias c."),
            mistake("sum-over-batch", ".mean()", ".sum()", "The loss is a mean over the batch."),
            mistake("probability-for-log", "torch.log_softmax(logits, 1)", "torch.softmax(logits, 1)",
                    "The loss is -log of the probability."),
            mistake("softmax-over-the-batch", "torch.log_softmax(logits, 1)", "torch.log_softmax(logits, 0)",
                    "The probabilities of one example's tokens add up to one: dimension 1."),
            mistake("sign", "return logits, -torch", "return logits, torch", "The loss is minus the logarithm."),
            mistake("outputs-squashed", "logits = h @ V + c", "logits = torch.tanh(h @ V + c)",
                    "The logits are not squashed."),
        ),
        hints=("C[tokens] is (batch, context, embed); .flatten(1).", "log_softmax along dimension 1, then gather."),
    ),
    Step(
        minutes=30,
        statement="""
            Part 4 of the lectures: the gradients by hand; torch's autograd is switched off. Walk back through step 3.
            With p = softmax(logits), one_hot(target), z = (a - mean) / sqrt(var + eps) of a = x W, and means over the
            batch of n examples:

                dlogits = (p - one_hot) / n
                dh      = dlogits V^T
                ds      = dh (1 - h^2)               s = gain z + shift is what tanh squashes
                dz      = ds gain
                da      = (dz - mean(dz) - z mean(dz z)) / sqrt(var + eps)
                dx      = da W^T                     each row of C gets the sum of the shares of all its token's places

            Return dC, dW, dgain, dshift, dV, dc, each of the shape of what it belongs to.
            """,
        answer=backward,
        cases=batches,
        use=by_hand,
        gradients=False,
        near=1e-8,  # of variances that are small the roots are less exact
        returns=("dC", "dW", "dgain", "dshift", "dV", "dc"),
        identities=(Identity("the gradients of all logits add up to 0", down_by),),
        mistakes=(
            mistake("not-averaged", "dlogits = dlogits / n", "dlogits = dlogits * 1",
                    "The loss is a mean: divide by n."),
            mistake("target-not-subtracted", "dlogits[range(n), targets] -= 1", "dlogits = dlogits - 0",
                    "At the target it is p - 1."),
            mistake("no-slope-of-tanh", "dlogits @ V.T * (1 - h**2)", "dlogits @ V.T", "tanh has a slope, 1 - h^2."),
            mistake("slope-of-the-argument", "(1 - h**2)", "(1 - (gain * z + shift) ** 2)",
                    "The slope 1 - h^2 has the h that is squashed."),
            mistake("statistics-cut", "(dz - dz.mean(0) - z * (dz * z).mean(0)) / deviation", "dz / deviation",
                    "The mean and the variance depend on a, too: both have a share."),
            mistake("variance-cut", "(dz - dz.mean(0) - z * (dz * z).mean(0))", "(dz - dz.mean(0))",
                    "The variance depends on a, too."),
            mistake("mean-cut", "(dz - dz.mean(0) - z", "(dz - z", "The mean depends on a, too."),
            mistake("sums-for-means", "z * (dz * z).mean(0)", "z * (dz * z).sum(0)", "It is a mean over the batch."),
            mistake("unbiased", "(dz * z).mean(0)", "(dz * z).sum(0) / (n - 1)",
                    "That is for the lectures' variance with 1/(n - 1); here it is 1/n."),
            mistake("rows-overwritten", "torch.zeros_like(C).index_add(0, tokens.flatten(), dx.flatten(0, 1))",
                    "torch.zeros_like(C).index_put((tokens.flatten(),), dx.flatten(0, 1))",
                    "A token that stands in several places gets all their shares: add them up."),
            mistake("gain-without-z", "(ds * z).sum(0)", "(ds * a).sum(0)", "The gain multiplies z, not a."),
            mistake("gain-left-out", "dz = ds * gain", "dz = ds * 1", "Forwards the gain multiplies z."),
            mistake("bias-is-mean", "dlogits.sum(0)", "dlogits.mean(0)", "1/n is in dlogits already."),
        ),
        hints=("dlogits: softmax, take 1 away at the targets, divide by n.",
               "x.T @ da and h.T @ dlogits are the gradients of the matrices.",
               "torch.zeros_like(C).index_add(0, tokens, shares) adds rows up."),
    ),
    Step(
        minutes=20,
        statement="""
            Train it. C, W and V come as normal numbers. First weights that neither saturate tanh nor make the first
            logits confident: W times 5/3 / sqrt(rows of W), V times 0.1 / sqrt(rows of V), c and shift 0, gain 1; C as
            it is. Step s takes the examples batches[s]: keep its loss (before the step), then

                mean <- 0.9 mean + 0.1 (mean of the batch's a = x W)             from 0
                var  <- 0.9 var + 0.1 (variance of the batch's a, with 1/(n - 1))  from 1
                every parameter <- itself - rate gradient             rate: lr for s < drop, then lr / 10

            mean and var are those of the weights before the step; they are what names are written with. Return the
            losses (steps,), C at the end, mean and var (hidden,).
            """,
        answer=learn,
        cases=trainings,
        gradients=False,
        near=1e-7,  # rounding grows over the steps
        returns=("losses", "C", "mean", "var"),
        mistakes=(
            mistake("no-gain-of-tanh", "W * (5 / 3) / len(W) ** 0.5", "W / len(W) ** 0.5",
                    "W starts with the gain 5/3 of tanh."),
            mistake("columns-for-rows", "W * (5 / 3) / len(W) ** 0.5", "W * (5 / 3) / W.shape[1] ** 0.5",
                    "The number of inputs counts: the rows of W."),
            mistake("confident-logits", "V * 0.1 / len(V) ** 0.5", "V / len(V) ** 0.5",
                    "V starts ten times smaller, so that the first loss is about ln(vocab)."),
            mistake("root-left-out", "V * 0.1 / len(V) ** 0.5", "V * 0.1 / len(V)", "Divide by the root."),
            mistake("rate-never-falls", "lr if step < drop else lr / 10", "lr",
                    "From step `drop` on the rate is lr / 10."),
            mistake("rate-falls-late", "step < drop", "step <= drop", "Step `drop` itself has lr / 10 already."),
            mistake("running-biased", "a.var(0)", "a.var(0, correction=0)", "The running variance has 1/(n - 1)."),
            mistake("running-shares-swapped", "0.9 * mean + 0.1 * a.mean(0), 0.9 * var + 0.1 * a.var(0)",
                    "0.1 * mean + 0.9 * a.mean(0), 0.1 * var + 0.9 * a.var(0)", "The new batch counts 0.1."),
            mistake("deviation-kept", "0.1 * a.var(0)", "0.1 * a.std(0)", "The variance is kept, not its root."),
            mistake("variance-from-zero", "torch.ones_like(gain)", "torch.zeros_like(gain)", "var starts at 1."),
            mistake("embeddings-stay", "C, W, gain, shift, V, c = (", "_, W, gain, shift, V, c = (",
                    "The rows of C learn, too."),
            mistake("batch-norm-stays", "C, W, gain, shift, V, c = (p", "C, W, _, _, V, c = (p",
                    "Gain and shift learn, too."),
            mistake("loss-after-step", "return torch.stack(losses), C",
                    "last = forward(tokens[batches[-1]], targets[batches[-1]], C, W, gain, shift, V, c)[1]\n"
                    "    return torch.stack([*losses[1:], last]), C",
                    "Keep the loss from before the step."),
        ),
        hints=("The gradients are those of step 4, or autograd's.", "a.var(0) divides by n - 1."),
    ),
    Step(
        minutes=20,
        statement="""
            Write names. Start with a context of zeros; the network is that of step 3, but its batch norm takes the
            given mean and var in place of the batch's:

                y = gain (a - mean) / sqrt(var + eps) + shift                     eps = 1e-5

            u[i, s] from 0 to 1 draws token s of name i: with the probabilities p_0, p_1, ... of softmax(logits), it is
            the first token k with p_0 + ... + p_k >= u. It joins the context, whose oldest token leaves. After a token
            0 the name has ended: all its later tokens are 0, whatever u says.

            Return the tokens (names, length), integers.
            """,
        answer=write,
        cases=writings,
        gradients=False,
        returns=("tokens",),
        mistakes=(
            mistake("most-likely", "drawn = (below < draws[:, None]).sum(1).clamp(max=len(c) - 1)",
                    "drawn = below.diff(dim=1, prepend=0 * below[:, :1]).argmax(1)",
                    "Tokens are drawn, the likely ones more often: the likeliest alone writes one name."),
            mistake("goes-on-after-the-end", "        drawn[ended] = 0\n", "", "After its end a name has zeros only."),
            mistake("statistics-of-the-batch", "(a - mean) / (var + 1e-5).sqrt()",
                    "(a - a.mean(0)) / (a.var(0, correction=0) + 1e-5).sqrt()",
                    "What a name is must not depend on the others: take the given mean and var."),
            mistake("unbounded-context", "tokens[:, -context:]", "tokens[:, :context]",
                    "The context moves on with each token that is drawn."),
            mistake("newest-first", "tokens[:, -context:]", "tokens[:, -context:].flip(1)",
                    "The oldest token comes first."),
            mistake("not-normalised", "gain * (a - mean) / (var + 1e-5).sqrt() + shift", "a",
                    "Batch norm is part of the network, in writing, too."),
            mistake("one-token-late", ".sum(1).clamp(", ".sum(1).add(1).clamp(",
                    "It is the first token whose sum of probabilities reaches u."),
            mistake("drawn-from-above", "draws[:, None]", "1 - draws[:, None]",
                    "The sum of probabilities starts at token 0 and rises to u."),
            mistake("deviation-for-variance", "(var + 1e-5).sqrt()", "(var + 1e-5)", "Divide by the root of var."),
            mistake("no-output-bias", "h @ V + c", "h @ V", "The logits have a bias c."),
            mistake("one-number-a-name", "in u.T:", "in u[:, :1].expand_as(u).T:",
                    "Every token is drawn by a number of its own."),
        ),
        hints=("cumsum of the probabilities, and how many of the sums are below u.",
               "A list or a tensor of booleans remembers which names have ended."),
    ),
))  # fmt: skip
