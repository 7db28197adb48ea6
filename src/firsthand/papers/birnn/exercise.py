"""Rebuild the bidirectional network: both kinds of states, their output, merged opinions, sequences of classes."""

from collections.abc import Iterator
from itertools import product
from typing import Any

import torch
from torch import Generator, Tensor

from firsthand.papers.birnn.answers import both, brnn, forwards, pools, posterior, turned
from firsthand.papers.cases import drawn, largest
from firsthand.papers.exercise import Case, Exercise, Identity, Step, mistake

SIZES = ((1, 1, 1, 1), (1, 3, 1, 2), (2, 2, 2, 2), (3, 4, 2, 3), (4, 5, 3, 2))  # batch, time, inputs, hidden


def lengths(generator: Generator, batch: int, time: int) -> Tensor:
    """Of the sequences of a batch: the first is the longest, the last is shorter where it can be."""
    found = torch.randint(1, time + 1, (batch,), generator=generator)
    found[0] = time
    if batch > 1 and time > 1:
        found[-1] = torch.randint(1, time, (), generator=generator)
    return found


def directions(generator: Generator, inputs: int, hidden: int, names: str = "fb") -> dict[str, Tensor]:
    """The matrices and the bias of each direction."""
    made = {}
    for name in names:
        shapes = {"W": (hidden, inputs), "U": (hidden, hidden), "b": (hidden,)}
        made |= drawn(generator, **{f"{part}_{name}": shape for part, shape in shapes.items()})
    return made


def one_way(generator: Generator) -> Iterator[Case]:
    """Sequences, and the weights of one direction."""
    for batch, time, inputs, hidden in SIZES:
        made = drawn(generator, x=(batch, time, inputs), W=(hidden, inputs), U=(hidden, hidden), b=(hidden,))
        yield Case(f"batch {batch}, time {time}, inputs {inputs}, hidden {hidden}", made)


def padded(generator: Generator, weights: bool = True, outputs: bool = False) -> Iterator[Case]:
    """Sequences of several lengths; with the weights of both directions and of an output, if asked for."""
    for number, (batch, time, inputs, hidden) in enumerate(SIZES):
        made = drawn(generator, x=(batch, time, inputs)) | {"lengths": lengths(generator, batch, time)}
        words = f"batch {batch}, time {time} of lengths {made['lengths'].tolist()}, inputs {inputs}"
        if weights:
            made |= directions(generator, inputs, hidden)
            words += f", hidden {hidden}"
        if outputs:
            count = (1, 1, 2, 3, 1)[number]
            made |= drawn(generator, V_f=(count, hidden), V_b=(count, hidden), c=(count,))
            words += f", outputs {count}"
        yield Case(words, made)


def opinions(generator: Generator) -> Iterator[Case]:
    """The logits of two networks."""
    for batch, classes in ((1, 2), (2, 3), (3, 3), (4, 7)):
        made = drawn(generator, one=(batch, classes), other=(batch, classes))
        yield Case(f"batch {batch}, {classes} classes", {name: 2 * value for name, value in made.items()})


def labelled(generator: Generator) -> Iterator[Case]:
    """Sequences, the class of every step, and the weights of the modified network."""
    for batch, time, inputs, hidden, count in ((1, 1, 1, 1, 2), (1, 2, 1, 2, 2), (2, 3, 3, 3, 3), (3, 5, 2, 4, 3)):
        made = drawn(generator, x=(batch, time, inputs))
        made["classes"] = torch.randint(count, (batch, time), generator=generator)
        made |= directions(generator, inputs + count, hidden, "f") | directions(generator, inputs, hidden, "b")
        made |= drawn(generator, V_f=(count, hidden), V_b=(count, hidden), V_x=(count, inputs), c=(count,))
        words = f"batch {batch}, time {time}, inputs {inputs}, hidden {hidden}, {count} classes"
        yield Case(words, made)


def twice(answer: Any, generator: Generator) -> Tensor:
    """How far sequences that are turned twice are from what they were."""
    x, long = largest(padded(generator, weights=False)).values()
    return answer(answer(x, long), long) - x


def alone(answer: Any, generator: Generator) -> Tensor:
    """How far the states of the shortest sequence by itself are from those beside longer ones."""
    x, long, *rest = largest(padded(generator)).values()
    n = int(long[-1])
    short = answer(x[-1:, :n], long[-1:], *rest)
    return torch.cat([one - many[-1:, :n] for one, many in zip(short, answer(x, long, *rest), strict=True)])


def mirrored(answer: Any, generator: Generator) -> Tensor:
    """How far outputs of the reversed sequence, the directions exchanged, are from the outputs reversed."""
    inputs = largest(padded(generator, outputs=True))
    x, long = inputs["x"], torch.full_like(inputs["lengths"], inputs["x"].shape[1])
    right = [inputs[name] for name in ("W_f", "U_f", "b_f", "W_b", "U_b", "b_b", "V_f", "V_b", "c")]
    left = [*right[3:6], *right[:3], right[7], right[6], right[8]]
    return answer(x, long, *right) - answer(x.flip(1), long, *left).flip(1)


