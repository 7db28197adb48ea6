"""The same from Python: train, load, resume, use."""

import json
import subprocess
import sys
from itertools import pairwise

import pytest
import torch

import firsthand
from firsthand import api
from firsthand.errors import UserError
from firsthand.papers.mlp.recipe import PRESETS
from firsthand.train import checkpoint
from firsthand.train.launch import Interrupted, Launch
from firsthand.train.progress import Silent

pytestmark = pytest.mark.usefixtures("without_figures")


def test_importing_costs_nothing():
    """Neither torch nor the rest of the package is loaded by `import firsthand`."""
    code = (
        "import sys, firsthand; assert not {'torch', 'numpy', 'tyro', 'rich'} & set(sys.modules); firsthand.get('mlp')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_names_of_the_package():
    """Everything that __all__ promises is there, and stays there whatever else is imported."""
    import firsthand.check.models
    import firsthand.reproduce.runner
    import firsthand.train.engine

    for name in firsthand.__all__:
        assert callable(getattr(firsthand, name)) and getattr(firsthand, name).__doc__, name
        assert f"firsthand.{name}" in firsthand.__doc__ or name in ("Run", "UserError"), name
    with pytest.raises(AttributeError, match="firsthand has no 'trian'"):
        firsthand.trian  # noqa: B018


@pytest.mark.parametrize(("name", "module"), [("train", "engine"), ("check", "models"), ("reproduce", "runner")])
def test_packages_that_are_functions_too(name, module):
    """The subpackage of the same name must not take its place, in whatever order things are imported."""
    code = f"""
import inspect, firsthand
for _ in range(2):
    try: firsthand.{name}("nothing")
    except firsthand.UserError: pass
import firsthand.{name}.{module}
from firsthand.{name} import {module}
assert firsthand.{name}.{module} is {module} and list(inspect.signature(firsthand.{name}).parameters)[0] == "key"
try: firsthand.{name}("nothing")
except firsthand.UserError as error: print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.startswith("There is no paper 'nothing'"), done.stderr


def test_train(train, lines_file):
    """A finished Run with all that the folder says; the recipe is what was asked for."""
    run = train("run", {"optim.lr": 0.01, "model.hidden": (5, 7), "data": lines_file})
    assert run.result["steps"] == 40
    assert run.config["recipe"]["optim"]["lr"] == 0.01
    assert run.recipe.model.hidden == (5, 7) and run.recipe.model.vocab == 15  # 9 consonants, 5 vowels, the end
    assert run.recipe == firsthand.load(run.path).recipe
    assert [row["step"] for row in run.metrics] == [10, 20, 20, 30, 40, 40]
    assert repr(run) == f"Run({str(run.path)!r})"
    assert len(run.sample(5)) == 5
    times = list(run.folder.times)
    assert [row["step"] for row in times] == [row["step"] for row in run.metrics]
    assert all(0 < a["seconds"] <= b["seconds"] for a, b in pairwise(times))


def test_the_config_says_where_it_came_from(train):
    """Enough to do it again: versions, machine, command, the whole recipe."""
    config = train().config
    assert config["firsthand"] == firsthand.__version__
    assert config["machine"]["torch"] == torch.__version__ and config["machine"]["threads"] >= 1
    assert config["command"] == "Python" and config["launch"]["device"] == "cpu"
    json.dumps(config["recipe"])


def test_the_model_is_ready_to_use(train):
    """In evaluation mode, with the weights that count: of the best step, or of the last."""
    too_fast = {"model.dropout": 0.5, "optim.lr": 1.0, "schedule.name": "constant", "eval_every": 5}
    best = train("best", too_fast)
    assert not best.model.training
    tensors, content = checkpoint.newest(best.folder.checkpoints, "best")
    assert f"step {content['step']}" in best.result["weights"]
    assert content["step"] < 40, "the best weights should not be the last"
    for name, value in best.model.state_dict().items():
        assert torch.equal(value, tensors[f"model.{name}"])
    last = train("last", too_fast | {"keep": "last"})
    tensors, _ = checkpoint.newest(last.folder.checkpoints, "step")
    for name, value in last.model.state_dict().items():
        assert torch.equal(value, tensors[f"model.{name}"])


def test_an_unfinished_run_can_be_used(train, tmp_path, monkeypatch):
    """With its newest weights; without any checkpoint the way out is named."""

    def step(self, done, shown):
        if done == 13:
            raise KeyboardInterrupt

    monkeypatch.setattr(Silent, "step", step)
    with pytest.raises(KeyboardInterrupt):
        train("run", {"checkpoint_every": 5, "eval_every": 100})
    run = firsthand.load(tmp_path / "run")
    assert run.result is None
    assert len(run.sample(3)) == 3
    for path in run.folder.checkpoints.iterdir():
        path.unlink()
    with pytest.raises(UserError, match="has no checkpoint yet: continue it with `firsthand train --resume"):
        firsthand.load(tmp_path / "run").sample(3)


def test_overrides_are_checked():
    """Before anything is loaded."""
    with pytest.raises(UserError, match="did you mean 'steps'"):
        firsthand.train("mlp", stepz=5)
    with pytest.raises(UserError, match="did you mean 'laptop'"):
        firsthand.train("mlp", "laptp")
    with pytest.raises(UserError, match="did you mean 'mlp'"):
        firsthand.train("mpl")


def test_folders_of_their_own(tiny, tmp_path, monkeypatch):
    """Two runs in the same second do not meet."""
    monkeypatch.chdir(tmp_path)

    class Clock(api.datetime):
        @classmethod
        def now(cls, tz=None):
            return cls(2020, 1, 2, 3, 4, 5)

    monkeypatch.setattr(api, "datetime", Clock)
    paths = [firsthand.train("mlp", progress=False, **tiny).path.name for _ in range(3)]
    assert paths == [f"mlp-laptop-seed0-20200102-030405{end}" for end in ("", "-2", "-3")]


def test_load(train, tmp_path, monkeypatch):
    """By folder, by name under runs/, or the newest of a paper; a damaged config is named."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(
        UserError, match="There is no run 'mlp', and none in runs/ yet: `firsthand train mlp` makes one"
    ):
        firsthand.load("mlp")
    first, second = train("runs/first"), train("runs/second")
    assert firsthand.load(first.path).path == first.path
    assert firsthand.load("first").path.name == "first"
    assert firsthand.load("mlp").path.name == "second"
    assert [run.path.name for run in api.runs("runs")] == ["first", "second"]
    with pytest.raises(UserError, match="There is no run 'thirst': did you mean 'first'"):
        firsthand.load("thirst")
    (tmp_path / "runs" / "empty").mkdir()
    with pytest.raises(UserError, match=r"is not a run folder: it has no config.json"):
        firsthand.load(tmp_path / "runs" / "empty")
    (second.path / "config.json").write_text("{")
    with pytest.raises(UserError, match=r"second.config.json is damaged"):
        firsthand.load(second.path).config  # noqa: B018


