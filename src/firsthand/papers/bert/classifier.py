"""The network after pre-training: the encoder with one new layer, fine-tuned together."""

from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import Module

from firsthand.nn import Dropout, Linear
from firsthand.papers.bert.model import Config, Encoder, start


class Classifier(Module):
    """y = W Dropout(C') + b: a score for every class of a sentence or of a pair, or one number.

    The paper writes C, the first token's state; its authors' code and everyone since takes C', which is pooled.
    Source: section 4.1.
    """

    def __init__(self, config: Config = Config()):
        super().__init__()
        self.encoder, self.dropout = Encoder(config), Dropout(config.dropout)
        self.head = Linear(config.hidden, config.outputs or 2)
        start(self, config.std)

    def forward(self, inputs: Int[Tensor, "batch 2 time"]) -> Float[Tensor, "batch outputs"]:
        """Logits, or the number."""
        return self.head(self.dropout(self.encoder.pooled(self.encoder(inputs))))
