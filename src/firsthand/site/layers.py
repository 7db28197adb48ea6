"""The pages of the layers and of the update rules: a file each, words beside code, both implementations in tabs."""

from collections.abc import Iterator
from dataclasses import replace

from firsthand.site import prose
from firsthand.site.library import CHAPTERS, Library
from firsthand.site.origin import Page
from firsthand.site.source import Source

TITLES = {"nn": "The layers", "optim": "The update rules"}
HEADS = {
    "nn": "Every layer is written from tensors up: the formula in front, in operations on tensors that autograd "
    "differentiates. Where the formula is slow a fast implementation stands beside it, and the tests hold the two "
    "equal, values and gradients. `firsthand check --layers` prints the comparison with torch.nn, and `with "
    "firsthand.definitions():` runs the formulas everywhere.",
    "optim": "Every rule is one file, from the paper's algorithm to an `Optimizer` that schedules, checkpoints and "
    "several processes can work with. `firsthand check --optim` prints the comparison with torch.optim.",
}


def pages(library: Library) -> Iterator[Page]:
    """The two lists, and a page a file."""
    for package, folder in CHAPTERS.items():
        files = library.chapter(package)
        yield f"{folder}/index", contents(package, files, library)
        for stem, source in files.items():
            yield f"{folder}/{stem}", page(package, stem, source, library)


def contents(package: str, files: dict[str, Source], library: Library) -> str:
    """The list: each file, what it says of itself, what it defines."""
    rows = []
    for stem, source in files.items():
        links = []
        for name in source.definitions:
            if not name.startswith("_"):
                fast = " ⚡" if library.fast(f"{package}.{stem}", name) else ""
                links.append(f"<a href='{stem}.html#{name}'><code>{name}</code></a>{fast}")
        rows.append([f"[{stem}]({stem}.md)", source.words.split("\n")[0], ", ".join(links)])
    legend = "⚡ marks what has a fast implementation beside its definition." if package == "nn" else ""
    table = prose.table(["file", "", "what it defines"], rows)
    inside = prose.toctree(f"{stem} <{stem}>" for stem in files)
    parts = [f"# {TITLES[package]}", HEADS[package], table, legend, inside]
    return "\n\n".join(part for part in parts if part) + "\n"


def page(package: str, stem: str, source: Source, library: Library) -> str:
    """One file, whole and in its order; the first line of its docstring stands under the title."""
    module = f"{package}.{stem}"
    writer = library.writer("../")
    head, *rest = source.words.split("\n", 1)
    parts, done = [], set()
    for passage in source.passages:
        name = passage.name.partition(".")[0]
        if library.fast(module, name) is None:
            first = not passage.name and passage.words == source.words
            words = "\n".join(rest) if first else passage.words
            parts.append(writer.passage(source, replace(passage, words=words)))
        elif name not in done:
            done.add(name)
            parts.append(library.explained(writer, module, name))
    body = prose.annotated("\n".join(parts))
    return f"{prose.WIDE}# {package}/{stem}.py\n\n{head}\n\n{body}\n"
