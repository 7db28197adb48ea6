"""firsthand: the landmark deep-learning papers, from tensors up.

import firsthand
paper = firsthand.get("lenet")               # its card, presets, notes, network
run = firsthand.train("mlp", data="names")   # a Run: result, metrics, model, sample
run.sample(10)
with firsthand.definitions(): ...            # run the readable face of every operation
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"
_HOME = {
    "get": "api",
    "resume": "api",
    "load": "api",
    "Run": "api",
    "definitions": "nn.definition",
    "UserError": "errors",
}
__all__ = ["Run", "UserError", "definitions", "get", "load", "resume", "train"]


def __getattr__(name: str) -> Any:
    """Import on first use, so that `import firsthand` costs nothing."""
    if name in ("train", "check", "reproduce"):  # packages; `train` can be called
        return import_module(f"firsthand.{name}")
    if name in _HOME:
        return getattr(import_module(f"firsthand.{_HOME[name]}"), name)
    raise AttributeError(f"firsthand has no {name!r}; it offers: {', '.join(__all__)}.")
