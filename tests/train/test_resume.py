"""An interrupted run goes on as if nothing had happened: bit for bit, however it was stopped."""

import json
import os
import random
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import firsthand
from firsthand import process
from firsthand.train import checkpoint
from firsthand.train.launch import Interrupted
from firsthand.train.progress import Silent

# No two of the intervals divide each other, but records of health fall on checkpoints, where a kill is hardest.
INTERVALS = {"log_every": 7, "eval_every": 30, "checkpoint_every": 25, "diagnose_every": 10}
RULES = {
    "adam, dropout, batch norm": {
        "optim.name": "adam", "optim.weight_decay": 0.01, "model.dropout": 0.3, "schedule.name": "one-cycle",
    },
    "momentum, accumulate, clip": {
        "optim.name": "sgd", "optim.lr": 0.1, "optim.momentum": 0.9, "optim.weight_decay": None, "accumulate": 4,
        "model.batch_norm": "none", "model.dropout": 0.2, "schedule.name": "cosine", "schedule.warmup": 20, "clip": 1.0,
        "order": "replacement", "keep": "last",
    },
    "plateau, max-norm, exponential average": {
        "optim.name": "sgd", "optim.lr": 0.3, "optim.momentum": 0.9, "optim.dampening": 0.5, "optim.weight_decay": None,
        "schedule.name": "plateau", "schedule.factor": 0.5, "schedule.patience": 0, "schedule.threshold": 0.5,
        "clip_value": 0.01, "max_norm": 1.0, "average": "exponential", "average_decay": 0.9, "eval_every": 10,
    },
    "polyak average, the last weights": {"average": "polyak", "keep": "last", "optim.name": "rmsprop"},
}  # fmt: skip
TIMES = {"seconds": 0, "waiting": 0}  # of a result, what the seed does not decide


pytestmark = pytest.mark.usefixtures("without_figures")


def traces(folder: Path) -> dict[str, Any]:
    """Everything that the seed decides: rows, records of health, the weights that count, the last state, the scores."""
    checkpoints = folder / "checkpoints"
    paths = [folder / "metrics.jsonl", folder / "diagnostics.jsonl", *checkpoints.glob("best-*.safetensors")]
    paths.append(max(checkpoints.glob("step-*.safetensors")))
    result = json.loads((folder / "result.json").read_text())
    return {path.name: path.read_bytes() for path in paths if path.exists()} | {"result": result | TIMES}


def same(a: Path, b: Path) -> None:
    """Both runs left the same bytes."""
    ours, theirs = traces(a), traces(b)
    assert ours.keys() == theirs.keys()
    for name in ours:
        assert ours[name] == theirs[name], name


@pytest.mark.parametrize("rule", RULES)
def test_ctrl_c_at_any_step(rule, train, stop_at):
    """1: nothing logged yet; 24, 25, 26: around a checkpoint; 30: after an evaluation; 39: just before the end."""
    changes = INTERVALS | RULES[rule]
    whole = train("whole", changes)
    stops = (1, 24, 25, 26, 30, 39)
    stop_at(*stops)
    for number, step in enumerate(stops):
        with pytest.raises(Interrupted, match=f"Stopped by SIGINT at step {step};") as stopped:
            train("parts", changes) if number == 0 else firsthand.resume(parts, progress=False)
        assert stopped.value.number == signal.SIGINT
        parts = whole.path.with_name("parts")
        assert checkpoint.newest(parts / "checkpoints", "step")[1]["state"]["step"] == step
    firsthand.resume(parts, progress=False)
    same(whole.path, parts)


def test_handlers_are_given_back(train):
    """After a run Ctrl-C means what it meant before."""
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    train()
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_a_second_ctrl_c_ends_at_once(train, monkeypatch):
    """Two signals that are not one burst: no waiting for the checkpoint."""
    monkeypatch.setattr(process, "BURST", 0.0)

    def step(self: Silent, done: int, shown: dict) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(Silent, "step", step)
    with pytest.raises(KeyboardInterrupt):
        train()


def test_a_signal_at_the_last_step_is_too_late(train, stop_at):
    """The run is over: it ends as usual."""
    stop_at(40)
    assert train().result["steps"] == 40


FIRST, *OTHERS = RULES


