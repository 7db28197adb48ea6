"""What each regulariser changes on few examples: the experiment and the figure of two claims."""

from typing import Literal

import torch
from matplotlib.figure import Figure
from torch.nn import Module

from firsthand.claims import Measure, Outcome
from firsthand.claims.conditions import upper
from firsthand.figures.curves import Runs, metric
from firsthand.figures.style import BLUE, INK, MUTED
from firsthand.optim.schedule import cosine
from firsthand.papers.mlp import model as mlp
from firsthand.papers.regularization import criteria
from firsthand.papers.regularization import examples as few
from firsthand.papers.regularization.model import Config, DeepMLP
from firsthand.papers.regularization.training import fit, score

PENALTIES = {"digits": (1e-2, 3e-2, 1e-1), "names": (3e-4, 1e-3)}
SHARES = {"digits": (0.3, 0.6), "names": (0.1, 0.3)}
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
    batch, lr = (50, 0.03) if task == "digits" else (64, 0.1)
    if task == "digits":
        sets, measure = few.digits(examples, 200, noise, seed, more=examples), 1
    else:
        (sets, vocab), measure = few.names(examples, 300, seed), 0
    curve = []

    def network(dropout: float, batch_norm: bool) -> Module:
        torch.manual_seed(seed)
        if task == "digits":
            return DeepMLP(Config(100, (256, 256), 10, "relu", "he", batch_norm=batch_norm, dropout=dropout))
        norm, gain = ("hidden", 1.0) if batch_norm else ("none", 5 / 3)
        return mlp.MLP(mlp.Config(vocab=vocab, hidden=(100,), batch_norm=norm, gain=gain, dropout=dropout))

    def trained(
        penalty: float = 0.0, dropout: float = 0.0, batch_norm: bool = False, more: bool = False, looks: bool = False
    ) -> Module:
        model = network(dropout, batch_norm)

        def look(step: int) -> None:
            if looks and step % EVERY == 0:
                curve.append((score(model, sets.val)[0], score(model, sets.test)[measure]))

        on = sets.more if more else sets.train
        fit(model, on, steps, batch, seed, lr, "sgd", penalty, cosine(steps), look, momentum=0.9)
        return model

    def chosen(strengths: tuple[float, ...], name: str) -> tuple[float, float]:
        """The strength with the lowest validation score (the weakest of equals) and its test score."""
        models = ((strength, trained(**{name: strength})) for strength in strengths)
        scores = [
            (score(model, sets.val)[measure], strength, score(model, sets.test)[measure]) for strength, model in models
        ]
        return min(scores)[1:]

    plain = trained(looks=True)
    found: Outcome = {"none": score(plain, sets.test)[measure], "train": score(plain, sets.train)[measure]}
    found["penalty"], found["L2"] = chosen(PENALTIES[task], "penalty")
    found["share"], found["dropout"] = chosen(SHARES[task], "dropout")
    found["batch norm"] = score(trained(batch_norm=True), sets.test)[measure]
    found["early stopping"] = curve[criteria.best([val for val, _ in curve]) - 1][1]
    found["twice the data"] = score(trained(more=True), sets.test)[measure]
    return found | {f"{name} effect": found[name] - found["none"] for name in NAMES}


def changes(unit: str, digits: int) -> tuple[tuple[Measure, ...], dict[str, Measure]]:
    """What is measured without any regulariser, and what each of them changes, by its name."""
    without = (
        Measure("none", f"test, no regulariser ({unit})", digits=digits),
        Measure("train", f"training, no regulariser ({unit})", digits=digits),
    )
    return without, {name: Measure(f"{name} effect", f"{name}: change ({unit})", digits=digits) for name in NAMES}


def bars(seen: Runs, digits: int, label: str, title: str) -> Figure:
    """Every seed's change, their mean and its 95 % interval, regulariser by regulariser, a panel for each arm."""
    figure = Figure(figsize=(11, 3.6))
    for axes, (arm, runs) in zip(figure.subplots(1, len(seen), sharex=True, sharey=True), seen.items(), strict=True):
        for row, name in enumerate(NAMES):
            values = metric(runs, f"{name} effect")
            low, high = -upper([-value for value in values]), upper(values)
            axes.barh(row, sum(values) / len(values), color=MUTED if low <= 0 <= high else BLUE, alpha=0.6, height=0.6)
            axes.plot([low, high], [row, row], color=INK, lw=1.2)
            axes.plot(values, [row] * len(values), "o", color=INK, ms=3.5, alpha=0.6)
            words = f"{sum(values) / len(values) + 0.0:+.{digits}f}"
            axes.text(1.01, row, words, transform=axes.get_yaxis_transform(), va="center", fontsize=9)
        axes.axvline(0, color=INK, lw=0.8)
        axes.set_yticks(range(len(NAMES)), NAMES)
        axes.grid(False, axis="y")
        axes.set(ylim=(len(NAMES) - 0.4, -0.6), xlabel=label, title=arm)
    figure.suptitle(title, x=0.01, ha="left", fontsize=12, fontweight="bold", color=INK)
    return figure
