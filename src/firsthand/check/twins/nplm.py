"""The language model from nn.Embedding and three nn.Linear: H, U and W apart, the context put together word by word."""

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from firsthand.check.twin import Twin
from firsthand.papers.nplm.model import Config
from firsthand.papers.nplm.recipe import PRESETS


class Network(Twin):
    """y = b + W x + U tanh(d + H x), with as many of the terms as there are."""

    overfit = (100, 0.01)

    def __init__(self, config: Config):
        super().__init__()
        vocab, width = config.vocab or 16_383, config.context * config.embed
        self.C = nn.Embedding(vocab, config.embed)
        self.H = nn.Linear(width, config.hidden) if config.hidden else None
        self.U = nn.Linear(config.hidden, vocab, bias=False) if config.hidden else None
        self.W = nn.Linear(width, vocab, bias=False) if config.direct else None
        self.b = nn.Parameter(torch.empty(vocab))

    def copy_from(self, ours: nn.Module) -> None:
        """Ours keeps W and U side by side in one matrix."""
        state = ours.state_dict()
        with torch.no_grad():
            self.C.weight.copy_(state["embedding.weight"])
            self.b.copy_(state["output.bias"])
            columns = [0 if part is None else part.in_features for part in (self.W, self.U)]
            for part, weight in zip((self.W, self.U), state["output.weight"].split(columns, 1), strict=True):
                if part is not None:
                    part.weight.copy_(weight)
            if self.H is not None:
                self.H.load_state_dict({"weight": state["hidden.weight"], "bias": state["hidden.bias"]})

    def named(self, kind: str) -> dict[str, Tensor]:
        """Parameters or gradients under our names."""

        def take(p: Tensor) -> Tensor:
            return p.detach() if kind == "weight" else p.grad

        found = {"embedding.weight": take(self.C.weight), "output.bias": take(self.b)}
        found["output.weight"] = torch.cat([take(part.weight) for part in (self.W, self.U) if part is not None], 1)
        if self.H is not None:
            found |= {"hidden.weight": take(self.H.weight), "hidden.bias": take(self.H.bias)}
        return found

    def forward(self, tokens: Tensor) -> Tensor:
        """Logits of the next word."""
        x = torch.cat([self.C(tokens[:, i]) for i in reversed(range(tokens.shape[1]))], 1)
        y = self.b
        if self.W is not None:
            y = y + self.W(x)
        return y if self.U is None else y + self.U(torch.tanh(self.H(x)))

    @staticmethod
    def batch(size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Random contexts of four words and the next ones."""
        return random_batch(size, Config(), generator)

    @classmethod
    def batch_for(cls, recipe: Any, size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """The same for another vocabulary or context."""
        return random_batch(size, recipe.model, generator)


def random_batch(size: int, config: Config, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Inputs (size, context), targets (size,); the targets in the form that a text gives them, (size, 1)."""
    vocab = config.vocab or 16_383
    contexts = torch.randint(vocab, (size, config.context), generator=generator)
    return contexts, torch.randint(vocab, (size, 1), generator=generator)


_LAPTOP = PRESETS["laptop"]
VARIANTS = {
    "laptop": _LAPTOP,
    "paper": replace(PRESETS["paper"], model=Config(vocab=500)),
    "direct": replace(PRESETS["paper"], model=Config(vocab=500, embed=30, hidden=50, direct=True)),
    "no hidden layer": replace(_LAPTOP, model=Config(vocab=500, embed=60, hidden=0, direct=True)),
    "two words": replace(_LAPTOP, model=Config(vocab=500, context=2, hidden=50, direct=True, init="standard")),
}
