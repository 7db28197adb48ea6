"""Pieces of words as BERT has them: of each word the longest piece that is known, again and again."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypedDict

from firsthand.data.userfile import pieces
from firsthand.errors import UserError
from firsthand.typed import read_json

PAD, UNK, CLS, SEP, MASK = SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
LONGEST = 100  # characters of a word; a longer one is unknown, as transformers has it


class Saved(TypedDict):
    """What a vocabulary.json of pieces of words holds."""

    lower: bool
    tokens: list[str]


@dataclass(frozen=True)
class WordPiece:
    """The tokens that a network knows; a token's index is its place, and `[PAD]` stands first.

    A text is cut at white space and at every mark and Chinese character, and what goes on within a word begins with ##;
    in lower case accents are left out, too. The five special tokens are found where a text names them.
    Sources: Wu et al. (2016), section 4.1; Devlin et al. (2019), section 3.
    """

    tokens: tuple[str, ...]
    lower: bool = True  # whether text is read in lower case and without accents

    @classmethod
    def of(cls, texts: Iterable[str], size: int, lower: bool = True) -> "WordPiece":
        """At most `size` tokens that are learned from texts, of which the rarest characters stay unknown."""
        from tokenizers import Tokenizer, models, trainers

        learner = Tokenizer(models.WordPiece(unk_token=UNK))
        learner.normalizer, learner.pre_tokenizer = _cleaner(lower)
        trainer = trainers.WordPieceTrainer(
            vocab_size=size,
            min_frequency=2,
            special_tokens=[*SPECIAL],
            limit_alphabet=max(size // 4, 1),
            show_progress=False,
        )
        learner.train_from_iterator(texts, trainer)
        index = learner.get_vocab()
        return cls(tuple(sorted(index, key=index.__getitem__)), lower)

    @classmethod
    def read(cls, path: str | Path, lower: bool = True) -> "WordPiece":
        """A run's vocabulary.json, or a published vocab.txt, a token a line, which does not say whether it is `lower`.

        Raises UserError for a file that is neither.
        """
        path = Path(path)
        if path.suffix == ".txt":
            tokens = "".join(pieces(path, remarks=False)).removesuffix("\n").split("\n")
        else:
            saved = read_json(path, Saved, "it should be the vocabulary.json of a run that learned pieces of words")
            tokens, lower = saved["tokens"], saved["lower"]
        lacking = [token for token in SPECIAL if token not in tokens]
        if lacking or tokens[0] != PAD or len(set(tokens)) < len(tokens):
            what = f"it lacks {lacking[0]}" if lacking else f"its tokens are not distinct ones after {PAD}"
            raise UserError(f"{path} is no vocabulary of BERT's pieces of words: {what}.")
        return cls(tuple(tokens), lower)

    def __len__(self) -> int:
        return len(self.tokens)

    @cached_property
    def index(self) -> dict[str, int]:
        """The place of every token."""
        return {token: place for place, token in enumerate(self.tokens)}

    @property
    def special(self) -> tuple[int, ...]:
        """The indices of padding, unknown, begin, end of a span, and mask."""
        return tuple(self.index[token] for token in SPECIAL)

    @cached_property
    def _splitter(self) -> Any:
        from tokenizers import Tokenizer, models

        found = Tokenizer(models.WordPiece(vocab=self.index, unk_token=UNK, max_input_chars_per_word=LONGEST))
        found.normalizer, found.pre_tokenizer = _cleaner(self.lower)
        found.add_special_tokens([*SPECIAL])
        return found

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """The indices of every text's tokens, without begin and end."""
        return [row.ids for row in self._splitter.encode_batch(list(texts), add_special_tokens=False)]

    def named(self, ids: Iterable[int]) -> list[str]:
        """The tokens of these indices."""
        return [self.tokens[i] for i in ids]

    def to_json(self) -> dict[str, object]:
        """The vocabulary as an object that `json` can write, for `read`."""
        return {"lower": self.lower, "tokens": list(self.tokens)}


def lower_of(folder: Path) -> bool:
    """Whether the tokenizer_config.json in a folder says lower case, which it is where nothing is said."""
    try:
        said = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return True
    return not isinstance(said, dict) or said.get("do_lower_case") is not False


def _cleaner(lower: bool) -> tuple[Any, Any]:
    """What makes characters alike, and what cuts a text into words and marks."""
    from tokenizers import normalizers, pre_tokenizers

    return normalizers.BertNormalizer(lowercase=lower), pre_tokenizers.BertPreTokenizer()
