"""A made-up language in which relations are planted: which country a capital belongs to, and which plural a word."""

import numpy as np
import torch
from jaxtyping import Float, Int

from firsthand.data.order import Order
from firsthand.papers.skipgram.model import Config, SkipGram
from firsthand.papers.skipgram.sampling import Draws, Passages
from firsthand.papers.skipgram.update import RowSGD, stretch

PAIRS = 100  # of either relation
TOPICS = 4  # words that only a country and its capital, or a word and its plural, stand among
ROLES = 10  # words that only countries stand among, as many for capitals, for words and for plurals
FILLERS = 300  # words that stand anywhere, the r-th as often as 1 / r
KINDS = ("country", "capital", "singular", "plural")
LENGTH = 7  # words of a sentence


def text(sentences: int, generator: np.random.Generator) -> tuple[Int[np.ndarray, " text"], int]:
    """A text of sentences of seven words, and how many different words there may be.

    A sentence has one word of a pair in its middle, two words of its topic anywhere, and one of its role: about a
    country or capital anywhere, about a singular or plural right beside it, as an article does. All other places hold
    fillers. Word 0 to 399 are the pairs, kind by kind.
    """
    entities, topics = 4 * PAIRS, 2 * PAIRS * TOPICS
    first_topic, first_role = entities, entities + topics
    first_filler = first_role + 4 * ROLES
    often = 1 / np.arange(1, FILLERS + 1)
    rows = first_filler + generator.choice(FILLERS, (sentences, LENGTH), p=often / often.sum())
    kind, pair = generator.integers(4, size=sentences), generator.integers(PAIRS, size=sentences)
    every, middle = np.arange(sentences), LENGTH // 2
    topic = (
        first_topic + ((kind // 2) * PAIRS + pair)[:, None] * TOPICS + generator.integers(TOPICS, size=(sentences, 2))
    )
    role = first_role + kind * ROLES + generator.integers(ROLES, size=sentences)
    free = np.array([0, 1, 2, 4, 5, 6])
    far = generator.permuted(np.tile(free, (sentences, 1)), axis=1)
    semantic = kind < 2
    beside = np.where(generator.random(sentences) < 0.5, middle - 1, middle + 1)
    elsewhere, too = (np.where(far[:, i] == beside, far[:, 5], far[:, i]) for i in (1, 2))
    rows[every, elsewhere] = topic[:, 0]
    rows[every, too] = topic[:, 1]
    rows[every, np.where(semantic, far[:, 0], beside)] = role
    rows[every, middle] = kind * PAIRS + pair
    return rows.flatten(), first_filler + FILLERS


def learn(kind: str, sentences: int, passes: int, embed: int, seed: int) -> Float[np.ndarray, "vocab embed"]:
    """The vectors that skip-gram or CBOW learns from such a text; the sentences follow one another."""
    generator = np.random.default_rng(seed)
    words, vocab = text(sentences, generator)
    counts = np.bincount(words, minlength=vocab)
    passages, draws = Passages(words + 1, 1000), Draws(counts, 0.0, window=3)
    torch.manual_seed(seed)
    network = SkipGram(Config(vocab, embed, kind))
    start = 0.05 if kind == "cbow" else 0.025
    rule, order = RowSGD(network.parameters(), start), Order(len(passages), 2, seed=seed)
    steps = passes * order.steps_per_epoch
    for step in range(steps):
        rate = start * (1 - step / steps)
        rule.param_groups[0]["lr"] = rate
        batch = draws.stretch(passages.rows(order.indices(step).numpy()), generator)
        stretch(network, *batch, 5, 6 / max(rate, 1e-9)).backward()
        rule.step()
        rule.zero_grad()
    return network.input.detach().numpy()


def answers(vectors: Float[np.ndarray, "vocab embed"], first: int, generator: np.random.Generator) -> float:
    """The share of right answers to: what is to c as b is to a, for two pairs of kinds `first` and `first` + 1.

    The answer is looked for among all words but a, b and c.
    """
    x = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    one, two = generator.permuted(np.tile(np.arange(PAIRS), (1000, 1)), axis=1)[:, :2].T
    a, b, c, d = (kind * PAIRS + pair for pair in (one, two) for kind in (first, first + 1))
    cosines = (x[b] - x[a] + x[c]) @ x.T
    for given in (a, b, c):
        cosines[np.arange(len(cosines)), given] = -np.inf
    return float((cosines.argmax(1) == d).mean())
