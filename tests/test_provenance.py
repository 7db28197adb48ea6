"""What a run says of its code and machine."""

import json
import subprocess

import torch

import firsthand
from firsthand import provenance
from firsthand.reproduce.table import section


def test_what_a_run_says(train):
    """Version, commit, processor and threads stand in config.json."""
    config = json.loads((train("a").path / "config.json").read_text())
    assert config["firsthand"] == firsthand.__version__ and "commit" in config
    assert config["machine"]["torch"] == torch.__version__
    assert torch.backends.cpu.get_cpu_capability() in config["machine"]["cpu"] and config["machine"]["threads"] >= 1


def test_the_commit_of_a_checkout(tmp_path, monkeypatch):
    """Twelve digits of HEAD, with a + if the code changed since; None without a repository or without git."""
    package = tmp_path / "src" / "firsthand"
    package.mkdir(parents=True)
    monkeypatch.setattr(provenance, "__file__", str(package / "provenance.py"))
    find = provenance.commit.__wrapped__
    assert find() is None

    def git(*words: str) -> str:
        named = ("-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false")
        return subprocess.run(["git", *named, *words], cwd=tmp_path, check=True, capture_output=True, text=True).stdout

    git("init")
    (package / "a.py").write_text("a = 1\n")
    git("add", ".")
    git("commit", "-m", "a")
    assert find() == git("rev-parse", "HEAD")[:12]
    (tmp_path / "notes.txt").write_text("outside of the package")
    assert not find().endswith("+")
    (package / "a.py").write_text("a = 2\n")
    assert find() == git("rev-parse", "HEAD")[:12] + "+"
    monkeypatch.setenv("PATH", "")
    assert find() is None


def test_a_results_page_says_it_where_it_is_known():
    """Results of before have no commit and no processor."""
    claim = {
        "key": "a", "statement": "A.", "where": "", "verdict": "reproduced", "untested": "", "kind": "our question",
        "conditions": [], "arms": [], "measures": [], "remark": "", "seeds": [0], "date": "2026-01-01", "timed": True,
        "firsthand": "0.1.0", "machine": {"torch": "2", "threads": 1, "cores": 2, "cuda": None},
    }  # fmt: skip
    assert section("mlp", claim)[-1].endswith("firsthand 0.1.0, torch 2, 1 of 2 cores (no GPU), 2026-01-01.")
    known = claim | {"commit": "0123456789ab", "machine": claim["machine"] | {"cpu": "a Zen, AVX2"}}
    assert "firsthand 0.1.0 at 0123456789ab, torch 2, 1 of 2 cores of a Zen, AVX2 (no GPU)" in section("mlp", known)[-1]
