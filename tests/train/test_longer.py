"""A finished run trains on, and a run starts from another's weights."""

import json
import math
import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

import firsthand
from firsthand import api
from firsthand.cli import main
from firsthand.errors import UserError
from firsthand.train import checkpoint
from firsthand.train.launch import Interrupted, Launch
from firsthand.train.progress import Silent

pytestmark = pytest.mark.usefixtures("without_figures")
TIMES = {"seconds": 0, "waiting": 0}  # of a result, what the seed does not decide
STEADY = {"schedule.name": "constant", "optim.name": "adam", "optim.lr": 0.01, "model.dropout": 0.3}


def weights(run: api.Run) -> bytes:
    """The weights of the run's last checkpoint."""
    return max(run.folder.checkpoints.glob("step-*.safetensors")).read_bytes()


def test_more_steps_are_those_of_a_longer_run(train):
    """With a rate that does not depend on the end, bit for bit; what came out before is kept under its step."""
    whole, run = train("whole", STEADY | {"steps": 80}), train("parts", STEADY)
    before = run.result
    longer = firsthand.resume(run.path, steps=80, progress=False)
    assert weights(longer) == weights(whole)
    assert longer.metrics == whole.metrics
    assert longer.result | TIMES == whole.result | TIMES
    assert longer.config["recipe"]["steps"] == 80 and longer.config["extended"] == [
        {"from": 40, "before": 40, "steps": 80}
    ]
    assert json.loads((run.path / "result-00000040.json").read_text()) == before


def test_a_schedule_with_an_end_is_stretched_and_says_so(train, monkeypatch):
    """Half a cosine: at step 40 of 40 it is almost down, at step 40 of 80 half way."""
    said: list[str] = []
    monkeypatch.setattr(Silent, "say", lambda self, text: said.append(text))
    run = train("run", {"optim.lr": 0.5, "schedule.name": "cosine"})
    firsthand.resume(run.path, steps=80, progress=False)
    before, now = (0.5 * (1 + math.cos(math.pi * 39 / end)) / 2 for end in (40, 80))
    assert [text for text in said if text.startswith("The schedule")] == [
        f"The schedule 'cosine' now runs to step 80: the learning rate at step 40 was {before:.3g} "
        f"and would be {now:.3g}."
    ]
    assert firsthand.load(run.path).metrics[-2]["lr"] == pytest.approx(0.5 * (1 + math.cos(math.pi * 79 / 80)) / 2)


def test_a_run_that_stopped_early_goes_on(train):
    """Its patience begins anew."""
    run = train("run", {"eval_every": 5, "patience": 1, "optim.lr": 1e-30, "optim.name": "sgd"})
    assert run.result["steps"] == 10 and "no better validation loss" in run.result["stopped"]
    assert firsthand.resume(run.path, steps=45, progress=False).result["steps"] == 15


def test_a_kill_between_result_and_config(train):
    """The result has stepped aside, the recipe is the old one: the run ends where it ended."""
    run = train()
    before = run.result
    (run.path / "result.json").rename(run.path / "result-00000040.json")
    assert firsthand.resume(run.path, progress=False).result == before


def test_an_unfinished_run_can_be_given_more_or_fewer_steps(train, stop_at):
    stop_at(25)
    with pytest.raises(Interrupted):
        train("run", STEADY)
    path = train("whole", STEADY | {"steps": 30}).path.with_name("run")
    run = firsthand.resume(path, steps=30, progress=False)
    assert run.result["steps"] == 30 and weights(run) == weights(firsthand.load(path.with_name("whole")))


@pytest.mark.parametrize(
    ("changes", "steps", "sentence"),
    [
        ({}, 40, "has trained 40 steps already: give --steps a larger number"),
        ({}, 3, "has trained 40 steps already"),
        ({}, 0, "steps"),
        ({"optim.lr": 1e30, "optim.name": "sgd"}, 80, "diverged: start again with a smaller learning rate"),
    ],
)
def test_what_cannot_train_on(changes, steps, sentence, train):
    """One sentence, and nothing has changed."""
    run = train("run", changes)
    before = {path: path.read_bytes() for path in run.path.rglob("*.json")}
    with pytest.raises(UserError, match=sentence):
        firsthand.resume(run.path, steps=steps, progress=False)
    with pytest.raises(UserError, match=r"CUDA|devices"):
        firsthand.resume(run.path, steps=80, launch=Launch(device="cuda", devices=10**6), progress=False)
    assert {path: path.read_bytes() for path in run.path.rglob("*.json")} == before


