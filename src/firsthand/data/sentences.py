"""Sentences as numbers: tokens are words, characters, or pieces of words that are learned from the text."""

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypedDict

from firsthand.data.tokens import split
from firsthand.errors import UserError

PAD, BOS, EOS, UNK = 0, 1, 2, 3  # what fills a row, begins and ends a sentence, and stands for any other token
SPECIAL = ("<pad>", "<bos>", "<eos>", "<unk>")
Level = Literal["bpe", "wordpiece", "word", "character"]
_GAP = "▁"  # in pieces of words: a space before them


class Saved(TypedDict):
    """What a file says of a vocabulary."""

    level: Level
    lower: bool
    tokens: list[str]
    merges: list[tuple[str, str]]


@dataclass(frozen=True)
class SentenceVocabulary:
    """The tokens that a model knows; a token's index is its place, and the first four are `SPECIAL`.

    bpe: pieces of words, joined from characters by `merges` in their order (byte-pair encoding); punctuation marks stay
    alone. wordpiece: the longest piece that is known, again and again, as BERT has it.
    Sources: Sennrich, Haddow & Birch (2016), section 3.2; Wu et al. (2016), section 4.1.
    """

    tokens: tuple[str, ...]
    level: Level = "bpe"
    lower: bool = False  # whether text is read in lower case
    merges: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(
        cls, sentences: Iterable[str], level: Level, size: int | None = None, lower: bool = False, min_count: int = 1
    ) -> "SentenceVocabulary":
        """The vocabulary of these sentences, of at most `size` tokens.

        Words and characters: the most frequent ones, seen `min_count` times or more, those that come first in code
        point order among equals.
        """
        cleaned = [clean(sentence, lower) for sentence in sentences]
        if level in ("bpe", "wordpiece"):
            tokens, merges = _learned(cleaned, level, 8000 if size is None else size, min_count)
            return cls(tokens, level, lower, merges)
        counts = Counter(token for sentence in cleaned for token in split(sentence, level))
        kept = sorted((token for token, n in counts.items() if n >= min_count and token not in SPECIAL),
                      key=lambda token: (-counts[token], token))  # fmt: skip
        return cls((*SPECIAL, *kept[: None if size is None else max(size - len(SPECIAL), 0)]), level, lower)

    def __len__(self) -> int:
        return len(self.tokens)

    @cached_property
    def _index(self) -> dict[str, int]:
        return {token: i for i, token in enumerate(self.tokens)}

    @cached_property
    def _pieces(self) -> Any:
        return _splitter(self.level, self._index, list(self.merges))

    def encode(self, sentences: Sequence[str]) -> list[list[int]]:
        """The indices of the tokens of every sentence, `UNK` for one that is not known, without begin and end."""
        cleaned = [clean(sentence, self.lower) for sentence in sentences]
        if self.level in ("bpe", "wordpiece"):
            return [row.ids for row in self._pieces.encode_batch(cleaned, add_special_tokens=False)]
        known = self._index.get
        return [[known(token, UNK) for token in split(sentence, self.level)] for sentence in cleaned]

    def unknown(self, sentence: str) -> list[str]:
        """The words or characters of a sentence that are not known."""
        found = split(clean(sentence, self.lower), "character" if self.level == "character" else "word")
        return [word for word, ids in zip(found, self.encode(found), strict=True) if UNK in ids and word.strip()]

    def named(self, ids: Iterable[int]) -> list[str]:
        """The tokens of these indices."""
        return [self.tokens[i] for i in ids]

    def decode(self, ids: Iterable[int]) -> str:
        """The sentence of these indices as people write it; begin, end and padding give nothing."""
        found = self.named(i for i in ids if i not in (PAD, BOS, EOS))
        if self.level == "character":
            return "".join(found)
        if self.level == "bpe":
            return "".join(found).replace(_GAP, " ").strip()
        text = " ".join(found).replace(" ##", "").removeprefix("##")
        text = re.sub(r" ([.,!?;:%)\]}…])", r"\1", text)
        return re.sub(r"([(\[{]) ", r"\1", text)

    def to_json(self) -> dict[str, Any]:
        """The vocabulary as an object that `json` can write, for `from_json`."""
        return {"level": self.level, "lower": self.lower, "tokens": [*self.tokens], "merges": [*map(list, self.merges)]}

    @classmethod
    def from_json(cls, saved: Saved) -> "SentenceVocabulary":
        """The vocabulary that `to_json` gave; raises ValueError for what is none."""
        tokens, merges = tuple(saved["tokens"]), tuple(map(tuple, saved["merges"]))
        level, known = saved["level"], set(tokens)
        if tokens[: len(SPECIAL)] != SPECIAL or len(known) < len(tokens) or "" in known:
            raise ValueError(f"its tokens are not distinct ones after {', '.join(SPECIAL)}")
        if level == "character" and any(len(token) != 1 for token in tokens[len(SPECIAL) :]):
            raise ValueError("its tokens are not single characters")
        if merges and level != "bpe":
            raise ValueError(f"tokens of level '{level}' are not merged")
        for one, other in merges:
            if not {one, other, one + other} <= known:
                raise ValueError(f"it merges '{one}' and '{other}', which are no tokens, or make none")
        return cls(tokens, level, saved["lower"], merges)


