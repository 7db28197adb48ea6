"""The parts of speech of English words, for which no phonemes need to be bought."""

from dataclasses import replace

import numpy as np
import torch
from matplotlib.figure import Figure

from firsthand import optim
from firsthand.claims import Arm, Claim, Measure, Outcome, within
from firsthand.claims.bench.descent import descend
from firsthand.data.brown import COARSE
from firsthand.data.order import Order
from firsthand.figures.bars import bars
from firsthand.figures.curves import Runs, series
from firsthand.figures.style import subplots
from firsthand.nn import log_softmax
from firsthand.papers.birnn.artificial import Net
from firsthand.papers.birnn.model import BRNN
from firsthand.papers.birnn.recipe import PRESETS, Label
from firsthand.papers.birnn.sequences import NOTHING, UNKNOWN, Sequences


def tagging(net: Net = "both", hidden: int = 40, sentences: int = 5000, epochs: int = 4, seed: int = 0) -> Outcome:
    """How many words of 1,500 sentences of the Brown corpus get their tag, one of the coarse ones, from GRUs.

    Percent: of all words, and of those that training sentences do not have twice, "unknown". Vectors of 50 for words,
    Adam at 0.003, batches of 32.

    Args:
        net: forward or backward states; one network of each, trained apart, log probabilities averaged; both in one.
        hidden: states of each direction.
        sentences: to train on.
        epochs: passes over them.
        seed: of sentences and weights.
    """
    torch.manual_seed(seed)
    recipe = replace(PRESETS["brown"], data=Sequences("brown", sentences=sentences, data_seed=seed), seed=seed)
    task = Label(recipe)
    inputs, targets = task.test.inputs, task.test.targets
    total = torch.zeros(*targets.shape, len(task.labels))
    count = 0
    for direction in ("forward", "backward") if net == "merge" else (net,):
        network = BRNN(replace(task.recipe.model, direction=direction, hidden=hidden))
        count += sum(p.numel() for name, p in network.named_parameters() if name.startswith(("past", "future")))
        rule = optim.Adam(network.parameters(), lr=0.003)
        order = Order(len(task.train), 32, seed=seed)
        for step in range(epochs * order.steps_per_epoch):
            descend(rule, network, task.loss(network, task.train.batch(order.indices(step))), clip=None)
        with torch.no_grad():
            total += log_softmax(network(inputs).flatten(0, 1)).view(total.shape)
    known, right, rare = targets != NOTHING, total.argmax(2) == targets, inputs == UNKNOWN
    return {
        "right": 100 * (right & known).sum().item() / known.sum().item(),
        "unknown": 100 * (right & rare).sum().item() / rare.sum().item(),
        "states": count,
        "hits": torch.bincount(targets[right & known], minlength=len(task.labels)).tolist(),
        "counts": torch.bincount(targets[known], minlength=len(task.labels)).tolist(),
    }


RIGHT = Measure("right", "words tagged right (%)", digits=2)
UNKNOWN_RIGHT = Measure("unknown", "unknown words tagged right (%)", digits=1)
STATES = Measure("states", "weights of the states", digits=0)
FORWARD = Arm("forward, 64", experiment=tagging, overrides={"net": "forward", "hidden": 64})
BACKWARD = Arm("backward, 64", experiment=tagging, overrides={"net": "backward", "hidden": 64})
MERGED = Arm("merged, 40 and 40", experiment=tagging, overrides={"net": "merge"})
BOTH = Arm("bidirectional, 40 + 40", experiment=tagging)


def figure(seen: Runs) -> Figure:
    """The nine tags that gain most words by reading both ways."""
    figure, axes = subplots(8, 4)
    counts = sum(series(seen[BOTH.name], "counts"))
    before, after = (100 * sum(series(seen[arm.name], "hits")) / np.maximum(counts, 1) for arm in (FORWARD, BOTH))
    gains, tags = after - before, Sequences("brown", sentences=1).load()[1]
    chosen = np.argsort(-gains * counts, kind="stable")[:9]
    names = [f"{COARSE.get(tags[i], 'other')} ({tags[i]})" for i in chosen]
    remarks = [f"{before[i]:.0f} to {after[i]:.0f} % of {counts[i]:,.0f}" for i in chosen]
    bars(axes, names, gains[chosen].tolist(), remarks)
    axes.set(xlim=(0, 1.4 * gains[chosen].max() + 0.1), xlabel="points gained by reading both ways, not forward only",
             title="Words right by tag, forward to bidirectional")  # fmt: skip
    return figure


CLAIM = Claim(
    key="tagging",
    kind="the paper's statement",
    statement="Trained together, two directions tag better than two networks merged, and those better than either.",
    where="section III.B and table II, there on phonemes of TIMIT, here on words",
    measures=(RIGHT, UNKNOWN_RIGHT, STATES),
    arms=(FORWARD, BACKWARD, MERGED, BOTH),
    conditions=(
        (RIGHT.of(BOTH) > RIGHT.of(MERGED)).saying("training together is better than merging"),
        RIGHT.of(MERGED) > RIGHT.of(FORWARD, BACKWARD),
        RIGHT.of(BOTH) >= RIGHT.of(FORWARD) + 1,
        within(STATES.of(FORWARD, BACKWARD, MERGED) / STATES.of(BOTH), 1, by=0.02),
    ),
    remark="TIMIT costs money, the Brown corpus does not. The paper's shares right on TIMIT's test set, 61 phonemes: "
    "forward 63.2, backward 61.9, merged 65.3, bidirectional 68.5. Here GRUs read 5,000 sentences four times and say "
    "the first two letters of each tag. Reading on helps, and merging helps more than training together: merged "
    "networks have a table of word vectors each, and their mean gains where they err differently. One table for both, "
    "or TIMIT itself, would settle it.",
    figure=figure,
)
