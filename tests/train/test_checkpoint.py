"""Checkpoints bring back every bit that decides the next step, and are readable without this library."""

import json

import pytest
import torch
from safetensors.torch import load_file

from firsthand import optim
from firsthand.papers.mlp.model import MLP, Config
from firsthand.train import checkpoint

RULES = {
    "sgd": {"momentum": 0.9, "nesterov": True},
    "rmsprop": {"momentum": 0.9, "centered": True},
    "adam": {},
    "adamw": {"weight_decay": 0.1},
}


@pytest.mark.parametrize("rule", RULES)
def test_pack_and_unpack(rule, tmp_path):
    """Three steps, a checkpoint, three more: the same weights from the checkpoint, dropout and batch norm included."""

    def begin(seed: int) -> tuple:
        torch.manual_seed(seed)
        network = MLP(Config(hidden=(7,), embed=2, dropout=0.5))
        return network, optim.RULES[rule](network.parameters(), lr=0.01, **RULES[rule])

    def steps(network, optimizer) -> None:
        tokens = torch.randint(27, (19, 3), generator=torch.Generator().manual_seed(5))
        for _ in range(3):
            optimizer.zero_grad()
            network(tokens).square().mean().backward()
            optimizer.step()

    network, optimizer = begin(0)
    steps(network, optimizer)
    tensors, content = checkpoint.pack(network, optimizer)
    checkpoint.save(tmp_path, "step", 3, tensors, content, keep=2)
    steps(network, optimizer)

    again, other = begin(1)
    checkpoint.unpack(*checkpoint.newest(tmp_path, "step"), again, other)
    steps(again, other)
    for name, value in network.state_dict().items():
        assert torch.equal(value, again.state_dict()[name]), name
    for ours, theirs in zip(other.param_groups, optimizer.param_groups, strict=True):
        assert {name: ours[name] for name in RULES[rule]} == {name: theirs[name] for name in RULES[rule]}


def test_files_are_plain(tmp_path):
    """safetensors and JSON: any program reads them, and none of them can hold code."""
    network = MLP(Config(hidden=(7,)))
    tensors, content = checkpoint.pack(network, optim.RULES["adam"](network.parameters()))
    checkpoint.save(tmp_path, "step", 12, tensors, content, keep=2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["step-00000012.json", "step-00000012.safetensors"]
    found = load_file(tmp_path / "step-00000012.safetensors")
    assert torch.equal(found["model.output.weight"], network.output.weight)
    assert json.loads((tmp_path / "step-00000012.json").read_text())["step"] == 12


def test_only_the_newest_are_kept(tmp_path):
    """The newest `keep` of a kind; the other kind is left alone."""
    for step in (5, 10, 100, 1000):
        checkpoint.save(tmp_path, "step", step, {"a": torch.ones(1) * step}, {}, keep=2)
        checkpoint.save(tmp_path, "best", step, {"a": torch.ones(1)}, {}, keep=1)
    assert sorted(path.stem for path in tmp_path.glob("*.json")) == ["best-00001000", "step-00000100", "step-00001000"]
    assert sorted(path.stem for path in tmp_path.glob("*.safetensors")) == [
        "best-00001000",
        "step-00000100",
        "step-00001000",
    ]
    tensors, content = checkpoint.newest(tmp_path, "step")
    assert tensors["a"].item() == content["step"] == 1000


def test_tensors_that_a_kill_left_behind_go(tmp_path):
    """Those whose JSON was taken away a moment before; a file of another name is nobody's business."""
    for step in (1, 2):
        checkpoint.save(tmp_path, "best", step, {"model.w": torch.ones(1)}, {}, keep=2)
    (tmp_path / "best-00000001.json").unlink()
    (tmp_path / "best-of-all.safetensors").write_bytes(b"mine")
    checkpoint.save(tmp_path, "best", 3, {"model.w": torch.ones(1)}, {}, keep=1)
    assert {path.name for path in tmp_path.iterdir()} == {
        "best-00000003.json", "best-00000003.safetensors", "best-of-all.safetensors",
    }  # fmt: skip


def test_a_checkpoint_exists_once_its_json_does(tmp_path):
    """Killed between the two files: the one before it is in force, and nothing is reported as damaged."""
    checkpoint.save(tmp_path, "step", 1, {"a": torch.zeros(1)}, {}, keep=2)
    checkpoint.save(tmp_path, "step", 2, {"a": torch.ones(1)}, {}, keep=2)
    (tmp_path / "step-00000002.json").unlink()
    assert checkpoint.newest(tmp_path, "step", pytest.fail)[1]["step"] == 1
    assert checkpoint.newest(tmp_path, "best", pytest.fail) is None


def test_a_swapped_file_is_noticed(tmp_path):
    """A sound safetensors file of another step does not have the checksum."""
    checkpoint.save(tmp_path, "step", 1, {"a": torch.zeros(1)}, {}, keep=2)
    checkpoint.save(tmp_path, "step", 2, {"a": torch.ones(1)}, {}, keep=2)
    (tmp_path / "step-00000002.safetensors").write_bytes((tmp_path / "step-00000001.safetensors").read_bytes())
    said: list[str] = []
    assert checkpoint.newest(tmp_path, "step", said.append)[1]["step"] == 1
    assert len(said) == 1 and "its checksum does not match" in said[0]
