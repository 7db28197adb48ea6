"""The pages of one paper: what it is and its notes, its claims, its source, its exercise."""

import re
from collections.abc import Iterator
from html import escape

from firsthand import papers
from firsthand.papers import Paper
from firsthand.papers.card import Card
from firsthand.reproduce.table import render
from firsthand.site import addresses, exercise, live, prose, results
from firsthand.site.library import Library
from firsthand.site.origin import NOT_HERE, Origin, Page
from firsthand.site.source import Source, Writer
from firsthand.study import resources
from firsthand.study.journal import Journal
from firsthand.study.notes import decoded

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
        yield f"papers/{key}/{tab}", f"{head}# {title}\n\n{tabs(there, tab)}\n\n{body}\n"


def tabs(there: list[str], here: str) -> str:
    """The way between the pages of a paper."""
    links = "".join(f'<a href="{name}.html"{" aria-current=page" * (name == here)}>{TABS[name]}</a>' for name in there)
    return prose.raw(f'<nav class="tabs" aria-label="Pages of this paper">{links}</nav>')


def listed(keys: tuple[str, ...]) -> str:
    """Papers as links; some that others build on are not here."""
    return ", ".join(f"[{key}]({addresses.paper(key)})" if key in papers.keys() else key for key in keys)


def notes(paper: Paper, origin: Origin, more: list[str]) -> tuple[str, str]:
    """The card, the reading notes, what became of the claims, how to cite; `more` are the paper's other pages."""
    card = paper.card
    links = {key: addresses.paper(key) for key in papers.keys() if key != card.key}
    links["model.py"] = addresses.paper(card.key, "source")
    rows = ([label.replace(" ", "\u00a0"), words] for label, words in facts(card))  # a label stays on one line
    parts = [card.summary, prose.table(["", ""], rows), prose.linked(with_formulas(paper), links.get)]
    further = resources.topics("further.md").get(card.key)
    parts += [f"## Further links\n\n{prose.linked(further.text, links.get)}"] if further else []
    verdicts = [results.verdict(card.key, claim) for claim in origin.claims(card.key)]
    if verdicts:
        parts += ["## What became of its claims", prose.table(["claim", "kind", "verdict"], verdicts)]
    parts += ["## Cite", f"```bibtex\n{paper.bibtex.strip()}\n```"]
    parts += [prose.toctree(f"{TABS[tab]} <{tab}>" for tab in more)] if more else []
    return card.title, "\n\n".join(parts)


def facts(card: Card) -> Iterator[list[str]]:
    """The rows of a paper's table: where it is published, its family, its neighbours, its network or update rule."""
    references = [f"[{one.title}]({one.url}) ({one.year}), {', '.join(one.authors)}. {one.venue}"
                  for one in card.references]  # fmt: skip
    yield ["to read", "<br>".join(references)]
    yield ["family", f"[{card.family}]({addresses.family(card.family)})"]
    if card.builds_on:
        yield ["builds on", listed(card.builds_on)]
    after = tuple(key for key in papers.keys() if card.key in papers.get(key).card.builds_on)
    if after:
        yield ["built on by", listed(after)]
    if card.network is not None:
        source = f"[source]({addresses.paper(card.key, 'source')})"
        yield ["network", f"`{card.network}`, {card.parameters:,} trainable parameters: {source}"]
    if card.key in live.NETWORKS:
        yield ["at work", f"[{live.TITLE}](/{live.PAGE}.md): this network, in the browser"]
    if card.rule is not None:
        yield ["update rule", f"[`{card.rule}`](/rules/{rule_file(card.rule)}.md)"]


def with_formulas(paper: Paper) -> str:
    """The reading notes without their title, and the formulas, where there are some, before what confuses."""
    text = paper.notes.partition("\n")[2].strip().replace("/notes.md)", "/index.md)")
    path = paper.folder / "formulas.md"
    if not path.exists():
        return text
    formulas = path.read_text(encoding="utf-8").replace("# In formulas", "## In formulas", 1)
    return text.replace("\n## What confuses", f"\n{formulas}\n## What confuses", 1)


def rule_file(rule: str) -> str:
    """The name of the file that an update rule is defined in, without its ending."""
    from firsthand.optim import RULES

    return RULES[rule].__module__.rpartition(".")[2]


def claims(paper: Paper, origin: Origin) -> tuple[str, str]:
    """What was measured, claim by claim; without results what would be."""
    title = f"{paper.card.title}: claims"
    measured = origin.measured.get(paper.card.key)
    if measured is None:
        return title, unmeasured(paper, origin)
    text = render(measured).partition("do not edit.\n")[2]
    return title, results.with_figures(text.strip())


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
        prose.annotated(writer.passages(model, model.passages)),
    ]
    used = [name for name, target in links.items() if library.where.get(name) and target.startswith("../../layers")]
    if used:
        parts += [
            "## The layers that it uses",
            "Open one to read it here. What has two implementations shows both: the definition, which is the formula, "
            "and the fast one, which runs by default; the tests hold them equal.",
            *(layer(library, name) for name in used),
        ]
    writer = library.writer("../../")
    parts += [
        "## The recipes",
        f"`papers/{paper.card.key}/recipe.py`: `firsthand train {paper.card.key} --preset NAME` takes one, and every "
        "field has an option of its name.",
        prose.annotated(writer.passages(recipe, recipe.passages, "recipe-")),
    ]
    return f"{paper.card.title}: source", "\n\n".join(parts)


def layer(library: Library, name: str) -> str:
    """One layer with the operations that it is made of, folded."""
    module = library.where[name]
    writer = library.writer("../../")
    places = dict.fromkeys([(module, name), *library.operations(module, name)])
    shown = "".join(library.explained(writer, *place, f"in-{name}-{place[1]}-") for place in places)
    where, path = library.address(module, name, "../../"), f"{module.replace('.', '/')}.py"
    head = f'<summary><code>{escape(name)}</code> <a href="{escape(where)}">{path}</a></summary>'
    return prose.annotated(shown, f'<details class="layer">{head}', "</details>")
