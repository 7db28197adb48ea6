"""Signals and gradients through 50 layers of an untrained network, beside theory."""

from itertools import product
from math import log10
from typing import Literal

import torch
from matplotlib.figure import Figure

from firsthand.claims import Arm, Claim, Measure, Outcome, each
from firsthand.figures.curves import Runs, arms
from firsthand.papers.regularization import signals
from firsthand.papers.regularization.model import Config, DeepMLP
from firsthand.papers.regularization.training import FIVE


def depth(
    init: Literal["he", "glorot", "standard"] = "he",
    layers: int = 50,
    width: int = 512,
    batch: int = 256,
    seed: int = 0,
) -> Outcome:
    """How large activations and gradients are in every layer of an untrained network, beside what theory says.

    Args:
        init: first weights; in layers as wide as their input n Var[W] is 2, 1 or 1/3.
        layers: hidden layers.
        width: units of each layer, and inputs.
        batch: examples, drawn from N(0, 1), as is the gradient that is sent back from the last layer.
        seed: of weights, examples and gradient.
    """
    generator = torch.manual_seed(seed)
    found: Outcome = {}
    variances = [signals.weight_variance(init, width, width)] * layers
    for activation in ("relu", "tanh"):
        network = DeepMLP(Config(width, (width,) * layers, activation=activation, init=init))
        z, sums, activations = signals.watched(network, torch.randn(batch, width, generator=generator))
        z.backward(torch.randn(z.shape, generator=generator))
        theory = signals.expected(activation, [width] * (layers + 1), variances)
        ours = activations, [s.grad for s in sums]
        for kind, tensors, squares, end in zip(("signal", "gradient"), ours, theory, (-1, 0), strict=True):
            measured, known = [signals.rms(tensor) for tensor in tensors], [q**0.5 for q in squares]
            found |= {
                f"{activation} {kind}s": measured,
                f"{activation} {kind}s expected": known,
                f"{activation} {kind} off": max(abs(log10(a / b)) for a, b in zip(measured, known, strict=True)),
                f"{activation} {kind}": log10(measured[end]),
            }
    return found


ENDS = {"signal": "root mean square, layer 50", "gradient": "gradient, layer 1"}
KINDS = tuple(product(("ReLU", "tanh"), ENDS))
SIZE = {(f, kind): Measure(f"{f.lower()} {kind}", f"{f}: log10 of the {ENDS[kind]}", digits=2) for f, kind in KINDS}
FURTHEST = "furthest from theory (powers of ten)"
OFF = tuple(Measure(f"{f.lower()} {kind} off", f"{f} {kind}s: {FURTHEST}", digits=2) for f, kind in KINDS)
RELU, TANH = SIZE["ReLU", "signal"], SIZE["tanh", "signal"]
ARMS = HE, GLOROT, STANDARD = (
    Arm("2/n, He", experiment=depth),
    Arm("1/n, Glorot", experiment=depth, overrides={"init": "glorot"}),
    Arm("1/(3n), standard", experiment=depth, overrides={"init": "standard"}),
)
THREE = log10(3)
distances = each(*(off.of(*ARMS) for off in OFF)).called("every distance from theory (powers of ten)")


def figure(seen: Runs) -> Figure:
    """Signals and gradients layer by layer, every seed's dots on the lines of theory."""
    figure = Figure(figsize=(10, 6.2))
    for axes, (f, kind) in zip(figure.subplots(2, 2).flat, KINDS, strict=True):
        arms(axes, seen, f"{f.lower()} {kind}s expected", lw=1.3)
        lines = axes.get_legend_handles_labels()[0]
        arms(axes, seen, f"{f.lower()} {kind}s", marker="o", ms=3, ls="", alpha=0.3)
        what = "activations z" if kind == "signal" else "gradients dC/ds"
        axes.set(yscale="log", xlabel="layer", ylabel="root mean square", title=f"{f}: {what}")
        if axes is figure.axes[0]:
            axes.legend(lines, [f"Var[W] = {name}" for name in seen], title="lines: theory, dots: every seed")
    return figure


CLAIM = Claim(
    key="depth",
    kind="identity",
    statement="Every layer multiplies a signal's variance by a constant, n Var[W], or half of it for a rectifier.",
    where="GB10 eqs. 5, 6; H15 eqs. 9, 10, 14",
    measures=(*SIZE.values(), *OFF),
    arms=ARMS,
    conditions=(
        (distances <= THREE).saying("signals and gradients of both activations within a factor of 3, layer by layer"),
        (abs(RELU.of(HE)) <= THREE).saying("the signal keeps its size, within a factor of 3"),
        RELU.of(GLOROT) < -6,
        (TANH.of(GLOROT) > log10(0.05)).saying("above 0.05"),
        TANH.of(STANDARD) < -9,
    ),
    seeds=FIVE,
    remark="50 layers of 512, 256 examples of N(0, 1), no training; as wide as each other, so that Glorot's "
    "2/(n+m) is 1/n. Theory is (n Var[W] / 2)^(layers / 2) for rectifiers; GB10 assume a linear regime for tanh, where "
    "ours takes the means of tanh^2 and tanh'^2 over a normal variable instead. It is exact for wide layers; the "
    "factor of 3 is ours: the size of one draw of weights varies over 50 layers.",
    figure=figure,
)
