"""What the two papers say about the LSTM, and what a book measured with it, as experiments."""

from collections.abc import Callable, Mapping
from typing import Any

from firsthand.papers.claim import Arm, Claim, Condition, Measure, Ours, Seen


def drawn(name: str) -> Callable[[Mapping[str, list[Seen]]], Any]:
    """The figure of this name in `pictures`, which is imported when it is drawn."""

    def figure(seen: Mapping[str, list[Seen]]) -> Any:
        from firsthand.papers.lstm import pictures

        return getattr(pictures, name)(seen)

    return figure


def near(ours: Ours, arm: str, measure: str, printed: float, within: float) -> bool:
    """Whether our mean lies within this distance of a printed number."""
    return abs(ours(arm, measure) - printed) <= within


USUAL, REMEDY, OLD = "LSTM, forget bias 1", "LSTM, forget 5, input -3", "LSTM of 1997, input -3"
LONGER = f"{REMEDY}; T = 100"
ADDING = {
    "tanh RNN": {"cell": "rnn", "hidden": 18},
    USUAL: {"keep_bias": 1.0},
    "LSTM, forget bias 5": {"keep_bias": 5.0},
    REMEDY: {"keep_bias": 5.0, "input_bias": -3.0},
    OLD: {"cell": "lstm-1997", "hidden": 10, "input_bias": -3.0},
    "GRU, update bias 3": {"cell": "gru", "hidden": 10, "keep_bias": 3.0},
}
REACH = {
    "tanh RNN": {"cell": "rnn"},
    "LSTM of 1997": {"cell": "lstm-1997"},
    "LSTM, forget bias 0": {},
    "LSTM, forget bias 1": {"keep_bias": 1.0},
    "LSTM, forget bias 5": {"keep_bias": 5.0},
}
SOLVED = Measure("solved", "share that succeeded", digits=2)
SEQUENCES = Measure("sequences", "sequences until then", digits=0)

