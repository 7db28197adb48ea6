"""WaveNet from torch.nn.Conv1d, padded at both ends and cut; makemore's tree from convolutions that stride."""

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from firsthand.check.twin import Twin
from firsthand.papers.wavenet.hierarchy import Tree
from firsthand.papers.wavenet.model import Config
from firsthand.papers.wavenet.recipe import PRESETS


class Causal(nn.Conv1d):
    """A convolution with zeros at both ends, whose outputs that see the future are cut off."""

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channels, time) to the same time."""
        return super().forward(x)[:, :, : x.shape[2]]


def causal(channels: int, out: int, kernel: int, dilation: int) -> Causal:
    """With as much padding as the convolution looks back."""
    return Causal(channels, out, kernel, padding=(kernel - 1) * dilation, dilation=dilation)


class Stack(nn.Module):
    """Filter and gate are two convolutions each; a one-hot sample meets its first weights in a matrix product."""

    def __init__(self, config: Config):
        super().__init__()
        self.config, vocab = config, config.vocab or 256
        self.first = nn.Linear(vocab, config.residual, bias=False)
        self.filters, self.gates, self.ups, self.outs = (nn.ModuleList() for _ in range(4))
        dilations = [config.growth**i for _ in range(config.blocks) for i in range(config.layers)]
        for number, dilation in enumerate(dilations, 1):
            self.filters.append(causal(config.residual, config.gate, config.kernel, dilation))
            if config.unit == "gated":
                self.gates.append(causal(config.residual, config.gate, config.kernel, dilation))
            if number < len(dilations) or not config.skips:
                self.ups.append(nn.Conv1d(config.gate, config.residual, 1))
            if config.skips:
                self.outs.append(nn.Conv1d(config.gate, config.skip, 1))
        last = config.skip if config.skips else config.residual
        self.head = nn.Sequential(
            nn.ReLU(), nn.Conv1d(last, config.skip, 1), nn.ReLU(), nn.Conv1d(config.skip, vocab, 1)
        )

    def theirs(self, find: Any) -> dict[str, Tensor]:
        """`find(parameter)` of every parameter under our names, filter and gate joined."""
        found = {"embedding.weight": find(self.first.weight).t()}
        for i, f in enumerate(self.filters):
            both = [f, self.gates[i]] if len(self.gates) else [f]
            for part in ("weight", "bias"):
                found[f"layers.{i}.dilated.{part}"] = torch.cat([find(getattr(conv, part)) for conv in both])
        for ours, convs in (("residual", self.ups), ("skip", self.outs)):
            for i, conv in enumerate(convs):
                found |= {f"layers.{i}.{ours}.{part}": find(getattr(conv, part)) for part in ("weight", "bias")}
        for ours, conv in (("mix", self.head[1]), ("output", self.head[3])):
            found |= {f"{ours}.{part}": find(getattr(conv, part)) for part in ("weight", "bias")}
        return found

    @torch.no_grad()
    def copy_from(self, state: dict[str, Tensor]) -> None:
        """Our table turned, our joined kernels in two."""
        self.first.weight.copy_(state["embedding.weight"].t())
        for i, f in enumerate(self.filters):
            both = [f, self.gates[i]] if len(self.gates) else [f]
            for part in ("weight", "bias"):
                for conv, value in zip(both, state[f"layers.{i}.dilated.{part}"].chunk(len(both)), strict=True):
                    getattr(conv, part).copy_(value)
        for ours, convs in (("residual", self.ups), ("skip", self.outs)):
            for i, conv in enumerate(convs):
                conv.load_state_dict({part: state[f"layers.{i}.{ours}.{part}"] for part in ("weight", "bias")})
        for ours, conv in (("mix", self.head[1]), ("output", self.head[3])):
            conv.load_state_dict({part: state[f"{ours}.{part}"] for part in ("weight", "bias")})

    def forward(self, tokens: Tensor) -> Tensor:
        """Logits of the token after each."""
        one_hot = nn.functional.one_hot(tokens, self.first.in_features).to(self.first.weight.dtype)
        x, total = self.first(one_hot).transpose(1, 2), 0
        for i, f in enumerate(self.filters):
            z = torch.tanh(f(x)) * torch.sigmoid(self.gates[i](x)) if len(self.gates) else torch.relu(f(x))
            if self.config.skips:
                total = total + self.outs[i](z)
            if i < len(self.ups):
                x = self.ups[i](z) + (x if self.config.shortcuts else 0)
        return self.head(total if self.config.skips else x).transpose(1, 2)


class Branches(nn.Module):
    """Every level as a convolution whose stride is its kernel, so that it fuses neighbours in pairs."""

    def __init__(self, config: Tree):
        super().__init__()
        vocab, width = config.vocab or 27, config.embed
        self.table = nn.Embedding(vocab, config.embed)
        self.fusions, self.norms = nn.ModuleList(), nn.ModuleList()
        for n in config.fuse:
            self.fusions.append(nn.Conv1d(width, config.hidden, n, stride=n, bias=False))
            self.norms.append(nn.BatchNorm1d(config.hidden))
            width = config.hidden
        self.output = nn.Linear(width, vocab)

    def theirs(self, find: Any) -> dict[str, Tensor]:
        """`find(parameter)` of every parameter under our names: a kernel (units, channel, n) as rows of n channels."""
        found = {"embedding.weight": find(self.table.weight)}
        for i, (conv, norm) in enumerate(zip(self.fusions, self.norms, strict=True)):
            found[f"levels.{i}.linear.weight"] = find(conv.weight).transpose(1, 2).flatten(1)
            found |= {f"levels.{i}.norm.{part}": find(getattr(norm, part)) for part in ("weight", "bias")}
        return found | {f"output.{part}": find(getattr(self.output, part)) for part in ("weight", "bias")}

    @torch.no_grad()
    def copy_from(self, state: dict[str, Tensor]) -> None:
        """Our rows as kernels."""
        self.table.load_state_dict({"weight": state["embedding.weight"]})
        for i, (conv, norm) in enumerate(zip(self.fusions, self.norms, strict=True)):
            rows = state[f"levels.{i}.linear.weight"].unflatten(1, (conv.kernel_size[0], -1))
            conv.weight.copy_(rows.transpose(1, 2))
            norm.load_state_dict({name: state[f"levels.{i}.norm.{name}"] for name in norm.state_dict()})
        self.output.load_state_dict({part: state[f"output.{part}"] for part in ("weight", "bias")})

    def forward(self, tokens: Tensor) -> Tensor:
        """Logits of the next character."""
        x = self.table(tokens).transpose(1, 2)
        for conv, norm in zip(self.fusions, self.norms, strict=True):
            x = torch.tanh(norm(conv(x)))
        return self.output(x[:, :, 0])


class Network(Twin):
    """One or the other, as the Config says."""

    def __init__(self, config: Config | Tree):
        super().__init__()
        self.body = Branches(config) if isinstance(config, Tree) else Stack(config)

    def copy_from(self, ours: nn.Module) -> None:
        """Take over the weights and buffers of our network."""
        self.body.copy_from(ours.state_dict())

    def named(self, kind: str) -> dict[str, Tensor]:
        """Parameters or gradients under our names."""
        return self.body.theirs(lambda p: p.detach() if kind == "weight" else p.grad)

    def forward(self, tokens: Tensor) -> Tensor:
        """Logits."""
        return self.body(tokens)

    @staticmethod
    def batch(size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Random stretches of 32 samples and the codes that follow each."""
        codes = torch.randint(256, (size, 33), generator=generator)
        return codes[:, :-1], codes[:, 1:]

    @classmethod
    def batch_for(cls, recipe: Any, size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """For the tree random contexts and the next characters."""
        if not isinstance(recipe.model, Tree):
            return cls.batch(size, generator)
        contexts = torch.randint(27, (size, recipe.model.context), generator=generator)
        return contexts, torch.randint(27, (size,), generator=generator)


# Without dropout, whose random numbers two networks cannot share.
_LAPTOP = replace(PRESETS["laptop"], model=replace(PRESETS["laptop"].model, dropout=0.0))
_SMALL = Config(residual=13, gate=11, skip=17, layers=3)
VARIANTS = {
    "laptop": _LAPTOP,
    "audio": PRESETS["audio"],
    "names": replace(PRESETS["names"], model=replace(PRESETS["names"].model, dropout=0.0)),
    "kernel 3, two blocks": replace(_LAPTOP, model=replace(_SMALL, kernel=3, blocks=2)),
    "relu": replace(_LAPTOP, model=replace(_SMALL, unit="relu")),
    "no dilation": replace(_LAPTOP, model=replace(_SMALL, growth=1)),
    "no residuals": replace(_LAPTOP, model=replace(_SMALL, shortcuts=False)),
    "no skips": replace(_LAPTOP, model=replace(_SMALL, skips=False)),
    "hierarchy": PRESETS["hierarchy"],
    "flat": replace(PRESETS["hierarchy"], model=Tree(fuse=(8,), embed=10, hidden=200)),
    "fused in threes": replace(PRESETS["hierarchy"], model=Tree(fuse=(3, 2), embed=7, hidden=19)),
}
