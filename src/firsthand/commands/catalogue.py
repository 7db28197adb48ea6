"""Commands that look: show, data, runs."""

import sys
from pathlib import Path
from typing import Any

from rich.markup import escape

from firsthand import api, papers
from firsthand.bounds import whole
from firsthand.commands.screen import Key, Positional, err, out, show_json, show_table
from firsthand.papers.card import Card


def show(key: Key, /, variant: str | None = None, depth: int = 1, json: bool = False) -> None:
    """Show one paper: what is new, its network layer by layer, its presets and where to read on.

    A paper without a network is shown without layers.

    Args:
        key: the paper, as `firsthand list` names it.
        variant: one of the paper's networks; None: the default one.
        depth: how far to look into layers that consist of layers, where the paper names variants.
        json: print JSON instead.
    """
    paper = papers.get(key)
    card, config = paper.card, None if variant is None else paper.variant(variant)
    if card.network is None:
        return show_json(of_paper(paper)) if json else show_card(paper)
    rows = layers_of(paper, config, depth)
    counted = sum(row["parameters"] for row in rows)
    totals = {name: sum(row[name] for row in rows) for name, value in rows[0].items() if isinstance(value, int)}
    if json:
        facts = {"variant": variant, "counted_parameters": counted, "layers": rows, "totals": totals}
        facts |= {"presets": list(paper.presets), "variants": list(paper.variants)}
        return show_json(of_paper(paper) | facts)
    show_title(card)
    show_table([*rows, {"layer": "total"} | totals])
    agrees = f"{'as' if counted == card.parameters else 'NOT the'} {card.parameters:,} stated"
    out.print(f"\n{counted:,} trainable parameters ({agrees if variant is None else 'of the variant ' + variant})")
    if paper.variants:
        out.print(f"variants  {', '.join(paper.variants)}")
    out.print(f"presets   {', '.join(paper.presets)}\nbuilds on {', '.join(card.builds_on) or 'nothing before it'}")
    out.print(f"claims    {len(paper.claims)}: firsthand reproduce {key} --list")
    out.print(f"read      {paper.folder / 'model.py'}")
    if card.rule is not None:
        from firsthand.optim import RULES

        out.print(f"rule      {sys.modules[RULES[card.rule].__module__].__file__}")


def of_paper(paper: papers.Paper) -> dict[str, Any]:
    """What is known of any paper, for JSON."""
    return paper.card.facts() | {"bibtex": paper.bibtex, "folder": str(paper.folder)}


def show_title(card: Card) -> None:
    """A paper's title, its references and what is new."""
    out.print(f"[bold]{card.title}[/] ({card.year})")
    for reference in card.references:
        title = "" if reference.title == card.title else f"{reference.title} ({reference.year}). "
        out.print(f"{', '.join(reference.authors)}. {title}{reference.venue}. {reference.url}")
    out.print(f"\n{card.summary}\n")


def show_card(paper: papers.Paper) -> None:
    """A paper that is there to be read."""
    show_title(paper.card)
    out.print(f"It has no network: `firsthand read {paper.card.key}` opens it.")
    out.print(f"builds on {', '.join(paper.card.builds_on) or 'nothing before it'}")
    out.print(f"read      {paper.folder / 'notes.md'}")


def layers_of(paper: papers.Paper, config: Any, depth: int) -> list[dict[str, Any]]:
    """A row a layer: as the paper describes itself, or counted; of networks of one size a row a parameter tensor."""
    described = getattr(paper.module("model"), "describe", None)
    config = paper.module("model").Config() if config is None else config
    if described is not None:
        return described(config)
    if not paper.variants:
        return plain_layers(paper.network(config))
    from firsthand.layers import table

    whole("depth", depth, "[1, 100]")
    return table(lambda: paper.network(config), paper.example(config), depth)


def plain_layers(network: Any) -> list[dict[str, Any]]:
    """A row for each parameter tensor, for networks that do not describe themselves."""
    named = network.named_parameters()
    return [{"layer": name, "shape": "x".join(map(str, p.shape)), "parameters": p.numel()} for name, p in named]


def data(name: Positional[str | None] = None, /, download: bool = False, json: bool = False) -> None:
    """Show the data sets, or one of them with its size, files and a few examples.

    Args:
        name: a data set.
        download: fetch its files now.
        json: print JSON instead.
    """
    from firsthand.data.registry import DATASETS, status

    if name is None:
        rows = [{"name": d.name, "kind": d.kind, "about": d.about, "status": status(d)} for d in DATASETS.values()]
        if json:
            return show_json(rows)
        show_table(rows)
        out.print(
            "\nYour own: --data FILE.txt (running text of any size; for names and other lines an example a line), "
            "--data FILE.csv --data.column NAME, a table of zeros and ones for a model of bits: --data FILE.csv, "
            "--data FOLDER (pictures, a sub-folder a class), or for pairs --data FILE.tsv --data.source NAME "
            "--data.target NAME, or --data FILE --data.other FILE"
        )
        return None
    from firsthand.data import describe
    from firsthand.data import download as fetch

    if download:
        fetch(name)
    facts = describe(name)
    if json:
        return show_json(facts)
    for title, value in facts.items():
        out.print(f"[bold]{title:12}[/] {escape(str(value))}")


def runs(folder: Positional[Path] = api.RUNS, /, json: bool = False) -> None:
    """List the training runs, the newest last.

    Args:
        folder: where they lie.
        json: print JSON instead of a table.
    """
    rows = []
    for run in api.every(folder):
        if run.problem is not None:
            rows.append({"run": str(run.path), "problem": run.problem})
            continue
        last = max((row["step"] for row in run.metrics), default=0)
        result = run.result or {}
        rows.append({
            "run": str(run.path), "data": run.config["data"], "seed": str(run.config["seed"]),
            "steps": f"{result.get('steps', last)}/{run.config['recipe']['steps']}",
            "status": "finished" if result else "unfinished",
            "metrics": result.get("metrics", {}),
        })  # fmt: skip
    if json:
        return show_json(rows)
    if not rows:
        return out.print(f"No runs in {folder}/ yet: `firsthand train mlp` makes one.", markup=False)
    for row in [row for row in rows if "problem" in row]:
        rows.remove(row)
        said = row["problem"]
        err.print(said if row["run"] in said else f"{row['run']}: {said}", markup=False)
    for row in rows:
        metrics, (step, steps) = row.pop("metrics"), row.pop("steps").split("/")
        row["status"] += f" at step {step}" if step == steps else f" at step {step} of {steps}"
        for title, name in (("dev loss", "val_loss"), ("test loss", "test_loss")):
            row[title] = f"{metrics[name]:.4f}" if metrics.get(name) is not None else ""
        row |= {name: escape(row[name]) for name in ("run", "data")}
    return show_table(rows) if rows else None
