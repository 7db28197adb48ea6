"""What three claims share: the Brown corpus as a language of few words, its parts of speech."""

import re
from collections import Counter, defaultdict
from dataclasses import replace
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor
from torch.nn import Module

from firsthand import optim
from firsthand.claims import Outcome
from firsthand.claims.bench.descent import descend, seeded
from firsthand.data.brown import load_brown
from firsthand.data.wordpiece import SPECIAL, WordPiece
from firsthand.nn import Linear, cross_entropy, log_softmax
from firsthand.optim.schedule import linear
from firsthand.papers.bert.masking import NOTHING, masked
from firsthand.papers.bert.model import BERT, PAD, Config
from firsthand.train.engine import tiny_is_zero

LONGEST, HELD_OUT, BATCH = 22, 1500, 128  # words of a sentence, cut off there; sentences to test on; those of a step
LABELLED = (100, 500, 2000)  # sentences in which the finer parts are told
RATE = 3e-3
CONFIG = Config(hidden=32, layers=2, heads=2, length=LONGEST + 2, dropout=0.0, std=0.1)


class Corpus(NamedTuple):
    """Sentences as [CLS] parts [SEP], and which finer part each is, `NOTHING` where the coarse one all but says it."""

    tokens: Int[Tensor, "sentences time"]
    finer: Int[Tensor, "sentences time"]
    vocabulary: WordPiece
    kinds: int  # of finer parts


def corpus(generator: Generator) -> Corpus:
    """All sentences of five words or more in random order, of which the last ones are to test on.

    A coarse part is the first two letters of the corpus's tag (VB), a finer one what stands before a mark (VBD, VBN).
    The finer one is asked where none has nine tenths of the coarse one's words.
    """
    found = [
        [(tag[:2], (re.match(r"[A-Z]*", tag) or [""])[0]) for _, tag in sentence[:LONGEST]]
        for document in load_brown()
        for sentence in document.sentences
        if len(sentence) >= 5
    ]
    found = [found[i] for i in torch.randperm(len(found), generator=generator).tolist()]
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for sentence in found:
        for coarse, fine in sentence:
            counts[coarse][fine] += 1
    asked = {coarse for coarse, of in counts.items() if max(of.values()) < 0.9 * of.total()}
    finer = {fine: i for i, fine in enumerate(sorted({fine for coarse in asked for fine in counts[coarse]}))}
    vocabulary = WordPiece((*SPECIAL, *sorted(counts)))
    _, _, begin, end, _ = vocabulary.special
    tokens = torch.full((len(found), LONGEST + 2), PAD)
    wanted = torch.full_like(tokens, NOTHING)
    for row, labels, sentence in zip(tokens, wanted, found, strict=True):
        row[: len(sentence) + 2] = torch.tensor([begin, *(vocabulary.index[coarse] for coarse, _ in sentence), end])
        of = [finer[fine] if coarse in asked else NOTHING for coarse, fine in sentence]
        labels[1 : len(sentence) + 1] = torch.tensor(of)
    return Corpus(tokens, wanted, vocabulary, len(finer))


def read(tokens: Int[Tensor, "batch time"]) -> Int[Tensor, "batch 2 time"]:
    """One span, as the network reads it."""
    return torch.stack([tokens, torch.zeros_like(tokens)], 1)


def following(tokens: Int[Tensor, "batch time"]) -> Int[Tensor, "batch time"]:
    """The word after each token, `NOTHING` where none follows."""
    after = torch.cat([tokens[:, 1:], torch.full_like(tokens[:, :1], PAD)], 1)
    return after.masked_fill(after == PAD, NOTHING)


class Tagger(Module):
    """An encoder with one new layer, which says the finer part of each word."""

    def __init__(self, network: BERT, kinds: int):
        super().__init__()
        self.encoder, self.head = network.encoder, Linear(CONFIG.hidden, kinds)

    def forward(self, tokens: Int[Tensor, "batch time"]) -> Float[Tensor, "batch time kinds"]:
        """Logits of the finer parts."""
        return self.head(self.encoder(read(tokens)))

    @torch.no_grad()
    def right(self, data: Corpus) -> float:
        """Percent of the words of held-out sentences whose finer part is said rightly."""
        wanted = data.finer[-HELD_OUT:]
        said = self(data.tokens[-HELD_OUT:]).argmax(2)
        return 100 * (said == wanted).sum().item() / (wanted != NOTHING).sum().item()


