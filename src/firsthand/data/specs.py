"""Which data a recipe trains on: small frozen descriptions that load it."""

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from firsthand.bounds import COUNT, ORDINAL, POSITIVE, SEED, within
from firsthand.data.files import fetch
from firsthand.data.files import folder as data_folder
from firsthand.data.lines import read_lines
from firsthand.data.names import embedded_names
from firsthand.data.registry import DATASETS, Dataset, dataset, sources
from firsthand.data.userfile import absolute, exists, named
from firsthand.data.vocabulary import Vocabulary
from firsthand.data.wordsets import unzipped
from firsthand.errors import UserError

_NAMED = ("data set or file", DATASETS, "`firsthand data` lists the data sets")  # what a name can be
PIXELS = "[1, 10000]"  # of a side
IMAGENET = "imagenet"  # the name of a folder; there is no download
_HELD_OUT = {"mnist": 10_000, "fashion-mnist": 10_000}  # for vectors, as Larochelle & Murray (2011) split MNIST
_FEWEST = 6  # lines that an 80/10/10 split needs to leave no part empty


@dataclass
class Lines:
    """Lines of text in three parts, and the vocabulary of all of them."""

    train: list[str]
    val: list[str]
    test: list[str]
    vocabulary: Vocabulary


@dataclass(frozen=True)
class Names:
    """Lines of text, each one an example, such as a name."""

    name: str = "names"  # data set, or the path of a text file or CSV
    column: str | None = None  # CSV column that holds the examples, by its name or number
    header: bool = True  # whether a CSV file begins with the names of its columns
    locale: str | None = None  # country of the embedded names, None: en_IN
    count: int | None = None  # embedded names made, None: 15,000
    deduplicate: bool = False  # keep the first of equal lines only, so that no line is in two parts of the split
    vocabulary: str | None = None  # vocabulary.json of a run whose characters are known; None: those of the data
    split_seed: int = 42  # of the shuffle before the split into 80 % train, 10 % val, 10 % test

    def __post_init__(self) -> None:
        within(self, "data.", count="[1, 1e7]", split_seed=SEED)

    def load(self) -> Lines:
        """The lines, split; raises `UserError` for data that does not work or an option that does not apply to it."""
        from firsthand.data.text import split_lines

        lines = self.read()
        if self.deduplicate:
            lines = list(dict.fromkeys(lines))
        if len(lines) < _FEWEST:
            raise UserError(f"'{self.name}' has {len(lines)} lines: at least {_FEWEST} are needed to split them.")
        # Over all lines: a character that only the test lines have would otherwise have no index.
        known = Vocabulary.of(lines) if self.vocabulary is None else Vocabulary.read(self.vocabulary)
        known.encode("".join(sorted(set().union(*lines))))  # the lines hold no other characters
        return Lines(*split_lines(lines, self.split_seed), known)

    def located(self) -> "Names":
        """The same data, a user's file by its absolute path, so that a run can be continued from any folder."""
        return self if self.name in DATASETS else replace(self, name=absolute(self.name))

    def read(self) -> list[str]:
        """The lines in the order of the file."""
        known = DATASETS.get(self.name)
        if known is None:
            self._refuse("locale", "count")
            return read_lines(named(self.name, *_NAMED), self.column, self.header)
        if known.kind != "lines":
            names = ", ".join(other.name for other in DATASETS.values() if other.kind == "lines")
            raise UserError(f"'{self.name}' holds {known.kind}, not lines of text: choose {names}, or a file's path.")
        if known.embedded:
            self._refuse("column", "header")
            chosen = {"locale": self.locale, "count": self.count}
            return embedded_names(**{key: value for key, value in chosen.items() if value is not None})
        self._refuse("locale", "count", "header", *(() if known.column else ("column",)))
        return read_lines(fetch(known.files[0]), self.column or known.column, remarks=False)

    def _refuse(self, *options: str) -> None:
        for option in options:
            if getattr(self, option) != getattr(Names, option):
                raise UserError(f"The option '{option}' does not apply to the data '{self.name}': leave it out.")


