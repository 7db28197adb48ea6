"""The layers, functions and losses without a memory of their own, each beside its counterpart in torch.nn."""

import torch
from case import Case
from torch import Tensor
from torch.nn import functional

from firsthand import nn

FEATURES = ((64, 128), (256, 512), (2048, 1024))  # batch, features
TOKENS = ((32, 32, 64), (32, 64, 256), (32, 128, 512))  # batch, time, features
IMAGES = ((16, 8, 14, 14), (64, 16, 28, 28), (128, 64, 32, 32))  # batch, channels, height, width
SEQUENCES = ((16, 16, 32), (64, 32, 128), (64, 128, 512))  # batch, channels, time
CLASSES = ((512, 27), (1024, 100), (4096, 1000))  # batch, classes


def floats(*size: int) -> tuple[Tensor, ...]:
    """One standard normal tensor."""
    return (torch.randn(*size),)


def labelled(batch: int, classes: int) -> tuple[Tensor, ...]:
    """Logits and a class for each row."""
    return torch.randn(batch, classes), torch.randint(classes, (batch,))


def scored(batch: int, classes: int) -> tuple[Tensor, ...]:
    """Log-probabilities and a class for each row."""
    return torch.randn(batch, classes).log_softmax(1), torch.randint(classes, (batch,))


def shared(batch: int, classes: int) -> tuple[Tensor, ...]:
    """Logits and probabilities."""
    return torch.randn(batch, classes), torch.rand(batch, classes)


def tokens(batch: int, time: int, features: int) -> tuple[Tensor, ...]:
    """Indices below 1000."""
    return (torch.randint(1000, (batch, time)),)


def function(ours, theirs, sizes=FEATURES, inputs=floats) -> Case:
    """A case of two functions, which need no making."""
    return Case(lambda *_: ours, lambda *_: theirs, inputs, sizes, target=inputs is not floats)


def masked(*size: int):
    """torch.nn has no masked layer: a linear function of the masked weight."""
    layer = torch.nn.Linear(size[1], size[1])
    layer.register_buffer("mask", torch.ones(size[1], size[1]))
    return _Masked(layer)


class _Masked(torch.nn.Module):
    def __init__(self, layer: torch.nn.Linear):
        super().__init__()
        self.weight, self.bias = layer.weight, layer.bias
        self.register_buffer("mask", layer.mask)

    def forward(self, x: Tensor) -> Tensor:
        """W * M x + b."""
        return functional.linear(x, self.weight * self.mask, self.bias)


class _Subsample(torch.nn.Module):
    """LeNet's subsampling out of torch.nn.functional: the sum of four is four times their mean."""

    def __init__(self, channels: int):
        super().__init__()
        self.gain, self.bias = torch.nn.Parameter(torch.zeros(channels)), torch.nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        """gain * sum + bias of every square."""
        return 4 * functional.avg_pool2d(x, 2) * self.gain.view(-1, 1, 1) + self.bias.view(-1, 1, 1)


