"""Rebuild MADE: numbers and masks, the network, its likelihood, drawing from it, and training with several masks."""

from collections.abc import Iterator
from itertools import product
from typing import Any

import torch
from torch import Generator, Tensor

from firsthand.papers.cases import drawn
from firsthand.papers.exercise import Case, Exercise, Identity, Mistake, Step, mistake
from firsthand.papers.made import answers

SIZES = ((1, 2, 1, 1), (2, 2, 3, 2), (2, 3, 3, 3), (3, 4, 5, 6), (4, 6, 7, 8))  # batch, D, units of both layers
MASKS = ("M_1", "M_2", "M_V", "M_A")


def ordering(generator: Generator, D: int) -> Tensor:
    """A permutation of 1..D that is far from the natural order and, from three on, from its own inverse."""
    while True:
        m_0 = 1 + torch.randperm(D, generator=generator)
        natural, inverse = torch.arange(1, D + 1), 1 + m_0.argsort()
        if (m_0 - natural).abs().sum() >= D and ((m_0 - inverse).abs().sum() >= D - 1 or D == 2):
            return m_0


def numbered(generator: Generator, D: int, first: int, second: int) -> tuple[Tensor, Tensor, Tensor]:
    """m^0, m^1 and m^2, with equal numbers in both hidden layers, and the largest and smallest if there is room."""
    m_0 = ordering(generator, D)
    m_1 = torch.randint(1, D, (first,), generator=generator)
    m_2 = torch.randint(int(m_1.min()), D, (second,), generator=generator)
    m_2[0] = m_1[0]
    if second > 1 and first > 1:
        m_2[1], m_1[1] = D - 1, 1
    return m_0, m_1, m_2


def parameters(generator: Generator, D: int, first: int, second: int) -> dict[str, Tensor]:
    """Weights and biases by their names; hidden biases keep some units above 0."""
    made = drawn(generator, W_1=(first, D), b_1=(first,), W_2=(second, first), b_2=(second,))
    made |= drawn(generator, V=(D, second), A=(D, D), c=(D,))
    return made | {name: made[name].abs() + 0.5 for name in ("b_1", "b_2")}


def bits(generator: Generator, batch: int, D: int) -> Tensor:
    """Zeros and ones."""
    return torch.randint(2, (batch, D), generator=generator).double()


def layers(generator: Generator) -> Iterator[Case]:
    """Numbers of the layer below, one for every unit of the layer from 0 to 1, and D."""
    for units, D, least in ((1, 2, 1), (2, 4, 2), (5, 5, 1), (9, 7, 3), (12, 9, 2)):
        before = torch.randint(least, D, (units + 2,), generator=generator)
        before[0], before[-1] = least, D - 1
        chance = torch.rand(units, generator=generator, dtype=torch.float64)
        if units > 1:
            chance[0], chance[-1] = 0.02 * chance[0], 1 - 0.02 * chance[-1]
        words = f"{units} units, D = {D}, numbers below from {least} to {D - 1}"
        yield Case(words, {"before": before, "chance": chance, "D": D})


def numbers(generator: Generator) -> Iterator[Case]:
    """An ordering, and numbers of two hidden layers."""
    for _, D, first, second in SIZES:
        found = numbered(generator, D, first, second)
        yield Case(f"D = {D}, {first} and {second} units", dict(zip(("m_0", "m_1", "m_2"), found, strict=True)))


def made_of(generator: Generator, sizes: tuple[int, ...]) -> dict[str, Tensor]:
    """An ordering, its masks and parameters, by their names."""
    m = numbered(generator, *sizes)
    found = dict(zip(MASKS, answers.masks(*m), strict=True))
    return {"m_0": m[0]} | {name: mask.bool() for name, mask in found.items()} | parameters(generator, *sizes)


