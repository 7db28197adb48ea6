"""Claims become runs, runs become numbers, numbers become verdicts; what is committed follows from its own numbers."""

import io
import json
import math
import os
import re
import shlex
import signal
import statistics
import subprocess
import time
from dataclasses import asdict, replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from matplotlib.figure import Figure
from rich.console import Console

import firsthand
from firsthand import papers
from firsthand.claims import Arm, Claim, Measure, smallest
from firsthand.cli import main
from firsthand.errors import UserError
from firsthand.options import override
from firsthand.reproduce import runner
from firsthand.reproduce.plan import job_for, plan, spelled, together
from firsthand.reproduce.progress import Clock, remaining
from firsthand.reproduce.runner import described, judged, reproduce
from firsthand.reproduce.table import mean, render, show, spread
from firsthand.train.launch import Interrupted

RESULTS = Path(firsthand.__file__).parents[2] / "docs" / "results"
FAILED = {"returncode": 1}
DEV, STEPS = Measure("val_loss", "dev loss (nats)"), Measure("steps", "steps (hundreds)", scale=0.01, digits=2)


def claim(key: str, arms: tuple[Arm, ...], **changes) -> Claim:
    """A claim with two seeds that its first arm is the best, and that it is far better than a guess."""
    best = DEV.of(arms[0])
    conditions = best <= smallest(DEV.of(*arms)), best <= 0
    settings = {"measures": (DEV, STEPS), "conditions": conditions, "seeds": (3, 4)} | changes
    return Claim(key=key, statement=f"The claim {key}.", where="section 1", arms=arms, **settings)


@pytest.fixture
def fake(tiny, monkeypatch):
    """fake(claim, ...) gives `mlp` these claims; fake.arm(name, changes) is an arm of five steps."""
    changes = {name: value for name, value in tiny.items()} | {"steps": 5, "eval_every": 5, "log_every": 5}

    def set_claims(*claims: Claim) -> None:
        monkeypatch.setattr(papers.get("mlp").module("claims"), "CLAIMS", claims)

    set_claims.arm = lambda name, more=None, paper=None: Arm(name, "laptop", changes | (more or {}), paper or {})
    return set_claims


def measured(tmp_path: Path, **options) -> runner.Results:
    return reproduce("mlp", runs=tmp_path / "runs", out=tmp_path / "out", **options)


def test_from_claim_to_table(fake, inside, tmp_path, monkeypatch):
    """Two arms, two seeds; the printed command gives the printed number; the second call trains nothing."""
    fake(claim("rates", (fake.arm("fast"), fake.arm("slow", {"optim.lr": 1e-5}, {"val_loss": 2.7}))))
    results = measured(tmp_path)
    (row,) = results.content["claims"]
    assert len(inside) == 4
    assert row["conditions"] == [
        {
            "words": "dev loss (nats) of fast ≤ the smallest dev loss (nats) of fast and slow",
            "holds": True,
            "limit": "ours",
        },
        {"words": "dev loss (nats) of fast ≤ 0", "holds": False, "limit": "ours"},
    ]
    assert row["verdict"] == "partly" and row["seeds"] == [3, 4]
    assert [arm["name"] for arm in row["arms"]] == ["fast", "slow"]
    assert row["arms"][1]["paper"] == {"val_loss": 2.7}
    runs = sorted((tmp_path / "runs" / "mlp").iterdir())
    assert len(runs) == 4
    for arm in row["arms"]:
        assert arm["ours"]["steps"] == [0.05, 0.05]
        for seed, loss in zip((3, 4), arm["ours"]["val_loss"], strict=True):
            found = [json.loads((path / "result.json").read_text()) for path in runs]
            assert loss in [result["metrics"]["val_loss"] for result in found if result["seed"] == seed]
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"mlp.json", "mlp.md", "mlp-rates.png"}
    assert json.loads((tmp_path / "out" / "mlp.json").read_text()) == results.content
    assert (tmp_path / "out" / "mlp.md").read_text() == results.table == render(results.content)

    words = shlex.split(row["arms"][0]["command"])
    assert words[:3] == ["firsthand", "train", "mlp"]
    monkeypatch.chdir(tmp_path)
    main([*words[1:], "--out", "by-hand", "--json"])
    assert firsthand.load("by-hand").result["metrics"]["val_loss"] == row["arms"][0]["ours"]["val_loss"][0]

    assert measured(tmp_path).content == results.content
    assert len(inside) == 4, "it trained again"


