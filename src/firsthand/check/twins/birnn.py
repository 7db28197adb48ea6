"""The network on torch.nn: both directions of one bidirectional layer, padded sentences packed."""

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from firsthand.check.twin import Twin
from firsthand.papers.birnn.model import Config
from firsthand.papers.birnn.recipe import PRESETS

_LAPTOP, _BROWN = PRESETS["laptop"], PRESETS["brown"]
_WORDS = Config(cell="gru", hidden=11, embed=7, vocab=30, outputs=5, edge=0.0)
VARIANTS = {
    "laptop": _LAPTOP,
    "paper": PRESETS["paper"],
    "forward": replace(_LAPTOP, model=replace(_LAPTOP.model, direction="forward")),
    "backward": replace(_LAPTOP, model=replace(_LAPTOP.model, direction="backward")),
    "classes": replace(_LAPTOP, model=Config(hidden=3, outputs=2)),
    "words": replace(_BROWN, model=_WORDS),
    "words backward": replace(_BROWN, model=replace(_WORDS, direction="backward")),
    "words, rnn": replace(_BROWN, model=replace(_WORDS, cell="rnn", edge=0.5)),
    "words, lstm": replace(_BROWN, model=replace(_WORDS, cell="lstm", edge=0.5)),
}
LAYERS = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}


class Network(Twin):
    """nn.Embedding, nn.RNN, GRU or LSTM that runs both ways, of which one may be idle, and nn.Linear."""

    guess = 0.0089  # the variance of `batch`, whose averages are lower at the ends
    overfit = (300, 0.01)

    def __init__(self, config: Config):
        super().__init__()
        self.config, width = config, config.embed or 1
        self.embedding = nn.Embedding(config.vocab, config.embed) if config.embed else None
        self.layer = LAYERS[config.cell](width, config.hidden, batch_first=True, bidirectional=True)
        self.output = nn.Linear(config.hidden * (2 if config.direction == "both" else 1), config.outputs or 1)
        for name, parameter in self.layer.named_parameters():
            idle = config.direction == ("forward" if name.endswith("_reverse") else "backward")
            if idle or (config.cell == "rnn" and name.startswith("bias_hh")):
                parameter.requires_grad_(False).zero_()

    def ours(self, name: str) -> str:
        """Our name of one of the twin's parameters."""
        if not name.startswith("layer."):
            return name
        name = name.removeprefix("layer.")
        return f"future.{name.removesuffix('_reverse')}" if name.endswith("_reverse") else f"past.{name}"

    @torch.no_grad()
    def copy_from(self, ours: nn.Module) -> None:
        """Our parameters under torch's names."""
        given = ours.state_dict()
        for name, parameter in self.named_parameters():
            if parameter.requires_grad:
                parameter.copy_(given.pop(self.ours(name)))
        assert not given

    def named(self, kind: str) -> dict[str, Tensor]:
        """Parameters or gradients under our names."""
        return {
            self.ours(name): p.detach() if kind == "weight" else p.grad
            for name, p in self.named_parameters()
            if p.requires_grad
        }

    def forward(self, x: Tensor) -> Tensor:
        """Numbers or logits of every step."""
        lengths = None if self.embedding is None else (x != 0).sum(1)
        x = x if self.embedding is None else self.embedding(x)
        start = x.new_full((2, len(x), self.config.hidden), self.config.edge)
        start = (start, start) if self.config.cell == "lstm" else start
        if lengths is None:
            h, _ = self.layer(x, start)
        else:
            packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
            h, _ = pad_packed_sequence(self.layer(packed, start)[0], batch_first=True, total_length=x.shape[1])
        past, future = h.chunk(2, 2)
        y = self.output({"both": h, "forward": past, "backward": future}[self.config.direction])
        return torch.tanh(y) if y.shape[2] == 1 else y

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Squared error, or cross-entropy where there is a target."""
        if outputs.shape[2] == 1:
            return nn.functional.mse_loss(outputs.squeeze(2), targets.to(outputs.dtype))
        return nn.functional.cross_entropy(outputs.transpose(1, 2), targets, ignore_index=-1)

    def optimizer(self) -> torch.optim.Optimizer:
        """torch's own Rprop, or the recipe's rule."""
        if not self.recipe.rprop:
            return super().optimizer()
        moving = [p for p in self.parameters() if p.requires_grad]
        return torch.optim.Rprop(moving, lr=self.recipe.optim.lr, etas=(0.5, 1.2), step_sizes=(1e-6, 50))

    @staticmethod
    def batch(size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Random numbers and their weighted averages, in which 0 stands beyond either end."""
        x = torch.rand(size, 40, 1, generator=generator, dtype=torch.float64)
        weights = [(1 - d / 10) / 10 for d in range(10, 0, -1)] + [(1 - d / 20) / 20 for d in range(20)]
        kernel = torch.tensor(weights, dtype=torch.float64).view(1, 1, 30)
        return x, nn.functional.conv1d(nn.functional.pad(x.transpose(1, 2), (10, 19)), kernel).squeeze(1)

    @classmethod
    def batch_for(cls, recipe: Any, size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Classes of the averages; or sentences of 1 to 12 random words, with random tags."""
        if recipe.model.embed is None:
            x, y = cls.batch(size, generator)
            return x, (y > 0.5).long() if recipe.model.outputs == 2 else y
        words = torch.randint(2, recipe.model.vocab, (size, 12), generator=generator)
        tags = torch.randint(recipe.model.outputs, (size, 12), generator=generator)
        lengths = torch.randint(1, 13, (size,), generator=generator)
        lengths[0] = 12
        beyond = torch.arange(12) >= lengths[:, None]
        return words.masked_fill(beyond, 0), tags.masked_fill(beyond, -1)
