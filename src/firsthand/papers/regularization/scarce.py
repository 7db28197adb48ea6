"""Few examples, some with wrong labels: the setting in which a regulariser can show what it is worth."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Int
from torch import Tensor
from torch.nn import Module
from torch.optim import Optimizer

from firsthand import optim
from firsthand.data.images import load_digits
from firsthand.data.order import Order
from firsthand.data.specs import Images, Names
from firsthand.data.text import windows
from firsthand.nn import cross_entropy
from firsthand.train.task import Examples


@dataclass(frozen=True)
class Sets:
    """Examples to train on, to choose by, and to judge by; `more` has the training examples and others."""

    train: Examples
    val: Examples
    test: Examples
    more: Examples


def spoil(labels: Int[Tensor, " n"], share: float, classes: int, seed: int) -> Int[Tensor, " n"]:
    """Labels of which this share is replaced by random ones, of which one in `classes` happens to be the right one."""
    generator = torch.Generator().manual_seed(seed)
    chosen = torch.randperm(len(labels), generator=generator)[: round(share * len(labels))]
    labels = labels.clone()
    labels[chosen] = torch.randint(classes, (len(chosen),), generator=generator)
    return labels


def digits(train: int, val: int, noise: float, seed: int, more: int = 0) -> Sets:
    """Scikit-learn's 1,797 digits, dealt anew for every seed; what is left of them is the test set.

    Pixels are averaged over 2x2 in the middle 20x20, which makes 100 inputs, and standardised with the mean and spread
    of the training images. Only labels to train on are spoiled.
    """
    whole = load_digits()
    parts = (whole.train, whole.val, whole.test)
    images = torch.cat([images for images, _ in parts])[:, 4:24, 4:24].float()
    labels = torch.cat([labels for _, labels in parts])
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))
    inputs = images.reshape(-1, 10, 2, 10, 2).mean((2, 4)).flatten(1)[order]
    return dealt(inputs, labels[order], train, more, val, noise, seed)


def mnist(train: int, val: int, noise: float, seed: int, standard: bool = True) -> Sets:
    """MNIST's training images drawn for this seed, 2,000 of them to test, standardised or from 0 to 1."""
    images, labels = Images("mnist").load().train
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))[: train + val + 2000]
    return dealt(images[order].flatten(1).float() / 255, labels[order], train, 0, val, noise, seed, standard)


def dealt(
    inputs: Tensor, labels: Tensor, train: int, more: int, val: int, noise: float, seed: int, standard: bool = True
) -> Sets:
    """The first to train on, then `more` of them, then `val` to choose by, the rest to judge by."""
    if standard:
        inputs = (inputs - inputs[:train].mean()) / inputs[:train].std()
    wrong = torch.cat([spoil(part, noise, 10, seed) for part in (labels[:train], labels[train : train + more])])
    first, last = train + more, train + more + val
    return Sets(
        Examples(inputs[:train], wrong[:train]),
        Examples(inputs[first:last], labels[first:last]),
        Examples(inputs[last:], labels[last:]),
        Examples(inputs[:first], wrong),
    )


def names(count: int, held: int, seed: int, context: int = 3) -> tuple[Sets, int]:
    """Embedded names dealt anew for every seed, as windows of three characters; and how many tokens there are."""
    lines = Names().load()
    pool = [*lines.train, *lines.val, *lines.test]
    order = torch.randperm(len(pool), generator=torch.Generator().manual_seed(seed)).tolist()
    cuts = (0, count, 2 * count, 2 * count + held, 2 * count + 2 * held)

    def part(start: int, end: int) -> Examples:
        return Examples(*windows([pool[i] for i in order[start:end]], lines.vocabulary, context))

    train, more = part(cuts[0], cuts[1]), part(cuts[0], cuts[2])
    return Sets(train, part(cuts[2], cuts[3]), part(cuts[3], cuts[4]), more), len(lines.vocabulary)


def rule(network: Module, name: str, lr: float, decay: float = 0.0, **options: float) -> Optimizer:
    """An update rule of `firsthand.optim`; decay acts on weight matrices, not on biases and gains."""
    matrices = [p for p in network.parameters() if p.ndim > 1]
    others = [p for p in network.parameters() if p.ndim <= 1]
    groups = [{"params": matrices, "weight_decay": decay}, {"params": others, "weight_decay": 0.0}]
    return optim.RULES[name](groups, lr=lr, **options)


def fit(
    network: Module,
    optimizer: Optimizer,
    examples: Examples,
    steps: int,
    batch: int,
    seed: int,
    schedule: Callable[[int], float] | None = None,
    watch: Callable[[int], None] | None = None,
) -> list[float]:
    """Train by cross-entropy and return the loss of every batch; `watch` is called before each step and at the end.

    The order of the examples depends on the seed alone, so that runs with and without a regulariser see the same.
    """
    order = Order(len(examples), batch, "shuffle", seed)
    rates = [group["lr"] for group in optimizer.param_groups]
    losses = []
    network.train()
    for step in range(steps):
        if watch is not None:
            watch(step)
        if schedule is not None:
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = rate * schedule(step)
        inputs, targets = examples.batch(order.indices(step))
        loss = cross_entropy(network(inputs), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    if watch is not None:
        watch(steps)
    return torch.stack(losses).tolist()


@torch.no_grad()
def score(network: Module, examples: Examples) -> tuple[float, float]:
    """Mean cross-entropy in nats and error in per cent, in evaluation mode."""
    network.eval()
    logits = network(examples.inputs)
    network.train()
    wrong = (logits.argmax(1) != examples.targets).float().mean().item()
    return cross_entropy(logits, examples.targets).item(), 100 * wrong


def effect(pairs: list[tuple[float, float]]) -> tuple[float, float]:
    """Mean and standard error of second minus first over pairs that differ in one thing only."""
    differences = torch.tensor([after - before for before, after in pairs], dtype=torch.float64)
    return differences.mean().item(), (differences.std() / len(differences) ** 0.5).item()
