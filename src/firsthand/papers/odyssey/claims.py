"""What the study says about the parts of the LSTM and about its hyper-parameters, as experiments of its kind."""

from collections.abc import Callable, Mapping
from math import log10, nan
from typing import Any

from firsthand.papers.claim import Arm, Claim, Condition, Measure, Ours, Seen


def drawn(name: str) -> Callable[[Mapping[str, list[Seen]]], Any]:
    """The figure of this name in `pictures`, which is imported when it is drawn."""

    def figure(seen: Mapping[str, list[Seen]]) -> Any:
        from firsthand.papers.odyssey import pictures

        return getattr(pictures, name)(seen)

    return figure


NAMES = {
    "V": "vanilla",
    "CIFG": "coupled gates",
    "NP": "no peepholes",
    "NIAF": "no input activation",
    "NIG": "no input gate",
    "NOG": "no output gate",
    "FGR": "full gate recurrence",
    "NFG": "no forget gate",
    "NOAF": "no output activation",
}
OTHERS = tuple(name for name in NAMES if name != "V")
COUNT = 6  # test losses of a variant: the best two of ten trials, of three seeds
LEVEL = 0.05 / 8  # Bonferroni: eight comparisons
SEARCHES = {
    "SGD, four decades": {"rule": "nesterov", "low": 1e-3, "high": 10.0},
    "Adam, four decades": {},
    "Adam, 0.001 to 0.05": {"low": 1e-3, "high": 0.05},
}
REST = ("hidden", "momentum", "noise")
ADDERS = ("V", "CIFG", "NIG", "NFG", "NOAF")


def welch(mean: float, square: float, other_mean: float, other_square: float) -> float:
    """The p-value of Welch's test for two groups of COUNT losses, from their means and the means of their squares."""
    from scipy.stats import ttest_ind_from_stats

    deviations = [
        max((square - mean * mean) * COUNT / (COUNT - 1), 1e-12) ** 0.5
        for mean, square in ((mean, square), (other_mean, other_square))
    ]
    if mean != mean or other_mean != other_mean:
        return nan
    return float(ttest_ind_from_stats(mean, deviations[0], COUNT, other_mean, deviations[1], COUNT, equal_var=False)[1])


def p_value(ours: Ours, variant: str) -> float:
    """Of the difference between a variant and vanilla in mean test loss."""
    return welch(ours(variant, "test"), ours(variant, "square"), ours("V", "test"), ours("V", "square"))


def worse(ours: Ours, variant: str) -> bool:
    """Whether it is significantly worse than vanilla."""
    return p_value(ours, variant) < LEVEL and ours(variant, "test") > ours("V", "test")