def test_real_processes(fake, tmp_path, train, planted, monkeypatch):
    """Two at a time, in processes that import nothing from the current folder: the bits of a run in this one."""
    monkeypatch.chdir(planted)
    fake(claim("rates", (fake.arm("a"), fake.arm("b", {"optim.lr": 0.003}))))
    (row,) = measured(tmp_path, jobs=2, seeds=1).content["claims"]
    for arm, rate in zip(row["arms"], (0.02, 0.003), strict=True):
        here = train(arm["name"], {"steps": 5, "eval_every": 5, "log_every": 5, "optim.lr": rate, "seed": 3})
        assert arm["ours"]["val_loss"] == [here.result["metrics"]["val_loss"]]


def test_an_interrupted_run_is_resumed(fake, inside, tmp_path, stop_at):
    """Not begun again; the numbers are those of a run that was never stopped."""
    arm = fake.arm("only", {"steps": 40})
    fake(claim("one", (arm,), seeds=(0,)))
    whole = measured(tmp_path).content["claims"][0]["arms"][0]["ours"]
    job = job_for("mlp", arm, 0, tmp_path / "again")
    stop_at(25)
    with pytest.raises(Interrupted):
        firsthand.train("mlp", out=job.folder, progress=False, **(dict(arm.overrides) | {"seed": 0}))
    assert job.result is None
    inside.clear()
    again = reproduce("mlp", runs=tmp_path / "again", out=tmp_path / "again").content["claims"][0]["arms"][0]["ours"]
    assert inside == [["train", "--resume", str(job.folder), "--json"]]
    assert again == whole


def test_arms_that_are_the_same_run_share_it(fake, inside, tmp_path):
    """Within a paper, over all claims; the file keeps the claims in the paper's order."""
    arms = fake.arm("a"), fake.arm("b", {"optim.lr": 0.003})
    fake(claim("first", arms), claim("second", (fake.arm("c", {"optim.lr": 0.003}), fake.arm("d", {"seed": 9}))))
    assert [row["key"] for row in measured(tmp_path, claims=["second"]).content["claims"]] == ["second"]
    assert len(inside) == 4  # "d" is "a" with a seed, and the claim's seeds rule
    assert [row["key"] for row in measured(tmp_path, claims=["first"]).content["claims"]] == ["first", "second"]
    assert len(inside) == 4


def test_fewer_seeds(fake, inside, tmp_path):
    """The first ones of each claim."""
    fake(claim("first", (fake.arm("a"), fake.arm("b", {"optim.lr": 0.003}))))
    (row,) = measured(tmp_path, seeds=1).content["claims"]
    assert row["seeds"] == [3] and [len(arm["ours"]["val_loss"]) for arm in row["arms"]] == [1, 1]
    assert "±" not in render({"paper": "mlp", "title": "T", "claims": [row]})
    assert len(inside) == 2


def test_a_run_that_diverges(fake, inside, tmp_path, monkeypatch):
    """Is null in the file, "diverged" in the table, helps no condition, and stops no other, whatever its exit code."""
    train = runner.subprocess.run
    monkeypatch.setattr(runner.subprocess, "run", lambda *a, **o: SimpleNamespace(**(vars(train(*a, **o)) | FAILED)))
    wild = {
        "optim.name": "sgd",
        "optim.weight_decay": 1.0,
        "optim.lr": 1e30,
        "model.batch_norm": "none",
        "keep": "last",
    }
    fake(claim("wild", (fake.arm("wild", wild | {"schedule.name": "constant"}), fake.arm("tame"))))
    results = measured(tmp_path, seeds=1)
    (row,) = results.content["claims"]
    text = (tmp_path / "out" / "mlp.json").read_text()
    assert json.loads(text, parse_constant=pytest.fail)["claims"][0]["arms"][0]["ours"]["val_loss"] == [None]
    assert "| diverged |" in results.table
    assert row["verdict"] == "not reproduced" and row["arms"][1]["ours"]["val_loss"][0] < 4


def test_a_run_that_fails(fake, inside, tmp_path):
    """Is named with its command; what waits behind it is not started."""
    fake(claim("broken", (fake.arm("broken", {"optim.momentum": 0.9}), fake.arm("sound"))))
    with pytest.raises(UserError, match=r"The run 'broken, seed 3' failed: firsthand: optim.momentum is not an option"):
        measured(tmp_path)
    assert len(inside) == 1


