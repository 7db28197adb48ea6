"""Commands that measure: check (equal to a reference?) and reproduce (what the paper claims?)."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.text import Text

from firsthand import api, papers
from firsthand.commands.screen import AnyKey, Key, err, out, show_json, show_markdown, show_table
from firsthand.options import parse


def check(
    key: AnyKey = None, /, optim: bool = False, layers: bool = False, details: bool = False,
    json: bool = False,
) -> None:  # fmt: skip
    """Prove a network equal to an independent twin, or every update rule, schedule or layer to torch's.

    A network: outputs, loss, every gradient, weights after 10 steps. A rule: weights and state after 200 steps with
    every option; a schedule: its rate over a whole run. A layer: values and gradients of its definition and fast
    implementation, buffers, and what is drawn at random.

    Args:
        key: the paper; without it, and without --optim or --layers, all of them.
        optim: the update rules against torch.optim, and the schedules against its.
        layers: the operations and modules of firsthand.nn against torch.nn.
        details: a line for every comparison.
        json: print JSON instead of a table.
    """
    keys = [key] if key else [] if optim or layers else papers.networks()
    with Waiting() as report, one_thread():
        tables = compared(keys, optim, layers, report)
    rows = [row for found in tables.values() for row in found]
    failed = [row for row in rows if not row.holds]
    if json:
        show_json([asdict(row) | {"holds": row.holds} for row in rows])
    else:
        for kind, found in tables.items():
            names = (kind, "variant", "precision", "what") if details else (kind,)
            show_comparisons(names if details or len(keys) != 1 or kind != "paper" else ("variant", "precision"), found)
        for row in failed:
            which = ", ".join((row.paper, row.variant, row.precision, row.what))
            out.print(Text(f"✘ {which}: {figures(row)}", style="bold red"))
        count = f"{len(rows):,} comparisons"
        all_hold = Text(f"✔ All {count} hold.", style="green")
        out.print(Text(f"✘ {len(failed):,} of {count} failed.", style="bold red") if failed else all_hold)
    raise SystemExit(1 if failed else 0)


@contextmanager
def one_thread() -> Iterator[None]:
    """So small are the networks that threads would wait for each other, the longer the busier the machine is."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def compared(keys: Sequence[str], optim: bool, layers: bool, report: Callable[[str], object]) -> dict[str, list[Any]]:
    """The comparisons that were asked for, by what they compare; `report` gets the name of each before its turn."""
    from firsthand.check import check as prove

    found: dict[str, list[Any]] = {}
    for key in keys:
        report(key)
        found["paper"] = found.get("paper", []) + prove(key)
    if optim:
        from firsthand.check.rules import check_rules
        from firsthand.check.schedules import check_schedules

        found |= {"rule": check_rules(report), "schedule": check_schedules()}
    if layers:
        from firsthand.check.layers import check_layers

        found["operation"] = check_layers(report)
    return found


FIELDS = {"variant": "variant", "precision": "precision", "what": "what"}  # the others name what was compared


def show_comparisons(names: Sequence[str], rows: Sequence[Any]) -> None:
    """A line for the comparisons that share what these names stand for: of each, the one that is nearest to failing."""

    def fields(row: Any, wanted: Sequence[str]) -> list[str]:
        return [getattr(row, FIELDS.get(name, "paper")) for name in wanted]

    others = [name for name in FIELDS if name not in names]
    groups: dict[tuple[str, ...], list[Any]] = {}
    for row in rows:
        groups.setdefault(tuple(fields(row, names)), []).append(row)
    lines = []
    for shared, group in groups.items():
        nearest = max(group, key=lambda row: (not row.holds, row.difference / row.allowed if row.difference else 0.0))
        colour, mark = ("green", "✔") if nearest.holds else ("bold red", "✘")
        line = dict(zip(names, map(escape, shared), strict=True))
        line |= {"nearest to its bound": escape(", ".join(fields(nearest, others)))} if others else {}
        line["difference (allowed)"] = figures(nearest)
        line = {name: f"[{colour}]{value}[/]" for name, value in line.items()}
        lines.append(line | {names[0]: f"[{colour}]{mark}[/] {line[names[0]]}"})
    show_table(lines)


