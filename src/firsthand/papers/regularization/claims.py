"""What five papers and a set of lectures say about first weights, decay, stopping and health, as experiments."""

from collections.abc import Callable, Mapping
from typing import Any

from firsthand.papers.claim import Arm, Claim, Condition, Measure, Ours, Seen

FIVE = (0, 1, 2, 3, 4)
INITS = {"2/n, He": "he", "1/n, Glorot": "glorot", "1/(3n), standard": "standard"}
REGULARISERS = ("L2", "dropout", "batch norm", "early stopping", "twice the data")


def picture(name: str) -> Callable[[Mapping[str, list[Seen]]], Any]:
    """A figure of `pictures.py`, which is imported when it is drawn: matplotlib takes half a second."""

    def draw(seen: Mapping[str, list[Seen]]) -> Any:
        from firsthand.papers.regularization import pictures

        return getattr(pictures, name)(seen)

    return draw


def rules(experiment: str) -> tuple[Arm, ...]:
    """An arm for each of the three ways to make weights smaller."""
    methods = {"SGD, L2": "sgd", "Adam, L2": "adam", "AdamW": "adamw"}
    return tuple(Arm(name, experiment=experiment, overrides={"method": m}) for name, m in methods.items())


def effects(unit: str, digits: int) -> tuple[Measure, ...]:
    """What is left without any regulariser, and what each of them changes."""
    return (
        Measure("none", f"test, no regulariser ({unit})", digits=digits),
        Measure("train", f"training, no regulariser ({unit})", digits=digits),
        *(Measure(f"{name} effect", f"{name}: change ({unit})", digits=digits) for name in REGULARISERS),
    )


def off(ours: Ours, measure: str) -> float:
    """The largest distance from theory over all first weights, in powers of ten."""
    return max(ours(name, measure) for name in INITS)


