"""What the claims train: all nine modules at a sixteenth of their width, for minutes, on digits, and what they read."""

from dataclasses import replace

import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.nn import Module

from firsthand.claims import Arm, Measure, Outcome
from firsthand.claims.bench.training import Training
from firsthand.data.specs import Augment, Pictures
from firsthand.nn import softmax
from firsthand.optim import Average
from firsthand.papers.googlenet.model import Config
from firsthand.papers.googlenet.recipe import Recipe
from firsthand.train.recipe import Optim

SHIFTS = ((0, 0), (-1, 0), (1, 0), (0, -1), (0, 1))  # rows and columns by which a view is moved
SMALL = Recipe(
    batch=64, optim=Optim("adam", lr=0.002), data=Pictures("mnist", limit=10_000, augment=Augment(pad=1)),
    model=Config(16, channels=1, dropout=0.0, aux_dropout=0.0),
)  # fmt: skip


def small(heads: bool = True, nets: int = 2, steps: int = 400, tested: int = 1000, seed: int = 0) -> Outcome:
    """Test errors of a small GoogLeNet: alone, with the mean of its weights, and with means of several answers.

    Args:
        heads: whether auxiliary heads, with 0.3 of their losses, take part in training.
        nets: networks trained, from other first weights and in another order.
        steps: batches of 64 digits, shifted by up to a pixel, at a constant rate.
        tested: test images read, the first of the file.
        seed: ten times it is the first network's; the others take the next ones.
    """
    answers = []
    found: Outcome = {}
    for number in range(nets):
        model = replace(SMALL.model, aux=heads)
        training = Training(replace(SMALL, seed=10 * seed + number, steps=steps, model=model))
        average = Average(training.network)
        for step, _ in training.steps(steps):
            if step > steps // 2:
                average.update(training.network)
        images, targets = training.task.test.batch(torch.arange(tested))
        answers.append(torch.stack([answer(training.network, view) for view in views(images)]))
        if number == 0:
            averaged = error(answer(average.module, images), targets)
            found = {"test_error": error(answers[0][0], targets), "polyak_error": averaged}
    together = torch.stack(answers)  # (nets, views, images, classes)
    ours = {"views": together[0].mean(0), "nets": together[:, 0].mean(0), "both": together.mean((0, 1))}
    return {**found, **{f"{name}_error": error(mean, targets) for name, mean in ours.items()}}


def views(images: Float[Tensor, "images channel height width"]) -> list[Float[Tensor, "images channel height width"]]:
    """The images as they are, and a pixel up, down, left and right; what comes in is as the pixel at the corner."""
    edge = images[:, :, :1, :1]
    framed = torch.constant_pad_nd(images - edge, (1,) * 4) + edge
    height, width = images.shape[2:]
    return [framed[:, :, 1 + row : 1 + row + height, 1 + column : 1 + column + width] for row, column in SHIFTS]


@torch.no_grad()
def answer(network: Module, images: Float[Tensor, "images channel height width"]) -> Float[Tensor, "images classes"]:
    """Probabilities, in evaluation mode."""
    network.eval()
    return torch.cat([softmax(network(part)) for part in images.split(250)])


def error(probabilities: Float[Tensor, "images classes"], targets: Int64[Tensor, " images"]) -> float:
    """The share of wrong ones."""
    return (probabilities.argmax(1) != targets).float().mean().item()


WITH = Arm("with auxiliary heads", experiment=small)
WITHOUT = Arm("without", experiment=small, overrides={"heads": False})
SIZE = (
    "All nine modules at a sixteenth of their width, without batch normalisation, 400 batches of 64 of 10,000 digits "
    "of MNIST, Adam at a constant 0.002; errors on the first 1,000 test digits. There is no dropout: of so few "
    "channels it left pilot runs of 150 steps at 38 % error and more, 11 % without."
)
ONE, POLYAK, VIEWS, NETS, BOTH = (
    Measure(f"{name}_error", f"test error of {words} (%)", 100.0, 1)
    for name, words in (
        ("test", "one network"), ("polyak", "its mean weights"), ("views", "five views"), ("nets", "two networks"),
        ("both", "two networks, five views each"),
    )
)  # fmt: skip
