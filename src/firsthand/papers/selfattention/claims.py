"""What is said of self-attention, as experiments."""

from collections.abc import Mapping
from functools import partial
from itertools import pairwise
from math import inf, isnan
from typing import Any

from firsthand.papers.claim import Arm, Claim, Condition, Measure, Ours, Seen


def figure(seen: Mapping[str, list[Seen]], name: str) -> Any:
    """One of the pictures; matplotlib is imported only when it is drawn."""
    from firsthand.papers.selfattention import pictures

    return getattr(pictures, name)(seen)


SCORES = ("raw", "scaled", "additive")
SIZES = (4, 16, 64, 256)
ENTROPY = {4: 2.27, 16: 1.14, 64: 0.50, 256: 0.24}  # expected of raw scores over 32 keys
SLOPE = {4: 0.0246, 16: 0.0156, 64: 0.0081, 256: 0.0042}
STEPS = Measure("steps", "steps to 95 %", digits=0)
TEST = Measure("test_loss", "test loss (nats a character)")


def near(value: float, expected: float, share: float) -> bool:
    """Whether it differs from what is expected by this share of it at most."""
    return abs(value - expected) <= share * expected


def steps(ours: Ours, arm: str, measure: str = "steps") -> float:
    """Mean steps to the target; infinite where a seed did not get there."""
    found = ours(arm, measure)
    return inf if isnan(found) else found


def arrives(ours: Ours, arm: str, share: float, other: str, measure: str = "steps") -> bool:
    """Whether the arm reaches the target in this share of the other's steps or fewer."""
    taken = steps(ours, arm, measure)
    return taken < inf and taken <= share * steps(ours, other, measure)


