"""Commands that use vectors of words, those of a trained run or of a file: neighbours, vectors."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import tyro

from firsthand import api
from firsthand.bounds import whole
from firsthand.commands.screen import Positional, err, out, show_json, show_table
from firsthand.errors import UserError

Source = Annotated[Positional[str], tyro.conf.arg(metavar="RUN")]


def neighbours(
    run: Source,
    words: Positional[tuple[str, ...]],
    /,
    minus: tuple[str, ...] = (),
    count: int = 10,
    together: bool = False,
    map: Path | None = None,
    most: int | None = None,
    json: bool = False,
) -> None:
    """Show the words whose vectors point the same way: firsthand neighbours skipgram paris london

    With --minus, or --together, of the sum: --minus man king woman asks what is to woman as king is to man.

    Args:
        run: a run's folder, its name under runs/, a paper's key for the newest run of it, or a file of word vectors in
            the format of word2vec, text or binary, or of GloVe.
        words: the words to look about.
        minus: words whose vectors are taken off the sum of the others.
        count: how many neighbours are shown.
        together: look about the sum of the words, not about each.
        map: a .png, .svg or .pdf to draw, of the words and their neighbours on a plane.
        most: of a file, words read at most, the first ones; None: all.
        json: print JSON instead.
    """
    if not words:
        raise UserError("Which word? firsthand neighbours RUN WORD ...")
    whole("count", count, "[1, 1e6]")
    to = None if map is None else target(map)
    vectors = api.vectors(run, most)
    asked = [list(words)] if minus or together else [[word] for word in words]
    found = {" + ".join(some) + "".join(f" - {word}" for word in minus): vectors.nearest(some, minus, count)
             for some in asked}  # fmt: skip
    if to is not None:
        draw(vectors, [*words, *minus], to)
    if json:
        return show_json({name: [{"word": word, "cosine": cosine} for word, cosine in near]
                          for name, near in found.items()})  # fmt: skip
    for name, near in found.items():
        out.print(name, style="bold", markup=False)
        for word, cosine in near:
            out.print(f"  {cosine:6.3f}  {word}", markup=False)


def vectors(
    run: Source,
    /,
    to: Path | None = None,
    format: str = "word2vec-text",
    map: Path | None = None,
    score: bool = True,
    pairs: tuple[Path, ...] = (),
    most: int | None = None,
    among: int = 30_000,
    json: bool = False,
) -> None:
    """Test vectors of words, draw a map of them, or write them for other programs.

    The tests are Google's analogies and thirteen lists of pairs of words that people have judged; each tells how many
    of its questions have all their words.

    Args:
        run: a run's folder, its name under runs/, a paper's key for the newest run of it, or a file of word vectors.
        to: a new file to write the vectors into.
        format: of that file: word2vec-text, word2vec-binary or glove.
        map: a .png, .svg or .pdf to draw, of the most frequent words on a plane.
        score: whether to test them.
        pairs: your own tests of similarity, files with two words and a number a line, in place of the thirteen.
        most: of a file, words read at most, the first ones; None: all.
        among: words among which the answer to an analogy is looked for, the most frequent.
        json: print JSON instead.
    """
    from firsthand.data import wordvectors

    whole("among", among, "[4, 1e9]")
    if format not in (formats := ("word2vec-text", "word2vec-binary", "glove")):
        raise UserError(f"--format must be one of {', '.join(formats)}, got '{format}'.")
    figure = None if map is None else target(map)
    found = api.vectors(run, most)
    told: dict[str, Any] = {"words": len(found), "numbers": found.matrix.shape[1]}
    if to is not None:
        wordvectors.write(found, to, format)  # type: ignore[arg-type]
        err.print(f"{to}: {len(found):,} words of {found.matrix.shape[1]} numbers.", markup=False)
    if figure is not None:
        draw(found, [], figure)
    rows = scores(found, pairs, among) if score else []
    if json:
        return show_json(told | {"tests": rows})
    out.print(f"{len(found):,} words of {found.matrix.shape[1]} numbers")
    if rows:
        show_table([row | {"score": "" if row["score"] is None else f"{row['score']:.3f}"} for row in rows])
    return None


def scores(vectors: Any, pairs: Iterable[Path], among: int) -> list[dict[str, Any]]:
    """A row for each test."""
    from firsthand.data import wordtests

    if pairs := tuple(pairs):
        tests, kinds = {path.name: wordtests.read_pairs(path) for path in pairs}, []
    else:
        kinds, tests = wordtests.published()
    found = [("similarity", wordtests.similarity(vectors, rows, name)) for name, rows in tests.items()]
    answers = list(wordtests.analogies(vectors, kinds, among)) if kinds else []
    found += [("analogies", one) for one in answers]
    if answers:
        forms = {kind.name for kind in kinds if kind.syntactic}
        parts = {
            "of meaning": [s for s in answers if s.name not in forms],
            "of form": [s for s in answers if s.name in forms],
        }
        found += [("analogies", wordtests.together(part, name)) for name, part in (*parts.items(), ("all", answers))]
    return [
        {"test": kind, "name": one.name, "score": None if one.value != one.value else one.value, "asked": one.asked,
         "of": one.of}
        for kind, one in found
    ]  # fmt: skip


def target(path: Path) -> Path:
    """The file that a map goes to."""
    from firsthand.train.figures import target as checked  # matplotlib takes half a second to import

    return checked(path, "words.png", "firsthand vectors", "--map")


def draw(vectors: Any, words: list[str], to: Path) -> None:
    """Draw a map of the words."""
    from firsthand.figures.words import word_map
    from firsthand.train.figures import save

    save(word_map(vectors, words), to, "firsthand vectors", "--map")
    err.print(f"{to} is drawn.", markup=False)