def test_weights_of_another_run(train, stop_at):
    """Unmoved, they score what they scored; they are kept, so that the other run may go and this one be continued."""
    other = train("other", {"model.batch_norm": "none"})  # whose averages would move
    still = {"optim.lr": 1e-30, "optim.name": "sgd", "model.batch_norm": "none", "weights": other.path}
    unmoved = train("unmoved", still)
    assert unmoved.result["metrics"] == other.result["metrics"]
    assert unmoved.config["weights"] == str(other.path)
    whole = train("whole", {"model.batch_norm": "none", "weights": other.path})
    stop_at(7)
    with pytest.raises(Interrupted):
        train("parts", {"model.batch_norm": "none", "weights": other.path})
    for path in (whole.path.with_name("parts") / "checkpoints").glob("step-*"):
        path.unlink()
    shutil.rmtree(other.path)
    assert weights(firsthand.resume(whole.path.with_name("parts"), progress=False)) == weights(whole)


def test_weights_bring_their_vocabulary(train, lines_file, tmp_path):
    """Other data of the same characters, or fewer, is read with the run's vocabulary; other characters are named."""
    other = train("other")
    some = [line for line in lines_file.read_text().split() if not set(line) & set("bdz")]
    mine = tmp_path / "mine.txt"
    mine.write_text("\n".join(some))
    run = train("run", {"data": str(mine), "weights": other.path})
    assert (run.path / "vocabulary.json").read_text() == (other.path / "vocabulary.json").read_text()
    shutil.rmtree(other.path)
    assert firsthand.resume(run.path, steps=50, progress=False).sample(3)
    mine.write_text("\n".join([*some, "ça", "où"]))
    with pytest.raises(UserError, match="The vocabulary does not have 'çù'"):
        train("third", {"data": str(mine), "weights": run.path})
    assert not (tmp_path / "third").exists()


def test_running_text_with_the_tokens_of_another(tmp_path):
    """Tokens that the vocabulary does not have are unknown; a text of which most is unknown is refused."""
    small = {"steps": 3, "window": 8, "batch": 4, "model.embed": 4, "model.hidden": 5, "progress": False}
    for name, words in (("one", "to be or not to be "), ("two", "to do or not, do? "), ("three", "xyz" * 6)):
        (tmp_path / name).write_text(words * 30)
    one = firsthand.train("rnn", data=str(tmp_path / "one"), out=tmp_path / "a", **small)
    two = firsthand.train("rnn", data=str(tmp_path / "two"), out=tmp_path / "b", weights=one.path, **small)
    assert two.recipe.model.vocab == len(set("to be or not")) + 1
    loaded = two.recipe.data.load()
    assert loaded.vocabulary.decode(loaded.train[:13]) == "to <unk>o or not<unk>"
    with pytest.raises(UserError, match=r"has only 0 of the 540 tokens"):
        firsthand.train("rnn", data=str(tmp_path / "three"), out=tmp_path / "c", weights=one.path, **small)


@pytest.mark.parametrize(
    ("key", "changes", "sentence"),
    [
        ("mlp", {"model.hidden": (12,)}, r"0.weight is \(11, 9\) there and \(12, 9\) here; it had --model.hidden 11"),
        ("lenet", {}, "a run of 'mlp', do not fit"),
    ],
)
def test_weights_that_do_not_fit(key, changes, sentence, train, tiny, tmp_path):
    """The first tensor that differs is named; no folder is left behind."""
    other = train("other")
    sizes = tiny | changes if key == "mlp" else {"data": "digits"}
    with pytest.raises(UserError, match=sentence):
        firsthand.train(key, out=tmp_path / "new", weights=other.path, progress=False, **sizes)
    assert not (tmp_path / "new").exists()


def test_folders_of_the_same_second(tmp_path, monkeypatch):
    """Each run has its own; one that is refused after its folder was made leaves none."""
    monkeypatch.setattr(api, "RUNS", tmp_path / "runs")
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(api.own_folder, ["mlp-laptop-seed0"] * 40))
    assert len(set(made)) == 40 and all(path.is_dir() for path in made)
    with pytest.raises(UserError, match="Fabric cannot start"):
        firsthand.train("mlp", steps=1, launch=Launch(device="cpu", strategy="nonsense"), progress=False)
    assert len(list((tmp_path / "runs").iterdir())) == 40


def test_start_checkpoints_hold_the_weights_that_count(train):
    """Those of the best validation loss, bit for bit."""
    other = train("other")
    run = train("run", {"weights": other.path})
    kept = checkpoint.weights(checkpoint.newest(run.folder.checkpoints, "start")[0])
    for name, value in other.model.state_dict().items():
        assert torch.equal(kept[name], value), name


def test_a_run_of_another_machine(train, stop_at, capsys, monkeypatch):
    """Where a run computed is not where it must go on: --resume takes the options of where to compute."""
    stop_at(25)
    with pytest.raises(Interrupted):
        train("run", STEADY)
    whole = train("whole", STEADY)
    path = whole.path.with_name("run")
    config = json.loads((path / "config.json").read_text())
    config["launch"]["device"] = "cuda"
    (path / "config.json").write_text(json.dumps(config))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(SystemExit, match="2"):
        main(["train", "--resume", str(path)])
    assert "choose --device cpu or --device auto" in capsys.readouterr().err
    main(["train", "--resume", str(path), "--device", "cpu", "--json"])
    assert weights(firsthand.load(path)) == weights(whole)
