"""Rebuild the LSTM: from the sums of its gates to a language model that learns."""

from collections.abc import Iterator
from math import log
from typing import Any

import torch
from torch import Generator, Tensor
from torch.nn import Module, Parameter

from firsthand.papers.cases import drawn
from firsthand.papers.exercise import Case, Exercise, Identity, Mistake, Step, mistake
from firsthand.papers.lstm.answers import LanguageModel, gates, layer, learn, step, step_1997

# What the answers are tried on. Sizes of one, and equal ones, come among others.
TEXTS = ((1, 1, 1, 1), (1, 2, 1, 1), (2, 3, 2, 1), (2, 2, 3, 2), (3, 3, 3, 3), (2, 5, 1, 4))  # with time second
SIZES = ((1, 1, 1), (1, 2, 1), (2, 1, 3), (2, 3, 2), (3, 3, 3), (4, 2, 5))  # batch, inputs, hidden


def weights(generator: Generator, inputs: int, hidden: int, gates: int = 4) -> dict[str, Tensor]:
    """The matrices and biases of a layer."""
    rows = gates * hidden
    return drawn(generator, weight_ih=(rows, inputs), weight_hh=(rows, hidden), bias_ih=(rows,), bias_hh=(rows,))


def one_step(generator: Generator, cell: bool = True, published: bool = False) -> Iterator[Case]:
    """One input, an output and, if asked for, a cell from before."""
    for batch, inputs, hidden in SIZES:
        made = weights(generator, inputs, hidden, 3 if published else 4)
        if published:
            made["bias"] = made.pop("bias_ih")
            del made["bias_hh"]
        before = {"x": (batch, inputs), "h": (batch, hidden)} | ({"c": (batch, hidden)} if cell else {})
        yield Case(f"batch {batch}, inputs {inputs}, hidden {hidden}", drawn(generator, **before) | made)


def texts(generator: Generator) -> Iterator[Case]:
    """Inputs over time, with the state from before."""
    for batch, time, inputs, hidden in TEXTS:
        state = drawn(generator, x=(batch, time, inputs), h=(batch, hidden), c=(batch, hidden))
        words = f"batch {batch}, time {time}, inputs {inputs}, hidden {hidden}"
        yield Case(words, state | weights(generator, inputs, hidden))


def models(generator: Generator) -> Iterator[Case]:
    """Tokens in two parts, and the parameters of a model by their names."""
    for batch, first, second, vocab, hidden in ((1, 1, 0, 2, 1), (1, 1, 1, 2, 2), (2, 3, 1, 4, 3), (3, 2, 2, 28, 5)):
        made = weights(generator, vocab, hidden) | drawn(generator, weight=(vocab, hidden), bias=(vocab,))
        tokens = torch.randint(vocab, (batch, first + second), generator=generator)
        words = f"batch {batch}, {first} and {second} tokens, vocab {vocab}, hidden {hidden}"
        yield Case(words, {"tokens": tokens, "first": first, **made})


def with_weights(answer: Any, tokens: Tensor, first: int, **parameters: Tensor) -> tuple[Tensor, ...]:
    """Logits of the tokens in two calls of a model with these parameters, and the last state."""
    vocab, hidden = parameters["weight"].shape
    model = answer(vocab, hidden).double()
    names = {name for name, _ in model.named_parameters()}
    if names != set(parameters):
        raise AttributeError(f"its parameters are {', '.join(sorted(names))}, not {', '.join(sorted(parameters))}")
    for name, value in parameters.items():
        delattr(model, name)
        setattr(model, name, value)  # so that gradients reach it
    logits, state = model.advance(tokens[:, :first])
    if first < tokens.shape[1]:
        more, state = model.advance(tokens[:, first:], state)
        logits = torch.cat([logits, more], 1)
    return logits, *state


def lessons(generator: Generator) -> Iterator[Case]:
    """Short texts, and the first weights of a model."""
    for batch, time, steps, forget in ((1, 2, 1, 0.0), (1, 3, 2, 1.0), (2, 2, 3, 1.0), (3, 4, 4, 2.0)):
        made = weights(generator, 4, 3) | drawn(generator, weight=(4, 3), bias=(4,))
        tokens = torch.randint(4, (batch, time), generator=generator)
        words = f"{batch} texts of {time} tokens, {steps} steps, forget {forget:g}"
        yield Case(words, {"tokens": tokens, "steps": steps, "lr": 0.5, "forget": forget, "made": made})