CLAIMS = (
    Claim(
        key="variants",
        statement="No LSTM beats the vanilla one; without forget gate or output activation it is much worse.",
        where="section V.A, figure 2",
        measures=(
            Measure("test", "test loss, best 2 of 10 (nats)"),
            Measure("square", "mean of their squares", digits=4),
            Measure("val", "validation loss, best"),
            Measure("median", "validation loss, median of 10"),
            Measure("cells", "cells of the best 2", digits=0),
            Measure("cell", "mean size of a cell in the end", digits=1),
        ),
        arms=tuple(Arm(name, experiment="search", overrides={"variant": name}) for name in NAMES),
        conditions=(
            Condition("NFG is significantly worse than V", lambda m: worse(m, "NFG")),
            Condition("NOAF is significantly worse than V", lambda m: worse(m, "NOAF")),
            Condition("CIFG does not differ significantly from V", lambda m: p_value(m, "CIFG") >= LEVEL),
            Condition("NP does not differ significantly from V", lambda m: p_value(m, "NP") >= LEVEL),
            Condition(
                "no variant is significantly better than V",
                lambda m: all(
                    p_value(m, name) >= LEVEL or m(name, "test") > m("V", "test") for name in OTHERS
                ),
            ),
        ),
        remark="V is vanilla, CIFG has coupled gates, NP no peepholes, NIAF no input activation, NIG no input gate, "
        "NOG no output gate, FGR full gate recurrence, NFG no forget gate, NOAF no output activation. Every variant "
        "and seed has a random search of its own, 10 trials with 16 to 64 cells and Adam at 0.001 to 0.05; the paper "
        "has 200 with SGD. 250 steps on characters of The Time Machine; the state is carried on and never set to "
        "zero, so that a cell that cannot forget really fills up. A trial that ends worse than a guess counts as one, "
        "3.33. Significant: Welch's test on the six best test losses at 0.05 / 8; with so few only large differences "
        "show: NOAF is the worst of all and most of its trials diverge, but what is left scatters too much. "
        "The mean of the squares is there for the test.",
        figure=drawn("variants"),
    ),
    Claim(
        key="importance",
        statement="The learning rate explains most of the variance, momentum hardly any, and interactions are small.",
        where="section V.B, figure 3",
        measures=(
            Measure("rate", "rate (%)", digits=1),
            Measure("hidden", "cells (%)", digits=1),
            Measure("noise", "input noise (%)", digits=1),
            Measure("momentum", "momentum (%)", digits=1),
            Measure("interactions", "interactions (%)", digits=1),
        ),
        arms=tuple(
            Arm(name, experiment="importance", overrides=options) for name, options in SEARCHES.items()
        ),
        conditions=(
            *(
                Condition(
                    f"{name}: the rate explains more than half, and more than three times what the next one does",
                    lambda m, name=name: (
                        m(name, "rate") > 50 and all(m(name, "rate") > 3 * m(name, other) for other in REST)
                    ),
                )
                for name in SEARCHES
            ),
            Condition("momentum less than 5 % in all", lambda m: all(m(name, "momentum") < 5 for name in SEARCHES)),
            Condition(
                "interactions less than the rate in all",
                lambda m: all(m(name, "interactions") < m(name, "rate") for name in SEARCHES),
            ),
        ),
        remark="The paper's shares for the rate are 67 % on TIMIT, 89 % on IAM and 91 % on JSB, of SGD over four "
        "decades of rates. Ours: 30 trials of the vanilla LSTM a seed, 120 steps; a forest of 100 trees, marginals by "
        "Monte Carlo. Of Adam the momentum is the decay of its mean gradient. The share depends on what is thought "
        "possible: a range of rates that ends where nothing is learned makes the rate all-important.",
        figure=drawn("importance"),
    ),
    Claim(
        key="tune-small",
        statement="The best learning rate depends little on the size: tune it with a small network, train a large one.",
        where="section V.B.5, figure 4",
        measures=(
            Measure("decades", "log10 of the best rate", digits=2),
            Measure("val", "validation loss there (nats)"),
        ),
        arms=tuple(Arm(f"{hidden} cells", experiment="tune", overrides={"hidden": hidden}) for hidden in (16, 64)),
        conditions=(
            Condition(
                "the best rates lie within a factor of 3",
                lambda m: abs(m("16 cells", "decades") - m("64 cells", "decades")) <= log10(3),
            ),
        ),
        remark="Seven rates of Adam, each 2.15 times the one before; the factor is that of the geometric means over "
        "the seeds. For 16 cells the best of the seven is at the end of the grid, so that the factor may be larger.",
        figure=drawn("tune_small"),
    ),
    Claim(
        key="momentum",
        statement="Momentum makes no difference if the rate is multiplied by 1 - momentum.",
        where="section V.B.4 and section IV.B",
        measures=(
            Measure("range", "range of mean losses over four momenta (nats)"),
            Measure("luck", "range that first weights alone give", digits=3),
            Measure("plain", "loss without momentum"),
            Measure("fastest", "loss with momentum 0.99"),
        ),
        arms=(
            Arm("rate x (1 - momentum)", experiment="momentum"),
            Arm("the same rate", experiment="momentum", overrides={"scaled": False}),
        ),
        conditions=(
            Condition(
                "scaled, the range is no more than 1.5 times that of luck",
                lambda m: m("rate x (1 - momentum)", "range") <= 1.5 * m("rate x (1 - momentum)", "luck"),
            ),
            Condition(
                "not scaled, it is more",
                lambda m: m("the same rate", "range") > 1.5 * m("rate x (1 - momentum)", "luck"),
            ),
        ),
        remark="SGD with Nesterov's momentum of 0, 0.5, 0.9 and 0.99, rate 0.5 without momentum, 32 cells, 400 steps "
        "of windows of 16 streams, where the paper takes whole sequences and many more steps. A factor of 1.5 is two "
        "standard deviations of the range over three seeds. In so few steps scaling is not all: a velocity "
        "with 0.99 needs a hundred steps to get going, and is behind by as many of 400.",
        figure=drawn("momentum"),
    ),
    Claim(
        key="adding",
        statement="Which part an LSTM needs depends on the task: to add two numbers it is the input gate.",
        where="our own question to the study's section V.A, which finds music and speech to disagree",
        measures=(Measure("thousandths", "squared error, thousandths", digits=2),),
        arms=tuple(Arm(name, experiment="adding", overrides={"variant": name}) for name in ADDERS),
        conditions=(
            Condition(
                "NIG has the largest error of the five",
                lambda m: all(m("NIG", "thousandths") > m(name, "thousandths") for name in ADDERS if name != "NIG"),
            ),
            Condition(
                "NFG no more than twice that of V", lambda m: m("NFG", "thousandths") <= 2 * m("V", "thousandths")
            ),
        ),
        remark="The adding problem of 1997 at length 50, 12 cells, 600 steps of 48 sequences, every one from a state "
        "of zeros: there is nothing to forget, and 48 numbers of 50 to keep out. Always saying 0.5 has an error of 39. "
        "Forget gates start at 0.95, without which none learns it in this time; Adam's rate is 0.01. In a public "
        "collection of such runs the variant without an input gate is the worst too, and the one without a forget gate "
        "as good as vanilla.",
        figure=drawn("adding"),
    ),
)