@pytest.mark.parametrize("rule", [FIRST, *(pytest.param(rule, marks=pytest.mark.slow) for rule in OTHERS)])
def test_kill_9_at_random_moments(rule, command, flags, train, tiny, tmp_path):
    """Real processes, really killed, at moments that differ from one test run to the next."""
    changes = INTERVALS | RULES[rule] | {"steps": 700}
    whole = train("whole", changes)
    seed = random.randrange(1000)
    print("kill moments from seed", seed)
    dice = random.Random(seed)
    parts = tmp_path / "parts"
    rows = parts / "metrics.jsonl"

    def written() -> int:
        return rows.stat().st_size if rows.exists() else 0

    words = ["mlp", *flags(tiny | changes), "--out", parts]
    kills = 0
    for _ in range(2):
        process = command("train", *words)
        target = written() + dice.randrange(1, 3000)  # of about 10,000 bytes
        while process.poll() is None and written() < target:
            time.sleep(0.001)
        time.sleep(dice.random() * 0.01)
        process.kill()
        process.communicate()
        kills += process.returncode == -signal.SIGKILL
        words = ["--resume", parts] if (parts / "config.json").exists() else words
    assert kills, "the run was over before the first kill"
    process = command("train", *words, "--json")
    stdout, stderr = process.communicate()
    assert process.returncode == 0, stderr
    assert json.loads(stdout)["steps"] == 700
    same(whole.path, parts)


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_signals_end_a_process_in_order(name, command, flags, tiny, tmp_path):
    """One line on stderr, the exit code that shells expect, and a checkpoint at the very step."""
    number = signal.Signals[name]
    endless = flags(tiny | {"steps": 1_000_000, "checkpoint_every": 1_000_000})
    process = command("train", "mlp", *endless, "--out", tmp_path / "run")
    rows = tmp_path / "run" / "metrics.jsonl"
    while process.poll() is None and not rows.exists():
        time.sleep(0.01)
    process.send_signal(number)
    stdout, stderr = process.communicate()
    assert process.returncode == 128 + number, stderr
    assert stdout == ""
    last = stderr.splitlines()[-1]
    saved = checkpoint.newest(tmp_path / "run" / "checkpoints", "step")
    assert last == f"Stopped by {name} at step {saved[1]['state']['step']}; everything so far is saved."
    assert "Traceback" not in stderr
    assert firsthand.load(tmp_path / "run").result is None


def damage_byte(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


DAMAGES = {
    "a flipped bit": damage_byte,
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:-9]),
    "empty": lambda path: path.write_bytes(b""),
    "gone": lambda path: path.unlink(),
    "its JSON cut short": lambda path: DAMAGES["cut short"](path.with_suffix(".json")),
    "its JSON empty": lambda path: DAMAGES["empty"](path.with_suffix(".json")),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_checkpoint(damage, train, stop_at, monkeypatch):
    """It is reported, the one before it is used, and the run still ends in the same bytes."""
    changes = INTERVALS | RULES["adam, dropout, batch norm"]
    whole = train("whole", changes)
    stop_at(33)
    with pytest.raises(Interrupted):
        train("parts", changes)
    parts = whole.path.with_name("parts")
    said = []
    monkeypatch.setattr(Silent, "say", lambda self, text: said.append(text))
    DAMAGES[damage](parts / "checkpoints" / "step-00000033.safetensors")
    firsthand.resume(parts, progress=False)
    assert "step-00000033.safetensors is damaged (" in said[0]
    assert said[1] == f"Resuming {parts} from step 25."
    same(whole.path, parts)


def test_all_checkpoints_damaged(train, tmp_path, stop_at):
    """Nothing to go on from: said in one sentence, nothing trained."""
    stop_at(33)
    with pytest.raises(Interrupted):
        train("parts", INTERVALS)
    for path in (tmp_path / "parts" / "checkpoints").glob("step-*.safetensors"):
        damage_byte(path)
    with pytest.raises(firsthand.UserError, match=r"^Every 'step' checkpoint in .* is damaged; train again"):
        firsthand.resume(tmp_path / "parts", progress=False)


def test_the_torn_last_line_of_a_killed_run(train, stop_at):
    """Half a row in a file of rows is dropped; rows after the checkpoint are written again."""
    changes = INTERVALS | RULES["adam, dropout, batch norm"]
    whole = train("whole", changes)
    stop_at(33)
    with pytest.raises(Interrupted):
        train("parts", changes)
    parts = whole.path.with_name("parts")
    for name, row in (("metrics.jsonl", {"step": 35, "loss": 1.0}), ("diagnostics.jsonl", {"step": 33, "layers": []})):
        with open(parts / name, "a") as file:
            file.write(json.dumps(row) + "\n" + json.dumps(row)[:-7])
    firsthand.resume(parts, progress=False)
    same(whole.path, parts)


