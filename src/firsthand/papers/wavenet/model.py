"""The network: it reads the samples so far, and after each it says how likely each of 256 next ones is.

    p(x) = product over t of p(x_t | x_1, ..., x_(t-1))                                        (eq. 1)
    z = tanh(W_f * x) . sigmoid(W_g * x)      at every layer, * a dilated causal convolution   (eq. 2)
    x of the next layer = x + U z,   skip = V z          1x1 convolutions, fig. 4
    logits = O2 relu(O1 relu(sum of all skips))          softmax(logits) is the distribution of sample t + 1

Layer l of a block sees the present and the sample 2^l steps before (kernel 2), so that a block of n layers sees 2^n
samples: the receptive field, 1 + (k - 1) sum of dilations, grows exponentially with depth, the work linearly.

Symbols: W_f and W_g are the two halves of `dilated.weight`, U is `residual`, V is `skip`, O1 and O2 are `mix` and
`output`. A causal convolution is an ordinary one over the sound with the samples before it in front: `advance` keeps
the last (k - 1) d inputs of every layer, which are zeros before the start, and goes on from them, so that a new sample
costs as much after an hour as at the beginning. Where we differ: the first causal convolution has width 1, which makes
it a table, `embedding`, and one block of 1, 2, 4, ..., 512 see 1,024 samples as section 2.1 says; dropout is not in the
paper; neither speakers nor linguistic features (section 2.5) condition the network.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import Module, ModuleList

from firsthand.bounds import DEPTH, PART, SIZE, within
from firsthand.errors import UserError
from firsthand.nn import Conv1d, Dropout, Embedding, relu, sigmoid, tanh


@dataclass(frozen=True)
class Config:
    """Sizes that train within minutes; the paper publishes none but the dilations."""

    vocab: int | None = None  # tokens; None: what the data has (without data 256, the paper's levels of a sample)
    residual: int = 32  # channels from layer to layer
    gate: int = 32  # channels of z
    skip: int = 64  # channels of the sum of all layers
    kernel: int = 2  # inputs that a convolution sees, the present one and earlier ones
    layers: int = 6  # layers of a block
    blocks: int = 1  # blocks; the dilation begins at 1 in each
    growth: int = 2  # by what the dilation is multiplied from layer to layer; 1: no dilation
    unit: Literal["gated", "relu"] = "gated"  # eq. 2, or a rectifier
    shortcuts: bool = True  # residual connections: a layer adds to its input instead of replacing it
    skips: bool = True  # the output sees the sum of all layers, not the last one only
    dropout: float = 0.0  # share of every z that is silenced while training

    def __post_init__(self) -> None:
        sizes = {name: SIZE for name in ("vocab", "residual", "gate", "skip", "kernel", "growth")}
        within(self, "model.", layers=DEPTH, blocks=DEPTH, dropout=PART, **sizes)
        if self.receptive_field > 1e8:
            raise UserError("model.kernel, layers, blocks and growth make a network that looks back over 1e8 steps.")

    @property
    def dilations(self) -> list[int]:
        """How many steps lie between the inputs of every layer's convolution."""
        return [self.growth**layer for layer in range(self.layers)] * self.blocks

    @property
    def receptive_field(self) -> int:
        """Samples that a prediction depends on, the present one included. Source: sec. 2.1."""
        return 1 + (self.kernel - 1) * sum(self.dilations)


class Layer(Module):
    """Dilated causal convolution, gated unit, and a 1x1 convolution for each way out. Source: sec. 2.3, 2.4, fig. 4."""

    def __init__(self, config: Config, dilation: int, last: bool):
        super().__init__()
        self.unit, self.shortcut = config.unit, config.shortcuts
        self.past = (config.kernel - 1) * dilation  # steps that the convolution looks back
        width = config.gate * (2 if config.unit == "gated" else 1)
        self.dilated = Conv1d(config.residual, width, config.kernel, dilation=dilation)
        self.dropout = Dropout(config.dropout)
        unread = last and config.skips
        self.residual = None if unread else Conv1d(config.gate, config.residual, 1)
        self.skip = Conv1d(config.gate, config.skip, 1) if config.skips else None

    def forward(
        self, x: Float[Tensor, "batch residual time"], past: Float[Tensor, "batch residual past"]
    ) -> tuple[
        Float[Tensor, "batch residual time"] | None,
        Float[Tensor, "batch skip time"] | None,
        Float[Tensor, "batch residual past"],
    ]:
        """The next layer's input, the skip, and the inputs that the layer needs to go on, from those before x."""
        inputs = torch.cat([past, x], 2)
        a = self.dilated(inputs)
        if self.unit == "gated":
            f, g = a.chunk(2, 1)
            z = tanh(f) * sigmoid(g)
        else:
            z = relu(a)
        z = self.dropout(z)
        up = None if self.residual is None else self.residual(z) + x if self.shortcut else self.residual(z)
        return up, None if self.skip is None else self.skip(z), inputs[:, :, x.shape[2] :]


class WaveNet(Module):
    """A table of the tokens, the stack of layers, and two 1x1 convolutions on the sum of their skips."""

    def __init__(self, config: Config = Config()):
        super().__init__()
        vocab, dilations = config.vocab or 256, config.dilations
        self.receptive_field = config.receptive_field
        self.embedding = Embedding(vocab, config.residual)
        self.layers = ModuleList(
            Layer(config, dilation, last=number == len(dilations)) for number, dilation in enumerate(dilations, 1)
        )
        self.mix = Conv1d(config.skip if config.skips else config.residual, config.skip, 1)
        self.output = Conv1d(config.skip, vocab, 1)

    def forward(self, tokens: Int[Tensor, "batch time"]) -> Float[Tensor, "batch time vocab"]:
        """Logits of the token after each."""
        return self.advance(tokens)[0]

    def advance(
        self, tokens: Int[Tensor, "batch time"], state: tuple[Float[Tensor, "batch residual _"], ...] | None = None
    ) -> tuple[Float[Tensor, "batch time vocab"], tuple[Float[Tensor, "batch residual _"], ...]]:
        """The same from a state on, with the state after the last token: the queue of every layer's last inputs."""
        x = self.embedding(tokens).transpose(1, 2)
        if state is None:
            state = tuple(x.new_zeros(*x.shape[:2], layer.past) for layer in self.layers)
        total, queues = None, []
        for layer, past in zip(self.layers, state, strict=True):
            up, skip, queue = layer(x, past)
            queues.append(queue)
            x = x if up is None else up
            if skip is not None:
                total = skip if total is None else total + skip
        logits = self.output(relu(self.mix(relu(x if total is None else total))))
        return logits.transpose(1, 2), tuple(queues)
