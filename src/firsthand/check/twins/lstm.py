"""The language model on torch.nn.LSTM; the form of 1997 and the peepholes, which torch lacks, step by step."""

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from firsthand.check.twin import Twin
from firsthand.papers.lstm.model import Config
from firsthand.papers.lstm.recipe import PRESETS

_PAPER = PRESETS["paper"]
VARIANTS = {
    "paper": _PAPER,
    "embedding": replace(_PAPER, optim=PRESETS["laptop"].optim, model=Config(hidden=13, embed=7, forget_bias=1.0)),
    "stacked": replace(_PAPER, model=Config(hidden=11, layers=3)),
    "1997": replace(_PAPER, model=Config(hidden=13, form="1997")),
    "1997 stacked": replace(_PAPER, model=Config(hidden=11, layers=2, form="1997")),
    "peephole": replace(_PAPER, model=Config(hidden=13, form="peephole")),
    "peephole stacked": replace(_PAPER, model=Config(hidden=11, layers=2, form="peephole")),
}


class Cell(nn.Module):
    """One layer of a form that torch does not have, written gate by gate."""

    def __init__(self, width: int, hidden: int, form: str):
        super().__init__()
        self.form, self.gates = form, "igo" if form == "1997" else "ifgo"
        self.input = nn.ModuleDict({gate: nn.Linear(width, hidden) for gate in self.gates})
        self.state = nn.ModuleDict({gate: nn.Linear(hidden, hidden) for gate in self.gates})
        peepholes = "ifo" if form == "peephole" else ""
        self.see = nn.ParameterDict({gate: nn.Parameter(torch.empty(hidden)) for gate in peepholes})

    def forward(self, x: Tensor) -> Tensor:
        """All outputs, from a state of zeros."""
        h = c = x.new_zeros(len(x), self.state["i"].out_features)
        outputs = []
        for t in range(x.shape[1]):
            a = {gate: self.input[gate](x[:, t]) + self.state[gate](h) for gate in self.gates}
            if self.form == "1997":
                c = c + torch.sigmoid(a["i"]) * (4 * torch.sigmoid(a["g"]) - 2)
                h = torch.sigmoid(a["o"]) * (2 * torch.sigmoid(c) - 1)
            else:
                i, f = torch.sigmoid(a["i"] + self.see["i"] * c), torch.sigmoid(a["f"] + self.see["f"] * c)
                c = f * c + i * torch.tanh(a["g"])
                h = torch.sigmoid(a["o"] + self.see["o"] * c) * torch.tanh(c)
            outputs.append(h)
        return torch.stack(outputs, 1)

    def places(self, layer: int) -> dict[str, list[Tensor]]:
        """Our parameters' names, each with the tensors whose rows follow each other in it."""
        found = {}
        for ours, group in (("ih", self.input), ("hh", self.state)):
            found[f"lstm.weight_{ours}_l{layer}"] = [group[gate].weight for gate in self.gates]
            found[f"lstm.bias_{ours}_l{layer}"] = [group[gate].bias for gate in self.gates]
        return found | {f"lstm.weight_c{gate}_l{layer}": [p] for gate, p in self.see.items()}


class Network(Twin):
    """nn.Embedding or one-hot vectors, nn.LSTM or cells of our own, and nn.Linear."""

    overfit = (60, 0.01)

    def __init__(self, config: Config):
        super().__init__()
        self.vocab = config.vocab or 28
        width = config.embed or self.vocab
        self.embedding = None if config.embed is None else nn.Embedding(self.vocab, config.embed)
        if config.form == "vanilla":
            self.lstm = nn.LSTM(width, config.hidden, config.layers, batch_first=True)
        else:
            widths = [width] + [config.hidden] * (config.layers - 1)
            self.lstm = nn.ModuleList(Cell(width, config.hidden, config.form) for width in widths)
        self.output = nn.Linear(config.hidden, self.vocab)

    def places(self) -> dict[str, list[Tensor]]:
        """Our parameters' names, each with the tensors whose rows follow each other in it."""
        if isinstance(self.lstm, nn.LSTM):
            return {name: [p] for name, p in self.named_parameters()}
        found = {name: [p] for name, p in self.named_parameters() if not name.startswith("lstm")}
        for layer, cell in enumerate(self.lstm):
            found |= cell.places(layer)
        return found

    @torch.no_grad()
    def copy_from(self, ours: nn.Module) -> None:
        """Our parameters, gate by gate."""
        places = self.places()
        for name, value in ours.state_dict().items():
            parts = places.pop(name)
            for part, rows in zip(parts, value.chunk(len(parts)), strict=True):
                part.copy_(rows)
        assert not places

    def named(self, kind: str) -> dict[str, Tensor]:
        """Parameters or gradients under our names."""
        return {
            name: torch.cat([p.detach() if kind == "weight" else p.grad for p in parts])
            for name, parts in self.places().items()
        }

    def forward(self, tokens: Tensor) -> Tensor:
        """Logits (batch, time, vocab)."""
        if self.embedding is None:
            x = nn.functional.one_hot(tokens, self.vocab).to(self.output.weight.dtype)
        else:
            x = self.embedding(tokens)
        if isinstance(self.lstm, nn.LSTM):
            x, _ = self.lstm(x)
        else:
            for cell in self.lstm:
                x = cell(x)
        return self.output(x)

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """The mean over all positions."""
        return nn.functional.cross_entropy(outputs.flatten(0, 1), targets.flatten())

    @staticmethod
    def batch(size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Windows of random tokens and the tokens that follow each."""
        text = torch.randint(28, (size, 33), generator=generator)
        return text[:, :-1], text[:, 1:]

    @classmethod
    def batch_for(cls, recipe: Any, size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """The same, shorter for the forms that walk step by step."""
        inputs, targets = cls.batch(size, generator)
        return (inputs, targets) if recipe.model.form == "vanilla" else (inputs[:, :9], targets[:, :9])
