"""Rebuild the study of LSTMs: the usual one, its variants, their gradients by hand, and the search that compares."""

from collections.abc import Iterator
from math import cos, log, sin
from typing import Any

import torch
from torch import Generator, Tensor

from firsthand.papers.cases import drawn, largest
from firsthand.papers.exercise import Case, Exercise, Identity, Mistake, Step, mistake
from firsthand.papers.odyssey.answers import full_recurrence, size, study, through_time, vanilla, variant

SIZES = ((1, 1, 1), (1, 2, 1), (2, 1, 3), (3, 3, 3), (4, 2, 5))  # batch, inputs, hidden
CHANGED = ("V", "NIG", "NFG", "NOG", "NIAF", "NOAF", "CIFG", "NP")


def weights(generator: Generator, inputs: int, hidden: int) -> dict[str, Tensor]:
    """The matrices, biases and peepholes of a layer."""
    return drawn(generator, W=(4 * hidden, inputs), R=(4 * hidden, hidden), b=(4 * hidden,), p=(3, hidden))


def one_step(generator: Generator, gates: bool = False) -> Iterator[Case]:
    """One input, and what the step before has left."""
    for batch, inputs, hidden in SIZES:
        made = drawn(generator, x=(batch, inputs), y=(batch, hidden), c=(batch, hidden))
        if gates:
            made["gates"] = torch.rand(batch, 3 * hidden, generator=generator, dtype=torch.float64)
        made |= weights(generator, inputs, hidden)
        made |= drawn(generator, G=(3 * hidden, 3 * hidden)) if gates else {}
        yield Case(f"batch {batch}, inputs {inputs}, hidden {hidden}", made)


def variants(generator: Generator) -> Iterator[Case]:
    """A step of every variant."""
    for number, name in enumerate(CHANGED):
        batch, inputs, hidden = SIZES[number % 3 + 1]
        made = drawn(generator, x=(batch, inputs), y=(batch, hidden), c=(batch, hidden))
        words = f"{name}, batch {batch}, inputs {inputs}, hidden {hidden}"
        yield Case(words, {"name": name, **made, **weights(generator, inputs, hidden)})


def counts(generator: Generator) -> Iterator[Case]:
    """Sizes of a layer of every variant."""
    for name in (*CHANGED, "FGR"):
        inputs, hidden = (int(torch.randint(1, 50, (), generator=generator)) for _ in range(2))
        yield Case(f"{name}, {inputs} inputs, {hidden} hidden", {"name": name, "inputs": inputs, "hidden": hidden})


def texts(generator: Generator) -> Iterator[Case]:
    """Inputs over time, and the error that comes from above at every output."""
    for batch, time, inputs, hidden in ((1, 1, 1, 1), (1, 2, 1, 1), (2, 3, 2, 1), (3, 3, 3, 3), (2, 5, 1, 4)):
        made = drawn(generator, x=(batch, time, inputs), errors=(batch, time, hidden))
        words = f"batch {batch}, time {time}, inputs {inputs}, hidden {hidden}"
        yield Case(words, made | weights(generator, inputs, hidden))


def trial(name: str, hidden: int, lr: float) -> tuple[float, float]:
    """What a training might end with: errors on validation and test, which go together, but not quite."""
    place = sum(map(ord, name)) % 7
    val = 30 + place + (log(lr) + 8) ** 2 / 10 + 2 * sin(11 * log(hidden) + place) + sin(17 * log(lr))
    return val, val + 1.5 * cos(31 * log(hidden) + 23 * log(lr) + place)


def searches(generator: Generator) -> Iterator[Case]:
    """Uniform numbers for the trials of some variants."""
    for names, trials, best in ((["V", "NP"], 3, 2), (["V", "NFG", "CIFG"], 8, 3), (["V", "NOAF", "NIG"], 25, 5)):
        draws = torch.rand(len(names), trials, 2, generator=generator, dtype=torch.float64)
        words = f"{', '.join(names)}, the {best} best of {trials} trials"
        yield Case(words, {"run": trial, "names": names, "draws": draws, "best": best})


