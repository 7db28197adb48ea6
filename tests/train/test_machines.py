"""`torchrun` on two machines: two network namespaces joined by a cable, or where those cannot be made two processes."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

import firsthand
from firsthand.errors import UserError
from firsthand.train import checkpoint
from firsthand.train.launch import Launch, fabric_for

CHANGES = {"model.batch_norm": "none", "schedule.name": "constant", "checkpoint_every": 20}


def run(*words: str) -> bool:
    """Whether a command ends well."""
    return subprocess.run(words, capture_output=True).returncode == 0


@pytest.fixture
def machines() -> Iterator[tuple[str, list[tuple[list[str], dict[str, str]]]]]:
    """The address of the first, and for each the words before a command there and its variables."""
    names = [f"fh{os.getpid()}{side}" for side in "ab"]
    try:
        can = os.geteuid() == 0 and shutil.which("ip") and all(run("ip", "netns", "add", name) for name in names)
        if not can or not run("ip", "link", "add", names[0], "type", "veth", "peer", "name", names[1]):
            yield "127.0.0.1", [([], {}), ([], {})]
            return
        for number, name in enumerate(names, 1):
            assert run("ip", "link", "set", name, "netns", name)
            assert run("ip", "-n", name, "addr", "add", f"10.99.7.{number}/24", "dev", name)
            assert run("ip", "-n", name, "link", "set", name, "up") and run("ip", "-n", name, "link", "set", "lo", "up")
        yield "10.99.7.1", [(["ip", "netns", "exec", name], {"GLOO_SOCKET_IFNAME": name}) for name in names]
    finally:
        for name in names:
            run("ip", "netns", "del", name)


@pytest.fixture
def torchrun(machines) -> Iterator[Callable]:
    """torchrun("train", ...) starts the same command on both machines; each ends with all that it started."""
    address, both = machines
    started: list[subprocess.Popen] = []

    def start(*words: object) -> list[subprocess.Popen]:
        with socket.socket() as free:
            free.bind(("", 0))
            port = free.getsockname()[1]
        place = ["--master-addr", address, "--master-port", str(port), "--nnodes", "2", "--nproc-per-node", "1"]
        for rank, (before, variables) in enumerate(both):
            line = [*before, sys.executable, "-m", "torch.distributed.run", *place, "--node-rank", str(rank)]
            started.append(
                subprocess.Popen(
                    [*line, "-m", "firsthand.cli", *map(str, words)], env=os.environ | variables, text=True,
                    stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                )
            )  # fmt: skip
        return started[-2:]

    yield start
    for process in started:
        kill(process)


def family(number: int) -> list[int]:
    """A process and all that it has started: torchrun puts its own into other groups."""
    listed = Path(f"/proc/{number}/task/{number}/children")
    children = listed.read_text().split() if listed.exists() else []
    return [number, *(one for child in children for one in family(int(child)))]


def kill(process: subprocess.Popen) -> None:
    """Switch a machine off."""
    for number in family(process.pid) if process.poll() is None else ():
        with suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)
    process.communicate(timeout=20)


@pytest.mark.slow
def test_two_machines(torchrun, flags, tiny, train, tmp_path: Path):
    """They are killed, both go on with --resume, and the numbers are those of one process that was never stopped."""
    endless = tiny | CHANGES | {"steps": 100_000}
    first, second = torchrun("train", "mlp", *flags(endless), "--device", "cpu", "--out", tmp_path / "two")
    saved = tmp_path / "two" / "checkpoints"
    deadline = time.monotonic() + 120
    while first.poll() is None and time.monotonic() < deadline and not list(saved.glob("step-*.json")):
        time.sleep(0.05)
    kill(second)
    assert first.wait(timeout=60) != 0, "a machine that is left alone ends"
    step = checkpoint.newest(saved, "step")[1]["step"]

    both = torchrun("train", "--resume", tmp_path / "two", "--steps", step + 40, "--device", "cpu")
    said = [process.communicate(timeout=120)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert f"Resuming {tmp_path / 'two'} from step {step}." in said[0] and "Resuming" not in said[1]
    whole = train("one", CHANGES | {"steps": step + 40}).metrics
    assert [row["step"] for row in firsthand.load(tmp_path / "two").metrics] == [row["step"] for row in whole]
    for ours, theirs in zip(firsthand.load(tmp_path / "two").metrics, whole, strict=True):
        assert ours == pytest.approx(theirs, rel=1e-4)  # float32 sums in another order


def test_what_torchrun_starts(monkeypatch):
    """Its processes are counted, not started again; what contradicts them is refused."""
    for name, value in {"TORCHELASTIC_RUN_ID": "x", "LOCAL_WORLD_SIZE": "2", "WORLD_SIZE": "6", "RANK": "0"}.items():
        monkeypatch.setenv(name, value)
    for name, value in {"LOCAL_RANK": "0", "GROUP_RANK": "0", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "1"}.items():
        monkeypatch.setenv(name, value)
    fabric = fabric_for(Launch(device="cpu"))
    assert (fabric.world_size, fabric._connector._num_nodes_flag) == (6, 3)
    with pytest.raises(UserError, match=r"^devices is 3, but torchrun has started 2 here: leave --devices out\.$"):
        fabric_for(Launch(device="cpu", devices=3))
    monkeypatch.setenv("WORLD_SIZE", "5")
    with pytest.raises(UserError, match="more processes on one machine than on another"):
        fabric_for(Launch(device="cpu"))