class Reader(Module):
    """The answer's network with given weights, for `learn`, which the learner's own network may not be."""

    def __init__(self, made: dict[str, Tensor]):
        super().__init__()
        self.vocab, self.hidden = made["weight"].shape
        for name, value in made.items():
            setattr(self, name, Parameter(value.clone()))

    advance = LanguageModel.advance


def taught(answer: Any, made: dict[str, Tensor], tokens: Tensor, **options: Any) -> tuple[Tensor, ...]:
    """The losses of a model, and what has become of its parameters."""
    model = Reader(made)
    losses = answer(model, tokens, **options)
    return torch.stack(list(losses)), *(parameter.detach() for parameter in model.parameters())


def carousel(answer: Any, generator: Generator) -> Tensor:
    """How far the cell is from what it was, with the input gate shut and the forget gate open."""
    (*_, case) = one_step(generator)
    inputs = dict(case.inputs)
    hidden = inputs["h"].shape[1]
    bias = torch.zeros_like(inputs["bias_ih"])
    bias[:hidden], bias[hidden : 2 * hidden] = -1e3, 1e3
    return answer(**inputs | {"bias_ih": bias})[1] - inputs["c"]


def error_carousel(answer: Any, generator: Generator) -> Tensor:
    """How far dc_t / dc_t-1 is from 1."""
    (*_, case) = one_step(generator, published=True)
    before = case.inputs["c"].clone().requires_grad_()
    (slope,) = torch.autograd.grad(answer(**case.inputs | {"c": before})[1].sum(), before)
    return slope - 1


def in_two_halves(answer: Any, generator: Generator) -> Tensor:
    """How far a text in two halves, the state carried from one to the other, is from the text in one piece."""
    (*_, case) = texts(generator)
    x, h, c, *rest = case.inputs.values()
    whole = answer(x, h, c, *rest)[0]
    first, h, c = answer(x[:, :2], h, c, *rest)
    return torch.cat([first, answer(x[:, 2:], h, c, *rest)[0]], 1) - whole


def each_alone(answer: Any, generator: Generator) -> Tensor:
    """How far the texts of a batch are from the same texts one by one, last one first."""
    (*_, case) = texts(generator)
    x, h, c, *rest = case.inputs.values()
    alone = [answer(x[i : i + 1], h[i : i + 1], c[i : i + 1], *rest)[0] for i in reversed(range(len(x)))]
    return torch.cat(alone[::-1]) - answer(x, h, c, *rest)[0]


def published_size(answer: Any, generator: Generator) -> float:
    """How far the parameters of the default sizes are from 8,860, those of 28 tokens and 32 cells."""
    return float(sum(parameter.numel() for parameter in answer().parameters()) - 8860)


def by_heart(answer: Any, generator: Generator) -> float:
    """What the last loss on 32 texts is above 1 nat; chance is log 8, 2.08 nats."""
    hidden = 16
    made = {name: value * 0.3 for name, value in weights(generator, 8, hidden).items()}
    made["weight"] = torch.randn(8, hidden, generator=generator, dtype=torch.float64) * 0.3
    made["bias"] = torch.zeros(8, dtype=torch.float64)
    starts = torch.randint(8, (32, 1), generator=generator)
    tokens = (starts + torch.arange(6)) % 8
    losses = answer(Reader(made), tokens, steps=60, lr=2.0, forget=1.0)
    return max(0.0, float(losses[-1]) - log(8) / 2)


