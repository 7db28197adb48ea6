"""Commands that read sentences with a trained encoder: fill, label, embed."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from rich.markup import escape

from firsthand import api, papers
from firsthand.commands.screen import Positional, RunName, out, show_json
from firsthand.commands.translation import read
from firsthand.errors import UserError


def reader(name: str) -> Any:
    """A run's network that reads sentences, or that of a folder of published weights."""
    published = papers.get("bert").module("weights")
    return published.Start.of_folder(name).reader() if published.is_published(name) else api.load(name).reader


def given(texts: Sequence[str], file: Path | None) -> list[str]:
    """The texts of the command line or of a file, a text a line."""
    if bool(texts) == (file is not None):
        raise UserError("Give texts, or --file FILE with a text a line, and not both.")
    found = list(texts) if file is None else list(read(file))
    for number, text in enumerate(found, 1):
        if not text.strip():
            raise UserError(f"Text {number} is empty.")
    return found


def fill(
    run: RunName,
    texts: Positional[tuple[str, ...]],
    /,
    file: Path | None = None,
    many: int = 5,
    json: bool = False,
) -> None:
    """Say what stands where a text has [MASK]: firsthand fill RUN "the man went to the [MASK]"

    Args:
        run: a run's folder, its name under runs/, or a paper's key for the newest run of it; or a folder of published
            weights in Hugging Face's format.
        texts: texts with [MASK] where a word is missing.
        file: a text file, a text a line.
        many: how many tokens to tell for each [MASK].
        json: print JSON instead.
    """
    rows = reader(run).fill(given(texts, file), many)
    if json:
        return show_json(rows)
    for row in rows:
        out.print(row["filled"], markup=False)
        for guesses in row["guesses"]:
            told = ", ".join(f"{guess['token']} {100 * guess['probability']:.1f} %" for guess in guesses)
            out.print(f"  {told}", markup=False)


def label(
    run: RunName,
    text: Positional[str | None] = None,
    other: Positional[str | None] = None,
    /,
    file: Path | None = None,
    json: bool = False,
) -> None:
    """Say which class, or number, a sentence or a pair of them has, with a fine-tuned run.

    Args:
        run: a run's folder, its name under runs/, or a paper's key for the newest run of it.
        text: the sentence.
        other: the second sentence of a pair.
        file: a text file, a sentence a line; of pairs with a tab between them.
        json: print JSON instead.
    """
    texts = given([] if text is None else [text], file)
    others = None if other is None else [other]
    loaded = api.load(run)
    if file is not None and all("\t" in line for line in texts):
        texts, others = (list(side) for side in zip(*(line.split("\t", 1) for line in texts), strict=True))
    rows = loaded.label(texts, others)
    if json:
        return show_json(rows)
    for row in rows:
        sure = f" ({100 * row['confidence']:.1f} %)" if "confidence" in row else ""
        said = row["label"] if isinstance(row["label"], str) else f"{row['label']:.3f}"
        out.print(f"{escape(row['text'])}{' | ' + escape(row['other']) if 'other' in row else ''}: "
                  f"[bold]{escape(said)}[/]{sure}")  # fmt: skip


def embed(
    run: RunName,
    texts: Positional[tuple[str, ...]],
    /,
    file: Path | None = None,
    pooling: Literal["mean", "first", "pooled"] = "mean",
    out: Path | None = None,
    json: bool = False,
) -> None:
    """Make a vector of each text, and tell how near each is to the first: the cosine of the angle between them.

    Args:
        run: a run's folder, its name under runs/, or a paper's key for the newest run of it; or a folder of published
            weights in Hugging Face's format.
        texts: sentences.
        file: a text file, a sentence a line.
        pooling: a text's vector is the mean of its tokens' states, that of [CLS], or the latter pooled.
        out: a .safetensors file to write the vectors to.
        json: print JSON instead, the vectors too.
    """
    import torch

    from firsthand.train.folder import write_atomically

    texts = given(texts, file)
    if out is not None and (out.exists() or out.suffix != ".safetensors"):
        raise UserError(f"{out} is there already, or does not end in .safetensors: give --out another name.")
    found = reader(run).embed(texts, pooling)
    unit = found / torch.linalg.vector_norm(found, dim=1, keepdim=True)
    near = (unit @ unit[0]).tolist()
    if out is not None:
        from safetensors.torch import save

        write_atomically(out, save({"vectors": found.contiguous()}))
    rows = [{"text": text, "cosine": cosine} for text, cosine in zip(texts, near, strict=True)]
    if json:
        return show_json([row | {"vector": vector} for row, vector in zip(rows, found.tolist(), strict=True)])
    for row in rows:
        print(f"{row['cosine']:6.3f}  {row['text']}")
