"""The networks of table 3 by name, each the base model with one thing changed."""

from dataclasses import replace

import torch
from jaxtyping import Int
from torch import Tensor

from firsthand.papers.transformer.model import Config

# About 37,000 tokens of byte-pair encoding, shared (section 5.1); with another number the counts would be others.
BASE = Config(vocab=37_000)
VARIANTS: dict[str, Config] = (
    {"base": BASE}
    | {f"A-h{heads}": replace(BASE, heads=heads) for heads in (1, 4, 16, 32)}
    | {f"B-dk{size}": replace(BASE, key_size=size) for size in (16, 32)}
    | {f"C-N{layers}": replace(BASE, layers=layers) for layers in (2, 4, 8)}
    | {f"C-d{embed}": replace(BASE, embed=embed) for embed in (256, 1024)}
    | {f"C-dff{hidden}": replace(BASE, hidden=hidden) for hidden in (1024, 4096)}
    | {f"D-dropout{dropout}": replace(BASE, dropout=dropout) for dropout in (0.0, 0.2)}
    | {"E": replace(BASE, positions="learned")}
    | {"big": replace(BASE, embed=1024, hidden=4096, heads=16, dropout=0.3)}
    # Wu et al. (2021), for the small data set that stands in for the paper's: their Transformer-Tiny.
    | {"tiny": Config(embed=128, hidden=256, heads=4, layers=4, dropout=0.3)}
)


def example(config: Config) -> tuple[Int[Tensor, "1 places"], Int[Tensor, "1 time"]]:
    """A sentence of 25 tokens and its translation, as many: about what WMT 2014 has on average."""
    return torch.ones(1, 25, dtype=torch.int64), torch.ones(1, 25, dtype=torch.int64)
