"""The command line: one thin function a command; torch is imported only by the commands that compute."""

import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, make_dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from firsthand import __version__, api, papers
from firsthand.errors import UserError, unknown
from firsthand.options import parse
from firsthand.train.launch import Interrupted, Launch, leads
from firsthand.train.sampling import Sampling

Positional = tyro.conf.Positional
Key = Annotated[Positional[str], tyro.conf.arg(metavar="KEY")]
RunName = Annotated[Positional[str], tyro.conf.arg(metavar="RUN")]
out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


@dataclass(frozen=True)
class Options:
    """What `train` takes beside the recipe."""

    preset: Annotated[str, tyro.conf.arg(help="recipe to start from; every field below can be overridden")] = "laptop"
    out: Annotated[Path | None, tyro.conf.arg(help="run folder to make; None: runs/KEY-PRESET-seedN-TIME")] = None
    json: Annotated[bool, tyro.conf.arg(help="print result.json on stdout; progress is on stderr")] = False
    launch: Annotated[Launch, tyro.conf.arg(name="")] = Launch()


def list_(json: bool = False) -> None:
    """Show the papers that are here.

    Args:
        json: print JSON instead of a table.
    """
    cards = [papers.get(key).card for key in papers.keys()]
    if json:
        return show_json([asdict(card) for card in cards])
    show_table([
        {"key": card.key, "year": str(card.year), "paper": card.title,
         "authors": card.authors[0] + " et al." * (len(card.authors) > 1), "parameters": card.parameters}
        for card in cards
    ])  # fmt: skip
    out.print("\nNext: firsthand show KEY · firsthand train KEY · firsthand check KEY · firsthand reproduce KEY")


def show(key: Key, /, json: bool = False) -> None:
    """Show one paper: what is new, its network layer by layer, its presets and where to read on.

    Args:
        key: the paper, as `firsthand list` names it.
        json: print JSON instead.
    """
    paper = papers.get(key)
    card, network = paper.card, paper.network()
    counted = sum(p.numel() for p in network.parameters())
    described = getattr(paper.module("model"), "describe", lambda: plain_layers(network))
    rows = described()
    totals = {name: sum(row[name] for row in rows) for name, value in rows[0].items() if isinstance(value, int)}
    if json:
        facts = {"counted_parameters": counted, "layers": rows, "totals": totals, "presets": list(paper.presets)}
        return show_json(asdict(card) | facts | {"folder": str(paper.folder)})
    out.print(f"[bold]{card.title}[/] ({card.year})\n{', '.join(card.authors)}. {card.venue}. {card.url}\n")
    out.print(f"{card.summary}\n")
    show_table([*rows, {"layer": "total"} | totals])
    agrees = "as" if counted == card.parameters else "NOT the"
    out.print(f"\n{counted:,} trainable parameters ({agrees} {card.parameters:,} stated)")
    out.print(f"presets   {', '.join(paper.presets)}\nbuilds on {', '.join(card.builds_on)}")
    out.print(f"read      {paper.folder / 'model.py'}")


def plain_layers(network: Any) -> list[dict[str, Any]]:
    """A row for each parameter tensor, for networks that do not describe themselves."""
    named = network.named_parameters()
    return [{"layer": name, "shape": "x".join(map(str, p.shape)), "parameters": p.numel()} for name, p in named]


def train(args: Sequence[str]) -> None:
    """Train a paper's network: firsthand train KEY [--preset NAME] [--data NAME|PATH] [--out DIR] [options]

    `firsthand train KEY --help` lists every option of that paper's recipe with its value in the preset.
    `firsthand train --resume DIR` continues an interrupted run bit for bit.
    """
    key, args = (args[0], list(args[1:])) if args and not args[0].startswith("-") else (None, list(args))
    if any(word.split("=")[0] == "--resume" for word in args):
        return resume(key, args)
    if key is None:
        if set(args) & {"-h", "--help"}:
            out.print(train.__doc__.replace("\n    ", "\n"), "\nOptions of every paper:", markup=False)
            parse(Options, ["--help"], "firsthand train KEY")
        raise UserError(f"Which paper? firsthand train KEY, with KEY one of: {', '.join(papers.keys())}.")
    paper = papers.get(key)
    preset = _value(args, "--preset", "laptop")
    recipe = paper.preset(preset)
    args = ["--data.name" + word[6:] if word.split("=")[0] == "--data" else word for word in args]
    field = ("recipe", Annotated[type(recipe), tyro.conf.arg(name="")], recipe)
    form = make_dataclass("Train", [field], bases=(Options,), frozen=True)
    about = f"Train '{paper.card.title}' ({paper.card.year}). Presets: {', '.join(paper.presets)}."
    options = parse(form, args, f"firsthand train {key}", form(preset=preset), about)
    run = api.start(key, preset, options.recipe, options.launch, options.out, progress=True)
    if leads():
        report(run, options.json)


