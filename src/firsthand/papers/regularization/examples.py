"""Few examples, some with wrong labels: the setting in which a regulariser can show what it is worth."""

from dataclasses import dataclass

import torch
from jaxtyping import Int
from torch import Generator, Tensor

from firsthand.data.images import load_digits
from firsthand.data.specs import Images, Names
from firsthand.data.text import windows
from firsthand.train.task import Examples


@dataclass(frozen=True)
class Sets:
    """Examples to train on, to choose by, and to judge by; `more` has the training examples and others."""

    train: Examples
    val: Examples
    test: Examples
    more: Examples


def shuffled(count: int, seed: int) -> Int[Tensor, " count"]:
    """The numbers below `count` in the order of this seed."""
    return torch.randperm(count, generator=Generator().manual_seed(seed))


def mislabel(labels: Int[Tensor, " n"], share: float, classes: int, seed: int) -> Int[Tensor, " n"]:
    """Labels of which this share is replaced by random ones, of which one in `classes` happens to be the right one."""
    generator = Generator().manual_seed(seed)
    chosen = torch.randperm(len(labels), generator=generator)[: round(share * len(labels))]
    labels = labels.clone()
    labels[chosen] = torch.randint(classes, (len(chosen),), generator=generator)
    return labels


def digits(train: int, val: int, noise: float, seed: int, more: int = 0) -> Sets:
    """Scikit-learn's 1,797 digits, split anew for every seed; what is left of them is the test set.

    Pixels are averaged over 2x2 in the middle 20x20, which makes 100 inputs.
    """
    whole = load_digits()
    images, labels = (torch.cat(parts) for parts in zip(whole.train, whole.val, whole.test, strict=True))
    order = shuffled(len(labels), seed)
    inputs = images[:, 4:24, 4:24].float().reshape(-1, 10, 2, 10, 2).mean((2, 4)).flatten(1)
    return split(inputs[order], labels[order], train, more, val, noise, seed)


def mnist(train: int, val: int, noise: float, seed: int, standard: bool = True) -> Sets:
    """MNIST's training images drawn for this seed, 2,000 of them to test, standardised or from 0 to 1."""
    images, labels = Images("mnist").load().train
    order = shuffled(len(labels), seed)[: train + val + 2000]
    return split(images[order].flatten(1).float() / 255, labels[order], train, 0, val, noise, seed, standard)


def split(
    inputs: Tensor, labels: Tensor, train: int, more: int, val: int, noise: float, seed: int, standard: bool = True
) -> Sets:
    """The first to train on, then `more` of them, then `val` to choose by, the rest to judge by.

    Inputs are standardised with the mean and spread of the training examples; only labels to train on are replaced.
    """
    if standard:
        inputs = (inputs - inputs[:train].mean()) / inputs[:train].std()
    wrong = torch.cat([mislabel(part, noise, 10, seed) for part in (labels[:train], labels[train : train + more])])
    first, last = train + more, train + more + val
    return Sets(
        Examples(inputs[:train], wrong[:train]),
        Examples(inputs[first:last], labels[first:last]),
        Examples(inputs[last:], labels[last:]),
        Examples(inputs[:first], wrong),
    )


def names(count: int, held: int, seed: int) -> tuple[Sets, int]:
    """Embedded names split anew for every seed, as windows of three characters; and how many tokens there are."""
    lines = Names().load()
    pool = [*lines.train, *lines.val, *lines.test]
    order = shuffled(len(pool), seed).tolist()

    def part(start: int, end: int) -> Examples:
        return Examples(*windows([pool[i] for i in order[start:end]], lines.vocabulary, 3))

    val, test, end = 2 * count, 2 * count + held, 2 * count + 2 * held
    return Sets(part(0, count), part(val, test), part(test, end), part(0, val)), len(lines.vocabulary)