@pytest.mark.parametrize("content", ["{", '{"metrics": []}', '{"metrics": {}}', '{"metrics": {}, "seconds": 1.5}'])
def test_files_that_are_none_of_ours(content, fake, inside, tmp_path):
    """A result or a results file of another shape is named, with the way out, before anything is trained."""
    arm = fake.arm("a")
    fake(claim("rates", (arm,), seeds=(0,)))
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mlp.json").write_text(content)
    with pytest.raises(UserError, match=r"mlp.json holds no results of .*: move it away, or give another --out"):
        measured(tmp_path)
    (tmp_path / "out" / "mlp.json").unlink()
    job = job_for("mlp", arm, 0, tmp_path / "runs")
    job.folder.mkdir(parents=True)
    (job.folder / "result.json").write_text(content)
    (job.folder / "config.json").write_text('{"machine": {}, "firsthand": "0"}')
    with pytest.raises(UserError, match=r"result\.json.* delete"):
        measured(tmp_path)
    assert not inside


def test_timed_claims_run_alone(fake, monkeypatch, tmp_path):
    """Whatever `jobs` says; the others come first."""
    calls = []

    def perform(todo, jobs, *_, **__):
        calls.append(([job.label for job in todo], jobs))

    monkeypatch.setattr(runner, "perform", perform)
    fake(
        claim("slow", (fake.arm("a"),), timed=True, seeds=(0, 1)),
        claim("any", (fake.arm("b", {"optim.lr": 0.1}), fake.arm("c", {"optim.lr": 0.2})), seeds=(0, 1)),
    )
    with pytest.raises(AssertionError, match="a run is missing"):  # nothing was trained, so there is nothing to report
        measured(tmp_path, jobs=4)
    assert calls == [
        (["b, seed 0", "c, seed 0", "b, seed 1", "c, seed 1"], 4),  # arms in turn, fair on a machine that drifts
        (["a, seed 0", "a, seed 1"], 1),
    ]


def test_what_it_will_take(fake, inside, tmp_path, monkeypatch, capsys):
    """Seconds of a run kept here, of its arm's other seeds, of the committed results, in this order; else unknown."""
    monkeypatch.setattr("firsthand.reproduce.plan.COMMITTED", tmp_path)
    one, two = fake.arm("one"), fake.arm("two", {"optim.lr": 0.1})
    first, second = claim("first", (one, two)), claim("second", (one,), seeds=(3, 4, 5))
    fake(first, second)
    runs = tmp_path / "runs"

    def needs(of: Claim, seeds: int | None = None) -> tuple:
        found = plan("mlp", of, seeds, runs)
        return len(found.jobs), len(found.missing), found.took(found.jobs.values()), found.took(found.missing)

    assert needs(first) == (4, 4, None, None)
    arms = [{"name": "one", "seconds": 40.0}, {"name": "two", "seconds": 100.0}]
    (tmp_path / "mlp.json").write_text(json.dumps({"claims": [{"key": "first", "arms": arms}]}))
    assert needs(first) == (4, 4, 280.0, 280.0) and needs(first, 1) == (2, 2, 140.0, 140.0)
    assert needs(second) == (3, 3, None, None)
    both = together([plan("mlp", second, None, runs), plan("mlp", first, None, runs)])
    assert len(both.jobs) == 5 and both.took(both.missing) is None  # of the fifth, seed 5, nothing is known

    measured(tmp_path, claims="first", seeds=1)  # two of the four, of which one is the second claim's, too
    kept = [job for job in both.jobs.values() if job.result is not None]
    took = sum(job.result["seconds"] for job in kept)
    assert len(kept) == 2 and needs(first) == (4, 2, pytest.approx(2 * took, abs=0.2), pytest.approx(took, abs=0.1))
    assert needs(second)[:2] == (3, 2) and needs(second)[3] < 30

    capsys.readouterr()
    main(["reproduce", "mlp", "--list", "--json", "--runs", str(runs)])
    rows = json.loads(capsys.readouterr().out)
    assert [(row["claim"], row["where"], row["runs"], row["kept"]) for row in rows] == [
        ("first", "section 1", 4, 2), ("second", "section 1", 3, 1),
    ]  # fmt: skip
    main(["reproduce", "mlp", "--list", "--claim", "second", "--runs", str(runs)])
    told = " ".join(capsys.readouterr().out.split())
    assert "second The claim second. (section 1) 1 of 3" in told and "Together 3 runs, 1 of them kept" in told
    assert len(inside) == 2, "a list trains nothing"