@dataclass(frozen=True)
class Text:
    """Running text, split into tokens, or lines of text such as names."""

    name: str = "python-docs"  # data set, or the path of a text file of any size
    level: Literal["character", "word"] = "character"  # what a token is
    letters: bool = False  # lower case, and everything that is no letter of A to Z becomes one space
    min_count: int = 1  # tokens seen less often are unknown
    most: int | None = None  # tokens known at most, the most frequent; None: all
    train: int | float = 0.9  # what comes first is trained on: a share of the text, or a number of tokens
    val: int | float = 0.05  # what comes next is for validation, alike; the rest is to test
    lines: bool = False  # every line is an example of its own, shuffled before the split; line data sets always are
    column: str | None = None  # lines: CSV column that holds them, by its name or number
    header: bool = True  # lines: whether a CSV file begins with the names of its columns
    deduplicate: bool = False  # lines: keep the first of equal ones only
    vocabulary: str | None = None  # vocabulary.json of a run whose tokens are known; None: those of the data

    def __post_init__(self) -> None:
        within(self, "data.", min_count=COUNT, most=COUNT, train=POSITIVE, val=POSITIVE)

    def load(self) -> "firsthand.data.stream.Stream | Lines":
        """The text in its three parts; raises `UserError` for data or options that do not work."""
        from firsthand.data.stream import How, parts, tokens_of, tokens_of_words

        if self.of_lines():
            for option, idle in (("level", "character"), ("letters", False), ("min_count", 1), ("most", None)):
                if getattr(self, option) != idle:
                    raise UserError(f"The option '{option}' does not apply to lines of text: leave it out.")
            shared = {key: getattr(self, key) for key in ("name", "column", "header", "deduplicate", "vocabulary")}
            return Names(**shared).load()
        if self.column is not None or not self.header or self.deduplicate:
            raise UserError("The options 'column', 'header' and 'deduplicate' are for lines of text: add --data.lines.")
        how = How(self.level, self.letters, self.min_count, self.most, self.vocabulary)
        if self.name == "brown" and self.level == "word":
            from firsthand.data.brown import load_brown

            words = (word for document in load_brown() for sentence in document.words() for word in sentence)
            tokens, known = tokens_of_words((w.lower() if self.letters else w for w in words), how)
        else:
            tokens, known = tokens_of(self.read(), how)
        if self.vocabulary is not None and 2 * (seen := (tokens > 0).sum()) < len(tokens):
            raise UserError(f"{self.vocabulary} has only {seen:,} of the {len(tokens):,} tokens of '{self.name}'.")
        return parts(tokens, known, self.train, self.val)

    def of_lines(self) -> bool:
        """Whether it is lines of text, rather than one running text."""
        known = DATASETS.get(self.name)
        return self.lines or (known is not None and known.kind == "lines")

    def located(self) -> "Text":
        """The same data, a user's file by its absolute path, so that a run can be continued from any folder."""
        return self if self.name in DATASETS else replace(self, name=absolute(self.name))

    def read(self) -> str | Path:
        """The running text, or the path of its file."""
        known = DATASETS.get(self.name)
        if known is None:
            return named(self.name, *_NAMED)
        if known.kind not in ("text", "tagged text"):
            names = ", ".join(other.name for other in DATASETS.values() if "text" in other.kind)
            raise UserError(f"'{self.name}' holds {known.kind}, not text: choose {names}, or a file's path.")
        if known.embedded:
            from pydoc_data.topics import topics

            return "\n\n".join(topics.values())
        if known.kind == "tagged text":
            from firsthand.data.brown import load_brown

            documents = load_brown()
            return "\n".join(" ".join(sentence) for document in documents for sentence in document.words())
        return unzipped(fetch(sources(known)[0]))