CLAIMS = (
    Claim(
        key="depth",
        statement="Every layer multiplies a signal's variance by a constant, n Var[W], or half of it for a rectifier.",
        where="GB10 eqs. 5, 6; H15 eqs. 9, 10, 14",
        measures=(
            Measure("relu signal", "ReLU: log10 of the root mean square, layer 50", digits=2),
            Measure("relu gradient", "ReLU: log10 of the gradient, layer 1", digits=2),
            Measure("tanh signal", "tanh: log10 of the root mean square, layer 50", digits=2),
            Measure("tanh gradient", "tanh: log10 of the gradient, layer 1", digits=2),
            Measure("relu signal off", "ReLU signals: furthest from theory (powers of ten)", digits=2),
            Measure("relu gradient off", "ReLU gradients: furthest from theory (powers of ten)", digits=2),
            Measure("tanh signal off", "tanh signals: furthest from theory (powers of ten)", digits=2),
            Measure("tanh gradient off", "tanh gradients: furthest from theory (powers of ten)", digits=2),
        ),
        arms=tuple(Arm(name, experiment="depth", overrides={"init": init}) for name, init in INITS.items()),
        conditions=(
            Condition(
                "ReLU: no signal or gradient in 50 layers is further than a factor of 3 from (n Var[W] / 2)^(layers / "
                "2)",
                lambda m: max(off(m, "relu signal off"), off(m, "relu gradient off")) <= 0.477,
            ),
            Condition(
                "tanh: nor from the product of the means of f^2 and f'^2",
                lambda m: max(off(m, "tanh signal off"), off(m, "tanh gradient off")) <= 0.477,
            ),
            Condition(
                "ReLU: at layer 50 He's signal has kept its size within a factor of 3, Glorot's has fallen below 1e-6",
                lambda m: abs(m("2/n, He", "relu signal")) <= 0.477 and m("1/n, Glorot", "relu signal") < -6,
            ),
            Condition(
                "tanh: at layer 50 Glorot's signal is above 0.05, the standard one's below 1e-9",
                lambda m: m("1/n, Glorot", "tanh signal") > -1.301 and m("1/(3n), standard", "tanh signal") < -9,
            ),
        ),
        seeds=FIVE,
        remark="50 layers of 512, 256 examples of N(0, 1), no training; as wide as each other, so that Glorot's "
        "2/(n+m) is 1/n. GB10 assume a linear regime for tanh; the theory here takes the means of tanh^2 and tanh'^2 "
        "over a normal variable instead. The factor of 3 is ours: the size of one draw of weights wanders over 50 "
        "layers.",
        figure=picture("depth"),
    ),
    Claim(
        key="thirty-layers",
        statement="A rectifier network of 30 layers learns from He's first weights and stalls with Xavier's.",
        where="H15 sec. 2.2, Fig. 3",
        measures=(
            Measure("train_loss", "training loss at the end (nats)"),
            Measure("test_error", "test error (%)", digits=1),
        ),
        arms=(
            Arm("He", experiment="thirty-layers", overrides={"init": "he"}),
            Arm("Xavier", experiment="thirty-layers", overrides={"init": "glorot"}),
        ),
        conditions=(
            Condition("He's loss ends below 1.5 nats", lambda m: m("He", "train_loss") < 1.5),
            Condition(
                "Xavier's stays within 0.05 of a guess, ln 10 = 2.303", lambda m: m("Xavier", "train_loss") > 2.253
            ),
        ),
        seeds=FIVE,
        remark="30 fully-connected layers of 100 and 1,000 steps on MNIST; the paper trained a 30-layer convolutional "
        "network on ImageNet for days, which is why its errors (38.56 % top-1 with He's) have no place in the table. "
        "Xavier's factor of 1/2 a layer is a plateau, not a wall: in some seeds the network leaves it within these "
        "steps, late.",
        figure=picture("thirty_layers"),
    ),
    Claim(
        key="tanh-layers",
        statement="Normalised first weights keep the gradients of tanh layers alike, the standard ones let them fade.",
        where="GB10 sec. 4.2, Figs. 6 and 7",
        measures=(
            Measure("ratio", "gradient, layer 1 / layer 5"),
            Measure("singular", "mean singular value of a layer's Jacobian"),
            Measure("last std", "std of tanh, layer 5"),
            Measure("train_loss", "training loss after 1,000 steps (nats)"),
            Measure("test_error", "test error after 1,000 steps (%)", digits=2),
        ),
        arms=(
            Arm("normalised", experiment="tanh-layers", overrides={"init": "glorot"}, paper={"singular": 0.8}),
            Arm("standard", experiment="tanh-layers", overrides={"init": "standard"}, paper={"singular": 0.5}),
        ),
        conditions=(
            Condition(
                "the ratio of the gradients of layers 1 and 5 is at least 3 times larger with normalised weights",
                lambda m: m("normalised", "ratio") >= 3 * m("standard", "ratio"),
            ),
            Condition(
                "the mean singular values lie within 0.1 of the paper's 0.8 and 0.5",
                lambda m: abs(m("normalised", "singular") - 0.8) <= 0.1 and abs(m("standard", "singular") - 0.5) <= 0.1,
            ),
            Condition(
                "after 1,000 steps the training loss is lower with normalised weights",
                lambda m: m("normalised", "train_loss") < m("standard", "train_loss"),
            ),
        ),
        seeds=FIVE,
        remark="Five layers of 200 on 10,000 MNIST images; the Jacobians are those of five layers of 1,000, the "
        "paper's. No claim on the error: on MNIST the paper's 1.64 and 1.76 % do not differ significantly (Table 1), "
        "its gains are on other data.",
        figure=picture("tanh_layers"),
    ),
    Claim(
        key="decay",
        statement="Decay and an L2 penalty are the same for SGD, but not for Adam, which divides the penalty's "
        "gradient.",
        where="LH19 propositions 1 and 2, algorithm 2",
        measures=(
            Measure("from 2", "one step from 2, no gradient", digits=4),
            Measure("from 20", "one step from 20, no gradient", digits=4),
            Measure("uneven", "shrinking with gradients of 0.001 / of 10", digits=2),
        ),
        arms=rules("one-step"),
        conditions=(
            Condition(
                "AdamW and SGD with L2 multiply both weights by 1 - 0.1 x 0.5",
                lambda m: all(
                    abs(m(arm, "from 2") - 1.9) < 1e-6 and abs(m(arm, "from 20") - 19.0) < 1e-6
                    for arm in ("SGD, L2", "AdamW")
                ),
            ),
            Condition(
                "Adam with L2 takes 0.1, its rate, off both",
                lambda m: abs(m("Adam, L2", "from 2") - 1.9) < 1e-6 and abs(m("Adam, L2", "from 20") - 19.9) < 1e-6,
            ),
            Condition(
                "with L2, Adam shrinks weights with gradients of 10 at least 30 times less than those with 0.001",
                lambda m: m("Adam, L2", "uneven") >= 30,
            ),
            Condition(
                "AdamW and SGD shrink them alike, within 10 %",
                lambda m: all(abs(m(arm, "uneven") - 1) <= 0.1 for arm in ("SGD, L2", "AdamW")),
            ),
        ),
        seeds=(0,),
        remark="The step is arithmetic: rate 0.1, decay 0.5, one seed. The shrinking is of 20,000 weights of 1 under "
        "gradients of pure noise, rate 0.0001, decay 0.1, over 1,000 steps.",
        figure=picture("decay"),
    ),
    Claim(
        key="basin",
        statement="Decoupled decay makes the best decay independent of the learning rate, and Adam better by about 15 "
        "%.",
        where="LH19 sec. 4.2 to 4.4, Figs. 1 and 2",
        measures=(
            Measure("best", "lowest test error of the grid (%)", digits=2),
            Measure("undecayed", "lowest without decay (%)", digits=2),
            Measure("drift", "log10 of best decay, largest over smallest rate", digits=2),
        ),
        arms=rules("basin"),
        conditions=(
            Condition(
                "AdamW's lowest error is at least 10 % lower, relatively, than that of Adam with L2",
                lambda m: m("AdamW", "best") <= 0.9 * m("Adam, L2", "best"),
            ),
            Condition(
                "AdamW's best decay moves by less than half a power of ten while the rate grows tenfold",
                lambda m: abs(m("AdamW", "drift")) <= 0.5,
            ),
            Condition(
                "and less than that of Adam with L2", lambda m: abs(m("AdamW", "drift")) < abs(m("Adam, L2", "drift"))
            ),
        ),
        seeds=FIVE,
        remark="A small network, 600 digits with 30 % of the labels replaced, 300 steps: the paper trained ResNet-26 "
        "on CIFAR-10 for 100 epochs a cell. Decay is in the paper's unit, a share lost in each step; divided by the "
        "rate, as torch counts, AdamW's best is about the same at all three. The test error chooses the best cell, "
        "for all rules.",
        figure=picture("basin"),
    ),
    Claim(
        key="when-to-stop",
        statement="Slower stopping criteria generalise about 4 % better, but take about 4 times as long.",
        where="P98 abstract and sec. 4",
        measures=(
            Measure("fast stop", "GL 1, PQ 0.5, UP 2: stop (epochs)", digits=1),
            Measure("slow stop", "GL 5, PQ 3, UP 8: stop (epochs)", digits=1),
            Measure("fast error", "fast criteria: test error (%)", digits=2),
            Measure("slow error", "slow criteria: test error (%)", digits=2),
            Measure("gain", "slow ones better by (%)", digits=1),
            Measure("factor", "slow ones longer by (x)", digits=1),
            Measure("last", "never stopping, last weights: test error (%)", digits=2),
            Measure("never", "criteria that never fired (%)", digits=0),
        ),
        arms=tuple(
            Arm(
                f"{curve} curve",
                experiment="when-to-stop",
                overrides={"curve": curve},
                paper={"gain": 4.0, "factor": 4.0},
            )
            for curve in ("smooth", "rough")
        ),
        conditions=(
            Condition(
                "on both curves the slow criteria stop later",
                lambda m: all(m(f"{c} curve", "slow stop") > m(f"{c} curve", "fast stop") for c in ("smooth", "rough")),
            ),
            Condition(
                "and have a test error no higher",
                lambda m: all(
                    m(f"{c} curve", "slow error") <= m(f"{c} curve", "fast error") for c in ("smooth", "rough")
                ),
            ),
            Condition("on the rough curve it is at least 2 % lower", lambda m: m("rough curve", "gain") >= 2),
            Condition(
                "stopping, fast or slow, beats the last weights on both",
                lambda m: all(
                    max(m(f"{c} curve", "fast error"), m(f"{c} curve", "slow error")) < m(f"{c} curve", "last")
                    for c in ("smooth", "rough")
                ),
            ),
        ),
        seeds=FIVE,
        remark="All 14 criteria on the same curves: ten networks 784-128-10 a row, 1,000 MNIST images, a fifth of the "
        "labels replaced, plain SGD, 150 epochs, at which a criterion that does not fire is counted. With wrong "
        "labels the test error is lowest long before the validation loss, so that waiting for the latter costs even "
        "quality. The paper: averages over 1,296 runs of Rprop on 12 problems; the limits of its criteria are as "
        "quoted elsewhere.",
        figure=picture("when_to_stop"),
    ),
    Claim(
        key="scarce-digits",
        statement="Regularisers are worth most where labels are wrong and images few.",
        where="our own question to Krogh & Hertz (1991), Srivastava et al. (2014), Ioffe & Szegedy (2015), P98",
        measures=effects("%", 2),
        arms=(
            Arm("clean labels", experiment="regularisers", overrides={"noise": 0.0}),
            Arm("20 % replaced", experiment="regularisers", overrides={"noise": 0.2}),
        ),
        conditions=(
            Condition(
                "with wrong labels L2, dropout and twice the data each lower the test error by 3 points or more",
                lambda m: all(m("20 % replaced", f"{r} effect") <= -3 for r in ("L2", "dropout", "twice the data")),
            ),
            Condition("early stopping by 1 point or more", lambda m: m("20 % replaced", "early stopping effect") <= -1),
            Condition(
                "with clean labels L2, dropout and early stopping change it by less than 2 points",
                lambda m: all(abs(m("clean labels", f"{r} effect")) < 2 for r in ("L2", "dropout", "early stopping")),
            ),
            Condition(
                "batch norm changes it by less than 2 points either way: it is no regulariser here",
                lambda m: all(abs(m(arm, "batch norm effect")) < 2 for arm in ("clean labels", "20 % replaced")),
            ),
        ),
        seeds=FIVE,
        remark="300 images of 10x10 pixels, a network 100-256-256-10 that learns them by heart. Every number of a "
        "seed is with minus without on the same images, wrong labels, first weights and order. Strengths are chosen "
        "among two or three on 200 validation images with right labels, which favours what has a strength to choose. "
        "The limits of 1, 2 and 3 points are ours.",
        figure=picture("scarce_digits"),
    ),
    Claim(
        key="scarce-names",
        statement="What regularises a name generator of few names does little, or harm, for one of many.",
        where="our own question, on the network of the paper `mlp`",
        measures=effects("nats", 3),
        arms=tuple(
            Arm(
                f"{count:,} names",
                experiment="regularisers",
                overrides={"task": "names", "examples": count, "steps": 1000},
            )
            for count in (200, 2000)
        ),
        conditions=(
            Condition(
                "with 200 names L2 and dropout each lower the test loss by 0.03 or more",
                lambda m: all(m("200 names", f"{r} effect") <= -0.03 for r in ("L2", "dropout")),
            ),
            Condition(
                "with 2,000 names neither does",
                lambda m: all(m("2,000 names", f"{r} effect") > -0.03 for r in ("L2", "dropout")),
            ),
            Condition(
                "with 200 names as many names again are worth more than any regulariser",
                lambda m: (
                    m("200 names", "twice the data effect")
                    < min(m("200 names", f"{r} effect") for r in REGULARISERS[:-1])
                ),
            ),
        ),
        seeds=FIVE,
        remark="100 tanh units on a window of three characters, 1,000 steps of batches of 64; embedded names, whose "
        "first names occur in many combinations. With 2,000 names 1,000 steps are less than three passes. The limit "
        "of 0.03 is ours.",
        figure=picture("scarce_names"),
    ),
    Claim(
        key="first-scale",
        statement="With batch norm the scale of the first weights hardly matters.",
        where="Ioffe & Szegedy (2015) sec. 3.3: BN((aW)u) = BN(Wu)",
        measures=(
            Measure("best", "lowest test error (%)", digits=2),
            Measure("spread", "highest minus lowest over scales of 0.1 to 10 (points)", digits=1),
            Measure("width", "scales with less than 10 % error (powers of ten)", digits=2),
        ),
        arms=(
            Arm("batch norm", experiment="first-scale", overrides={"batch_norm": True}),
            Arm("none", experiment="first-scale", overrides={"batch_norm": False}),
        ),
        conditions=(
            Condition(
                "without batch norm the error differs by more than 50 points", lambda m: m("none", "spread") > 50
            ),
            Condition("with it by less than 10", lambda m: m("batch norm", "spread") < 10),
            Condition(
                "the range of scales that work is at least 3 times as wide, in powers of ten",
                lambda m: m("batch norm", "width") >= 3 * m("none", "width"),
            ),
        ),
        seeds=FIVE,
        remark="Five layers of 100 rectifiers on 800 digits, 200 steps; all hidden weights are He's times the scale. "
        "The output does not depend on the scale, but the gradient for aW is 1/a of that for W: larger weights learn "
        "more slowly, which is all of the spread that batch norm leaves; a larger rate would make up for it. Width "
        "counts the seven scales tried.",
        figure=picture("first_scale"),
    ),
    Claim(
        key="health",
        statement="Updates of about a thousandth of the weights are healthy; far smaller ones waste time, far larger "
        "ones kill units.",
        where="makemore part 3",
        measures=(
            Measure("ratio", "log10 update / weight at the best rate", digits=2),
            Measure("loss", "training loss at the best rate (nats)", digits=4),
            Measure("slow loss", "lowest training loss with a ratio below -4 (nats)"),
            Measure("flat at first", "dead or saturated units, slowest rate (%)", digits=1),
            Measure("flat", "dead or saturated units, best rate (%)", digits=1),
            Measure("flat at the end", "dead or saturated units, largest rate that does not diverge (%)", digits=1),
        ),
        arms=(
            Arm("ReLU", experiment="health", overrides={"activation": "relu"}, paper={"ratio": -3.0}),
            Arm("tanh", experiment="health", overrides={"activation": "tanh"}, paper={"ratio": -3.0}),
        ),
        conditions=(
            Condition(
                "the rate with the lowest loss has a ratio between -4 and -2",
                lambda m: all(-4 <= m(arm, "ratio") <= -2 for arm in ("ReLU", "tanh")),
            ),
            Condition(
                "rates with a ratio below -4 end with ten times its loss or more",
                lambda m: all(m(arm, "slow loss") >= 10 * m(arm, "loss") for arm in ("ReLU", "tanh")),
            ),
            Condition(
                "at the largest rate that does not diverge there are three times as many dead or saturated units as at "
                "the slowest",
                lambda m: all(m(arm, "flat at the end") >= 3 * m(arm, "flat at first") for arm in ("ReLU", "tanh")),
            ),
        ),
        seeds=FIVE,
        remark="Three layers of 100 units on 800 digits, 250 steps of plain SGD, 13 rates. The lectures give -3 as a "
        "rule of thumb, with -4 and -2 as its ends, and no numbers to compare with. For plain SGD the update is the "
        "rate times the gradient; other rules have their own.",
        figure=picture("health"),
    ),
)
