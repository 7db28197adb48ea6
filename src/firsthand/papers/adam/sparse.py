"""Sparse features: logistic regression on words, as figure 1 has it for reviews: is a sentence imaginative prose?

    p(imaginative) = sigmoid(b + 2 sum of w_i over the words i of the sentence that are kept, each with probability 1/2)

The paper's texts are film reviews of the IMDB; ours are the 54,105 sentences of five words or more of the Brown corpus.
Both keep the 10,000 most frequent words and drop half of a text's words at each step.
"""

from collections import Counter
from collections.abc import Iterator
from functools import partial
from math import sqrt

import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.nn import Parameter

from firsthand.data.brown import load_brown
from firsthand.data.order import Order
from firsthand.nn import binary_cross_entropy
from firsthand.optim import SGD, Adagrad, Adam, RMSprop
from firsthand.papers.adam.training import taken

BATCH = 128
# The rule, whether its rate falls as 1 / sqrt(t), and the rates that are tried.
RULES = {
    "Adam": (Adam, True, (0.1, 0.3, 1.0)),
    "AdaGrad": (Adagrad, False, (0.1, 0.3, 1.0)),
    "RMSProp": (RMSprop, True, (0.03, 0.1, 0.3)),
    "SGD-Nesterov": (partial(SGD, momentum=0.9, nesterov=True), True, (3.0, 10.0, 30.0)),
}


def bags(most: int = 10_000, shortest: int = 5) -> tuple[Int64[Tensor, "sentences words"], Float[Tensor, " sentences"]]:
    """The distinct words of every sentence as indices, filled up with `most`; and 1 for imaginative prose, else 0.

    Only the `most` frequent words of all sentences have an index; capitals do not count.
    """
    sentences, labels, counts = [], [], Counter()
    for document in load_brown():
        for sentence in document.words():
            if len(sentence) >= shortest:
                sentences.append([word.lower() for word in sentence])
                labels.append(float(document.imaginative))
                counts.update(sentences[-1])
    index = {word: place for place, (word, _) in enumerate(counts.most_common(most))}
    rows = [sorted({index[word] for word in sentence if word in index}) for sentence in sentences]
    padded = torch.full((len(rows), max(map(len, rows))), most)
    for place, row in enumerate(rows):
        padded[place, : len(row)] = torch.tensor(row)
    return padded, torch.tensor(labels)


def learn_words(
    words: Int64[Tensor, "sentences words"],
    labels: Float[Tensor, " sentences"],
    rule: str,
    rate: float,
    epochs: int,
    seed: int,
) -> list[float]:
    """The mean cost of each pass at this rate."""
    make, decays, _ = RULES[rule]
    nothing = int(words.max())  # the index that fills up
    generator, order = torch.Generator().manual_seed(seed), Order(len(words), BATCH, seed=seed)
    weight, bias = Parameter(torch.zeros(nothing + 1)), Parameter(torch.zeros(()))
    optimizer = make([weight, bias], lr=rate)

    def losses() -> Iterator[Tensor]:
        for step in range(epochs * order.steps_per_epoch):
            optimizer.param_groups[0]["lr"] = rate / sqrt(step + 1) if decays else rate
            chosen = order.indices(step)
            bag = words[chosen]
            bag = bag[:, : int((bag < nothing).sum(1).max())]  # no longer than the longest of the batch
            keep = torch.empty(bag.shape).bernoulli_(0.5, generator=generator).mul_(2).where(bag < nothing, 0)
            yield binary_cross_entropy((weight[bag] * keep).sum(1) + bias, labels[chosen])

    costs = list(taken(optimizer, losses()))
    passes = [costs[i : i + order.steps_per_epoch] for i in range(0, len(costs), order.steps_per_epoch)]
    return [sum(values) / len(values) for values in passes]
