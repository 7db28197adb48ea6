"""firsthand: the landmark deep-learning papers, from tensors up.

import firsthand
paper = firsthand.get("lenet")                # its card, presets, notes, network
run = firsthand.train("mlp", data="names")    # a Run: result, metrics, model, sample
run.sample(10)
firsthand.load("transformer").translate("two dogs are playing.")  # with a trained run
firsthand.runs()                              # all runs under runs/, oldest first
firsthand.load("mlp")                         # one of them: by folder, by name, or the newest of a paper
firsthand.resume(run.path)                    # go on where it was interrupted
firsthand.compare(["lstm", "gru"])            # rows, what else differs, and the figure
firsthand.load_weights("resnet", "50", path)  # a network with published weights
firsthand.lightning_module("resnet")          # a task for Lightning's Trainer
firsthand.judge("lstm", step)                 # your own version of a paper's step
firsthand.check("lenet")                      # comparisons with its independent twin
firsthand.experiment("adam", "noise")         # one measurement of a claim
firsthand.reproduce("lenet", seeds=1)         # the paper's numbers beside ours: content, table, folder
with firsthand.definitions(): ...             # run the definition of every operation
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"
_HOME = {
    "get": "api",
    "judge": "study.notebook",
    "resume": "api",
    "load": "api",
    "load_weights": "api",
    "lightning_module": "api",
    "runs": "api",
    "experiment": "api",
    "compare": "api",
    "Run": "api",
    "definitions": "definition",
    "UserError": "errors",
}
_PACKAGES = ("train", "check", "reproduce")  # which can be called, too
__all__ = ["Run", "UserError", "check", "compare", "definitions", "experiment", "get", "judge", "lightning_module",
           "load", "load_weights", "reproduce", "resume", "runs", "train"]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Import on first use, so that `import firsthand` costs nothing."""
    if name in _PACKAGES:
        return import_module(f"firsthand.{name}")
    if name in _HOME:
        return getattr(import_module(f"firsthand.{_HOME[name]}"), name)
    raise AttributeError(f"firsthand has no {name!r}; it offers: {', '.join(__all__)}.")
