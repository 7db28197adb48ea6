"""The same as the command line, from Python: get a paper, train it, load a run, use what it learned."""

import inspect
import os
import shlex
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import asdict, replace
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from firsthand import papers, process
from firsthand.bounds import SEED, whole
from firsthand.errors import UserError, unknown
from firsthand.options import override
from firsthand.papers import Paper
from firsthand.run import Run
from firsthand.train.folder import RunFolder, cannot_write, write_json
from firsthand.train.launch import Launch, begin, fabric_for, log_to, together

if TYPE_CHECKING:
    from firsthand.train.comparison import Comparison

RUNS = Path("runs")  # where runs go unless --out says otherwise
COMPARISON = RUNS / "comparison.png"  # the figure of `firsthand compare` unless --to says otherwise


def get(key: str) -> Paper:
    """The paper with this key; raises UserError naming the nearest key."""
    return papers.get(key)


def train(
    key: str,
    preset: str = "laptop",
    *,
    variant: str | None = None,
    out: str | Path | None = None,
    weights: str | Path | None = None,
    launch: Launch | str = Launch(),
    progress: bool = True,
    **overrides: Any,
) -> "Run":
    """Train a paper's network and return the finished Run.

    `overrides` are recipe fields, nested ones as dotted names: `train("mlp", steps=500, **{"optim.lr": 0.1})`.
    `variant` names one of the paper's networks. `weights` names a run whose trained weights, and vocabulary, this one
    starts from, or a file of published weights; `launch="cpu"` is short for `Launch(device="cpu")`.
    Raises UserError for an unknown name or a value of the wrong type.
    """
    recipe = recipe_for(key, preset, variant, overrides)
    return start(key, preset, recipe, launched(launch), out, progress, weights)


def recipe_for(key: str, preset: str, variant: str | None, overrides: dict[str, Any]) -> Any:
    """A preset with another of the paper's networks, and with some fields changed."""
    recipe = get(key).preset(preset)
    if variant is not None:
        recipe = replace(recipe, model=get(key).variant(variant))
    return override(recipe, overrides)


def load_weights(key: str, variant: str, path: str | Path) -> Any:
    """A paper's network of this variant with published weights from a file, in evaluation mode.

    The file is safetensors or one of `torch.save`, in our names or in those of torchvision, timm, transformers or the
    CIFAR checkpoints. Raises UserError for a file that does not fit, naming the tensor.
    """
    from firsthand import weights

    return weights.load(get(key), variant, path)


def lightning_module(key: str, preset: str = "laptop", *, variant: str | None = None, **overrides: Any) -> Any:
    """A paper's task as a LightningModule, for Lightning's Trainer; its steps are those of `train`, bit for bit.

    Raises UserError where Lightning is not installed.
    """
    if find_spec("lightning") is None:
        raise UserError("Lightning is not installed: pip install 'firsthand[lightning]'.")
    from firsthand.train.lightning import TaskModule

    return TaskModule(recipe_for(key, preset, variant, overrides))


def launched(launch: Launch | str) -> Launch:
    """The launch options; a word is a device."""
    return override(Launch(), {"device": launch}) if isinstance(launch, str) else launch


def start(
    key: str,
    preset: str,
    recipe: Any,
    launch: Launch,
    out: str | Path | None,
    progress: bool,
    weights: str | Path | None = None,
) -> "Run":
    """Train this recipe in a new run folder, from the weights of a run or of a file, if they are named."""
    import torch

    from firsthand.provenance import provenance
    from firsthand.train import checkpoint
    from firsthand.train.engine import rehearse
    from firsthand.train.recipe import schedule_for

    source = None if weights is None else origin(key, weights, recipe.task)
    use_threads(recipe)
    task = recipe.task(recipe if source is None else source.understood(recipe))
    schedule_for(task.recipe, task.val is not None)
    torch.manual_seed(recipe.seed)  # layers that weights from elsewhere leave out start as this seed has it
    network = task.model()
    task.optimizer(network)  # a mistake in either should not leave a run folder behind
    first = None if source is None else checkpoint.of_network(source.first(task, network))
    rehearse(task, network)
    del network
    fabric = fabric_for(launch)
    begin(fabric)
    config = {
        "paper": key,
        "preset": preset,
        "data": task.recipe.data.name,
        "seed": recipe.seed,
        "recipe": asdict(task.recipe),
        "launch": asdict(launch),
        "weights": None if source is None else str(source.path.resolve()),
        **provenance(),
        "command": shlex.join(["firsthand", *sys.argv[1:]]) if process.ours else "Python",
    }
    folder, problem = RunFolder("."), None
    with ExitStack() as stack:
        if fabric.global_rank == 0:
            try:
                folder = RunFolder(out or own_folder(f"{key}-{preset}-seed{recipe.seed}"))
                folder.create(config | {"data_sha256": task.digest()})
                stack.enter_context(folder.held())
                if first is not None:
                    checkpoint.save(folder.checkpoints, "start", 0, first, {}, keep=1)
            except UserError as error:  # the other processes must hear of it, or they would wait for ever
                problem = str(error)
        path, problem = fabric.broadcast((folder.path, problem))
        if problem:
            raise UserError(problem)
        return _fit(task, RunFolder(path), progress, fabric, launch)


