"""Commands that train a network and use it: train, sample, classify."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, make_dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro
from rich.markup import escape

from firsthand import api, papers
from firsthand.commands.screen import Positional, RunName, err, out, show_json, watched
from firsthand.errors import UserError
from firsthand.options import parse
from firsthand.process import leads
from firsthand.run import FILES
from firsthand.train.launch import Launch
from firsthand.train.sampling import Sampling


@dataclass(frozen=True)
class Options:
    """What `train` takes beside the recipe."""

    preset: Annotated[str, tyro.conf.arg(help="recipe to start from; every field below can be overridden")] = "laptop"
    variant: Annotated[str | None, tyro.conf.arg(help="network of the paper by name; None: the preset's")] = None
    out: Annotated[Path | None, tyro.conf.arg(help="run folder to make; None: runs/KEY-PRESET-seedN-TIME")] = None
    weights: Annotated[str | None, tyro.conf.arg(help="run, or file, whose trained weights are the first")] = None
    json: Annotated[bool, tyro.conf.arg(help="print result.json on stdout; progress is on stderr")] = False
    launch: Annotated[Launch, tyro.conf.arg(name="")] = Launch()


def train(args: Sequence[str]) -> None:
    """Train a paper's network: firsthand train KEY [--preset NAME] [--data NAME|PATH] [--out DIR] [options]

    `firsthand train KEY --help` lists every option of that paper's recipe with its value in the preset.
    `firsthand train --resume DIR` continues an interrupted run bit for bit; with --steps N a finished one trains on.
    """
    key, args = (args[0], list(args[1:])) if args and not args[0].startswith("-") else (None, list(args))
    if any(word.split("=")[0] == "--resume" for word in args):
        return resume(key, args)
    if key is None:
        if set(args) & {"-h", "--help"}:
            out.print(train.__doc__.replace("\n    ", "\n"), "\nOptions of every paper:", markup=False)
            parse(Options, ["--help"], "firsthand train KEY")
        raise UserError(f"Which paper? firsthand train KEY, with KEY one of: {', '.join(papers.networks())}.")
    paper = papers.get(key)
    preset = _value(args, "--preset", "laptop")
    variant = _value(args, "--variant", None)
    recipe = api.recipe_for(key, preset, variant, {})
    args = ["--data.name" + word[6:] if word.split("=")[0] == "--data" else word for word in args]
    field = ("recipe", Annotated[type(recipe), tyro.conf.arg(name="")], recipe)
    form = make_dataclass("Train", [field], bases=(Options,), frozen=True)
    about = f"Train '{paper.card.title}' ({paper.card.year}). Presets: {', '.join(paper.presets)}."
    about += f" Variants: {', '.join(paper.variants)}." if paper.variants else ""
    options = parse(form, args, f"firsthand train {key}", form(preset=preset, variant=variant), about)
    run = api.start(key, preset, options.recipe, options.launch, options.out, True, options.weights)
    finish(run, options.json)


@dataclass(frozen=True)
class Resume:
    """What `train` takes beside --resume: a run keeps its recipe, but for its number of steps."""

    resume: Annotated[str, tyro.conf.arg(help="run to continue: a folder, a name under runs/, or a paper's key")]
    steps: Annotated[int | None, tyro.conf.arg(help="train on until so many steps in all; None: as planned")] = None
    json: Annotated[bool, tyro.conf.arg(help="print result.json on stdout; progress is on stderr")] = False
    launch: Annotated[Launch, tyro.conf.arg(name="")] = Launch()


def resume(key: str | None, args: list[str]) -> None:
    """The `--resume` form of train; where the run computes is its own choice unless it is made anew."""
    name = _value(args, "--resume", "-")
    run = None if name.startswith("-") else api.load(name)
    if key is not None and run is not None and run.config["paper"] != key:
        raise UserError(f"{name} is a run of '{run.config['paper']}', not of '{key}'.")
    options: dict[str, Any] = {} if run is None else {"default": Resume(name, launch=run.launch)}
    try:
        chosen = parse(Resume, args, "firsthand train --resume RUN", **options)
    except UserError as error:
        raise UserError(
            f"{error} A resumed run keeps its recipe: beside --resume only --steps, --json and where to compute "
            "(--device, --devices, --precision, ...) may be given."
        ) from None
    if run is None or chosen.resume != name:
        raise UserError("Which run? Give --resume once, and ./NAME for a name that begins with -.")
    if run.result is not None and chosen.steps is None:
        err.print(f"{run.path} is finished; this is its result. To train it longer, add --steps N.", markup=False)
    run = api.resume(run.path, steps=chosen.steps, launch=chosen.launch)
    finish(run, chosen.json)


def finish(run: api.Run, as_json: bool) -> None:
    """Report the run; one that diverged ends with exit code 1."""
    if leads():
        report(run, as_json)
    if run.diverged:
        if leads():
            err.print("The training diverged: try a smaller learning rate.")
        raise SystemExit(1)


def report(run: api.Run, as_json: bool) -> None:
    """What a person wants to see after training: losses, new samples, where things lie."""
    result = run.result
    if as_json:
        return show_json(result | {"run": str(run.path)})
    metrics = result["metrics"]
    title = f"\n[bold]{escape(result['paper'])}[/] on {escape(result['data'])}"
    out.print(f"{title}: {result['steps']:,} steps in {result['seconds']:.1f} s "
              f"({escape(result['stopped'])}; weights of the {escape(result['weights'])})")  # fmt: skip
    for split in ("train", "val", "test"):
        if f"{split}_loss" in metrics:
            loss, error = metrics[f"{split}_loss"], metrics.get(f"{split}_error")
            text = "diverged" if loss is None else f"loss {loss:.4f}"
            text += "" if error is None else f"   error {100 * error:.2f} %"
            top5 = metrics.get(f"{split}_top5_error")
            text += "" if top5 is None else f"   not among the five likeliest {100 * top5:.2f} %"
            perplexity = metrics.get(f"{split}_perplexity")
            text += "" if perplexity is None else f"   perplexity {perplexity:.2f}"
            bleu = metrics.get(f"{split}_bleu")
            text += "" if bleu is None else f"   BLEU {bleu:.2f}"
            out.print(f"  {'dev' if split == 'val' else split:5} {text}")
    if metrics.get("train_loss") is None:
        pass  # there is nothing to show
    elif run.writes == "text":
        out.print("\nIt writes:")
        out.print("  " + run.sample(1, max_length=200)[0].strip().replace("\n", "\n  "), markup=False)
        out.print(f"more:   firsthand sample {run.path}", markup=False)
    elif run.writes == "lines":
        lines = run.sample(20, new=True)
        out.print(f"\n{len(lines)} new lines, none of them in the training set:")
        out.print("  " + "\n  ".join(lines), markup=False)
        out.print(f"more:   firsthand sample {run.path}", markup=False)
    elif run.writes == "sound":
        out.print(f"\nhear it: firsthand sample {run.path} --out sound.wav", markup=False)
    elif run.writes == "pictures":
        out.print(f"\nsee it: firsthand sample {run.path} --out samples.png", markup=False)
    elif run.translates:
        out.print(f"BLEU counted by sacrebleu: {result['bleu']}\n", markup=False)
        for source, _ in run.recipe.data.parts()[1][:3]:
            out.print(f"  {source}\n  → {run.translate(source)[0]}", markup=False)
        out.print(f'\nuse it: firsthand translate {run.path} "a sentence"', markup=False)
    elif run.recipe.task.fills:
        out.print(f'\nuse it: firsthand fill {run.path} "a text with a [MASK]"', markup=False)
    elif run.recipe.task.labels:
        out.print(f'\nuse it: firsthand label {run.path} "a sentence"', markup=False)
    elif run.classifies:
        out.print(f"\nuse it: firsthand classify {run.path} image.png", markup=False)
    out.print(f"run:    {run.path}\nfigure: {run.folder.figures / 'loss.png'}", markup=False)


def _value(args: Sequence[str], option: str, default: Any) -> Any:
    """The value of one option, before the others can be known."""
    words = [part for word in args for part in word.split("=", 1)]
    return words[words.index(option) + 1] if option in words[:-1] else default


def sample(
    run: RunName,
    /,
    count: int | None = None,
    how: Annotated[Sampling, tyro.conf.arg(name="")] = Sampling(),
    new: bool = False,
    between: tuple[str, str] | None = None,
    out: Path | None = None,
    json: bool = False,
) -> None:
    """Write with a trained run: new lines, and how many of them are in the training set, text, sound or pictures.

    Args:
        run: a run's folder, its name under runs/, or a paper's key for the newest run of it.
        count: how many; None: 20 lines, 64 pictures, 10 between two, or one text.
        how: how they are written.
        new: only distinct lines that are not in the training set.
        between: two picture files, or numbers of test pictures: pictures on the way from one to the other.
        out: of a run that writes sound or pictures: the file to write; None: sound.wav or samples.png in its folder.
        json: print JSON instead.
    """
    loaded = api.load(run)
    if loaded.writes in FILES or out is not None or between is not None:
        return _file(loaded, out, count, how, new, between, json)
    of_text = loaded.writes == "text"
    texts = loaded.write((1 if of_text else 20) if count is None else count, new=new, **asdict(how))
    lines = []
    for number, pieces in enumerate(texts):
        lines.append("")
        if number and of_text and not json:
            print("\n" + "-" * 60)
        for piece in pieces:
            lines[-1] += piece
            if not json:
                print(piece, end="", flush=of_text)
        if not json:
            print()
    if of_text:
        return show_json({"run": str(loaded.path), "samples": lines}) if json else None
    try:
        known = loaded.recipe.task.training_lines(loaded.trained)
        copied = sum(line in known for line in lines)
    except UserError:  # the training data is gone: the lines are still good
        copied = None
    if json:
        facts = {"run": str(loaded.path), "samples": lines, "distinct": len(set(lines)), "in_training_set": copied}
        return show_json(facts)
    told = "the training set is not here to compare with" if copied is None else f"{copied} in the training set"
    err.print(f"{len(lines)} lines, {len(set(lines))} distinct, {told}.")


def _file(
    run: api.Run,
    path: Path | None,
    count: int | None,
    how: Sampling,
    new: bool,
    between: tuple[str, str] | None,
    as_json: bool,
) -> None:
    """Write a sound, or a sheet of pictures."""
    kind = run.writes or ""
    if path is None:
        path = run.path / FILES.get(kind, "")
    if kind == "sound" and (new or count not in (None, 1)):
        raise UserError("A run that writes sound writes one at a time: leave out --count and --new, vary the --seed.")
    if new:
        raise UserError("The option 'new' is for lines: leave it out.")
    facts = run.save(path, count=count, between=between, **asdict(how))
    if as_json:
        show_json({"run": str(run.path), kind: str(path)} | facts)
    elif kind == "sound":
        print(f"{path}: {facts['seconds']:.1f} s, {facts['rate']:,} samples a second")
    else:
        print(f"{facts['path']}: {facts['pictures']} pictures of {facts['height']}x{facts['width']} pixels")


def classify(
    run: Positional[str],
    images: Positional[tuple[Path, ...]],
    /,
    weights: Path | None = None,
    variant: str | None = None,
    crops: int = 1,
    figure: Path | None = None,
    maps: Path | None = None,
    json: bool = False,
) -> None:
    """Say what your own image files show, with a trained classifier, which reads them as its training data were read.

    Args:
        run: a run's folder, its name under runs/, or a paper's key: for its newest run, or for the network of weights.
        images: image files of any size, grey or colour.
        weights: a file of published weights, in place of a run.
        variant: with weights, the network that they are of.
        crops: parts of a photograph that are looked at, whose mean counts: 1, 10 or 144; the time grows with them.
        figure: a .png, .svg or .pdf to draw of what in each picture speaks for its class. The network looks a hundred
            times at each for it, which takes a small one less than a second, and the largest a minute or more.
        maps: a .png, .svg or .pdf to draw of what convolutions, from the first to the last, make of the first picture.
        json: print JSON instead.
    """
    if not images:
        raise UserError("Which images? firsthand classify RUN image.png ...")
    if weights is None and variant is not None:
        raise UserError("A run has its network: --variant goes with --weights FILE.")
    if weights is not None and variant is None:
        known = ", ".join(papers.get(run).variants)
        raise UserError(f"Of which network are the weights? Add --variant NAME, one of: {known or 'none is known'}.")
    to = None if figure is None else _target(figure, "--figure")
    maps_to = None if maps is None else _target(maps, "--maps")
    if weights is None or variant is None:
        task, network = api.load(run).classifier
    else:
        from firsthand.weights import classifier

        task, network = classifier(papers.get(run), variant, weights)
    rows = watched(task.see(network, images, crops), len(images), "pictures looked at")
    if to is not None and (sound := [row["path"] for row in rows if "error" not in row]):
        _draw("explanations", to, "--figure", watched(task.explain(network, sound), len(sound), "pictures explained"))
    if maps_to is not None and "error" not in rows[0]:
        _draw("maps", maps_to, "--maps", *task.maps(network, images[0]))
    if json:
        show_json(rows)
    for row in rows:
        if "error" in row:
            err.print(f"firsthand: {row['error']}", markup=False, style="red" if err.is_terminal else None)
        elif not json:
            out.print(_told(row))
    if any("error" in row for row in rows):
        raise SystemExit(2)


def _target(figure: Path, option: str) -> Path:
    """The file that a figure goes to."""
    from firsthand.train.figures import target  # matplotlib takes half a second to import

    return target(figure, "classified.png", "firsthand classify", option)


def _draw(kind: str, to: Path, option: str, *what: Any) -> None:
    """Draw a figure of this kind of `firsthand.figures.explanation`."""
    from firsthand.figures import explanation
    from firsthand.train.figures import save

    save(getattr(explanation, kind)(*what), to, "firsthand classify", option)


def _told(row: dict[str, Any]) -> str:
    """What a network sees in one picture, with a warning where it is unlike what the network was trained on."""
    sure, distance, limit = f"{100 * row['confidence']:.1f} %", row.get("distance"), row.get("distance_limit")
    first, second = escape(row["class"]), escape(row["runner_up"])
    told = f"{escape(row['path'])}: [bold]{first}[/] ({sure}; then {second}"
    if "margin" in row:  # between the outputs
        told += f"; margin {row['margin']:.2f}"
    if distance is None:
        return told + ")"
    if distance <= limit:
        return told + f"; distance {distance:.1f})"
    return f"{told}), but unlike what it was trained on: distance {distance:.1f}, where digits lie below {limit:g}"