def bounded(answer: Any, generator: Generator) -> float:
    """By how much the cell of CIFG exceeds 1, where it began inside: it is an average of z and itself."""
    x, y, c, *rest = largest(one_step(generator)).values()
    for _ in range(20):
        y, c = answer("CIFG", 5 * x, y, c.clamp(-1, 1), *rest)
    return max(0.0, float(c.abs().max()) - 1)


def adding_up(answer: Any, generator: Generator) -> Tensor:
    """How far the cell of NFG is from the old cell and what NFG writes into an empty one; without peepholes."""
    x, y, c, W, R, b, p = largest(one_step(generator)).values()
    p = torch.zeros_like(p)
    return answer("NFG", x, y, c, W, R, b, p)[1] - c - answer("NFG", x, y, torch.zeros_like(c), W, R, b, p)[1]


def without_feed(answer: Any, generator: Generator) -> Tensor:
    """How far a step without gate recurrence is from one whose gates before were 0."""
    inputs = largest(one_step(generator, gates=True))
    first = answer(*(inputs | {"gates": 0 * inputs["gates"]}).values())
    other = answer(*(inputs | {"G": 0 * inputs["G"]}).values())
    return torch.cat([one - two for one, two in zip(first, other, strict=True)], 1)


def of_the_example(answer: Any, generator: Generator) -> float:
    """How far two layers of 100 cells on 39 inputs and their softmax over 61 phones are from 124,861."""
    return float(abs(2 * answer("V", 39, 100) + 61 * 200 + 61 - 124_861))


def linear(answer: Any, generator: Generator) -> Tensor:
    """How far gradients of twice the errors are from twice the gradients."""
    inputs = largest(texts(generator))
    found = answer(*inputs.values())
    twice = answer(*(inputs | {"errors": 2 * inputs["errors"]}).values())
    return torch.cat([(two - 2 * one).flatten() for one, two in zip(found, twice, strict=True)])


