"""A task under Lightning's Trainer takes the steps of our engine."""

import warnings

import pytest
import torch

import firsthand
from firsthand.errors import UserError

pytestmark = pytest.mark.usefixtures("torchvision_imports")

CASES = {
    "mlp": {"model.embed": 3, "model.hidden": (11,)},
    # Dropout draws; gradients are cut, weights limited and averaged; two passes.
    "selfattention": {"model.dropout": 0.2, "clip": 0.5, "clip_value": 0.1, "max_norm": 1.0, "average": "exponential"},
}


@pytest.mark.parametrize("key", CASES)
def test_the_same_bits(key, tmp_path, lines_file):
    options = CASES[key] | {"data": str(lines_file), "steps": 30, "batch": 64, "log_every": 10, "eval_every": 30}
    preset = "names" if key == "selfattention" else "laptop"
    run = firsthand.train(key, preset, out=tmp_path / "run", launch="cpu", progress=False, keep="last", **options)
    trained = train(firsthand.lightning_module(key, preset, keep="last", **options), tmp_path)
    network = trained.network if trained.average is None else trained.average.module
    ours, theirs = run.model.state_dict(), network.state_dict()
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def train(module, folder):
    """With the Trainer, quietly."""
    from lightning.pytorch import Trainer

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trainer = Trainer(
            max_steps=module.recipe.steps, accelerator="cpu", logger=False, enable_checkpointing=False,
            enable_progress_bar=False, enable_model_summary=False, num_sanity_val_steps=1, default_root_dir=folder,
        )  # fmt: skip
        trainer.fit(module)
        assert trainer.global_step == module.recipe.steps and "val_loss" in trainer.callback_metrics
    return module


@pytest.mark.parametrize(
    ("option", "words"),
    [({"accumulate": 2}, "accumulate_grad_batches"), ({"schedule.name": "plateau"}, "'plateau' needs our own loop")],
)
def test_what_only_our_loop_can(option, words, lines_file):
    with pytest.raises(UserError, match=words):
        firsthand.lightning_module("mlp", data=str(lines_file), **option)