def test_a_finished_run_is_returned_as_it_is(train):
    """Resuming it trains nothing and changes no file."""
    run = train()
    before = {path: path.stat().st_mtime_ns for path in run.path.rglob("*")}
    assert firsthand.resume(run.path, progress=False).result == run.result
    assert {path: path.stat().st_mtime_ns for path in run.path.rglob("*")} == before


def test_killed_before_its_first_checkpoint(train):
    """Only config.json was written: the run starts again, and has everything that a run has in the end."""
    whole = train("whole", INTERVALS)
    parts = whole.path.with_name("parts")
    parts.mkdir()
    (parts / "config.json").write_bytes((whole.path / "config.json").read_bytes())
    firsthand.resume(parts, progress=False)
    same(whole.path, parts)
    assert firsthand.load(parts).sample(3) == whole.sample(3)


def test_killed_while_the_result_was_written(train):
    """After the last step only scores, figures and result.json are made again."""
    run = train("run", INTERVALS)
    before = traces(run.path)
    (run.path / "result.json").unlink()
    firsthand.resume(run.path, progress=False)
    assert traces(run.path) == before


@pytest.fixture
def stopped(train, stop_at, tmp_path) -> Callable[..., Path]:
    """stopped({...}) is the folder of a run that was stopped at step 33 of 40; its checkpoint before is of step 25."""

    def start(changes: dict[str, Any] | None = None) -> Path:
        stop_at(33)
        with pytest.raises(Interrupted):
            train("parts", INTERVALS | (changes or {}))
        return tmp_path / "parts"

    return start


def edited(name: str, old: str, new: str) -> Any:
    """Replace the first such place in a file."""

    def edit(run: Path) -> None:
        text = (run / name).read_text()
        assert old in text
        (run / name).write_text(text.replace(old, new, 1))

    return edit


CHANGED = {
    "a row gone": (edited("metrics.jsonl", '{"step": 7', '{"stop": 7'), "metrics.jsonl, .*, has changed: put it back"),
    "a number": (edited("metrics.jsonl", '"lr": 0', '"lr": 1'), "metrics.jsonl, .*, has changed"),
    "times": (edited("times.jsonl", '{"step": 7', '{"step": 8'), "times.jsonl, .*, has changed"),
    "diagnostics": (edited("diagnostics.jsonl", '"mean": ', '"mean": 1'), "diagnostics.jsonl, which had 4 rows at"),
    "a file gone": (lambda run: (run / "times.jsonl").unlink(), "times.jsonl, .*, is gone: put it back"),
    "a file emptied": (lambda run: (run / "metrics.jsonl").write_text(""), "metrics.jsonl, .*, has changed"),
    "the recipe": (edited("config.json", '"batch": 16', '"batch": 8'), "config.json has changed since step 33"),
    "the preset": (edited("config.json", '"laptop"', '"paper"'), "config.json has changed since step 33"),
    "the end": (edited("config.json", '"steps": 40', '"steps": 60'), "config.json has changed since step 33"),
    "the best": (lambda run: [path.unlink() for path in (run / "checkpoints").glob("best-*")], "best-.*, are gone"),
}  # fmt: skip


@pytest.mark.parametrize("what", CHANGED)
def test_what_has_changed_is_not_gone_on_with(what, stopped):
    """One sentence with two ways out; nothing is written, and with the old content back, the run goes on."""
    run = stopped()
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    edit, sentence = CHANGED[what]
    edit(run)
    spoilt = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    with pytest.raises(firsthand.UserError, match=rf"^\S+ cannot be continued. Its .*{sentence}.* --weights \S+\.$"):
        firsthand.resume(run, progress=False)
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == spoilt
    for path, content in before.items():
        path.write_bytes(content)
    assert firsthand.resume(run, progress=False).result["steps"] == 40


@pytest.mark.parametrize(
    ("old", "new"), [('"step": 33', '"step": 15'), ('"loss_count": 5', '"loss_count": 4'), ('"own', '"kwn')]
)
def test_a_checkpoint_knows_its_own_json(old, new, train, stopped, monkeypatch):
    """An edited step, or one bit: the checkpoint before it is used, with the same bits in the end."""
    whole = train("whole", INTERVALS)
    run = stopped()
    edited("checkpoints/step-00000033.json", old, new)(run)
    said: list[str] = []
    monkeypatch.setattr(Silent, "say", lambda self, text: said.append(text))
    firsthand.resume(run, progress=False)
    assert "step-00000033.safetensors is damaged (its JSON has changed since it was written)" in said[0]
    same(whole.path, run)