def tagged(network: BERT, data: Corpus, sentences: int, frozen: bool, generator: Generator) -> float:
    """What 200 steps on 32 of so many sentences give, of all weights, or of the new layer only."""
    tagger = Tagger(network, data.kinds)
    learned = tagger.head if frozen else tagger
    rule = optim.Adam(learned.parameters(), lr=2e-2 if frozen else 2e-3)
    for _ in range(200):
        rows = torch.randint(sentences, (32,), generator=generator)
        wanted = data.finer[rows].flatten()
        loss = cross_entropy(tagger(data.tokens[rows]).flatten(0, 1), wanted, ignore_index=NOTHING)
        descend(rule, learned, loss, clip=None)
    return tagger.right(data)


@torch.no_grad()
def hidden(network: BERT, data: Corpus, left: bool) -> float:
    """Nats a word of 15 % of the held-out words, the same for both: given all words but these, or the words before."""
    tokens = data.tokens[-HELD_OUT:]
    shown, wanted = masked(tokens, data.vocabulary, Generator().manual_seed(0), (1.0, 0.0))
    states = network(read(tokens if left else shown))
    if left:  # a word is said at the place before it
        states = torch.cat([states[:, :1], states[:, :-1]], 1)
    chosen = wanted != NOTHING
    return -log_softmax(network.words(states[chosen])).gather(1, wanted[chosen][:, None]).mean().item()


def parts_of_speech(sight: str = "both sides", masks: float = 0.8, steps: int = 900, seed: int = 0) -> Outcome:
    """Pre-train on parts of speech in place of words, then say finer ones with few labels.

    Two layers of width 32, the Brown corpus's sentences as coarse parts of speech, 128 sentences a step, AdamW at
    0.003. "nats" a word of 15 % of the held-out words; then percent of finer parts right, from the states as they are
    ("frozen", 2,000 sentences told) or all weights trained on 100, 500 or 2,000 sentences.

    Args:
        sight: what a place sees: "both sides", or the "left" only, where every next word is predicted.
        masks: share of the hidden words in whose place [MASK] stands; the others are random or stay, half and half.
        steps: of pre-training; 0: first weights.
        seed: of sentences, weights and hidden words.
    """
    generator, left = seeded(seed), sight == "left"
    data = corpus(generator)
    network = BERT(replace(CONFIG, vocab=len(data.vocabulary), causal=left))
    rule = optim.AdamW(network.parameters(), lr=RATE, eps=1e-6, weight_decay=0.01)
    rate, mix = linear(max(steps, 1), warmup=min(100, steps)), (masks, (1 - masks) / 2)
    curve: list[float] = []
    with tiny_is_zero():
        for step in range(steps):
            if step % 100 == 0:
                curve.append(hidden(network, data, left))
            rows = data.tokens[torch.randint(len(data.tokens) - HELD_OUT, (BATCH,), generator=generator)]
            shown, wanted = (rows, following(rows)) if left else masked(rows, data.vocabulary, generator, mix)
            chosen = wanted != NOTHING
            rule.param_groups[0]["lr"] = RATE * rate(step)
            words = network.words(network(read(shown))[chosen])
            descend(rule, network, cross_entropy(words, wanted[chosen]))
        found: dict[str, float | list] = {"nats": hidden(network, data, left)}
        found["frozen"] = tagged(network, data, LABELLED[-1], True, generator)
        begun = {name: value.clone() for name, value in network.state_dict().items()}
        for sentences in LABELLED:
            network.load_state_dict(begun)
            found[f"tuned_{sentences}"] = tagged(network, data, sentences, False, generator)
    return found | {"curve": [*curve, float(found["nats"])]}
