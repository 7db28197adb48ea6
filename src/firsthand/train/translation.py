"""Translation: write a sentence in one language that says what a sentence in another one says."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from math import exp
from typing import Any, Literal

import torch
from jaxtyping import Int
from torch import Tensor
from torch.nn import Module

from firsthand.bounds import COUNT, ORDINAL, SHARE, within
from firsthand.data.order import ByLength
from firsthand.data.pairs import Pair, Pairs, read_vocabularies, to_json
from firsthand.data.sentences import EOS, PAD, SentenceVocabulary
from firsthand.data.userfile import remark
from firsthand.errors import UserError
from firsthand.nn import cross_entropy, log_softmax
from firsthand.train import recipe
from firsthand.train.decoding import Decoding, Hypothesis, search
from firsthand.train.task import Batch, Examples, Task, Trained

AT_ONCE = 64  # sentences that are decoded together


@dataclass(frozen=True)
class TranslationRecipe(recipe.Recipe):
    """A recipe for pairs of sentences, of which those of like lengths make up a batch."""

    batch: int = 128  # sentences a step at most, over all devices and micro-batches
    tokens: int | None = 2048  # tokens a step at most on either side, padding included; None: as many as they have
    data: Pairs = Pairs()
    per: Literal["token", "sentence"] = "token"  # what the training loss is a mean over: tokens, or sums of sentences
    label_smoothing: float = 0.0  # share of each target that is spread over all tokens while training
    eval_pairs: int = 2000  # pairs of each part that are scored, the first ones
    bleu_pairs: int = 1000  # pairs of the validation and of the test set that are translated in the end
    decoding: Decoding = Decoding()  # how they are, and how a user's sentences are if nothing else is said

    def __post_init__(self) -> None:
        super().__post_init__()
        within(self, tokens=COUNT, label_smoothing=SHARE, eval_pairs=COUNT, bleu_pairs=ORDINAL)
        if self.order != "shuffle":
            raise UserError(f"Sentences come in batches by their lengths: leave out order '{self.order}'.")


class Sentences(Examples):
    """Pairs of sentences as tokens, each ended by `EOS`; a batch is as wide as its longest, filled up with `PAD`."""

    def __init__(self, pairs: Sequence[Pair], source: SentenceVocabulary, target: SentenceVocabulary):
        if not pairs:
            raise UserError("There are no pairs to train on: the data set is too small to split.")
        self.pairs = pairs
        sides = [v.encode([pair[side] for pair in pairs]) for side, v in enumerate((source, target))]
        rows = [[[*row, EOS] for row in side] for side in sides]
        self.lengths = torch.tensor([[len(row) for row in side] for side in rows]).T
        self.sources, self.targets = (torch.tensor([token for row in side for token in row]) for side in rows)
        self.starts = self.lengths.cumsum(0) - self.lengths

    def __len__(self) -> int:
        return len(self.lengths)

    def batch(self, indices: Int[Tensor, " batch"]) -> tuple[Int[Tensor, "batch places"], Int[Tensor, "batch time"]]:
        """The pairs with these numbers, as (sources, targets)."""
        return self._rows(self.sources, 0, indices), self._rows(self.targets, 1, indices)

    def _rows(self, tokens: Tensor, side: int, indices: Tensor) -> Tensor:
        lengths, starts = self.lengths[indices, side], self.starts[indices, side]
        places = torch.arange(int(lengths.max()))
        at = (starts[:, None] + places).clamp(max=len(tokens) - 1)
        return tokens[at].masked_fill_(places >= lengths[:, None], PAD)

    def kept(self, longest: int, positions: int | None, name: str) -> None:
        """Leave out pairs with a side of more tokens; UserError for those that the network has no positions for."""
        fits = (self.lengths <= longest + 1).all(1)
        if not fits.any():
            raise UserError(f"No pair of '{name}' has at most {longest} tokens on both sides: raise data.longest.")
        if not fits.all():
            remark(f"{int((~fits).sum()):,} pairs of '{name}' have more than {longest} tokens and are not trained on.")
            self.lengths, self.starts = self.lengths[fits], self.starts[fits]
            self.pairs = [pair for pair, fit in zip(self.pairs, fits.tolist(), strict=True) if fit]
        self.fitting(positions, name)

    def fitting(self, positions: int | None, name: str) -> None:
        """Raise UserError where a sentence has more tokens than the network has positions for."""
        if positions is not None and (most := int(self.lengths.max())) > positions:
            raise UserError(
                f"A sentence of '{name}' has {most} tokens, and the network has positions for {positions}: "
                f"give --model.length {most} or more."
            )


class Translation(Task):
    """Write the translation, token by token, each given the source and the tokens before it (teacher forcing).

    The network's `forward(source, target)` returns the logits of every target token; `encode` and `decode` are those of
    `firsthand.train.decoding`. If it has `alignments(source, target)`, (batch, time, places), they are drawn and told.
    The loss is in nats a token, without the smoothing that training has, and the perplexity is e to its power.
    """

    translates = True

    def __init__(self, recipe: Any):
        sets = recipe.data.load()
        self.source, self.target = sets.source, sets.target
        shared = self.source is self.target
        model = replace(recipe.model, **sized(recipe.model, len(self.target), None if shared else len(self.source)))
        super().__init__(replace(recipe, model=model, data=recipe.data.located()))
        self.train, self.val, self.test = (
            Sentences(part, self.source, self.target) for part in (sets.train, sets.val, sets.test)
        )
        positions = getattr(model, "length", None)
        self.train.kept(recipe.data.longest, positions, recipe.data.name)
        for part in (self.val, self.test):
            part.fitting(positions, recipe.data.name)

    def given(self, batch: Batch) -> tuple[Tensor, ...]:
        """The source, and the target to be written."""
        return batch

    def order(self) -> ByLength:
        """Sentences of like lengths go together."""
        return ByLength(self.train.lengths, self.recipe.batch, self.recipe.tokens, self.recipe.seed)

    def weight(self, indices: Int[Tensor, " batch"]) -> int:
        """The number of their target tokens, or of the sentences where these are what the loss is a mean over."""
        return len(indices) if self.recipe.per == "sentence" else int(self.train.lengths[indices, 1].sum())

    def loss(self, model: Module, batch: Batch) -> Tensor:
        """Mean cross-entropy in nats a token, or a sentence, with the smoothed targets."""
        logits = model(*batch)
        mean = cross_entropy(
            logits.flatten(0, 1),
            batch[1].flatten(),
            label_smoothing=self.recipe.label_smoothing,
            ignore_index=PAD,
        )
        return mean * (batch[1] != PAD).sum() / len(batch[1]) if self.recipe.per == "sentence" else mean

    def losses(self, model: Module, batch: Batch) -> Tensor:
        """The cross-entropy of every target token, 0 where there is none."""
        of_target = log_softmax(model(*batch)).gather(2, batch[1][:, :, None])[:, :, 0]
        return -of_target.where(batch[1] != PAD, 0)

    def scores(self, model: Module, batch: Batch) -> dict[str, Tensor]:
        """The mean cross-entropy of every sentence's tokens."""
        return {"loss": self.losses(model, batch).sum(1) / (batch[1] != PAD).sum(1)}

    def measure(self, model: Module, examples: Examples, device: torch.device | str) -> dict[str, float]:
        """Loss and perplexity, a mean over tokens, of the first `eval_pairs` pairs."""
        total, count = 0.0, 0
        lengths = examples.lengths[: self.recipe.eval_pairs]
        batches = ByLength(lengths, 4096, max(self.recipe.tokens or 0, 4096))
        for step in range(batches.steps_per_epoch):
            batch = self.on(device, model, examples.batch(batches.indices(step)))
            total += self.losses(model, batch).double().sum().item()
            count += int((batch[1] != PAD).sum())
        return {"loss": total / count, "perplexity": exp(min(total / count, 700.0))}

    def concluding(self, model: Module, examples: Examples, device: torch.device | str) -> dict[str, float]:
        """BLEU of the translations of the first `bleu_pairs` pairs, from 0 to 100; not of those trained on."""
        if examples is self.train or not self.recipe.bleu_pairs:
            return {}
        pairs = examples.pairs[: self.recipe.bleu_pairs]
        sources = [source for source, _ in pairs]
        written = [found[0].tokens for found in self.translated(model, sources, self.recipe.decoding, device)]
        return {"bleu": self.bleu([self.target.decode(tokens) for tokens in written], [target for _, target in pairs])}

    def bleu(self, written: Sequence[str], references: Sequence[str]) -> float:
        """The BLEU of translations against one reference each, as `told` says it is counted."""
        return self._metric.corpus_score(list(written), [list(references)]).score

    def told(self) -> dict[str, Any]:
        """How BLEU is counted, in sacrebleu's words."""
        metric = self._metric
        metric.corpus_score(["a"], [["a"]])  # its signature counts the references
        return {"bleu": str(metric.get_signature())}

    @property
    def _metric(self) -> Any:
        from sacrebleu.metrics import BLEU

        return BLEU(lowercase=self.target.lower)

    def translated(
        self, model: Module, sources: Sequence[str], options: Decoding, device: torch.device | str = "cpu"
    ) -> list[list[Hypothesis]]:
        """The translations of all sentences, decoded together with others of like lengths."""
        rows = [[*row, EOS] for row in self.source.encode(sources)]
        order = sorted(range(len(rows)), key=lambda place: len(rows[place]))
        found: dict[int, list[Hypothesis]] = {}
        for start in range(0, len(order), AT_ONCE):
            places = order[start : start + AT_ONCE]
            source = padded([rows[place] for place in places]).to(device)
            found |= zip(places, search(model, source, options, longest(model)), strict=True)
        return [found[place] for place in range(len(rows))]

    def figures(self, model: Module) -> Iterator[tuple[str, Any]]:
        """What the words of a translation look at, of a validation sentence of middling length, and every head."""
        from firsthand.figures import attention  # matplotlib takes half a second to import

        if not hasattr(model, "alignments"):
            return
        model.eval()
        counts = self.val.lengths[:, 0]
        sentence, _ = self.val.pairs[int((counts - counts.float().mean()).abs().argmin())]
        (found,) = self.translated(model, [sentence], self.recipe.decoding, next(model.parameters()).device)
        row = self.told_of(model, sentence, found)
        source, target = row["source_tokens"], row["tokens"]
        yield "alignment", attention.alignment(torch.tensor(row["alignment"]), source, target)
        if hasattr(model, "maps"):
            before = ["<bos>", *target[:-1]]  # what the decoder reads at each place
            words = {"source": (source, source), "target": (before, before), "from target to source": (target, source)}
            pair = _pair(model, self.source.encode([sentence])[0], found[0].tokens)
            for name, maps in model.maps(*pair).items():
                figure = attention.heads([weights[0] for weights in maps], *words[name])
                yield f"attention-{name.replace(' ', '-')}", figure

    def files(self) -> dict[str, Any]:
        """The vocabularies, which turn sentences into indices and back."""
        return {"vocabulary.json": to_json(self.source, self.target)}

    @classmethod
    def of_run(cls, run: Trained) -> "Translation":
        """The task without its data, with the vocabularies of a run; UserError where they are not its network's."""
        task = cls.without_data(run.recipe)
        path = run.folder.path / "vocabulary.json"
        task.source, task.target = read_vocabularies(path)
        sizes = (run.recipe.model.source_vocab or run.recipe.model.vocab, run.recipe.model.vocab)
        for vocabulary, size in zip((task.source, task.target), sizes, strict=True):
            if len(vocabulary) != size:
                raise UserError(f"{path} has {len(vocabulary):,} tokens, but the network learned {size:,}.")
        return task

    @classmethod
    def translate(
        cls, run: Trained, sentences: Iterable[str], options: Decoding, many: int = 1
    ) -> Iterator[dict[str, Any]]:
        """A row for each sentence, as they come: its translation, score, tokens, alignment, and what was not known."""
        task, sentences = cls.of_run(run), iter(sentences)
        while some := list(islice(sentences, many)):
            checked = [task.problem(run.model, sentence) for sentence in some]
            sound = [sentence for sentence, wrong in zip(some, checked, strict=True) if wrong is None]
            found = iter(task.translated(run.model, sound, options) if sound else ())
            for sentence, wrong in zip(some, checked, strict=True):
                row = {"source": sentence}
                yield row | ({"error": wrong} if wrong else task.told_of(run.model, sentence, next(found)))

    def problem(self, model: Module, sentence: str) -> str | None:
        """Why a sentence cannot be translated; None if it can."""
        if not sentence.strip():
            return "it is empty"
        (tokens,) = self.source.encode([sentence])
        most = longest(model)
        if most is not None and len(tokens) + 1 > most:
            return f"it has {len(tokens)} tokens, and the network reads {most - 1} at most: cut it into sentences"
        return None

    def told_of(self, model: Module, sentence: str, found: list[Hypothesis]) -> dict[str, Any]:
        """What is to be told of a sentence's translations."""
        best, (tokens,) = found[0], self.source.encode([sentence])
        row: dict[str, Any] = {
            "translation": self.target.decode(best.tokens),
            "score": best.score,
            "log_p": best.log_p,
            "ended": best.ended,
            "unknown": self.source.unknown(sentence),
            "source_tokens": self.source.named([*tokens, EOS]),
            "tokens": self.target.named([*best.tokens, EOS]),
        }
        if hasattr(model, "alignments"):
            row["alignment"] = model.alignments(*_pair(model, tokens, best.tokens))[0].tolist()
        others = [{"translation": self.target.decode(one.tokens), "score": one.score} for one in found[1:]]
        return row | {"others": others}


def _pair(model: Module, source: list[int], target: list[int]) -> tuple[Tensor, Tensor]:
    """One sentence and its translation, ended, where the network computes."""
    device = next(model.parameters()).device
    return padded([[*source, EOS]]).to(device), padded([[*target, EOS]]).to(device)


def padded(rows: Sequence[Sequence[int]]) -> Int[Tensor, "rows longest"]:
    """Rows of tokens, filled up with `PAD`."""
    most = max(map(len, rows))
    return torch.tensor([[*row, *[PAD] * (most - len(row))] for row in rows])


def longest(model: Module) -> int | None:
    """How many tokens a network reads or writes at most; None: any number."""
    return getattr(model, "length", None)


def sized(model: Any, target: int, source: int | None) -> dict[str, int | None]:
    """What the data says of a network's sizes; UserError where the recipe says otherwise."""
    if model.vocab not in (None, target) or model.source_vocab not in (None, source):
        raise UserError(
            f"model.vocab is {model.vocab} and model.source_vocab {model.source_vocab}, but the data has {target} "
            f"tokens{'' if source is None else f' and {source} of the source'}; leave them to the data."
        )
    return {"vocab": target, "source_vocab": source}