EXERCISE = Exercise(steps=(
    Step(
        minutes=10,
        statement="""
            Every gate sums up the input x_t and the last output h_t-1, each through its own matrix, with its own bias:

                a = W_ih x_t + b_ih + W_hh h_t-1 + b_hh

            The four gates are stacked: the rows hold i, f, g and o, in this order. Return the four sums.
            """,
        answer=gates,
        cases=lambda generator: one_step(generator, cell=False),
        returns=("a_i", "a_f", "a_g", "a_o"),
        mistakes=(
            mistake("gates-in-another-order", "return a_i, a_f, a_g, a_o", "return a_i, a_g, a_f, a_o",
                    "f and g have changed places: the rows hold i, f, g and o."),
            mistake("output-gate-third", "return a_i, a_f, a_g, a_o", "return a_i, a_f, a_o, a_g",
                    "o and g have changed places: the rows hold i, f, g and o."),
            mistake("forget-gate-first", "return a_i, a_f, a_g, a_o", "return a_f, a_i, a_g, a_o",
                    "i and f have changed places: the rows hold i, f, g and o."),
            mistake("one-bias", " + bias_hh", "",
                    "There are two biases; bias_hh is missing."),
            mistake("input-bias-missing", " + bias_ih", "",
                    "There are two biases; bias_ih is missing."),
            mistake("bias-twice", " + bias_hh", " + bias_ih",
                    "bias_ih is added twice, bias_hh never."),
            mistake("recurrent-weight-turned", "h @ weight_hh.T",
                    "h @ weight_hh.unflatten(0, (4, -1)).transpose(1, 2).flatten(0, 1).T",
                    "Each gate's recurrent matrix is transposed: row j of W_hh belongs to unit j of the sum."),
            mistake("no-recurrence", " + h @ weight_hh.T", "",
                    "The last output h is not used."),
            mistake("units-of-gates-mixed", "sums.chunk(4, dim=1)", "sums.unflatten(1, (-1, 4)).unbind(2)",
                    "The gates are four blocks of rows, they do not alternate row by row."),
        ),
        hints=("x @ weight_ih.T gives (batch, 4 * hidden): all four gates at once.",
               "Add the four terms, then cut the sum into four pieces along dimension 1: chunk."),
    ),
    Step(
        minutes=15,
        statement="""
            One step, from the sums of step 1; all products are element by element.

                i = sigmoid(a_i)      whether to write            g = tanh(a_g)       what to write
                f = sigmoid(a_f)      how much to keep            o = sigmoid(a_o)    whether to show
                c_t = f c_t-1 + i g
                h_t = o tanh(c_t)
            """,
        answer=step,
        cases=one_step,
        returns=("h", "c"),
        identities=(Identity("input gate shut, forget gate open: the cell stays as it was", carousel),),
        mistakes=(
            mistake("g-sigmoid", "torch.tanh(a_g)", "torch.sigmoid(a_g)",
                    "What is written, g, can be negative."),
            mistake("cell-shown-raw", "o * torch.tanh(new)", "o * new",
                    "h shows the tanh of the cell."),
            mistake("no-forget-gate", "f * c + i * g", "c + i * g",
                    "The forget gate multiplies the old cell."),
            mistake("coupled-gates", "f * c + i * g", "f * c + (1 - f) * g",
                    "The input gate is one of its own, not what the forget gate leaves over."),
            mistake("input-decides", "f * c + i * g", "(1 - i) * c + i * g",
                    "The forget gate is one of its own, not what the input gate leaves over."),
            mistake("shows-old-cell", "o * torch.tanh(new)", "o * torch.tanh(c)",
                    "h shows the new cell, c_t."),
            mistake("gates-crossed", "f * c + i * g", "i * c + f * g",
                    "f keeps the old cell, i lets g in."),
            mistake("output-not-gated", "o * torch.tanh(new)", "torch.tanh(new)",
                    "o decides what is shown."),
            mistake("gate-not-squashed", "torch.sigmoid(a_o)", "a_o",
                    "o is the sigmoid of its sum."),
            mistake("everything-written", "f * c + i * g", "f * c + g",
                    "i decides how much of g is written."),
            mistake("h-for-c", "f * c + i * g", "f * h + i * g",
                    "The forget gate multiplies the cell, not h."),
            mistake("cell-cut", "f * c + i * g", "f * c.detach() + i * g",
                    "No gradient reaches the old cell: look for detach or .data."),
        ),
        hints=("Which gate multiplies the old cell?", "The cell first, then the output, which shows the new cell.",
               "Return h before c."),
    ),
    Step(
        minutes=15,
        statement="""
            A layer reads a text from the first input to the last. Each step starts from the h and c in which the one
            before ended. Return all outputs h_t, and the last h and c. The gradient flows through all of time.
            """,
        answer=layer,
        cases=texts,
        returns=("y", "h", "c"),
        identities=(
            Identity("a text in two halves, the state carried, is the text in one piece", in_two_halves),
            Identity("the texts of a batch do not see one another", each_alone),
        ),
        mistakes=(
            mistake("state-cut", "step(x_t, h, c,", "step(x_t, h.detach(), c.detach(),",
                    "Values hold, but no gradient reaches the step before: look for detach, .data or no_grad."),
            mistake("cell-not-carried", "h, c = step(x_t", "h, _ = step(x_t",
                    "Every step starts from the first cell: carry c from step to step."),
            Mistake("output-not-carried", (("h, c = step(x_t", "y_t, c = step(x_t"), ("append(h)", "append(y_t)")),
                    "Every step starts from the first h: carry h from step to step."),
            mistake("state-from-zero", "    outputs = []\n",
                    "    outputs, h, c = [], torch.zeros_like(h), torch.zeros_like(c)\n",
                    "The state that is passed in is ignored."),
            Mistake("walks-batch", (("x.unbind(1)", "x.unbind(0)"), ("(outputs, 1)", "(outputs)")),
                    "Time is the second dimension of x, the batch is the first."),
            mistake("walks-backwards", "x.unbind(1)", "x.flip(1).unbind(1)",
                    "The text is read from its end."),
            mistake("time-first", "torch.stack(outputs, 1)", "torch.stack(outputs)",
                    "The outputs are (batch, time, hidden): stack along dimension 1."),
            mistake("cells-as-outputs", "outputs.append(h)", "outputs.append(c)",
                    "The outputs are h, not c."),
            mistake("state-swapped", "h, c = step(", "c, h = step(",
                    "`step` returns h before c."),
            mistake("outputs-cut", "outputs.append(h)", "outputs.append(h.detach())",
                    "No gradient reaches the outputs: look for detach where they are collected."),
        ),
        hints=("x.unbind(1) is the inputs one after the other.", "Write over h and c at every step.",
               "torch.stack(list, 1) makes (batch, time, hidden) of the outputs."),
    ),
    Step(
        minutes=15,
        statement="""
            The published step of 1997 has no forget gate, one bias, and wider squashings. Rows hold i, g and o.

                i = sigmoid(a_i)       o = sigmoid(a_o)       g = 4 sigmoid(a_g) - 2, from -2 to 2
                c_t = c_t-1 + i g
                h_t = o (2 sigmoid(c_t) - 1), what o shows is from -1 to 1

            dc_t / dc_t-1 is 1: the constant error carousel.
            """,
        answer=step_1997,
        cases=lambda generator: one_step(generator, published=True),
        returns=("h", "c"),
        identities=(Identity("the error carousel: dc_t / dc_t-1 is 1", error_carousel),),
        mistakes=(
            mistake("g-tanh", "4 * torch.sigmoid(a_g) - 2", "torch.tanh(a_g)",
                    "g of 1997 goes from -2 to 2."),
            mistake("g-wide-tanh", "4 * torch.sigmoid(a_g) - 2", "2 * torch.tanh(a_g)",
                    "4 sigmoid(a) - 2 is 2 tanh(a / 2): the half is missing."),
            mistake("g-half", "4 * torch.sigmoid(a_g) - 2", "2 * torch.sigmoid(a_g) - 1",
                    "That is the squashing of the cell; g goes from -2 to 2."),
            mistake("h-tanh", "2 * torch.sigmoid(new) - 1", "torch.tanh(new)",
                    "2 sigmoid(c) - 1 is tanh(c / 2): the half is missing."),
            mistake("cell-raw", "(2 * torch.sigmoid(new) - 1)", "new",
                    "The cell is squashed before it is shown."),
            mistake("old-cell-shown", "torch.sigmoid(new)", "torch.sigmoid(c)",
                    "h shows the new cell."),
            mistake("leaks", "c + torch.sigmoid(a_i) * g", "(1 - torch.sigmoid(a_i)) * c + torch.sigmoid(a_i) * g",
                    "Nothing is forgotten: the old cell is added as it is."),
            mistake("carousel-cut", "c + torch.sigmoid(a_i) * g", "c.detach() + torch.sigmoid(a_i) * g",
                    "No gradient reaches the old cell: look for detach or .data."),
            mistake("o-and-g-crossed", "a_i, a_g, a_o =", "a_i, a_o, a_g =",
                    "The rows hold i, g and o."),
        ),
        hints=("There are three blocks of rows.", "The new cell is the old one plus something: no gate touches it."),
    ),
    Step(
        minutes=20,
        statement="""
            A language model: tokens become one-hot vectors, go through one layer, and a linear map gives the logits
            of the next token, V h_t + d. `advance` starts from a state of zeros, or from the one that an earlier call
            returned. `__init__(vocab, hidden)` makes the parameters weight_ih, weight_hh, bias_ih, bias_hh (those of
            the layer), weight (vocab, hidden) and bias (vocab). 28 tokens and 32 cells make 8,860 numbers. First values
            are yours: the judge sets its own, in float64, and one-hot vectors and the zeros have to be of their type.
            """,
        answer=LanguageModel,
        cases=models,
        use=with_weights,
        returns=("logits", "h", "c"),
        identities=(Identity("28 tokens and 32 cells are 8,860 parameters", published_size),),
        mistakes=(
            mistake("state-dropped", "(zeros, zeros) if state is None else state", "zeros, zeros",
                    "The state that is passed in is ignored."),
            mistake("state-turned", "(zeros, zeros) if state is None else state",
                    "(zeros, zeros) if state is None else state[::-1]",
                    "The state is (h, c), in this order."),
            mistake("no-output-bias", "y @ self.weight.T + self.bias", "y @ self.weight.T",
                    "The logits have a bias."),
            mistake("probabilities", "return y @ self.weight.T + self.bias, (h, c)",
                    "return torch.softmax(y @ self.weight.T + self.bias, -1), (h, c)",
                    "Logits are what a softmax would turn into probabilities: leave it out."),
            mistake("log-probabilities", "return y @ self.weight.T + self.bias, (h, c)",
                    "return torch.log_softmax(y @ self.weight.T + self.bias, -1), (h, c)",
                    "Logits are what a softmax would turn into probabilities: leave it out."),
            mistake("biases-crossed", "self.bias_ih, self.bias_hh)\n        return",
                    "self.bias_ih, self.bias_ih)\n        return",
                    "bias_hh is not used."),
            mistake("softmax-over-time", "return y @ self.weight.T + self.bias, (h, c)",
                    "return torch.softmax(y @ self.weight.T + self.bias, 1), (h, c)",
                    "Logits are what a softmax would turn into probabilities: leave it out."),
        ),
        hints=("torch.eye(vocab)[tokens] makes one-hot vectors; in the type of the weights.",
               "A state of zeros has the shape (batch, hidden), twice.", "Return (logits, (h, c))."),
    ),
    Step(
        minutes=20,
        statement="""
            Train by plain gradient descent on all texts at once. First add `forget` to the forget gates' rows of
            bias_ih: open gates keep what they saw. The loss is the mean of -log p(next token) over all texts and
            places: token t predicts token t + 1, and the last one predicts nothing. After each loss, w <- w - lr dL/dw.
            Return the losses, scalar tensors, in a list.
            """,
        answer=learn,
        cases=lessons,
        use=taught,
        gradients=False,
        returns=("losses", "weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight", "bias"),
        identities=(Identity("32 texts are learned by heart: after 60 steps half of chance's loss", by_heart),),
        mistakes=(
            mistake("own-token", "model.advance(tokens[:, :-1])", "model.advance(tokens[:, 1:])",
                    "Each token predicts itself: inputs are all tokens but the last, targets all but the first."),
            mistake("sum-of-tokens", "-chances.mean()", "-chances.sum()",
                    "The loss is a mean over texts and places."),
            mistake("sum-over-time", "-chances.mean()", "-chances.sum(1).mean()",
                    "The loss is a mean over places, too."),
            mistake("upwards", "parameter -= lr * slope", "parameter += lr * slope",
                    "The step goes against the gradient."),
            mistake("gates-stay-shut", "+= forget", "+= 0 * forget",
                    "`forget` is not added to the biases."),
            mistake("input-gates-opened", "model.bias_ih[model.hidden : 2 * model.hidden]",
                    "model.bias_ih[: model.hidden]",
                    "Those are the input gates: the forget gates' rows come second."),
            mistake("cell-inputs-moved", "model.bias_ih[model.hidden : 2 * model.hidden]",
                    "model.bias_ih[2 * model.hidden : 3 * model.hidden]",
                    "Those are the rows of g: the forget gates' rows come second."),
            mistake("opened-twice", "            for parameter, slope in",
                    "            model.bias_ih[model.hidden : 2 * model.hidden] += forget\n"
                    "            for parameter, slope in",
                    "`forget` is added once, before training, not at every step."),
            mistake("gradients-add-up", "slopes = torch.autograd.grad(loss, list(model.parameters()))",
                    "loss.backward()\n        slopes = [p.grad for p in model.parameters()]",
                    "The gradients of earlier steps are still there: set them to zero after each step."),
            mistake("probabilities-averaged", "loss = -chances.mean()", "loss = -chances.exp().mean().log()",
                    "The mean is over logarithms: log first, then the mean."),
        ),
        hints=("log_softmax over the last dimension, then gather the next tokens' places.",
               "torch.autograd.grad(loss, list(model.parameters())) gives all gradients.",
               "Change parameters inside `with torch.no_grad():`."),
    ),
))  # fmt: skip
