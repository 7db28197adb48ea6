"""The command `experiment`: one measurement of a paper's claims that is no training run."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import MISSING, field, make_dataclass
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import tyro
from docstring_parser import parse as parse_docstring

from firsthand import api, papers
from firsthand.commands.screen import err, out, show_json, show_table
from firsthand.errors import UserError
from firsthand.options import parse


def experiment(args: Sequence[str]) -> None:
    """Run one experiment of a paper: firsthand experiment KEY [NAME] [--seed N] [--out DIR] [--json] [options]

    Without NAME it lists the paper's experiments; `firsthand experiment KEY NAME --help` explains one and its options.
    `firsthand reproduce KEY` runs them with the options, over the seeds, that the paper's claims need.
    """
    key, name, *rest = [*args, None, None][: max(len(args), 2)]
    if key is None or key in ("-h", "--help"):
        out.print(experiment.__doc__.replace("\n    ", "\n"), markup=False)
        with_some = [key for key in papers.networks() if papers.get(key).experiments]
        return out.print(f"Papers with experiments: {', '.join(with_some) or 'none'}.")
    paper = papers.get(key)
    if not paper.experiments:
        raise UserError(f"{key} has no experiments, it only trains: try `firsthand train {key}`.")
    if name is None or name.startswith("-"):
        rows = [{"experiment": name, "about": about(f)} for name, f in paper.experiments.items()]
        return show_json(rows) if name == "--json" else show_table(rows)
    function = paper.experiment(name)
    options = parse(form(function), rest, f"firsthand experiment {key} {name}", description=about(function))
    given = {p: getattr(options, p) for p in inspect.signature(function).parameters if p != "seed"}
    with err.status(f"{name} ..."):
        result = api.experiment(key, name, seed=options.seed, out=options.out, **given)
    if options.json:
        return show_json(result)
    show_table([{"measure": title, "value": spelled(value)} for title, value in result["metrics"].items()])
    out.print(f"\nseed {result['seed']}, {result['seconds']:.1f} s")
    if options.out:
        out.print(f"written: {options.out}", markup=False)
    return None


def about(function: Callable) -> str:
    """What an experiment measures, in one sentence."""
    return (function.__doc__ or "").splitlines()[0]


def form(function: Callable) -> type:
    """An experiment's options as a dataclass, with the words of its docstring as help, and --out and --json."""
    told = {p.arg_name: p.description for p in parse_docstring(function.__doc__ or "").params}
    hints = get_type_hints(function)
    rows = [(p.name, hints[p.name], told.get(p.name, ""), p.default)
            for p in inspect.signature(function).parameters.values()]  # fmt: skip
    rows += [("out", Path | None, "a new folder for config.json and result.json", None)]
    rows += [("json", bool, "print JSON instead of a table", False)]
    fields: list[Any] = []
    for name, kind, words, default in rows:
        if default is inspect.Parameter.empty:
            default = MISSING
        fields.append((name, Annotated[kind, tyro.conf.arg(help=words)], field(default=default)))
    return make_dataclass("Experiment", fields, frozen=True)


def spelled(value: Any) -> str:
    """A number in six digits."""
    return "none" if value is None else f"{value:.6g}" if isinstance(value, float) else f"{value:,}"
