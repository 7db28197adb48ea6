"""What a shell sees of the command: streams that fail, encodings that lack letters, Ctrl-C, and no memory left."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from firsthand.cli import ending, main
from firsthand.errors import UserError

FIRSTHAND = f"{sys.executable} -m firsthand"


def shell(line: str, **environment: str) -> tuple[int, str, str]:
    """(exit code, stdout, stderr) of a line of the shell."""
    done = subprocess.run(
        ["bash", "-c", line], capture_output=True, env=os.environ | environment, encoding="utf-8", errors="replace"
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="only Linux has a device that is always full")
@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("list > /dev/full", 1, "firsthand: The system refuses the output: No space left on device.\n"),
        ("--help > /dev/full", 1, "firsthand: The system refuses the output: No space left on device.\n"),
        ("train mlp --help > /dev/full", 1, "firsthand: The system refuses the output: No space left on device.\n"),
        ("list >&-", 1, "firsthand: The system refuses the output: Bad file descriptor.\n"),
        ("list <&- 2>&- > /dev/null", 0, ""),
        ("trian 2> /dev/full", 2, ""),
        ("trian 2>&-", 2, ""),
    ],
)
def test_streams_that_fail(line, code, said):
    """One sentence where it can be read, never a traceback, and an exit code that tells."""
    assert shell(f"{FIRSTHAND} {line}") == (code, "", said)


def test_a_narrow_encoding_and_a_foreign_backend(flags, tiny, tmp_path):
    """Letters that the terminal lacks are replaced there; files are right; figures need no backend."""
    lines = [f"né{a}{b}e" for a in "bcdfgh" for b in "aeiouy"] * 8
    (tmp_path / "own.txt").write_text("\n".join(lines), encoding="utf-8")
    words = flags(tiny | {"data": str(tmp_path / "own.txt"), "steps": 60})
    strange = {"PYTHONIOENCODING": "ascii", "MPLBACKEND": "module://nowhere.backend_inline"}
    code, out, err = shell(f"{FIRSTHAND} train mlp {' '.join(map(str, words))} --out {tmp_path}/run", **strange)
    assert code == 0 and "Traceback" not in err and "drawn" not in err
    assert "?" in out and out.isascii()
    assert "é" in (tmp_path / "run" / "vocabulary.json").read_text(encoding="utf-8")
    assert (tmp_path / "run" / "figures" / "loss.png").stat().st_size > 1000


@pytest.mark.parametrize("when", ["imports", "training"])
def test_five_times_ctrl_c(when, flags, tiny, tmp_path):
    """As a terminal sends it when the key is held down: one sentence, exit code 130, and a checkpoint if it trained."""
    words = [str(word) for word in flags(tiny | {"steps": 100_000})]
    command = [sys.executable, "-m", "firsthand", "train", "mlp", *words, "--out", str(tmp_path / "run")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if when == "training":
        while not (tmp_path / "run" / "metrics.jsonl").exists():
            time.sleep(0.02)
    else:  # torch is mapped, and imports for a second or so
        maps = Path(f"/proc/{process.pid}/maps")
        while maps.exists() and "libtorch" not in maps.read_text():
            time.sleep(0.01)
    for _ in range(5):
        process.send_signal(signal.SIGINT)
        time.sleep(0.001)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert err.splitlines()[-1].startswith("Stopped") and "Traceback" not in err
    if when == "training":
        assert list((tmp_path / "run" / "checkpoints").glob("step-*.json"))


def too_large() -> torch.Tensor:
    return torch.empty(10**17)


@pytest.mark.parametrize(
    ("failing", "code"),
    [
        (too_large, 1),
        (lambda: torch.empty(2**62), 1),
        (lambda: bytearray(10**17), 1),
        (lambda: open("/"), 1),
        (lambda: exec("raise UserError('no')", {"UserError": UserError}), 2),
        (lambda: exec("raise KeyboardInterrupt"), 130),
        (lambda: sys.exit(7), 7),
    ],
)
def test_how_commands_end(failing, code, monkeypatch, capsys):
    """What a machine or a person refuses is one sentence; the real allocators refuse what none can hold."""
    monkeypatch.setattr("firsthand.cli.call", lambda name, words: failing())
    with pytest.raises(SystemExit) as end:
        main(["show", "mlp"])
    assert end.value.code == code
    err = capsys.readouterr().err
    assert err.count("\n") <= 1 and ("Out of memory" in err) == (code == 1 and "'/'" not in err)


@pytest.mark.parametrize("words", ["CUDA out of memory. Tried to allocate 2.00 GiB", "can't start new thread"])
def test_out_of_memory_in_other_words(words):
    """As an accelerator and the system say it; what nobody foresaw stays a traceback."""
    assert ending(RuntimeError(words))[0] == 1
    with pytest.raises(RuntimeError, match="mat1 and mat2"):
        ending(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
