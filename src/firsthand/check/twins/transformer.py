"""The Transformer on torch.nn's layers, in stacks without the last norms that torch.nn.Transformer puts on them."""

from dataclasses import replace
from math import sqrt
from typing import Any

import torch
from torch import Tensor, nn

from firsthand.check.twin import Twin
from firsthand.papers.transformer.model import Config
from firsthand.papers.transformer.recipe import PRESETS

PAD, BOS = 0, 1
NAMES = (
    ("encoder.layers.", "encoder."),
    ("decoder.layers.", "decoder."),
    (".self_attn.", ".attention."),
    (".multihead_attn.", ".cross."),
    (".linear1.", ".feed.expand."),
    (".linear2.", ".feed.contract."),
    (".norm1.", ".sums.0.norm."),
    (".norm2.", ".sums.1.norm."),
    (".norm3.", ".sums.2.norm."),
    ("encoder.norm.", "norms.0."),
    ("decoder.norm.", "norms.1."),
)


class Network(Twin):
    """nn.Embedding, nn.TransformerEncoder and nn.TransformerDecoder; the biases of their heads are 0 and stay so."""

    overfit = (120, 0.003)
    guess = 14.0  # in place of ln 1000: with smoothed targets no loss is below 1.02 nats, which a tenth must exceed

    def __init__(self, config: Config):
        super().__init__()
        embed, pre = config.embed, config.norm == "pre"
        self.embedding = nn.Embedding(config.vocab, embed)
        self.source = None if config.source_vocab is None else nn.Embedding(config.source_vocab, embed)
        self.positions = nn.Embedding(config.length, embed) if config.positions == "learned" else None
        sizes = (embed, config.heads, config.hidden, 0.0, "relu")
        norms = (nn.LayerNorm(embed) if pre else None for _ in range(2))
        self.encoder = nn.TransformerEncoder(
            nn.TransformerEncoderLayer(*sizes, batch_first=True, norm_first=pre),
            config.layers,
            next(norms),
            enable_nested_tensor=False,
        )
        self.decoder = nn.TransformerDecoder(
            nn.TransformerDecoderLayer(*sizes, batch_first=True, norm_first=pre), config.layers, next(norms)
        )
        for name, parameter in self.named_parameters():
            if name.endswith(("in_proj_bias", "out_proj.bias")):
                nn.init.zeros_(parameter).requires_grad_(False)

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
            if parameter.requires_grad:
                parameter.copy_(state.pop(self.ours(name)))
        assert not state

    def named(self, kind: str) -> dict[str, Tensor]:
        """Parameters or gradients under our names."""
        learned = ((name, p) for name, p in self.named_parameters() if p.requires_grad)
        return {self.ours(name): p.detach() if kind == "weight" else p.grad for name, p in learned}

    def embed(self, tokens: Tensor, table: nn.Embedding) -> Tensor:
        """Scaled embeddings and positions, the sines at the even places, the cosines at the odd ones."""
        x = sqrt(table.embedding_dim) * table(tokens)
        time, embed = x.shape[1:]
        places = torch.arange(time)
        if self.positions is not None:
            return x + self.positions(places)
        angles = places[:, None].double() / 10_000 ** (torch.arange(0, embed, 2).double() / embed)
        positions = torch.empty(time, embed, dtype=torch.float64)
        positions[:, 0::2], positions[:, 1::2] = angles.sin(), angles.cos()
        return x + positions.to(torch.float32).to(x.dtype)  # our table is made in single precision

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        """Logits (batch, time, vocab)."""
        padding = source == PAD  # True: not to be attended to
        memory = self.encoder(self.embed(source, self.source or self.embedding), src_key_padding_mask=padding)
        before = torch.cat([torch.full_like(target[:, :1], BOS), target[:, :-1]], 1)
        future = torch.ones(target.shape[1], target.shape[1], dtype=torch.bool).triu(1)
        y = self.decoder(self.embed(before, self.embedding), memory, future, memory_key_padding_mask=padding)
        return y @ self.embedding.weight.T

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Cross-entropy with smoothed targets, in which padding does not count."""
        smoothing = self.recipe.label_smoothing
        return nn.functional.cross_entropy(
            outputs.flatten(0, 1), targets.flatten(), ignore_index=PAD, label_smoothing=smoothing
        )

    @staticmethod
    def batch(size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Sentences of up to 12 random tokens and translations of up to 9, ended by token 2 and filled up with 0."""
        return sentences(size, 12, 29, generator), sentences(size, 9, 29, generator)


def sentences(size: int, width: int, vocab: int, generator: torch.Generator) -> Tensor:
    """Rows of random tokens from 4 on, of random lengths from a half of the width, the last one 2 and 0 after it."""
    tokens = torch.randint(4, vocab, (size, width), generator=generator)
    lengths = torch.randint(width // 2, width + 1, (size, 1), generator=generator)
    places = torch.arange(width)
    return tokens.masked_fill(places == lengths - 1, 2).masked_fill(places >= lengths, PAD)


# Without dropout, which torch has in more places and whose random numbers two networks cannot share. Small, because of
# millions of rectifiers one stands so near 0 that single precision puts it on the other side; with a larger eps,
# because Adam divides a gradient that is 0 but for rounding by its own size.
def _variant(**sizes: Any) -> Any:
    recipe, small = PRESETS["laptop"], {"vocab": 29, "embed": 24, "heads": 3, "hidden": 37, "layers": 2, "dropout": 0.0}
    return replace(recipe, model=Config(**(small | sizes)), optim=replace(recipe.optim, eps=1e-5))


VARIANTS = {
    "laptop": _variant(),
    "norms first": _variant(norm="pre"),
    "learned positions": _variant(positions="learned", length=13, layers=1),
    "two vocabularies": _variant(source_vocab=31, layers=1),
    "one head, three layers": _variant(heads=1, layers=3),
    "plain targets": replace(_variant(layers=1), label_smoothing=0.0),
}
