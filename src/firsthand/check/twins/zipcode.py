"""The zip-code networks from torch.nn: dense kernels under a mask, average pooling times a gain, columns of patches."""

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from firsthand.check.twin import Twin
from firsthand.papers.zipcode.model import Config
from firsthand.papers.zipcode.recipe import PRESETS

# Which maps of H2 the twelve maps of H3 see, and which of H1 those of 1989's H2: written out a second time.
TABLES = {
    "1990": ["X...", "XX..", "XX..", ".X..", "XX..", "XX..", "..X.", "..XX", "..XX", "...X", "..XX", "..XX"],
    "1989": ["XXXXXXXX...."] * 4 + ["....XXXXXXXX"] * 4 + ["XXXX....XXXX"] * 4,
    "full": ["XXXX"] * 12,
}


class Network(Twin):
    """H1 to H4, or of 1989 H1 to H3, and ten outputs."""

    def __init__(self, config: Config):
        super().__init__()
        self.config, self.of_1990 = config, config.net == "1990"
        table = "full" if config.table == ("0123",) * 12 else config.net
        self.mask = torch.tensor([[x == "X" for x in row] for row in TABLES[table]])
        size = 25 * self.mask.shape[1]
        self.w1 = nn.Parameter(torch.empty(len(self.mask) if not self.of_1990 else 4, 25))
        self.w2 = nn.Parameter(torch.empty(12, size))
        self.b1, self.b2 = nn.Parameter(torch.empty(0)), nn.Parameter(torch.empty(0))
        if self.of_1990 and config.subsample:
            self.g1, self.c1 = nn.Parameter(torch.empty(4)), nn.Parameter(torch.empty(4))
            self.g2, self.c2 = nn.Parameter(torch.empty(12)), nn.Parameter(torch.empty(12))
        units = 12 * (config.side // 4 - 3) ** 2 if self.of_1990 else 30
        self.hidden = None if self.of_1990 else nn.Linear(192, 30)
        self.out = nn.Linear(units, 10)

    def copy_from(self, ours: nn.Module) -> None:
        """Ours keeps the kernels of the table only, one after the other."""
        state, kernels = ours.state_dict(), {"w1": "h1", "w2": "h3" if self.of_1990 else "h2"}
        self.shapes = {}
        for name, layer in kernels.items():
            mask = self.mask if name == "w2" else torch.ones(len(self.w1), 1, dtype=torch.bool)
            weight = state[f"{layer}.weight"]
            dense = weight.new_zeros(*mask.shape, *weight.shape[1:])
            dense[mask] = weight
            setattr(self, name, nn.Parameter(dense))
            setattr(self, name.replace("w", "b"), nn.Parameter(state[f"{layer}.bias"].clone()))
            self.shapes[name] = (layer, mask)
        with torch.no_grad():
            for name, value in self._plain().items():
                value.copy_(state[name])

    def _plain(self) -> dict[str, Tensor]:
        """Tensors that correspond one to one, under our names."""
        names = {"g1": "h2.gain", "c1": "h2.bias", "g2": "h4.gain", "c2": "h4.bias", "hidden.weight": "h3.weight"}
        names["hidden.bias"] = "h3.bias"
        return {names.get(n, n): p for n, p in self.named_parameters() if n not in ("w1", "w2", "b1", "b2")}

    def named(self, kind: str) -> dict[str, Tensor]:
        """Parameters or gradients under our names; of the dense kernels those of the table."""

        def take(p: Tensor) -> Tensor:
            return p.detach() if kind == "weight" else p.grad

        found = {name: take(p) for name, p in self._plain().items()}
        for name, (layer, mask) in self.shapes.items():
            found[f"{layer}.weight"] = take(getattr(self, name))[mask]
            found[f"{layer}.bias"] = take(getattr(self, name.replace("w", "b")))
        return found

    def forward(self, images: Tensor) -> Tensor:
        """Ten outputs."""
        x = self._squash(self._maps(images, "w1"))
        x = self._squash(self._pool(x, 1)) if hasattr(self, "g1") else x
        x = self._squash(self._maps(x, "w2"))
        x = self._squash(self._pool(x, 2)) if hasattr(self, "g2") else x
        x = x.flatten(1)
        x = x if self.hidden is None else self._squash(self.hidden(x))
        y = self.out(x)
        return y if self.config.output == "linear" else 1.7159 * torch.tanh(2 / 3 * y)

    def _squash(self, a: Tensor) -> Tensor:
        return nn.functional.relu(a) if self.config.activation == "relu" else 1.7159 * torch.tanh(a * 2 / 3)

    def _pool(self, x: Tensor, layer: int) -> Tensor:
        """The mean of four pixels; ours multiplies their sum, hence the 4."""
        gain, bias = getattr(self, f"g{layer}"), getattr(self, f"c{layer}")
        return 4 * gain[:, None, None] * nn.functional.avg_pool2d(x, 2) + bias[:, None, None]

    def _maps(self, x: Tensor, name: str) -> Tensor:
        """Convolution by dense kernels whose rest is zero; what is not shared goes place by place over the columns."""
        weight, bias = getattr(self, name), getattr(self, name.replace("w", "b"))
        weight = weight * self.shapes[name][1].view(*weight.shape[:2], *[1] * (weight.ndim - 2))
        stride = 2 if not self.of_1990 or not self.config.subsample else 1
        x = x if self.of_1990 else nn.functional.pad(x, (2, 2, 2, 2), value=-1.0)
        bias = bias if bias.ndim == 3 else bias[:, None, None]
        if self.config.shared:
            return nn.functional.conv2d(x, weight, stride=stride) + bias
        columns = nn.functional.unfold(x, 5, stride=stride)  # (batch, in * 25, places)
        y = torch.stack([columns[..., p] @ weight[:, :, p].flatten(1).T for p in range(columns.shape[2])], -1)
        return y.unflatten(2, bias.shape[1:]) + bias

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Half the squared distance from targets of +1 and -1, or the cross-entropy."""
        if self.config.output == "linear":
            return nn.functional.cross_entropy(outputs, targets)
        wanted = 2.0 * nn.functional.one_hot(targets, 10).to(outputs) - 1
        return nn.functional.mse_loss(outputs, wanted, reduction="sum") / (2 * len(targets))

    @staticmethod
    def batch(size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Fields of 28x28 with random pixels of -1 to 1 in the middle, and classes."""
        return Network.images(28, size, generator)

    @classmethod
    def batch_for(cls, recipe: Any, size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """The same for fields of another side."""
        return cls.images(recipe.model.side, size, generator)

    @staticmethod
    def images(side: int, size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Random images and classes."""
        images = torch.full((size, 1, side, side), -1.0, dtype=torch.float64)
        edge = 0 if side == 16 else 6
        shape = (size, 1, side - 2 * edge, side - 2 * edge)
        pixels = torch.rand(shape, generator=generator, dtype=torch.float64)
        images[:, :, edge : side - edge, edge : side - edge] = 2 * pixels - 1
        return images, torch.randint(10, (size,), generator=generator)


_LAPTOP = PRESETS["laptop"]
VARIANTS = {
    "laptop": _LAPTOP,
    "1989": PRESETS["1989"],
    "20x20": PRESETS["digits"],
    # Neither dropout nor moved images, which are random.
    "modern": replace(PRESETS["modern"], model=replace(PRESETS["modern"].model, dropout=0.0), shift=0),
    "unshared": replace(_LAPTOP, model=Config(shared=False)),
    "stride": replace(_LAPTOP, model=Config(subsample=False)),
    "full": replace(_LAPTOP, model=Config(table=("0123",) * 12)),
}
