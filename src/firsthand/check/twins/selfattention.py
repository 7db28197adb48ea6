"""The language model on torch.nn.TransformerEncoder with a causal mask, which normalises first."""

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from firsthand.check.twin import Twin
from firsthand.papers.selfattention.model import Config
from firsthand.papers.selfattention.recipe import PRESETS


class Network(Twin):
    """nn.Embedding, nn.TransformerEncoderLayer in a row, nn.LayerNorm and nn.Linear."""

    overfit = (100, 0.003)

    def __init__(self, config: Config):
        super().__init__()
        vocab, embed = config.vocab or 28, config.embed
        self.embedding = nn.Embedding(vocab, embed)
        self.learned = nn.Embedding(config.context, embed) if config.positions == "learned" else None
        self.sinusoids = config.positions == "sinusoidal"
        layer = nn.TransformerEncoderLayer(
            embed, config.heads, config.hidden or 4 * embed, 0.0, "relu", batch_first=True, norm_first=True
        )
        self.stack = nn.TransformerEncoder(layer, config.layers, norm=nn.LayerNorm(embed), enable_nested_tensor=False)
        self.output = nn.Linear(embed, vocab)

    def ours(self, name: str) -> str:
        """Our name of a parameter."""
        for theirs, here in (
            ("stack.layers.", "blocks."),
            ("stack.norm.", "norm."),
            (".self_attn.", ".attention."),
            (".linear1.", ".expand."),
            (".linear2.", ".contract."),
            ("learned.", "positions."),
        ):
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

    def forward(self, tokens: Tensor) -> Tensor:
        """Logits (batch, time, vocab)."""
        x = self.embedding(tokens)
        time, embed = x.shape[1:]
        places = torch.arange(time)
        if self.learned is not None:
            x = x + self.learned(places)
        if self.sinusoids:  # the sines at the even places, the cosines at the odd ones
            rates = torch.exp(torch.arange(0, embed, 2).double() * (-torch.log(torch.tensor(1e4).double()) / embed))
            angles = places[:, None].double() * rates
            table = torch.empty(time, embed, dtype=torch.float64)
            table[:, 0::2], table[:, 1::2] = angles.sin(), angles.cos()
            x = x + table.to(torch.float32).to(x.dtype)  # our table is made in single precision
        mask = nn.Transformer.generate_square_subsequent_mask(time, dtype=x.dtype)
        return self.output(self.stack(x, mask=mask, is_causal=True))

    @staticmethod
    def batch(size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Windows of random tokens and the tokens that follow each."""
        text = torch.randint(28, (size, 33), generator=generator)
        return text[:, :-1], text[:, 1:]

    @classmethod
    def batch_for(cls, recipe: Any, size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """The same for another vocabulary."""
        text = torch.randint(recipe.model.vocab or 28, (size, 33), generator=generator)
        return text[:, :-1], text[:, 1:]


# Without dropout, whose random numbers two networks cannot share. Small, because of millions of rectifiers one stands
# so near 0 that single precision puts it on the other side. With a larger eps, because the gradient of the keys' bias
# is 0 but for the rounding, and Adam would divide that by its own size.
_SMALL = Config(embed=24, heads=3, hidden=31)


def _variant(preset: str = "laptop", **sizes: Any) -> Any:
    recipe = PRESETS[preset]
    return replace(recipe, model=replace(_SMALL, **sizes), optim=replace(recipe.optim, eps=1e-5))


VARIANTS = {
    "laptop": _variant(layers=PRESETS["laptop"].model.layers),
    "cpu": _variant("cpu", layers=4, heads=4, positions="learned"),
    "names": _variant("names", layers=PRESETS["names"].model.layers, positions="learned"),
    "four times as wide": _variant(hidden=None),
    "no positions": _variant(positions="none"),
    "one head, one block": _variant(heads=1, layers=1),
    "other vocabulary": _variant(vocab=53),
}