@dataclass(frozen=True)
class Images:
    """Images with a label each."""

    name: str = "mnist"  # data set: mnist, usps, or digits, which needs no download
    limit: int | None = None  # training images used, the first of the file; None: all
    validation: int | None = None  # training images held out, the last of the file; None: 5000 of mnist, else 10 %

    def __post_init__(self) -> None:
        within(self, "data.", limit=COUNT, validation=ORDINAL)

    def load(self) -> "firsthand.data.images.ImageSets":
        """The images, split; raises `UserError` for a name or a size that does not work."""
        return self._known().load(self.validation).limited(self.limit)

    def picture(self, path: str | Path) -> "torch.Tensor":
        """A user's picture as one of these images; raises `UserError` for what is none."""
        return self._known().picture(path)

    def _known(self) -> Dataset:
        if self.name not in DATASETS and os.path.sep in self.name and exists(self.name):
            raise UserError(f"{self.name}: this recipe learns from a data set of small images, not from a folder.")
        known = dataset(self.name)
        if known.kind != "images":
            names = ", ".join(other.name for other in DATASETS.values() if other.kind == "images")
            held = "lines of text" if known.kind == "lines" else known.kind
            raise UserError(f"'{self.name}' holds {held}, not images: choose {names}.")
        return known


@dataclass(frozen=True)
class Vectors:
    """Vectors of zeros and ones, or of grey levels, such as small pictures."""

    name: str = "mnist"  # data set of bits or of grey pictures, or the path of a CSV file of zeros and ones
    binarise: Literal["fixed", "drawn", "none"] | None = None  # grey pictures: fixed draws each pixel once for all, a 1
    # with its grey level as the probability; drawn does so anew whenever a picture is trained on, and once for
    # validation and test; none keeps the grey levels, from 0 to 1; None: fixed
    draw_seed: int = 0  # of the draws that are made once: another seed is another data set
    limit: int | None = None  # training vectors used, the first ones; None: all
    validation: int | None = None  # grey pictures held out, the last of the file; None: 10,000 of mnist and
    # fashion-mnist, so that 50,000 are left; else 10 %
    split_seed: int = 42  # a user's file: of the shuffle before the split into 80 % train, 10 % val, 10 % test

    def __post_init__(self) -> None:
        within(self, "data.", draw_seed=SEED, limit=COUNT, validation=COUNT, split_seed=SEED)

    def load(self) -> "firsthand.data.vectors.VectorSets":
        """The vectors, split; raises `UserError` for a name, a file or an option that does not work."""
        from firsthand.data.vectors import of_pictures, read_bits, split_rows

        known = DATASETS.get(self.name)
        if known is None:
            self._refuse("binarise", "draw_seed", "validation")
            sets = split_rows(read_bits(named(self.name, *_NAMED)), self.name, self.split_seed)
        elif known.kind in ("bits", "greys"):
            self._refuse("binarise", "draw_seed", "validation", "split_seed")
            sets = known.load()
        elif known.kind == "images":
            self._refuse("split_seed")
            held_out = _HELD_OUT.get(self.name) if self.validation is None else self.validation
            sets = of_pictures(known.load(held_out), self.name, self.binarise or "fixed", self.draw_seed)
        else:
            names = ", ".join(other.name for other in DATASETS.values() if other.kind in ("bits", "greys", "images"))
            raise UserError(f"'{self.name}' holds {known.kind}, not bits or pictures: choose {names}, or a CSV's path.")
        return sets.limited(self.limit)

    def picture(self, path: str | Path) -> "torch.Tensor":
        """A user's picture as a vector of grey levels; raises `UserError` for what is none."""
        known = DATASETS.get(self.name)
        if known is None or not known.reader:
            raise UserError(f"'{self.name}' holds no pictures as yours may be one.")
        return known.picture(path).flatten()

    def located(self) -> "Vectors":
        """The same data, a user's file by its absolute path, so that a run can be continued from any folder."""
        return self if self.name in DATASETS else replace(self, name=absolute(self.name))

    def _refuse(self, *options: str) -> None:
        for option in options:
            if getattr(self, option) != getattr(Vectors, option):
                raise UserError(f"The option '{option}' does not apply to the data '{self.name}': leave it out.")


