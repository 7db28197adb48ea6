"""Several networks that translate, as one: at every step the probability of a token is the mean of theirs."""

from collections.abc import Sequence
from math import log

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import Module, ModuleList

from firsthand.nn import log_softmax
from firsthand.train.decoding import Rows


class Ensemble(Module):
    """p(y_t | x, y_1 .. y_(t-1)) = (p_1 + .. + p_n) / n of n networks with the same tokens.

    Its logits are log p. Source: Sutskever et al. (2014), section 3.6, which prints results and no formula.
    """

    def __init__(self, networks: Sequence[Module]):
        super().__init__()
        self.networks = ModuleList(networks)
        lengths = [most for most in (getattr(network, "length", None) for network in networks) if most is not None]
        self.length = min(lengths, default=None)
        self.sizes: dict[str, list[int]] = {}  # how many tensors each network's memory and past are

    def forward(
        self, source: Int[Tensor, "batch places"], target: Int[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time vocab"]:
        """log p of every token of the target, given the source and the tokens before it."""
        return averaged([network(source, target) for network in self.networks])

    def encode(self, source: Int[Tensor, "batch places"]) -> Rows:
        """The memories of all networks after each other."""
        return self._joined("memory", [network.encode(source) for network in self.networks])

    def decode(
        self, tokens: Int[Tensor, "batch time"], memory: Rows, past: Rows | None = None
    ) -> tuple[Float[Tensor, "batch time vocab"], Rows]:
        """log p of the token after each of these, and what all networks keep, after each other."""
        pasts = [None] * len(self.networks) if past is None else self._split("past", past)
        each = zip(self.networks, self._split("memory", memory), pasts, strict=True)
        logits, kept = zip(*[network.decode(tokens, *its) for network, *its in each], strict=True)
        return averaged(logits), self._joined("past", kept)

    def _joined(self, name: str, parts: Sequence[Rows]) -> Rows:
        self.sizes[name] = [len(part) for part in parts]
        return tuple(tensor for part in parts for tensor in part)

    def _split(self, name: str, rows: Rows) -> list[Rows]:
        left = iter(rows)
        return [tuple(next(left) for _ in range(size)) for size in self.sizes[name]]


def averaged(logits: Sequence[Float[Tensor, "batch time vocab"]]) -> Float[Tensor, "batch time vocab"]:
    """The logarithm of the mean of the probabilities."""
    return torch.stack([log_softmax(one) for one in logits]).logsumexp(0) - log(len(logits))