def clean(text: str, lower: bool) -> str:
    """The text with one space between words, composed characters, and in lower case if asked for.

    Full stops and commas that stand apart, as in text that was cut into words before, go to the word before them.
    """
    text = " ".join(unicodedata.normalize("NFC", text).split())
    text = re.sub(r"(?<=\w) ([.,])(?= |$)", r"\1", text)
    return text.lower() if lower else text


def _splitter(level: str, index: dict[str, int], merges: list[tuple[str, str]]) -> Any:
    """The tokenizer of these tokens."""
    from tokenizers import Tokenizer, models

    if level == "bpe":
        found = Tokenizer(models.BPE(vocab=index, merges=merges, unk_token=SPECIAL[UNK]))
    else:
        found = Tokenizer(models.WordPiece(vocab=index, unk_token=SPECIAL[UNK]))
    found.pre_tokenizer = _words(level)
    return found


def _words(level: str) -> Any:
    """What cuts a sentence into words and marks, before these are cut into pieces."""
    from tokenizers import pre_tokenizers

    if level == "wordpiece":
        return pre_tokenizers.BertPreTokenizer()
    marks = pre_tokenizers.Punctuation("isolated")
    return pre_tokenizers.Sequence([pre_tokenizers.Metaspace(_GAP, prepend_scheme="always"), marks])


def _learned(
    sentences: list[str], level: str, size: int, min_count: int
) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """Tokens that are learned from sentences, and what is merged to make them."""
    from tokenizers import Tokenizer, models, trainers

    options = {"vocab_size": size, "min_frequency": min_count, "special_tokens": [*SPECIAL], "show_progress": False}
    if level == "bpe":
        learner, trainer = Tokenizer(models.BPE(unk_token=SPECIAL[UNK])), trainers.BpeTrainer(**options)
    else:
        learner, trainer = Tokenizer(models.WordPiece(unk_token=SPECIAL[UNK])), trainers.WordPieceTrainer(**options)
    learner.pre_tokenizer = _words(level)
    learner.train_from_iterator(sentences, trainer)
    index = learner.get_vocab()
    tokens = tuple(sorted(index, key=index.__getitem__))
    if len(tokens) > size:
        raise UserError(
            f"data.size is {size}, but the text has {len(tokens) - len(SPECIAL)} different characters: take more."
        )
    merges = json.loads(learner.to_str())["model"]["merges"] if level == "bpe" else []
    return tokens, tuple((one, other) for one, other in merges)
