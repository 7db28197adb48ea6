"""Two processes on one run: the numbers of one, one voice, and an end together."""

import json
import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest
import torch

import firsthand
from firsthand.data.order import mixed
from firsthand.options import override, words
from firsthand.papers.skipgram.update import stretch
from firsthand.train import checkpoint
from firsthand.train.launch import Interrupted, Launch

CHANGES = {"model.batch_norm": "none", "steps": 150, "accumulate": 2, "clip": 1.0, "diagnose_every": 50}
PAIR = ("--device", "cpu", "--devices", 2, "--strategy", "ddp")


def close(ours, theirs) -> None:
    """Equal to rounding: float32 sums in another order, over 150 steps."""
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        assert a == pytest.approx(b, rel=1e-4)


@pytest.mark.slow
def test_two_processes_give_the_numbers_of_one(command, flags, tiny, train, tmp_path, planted):
    """Rows, records of health and scores; what is printed is printed once; a used folder is refused by both.

    The second process imports nothing from the folder where the first was started.
    """
    words = [*flags(tiny | CHANGES), *PAIR, "--out", tmp_path / "two"]
    process = command("train", "mlp", *words, "--json", cwd=planted)
    one = train("one", CHANGES)
    stdout, stderr = process.communicate(timeout=120)
    assert process.returncode == 0, stderr
    result = json.loads(stdout)
    two = firsthand.load(tmp_path / "two")
    close(two.metrics, one.metrics)
    assert result["metrics"] == pytest.approx(one.result["metrics"], rel=1e-4)
    assert [row["step"] for row in two.folder.diagnostics] == [0, 50, 100]
    assert stderr.count("step 150/150") == 1 and not (planted / "imported").exists()

    process = command("train", "mlp", *words)
    stdout, stderr = process.communicate(timeout=120)
    assert process.returncode == 2
    said = [line for line in stderr.splitlines() if line.startswith("firsthand: ")]
    assert len(said) == 1 and "already exists; choose another --out" in said[0]
    assert "Traceback" not in stderr


@pytest.mark.slow
def test_batch_norm_is_of_the_whole_batch(command, flags, tiny, train, tmp_path):
    """Means and variances are those of one process, and so are running averages and gradients."""
    changes = {"model.batch_norm": "all", "steps": 30, "batch": 15}
    process = command("train", "mlp", *flags(tiny | changes), *PAIR, "--out", tmp_path / "two")
    one = train("one", changes)
    _, stderr = process.communicate(timeout=120)
    assert process.returncode == 0, stderr
    two = firsthand.load(tmp_path / "two")
    close(two.metrics, one.metrics)
    ours, theirs = two.model.state_dict(), one.model.state_dict()
    assert any("running_var" in name for name in ours)
    for name, value in ours.items():
        torch.testing.assert_close(value, theirs[name], rtol=1e-3, atol=1e-4)  # float32 sums in another order


@pytest.mark.slow
def test_word_vectors_of_two_processes(command, tmp_path):
    """Each steps along the sum of the gradients of both stretches of text, also where one has a passage more."""
    text = tmp_path / "text.txt"
    text.write_text(" ".join(f"on{chr(97 + i * i % 23)} of{chr(97 + i % 7)}" for i in range(4000)))
    laptop = firsthand.get("skipgram").preset("laptop")
    changes = {"data.name": str(text), "data.min_count": 1, "passage": 200, "batch": 3, "steps": 15, "subsample": 0.0}
    recipe = override(laptop, changes)
    process = command("train", "skipgram", *words(laptop, changes), *PAIR, "--out", tmp_path / "two")
    task = recipe.task(recipe)
    torch.manual_seed(recipe.seed)
    model, order = task.model(), task.order()
    rule, factor = task.optimizer(model), task.factor
    for step in range(recipe.steps):
        rate = recipe.optim.lr * factor(step)
        indices = order.indices(step)
        for number in (0, 1):
            generator = np.random.default_rng(mixed(recipe.seed, step, *[number][: number], count=4))
            drawn = task.draws.stretch(task.train.rows(indices[number::2].numpy()), generator)
            stretch(model, *drawn, recipe.noise, recipe.limit / (2 * rate)).backward()
        rule.param_groups[0]["lr"] = rate
        rule.step()
        rule.zero_grad()
    _, stderr = process.communicate(timeout=120)
    assert process.returncode == 0, stderr
    found = firsthand.load(tmp_path / "two").model.state_dict()
    for name, value in model.state_dict().items():
        torch.testing.assert_close(found[name], value, rtol=1e-4, atol=1e-5)


@pytest.mark.slow
def test_ctrl_c_stops_both(command, flags, tiny, train, tmp_path, stop_at):
    """As a terminal does it, to both at once; the run goes on from there, here as one process."""
    endless = CHANGES | {"steps": 100_000, "checkpoint_every": 100_000, "log_every": 7}
    process = command("train", "mlp", *flags(tiny | endless), *PAIR, "--out", tmp_path / "two", start_new_session=True)
    rows = tmp_path / "two" / "metrics.jsonl"
    while process.poll() is None and not rows.exists():
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130, stderr
    step = checkpoint.newest(tmp_path / "two" / "checkpoints", "step")[1]["step"]
    assert [line for line in stderr.splitlines() if line.startswith("Stopped")] == [
        f"Stopped by SIGINT at step {step}; everything so far is saved."
    ]
    assert "Traceback" not in stderr
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            os.killpg(process.pid, 0)
            time.sleep(0.05)
        except ProcessLookupError:
            break
    else:
        pytest.fail("a process is left behind")

    stop_at(step + 20)
    with pytest.raises(Interrupted):
        firsthand.resume(tmp_path / "two", launch=Launch(device="cpu"), progress=False)
    stop_at(step + 20)
    with pytest.raises(Interrupted):
        train("one", endless)
    close(firsthand.load(tmp_path / "two").metrics, firsthand.load(tmp_path / "one").metrics)


def test_a_killed_process(command, flags, tiny, tmp_path):
    """The other says what happened and how to go on, within moments; it goes on from the last checkpoint."""
    endless = tiny | CHANGES | {"steps": 100_000, "checkpoint_every": 20}
    process = command("train", "mlp", *flags(endless), *PAIR, "--out", tmp_path / "two")
    saved = tmp_path / "two" / "checkpoints"
    while process.poll() is None and not list(saved.glob("step-*.json")):
        time.sleep(0.01)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    if not children.exists():
        process.terminate()
        pytest.skip("this system does not tell the children of a process")
    os.kill(int(children.read_text().split()[0]), signal.SIGKILL)
    _, stderr = process.communicate(timeout=30)
    assert process.returncode == 1
    assert [line for line in stderr.splitlines() if line.startswith("firsthand: ")] == [
        "firsthand: A process of this run has died: it was killed, or it ran out of memory. What its last checkpoint "
        f"holds is saved; go on from there with: firsthand train --resume {tmp_path / 'two'}"
    ]
    assert "Traceback" not in stderr
    step = checkpoint.newest(saved, "step")[1]["step"]
    run = firsthand.resume(tmp_path / "two", steps=step + 10, launch=Launch(device="cpu"), progress=False)
    assert run.result["steps"] == step + 10
