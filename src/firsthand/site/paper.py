"""The pages of one paper: what it is and its notes, its claims, its source, its exercise."""

import re
from collections.abc import Iterator
from html import escape

from firsthand import papers
from firsthand.papers import Paper
from firsthand.reproduce.table import MARK, render
from firsthand.site import exercise, live, prose
from firsthand.site.library import Library
from firsthand.site.origin import NOT_HERE, Origin, Page
from firsthand.site.source import Source, Writer
from firsthand.study import resources
from firsthand.study.journal import Journal
from firsthand.study.notes import decoded

FOLDER = "papers"
TABS = {"index": "Notes", "claims": "Claims", "source": "Source", "exercise": "Exercise", "own": "Your note"}


def pages(key: str, origin: Origin, library: Library) -> Iterator[Page]:
    """All of them."""
    paper = papers.get(key)
    has = {
        "claims": (paper.folder / "claims").exists(),
        "source": (paper.folder / "model.py").exists(),
        "exercise": key in papers.exercises(),
        "own": origin.journal is not None and origin.journal.note(key).exists(),
    }
    there = [tab for tab in TABS if has.get(tab, True)]
    contents = {
        "index": lambda: notes(paper, origin, there[1:]),
        "claims": lambda: claims(paper, origin),
        "source": lambda: source(paper, library),
        "exercise": lambda: exercise.page(paper),
        "own": lambda: own(paper, origin.journal),
    }
    for tab in there:
        title, body = contents[tab]()
        head = prose.WIDE if tab == "source" else ""
        yield f"{FOLDER}/{key}/{tab}", f"{head}# {title}\n\n{tabs(there, tab)}\n\n{body}\n"


def tabs(there: list[str], here: str) -> str:
    """The way between the pages of a paper."""
    links = "".join(f'<a href="{name}.html"{" aria-current=page" * (name == here)}>{TABS[name]}</a>' for name in there)
    return prose.raw(f'<nav class="tabs" aria-label="Pages of this paper">{links}</nav>')


def link(name: str, own: str = "") -> str | None:
    """Where a name in the notes leads, seen from a paper's folder: to a paper, or to the file of its network."""
    if name == "model.py":
        return "source.md"
    return f"../{name}/index.md" if name in papers.keys() and name != own else None


def named(keys: tuple[str, ...]) -> str:
    """Papers as links; some that others build on are not here."""
    return ", ".join(f"[{key}]({link(key)})" if link(key) else key for key in keys)


def notes(paper: Paper, origin: Origin, more: list[str]) -> tuple[str, str]:
    """The card, the reading notes, what became of the claims, how to cite."""
    card = paper.card
    after = tuple(key for key in papers.keys() if card.key in papers.get(key).card.builds_on)
    facts = [f"[{reference.title}]({reference.url}) ({reference.year}), {', '.join(reference.authors)}. "
             f"{reference.venue}" for reference in card.references]  # fmt: skip
    rows = [["to read", "<br>".join(facts)], ["family", f"[{card.family}](../../families/{slug(card.family)}.md)"]]
    rows += [["builds on", named(card.builds_on)]] if card.builds_on else []
    rows += [["built on by", named(after)]] if after else []
    if card.network is not None:
        rows += [["network", f"`{card.network}`, {card.parameters:,} trainable parameters: [source](source.md)"]]
    if card.key in live.NETWORKS:
        rows += [["at work", f"[{live.TITLE}](../../{live.PAGE}.md): this network, in the browser"]]
    if card.rule is not None:
        module = library_place(card.rule)
        rows += [["update rule", f"[`{card.rule}`](../../rules/{module}.md)"]]
    body = paper.notes.partition("\n")[2].strip().replace("/notes.md)", "/index.md)")
    parts = [card.summary, prose.table(["", ""], rows), prose.linked(body, lambda name: link(name, card.key))]
    formulas = paper.folder / "formulas.md"
    if formulas.exists():
        typeset = formulas.read_text(encoding="utf-8").replace("# In formulas", "## In formulas", 1)
        parts[-1] = parts[-1].replace("\n## What confuses", f"\n{typeset}\n## What confuses", 1)
    further = resources.topics("further.md").get(card.key)
    parts += [f"## Further links\n\n{prose.linked(further.text, link)}"] if further else []
    measured = origin.measured.get(card.key)
    if measured is not None:
        verdicts = [
            [f"[{claim['statement']}](claims.md#{claim['key']})", claim["kind"], MARK[claim["verdict"]]]
            for claim in measured["claims"]
        ]
        parts += ["## What became of its claims", prose.table(["claim", "kind", "verdict"], verdicts)]
    parts += ["## Cite", f"```bibtex\n{paper.bibtex.strip()}\n```"]
    inside = "\n".join(f"{TABS[tab]} <{tab}>" for tab in more)
    parts += [f"```{{toctree}}\n:hidden:\n\n{inside}\n```"] if inside else []
    return card.title, "\n\n".join(parts)


