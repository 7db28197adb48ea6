"""Figure 2: the effective learning rates of the three layers of the tanh network."""

from dataclasses import replace

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor
from torch.nn import Parameter

from firsthand.claims import Arm, Claim, Measure, Outcome, ordered
from firsthand.claims.bench.training import Training
from firsthand.figures.curves import Runs, average, series
from firsthand.figures.style import COLOURS, INK, heading
from firsthand.optim import Adadelta
from firsthand.papers.adadelta.model import Config
from firsthand.papers.adadelta.recipe import PRESETS

PAPER = PRESETS["paper"]


def rates(eps: float = 1e-6, epochs: int = 6, every: int = 60, seed: int = 0) -> Outcome:
    """Effective learning rates RMS[dx] / RMS[g] in the three layers of the tanh network.

    "layer 1" is the median over 1,000 of its weights and the first two passes; "layer 1 lit" is the same without the
    weights of pixels that are black in every image. "layer 1 free, first" is the share of rates above 0.5 in the first
    pass, "layer 1 free, last" in the last. The lists are rates of ten weights, record after record.

    Args:
        eps: what starts Adadelta and keeps it going.
        epochs: passes over the 60,000 images; the paper has 25.
        every: steps between two records.
        seed: of first weights, the order of the images and the choice of weights.
    """
    model, rule = Config(activation="tanh"), replace(PAPER.optim, eps=eps)
    training = Training(replace(PAPER, model=model, optim=rule, seed=seed))
    batches, dice = training.order.steps_per_epoch, torch.Generator().manual_seed(seed)
    weights = [layer.weight for layer in training.network.layers]
    chosen = [torch.randperm(weight.numel(), generator=dice)[:1000] for weight in weights]
    pixels = training.task.train.inputs.flatten(1).any(0)
    lit = [pixels[chosen[0] % 784], *(torch.ones(1000, dtype=torch.bool) for _ in weights[1:])]
    seen: list[list[Tensor]] = [[], [], []]
    for step, _ in training.steps(epochs * batches):
        if step and step % every == 0:
            for records, weight, places in zip(seen, weights, chosen, strict=True):
                records.append(effective_rate(training.optimizer, weight).flatten()[places])
    found: dict[str, float | list] = {"step": list(range(every, epochs * batches + 1, every))}
    per_pass = batches // every
    for layer, records in enumerate(seen, start=1):
        rate = torch.stack(records)  # (record, weight)
        free = (rate > 0.5).float().mean(1)
        found[f"layer {layer}"] = rate[: 2 * per_pass].median().item()
        found[f"layer {layer} lit"] = rate[: 2 * per_pass, lit[layer - 1]].median().item()
        found[f"layer {layer} free, first"] = free[:per_pass].mean().item()
        found[f"layer {layer} free, last"] = free[-per_pass:].mean().item()
        found[f"layer {layer} rates"] = rate[:, :10].T.tolist()
        found[f"layer {layer} free"] = free.tolist()
        found[f"layer {layer} median"] = rate[:, lit[layer - 1]].median(1).values.tolist()
    return found


def effective_rate(optimizer: Adadelta, weight: Parameter) -> Tensor:
    """RMS[dx]_(t-1) / RMS[g]_t, what the next step multiplies each gradient by; the gradients must be there.

    Source: section 4.3, figure 2.
    """
    options, state = optimizer.param_groups[0], optimizer.state[weight]
    rho, eps = options["rho"], options["eps"]
    squares = rho * state["square_avg"] + (1 - rho) * weight.grad.square()
    return ((state["acc_delta"] + eps) / (squares + eps)).sqrt()


LAYERS = ("layer 1", "layer 2", "layer 3")
MEDIANS = [Measure(name, f"median rate of {name}, first two passes") for name in LAYERS]
LIT = Measure("layer 1 lit", "the same of layer 1, pixels that are never lit left out")
SHARES = {
    (name, when): Measure(f"{name} free, {when}", f"share of {name} above 0.5, {when} pass", digits=2)
    for name in LAYERS
    for when in ("first", "last")
}
USUAL = Arm("eps 1e-6", experiment=rates)
SMALL = Arm("eps 1e-8", experiment=rates, overrides={"eps": 1e-8})


def figure(seen: Runs) -> Figure:
    """Above the rates of ten weights a layer over time; below, the share of rates above 0.5 for two eps."""
    figure = Figure(figsize=(10, 6.2))
    panels = figure.subplots(2, 3, sharex=True, sharey="row")
    passes = average(seen[USUAL.name], "step") / 600
    for name, colour, upper, lower in zip(LAYERS, COLOURS, *panels, strict=False):
        upper.plot(passes, series(seen[USUAL.name], f"{name} rates")[0].T, color=colour, lw=0.8, alpha=0.6)
        upper.plot(passes, series(seen[USUAL.name], f"{name} median")[0], color=INK, lw=2)
        upper.set_title(f"{name}: ten weights, median black")
        for shade, (arm, runs) in zip(COLOURS[3:], seen.items(), strict=False):
            shares = 100 * np.array(series(runs, f"{name} free"))
            lower.plot(passes, shares.T, color=shade, lw=0.7, alpha=0.4)
            lower.plot(passes, shares.mean(0), color=shade, lw=2, label=arm)
        lower.set_xlabel("passes")
    panels[0, 0].set(ylabel="RMS[dx] / RMS[g]", ylim=(0, 1.2))
    panels[1, 0].set(ylabel="weights with a rate above 0.5 (%)", ylim=(-2, 103))
    panels[1, 2].legend()
    heading(figure, f"Effective learning rates, layer by layer (above: {USUAL.name}, the first seed)")
    return figure


CLAIM = Claim(
    key="rates",
    kind="the paper's statement",
    statement="Lower layers get larger effective learning rates, and in the end all rates tend to 1.",
    where="section 4.3, figure 2",
    measures=(*MEDIANS, LIT, *SHARES.values()),
    arms=(USUAL, SMALL),
    conditions=(
        ordered(*(median.of(USUAL) for median in reversed(MEDIANS))),
        *(SHARES[name, "last"].of(USUAL) > SHARES[name, "first"].of(USUAL) for name in LAYERS),
        *(SHARES[name, "last"].of(SMALL) < SHARES[name, "last"].of(USUAL) for name in LAYERS),
    ),
    remark="Six passes instead of 25, and 1,000 weights of each matrix instead of ten. With the paper's eps the "
    "rates of layers 1 and 2 are near 1 from the first pass on, so that their share has nowhere to rise to; only "
    "layer 3 drifts. The paper explains rates of 1 by eps, which outweighs both running means once gradients and "
    "steps are small; the second arm, ours, tests that. Weights of pixels that no image lights get no gradient, "
    "and a rate of 1.",
    figure=figure,
)
