"""Train the two networks that the site's page "Write a name with me" runs, and write their weights as JavaScript.

python docs/live.py                # a minute or two of one core for each; finished runs under runs/live are kept
"""

import base64
import json
import platform
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

import firsthand
from firsthand.provenance import machine
from firsthand.run import Run
from firsthand.site.live import FILE, NETWORKS

ROOT = Path(__file__).parent.parent
RUNS = ROOT / "runs" / "live"
# The papers' own recipes for names, narrow, on the names that need no download.
OPTIONS: dict[str, dict[str, Any]] = {
    "lstm": {"model.hidden": 64, "model.embed": 16, "model.dropout": 0.1, "steps": 1500},
    "selfattention": {
        "model.embed": 64, "model.layers": 2, "model.context": 32, "model.dropout": 0.05, "steps": 1500,
    },
}  # fmt: skip
SHARED = {"data.name": "names", "threads": 1, "seed": 0}
FIELDS = ("embed", "hidden", "layers", "heads", "context", "positions", "forget_bias")  # of a Config, for the page
PREFIX = "priya sha"  # after which PyTorch's logits are stored


def trained(key: str) -> Run:
    """The finished run of a network, made where it is missing."""
    folder = RUNS / key
    if folder.exists() and (run := firsthand.load(folder)).result is not None:
        return run
    return firsthand.train(key, "names", out=folder, **OPTIONS[key], **SHARED)


def command(key: str) -> str:
    """What trains the same network on the command line."""
    words = (f"--{name} {value}" for name, value in (OPTIONS[key] | SHARED).items())
    return f"firsthand train {key} --preset names {' '.join(words)}"


def stored(tensor: Tensor) -> dict[str, Any]:
    """A tensor's shape, and its numbers in float16, little-endian, row after row, in base64."""
    numbers = tensor.half().numpy().astype("<f2")
    return {"shape": list(tensor.shape), "float16": base64.b64encode(numbers.tobytes()).decode()}


@torch.no_grad()
def network(key: str) -> dict[str, Any]:
    """All that the page holds of a network."""
    run = trained(key)
    model, task = run.model, run.recipe.task(run.recipe)
    for parameter in model.parameters():
        parameter.copy_(parameter.half())
    here = machine()
    config = {name: value for name, value in vars(run.recipe.model).items() if name in FIELDS}
    tokens = torch.tensor([[0, *task.vocabulary.encode(PREFIX)]])
    return {
        "made": {
            "script": "python docs/live.py", "command": command(key), "torch": here["torch"],
            "python": platform.python_version(), "cpu": here["cpu"],
        },
        "seed": run.recipe.seed,
        "steps": run.recipe.steps,
        "names": len(task.train),
        "test_loss": task.measure(model, task.test, "cpu")["loss"],
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "config": config,
        "prefix": PREFIX,
        "logits": [float(f"{logit:.9g}") for logit in model(tokens)[0, -1].tolist()],
        "characters": "".join(task.vocabulary.characters),
        "tensors": {name: stored(tensor) for name, tensor in model.state_dict().items()},
    }  # fmt: skip


def content() -> dict[str, Any]:
    """What weights.js holds: the characters of both networks, and each network."""
    networks = {key: network(key) for key in NETWORKS}
    (characters,) = {one.pop("characters") for one in networks.values()}
    return {"characters": characters} | networks


def written(weights: dict[str, Any]) -> str:
    """The file: what it is, in words, then the weights as one constant, with a line a field and a line a tensor."""
    networks = {key: weights[key] for key in NETWORKS}
    head = [
        'Weights of the networks of the page "Write a name with me", in float16; the logits are PyTorch\'s, computed',
        "with the same rounded weights in float32. This is data: `python docs/live.py` writes it, do not edit it.",
    ]
    for key, one in networks.items():
        made = one["made"]
        head += [
            "",
            f"{key}: {one['parameters']:,} parameters, seed {one['seed']}, "
            f"test loss {one['test_loss']:.4f} nats a letter",
            f"  {made['command']}",
            f"  torch {made['torch']}, Python {made['python']}, {made['cpu']}",
        ]
    comment = "\n".join(f"// {line}".rstrip() for line in head)
    parts = {"characters": text(weights["characters"])}
    for key, one in networks.items():
        fields = {name: text(value) for name, value in one.items() if name != "tensors"}
        tensors = {name: text(tensor) for name, tensor in one["tensors"].items()}
        parts[key] = lines(fields | {"tensors": lines(tensors, "  ")}, " ")
    return f"{comment}\nconst WEIGHTS = {lines(parts)};\n"


def text(value: Any) -> str:
    """A value as JSON on one line."""
    return json.dumps(value, ensure_ascii=False)


def lines(parts: dict[str, str], indent: str = "") -> str:
    """An object of JSON with a line for each of its parts."""
    inside = ",\n".join(f"{indent} {text(name)}: {part}" for name, part in parts.items())
    return f"{{\n{inside}\n{indent}}}"


if __name__ == "__main__":
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(written(content()), encoding="utf-8")
    print(f"{FILE}: {FILE.stat().st_size:,} bytes")
