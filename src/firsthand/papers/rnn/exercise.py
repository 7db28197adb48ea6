"""Rebuild the recurrent network: its step, Elman's way to train it, the error's way back through time, a text."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Generator, Tensor

from firsthand.papers.cases import drawn
from firsthand.papers.exercise import Case, Exercise, Identity, Mistake, Step, mistake
from firsthand.papers.rnn.answers import clip, elman, layer, learn, step, through_time

SIZES = ((1, 1, 1), (1, 2, 1), (2, 1, 3), (2, 3, 2), (3, 3, 3), (4, 2, 5))  # batch, inputs, hidden
TEXTS = ((1, 1, 1, 1), (1, 2, 1, 1), (2, 3, 2, 1), (2, 2, 3, 2), (3, 3, 3, 3), (2, 5, 1, 4))  # with time second


def weights(generator: Generator, inputs: int, hidden: int) -> dict[str, Tensor]:
    """The matrices of a layer, and its bias."""
    return drawn(generator, W=(hidden, inputs), U=(hidden, hidden), b=(hidden,))


def one_step(generator: Generator) -> Iterator[Case]:
    """One input, and a state from before."""
    for batch, inputs, hidden in SIZES:
        made = drawn(generator, x=(batch, inputs), h=(batch, hidden)) | weights(generator, inputs, hidden)
        yield Case(f"batch {batch}, inputs {inputs}, hidden {hidden}", made)


def texts(generator: Generator) -> Iterator[Case]:
    """Inputs over time, and a state from before."""
    for batch, time, inputs, hidden in TEXTS:
        made = drawn(generator, x=(batch, time, inputs), h=(batch, hidden)) | weights(generator, inputs, hidden)
        yield Case(f"batch {batch}, time {time}, inputs {inputs}, hidden {hidden}", made)


def streams(generator: Generator) -> Iterator[Case]:
    """Symbols of zeros and ones, and the first weights of a network that expects the next."""
    for time, inputs, hidden in ((2, 1, 1), (3, 2, 1), (4, 3, 3), (7, 2, 4)):
        first = weights(generator, inputs, hidden) | drawn(generator, V=(inputs, hidden), d=(inputs,))
        stream = torch.randint(2, (time, inputs), generator=generator).double()
        yield Case(f"{time} symbols of {inputs}, hidden {hidden}", {"stream": stream, **first, "rate": 0.7})


def labelled(generator: Generator) -> Iterator[Case]:
    """Inputs over time, the class that each step has, and all parameters."""
    for batch, time, inputs, hidden, classes in ((1, 1, 1, 1, 2), (1, 2, 1, 1, 2), (2, 2, 2, 2, 2), (3, 4, 2, 3, 5)):
        made = drawn(generator, x=(batch, time, inputs), h=(batch, hidden)) | weights(generator, inputs, hidden)
        targets = torch.randint(classes, (batch, time), generator=generator)
        words = f"batch {batch}, time {time}, inputs {inputs}, hidden {hidden}, {classes} classes"
        made |= drawn(generator, V=(classes, hidden), d=(classes,))
        yield Case(words, {"x": made.pop("x"), "targets": targets} | made)


def slopes(generator: Generator) -> Iterator[Case]:
    """Three gradients, shorter than the limit together, longer together only, or longer each."""
    for shapes, length, limit in ((((1,), (1,), (1,)), 0.5, 1.0), (((2,), (1, 1), (3,)), 1.5, 1.0),
                                  (((2, 3), (3,), (2, 2)), 40.0, 5.0)):  # fmt: skip
        made = [torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes]
        made = [slope / slope.norm() * part * length for slope, part in zip(made, (0.48, 0.6, 0.64), strict=True)]
        yield Case(f"norm {length:g}, limit {limit:g}", {"slopes": made, "limit": limit})


def corpora(generator: Generator) -> Iterator[Case]:
    """Streams of tokens that fill their windows or not, and limits that are never or always reached."""
    for count, time, window, limit in ((1, 2, 1, 50.0), (1, 4, 1, 50.0), (2, 7, 3, 50.0), (3, 9, 5, 0.02)):
        vocab, hidden = 4, 3
        first = weights(generator, vocab, hidden) | drawn(generator, V=(vocab, hidden), d=(vocab,))
        tokens = torch.randint(vocab, (count, time), generator=generator)
        words = f"{count} streams of {time} tokens, windows of {window}, limit {limit:g}"
        options = {"window": window, "lr": 0.5, "limit": limit}
        yield Case(words, {"tokens": tokens, "parameters": tuple(first.values()), **options})


def in_two_halves(answer: Any, generator: Generator) -> Tensor:
    """How far a text read in two halves, the state carried, is from the text in one piece."""
    (*_, case) = texts(generator)
    x, h, *rest = case.inputs.values()
    first = answer(x[:, :2], h, *rest)
    return torch.cat([first, answer(x[:, 2:], first[:, -1], *rest)], 1) - answer(x, h, *rest)


def at_rest(answer: Any, generator: Generator) -> Tensor:
    """What changes in the weights at a rate of 0."""
    (*_, case) = streams(generator)
    inputs = dict(case.inputs) | {"rate": 0.0}
    _, *after = answer(*inputs.values())
    names = ("W", "U", "b", "V", "d")
    return torch.stack([(value - inputs[name]).abs().max() for name, value in zip(names, after, strict=True)])


def slope_by_difference(answer: Any, generator: Generator) -> float:
    """How far dU is from what the loss changes by when U moves a little; 1e-6 counts as nothing."""
    (*_, case) = labelled(generator)
    inputs, reach = dict(case.inputs), 1e-5
    move = torch.randn(inputs["U"].shape, generator=generator, dtype=torch.float64)
    ends = [answer(*(inputs | {"U": inputs["U"] + sign * reach * move}).values())[0] for sign in (1, -1)]
    found = (answer(*inputs.values())[3] * move).sum()
    return max(0.0, float((found - (ends[0] - ends[1]) / (2 * reach)).abs()) - 1e-6)


def not_longer(answer: Any, generator: Generator) -> float:
    """By how much clipped gradients are longer than the limit."""
    made = [torch.randn(size, generator=generator, dtype=torch.float64) * 9 for size in (4, 5, 6)]
    return max(0.0, float(torch.cat(list(answer(made, 2.0))).norm()) - 2.0)


PARAMETERS = ("W", "U", "b", "V", "d")
EXERCISE = Exercise(steps=(
    Step(
        minutes=5,
        statement="""
            A recurrent network reads its own last state beside the input. One step, for a batch of sequences, a row
            each:

                h_t = tanh(W x_t + U h_t-1 + b)

            The rows of W, U and b are the units: for rows of inputs the products are x W^T and h U^T.
            """,
        answer=step,
        cases=one_step,
        returns=("h",),
        mistakes=(
            mistake("no-recurrence", "x @ W.T + h @ U.T + b", "x @ W.T + b", "The state before is not used."),
            mistake("recurrent-weight-turned", "h @ U.T", "h @ U",
                    "U is transposed: its rows are the units that are fed, its columns those that feed."),
            mistake("no-bias", " + b)", ")", "The bias is missing."),
            mistake("sigmoid", "torch.tanh(", "torch.sigmoid(", "The state is a tanh: it can be negative."),
            mistake("not-squashed", "torch.tanh(x @ W.T + h @ U.T + b)", "x @ W.T + h @ U.T + b",
                    "tanh is missing: without it the state grows without bound."),
            mistake("bias-twice", " + b)", " + 2 * b)",
                    "There is one bias; torch's layer has two, of which only the sum acts."),
            mistake("squashed-apart", "torch.tanh(x @ W.T + h @ U.T + b)",
                    "torch.tanh(x @ W.T + b) + torch.tanh(h @ U.T)", "The sum is squashed, not each of its terms."),
            mistake("state-cut", "h @ U.T", "h.detach() @ U.T",
                    "Values hold, but no gradient reaches the state before: look for detach or .data."),
        ),
        hints=("x @ W.T is (batch, hidden), and h @ U.T is, too.",),
    ),
    Step(
        minutes=10,
        statement="""
            A layer reads a text from its first input to its last: each step starts from the state in which the one
            before ended, the first one from h. Return all states h_1, ..., h_T; the gradient flows through all of time.
            """,
        answer=layer,
        cases=texts,
        returns=("states",),
        identities=(Identity("a text in two halves, the state carried, is the text in one piece", in_two_halves),),
        mistakes=(
            mistake("state-cut", "step(x_t, h, W", "step(x_t, h.detach(), W",
                    "No gradient reaches the step before: look for detach, .data or no_grad in the loop."),
            mistake("state-not-carried", "        h = step(x_t, h, W, U, b)\n        states.append(h)",
                    "        states.append(step(x_t, h, W, U, b))",
                    "Every step starts from the first state: write over h."),
            mistake("state-from-zero", "    states = []\n", "    states, h = [], torch.zeros_like(h)\n",
                    "The state that is passed in is where the first step starts."),
            Mistake("walks-batch", (("x.unbind(1)", "x.unbind(0)"), ("(states, 1)", "(states)")),
                    "Time is the second dimension of x, the batch is the first."),
            mistake("walks-backwards", "x.unbind(1)", "x.flip(1).unbind(1)", "The text is read from its end."),
            mistake("time-first", "torch.stack(states, 1)", "torch.stack(states)",
                    "The states are (batch, time, hidden)."),
            mistake("old-states", "        h = step(x_t, h, W, U, b)\n        states.append(h)",
                    "        states.append(h)\n        h = step(x_t, h, W, U, b)",
                    "The first state of the list is that after the first input, not h itself."),
            mistake("states-cut", "states.append(h)", "states.append(h.detach())",
                    "No gradient reaches the states: look for detach where they are collected."),
        ),
        hints=("x.unbind(1) is the inputs one after the other.", "torch.stack(list, 1) makes (batch, time, hidden)."),
    ),
    Step(
        minutes=25,
        statement="""
            Elman's network of 1990 copies its state into context units, which are one more input, and learns after
            every symbol to expect the next, by plain back-propagation: nothing goes through time. With
            s(a) = 1 / (1 + e^-a), the context c_1 = 0.5 in every unit, then c_t = h_t-1, one stream and no batch:

                h_t = s(W x_t + U c_t + b)
                y_t = s(V h_t + d)                          what is expected in place of x_t+1
                E   = 1/2 sum (y_t - x_t+1)^2               the sum is over the symbol's places

            After each y_t every parameter moves by -rate times the gradient of this E, in which c_t counts as data and
            all derivatives are taken before anything moves:

                dy = (y_t - x_t+1) y_t (1 - y_t)            at the sum in the outer s
                dh = V^T dy h_t (1 - h_t)                   at the sum in the inner s

            Return every y_t, (time - 1, inputs), then the last W, U, b, V and d. Tensors that come in stay as they are.
            """,
        answer=elman,
        cases=streams,
        gradients=False,
        returns=("what is expected", *PARAMETERS),
        identities=(Identity("at a rate of 0 the weights stay as they are", at_rest),),
        mistakes=(
            mistake("context-from-zero", "torch.full_like(b, 0.5)", "torch.zeros_like(b)",
                    "The context units begin at 0.5, the middle of a logistic unit."),
            mistake("context-not-copied", "        context = h\n", "",
                    "After every symbol the state is copied into the context units."),
            mistake("new-V-for-the-hidden-error", "(V.T @ dy) * h",
                    "((V - rate * torch.outer(dy, h)).T @ dy) * h",
                    "The error of the hidden units goes back through V as it was before it moved."),
            mistake("no-output-slope", "(y - target) * y * (1 - y)", "(y - target)",
                    "The error is squared, so that the slope y (1 - y) of the output stays."),
            mistake("no-hidden-slope", "(V.T @ dy) * h * (1 - h)", "(V.T @ dy)",
                    "The slope of the hidden units, h (1 - h), is missing."),
            mistake("slope-of-tanh", "dy) * h * (1 - h)", "dy) * (1 - h**2)",
                    "These units are logistic: their slope is h (1 - h)."),
            mistake("error-of-present", "dy = (y - target)", "dy = (y - x)",
                    "What is expected is the next symbol, not the one that was read."),
            mistake("upwards", "W - rate * torch.outer(dh, x)", "W + rate * torch.outer(dh, x)",
                    "A step goes against the gradient; look at W."),
            mistake("context-weights-fixed", "U - rate * torch.outer(dh, context)", "U",
                    "The copies have a fixed weight of 1; U, from the context to the hidden units, is learned."),
            mistake("new-state-for-U", "torch.outer(dh, context)", "torch.outer(dh, h)",
                    "U was multiplied with the context, so that stands in its gradient."),
            mistake("rate-doubled", "dy = (y - target)", "dy = 2 * (y - target)",
                    "The error has a half in front: its derivative is y - x."),
        ),
        hints=("zip(stream, stream[1:]) gives a symbol and the next.",
               "Compute dy and dh first, then move all five; torch.outer(dy, h) is the gradient of V.",
               "The last line of the loop makes the state the next context."),
    ),
    Step(
        minutes=30,
        statement="""
            Run for T steps the network is one of T layers that share their weights, so back-propagation trains it: the
            gradient of a weight is the sum over its copies. By hand, for a network that tells classes,

                o_t     = V h_t + d        loss = mean over batch and time of -log softmax(o_t)[targets_t]
                e_t     = (softmax(o_t) - one-hot of targets_t) / (batch time)
                delta_t = (1 - h_t^2) (V^T e_t + U^T delta_t+1)        delta_T+1 = 0, from the last step to the first
                dW = sum delta_t x_t^T     dU = sum delta_t h_t-1^T    db = sum delta_t
                dV = sum e_t h_t^T         dd = sum e_t

            The states are those of `layer`, from h_0 = h; sums are over batch and time, (1 - h_t^2) is element by
            element. Return the loss, the last state h_T, dW, dU, db, dV and dd.
            """,
        answer=through_time,
        cases=labelled,
        gradients=False,
        returns=("loss", "the last state", *(f"d{name}" for name in PARAMETERS)),
        identities=(Identity("dU is what the loss changes by when U moves a little", slope_by_difference),),
        mistakes=(
            mistake("one-step-only", " + delta @ U)", ")",
                    "The error of later steps does not come back: this is Elman's short way."),
            mistake("recurrent-weight-turned", "delta @ U)", "delta @ U.T)",
                    "Forwards it is U h, backwards U^T delta: for rows, delta U."),
            mistake("no-slope", "(1 - states[:, t] ** 2) * (", "1.0 * (", "The slope of tanh, 1 - h^2, is missing."),
            mistake("slope-on-last-error-only", "(1 - states[:, t] ** 2) * (errors[:, t] @ V + delta @ U)",
                    "(1 - states[:, t] ** 2) * (errors[:, t] @ V) + delta @ U",
                    "The slope multiplies the whole sum, what comes from later steps, too."),
            mistake("slope-of-the-state-before", "(1 - states[:, t] ** 2)", "(1 - before[:, t] ** 2)",
                    "The slope is that of the step itself: h_t, not h_t-1."),
            mistake("state-of-now-for-U", '"bth,btk->hk", all_deltas, before', '"bth,btk->hk", all_deltas, states',
                    "U was multiplied with the state before: h_t-1 stands in its gradient."),
            mistake("first-state-zero", "torch.cat([h[:, None], states", "torch.cat([0 * h[:, None], states",
                    "The state before the first step is h, not zero."),
            mistake("in-turned-order", "deltas.insert(0, delta)", "deltas.append(delta)",
                    "The deltas are found from the last step to the first: turn the list before it meets the inputs."),
            mistake("sum-of-time", " / targets.numel()", " / len(targets)",
                    "The loss is a mean over batch and time: its gradients are divided by both."),
            mistake("sum-for-mean", " / targets.numel()", "",
                    "The loss is a mean: its gradients are divided by the number of targets."),
            mistake("probabilities-as-errors", "logs.exp() - right", "logs.exp()",
                    "The right class has the error p - 1."),
            Mistake("last-step-only", (("- right) / targets.numel()",
                    "- right) * (torch.arange(x.shape[1]) == x.shape[1] - 1)[:, None] / len(targets)"),
                    ("(logs * right).sum(2).mean()", "(logs * right).sum(2)[:, -1].mean()")),
                    "Every step has a target, not only the last."),
        ),
        hints=("Walk over the states forwards, keep them, then walk backwards with one delta of (batch, hidden).",
               "h_t-1 of all steps: h first, then all states but the last.",
               "For rows V^T e is e @ V, and U^T delta is delta @ U.",
               "torch.einsum('bth,bti->hi', deltas, x) sums delta x^T over batch and time."),
    ),
    Step(
        minutes=10,
        statement="""
            One steep place can undo a thousand good steps. The gradients of all parameters are one long vector g; where
            its norm, the root of the sum of all squares, is above the limit, it is shortened to it:

                g <- limit / |g| g

            Else it stays. `slopes` is a list of tensors of any shapes; return their list after that.
            """,
        answer=clip,
        cases=slopes,
        gradients=False,
        returns=("gradient 1", "gradient 2", "gradient 3"),
        identities=(Identity("clipped gradients are not longer than the limit", not_longer),),
        mistakes=(
            mistake("each-by-itself", "return [slope * limit / norm if norm > limit else slope",
                    "return [slope * limit / slope.norm() if slope.norm() > limit else slope",
                    "All parameters are measured together, so that the direction stays."),
            mistake("elements-cut", "return [slope * limit / norm if norm > limit else slope",
                    "return [slope.clamp(-limit, limit)",
                    "Cutting each element turns the gradient: it is shortened as a whole."),
            mistake("always", "slope * limit / norm if norm > limit else slope", "slope * limit / norm",
                    "A gradient below the limit stays as it is."),
            mistake("lengthened", "if norm > limit else slope", "if norm < limit else slope",
                    "It is the long gradients that are shortened."),
            mistake("norm-squared", ").sqrt()", ")", "The norm is the root of the sum of squares."),
            mistake("sum-of-norms", "sum((slope**2).sum() for slope in slopes).sqrt()",
                    "sum(slope.norm() for slope in slopes)", "Squares add up, norms do not."),
            mistake("limit-left-out", "slope * limit / norm", "slope / norm",
                    "The shortened gradient has the limit as its norm, not 1."),
            mistake("largest-norm", "sum((slope**2).sum() for slope in slopes).sqrt()",
                    "max(slope.norm() for slope in slopes)", "All parameters count, not the largest alone."),
            mistake("torch's-constant", "limit / norm", "limit / (norm + 1e-6)",
                    "torch adds 1e-6 to the norm; the rule has no such constant."),
            mistake("dropped", "slope * limit / norm if norm > limit", "0 * slope if norm > limit",
                    "A long gradient is shortened, not thrown away."),
        ),
        hints=("(slope ** 2).sum() of every tensor first.", "One factor for all of them: min(1, limit / norm)."),
    ),
    Step(
        minutes=20,
        statement="""
            A language model learns from streams of text that go on from window to window. Token t, as a one-hot vector,
            goes in, and token t + 1 is its target, so that streams of n tokens have n - 1 inputs. They are cut into
            windows of `window` inputs, from the first; the last window may be shorter. `parameters` are W, U, b, V and
            d. From h = 0, for each window in turn:

                the loss, the last state, and the gradients of the window, by `through_time`
                the gradients clipped together to `limit`
                every parameter <- parameter - lr times its gradient

            The next window starts from the last state: the network may remember what lies before a window, but does not
            learn from it. Return the loss of each window, then W, U, b, V and d. What comes in stays as it is.
            """,
        answer=learn,
        cases=corpora,
        gradients=False,
        returns=("losses", *PARAMETERS),
        mistakes=(
            mistake("state-not-carried", "loss, h, *slopes = ", "loss, _, *slopes = ",
                    "Every window starts from zero: the state is carried from window to window."),
            mistake("own-token", "tokens[:, 1:].split(window, 1)", "tokens[:, :-1].split(window, 1)",
                    "Every token predicts itself: the target is the next token."),
            mistake("last-window-dropped", "in zip(inputs, targets, strict=True):\n        loss, h",
                    "in zip(inputs, targets, strict=True):\n        if now.shape[1] < window:\n            continue\n"
                    "        loss, h", "The last window counts even where it is shorter."),
            mistake("not-clipped", "moves = clip(slopes, limit)", "moves = slopes", "The gradients are not clipped."),
            mistake("clipped-apart", "moves = clip(slopes, limit)",
                    "moves = [clip([slope], limit)[0] for slope in slopes]",
                    "The gradients of all parameters are clipped together."),
            mistake("steps-clipped", "moves = clip(slopes, limit)",
                    "moves = [move / lr for move in clip([lr * slope for slope in slopes], limit)]",
                    "The gradients are clipped, before they are multiplied by lr."),
            mistake("upwards", "value - lr * move", "value + lr * move", "A step goes against the gradient."),
            mistake("predicts-the-past", "tokens[:, :-1].split(window, 1), tokens[:, 1:]",
                    "tokens[:, 1:].split(window, 1), tokens[:, :-1]", "Token t goes in, token t + 1 is the target."),
            mistake("windows-overlap", "for now, after in zip(inputs, targets, strict=True):",
                    "for t in range(0, tokens.shape[1] - 1):\n        now = tokens[:, t : -1][:, :window]\n"
                    "        after = tokens[:, t + 1 :][:, :window]",
                    "A window starts where the one before ended: they do not overlap."),
            mistake("output-not-learned", "    return torch.stack(losses), W, U, b, V, d",
                    "    return torch.stack(losses), W, U, b, *parameters[3:]",
                    "All five parameters move, those of the output, too."),
        ),
        hints=("torch.eye(vocab)[tokens] makes one-hot vectors; in the type of the weights.",
               "split(window, 1) cuts a tensor along time.",
               "through_time returns the loss, the last state and five gradients in the order of the parameters."),
    ),
))  # fmt: skip