CLAIMS = (
    Claim(
        key="saturation",
        statement="The variance of q . k grows with d_k and saturates the softmax; dividing by sqrt(d_k) prevents it.",
        where="section 3.2.1 and footnote 4",
        measures=(
            Measure("variance 64", "variance of a score, d_k = 64", digits=2),
            *(Measure(f"entropy {size}", f"entropy of a, d_k = {size}") for size in (*SIZES, 1024)),
            *(Measure(f"slope {size}", f"mean a (1 - a), d_k = {size}", digits=4) for size in (*SIZES, 1024)),
        ),
        arms=(
            Arm("raw", experiment="saturation", overrides={"score": "raw"}, paper={"variance 64": 64.0}),
            Arm("scaled", experiment="saturation", paper={"variance 64": 1.0}),
            Arm("additive", experiment="saturation", overrides={"score": "additive"}),
        ),
        conditions=(
            Condition(
                "at d_k = 64 a score's variance is 64 raw and 1 scaled, within 5 %",
                lambda m: near(m("raw", "variance 64"), 64.0, 0.05) and near(m("scaled", "variance 64"), 1.0, 0.05),
            ),
            Condition(
                "raw, the entropy falls as expected: 2.27, 1.14, 0.50, 0.24 at d_k = 4, 16, 64, 256, within 5 %",
                lambda m: all(near(m("raw", f"entropy {size}"), ENTROPY[size], 0.05) for size in SIZES),
            ),
            Condition(
                "and so does the slope: 0.0246, 0.0156, 0.0081, 0.0042, within 5 %",
                lambda m: all(near(m("raw", f"slope {size}"), SLOPE[size], 0.05) for size in SIZES),
            ),
            Condition(
                "scaled, the entropy stays at 3.02 and the slope at 0.029 for every d_k, within 5 %",
                lambda m: all(
                    near(m("scaled", f"entropy {size}"), 3.02, 0.05) and near(m("scaled", f"slope {size}"), 0.029, 0.05)
                    for size in (*SIZES, 1024)
                ),
            ),
        ),
        remark="Queries and 32 keys of N(0, 1); all weights alike would have an entropy of ln 32 = 3.466. The "
        "variances are the footnote's; entropies and slopes are not in the paper, they were expected from a simulation "
        "of our own. A slope a (1 - a) is what the softmax lets through of a score's gradient.",
        figure=partial(figure, name="saturation"),
    ),
    Claim(
        key="recall",
        statement="Without the scale a large d_k makes gradients extremely small, and additive attention does better.",
        where="section 3.2.1; d_k and the task are ours",
        measures=(
            *(Measure(f"steps {size}", f"steps to 95 %, d_k = {size}", digits=0) for size in SIZES),
            *(Measure(f"gradient {size}", f"first gradient of W_Q, norm, d_k = {size}", digits=4) for size in SIZES),
            *(Measure(f"entropy {size}", f"entropy of a at first, d_k = {size}", digits=2) for size in SIZES),
        ),
        arms=tuple(Arm(score, experiment="recall", overrides={"score": score}) for score in SCORES),
        conditions=(
            Condition(
                "raw, the entropy at the first step falls from each d_k to the next; scaled it stays within 10 %",
                lambda m: (
                    all(m("raw", f"entropy {more}") < m("raw", f"entropy {less}") for less, more in pairwise(SIZES))
                    and all(near(m("scaled", f"entropy {size}"), m("scaled", "entropy 4"), 0.1) for size in SIZES)
                ),
            ),
            Condition(
                "raw, the gradient of W_Q at d_k = 256 is at most half of that at d_k = 4",
                lambda m: m("raw", "gradient 256") <= 0.5 * m("raw", "gradient 4"),
            ),
            Condition(
                "at d_k = 256 raw scores take 1.5 times the steps of scaled ones, or more",
                lambda m: arrives(m, "scaled", 1 / 1.5, "raw", "steps 256"),
            ),
            Condition(
                "and more steps than additive ones",
                lambda m: arrives(m, "additive", 1.0, "raw", "steps 256"),
            ),
        ),
        remark="A row holds eight pairs of a key and a value, of 32 symbols each, and one of the keys again; one head "
        "and an output layer, width 64, Adam at 0.001 on 64 fresh rows, 1,000 steps at most. That the gradient of W_Q "
        "shrinks was our reading of the paper's words: what a saturated softmax lets through falls with d_k, but a raw "
        "score hands sqrt(d_k) times more of it on to W_Q than a scaled one, in a few rows with large errors.",
        figure=partial(figure, name="recall"),
    ),
    Claim(
        key="order",
        statement="Self-attention without positions knows no order; sinusoids and learned vectors both give it one.",
        where="section 3.5 and table 3, row E",
        measures=(
            Measure("accuracy", "right (%)", scale=100.0, digits=1),
            Measure("change", "largest change of an output when the tokens are shuffled", digits=7),
        ),
        arms=(
            Arm("no positions", experiment="order", overrides={"positions": "none"}),
            Arm("sinusoids", experiment="order"),
            Arm("learned vectors", experiment="order", overrides={"positions": "learned"}),
            Arm("no positions, causal", experiment="order", overrides={"positions": "none", "causal": True}),
        ),
        conditions=(
            Condition(
                "without positions 55 % or fewer are right, and shuffling changes nothing but the rounding (1e-5)",
                lambda m: m("no positions", "accuracy") <= 55 and m("no positions", "change") <= 1e-5,
            ),
            Condition(
                "with sinusoids and with learned vectors more than 95 %",
                lambda m: min(m("sinusoids", "accuracy"), m("learned vectors", "accuracy")) > 95,
            ),
            Condition(
                "a causal mask alone does it as well: more than 95 %",
                lambda m: m("no positions, causal", "accuracy") > 95,
            ),
        ),
        remark="The task is ours: which of two symbols comes first among 16, read from the mean over all places of two "
        "blocks of width 32. In translation the paper finds 25.8 and 25.7 BLEU for the two kinds.",
        figure=partial(figure, name="order"),
    ),
    Claim(
        key="heads",
        statement="One head averages; several can look in different places at once.",
        where="section 3.2.2 and table 3, row A: 24.9 BLEU with one head, 25.8 with eight",
        measures=(STEPS, Measure("last", "right at the end (%)", scale=100.0, digits=1)),
        arms=tuple(
            Arm(f"{count} head{'s' * (count > 1)}", experiment="heads", overrides={"heads": count})
            for count in (1, 2, 4)
        ),
        conditions=tuple(
            Condition(
                f"{count} heads learn it in at most half the steps of one",
                lambda m, count=count: arrives(m, f"{count} heads", 0.5, "1 head"),
            )
            for count in (2, 4)
        ),
        remark="The task is ours: eight pairs of a key and a digit, and a question with two keys; both digits are "
        "asked for, in the order of the keys. All have one block of width 64 and the same number of parameters.",
        figure=partial(figure, name="heads"),
    ),
    Claim(
        key="averaging",
        statement="Where the answer is a sum of what is found, the average of one head is enough.",
        where="our own question to section 3.2.2",
        measures=(STEPS, Measure("last", "right at the end (%)", scale=100.0, digits=1)),
        arms=tuple(
            Arm(f"{count} head{'s' * (count > 1)}", experiment="heads", overrides={"heads": count, "kind": "sum"})
            for count in (1, 2, 4)
        ),
        conditions=(
            Condition(
                "one head learns the sum of both digits in at most 1.5 times the steps of two",
                lambda m: arrives(m, "1 head", 1.5, "2 heads"),
            ),
        ),
        remark="The same as above, but the sum of both digits modulo 10 is asked for, which does not depend on which "
        "digit belongs to which key.",
        figure=partial(figure, name="averaging"),
    ),
    Claim(
        key="path",
        statement="Any two tokens are one step apart, so that a distant token is as easy to learn from as a near one.",
        where="section 4 and table 1: maximum path length O(1), of a recurrent layer O(n)",
        measures=tuple(
            Measure(f"accuracy {gap}", f"right (%), gap {gap}", scale=100.0, digits=1) for gap in (8, 32, 128)
        ),
        arms=(
            Arm("self-attention", experiment="path"),
            Arm("RNN", experiment="path", overrides={"model": "rnn"}),
            Arm("LSTM", experiment="path", overrides={"model": "lstm"}),
        ),
        conditions=(
            Condition(
                "self-attention is right in 95 % or more at every gap",
                lambda m: min(m("self-attention", f"accuracy {gap}") for gap in (8, 32, 128)) >= 95,
            ),
            Condition(
                "the RNN is right more often at gap 8 than at gap 128, by 30 points or more",
                lambda m: m("RNN", "accuracy 8") - m("RNN", "accuracy 128") >= 30,
            ),
        ),
        remark="The task is ours: after a gap of symbols from the same eight, repeat the first one; a guess is right "
        "in 12.5 %. About 9,000 parameters each, 400 steps of Adam at 0.003 on 64 fresh sequences.",
        figure=partial(figure, name="path"),
    ),
    Claim(
        key="cost",
        statement="Self-attention costs O(n^2 d), a recurrent layer O(n d^2) in n steps one after the other.",
        where="section 4 and table 1",
        measures=(
            Measure("first", "milliseconds, n = 128", digits=2),
            Measure("last", "milliseconds, n = 2,048", digits=1),
            Measure("begin", "power of n from 128 to 256", digits=2),
            Measure("end", "power of n from 1,024 to 2,048", digits=2),
        ),
        arms=(
            Arm("self-attention, fused", experiment="cost", paper={"end": 2.0}),
            Arm("self-attention, formula", experiment="cost", overrides={"layer": "formula"}, paper={"end": 2.0}),
            Arm("LSTM", experiment="cost", overrides={"layer": "lstm"}, paper={"end": 1.0}),
        ),
        conditions=(
            Condition(
                "both ways of attention end with a power between 1.5 and 2.3, above the one they begin with",
                lambda m: all(
                    1.5 <= m(arm, "end") <= 2.3 and m(arm, "begin") < m(arm, "end")
                    for arm in ("self-attention, fused", "self-attention, formula")
                ),
            ),
            Condition("the LSTM ends with one between 0.8 and 1.2", lambda m: 0.8 <= m("LSTM", "end") <= 1.2),
            Condition(
                "at n = 128 attention is faster than the LSTM",
                lambda m: m("self-attention, fused", "first") < m("LSTM", "first"),
            ),
        ),
        remark="Forwards and backwards, one sequence, d = 64; milliseconds are CPU time of one thread. The powers of "
        "the table are those of large n. The projections cost 4 n d^2 and the rest 2 n^2 d, so that the two are equal "
        "at n = 2 d = 128. The formula's n x n matrices outgrow the processor's cache between 1,024 and 2,048, which "
        "costs it more than the square says; the fused primitive never writes them down.",
        figure=partial(figure, name="cost"),
    ),
    Claim(
        key="cache",
        statement="Keys and values of earlier tokens never change: kept, they make writing faster and nothing else.",
        where="our own question; the mask of section 3.2.3 makes it so",
        measures=(
            Measure("ms 64", "milliseconds for token 64", digits=2),
            Measure("ms 512", "milliseconds for token 512", digits=2),
            Measure("power", "power of the length", digits=2),
            Measure("apart", "largest difference from the whole pass", digits=7),
        ),
        arms=(
            Arm("kept", experiment="cache"),
            Arm("made again", experiment="cache", overrides={"keep": False}),
        ),
        conditions=(
            Condition(
                "the logits are the same but for the rounding of float32 (1e-5)",
                lambda m: max(m("kept", "apart"), m("made again", "apart")) <= 1e-5,
            ),
            Condition(
                "made again, a token's time grows with power 0.7 or more", lambda m: m("made again", "power") >= 0.7
            ),
            Condition("kept, with power 0.3 or less", lambda m: m("kept", "power") <= 0.3),
            Condition(
                "token 512 comes five times as fast or more",
                lambda m: 5 * m("kept", "ms 512") <= m("made again", "ms 512"),
            ),
        ),
        remark="Four blocks of width 128 with first weights; milliseconds are CPU time of one thread.",
        figure=partial(figure, name="cache"),
    ),
    Claim(
        key="characters",
        statement="In equally many steps self-attention learns more of a text than recurrent layers do, and faster.",
        where="our own question, in the spirit of section 6: at equal parameters, steps and windows",
        measures=(
            Measure("val_loss", "validation loss (nats a character)"),
            Measure("pace", "CPU milliseconds a step", digits=1),
            Measure("params", "parameters", digits=0),
        ),
        arms=(
            Arm("self-attention", experiment="characters"),
            Arm("RNN", experiment="characters", overrides={"model": "rnn"}),
            Arm("LSTM", experiment="characters", overrides={"model": "lstm"}),
            Arm("GRU", experiment="characters", overrides={"model": "gru"}),
        ),
        conditions=(
            Condition("its loss is below the RNN's", lambda m: m("self-attention", "val_loss") < m("RNN", "val_loss")),
            Condition(
                "and below those of LSTM and GRU",
                lambda m: m("self-attention", "val_loss") < min(m("LSTM", "val_loss"), m("GRU", "val_loss")),
            ),
            Condition(
                "its steps take less time than those of LSTM and GRU",
                lambda m: m("self-attention", "pace") < min(m("LSTM", "pace"), m("GRU", "pace")),
            ),
        ),
        remark="Tiny Shakespeare, 300 steps of Adam with a one-cycle schedule on 16 windows of 64 characters, every "
        "window from nothing; each network at the best of three rates, tried with a seed that is not used here.",
        figure=partial(figure, name="characters"),
    ),
    Claim(
        key="shakespeare",
        statement="A small network reaches a loss of 1.88 on Shakespeare's characters within minutes, without a GPU.",
        where="nanoGPT's README, the settings for a MacBook",
        measures=(Measure("val_loss", "validation loss (nats a character)"),),
        arms=(Arm("nanoGPT's settings", "cpu", paper={"val_loss": 1.88}),),
        conditions=(
            Condition("the validation loss is 1.93 or lower", lambda m: m("nanoGPT's settings", "val_loss") <= 1.93),
        ),
        remark="nanoGPT has GELU for our rectifier, ties the output to the embedding, and writes no biases; its loss "
        "comes from 20 batches, ours from 100,000 characters.",
    ),
    Claim(
        key="names",
        statement="On the Indian names self-attention reaches a test loss of 1.40 nats a character.",
        where="our own goal; the DL-101 course reaches 1.63 with its six-layer network",
        measures=(TEST, Measure("val_loss", "dev loss (nats a character)")),
        arms=(
            Arm("all names", "names", paper={"test_loss": 1.63, "val_loss": 1.60}),
            Arm("each name once", "names", {"data.deduplicate": True}),
        ),
        conditions=(
            Condition("test loss is 1.40 or lower", lambda m: m("all names", "test_loss") <= 1.40),
            Condition(
                "without duplicates, which stand in both parts of the split, it is higher by 0.2 or more",
                lambda m: m("each name once", "test_loss") >= m("all names", "test_loss") + 0.2,
            ),
        ),
        remark="The course's numbers are another network's.",
    ),
)