@dataclass(frozen=True)
class Augment:
    """What is done to a picture each time it is trained on; at most one way to take a part of it."""

    pad: int = 0  # pixels of border, as grey as the mean, around a picture of which a random part of its size is cut
    shift: int = 0  # pixels, at most, by which it moves up, down and sideways; black comes in, as about a digit
    side: tuple[int, int] | None = None  # pixels of its shorter side, random from the first to the second, after which
    # a random part is cut; of a folder's pictures, or of larger ones than the network sees
    area: tuple[float, float] | None = None  # shares of its area, random between them, of a part whose width is 3/4 to
    # 4/3 of its height, which is resized to what the network sees: (0.08, 1) is GoogLeNet's
    flip: bool = False  # whether it is mirrored with probability 1/2
    colour: float = 0.0  # deviation of the factors of the colours' principal components; AlexNet: 0.1

    def __post_init__(self) -> None:
        within(self, "data.augment.", pad="[0, 1000]", shift="[0, 1000]", side=PIXELS, area="(0, 1]", colour="[0, 10]")
        for name, pair in (("side", self.side), ("area", self.area)):
            if pair is not None and (len(pair) != 2 or pair[0] > pair[1]):
                raise UserError(f"data.augment.{name} must be two numbers, the smaller first, got {pair}.")
        ways = [name for name in ("pad", "shift", "side", "area") if getattr(self, name)]
        if len(ways) > 1:
            raise UserError(f"data.augment.{ways[0]} and data.augment.{ways[1]} both take a part: choose one of them.")


@dataclass(frozen=True)
class Pictures(Images):
    """Pictures of any size and any channels, normalised, and made anew at every step."""

    name: str = "fashion-mnist"  # data set, or the path of a folder with a sub-folder of pictures for each class
    normalise: Literal["none", "channel", "pixel", "imagenet", "symmetric"] | None = None  # of pixels 0..1: channels to
    # mean 0 and deviation 1, or minus each pixel's mean, measured on what is trained on; or by ImageNet's means and
    # deviations, or to -1..1; None: channel, and imagenet for a folder of more than 2,000 pictures
    size: int | None = None  # of a folder's pictures: pixels a side that the network sees; None: 224
    shorter: int | None = None  # of a folder's pictures: pixels of the shorter side, of which the network sees the
    # middle when it is tested; None: 256 for a size of 224, and in proportion
    augment: Augment = Augment()

    def __post_init__(self) -> None:
        super().__post_init__()
        within(self, "data.", size=PIXELS, shorter=PIXELS)
        if self.shorter is not None and self.shorter < self.seen:
            raise UserError(f"data.shorter is {self.shorter}: the network sees {self.seen} pixels a side of it.")

    @property
    def folder(self) -> bool:
        """Whether it is a user's own folder."""
        return self.name not in DATASETS

    @property
    def seen(self) -> int:
        """Of a folder's pictures: pixels a side that the network sees."""
        return 224 if self.size is None else self.size

    @property
    def resized(self) -> int:
        """Of a folder's pictures: pixels of the shorter side when the network is tested."""
        return round(self.seen * 256 / 224) if self.shorter is None else self.shorter

    def load(self) -> "firsthand.data.images.ImageSets | firsthand.data.image_folder.ImageFolder":
        """The pictures, split, or a folder's listed; raises `UserError` for what does not work."""
        for option in ("validation",) if self.folder else ("size", "shorter"):
            if getattr(self, option) is not None:
                raise UserError(f"The option '{option}' does not apply to the data '{self.name}': leave it out.")
        if not self.folder:
            return super().load()
        if Path(self.name).name == IMAGENET and not exists(self.name):
            raise UserError(
                "ImageNet cannot be downloaded without an account: get ILSVRC 2012 from image-net.org, unpack it into "
                "train/CLASS and val/CLASS, and give that folder with --data PATH. Any folder with a sub-folder of "
                "pictures for each class will do."
            )
        from firsthand.data.image_folder import load_folder

        return load_folder(named(self.name, *_NAMED)).limited(self.limit)

    def picture(self, path: str | Path) -> "torch.Tensor":
        """A user's picture as one of these; raises `UserError` for what is none."""
        if not self.folder:
            return super().picture(path)
        from firsthand.data.photos import as_square

        return as_square(path, self.seen, self.resized)

    def located(self) -> "Pictures":
        """The same data, a user's folder by its absolute path, so that a run can be continued from any folder.

        `imagenet` is one of that name here, or else among the data.
        """
        if not self.folder:
            return self
        elsewhere = self.name == IMAGENET and not exists(self.name)
        return replace(self, name=absolute(str(data_folder() / IMAGENET) if elsewhere else self.name))
