"""What each regulariser changes on few examples: the experiment, the measures and the figure of two claims."""

from typing import Literal

import torch
from matplotlib.figure import Figure
from torch.nn import Module

from firsthand.claims import Measure, Outcome
from firsthand.claims.conditions import upper
from firsthand.figures.curves import Runs, metric
from firsthand.figures.style import BLUE, INK, MUTED, subplots
from firsthand.optim.schedule import cosine
from firsthand.papers.mlp import model as mlp
from firsthand.papers.regularization import criteria
from firsthand.papers.regularization import examples as few
from firsthand.papers.regularization.training import drawn, fit, score
from firsthand.train.task import Examples

STRENGTHS = {
    "digits": {"penalty": (1e-2, 3e-2, 1e-1), "dropout": (0.3, 0.6)},
    "names": {"penalty": (3e-4, 1e-3), "dropout": (0.1, 0.3)},
}
EVERY = 25  # steps from one look at the validation data to the next
NAMES = ("L2", "dropout", "batch norm", "early stopping", "twice the data")


def regularisers(
    task: Literal["digits", "names"] = "digits",
    examples: int = 300,
    noise: float = 0.0,
    steps: int = 600,
    seed: int = 0,
) -> Outcome:
    """What each regulariser changes in the test error of digits, or in the test loss of names, on few examples.

    Every network is 256-256 rectifiers on digits and the name generator of the paper `mlp`, with 100 tanh units, on
    names. Strengths of L2 and dropout are chosen on validation data; test data only judge. Early stopping returns the
    weights of the lowest validation loss, which is seen every 25 steps.

    Args:
        task: digits (error in per cent) or embedded names (nats a character).
        examples: images or names to train on.
        noise: share of the training labels of digits that are replaced.
        steps: steps of SGD with momentum 0.9 and a cosine schedule.
        seed: of examples, wrong labels, weights and order.
    """
    if task == "digits":
        sets, batch, lr, measure = few.digits(examples, 200, noise, seed, more=examples), 50, 0.03, 1
    else:
        (sets, vocab), batch, lr, measure = few.names(examples, 300, seed), 64, 0.1, 0

    def trained(
        on: Examples = sets.train,
        penalty: float = 0.0,
        dropout: float = 0.0,
        batch_norm: bool = False,
        curve: list | None = None,
    ) -> Module:
        """A network with these switches; `curve` gets the validation loss and the test score of every look."""
        if task == "digits":
            model = drawn(seed, 100, (256,) * 2, activation="relu", init="he", batch_norm=batch_norm, dropout=dropout)
        else:
            torch.manual_seed(seed)
            norm, gain = ("hidden", 1.0) if batch_norm else ("none", 5 / 3)
            model = mlp.MLP(mlp.Config(vocab=vocab, hidden=(100,), batch_norm=norm, gain=gain, dropout=dropout))

        def look(step: int) -> None:
            if curve is not None and step % EVERY == 0:
                curve.append((score(model, sets.val)[0], tested(model)))

        fit(model, on, steps, batch, seed, lr, "sgd", penalty, cosine(steps), look, momentum=0.9)
        return model

    def tested(model: Module) -> float:
        return score(model, sets.test)[measure]

    def chosen(name: str) -> tuple[float, float]:
        """The strength with the lowest validation score (the weakest of equals) and its test score."""
        scores = []
        for strength in STRENGTHS[task][name]:
            model = trained(**{name: strength})
            scores.append((score(model, sets.val)[measure], strength, tested(model)))
        return min(scores)[1:]

    curve: list[tuple[float, float]] = []
    plain = trained(curve=curve)
    found: Outcome = {"none": tested(plain), "train": score(plain, sets.train)[measure]}
    found["penalty"], found["L2"] = chosen("penalty")
    found["share"], found["dropout"] = chosen("dropout")
    found["batch norm"] = tested(trained(batch_norm=True))
    found["early stopping"] = curve[criteria.best([val for val, _ in curve]) - 1][1]
    found["twice the data"] = tested(trained(sets.more))
    return found | {f"{name} effect": found[name] - found["none"] for name in NAMES}


def changes(unit: str, digits: int) -> tuple[tuple[Measure, ...], dict[str, Measure]]:
    """What is measured without any regulariser, and what each of them changes, by its name."""
    without = (("none", "test, no regulariser"), ("train", "training, no regulariser"))
    plain = tuple(Measure(name, f"{label} ({unit})", digits=digits) for name, label in without)
    return plain, {name: Measure(f"{name} effect", f"{name}: change ({unit})", digits=digits) for name in NAMES}


def bars(seen: Runs, digits: int, label: str, data: str) -> Figure:
    """Every seed's change, their mean and its 95 % interval, regulariser by regulariser, a panel for each arm."""
    figure, *panels = subplots(11, 3.6, len(seen), sharex=True, sharey=True)
    for axes, (arm, runs) in zip(panels, seen.items(), strict=True):
        for row, name in enumerate(NAMES):
            values = metric(runs, f"{name} effect")
            mean, low, high = sum(values) / len(values), -upper([-value for value in values]), upper(values)
            axes.barh(row, mean, color=MUTED if low <= 0 <= high else BLUE, alpha=0.6, height=0.6)
            axes.plot([low, high], [row, row], color=INK, lw=1.2)
            axes.plot(values, [row] * len(values), "o", color=INK, ms=3.5, alpha=0.6)
            axes.text(1.01, row, f"{mean:+.{digits}f}", transform=axes.get_yaxis_transform(), va="center", fontsize=9)
        axes.axvline(0, color=INK, lw=0.8)
        axes.set_yticks(range(len(NAMES)), NAMES)
        axes.grid(False, axis="y")
        axes.set(ylim=(len(NAMES) - 0.4, -0.6), xlabel=label, title=arm)
    title = f"{data}: what each regulariser changes (bar: mean, line: 95 % interval, grey: it holds 0)"
    figure.suptitle(title, x=0.01, ha="left", fontsize=12, fontweight="bold", color=INK)
    return figure