def resume(key: str | None, args: list[str]) -> None:
    """The `--resume` form of train: the run keeps its own recipe, so nothing else may be changed."""

    def form(resume: Path, json: bool = False) -> Any:
        """Continue an interrupted run bit for bit, with the recipe that its config.json holds.

        Args:
            resume: the run's folder.
            json: print result.json on stdout.
        """
        return resume, json

    try:
        path, as_json = parse(form, args, "firsthand train --resume DIR")
    except UserError as error:
        raise UserError(f"{error} A resumed run keeps its recipe: only --json may be given beside --resume.") from None
    run = api.load(path)
    if key is not None and run.config["paper"] != key:
        raise UserError(f"{path} is a run of '{run.config['paper']}', not of '{key}'.")
    if run.result is not None:
        err.print(f"{run.path} is finished; this is its result.")
    run = api.resume(run.path)
    if leads():
        report(run, as_json)


def report(run: api.Run, as_json: bool) -> None:
    """What a person wants to see after training: losses, new samples, where things lie."""
    result = run.result
    if as_json:
        return show_json(result | {"run": str(run.path)})
    metrics = result["metrics"]
    title = f"\n[bold]{result['paper']}[/] on {escape(result['data'])}"
    out.print(f"{title}: {result['steps']:,} steps in {result['seconds']:.1f} s "
              f"({result['stopped']}; weights of the {result['weights']})")  # fmt: skip
    for split in ("train", "val", "test"):
        if f"{split}_loss" in metrics:
            loss, error = metrics[f"{split}_loss"], metrics.get(f"{split}_error")
            text = "diverged" if loss is None else f"loss {loss:.4f}"
            text += "" if error is None else f"   error {100 * error:.2f} %"
            out.print(f"  {'dev' if split == 'val' else split:5} {text}")
    if metrics.get("train_loss") is None:
        out.print("\nThe training diverged: try a smaller learning rate.")
    elif hasattr(run.recipe.task, "sample"):
        lines = run.sample(20, new=True)
        out.print(f"\n{len(lines)} new lines, none of them in the training set:")
        out.print("  " + "\n  ".join(lines), markup=False)
        out.print(f"more:   firsthand sample {run.path}", markup=False)
    elif hasattr(run.recipe.task, "classify"):
        out.print(f"\nuse it: firsthand classify {run.path} image.png", markup=False)
    out.print(f"run:    {run.path}\nfigure: {run.folder.figures / 'loss.png'}", markup=False)


def sample(
    run: RunName,
    /,
    count: int = 20,
    how: Annotated[Sampling, tyro.conf.arg(name="")] = Sampling(),
    new: bool = False,
    json: bool = False,
) -> None:
    """Write new lines with a trained run, one a line, and count how many of them are in the training set.

    Args:
        run: a run's folder, its name under runs/, or a paper's key for the newest run of it.
        count: how many lines.
        how: how they are written.
        new: only distinct lines that are not in the training set.
        json: print JSON instead.
    """
    loaded = api.load(run)
    lines = loaded.sample(count, new=new, **asdict(how))
    try:
        known = loaded.recipe.task.training_lines(loaded.trained)
        copied = sum(line in known for line in lines)
    except UserError:  # the training data is gone: the lines are still good
        copied = None
    if json:
        facts = {"run": str(loaded.path), "samples": lines, "distinct": len(set(lines)), "in_training_set": copied}
        return show_json(facts)
    print("\n".join(lines))
    told = "the training set is not here to compare with" if copied is None else f"{copied} in the training set"
    err.print(f"{len(lines)} lines, {len(set(lines))} distinct, {told}.")


def classify(run: Positional[str], images: Positional[tuple[Path, ...]], /, json: bool = False) -> None:
    """Say what your own image files show, with a trained classifier: any size, grey or colour, dark on light or not.

    Args:
        run: a run's folder, its name under runs/, or a paper's key for the newest run of it.
        images: image files.
        json: print JSON instead.
    """
    if not images:
        raise UserError("Which images? firsthand classify RUN image.png ...")
    rows = api.load(run).classify(images)
    if json:
        return show_json(rows)
    for row in rows:
        sure = f"{100 * row['confidence']:.1f} %"
        out.print(f"{escape(row['path'])}: [bold]{row['class']}[/] ({sure}; then {row['runner_up']})")


def check(key: Positional[str | None] = None, /, json: bool = False) -> None:
    """Prove a paper's network equal to an independent twin: outputs, loss, every gradient, weights after 10 steps.

    Args:
        key: the paper; without it, all of them.
        json: print JSON instead of a table.
    """
    from firsthand.check import check as prove

    with err.status("comparing with the twin ..."):
        rows = [row for name in ([key] if key else papers.keys()) for row in prove(name)]
    failed = [row for row in rows if not row.holds]
    if json:
        show_json([asdict(row) | {"holds": row.holds} for row in rows])
    else:
        groups: dict[tuple[str, ...], dict[str, str]] = {}
        for row in rows:
            colour = "green" if row.holds else "bold red"
            group = groups.setdefault((row.paper, row.variant, row.precision), {})
            group[row.what] = f"[{colour}]{row.difference:.0e}[/] [dim]({row.allowed:.0e})[/]"
        names = ("paper", "variant", "precision")
        show_table([dict(zip(names, group, strict=True)) | cells for group, cells in groups.items()])
        held = f"{len(rows) - len(failed)} of {len(rows)} comparisons hold."
        out.print(f"largest relative difference (allowed)\n{held}")
    raise SystemExit(1 if failed else 0)