def slug(family: str) -> str:
    """A family as a part of an address."""
    return family.replace(" ", "-")


def library_place(rule: str) -> str:
    """The file of an update rule."""
    from firsthand.optim import RULES

    return RULES[rule].__module__.rpartition(".")[2]


def claims(paper: Paper, origin: Origin) -> tuple[str, str]:
    """What was measured, claim by claim; without results what would be."""
    title = f"{paper.card.title}: claims"
    measured = origin.measured.get(paper.card.key)
    if measured is None:
        return title, unmeasured(paper, origin)
    text = render(measured).partition("do not edit.\n")[2]
    return title, text.strip().replace(f"]({paper.card.key}-", f"](/figures/{paper.card.key}-")


def unmeasured(paper: Paper, origin: Origin) -> str:
    """The claims with their conditions."""
    lines = [
        NOT_HERE.format("results", "`docs/results`")
        if origin.results is None
        else "Not measured yet: these are the claims.",
        f"`firsthand reproduce {paper.card.key}` measures them.",
    ]
    for claim in paper.claims:
        lines += [f"## {claim.key}", f"**{claim.statement}** ({claim.where}; {claim.kind})"]
        lines += ["\n".join(f"- {condition.words}" for condition in claim.conditions), claim.remark]
    return "\n\n".join(line for line in lines if line)


def own(paper: Paper, journal: Journal) -> tuple[str, str]:
    """The reader's own note, as it is written but for its head."""
    text = decoded(journal.note(paper.card.key))
    body = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.DOTALL)
    return f"{paper.card.title}: your note", re.sub(r"^# .*\n", "", body, count=1, flags=re.MULTILINE).strip()


def source(paper: Paper, library: Library) -> tuple[str, str]:
    """The network's file, the layers that it uses, and its recipes, words beside code."""
    files = {name: Source(paper.folder / f"{name}.py") for name in ("model", "recipe")}
    model, recipe = files["model"], files["recipe"]
    links = library.links(model, "../../")
    writer = Writer(lambda source: library.links(source, "../../") | {name: f"#{name}" for name in source.definitions})
    parts = [
        f"`papers/{paper.card.key}/model.py`, words beside code. A name of a layer leads to its page; a number is the "
        "address of its line.",
        annotated(writer.passages(model, model.passages)),
    ]
    used = [name for name, target in links.items() if library.where.get(name) and target.startswith("../../layers")]
    if used:
        parts += [
            "## The layers that it uses",
            "Open one to read it here. What has two implementations shows both: the definition, which is the formula, "
            "and the fast one, which runs by default; the tests hold them equal.",
            *(layer(library, name) for name in used),
        ]
    writer = Writer(lambda source: library.links(source, "../../"))
    parts += [
        "## The recipes",
        f"`papers/{paper.card.key}/recipe.py`: `firsthand train {paper.card.key} --preset NAME` takes one, and every "
        "field has an option of its name.",
        annotated(writer.passages(recipe, recipe.passages, "recipe-")),
    ]
    return f"{paper.card.title}: source", "\n\n".join(parts)


def annotated(html: str) -> str:
    """Passages as a part of a page."""
    return prose.raw(f'<div class="annotated">{html}</div>')


def layer(library: Library, name: str) -> str:
    """One layer with the operations that it is made of, folded."""
    module = library.where[name]
    writer = Writer(lambda source: library.links(source, "../../"))
    places = dict.fromkeys([(module, name), *library.operations(module, name)])
    shown = "".join(library.explained(writer, *place, f"in-{name}-{place[1]}-") for place in places)
    where, path = library.address(module, name, "../../"), f"{module.replace('.', '/')}.py"
    head = f'<summary><code>{escape(name)}</code> <a href="{escape(where)}">{path}</a></summary>'
    return prose.raw(f'<details class="layer">{head}<div class="annotated">{shown}</div></details>')
