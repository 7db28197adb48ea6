"""Word vectors: words a second and scores, ours and gensim's, with the same settings on the same words, on one core.

    python benchmarks/words.py [--data brown] [--words 1000000] [--epochs 5] [--seeds 0 1 2]

The two alternate in one process; where gensim is absent, ours stands alone. Both read the same words in passages of a
thousand, drop by the same formula, have 100 numbers a vector, a window of 5, five noise words and a rate that falls
from 0.025 (CBOW 0.05) to nothing. The time is that of training alone. Scores are Spearman's correlation on WordSim-353
and MEN, and the share of right answers to Google's analogies, all in per cent.
"""

import statistics
import sys
import tempfile
import time
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import torch
import tyro

import firsthand
from firsthand.data import wordtests
from firsthand.data.wordvectors import WordVectors
from firsthand.options import override
from firsthand.papers.skipgram.recipe import PRESETS

KINDS = {
    "skip-gram, negative": ({}, {"sg": 1}),
    "skip-gram, tree": ({"model.output": "hierarchical"}, {"sg": 1, "hs": 1, "negative": 0}),
    "cbow, negative": ({"model.kind": "cbow", "optim.lr": 0.05}, {"sg": 0, "alpha": 0.05}),
}


def ours(changes: dict[str, Any]) -> tuple[float, WordVectors]:
    """Seconds of training, and the vectors."""
    with tempfile.TemporaryDirectory() as place:
        run = firsthand.train("skipgram", out=Path(place) / "run", launch="cpu", progress=False, **changes)
        return run.result["seconds"], run.vectors


def theirs(text: list[list[str]], options: dict[str, Any], epochs: int, seed: int) -> tuple[float, WordVectors]:
    """The same of gensim."""
    from gensim.models import Word2Vec

    given = {
        "vector_size": 100,
        "window": 5,
        "negative": 5,
        "sample": 1e-3,
        "min_count": 1,
        "workers": 1,
        "alpha": 0.025,
    }
    model = Word2Vec(**(given | options), seed=seed + 1)
    model.build_vocab(text)
    began = time.perf_counter()
    model.train(text, total_examples=len(text), epochs=epochs)
    return time.perf_counter() - began, WordVectors(tuple(model.wv.index_to_key), model.wv.vectors)


def scores(vectors: WordVectors) -> list[float]:
    """WordSim-353, MEN and analogies, in per cent."""
    kinds, tests = wordtests.published()
    found = [wordtests.similarity(vectors, tests[name]).value for name in ("WS-353-ALL", "MEN-TR-3k")]
    return [100 * value for value in (*found, wordtests.together(list(wordtests.analogies(vectors, kinds)), "").value)]


def main(data: str = "brown", words: int = 1_000_000, epochs: int = 5, seeds: tuple[int, ...] = (0, 1, 2)) -> None:
    """Print words a second and scores of both.

    Args:
        data: a data set, or a text file.
        words: of it that are read, the first ones.
        epochs: passes over them.
        seeds: each trains everything once.
    """
    try:
        import gensim

        print(f"gensim {gensim.__version__}, compiled code: {gensim.models.word2vec.FAST_VERSION >= 0}")
    except ImportError:
        gensim = None
        print("gensim is absent (pip install gensim): ours stands alone.")
    torch.set_num_threads(1)
    recipe = PRESETS["laptop"]
    spec = replace(recipe.data, name=data, train=words, val=1000)
    tokens = spec.load()
    names = ("", *tokens.vocabulary.tokens)
    text = [[names[i] for i in part if i] for part in np.split(tokens.train, range(1000, words, 1000))]
    changes = {"data.name": data, "data.train": words, "data.val": 1000, "batch": recipe.batch}
    changes |= {"steps": epochs * -(-len(text) // recipe.batch), "eval_every": 10**9, "checkpoint_every": 10**9}
    override(recipe, changes)
    rows: dict[str, list[list[float]]] = {}
    for seed, (kind, (our_options, their_options)) in product(seeds, KINDS.items()):
        runs = {"ours": lambda o=our_options, seed=seed: ours(changes | o | {"seed": seed})}
        if gensim:
            runs["gensim"] = lambda o=their_options, seed=seed: theirs(text, o, epochs, seed)
        for who, run in runs.items():
            seconds, vectors = run()
            rows.setdefault(f"{kind:20} {who}", []).append([epochs * words / seconds / 1000, *scores(vectors)])
            print(".", end="", file=sys.stderr, flush=True)
    print(f"\n{'':27} {'1000 words/s':>12} {'WordSim-353':>12} {'MEN':>12} {'analogies':>12}")
    for name, found in rows.items():
        columns = [(statistics.mean(c), statistics.stdev(c) if len(c) > 1 else 0) for c in zip(*found, strict=True)]
        print(f"{name:27} {columns[0][0]:12.0f} " + " ".join(f"{m:6.1f} ±{s:4.1f}" for m, s in columns[1:]))


if __name__ == "__main__":
    tyro.cli(main)
