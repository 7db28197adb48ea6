"""What the claims measure: many small networks on the paper's data, taggers of Brown, and a model that cheats."""

from collections.abc import Callable
from dataclasses import replace
from math import atanh, log
from typing import Literal

import numpy as np
import torch
from torch import Generator, Tensor

from firsthand import optim
from firsthand.data.order import Order
from firsthand.data.specs import Text
from firsthand.nn import cross_entropy, log_softmax
from firsthand.papers.birnn.crowd import Crowd, Kind, costs, train
from firsthand.papers.birnn.model import BRNN, Config
from firsthand.papers.birnn.recipe import PRESETS, Label
from firsthand.papers.birnn.sequences import MEAN, NOTHING, UNKNOWN, Sequences, stream
from firsthand.papers.claim import Outcome

PIECE = 250  # steps of a sequence


def artificial(
    net: Literal["forward", "backward", "merge", "both"] = "both",
    kind: Kind = "average",
    shifts: tuple[int, ...] = (0,),
    runs: int = 8,
    cycles: int = 400,
    seed: int = 0,
) -> Outcome:
    """How well nets of two states a direction learn the paper's artificial data, for each delay of their answers.

    "mean", "median" and "best" are of the runs without delay: the squared error, or of classes the share that is right.
    "shift" is the delay with the best median and "there" that median. Errors are on the 10,000 points trained on. An
    answer that is delayed by s comes s steps later in the walk of its net; only answers within a piece count.

    Args:
        net: forward or backward states; one net of each, trained apart, their answers averaged; both in one net.
        kind: the average itself, or whether it is above 0.5.
        shifts: the delays.
        runs: nets for each delay.
        cycles: steps of RPROP.
        seed: of data and weights.
    """
    generator = Generator().manual_seed(seed)
    x, y = (values.view(-1, PIECE).t() for values in stream(10_000, generator))  # (time, rows)
    targets = y if kind == "average" else (y > 0.5).float()
    share = targets.mean().item()
    c = atanh(MEAN) if kind == "average" else log(share / (1 - share))
    late = torch.tensor(shifts).repeat_interleave(runs)
    answers = {}
    for direction in ("forward", "backward") if net == "merge" else (net,):
        crowd = Crowd.draw(direction, len(late), c, generator)
        due, counts = delayed(targets, late, -1 if direction == "backward" else 1)
        train(crowd, x, due, counts, kind, cycles)
        with torch.no_grad():
            answers[direction] = crowd.outputs(x)
    if net != "merge":
        scores = score(answers[net], due, counts, kind)
    else:
        scores = merged(answers, targets, late, kind)
    table = scores.view(len(shifts), runs)
    medians = table.quantile(0.5, 1)
    best = int(medians.argmin() if kind == "average" else medians.argmax())
    return {
        "mean": table[0].mean().item(),
        "median": medians[0].item(),
        "best": (table[0].min() if kind == "average" else table[0].max()).item(),
        "shift": shifts[best],
        "there": medians[best].item(),
        "shifts": list(shifts),
        "scores": table.tolist(),
    }


def delayed(targets: Tensor, late: Tensor, sign: int) -> tuple[Tensor, Tensor]:
    """For every net the target s steps before (sign 1) or after (-1) each step, and 1 where that is in the piece."""
    places = torch.arange(len(targets))[:, None] - sign * late  # (time, nets)
    counts = ((places >= 0) & (places < len(targets))).float()
    return targets[places.clamp(0, len(targets) - 1)].transpose(1, 2).contiguous(), counts[:, None]


def score(outputs: Tensor, targets: Tensor, counts: Tensor, kind: Kind) -> Tensor:
    """Of every net the squared error, or the share of classes that is right."""
    if kind == "average":
        return costs(outputs, targets, counts, kind)
    right = ((outputs > 0) == (targets > 0.5)).float() * counts
    return right.sum((0, 1)) / (counts.sum((0, 1)) * outputs.shape[1])


def merged(answers: dict[str, Tensor], targets: Tensor, late: Tensor, kind: Kind) -> Tensor:
    """The score of two nets' mean answer about the same step; of probabilities it is the normalised geometric mean."""
    found = []
    for number, s in enumerate(late.tolist()):
        ahead, behind = answers["forward"][s:, :, number], answers["backward"][: len(targets) - s, :, number]
        pair = torch.stack([ahead[s:], behind[: len(behind) - s]])  # both about the steps s to T - s
        mean = pair.mean(0) if kind == "classes" else torch.atanh(torch.tanh(pair).mean(0))
        due = targets[s : len(targets) - s, :, None]
        found.append(score(mean[..., None], due, due.new_ones(len(due), 1, 1), kind))
    return torch.cat(found)


