"""Pictures of LeNet-5: what its kernels look for, and one digit on its way through the layers."""

from jaxtyping import Float
from matplotlib.figure import Figure
from torch import Tensor

from firsthand.figures.images import show
from firsthand.figures.style import COLOURS
from firsthand.papers.lenet.curvature import forward
from firsthand.papers.lenet.model import RBF, LeNet5, PartialConv2d


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


def maps(network: LeNet5, image: Float[Tensor, "1 1 32 32"]) -> Figure:
    """The states of every layer for one image, as in Figure 2 of the paper, each layer with its own scale."""
    trace = {layer: y[0].cpu() for layer, _, y in forward(network, image.to(network.c1.weight.device))}
    states, outputs = {name: trace[layer] for name, layer in network.f.items()}, trace[network.output]
    width, height, gap = 10.0, 6.45, 0.06  # inches
    figure = Figure(figsize=(width, height), layout="none")
    top = 0.1
    for name, size in (("c1", 1.36), ("s2", 1.36), ("c3", 0.47), ("s4", 0.47)):
        maps = states[name]
        words = f"{name.upper()}  {len(maps)} @ {maps.shape[1]}x{maps.shape[2]}"
        figure.text(0.01, 1 - (top + size / 2) / height, words, va="center", fontweight="bold")
        for number, state in enumerate(maps):
            left = 1.4 + number * (size + gap)
            axes = figure.add_axes((left / width, 1 - (top + size) / height, size / width, size / height))
            show(axes, state, signed=True, reach=maps.abs().max().item())
        top += size + 0.15

    bottom, size = 0.35 / height, 1.35 / height
    lefts = (0.14, 0.32, 0.48, 0.68) if isinstance(network.output, RBF) else (0.14, 0.32, 0.68)
    panels = [figure.add_axes((left, bottom, 0.3 if left > 0.6 else 0.13, size)) for left in lefts]
    show(panels[0], image[0, 0])
    panels[0].set_title("input", loc="center")
    show(panels[1], states["f6"].view(12, 7), signed=True, reach=1.3)
    panels[1].set_title("F6, as a drawing", loc="center")
    if isinstance(network.output, RBF):
        nearest = int(outputs.argmin())
        show(panels[2], network.output.codes[nearest].view(12, 7).cpu(), signed=True, reach=1.3)
        panels[2].set_title(f"nearest code: {nearest}", loc="center")
    panels[-1].bar(range(len(outputs)), outputs.tolist(), color=COLOURS[0])
    panels[-1].set(xticks=range(len(outputs)), axisbelow=True)
    panels[-1].grid(visible=False, axis="x")
    panels[-1].set_title("distances" if isinstance(network.output, RBF) else "logits")
    return figure