def networks(generator: Generator) -> Iterator[Case]:
    """Bits, masks and parameters."""
    for batch, *sizes in SIZES:
        made = made_of(generator, tuple(sizes))
        del made["m_0"]
        yield Case(
            f"batch {batch}, D = {sizes[0]}, {sizes[1]} and {sizes[2]} units",
            {"x": bits(generator, batch, sizes[0]), **made},
        )


def given(inputs: dict[str, Tensor]) -> tuple[tuple[Tensor, ...], dict[str, Tensor]]:
    """Masks and parameters of what `made_of` made."""
    names = ("W_1", "b_1", "W_2", "b_2", "V", "A", "c")
    return tuple(inputs[name].double() for name in MASKS), {name: inputs[name] for name in names}


def masked(answer: Any, x: Tensor, **inputs: Tensor) -> Tensor:
    """Use an answer that takes masks and parameters together."""
    return answer(x, *given(inputs))


def likelihoods(generator: Generator) -> Iterator[Case]:
    """Bits, and logits of several sets of masks, at last large ones."""
    for sets, batch, D in ((1, 1, 1), (1, 2, 3), (3, 2, 1), (3, 3, 3), (2, 4, 6)):
        logits = (2 if D < 6 else 300) * drawn(generator, logits=(sets, batch, D))["logits"]
        yield Case(f"{sets} sets, batch {batch}, D = {D}", {"x": bits(generator, batch, D), "logits": logits})


def draws(generator: Generator) -> Iterator[Case]:
    """Bits of which some are known, chances, and a network that says much about what comes next."""
    for place, (batch, *sizes) in enumerate(((1, 2, 1, 1), (3, 3, 4, 4), (40, 6, 6, 5), (80, 7, 8, 8))):
        made = made_of(generator, tuple(sizes))
        made["A"], made["V"] = 2 * made["A"] + made["A"].sign(), made["V"] / 3
        made["c"] = 0.4 + 0.1 * made["c"].tanh() - (made["A"] * made["M_A"]).sum(1) / 2  # about as many ones as zeros
        known = made["m_0"] <= place % 3
        x = bits(generator, batch, sizes[0])
        chance = torch.rand(batch, sizes[0], generator=generator, dtype=torch.float64)
        words = f"batch {batch}, D = {sizes[0]}, {int(known.sum())} known"
        yield Case(words, {"x": x, "known": known, "chance": chance, **made})


def drawing(answer: Any, x: Tensor, known: Tensor, chance: Tensor, m_0: Tensor, **inputs: Tensor) -> Tensor:
    """What is drawn with these masks and parameters."""
    return answer(x, known, chance, m_0, *given(inputs))


def lessons(generator: Generator) -> Iterator[Case]:
    """Bits, sets of masks, and first parameters."""
    for batch, sets, steps, sizes in ((1, 1, 1, (2, 1, 1)), (2, 2, 3, (3, 3, 3)), (5, 3, 7, (5, 6, 4))):
        made: dict[str, Any] = parameters(generator, *sizes)
        chosen = [answers.masks(*numbered(generator, *sizes)) for _ in range(sets)]
        made = {"x": bits(generator, batch, sizes[0]), "sets": chosen, "steps": steps, "lr": 0.1, "p": made}
        yield Case(f"batch {batch}, {sets} sets of masks, {steps} steps, D = {sizes[0]}", made)


def learned(answer: Any, **inputs: Any) -> tuple[Tensor, ...]:
    """Losses, log p(x) of the mixture, and all parameters in one row."""
    x, sets, steps, lr, p = inputs.values()
    losses, nats, found = answer(x, sets, p, steps, lr)
    return torch.stack(list(losses)), nats.detach(), torch.cat([found[name].detach().flatten() for name in p])


def paths(answer: Any, generator: Generator) -> Tensor:
    """How many paths lead from an input to an output that does not come after it in the ordering."""
    m_0, m_1, m_2 = numbered(generator, 6, 9, 8)
    M_1, M_2, M_V, M_A = (mask.double() for mask in answer(m_0, m_1, m_2))
    return (M_V @ M_2 @ M_1 + M_A) * (m_0[:, None] <= m_0)