def origin(key: str, weights: str | Path, task: Any) -> Any:
    """Where first weights come from: a run, or a file of published weights, or what the task itself makes of it."""
    if task.origin is not None:
        return task.origin(weights, load)
    if not Path(weights).is_file():
        return load(weights)
    from firsthand.weights import Published

    return Published(get(key), weights)


def own_folder(name: str) -> Path:
    """A new folder under runs/ for a run of this name, its own even if another process asks in the same second."""
    first = RUNS / f"{name}-{datetime.now():%Y%m%d-%H%M%S}"
    path, number = first, 1
    while True:
        try:
            path.mkdir(parents=True)
            return path
        except FileExistsError:
            number += 1
            path = first.with_name(f"{first.name}-{number}")
        except OSError as error:
            raise cannot_write(path, error) from None


def resume(
    path: str | Path, *, steps: int | None = None, launch: Launch | str | None = None, progress: bool = True
) -> "Run":
    """Continue an interrupted run as if nothing had happened; a finished one is returned as it is.

    With `steps`, a finished run, too, goes on until it has trained that many in all; `launch` says where, if not where
    it ran before. Raises UserError for a number of steps that it has trained already.
    """
    from firsthand.train.progress import Screen, Silent

    run = load(path)
    if run.result is not None and steps is None:
        complete(run, (Screen() if progress and process.leads() else Silent()).say)
        return run
    recipe = run.recipe if steps is None else override(run.recipe, {"steps": steps})
    launch = run.launch if launch is None else launched(launch)
    fabric = fabric_for(launch)
    use_threads(recipe)
    with run.folder.held() if process.leads() else nullcontext():
        task = recipe.task(recipe)
        if process.leads() and run.config.get("data_sha256") not in (None, task.digest()):
            raise UserError(
                f"The data '{recipe.data.name}' has changed since {run.path} began to learn from it: put it back as it "
                f"was, or start a new run on it from these weights, with --weights {run.path}."
            )
        if steps is not None:
            extend(run, steps)
        begin(fabric)
        return _fit(task, run.folder, progress, fabric, launch)


def complete(run: "Run", say: Callable[[str], None]) -> None:
    """Draw the figures of a finished run that was killed before they were drawn."""
    if not process.leads() or (run.folder.figures / "loss.png").exists():  # the last of them
        return
    from firsthand.train.engine import illustrate

    say(f"Drawing the figures of {run.path}, which it was stopped before ...")
    try:
        illustrate(run.recipe.task(run.recipe), run.folder, run.model, say)
    except UserError as error:  # its data is gone, say: the result stands
        say(f"The figures of {run.path} cannot be drawn: {error}")


def extend(run: "Run", steps: int) -> None:
    """Let a run go on until it has trained `steps` in all: config.json says so, an earlier result.json steps aside."""
    from firsthand.train import checkpoint

    recipe, result = run.recipe, run.result
    saved = checkpoint.newest(run.folder.checkpoints, "step")
    done = saved[1]["step"] if saved else 0
    if steps < done or (result is not None and steps == done):
        raise UserError(f"{run.path} has trained {done:,} steps already: give --steps a larger number than that.")
    if saved and "diverged" in saved[1].get("state", {}).get("stopped", ""):
        raise UserError(f"The training of {run.path} diverged: start again with a smaller learning rate.")
    if not process.leads() or (steps == recipe.steps and result is None):
        return
    config = run.config
    config["recipe"]["steps"] = steps
    config["extended"] = [*config.get("extended", []), {"from": done, "before": recipe.steps, "steps": steps}]
    if result is not None:  # first: a kill between the two leaves an unfinished run that ends where it did
        os.replace(run.path / "result.json", run.path / f"result-{done:08d}.json")
    write_json(run.path / "config.json", config)


def _fit(task: Any, folder: RunFolder, progress: bool, fabric: Any, launch: Launch) -> "Run":
    from firsthand.train.engine import fit
    from firsthand.train.progress import Screen, Silent

    if launch.tensorboard:
        log_to(fabric, folder.path)
    if fabric.global_rank == 0:
        for name, content in task.files().items():
            write_json(folder.path / name, content)
    with together(fabric, folder.path):
        screen = Screen() if progress and fabric.global_rank == 0 else Silent()
        fit(task, folder, screen, fabric, launch.channels_last)
    return Run(folder)