def test_other_data_of_the_same_length(stopped, lines_file, tmp_path):
    """Letters that changed places are noticed, by other data and by the data itself."""
    mine = tmp_path / "mine.txt"
    mine.write_bytes(lines_file.read_bytes())
    run = stopped({"data": str(mine)})
    text = mine.read_text()
    for other in (text.translate(str.maketrans("ab", "ba")), text.replace("ka", "ak", 1)):
        mine.write_text(other)
        with pytest.raises(firsthand.UserError, match=r"^The data '.*mine.txt' has changed since .* --weights \S+\.$"):
            firsthand.resume(run, progress=False)
    mine.write_text(text)
    assert firsthand.resume(run, progress=False).result["steps"] == 40


def test_one_process_at_a_time(stopped, command):
    """A second --resume is refused in one sentence; a killed process holds nothing."""
    run = stopped({"steps": 100_000, "checkpoint_every": 100_000})
    rows = (run / "metrics.jsonl").read_bytes()
    first = command("train", "--resume", run)
    while first.poll() is None and (run / "metrics.jsonl").read_bytes() == rows:
        time.sleep(0.01)
    with pytest.raises(firsthand.UserError, match=r"parts is being trained by another process: wait until that has"):
        firsthand.resume(run, progress=False)
    second = command("train", "--resume", run, "--steps", 200_000)
    _, said = second.communicate(timeout=60)
    assert second.returncode == 2 and len(said.strip().splitlines()) == 1 and "by another process" in said
    first.kill()
    first.communicate()
    assert json.loads((run / "config.json").read_text())["recipe"]["steps"] == 100_000
    assert firsthand.resume(run, steps=40, progress=False).result["steps"] == 40


def test_a_run_of_an_earlier_version(stopped, train, tmp_path):
    """Without the digests, and without an option that came later: it goes on with what it has, to the same bits."""
    whole, run = train("whole", INTERVALS), stopped()
    config = json.loads((run / "config.json").read_text())
    del config["data_sha256"], config["recipe"]["max_norm"], config["recipe"]["optim"]["centered"]
    (run / "config.json").write_text(json.dumps(config | {"firsthand": "0.0.1"}))
    for path in (run / "checkpoints").glob("*.json"):
        content = json.loads(path.read_text())
        kept = {name: value for name, value in content.items() if name not in ("own_sha256", "rows", "asked", "end")}
        path.write_text(json.dumps(kept))
    torn = (run / "metrics.jsonl").read_bytes()
    (run / "metrics.jsonl").write_bytes(torn + b'{"step": 33, "lo')
    spoilt = shutil.copytree(run, tmp_path / "spoilt")
    (spoilt / "metrics.jsonl").write_bytes(torn.replace(b"\n", b"nonsense\n", 1))
    with pytest.raises(firsthand.UserError, match=r"metrics.jsonl: row 1 is damaged; put the file back as it was"):
        firsthand.resume(spoilt, progress=False)
    firsthand.resume(run, progress=False)
    same(whole.path, run)
    config["recipe"]["zeal"] = 1
    (spoilt / "config.json").write_text(json.dumps(config | {"firsthand": "0.0.1"}))
    gone = r"config.json, which firsthand 0.0.1 wrote, does not suit this version. There is no option 'zeal'"
    with pytest.raises(firsthand.UserError, match=gone):
        firsthand.resume(spoilt, progress=False)


def test_a_run_without_the_weights_that_it_started_from(train, stop_at, tmp_path):
    """It would begin from others."""
    other = train("other")
    stop_at(5)
    with pytest.raises(Interrupted):
        train("parts", {"weights": other.path})
    for path in (tmp_path / "parts" / "checkpoints").iterdir():
        path.unlink()
    with pytest.raises(firsthand.UserError, match="parts has lost the weights that it started from: train again"):
        firsthand.resume(tmp_path / "parts", progress=False)


def test_what_the_system_will_not_read_is_not_called_damaged(stopped, monkeypatch):
    """It may be sound: what the system said is told."""
    run, really = stopped(), open

    def refuse(path: Any, *args: Any, **options: Any) -> Any:
        if str(path).endswith("33.safetensors"):
            raise PermissionError(13, "Permission denied")
        return really(path, *args, **options)

    monkeypatch.setattr("firsthand.typed.open", refuse, raising=False)
    with pytest.raises(firsthand.UserError, match=r"^\S+33.safetensors cannot be read: Permission denied\.$"):
        firsthand.resume(run, progress=False)