def figures(row: Any) -> str:
    """The difference and what is allowed; with as many digits as it takes to see one above the other."""
    if row.holds:
        return f"{row.difference:.1e} ({row.allowed:.1e})"
    digits = next((n for n in range(2, 17) if f"{row.difference:.{n}e}" != f"{row.allowed:.{n}e}"), 17)
    return f"{row.difference:.{digits}e} > {row.allowed:.{digits}e}"


class Waiting:
    """Says on stderr what is being compared: a moving line on a terminal, elsewhere a line every few seconds."""

    EVERY = 2.0  # seconds between lines where there is no terminal

    def __enter__(self) -> Callable[[str], None]:
        self.status = err.status("comparing ...")
        self.status.start()
        self.said = time.perf_counter()
        return self.tell

    def __exit__(self, *_: object) -> None:
        self.status.stop()

    def tell(self, name: str) -> None:
        """What comes next."""
        self.status.update(f"comparing {name} ...")
        if not err.is_terminal and time.perf_counter() - self.said > self.EVERY:
            self.said = time.perf_counter()
            err.print(f"comparing {name} ...")


def reproduce(words: Sequence[str]) -> None:
    """The command with its words; after the help of a paper its claims."""
    try:
        parse(measure, words, "firsthand reproduce")
    except SystemExit as end:
        named = [word for word in words if word in papers.networks()]
        if not end.code and named:
            show_claims(named[0], (), None, api.RUNS / "reproduce", json=False)
        raise


def measure(
    key: Key, /, claim: tuple[str, ...] = (), seeds: int | None = None, jobs: int = 1,
    out: Path | None = None, runs: Path = api.RUNS / "reproduce", judge: bool = False, list: bool = False,
    json: bool = False,
) -> None:  # fmt: skip
    """Measure what a paper claims: train over several seeds, then the paper's numbers beside ours, with verdicts.

    Finished runs are kept and used again; an interrupted call goes on where it was.
    `firsthand reproduce KEY --list` shows the claims, what is kept already, and how long the rest will take.

    Args:
        key: the paper.
        claim: only these claims, by their keys.
        seeds: how many seeds; by default as many as each claim says.
        jobs: runs that train at the same time, each on its share of the cores (timed claims run alone).
        out: where results, table and figures go; by default runs/results.
        runs: where the runs are kept.
        judge: run nothing, judge the numbers of the results file again by today's conditions.
        list: only list the claims: where the paper makes them, which runs are kept, how long the others will take.
        json: print the results file, or the list, as JSON.
    """
    if list:
        return show_claims(key, claim, seeds, runs, json)
    from firsthand.reproduce import reproduce

    results = reproduce(key, claims=claim, seeds=seeds, jobs=jobs, out=out, runs=runs, judge=judge)
    if json:
        return show_json(results.content)
    show_markdown(results.table)
    return err.print(f"results, table and figures: {results.folder}")


def show_claims(key: str, names: Sequence[str], seeds: int | None, runs: Path, json: bool) -> None:
    """What there is to measure: each claim, where it stands, and what its runs will take."""
    from firsthand.reproduce.plan import plan, spelled, together
    from firsthand.reproduce.runner import chosen_claims

    claims = chosen_claims(key, names, seeds)
    plans = [plan(key, claim, seeds, runs) for claim in claims]
    rows = [
        {"claim": claim.key, "statement": claim.statement, "where": claim.where, "timed": claim.timed,
         "runs": len(needs.jobs), "kept": len(needs.jobs) - len(needs.missing),
         "seconds": needs.took(needs.jobs.values()), "seconds_left": needs.took(needs.missing)}
        for claim, needs in zip(claims, plans, strict=True)
    ]  # fmt: skip
    if json:
        return show_json(rows)
    show_table([
        {"claim": row["claim"], "what the paper says": f"{escape(row['statement'])} ({escape(row['where'])})",
         "runs kept": f"{row['kept']} of {row['runs']}", "time": spelled(row["seconds"]),
         "left": spelled(row["seconds_left"])}
        for row in rows
    ])  # fmt: skip
    whole = together(plans)
    missing = whole.missing
    out.print(f"\nTogether {len(whole.jobs)} runs, {len(whole.jobs) - len(missing)} of them kept;", end=" ")
    out.print(f"the others take, one at a time: {spelled(whole.took(missing))}.")
    return out.print("(times of the runs kept here, else of docs/results)")