CASES: dict[str, Case] = {
    "Linear": Case(lambda *s: nn.Linear(s[-1], s[-1]), lambda *s: torch.nn.Linear(s[-1], s[-1]), floats, FEATURES),
    "Linear, tokens": Case(
        lambda *s: nn.Linear(s[-1], s[-1]), lambda *s: torch.nn.Linear(s[-1], s[-1]), floats, TOKENS
    ),
    "MaskedLinear": Case(lambda *s: nn.MaskedLinear(s[1], s[1]), masked, floats, FEATURES),
    "Embedding": Case(
        lambda *s: nn.Embedding(1000, s[-1]), lambda *s: torch.nn.Embedding(1000, s[-1]), tokens, TOKENS
    ),
    "Conv1d": Case(
        lambda *s: nn.Conv1d(s[1], s[1], 3, padding=1), lambda *s: torch.nn.Conv1d(s[1], s[1], 3, padding=1),
        floats, SEQUENCES,
    ),
    "Conv2d": Case(
        lambda *s: nn.Conv2d(s[1], s[1], 3, padding=1), lambda *s: torch.nn.Conv2d(s[1], s[1], 3, padding=1),
        floats, IMAGES,
    ),
    "ConvTranspose2d": Case(
        lambda *s: nn.ConvTranspose2d(s[1], s[1], 2, stride=2),
        lambda *s: torch.nn.ConvTranspose2d(s[1], s[1], 2, stride=2), floats, IMAGES,
    ),
    "max_pool2d": function(lambda x: nn.max_pool2d(x, 2), lambda x: functional.max_pool2d(x, 2), IMAGES),
    "avg_pool2d": function(lambda x: nn.avg_pool2d(x, 2), lambda x: functional.avg_pool2d(x, 2), IMAGES),
    "avg_pool2d, overlapping": function(
        lambda x: nn.avg_pool2d(x, 3, 2, 1), lambda x: functional.avg_pool2d(x, 3, 2, 1), IMAGES
    ),
    "adaptive_avg_pool2d": function(
        lambda x: nn.adaptive_avg_pool2d(x, 3), lambda x: functional.adaptive_avg_pool2d(x, 3), IMAGES
    ),
    "global_avg_pool2d": function(
        nn.global_avg_pool2d, lambda x: functional.adaptive_avg_pool2d(x, 1).flatten(1), IMAGES
    ),
    "Subsample": Case(lambda *s: nn.Subsample(s[1]), lambda *s: _Subsample(s[1]), floats, IMAGES),
    "BatchNorm1d": Case(lambda *s: nn.BatchNorm1d(s[1]), lambda *s: torch.nn.BatchNorm1d(s[1]), floats, FEATURES),
    "BatchNorm2d": Case(lambda *s: nn.BatchNorm2d(s[1]), lambda *s: torch.nn.BatchNorm2d(s[1]), floats, IMAGES),
    "LayerNorm": Case(lambda *s: nn.LayerNorm(s[-1]), lambda *s: torch.nn.LayerNorm(s[-1]), floats, TOKENS),
    "local_response_norm": function(
        nn.local_response_norm, lambda x: functional.local_response_norm(x, 5, 5e-4, 0.75, 2.0), IMAGES
    ),
    "Dropout": Case(lambda *s: nn.Dropout(0.5), lambda *s: torch.nn.Dropout(0.5), floats, FEATURES),
    "Dropout2d": Case(lambda *s: nn.Dropout2d(0.5), lambda *s: torch.nn.Dropout2d(0.5), floats, IMAGES),
    "sigmoid": function(nn.sigmoid, torch.sigmoid),
    "tanh": function(nn.tanh, torch.tanh),
    "scaled_tanh": function(nn.scaled_tanh, lambda x: 1.7159 * torch.tanh(2 / 3 * x)),
    "relu": function(nn.relu, functional.relu),
    "leaky_relu": function(nn.leaky_relu, functional.leaky_relu),
    "elu": function(nn.elu, functional.elu),
    "gelu": function(nn.gelu, functional.gelu),
    "gelu, tanh": function(lambda x: nn.gelu(x, "tanh"), lambda x: functional.gelu(x, approximate="tanh")),
    "silu": function(nn.silu, functional.silu),
    "softplus": function(nn.softplus, functional.softplus),
    "softmax": function(nn.softmax, lambda x: functional.softmax(x, -1)),
    "log_softmax": function(nn.log_softmax, lambda x: functional.log_softmax(x, -1)),
    "cross_entropy": function(nn.cross_entropy, functional.cross_entropy, CLASSES, labelled),
    "cross_entropy, smoothed": function(
        lambda x, t: nn.cross_entropy(x, t, label_smoothing=0.1),
        lambda x, t: functional.cross_entropy(x, t, label_smoothing=0.1), CLASSES, labelled,
    ),
    "nll": function(nn.nll, functional.nll_loss, CLASSES, scored),
    "binary_cross_entropy": function(
        nn.binary_cross_entropy, functional.binary_cross_entropy_with_logits, CLASSES, shared
    ),
    "mse": function(nn.mse, functional.mse_loss, CLASSES, shared),
}  # fmt: skip
