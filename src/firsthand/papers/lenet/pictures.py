"""Pictures of LeNet-5: what its kernels look for, and one digit on its way through the layers."""

import torch
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from firsthand.papers.lenet.model import RBF, LeNet5, PartialConv2d
from firsthand.train.figures import COLOURS
from firsthand.train.pictures import show


def kernels(network: LeNet5) -> Figure:
    """The kernels of C1, and those of C3 in the layout of Table I: S2's maps down, C3's maps across."""
    c1 = network.c1.weight.detach().cpu()[:, 0]
    c3 = (network.c3.kernels() if isinstance(network.c3, PartialConv2d) else network.c3.weight).detach().cpu()
    figure = Figure(figsize=(9.6, 4.4))
    left, right = figure.subfigures(1, 2, width_ratios=(1, 10))
    left.suptitle("C1", fontsize=11, fontweight="bold")
    for axes, kernel in zip(left.subplots(6, 1), c1, strict=True):
        show(axes, kernel, signed=True, reach=c1.abs().max().item())
    right.suptitle("C3: each map (column) and the maps of S2 that it sees (rows)", fontsize=11, fontweight="bold")
    for s2, row in enumerate(right.subplots(6, 16)):
        for m, axes in enumerate(row):
            show(axes, c3[m, s2], signed=True, reach=c3.abs().max().item())
            if not c3[m, s2].any():
                axes.set_axis_off()
            if s2 == 0:
                axes.set_title(str(m), fontsize=8, fontweight="normal", loc="center", pad=3)
    return figure


@torch.no_grad()
def maps(network: LeNet5, image: Float[Tensor, "1 1 32 32"]) -> Figure:
    """The states of every layer for one image, as in Figure 2 of the paper, each layer with its own scale."""
    states: dict[str, Tensor] = {}
    hooks = [
        layer.register_forward_hook(lambda _, __, y, name=name: states.update({name: y[0].cpu()}))
        for name, layer in network.f.items()
    ]
    outputs = network(image.to(network.c1.weight.device))[0].cpu()
    for hook in hooks:
        hook.remove()
    figure = Figure(figsize=(10, 6.6))
    rows = {"c1": 6, "s2": 6, "c3": 16, "s4": 16}
    parts = figure.subfigures(len(rows) + 1, 1, height_ratios=(1.6, 1.6, 1, 1, 2))
    for part, (name, count) in zip(parts, rows.items(), strict=False):
        panels = part.subplots(1, count + 1, width_ratios=(16 / count, *count * (1,)))
        label(panels[0], f"{name.upper()}  {count} @ {states[name].shape[1]}x{states[name].shape[2]}")
        for axes, state in zip(panels[1:], states[name], strict=True):
            show(axes, state, signed=True, reach=states[name].abs().max().item())

    panels = parts[-1].subplots(1, 4 if isinstance(network.output, RBF) else 3)
    show(panels[0], image[0, 0])
    panels[0].set_title("input")
    show(panels[1], states["f6"].view(12, 7), signed=True, reach=1.3)
    panels[1].set_title("F6, as a drawing")
    if isinstance(network.output, RBF):
        nearest = int(outputs.argmin())
        show(panels[2], network.output.codes[nearest].view(12, 7).cpu(), signed=True, reach=1.3)
        panels[2].set_title(f"nearest code: {nearest}")
    panels[-1].bar(range(len(outputs)), outputs.tolist(), color=COLOURS[0])
    panels[-1].set_xticks(range(len(outputs)))
    panels[-1].set_axisbelow(True)
    panels[-1].grid(visible=False, axis="x")
    panels[-1].set_title("distances" if isinstance(network.output, RBF) else "logits")
    return figure


def label(axes: Axes, text: str) -> None:
    """Words in place of a picture."""
    axes.set_axis_off()
    axes.text(0, 0.5, text, va="center", fontsize=10, fontweight="bold", transform=axes.transAxes)