EXERCISE = Exercise(steps=(
    Step(
        minutes=15,
        statement="""
            The vanilla LSTM, which the study starts from, has peepholes: its gates see the cell. Rows of W, R and b
            hold the blocks i, f, z, o in this order, `hidden` rows each; the rows of p are p_i, p_f and p_o. With
            a = W x_t + R y_t-1 + b, all products of vectors element by element,

                i   = sigmoid(a_i + p_i c_t-1)        input gate
                f   = sigmoid(a_f + p_f c_t-1)        forget gate
                z   = tanh(a_z)                       block input
                c_t = i z + f c_t-1                   cell
                o   = sigmoid(a_o + p_o c_t)          output gate, which sees the new cell
                y_t = o tanh(c_t)                     block output

            x, y and c are rows of a batch: W x is x W^T. Return y_t and c_t.
            """,
        answer=vanilla,
        cases=one_step,
        returns=("y", "c"),
        mistakes=(
            mistake("output-gate-sees-old-cell", "a_o + p[2] * new", "a_o + p[2] * c",
                    "The output gate peeps at the new cell, c_t."),
            mistake("forget-gate-without-peephole", "a_f + p[1] * c", "a_f", "The forget gate has a peephole, too."),
            mistake("input-gate-without-peephole", "a_i + p[0] * c", "a_i", "The input gate has a peephole, too."),
            mistake("peepholes-crossed", "torch.sigmoid(a_i + p[0] * c), torch.sigmoid(a_f + p[1] * c)",
                    "torch.sigmoid(a_i + p[1] * c), torch.sigmoid(a_f + p[0] * c)",
                    "The rows of p are p_i, p_f and p_o."),
            mistake("gates-in-another-order", "a_i, a_f, a_z, a_o =", "a_i, a_z, a_f, a_o =",
                    "The blocks of rows are i, f, z, o."),
            mistake("peephole-outside", "torch.sigmoid(a_o + p[2] * new)", "torch.sigmoid(a_o) + p[2] * new",
                    "The peephole is inside of the sigmoid."),
            mistake("peephole-on-output", "torch.sigmoid(a_i + p[0] * c)", "torch.sigmoid(a_i + p[0] * y)",
                    "Peepholes see the cell, not the output."),
            mistake("block-input-peeps", "torch.tanh(a_z)", "torch.tanh(a_z + p[0] * c)",
                    "The block input has no peephole: only gates do."),
            mistake("cell-shown-raw", "o * torch.tanh(new)", "o * new", "y shows the tanh of the cell."),
            mistake("peephole-cut", "a_o + p[2] * new", "a_o + p[2] * new.detach()",
                    "The gradient flows through the peepholes, too: look for detach."),
        ),
        hints=("chunk(4, 1) cuts the sum into the four blocks.", "The output gate comes after the new cell."),
    ),
    Step(
        minutes=20,
        statement="""
            Seven variants, each one change away from vanilla. `name` says which:

                V     none                      NIAF   no input activation, z = a_z
                NIG   no input gate, i = 1      NOAF   no output activation, y_t = o c_t
                NFG   no forget gate, f = 1     CIFG   coupled gates, f = 1 - i
                NOG   no output gate, o = 1     NP     no peepholes, p = 0

            All are given the same arguments; what a variant lacks (its rows of W, R and b, its peephole) is not used.
            """,
        answer=variant,
        cases=variants,
        returns=("y", "c"),
        identities=(
            Identity("with coupled gates a cell between -1 and 1 stays there", bounded),
            Identity("without forget gate and peepholes the old cell is only added to", adding_up),
        ),
        mistakes=(
            mistake("missing-gate-is-shut", 'torch.ones_like(c) if name == "NIG"',
                    'torch.zeros_like(c) if name == "NIG"', "A gate that is not there is open: it is 1."),
            mistake("nothing-kept", 'torch.ones_like(c) if name == "NFG"', 'torch.zeros_like(c) if name == "NFG"',
                    "Without forget gate nothing is forgotten: f is 1."),
            mistake("half-open", 'torch.ones_like(c) if name == "NOG"', '0.5 * torch.ones_like(c) if name == "NOG"',
                    "A gate that is not there is 1, not the sigmoid of 0."),
            mistake("coupled-the-other-way", "        f = 1 - i\n", "        i = 1 - f\n",
                    "CIFG keeps the input gate, f is what it leaves over."),
            mistake("coupled-open", "        f = 1 - i\n", "        f = i\n",
                    "Where much is written much is forgotten: f = 1 - i."),
            mistake("input-sigmoid", 'a_z if name == "NIAF"', 'torch.sigmoid(a_z) if name == "NIAF"',
                    "NIAF has no activation of the block input at all."),
            mistake("cell-sigmoid", 'new if name == "NOAF"', 'torch.sigmoid(new) if name == "NOAF"',
                    "NOAF shows the cell as it is."),
            mistake("one-peephole-left", "        p = torch.zeros_like(p)\n",
                    "        p = p * torch.tensor([[0.0], [0.0], [1.0]], dtype=p.dtype)\n",
                    "Without peepholes the output gate has none either."),
            Mistake("input-and-output-codes-swapped",
                    (('if name == "NIG" else torch.sigmoid(a_i', 'if name == "NOG" else torch.sigmoid(a_i'),
                     ('if name == "NOG" else torch.sigmoid(a_o', 'if name == "NIG" else torch.sigmoid(a_o')),
                    "NIG lacks the input gate, NOG the output gate."),
            mistake("no-output-peephole-of-noaf", "torch.sigmoid(a_o + p[2] * new)",
                    'torch.sigmoid(a_o + (0 if name == "NOAF" else 1) * p[2] * new)',
                    "NOAF changes what y shows; its gates, with their peepholes, stay."),
        ),
        hints=("Compute everything as in vanilla, then replace what the name says.",
               "torch.ones_like(c) is a gate of 1."),
    ),
    Step(
        minutes=15,
        statement="""
            The eighth variant adds something. FGR, full gate recurrence, is the wiring of 1997: all gates also see all
            gates of the step before. `gates` holds i_t-1, f_t-1, o_t-1 side by side; G has three blocks of rows, for
            the gates i, f, o that are fed, and three of columns, for those of the step before. Each gate of step 1 has
            one more term in its sum, before the sigmoid:

                [g_i; g_f; g_o] = G [i_t-1; f_t-1; o_t-1]        i = sigmoid(a_i + p_i c_t-1 + g_i), f and o likewise

            Return y_t, c_t and the new gates [i, f, o], (batch, 3 hidden).
            """,
        answer=full_recurrence,
        cases=lambda generator: one_step(generator, gates=True),
        returns=("y", "c", "gates"),
        identities=(Identity("matrices of 0 do what gates of 0 do", without_feed),),
        mistakes=(
            mistake("matrix-turned", "gates @ G.T", "gates @ G", "Rows of G are the gates that are fed."),
            mistake("block-input-fed", "torch.tanh(a_z)", "torch.tanh(a_z + g_i)",
                    "The gates feed gates only, not the block input."),
            mistake("output-gate-not-fed", "a_o + p[2] * new + g_o", "a_o + p[2] * new",
                    "The output gate is fed, too."),
            mistake("fed-in-another-order", "g_i, g_f, g_o =", "g_f, g_i, g_o =", "The blocks of G are i, f, o."),
            mistake("fed-by-new-gates", "a_o + p[2] * new + g_o",
                    "a_o + p[2] * new + (torch.cat([i, f, gates[:, 2 * c.shape[1] :]], 1) @ G.T).chunk(3, 1)[2]",
                    "All gates are fed by those of the step before."),
            mistake("old-gates-returned", "torch.cat([i, f, o], 1)", "gates", "The new gates are returned."),
            mistake("gates-returned-in-another-order", "torch.cat([i, f, o], 1)", "torch.cat([i, o, f], 1)",
                    "The gates are returned as i, f, o."),
            mistake("feed-outside", "torch.sigmoid(a_f + p[1] * c + g_f)", "torch.sigmoid(a_f + p[1] * c) + g_f",
                    "What feeds a gate is inside of its sigmoid."),
            mistake("own-gate-only", "gates @ G.T",
                    "gates @ (G * torch.block_diag(*[torch.ones_like(G).chunk(3)[0].chunk(3, 1)[0]] * 3)).T",
                    "Every gate is fed by all three, not by itself alone."),
        ),
        hints=("(gates @ G.T).chunk(3, 1).", "torch.cat([i, f, o], 1) is what the next step is given."),
    ),
    Step(
        minutes=10,
        statement="""
            How many numbers does one layer of each variant learn, with M inputs and N cells? A block (of i, f, z, o)
            has N M + N N + N, a peephole N, FGR's matrix G 9 N N. A gate that is not there takes its block and its
            peephole with it: that is so for NIG, NFG and NOG; CIFG keeps those of i, and has none of f. Activations
            have no numbers. Return a whole number. The paper did not match sizes: the variants were compared with the
            cells that suited each.
            """,
        answer=size,
        cases=counts,
        gradients=False,
        returns=("numbers",),
        identities=(Identity("two layers of 100 cells on 39 inputs, and 61 outputs: 124,861", of_the_example),),
        mistakes=(
            mistake("peepholes-kept", "3 * block + 2 * hidden", "3 * block + 3 * hidden",
                    "A gate that is not there has no peephole."),
            mistake("coupled-gate-counted", '("NIG", "NFG", "NOG", "CIFG")', '("NIG", "NFG", "NOG")',
                    "CIFG has no numbers for the forget gate."),
            mistake("peepholes-are-matrices", "4 * block + 3 * hidden", "4 * block + 3 * hidden * hidden",
                    "A peephole is a vector: a cell is seen by its own gates only."),
            mistake("two-biases", "hidden * hidden + hidden\n", "hidden * hidden + 2 * hidden\n",
                    "A block has one bias; torch's layers have two."),
            mistake("bias-left-out", "hidden * hidden + hidden\n", "hidden * hidden\n", "A block has a bias."),
            mistake("three-matrices", "9 * hidden * hidden", "3 * hidden * hidden",
                    "Three gates feed three gates: nine matrices."),
            mistake("block-input-taken-too", "3 * block + 2 * hidden", "2 * block + 2 * hidden",
                    "One gate is missing, the block input stays."),
            mistake("peepholes-of-np", "return 4 * block\n", "return 4 * block + 3 * hidden\n",
                    "NP has no peepholes."),
        ),
        hints=("Three cases: a gate less, no peepholes, everything; and FGR's nine matrices on top.",),
    ),
    Step(
        minutes=40,
        statement="""
            The paper prints the vanilla LSTM's gradients: do them by hand. From y_0 = c_0 = 0 the layer reads x, and
            `errors` are D_t, the gradient of the loss at y_t that comes from above. With di, df, dz, do the gradients
            at the sums inside of the gates and of z, all 0 after the last step, walk backwards:

                dy_t = D_t + R^T [di; df; dz; do]_t+1
                do_t = dy_t tanh(c_t) o_t (1 - o_t)
                dc_t = dy_t o_t (1 - tanh(c_t)^2) + p_o do_t + p_i di_t+1 + p_f df_t+1 + dc_t+1 f_t+1
                df_t = dc_t c_t-1 f_t (1 - f_t)    di_t = dc_t z_t i_t (1 - i_t)    dz_t = dc_t i_t (1 - z_t^2)

            and, with da = [di; df; dz; do] in the order of the rows, summed over steps and batch,

                dx_t = W^T da_t     dW = sum da_t x_t^T      dR = sum da_t y_t-1^T      db = sum da_t
                dp_i = sum c_t-1 di_t        dp_f = sum c_t-1 df_t        dp_o = sum c_t do_t

            Return dx (batch, time, inputs), dW, dR, db and dp (3, hidden).
            """,
        answer=through_time,
        cases=texts,
        gradients=False,
        returns=("dx", "dW", "dR", "db", "dp"),
        identities=(Identity("twice the errors are twice the gradients", linear),),
        mistakes=(
            mistake("output-peephole-forgotten", " + p[2] * do + carried", " + carried",
                    "The output gate saw c_t: its error comes back through p_o."),
            mistake("peepholes-forgotten", "carried = p[0] * di + p[1] * df + dc * f", "carried = dc * f",
                    "Input and forget gate of the next step saw c_t: their errors come back through p_i and p_f."),
            mistake("one-step-only", "carried = p[0] * di + p[1] * df + dc * f", "carried = 0 * dc",
                    "The cell carries its error back to the step before."),
            mistake("outputs-not-fed-back", "errors[:, t] + da @ R", "errors[:, t]",
                    "y_t feeds the next step: R^T of its errors comes back."),
            mistake("recurrent-weight-turned", "errors[:, t] + da @ R",
                    "errors[:, t] + da @ R.unflatten(0, (4, -1)).transpose(1, 2).flatten(0, 1)",
                    "Forwards it is R y, backwards R^T da: for rows, da R."),
            mistake("new-cell-for-forget-gate", "dc * c * f * (1 - f)", "dc * new * f * (1 - f)",
                    "f multiplied the old cell: c_t-1 stands in its gradient."),
            mistake("old-cell-for-output-peephole", "(new * do).sum(0)", "(c * do).sum(0)",
                    "The output gate saw c_t: that stands in dp_o."),
            mistake("forget-gate-open", "p[1] * df + dc * f", "p[1] * df + dc",
                    "The cell's error goes back through the forget gate of the step."),
            mistake("cell-slope-missing", "dy * o * (1 - torch.tanh(new) ** 2)", "dy * o",
                    "y shows tanh(c): its slope is 1 - tanh(c)^2."),
            mistake("own-output-for-R", "dR + da.T @ y,", "dR + da.T @ (o * torch.tanh(new)),",
                    "R was multiplied with y_t-1."),
            mistake("blocks-in-another-order", "torch.cat([di, df, dz, do], 1)", "torch.cat([di, dz, df, do], 1)",
                    "The rows are i, f, z, o."),
            mistake("slope-of-block-input", "(1 - z**2)", "z * (1 - z)", "z is a tanh: its slope is 1 - z^2."),
        ),
        hints=("Keep x_t, y_t-1, c_t-1, the gates, z and c_t of all steps on the way forwards.",
               "What goes to the step before is two things: da, and p_i di + p_f df + dc f.",
               "da.T @ x_t sums da x^T over the batch."),
    ),
    Step(
        minutes=25,
        statement="""
            The study in small. Each of `names`, of which the first is the vanilla LSTM, has trials of its own:
            draws[k, j] are two uniform numbers u and v of trial j of variant k, which make log-uniform

                cells N = round(20 * 10^u), from 20 to 200        rate = 1e-6 * 10^(4 v), from 1e-6 to 1e-2

            `run(name, N, rate)` trains and returns two errors, (on validation, on test). Of each variant the `best`
            trials with the smallest error on validation are taken, and their n errors on test compared with vanilla's
            by Welch's t-test. With m the mean, s^2 the variance that divides by n - 1, and w = s^2 / n,

                t       = (m - m_V) / sqrt(w + w_V)
                degrees = (w + w_V)^2 / (w^2 / (n - 1) + w_V^2 / (n - 1))

            Return all m, all t and all degrees, one for each name in float64; for vanilla itself t is 0.
            """,
        answer=study,
        cases=searches,
        gradients=False,
        returns=("means", "t", "degrees"),
        mistakes=(
            mistake("chosen-by-test", "for _, test in sorted(ended)[:best]]",
                    "for _, test in sorted(ended, key=lambda pair: pair[1])[:best]]",
                    "Trials are chosen on validation: choosing on test flatters."),
            mistake("validation-reported", "[test for _, test in", "[test for test, _ in",
                    "What is compared is the error on test."),
            mistake("worst-taken", "sorted(ended)[:best]", "sorted(ended)[-best:]",
                    "The smallest errors on validation are the best."),
            mistake("first-trials", "sorted(ended)[:best]", "ended[:best]",
                    "The best trials are taken, not the first."),
            mistake("cells-uniform", "round(20 * 10**u)", "round(20 + 180 * u)", "Cells are drawn log-uniform."),
            mistake("rate-uniform", "1e-6 * 1e4**v", "1e-6 + (1e-2 - 1e-6) * v", "Rates are drawn log-uniform."),
            mistake("draws-swapped", "for u, v in trials", "for v, u in trials",
                    "The first number is for the cells, the second for the rate."),
            mistake("biased-variance", "scores.var(1)", "scores.var(1, correction=0)",
                    "The variance divides by n - 1."),
            mistake("spread-of-one", "scores.var(1) / best", "scores.var(1)",
                    "A mean of n scores varies less: divide the variance by n."),
            mistake("students-degrees", "both**2 * (best - 1) / (shares**2 + shares[0] ** 2)",
                    "torch.full_like(t, 2 * best - 2)", "Welch's degrees take both variances into account."),
            mistake("no-root", "both.sqrt()", "both", "t is divided by the root."),
            mistake("vanilla-minus-variant", "(means - means[0])", "(means[0] - means)",
                    "t is positive where the variant's errors are larger."),
            mistake("pooled-variance", "both = shares + shares[0]", "both = (shares + shares[0]) / 2",
                    "The variances of both means add up."),
        ),
        hints=("sorted() puts pairs in the order of their first number.",
               "scores.var(1) divides by n - 1.", "w_V is that of the first name."),
    ),
))  # fmt: skip