def test_help_of_a_paper_names_its_claims(capsys):
    """After the options: each claim, where the paper makes it, and what it takes."""
    with pytest.raises(SystemExit) as end:
        main(["reproduce", "mlp", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert end.value.code == 0 and "--seeds" in text and "unknown" not in text
    assert all(claim.key in text and claim.where in text for claim in papers.get("mlp").claims)


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.4, "0 s"), (89, "89 s"), (90, "2 min"), (5000, "83 min"), (5400, "1.5 h")]
)
def test_times_in_words(seconds, words):
    assert spelled(seconds) == words


def test_the_time_left():
    """What waits and what runs, at the pace of what is done, over the processes; a process's start is counted."""
    time, start, (a, b, c) = [0.0], Clock.START, map(Path, "abc")
    clock = Clock({a: 96.0, b: 196.0, c: None}, jobs=2, later=50.0, now=lambda: time[0])
    assert clock.left() is None and remaining(clock) == "time left unknown"  # of c nothing is known yet
    clock.begin(a)
    time[0] = 2 * (96.0 + start)  # half as fast as expected
    clock.end(a)
    clock.begin(b)
    time[0] += 100
    usual = 200.0  # what c takes if it takes what a did
    whole = 2 * (196.0 + start)  # what b takes; the rest of it alone is more than half of both
    assert clock.left() == pytest.approx(whole - 100 + 2 * 50)
    clock.jobs = 1
    assert clock.left() == pytest.approx(whole - 100 + usual + 2 * 50)
    clock.jobs = 2
    time[0] += 900  # b is late, and what comes later will be
    assert clock.left() == pytest.approx(usual + 1000 / (196.0 + start) * 50)  # two processes cannot share one run
    assert remaining(clock) == "about 8 min left"


def test_progress_names_the_time_left(fake, inside, tmp_path, monkeypatch):
    """Where there is no terminal, in a line a run."""
    screen = Console(file=io.StringIO(), width=200)
    monkeypatch.setattr(runner, "api_console", lambda: screen)
    fake(claim("rates", (fake.arm("a"), fake.arm("b", {"optim.lr": 0.1})), seeds=(0,)))
    measured(tmp_path)
    lines = screen.file.getvalue().splitlines()
    assert lines[0] == "2 runs to do, time left unknown"
    assert re.fullmatch(r"done: a, seed 0 \(1 of 2, about \d+ s left\)", lines[1])
    assert lines[2] == "done: b, seed 0 (2 of 2, about 0 s left)"


def test_folders_of_jobs(tmp_path):
    """The same recipe has the same folder, however it is spelled; any other recipe has another."""

    def folder(preset: str = "laptop", seed: int = 0, **changes) -> Path:
        spelled = {name.replace("__", "."): value for name, value in changes.items()}
        return job_for("mlp", Arm("x", preset, spelled), seed, tmp_path).folder

    assert folder() == folder(data="names") == folder(data__name="names") == folder(steps=2000) == folder(seed=0)
    others = [
        folder(seed=1), folder(steps=5), folder(optim__lr=0.1), folder(data="x.txt"), folder("paper"),
        folder(model__hidden=(5,)), folder(model__dropout=0.1), folder(threads=2), folder(data__deduplicate=True),
    ]  # fmt: skip
    assert len({folder(), *others}) == 1 + len(others)


