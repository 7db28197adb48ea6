"""The latch as a torch.nn.RNN of one unit that reads its own embedding first; layers of units as torch's own."""

from dataclasses import replace

import torch
from torch import Tensor, nn

from firsthand.check.twin import Twin
from firsthand.papers.vanishing.model import Config
from firsthand.papers.vanishing.recipe import PRESETS

_LAPTOP = PRESETS["laptop"]
VARIANTS = {
    "laptop": _LAPTOP,
    "paper": PRESETS["paper"],
    "three parameters": replace(_LAPTOP, model=Config(lead=1)),
    "rnn": PRESETS["rnn"],
    "gru": PRESETS["gru"],
    "lstm": PRESETS["lstm"],
    "closed lstm": replace(PRESETS["lstm"], model=Config("lstm", units=3, forget=-2.0)),
}


class Network(Twin):
    """Embedding of the class in front of the noise, into RNN(1, 1); or RNN, GRU or LSTM, and Linear."""

    guess = 0.32  # of the answer 0: half of 0.8 squared
    overfit = (400, 0.05)

    def __init__(self, config: Config):
        super().__init__()
        self.cell, self.lead = config.cell, config.lead
        if config.cell == "latch":
            self.free = nn.Embedding(2, config.lead)
            self.neuron = nn.RNN(1, 1, bias=False, batch_first=True)
            self.neuron.weight_ih_l0.requires_grad_(False).fill_(1.0)
        else:
            units = config.units or 5
            self.layer = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}[config.cell](1, units, batch_first=True)
            self.readout = nn.Linear(units, 1)

    def copy_from(self, ours: nn.Module) -> None:
        """The latch's weights lie elsewhere; a layer's have torch's names."""
        if self.cell != "latch":
            super().copy_from(ours)
            return
        with torch.no_grad():
            self.neuron.weight_hh_l0.fill_(ours.w)
            self.free.weight.copy_(ours.free)

    def named(self, kind: str) -> dict[str, Tensor]:
        """Parameters or gradients under our names."""
        if self.cell != "latch":
            return super().named(kind)
        found = {"w": self.neuron.weight_hh_l0, "free": self.free.weight}
        values = {name: p.detach() if kind == "weight" else p.grad for name, p in found.items()}
        return values | {"w": values["w"].reshape(())}

    def forward(self, x: Tensor) -> Tensor:
        """The last state, or the readout of it."""
        if self.cell != "latch":
            return self.readout(self.layer(x.unsqueeze(2))[0][:, -1]).squeeze(1)
        given = self.free((x[:, 0] > 0).long())
        return self.neuron(torch.cat([given, x[:, self.lead :]], 1).unsqueeze(2))[0][:, -1, 0]

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Half the squared distance from 0.8 or -0.8."""
        return nn.functional.mse_loss(outputs, 0.8 * torch.where(targets > 0, 1.0, -1.0).to(outputs.dtype)) / 2

    @staticmethod
    def batch(size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Sequences of 20 steps that begin with three of their class's sign."""
        classes = torch.randint(2, (size,), generator=generator)
        x = 0.2 * torch.randn(size, 20, generator=generator, dtype=torch.float64)
        x[:, :3] = torch.where(classes > 0, 1.0, -1.0)[:, None]
        return x, classes