def own_opinion(answer: Any, generator: Generator) -> Tensor:
    """How far the pools of a network with itself are from its own opinion."""
    logits = torch.randn(3, 4, generator=generator, dtype=torch.float64)
    return torch.stack([pool - torch.softmax(logits, 1) for pool in answer(logits, logits.clone())])


def whole(answer: Any, generator: Generator) -> Tensor:
    """How far the probabilities of all 27 sequences of three classes are from 1 together."""
    *_, case = (case for case in labelled(generator) if case.inputs["x"].shape[1] == 3)
    x, _, *rest = case.inputs.values()
    every = torch.tensor(list(product(range(3), repeat=3)))
    return answer(x[:1].expand(27, -1, -1), every, *rest).exp().sum() - 1


EXERCISE = Exercise(steps=(
    Step(
        minutes=10,
        statement="""
            The states of one direction are a recurrent network's, for a batch of sequences of the same length:

                f_t = tanh(W x_t + U f_t-1 + b)        t = 1, ..., T        f_0 = 0.5 in every unit

            The edge, the state before the first step, is not learned: the paper fixes it at 0.5. Return all states.
            """,
        answer=forwards,
        cases=one_way,
        returns=("states",),
        mistakes=(
            mistake("edge-zero", ", 0.5)", ", 0.0)", "The state before the first step is 0.5, not 0."),
            mistake("edge-kept", "        h = torch.tanh(x_t @ W.T + h @ U.T + b)\n        states.append(h)",
                    "        states.append(torch.tanh(x_t @ W.T + h @ U.T + b))",
                    "Every step starts from the edge: carry the state on."),
            mistake("recurrent-weight-turned", "h @ U.T", "h @ U", "U is transposed: its rows are the units."),
            mistake("no-bias", "h @ U.T + b", "h @ U.T", "The bias is missing."),
            mistake("sigmoid", "torch.tanh(", "torch.sigmoid(", "The states are tanh: they can be negative."),
            mistake("state-cut", "h @ U.T", "h.detach() @ U.T",
                    "No gradient reaches the state before: look for detach or .data."),
            mistake("edge-as-a-state", "        h = torch.tanh(x_t @ W.T + h @ U.T + b)\n        states.append(h)",
                    "        states.append(h)\n        h = torch.tanh(x_t @ W.T + h @ U.T + b)",
                    "The first state returned is f_1, after the first input; the edge is none of them."),
        ),
        hints=("x.new_full((batch, hidden), 0.5) is the edge.",),
    ),
    Step(
        minutes=15,
        statement="""
            Sequences of a batch are padded at their ends to the longest one. Reverse each within its own length, and
            leave the padding where it is: a row of a, b, c, pad, pad becomes c, b, a, pad, pad. x may be anything with
            a width for each step; lengths are from 1 to time.
            """,
        answer=turned,
        cases=lambda generator: padded(generator, weights=False),
        returns=("the turned sequences",),
        identities=(Identity("turned twice, sequences are what they were", twice),),
        mistakes=(
            mistake("padding-first", "return x.gather(1, places[:, :, None].expand(x.shape))", "return x.flip(1)",
                    "A flip of everything puts the padding first: each row turns within its own length."),
            mistake("padding-dropped", "return x.gather(1, places[:, :, None].expand(x.shape))",
                    "return x.gather(1, places[:, :, None].expand(x.shape)) * (times < lengths[:, None])[:, :, None]",
                    "The padding stays what it was: it is not set to 0."),
            mistake("one-too-far", "lengths[:, None] - 1 - times", "(lengths[:, None] - times) % x.shape[1]",
                    "Places count from 0: the last of a row is its length - 1."),
            mistake("lengths-of-the-longest", "torch.where(times < lengths[:, None], lengths[:, None] - 1 - times",
                    "torch.where(times < lengths.min(), lengths.min() - 1 - times",
                    "Every row has a length of its own."),
            mistake("rolled", "lengths[:, None] - 1 - times", "(times + 1) % lengths[:, None]",
                    "That moves the first step to the end; all steps change their order."),
            mistake("width-turned", "return x.gather(1, places[:, :, None].expand(x.shape))",
                    "return x.flip(2).gather(1, places[:, :, None].expand(x.shape))",
                    "Time is turned, not what a step holds."),
            mistake("gradient-cut", "return x.gather(", "return x.detach().gather(",
                    "The gradient flows through: look for detach or .data."),
        ),
        hints=("Place t of a row comes from place length - 1 - t where t < length, else from t.",
               "gather takes an index of x's own shape: expand it; or treat rows one by one."),
    ),
    Step(
        minutes=15,
        statement="""
            Two kinds of states, of which none feeds one of the other kind and no weight is shared:

                f_t = tanh(W_f x_t + U_f f_t-1 + b_f)        from t = 1 on        f_0 = 0.5
                b_t = tanh(W_b x_t + U_b b_t+1 + b_b)        from each sequence's own last step back
                                                             b = 0.5 after that step

            Return f and b, each (batch, time, hidden), in the order of time: b[:, t] is the state at step t, which has
            seen step t and all that come after it. On padding both are 0.
            """,
        answer=both,
        cases=padded,
        returns=("forward states", "backward states"),
        identities=(Identity("a sequence by itself has the states that it has beside longer ones", alone),),
        mistakes=(
            mistake("not-turned-back", "turned(forwards(turned(x, lengths), W_b, U_b, b_b), lengths)",
                    "forwards(turned(x, lengths), W_b, U_b, b_b)",
                    "The backward states come out last step first: turn them again."),
            mistake("begins-in-the-padding", "turned(forwards(turned(x, lengths), W_b, U_b, b_b), lengths)",
                    "forwards(x.flip(1), W_b, U_b, b_b).flip(1)",
                    "The backward states begin at each sequence's own last step, not in its padding."),
            mistake("both-from-the-past", "turned(forwards(turned(x, lengths), W_b, U_b, b_b), lengths)",
                    "forwards(x, W_b, U_b, b_b)", "The backward states read from the end to the beginning."),
            mistake("weights-shared", "turned(x, lengths), W_b, U_b, b_b)", "turned(x, lengths), W_f, U_f, b_f)",
                    "The backward states have weights of their own."),
            mistake("padding-kept", "return past * inside, future * inside", "return past, future",
                    "States on padding are 0 here."),
            mistake("future-first", "return past * inside, future * inside", "return future * inside, past * inside",
                    "The forward states come first."),
            mistake("stacked", "forwards(turned(x, lengths), W_b",
                    "forwards(turned(x + past.mean(2, keepdim=True), lengths), W_b",
                    "The backward states read x, not the forward states."),
            mistake("present-left-out", "return past * inside, future * inside",
                    "later = torch.cat([future[:, 1:], torch.full_like(future[:, :1], 0.5)], 1)\n"
                    "    return past * inside, later * inside",
                    "b at step t has seen step t, too."),
        ),
        hints=("The backward states are `forwards` on the turned sequences, turned again.",
               "(times < lengths[:, None])[:, :, None] is True inside of the sequences."),
    ),
    Step(
        minutes=10,
        statement="""
            The whole network: both kinds of states meet in the output layer only, and one error trains both.

                y_t = tanh(V_f f_t + V_b b_t + c)

            Return y, (batch, time, outputs), 0 on padding. With one input, one output and two states of each kind these
            are 21 weights, the paper's network for artificial data.
            """,
        answer=brnn,
        cases=lambda generator: padded(generator, outputs=True),
        returns=("y",),
        identities=(Identity("reversed, with the directions exchanged, it is the same network", mirrored),),
        mistakes=(
            mistake("past-only", " + future @ V_b.T", "", "The backward states are not used."),
            mistake("outputs-averaged", "torch.tanh(past @ V_f.T + future @ V_b.T + c)",
                    "(torch.tanh(past @ V_f.T + c) + torch.tanh(future @ V_b.T + c)) / 2",
                    "That merges two networks; here one output reads both kinds of states."),
            mistake("one-matrix", "future @ V_b.T", "future @ V_f.T", "V_b is for the backward states."),
            mistake("no-bias", " + c)", ")", "The bias c is missing."),
            mistake("bias-on-padding", " + c) * inside", " + c)",
                    "On padding the output is 0: the bias must not show there."),
            mistake("not-squashed", "torch.tanh(past @ V_f.T + future @ V_b.T + c)",
                    "(past @ V_f.T + future @ V_b.T + c)", "The output is a tanh."),
            mistake("future-cut", "future @ V_b.T", "future.detach() @ V_b.T",
                    "One error trains both directions: look for detach."),
            mistake("matrices-crossed", "past @ V_f.T + future @ V_b.T", "past @ V_b.T + future @ V_f.T",
                    "V_f is for the forward states, V_b for the backward ones."),
        ),
        hints=("`both` returns f before b.", "V_f f + V_b b for rows: f @ V_f.T + b @ V_b.T."),
    ),
    Step(
        minutes=10,
        statement="""
            What the network is compared with: a forward and a backward network, trained apart, whose opinions are
            merged. Their logits are `one` and `other`, p and q the softmax of each over the classes:

                linear pool         (p + q) / 2
                logarithmic pool    sqrt(p q), divided by its sum over the classes

            Return both, as probabilities.
            """,
        answer=pools,
        cases=opinions,
        returns=("linear", "logarithmic"),
        identities=(Identity("a network merged with itself keeps its opinion", own_opinion),),
        mistakes=(
            mistake("logits-averaged", "linear = (torch.softmax(one, 1) + torch.softmax(other, 1)) / 2",
                    "linear = torch.softmax((one + other) / 2, 1)",
                    "The linear pool averages probabilities, not logits."),
            mistake("not-normalised", "torch.softmax((one + other) / 2, 1)",
                    "(torch.softmax(one, 1) * torch.softmax(other, 1)).sqrt()",
                    "The geometric means do not add up to 1: divide by their sum."),
            mistake("product-for-mean", "torch.softmax((one + other) / 2, 1)", "torch.softmax(one + other, 1)",
                    "The logarithmic pool has the root of the product."),
            mistake("over-the-batch", "torch.softmax((one + other) / 2, 1)", "torch.softmax((one + other) / 2, 0)",
                    "The sum is over the classes, not over the batch."),
            mistake("sum-for-mean", "torch.softmax(other, 1)) / 2", "torch.softmax(other, 1))",
                    "Two opinions: divide their sum by 2."),
            mistake("logarithms", "torch.softmax((one + other) / 2, 1)", "torch.log_softmax((one + other) / 2, 1)",
                    "Probabilities are asked for, not their logarithms."),
            mistake("pools-swapped", "return linear, torch.softmax((one + other) / 2, 1)",
                    "return torch.softmax((one + other) / 2, 1), linear", "The linear pool comes first."),
        ),
        hints=("sqrt(p q) in logarithms is a mean.", "A constant in all logits goes away in the softmax."),
    ),
    Step(
        minutes=30,
        statement="""
            The paper's second half. A network that tells every step's class apart cannot say how likely a whole
            sequence of classes is; with the classes before t as further inputs it can:

                log P(c_1, ..., c_T | x) = sum over t of log P(c_t | c_1, ..., c_t-1, x_1, ..., x_T)

            The wiring is changed so that the output at t sees all of x, the classes before t and none from t on:

                f_t = tanh(W_f [x_t, code of c_t] + U_f f_t-1 + b_f)        forward states read the classes
                b_t = tanh(W_b x_t + U_b b_t+1 + b_b)                       backward states do not
                P(. | ...) = softmax(V_f f_t-1 + V_b b_t+1 + V_x x_t + c)   they feed the next and previous output

            with f_0 = b_T+1 = 0.5. The code of a class is one-hot, and comes after x_t in the columns of W_f. All
            sequences have the same length. Return log P of each, (batch,).
            """,
        answer=posterior,
        cases=labelled,
        returns=("log P",),
        identities=(Identity("the probabilities of all sequences of classes add up to 1", whole),),
        mistakes=(
            mistake("sees-its-own-class", "before, after = torch.cat([edge, past[:, :-1]], 1)",
                    "before, after = past",
                    "f_t has read the class that is to be told: f_t-1 feeds the output at t."),
            mistake("present-future-state", "torch.cat([future[:, 1:], edge], 1)", "future",
                    "The backward states feed the previous output: b_t+1 belongs to t."),
            mistake("edge-zero", "(len(x), 1, len(b_f)), 0.5)", "(len(x), 1, len(b_f)), 0.0)",
                    "f_0 and b_T+1 are 0.5, as the edges are."),
            mistake("input-left-out", " + x @ V_x.T", "", "x_t feeds the output at t directly: V_x."),
            mistake("codes-first", "torch.cat([x, codes], 2)", "torch.cat([codes, x], 2)",
                    "The code of the class comes after x_t."),
            mistake("mean-of-steps", ".sum((1, 2))", ".sum(2).mean(1)",
                    "The logarithms of a sequence add up: a sum over time."),
            mistake("probabilities-summed", "return (torch.log_softmax(logits, 2) * codes).sum((1, 2))",
                    "return (torch.softmax(logits, 2) * codes).sum(2).sum(1).log()",
                    "Probabilities multiply: it is their logarithms that add up."),
            mistake("not-turned-back", "forwards(x.flip(1), W_b, U_b, b_b).flip(1)",
                    "forwards(x.flip(1), W_b, U_b, b_b)", "Turn the backward states back into the order of time."),
            mistake("negative", "return (torch.log", "return -(torch.log",
                    "log P itself is asked for: a number below 0."),
            mistake("softmax-over-time", "torch.log_softmax(logits, 2)", "torch.log_softmax(logits, 1)",
                    "The softmax is over the classes of one step."),
        ),
        hints=("torch.eye(classes)[...] makes the codes.",
               "f_t-1 of all steps: the edge, then all forward states but the last; b_t+1 likewise.",
               "The edges feed the first and the last output."),
    ),
))  # fmt: skip