def blind(answer: Any, generator: Generator) -> Tensor:
    """The slopes of outputs by inputs that do not come before them."""
    made = made_of(generator, (5, 7, 6))
    x = drawn(generator, x=(1, 5))["x"].requires_grad_()
    m_0 = made["m_0"]
    rows = [torch.autograd.grad(masked(answer, x, **made)[0, d], x)[0][0] for d in range(5)]
    return torch.stack(rows) * (m_0[:, None] <= m_0)


def add_up(answer: Any, generator: Generator) -> Tensor:
    """How far the probabilities of all x are from adding up to 1, for a mixture of two orderings."""
    x = torch.tensor(list(product((0.0, 1.0), repeat=5)), dtype=torch.float64)
    logits = torch.stack([masked(answers.network, x, **made_of(generator, (5, 7, 6))) for _ in range(2)])
    return answer(x, logits).exp().sum() - 1


def same(answer: Any, generator: Generator) -> Tensor:
    """How far what is drawn with all inputs known is from them."""
    (*_, case) = draws(generator)
    inputs = dict(case.inputs)
    return drawing(answer, **inputs | {"known": torch.ones_like(inputs["known"])}) - inputs["x"]


EXERCISE = Exercise(steps=(
    Step(
        minutes=10,
        statement="""
            Every unit has a number m: it may look at inputs up to the m-th place of the ordering. The inputs' own
            numbers are their places, 1..D. Those of a hidden layer are drawn (algorithm 1, section 4):

                m(k) ~ Uniform{least, ..., D - 1},    least = the smallest number of the layer below

            The randomness is passed in: `chance` has a number from 0 to 1 for each unit, and there are D - least
            numbers to choose from, so that m = least + floor(chance (D - least)). Return whole numbers, in long.
            """,
        answer=answers.degrees,
        cases=layers,
        gradients=False,
        returns=("m",),
        mistakes=(
            mistake("from-one", "least = int(before.min())", "least = 1",
                    "A unit that looks less far than all units below it would see nothing: begin at their smallest."),
            mistake("from-zero", "least = int(before.min())", "least = 0", "m = 0 sees no input at all."),
            mistake("D-minus-two", "(D - least)", "(D - least - 1)", "D - 1 is among the numbers."),
            mistake("up-to-D", "(D - least)", "(D - least + 1)", "m = D is of no use: no output may see that unit."),
            mistake("rounded", ".floor()", ".round()", "Rounding makes the ends half as likely and reaches D: floor."),
            mistake("from-the-largest", "before.min()", "before.max()",
                    "It is the smallest number of the layer below."),
            mistake("after-the-smallest", "int(before.min())", "int(before.min()) + 1",
                    "The smallest number itself may be drawn."),
        ),
        hints=("before.min() is the smallest.", "Multiply, floor, then .long()."),
    ),
    Step(
        minutes=15,
        statement="""
            From the numbers come the masks, 1 where a connection stays and 0 where it goes:

                M_1[k, d]  = 1 if m_1(k) >= m_0(d)      inputs to the first hidden layer
                M_2[k, j]  = 1 if m_2(k) >= m_1(j)      first to second hidden layer
                M_V[d, k]  = 1 if m_0(d) >  m_2(k)      second hidden layer to outputs
                M_A[d, e]  = 1 if m_0(d) >  m_0(e)      inputs to outputs

            m_0 is the ordering: m_0[d] is the place of input d, from 1. A row is what the connections lead to, as in a
            matrix of weights. Return the four masks in float64.
            """,
        answer=answers.masks,
        cases=numbers,
        gradients=False,
        returns=MASKS,
        identities=(Identity("no path leads from an input to its own output or one before it", paths),),
        mistakes=(
            mistake("own-input-seen", "m_0[:, None] > m_2,", "m_0[:, None] >= m_2,",
                    "An output never sees its own input: strictly greater in the last layer."),
            mistake("strict-first-layer", "m_1[:, None] >= m_0", "m_1[:, None] > m_0",
                    "In hidden layers equal numbers are connected: greater or equal."),
            mistake("strict-second-layer", "m_2[:, None] >= m_1", "m_2[:, None] > m_1",
                    "In hidden layers equal numbers are connected: greater or equal."),
            mistake("direct-to-itself", "m_0[:, None] > m_0", "m_0[:, None] >= m_0",
                    "An output never sees its own input, directly either."),
            mistake("natural-order", "m_0[:, None] > m_0", "torch.ones(len(m_0), len(m_0)).tril(-1)",
                    "Before and after are said by the ordering m_0, not by the place in the vector."),
            mistake("ordering-inverted", "    M_1, M_2 =", "    m_0 = 1 + m_0.argsort()\n    M_1, M_2 =",
                    "m_0[d] is the place of input d already: no argsort is needed."),
            mistake("turned", "M_1.double(), M_2.double(), M_V.double(), M_A.double()",
                    "M_1.T.double(), M_2.T.double(), M_V.T.double(), M_A.T.double()",
                    "The rows are what the connections lead to: (units, inputs)."),
            mistake("looks-back", "m_2[:, None] >= m_1", "m_2[:, None] <= m_1",
                    "A unit sees what looks at most as far as itself."),
            mistake("outputs-of-first-layer", "m_0[:, None] > m_2,", "m_0[:, None] > m_1,",
                    "The outputs see the second hidden layer."),
            mistake("outputs-turned", "m_0[:, None] > m_2,", "m_0[:, None] < m_2,",
                    "An output sees units that look less far than its own place."),
        ),
        hints=("m[:, None] >= other compares every number of one with every number of the other.",
               ".double() makes ones and zeros of booleans."),
    ),
    Step(
        minutes=15,
        statement="""
            The network (equations 10 to 12), with two hidden layers and direct connections; * is element by element,
            and p holds the parameters by their names:

                h <- relu((W_1 * M_1) x + b_1)
                h <- relu((W_2 * M_2) h + b_2)
                logits = (V * M_V) h + (A * M_A) x + c

            `of` is the masks in the order of step 2. The sigmoid of logit d is p(x_d = 1 | what comes before d).
            """,
        answer=answers.network,
        cases=networks,
        use=masked,
        returns=("logits",),
        identities=(Identity("no output moves with its own input or one after it", blind),),
        mistakes=(
            mistake("outputs-not-masked", '(p["V"] * M_V)', '(p["V"])', "V has a mask, too."),
            mistake("first-layer-not-masked", '(p["W_1"] * M_1)', '(p["W_1"])', "W_1 has a mask, too."),
            mistake("second-layer-not-masked", '(p["W_2"] * M_2)', '(p["W_2"])', "W_2 has a mask, too."),
            mistake("direct-not-masked", '(p["A"] * M_A)', '(p["A"])', "A has a mask, too."),
            mistake("no-direct-connections", ' + x @ (p["A"] * M_A).T', "",
                    "The inputs reach the outputs directly, too: A."),
            mistake("not-rectified", '(h @ (p["W_2"] * M_2).T + p["b_2"]).clamp(min=0)',
                    '(h @ (p["W_2"] * M_2).T + p["b_2"])',
                    "Both hidden layers have a rectifier."),
            mistake("probabilities", 'return h @ (p["V"] * M_V).T + x @ (p["A"] * M_A).T + p["c"]',
                    'return torch.sigmoid(h @ (p["V"] * M_V).T + x @ (p["A"] * M_A).T + p["c"])',
                    "Logits are what a sigmoid would turn into probabilities: leave it out."),
            mistake("output-bias-missing", ' + p["c"]', "", "c is what the first output in the ordering knows."),
            mistake("hidden-bias-missing", ' + p["b_2"]', "", "Hidden layers have biases."),
            Mistake("masks-in-gradient-only", (('(p["V"] * M_V)',
                    '(p["V"] * M_V + (p["V"] - p["V"] * M_V).detach())'),),
                    "The weights themselves are masked, not their gradients: what is masked is 0."),
            mistake("direct-turned", '(p["A"] * M_A).T', '(p["A"] * M_A)', "A row of A is an output."),
        ),
        hints=("M_1, M_2, M_V, M_A = of.", "x @ (W * M).T, three times, and once more from x to the outputs."),
    ),
    Step(
        minutes=15,
        statement="""
            The likelihood in nats, from the logits of one set of masks or of several (equation 2 and section 4.2), y
            being the sigmoid of a logit:

                log p_i(x) = sum over d of x_d log y_d + (1 - x_d) log(1 - y_d)       with the i-th set of masks
                log p(x)   = log(1/n sum_i p_i(x))                                    of the mixture of n sets

            Probabilities are averaged: a mean of logits is no likelihood, since it mixes orderings. Large logits must
            not end in log 0.
            """,
        answer=answers.log_likelihood,
        cases=likelihoods,
        data=("x",),
        near=1e-5,  # torch's softplus is a straight line above 20
        returns=("log p(x)",),
        identities=(Identity("the probabilities of all x add up to 1", add_up),),
        mistakes=(
            mistake("logits-averaged", "    each = x", "    logits = logits.mean(0, keepdim=True)\n    each = x",
                    "Averaged logits are no likelihood: average the probabilities of whole examples."),
            mistake("logarithms-averaged", "torch.logsumexp(each.sum(-1), 0) - log(len(logits))",
                    "each.sum(-1).mean(0)",
                    "The mean is of probabilities, not of their logarithms."),
            mistake("not-divided-by-n", " - log(len(logits))", "", "A mean of n: log n is taken away."),
            mistake("bits-averaged", "torch.logsumexp(each.sum(-1), 0) - log(len(logits))",
                    "(torch.logsumexp(each, 0) - log(len(logits))).sum(-1)",
                    "Every set of masks has a probability of the whole x: the sum over inputs comes first."),
            mistake("mean-over-inputs", "each.sum(-1)", "each.mean(-1)", "log p(x) is a sum over the inputs."),
            mistake("negative", "return torch.logsumexp(each.sum(-1), 0) - log(len(logits))",
                    "return log(len(logits)) - torch.logsumexp(each.sum(-1), 0)", "It is log p, not -log p."),
            mistake("ones-only", "x * logits - torch.logaddexp(logits, torch.zeros_like(logits))",
                    "x * (logits - torch.logaddexp(logits, torch.zeros_like(logits)))",
                    "A zero has a probability, too: 1 - y."),
            mistake("best-set", "torch.logsumexp(each.sum(-1), 0) - log(len(logits))", "each.sum(-1).amax(0)",
                    "The mixture is a mean over the sets, not the best of them."),
        ),
        hints=("x log y + (1 - x) log(1 - y) is x logit - log(1 + e^logit); torch.logaddexp(logits, 0) is the last.",
               "torch.logsumexp over the sets."),
    ),
    Step(
        minutes=20,
        statement="""
            Drawing x: one input after the other in the ordering, each from what has been drawn before. Inputs that are
            `known` (True) keep their value of x, and are seen from the beginning; the others begin at 0. For the inputs
            that are not known, in the order of m_0,

                x_d <- 1 if chance[:, d] < p(x_d = 1 | x_<d), else 0

            with the network of step 3, in as many passes. Change nothing that is passed in.
            """,
        answer=answers.sample,
        cases=draws,
        use=drawing,
        gradients=False,
        returns=("x",),
        identities=(Identity("what is known stays", same),),
        mistakes=(
            mistake("in-the-vectors-order", "m_0.argsort().tolist()", "range(len(known))",
                    "The order is that of m_0, not that of the vector: an input sees those before it in m_0."),
            mistake("places-for-inputs", "m_0.argsort().tolist()", "(m_0 - 1).tolist()",
                    "m_0[d] is the place of input d; which input is at a place, says argsort."),
            mistake("all-at-once", "network(x, of, p)[:, d])", "network(torch.where(known, x, 0.0), of, p)[:, d])",
                    "What has been drawn goes into the network for the next one."),
            mistake("likeliest", "chance[:, d] < torch.sigmoid(", "0.5 < torch.sigmoid(",
                    "Draw: compare the probability with `chance`, not with a half."),
            mistake("chance-turned", "chance[:, d] < torch", "chance[:, d] > torch",
                    "A one has the probability p: the chance is below it."),
            mistake("known-drawn-too", "if not known[d]:", "if True:", "What is known is kept."),
            mistake("chances-of-places", "chance[:, d] <", "chance[:, m_0[d] - 1] <",
                    "Input d has the chance number d, whatever its place."),
            mistake("probabilities-kept", "one[:, None].to(x.dtype)", "torch.sigmoid(network(x, of, p)[:, d])[:, None]",
                    "An input is 0 or 1, not its probability."),
            mistake("logit-for-probability", "torch.sigmoid(network(x, of, p)[:, d])", "network(x, of, p)[:, d]",
                    "The network gives logits: their sigmoid is the probability."),
        ),
        hints=("m_0.argsort() is the inputs in their order.", "One pass of the network for each input that is drawn.",
               "Take a copy of x first."),
    ),
    Step(
        minutes=20,
        statement="""
            Training that is order- and connectivity-agnostic (sections 4.2 and 4.3): there are several sets of masks,
            and update t = 0, 1, ... has set t mod n, all with the same parameters. The loss is the mean over the
            examples of -log p_i(x) with that set; then w <- w - lr dloss/dw for all of p. In the end the sets are an
            ensemble.

            Return the losses, each from before its update; log p(x) of the mixture of all sets with the last
            parameters; and these, by their names. Change nothing that is passed in.
            """,
        answer=answers.learn,
        cases=lessons,
        use=learned,
        gradients=False,
        near=1e-9,  # rounding grows from step to step
        returns=("losses", "log p(x)", "parameters"),
        mistakes=(
            mistake("first-masks-always", "sets[step % len(sets)]", "sets[0]",
                    "Every update has the next set of masks."),
            mistake("begins-with-second", "sets[step % len(sets)]", "sets[(step + 1) % len(sets)]",
                    "The first update has the first set."),
            mistake("all-sets-at-once", "network(x, sets[step % len(sets)], p)[None]",
                    "torch.stack([network(x, of, p) for of in sets])", "An update has one set of masks, not all."),
            mistake("sum-of-examples", ").mean()\n", ").sum()\n", "The loss is a mean over the examples."),
            mistake("upwards", "value - lr * slope", "value + lr * slope", "The loss is made smaller."),
            mistake("last-masks-tested", "for of in sets])), p", "for of in sets[-1:]])), p",
                    "In the end all sets together are the mixture."),
            mistake("logits-averaged", "torch.stack([network(x, of, p) for of in sets])), p",
                    "torch.stack([network(x, of, p) for of in sets]).mean(0, keepdim=True)), p",
                    "Averaged logits are no likelihood: average the probabilities."),
            mistake("loss-over-inputs", "p)[None]).mean()", "p)[None]).mean() / x.shape[1]",
                    "log p(x) is a sum over the inputs; the mean is over examples only."),
            mistake("biases-stay", "value - lr * slope for", "value - lr * slope * (value.ndim > 1) for",
                    "All parameters are trained, biases too."),
        ),
        hints=("sets[step % len(sets)].", "log_likelihood of step 4 wants logits of sets: network(...)[None] is one.",
               "torch.stack of the logits of all sets, for the mixture."),
    ),
))  # fmt: skip
