"""Deep networks on small digits: what the claims about depth, shortcuts and responses measure."""

from typing import Literal

import torch
from jaxtyping import Float, Int64, UInt8
from matplotlib.figure import Figure
from torch import Tensor
from torch.nn import Module

from firsthand import optim
from firsthand.claims import Arm, Measure, Outcome
from firsthand.claims.bench.descent import descend
from firsthand.data.images import load_mnist
from firsthand.data.order import Order
from firsthand.figures.curves import Runs, lines, series
from firsthand.figures.style import COLOURS, subplots
from firsthand.nn import BatchNorm2d, avg_pool2d, cross_entropy
from firsthand.papers.resnet.model import Config, ResNet

EVERY = 10  # steps to a number of the curve


def digits(
    layers: int = 20, shortcut: Literal["A", "B", "C", "none"] = "none", steps: int = 500, seed: int = 0
) -> Outcome:
    """Train a network of section 4.2 at half its width on 4,000 digits of 14x14 pixels.

    Args:
        layers: weighted layers, 6n + 2.
        shortcut: option A, B or C, or none for a plain network.
        steps: of SGD with momentum 0.9, batches of 64, the rate 0.1 divided by ten after 1/2 and 3/4 of them.
        seed: of weights and order.
    """
    sets = load_mnist(0)
    train, test = ((_small(images[:n]), labels[:n]) for (images, labels), n in ((sets.train, 4000), (sets.test, 2000)))
    torch.manual_seed(seed)
    network = ResNet(Config(((layers - 2) // 6,) * 3, 8, shortcut=shortcut, channels=1))
    kernels = [p for p in network.parameters() if p.ndim > 1]
    rest = [p for p in network.parameters() if p.ndim == 1]
    groups = [{"params": kernels, "weight_decay": 1e-4}, {"params": rest, "weight_decay": 0.0}]
    rule, order = optim.SGD(groups, lr=0.1, momentum=0.9), Order(len(train[0]), 64, seed=seed)
    losses = []
    for step in range(steps):
        for group in rule.param_groups:
            group["lr"] = 0.1 * 0.1 ** ((step >= steps // 2) + (step >= steps * 3 // 4))
        chosen = order.indices(step)
        loss = cross_entropy(network(train[0][chosen]), train[1][chosen])
        descend(rule, network, loss, clip=None)
        losses.append(loss.item())
    curve = [sum(losses[i : i + EVERY]) / EVERY for i in range(0, steps, EVERY)]
    found = {"train_loss": scored(network, *train)[0], "test_error": scored(network, *test)[1]}
    spread = responses(network, test[0])
    return found | {"response": sum(spread) / len(spread), "curve": curve, "responses": spread}


def _small(images: UInt8[Tensor, "images 28 28"]) -> Float[Tensor, "images 1 14 14"]:
    """Means of 2x2 pixels, at mean 0 and deviation 1 as far as MNIST's constants make them."""
    return (avg_pool2d(images[:, None].float() / 255, 2) - 0.1307) / 0.3081


@torch.no_grad()
def scored(
    network: Module, images: Float[Tensor, "images 1 14 14"], labels: Int64[Tensor, " images"]
) -> tuple[float, float]:
    """Mean loss and error in evaluation mode."""
    logits = torch.cat([network.eval()(part) for part in images.split(500)])
    return cross_entropy(logits, labels).item(), (logits.argmax(1) != labels).float().mean().item()


@torch.no_grad()
def responses(network: Module, images: Float[Tensor, "images 1 14 14"]) -> list[float]:
    """The standard deviation of every 3x3 layer's output: after batch norm, before rectifier and addition (fig. 7)."""
    found: list[float] = []
    layers = [layer for name, layer in network.named_modules() if isinstance(layer, BatchNorm2d) and "layer" in name]
    handles = [layer.register_forward_hook(lambda _, __, y: found.append(y.std().item())) for layer in layers]
    network.eval()(images)
    for handle in handles:
        handle.remove()
    return found


def losses(seen: Runs, title: str) -> Figure:
    """Training loss, a line a seed."""
    figure, axes = subplots(7.4, 4)
    for colour, (name, runs) in zip(COLOURS, seen.items(), strict=False):
        lines(axes, series(runs), colour, name, EVERY)
    axes.set(xlabel="step", ylabel="training loss of a batch (nats)", yscale="log", title=title)
    axes.legend(loc="lower left")
    return figure


TRAIN = Measure("train_loss", "training loss (nats)")
TEST = Measure("test_error", "test error (%)", 100.0, 2)
RESPONSE = Measure("response", "mean standard deviation of the layers' responses")
PLAIN_20 = Arm("plain, 20 layers", experiment=digits)
PLAIN_56 = Arm("plain, 56 layers", experiment=digits, overrides={"layers": 56})
RES_20 = Arm("residual, 20 layers", experiment=digits, overrides={"shortcut": "A"})
RES_56 = Arm("residual, 56 layers", experiment=digits, overrides={"layers": 56, "shortcut": "A"})
SEEDS = (2, 3, 4)
