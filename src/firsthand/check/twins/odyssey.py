"""The variants from one nn.Linear for each gate and input, step by step; without peepholes torch's own nn.LSTM."""

from dataclasses import replace
from typing import Any, get_args

import torch
from torch import Tensor, nn

from firsthand.check.twin import Twin
from firsthand.papers.odyssey.model import Config, Variant
from firsthand.papers.odyssey.recipe import PRESETS

_LAPTOP = PRESETS["laptop"]
VARIANTS = {
    "laptop": replace(_LAPTOP, model=Config(hidden=23)),
    "paper": replace(PRESETS["paper"], model=Config(hidden=23)),
} | {name: replace(_LAPTOP, model=Config(name, hidden=13)) for name in get_args(Variant)}


class Gate(nn.Module):
    """One weighted sum of the input and the output before it, of a peephole and, with FGR, of the gates before it."""

    def __init__(self, vocab: int, hidden: int, peephole: bool, full_gates: bool):
        super().__init__()
        self.W, self.R = nn.Linear(vocab, hidden), nn.Linear(hidden, hidden, bias=False)
        self.p = nn.Parameter(torch.empty(hidden)) if peephole else None
        self.G = nn.ModuleDict({gate: nn.Linear(hidden, hidden, bias=False) for gate in "ifo"} if full_gates else {})

    def forward(self, x: Tensor, y: Tensor, c: Tensor, gates: dict[str, Tensor]) -> Tensor:
        """The sum, not bent yet."""
        a = self.W(x) + self.R(y)
        if self.p is not None:
            a = a + self.p * c
        for gate, layer in self.G.items():
            a = a + layer(gates[gate])
        return a


class Network(Twin):
    """One-hot tokens, the cell, nn.Linear."""

    overfit = (300, 0.01)

    def __init__(self, config: Config):
        super().__init__()
        self.vocab, self.hidden, self.variant = config.vocab or 28, config.hidden, config.variant
        self.order = [s for s in "ifzo" if {"NIG": "i", "NFG": "f", "CIFG": "f", "NOG": "o"}.get(self.variant) != s]
        if self.variant == "NP":
            self.cell = nn.LSTM(self.vocab, self.hidden, batch_first=True)
            self.cell.bias_hh_l0.requires_grad_(False).zero_()
        else:
            self.cell = nn.ModuleDict(
                {s: Gate(self.vocab, self.hidden, s != "z", s != "z" and self.variant == "FGR") for s in self.order}
            )
        self.output = nn.Linear(self.hidden, self.vocab)

    def places(self) -> dict[str, Any]:
        """Our parameters' names, each with the tensors of which it consists, row by row."""
        found: dict[str, Any] = {"output.weight": [self.output.weight], "output.bias": [self.output.bias]}
        if self.variant == "NP":
            cell = self.cell
            return found | {"lstm.W": [cell.weight_ih_l0], "lstm.R": [cell.weight_hh_l0], "lstm.b": [cell.bias_ih_l0]}
        gates = [self.cell[s] for s in self.order]
        found |= {"lstm.W": [gate.W.weight for gate in gates], "lstm.R": [gate.R.weight for gate in gates]}
        found |= {"lstm.b": [gate.W.bias for gate in gates]}
        return found | {f"lstm.p_{s}": [self.cell[s].p] for s in self.order if s != "z"}

    def nine(self) -> list[list[nn.Parameter]]:
        """The matrices between gates, a row of them for each gate that full_gates."""
        return [[self.cell[s].G[heard].weight for heard in "ifo"] for s in "ifo"]

    @torch.no_grad()
    def copy_from(self, ours: nn.Module) -> None:
        """Our parameters, block by block."""
        given, places = ours.state_dict(), self.places()
        for name, parts in places.items():
            for part, rows in zip(parts, given.pop(name).chunk(len(parts)), strict=True):
                part.copy_(rows)
        if self.variant == "FGR":
            for row, parts in zip(self.nine(), given.pop("lstm.G").chunk(3), strict=True):
                for matrix, block in zip(row, parts.chunk(3, 1), strict=True):
                    matrix.copy_(block)
        assert not given

    def named(self, kind: str) -> dict[str, Tensor]:
        """Parameters or gradients under our names."""

        def value(p: nn.Parameter) -> Tensor:
            return p.detach() if kind == "weight" else p.grad

        found = {name: torch.cat([value(p) for p in parts]) for name, parts in self.places().items()}
        if self.variant == "FGR":
            found["lstm.G"] = torch.cat([torch.cat([value(p) for p in row], 1) for row in self.nine()])
        return found

    def forward(self, tokens: Tensor) -> Tensor:
        """Logits (batch, time, vocab)."""
        x = nn.functional.one_hot(tokens, self.vocab).to(self.output.weight.dtype)
        if self.variant == "NP":
            return self.output(self.cell(x)[0])
        y = c = x.new_zeros(len(x), self.hidden)
        gates = dict.fromkeys("ifo", y)
        outputs = []
        for t in range(x.shape[1]):
            sums = {s: self.cell[s](x[:, t], y, c, gates) for s in self.order if s != "o"}
            i = torch.sigmoid(sums["i"]) if "i" in sums else torch.ones_like(c)
            f = torch.sigmoid(sums["f"]) if "f" in sums else torch.ones_like(c)
            if self.variant == "CIFG":
                f = 1 - i
            c = f * c + i * (sums["z"] if self.variant == "NIAF" else torch.tanh(sums["z"]))
            o = torch.sigmoid(self.cell["o"](x[:, t], y, c, gates)) if "o" in self.order else torch.ones_like(c)
            y = o * (c if self.variant == "NOAF" else torch.tanh(c))
            gates = {"i": i, "f": f, "o": o}
            outputs.append(y)
        return self.output(torch.stack(outputs, 1))

    @staticmethod
    def batch(size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Windows of random tokens and the tokens that follow each."""
        text = torch.randint(28, (size, 33), generator=generator)
        return text[:, :-1], text[:, 1:]

    @classmethod
    def batch_for(cls, recipe: Any, size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """The same, shorter: what is to be seen is seen in nine steps."""
        inputs, targets = cls.batch(size, generator)
        return inputs[:, :9], targets[:, :9]
