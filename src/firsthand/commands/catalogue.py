"""Commands that look: show, data, runs."""

import sys
from pathlib import Path
from typing import Any

from rich.markup import escape

from firsthand import api, papers
from firsthand.commands.screen import Key, Positional, err, out, show_json, show_table


def show(key: Key, /, json: bool = False) -> None:
    """Show one paper: what is new, its network layer by layer, its presets and where to read on.

    Args:
        key: the paper, as `firsthand list` names it.
        json: print JSON instead.
    """
    paper = papers.get(key)
    card, network = paper.card, paper.network()
    counted = sum(p.numel() for p in network.parameters())
    described = getattr(paper.module("model"), "describe", lambda: plain_layers(network))()
    tables = described if isinstance(described, dict) else {"": described}  # of several networks, each by its name
    totals = {
        name: {what: sum(row[what] for row in rows) for what, value in rows[0].items() if isinstance(value, int)}
        for name, rows in tables.items()
    }
    if json:
        total = totals if isinstance(described, dict) else totals[""]
        facts = {"counted_parameters": counted, "layers": described, "totals": total, "presets": list(paper.presets)}
        return show_json(card.facts() | facts | {"bibtex": paper.bibtex, "folder": str(paper.folder)})
    out.print(f"[bold]{card.title}[/] ({card.year})")
    for reference in card.references:
        title = "" if reference.title == card.title else f"{reference.title} ({reference.year}). "
        out.print(f"{', '.join(reference.authors)}. {title}{reference.venue}. {reference.url}")
    out.print()
    out.print(f"{card.summary}\n")
    for name, rows in tables.items():
        if name:
            out.print(f"[bold]{name}[/]")
        show_table([*rows, {"layer": "total"} | totals[name]])
    agrees = "as" if counted == card.parameters else "NOT the"
    out.print(f"\n{counted:,} trainable parameters ({agrees} {card.parameters:,} stated)")
    out.print(f"presets   {', '.join(paper.presets)}\nbuilds on {', '.join(card.builds_on) or 'nothing before it'}")
    out.print(f"claims    {len(paper.claims)}: firsthand reproduce {key} --list")
    out.print(f"read      {paper.folder / 'model.py'}")
    if card.rule is not None:
        from firsthand.optim import RULES

        out.print(f"rule      {sys.modules[RULES[card.rule].__module__].__file__}")


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
            "\nYour own: --data FILE.txt (running text of any size; for names and other lines an example a line) or "
            "--data FILE.csv --data.column NAME"
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
