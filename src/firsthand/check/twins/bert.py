"""BERT on torch.nn's own encoder layers, whose heads have all three projections in one matrix, as ours have."""

from dataclasses import replace
from math import log
from typing import Any

import torch
from torch import Tensor, nn

from firsthand.check.twin import Twin
from firsthand.papers.bert.model import Config
from firsthand.papers.bert.recipe import PRESETS

PAD, NOTHING = 0, -100
NAMES = (
    (".self_attn.", ".attention."),
    (".linear1.", ".expand."),
    (".linear2.", ".contract."),
    (".norm1.", ".attention_norm."),
    (".norm2.", ".norm."),
)
VOCAB = 29


class Network(Twin):
    """nn.Embedding, nn.TransformerEncoderLayer with norms after the sums, and two heads of nn.Linear, nn.LayerNorm."""

    guess = log(VOCAB) + log(2)
    overfit = (200, 0.003)

    def __init__(self, config: Config):
        super().__init__()
        hidden, vocab = config.hidden, config.vocab or 30_522
        self.encoder = nn.Module()
        self.encoder.embedding = nn.Embedding(vocab, hidden)
        self.encoder.positions = nn.Embedding(config.length, hidden)
        self.encoder.segments = nn.Embedding(config.segments, hidden)
        self.encoder.norm = nn.LayerNorm(hidden, config.eps)
        self.encoder.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(
                hidden, config.heads, config.feed or 4 * hidden, 0.0, "gelu", config.eps, batch_first=True
            )
            for _ in range(config.layers)
        )
        self.encoder.pooler = nn.Linear(hidden, hidden)
        self.transform, self.norm = nn.Linear(hidden, hidden), nn.LayerNorm(hidden, config.eps)
        self.bias = nn.Parameter(torch.zeros(vocab))
        self.next = nn.Linear(hidden, 2)
        self.causal = config.causal

    @staticmethod
    def ours(name: str) -> str:
        """Our name of a parameter."""
        for theirs, here in NAMES:
            name = name.replace(theirs, here)
        return name

    @torch.no_grad()
    def copy_from(self, ours: nn.Module) -> None:
        """The two networks have the same tensors under other names."""
        state = ours.state_dict()
        for name, parameter in self.named_parameters():
            parameter.copy_(state.pop(self.ours(name)))
        assert not state

    def named(self, kind: str) -> dict[str, Tensor]:
        """Parameters or gradients under our names."""
        return {self.ours(name): p.detach() if kind == "weight" else p.grad for name, p in self.named_parameters()}

    def forward(self, inputs: Tensor) -> Tensor:
        """The states of all tokens."""
        self.inputs = inputs  # the loss asks where padding is
        tokens, segments = inputs.unbind(1)
        encoder = self.encoder
        places = torch.arange(tokens.shape[1])
        x = encoder.norm(encoder.embedding(tokens) + encoder.segments(segments) + encoder.positions(places))
        future = torch.ones(len(places), len(places), dtype=torch.bool).triu(1) if self.causal else None
        for layer in encoder.layers:
            x = layer(x, src_mask=future, src_key_padding_mask=tokens == PAD)
        return x

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Cross-entropy of the hidden words, and of what follows."""
        hidden = targets[:, 1:]
        chosen = (hidden != NOTHING) & (self.inputs[:, 0] != PAD)
        words = self.norm(nn.functional.gelu(self.transform(outputs[chosen]))) @ self.encoder.embedding.weight.T
        follows = self.next(self.encoder.pooler(outputs[:, 0]).tanh())
        loss = nn.functional.cross_entropy(words + self.bias, hidden[chosen])
        return loss + (
            nn.functional.cross_entropy(follows, targets[:, 0]) if self.recipe.data.pairs else 0.0 * follows.sum()
        )

    @staticmethod
    def batch(size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Rows of up to 16 random tokens in two segments, some of which are to be predicted, filled up with 0."""
        return made(size, 16, generator)

    @classmethod
    def batch_for(cls, recipe: Any, size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """As long as the recipe's examples, to be timed; the variants of the check have 16 tokens."""
        return made(size, recipe.data.length, generator)


def made(size: int, width: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Random rows of at least a half of the width; a seventh of the tokens, and always the second, are predicted."""
    tokens = torch.randint(5, VOCAB, (size, width), generator=generator)
    lengths = torch.randint(width // 2, width + 1, (size, 1), generator=generator)
    places = torch.arange(width)
    padding = places >= lengths
    segments = (places >= width // 3).long().expand(size, width).masked_fill(padding, 0)
    hidden = torch.randint(5, VOCAB, (size, width), generator=generator)
    chosen = (torch.rand(size, width, generator=generator) < 1 / 7) | (places == 1)
    follows = torch.randint(0, 2, (size, 1), generator=generator)
    words = hidden.masked_fill(~chosen | padding, NOTHING)
    return torch.stack([tokens.masked_fill(padding, PAD), segments], 1), torch.cat([follows, words], 1)


# Without dropout, whose random numbers two networks cannot share; with a larger eps, because Adam divides a gradient
# that is 0 but for rounding by its own size.
def _variant(pairs: bool = True, **sizes: Any) -> Any:
    recipe = PRESETS["laptop"]
    small = {"vocab": VOCAB, "hidden": 24, "heads": 3, "layers": 2, "length": 16, "dropout": 0.0}
    data = replace(recipe.data, length=16, pairs=pairs)
    return replace(recipe, model=Config(**(small | sizes)), data=data, optim=replace(recipe.optim, eps=1e-5))


VARIANTS = {
    "laptop": _variant(),
    "base, small": _variant(hidden=32, heads=4, layers=3, feed=37),
    "hidden words alone": _variant(pairs=False),
    "left to right": _variant(pairs=False, causal=True, layers=1),
}