def reproduce(
    key: Key, /, claim: tuple[str, ...] = (), seeds: int | None = None, jobs: int = 1,
    out: Path | None = None, runs: Path = api.RUNS / "reproduce", json: bool = False,
) -> None:  # fmt: skip
    """Measure what a paper claims: train over several seeds, then the paper's numbers beside ours, with verdicts.

    Finished runs are kept and used again; an interrupted call goes on where it was.

    Args:
        key: the paper.
        claim: only these claims, by their keys.
        seeds: how many seeds; by default as many as each claim says.
        jobs: runs that train at the same time, each on its share of the cores (timed claims run alone).
        out: where results, table and figures go; by default runs/results.
        runs: where the runs are kept.
        json: print the results file instead of the table.
    """
    from firsthand.reproduce import reproduce as measure

    results = measure(key, claims=claim, seeds=seeds, jobs=jobs, out=out, runs=runs)
    if json:
        return show_json(results.content)
    from rich.markdown import Markdown

    globals()["out"].print(Markdown(results.table))
    err.print(f"results, table and figures: {results.folder}")


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
        out.print("\nYour own: --data FILE.txt (an example a line) or --data FILE.csv --data.column NAME")
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
    """List the training runs.

    Args:
        folder: where they lie.
        json: print JSON instead of a table.
    """
    rows = []
    for run in api.runs(folder):
        last = next((row["step"] for row in reversed(run.metrics)), 0)
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
        return out.print(f"No runs in {folder}/ yet: `firsthand train mlp` makes one.")
    for row in rows:
        metrics = row.pop("metrics")
        for title, name in (("dev loss", "val_loss"), ("test loss", "test_loss")):
            row[title] = f"{metrics[name]:.4f}" if metrics.get(name) is not None else ""
        row |= {name: escape(row[name]) for name in ("run", "data")}
    return show_table(rows)


COMMANDS: dict[str, Callable] = {
    "list": list_, "show": show, "train": train, "sample": sample, "classify": classify, "check": check,
    "reproduce": reproduce, "data": data, "runs": runs,
}  # fmt: skip


def show_table(rows: Sequence[dict[str, Any]]) -> None:
    """Rows of one kind as columns under their names; counts stand to the right, with commas."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name, value in rows[0].items():
        counts = isinstance(value, int)
        table.add_column(name, justify="right" if counts else "left", no_wrap=counts or name == "key")
    for row in rows:
        cells = (row.get(name, "") for name in rows[0])
        table.add_row(*(f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in cells))
    out.print(table)


def show_json(content: Any) -> None:
    """Print JSON for programs to read."""
    print(json.dumps(content, indent=2, ensure_ascii=False, default=str))


def _value(args: Sequence[str], option: str, default: str) -> str:
    """The value of one option, before the others can be known."""
    words = [part for word in args for part in word.split("=", 1)]
    return words[words.index(option) + 1] if option in words[:-1] else default


def usage() -> None:
    """The overview that `firsthand --help` prints."""
    out.print("[bold]firsthand[/]: the landmark deep-learning papers, from tensors up.\n")
    out.print("usage: firsthand COMMAND ...\n")
    for name, command in COMMANDS.items():
        out.print(f"  [bold]{name:10}[/] {command.__doc__.splitlines()[0]}", markup=True)
    out.print("\n`firsthand COMMAND --help` explains a command. Start with: firsthand train mlp")


def main(args: Sequence[str] | None = None) -> None:
    """Run one command; a user's mistake is one sentence on stderr and exit code 2."""
    args = list(sys.argv[1:] if args is None else args)
    try:
        if not args or args[0] in ("-h", "--help", "help"):
            usage()
        elif args[0] == "--version":
            print(f"firsthand {__version__}")
        elif args[0] not in COMMANDS:
            raise unknown("command", args[0], COMMANDS, "`firsthand --help` explains them")
        elif args[0] == "train":
            train(args[1:])
        else:
            parse(COMMANDS[args[0]], args[1:], f"firsthand {args[0]}")
        sys.stdout.flush()
    except UserError as error:
        if leads():
            err.print(f"firsthand: {error}", markup=False, style="red" if err.is_terminal else None)
        raise SystemExit(2) from None
    except Interrupted as stop:
        if leads():
            err.print(str(stop), markup=False)
        raise SystemExit(128 + stop.number) from None
    except KeyboardInterrupt:
        err.print("Stopped.")
        raise SystemExit(130) from None
    except BrokenPipeError:  # the reader of our output has seen enough (`firsthand list | head`)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python would fail once more at its exit
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
