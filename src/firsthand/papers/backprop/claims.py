"""What the paper, and the longer report of the same year, say about back-propagation, as experiments."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from firsthand.papers.claim import Arm, Claim, Condition, Measure, Ours, Seen


def figure(seen: Mapping[str, list[Seen]], name: str, **options: Any) -> Any:
    """One of the pictures; matplotlib is imported only when it is drawn."""
    from firsthand.papers.backprop import pictures

    return getattr(pictures, name)(seen, **options)


SOLVED = Measure("solved", "runs that solve it (%)", scale=100.0, digits=0)
SWEEPS = Measure("sweeps", "sweeps, median of these", digits=0)
TRAINED = Measure("trained", "of 100 trained right", digits=1)
HELD_OUT = Measure("held out", "of 4 held out right", digits=2)
ERROR = Measure("error", "E of the 100, median", digits=1)

TREES = partial(Arm, experiment="family-trees")
SMALL = partial(Arm, experiment="small")
PRINTED = {"init": 0.3, "rate": 0.01, "shrink": 0.002}


def gain(ours: Ours, net: str) -> float:
    """How many times the sweeps are needed without momentum."""
    return ours(f"{net}, no momentum", "sweeps") / ours(net, "sweeps")


CLAIMS = (
    Claim(
        key="symmetry",
        statement="Two hidden units learn to see mirror symmetry, with opposite weights in the ratio 1 : 2 : 4.",
        where="Fig. 1",
        measures=(
            SOLVED,
            SWEEPS,
            Measure("sweeps to 0.1", "sweeps to within 0.1, median", digits=0),
            Measure("right", "of 64 right in the end", digits=1),
            Measure("mirror", "worst mismatch of mirror weights (%)", digits=2),
            Measure("1 : 2 : 4", "solved runs with 1 : 2 : 4 (%)", scale=100.0, digits=0),
            Measure("2 : 3 : 4", "solved runs with 2 : 3 : 4 (%)", scale=100.0, digits=0),
        ),
        arms=(
            Arm("6-2-1", experiment="symmetry", paper={"sweeps": 1425.0}),
            Arm("no hidden units", experiment="symmetry", overrides={"hidden": False}),
            Arm("weights of Fig. 1", experiment="published"),
        ),
        conditions=(
            Condition("half of the runs or more solve it within 6,000 sweeps", lambda m: m("6-2-1", "solved") >= 50),
            Condition(
                "in a median of 1,425 sweeps, within a factor of 2",
                lambda m: 1425 / 2 <= m("6-2-1", "sweeps") <= 2 * 1425,
            ),
            Condition(
                "in every solved run mirror weights are opposite within 5 %, and 1 : 2 : 4 within 10 %",
                lambda m: m("6-2-1", "1 : 2 : 4") == 100,
            ),
            Condition("without hidden units no run solves it", lambda m: m("no hidden units", "solved") == 0),
        ),
        remark="Each seed is 100 networks. The paper does not say when its run counted as solved: ours when all 64 "
        "outputs are on their side of one half. Weights are measured when all outputs are within 0.1, or else at "
        "the end, and have a ratio where they are within 10 % of it. 2 : 3 : 4 serves as well: none of its sums "
        "with signs vanishes either. Runs that never solve it answer 'no' to everything, E = 4.",
        figure=partial(figure, name="symmetry"),
    ),
    Claim(
        key="printed-recipe",
        statement="With the settings of the caption the network has learned the family trees after 1,500 sweeps.",
        where="caption of Fig. 4",
        measures=(TRAINED, HELD_OUT, ERROR),
        arms=(
            TREES("as printed", overrides=PRINTED),
            TREES("printed, tolerance by case", overrides=PRINTED | {"tolerance": "case"}),
            TREES("printed, no tolerance", overrides=PRINTED | {"tolerance": "none"}),
            TREES("printed, from U(-1.5, 1.5)", overrides=PRINTED | {"init": 1.5}),
            TREES("printed, rate 0.05", overrides=PRINTED | {"rate": 0.05}),
            TREES("printed, both of these", overrides=PRINTED | {"init": 1.5, "rate": 0.05}),
            TREES("laptop: U(-1, 1), 0.05, 0.03 %"),
            TREES("laptop, no warm-up", overrides={"warm_up": False}),
        ),
        conditions=(
            Condition(
                "as printed, 95 of 100 trained questions or more are right", lambda m: m("as printed", "trained") >= 95
            ),
            Condition(
                "or with errors let off case by case, if the caption means that",
                lambda m: m("printed, tolerance by case", "trained") >= 95,
            ),
        ),
        remark="The caption says only 'small random weights'; U(-0.3, 0.3) is what it gives for symmetry. Each seed is "
        "24 networks, each with its own held-out questions. The last four arms show what does learn them in as many "
        "sweeps: wider first weights with a larger rate, begun gently. The conditions ask about the caption only.",
        figure=partial(figure, name="printed"),
    ),
    Claim(
        key="generalisation",
        statement="Trained on 100 of the 104 questions about two families, the network answers the 4 that are left.",
        where="caption of Fig. 4",
        measures=(
            HELD_OUT,
            Measure("all four", "runs with all 4 right (%)", scale=100.0, digits=1),
            Measure("best", "best run, of 4", digits=0),
            TRAINED,
        ),
        arms=(
            TREES("same tree", paper={"held out": 4.0}),
            TREES("relations exchanged", overrides={"italians": "relations exchanged"}),
            TREES("answers shuffled", overrides={"italians": "answers shuffled"}),
            TREES("no hidden units", overrides={"hidden": False}),
        ),
        conditions=(
            Condition(
                "1.5 of 4 or more are right on average, where guessing gives almost none",
                lambda m: m("same tree", "held out") >= 1.5,
            ),
            Condition("some run answers all four, as the paper's did", lambda m: m("same tree", "all four") > 0),
            Condition("half of the runs answer all four", lambda m: m("same tree", "all four") >= 50),
            Condition(
                "it needs the second tree: fewer are right where the Italians exchange their relations",
                lambda m: m("relations exchanged", "held out") < m("same tree", "held out"),
            ),
            Condition(
                "and where their answers are shuffled",
                lambda m: m("answers shuffled", "held out") < m("same tree", "held out"),
            ),
            Condition(
                "it needs hidden units: without them at most 0.5", lambda m: m("no hidden units", "held out") <= 0.5
            ),
        ),
        remark="Not with the caption's settings, which do not train (see printed-recipe), but from U(-1, 1) with rate "
        "0.05 and shrinking by 0.03 %. Each seed is 24 networks with their own held-out questions; right is all "
        "outputs on their side of one half. The paper reports one run.",
        figure=partial(figure, name="generalisation"),
    ),
    Claim(
        key="features",
        statement="The six units that see a person come to tell nation, generation and branch of the family.",
        where="Fig. 4",
        measures=(
            Measure("has nation", "runs with a unit for the nation (%)", scale=100.0, digits=0),
            Measure("nation", "variance that nation explains, best unit (%)", scale=100.0, digits=0),
            Measure("generation", "that generation explains (%)", scale=100.0, digits=0),
            Measure("branch", "that the branch explains (%)", scale=100.0, digits=0),
            Measure("alike", "correlation English, Italian, other units", digits=2),
        ),
        arms=(
            TREES("same tree"),
            TREES("relations exchanged", overrides={"italians": "relations exchanged"}),
            TREES("before training", overrides={"sweeps": 0}),
        ),
        conditions=(
            Condition(
                "in half of the runs or more one unit is about the nation, which explains most of its variance",
                lambda m: m("same tree", "has nation") >= 50,
            ),
            Condition(
                "the other units see English and Italians in the same places alike: a correlation above 0.2",
                lambda m: m("same tree", "alike") > 0.2,
            ),
            Condition(
                "which they do not where the relations are exchanged: below half of that",
                lambda m: m("relations exchanged", "alike") < m("same tree", "alike") / 2,
            ),
            Condition(
                "generation explains twice as much of some unit as before training, or more",
                lambda m: m("same tree", "generation") >= 2 * m("before training", "generation"),
            ),
            Condition(
                "and so does the branch of the family",
                lambda m: m("same tree", "branch") >= 2 * m("before training", "branch"),
            ),
        ),
        remark="The paper shows one network and prints no numbers; the limits are ours. The figure shows the run with "
        "the clearest unit for the nation.",
        figure=partial(figure, name="features"),
    ),
    Claim(
        key="momentum",
        statement="Momentum saves most of the sweeps, and connections beyond what is needed lead around local minima.",
        where="eq. 9 and the remark on local minima; exclusive or from the longer report, PDP p. 331",
        measures=(SOLVED, SWEEPS),
        arms=(
            SMALL("2-2-1"),
            SMALL("2-2-1, no momentum", overrides={"momentum": 0.0}),
            SMALL("2-1-1 with skips", overrides={"net": "xor-skip"}, paper={"sweeps": 558.0}),
            SMALL("2-1-1 with skips, no momentum", overrides={"net": "xor-skip", "momentum": 0.0}),
            SMALL("2-2-1 from U(-1, 1)", overrides={"init": 1.0}),
            SMALL("2-1-1 with skips from U(-1, 1)", overrides={"net": "xor-skip", "init": 1.0}),
        ),
        conditions=(
            Condition(
                "without momentum it takes 3.5 to 14 times the sweeps: about a factor of seven, in both networks",
                lambda m: all(3.5 <= gain(m, net) <= 14 for net in ("2-2-1", "2-1-1 with skips")),
            ),
            Condition(
                "2-1-1 with skips takes 558 sweeps, within a factor of 2",
                lambda m: 558 / 2 <= m("2-1-1 with skips", "sweeps") <= 2 * 558,
            ),
            Condition(
                "2-2-1 sticks in some runs, with either range of first weights",
                lambda m: max(m("2-2-1", "solved"), m("2-2-1 from U(-1, 1)", "solved")) < 98,
            ),
            Condition(
                "2-1-1 with skips does not",
                lambda m: min(m(f"2-1-1 with skips{more}", "solved") for more in ("", " from U(-1, 1)")) >= 98,
            ),
        ),
        remark="Rate 0.5, the error summed over the four patterns, at most 10,000 sweeps; medians are over the runs "
        "that solve it. Each seed is 100 networks. The factor of seven is our expectation: the paper prints no such "
        "comparison.",
        figure=partial(
            figure,
            name="race",
            title="Exclusive or: momentum saves sweeps, skipping connections save runs",
            least=20,
            most=10_000,
        ),
    ),
    Claim(
        key="small-problems",
        statement="Hidden units invent a binary code of eight patterns, and learn the parity of four.",
        where="the longer report, PDP pp. 334-337",
        measures=(
            SOLVED,
            SWEEPS,
            Measure("all distinct", "solved runs with eight different codes (%)", scale=100.0, digits=0),
        ),
        arms=tuple(
            SMALL(name, overrides={"init": 1.0, "sweeps": 6000} | options, paper=paper)
            for name, options, paper in (
                ("8-3-8, 0.5 and 0", {"net": "encoder", "momentum": 0.0}, {}),
                ("8-3-8, 0.1 and 0.9", {"net": "encoder", "rate": 0.1}, {}),
                ("8-3-8, 0.5 and 0.9", {"net": "encoder"}, {}),
                ("8-3-8, targets 0.1 and 0.9", {"net": "encoder", "rate": 0.1, "margin": 0.1}, {}),
                ("4-4-1, 0.5 and 0.9", {"net": "parity"}, {"sweeps": 2825.0}),
                ("4-4-1, 0.1 and 0.9", {"net": "parity", "rate": 0.1}, {}),
            )
        ),
        conditions=(
            Condition(
                "at least nine of ten encoders are solved, at some of the rates",
                lambda m: max(m("8-3-8, 0.5 and 0", "solved"), m("8-3-8, 0.1 and 0.9", "solved")) >= 90,
            ),
            Condition(
                "most of them with eight different rounded codes",
                lambda m: m("8-3-8, 0.1 and 0.9", "all distinct") > 50,
            ),
            Condition("parity of four in 40 % of the runs or more", lambda m: m("4-4-1, 0.5 and 0.9", "solved") >= 40),
        ),
        remark="First weights from U(-1, 1), full batches, the error summed over all patterns, 6,000 sweeps, 100 "
        "networks a seed; the two numbers of an arm are rate and momentum. Codes are rounded when the last of the "
        "hundred is solved, or at the end. The report's 2,825 is one run at rate 0.5; its rates may belong to "
        "updates after every pattern. The 40 % asked of parity came from a trial of twenty runs; over three "
        "hundred it is a little less.",
        figure=partial(
            figure,
            name="race",
            title="8-3-8 encoder and parity of four: the wrong rate solves nothing",
            least=100,
            most=6000,
        ),
    ),
)