def test_a_run_of_other_data(train, lines_file, tmp_path, stop_at):
    """The file changed between two sittings, so that its characters are others: refused, not mixed."""
    own = tmp_path / "own.txt"
    own.write_bytes(lines_file.read_bytes())
    stop_at(25)
    with pytest.raises(Interrupted):
        train("run", {"data": own})
    own.write_text(lines_file.read_text() + "zyx\n")
    with pytest.raises(UserError, match="the data has 18 tokens"):
        firsthand.resume(tmp_path / "run", progress=False)


def test_presets_are_the_defaults():
    """What `get` gives is the paper itself."""
    paper = firsthand.get("mlp")
    assert paper.presets is PRESETS and paper.card.key == "mlp"
    assert sum(p.numel() for p in paper.network().parameters()) == paper.card.parameters


def test_the_obvious_short_forms(train, tiny, tmp_path):
    """A device instead of launch options, one path instead of a list of paths; an unknown device is one sentence."""
    run = firsthand.train("mlp", out=tmp_path / "run", launch="cpu", progress=False, **tiny)
    assert run.launch == Launch(device="cpu") and firsthand.resume(run.path, launch="cpu").result == run.result
    with pytest.raises(UserError, match=r"There is no value of .*device 'cpuu': did you mean 'cpu'"):
        firsthand.train("mlp", out=tmp_path / "other", launch="cpuu", progress=False, **tiny)
    recipe = {"steps": 1, "eval_every": 1, "checkpoint_every": 1, "log_every": 1, "diagnose_every": None}
    reader = firsthand.train("lenet", "digits", out=tmp_path / "lenet", progress=False, **recipe)
    (row,) = reader.classify("one.png")
    assert row["error"].startswith("There is no file one.png")


def test_a_diverged_run(train, tmp_path, capsys):
    """Says so, has a result, and ends the command with exit code 1, each time."""
    from firsthand.cli import main

    changes = {"optim.name": "sgd", "optim.weight_decay": None, "optim.lr": 1e30, "schedule.name": "constant"}
    run = train("run", changes)
    assert run.diverged and not train("sound").diverged
    with pytest.raises(SystemExit) as end:
        main(["train", "--resume", str(run.path)])
    assert end.value.code == 1 and "The training diverged: try a smaller learning rate." in capsys.readouterr().err


def test_options_that_an_experiment_fails_with():
    """They are named; what fails at the defaults is a fault of ours and stays one."""
    with pytest.raises(UserError, match=r"heads cannot be measured with steps 0: .*\."):
        api.experiment("selfattention", "heads", steps=0)
    with pytest.raises(UserError, match=r"symmetry cannot be measured with runs 9223372036854775808: .*\."):
        api.experiment("backprop", "symmetry", runs=2**63)
