"""What the slides say about RMSprop, and what follows from its equation, as experiments."""

from collections.abc import Callable, Mapping
from math import isnan, sqrt
from typing import Any

from firsthand.papers.claim import Arm, Claim, Condition, Measure, Seen


def drawn(name: str) -> Callable[[Mapping[str, list[Seen]]], Any]:
    """The figure of this name in `pictures`, which is imported when it is drawn."""

    def figure(seen: Mapping[str, list[Seen]]) -> Any:
        from firsthand.papers.rmsprop import pictures

        return getattr(pictures, name)(seen)

    return figure


RATIOS = (10, 100, 1000, 10_000, 100_000)
METHODS = {"sgd": "SGD", "momentum": "momentum 0.9", "rmsprop": "RMSprop"}
UNITS = {"plain": "plain", "louder": "gradient x 10,000", "other": "weights x 100"}
FLOORS = {"rate 0.01": 0.01, "rate 0.001": 0.001, "rate 0.0001": 0.0001}

CLAIMS = (
    Claim(
        key="nine-to-one",
        statement="A weight with nine gradients of 0.1 and one of -0.9 should stay; RMSprop lets it, Rprop does not.",
        where="slide: why rprop does not work with mini-batches",
        measures=(
            Measure("drift", "drift a cycle (rates)", digits=4),
            Measure("at first", "the same, first 200 cycles", digits=4),
        ),
        arms=(
            Arm("sign descent", experiment="nine-to-one", overrides={"method": "sign"}),
            Arm("Rprop", experiment="nine-to-one", overrides={"method": "rprop"}),
            Arm("RMSprop 0.9", experiment="nine-to-one", overrides={"method": "rmsprop-0.9"}),
            Arm("RMSprop 0.99", experiment="nine-to-one", overrides={"method": "rmsprop-0.99"}),
            Arm("RMSprop 0.999", experiment="nine-to-one", overrides={"method": "rmsprop-0.999"}),
            Arm("SGD", experiment="nine-to-one", overrides={"method": "sgd"}, paper={"drift": 0.0}),
        ),
        conditions=(
            Condition(
                "with the slide's 0.9 RMSprop drifts 0.7 rates a cycle or less",
                lambda m: abs(m("RMSprop 0.9", "drift")) <= 0.7,
            ),
            Condition(
                "a window ten times as long drifts 7 to 13 times less, twice",
                lambda m: (
                    7 <= m("RMSprop 0.9", "drift") / m("RMSprop 0.99", "drift") <= 13
                    and 7 <= m("RMSprop 0.99", "drift") / m("RMSprop 0.999", "drift") <= 13
                ),
            ),
            Condition("sign descent drifts 8", lambda m: abs(m("sign descent", "drift") + 8) < 1e-6),
            Condition(
                "Rprop's steps grow until it drifts more than ten times as far as sign descent",
                lambda m: abs(m("Rprop", "drift")) > 10 * abs(m("sign descent", "drift")),
            ),
        ),
        seeds=(0,),
        remark="Nothing is random, so one seed. The drift is the mean over cycles 1001 to 2000. At first, while s "
        "grows from zero, RMSprop takes longer steps: the more, the longer its window. Rprop is the slide's; "
        "torch's also skips the step after a change of sign. The slide names no numbers but the gradients.",
        figure=drawn("nine_to_one"),
    ),
    Claim(
        key="scale-freedom",
        statement="RMSprop does not care how large the gradients of a layer are beside those of another.",
        where="slides: gradients of very different magnitudes",
        measures=(
            Measure("loss", "training loss after 5 passes (nats)"),
            Measure("rate", "rate", digits=4),
        ),
        arms=tuple(
            Arm(f"{name}, {words}", experiment="scale-freedom", overrides={"method": method, "units": units})
            for method, name in METHODS.items()
            for units, words in UNITS.items()
        ),
        conditions=(
            Condition(
                "with the first layer's gradient times 10,000 RMSprop's loss changes by 10 % or less",
                lambda m: abs(m("RMSprop, gradient x 10,000", "loss") / m("RMSprop, plain", "loss") - 1) <= 0.1,
            ),
            Condition(
                "those of SGD and momentum at least double, each at its best rate",
                lambda m: all(
                    m(f"{name}, gradient x 10,000", "loss") >= 2 * m(f"{name}, plain", "loss")
                    for name in ("SGD", "momentum 0.9")
                ),
            ),
            Condition(
                "with its weights stored 100 times as large RMSprop's changes by 10 % or less",
                lambda m: abs(m("RMSprop, weights x 100", "loss") / m("RMSprop, plain", "loss") - 1) <= 0.1,
            ),
            Condition(
                "those of SGD and momentum rise by a fifth or more, each at its best rate",
                lambda m: all(
                    m(f"{name}, weights x 100", "loss") >= 1.2 * m(f"{name}, plain", "loss")
                    for name in ("SGD", "momentum 0.9")
                ),
            ),
        ),
        remark="784-64-64-10 on scikit-learn's digits, batches of 32. SGD's rate is the best of eleven from 1e-5 to "
        "1, searched anew for each unit; RMSprop's is 0.001. RMSprop is free of the gradient's unit. Of the "
        "weights' unit it is not: its step is the rate in whatever unit the weight has, so that weights "
        "stored 100 times as large move 100 times less. With a loud first layer SGD finds a small rate at "
        "which that layer does all the learning, over upper layers that hardly move; but at the rate that was "
        "best before, it learns nothing.",
        figure=drawn("scale_freedom"),
    ),
    Claim(
        key="floor",
        statement="At a constant rate RMSprop never arrives: it ends half a rate off, along every axis.",
        where="follows from the equation: while gradients keep their size, a step is one rate",
        measures=(
            Measure("x", "distance along x (last rates)", digits=4),
            Measure("y", "distance along y (last rates)", digits=4),
            Measure("value", "value of the bowl", digits=9),
        ),
        arms=(
            *(Arm(name, experiment="floor", overrides={"lr": lr}) for name, lr in FLOORS.items()),
            Arm("rate 0.1 / sqrt(t)", experiment="floor", overrides={"lr": 0.1, "decay": True}),
        ),
        conditions=(
            Condition(
                "x and y end half a rate away, within 1 %, at all three constant rates",
                lambda m: all(abs(m(name, axis) - 0.5) <= 0.005 for name in FLOORS for axis in ("x", "y")),
            ),
            Condition(
                "and with rates falling like 1 / sqrt(t) at half the last one, within 5 %",
                lambda m: all(abs(m("rate 0.1 / sqrt(t)", axis) - 0.5) <= 0.025 for axis in ("x", "y")),
            ),
        ),
        seeds=(0,),
        remark="Nothing is random, so one seed. The bowl is (x^2 + 100 y^2) / 2: the curvature along y is a hundred "
        "times that along x, and both end equally far away. 20,000 steps from (1, 1), alpha 0.9.",
        figure=drawn("floor"),
    ),
    Claim(
        key="centring",
        statement="Divided by the standard deviation, a steady gradient steps like signal over noise, up to eps.",
        where="Graves 2013, eqs. 38 to 41: the centred rule",
        measures=tuple(Measure(f"step {r}", f"step, signal / noise {r:,} (rates)", digits=2) for r in RATIOS),
        arms=(
            Arm("plain", experiment="centring", overrides={"centered": False}),
            Arm("centred, eps 1e-8", experiment="centring"),
            Arm("centred, eps 0.01", experiment="centring", overrides={"eps": 0.01}),
        ),
        conditions=(
            Condition(
                "the plain step is one rate, within 1 %",
                lambda m: all(abs(m("plain", f"step {r}") - 1) <= 0.01 for r in RATIOS),
            ),
            Condition(
                "the centred one is signal over noise, within 10 %",
                lambda m: all(abs(m("centred, eps 1e-8", f"step {r}") / r - 1) <= 0.1 for r in RATIOS),
            ),
            Condition(
                "with eps 0.01 it is 1 / (noise + 0.01), within 10 %, and so never above 100",
                lambda m: all(abs(m("centred, eps 0.01", f"step {r}") * (1 / r + 0.01) - 1) <= 0.1 for r in RATIOS),
            ),
        ),
        remark="alpha is 0.99, so that the variance is estimated from about 200 gradients. Graves put eps inside the "
        "root, 1e-4, which stops the growth at the same 100. His experiment, handwriting, is not repeated.",
        figure=drawn("centring"),
    ),
    Claim(
        key="eps-place",
        statement="The same eps inside and outside the root are two rules: inside, it silences far larger gradients.",
        where="torch (outside), TensorFlow (inside); the slides have no eps",
        measures=(Measure("half", "gradient that moves at half the rate", digits=10),),
        arms=(
            Arm("outside, 1e-8 (torch)", experiment="eps-place"),
            Arm("inside, 1e-10 (TensorFlow)", experiment="eps-place", overrides={"place": "inside", "eps": 1e-10}),
            Arm("outside, 1e-3", experiment="eps-place", overrides={"eps": 1e-3}),
            Arm("inside, 1e-3", experiment="eps-place", overrides={"place": "inside", "eps": 1e-3}),
        ),
        conditions=(
            Condition(
                "outside, a gradient of eps moves at half the rate, within 1 %",
                lambda m: (
                    abs(m("outside, 1e-8 (torch)", "half") / 1e-8 - 1) <= 0.01
                    and abs(m("outside, 1e-3", "half") / 1e-3 - 1) <= 0.01
                ),
            ),
            Condition(
                "inside, one of sqrt(eps / 3), within 1 %",
                lambda m: (
                    abs(m("inside, 1e-10 (TensorFlow)", "half") / sqrt(1e-10 / 3) - 1) <= 0.01
                    and abs(m("inside, 1e-3", "half") / sqrt(1e-3 / 3) - 1) <= 0.01
                ),
            ),
        ),
        seeds=(0,),
        remark="Nothing is random, so one seed. Every gradient stays the same for 200 steps. An eps of 1e-3 inside "
        "the root is used by recipes for image networks.",
        figure=drawn("eps_place"),
    ),
    Claim(
        key="surfaces",
        statement="RMSprop makes short work of valleys along the axes, not of turned ones, and hovers at the end.",
        where="our own test functions",
        measures=tuple(
            Measure(name, f"{name} (steps)", digits=0)
            for name in ("valley", "turned valley", "Rosenbrock", "Beale", "saddle")
        ),
        arms=(
            Arm("SGD", experiment="surfaces", overrides={"method": "sgd"}),
            Arm("RMSprop 0.9", experiment="surfaces", overrides={"method": "rmsprop-0.9"}),
            Arm("RMSprop 0.99", experiment="surfaces", overrides={"method": "rmsprop-0.99"}),
            Arm("0.99, momentum 0.9", experiment="surfaces", overrides={"method": "momentum"}),
        ),
        conditions=(
            Condition(
                "turning the valley costs RMSprop 0.99 at least ten times the steps",
                lambda m: m("RMSprop 0.99", "turned valley") >= 10 * m("RMSprop 0.99", "valley"),
            ),
            Condition(
                "and SGD, which knows no axes, none (1 %)",
                lambda m: abs(m("SGD", "turned valley") / m("SGD", "valley") - 1) <= 0.01,
            ),
            Condition(
                "RMSprop 0.9 never gets below 1e-6 in either valley, at any rate",
                lambda m: isnan(m("RMSprop 0.9", "valley")) and isnan(m("RMSprop 0.9", "turned valley")),
            ),
            Condition(
                "with either alpha it leaves the saddle at least 4.5 times sooner than SGD",
                lambda m: all(4.5 * m(arm, "saddle") <= m("SGD", "saddle") for arm in ("RMSprop 0.9", "RMSprop 0.99")),
            ),
        ),
        seeds=(0,),
        remark="Nothing is random, so one seed. Every rule has its fastest rate of 0.0001, 0.0002, 0.0005, ... 20 on "
        "each surface, 20,000 steps at most. Two walks arrive by luck, with leaps at large rates: RMSprop 0.99 in the "
        "valley at 20, and RMSprop 0.9 on Beale's at 10.",
        figure=drawn("surfaces"),
    ),
)
