"""LeNet-5 from torch.nn: C3 as sixteen small convolutions, subsampling as average pooling, distances by torch.cdist."""

from dataclasses import replace
from math import exp

import torch
from torch import Tensor, nn

from firsthand.check.twin import Twin
from firsthand.papers.lenet.model import Config
from firsthand.papers.lenet.recipe import PRESETS

# Table I of the paper, crosses row by row: written out here a second time, independently of the network's own table.
TABLE = """
X...XXX..XXXX.XX
XX...XXX..XXXX.X
XXX...XXX..X.XXX
.XXX..XXXX..X.XX
..XXX..XXXX.XX.X
...XXX..XXXX.XXX
""".split()


class Network(Twin):
    """The published layers, or their modern replacements."""

    def __init__(self, config: Config):
        super().__init__()
        self.config = config
        full = config.c3 == "full"
        self.sees = [[i for i in range(6) if full or TABLE[i][m] == "X"] for m in range(16)]
        self.c1 = nn.Conv2d(1, 6, 5)
        self.c3 = nn.ModuleList(nn.Conv2d(len(seen), 1, 5) for seen in self.sees)
        self.c5 = nn.Linear(400, 120)
        self.f6 = nn.Linear(120, 84)
        self.pool = nn.MaxPool2d(2) if config.pooling == "max" else nn.AvgPool2d(2)
        if config.pooling == "subsampling":
            self.s2_gain, self.s2_bias = nn.Parameter(torch.empty(6)), nn.Parameter(torch.empty(6))
            self.s4_gain, self.s4_bias = nn.Parameter(torch.empty(16)), nn.Parameter(torch.empty(16))
        if config.head == "softmax":
            self.output = nn.Linear(84, 10)
        else:
            self.register_buffer("codes", torch.empty(10, 84))

    def copy_from(self, ours: nn.Module) -> None:
        """Ours keeps C3's kernels in one tensor (table: kernel by kernel; full: map by map) and C5 as a convolution."""
        state = ours.state_dict()
        self.c3_shape = state["c3.weight"].shape
        kernels = state["c3.weight"].reshape(-1, 5, 5).split([len(seen) for seen in self.sees])
        with torch.no_grad():
            for m, conv in enumerate(self.c3):
                conv.weight.copy_(kernels[m][None])
                conv.bias.copy_(state["c3.bias"][m : m + 1])
            for name, value in self._plain().items():
                value.copy_(state[name].reshape(value.shape))

    def named(self, kind: str) -> dict[str, Tensor]:
        """Parameters or gradients under our names and in our shapes."""

        def take(p: Tensor) -> Tensor:
            return p.detach() if kind == "weight" else p.grad

        found = {name: take(p) for name, p in self._plain().items() if name != "output.codes"}
        found["c5.weight"] = found["c5.weight"].reshape(120, 16, 5, 5)
        found["c3.weight"] = torch.cat([take(conv.weight)[0] for conv in self.c3]).reshape(self.c3_shape)
        found["c3.bias"] = torch.cat([take(conv.bias) for conv in self.c3])
        return found

    def _plain(self) -> dict[str, Tensor]:
        """Tensors that correspond one to one, under our names."""
        names = {f"s{layer}_{part}": f"s{layer}.{part}" for layer in (2, 4) for part in ("gain", "bias")}
        names["codes"] = "output.codes"
        tensors = dict(self.named_parameters()) | dict(self.named_buffers())
        return {names.get(name, name): value for name, value in tensors.items() if not name.startswith("c3.")}

    def forward(self, images: Tensor) -> Tensor:
        """Distances or logits."""
        x = self._squash(self.c1(images))
        x = self._squash(self._subsample(x, 2))
        x = torch.cat([conv(x[:, seen]) for conv, seen in zip(self.c3, self.sees, strict=True)], dim=1)
        x = self._squash(self._subsample(self._squash(x), 4))
        x = self._squash(self.f6(self._squash(self.c5(x.flatten(1)))))
        return self.output(x) if self.config.head == "softmax" else torch.cdist(x, self.codes) ** 2

    def _squash(self, a: Tensor) -> Tensor:
        return nn.functional.relu(a) if self.config.activation == "relu" else 1.7159 * torch.tanh(a * 2 / 3)

    def _subsample(self, x: Tensor, layer: int) -> Tensor:
        """The mean of four pixels; ours multiplies their sum, hence the 4."""
        x = self.pool(x)
        if self.config.pooling != "subsampling":
            return x
        gain, bias = getattr(self, f"s{layer}_gain"), getattr(self, f"s{layer}_bias")
        return 4 * gain[:, None, None] * x + bias[:, None, None]

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Equation 8, equation 9 term by term, or the cross-entropy, as the recipe says."""
        if self.config.head == "softmax":
            return nn.functional.cross_entropy(outputs, targets)
        right = (nn.functional.one_hot(targets, 10) * outputs).sum(1)
        if self.recipe.criterion == "mle":
            return right.mean()
        return (right + torch.log(exp(-self.recipe.rubbish) + torch.exp(-outputs).sum(1))).mean()

    @staticmethod
    def batch(size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Images with the paper's scaling, -0.1 to 1.175, and classes."""
        images = torch.rand(size, 1, 32, 32, generator=generator, dtype=torch.float64) * 1.275 - 0.1
        return images, torch.randint(10, (size,), generator=generator)


_LAPTOP = PRESETS["laptop"]
VARIANTS = {
    "laptop": _LAPTOP,
    "modern": PRESETS["modern"],
    "mle": replace(_LAPTOP, loss="mle"),
    "max": replace(_LAPTOP, model=Config(pooling="max")),
    "average": replace(_LAPTOP, model=Config(pooling="average", init="fan-in")),
    "relu": replace(_LAPTOP, model=Config(activation="relu", head="softmax")),
    "full": replace(_LAPTOP, model=Config(c3="full")),
}