CLAIMS = (
    Claim(
        key="time-machine",
        statement="An LSTM of 32 cells reads The Time Machine to a perplexity below 7 on text that it has not seen.",
        where="Dive into Deep Learning, section 10.1, the plots of its notebooks",
        measures=(
            Measure("train_perplexity", "train perplexity", digits=2),
            Measure("val_perplexity", "validation perplexity", digits=2),
        ),
        arms=(
            Arm("nn.LSTM's first weights", "paper", paper={"train_perplexity": 5.76, "val_perplexity": 6.69}),
            Arm(
                "the book's own",
                "paper",
                {"model.init": "normal"},
                paper={"train_perplexity": 6.94, "val_perplexity": 7.41},
            ),
        ),
        conditions=(
            Condition(
                "from nn.LSTM's first weights, validation within 0.3 of 6.69 and training within 0.4 of 5.76",
                lambda m: (
                    near(m, "nn.LSTM's first weights", "val_perplexity", 6.69, 0.3)
                    and near(m, "nn.LSTM's first weights", "train_perplexity", 5.76, 0.4)
                ),
            ),
            Condition(
                "from the book's, validation within 0.3 of 7.41 and training within 0.4 of 6.94",
                lambda m: (
                    near(m, "the book's own", "val_perplexity", 7.41, 0.3)
                    and near(m, "the book's own", "train_perplexity", 6.94, 0.4)
                ),
            ),
            Condition(
                "nn.LSTM's first weights end lower on both",
                lambda m: all(
                    m("nn.LSTM's first weights", measure) < m("the book's own", measure)
                    for measure in ("train_perplexity", "val_perplexity")
                ),
            ),
        ),
        remark="Only the first 10,032 characters are trained on. nn.LSTM starts from U(±1/sqrt(32)), biases too, the "
        "book's own code from N(0, 0.01^2) and biases of 0: nothing else differs, and at first all gates stand at a "
        "half. The book reads its numbers off the mean of each batch's perplexity, which is a little high, and its "
        "validation windows begin 32 characters earlier than ours.",
        figure=drawn("time_machine"),
    ),
    Claim(
        key="reach",
        statement="In a cell that only adds, the error from 100 steps ago arrives; otherwise it fades exponentially.",
        where="1997, sections 3 and 4; 2000, section 3: what the forget gate does to it",
        measures=(Measure("decades", "gradient 100 steps back, of that now (power of ten)", digits=1),),
        arms=tuple(Arm(name, experiment="reach", overrides=options) for name, options in REACH.items()),
        conditions=(
            Condition("in the LSTM of 1997 1 % or more arrives", lambda m: m("LSTM of 1997", "decades") >= -2),
            Condition("in a tanh RNN less than 1e-15", lambda m: m("tanh RNN", "decades") < -15),
            Condition(
                "with forget gates at their usual biases, 0 or 1, less than 1e-6",
                lambda m: max(m("LSTM, forget bias 0", "decades"), m("LSTM, forget bias 1", "decades")) < -6,
            ),
            Condition("at 5 again 1 % or more", lambda m: m("LSTM, forget bias 5", "decades") >= -2),
        ),
        remark="Before any training, 32 units, weights from U(±1/sqrt(32)), random inputs. A forget gate with bias b "
        "keeps 1 / (1 + e^-b) a step: 0.5, 0.73 and 0.993, to the power of 100 8e-31, 3e-14 and 0.51; through "
        "recurrent weights a little more arrives.",
        figure=drawn("reach"),
    ),
    Claim(
        key="adding",
        statement="The LSTM adds two numbers over lags of 25 and 50 steps and more; a plain network cannot.",
        where="1997, experiment 4 and table 7: T = 100, and our T = 50",
        measures=(
            SOLVED,
            SEQUENCES,
            Measure("wrong", "wrong of 2,560", digits=0),
            Measure("error", "mean error", digits=4),
        ),
        arms=(
            *(Arm(name, experiment="adding", overrides={"length": 50} | options) for name, options in ADDING.items()),
            Arm(
                LONGER,
                experiment="adding",
                overrides=ADDING[REMEDY],
                paper={"sequences": 74_000.0, "wrong": 1.0},
            ),
        ),
        conditions=(
            Condition(
                f"'{LONGER}' succeeds with every seed, in half to twice the paper's 74,000 sequences",
                lambda m: m(LONGER, "solved") == 1 and 37_000 <= m(LONGER, "sequences") <= 148_000,
            ),
            Condition("and then has 26 or fewer of 2,560 wrong (1 %)", lambda m: m(LONGER, "wrong") <= 26),
            Condition(
                "at T = 50 so do the same LSTM, the LSTM of 1997, and the GRU, with every seed",
                lambda m: all(m(name, "solved") == 1 for name in (REMEDY, OLD, "GRU, update bias 3")),
            ),
            Condition(
                "the tanh RNN never does, and is wrong nearly as often as always saying 0.5 is (2,150 times)",
                lambda m: m("tanh RNN", "solved") == 0 and m("tanh RNN", "wrong") >= 2000,
            ),
            Condition(
                "nor does the LSTM with the usual biases, forget gates at 1 and input gates at 0",
                lambda m: m(USUAL, "solved") == 0 and m(USUAL, "wrong") >= 2000,
            ),
        ),
        remark="Trained as today: Adam at 0.005, batches of 32, full gradients cut at norm 1, a linear output, 128,000 "
        "sequences at most; 8 cells, and other layers with about as many parameters (393 to 431). Success is the "
        "paper's: 2,000 in a row within 0.04 (63 batches). The paper's numbers are those of its own network and rule "
        "at T = 100. In an easier task, where the second number may come at any place, the usual biases suffice.",
        figure=drawn("adding"),
    ),
    Claim(
        key="adding-1997",
        statement="The network of 1997, with its own rule and one sequence a step, learns to add in 74,000 sequences.",
        where="1997, experiment 4 and table 7, T = 100",
        measures=(
            SOLVED,
            SEQUENCES,
            Measure("through", "sequences until the mean error is below 0.02", digits=0),
            Measure("near", "share of new sequences within 0.04", digits=4),
            Measure("worst", "the same, of the worst network", digits=4),
            Measure("error", "mean error", digits=4),
        ),
        arms=(
            Arm(
                "as published",
                experiment="trials",
                overrides={"task": "adding", "nets": 10, "most": 80_000},
                paper={"solved": 1.0, "sequences": 74_000.0, "near": 0.9996},
            ),
        ),
        conditions=(
            Condition(
                "the mean error of every network falls below 0.02 within 80,000 sequences",
                lambda m: m("as published", "through") <= 80_000,
            ),
            Condition(
                "in the end 95 % of new sequences are within 0.04, whichever the network",
                lambda m: m("as published", "worst") >= 0.95,
            ),
            Condition(
                "half of them or more meet the paper's criterion: 2,000 in a row within 0.04, mean error below 0.01",
                lambda m: m("as published", "solved") >= 0.5,
            ),
        ),
        seeds=(0,),
        remark="Ten networks with one seed each of their own, drawn from one seed of all, as the paper's ten trials. "
        "The break-through comes where the paper has it; then mistakes of 0.04 to 0.1 remain, a few in a hundred, for "
        "a very long time, so that 2,000 in a row are seldom right. The paper's 74,000 is its mean over ten trials.",
        figure=drawn("adding_1997"),
    ),
    Claim(
        key="temporal-order",
        statement="The network of 1997 learns in which order two symbols came, over lags of 40 steps and more.",
        where="1997, experiment 6a and table 9",
        measures=(
            SOLVED,
            SEQUENCES,
            Measure("wrong", "wrong of 2,560", digits=1),
            Measure("error", "mean error", digits=4),
        ),
        arms=(
            Arm(
                "as published",
                experiment="trials",
                overrides={"task": "temporal order"},
                paper={"solved": 1.0, "sequences": 31_390.0, "wrong": 1.0},
            ),
        ),
        conditions=(
            Condition("all 20 networks succeed within 60,000 sequences", lambda m: m("as published", "solved") == 1),
            Condition(
                "in 15,700 to 62,800 sequences on average, half to twice the paper's",
                lambda m: 15_700 <= m("as published", "sequences") <= 62_800,
            ),
            Condition(
                "and then have 26 or fewer of 2,560 new sequences wrong (1 %)",
                lambda m: m("as published", "wrong") <= 26,
            ),
        ),
        seeds=(0,),
        remark="Twenty networks, each with weights and sequences of its own, drawn from one seed: the paper's twenty "
        "trials. Two blocks of two cells, rate 0.5, input biases -2 and -4, truncated gradient, one update a sequence. "
        "A network stops at the criterion: left to run on, some lose it again. Those wrong are all of the one that did "
        "not meet it.",
        figure=drawn("temporal_order"),
    ),
    Claim(
        key="reber-1997",
        statement="The network of 1997 learns the embedded Reber grammar nearly always, in about 8,440 strings.",
        where="1997, experiment 1 and table 1: 3 blocks of 2 cells, rate 0.5",
        measures=(
            SOLVED,
            SEQUENCES,
            Measure("far", "share with the far symbol right", digits=2),
            Measure("due", "far symbols right, mean", digits=3),
            Measure("strings", "strings all right, mean", digits=3),
        ),
        arms=(
            Arm(
                "as published",
                experiment="reber-1997",
                overrides={"nets": 30},
                paper={"solved": 1.0, "sequences": 8440.0, "far": 1.0, "due": 1.0, "strings": 1.0},
            ),
            Arm("simpler", experiment="reber-1997", overrides={"nets": 30, "simpler": True}),
        ),
        conditions=(
            Condition(
                "nine of ten networks succeed, in 4,000 to 25,000 strings on average",
                lambda m: m("as published", "solved") >= 0.9 and 4000 <= m("as published", "sequences") <= 25_000,
            ),
            Condition(
                "eight of ten get the far symbol right in 95 % of the strings, as published",
                lambda m: m("as published", "far") >= 0.8,
            ),
            Condition(
                "so do eight of ten whose gates do not feed back and whose outputs have biases",
                lambda m: m("simpler", "far") >= 0.8,
            ),
        ),
        seeds=(0,),
        remark="Thirty networks from one seed, as the paper's thirty trials; 20,000 strings at most, one update a "
        "string, each network with its own 256 strings and 256 others. Scores are the best of those taken every 500 "
        "strings. Something of the authors' experiment is not in the text: the same code solves temporal order in the "
        "paper's number of sequences, and its gradients equal autograd's. With the full gradient many more succeed: "
        "see the next claim.",
        figure=drawn("reber_1997"),
    ),
    Claim(
        key="truncation",
        statement="Cutting the gradient off at the gates and the cell's input costs nothing.",
        where="1997, section 4 and appendix A.1: said without numbers",
        measures=(
            SOLVED,
            SEQUENCES,
            Measure("far", "share with the far symbol right", digits=2),
            Measure("due", "far symbols right, mean", digits=3),
            Measure("strings", "strings all right, mean", digits=3),
        ),
        arms=tuple(
            Arm(
                f"{words}, {gradient}",
                experiment="reber-1997",
                overrides={"nets": 30, "simpler": simpler, "gradient": gradient},
            )
            for words, simpler in (("as published", False), ("simpler", True))
            for gradient in ("truncated", "full")
        ),
        conditions=tuple(
            Condition(
                f"{words}: the shares of networks and of strings differ by 0.15 or less",
                lambda m, words=words: all(
                    abs(m(f"{words}, truncated", measure) - m(f"{words}, full", measure)) <= 0.15
                    for measure in ("far", "strings")
                ),
            )
            for words in ("as published", "simpler")
        ),
        seeds=(0,),
        remark="The networks of the claim before, from one seed, on the same strings: thirty with each gradient.",
        figure=drawn("truncation"),
    ),
    Claim(
        key="reber",
        statement="An LSTM learns the embedded Reber grammar without one mistake; Elman's network never does.",
        where="1997, experiment 1 and table 1, with today's training",
        measures=(
            SOLVED,
            Measure("sequences", "strings until then", digits=0),
            Measure("due", "far symbols right", digits=3),
            Measure("strings", "strings all right", digits=3),
        ),
        arms=(
            Arm(
                "tanh RNN, 15 units", experiment="reber", overrides={"cell": "rnn", "hidden": 15}, paper={"solved": 0.0}
            ),
            Arm("LSTM of 1997, 8 cells", experiment="reber", overrides={"cell": "lstm-1997"}),
            Arm("LSTM, 8 cells", experiment="reber"),
        ),
        conditions=(
            Condition(
                "both LSTMs succeed with every seed within 10,000 strings",
                lambda m: m("LSTM of 1997, 8 cells", "solved") == m("LSTM, 8 cells", "solved") == 1,
            ),
            Condition("the tanh RNN with none", lambda m: m("tanh RNN, 15 units", "solved") == 0),
        ),
        remark="Adam at 0.01, one string a step, cross-entropy, full gradients, gate biases as they come. Success is "
        "the paper's strict one: at every step of 256 strings that were trained on and 256 that were not, the legal "
        "symbols have the highest outputs, looked at every 250 strings. The lag is short, 9 steps in the mean and 6 "
        "at least: with Adam and the full gradient, which Elman's network did not have, a tanh network may succeed.",
        figure=drawn("reber"),
    ),
    Claim(
        key="forget",
        statement="On streams that nobody cuts into strings the cells of 1997 overflow; forget gates keep them useful.",
        where="2000, sections 2 and 4: continual embedded Reber strings",
        measures=(
            Measure("far", "far symbols right", digits=3),
            Measure("all", "symbols right", digits=3),
            Measure("size", "norm of the cells at the end", digits=1),
        ),
        arms=(
            Arm("LSTM of 1997", experiment="streams", overrides={"cell": "lstm-1997"}),
            Arm("with forget gates", experiment="streams", overrides={"keep_bias": 1.0}),
        ),
        conditions=(
            Condition(
                "with forget gates 95 % of the far symbols or more are right",
                lambda m: m("with forget gates", "far") >= 0.95,
            ),
            Condition(
                "without, no more than 60 %, and tossing a coin gives 50",
                lambda m: m("LSTM of 1997", "far") <= 0.6,
            ),
            Condition(
                "and the norm of the cells is at least five times as large",
                lambda m: m("LSTM of 1997", "size") >= 5 * m("with forget gates", "size"),
            ),
        ),
        remark="12 cells, Adam at 0.01, 480,000 symbols of 8 streams, the state carried on from the first to the last; "
        "then 8 new streams of 4,000 symbols. The far symbol counts as right when it alone leads. The two also differ "
        "in the squashing of the cell, as the papers have it; forget biases start at 1.",
        figure=drawn("forget"),
    ),
)
