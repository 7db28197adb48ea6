"""Networks of one seed, trained and scored alike: runs that differ in one switch share all the rest."""

from collections.abc import Callable
from typing import Any

import torch
from torch.nn import Module

from firsthand import optim
from firsthand.claims import Arm, Outcome
from firsthand.claims.bench.descent import descend
from firsthand.data.order import Order
from firsthand.nn import cross_entropy
from firsthand.optim.schedule import Schedule, constant
from firsthand.papers.regularization.model import Config, DeepMLP
from firsthand.train.task import Examples

FIVE = (0, 1, 2, 3, 4)  # seeds


def drawn(seed: int, inputs: int = 784, hidden: tuple[int, ...] = (1000,) * 5, **config: Any) -> DeepMLP:
    """A network of this Config with the first weights of this seed."""
    torch.manual_seed(seed)
    return DeepMLP(Config(inputs, hidden, **config))


def fit(
    network: Module,
    examples: Examples,
    steps: int,
    batch: int,
    seed: int,
    lr: float,
    method: str = "sgd",
    decay: float = 0.0,
    schedule: Schedule = constant(0),
    watch: Callable[[int], None] = lambda step: None,
    **options: float,
) -> list[float]:
    """Train by cross-entropy and return the loss of every batch; `watch` is called before each step and at the end.

    The order of the examples depends on the seed alone, so that runs with and without a regulariser see the same.
    Decay acts on weight matrices, not on biases and gains; `options` are the update rule's.
    """
    order = Order(len(examples), batch, "shuffle", seed)
    matrices = [p for p in network.parameters() if p.ndim > 1]
    others = [p for p in network.parameters() if p.ndim <= 1]
    groups = [{"params": matrices, "weight_decay": decay}, {"params": others, "weight_decay": 0.0}]
    rule = optim.RULES[method](groups, lr=lr, **options)
    losses = []
    network.train()
    for step in range(steps):
        watch(step)
        for group in rule.param_groups:
            group["lr"] = lr * schedule(step)
        inputs, targets = examples.batch(order.indices(step))
        loss = cross_entropy(network(inputs), targets)
        descend(rule, network, loss, clip=None)
        losses.append(loss.detach())
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


def each_rule(experiment: Callable[..., Outcome]) -> tuple[Arm, Arm, Arm]:
    """An arm for each of the three ways to make weights smaller."""
    methods = {"SGD, L2": "sgd", "Adam, L2": "adam", "AdamW": "adamw"}
    return tuple(Arm(name, experiment=experiment, overrides={"method": method}) for name, method in methods.items())
