"""The network: three characters in, a distribution over the next one out.

    x = [C[c1]; C[c2]; C[c3]]              the embeddings of the context, oldest character first
    h = tanh(BN(W h)),  h = x at first     once for every hidden layer
    logits = BN(V h)                       softmax(logits) is the distribution

Symbols of the lectures: C is `embedding.weight`; W1, W2, ... the `weight` of the Linear layers in `body` and `output`;
bngain and bnbias the `weight` and `bias` of BatchNorm1d. Where we differ: the lectures' batch norm divides by the
unbiased standard deviation, ours by the biased one as the paper of batch norm (and torch) does.
"""

from dataclasses import dataclass
from typing import Literal

from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import Module, ModuleList

from firsthand.bounds import PART, POSITIVE, SIZE, layered, within
from firsthand.errors import UserError
from firsthand.nn import BatchNorm1d, Dropout, Embedding, Linear, Tanh, init


@dataclass(frozen=True)
class Config:
    """Sizes of the network of makemore part 3 and of the DL-101 course."""

    vocab: int | None = None  # tokens, the end token included; None: what the data has (without data 27: a to z, end)
    context: int = 3  # characters seen
    embed: int = 10  # numbers that stand for a character
    hidden: tuple[int, ...] = (100, 100, 100, 100, 100)  # units of each hidden layer
    batch_norm: Literal["all", "hidden", "none"] = "all"  # layers that are normalised: all with the output, or not
    dropout: float = 0.0  # share of hidden units silenced at each training step
    init: Literal["fan-in", "small-tanh", "small-logits", "normal"] = "fan-in"  # first weights, see `initialise`
    gain: float = 1.0  # fan-in: multiplies the first hidden weights (5/3 is Kaiming's gain for tanh)

    def __post_init__(self) -> None:
        within(self, "model.", vocab=SIZE, context=SIZE, embed=SIZE, dropout=PART, gain=POSITIVE)
        layered(self)
        if self.gain != 1.0 and self.init != "fan-in":
            raise UserError(f"model.gain acts on init 'fan-in' only, not on '{self.init}'.")


class MLP(Module):
    """Embedding, hidden layers with tanh, output layer; batch norm and dropout where the Config says."""

    def __init__(self, config: Config = Config()):
        super().__init__()
        vocab = config.vocab or 27
        self.embedding = Embedding(vocab, config.embed)
        self.body = ModuleList()
        normed = config.batch_norm != "none"
        width = config.context * config.embed
        for units in config.hidden:
            self.body.append(Linear(width, units, bias=not normed))  # batch norm subtracts any bias again
            if normed:
                self.body.append(BatchNorm1d(units))
            self.body.append(Tanh())
            if config.dropout:
                self.body.append(Dropout(config.dropout))
            width = units
        self.output = Linear(width, vocab, bias=config.batch_norm != "all")
        self.output_norm = BatchNorm1d(vocab) if config.batch_norm == "all" else None
        self.initialise(config)

    def forward(self, tokens: Int[Tensor, "batch context"]) -> Float[Tensor, "batch vocab"]:
        """Logits of the character that follows each context."""
        h = self.embedding(tokens).flatten(1)  # (batch, context * embed)
        for layer in self.body:
            h = layer(h)
        logits = self.output(h)
        return logits if self.output_norm is None else self.output_norm(logits)

    def initialise(self, config: Config) -> None:
        """The first weights, in the lectures' stages, each with one fault fewer than the one before.

        normal        every weight and bias from N(0, 1): confident nonsense, most tanh units saturated
        small-logits  the output layer's weights x 0.01 and biases 0: the first loss is ln(vocab)
        small-tanh    also the hidden weights x 0.2 and biases x 0.01
        fan-in        hidden weights gain * N(0, 1) / sqrt(fan-in), biases 0; the first logits ten times smaller
        Source: makemore part 3; the embedding is N(0, 1) throughout.
        """
        hidden = [layer for layer in self.body if isinstance(layer, Linear)]
        for layer in [*hidden, self.output]:
            init.normal_(layer.weight, 1.0)
            if layer.bias is not None:
                init.normal_(layer.bias, 1.0)
        if config.init == "fan-in":
            for layer in [*hidden, self.output]:
                gain = 1.0 if layer is self.output else config.gain
                scale(layer, weight=gain / layer.weight.shape[1] ** 0.5, bias=0.0)
            if self.output_norm is not None:
                self.output_norm.weight.data.mul_(0.1)
            else:
                scale(self.output, weight=0.1, bias=0.0)
        if config.init in ("small-logits", "small-tanh"):
            scale(self.output, weight=0.01, bias=0.0)
        if config.init == "small-tanh":
            for layer in hidden:
                scale(layer, weight=0.2, bias=0.01)


def scale(layer: Linear, weight: float, bias: float) -> None:
    """Multiply a layer's weights and biases."""
    layer.weight.data.mul_(weight)
    if layer.bias is not None:
        layer.bias.data.mul_(bias)
