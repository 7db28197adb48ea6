"""The names network of makemore part 5: a WaveNet reduced to its skeleton, a tree that fuses its characters in pairs.

    x = C[c1], ..., C[c8]                             the embeddings of the context, oldest character first
    x = tanh(BN(W [x_1; x_2])), tanh(BN(W [x_3; x_4])), ...    three times: 8 places become 4, 2, 1
    logits = V x + b                                  softmax(logits) is the distribution of the next character

Every fusion of a level has the same W, so that the tree is a stack of convolutions with kernel 2 and dilations 1, 2, 4
of which only the last position is computed: `as_convolutions` is that stack, which writes a whole word with every
fusion made once. There are no gates, residuals or skips. Symbols of the notebook: C is `embedding.weight`, W the
`weight` of the Linear layers, bngain and bnbias the `weight` and `bias` of BatchNorm1d. Where we differ: the notebook's
batch norm divides by the unbiased standard deviation, ours by the biased one as the paper of batch norm does.
Source: Karpathy (2022), Building makemore part 5: building a WaveNet.
"""

from dataclasses import dataclass
from math import prod

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import Module, ModuleList

from firsthand.bounds import SIZE, within
from firsthand.errors import UserError
from firsthand.nn import BatchNorm1d, Embedding, Linear, conv1d, init, tanh


@dataclass(frozen=True)
class Tree:
    """Sizes of the notebook's last and largest network; fuse=(8,) is a flat one, fuse=(3,) that of part 3."""

    vocab: int | None = None  # tokens, the end token included; None: what the data has (without data 27: a to z, end)
    fuse: tuple[int, ...] = (2, 2, 2)  # neighbours that each level makes one of
    embed: int = 24  # numbers that stand for a character
    hidden: int = 128  # units of each level

    def __post_init__(self) -> None:
        within(self, "model.", vocab=SIZE, fuse=SIZE, embed=SIZE, hidden=SIZE)
        if not self.fuse or self.context > 1e8:
            raise UserError("model.fuse needs one level or more, and at most 1e8 characters in all.")

    @property
    def context(self) -> int:
        """Characters seen."""
        return prod(self.fuse)


class Level(Module):
    """Fuse n neighbours: a linear map of all of them, batch norm and tanh."""

    def __init__(self, n: int, channels: int, units: int):
        super().__init__()
        self.n = n
        self.linear = Linear(n * channels, units, bias=False)  # batch norm subtracts any bias again
        self.norm = BatchNorm1d(units)

    def forward(self, x: Float[Tensor, "batch time channel"]) -> Float[Tensor, "batch time2 units"]:
        """(batch, time, channel) to (batch, time / n, units); batch norm has one mean for a unit, over all places."""
        batch, time, channel = x.shape
        fused = self.linear(x.reshape(batch, time // self.n, self.n * channel))
        return tanh(self.norm(fused.flatten(0, 1)).view(fused.shape))


class HierarchicalNetwork(Module):
    """Embedding, one level after the other until one place is left, output layer."""

    def __init__(self, config: Tree = Tree()):
        super().__init__()
        vocab = config.vocab or 27
        self.embedding = Embedding(vocab, config.embed)
        self.levels = ModuleList(
            Level(n, config.hidden if number else config.embed, config.hidden) for number, n in enumerate(config.fuse)
        )
        self.output = Linear(config.hidden, vocab)
        for layer in [*(level.linear for level in self.levels), self.output]:
            init.normal_(layer.weight, layer.weight.shape[1] ** -0.5)
        self.output.weight.data.mul_(0.1)  # begin with a guess, not with a confident error
        self.output.bias.data.zero_()

    def forward(self, tokens: Int[Tensor, "batch context"]) -> Float[Tensor, "batch vocab"]:
        """Logits of the character that follows each context."""
        x = self.embedding(tokens)
        for level in self.levels:
            x = level(x)
        return self.output(x.squeeze(1))

    def as_convolutions(self, tokens: Int[Tensor, "batch time"]) -> Float[Tensor, "batch time vocab"]:
        """Logits of the character after each, in eval mode: the tree at every position, every fusion made once.

        A level's weights are the kernel of a convolution whose dilation is the number of characters below a place.
        """
        context = prod(level.n for level in self.levels)
        before = tokens.new_zeros(len(tokens), context - 1)  # the end token, as in the windows of a name
        x, dilation = self.embedding(torch.cat([before, tokens], 1)).transpose(1, 2), 1
        for level in self.levels:
            kernel = level.linear.weight.unflatten(1, (level.n, -1)).transpose(1, 2)  # (units, channel, n)
            x = tanh(level.norm(conv1d(x, kernel, dilation=dilation)))
            dilation *= level.n
        return self.output(x.transpose(1, 2))
