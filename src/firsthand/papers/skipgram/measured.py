"""What several claims measure: vectors learned from a text without a run folder, and how good they are."""

import time
from dataclasses import replace
from functools import lru_cache
from typing import Any

import torch

from firsthand.data import wordtests
from firsthand.data.wordvectors import WordVectors
from firsthand.options import override
from firsthand.papers.skipgram.recipe import PRESETS
from firsthand.papers.skipgram.task import NearWords


@lru_cache(maxsize=1)
def brown(formula: str) -> NearWords:
    """The task of the laptop preset, with all of Brown to learn from."""
    recipe = PRESETS["laptop"]
    data = replace(recipe.data, train=1_161_000, val=100)
    return NearWords(replace(recipe, data=data, formula=formula))


def learned(passes: int, seed: int, formula: str = "c", **changes: Any) -> tuple[WordVectors, float, int]:
    """Vectors learned from Brown, the seconds of CPU time it took, and the words that were kept."""
    task = brown(formula)
    steps = passes * task.order().steps_per_epoch
    recipe = override(task.recipe, {"steps": steps, "seed": seed, **changes})
    task = NearWords.on_counts(recipe, task)
    torch.manual_seed(seed)
    network = task.model()
    rule, order, kept = task.optimizer(network), task.order(), 0
    factor = task.factor
    began = time.process_time()
    for step in range(steps):
        rule.param_groups[0]["lr"] = recipe.optim.lr * factor(step)
        batch = task.batch(order.indices(step), step)
        kept += int((batch[0] >= 0).sum())
        task.loss(network, batch).backward()
        rule.step()
        rule.zero_grad()
    return WordVectors(task.vocabulary.tokens, network.input.detach().numpy()), time.process_time() - began, kept


def likeness(vectors: WordVectors) -> dict[str, float]:
    """Spearman's correlation with what people said of pairs of words, on two lists."""
    _, tests = wordtests.published()
    names = {"wordsim": "WS-353-ALL", "men": "MEN-TR-3k"}
    return {key: wordtests.similarity(vectors, tests[name]).value for key, name in names.items()}