def tagging(
    net: Literal["forward", "backward", "merge", "both"] = "both",
    hidden: int = 40,
    sentences: int = 5000,
    epochs: int = 4,
    seed: int = 0,
) -> Outcome:
    """How many words of 1,500 sentences of the Brown corpus get their tag, one of the coarse ones, from GRUs.

    Percent: of all words, and of those that training sentences do not have twice, "unknown". Vectors of 50 for words,
    Adam at 0.003, batches of 32.

    Args:
        net: forward or backward states; one net of each, trained apart, their log probabilities averaged; both in one.
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
            descend(rule, task.loss(network, task.train.batch(order.indices(step))))
        with torch.no_grad():
            total += log_softmax(network(inputs).flatten(0, 1)).view(total.shape)
    known, right = targets != NOTHING, total.argmax(2) == targets
    rare = inputs == UNKNOWN
    hits = torch.bincount(targets[right & known], minlength=len(task.labels))
    return {
        "right": 100 * (right & known).sum().item() / known.sum().item(),
        "unknown": 100 * (right & rare).sum().item() / rare.sum().item(),
        "states": count,
        "hits": hits.tolist(),
        "counts": torch.bincount(targets[known], minlength=len(task.labels)).tolist(),
    }


def descend(rule: optim.Rule, loss: Tensor) -> None:
    """One step."""
    rule.zero_grad()
    loss.backward()
    rule.step()


def next_character(net: Literal["forward", "both"] = "both", steps: int = 300, seed: int = 0) -> Outcome:
    """An LSTM that is to say every next character of The Time Machine, of which backward states have seen it already.

    Perplexities on text that was not trained on: "all" positions of windows of 32; "inside", where the next character
    is within the window; "last", where it is not: that is what a model is asked when it writes. "words" is the share,
    percent, of the words it writes that the book has. Trained on the windows of the first 10,032 characters.

    Args:
        net: forward states, as for writing, or both kinds.
        steps: of Adam at 0.01, in batches of 256.
        seed: of weights, batches and what is written.
    """
    torch.manual_seed(seed)
    generator = Generator().manual_seed(seed)
    corpus = Text("timemachine", letters=True, train=10_032, val=5_032).load()
    train, val = (torch.from_numpy(part.astype("int64")).unfold(0, 33, 1) for part in (corpus.train, corpus.val))
    network = BRNN(Config(len(corpus.vocabulary), 32, net, "lstm", embed=28, vocab=len(corpus.vocabulary), edge=0.0))
    rule, curve = optim.Adam(network.parameters(), lr=0.01), []
    for _ in range(steps):
        rows = train[torch.randint(len(train), (256,), generator=generator)]
        loss = cross_entropy(network(rows[:, :-1]).flatten(0, 1), rows[:, 1:].flatten())
        descend(rule, loss)
        curve.append(loss.item())
    with torch.no_grad():
        logits = network(val[:, :-1])
        losses = -log_softmax(logits.flatten(0, 1)).view(logits.shape).gather(2, val[:, 1:, None]).squeeze(2)
        tokens = corpus.vocabulary.encode("the time traveller ").tolist()
        for _ in range(400):
            chances = torch.softmax(network(torch.tensor([tokens[-32:]]))[0, -1], 0)
            tokens.append(int(torch.multinomial(chances, 1, generator=generator)))
    written = corpus.vocabulary.decode(tokens[19:])
    book = set(corpus.vocabulary.decode(np.concatenate([corpus.train, corpus.val, corpus.test])).split())
    words = written.split()[1:-1]  # the first and the last may be cut off
    return {
        "all": losses.mean().exp().item(),
        "inside": losses[:, :-1].mean().exp().item(),
        "last": losses[:, -1].mean().exp().item(),
        "words": 100 * sum(word in book for word in words) / max(len(words), 1),
        "curve": curve[9::10],
        "places": losses.mean(0).tolist(),
        "written": [ord(letter) for letter in written],
    }


EXPERIMENTS: dict[str, Callable[..., Outcome]] = {
    "artificial": artificial,
    "tagging": tagging,
    "next-character": next_character,
}
