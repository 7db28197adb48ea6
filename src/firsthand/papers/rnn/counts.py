"""Letters counted: what a network that reads The Time Machine is compared with."""

from math import exp

import torch
from torch import Tensor

from firsthand.claims import Arm, Outcome
from firsthand.claims.bench.book import characters

ALPHAS = tuple(10 ** (k / 8) for k in range(-32, 9))  # 0.0001 to 10


def counts(order: int = 4, seed: int = 0) -> Outcome:
    """How well counts of the first 10,032 characters of The Time Machine predict the next 5,032.

    p(x | c) = (n(c, x) + alpha) / (n(c) + alpha vocab) for x after the `order` - 1 characters c, with the alpha that
    suits the validation text best.

    Args:
        order: characters counted together: 1 for single ones, 2 for pairs, and so on.
        seed: of nothing; counting leaves nothing to chance.
    """
    train, val, vocab = characters()

    def runs(text: Tensor) -> tuple[Tensor, Tensor]:
        """Every run of `order` characters: the number of its context, and its last character."""
        places = text.unfold(0, order, 1)
        powers = vocab ** torch.arange(order - 2, -1, -1)
        return (places[:, :-1] * powers).sum(1), places[:, -1]

    n = torch.zeros(vocab ** (order - 1), vocab, dtype=torch.float64)
    n.index_put_(runs(train), torch.ones((), dtype=n.dtype), accumulate=True)

    def loss(text: Tensor, alpha: float) -> float:
        context, last = runs(text)
        return -((n[context, last] + alpha) / (n.sum(1)[context] + alpha * vocab)).log().mean().item()

    alpha = min(ALPHAS, key=lambda alpha: loss(val, alpha))
    return {
        "train_perplexity": exp(loss(train, alpha)),
        "val_perplexity": exp(loss(val, alpha)),
        "alpha": alpha,
        "contexts": int((n.sum(1) > 0).sum()),
    }


SINGLE, PAIRS, TRIPLES, FOURS = COUNTED = tuple(
    Arm(f"counts, {name}", experiment=counts, overrides={"order": order})
    for order, name in enumerate(("single", "pairs", "triples", "fours"), start=1)
)