def test_kept_numbers_are_judged_again(fake, inside, tmp_path):
    """By the conditions of today, without a run; numbers that were never measured are named; the figure is renewed."""
    arms = fake.arm("fast"), fake.arm("slow", {"optim.lr": 1e-5})
    drawn: list[dict] = []

    def figure(seen):
        drawn.append({arm: [(run.seed, run.rows[-1]["step"]) for run in runs] for arm, runs in seen.items()})
        return Figure()

    before = claim("rates", arms, figure=figure)
    fake(before)
    first = measured(tmp_path)
    (tmp_path / "runs").rename(tmp_path / "gone")
    fake(replace(before, conditions=before.conditions[:1], statement="Better.", kind="identity"))
    again = measured(tmp_path, judge=True)
    assert len(inside) == 4
    (row,) = again.content["claims"]
    assert row["verdict"] == "checked" and row["statement"] == "Better." and "checked" in again.table
    assert row["arms"] == first.content["claims"][0]["arms"] and row["date"] == first.content["claims"][0]["date"]
    assert drawn == [{"fast": [(3, 5), (4, 5)], "slow": [(3, 5), (4, 5)]}] * 2
    fake(replace(before, measures=(DEV, Measure("train_loss", "train loss"))))
    with pytest.raises(UserError, match="The kept results of 'rates' have no 'train_loss': run it"):
        measured(tmp_path, judge=True)


def test_numbers_of_the_table():
    """Mean and sample standard deviation as the statistics module has them."""
    values = [2.5, 3.25, 1.0, 7.75]
    assert mean(values) == statistics.mean(values)
    assert spread(values) == pytest.approx(statistics.stdev(values), rel=1e-12)
    assert spread([5.0]) == 0.0
    assert math.isnan(mean([1.0, None])) and math.isnan(spread([1.0, None]))
    assert show(12345.678, 1) == "12,345.7" and show(math.nan, 2) == "diverged"


def test_unknown_claims(fake, tmp_path):
    """The nearest one is named; nothing is trained."""
    fake(claim("rates", (fake.arm("a"), fake.arm("b", {"optim.lr": 0.1}))))
    with pytest.raises(UserError, match="There is no claim of mlp 'rats': did you mean 'rates'"):
        measured(tmp_path, claims=["rats"])
    for wrong in ({"jobs": 0}, {"seeds": 0}, {"seeds": -1}):
        with pytest.raises(UserError, match="must be at least 1"):
            measured(tmp_path, **wrong)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_ctrl_c_lets_every_run_save(command, data_folder, tmp_path):
    """As a terminal does it, to all processes at once; the runs can be resumed."""
    words = ("reproduce", "mlp", "--claim", "leakage", "--seeds", 1, "--jobs", 2, "--runs", tmp_path / "runs")
    process = command(*words, start_new_session=True)
    rows = "*/*/metrics.jsonl"
    deadline = time.monotonic() + 120
    while process.poll() is None and len(list((tmp_path / "runs").glob(rows))) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130, stderr
    assert stderr.splitlines()[-1] == "Stopped." and "Traceback" not in stderr
    saved = list((tmp_path / "runs").glob("*/*/checkpoints/step-*.json"))
    assert len(saved) == 2
    assert subprocess.run(["pgrep", "-g", str(process.pid)], capture_output=True).returncode, "a process is left behind"


COMMITTED = sorted(RESULTS.glob("*.json"))


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.stem)
def test_committed_results(path):
    """The page is what the file gives; verdicts follow from its numbers; words and commands are the claims' own."""
    content = json.loads(path.read_text(encoding="utf-8"))
    paper = papers.get(path.stem)
    assert content["paper"] == path.stem and content["title"] == paper.card.title
    assert path.with_suffix(".md").read_text(encoding="utf-8") == render(content)
    claims = {claim.key: claim for claim in paper.claims}
    assert [row["key"] for row in content["claims"]] == list(claims)
    for row in content["claims"]:
        claim = claims[row["key"]]
        assert judged(claim, row) == {"conditions": row["conditions"], "verdict": row["verdict"]}, claim.key
        assert described(claim) == {name: row[name] for name in described(claim)}, claim.key
        assert row["seeds"] == list(claim.seeds), claim.key
        assert (RESULTS / f"{path.stem}-{claim.key}.png").stat().st_size > 1000, claim.key
        assert [arm["name"] for arm in row["arms"]] == [arm.name for arm in claim.arms]
        for ours, arm in zip(row["arms"], claim.arms, strict=True):
            assert ours["paper"] == dict(arm.paper)
            assert all(len(values) == len(claim.seeds) for values in ours["ours"].values())
            job = job_for(path.stem, arm, claim.seeds[0], Path("runs"))
            assert ours["command"] == "firsthand " + shlex.join(job.command), claim.key
            if arm.preset:
                recipe = override(paper.preset(arm.preset), dict(arm.overrides) | {"seed": claim.seeds[0]})
                assert asdict(recipe)["seed"] == claim.seeds[0]