def experiment(key: str, name: str, *, seed: int = 0, out: str | Path | None = None, **options: Any) -> dict[str, Any]:
    """Run one experiment of a paper's claims on one CPU thread and return what result.json says.

    With `out` a folder with config.json and result.json is written. Raises UserError for an unknown name or option.
    """
    import time

    import torch

    from firsthand.provenance import provenance

    whole("seed", seed, SEED)
    function = get(key).experiment(name)
    taken = inspect.signature(function).parameters
    for option in options:
        if option not in taken:
            raise unknown(f"option of {name}", option, taken)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        began = time.perf_counter()
        found = measured(function, name, seed, options)
        result = {"paper": key, "experiment": name, "seed": seed, "seconds": round(time.perf_counter() - began, 3)} | {
            "metrics": {title: value for title, value in found.items() if not isinstance(value, list)},
            "series": {title: value for title, value in found.items() if isinstance(value, list)},
        }
        if out is not None:
            folder = RunFolder(out)
            given = {"paper": key, "experiment": name, "seed": seed, "options": options}
            folder.create(given | provenance())
            write_json(folder.path / "result.json", result)
    finally:
        torch.set_num_threads(threads)  # of the caller's Python, which goes on
    return result


def measured(function: Callable, name: str, seed: int, options: dict[str, Any]) -> dict[str, Any]:
    """What an experiment returns; raises UserError for options that it fails with."""
    try:
        return function(seed=seed, **options)
    except (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError) as error:
        defaults = inspect.signature(function).parameters
        if isinstance(error, UserError) or all(defaults[option].default == value for option, value in options.items()):
            raise
        given = ", ".join(f"{option} {value}" for option, value in options.items())
        reason = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
        raise UserError(f"{name} cannot be measured with {given}: {reason}.") from error


def load(name: str | Path) -> "Run":
    """A run by its folder, by its folder's name under runs/, or the newest sound run of a paper by the paper's key."""
    for path in (Path(name), RUNS / name):
        if os.path.lexists(path / "config.json"):
            run = Run(RunFolder(path))
            if run.is_experiment:
                raise UserError(f"{path} is the folder of an experiment, not of a training run.")
            _ = run.config  # or say at once what is wrong with it
            return run
    found = every(RUNS)
    newest = [run for run in found if run.problem is None and run.config["paper"] == str(name)]
    if newest:
        return newest[-1]
    if os.path.lexists(name):
        try:
            os.listdir(name)
        except OSError as error:
            raise UserError(f"{name} cannot be read: {error.strerror}.") from None
        raise UserError(f"{name} is not a run folder: it has no config.json.")
    if not found:
        raise UserError(f"There is no run '{name}', and none in {RUNS}/ yet: `firsthand train mlp` makes one.")
    raise unknown("run", str(name), [run.path.name for run in found], "`firsthand runs` lists them")


def vectors(name: str | Path, most: int | None = None) -> Any:
    """Vectors of words, as `WordVectors`: a run's, or those of a file of word2vec or GloVe, the first `most` of them.

    Raises UserError for a run that has none, and for a file that is none.
    """
    if os.path.isfile(name):
        from firsthand.data.wordvectors import read

        if most is not None:
            whole("most", most, "[1, 1e12]")
        return read(name, most)
    found = load(name).vectors
    return found if most is None else found.most_frequent(most)


def runs(folder: str | Path = RUNS) -> list["Run"]:
    """All runs in a folder whose files are sound, oldest first."""
    return [run for run in every(folder) if run.problem is None]


def every(folder: str | Path) -> list["Run"]:
    """The same with those that have a `problem`."""

    def changed(path: Path) -> float:
        try:
            return path.stat().st_mtime
        except OSError:
            return 0.0

    found = [Run(RunFolder(path.parent)) for path in sorted(Path(folder).glob("*/config.json"), key=changed)]
    return [run for run in found if not run.is_experiment]


def compare(
    names: Sequence["str | Path | Run"],
    against: Literal["seconds", "steps"] = "seconds",
    *,
    title: str | None = None,
    to: str | Path | None = None,
) -> "Comparison":
    """Lay two runs or more beside one another: rows, the options in which they differ, and the figure of their losses.

    `names` are Runs, or what `load` takes; with `to`, a .png, .svg or .pdf, the figure is written there. Raises
    UserError for losses that cannot be compared, and for a file `to` that is not a figure made here before.
    """
    from firsthand.train.comparison import MADE, compared
    from firsthand.train.figures import target

    if isinstance(names, str | Path) or len(names) < 2:
        raise UserError("Which runs? firsthand compare RUN RUN ..., each a folder or a paper's key.")
    path = None if to is None else Path(to)
    if path not in (None, COMPARISON):  # the file of this name is ours
        path = target(path, COMPARISON.name, MADE, "--to")
    found = [name if isinstance(name, Run) else load(name) for name in names]
    return compared([run.folder for run in found], against, title, path)


def use_threads(recipe: Any) -> None:
    """Compute on as many CPU threads as the recipe says."""
    import torch

    if recipe.threads is not None:
        torch.set_num_threads(recipe.threads)
