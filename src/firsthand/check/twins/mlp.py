"""The name generator as a torch.nn.Sequential."""

import torch
from torch import Tensor, nn

from firsthand.check.twin import InOrder
from firsthand.papers.mlp.model import Config
from firsthand.papers.mlp.recipe import PRESETS

VARIANTS = {"laptop": PRESETS["laptop"], "paper": PRESETS["paper"], "lecture": PRESETS["lecture"]}


class Network(InOrder):
    """Embedding, Flatten, then Linear, BatchNorm1d and Tanh in a row."""

    def __init__(self, config: Config):
        super().__init__()
        vocab = config.vocab or 27
        width = config.context * config.embed
        normed = config.batch_norm != "none"
        layers: list[nn.Module] = [nn.Embedding(vocab, config.embed), nn.Flatten()]
        for units in config.hidden:
            layers += [nn.Linear(width, units, bias=not normed)] + [nn.BatchNorm1d(units)] * normed + [nn.Tanh()]
            width = units
        layers += [nn.Linear(width, vocab, bias=config.batch_norm != "all")]
        layers += [nn.BatchNorm1d(vocab)] * (config.batch_norm == "all")
        self.layers = nn.Sequential(*layers)

    def forward(self, tokens: Tensor) -> Tensor:
        """Logits of the next character."""
        return self.layers(tokens)

    @staticmethod
    def batch(size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Random contexts of three characters and the next ones."""
        return torch.randint(27, (size, 3), generator=generator), torch.randint(27, (size,), generator=generator)
